"""The part of an assessment that may be published although its real rows may not.

Figures stay. What quotes real rows goes: failing rows, the words they share, features by which
a classifier knows them. So do intents, slots and lists that only unpublished rows have, and
every sentence that names one.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from typing import Any

import pyarrow as pa
import pyarrow.compute as pc

__all__ = ["private_names", "redacted"]

QUOTING = frozenset({"failing", "cues", "missing_words", "tells", "examples", "texts"})
"""Keys whose lists hold words of real rows; the lists come out empty."""

_ABOUT_SHOWN = "The failing rows shown"
_LEFT_OUT = (
    "Real rows are not published (real.publish: false): rows that fail and the words they share "
    "are left out here."
)
_QUOTE = re.compile(r",? (?:with )?“.*$", re.DOTALL)
_WORD = re.compile(r'"[^"]*"')


def private_names(rows: pa.Table) -> frozenset[str]:
    """Intents, slots and lists that only rows of origin real have.

    Args:
        rows: Utterances.
    """
    is_real = pc.equal(rows["origin"], "real")
    real, others = (set(_names(rows.filter(mask))) for mask in (is_real, pc.invert(is_real)))
    return frozenset(real - others - {""})


def _names(rows: pa.Table) -> Iterable[str]:
    yield from rows["intent"].to_pylist()
    for slots in rows["slots"].to_pylist():
        for slot in slots or ():
            yield from (slot["name"], slot["entity"], slot["role"], slot["group"])


def redacted(assessment: Mapping[str, Any], names: frozenset[str]) -> dict[str, Any]:
    """An assessment without words of real rows.

    Args:
        assessment: JSON values, as `Assessment.to_json` gives them.
        names: What must not be named, see `private_names`.
    """
    listed = "|".join(sorted(map(re.escape, names)))
    telling = re.compile(rf"(?<!\w)(?:{listed})(?!\w)") if names else None
    kept: dict[str, Any] = {
        key: _without(value, telling) for key, value in assessment.items() if not _is_list(key)
    }
    kept |= {key: [] for key in assessment if _is_list(key)}
    notes = [note for note in kept.get("notes", ()) if not note.startswith(_ABOUT_SHOWN)]
    return {**kept, "notes": [*notes, _LEFT_OUT]}


def _is_list(key: str) -> bool:
    return key in QUOTING


_GONE = object()


def _without(value: Any, telling: re.Pattern[str] | None) -> Any:
    """A value without what tells; a scalar that tells is null."""
    kept = _kept(value, telling)
    return None if kept is _GONE else kept


def _kept(value: Any, telling: re.Pattern[str] | None) -> Any:
    if isinstance(value, str):
        value = _WORD.sub("(a word)", _QUOTE.sub("", value))
        return _GONE if telling is not None and telling.search(value) else value
    if isinstance(value, Mapping):
        return _kept_mapping(value, telling)
    if isinstance(value, list):
        kept = (_kept(item, telling) for item in value)
        return [item for item in kept if item is not _GONE]
    return value


def _kept_mapping(value: Mapping[str, Any], telling: re.Pattern[str] | None) -> Any:
    """A mapping without keys that tell; of a record that is about something private, nothing."""
    found: dict[str, Any] = {}
    for key, item in value.items():
        if telling is not None and telling.search(key):
            continue
        if key in QUOTING:
            found[key] = []
            continue
        kept = _kept(item, telling)
        if kept is _GONE and key in ("intent", "slot", "name", "text"):
            return _GONE
        found[key] = "" if kept is _GONE else kept
    return found
