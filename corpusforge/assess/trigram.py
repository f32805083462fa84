"""A trigram language model per intent: a control for every generator, and one that collapses.

It knows word order and nothing else, so a generator that does not beat it has learnt nothing
worth its cost. It is fitted and sampled in well under a second.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np

from corpusforge.assess.rows import Rows
from corpusforge.core.trigram import Chain, words

__all__ = ["TrigramModel"]


@dataclass(frozen=True)
class TrigramModel:
    """One interpolated trigram model per intent.

    Attributes:
        chains: Intent -> what follows what in its texts.
    """

    chains: Mapping[str, Chain]

    @classmethod
    def fit(cls, rows: Rows) -> TrigramModel:
        """Learns from labelled texts; sample weights are ignored."""
        chains: dict[str, Chain] = {intent: Chain() for intent in sorted(set(rows.intents))}
        for text, intent in zip(rows.texts, rows.intents, strict=True):
            chains[intent].add(words(text))
        return cls(chains)

    def sample(self, counts: Mapping[str, int], rng: np.random.Generator) -> Rows:
        """Draws texts, duplicates and copies of what was learnt included.

        Args:
            counts: Texts to draw of each intent, which must have been fitted.
            rng: Source of the draws.

        Returns:
            Rows in the order of `counts`, origin "control".
        """
        intents = [intent for intent, count in counts.items() for _ in range(count)]
        texts = [self.chains[intent].sample(rng) for intent in intents]
        return Rows.labelled(texts, intents, origin="control")
