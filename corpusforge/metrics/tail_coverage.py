"""Tail coverage: the share of rare real n-grams that are still produced.

Collapse eats rare things first (Shumailov et al. 2024, Nature 631, 755-759), so the tail falls
before any average does. The tail is the lowest-frequency quarter of the different n-grams.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass

__all__ = ["PLUGIN", "TailCoverage", "rare_ngrams", "tail_coverage"]

_QUARTER = 4

_Ngram = tuple[str, ...]


def _counts(texts: Sequence[Sequence[str]], n: int) -> Counter[_Ngram]:
    return Counter(
        tuple(tokens[start : start + n]) for tokens in texts for start in range(len(tokens) - n + 1)
    )


def rare_ngrams(real: Sequence[Sequence[str]], n: int = 1) -> frozenset[_Ngram]:
    """The lowest-frequency quarter of the different n-grams, all of equal frequency included.

    With most texts more than a quarter come once; then the tail is all that come once.

    Args:
        real: Tokens of each real text.
        n: Length of the n-grams, at least 1.
    """
    counts = _counts(real, n)
    if not counts:
        return frozenset()
    ordered = sorted(counts.values())
    highest = ordered[(len(ordered) - 1) // _QUARTER]
    return frozenset(ngram for ngram, count in counts.items() if count <= highest)


def tail_coverage(
    made: Sequence[Sequence[str]], real: Sequence[Sequence[str]] = (), n: int = 1
) -> float:
    """Share of the real texts' rare n-grams that come in the made ones.

    It rises as more texts are made, so compare sets of equal size only.

    Args:
        made: Tokens of each made text.
        real: Tokens of each real text.
        n: Length of the n-grams, at least 1.

    Returns:
        A share in [0, 1]; 0 when there are no real n-grams.
    """
    rare = rare_ngrams(real, n)
    return len(rare & _counts(made, n).keys()) / len(rare) if rare else 0.0


@dataclass(frozen=True)
class TailCoverage:
    """Share of the rare words of real texts that are still made."""

    name: str = "tail_coverage"
    goal: str = "max"
    bounds: tuple[float, float] = (0.0, 1.0)
    unit: str = "share of rare words"
    source: str = "after Shumailov et al. 2024, Nature 631, 755-759"

    def compute(self, made: Sequence[Sequence[str]], real: Sequence[Sequence[str]] = ()) -> float:
        """See the function `tail_coverage`."""
        return tail_coverage(made, real)


PLUGIN = TailCoverage()
