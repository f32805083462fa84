"""Share of n-grams that are different: how varied a set of texts is.

Source: Li et al. 2016, "A Diversity-Promoting Objective Function for Neural Conversation
Models" (arXiv 1510.03055), distinct-1 and distinct-2.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

__all__ = ["PLUGIN", "DistinctN", "distinct_n"]


def distinct_n(texts: Sequence[Sequence[str]], n: int = 2) -> float:
    """Different n-grams divided by all n-grams.

    It falls as more texts are given, so compare sets of equal size only.

    Args:
        texts: Tokens of each text.
        n: Length of the n-grams, at least 1.

    Returns:
        A share in [0, 1]; 0 when there is no n-gram.
    """
    total = 0
    seen: set[tuple[str, ...]] = set()
    for tokens in texts:
        for start in range(len(tokens) - n + 1):
            seen.add(tuple(tokens[start : start + n]))
            total += 1
    return len(seen) / total if total else 0.0


@dataclass(frozen=True)
class DistinctN:
    """Distinct-2 of tokenised texts."""

    name: str = "distinct_2"
    goal: str = "max"
    bounds: tuple[float, float] = (0.0, 1.0)
    unit: str = "share of bigrams"
    source: str = "Li et al. 2016, arXiv 1510.03055"

    def compute(self, texts: Sequence[Sequence[str]]) -> float:
        """See the function `distinct_n`."""
        return distinct_n(texts)


PLUGIN = DistinctN()
