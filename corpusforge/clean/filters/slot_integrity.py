"""Drops rows whose slots do not fit the text, and texts with leftovers of templates."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

import numpy as np
import pyarrow as pa

from corpusforge.clean.verdicts import Verdicts
from corpusforge.core.spans import Slot, SpanError, bio, check, spans_from_bio
from corpusforge.core.text import fold

__all__ = ["PLUGIN", "SlotIntegrity"]

# "{name}", "<rule>", "<unk>" and sentencepiece's mark for an unknown piece.
_LEFTOVER = re.compile(r"\{[^{}]*\}|<\w+>|\u2047")


@dataclass(frozen=True)
class SlotIntegrity:
    """Spans in range, sorted, disjoint, read their text, have a name and survive BIO.

    Synthetic rows must also have a value in every slot, and no leftovers of templates in the
    text; real texts may hold braces and unnormalised slots.
    """

    name: str = "slot_integrity"
    threshold_meaning: str = "none: a row is sound or not"
    source: str = "the data contract of core.schema.UTTERANCES"
    example: Mapping[str, float] = field(default_factory=dict)

    def judge(self, table: pa.Table, config: Mapping[str, float]) -> Verdicts:
        """See `Filter.judge`."""
        rows = table.num_rows
        columns = (table[name].to_pylist() for name in ("text", "slots", "origin"))
        reasons = [
            _fault(text, slots, origin) for text, slots, origin in zip(*columns, strict=True)
        ]
        keep = np.array([not reason for reason in reasons], dtype=bool)
        return Verdicts(keep, reasons, [None] * rows, [None] * rows)


def _fault(text: str, slots: list[dict[str, Any]] | None, origin: str) -> str:
    """What is wrong with a row, "" when nothing is."""
    if not fold(text):
        return "no word in the text"
    if not unicodedata.is_normalized("NFC", text):
        return "text is not NFC"
    if origin != "real" and _LEFTOVER.search(text):
        return "leftover of a template in the text"
    if not slots:
        return ""
    listed = [Slot(**slot) for slot in slots]
    try:
        check(text, listed)
    except SpanError:
        return "slot span does not fit the text"
    if any(not slot.name for slot in listed):
        return "slot without a name"
    if origin != "real" and any(not slot.value for slot in listed):
        return "slot without a value"
    spans, tags = bio(text, listed)
    if spans_from_bio(spans, tags) != [(slot.name, slot.start, slot.end) for slot in listed]:
        return "BIO tags do not rebuild the slots"
    return ""


PLUGIN = SlotIntegrity()
