"""One line of an .intent, .entity or .voc file: the sentence templates of Padatious and OVOS."""

from __future__ import annotations

import re
from typing import Protocol

from corpusforge.core.errors import InputError, Position
from corpusforge.grammar.foreign.nodes import NOTHING, Node, Words, choice, join
from corpusforge.grammar.foreign.text import SourceText

__all__ = ["Line", "Meanings"]

# {name}, {{name}}, {type:name}
_SLOT = re.compile(r"\{\{?\s*(?:([^{}|()\[\]:]+?)\s*:)?\s*([^{}|()\[\]:]+?)\s*\}?\}")
_VOCABULARY = re.compile(r"<\s*([\w.-]+)\s*>")
_DIGITS = choice([Words(str(digit)) for digit in range(10)])


class Meanings(Protocol):
    """What the signs of a line stand for."""

    def slot(self, name: str, kind: str | None, at: Position) -> Node:
        """`{name}` or `{kind:name}`."""

    def vocabulary(self, name: str, at: Position) -> Node:
        """`<name>`."""

    def any_word(self, at: Position) -> Node:
        """`:0`, exactly one word."""

    def single(self, words: str, at: Position) -> None:
        """`(words)`, brackets without a choice."""


class Line:
    """A cursor over one line.

    Args:
        text: The line without white space at its ends.
        source: The file.
        number: The line, counted from 0.
        meanings: What the signs stand for.
        slots: Whether it may hold slots.
    """

    def __init__(
        self, text: str, source: SourceText, number: int, meanings: Meanings, *, slots: bool
    ) -> None:
        self._text, self._source, self._number = text, source, number
        self._meanings, self._slots = meanings, slots
        self._shift = source.lines[number].index(text)
        self._at = 0

    def whole(self) -> Node:
        """The whole line.

        Raises:
            InputError: For brackets that do not fit, and for slots where none may be.
        """
        node = self._choices()
        if self._at < len(self._text):
            raise self._wrong(f"'{self._text[self._at]}' closes nothing", self._at)
        return node

    def _place(self, offset: int) -> Position:
        return self._source.place(self._number, self._shift + offset)

    def _wrong(self, message: str, offset: int, hint: str = "") -> InputError:
        return InputError(message, position=self._place(offset), hint=hint)

    def _choices(self) -> Node:
        """Alternatives up to a bracket that closes."""
        items = [self._sequence()]
        while self._at < len(self._text) and self._text[self._at] == "|":
            self._at += 1
            items.append(self._sequence())
        return choice(list(dict.fromkeys(items)))

    def _sequence(self) -> Node:
        parts: list[Node] = []
        while self._at < len(self._text):
            start, char = self._at, self._text[self._at]
            if char in ")]|":
                break
            if char in "([":
                parts.append(self._group(char))
            elif char == "{":
                parts.append(self._slot())
            elif char == "<" and _VOCABULARY.match(self._text, start):
                match = _VOCABULARY.match(self._text, start)
                assert match is not None, "it was just matched"
                parts.append(self._meanings.vocabulary(match[1], self._place(start)))
                self._at = match.end()
            elif char == "#":
                parts.append(_DIGITS)
                self._at += 1
            elif self._text.startswith(":0", start) and self._alone(start):
                parts.append(self._meanings.any_word(self._place(start)))
                self._at += 2
            else:
                parts.append(Words(char))
                self._at += 1
        return join(parts)

    def _alone(self, start: int) -> bool:
        """`:0` and not a part of "10:05"."""
        before, after = self._text[:start][-1:], self._text[start + 2 : start + 3]
        return not before.isalnum() and not after.isalnum()

    def _slot(self) -> Node:
        start = self._at
        match = _SLOT.match(self._text, start)
        if match is None:
            raise self._wrong("'{' is never closed", start, "expected, for example: {city}")
        if not self._slots:
            raise self._wrong("only sentences of an .intent file hold slots", start)
        self._at = match.end()
        return self._meanings.slot(match[2], match[1], self._place(start))

    def _group(self, bracket: str) -> Node:
        opened, close = self._at, ")" if bracket == "(" else "]"
        self._at += 1
        node = self._choices()
        if self._at >= len(self._text):
            raise self._wrong(f"'{bracket}' is never closed", opened, f"expected '{close}'")
        if self._text[self._at] != close:
            raise self._wrong(f"expected '{close}', found '{self._text[self._at]}'", self._at)
        self._at += 1
        inside = self._text[opened : self._at]
        if bracket == "(" and "|" not in inside:
            self._meanings.single(inside, self._place(opened))
        if bracket == "(":
            return node
        return node if node == NOTHING else choice(list(dict.fromkeys((node, NOTHING))))
