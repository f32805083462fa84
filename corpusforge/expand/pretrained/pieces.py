"""Lists of utterances as pieces of a pretrained tokenizer.

    report fraud
    - somebody used my card in spain
    - {amount} {merchant}: i did not pay {amount} to {merchant}
    -

The first line says the intent. A line says its slots before its text, so that the model knows
what it must say. Slots are pieces of their own that the tokenizer gets in addition, with the
mean of the embeddings of their name in brackets.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from typing import Any

import torch

from corpusforge.core.errors import InputError

__all__ = ["UNNAMED", "Pieces", "spoken_name"]

UNNAMED = "request"
"""Stands for an intent whose name must not be told."""

# The likeliest pieces: byte pair encodings number their pieces by the order of merging, which is
# by frequency.
_FREQUENT = 12_000
# Control characters, marks of chat templates, braces of slots, and halves of characters.
_FOREIGN = re.compile("[\x00-\x1f\x7f-\x9f<>|\ufffd{}]")
_BREAK = re.compile(r"[_\W]+|(?<=[a-z])(?=[A-Z])")


def spoken_name(label: str) -> str:
    """A label in words: "bill_due" -> "bill due", "PlayMusic" -> "play music".

    A label that says nothing ("intent_17", "3") gives `UNNAMED`.
    """
    words = [part.lower() for part in _BREAK.split(label) if part]
    telling = [w for w in words if not w.isdecimal() and w not in ("intent", "label", "class")]
    return " ".join(words) if telling else UNNAMED


class Pieces:
    """A tokenizer with slot symbols, and what may be written with it.

    Args:
        tokenizer: Of transformers; it gets the symbols as pieces.
        symbols: Slot symbols with braces.
        texts: Texts whose pieces may be written, beside the frequent ones.

    Raises:
        InputError: When the tokenizer cannot end a line.
    """

    def __init__(self, tokenizer: Any, symbols: Sequence[str], texts: Iterable[str]) -> None:
        from tokenizers import AddedToken

        self.tokenizer = tokenizer
        self.symbols = tuple(symbols)
        self.plain_size = len(tokenizer)
        added = [form for symbol in symbols for form in (" " + symbol, symbol)]
        tokenizer.add_tokens([AddedToken(form, normalized=False) for form in added])
        self._known: dict[str, list[int]] = {}
        self._start = self._encode("-")
        # Behind a letter: some tokenizers join a line break to a sign before it.
        self.end_id = self._encode("a\n")[-1]
        if "\n" not in tokenizer.decode([self.end_id]):
            raise InputError(
                "the base model's tokenizer has no piece for a line break",
                hint="use another model: SmolLM2, Qwen2.5, Llama 3.2, ...",
            )
        self.symbol_ids = torch.tensor(
            [[tokenizer.convert_tokens_to_ids(s) for s in (" " + x, x)] for x in symbols],
            dtype=torch.int64,
        ).reshape(-1, 2)
        self.kept = self._kept(texts)
        place = torch.full((len(tokenizer),), -1, dtype=torch.int64)
        place[self.kept] = torch.arange(len(self.kept))
        self.place = place

    def _encode(self, text: str) -> list[int]:
        found = self._known.get(text)
        if found is None:
            found = list(self.tokenizer.encode(text, add_special_tokens=False))
            self._known[text] = found
        return found

    def _kept(self, texts: Iterable[str]) -> torch.Tensor:
        ids = set(range(min(_FREQUENT, self.plain_size)))
        for text in texts:
            ids.update(self.said(text))
        ids -= set(self.tokenizer.all_special_ids)
        plain = [i for i in ids if i < self.plain_size]
        written = self.tokenizer.batch_decode([[i] for i in plain])
        kept = {i for i, text in zip(plain, written, strict=True) if not _FOREIGN.search(text)}
        # A glued symbol is only written where the texts have one.
        kept |= {self.end_id, *self.symbol_ids[:, 0].tolist()}
        kept |= ids & set(self.symbol_ids[:, 1].tolist())
        return torch.tensor(sorted(kept), dtype=torch.int64)

    def header(self, name: str) -> list[int]:
        """Ids of the first line of a list."""
        return self._encode(name + "\n")

    def opening(self, symbols: Sequence[str]) -> list[int]:
        """Ids of a line as far as its text: a dash, and the slots that the text must hold."""
        if not symbols:
            return self._start
        return self._encode("- " + " ".join(symbols) + ":")

    def said(self, text: str) -> list[int]:
        """Ids of a text behind an opening, without the end."""
        found = self._encode("- " + text)
        # A tokenizer may join the dash to what follows; then the text is cut alone.
        start = len(self._start)
        return found[start:] if found[:start] == self._start else self._encode(" " + text)

    def line(self, text: str, symbols: Sequence[str]) -> tuple[list[int], int]:
        """Ids of a whole line and how many of them are its opening."""
        opening = self.opening(symbols)
        return [*opening, *self.said(text), self.end_id], len(opening)

    def read(self, ids: Sequence[int]) -> str:
        """The text of written ids."""
        text = self.tokenizer.decode(list(ids), clean_up_tokenization_spaces=False)
        return " ".join(str(text).split())

    def extend(self, model: Any) -> None:
        """Gives the model embeddings for the symbols: the mean of their names in brackets."""
        if not self.symbols:
            return
        model.resize_token_embeddings(len(self.tokenizer), mean_resizing=False)
        with torch.no_grad():
            tables = [model.get_input_embeddings().weight]
            if model.get_output_embeddings().weight is not tables[0]:
                tables.append(model.get_output_embeddings().weight)
            for symbol, ids in zip(self.symbols, self.symbol_ids.tolist(), strict=True):
                # In brackets: the same vector as the plain word's could not be told from it.
                words = self._encode(f" [{spoken_name(symbol.strip('{}'))}]")
                for table in tables:
                    table[ids] = table[words].mean(0, keepdim=True).expand(2, -1)
