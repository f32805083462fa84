"""Trigram model per intent, slots as words: the cheapest generator, and a yardstick."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np

from corpusforge.expand.carriers import CarrierGenerator
from corpusforge.expand.contract import Candidate
from corpusforge.expand.forger import chains_of
from corpusforge.expand.slots import Frame

__all__ = ["PLUGIN", "TrigramGenerator"]


class TrigramGenerator(CarrierGenerator):
    """Samples of the model of `assess`' control, on carrier phrases.

    A sample with other slots than the frame asked for answers another frame of the intent, if
    there is one with its slots.
    """

    def prepare(self) -> dict[str, Any]:
        """Counts what follows what."""
        self._chains = chains_of(self.learnt)
        return {}

    def expand(self, frames: Sequence[Frame], n: int, rng: np.random.Generator) -> list[Candidate]:
        """See `corpusforge.expand.contract.Generator`."""
        found = []
        for index in range(n if frames else 0):
            frame = frames[index % len(frames)]
            if frame.intent not in self._chains:
                continue
            text = self._chains[frame.intent].sample(rng)
            own = self.frames.answer(frame, text)
            found.append(own or self.frames.offer(frame.intent, text))
        return [candidate for candidate in found if candidate is not None]


PLUGIN = TrigramGenerator
