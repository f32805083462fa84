"""How a row becomes a sequence: [intent][frame slots ...][sep] text [end].

The condition has the same length for every row (unused places hold an `<empty>` piece), so a
batch of prompts needs no mask and no left padding.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import torch

from corpusforge.expand.tokenizer import Tokenizer

__all__ = ["Condition", "Layout"]


@dataclass(frozen=True, slots=True, order=True)
class Condition:
    """What a text is generated for.

    Attributes:
        intent: Its label.
        symbols: Slot symbols with braces, sorted, repeated as often as they must appear.
    """

    intent: str
    symbols: tuple[str, ...]


@dataclass(frozen=True)
class Layout:
    """The sizes of all sequences of a model.

    Attributes:
        tokenizer: Its pieces.
        frame_size: Places for slot symbols in the condition.
        text_length: Longest text in pieces, the end piece included.
    """

    tokenizer: Tokenizer
    frame_size: int
    text_length: int

    @property
    def prompt_length(self) -> int:
        """Pieces before the text."""
        return self.frame_size + 2

    def holds(self, condition: Condition) -> bool:
        """Whether the model knows this intent and these slots."""
        known = set(self.tokenizer.symbols)
        return (
            condition.intent in self.tokenizer.intents
            and len(condition.symbols) <= self.frame_size
            and all(symbol in known for symbol in condition.symbols)
        )

    def prompts(self, conditions: Sequence[Condition]) -> torch.Tensor:
        """Conditions as ids, int64 [rows, prompt_length]."""
        tokenizer = self.tokenizer
        intents = {intent: tokenizer.intent_id(intent) for intent in tokenizer.intents}
        rows = []
        for condition in conditions:
            symbols = [tokenizer.symbol_ids(symbol)[0] for symbol in condition.symbols]
            padding = [tokenizer.empty_id] * (self.frame_size - len(symbols))
            rows.append([intents[condition.intent], *symbols, *padding, tokenizer.separator_id])
        return torch.tensor(rows, dtype=torch.int64).reshape(len(rows), self.prompt_length)

    def texts(self, texts: Sequence[str]) -> torch.Tensor:
        """Texts as ids with the end piece, padded on the right, int64 [rows, text_length].

        Longer texts are cut; `fits` tells which.
        """
        out = torch.full((len(texts), self.text_length), self.tokenizer.pad_id, dtype=torch.int64)
        for row, text in enumerate(texts):
            ids = [*self.tokenizer.encode(text), self.tokenizer.end_id][: self.text_length]
            out[row, : len(ids)] = torch.tensor(ids, dtype=torch.int64)
        return out

    def fits(self, text: str) -> bool:
        """Whether the text and its end piece fit."""
        return len(self.tokenizer.encode(text)) < self.text_length
