"""What would pay most next: ten more real rows for an intent, or one more template.

Both are guesses, said as such, in points of overall accuracy of what a user would train on: real
rows and the corpus together where there are both.

Real rows. A second model is trained on half of the real rows of every intent. Error is taken to
fall with rows as a power law, e(n) = a * n^-b (Cortes et al. 1994, "Learning Curves: Asymptotic
Values and Rate of Convergence"; Hestness et al. 2017, arXiv 1712.00409). Each intent's two error
rates are shrunk towards the pooled ones by `PRIOR_ROWS` pseudo rows, since an intent has few test
rows; b comes from the two shrunk rates and is held in 0..1.

What one intent gains, others lose in part, so only a share of the gain is counted (`KEPT`). An
intent that would have more than twice the rows of a usual one is not singled out: at 3 rows per
intent, 10 more for one of them cost 0.7 points. More rows of every intent are asked for as well.

Templates. A row fails on the corpus alone and has a word that the corpus lacks: it may fail for
that word. How often it does is read off all test rows: the recall of rows whose words are all
known against the recall of the others.
"""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt

from corpusforge.assess.bench import REAL, Bench, trials
from corpusforge.assess.rows import Rows
from corpusforge.assess.wording import Cue, Vocabulary, cues_of, has_missing_word
from corpusforge.core.seeding import rng

__all__ = [
    "KEPT",
    "MORE_ROWS",
    "PRIOR_ROWS",
    "Step",
    "half_wrong",
    "more_real_rows",
    "more_templates",
]

MORE_ROWS = 10
"""Real rows that a step asks for."""

PRIOR_ROWS = 10
"""Pseudo rows of the pooled rate in an intent's error rate."""

KEPT = {"real_rows": 0.4, "template": 0.5}
"""Share of an intent's own gain that is counted.

Steps were carried out on CLINC150 domains (15 intents each, tfidf-svm, 3 and 10 real rows per
intent, with 450 trigram rows or none, 5 draws, 1,050 rows apart) with rows that people said. Of
the bare guess was gained, in the two domains that these shares were chosen on (banking, home):

- templates: 0.4 to 0.6 (correlation of guess and gain 0.2 to 0.6);
- real rows of one intent, 10 per intent before: 0.4 to 0.7 beside a corpus (correlation 0 to 0.3),
  but nothing without one (-0.5 to 0): a weak guess, and said to be one;
- real rows of every intent, 3 per intent before: 1.0 to 1.4, so nothing is taken off.

In others (travel; auto_and_commute at 3 rows only) templates gained 1.2 to 2 times what is counted,
and real rows of one intent (travel, 10 rows) 2.6 times beside a corpus and 0.8 times without.
"""

_CUES_SHOWN = 3
_ATTRIBUTED = 0.5
"""Share of failing rows put down to missing words where the test rows cannot tell."""

Shares = npt.NDArray[np.float64]
"""Share of trainings that get each test row wrong, shape [test rows], 0..1."""


@dataclass(frozen=True)
class Step:
    """One thing to do.

    Attributes:
        action: real_rows | template.
        intent: For which intent; "" = for all.
        text: What to do, in words.
        expected_gain_pp: Guessed gain in overall accuracy, percentage points; None = unknown.
        basis: What the guess stands on.
        cues: Words that a template should have.
    """

    action: str
    intent: str
    text: str
    expected_gain_pp: float | None
    basis: str
    cues: tuple[str, ...] = ()

    def to_json(self) -> dict[str, Any]:
        """JSON values."""
        gain = self.expected_gain_pp
        return {
            "action": self.action,
            "intent": self.intent,
            "text": self.text,
            "expected_gain_pp": None if gain is None else round(gain, 6),
            "basis": self.basis,
            "cues": list(self.cues),
        }


def half_wrong(bench: Bench) -> Shares:
    """How often models on half of the real rows of every intent get each test row wrong.

    The bench must have run its arm "real", whose C is used again.
    """
    votes = []
    for name, classifier in bench.classifiers.items():
        c = bench.facts(name, REAL)[1]
        for draw in range(bench.draws):
            found = np.empty(len(bench.tested), dtype=object)
            for trial in trials(bench.real, bench.test, draw, bench.seed):
                train = _half(trial.train, rng(bench.seed, "assess.half", draw))
                if len(set(train.intents)) < 2:
                    found[trial.places] = train.intents[0]
                else:
                    found[trial.places] = classifier.fit(train, c).predict(trial.test.texts)
            votes.append(found != bench.truth)
    return np.asarray(np.mean(votes, axis=0), dtype=np.float64)


def _half(rows: Rows, generator: np.random.Generator) -> Rows:
    """Half of the rows of each intent, rounded up."""
    kept: list[int] = []
    for places in rows.by_intent().values():
        kept += generator.permutation(places)[: (len(places) + 1) // 2].tolist()
    return rows.take(sorted(kept))


def more_real_rows(bench: Bench, real: Shares, basis: Shares) -> list[Step]:
    """A step for each intent: ten more real rows.

    Args:
        bench: With real rows; its arm "real" was run.
        real: How often models on the real rows get each test row wrong.
        basis: The same of what a user would train on.
    """
    half = half_wrong(bench)
    trained = Counter(bench.real.intents)
    # Under cross-validation a model sees two rows of three.
    seen = 1.0 if bench.test is not None else 2 / 3
    usual = float(np.median(list(trained.values()))) * seen
    pooled = float(real.mean()), float(half.mean())
    pooled_b = _exponent(*pooled, usual)
    steps = []
    for intent, places in bench.tested.by_intent().items():
        n = trained[intent] * seen
        if n + MORE_ROWS > 2 * usual and n:
            continue
        if n:
            now, before = (
                (values[places].sum() + PRIOR_ROWS * mean) / (len(places) + PRIOR_ROWS)
                for values, mean in zip((real, half), pooled, strict=True)
            )
            b = _exponent(now, before, n) if n >= 2 else pooled_b
            fewer = 1 - (n / (n + MORE_ROWS)) ** b
        else:
            now = float(real[places].mean())
            after = pooled[0] * (usual / MORE_ROWS) ** pooled_b
            fewer = max(0.0, 1 - after / now) if now > 0 else 0.0
        # Where the corpus has mended some of the errors already, real rows cannot mend them too.
        left = basis[places].sum() + PRIOR_ROWS * float(basis.mean())
        left /= len(places) + PRIOR_ROWS
        gain = KEPT["real_rows"] * fewer * min(now, left) * len(places) / len(bench.tested)
        steps.append(
            _real_step(intent, float(100 * gain), real[places], half[places], trained[intent])
        )
    if usual:
        gain = (1 - (usual / (usual + MORE_ROWS)) ** pooled_b) * min(pooled[0], basis.mean())
        steps.append(_all_step(100 * float(gain), pooled, len(trained), len(bench.tested)))
    return steps


def _exponent(now: float, before: float, rows: float) -> float:
    """Exponent of the power law through the errors with all and with half of the rows."""
    ratio = rows / max(math.ceil(rows / 2), 1)
    if now <= 0 or before <= now or ratio <= 1:
        return 0.0
    return float(min(math.log(before / now) / math.log(ratio), 1.0))


def _real_step(intent: str, gain: float, real: Shares, half: Shares, rows: int) -> Step:
    if rows:
        tried = (
            f"{100 * real.mean():.0f} % wrong with its {rows} real rows, "
            f"{100 * half.mean():.0f} % with half of them"
        )
    else:
        tried = f"{100 * real.mean():.0f} % wrong, and no real row of it to train on"
    basis = (
        f"a weak guess from {_rows(len(real), 'test row')}: {tried}; shrunk to all intents' curve"
    )
    return Step("real_rows", intent, f"{MORE_ROWS} more real rows for {intent}", gain, basis)


def _all_step(gain: float, pooled: tuple[float, float], intents: int, tested: int) -> Step:
    text = f"{MORE_ROWS} more real rows for every intent ({MORE_ROWS * intents:,} in all)"
    basis = (
        f"a guess from {_rows(tested, 'test row')}: {100 * pooled[0]:.0f} % wrong with all real "
        f"rows, {100 * pooled[1]:.0f} % with half of them"
    )
    return Step("real_rows", "", text, gain, basis)


def more_templates(
    bench: Bench,
    cues: Mapping[str, Sequence[Cue]],
    known: Mapping[str, Vocabulary],
    corpus: Shares,
    basis: Shares,
) -> list[Step]:
    """A step for each intent that the corpus lacks, or words of whose failing rows it lacks.

    Args:
        bench: With a corpus; its arm "synthetic" was run.
        cues: Intent -> what its failing rows share.
        known: Intent -> the words of the corpus.
        corpus: How often models on the corpus alone get each test row wrong.
        basis: The same of what a user would train on.
    """
    share, said = _attributed(np.array(has_missing_word(bench.tested, known)), corpus, bench, known)
    weakest = _weakest_tenth(bench, corpus, known)
    steps = []
    for intent, places in bench.tested.by_intent().items():
        whole = len(bench.tested)
        if intent not in known:
            gain = 100 * float(basis[places].sum()) * weakest / whole
            basis_text = (
                f"a guess from {_rows(len(places), 'test row')}: the corpus has no row of it; as "
                f"if it did as well as its weakest other intents ({100 * weakest:.0f} % right)"
            )
            text = f"a first template for {intent}"
            steps.append(Step("template", intent, text, gain, basis_text))
            continue
        shown = tuple(cue.words for cue in cues.get(intent, ())[:_CUES_SHOWN])
        failing = [
            place
            for place in places
            if corpus[place] > 0.5
            and shown
            and shown[0] in cues_of(bench.tested, int(place), known[intent])
        ]
        if not failing:
            continue
        gain = 100 * KEPT["template"] * float(basis[failing].sum()) * share / whole
        text = f"one more template for {intent}, with “{shown[0]}”"
        if len(shown) > 1:
            text += f" (also missing: {', '.join(f'“{words}”' for words in shown[1:])})"
        found = f"a guess from {_rows(len(failing), 'test row')} of {len(places)} that fail and "
        found += f"say what the corpus does not; {said}"
        steps.append(Step("template", intent, text, gain, found, shown))
    return steps


def _attributed(
    lacking: npt.NDArray[np.bool_], corpus: Shares, bench: Bench, known: Mapping[str, Vocabulary]
) -> tuple[float, str]:
    """Share of the failures of rows with missing words that goes back to these words."""
    covered = np.array([intent in known for intent in bench.tested.intents])
    with_missing, without = covered & lacking, covered & ~lacking
    if not with_missing.any() or not without.any():
        return _ATTRIBUTED, "half of them put down to the words, for want of rows to compare"
    right_with, right_without = (float(1 - corpus[mask].mean()) for mask in (with_missing, without))
    if right_with >= 1:
        return 0.0, "rows with missing words do not fail"
    share = max(0.0, (right_without - right_with) / (1 - right_with))
    said = (
        f"of all rows with a missing word {100 * right_with:.0f} % are right, of the others "
        f"{100 * right_without:.0f} %"
    )
    return share, said


def _weakest_tenth(bench: Bench, corpus: Shares, known: Mapping[str, Vocabulary]) -> float:
    """Mean recall on the corpus alone of the weakest tenth of the intents it has rows of."""
    recalls = sorted(
        float(1 - corpus[places].mean())
        for intent, places in bench.tested.by_intent().items()
        if intent in known
    )
    return float(np.mean(recalls[: max(1, round(len(recalls) / 10))])) if recalls else 0.0


def _rows(count: int, what: str) -> str:
    return f"{count} {what}{'s' * (count != 1)}"
