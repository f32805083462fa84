"""Vocabulary: how many different words a set of texts uses, at a fixed number of tokens.

Source: Heaps 1978: the number of types grows with the number of tokens, so sets of different
size can only be compared once the larger one is cut to the tokens of the smaller one
(rarefaction; Hurlbert 1971).
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

__all__ = ["PLUGIN", "Vocabulary", "first_tokens", "vocabulary"]


def first_tokens(texts: Sequence[Sequence[str]], limit: int) -> list[Sequence[str]]:
    """The first texts that hold `limit` tokens together; the last one is cut.

    Args:
        texts: Tokens of each text, in random order.
        limit: Tokens to keep; fewer are kept when there are fewer.
    """
    kept: list[Sequence[str]] = []
    left = limit
    for tokens in texts:
        if left <= 0:
            break
        kept.append(tokens[:left])
        left -= len(tokens)
    return kept


def vocabulary(texts: Sequence[Sequence[str]], limit: int | None = None) -> int:
    """Number of different tokens.

    Args:
        texts: Tokens of each text.
        limit: Count within the first `limit` tokens only; None = all.
    """
    used = texts if limit is None else first_tokens(texts, limit)
    return len({token for tokens in used for token in tokens})


@dataclass(frozen=True)
class Vocabulary:
    """Number of different words."""

    name: str = "vocabulary"
    goal: str = "max"
    bounds: tuple[float, float] = (0.0, float("inf"))
    unit: str = "types"
    source: str = "Heaps 1978; rarefaction: Hurlbert 1971, Ecology 52, 577-586"

    def compute(self, texts: Sequence[Sequence[str]]) -> float:
        """See the function `vocabulary`."""
        return float(vocabulary(texts))


PLUGIN = Vocabulary()
