"""Usefulness: what classifiers trained with and without the corpus know about real test rows."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt

from corpusforge.assess.bench import (
    CONTROLS,
    DUPLICATED,
    IDF,
    RANDOM_LABELS,
    REAL,
    REAL_SYNTHETIC,
    SYNTHETIC,
    Bench,
)
from corpusforge.assess.intervals import mean_interval, paired_interval
from corpusforge.core.progress import Progress
from corpusforge.core.seeding import rng

__all__ = [
    "Difference",
    "IntentLoss",
    "OneClassifier",
    "Score",
    "Usefulness",
    "WorthRows",
    "measure",
]

# Two classifiers look at one question: each at 97.5 %, so that "at least one" holds at 95 %
# (Bonferroni).
DECISION_LEVEL = 0.975
_KS = (1, 2, 3, 5, 10, 20, 50, 100, 200)
_LEAST_INTENT_LOSS = 0.2
_DIGITS = 6


@dataclass(frozen=True)
class Score:
    """One arm of one classifier.

    Attributes:
        arm: Name of the arm.
        accuracy: Share of test rows answered right, mean over draws, with a 95 % interval over
            draws and test rows.
        low: Lower end.
        high: Upper end.
        macro_f1: Mean over intents of F1, mean over draws.
        worst_tenth: Mean recall of the tenth of intents with the lowest recall (at least one).
        rows: Training rows.
        c: Inverse regularisation strength that was chosen.
    """

    arm: str
    accuracy: float
    low: float
    high: float
    macro_f1: float
    worst_tenth: float
    rows: int
    c: float

    def to_json(self) -> dict[str, Any]:
        """JSON values."""
        names = ("accuracy", "low", "high", "macro_f1", "worst_tenth")
        figures: dict[str, Any] = {name: _rounded(getattr(self, name)) for name in names}
        return figures | {"rows": self.rows, "c": self.c}


@dataclass(frozen=True)
class Difference:
    """Accuracy of one arm minus another's on the same rows and draws, in percentage points.

    Attributes:
        mean_pp: Mean difference.
        low_pp: Lower end of the 95 % interval.
        high_pp: Upper end.
        decision_low_pp: Lower end of the 97.5 % interval that the verdict looks at.
        decision_high_pp: Its upper end.
        against: The other arm.
    """

    mean_pp: float
    low_pp: float
    high_pp: float
    decision_low_pp: float
    decision_high_pp: float
    against: str

    @classmethod
    def of(cls, bench: Bench, classifier: str, arm: str, against: str) -> Difference:
        """`arm` against another one."""
        first, second = bench.correct(classifier, arm), bench.correct(classifier, against)
        key = (bench.seed, "assess.interval", arm, against)
        mean, low, high = paired_interval(first, second, rng(*key))
        _, lowest, highest = paired_interval(first, second, rng(*key), level=DECISION_LEVEL)
        return cls(100 * mean, 100 * low, 100 * high, 100 * lowest, 100 * highest, against)

    def to_json(self) -> dict[str, Any]:
        """JSON values."""
        names = ("mean_pp", "low_pp", "high_pp", "decision_low_pp", "decision_high_pp")
        return {name: _rounded(getattr(self, name)) for name in names} | {"against": self.against}


@dataclass(frozen=True)
class WorthRows:
    """What an arm is worth in real rows per intent.

    Attributes:
        rows_per_intent: So many real rows per intent give the same accuracy, by linear
            interpolation over log(k) of a curve made monotone; None beyond the curve's ends.
        text: The same in words, also beyond the ends.
    """

    rows_per_intent: float | None
    text: str

    def to_json(self) -> dict[str, Any]:
        """JSON values."""
        value = self.rows_per_intent
        return {"rows_per_intent": None if value is None else round(value, 2), "text": self.text}


@dataclass(frozen=True)
class IntentLoss:
    """An intent that the corpus harms, though others may gain.

    Attributes:
        intent: Its name.
        real: Recall of real alone, mean over draws.
        synthetic: Recall of real + synthetic.
        taken_for: What its rows are mostly taken for then.
    """

    intent: str
    real: float
    synthetic: float
    taken_for: str

    def to_json(self) -> dict[str, Any]:
        """JSON values."""
        figures = {"recall_real": _rounded(self.real), "recall_with": _rounded(self.synthetic)}
        return {"intent": self.intent, **figures, "taken_for": self.taken_for}


@dataclass(frozen=True)
class OneClassifier:
    """All that one classifier says.

    Attributes:
        name: Of the classifier.
        scores: One per arm.
        gain: Real + synthetic against real.
        edge: Real + synthetic against the best control.
        weight: Real + synthetic against as much weight of duplicated real rows.
        tstr_ratio: Accuracy of synthetic alone over that of real alone.
        synthetic_loss: Synthetic alone against real alone.
        worth: What synthetic alone is worth.
        curve: (real rows per intent, accuracy), mean over draws.
        harmed: Intents whose recall real + synthetic lowers beyond chance.
    """

    name: str
    scores: tuple[Score, ...]
    gain: Difference
    edge: Difference
    weight: Difference
    tstr_ratio: float
    synthetic_loss: Difference
    worth: WorthRows
    curve: tuple[tuple[int, float], ...]
    harmed: tuple[IntentLoss, ...] = ()

    def score(self, arm: str) -> Score:
        """The score of an arm."""
        return next(score for score in self.scores if score.arm == arm)

    def to_json(self) -> dict[str, Any]:
        """JSON values."""
        return {
            "arms": {score.arm: score.to_json() for score in self.scores},
            "gain": self.gain.to_json(),
            "edge": self.edge.to_json(),
            "against_duplicated": self.weight.to_json(),
            "tstr_ratio": _rounded(self.tstr_ratio),
            "synthetic_against_real": self.synthetic_loss.to_json(),
            "worth": self.worth.to_json(),
            "harmed_intents": [loss.to_json() for loss in self.harmed],
            "real_curve": [{"k": k, "accuracy": _rounded(value)} for k, value in self.curve],
        }


@dataclass(frozen=True)
class Usefulness:
    """What both classifiers say.

    Attributes:
        classifiers: One entry each.
        test_rows: Real rows that were tested.
        intents: Intents among them.
        cross_validated: There was no test set; real rows were held out in turn.
    """

    classifiers: tuple[OneClassifier, ...]
    test_rows: int
    intents: int
    cross_validated: bool

    def to_json(self) -> dict[str, Any]:
        """JSON values."""
        return {
            "test_rows": self.test_rows,
            "intents": self.intents,
            "cross_validated": self.cross_validated,
            "classifiers": {one.name: one.to_json() for one in self.classifiers},
        }


def measure(bench: Bench, progress: Progress, *, worth: bool = True) -> Usefulness:
    """Run all arms with both classifiers.

    Args:
        bench: Rows, draws and classifiers.
        progress: For a bar.
        worth: Also draw the learning curve over real rows.
    """
    origins = sorted(set(bench.synthetic.origins))
    named = [f"{REAL} + {origin}" for origin in origins] if len(origins) > 1 else []
    # An origin that is called like an arm would show that arm's figures.
    extra = [arm for arm in named if arm not in (REAL_SYNTHETIC, RANDOM_LABELS, *CONTROLS)]
    arms = (REAL, SYNTHETIC, REAL_SYNTHETIC, *extra, *CONTROLS, RANDOM_LABELS)
    ks = _curve_ks(bench) if worth else ()
    found = []
    total = len(bench.classifiers) * (len(arms) + len(ks))
    with progress.task("assess: usefulness", total, "arms") as task:
        for name in bench.classifiers:
            # Document frequencies mean nothing to an encoder.
            used = [arm for arm in arms if arm != IDF or name == "tfidf-svm"]
            scores = []
            for arm in used:
                scores.append(_score(bench, name, arm))
                task.advance()
            curve = []
            for k in ks:
                curve.append((k, float(bench.correct(name, f"{REAL} k={k}").mean())))
                task.advance()
            if worth and _most_per_intent(bench):
                curve.append((_most_per_intent(bench), scores[0].accuracy))
            found.append(_one(bench, name, scores, curve))
    return Usefulness(
        tuple(found), len(bench.tested), len(set(bench.tested.intents)), bench.test is None
    )


def _one(
    bench: Bench, name: str, scores: Sequence[Score], curve: Sequence[tuple[int, float]]
) -> OneClassifier:
    best = max((s for s in scores if s.arm in CONTROLS), key=lambda s: s.accuracy)
    by_arm = {score.arm: score for score in scores}
    alone = by_arm[SYNTHETIC].accuracy
    return OneClassifier(
        name=name,
        scores=tuple(scores),
        gain=Difference.of(bench, name, REAL_SYNTHETIC, REAL),
        edge=Difference.of(bench, name, REAL_SYNTHETIC, best.arm),
        weight=Difference.of(bench, name, REAL_SYNTHETIC, DUPLICATED),
        tstr_ratio=alone / max(by_arm[REAL].accuracy, 1e-9),
        synthetic_loss=Difference.of(bench, name, SYNTHETIC, REAL),
        worth=_worth(alone, curve),
        curve=tuple(curve),
        harmed=_harmed(bench, name),
    )


def _harmed(bench: Bench, name: str) -> tuple[IntentLoss, ...]:
    """Intents with a loss of recall of 20 points or more that is no chance.

    Exact sign test over the rows that only one of the two arms gets right in most draws
    (McNemar 1947), at 5 % over all intents and both classifiers (Bonferroni).
    """
    from scipy.stats import binom

    intents = sorted(set(bench.truth))
    before, after = bench.correct(name, REAL), bench.correct(name, REAL_SYNTHETIC)
    losses = []
    for intent in intents:
        own = bench.truth == intent
        first, second = before[:, own].mean(axis=0), after[:, own].mean(axis=0)
        lost = int(((first > 0.5) & (second <= 0.5)).sum())
        won = int(((first <= 0.5) & (second > 0.5)).sum())
        if first.mean() - second.mean() < _LEAST_INTENT_LOSS or not lost:
            continue
        chance = float(binom.sf(lost - 1, lost + won, 0.5))
        if chance < 0.05 / (len(intents) * len(bench.classifiers)):
            wrong = bench.predicted(name, REAL_SYNTHETIC)[:, own]
            names, counts = np.unique(wrong[wrong != intent].astype(str), return_counts=True)
            taken_for = str(names[counts.argmax()])
            losses.append(IntentLoss(intent, first.mean(), second.mean(), taken_for))
    return tuple(losses)


def _score(bench: Bench, name: str, arm: str) -> Score:
    correct = bench.correct(name, arm)
    accuracy, low, high = mean_interval(correct, rng(bench.seed, "assess.interval", arm))
    recall, f1 = _recall_and_f1(bench.predicted(name, arm), bench.truth)
    tenth = max(1, round(len(recall) / 10))
    rows, c = bench.facts(name, arm)
    return Score(
        arm,
        accuracy,
        max(low, 0.0),
        high,
        float(f1.mean()),
        float(np.sort(recall)[:tenth].mean()),
        rows,
        c,
    )


def _recall_and_f1(
    predicted: npt.NDArray[np.object_], truth: npt.NDArray[np.object_]
) -> tuple[npt.NDArray[np.float64], npt.NDArray[np.float64]]:
    """Recall and F1 of each intent among the test rows, mean over draws."""
    recall, f1 = [], []
    for intent in sorted(set(truth)):
        is_truth = truth == intent
        hits = ((predicted == intent) & is_truth).sum(axis=1)
        named = (predicted == intent).sum(axis=1)
        recall.append((hits / is_truth.sum()).mean())
        f1.append((2 * hits / (named + is_truth.sum())).mean())
    return np.array(recall), np.array(f1)


def _most_per_intent(bench: Bench) -> int:
    """Real training rows of a usual intent."""
    counts = [len(places) for places in bench.real.by_intent().values()]
    held = 0 if bench.test is not None else 1
    return int(np.median(counts) * (1 if not held else 2 / 3))


def _curve_ks(bench: Bench) -> tuple[int, ...]:
    most = _most_per_intent(bench)
    return tuple(k for k in _KS if k < most)


def _worth(accuracy: float, points: Sequence[tuple[int, float]]) -> WorthRows:
    if not points:
        return WorthRows(None, "not measured")
    ks = np.log([float(k) for k, _ in points])
    heights = np.maximum.accumulate([value for _, value in points])
    if accuracy < heights[0]:
        return WorthRows(None, f"less than {points[0][0]} real row per intent")
    if accuracy >= heights[-1]:
        return WorthRows(None, f"{points[-1][0]} or more real rows per intent")
    k = float(np.exp(np.interp(accuracy, heights, ks)))
    return WorthRows(k, f"about {k:.1f} real rows per intent")


def _rounded(value: float) -> float:
    return round(float(value), _DIGITS)
