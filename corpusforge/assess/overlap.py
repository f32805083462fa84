"""Test rows among the training rows: how many, and whether chance explains them.

Real splits share sentences by chance, short ones above all ("find movie times"). Measured under
folding: of SNIPS' train rows 0.49 % equal a test row, of those with five words or more 0.20 %;
of CLINC150's 0.13 % and 0.03 %. 95 % and 91 % of their test rows have five words or more. A
corpus with more than that was written, or generated, with the test rows in view. So equal rows
are counted against a Poisson law twice: those of five words or more against 0.2 %, and all of
them against 0.5 % (short commands, and scripts without spaces, would pass the first), or
against the rate among the real training rows where that is higher. (That rate is taken as if
`_PRIOR_ROWS` rows at the usual rate stood beside them: one repeated row among fifty excuses no
leak.) The smaller of the two one-sided p values is doubled (Bonferroni); below one in a hundred
it is called a leak. A planted leak of 1 % of 1,000 rows, 9 of them long where 2 are expected,
has p = 5e-4.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt

from corpusforge.assess.rows import Rows
from corpusforge.clean.near_duplicates import similar_pairs

__all__ = ["CHANCE_RATES", "NEAR_JACCARD", "Overlap", "compare", "equal_rows", "near_rows"]

CHANCE_RATES = ((5, 0.002), (1, 0.005))
"""(least words, share of train rows that equal a test row by chance): SNIPS, rounded up."""

_PRIOR_ROWS = 1_000

MAX_P = 0.01
"""One-sided: a corpus with no leak is refused once in a hundred times at most."""

NEAR_JACCARD = 0.9
"""Jaccard similarity of character 3-grams; the default of `clean.near_duplicate_jaccard`."""

Mask = npt.NDArray[np.bool_]


@dataclass(frozen=True)
class Overlap:
    """Synthetic rows that stand in the test set.

    Attributes:
        rows: Synthetic rows that equal a test row under folding.
        test_rows: Test rows that they equal.
        share: Share of the synthetic rows that equal a test row, 0..1.
        near_rows: Synthetic rows that are only near a test row (3-gram Jaccard >= 0.9).
        p_value: Probability that chance gives so many, see the top of this file.
        real_rows: Real rows to train on that equal a test row.
    """

    rows: int = 0
    test_rows: int = 0
    share: float = 0.0
    near_rows: int = 0
    p_value: float = 1.0
    real_rows: int = 0

    @property
    def is_leak(self) -> bool:
        """More than chance explains; one row alone is never called so."""
        return self.rows >= 2 and self.p_value < MAX_P

    def to_json(self) -> dict[str, Any]:
        """JSON values."""
        return {
            "rows": self.rows,
            "test_rows": self.test_rows,
            "share": round(self.share, 6),
            "near_rows": self.near_rows,
            "p_value": round(self.p_value, 6),
            "real_rows": self.real_rows,
        }


def equal_rows(rows: Rows, test: Rows) -> Mask:
    """Which rows equal a test row under folding, shape [rows]."""
    held = set(test.folded)
    return np.fromiter((text in held for text in rows.folded), dtype=bool, count=len(rows))


def near_rows(texts: Sequence[str], test: Sequence[str]) -> Mask:
    """Which folded texts are near a folded test text without being equal, shape [texts].

    The join is exact. Texts are made distinct first: a corpus that repeats its rows would
    otherwise be compared with itself over and over.
    """
    held = set(test)
    unique = sorted({text for text in texts if text not in held})
    pairs = similar_pairs([*unique, *sorted(held)], NEAR_JACCARD)
    across = (pairs.left < len(unique)) & (pairs.right >= len(unique))
    near = {unique[row] for row in pairs.left[across].tolist()}
    return np.fromiter((text in near for text in texts), dtype=bool, count=len(texts))


def compare(synthetic: Rows, real: Rows, test: Rows) -> tuple[Overlap, Mask, Mask]:
    """Count the test rows among the synthetic rows.

    Returns:
        The figures, and which synthetic rows equal, and which are near, a test row.
    """
    equal = equal_rows(synthetic, test)
    near = near_rows(synthetic.folded, test.folded)
    repeated = equal_rows(real, test)
    said = {text for text, hit in zip(synthetic.folded, equal, strict=True) if hit}
    figures = Overlap(
        rows=int(equal.sum()),
        test_rows=sum(text in said for text in test.folded),
        share=float(equal.mean()) if len(synthetic) else 0.0,
        near_rows=int(near.sum()),
        p_value=_p_value(synthetic, equal, real, repeated),
        real_rows=int(repeated.sum()),
    )
    return figures, equal, near


def _p_value(synthetic: Rows, equal: Mask, real: Rows, repeated: Mask) -> float:
    from scipy.special import pdtrc

    p_values: list[float] = []
    for words, chance in CHANCE_RATES:
        long, real_long = _at_least(synthetic, words), _at_least(real, words)
        count = int((equal & long).sum())
        among_real = int((repeated & real_long).sum()) + chance * _PRIOR_ROWS
        rate = max(among_real / (int(real_long.sum()) + _PRIOR_ROWS), chance)
        # pdtrc(k, m) is the probability of more than k.
        p_values.append(float(pdtrc(count - 1, rate * int(long.sum()))) if count else 1.0)
    return min(1.0, len(p_values) * min(p_values))


def _at_least(rows: Rows, words: int) -> Mask:
    """Which rows have at least so many words, shape [rows]."""
    counts = (text.count(" ") + 1 >= words for text in rows.folded)
    return np.fromiter(counts, dtype=bool, count=len(rows))
