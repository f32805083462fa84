"""Slot annotations of foreign rows: read, checked, and moved with the text when it is tidied."""

from __future__ import annotations

import json
import re
from collections.abc import Sequence
from typing import Any

from corpusforge.core.spans import Slot
from corpusforge.core.text import nfc

__all__ = ["CONTROL", "AnnotationError", "read_slots", "tidy"]


CONTROL = re.compile(r"[\x00-\x08\x0b\x0c\x0e-\x1f\x7f]")
"""Control characters save tab and the ends of lines, which are white space in a text."""


class AnnotationError(ValueError):
    """Slots that do not fit their text.

    The message is one of a few fixed phrases: it goes on as the reason of a dropped row into
    cards and reports, so it quotes nothing of a row that may be private.
    """


def read_slots(value: Any) -> tuple[Slot, ...]:
    """Slots of one row, sorted by start.

    Args:
        value: A list of {name, start, end} with optional value, entity, role, group and text;
            or JSON text of it; or a mapping of equally long lists; None or "" = no slots.
            Offsets count code points, half-open.

    Raises:
        AnnotationError: When it is none of these.
    """
    if isinstance(value, str):
        try:
            value = json.loads(value) if value.strip() else []
        except ValueError:
            raise AnnotationError("slots are not valid JSON") from None
    if value is None:
        return ()
    if isinstance(value, dict):
        lengths = {len(column) for column in value.values() if isinstance(column, list)}
        if len(lengths) != 1:
            raise AnnotationError("slots are not a list")
        value = [{k: column[i] for k, column in value.items()} for i in range(lengths.pop())]
    if not isinstance(value, list):
        raise AnnotationError("slots are not a list")
    return tuple(sorted((_slot(item) for item in value), key=lambda slot: (slot.start, slot.end)))


def _slot(item: Any) -> Slot:
    if not isinstance(item, dict):
        raise AnnotationError("a slot is not a mapping with name, start and end")
    for key in ("name", "start", "end"):
        if item.get(key) is None:
            raise AnnotationError(f"a slot has no {key!r}")
    start, end = item["start"], item["end"]
    if not all(isinstance(x, int) and not isinstance(x, bool) for x in (start, end)):
        raise AnnotationError("start and end of a slot are not whole numbers")
    name = str(item["name"])
    if not name or set("{}") & set(name):
        raise AnnotationError("a slot has an empty name, or one with braces")
    value = item.get("value")
    strings = [x for x in item.values() if isinstance(x, str)]
    if any(map(CONTROL.search, strings)) or set(name) & set("\t\n\r"):
        raise AnnotationError("a control character in a slot")
    return Slot(
        name=name,
        entity=str(item.get("entity") or name),
        value="" if value is None else value if isinstance(value, str) else json.dumps(value),
        text=str(item.get("text") or ""),
        start=start,
        end=end,
        role=str(item.get("role") or ""),
        group=str(item.get("group") or ""),
    )


def tidy(text: str, slots: Sequence[Slot]) -> tuple[str, tuple[Slot, ...]]:
    """NFC, no white space at the ends of the text and of the slots; spans move along.

    Raises:
        AnnotationError: When a slot is out of range, empty, overlaps another, does not read the
            text it claims, or cuts a character that NFC composes.
    """
    pieces: list[str] = []
    moved: list[Slot] = []
    position = length = 0
    for slot in slots:
        if not 0 <= slot.start < slot.end <= len(text):
            raise AnnotationError("a slot is outside of the text")
        if slot.start < position:
            raise AnnotationError("slots overlap")
        surface = text[slot.start : slot.end]
        if slot.text and nfc(slot.text) != nfc(surface):
            raise AnnotationError("a slot reads another text than it states")
        bare = nfc(surface.strip())
        if not bare:
            raise AnnotationError("a slot is blank")
        lead = len(surface) - len(surface.lstrip())
        carrier = nfc(text[position : slot.start + lead])
        if not moved:
            carrier = carrier.lstrip()
        pieces += [carrier, bare]
        start = length + len(carrier)
        length = start + len(bare)
        value = slot.value or bare
        moved.append(
            Slot(slot.name, slot.entity, value, bare, start, length, slot.role, slot.group)
        )
        position = slot.start + len(surface.rstrip())
    rest = nfc(text[position:])
    pieces.append(rest.rstrip() if moved else rest.strip())
    whole = "".join(pieces)
    if nfc(whole) != whole:
        raise AnnotationError("a slot cuts a composed character")
    return whole, tuple(moved)
