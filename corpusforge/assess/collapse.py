"""Model collapse: what is lost when a generator is fitted on its own output, again and again.

Two modes, as in Gerstgrasser et al. 2024 (arXiv 2404.01413). Replace: each generation learns
from the rows of the one before and nothing else, and errors add up. Accumulate: it learns from
the real rows and those of all generations before, and the loss is bounded.

Every generation makes as many rows per intent as there are real ones, so figures compare.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import asdict, dataclass
from functools import partial
from itertools import pairwise
from typing import Any, Literal, get_args

import numpy as np
import numpy.typing as npt

from corpusforge.assess.classifiers import TfidfSvm
from corpusforge.assess.realism import folded_words
from corpusforge.assess.rows import Rows
from corpusforge.assess.trigram import TrigramModel
from corpusforge.core.errors import InputError, require
from corpusforge.core.progress import Progress
from corpusforge.core.seeding import rng
from corpusforge.metrics.distinct_n import distinct_n
from corpusforge.metrics.self_bleu import self_bleu
from corpusforge.metrics.tail_coverage import rare_ngrams
from corpusforge.metrics.vendi import vendi
from corpusforge.metrics.vocabulary import first_tokens, vocabulary

__all__ = [
    "GENERATORS",
    "Collapse",
    "Collapses",
    "Generation",
    "Mode",
    "Ruler",
    "alarms_of",
    "both_modes",
    "run_collapse",
]

Mode = Literal["replace", "accumulate"]
MODES: tuple[Mode, ...] = get_args(Mode)
GENERATORS = ("gan", "trigram")

# Of the real rows' tokens; what texts of a generation that speaks a little shorter still hold.
_TOKENS = 0.8
# Self-BLEU and Vendi at this many rows at most: enough to compare, and seconds in all.
_SAMPLE_ROWS = 1000
_TAIL_N = 2
_HASHED = 1024  # dimensions

_Make = Callable[[Rows, Mapping[str, int], int], Rows]
"""(rows to learn, rows to make per intent, generation) -> rows."""


@dataclass(frozen=True)
class Generation:
    """One generation's rows in figures; generation 0 are the real rows.

    Attributes:
        number: 0, 1, 2, ...
        rows: Rows made.
        trained_on: Rows that its generator learnt from.
        vocabulary: Different words in the first tokens (see `Collapse.tokens`).
        distinct_1: Different words over words, same tokens.
        distinct_2: The same for pairs of words.
        distinct_3: The same for triples.
        tail_coverage: Share of the real rows' rarest quarter of word pairs that come.
        self_bleu_4: Likeness of rows to each other, in [0, 1].
        vendi: Effective number of different rows, as hashed character n-grams.
        copies: Share of rows that read like a real row.
        accuracy: Of a classifier trained on these rows, on real test rows; None = not asked for.
    """

    number: int
    rows: int
    trained_on: int
    vocabulary: int
    distinct_1: float
    distinct_2: float
    distinct_3: float
    tail_coverage: float
    self_bleu_4: float
    vendi: float
    copies: float
    accuracy: float | None

    def to_json(self) -> dict[str, Any]:
        """JSON values."""
        return {
            name: round(value, 6) if isinstance(value, float) else value
            for name, value in asdict(self).items()
        }


@dataclass(frozen=True)
class Collapse:
    """All generations of one mode.

    Attributes:
        generator: "trigram" or "gan".
        mode: "replace" or "accumulate".
        tokens: Tokens at which vocabulary and distinct-n are counted.
        generations: Generation 0 (real), 1 (fitted on real rows), ...
        alarms: What collapses and since when, in sentences; empty = nothing does.
    """

    generator: str
    mode: Mode
    tokens: int
    generations: tuple[Generation, ...]
    alarms: tuple[str, ...]

    def lost(self, since: int = 1) -> float:
        """Share of the vocabulary of generation `since` that the last one has lost."""
        first, last = self.generations[since].vocabulary, self.generations[-1].vocabulary
        return 1 - last / first if first else 0.0

    def to_json(self) -> dict[str, Any]:
        """JSON values."""
        return {
            "generator": self.generator,
            "mode": self.mode,
            "tokens": self.tokens,
            "alarm": bool(self.alarms),
            "alarms": list(self.alarms),
            "vocabulary_lost": round(self.lost(), 6) if len(self.generations) > 1 else None,
            "vocabulary_lost_since_real": round(self.lost(0), 6),
            "generations": [generation.to_json() for generation in self.generations],
        }


@dataclass(frozen=True)
class Collapses:
    """Both modes, from the same generation 1."""

    replace: Collapse
    accumulate: Collapse

    def to_json(self) -> dict[str, Any]:
        """JSON values: one object per mode."""
        return {"replace": self.replace.to_json(), "accumulate": self.accumulate.to_json()}


class Ruler:
    """Measures generations against the same real rows, all in the same way.

    Args:
        real: Generation 0.
        seed: For the order of rows and the samples.
        score: Accuracy on real test rows of a classifier trained on the given rows; None =
            do not ask.
    """

    def __init__(self, real: Rows, seed: int, score: Callable[[Rows], float] | None = None) -> None:
        self._seed = seed
        self._score = score
        self._real = set(real.folded)
        texts = [folded_words(text) for text in real.texts]
        self._rare = rare_ngrams(texts, _TAIL_N)
        self.tokens = int(_TOKENS * sum(map(len, texts)))

    def measure(self, rows: Rows, number: int, trained_on: int) -> Generation:
        """The figures of one generation."""
        draws = rng(self._seed, "assess.collapse.order", number)
        order = draws.permutation(len(rows))
        mixed = rows.take(order)
        texts = [folded_words(text) for text in mixed.texts]
        cut = first_tokens(texts, self.tokens)
        made = {pair for words in texts for pair in pairwise(words)}
        return Generation(
            number=number,
            rows=len(rows),
            trained_on=trained_on,
            vocabulary=vocabulary(cut),
            distinct_1=distinct_n(cut, 1),
            distinct_2=distinct_n(cut, 2),
            distinct_3=distinct_n(cut, 3),
            tail_coverage=len(self._rare & made) / len(self._rare) if self._rare else 0.0,
            self_bleu_4=self_bleu(texts[:_SAMPLE_ROWS]),
            vendi=vendi(_hashed(mixed.folded[:_SAMPLE_ROWS])),
            copies=sum(text in self._real for text in rows.folded) / max(len(rows), 1),
            accuracy=None if self._score is None else float(self._score(rows)),
        )


def _hashed(texts: Sequence[str]) -> npt.NDArray[np.float64]:
    """Character 3- to 5-grams hashed into one space, shape [texts, _HASHED].

    A space that was fitted on some rows spreads those out more than others, real or not; this
    one has seen none.
    """
    from sklearn.feature_extraction.text import HashingVectorizer

    vectoriser = HashingVectorizer(analyzer="char_wb", ngram_range=(3, 5), n_features=_HASHED)
    dense: npt.NDArray[np.float64] = vectoriser.transform(texts).toarray()
    return dense


# Shares of generation 1 below which a figure has collapsed, two generations running.
# Generation 1, not the real rows: what one fit and one sampling lose (a quarter of the
# vocabulary of 300 rows per intent) is lack of fidelity and happens once; collapse is what is
# lost beyond. Measured with the trigram model over 6 generations, SNIPS and CLINC150 banking
# with 20 to 300 rows per intent, 3 seeds each: accumulate went down to 0.79, 0.88 and 0.93, fresh
# samples of generation 1's generator to 0.89, 0.96 and 0.92; replace ended at 0.39, 0.67 and 0.93
# or below.
_LOWEST = {"tail_coverage": 0.70, "vocabulary": 0.80, "vendi": 0.80}
_NAMES = {
    "tail_coverage": "coverage of rare word pairs",
    "vocabulary": "vocabulary",
    "vendi": "the effective number of different rows (Vendi)",
}
# Absolute; about the 95 % interval of a difference on 700 test rows at 90 % accuracy.
_ACCURACY_DROP = 0.03


def alarms_of(generations: Sequence[Generation]) -> tuple[str, ...]:
    """What has collapsed, one sentence each.

    A figure has collapsed when it is below its limit in two generations running. The limits are
    looser than the 0.95 that is often asked for: the tail coverage of a loop that accumulates
    real rows falls to 0.8 and stays there.

    Args:
        generations: From generation 0 on; fewer than three cannot raise an alarm.
    """
    if len(generations) < 2:
        return ()
    first = generations[1]
    alarms = []
    for name, share in _LOWEST.items():
        values = [float(getattr(g, name)) for g in generations]
        since = _twice([value < share * values[1] for value in values])
        if since is not None:
            alarms.append(
                f"{_NAMES[name]} fell below {share:.0%} of generation 1's in generations {since} "
                f"and {since + 1}: {values[1]:.3g} to {values[since]:.3g} and "
                f"{values[since + 1]:.3g}; {values[-1]:.3g} in the last one"
            )
    found = [g.accuracy for g in generations]
    if first.accuracy is not None:
        low = [x is not None and x < first.accuracy - _ACCURACY_DROP for x in found]
        since = _twice(low)
        if since is not None:
            then, later, last = (found[number] or 0.0 for number in (since, since + 1, -1))
            alarms.append(
                f"accuracy on real rows fell by more than {_ACCURACY_DROP * 100:.0f} points in "
                f"generations {since} and {since + 1}: {first.accuracy:.1%} to {then:.1%} and "
                f"{later:.1%}; {last:.1%} in the last one"
            )
    return tuple(alarms)


def _twice(below: Sequence[bool]) -> int | None:
    """First of two generations running, from generation 2 on."""
    for number in range(2, len(below) - 1):
        if below[number] and below[number + 1]:
            return number
    return None


def run_collapse(
    real: Rows,
    generator: str,
    generations: int,
    mode: Mode,
    seed: int,
    *,
    score: Callable[[Rows], float] | None = None,
    progress: Progress | None = None,
) -> Collapse:
    """Fits and samples a generator again and again.

    Both modes share generation 1: it is drawn with the same numbers.

    Args:
        real: Generation 0, and what tail coverage and copies are held against.
        generator: "trigram" (seconds) or "gan" (the recipe's text GAN; about a minute each).
        generations: How many to make, at least 1; an alarm needs 3.
        mode: "replace" or "accumulate".
        seed: For all draws.
        score: Train on rows, test on real test rows: accuracy in [0, 1]. None = leave it out.
        progress: For the GAN's bars.

    Raises:
        InputError: For an unknown generator or mode, or without rows or generations.
    """
    _check(real, generations)
    if mode not in MODES:
        raise InputError(f"there is no mode {mode!r}", given=mode, allowed=MODES)
    make = _maker(generator, seed, progress or Progress(quiet=True))
    return _run(real, generator, make, Ruler(real, seed, score), mode, generations)


def _check(real: Rows, generations: int) -> None:
    if generations < 1 or not len(real):
        raise InputError(
            f"collapse needs real rows and at least one generation, got {len(real)} rows and "
            f"{generations} generations"
        )


def _run(
    real: Rows, generator: str, make: _Make, ruler: Ruler, mode: Mode, generations: int
) -> Collapse:
    counts = {intent: len(places) for intent, places in real.by_intent().items()}
    found = [ruler.measure(real, 0, 0)]
    pool = real
    for number in range(1, generations + 1):
        rows = make(pool, counts, number)
        found.append(ruler.measure(rows, number, len(pool)))
        pool = rows if mode == "replace" else pool.plus(rows)
    return Collapse(generator, mode, ruler.tokens, tuple(found), alarms_of(found))


def both_modes(
    real: Rows,
    test: Rows | None,
    generator: str,
    generations: int,
    seed: int,
    progress: Progress | None = None,
) -> Collapses:
    """What `assess --generations` reports; accuracy is that of TF-IDF and a linear SVM.

    Args:
        real: As for `run_collapse`.
        test: Real rows to test on; None = leave accuracy out.
        generator: As for `run_collapse`.
        generations: As for `run_collapse`.
        seed: For all draws.
        progress: For bars.

    Raises:
        InputError: As `run_collapse`.
    """
    _check(real, generations)
    score = None if test is None else partial(_accuracy, test)
    make = _maker(generator, seed, progress or Progress(quiet=True))
    ruler = Ruler(real, seed, score)
    first: list[Rows] = []

    def shared(train: Rows, counts: Mapping[str, int], number: int) -> Rows:
        if number > 1:
            return make(train, counts, number)
        if not first:  # the dearest step of the GAN, and the same in both modes
            first.append(make(train, counts, 1))
        return first[0]

    return Collapses(*(_run(real, generator, shared, ruler, mode, generations) for mode in MODES))


def _accuracy(test: Rows, train: Rows) -> float:
    """Share of the test rows that get their intent; C as it is, for nothing is tuned here."""
    if len(set(train.intents)) < 2:
        return float("nan")
    model = TfidfSvm().fit(train, TfidfSvm.default)
    return float((model.predict(test.texts) == np.array(test.intents, dtype=object)).mean())


def _maker(generator: str, seed: int, progress: Progress) -> _Make:
    if generator == "trigram":
        return lambda train, counts, number: TrigramModel.fit(train).sample(
            counts, rng(seed, "assess.collapse", number)
        )
    if generator == "gan":
        require("torch", extra="text", purpose="collapse runs of the text GAN")
        from corpusforge.assess.gan_generations import gan_rows

        return lambda train, counts, number: gan_rows(train, counts, seed, number, progress)
    raise InputError(f"there is no generator {generator!r}", given=generator, allowed=GENERATORS)
