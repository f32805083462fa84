"""Was the corpus made from the real rows? Then holding some of them out tests nothing.

A generator that has seen all real rows has seen the held-out ones. Nothing in a table says so;
its rows do: a reworded row lies nearer to its source than another real row does.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from corpusforge.assess.intervals import mean_interval
from corpusforge.assess.rows import Rows

__all__ = ["Nearness", "nearness"]

# CLINC150 travel, work and utility, 8 repeats each: other real rows had gaps up to .052 with 3, 5
# and 10 real rows per intent (40: below 0), EDA of these rows .26 to .34 (40: .07 to .12), a
# trigram model .14 to .26 (40: not told from other rows).
_LEAST_GAP = 0.06
_LEAST_ROWS = 20
_MOST_PER_INTENT = 500


@dataclass(frozen=True)
class Nearness:
    """How much nearer the corpus lies to the real rows than these lie to each other.

    Attributes:
        gap: Mean difference of the cosine to the nearest row of the same intent, in [-1, 1]:
            rows of the corpus, as many as there are other real rows, minus other real rows.
        low: Lower end of its 95 % interval over real rows.
        rows: Real rows that could be compared.
    """

    gap: float
    low: float
    rows: int

    @property
    def derived(self) -> bool:
        """Whether the corpus looks made from these rows."""
        return self.rows >= _LEAST_ROWS and self.low > 0 and self.gap > _LEAST_GAP


def nearness(real: Rows, synthetic: Rows, generator: np.random.Generator) -> Nearness:
    """Compare nearest neighbours by character 3- to 5-grams (TF-IDF, cosine).

    Equal sentences are left out on both sides: those are removed from training anyway. The
    corpus is mostly larger, and the nearest of many is nearer: the expected maximum over a random
    choice of as many rows as there are other real ones is taken, by the hypergeometric weights
    of the sorted similarities. Intents with a single real row say nothing.

    Args:
        real: Real rows that are held out in turn.
        synthetic: Rows of the corpus.
        generator: For the bootstrap, and for the rows that are looked at in large intents.
    """
    from sklearn.feature_extraction.text import TfidfVectorizer

    pieces = TfidfVectorizer(analyzer="char_wb", ngram_range=(3, 5), sublinear_tf=True)
    pieces.fit([*real.folded, *synthetic.folded, "a"])
    made = synthetic.by_intent()
    gaps: list[float] = []
    for intent, places in real.by_intent().items():
        own = _distinct(real, places, generator)
        others = _distinct(synthetic, made.get(intent, np.empty(0, np.int64)), generator)
        if len(own) < 2 or len(others) < 2:
            continue
        first, second = pieces.transform(own), pieces.transform(others)
        among = (first @ first.T).toarray()
        np.fill_diagonal(among, -1.0)
        across = (first @ second.T).toarray()
        for row, text in enumerate(own):
            free = np.array([other != text for other in others])
            if free.any():
                nearest = _expected_maximum(across[row][free], len(own) - 1)
                gaps.append(nearest - float(among[row].max()))
    if not gaps:
        return Nearness(0.0, 0.0, 0)
    mean, low, _ = mean_interval(np.array([gaps]), generator)
    return Nearness(mean, low, len(gaps))


def _distinct(
    rows: Rows, places: npt.NDArray[np.int64], generator: np.random.Generator
) -> list[str]:
    texts = sorted({rows.folded[place] for place in places})
    chosen = generator.permutation(len(texts))[:_MOST_PER_INTENT]
    return [texts[place] for place in sorted(chosen)]


def _expected_maximum(values: npt.NDArray[np.float64], count: int) -> float:
    """Expected largest of `count` values drawn without replacement."""
    ordered = np.sort(values)[::-1]
    total = len(ordered)
    if count >= total:
        return float(ordered[0])
    # P(the k-th largest is the largest drawn) = C(total - k - 1, count - 1) / C(total, count).
    chance, weights = count / total, []
    for place in range(total - count + 1):
        weights.append(chance)
        chance *= (total - place - count) / (total - place - 1) if place < total - 1 else 0.0
    return float(ordered[: len(weights)] @ np.array(weights))
