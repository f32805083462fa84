"""Mean BLEU of each text against all others: 1 means that all texts say the same.

Source: Zhu et al. 2018, "Texygen" (arXiv 1802.01886). BLEU as in Papineni et al. 2002, with
the add-epsilon smoothing of Chen and Cherry 2014 (method 1, epsilon 0.1), because most
utterances are shorter than a dozen words.
"""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass

__all__ = ["PLUGIN", "SelfBleu", "self_bleu"]

_EPSILON = 0.1


def self_bleu(texts: Sequence[Sequence[str]], order: int = 4) -> float:
    """Mean smoothed BLEU of every text with all the others as references.

    It rises as more texts are given, so compare sets of equal size only. Linear in the number
    of n-grams: for each n-gram only the two texts that hold it most often are remembered.

    Args:
        texts: Tokens of each text; empty ones are left out.
        order: Longest n-gram; shorter texts are judged up to their own length.

    Returns:
        A value in [0, 1]; 0 for fewer than two texts.
    """
    kept = [tuple(tokens) for tokens in texts if len(tokens)]
    if len(kept) < 2:
        return 0.0
    counts = [
        [Counter(_ngrams(tokens, n)) for n in range(1, min(order, len(tokens)) + 1)]
        for tokens in kept
    ]
    best = _two_best(counts)
    lengths = Counter(len(tokens) for tokens in kept)
    total = 0.0
    for row, tokens in enumerate(kept):
        logs = [_log_precision(row, counter, best) for counter in counts[row]]
        penalty = _log_brevity(len(tokens), lengths)
        total += math.exp(penalty + sum(logs) / len(logs))
    return total / len(kept)


def _ngrams(tokens: tuple[str, ...], n: int) -> list[tuple[str, ...]]:
    return [tokens[start : start + n] for start in range(len(tokens) - n + 1)]


_Best = dict[tuple[str, ...], tuple[int, int, int]]


def _two_best(counts: Sequence[Sequence[Counter[tuple[str, ...]]]]) -> _Best:
    """N-gram -> (row with most of it, how often, how often in the second best row)."""
    best: _Best = {}
    for row, counters in enumerate(counts):
        for counter in counters:
            for ngram, count in counter.items():
                owner, most, second = best.get(ngram, (-1, 0, 0))
                if count > most:
                    best[ngram] = (row, count, most)
                elif count > second:
                    best[ngram] = (owner, most, count)
    return best


def _log_precision(row: int, counter: Counter[tuple[str, ...]], best: _Best) -> float:
    matched = 0
    for ngram, count in counter.items():
        owner, most, second = best[ngram]
        matched += min(count, second if owner == row else most)
    return math.log(max(matched, _EPSILON) / sum(counter.values()))


def _log_brevity(length: int, lengths: Counter[int]) -> float:
    """Log of the brevity penalty against the reference of nearest length."""
    others = [other for other, count in lengths.items() if count > (other == length)]
    nearest = min(others, key=lambda other: (abs(other - length), other))
    return min(0.0, 1.0 - nearest / length)


@dataclass(frozen=True)
class SelfBleu:
    """Self-BLEU-4 of tokenised texts."""

    name: str = "self_bleu_4"
    goal: str = "min"
    bounds: tuple[float, float] = (0.0, 1.0)
    unit: str = "BLEU"
    source: str = "Zhu et al. 2018, arXiv 1802.01886"

    def compute(self, texts: Sequence[Sequence[str]]) -> float:
        """See the function `self_bleu`."""
        return self_bleu(texts)


PLUGIN = SelfBleu()
