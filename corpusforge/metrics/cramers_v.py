"""Cramer's V of two attributes, bias-corrected: 0 = no association, 1 = one decides the other."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

__all__ = ["PLUGIN", "CramersV", "compute", "interval", "permutation_test"]

Counts = npt.NDArray[np.int64]


def compute(counts: npt.ArrayLike) -> float:
    """Bias-corrected Cramer's V of a contingency table.

    Bergsma, "A bias-correction for Cramer's V and Tschuprow's T", Journal of the Korean
    Statistical Society 42 (2013), 323-328. The plain V of small tables is too large: it is
    positive by chance alone.

    Args:
        counts: Non-negative counts, shape [attribute values, labels]. Rows and columns that
            are zero are left out.

    Returns:
        In [0, 1]; NaN when fewer than two rows or columns have counts, for then nothing can
        be said.
    """
    table = _used(np.asarray(counts, dtype=np.float64))
    if min(table.shape) < 2:
        return float("nan")
    return float(_corrected(table[None])[0])


def _used(table: npt.NDArray[np.float64]) -> npt.NDArray[np.float64]:
    used: npt.NDArray[np.float64] = table[table.sum(axis=1) > 0][:, table.sum(axis=0) > 0]
    return used


def _corrected(tables: npt.NDArray[np.float64]) -> npt.NDArray[np.float64]:
    """Bergsma's V of many tables of one shape, shape [tables]; empty margins count as absent."""
    total = tables.sum(axis=(1, 2))
    rows, columns = tables.sum(axis=2), tables.sum(axis=1)
    expected = rows[:, :, None] * columns[:, None, :] / total[:, None, None]
    squares = (tables - expected) ** 2
    terms = np.divide(squares, expected, out=np.zeros_like(squares), where=expected > 0)
    phi2 = terms.sum(axis=(1, 2)) / total
    r, c = (rows > 0).sum(axis=1), (columns > 0).sum(axis=1)
    less = np.maximum(total - 1, 1)
    corrected = np.maximum(phi2 - (r - 1) * (c - 1) / less, 0)
    smaller = np.minimum(r - (r - 1) ** 2 / less, c - (c - 1) ** 2 / less) - 1
    v2 = np.divide(corrected, smaller, out=np.zeros_like(corrected), where=smaller > 0)
    result: npt.NDArray[np.float64] = np.sqrt(np.minimum(v2, 1.0))
    return result


def interval(
    counts: npt.ArrayLike, rng: np.random.Generator, *, draws: int = 1000, level: float = 0.95
) -> tuple[float, float]:
    """Percentile bootstrap interval of V.

    Args:
        counts: As for `compute`.
        rng: Source of the draws.
        draws: Number of tables drawn from the observed shares.
        level: Coverage asked for. Rows of one template are alike, so the true coverage for
            another run of the generator is lower.

    Returns:
        Lower and upper bound, (NaN, NaN) where `compute` gives NaN.
    """
    table = _used(np.asarray(counts, dtype=np.float64))
    if min(table.shape) < 2:
        return float("nan"), float("nan")
    total = int(table.sum())
    drawn = rng.multinomial(total, (table / total).ravel(), size=draws)
    values = _corrected(drawn.reshape(draws, *table.shape).astype(np.float64))
    tail = (1 - level) / 2
    low, high = np.quantile(values, [tail, 1 - tail])
    return float(low), float(high)


def permutation_test(
    counts: npt.ArrayLike, rng: np.random.Generator, *, draws: int = 999
) -> tuple[float, float]:
    """What V would be if attribute and label were independent, margins as they are.

    Args:
        counts: As for `compute`.
        rng: Source of the permutations.
        draws: Number of permutations.

    Returns:
        The 95 % quantile of V under independence, and the p value (smallest 1 / (draws + 1));
        (NaN, NaN) where `compute` gives NaN.
    """
    table = _used(np.asarray(counts, dtype=np.float64))
    if min(table.shape) < 2:
        return float("nan"), float("nan")
    whole = table.astype(np.int64)
    rows = np.repeat(np.arange(whole.shape[0]), whole.sum(axis=1))
    columns = np.repeat(np.arange(whole.shape[1]), whole.sum(axis=0))
    values = np.empty(draws)
    for draw in range(draws):
        cells = np.bincount(rows * whole.shape[1] + rng.permutation(columns), minlength=whole.size)
        values[draw] = _corrected(cells.reshape(1, *whole.shape).astype(np.float64))[0]
    reached = int((values >= compute(table) - 1e-12).sum())
    return float(np.quantile(values, 0.95)), (reached + 1) / (draws + 1)


@dataclass(frozen=True)
class CramersV:
    """Association of a declared attribute with the intent."""

    name: str = "cramers_v"
    goal: str = "min"
    bounds: tuple[float, float] = (0.0, 1.0)
    unit: str = "1"
    source: str = "Bergsma 2013, Journal of the Korean Statistical Society 42, 323-328"

    def compute(self, counts: npt.ArrayLike) -> float:
        """See the function `compute`."""
        return compute(counts)


PLUGIN = CramersV()
