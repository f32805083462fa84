"""Utterances with marked words, as templates: marked words become values of lists."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import NamedTuple

from corpusforge.core.errors import Position
from corpusforge.core.text import nfc
from corpusforge.grammar.foreign.losses import Kind
from corpusforge.grammar.foreign.model import ForeignPack
from corpusforge.grammar.foreign.nodes import Entry, ListRef, Node, Sentence, Words, join

__all__ = ["LOSSES", "SPLITS", "Mark", "Utterances"]

_SPACE = Kind("white space other than single spaces", "single spaces")
_INSIDE = Kind("marks inside of others or around nothing", "left out; the first and longest stays")
SPLITS = Kind(
    "splits of utterances that differ from another only in their values",
    "one sentence template, in the split that is held out more",
)
LOSSES = (_SPACE, _INSIDE)
"""What is lost of utterances, whatever their format; where this one has splits, also SPLITS."""

_WIDER = (
    "Marked words became values of one list per entity, so an utterance is also said with the "
    "other values of that list. How often a value was marked is not kept; utterances that differ "
    "only in their values are one sentence template, whose weight is their number."
)
_KEEP = {"test": 0, "validation": 1, "train": 2, None: 3}


class Mark(NamedTuple):
    """Marked words of an utterance.

    Attributes:
        start: First character.
        end: One past the last character.
        slot: Its slot.
        entity: The list that the words belong to.
        value: Canonical value; None = the words.
        role: Role of the slot.
        group: Group of the slot.
        any_value: No words stand there; any value of the entity does (start equals end).
    """

    start: int
    end: int
    slot: str
    entity: str
    value: str | None = None
    role: str = ""
    group: str = ""
    any_value: bool = False


@dataclass
class _Counted:
    node: Node
    position: Position | None
    split: str | None
    count: int = 1


@dataclass
class Utterances:
    """Collects utterances of one import; equal templates of an intent are counted."""

    pack: ForeignPack
    _found: dict[tuple[str, Node], _Counted] = field(default_factory=dict)
    _values: set[tuple[str, str, str | None]] = field(default_factory=set)

    def add(
        self,
        intent: str,
        text: str,
        marks: Sequence[Mark] = (),
        position: Position | None = None,
        split: str | None = None,
    ) -> None:
        """Add one utterance; of marks that overlap the first and longest stays."""
        if _squeezed(text) != nfc(text):
            bare = " ".join(nfc(text).split())
            if bare != nfc(text).strip():
                self.pack.lose(_SPACE, position, f"the white space in {bare[:60]!r}")
        node = self._node(text, marks, position)
        known = self._found.get((intent, node))
        if known is None:
            self._found[intent, node] = _Counted(node, position, split)
            return
        known.count += 1
        if known.split != split:
            kept = min((known.split, split), key=_KEEP.__getitem__)
            self.pack.lose(
                SPLITS,
                position,
                f"the split {split or 'of the seed'} of an utterance whose template is also in "
                f"{known.split or 'that of the seed'}",
                f"one sentence template, in {kept or 'the split of the seed'}",
            )
            known.split = kept

    def finish(self) -> None:
        """Put everything into the pack."""
        for (intent, node), found in self._found.items():
            sentence = Sentence(node, found.position, float(found.count), found.split)
            self.pack.add(intent, sentence)
        if self.pack.lists:
            self.pack.fact(_WIDER)
        elif any(found.count > 1 for found in self._found.values()):
            self.pack.fact(
                "Equal utterances are one sentence template; its weight is their number."
            )

    def value(
        self, entity: str, words: str, value: str | None, position: Position | None = None
    ) -> None:
        """Make some words a value of an entity, once."""
        words = " ".join(nfc(words).split())
        value = None if value is None or value == words else value
        if words and (entity, words, value) not in self._values:
            self._values.add((entity, words, value))
            if position is not None:
                self.pack.places.setdefault(entity, position)
            entries = self.pack.lists.setdefault(entity, [])
            assert isinstance(entries, list), "entities of utterances are never ranges"
            entries.append(Entry(Words(words), value))

    def _node(self, text: str, marks: Sequence[Mark], position: Position | None) -> Node:
        parts: list[Node] = []
        at = 0
        for mark in sorted(marks, key=lambda mark: (mark.start, -mark.end)):
            words = text[mark.start : mark.end]
            if mark.start < at or not (words.strip() or mark.any_value):
                why = "inside of another" if words.strip() else "around nothing"
                self.pack.lose(_INSIDE, position, f"a mark {mark.slot!r} {why}", "left out")
                continue
            lead = len(words) - len(words.lstrip())
            if mark.any_value:
                self.pack.lists.setdefault(mark.entity, [])
            else:
                self.value(mark.entity, words, mark.value, position)
            parts.append(Words(_squeezed(text[at : mark.start + lead])))
            slot = self.pack.slot(mark.slot, position, role=mark.role, group=mark.group)
            parts.append(ListRef(mark.entity, slot))
            at = mark.start + len(words.rstrip())
        parts.append(Words(_squeezed(text[at:]).rstrip()))
        if isinstance(parts[0], Words):
            parts[0] = Words(parts[0].text.lstrip())
        return join(parts)


def _squeezed(text: str) -> str:
    """NFC with single spaces, so that equal sentences are equal nodes."""
    words = " ".join(nfc(text).split())
    if not words:
        return " " if text else ""
    return f"{' ' if text[0].isspace() else ''}{words}{' ' if text[-1].isspace() else ''}"
