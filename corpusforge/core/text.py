"""Folding and delexicalising: when two texts count as the same."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Sequence
from typing import Protocol

__all__ = [
    "SLOT_PATTERN",
    "SpanLike",
    "delexicalise",
    "fold",
    "fold_delexicalised",
    "fold_piece",
    "fold_with_places",
    "nfc",
]

SLOT_PATTERN = re.compile(r"\{([^{}]+)\}")
"""A slot in a delexicalised text: its name in braces."""

_NON_WORD = re.compile(r"[\W_]+")
_EDGES = re.compile(r"^\s|\s$")


class SpanLike(Protocol):
    """Anything with a name and a half-open range of code points."""

    @property
    def name(self) -> str:
        """Slot name."""

    @property
    def start(self) -> int:
        """First code point."""

    @property
    def end(self) -> int:
        """One past the last code point."""


def nfc(text: str) -> str:
    """The text in Unicode normal form C, the form that all offsets count in."""
    return unicodedata.normalize("NFC", text)


def fold_piece(text: str) -> str:
    """Folded, with the separators at the edges kept as one space."""
    if text.isascii():  # already normal, and quick
        return _NON_WORD.sub(" ", text.lower())
    # Casefolding can leave the normal form (e.g. U+0345), so normalise on both sides of it
    # (Unicode 16, section 3.13.5, definition D146 NFKC_Casefold).
    folded = unicodedata.normalize("NFKC", unicodedata.normalize("NFKC", text).casefold())
    return _NON_WORD.sub(" ", folded)


def fold(text: str) -> str:
    """The one folding of corpusforge: texts that fold alike are duplicates.

    NFKC, casefold, every run of non-word characters (and underscores) to one space, strip.
    """
    return fold_piece(text).strip()


def fold_with_places(text: str) -> tuple[str, list[tuple[int, int]]]:
    """The folded text, and where each of its characters comes from.

    Args:
        text: NFC text.

    Returns:
        `fold(text)`, and for each of its characters a half-open range of `text`. Where characters
        far apart melt when folded, both are empty: no place would be exact.
    """
    folded: list[str] = []
    places: list[tuple[int, int]] = []
    start = 0
    while start < len(text):
        end = start + 1
        while end < len(text) and _may_melt(text[end]):
            end += 1
        for char in fold_piece(text[start:end]):
            if char != " " or (folded and folded[-1] != " "):
                folded.append(char)
                places.append((start, end))
        start = end
    if folded and folded[-1] == " ":
        folded.pop()
        places.pop()
    made = "".join(folded)
    return (made, places) if made == fold(text) else ("", [])


def _may_melt(char: str) -> bool:
    """Say whether a character can melt with the one before it: marks, and jamo of Hangul."""
    return char >= "\u0300" and (
        unicodedata.category(char)[0] == "M"
        or "\u1160" <= char <= "\u11ff"
        or "\uff9e" <= char <= "\uff9f"  # halfwidth voiced sound marks
        or "\uffa0" <= char <= "\uffdc"  # halfwidth jamo
    )


def delexicalise(text: str, slots: Sequence[SpanLike]) -> str:
    """The carrier phrase: every slot replaced by its name in braces.

    Args:
        text: NFC text.
        slots: Sorted, disjoint spans in code points of `text`.

    Returns:
        For example "turn on the {name}". Literal braces of the carrier become spaces, so
        that a brace always means a slot.
    """
    pieces: list[str] = []
    position = 0
    for slot in slots:
        pieces.append(text[position : slot.start].replace("{", " ").replace("}", " "))
        pieces.append("{" + slot.name + "}")
        position = slot.end
    pieces.append(text[position:].replace("{", " ").replace("}", " "))
    return "".join(pieces)


def fold_delexicalised(text: str) -> str:
    """`fold` for a delexicalised text: slots stay atomic, the carrier is folded.

    "Turn on the {name}!" gives "turn on the {name}"; "the {name}'s" gives "the {name} s".
    """
    pieces: list[str] = []
    position = 0
    for match in SLOT_PATTERN.finditer(text):
        pieces.append(fold_piece(text[position : match.start()]))
        pieces.append(match.group(0))
        position = match.end()
    pieces.append(fold_piece(text[position:]))
    return _EDGES.sub("", "".join(pieces))
