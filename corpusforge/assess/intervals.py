"""Intervals over draws and test rows: two sources of luck, resampled together."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

__all__ = ["mean_interval", "paired_interval"]

_RESAMPLES = 2_000
_CHUNK = 250  # resamples at a time: keeps the weights of 5,000 rows under 10 MB


def mean_interval(
    values: npt.NDArray[np.float64] | npt.NDArray[np.bool_],
    rng: np.random.Generator,
    *,
    level: float = 0.95,
) -> tuple[float, float, float]:
    """Mean with a percentile bootstrap interval, draws and test rows both resampled.

    The crossed ("pigeonhole") bootstrap of Owen 2007: rows and columns are drawn with
    replacement, each on its own. With one draw, or draws that are all the same, the interval is
    over test rows alone; few draws say little about their spread. Where all values are equal a
    bootstrap sees no spread at all: the rule of three (Hanley and Lippman-Hand 1983) gives the
    half-width then, 3 / rows.

    Args:
        values: One value per draw and test row, shape [draws, rows].
        rng: For the resamples.
        level: Coverage, in (0, 1).

    Returns:
        (mean, low, high).
    """
    table = np.asarray(values, dtype=np.float64)
    draws, count = table.shape
    if count == 0:
        return float("nan"), float("nan"), float("nan")
    if table.min() == table.max():
        value, half = float(table[0, 0]), min(3 / count, 1.0)
        return value, max(value - half, -1.0), min(value + half, 1.0)
    means = []
    for start in range(0, _RESAMPLES, _CHUNK):
        size = min(_CHUNK, _RESAMPLES - start)
        by_row = rng.multinomial(count, np.full(count, 1 / count), size=size)
        if draws > 1:
            by_draw = rng.multinomial(draws, np.full(draws, 1 / draws), size=size).astype(float)
        else:
            by_draw = np.ones((size, 1))
        means.append(((by_draw @ table) * by_row).sum(axis=1) / (draws * count))
    tail = (1 - level) / 2
    low, high = np.quantile(np.concatenate(means), [tail, 1 - tail])
    return float(table.mean()), float(low), float(high)


def paired_interval(
    first: npt.NDArray[np.bool_],
    second: npt.NDArray[np.bool_],
    rng: np.random.Generator,
    *,
    level: float = 0.95,
) -> tuple[float, float, float]:
    """Mean of `first` minus `second` on the same draws and test rows, with its interval.

    Args:
        first: Whether each row was answered right, shape [draws, rows].
        second: The same for the arm it is held against.
        rng: For the resamples.
        level: Coverage, in (0, 1).
    """
    difference = np.asarray(first, dtype=np.float64) - np.asarray(second, dtype=np.float64)
    return mean_interval(difference, rng, level=level)
