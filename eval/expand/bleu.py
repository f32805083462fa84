"""BLEU against many references, as text GANs report it.

Mean over texts of the sentence BLEU (Papineni et al. 2002) with all test rows as references and
equal weights up to the order, add-epsilon smoothing (Chen and Cherry 2014, method 1, epsilon
0.1): what RelGAN and Texygen call BLEU-n, where nltk computes it.
"""

from __future__ import annotations

import math
import re
from bisect import bisect_left
from collections import Counter
from collections.abc import Sequence

import numpy as np
import numpy.typing as npt

__all__ = ["References", "words"]

_EPSILON = 0.1
_WORD = re.compile(r"\w+(?:'\w+)?|[^\w\s]")


def words(text: str) -> list[str]:
    """Lower-cased words, and every sign alone."""
    return _WORD.findall(text.lower())


class References:
    """Counts of the references, ready to score texts.

    Args:
        texts: Words of each reference.
        order: Longest n-gram.
    """

    def __init__(self, texts: Sequence[Sequence[str]], order: int = 5) -> None:
        self._order = order
        # Of each n-gram, how often the reference with most of it has it.
        self._most: list[dict[tuple[str, ...], int]] = [{} for _ in range(order)]
        for text in texts:
            for n, most in enumerate(self._most, 1):
                for ngram, count in _counts(text, n).items():
                    if count > most.get(ngram, 0):
                        most[ngram] = count
        self._lengths = sorted({len(text) for text in texts})

    def scores(self, texts: Sequence[Sequence[str]]) -> npt.NDArray[np.float64]:
        """BLEU-1 to BLEU-order of each text, shape [texts, order], in [0, 1]."""
        return np.array([self._score(text) for text in texts]).reshape(len(texts), self._order)

    def _score(self, text: Sequence[str]) -> list[float]:
        if not text:
            return [0.0] * self._order
        logs: list[float] = []
        for n, most in enumerate(self._most, 1):
            counts = _counts(text, n)
            matched = sum(min(count, most.get(ngram, 0)) for ngram, count in counts.items())
            total = max(1, len(text) - n + 1)
            logs.append(math.log((matched or _EPSILON) / total))
        if math.isclose(logs[0], math.log(_EPSILON / len(text))):
            return [0.0] * self._order  # nltk: no word in common is no score
        penalty = min(0.0, 1 - self._nearest(len(text)) / len(text))
        return [math.exp(penalty + sum(logs[:n]) / n) for n in range(1, self._order + 1)]

    def _nearest(self, length: int) -> int:
        """The length of the reference nearest to it, the shorter of two."""
        place = bisect_left(self._lengths, length)
        around = self._lengths[max(0, place - 1) : place + 1]
        return min(around, key=lambda other: (abs(other - length), other))


def _counts(text: Sequence[str], n: int) -> Counter[tuple[str, ...]]:
    return Counter(tuple(text[start : start + n]) for start in range(len(text) - n + 1))
