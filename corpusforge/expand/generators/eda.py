"""Easy data augmentation: one random edit of a train row's carrier phrase, slots kept."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Sequence
from typing import Any

import numpy as np

from corpusforge.core.edits import edited
from corpusforge.core.text import SLOT_PATTERN
from corpusforge.core.trigram import joined, words
from corpusforge.expand.carriers import CarrierGenerator
from corpusforge.expand.contract import Candidate
from corpusforge.expand.slots import Frame

__all__ = ["PLUGIN", "EdaGenerator"]


class EdaGenerator(CarrierGenerator):
    """Edits as those of `assess`' control (`corpusforge.core.edits`); slots only move.

    A frame that was held out is not edited; a learnt one with the same slots stands for it.
    Most edits are one word away from a train row and fall to the novelty test: longer
    sentences, of which more than one word is edited, give the most.
    """

    def prepare(self) -> dict[str, Any]:
        """Collects the words of each intent."""
        vocabulary: defaultdict[str, set[str]] = defaultdict(set)
        for frame in self.learnt:
            vocabulary[frame.intent].update(words(frame.text, slots=True))
        self._vocabulary = {
            intent: sorted(word for word in found if not SLOT_PATTERN.fullmatch(word.strip()))
            for intent, found in vocabulary.items()
        }
        return {}

    def expand(self, frames: Sequence[Frame], n: int, rng: np.random.Generator) -> list[Candidate]:
        """See `corpusforge.expand.contract.Generator`."""
        found = []
        for index in range(n if frames else 0):
            frame = frames[index % len(frames)]
            text = self.source(frame, rng)
            vocabulary = self._vocabulary.get(frame.intent)
            if text is None or not vocabulary:
                continue
            pieces = edited(words(text, slots=True), vocabulary, rng, slots=True)
            found.append(self.frames.answer(frame, joined(pieces)))
        return [candidate for candidate in found if candidate is not None]


PLUGIN = EdaGenerator
