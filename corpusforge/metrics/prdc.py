"""Precision, recall, density and coverage of made points among real ones, by nearest neighbours.

Sources: precision and recall: Kynkäänniemi et al. 2019 (arXiv 1904.06991); density
and coverage: Naeem et al. 2020 (arXiv 2002.09797), with their k = 5.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

__all__ = ["NEIGHBOURS", "PLUGIN", "Coverage", "Prdc", "prdc"]

NEIGHBOURS = 5
"""k of the k-th nearest neighbour (Naeem et al. 2020)."""

_Points = npt.NDArray[np.float64]


@dataclass(frozen=True)
class Prdc:
    """How two clouds of points overlap; each is NaN when either has k points or fewer.

    Attributes:
        precision: Share of made points inside the real manifold, in [0, 1].
        recall: Share of real points inside the made manifold, in [0, 1].
        density: Mean number of real balls around a made point, over k; may exceed 1.
        coverage: Share of real points with a made point in their ball, in [0, 1].
    """

    precision: float
    recall: float
    density: float
    coverage: float


def _squared(first: _Points, second: _Points) -> _Points:
    """Squared Euclidean distances, shape [first, second]."""
    lengths = (first**2).sum(axis=1)[:, None] + (second**2).sum(axis=1)[None]
    distances: _Points = np.maximum(lengths - 2 * first @ second.T, 0)
    # Equal points must be at distance 0, whatever the order of the sums: a copy is in every
    # ball around its original, even one of radius 0.
    distances[distances < 1e-9] = 0
    return distances


def _radii(points: _Points, k: int) -> _Points:
    """Squared distance of each point to its k-th nearest other one."""
    distances = _squared(points, points)
    np.fill_diagonal(distances, -1)  # the point itself comes first, so place k is the k-th other
    radii: _Points = np.partition(distances, k, axis=1)[:, k]
    return radii


def prdc(made: npt.ArrayLike, real: npt.ArrayLike, k: int = NEIGHBOURS) -> Prdc:
    """All four figures.

    They depend on the numbers of points, so compare clouds of equal size only, and beside the
    figures of two real clouds of that size.

    Args:
        made: Shape [made points, dimensions].
        real: Shape [real points, dimensions].
        k: Which nearest neighbour gives the radius of a point's ball.
    """
    made, real = (np.asarray(points, dtype=np.float64) for points in (made, real))
    if min(len(made), len(real)) <= k:
        return Prdc(*[float("nan")] * 4)
    distances = _squared(real, made)
    in_real_ball = distances <= _radii(real, k)[:, None]
    in_made_ball = distances <= _radii(made, k)[None]
    return Prdc(
        precision=float(in_real_ball.any(axis=0).mean()),
        recall=float(in_made_ball.any(axis=1).mean()),
        density=float(in_real_ball.sum(axis=0).mean() / k),
        coverage=float(in_real_ball.any(axis=1).mean()),
    )


@dataclass(frozen=True)
class Coverage:
    """Share of real points that have a made point near."""

    name: str = "coverage"
    goal: str = "max"
    bounds: tuple[float, float] = (0.0, 1.0)
    unit: str = "share of real points"
    source: str = "Naeem et al. 2020, arXiv 2002.09797"

    def compute(self, made: npt.ArrayLike, real: npt.ArrayLike = ()) -> float:
        """Coverage as in `prdc`; 0 when there are no points to compare."""
        if min(len(np.asarray(made)), len(np.asarray(real))) <= NEIGHBOURS:
            return 0.0
        return prdc(made, real).coverage


PLUGIN = Coverage()
