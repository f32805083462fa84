"""A model of transformers says train phrases in other words; slot values are held fast.

Slots are filled for the model, because it has learnt to paraphrase plain text, and taken out of
its answer: every value has to stand there once, word for word, or the answer is dropped. So
labels stay exact, whatever the model does.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from typing import Any

import numpy as np

from corpusforge.core.errors import InputError
from corpusforge.core.spans import tokens
from corpusforge.core.text import SLOT_PATTERN, nfc
from corpusforge.expand.carriers import CarrierGenerator
from corpusforge.expand.clear_values import ClearValues
from corpusforge.expand.contract import TEMPERATURES, Candidate
from corpusforge.expand.paraphraser import Paraphraser
from corpusforge.expand.slots import Frame

__all__ = ["PLUGIN", "ParaphraseGenerator", "with_symbols"]

# Stand for found values until all are found; no text has them.
_FIRST_MARK = 0xF0000


class ParaphraseGenerator(CarrierGenerator):
    """One paraphrase for each frame asked for."""

    wave = 128

    def prepare(self) -> dict[str, Any]:
        """Loads the model, so that what is wrong with it is said before anything is sampled.

        Raises:
            InputError: When it cannot be loaded.
        """
        config = self.context.config.paraphrase
        if config is None:
            raise InputError("the generator 'paraphrase' needs the section expand.paraphrase")
        self._model = Paraphraser(config, self.context.folder)
        self._clear = ClearValues(self.context.table, self.context.frames)
        note = f"expansion: the terms of the model {config.model} hold for what it wrote"
        return {
            "paraphrase": {"model": config.model, "commit": self._model.commit},
            "notes": [note],
        }

    def expand(self, frames: Sequence[Frame], n: int, rng: np.random.Generator) -> list[Candidate]:
        """See `corpusforge.expand.contract.Generator`; temperatures are dealt in turn."""
        asked: list[tuple[Frame, str, dict[str, str]]] = []
        for index in range(n if frames else 0):
            frame = frames[index % len(frames)]
            text = self.source(frame, rng)
            filled = None if text is None else self.context.table.refill(text, rng)
            if text is None or filled is None:
                continue
            symbols = [found.group() for found in SLOT_PATTERN.finditer(text)]
            values = [slot.text for slot in filled[1]]
            if len({value.casefold() for value in values}) == len(values):
                asked.append((frame, filled[0], dict(zip(values, symbols, strict=True))))
        heats = self.context.config.temperatures or TEMPERATURES
        found: dict[int, Candidate] = {}
        for turn, heat in enumerate(heats):
            places = range(turn, len(asked), len(heats))
            seed = int(rng.integers(2**62))
            texts = self._model.texts([asked[place][1] for place in places], heat, seed)
            for place, answer in zip(places, texts, strict=True):
                frame, _, values_of = asked[place]
                candidate = self._candidate(frame, answer, values_of)
                if candidate is not None:
                    found[place] = candidate
        return [found[place] for place in sorted(found)]

    def _candidate(self, frame: Frame, answer: str, values: dict[str, str]) -> Candidate | None:
        text = None if "{" in answer or "}" in answer else with_symbols(nfc(answer), values)
        found = None if text is None else self.frames.answer(frame, text)
        if found is None or self._clear.first(frame.intent, found.text) is not None:
            return None
        return found


def with_symbols(text: str, values: dict[str, str]) -> str | None:
    """The text with its slot values replaced by symbols.

    Args:
        text: NFC text.
        values: Value -> symbol; each value must stand in the text once, as whole words and in
            any case. Where one value is part of another, the longer one is found first.

    Returns:
        The carrier phrase, or None where a value is missing or comes twice.
    """
    order = sorted(values, key=lambda value: (-len(value), value))
    for number, value in enumerate(order):
        edges = tokens(text)
        starts, ends = {start for start, _ in edges}, {end for _, end in edges}
        found = [
            match.span()
            for match in re.finditer(re.escape(value), text, re.IGNORECASE)
            if match.start() in starts and match.end() in ends
        ]
        if len(found) != 1:
            return None
        ((start, end),) = found
        text = text[:start] + chr(_FIRST_MARK + number) + text[end:]
    for number, value in enumerate(order):
        text = text.replace(chr(_FIRST_MARK + number), values[value])
    return text


PLUGIN = ParaphraseGenerator
