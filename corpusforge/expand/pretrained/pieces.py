"""Lists of utterances as pieces of a pretrained tokenizer.

    report fraud
    - somebody used my card in spain
    - [amount], [merchant]: i did not pay [amount] to [merchant]
    -

The first line says the intent. A line says its slots before its text, so that the model knows
what it must say. A slot is its name in brackets: of a model that has read much, such a place can
be copied from other lines, which pieces of the slots' own cannot. Given those instead, with the
mean embedding of their names, SmolLM2 hardly ever wrote one, and with longer vectors wrote them
all at once and then babble (eval/LOG.md).
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterable, Sequence
from typing import Any

import torch

from corpusforge.core.errors import InputError
from corpusforge.core.text import SLOT_PATTERN

__all__ = ["UNNAMED", "Pieces", "spoken_name"]

UNNAMED = "request"
"""Stands for an intent whose name must not be told."""

# The likeliest pieces: byte pair encodings number their pieces by the order of merging, which is
# by frequency.
_FREQUENT = 12_000
# Control characters, marks of chat templates, braces and brackets, halves of characters.
_FOREIGN = re.compile("[\x00-\x1f\x7f-\x9f<>|\ufffd{}\\[\\]]")
_BRACKETS = re.compile(r"\[[^\[\]]*\]")
_BREAK = re.compile(r"\s+|(?<=[a-z])(?=[A-Z])")
# Of a label that numbers intents: "intent_17", "Label3", "class A", "c12".
_NUMBERED = re.compile(r"(?:intent|label|class|cls|c|i)?\d*|[a-z]")


def spoken_name(label: str) -> str:
    """A label in words: "bill_due" -> "bill due", "PlayMusic" -> "play music".

    A label that says nothing ("intent_17", "c12", "3") gives `UNNAMED`.
    """
    # Letters, numbers, and the marks that go with letters (vowel signs of Indic scripts).
    plain = "".join(char if unicodedata.category(char)[0] in "LNM" else " " for char in label)
    words = [part.lower() for part in _BREAK.split(plain) if part]
    return " ".join(words) if any(not _NUMBERED.fullmatch(word) for word in words) else UNNAMED


class Pieces:
    """A tokenizer, the spellings of slots, and what may be written.

    Args:
        tokenizer: Of transformers.
        symbols: Slot symbols with braces.
        texts: Texts whose pieces may be written, beside the frequent ones.

    Raises:
        InputError: When the tokenizer cannot end a line, or does not give a slot's name back.
    """

    def __init__(self, tokenizer: Any, symbols: Sequence[str], texts: Iterable[str]) -> None:
        self.tokenizer = tokenizer
        self.symbols = tuple(symbols)
        self._names = _names(self.symbols)
        self._symbol_of = {name: symbol for symbol, name in self._names.items()}
        self._known: dict[str, list[int]] = {}
        self._start = self._encode("-")
        # Behind a letter: some tokenizers join a line break to a sign before it.
        self.end_id = self._encode("a\n")[-1]
        if "\n" not in tokenizer.decode([self.end_id]):
            raise InputError(
                "the base model's tokenizer has no piece for a line break",
                hint="use another model: SmolLM2, Qwen2.5, Llama 3.2, ...",
            )
        texts = list(texts)
        self.spellings = self._spellings(texts)
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

    def _behind(self, text: str) -> list[int]:
        """Ids of a text that does not begin a line."""
        found = self._encode("-" + text)
        # A tokenizer may join the dash to what follows; then the text is cut alone.
        start = len(self._start)
        return found[start:] if found[:start] == self._start else self._encode(text)

    def _ids(self, text: str) -> list[int]:
        """Ids of a text with symbols: a slot always has the same pieces, whatever is beside it."""
        ids: list[int] = []
        start = 0
        for match in SLOT_PATTERN.finditer(text):
            name = self._names.get(match.group())
            if name is None:
                continue
            before = text[start : match.start()]
            loose = before.endswith(" ")
            ids += self._behind(before[:-1] if loose else before) if before else []
            ids += self._behind(" " + name if loose else name)
            start = match.end()
        return ids + (self._behind(text[start:]) if start < len(text) else [])

    def _spellings(self, texts: Iterable[str]) -> list[tuple[str, tuple[int, ...]]]:
        """Symbols with their pieces; glued to the word before only where a text has it so."""
        matches = [m for text in texts for m in SLOT_PATTERN.finditer(text)]
        glued = {m.group() for m in matches if m.start() and m.string[m.start() - 1] != " "}
        forms = [(symbol, " " + name) for symbol, name in self._names.items()]
        forms += [(symbol, name) for symbol, name in self._names.items() if symbol in glued]
        return [(symbol, self._spelled(symbol, form)) for symbol, form in forms]

    def _spelled(self, symbol: str, form: str) -> tuple[int, ...]:
        ids = self._behind(form)
        # A space that is a piece of its own may stand before anything.
        while len(ids) > 1 and not self.tokenizer.decode(ids[:1]).strip():
            ids = ids[1:]
        if self.read(ids) != symbol:
            raise InputError(
                f"the base model's tokenizer gives the slot name {form.strip()} back as "
                f"{self.tokenizer.decode(ids)!r}",
                hint="rename the slot in plain letters, or use another model: SmolLM2, ...",
            )
        return tuple(ids)

    def _kept(self, texts: Iterable[str]) -> torch.Tensor:
        size = len(self.tokenizer)
        ids = set(range(min(_FREQUENT, size)))
        for text in texts:
            ids.update(self.said(text))
        ids -= set(self.tokenizer.all_special_ids)
        listed = sorted(ids)
        written = self.tokenizer.batch_decode([[i] for i in listed])
        kept = {i for i, text in zip(listed, written, strict=True) if not _FOREIGN.search(text)}
        kept |= {self.end_id, *(i for _, spelled in self.spellings for i in spelled)}
        return torch.tensor(sorted(kept), dtype=torch.int64)

    def slots_alone(self) -> list[int]:
        """Kept ids that only names of slots may have: brackets, halves of characters."""
        spelled = sorted({i for _, ids in self.spellings for i in ids})
        written = self.tokenizer.batch_decode([[i] for i in spelled])
        return [i for i, text in zip(spelled, written, strict=True) if _FOREIGN.search(text)]

    def header(self, name: str) -> list[int]:
        """Ids of the first line of a list."""
        return self._encode(name + "\n")

    def opening(self, symbols: Sequence[str]) -> list[int]:
        """Ids of a line as far as its text: a dash, and the slots that the text must hold."""
        if not symbols:
            return self._start
        return [*self._start, *self._ids(" " + ", ".join(symbols) + ":")]

    def said(self, text: str) -> list[int]:
        """Ids of a text behind an opening, without the end."""
        return self._ids(" " + text)

    def line(self, text: str, symbols: Sequence[str]) -> tuple[list[int], int]:
        """Ids of a whole line and how many of them are its opening."""
        opening = self.opening(symbols)
        return [*opening, *self.said(text), self.end_id], len(opening)

    def read(self, ids: Sequence[int]) -> str:
        """The text of written ids, with symbols."""
        text = str(self.tokenizer.decode(list(ids), clean_up_tokenization_spaces=False))
        found = _BRACKETS.sub(lambda m: self._symbol_of.get(m.group(), m.group()), text)
        return " ".join(found.split())


def _names(symbols: Sequence[str]) -> dict[str, str]:
    """Symbol -> its name in brackets; of equal names, the later ones are numbered."""
    found: dict[str, str] = {}
    taken: set[str] = set()
    for symbol in symbols:
        name = words = spoken_name(symbol.strip("{}"))
        number = 1
        while name in taken:
            number += 1
            name = f"{words} {number}"
        taken.add(name)
        found[symbol] = f"[{name}]"
    return found
