"""The marked words of one row of a table: spans, words, tags of tokens, or brackets."""

from __future__ import annotations

import json
import re
from collections.abc import Mapping, Sequence
from typing import Any, NamedTuple

from corpusforge.core.text import nfc
from corpusforge.grammar.annotations import AnnotationError, read_slots, tidy
from corpusforge.grammar.foreign.annotated import Mark
from corpusforge.grammar.foreign.tags import TagError, spans_of_tags

__all__ = ["MARKED", "Sources", "marks_of"]

# Names that other programs give to the parts of a span.
_KEYS = {
    "name": ("name", "slot", "slot_name", "entity", "label", "type"),
    "start": ("start", "start_index", "begin"),
    "end": ("end", "end_index", "stop"),
}
_WORDS = ("text", "words", "value")
# [words](name), as Rasa marks them, or [name : words], as MASSIVE and HWU64 do.
_BRACKETS = re.compile(
    r"\[(?P<first>[^\[\]]+)\]\((?P<after>\w[\w.-]*)\)"
    r"|\[\s*(?P<before>[^\[\]:]+?)\s*:\s*(?P<last>[^\[\]]+?)\s*\]"
)
MARKED = re.compile(r"\[[^\[\]]+\]\(\w[\w.-]*\)|\[\s*\w+ : [^\[\]]+\]")
"""What looks like marks in a text that is said to have none."""


class Sources(NamedTuple):
    """The columns that may tell slots, best first; None where there is none."""

    slots: str | None
    tags: str | None
    tokens: str | None
    marked: str | None

    def used(self) -> set[str | None]:
        """The columns that are looked at."""
        if self.slots is not None:
            return {self.slots}
        if self.tags is not None:
            return {self.tags, self.tokens}
        return {self.marked, self.tokens if self.marked is None else None}


def marks_of(
    text: str | None, row: Mapping[str, Any], sources: Sources
) -> tuple[str, tuple[Mark, ...]]:
    """Text (NFC, tidied where there are slots) and marks of a row.

    Raises:
        AnnotationError: When the slots do not fit the text.
    """
    if sources.slots is not None:
        slots = _parsed(row[sources.slots])
        if _is_tags(slots):
            return _tagged(text, _listed(slots), None)
        return _spans("" if text is None else text, slots)
    tokens = None if sources.tokens is None else _listed(_parsed(row[sources.tokens]))
    if sources.tags is not None:
        return _tagged(text, _listed(_parsed(row[sources.tags])), tokens)
    marked = None if sources.marked is None else row[sources.marked]
    if marked is not None and str(marked).strip():
        return _bracketed(text, str(marked))
    return (" ".join(tokens or ()) if text is None else text), ()


def _parsed(value: Any) -> Any:
    """JSON text as what it says; other text as it is."""
    if isinstance(value, str) and value.strip()[:1] in ("[", "{"):
        try:
            return json.loads(value)
        except ValueError:
            raise AnnotationError("slots are not valid JSON") from None
    return value


def _is_tags(value: Any) -> bool:
    if isinstance(value, str):
        return bool(value.strip())
    return isinstance(value, list) and bool(value) and all(isinstance(tag, str) for tag in value)


def _listed(value: Any) -> list[str]:
    if value is None:
        return []
    if isinstance(value, str):
        return value.split()
    if not isinstance(value, list) or not all(isinstance(item, str) for item in value):
        raise AnnotationError("tokens or tags are no list of texts")
    return [str(item) for item in value]


def _spans(text: str, value: Any) -> tuple[str, tuple[Mark, ...]]:
    if isinstance(value, dict) and not isinstance(value.get("start"), list):
        several = ((n, v if isinstance(v, list) else [v]) for n, v in value.items())
        value = [
            {"name": str(name), **_found(text, words)} for name, all_ in several for words in all_
        ]
    if isinstance(value, list):
        value = [_renamed(text, item) if isinstance(item, dict) else item for item in value]
    words, slots = tidy(text, read_slots(value or None))
    marks: list[Mark] = []
    for slot in slots:
        canonical = None if slot.value == slot.text else slot.value
        marks.append(
            Mark(slot.start, slot.end, slot.name, slot.entity, canonical, slot.role, slot.group)
        )
    return words, tuple(marks)


def _found(text: str, words: Any) -> dict[str, Any]:
    """The place of words that a row names without saying where: they must stand there once."""
    wanted = str(words).strip()
    found = list(re.finditer(rf"(?<!\w){re.escape(wanted)}(?!\w)", text)) if wanted else []
    if len(found) != 1:
        raise AnnotationError("the words of a slot do not stand in the text exactly once")
    return {"start": found[0].start(), "end": found[0].end()}


def _renamed(text: str, item: dict[str, Any]) -> dict[str, Any]:
    """A span with our names for its parts; an entity beside a slot's name stays."""
    made = dict(item)
    for ours, theirs in _KEYS.items():
        found = next((key for key in theirs if item.get(key) is not None), None)
        if found is not None:
            made[ours] = item[found]
    words = next((item[key] for key in _WORDS if item.get(key) is not None), None)
    if words is not None and not {"start", "end"} & made.keys():
        made |= _found(text, words)
    return made


def _tagged(
    text: str | None, tags: Sequence[str], tokens: Sequence[str] | None
) -> tuple[str, tuple[Mark, ...]]:
    if tokens is None:
        tokens = (text or "").split()
    if text is None:
        text = " ".join(tokens)
    if not tags:
        return text, ()
    if len(tags) != len(tokens):
        raise AnnotationError("there are not as many tags as tokens")
    places: list[tuple[int, int]] = []
    at = 0
    for token in tokens:
        at = text.find(token, at)
        if at < 0:
            raise AnnotationError("a token does not stand in the text")
        places.append((at, at + len(token)))
        at += len(token)
    try:
        spans = spans_of_tags(tags)
    except TagError:
        raise AnnotationError("a tag is none of O, B-slot and I-slot") from None
    slots = [
        {"name": name, "start": places[first][0], "end": places[last - 1][1]}
        for name, first, last in spans
    ]
    return _spans(text, slots)


def _bracketed(text: str | None, marked: str) -> tuple[str, tuple[Mark, ...]]:
    pieces: list[str] = []
    slots: list[dict[str, Any]] = []
    at = length = 0
    for found in _BRACKETS.finditer(marked):
        before = marked[at : found.start()]
        words, name = found["first"] or found["last"], found["after"] or found["before"]
        start = length + len(before)
        length = start + len(words)
        slots.append({"name": name, "start": start, "end": length})
        pieces += [before, words]
        at = found.end()
    plain = "".join([*pieces, marked[at:]])
    if text is not None and " ".join(nfc(text).split()) != " ".join(nfc(plain).split()):
        raise AnnotationError("the text with marks is another than the text")
    return _spans(plain, slots)
