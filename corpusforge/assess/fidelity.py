"""Fidelity, realism and diversity of synthetic rows, beside other real rows in their place.

Every figure is taken twice at the same sample size and the same rows per intent: once for
synthetic rows, once for real rows that take their place ("real"). The second is the ceiling:
what a perfect generator would get from as many rows.
"""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt

from corpusforge.assess.encoder import Encoder, SvdEncoder
from corpusforge.assess.realism import LENGTHS, Realism, Tell, folded_words, tell_apart
from corpusforge.assess.rows import Rows
from corpusforge.metrics.distinct_n import distinct_n
from corpusforge.metrics.prdc import NEIGHBOURS, prdc
from corpusforge.metrics.self_bleu import self_bleu
from corpusforge.metrics.vendi import vendi
from corpusforge.metrics.vocabulary import first_tokens, vocabulary

__all__ = ["SAMPLE_ROWS", "Beside", "Fidelity", "matched_samples", "measure_fidelity"]

SAMPLE_ROWS = 1000
"""Rows per sample at most. Fixed, because all figures here drift with the number of rows."""

_FEWEST_ROWS = 40  # per sample; below, two halves of one real set differ as much as anything


@dataclass(frozen=True)
class Beside:
    """A figure of the synthetic rows, and of real rows in their place."""

    synthetic: float
    real: float

    def to_json(self) -> dict[str, float | None]:
        """JSON values; None for what could not be measured."""
        pair = {"synthetic": self.synthetic, "real": self.real}
        return {k: round(v, 6) if math.isfinite(v) else None for k, v in pair.items()}


@dataclass(frozen=True)
class Fidelity:
    """What was measured.

    Attributes:
        rows: Rows in each sample; 0 = too few to measure anything.
        intents: Intents that both sides have, with two real rows or more.
        encoder: Whose embedding space it was.
        space: precision, recall, density, coverage against a real sample (see `metrics.prdc`).
        diversity: distinct_1, distinct_2, distinct_3, vocabulary (types), all at `tokens`
            tokens; self_bleu_4 and vendi at `rows` rows.
        tokens: Tokens that the first four were counted in.
        realism: Can a classifier tell synthetic rows from real ones; None = not measured.
        ceiling: The same for real rows against real rows; its AUC should be near 0.5.
        alarms: What is worse than chance explains, in sentences.
        notes: What was left out, in sentences.
    """

    rows: int
    intents: int
    encoder: str
    space: Mapping[str, Beside]
    diversity: Mapping[str, Beside]
    tokens: int
    realism: Realism | None
    ceiling: Realism | None
    alarms: tuple[str, ...]
    notes: tuple[str, ...]

    def to_json(self) -> dict[str, Any]:
        """JSON values."""
        realism = None
        if self.realism is not None and self.ceiling is not None:
            realism = {
                "auc": Beside(self.realism.auc, self.ceiling.auc).to_json(),
                "low": Beside(self.realism.low, self.ceiling.low).to_json(),
                "high": Beside(self.realism.high, self.ceiling.high).to_json(),
                "tells": [tell.to_json() for tell in self.realism.tells],
            }
        return {
            "rows": self.rows,
            "intents": self.intents,
            "encoder": self.encoder,
            "neighbours": NEIGHBOURS,
            "space": {name: figure.to_json() for name, figure in self.space.items()},
            "realism": realism,
            "diversity": {name: figure.to_json() for name, figure in self.diversity.items()},
            "tokens": self.tokens,
            "alarms": list(self.alarms),
            "notes": list(self.notes),
        }


def matched_samples(
    synthetic: Rows, real: Rows, rng: np.random.Generator, limit: int = SAMPLE_ROWS
) -> tuple[Rows, Rows, Rows]:
    """A synthetic sample and two disjoint real ones, with the same rows per intent in each.

    Rows per intent follow the real ones: half of an intent's real rows, less where there are
    fewer synthetic ones, all intents cut in proportion above the limit. So another mix of
    intents is not taken for a lack of fidelity.

    Args:
        synthetic: Rows to judge.
        real: Rows to hold them against.
        rng: For the draws.
        limit: Rows per sample at most.

    Returns:
        (synthetic, real, other real), each of the same length, which may be 0.
    """
    ours, theirs = synthetic.by_intent(), real.by_intent()
    shared = [intent for intent in theirs if intent in ours]
    most = np.array([min(len(theirs[i]) // 2, len(ours[i])) for i in shared], dtype=np.int64)
    counts = _cut(most, limit, rng)
    first: list[int] = []
    second: list[int] = []
    made: list[int] = []
    for intent, count in zip(shared, counts, strict=True):
        drawn = rng.permutation(theirs[intent])
        first.extend(drawn[:count])
        second.extend(drawn[count : 2 * count])
        made.extend(rng.permutation(ours[intent])[:count])
    # In random order, because diversity is counted in the first so many tokens.
    return (
        synthetic.take(rng.permutation(np.array(made, dtype=np.int64))),
        real.take(rng.permutation(np.array(first, dtype=np.int64))),
        real.take(rng.permutation(np.array(second, dtype=np.int64))),
    )


def _cut(counts: npt.NDArray[np.int64], limit: int, rng: np.random.Generator) -> Sequence[int]:
    """Counts in proportion, in sum at most `limit`: whole parts, then chance for the rest."""
    total = int(counts.sum())
    if total <= limit:
        return [int(count) for count in counts]
    exact = counts * limit / total
    whole = np.floor(exact).astype(np.int64)
    left = limit - int(whole.sum())
    # Systematic sampling: each fraction is the chance of one more.
    steps = np.floor(np.cumsum(exact - whole) + rng.random())
    more = np.diff(steps, prepend=0) > 0
    whole[np.flatnonzero(more)[:left]] += 1
    return [int(count) for count in np.minimum(whole, counts)]


def measure_fidelity(
    synthetic: Rows,
    real: Rows,
    encoder: Encoder,
    rng: np.random.Generator,
    *,
    sample_rows: int = SAMPLE_ROWS,
) -> Fidelity:
    """Holds synthetic rows against real ones.

    Give it real rows that no generator saw (test rows) where there are some: copies of rows
    it has seen look as real as can be.

    Args:
        synthetic: Rows to judge; texts without a word are left out, here and of `real`.
        real: Rows to hold them against; half of them stand in for the ceiling.
        encoder: For precision, recall, density, coverage and Vendi. A TF-IDF one is fitted
            anew, on all three samples.
        rng: For samples and folds.
        sample_rows: Rows per sample at most.
    """
    synthetic, real = (
        rows.where([bool(text) for text in rows.folded]) for rows in (synthetic, real)
    )
    made, first, second = matched_samples(synthetic, real, rng, sample_rows)
    notes = _notes(synthetic, real, made)
    intents = len(set(first.intents))
    if len(made) < _FEWEST_ROWS:
        return Fidelity(len(made), intents, encoder.name, {}, {}, 0, None, None, (), notes)
    encoder = _neutral(encoder, made.plus(first).plus(second))
    vectors = [encoder.encode(rows.texts) for rows in (made, first, second)]
    figures = [prdc(vectors[side], vectors[1]) for side in (0, 2)]
    space = {
        name: Beside(getattr(figures[0], name), getattr(figures[1], name))
        for name in ("precision", "recall", "density", "coverage")
    }
    diversity, tokens = _diversity(made, second)
    diversity["vendi"] = Beside(vendi(vectors[0]), vendi(vectors[2]))
    realism = tell_apart(made, first, rng)
    ceiling = tell_apart(second, first, rng)
    alarms = _alarms(space, diversity, realism, len(made))
    return Fidelity(
        len(made),
        intents,
        encoder.name,
        space,
        diversity,
        tokens,
        realism,
        ceiling,
        alarms,
        notes,
    )


def _neutral(encoder: Encoder, rows: Rows) -> Encoder:
    """An encoder that saw all samples or none.

    One that was fitted on real rows spreads those out and huddles all others, real ones
    included (density of real rows it has not seen: 1.5 instead of 1 on SNIPS).
    """
    if not isinstance(encoder, SvdEncoder):
        return encoder
    fresh = SvdEncoder()
    fresh.prepare(rows.texts)
    return fresh


def _notes(synthetic: Rows, real: Rows, made: Rows) -> tuple[str, ...]:
    notes = []
    if len(made) < _FEWEST_ROWS:
        notes.append(
            f"fidelity was not measured: only {len(made)} synthetic rows can be held against two "
            f"real samples of their size and intents ({_FEWEST_ROWS} are needed)"
        )
    left_out = sorted(set(synthetic.intents) ^ set(real.intents))
    if left_out:
        names = ", ".join(left_out[:5]) + (", ..." if len(left_out) > 5 else "")
        notes.append(f"fidelity leaves out intents that only one side has: {names}")
    return tuple(notes)


def _diversity(made: Rows, real: Rows) -> tuple[dict[str, Beside], int]:
    """Figures at equal tokens, and how many tokens those are."""
    texts = [[folded_words(text) for text in rows.texts] for rows in (made, real)]
    tokens = min(sum(map(len, rows)) for rows in texts)
    cut = [first_tokens(rows, tokens) for rows in texts]
    figures = {f"distinct_{n}": Beside(*(distinct_n(rows, n) for rows in cut)) for n in (1, 2, 3)}
    figures["vocabulary"] = Beside(*(float(vocabulary(rows)) for rows in cut))
    figures["self_bleu_4"] = Beside(*(self_bleu(rows) for rows in texts))
    return figures, tokens


@dataclass(frozen=True)
class _Limit:
    """When a figure is worse than chance explains, and by enough to matter.

    The margin is `least`, or three standard deviations of (real minus other real) where that is
    more. They fall as 1 / sqrt(rows): `spread` is the largest standard deviation * sqrt(rows)
    seen on halves of SNIPS and CLINC150 banking, 72 to 997 rows per sample, ten repeats each.
    `python -m eval.fidelity` counts the false alarms.
    """

    least: float
    spread: float
    relative: bool
    higher_is_better: bool
    meaning: str

    def margin(self, rows: int) -> float:
        return max(self.least, 3 * self.spread / math.sqrt(rows))

    def reached(self, figure: Beside, rows: int) -> bool:
        gap = figure.real - figure.synthetic
        if not self.higher_is_better:
            gap = -gap
        scale = abs(figure.real) if self.relative else 1.0
        return bool(gap > self.margin(rows) * scale)


_LIMITS = {
    "precision": _Limit(0.05, 0.34, False, True, "synthetic rows unlike any real row"),
    "recall": _Limit(0.05, 0.27, False, True, "kinds of real rows that are not made"),
    "coverage": _Limit(0.05, 0.35, False, True, "real rows with no synthetic row near"),
    "distinct_2": _Limit(0.10, 0.48, True, True, "word pairs repeat more than in real rows"),
    "distinct_3": _Limit(0.10, 0.47, True, True, "word triples repeat more than in real rows"),
    "vocabulary": _Limit(0.10, 0.85, True, True, "fewer different words than real rows have"),
    "self_bleu_4": _Limit(0.20, 1.6, True, False, "rows are more alike than real rows are"),
    "vendi": _Limit(0.10, 0.55, True, True, "fewer kinds of sentences than real rows have"),
}
_AUC = _Limit(0.10, 0.70, False, False, "")


def _alarms(
    space: Mapping[str, Beside], diversity: Mapping[str, Beside], realism: Realism, rows: int
) -> tuple[str, ...]:
    alarms = []
    for name, figure in {**space, **diversity}.items():
        limit = _LIMITS.get(name)
        if limit is not None and limit.reached(figure, rows):
            alarms.append(
                f"{name} is {figure.synthetic:.3g}, {figure.real:.3g} for as many real rows: "
                f"{limit.meaning}"
            )
    if _AUC.reached(Beside(realism.auc, 0.5), min(realism.rows)) and realism.low > 0.5:
        alarm = f"a classifier tells synthetic from real rows (AUC {realism.auc:.2f}, 0.5 = cannot)"
        told = [_told(tell) for tell in realism.tells[:3]]
        alarms.append(alarm + (": " + "; ".join(told) if told else ""))
    return tuple(alarms)


def _told(tell: Tell) -> str:
    name = f'"{tell.feature}"' if tell.kind == "words" else tell.feature
    if tell.feature in LENGTHS:
        return f"{name} {tell.synthetic:.1f} on average, {tell.real:.1f} in real rows"
    return f"{name} in {tell.synthetic:.0%} of them, {tell.real:.0%} of real rows"
