"""Slot spans: edits that never break them, tokens and BIO tags made from them.

Offsets count Unicode code points of the NFC text, half-open. The slots of a text are sorted
and disjoint, each is non-empty and has no white space at its edges (BIO could not tell).
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass, replace
from functools import cache

from corpusforge.core.text import SLOT_PATTERN, nfc

__all__ = [
    "Slot",
    "SpanError",
    "bio",
    "check",
    "edit",
    "fill",
    "replace_slot",
    "spans_from_bio",
    "tokens",
]


class SpanError(ValueError):
    """An edit or a set of spans that would break a slot."""


@dataclass(frozen=True, slots=True)
class Slot:
    """One annotated span.

    Attributes:
        name: Slot name (the role in the intent), e.g. "destination".
        entity: Where its values come from (the list), e.g. "city".
        value: Canonical value as a string, "" when unused.
        text: The surface form, equal to text[start:end] of the utterance.
        start: First code point.
        end: One past the last code point.
        role: Role within the entity, "" when unused.
        group: Group of slots that belong together, "" when unused.
    """

    name: str
    entity: str
    value: str
    text: str
    start: int
    end: int
    role: str = ""
    group: str = ""


def check(text: str, slots: Sequence[Slot]) -> None:
    """Refuse slots that do not fit the text.

    Raises:
        SpanError: Naming the first slot that is out of range, unsorted, overlapping, empty,
            has white space at an edge, or whose text is not text[start:end].
    """
    position = 0
    for slot in slots:
        where = f"slot {slot.name!r} [{slot.start}:{slot.end}] of {text!r}"
        if not 0 <= slot.start < slot.end <= len(text):
            raise SpanError(f"{where}: out of range")
        if slot.start < position:
            raise SpanError(f"{where}: overlaps or is not sorted")
        if text[slot.start : slot.end] != slot.text:
            raise SpanError(f"{where}: reads {text[slot.start : slot.end]!r}, not {slot.text!r}")
        if slot.text != slot.text.strip():
            raise SpanError(f"{where}: white space at an edge")
        position = slot.end


def edit(
    text: str, slots: Sequence[Slot], start: int, end: int, replacement: str
) -> tuple[str, tuple[Slot, ...]]:
    """Replace text[start:end], which lies outside every slot, and move the spans.

    Returns:
        The new text and slots; every slot keeps its own text.

    Raises:
        SpanError: When the edit would touch the inside of a slot, is out of range, or when
            the new text would not be NFC (a combining mark at the seam changes offsets).
    """
    if not 0 <= start <= end <= len(text):
        raise SpanError(f"edit [{start}:{end}] is outside of a text of {len(text)} code points")
    changed = text[:start] + replacement + text[end:]
    if nfc(changed) != changed:
        raise SpanError(
            f"replacing [{start}:{end}] by {replacement!r} leaves a text that is not NFC"
        )
    shift = len(replacement) - (end - start)
    moved: list[Slot] = []
    for slot in slots:
        if slot.end <= start:
            moved.append(slot)
        elif slot.start >= end:
            moved.append(replace(slot, start=slot.start + shift, end=slot.end + shift))
        else:
            raise SpanError(
                f"edit [{start}:{end}] cuts slot {slot.name!r} [{slot.start}:{slot.end}]"
            )
    return changed, tuple(moved)


def replace_slot(
    text: str, slots: Sequence[Slot], index: int, surface: str, value: str
) -> tuple[str, tuple[Slot, ...]]:
    """Give slot number `index` another surface form and value; the other slots move along.

    Raises:
        SpanError: As `edit`; also for an empty surface or one with white space at an edge.
    """
    slot = slots[index]
    if not surface or surface != surface.strip():
        raise SpanError(f"slot {slot.name!r} cannot read {surface!r}")
    others = [*slots[:index], *slots[index + 1 :]]
    changed, moved = edit(text, others, slot.start, slot.end, surface)
    new = replace(slot, text=surface, value=value, end=slot.start + len(surface))
    return changed, (*moved[:index], new, *moved[index:])


def fill(delexicalised: str, fillers: Sequence[Slot]) -> tuple[str, tuple[Slot, ...]]:
    """Put values into a delexicalised text, left to right.

    Args:
        delexicalised: For example "turn on the {name}".
        fillers: One per slot of the text, in its order, with the same names; their start and
            end are ignored.

    Returns:
        NFC text, and slots whose spans are exact by construction.

    Raises:
        SpanError: When names or numbers differ, or a seam is not NFC.
    """
    pieces: list[str] = []
    placed: list[Slot] = []
    position = 0
    length = 0
    matches = list(SLOT_PATTERN.finditer(delexicalised))
    if [match.group(1) for match in matches] != [filler.name for filler in fillers]:
        raise SpanError(f"{delexicalised!r} is not filled by {[f.name for f in fillers]}")
    for match, filler in zip(matches, fillers, strict=True):
        carrier = delexicalised[position : match.start()]
        pieces += [carrier, filler.text]
        start = length + len(carrier)
        length = start + len(filler.text)
        placed.append(replace(filler, start=start, end=length))
        position = match.end()
    pieces.append(delexicalised[position:])
    text = "".join(pieces)
    if nfc(text) != text:
        raise SpanError(f"{text!r} is not NFC after filling")
    check(text, placed)
    return text, tuple(placed)


# Scripts written without spaces: one token per character (DESIGN: Han, Kana, Thai). Ranges
# from Unicode's Scripts.txt: Thai, Hiragana, Katakana, Han with its extensions.
_SINGLE = (
    "\u0e00-\u0e7f\u3040-\u30ff\u31f0-\u31ff\u3400-\u4dbf\u4e00-\u9fff\uf900-\ufaff"
    "\U00020000-\U0003ffff"
)
_WORD = rf"(?:(?![{_SINGLE}])\w)+"


@cache
def _token() -> re.Pattern[str]:
    """Made when it is first asked for: many processes never do, and it takes 5 ms."""
    return re.compile(rf"[{_SINGLE}]|{_WORD}(?:['’]{_WORD})*|[^\w\s]")


def tokens(text: str, slots: Sequence[Slot] = ()) -> list[tuple[int, int]]:
    """Token spans, which cover every character but white space.

    Words (inner apostrophes kept), single characters of Han, Kana and Thai, single
    punctuation marks. A token is cut at a slot border, so that BIO is exact.
    """
    borders = sorted({place for slot in slots for place in (slot.start, slot.end)})
    spans: list[tuple[int, int]] = []
    for match in _token().finditer(text):
        start, end = match.span()
        for border in borders:
            if start < border < end:
                spans.append((start, border))
                start = border
        spans.append((start, end))
    return spans


def bio(text: str, slots: Sequence[Slot]) -> tuple[list[tuple[int, int]], list[str]]:
    """Tokens and their BIO tags ("O", "B-name", "I-name"), of equal length."""
    spans = tokens(text, slots)
    tags: list[str] = []
    for start, _ in spans:
        slot = next((s for s in slots if s.start <= start < s.end), None)
        if slot is None:
            tags.append("O")
        else:
            tags.append(("B-" if start == slot.start else "I-") + slot.name)
    return spans, tags


def spans_from_bio(
    token_spans: Sequence[tuple[int, int]], tags: Sequence[str]
) -> list[tuple[str, int, int]]:
    """The inverse of `bio`: (name, start, end) of every slot.

    Raises:
        ValueError: For an I- tag that continues nothing.
    """
    found: list[tuple[str, int, int]] = []
    open_name = ""
    for (start, end), tag in zip(token_spans, tags, strict=True):
        if tag == "O":
            open_name = ""
            continue
        prefix, _, name = tag.partition("-")
        if prefix == "B":
            found.append((name, start, end))
        elif prefix == "I" and name == open_name:
            found[-1] = (name, found[-1][1], end)
        else:
            raise ValueError(f"tag {tag!r} at [{start}:{end}] continues no slot")
        open_name = name
    return found
