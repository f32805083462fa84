"""Representation: rows of the rarest attribute value per row of the most frequent one."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

__all__ = ["PLUGIN", "Representation", "compute"]


def compute(counts: npt.ArrayLike) -> float:
    """Smallest count over largest count.

    Args:
        counts: Rows of each declared attribute value, shape [values]; a declared value that
            no row has counts as 0.

    Returns:
        In [0, 1], 1 = all values equally often; NaN for fewer than two values or no rows.
    """
    values = np.asarray(counts, dtype=np.float64)
    if len(values) < 2 or values.max() == 0:
        return float("nan")
    return float(values.min() / values.max())


@dataclass(frozen=True)
class Representation:
    """How evenly the declared values of an attribute are represented."""

    name: str = "representation"
    goal: str = "max"
    bounds: tuple[float, float] = (0.0, 1.0)
    unit: str = "1"
    source: str = "minimum over maximum group size, the four-fifths rule's ratio (29 CFR 1607.4 D)"

    def compute(self, counts: npt.ArrayLike) -> float:
        """See the function `compute`."""
        return compute(counts)


PLUGIN = Representation()
