"""Mixing curves: how much of a corpus helps, and when it stops helping.

Two curves, each with both classifiers and several draws:

- *fixed total*: a training set of always the same size, ever more of it synthetic. It shows what
  a synthetic row is worth where it takes the place of a real one.
- *added*: all real rows, and ever more synthetic ones beside them. Nobody throws real rows away,
  so the recommended share comes from this curve.

Within a draw the doses are nested: a larger one contains the smaller ones. Every dose is
stratified by intent, with the shares that the corpus has. C is chosen once per dose.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt

from corpusforge.assess.bench import Bench, Trial, trials
from corpusforge.assess.classifiers import Classifier
from corpusforge.assess.dose_choice import choose, cross_fitted, halves, share_interval
from corpusforge.assess.intervals import mean_interval
from corpusforge.assess.rows import Rows
from corpusforge.core.progress import Progress
from corpusforge.core.seeding import rng

__all__ = ["SHARES", "TIMES", "Interval", "Mixing", "Point", "mixing_curve"]

SHARES = (0.0, 0.1, 0.25, 0.5, 0.75, 0.9, 1.0)
"""Synthetic shares of the fixed total."""

TIMES = (1 / 9, 1 / 3, 1.0, 2.0, 5.0, 10.0, 20.0)
"""Synthetic rows per real row that are tried as far as there are rows; the first two make shares
of 10 and 25 %. The whole corpus is tried too."""

MOST_TOTAL = 2000
"""Rows of the fixed total at most."""

_DIGITS = 6
_Correct = npt.NDArray[np.float64]
"""1 = answered right, shape [draws, test rows]; between 0 and 1 as a mean of classifiers."""


@dataclass(frozen=True)
class Interval:
    """A mean with its 95 % interval."""

    mean: float
    low: float
    high: float

    @classmethod
    def of(cls, values: _Correct, *key: str | int, seed: int) -> Interval:
        """Over draws and test rows, see `intervals.mean_interval`."""
        return cls(*mean_interval(values, rng(seed, "assess.curve.interval", *key)))

    def to_json(self, name: str = "mean", factor: float = 1.0) -> dict[str, float]:
        """JSON values, the mean under `name`."""
        values = zip((name, "low", "high"), (self.mean, self.low, self.high), strict=True)
        return {key: round(factor * value, _DIGITS) for key, value in values}


@dataclass(frozen=True)
class Point:
    """One dose.

    Attributes:
        share: Synthetic share of the training rows, 0..1.
        times: Synthetic rows per real row; None where there is no real row.
        real_rows: Real training rows (of the first training).
        synthetic_rows: Synthetic ones.
        accuracy: Classifier -> accuracy on the test rows.
        mean: Of the classifiers.
    """

    share: float
    times: float | None
    real_rows: int
    synthetic_rows: int
    accuracy: Mapping[str, Interval]
    mean: Interval

    def to_json(self) -> dict[str, Any]:
        """JSON values."""
        return {
            "share": round(self.share, _DIGITS),
            "times": None if self.times is None else round(self.times, _DIGITS),
            "real_rows": self.real_rows,
            "synthetic_rows": self.synthetic_rows,
            "accuracy": {name: one.to_json("accuracy") for name, one in self.accuracy.items()},
            "mean": self.mean.to_json("accuracy"),
        }


@dataclass(frozen=True)
class Mixing:
    """Both curves, and what to take from them.

    Attributes:
        fixed_total: Doses of the first curve, by share.
        added: Doses of the second one, by share; the first is real rows alone.
        total_rows: Training rows of the first curve.
        recommended_share: Synthetic share of the mix (0..1): the smallest dose of the second
            curve whose accuracy, mean of the classifiers, is within one standard error of the
            best one (see `dose_choice.choose`); None when nothing was measured.
        recommended_share_low: Lower end of its 95 % interval, a bootstrap over draws and test rows.
        recommended_share_high: Upper end.
        gain_pp: Gain of the recommended dose over real rows alone, cross-fitted: chosen on one
            half of the test rows, measured on the other, and the other way round. Percentage
            points, as a mean of the classifiers.
        gain_by_classifier: The same for each classifier.
        notes: What a reader must know.
    """

    fixed_total: tuple[Point, ...] = ()
    added: tuple[Point, ...] = ()
    total_rows: int = 0
    recommended_share: float | None = None
    recommended_share_low: float | None = None
    recommended_share_high: float | None = None
    gain_pp: Interval | None = None
    gain_by_classifier: Mapping[str, Interval] | None = None
    notes: tuple[str, ...] = ()

    @property
    def largest_share(self) -> float:
        """Synthetic share of the largest dose of the second curve; 0 when nothing was measured."""
        return self.added[-1].share if self.added else 0.0

    def to_json(self) -> dict[str, Any]:
        """JSON values."""
        gains = self.gain_by_classifier or {}
        return {
            "fixed_total": [point.to_json() for point in self.fixed_total],
            "added": [point.to_json() for point in self.added],
            "total_rows": self.total_rows,
            "recommended_share": _rounded(self.recommended_share),
            "recommended_share_low": _rounded(self.recommended_share_low),
            "recommended_share_high": _rounded(self.recommended_share_high),
            "cross_fitted_gain_pp": None if self.gain_pp is None else self.gain_pp.to_json(),
            "cross_fitted_by_classifier": {name: one.to_json() for name, one in gains.items()},
            "notes": list(self.notes),
        }


def _rounded(value: float | None) -> float | None:
    return None if value is None else round(value, _DIGITS)


@dataclass(frozen=True)
class _Dose:
    """What a training set is made of: counts follow from the trial's rows.

    Attributes:
        share: Of the fixed total; None on the added curve.
        times: Synthetic rows per real one on the added curve; None = all there are.
    """

    share: float | None = None
    times: float | None = None

    def counts(self, real: int, synthetic: int, total: int) -> tuple[int, int]:
        """(real rows, synthetic rows)."""
        if self.share is not None:
            taken = round(self.share * total)
            return total - taken, taken
        times = synthetic if self.times is None else round(self.times * real)
        return real, min(times, synthetic)


class _Draw:
    """The rows of one trial in the order in which doses take them."""

    def __init__(self, bench: Bench, trial: Trial, draw: int) -> None:
        tested = set(trial.test.folded)
        clean = bench.synthetic.where([text not in tested for text in bench.synthetic.folded])
        self.trial = trial
        self._real = trial.train
        self._synthetic = clean
        self._real_order = _order(trial.train, rng(bench.seed, "assess.curve.real", draw))
        order = _order(clean, rng(bench.seed, "assess.curve.synthetic", draw))
        self._synthetic_order = order[: bench.max_rows]

    @property
    def sizes(self) -> tuple[int, int, int]:
        """Real rows, synthetic rows that may train, rows of the fixed total."""
        real, synthetic = len(self._real), len(self._synthetic_order)
        return real, synthetic, min(real, synthetic, MOST_TOTAL)

    def rows(self, real: int, synthetic: int) -> tuple[Rows, Rows]:
        """The first rows of both sides."""
        return (
            self._real.take(np.sort(self._real_order[:real])),
            self._synthetic.take(np.sort(self._synthetic_order[:synthetic])),
        )

    def same_in_all_draws(self, real: int, synthetic: int) -> bool:
        """Whether such a dose leaves nothing to chance."""
        return real in (0, len(self._real)) and synthetic in (0, len(self._synthetic))


def _order(rows: Rows, generator: np.random.Generator) -> npt.NDArray[np.int64]:
    """A random order every beginning of which has the intents in their shares.

    The row at rank r among the s rows of its intent stands at (r + u) / s, one u per intent:
    systematic sampling.
    """
    position = np.empty(len(rows))
    for places in rows.by_intent().values():
        ranked = generator.permutation(places)
        position[ranked] = (np.arange(len(places)) + generator.random()) / len(places)
    return np.argsort(position, kind="stable").astype(np.int64)


def mixing_curve(bench: Bench, progress: Progress) -> Mixing:
    """Train all doses and say which one to use.

    Args:
        bench: Rows, draws and classifiers; rows that stand beside the real ones play no part.
        progress: For a bar.
    """
    if len(bench.synthetic) < 2 or len(bench.real) < 2 or not len(bench.tested):
        return Mixing(notes=("Mixing was not measured: too few rows.",))
    first = _Draw(bench, trials(bench.real, bench.test, 0, bench.seed)[0], 0)
    real, synthetic, total = first.sizes
    if synthetic < 2:
        return Mixing(notes=("Mixing was not measured: too few rows that are not test rows.",))
    doses = [_Dose(share=share) for share in SHARES] + _added_doses(real, synthetic)
    correct, counts = _trained(bench, doses, progress)
    points = [
        _point(bench, counts[place], {name: own[place] for name, own in correct.items()})
        for place in range(len(doses))
    ]
    start = len(SHARES)
    mixed = [counts[place] for place in range(start, len(doses))]
    shares = np.array([made / (people + made) for people, made in mixed])
    by_classifier = {name: own[start:] for name, own in correct.items()}
    tables = np.mean(list(by_classifier.values()), axis=0)
    chosen = choose(tables)
    low, high = share_interval(tables, shares, rng(bench.seed, "assess.curve.share"))
    half = halves(bench.tested, rng(bench.seed, "assess.curve.halves"))
    gains = {
        name: Interval.of(100 * cross_fitted(tables, own, half), "gain", name, seed=bench.seed)
        for name, own in {"mean": tables, **by_classifier}.items()
    }
    return Mixing(
        fixed_total=tuple(points[:start]),
        added=tuple(points[start:]),
        total_rows=total,
        recommended_share=float(shares[chosen]),
        recommended_share_low=low,
        recommended_share_high=high,
        gain_pp=gains.pop("mean"),
        gain_by_classifier=gains,
        notes=_notes(bench, first.sizes),
    )


def _added_doses(real: int, synthetic: int) -> list[_Dose]:
    """No synthetic row, the steps that there are rows for, and all rows."""
    steps = [times for times in TIMES if round(times * real) >= 1 and times * real <= synthetic]
    doses = [_Dose(times=0.0), *(_Dose(times=times) for times in steps)]
    # "All" beside a step of nearly as many rows would only cost time.
    if not steps or synthetic > 1.2 * steps[-1] * real:
        doses.append(_Dose())
    return doses


def _trained(
    bench: Bench, doses: Sequence[_Dose], progress: Progress
) -> tuple[dict[str, npt.NDArray[np.float64]], list[tuple[int, int]]]:
    """Classifier -> right answers, shape [doses, draws, test rows]; rows of the first trainings."""
    shape = (len(doses), bench.draws, len(bench.tested))
    correct = {name: np.zeros(shape) for name in bench.classifiers}
    counts: list[tuple[int, int]] = []
    strengths: dict[tuple[str, int], float] = {}
    known: dict[tuple[str, int, int, int, int], npt.NDArray[np.bool_]] = {}
    with progress.task("assess: mixing", bench.draws * len(doses), "doses") as task:
        for draw in range(bench.draws):
            drawn = [
                _Draw(bench, t, draw) for t in trials(bench.real, bench.test, draw, bench.seed)
            ]
            for place, dose in enumerate(doses):
                for number, one in enumerate(drawn):
                    real, made = dose.counts(*one.sizes)
                    if draw == number == 0:
                        counts.append((real, made))
                    fixed = bench.test is not None and one.same_in_all_draws(real, made)
                    for name, classifier in bench.classifiers.items():
                        key = (name, -1 if fixed else draw, number, real, made)
                        if key not in known:
                            sides = one.rows(real, made)
                            c = _strength(bench, classifier, (name, place), sides, strengths)
                            known[key] = _answered(classifier, sides, c, one.trial)
                        correct[name][place, draw, one.trial.places] = known[key]
                task.advance()
    return correct, counts


def _strength(
    bench: Bench,
    classifier: Classifier,
    key: tuple[str, int],
    sides: tuple[Rows, Rows],
    strengths: dict[tuple[str, int], float],
) -> float:
    """C of a dose, chosen in its first training and kept in all others."""
    if key not in strengths:
        real, made = sides
        generator = rng(bench.seed, "assess.tune")
        if len(real):
            strengths[key] = classifier.tune(real, made if len(made) else None, generator)
        else:
            strengths[key] = classifier.tune(made, None, generator)
    return strengths[key]


def _answered(
    classifier: Classifier, sides: tuple[Rows, Rows], c: float, trial: Trial
) -> npt.NDArray[np.bool_]:
    train = sides[0].plus(sides[1])
    train = train.where(train.weights > 0)
    truth = np.array(trial.test.intents, dtype=object)
    if len(set(train.intents)) < 2:
        only = train.intents[0] if len(train) else ""
        return np.asarray(truth == only, dtype=bool)
    found = classifier.fit(train, c).predict(trial.test.texts)
    return np.asarray(found == truth, dtype=bool)


def _point(bench: Bench, counts: tuple[int, int], correct: Mapping[str, _Correct]) -> Point:
    real, made = counts
    accuracy = {
        name: Interval.of(own, name, real, made, seed=bench.seed) for name, own in correct.items()
    }
    whole = np.mean(list(correct.values()), axis=0)
    mean = Interval.of(whole, "mean", real, made, seed=bench.seed)
    return Point(made / (real + made), made / real if real else None, real, made, accuracy, mean)


def _notes(bench: Bench, sizes: tuple[int, int, int]) -> tuple[str, ...]:
    real, synthetic, total = sizes
    notes = [
        f"Fixed total: {total} training rows. Added: all {real} real rows and up to {synthetic} "
        f"synthetic ones. {bench.draws} draws, both classifiers."
    ]
    if bench.test is None:
        notes.append("No test rows given: the curves are cross-validated over the real rows.")
    if (bench.synthetic.weights != 1).any():
        notes.append("Shares count rows; synthetic rows trained with their own weights.")
    notes.append(
        "The recommended share is the smallest dose within one standard error of the best, and "
        "its gain was measured on test rows that it was not chosen on."
    )
    return tuple(notes)
