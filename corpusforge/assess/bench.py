"""The bench: the same classifiers, test rows and draws for every arm of a comparison.

An arm is a set of training rows: real rows alone, with the corpus, with one of the controls.
What is compared later was therefore answered by models that differ in their rows only.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from corpusforge.assess import controls
from corpusforge.assess.classifiers import Classifier
from corpusforge.assess.rows import Rows
from corpusforge.core.errors import require
from corpusforge.core.seeding import rng

__all__ = [
    "CONTROLS",
    "DUPLICATED",
    "EDA",
    "IDF",
    "RANDOM_LABELS",
    "REAL",
    "REAL_SYNTHETIC",
    "SYNTHETIC",
    "TRIGRAM",
    "Bench",
    "Trial",
    "stratified",
    "trials",
]

REAL = "real"
SYNTHETIC = "synthetic"
REAL_SYNTHETIC = "real + synthetic"
DUPLICATED = "real + duplicated real"
EDA = "real + EDA"
TRIGRAM = "real + trigram"
RANDOM_LABELS = "real + random labels"
IDF = "real, IDF of the corpus"
CONTROLS = (DUPLICATED, EDA, TRIGRAM, IDF)
"""Arms that add nothing but real rows once more, noise, or unlabelled text. What the corpus
gains beyond the best of them is information."""

_FOLDS = 3
_MAX_CONTROL_ROWS = 600


@dataclass(frozen=True)
class Trial:
    """One training and what it is tested on.

    Attributes:
        train: Real training rows.
        test: Test rows.
        places: Place of each of them among all test rows, shape [test].
    """

    train: Rows
    test: Rows
    places: npt.NDArray[np.int64]


def trials(real: Rows, test: Rows | None, draw: int, seed: int) -> list[Trial]:
    """One trial per draw when there is a test set, else the folds of a cross-validation.

    Args:
        real: Real rows to train on.
        test: Real rows to test on; None = every real row is tested once per draw, by a model
            that has not seen it (3 folds, stratified by intent). Rows that fold alike stay in
            one fold.
        draw: Number of the draw; other folds in each.
        seed: Of the assessment.
    """
    if test is not None:
        return [Trial(real, test, np.arange(len(test)))]
    fold = np.zeros(len(real), dtype=np.int64)
    generator = rng(seed, "assess.folds", draw)
    for places in real.by_intent().values():
        texts = sorted({real.folded[i] for i in places})
        order = generator.permutation(len(texts))
        # Start anywhere, or small intents would all be tested in the first folds.
        start = int(generator.integers(_FOLDS))
        of_text = {texts[i]: int(n + start) % _FOLDS for n, i in enumerate(order)}
        for i in places:
            fold[i] = of_text[real.folded[i]]
    found = [np.flatnonzero(fold == number) for number in range(_FOLDS)]
    return [
        Trial(real.where(~np.isin(np.arange(len(real)), held)), real.take(held), held)
        for held in found
        if len(held)
    ]


def stratified(rows: Rows, count: int, generator: np.random.Generator) -> Rows:
    """At most `count` rows, with the intents' shares kept and each intent at least once.

    Rows come in their order. Within an intent, a larger count contains a smaller one when the
    generator starts from the same state.
    """
    if len(rows) <= count:
        return rows
    kept: list[int] = []
    for places in rows.by_intent().values():
        order = generator.permutation(places)
        share = max(1, round(count * len(places) / len(rows)))
        kept += order[:share].tolist()
    return rows.take(sorted(kept))


@dataclass(frozen=True)
class _Arm:
    """Training rows: those that C may be validated on, those beside them, unlabelled text."""

    rows: Rows
    extra: Rows | None = None
    idf_texts: tuple[str, ...] = ()

    @property
    def whole(self) -> Rows:
        return self.rows if self.extra is None else self.rows.plus(self.extra)


class Bench:
    """Predictions of arms, made when they are asked for.

    Args:
        real: Real training rows.
        synthetic: Rows of the corpus.
        test: Real test rows; None = cross-validation over `real`.
        classifiers: Kinds of classifiers.
        seed: Of the assessment.
        draws: Repeats with other samples, controls and folds.
        max_rows: Rows of the corpus that train at most; of more, each draw takes its own.
        beside: Rows that stand in every arm beside the real ones (templates, when the question
            is what expansion adds to them).
    """

    def __init__(
        self,
        real: Rows,
        synthetic: Rows,
        test: Rows | None,
        classifiers: Sequence[Classifier],
        *,
        seed: int = 1,
        draws: int = 3,
        max_rows: int = 3_000,
        beside: Rows | None = None,
    ) -> None:
        # Weight 0 = do not train on it, not even as text for document frequencies.
        self.synthetic = synthetic.where(synthetic.weights > 0)
        self.real, self.test = real, test
        self.tested = real if test is None else test
        self.truth = np.array(self.tested.intents, dtype=object)
        self.classifiers = {classifier.name: classifier for classifier in classifiers}
        self.seed, self.draws, self.max_rows = seed, draws, max_rows
        self._beside = beside
        self._predicted: dict[tuple[str, str], npt.NDArray[np.object_]] = {}
        self._c: dict[tuple[str, str], float] = {}
        self._rows: dict[str, int] = {}
        self._arms: dict[tuple[str, int, int], _Arm] = {}

    def predicted(self, classifier: str, arm: str) -> npt.NDArray[np.object_]:
        """Intent that each test row was taken for, shape [draws, test rows].

        Args:
            classifier: Name of one of the classifiers.
            arm: "real", "synthetic", one of the constants of this module, "real + ORIGIN"
                (only the rows of one origin), "real + synthetic xN" (N rows of the corpus for
                each real one), or "real k=N" (N real rows per intent, another choice in each
                draw).
        """
        key = (classifier, arm)
        if key not in self._predicted:
            threads = require("threadpoolctl", extra="all", purpose="assessing")
            # One thread: the matrices are small, and threads of a busy machine wait for each
            # other. It also fixes the order of sums.
            with threads.threadpool_limits(1):
                self._predicted[key] = self._run(self.classifiers[classifier], arm)
        return self._predicted[key]

    def correct(self, classifier: str, arm: str) -> npt.NDArray[np.bool_]:
        """Whether each test row was answered right, shape [draws, test rows]."""
        right: npt.NDArray[np.bool_] = self.predicted(classifier, arm) == self.truth
        return right

    def facts(self, classifier: str, arm: str) -> tuple[int, float]:
        """Training rows (of the first model) and C of an arm that was run."""
        return self._rows[arm], self._c[classifier, arm]

    def _run(self, classifier: Classifier, arm: str) -> npt.NDArray[np.object_]:
        table = np.empty((self.draws, len(self.tested)), dtype=object)
        for draw in range(self.draws):
            if draw and self._same_in_all_draws(arm):
                table[draw] = table[0]
                continue
            for number, trial in enumerate(trials(self.real, self.test, draw, self.seed)):
                built = self._arm(arm, draw, number, trial)
                c = self._tuned(classifier, arm, built)
                if len(set(built.whole.intents)) < 2:
                    table[draw, trial.places] = built.whole.intents[0] if len(built.whole) else ""
                    continue
                fitted = classifier.fit(built.whole, c, idf_texts=built.idf_texts)
                table[draw, trial.places] = fitted.predict(trial.test.texts)
        return table

    def _same_in_all_draws(self, arm: str) -> bool:
        if self.test is None or arm in (DUPLICATED, EDA, TRIGRAM, RANDOM_LABELS):
            return False
        drawn = " k=" in arm or " x" in arm or len(self.synthetic) > self.max_rows
        return arm == REAL or not drawn

    def _tuned(self, classifier: Classifier, arm: str, built: _Arm) -> float:
        """C is chosen once per arm: on the real rows of its first training."""
        key = (classifier.name, arm)
        if key not in self._c:
            self._rows.setdefault(arm, len(built.whole))
            generator = rng(self.seed, "assess.tune")
            self._c[key] = classifier.tune(built.rows, built.extra, generator)
        return self._c[key]

    def _arm(self, name: str, draw: int, number: int, trial: Trial) -> _Arm:
        key = (name, draw, number)
        if key not in self._arms:
            self._arms[key] = self._build(name, draw, number, trial)
        return self._arms[key]

    def _sample(self, draw: int, trial: Trial) -> Rows:
        """Rows of the corpus for this draw, without any that fold like a tested row."""
        tested = set(trial.test.folded)
        clean = self.synthetic.where([text not in tested for text in self.synthetic.folded])
        return stratified(clean, self.max_rows, rng(self.seed, "assess.sample", draw))

    def _with_beside(self, extra: Rows | None) -> Rows | None:
        if self._beside is None:
            return extra
        return self._beside if extra is None else self._beside.plus(extra)

    def _build(self, name: str, draw: int, number: int, trial: Trial) -> _Arm:
        real, sample = trial.train, self._sample(draw, trial)
        key = (name, draw, number)
        if name == REAL:
            return _Arm(real, self._with_beside(None))
        if name == SYNTHETIC:
            return _Arm(sample)
        if name == REAL_SYNTHETIC:
            return _Arm(real, self._with_beside(sample))
        if name == IDF:
            return _Arm(real, self._with_beside(None), sample.texts)
        if name == RANDOM_LABELS:
            shuffled = controls.random_labels(sample, rng(self.seed, "assess.arm", *key))
            shuffled = shuffled.with_weights(sample.weights)
            return _Arm(real, self._with_beside(shuffled))
        if name in _MAKERS:
            known = real if self._beside is None else real.plus(self._beside)
            count = min(len(sample), _MAX_CONTROL_ROWS)
            made = _MAKERS[name](known, count, rng(self.seed, "assess.arm", *key))
            # As heavy as the corpus in the loss, though fewer rows.
            weight = sample.weights.sum() / max(len(made), 1)
            made = made.with_weights(np.full(len(made), weight))
            return _Arm(real, self._with_beside(made))
        return self._special(name, draw, trial, sample)

    def _special(self, name: str, draw: int, trial: Trial, sample: Rows) -> _Arm:
        real = trial.train
        head, _, tail = name.rpartition(" ")
        if head == REAL and tail.startswith("k="):
            few = _per_intent(real, int(tail[2:]), rng(self.seed, "assess.few", draw))
            return _Arm(few, self._with_beside(None))
        if head == REAL_SYNTHETIC and tail.startswith("x"):
            count = max(1, round(float(tail[1:]) * len(real)))
            dose = stratified(sample, count, rng(self.seed, "assess.dose", draw))
            return _Arm(real, self._with_beside(dose))
        of_origin = np.array([f"{REAL} + {origin}" == name for origin in sample.origins])
        if not of_origin.any():
            raise ValueError(f"there is no arm {name!r}")
        return _Arm(real, self._with_beside(sample.where(of_origin)))


_MAKERS: Mapping[str, Callable[[Rows, int, np.random.Generator], Rows]] = {
    DUPLICATED: controls.duplicated,
    EDA: controls.eda,
    TRIGRAM: controls.trigram,
}


def _per_intent(rows: Rows, count: int, generator: np.random.Generator) -> Rows:
    """`count` rows of each intent, or all that there are."""

    def chosen() -> Iterator[int]:
        for places in rows.by_intent().values():
            yield from generator.permutation(places)[:count]

    return rows.take(sorted(chosen()))
