"""What was heard against what was said: accuracy with its interval, recall, confusions."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt

__all__ = ["Figure", "Heard", "difference", "figure"]

_RESAMPLES = 2000
_WORST_PAIRS = 5

Weights = npt.NDArray[np.float64]


@dataclass(frozen=True, slots=True)
class Figure:
    """A mean with its 95 % interval, in whatever unit the values have."""

    mean: float
    low: float
    high: float

    def to_json(self, name: str) -> dict[str, float]:
        """`name`, low and high, six digits."""
        values = {name: self.mean, "low": self.low, "high": self.high}
        return {key: round(float(value), 6) for key, value in values.items()}


@dataclass(frozen=True, eq=False)
class Heard:
    """Answers of several trained models to the same clips.

    Attributes:
        said: Class of each clip, shape [clips].
        heard: Class that each model heard, shape [models][clips].
        speakers: Of each clip, "" where unknown.
    """

    said: tuple[str, ...]
    heard: tuple[tuple[str, ...], ...]
    speakers: tuple[str, ...]

    @property
    def right(self) -> npt.NDArray[np.bool_]:
        """Whether each answer is right, shape [models, clips]."""
        return np.array(
            [[h == s for h, s in zip(one, self.said, strict=True)] for one in self.heard]
        )

    @classmethod
    def joined(cls, parts: Sequence[Heard]) -> Heard:
        """Answers to one part of the clips after the other; each by as many models."""
        return cls(
            tuple(name for part in parts for name in part.said),
            tuple(
                tuple(name for one in ones for name in one)
                for ones in zip(*(part.heard for part in parts), strict=True)
            ),
            tuple(name for part in parts for name in part.speakers),
        )

    @property
    def accuracy(self) -> float:
        """Share of right answers over all models."""
        return float(self.right.mean())

    def to_json(self, accuracy: Figure) -> dict[str, Any]:
        """Everything that is reported of one arm, with the interval of its accuracy."""
        right = self.right
        recall = self._mean_by(self.said, right)
        worst = sorted(recall, key=lambda name: (recall[name], name))[:3]
        spread = float(right.mean(axis=1).std(ddof=1)) if len(right) > 1 else 0.0
        return {
            **accuracy.to_json("accuracy"),
            "sd_over_seeds": round(spread, 6),
            "macro_recall": round(float(np.mean(list(recall.values()))), 6),
            "clips": len(self.said),
            "by_speaker": _rounded(self._mean_by(self.speakers, right))
            if any(self.speakers)
            else {},
            "by_class": _rounded(recall),
            "worst_classes": worst,
            "confusions": self._confusions(),
        }

    @staticmethod
    def _mean_by(keys: Sequence[str], right: npt.NDArray[np.bool_]) -> dict[str, float]:
        column, means = np.array(keys, dtype=object), right.mean(axis=0)
        return {name: float(means[column == name].mean()) for name in sorted(set(keys))}

    def _confusions(self) -> list[dict[str, Any]]:
        """The most frequent wrong answers, as a share of the clips of their class."""
        wrong = Counter(
            (said, heard)
            for one in self.heard
            for said, heard in zip(self.said, one, strict=True)
            if said != heard
        )
        sizes = Counter(self.said)
        shares = {pair: n / (len(self.heard) * sizes[pair[0]]) for pair, n in wrong.items()}
        order = sorted(shares, key=lambda pair: (-shares[pair], pair))[:_WORST_PAIRS]
        return [
            {"said": said, "heard": heard, "share": round(shares[said, heard], 6)}
            for said, heard in order
        ]


def _rounded(values: dict[str, float]) -> dict[str, float]:
    return {key: round(value, 6) for key, value in values.items()}


def figure(values: npt.NDArray[Any], speakers: Sequence[str], rng: np.random.Generator) -> Figure:
    """Mean with a percentile bootstrap interval over training seeds and test clips.

    Where two or more speakers are known, speakers are resampled and then the clips of each
    (clusters, Davison and Hinkley 1997, section 3.8): clips of one person are not independent.
    With few speakers such an interval is too narrow, and says little about other people.

    Args:
        values: Of each model and clip, shape [models, clips].
        speakers: Of each clip, "" where unknown.
        rng: Draws the resamples.
    """
    table = np.asarray(values, dtype=np.float64)
    models, clips = table.shape
    names = sorted(set(speakers))
    column = np.array(speakers, dtype=object)
    groups = [np.flatnonzero(column == name) for name in names]
    means = np.empty(_RESAMPLES)
    for place in range(_RESAMPLES):
        rows = rng.integers(models, size=models)
        drawn = rng.integers(len(groups), size=len(groups)) if len(groups) > 1 else [0]
        kept = np.concatenate(
            [groups[g][rng.integers(groups[g].size, size=groups[g].size)] for g in drawn]
        )
        weights = np.bincount(kept, minlength=clips)
        counts = np.bincount(rows, minlength=models)
        means[place] = counts @ table @ weights / (models * kept.size)
    low, high = np.quantile(means, [0.025, 0.975])
    return Figure(float(table.mean()), float(low), float(high))


def difference(first: Heard, second: Heard, rng: np.random.Generator) -> Figure:
    """Accuracy of `first` minus that of `second` on the same clips, in percentage points."""
    gain = 100.0 * (first.right.astype(np.float64) - second.right.astype(np.float64))
    return figure(gain, first.speakers, rng)
