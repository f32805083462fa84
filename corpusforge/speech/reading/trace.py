"""A text that is rewritten step by step, and where each part of it comes from.

Slots follow into the spoken form through the parts, never by looking for their words.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Iterator, Sequence
from typing import NamedTuple

__all__ = [
    "Part",
    "Piece",
    "Replace",
    "Step",
    "follow",
    "joined",
    "rewritten",
    "spaced",
    "untouched",
]


class Piece(NamedTuple):
    """A part of the spoken text.

    Attributes:
        text: Its words.
        start: First code point of the written text that it stands for.
        end: One past the last; equal to `start` for words that stand for nothing written.
        kept: It is the written text itself, so it may be cut anywhere.
    """

    text: str
    start: int
    end: int
    kept: bool = False


class Part(NamedTuple):
    """Words for a range of the string that a step has matched in, in spoken order."""

    text: str
    start: int
    end: int


Replace = Callable[[re.Match[str]], str | Sequence[Part]]
"""Match -> words for all of it, or parts of it with the words for each; what no part covers is
not said. A match that is left as it is has its own text for words."""

Step = tuple[re.Pattern[str], Replace]


def untouched(text: str) -> Sequence[Piece]:
    """A text before the first step."""
    return (Piece(text, 0, len(text), kept=True),)


def joined(parts: Iterable[Part | None]) -> list[Part]:
    """Parts with spaces between them, but after "d’"; those without words are left out."""
    found: list[Part] = []
    for part in parts:
        if part is not None and part.text:
            if found and found[-1].text[-1] not in "’'":
                found.append(Part(" ", part.start, part.start))
            found.append(part)
    return found


def spaced(replace: Replace) -> Replace:
    """Words do not grow together with letters around the number: "mp3" -> "mp three"."""

    def step(match: re.Match[str]) -> str | Sequence[Part]:
        words = replace(match)
        if words == match[0]:
            return words
        start, end = match.span()
        parts = [Part(words, start, end)] if isinstance(words, str) else [*words]
        if match.string[start - 1 : start].isalnum():
            parts.insert(0, Part(" ", start, start))
        if match.string[end : end + 1].isalnum():
            parts.append(Part(" ", end, end))
        return parts

    return step


def rewritten(pieces: Sequence[Piece], step: Step) -> Sequence[Piece]:
    """The pieces after one step; those without words, which no longer stand anywhere, are last."""
    pattern, replace = step
    text = "".join(piece.text for piece in pieces)
    made: list[Piece] = []
    unsaid = [piece for piece in pieces if not piece.text]
    position = 0
    for match in pattern.finditer(text):
        words = replace(match)
        if words == match[0]:
            continue
        start, end = match.span()
        made += _between(pieces, position, start)
        parts = [Part(words, start, end)] if isinstance(words, str) else words
        for part in parts:
            if part.start < part.end and part.text == text[part.start : part.end]:
                made += _between(pieces, part.start, part.end)
            else:
                made.append(Piece(part.text, *_source(pieces, part.start, part.end)))
        unsaid += [Piece("", *_source(pieces, *gap)) for gap in _gaps(parts, start, end)]
        position = end
    if not position:
        return pieces
    return [*made, *_between(pieces, position, len(text)), *unsaid]


def _gaps(parts: Sequence[Part], start: int, end: int) -> Iterator[tuple[int, int]]:
    """What no part covers."""
    for part in sorted(parts, key=lambda part: part.start):
        if start < part.start:
            yield start, part.start
        start = max(start, part.end)
    if start < end:
        yield start, end


def _between(pieces: Sequence[Piece], start: int, end: int) -> Iterator[Piece]:
    """What stands in a range of the current text. Words that are cut stand for all they stood."""
    place = 0
    for piece in pieces:
        first, last = max(start - place, 0), min(end - place, len(piece.text))
        if first < last:
            text = piece.text[first:last]
            if piece.kept:
                yield Piece(text, piece.start + first, piece.start + last, kept=True)
            else:
                yield Piece(text, piece.start, piece.end)
        place += len(piece.text)


def _source(pieces: Sequence[Piece], start: int, end: int) -> tuple[int, int]:
    """The range of the written text that a range of the current text stands for."""
    if start < end:
        found = list(_between(pieces, start, end))
        return min(p.start for p in found), max(p.end for p in found)
    place = 0
    for piece in pieces:
        if place + len(piece.text) > start:
            at = piece.start + (start - place if piece.kept else 0)
            return at, at
        place += len(piece.text)
    at = pieces[-1].end if pieces else 0
    return at, at


def follow(pieces: Sequence[Piece], start: int, end: int) -> tuple[int, int] | None:
    """The span of the spoken text that a span of the written text became.

    Args:
        pieces: Of the spoken text.
        start: First code point of the written text.
        end: One past the last.

    Returns:
        First code point and one past the last, without white space at the edges; None when the
        span ends inside of words for more than it, is not said, or is said in two places.
    """
    inside: list[tuple[int, int]] = []
    outside: list[tuple[int, int]] = []
    place = 0
    for piece in pieces:
        first, last = max(start, piece.start), min(end, piece.end)
        here = place, place + len(piece.text)
        place = here[1]
        if piece.kept:
            if first < last:
                inside.append((here[0] + first - piece.start, here[0] + last - piece.start))
            rest = [(here[0], here[0] + first - piece.start)] if first > piece.start else []
            rest += [(here[0] + last - piece.start, here[1])] if last < piece.end else []
            outside += rest if first < last else [here]
        elif piece.start == piece.end or (piece.text and piece.text.isspace()):
            continue  # stands for nothing, or only separates
        elif first >= last:
            outside.append(here)
        elif (first, last) != (piece.start, piece.end):
            return None
        elif piece.text:
            inside.append(here)
    return _trimmed("".join(piece.text for piece in pieces), inside, outside)


def _trimmed(
    text: str, inside: Sequence[tuple[int, int]], outside: Sequence[tuple[int, int]]
) -> tuple[int, int] | None:
    if not inside:
        return None
    start, end = min(inside)[0], max(inside)[1]
    if any(first < end and start < last and text[first:last].strip() for first, last in outside):
        return None
    said = text[start:end]
    start += len(said) - len(said.lstrip())
    end -= len(said) - len(said.rstrip())
    return (start, end) if start < end else None
