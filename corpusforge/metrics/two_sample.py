"""Two-sample AUC: how well a score tells made texts from real ones; 0.5 = not at all.

Sources: classifier two-sample tests: Lopez-Paz and Oquab 2017 (arXiv 1610.06545); variance of
the AUC: DeLong et al. 1988, Biometrics 44, 837-845, in the rank form of Sun and Xu 2014.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

__all__ = ["PLUGIN", "TwoSampleAuc", "auc", "auc_over_folds"]

_95 = 1.959964  # two-sided 95 % point of the normal distribution

_Values = npt.NDArray[np.float64]


def _middle_ranks(values: _Values) -> _Values:
    """Ranks from 1; equal values share the mean of their ranks."""
    _, places, counts = np.unique(values, return_inverse=True, return_counts=True)
    last = np.cumsum(counts)
    ranks: _Values = (last - (counts - 1) / 2)[places]
    return ranks


def auc(made: npt.ArrayLike, real: npt.ArrayLike) -> tuple[float, float]:
    """Area under the ROC curve, with its variance.

    Args:
        made: Scores of made texts, higher = taken for made.
        real: Scores of real texts.

    Returns:
        The share of (made, real) pairs in which the made one scores higher (ties count half),
        and DeLong's variance of it; NaN when either side is empty, the variance also when
        either has one score only.
    """
    positive, negative = (np.asarray(x, dtype=np.float64) for x in (made, real))
    m, n = len(positive), len(negative)
    if not m or not n:
        return float("nan"), float("nan")
    ranks = _middle_ranks(np.concatenate([positive, negative]))
    won = (ranks[:m] - _middle_ranks(positive)) / n
    lost = (ranks[m:] - _middle_ranks(negative)) / m
    if min(m, n) < 2:
        return float(won.mean()), float("nan")
    return float(won.mean()), float(won.var(ddof=1) / m + lost.var(ddof=1) / n)


def auc_over_folds(
    scores: npt.ArrayLike, made: npt.ArrayLike, folds: Sequence[int] | npt.ArrayLike
) -> tuple[float, float, float]:
    """AUC of cross-validated scores with a 95 % interval.

    Pairs are compared within their fold only: scores of two models are not on one scale, and
    pooling them pulls the AUC of indistinguishable sets below 0.5 (Forman and Scholz 2010). The
    interval takes folds as independent and leaves out what is due to the training rows.

    Args:
        scores: Higher = taken for made, shape [rows].
        made: Whether the row is made, shape [rows].
        folds: Fold of each row, shape [rows]; folds without both kinds do not count.

    Returns:
        (AUC, low, high), all in [0, 1]; NaN when no fold has two rows of both kinds.
    """
    values, is_made = np.asarray(scores, dtype=np.float64), np.asarray(made, dtype=bool)
    fold = np.asarray(folds)
    areas, variances, pairs = [], [], []
    for number in np.unique(fold):
        one = values[(fold == number) & is_made]
        other = values[(fold == number) & ~is_made]
        if min(len(one), len(other)) >= 2:
            area, variance = auc(one, other)
            areas.append(area)
            variances.append(variance)
            pairs.append(len(one) * len(other))
    if not pairs:
        return float("nan"), float("nan"), float("nan")
    weights = np.array(pairs) / sum(pairs)
    centre = float(weights @ areas)
    half = _95 * float(np.sqrt(weights**2 @ variances))
    return centre, max(0.0, centre - half), min(1.0, centre + half)


@dataclass(frozen=True)
class TwoSampleAuc:
    """How well a score tells made from real."""

    name: str = "two_sample_auc"
    goal: str = "min"
    bounds: tuple[float, float] = (0.0, 1.0)
    unit: str = "share of pairs"
    source: str = "Lopez-Paz and Oquab 2017, arXiv 1610.06545; DeLong et al. 1988"

    def compute(self, made: npt.ArrayLike, real: npt.ArrayLike = ()) -> float:
        """AUC as in the function `auc`; 0 when either side is empty."""
        area, _ = auc(made, real)
        return 0.0 if np.isnan(area) else area


PLUGIN = TwoSampleAuc()
