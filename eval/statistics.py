"""Error rates and trends over repeats."""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import Any

import numpy as np

__all__ = ["rate", "trend", "wilson"]


def wilson(hits: int, trials: int) -> tuple[float, float]:
    """95 % interval of a share (Wilson 1927): (low, high), 0..1; (0, 1) without trials."""
    if not trials:
        return 0.0, 1.0
    z = 1.959964
    share = hits / trials
    middle = share + z * z / (2 * trials)
    spread = z * math.sqrt(share * (1 - share) / trials + z * z / (4 * trials**2))
    below = 1 + z * z / trials
    return max(0.0, (middle - spread) / below), min(1.0, (middle + spread) / below)


def rate(hits: int, trials: int) -> dict[str, Any]:
    """A share with its interval, JSON values."""
    low, high = wilson(hits, trials)
    share = hits / trials if trials else None
    return {
        "hits": hits,
        "of": trials,
        "share": None if share is None else round(share, 4),
        "low": round(low, 4),
        "high": round(high, 4),
    }


def trend(levels: Sequence[float], values: Sequence[float]) -> dict[str, float | None]:
    """Spearman's and Kendall's rank correlation (tau-b) of values with levels.

    None where all values are equal: there is no order to correlate.
    """
    from scipy.stats import kendalltau, spearmanr

    if len(set(values)) < 2 or len(set(levels)) < 2:
        return {"spearman": None, "kendall": None}
    rho, tau = spearmanr(levels, values).statistic, kendalltau(levels, values).statistic
    return {"spearman": round(float(np.float64(rho)), 4), "kendall": round(float(tau), 4)}
