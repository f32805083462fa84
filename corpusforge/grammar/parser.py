r"""Parse the sentence syntax of hassil and Home Assistant into an expression tree.

`(a|b)` alternatives, `[optional]`, `<rule>`, `{list}`, `{list:slot}`, `(a;b)` any order, and
`\(` to write a bracket itself. Brackets may stand inside words (`light[s]`) and nest. The rules
follow hassil 3.12; where hassil fails with an assertion or reads something surprising, this
parser says what is wrong and where. Its own addition: `(a::3|b)` takes a three times as often
as b.
"""

from __future__ import annotations

import re
import unicodedata
from dataclasses import dataclass

from corpusforge.grammar.expression import (
    Alternative,
    Expression,
    ListReference,
    Permutation,
    RuleReference,
    Sequence,
    Text,
)

# Deeper nesting is a slip of the keyboard, and would end in Python's own recursion limit.
MAX_DEPTH = 100
MAX_WEIGHT = 1000
SLOT_NAME = re.compile(r"[^\W\d]\w*", re.UNICODE)
INLINE_RANGE = re.compile(r"(-?\d+)\.\.(-?\d+)(?:,(\d+))?")
_CLOSING = {"(": ")", "[": "]", "{": "}", "<": ">"}
_SPECIAL = frozenset("()[]{}<>|;\\")
_WEIGHT = re.compile(r"(?<!\\)::\s*(\d+(?:\.\d+)?)\s*$")
_PLAIN = re.compile(r"[^()\[\]{}<>|;\\]+")
_SYNTAX = re.compile(r"[(){}<>\[\]|\\]")


class TemplateSyntaxError(Exception):
    """A template that cannot be read; `offset` counts characters from the start of the template."""

    def __init__(self, message: str, offset: int, hint: str = "") -> None:
        super().__init__(message)
        self.message = message
        self.offset = offset
        self.hint = hint


def has_syntax(text: str) -> bool:
    """Say whether a list value is written as a template (hassil reads the others literally)."""
    return _SYNTAX.search(text) is not None


def parse(text: str) -> Expression:
    """Parse one template.

    Args:
        text: the template as written in the file.

    Returns:
        The expression tree. Literal text is in NFC.

    Raises:
        TemplateSyntaxError: with the offset of the character to point at.
    """
    if not text.strip():
        raise TemplateSyntaxError("the sentence is empty", 0, "write at least one word")
    reader = _Reader(text)
    return reader.group(None, 0)


def literal(text: str) -> Text:
    """Make literal text (NFC) of a value that holds no syntax."""
    return Text(unicodedata.normalize("NFC", text))


@dataclass
class _Reader:
    """A cursor over one template."""

    text: str
    at: int = 0

    def group(self, opened: int | None, depth: int) -> Expression:
        """Read up to the bracket that closes the one at `opened` (None = the whole template)."""
        if depth > MAX_DEPTH:
            raise TemplateSyntaxError(f"brackets nest deeper than {MAX_DEPTH}", self.at)
        text, start = self.text, self.at
        bracket = None if opened is None else text[opened]
        parts: list[list[Expression]] = [[]]
        weights: list[float | None] = []
        separator, begun = "", start
        while self.at < len(text):
            char = text[self.at]
            if char in "|;":
                if separator and separator != char:
                    raise TemplateSyntaxError(
                        "'|' and ';' stand in one group",
                        self.at,
                        "put the inner choice into its own brackets, as in (a;(b|c))",
                    )
                separator = char
                weights.append(self._weight(parts[-1], begun, separator))
                parts.append([])
                self.at += 1
                begun = self.at
            elif char in ")]}>":
                if bracket is None or char != _CLOSING[bracket]:
                    raise self._wrong_closing(char, opened)
                break
            else:
                parts[-1].append(self._item(char, depth))
        else:
            if opened is not None:
                raise self._unclosed(opened)
        optional = bracket == "["
        weights.append(self._weight(parts[-1], begun, "|" if optional else separator))
        if bracket is not None:
            if self.at == start:
                raise TemplateSyntaxError(
                    f"empty brackets {bracket}{_CLOSING[bracket]}",
                    opened or 0,
                    f"put words between '{bracket}' and '{_CLOSING[bracket]}' or remove them",
                )
            self.at += 1
        return _combine(parts, separator, weights, optional=optional)

    def _weight(self, part: list[Expression], begun: int, separator: str) -> float | None:
        """Take the weight off the end of an alternative; None without one."""
        found = _WEIGHT.search(self.text[begun : self.at])
        last = part[-1] if part else None
        if separator != "|" or found is None or not isinstance(last, Text):
            return None
        weight = float(found[1])
        if not 0 < weight <= MAX_WEIGHT:
            raise TemplateSyntaxError(
                f"the weight {found[1]} of an alternative",
                begun + found.start(1),
                f"expected a number above 0, at most {MAX_WEIGHT}",
            )
        part[-1] = Text(last.text[: last.text.rindex("::")])
        return weight

    def _item(self, char: str, depth: int) -> Expression:
        if char in "([":
            opened = self.at
            self.at += 1
            return self.group(opened, depth + 1)
        if char == "{":
            return self._list_reference()
        if char == "<":
            return self._rule_reference()
        return self._words()

    def _words(self) -> Text:
        pieces: list[str] = []
        while self.at < len(self.text):
            plain = _PLAIN.match(self.text, self.at)
            if plain:
                pieces.append(plain.group())
                self.at = plain.end()
            elif self.text[self.at] == "\\":
                # As in hassil, a backslash at the very end is a backslash.
                pieces.append(self.text[self.at + 1 : self.at + 2] or "\\")
                self.at += 2
            else:
                break
        return literal("".join(pieces))

    def _name(self, what: str) -> tuple[str, int]:
        """Read the inside of `{...}` or `<...>`; returns it stripped and where it starts."""
        opened = self.at
        closing = _CLOSING[self.text[opened]]
        end = self.text.find(closing, opened + 1)
        if end < 0:
            raise self._unclosed(opened)
        inside = self.text[opened + 1 : end]
        for index, char in enumerate(inside):
            if char in _SPECIAL:
                raise TemplateSyntaxError(
                    f"'{char}' inside the name of a {what}",
                    opened + 1 + index,
                    f"is the '{closing}' of '{self.text[opened]}' missing?",
                )
        if not inside.strip():
            raise TemplateSyntaxError(
                f"a {what} without a name", opened, f"expected a name before '{closing}'"
            )
        self.at = end + 1
        return inside.strip(), opened + 1 + len(inside) - len(inside.lstrip())

    def _rule_reference(self) -> RuleReference:
        name, offset = self._name("rule")
        return RuleReference(name, offset)

    def _list_reference(self) -> ListReference:
        inside, offset = self._name("list")
        name, colon, slot = inside.partition(":")
        if not colon:
            if name.startswith("@"):  # {@x}: a capture for the response, no slot
                return ListReference(name[1:], "", offset)
            slot = name
            if INLINE_RANGE.fullmatch(name):
                raise TemplateSyntaxError(
                    f"the range {{{name}}} fills no slot",
                    offset,
                    f"name a slot, as in {{{name}:level}}",
                )
        elif slot.startswith("@"):
            return ListReference(name.strip(), "", offset)
        name, slot = name.strip(), slot.strip()
        if not SLOT_NAME.fullmatch(slot):
            raise TemplateSyntaxError(
                f"'{slot}' cannot be the name of a slot",
                offset + inside.index(slot),
                "expected letters, digits and '_', starting with a letter or '_'",
            )
        return ListReference(name, slot, offset)

    def _unclosed(self, opened: int) -> TemplateSyntaxError:
        char = self.text[opened]
        return TemplateSyntaxError(
            f"'{char}' is never closed",
            opened,
            f"expected '{_CLOSING[char]}' before the end of the sentence",
        )

    def _wrong_closing(self, char: str, opened: int | None) -> TemplateSyntaxError:
        if opened is None:
            return TemplateSyntaxError(
                f"'{char}' closes nothing", self.at, f"to write the character itself: \\{char}"
            )
        wanted = _CLOSING[self.text[opened]]
        return TemplateSyntaxError(
            f"expected '{wanted}' to close '{self.text[opened]}', found '{char}'",
            self.at,
            f"opened at character {opened + 1}",
        )


def _combine(
    parts: list[list[Expression]],
    separator: str,
    weights: list[float | None],
    *,
    optional: bool,
) -> Expression:
    sequences = [_sequence(part) for part in parts]
    if separator == ";":
        space = Text(" ")
        padded = tuple(_sequence([space, item, space]) for item in sequences)
        permuted: Expression = Permutation(padded)
        sequences = [permuted]
    if optional:
        sequences.append(Text(""))
        weights = [*weights[: len(sequences) - 1], None]
    if len(sequences) == 1:
        return sequences[0]
    given = any(weight is not None for weight in weights)
    shares = tuple(1.0 if weight is None else weight for weight in weights) if given else None
    return Alternative(tuple(sequences), shares)


def _sequence(items: list[Expression]) -> Expression:
    if len(items) == 1:
        return items[0]
    return Sequence(tuple(items)) if items else Text("")
