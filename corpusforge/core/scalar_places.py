"""Where each character of a YAML scalar stands in its file.

A scalar is read once more beside its value, by the rules of PyYAML's scanner: lines that are
folded, indentation that is cut off, escapes, doubled quotes. What was read must be the value;
where it is not, the answer is None and nothing is guessed.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from itertools import islice

import yaml

__all__ = ["scalar_places"]

_BLANK = " \t"
_WIDTHS = {"x": 4, "u": 6, "U": 10}
# What the escapes say that have no number.
_ESCAPES = {
    "0": "\0",
    "a": "\a",
    "b": "\b",
    "t": "\t",
    "\t": "\t",
    "n": "\n",
    "v": "\v",
    "f": "\f",
    "r": "\r",
    "e": "\x1b",
    "N": "\x85",
    "_": "\xa0",
    "L": "\u2028",
    "P": "\u2029",
}

Place = tuple[int, int]
"""Line and column, counted from 0."""

_Read = tuple[str, Place]
"""A character of the value, and where it stands."""


def scalar_places(node: yaml.ScalarNode, lines: Sequence[str]) -> list[Place] | None:
    """The places of the characters of a scalar, and behind them the end of the last one.

    A line break or space that stands for the end of a line is placed there.

    Args:
        node: As composed from the file.
        lines: Of the file, without their ends.
    """
    value = str(node.value)
    line, column = node.start_mark.line, node.start_mark.column
    if not value and not node.style:  # nothing is written
        return [(line, column)]
    line, column = _past_properties(lines, (line, column))
    for read in _readings(node.style, lines, line, column, len(value)):
        found = list(islice(read, len(value)))
        if "".join(char for char, _ in found) == value:
            places = [place for _, place in found]
            last = places[-1] if places else (line, column)
            return [*places, (last[0], last[1] + bool(places))]
    return None


def _readings(
    style: str | None, lines: Sequence[str], line: int, column: int, size: int
) -> Iterator[Iterable[_Read]]:
    """Ways to read a scalar: of a block the indentation is tried, it depends on what is above."""
    if style in ("|", ">"):
        body = _body(lines, line + 1, size)
        first = next((_indent(text) for text in body if text.strip(" ")), 0)
        most = max(map(_indent, body), default=0)
        for indent in dict.fromkeys((first, *range(most + 1))):
            yield _block(body, line + 1, indent, folded=style == ">")
    else:
        yield _flow(lines, line, column + (style in ("'", '"')), style or "")


def _indent(text: str) -> int:
    return len(text) - len(text.lstrip(" "))


def _past_properties(lines: Sequence[str], place: Place) -> Place:
    """Behind anchors and tags, where the scalar itself begins."""
    line, column = place
    moved = False
    while line < len(lines):
        text = lines[line]
        if column < len(text) and text[column] in "&!":
            while column < len(text) and text[column] not in _BLANK:
                column += 1
            moved = True
        elif moved and column < len(text) and text[column] in _BLANK:
            column += 1
        elif moved and (column >= len(text) or text[column] == "#"):
            line, column = line + 1, 0
        else:
            break
    return line, column


def _body(lines: Sequence[str], first: int, size: int) -> list[str]:
    """Lines that a block can have: each but the last gives at least one character."""
    return list(lines[first : first + size + 1])


def _block(body: Sequence[str], first: int, indent: int, *, folded: bool) -> Iterator[_Read]:
    """All lines with this indentation; line ends behind the last one are told too."""
    last = ""  # the line before, without its indentation
    breaks: list[_Read] = []  # since the end of that line
    begun = False
    for number, text in enumerate(body, first):
        line = text[indent:]
        if not text[:indent].strip(" ") and not line:
            breaks.append(("\n", (number, len(text))))
            continue
        if text[:indent].strip(" "):
            break
        if begun:
            kept, breaks = breaks[:1], breaks[1:]
            if not folded or last[:1] in _BLANK or line[0] in _BLANK:
                yield from kept
            elif not breaks:
                yield " ", kept[0][1]
        yield from breaks
        yield from ((char, (number, indent + at)) for at, char in enumerate(line))
        begun, last = True, line
        breaks = [("\n", (number, len(text)))]
    yield from breaks


def _flow(lines: Sequence[str], line: int, column: int, style: str) -> Iterator[_Read]:
    """A plain or quoted scalar, and what follows it on its last line."""
    text = lines[line] if line < len(lines) else ""
    while True:
        spaces: list[_Read] = []
        joined = False  # the end of the line is escaped
        while column < len(text):
            char, width = _character(text, column, style)
            joined = width == 0
            if joined:
                break
            read = (char, (line, column))
            if width == 1 and char in _BLANK:
                spaces.append(read)
            else:
                yield from (*spaces, read)
                spaces = []
            column += width
        if joined:
            yield from spaces
        end = (line, len(text) if joined else len(text.rstrip(_BLANK)))
        breaks: list[_Read] = []
        line += 1
        while line < len(lines) and not lines[line].strip(_BLANK):
            breaks.append(("\n", (line, len(lines[line]))))
            line += 1
        if line >= len(lines):
            return
        if not joined and not breaks:
            yield " ", end
        yield from breaks
        text = lines[line]
        column = len(text) - len(text.lstrip(_BLANK))


def _character(text: str, column: int, style: str) -> tuple[str, int]:
    """A character as it is meant, and how many it takes; 0 for an escaped end of line."""
    char = text[column]
    if style == "'" and text[column : column + 2] == "''":
        return "'", 2
    if style != '"' or char != "\\":
        return char, 1
    code = text[column + 1 : column + 2]
    if not code:
        return "", 0
    width = _WIDTHS.get(code, 2)
    if width > 2:
        try:
            return chr(int(text[column + 2 : column + width], 16)), width
        except ValueError:
            return code, width  # behind the end of the scalar
    return _ESCAPES.get(code, code), 2
