"""Vendi score: the effective number of different texts, seen through their embeddings.

Source: Friedman and Dieng 2023, "The Vendi Score" (arXiv 2210.02410), with the linear kernel,
so that a d x d matrix is enough: linear in the number of texts.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

__all__ = ["PLUGIN", "Vendi", "vendi"]


def vendi(vectors: npt.ArrayLike) -> float:
    """Exponential of the Shannon entropy of the eigenvalues of the similarity matrix over n.

    It rises as more texts are given, so compare sets of equal size only.

    Args:
        vectors: Embeddings of unit length, shape [texts, dimensions]; rows of zeros are left
            out.

    Returns:
        In [1, min(texts, dimensions)]: 1 when all texts are alike; 0 for no texts.
    """
    rows = np.asarray(vectors, dtype=np.float64)
    if rows.ndim != 2:
        return 0.0
    rows = rows[np.any(rows != 0, axis=1)]
    if not len(rows):
        return 0.0
    # The non-zero eigenvalues of X X' / n and of X' X / n are the same: take the smaller one.
    matrix = rows @ rows.T if len(rows) < rows.shape[1] else rows.T @ rows
    values = np.linalg.eigvalsh(matrix / len(rows))
    values = values[values > 1e-12]
    values /= values.sum()
    return float(np.exp(-(values * np.log(values)).sum()))


@dataclass(frozen=True)
class Vendi:
    """Effective number of different texts."""

    name: str = "vendi"
    goal: str = "max"
    bounds: tuple[float, float] = (0.0, float("inf"))
    unit: str = "texts"
    source: str = "Friedman and Dieng 2023, arXiv 2210.02410"

    def compute(self, vectors: npt.ArrayLike) -> float:
        """See the function `vendi`."""
        return vendi(vectors)


PLUGIN = Vendi()
