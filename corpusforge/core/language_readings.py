"""All ways in which a compiled grammar reads a text, with the spans of its slots.

`Language.contains` says whether a text is in the language with one look-up per character; this
walks the nodes themselves, which is slower and knows which slot covers which characters.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from itertools import product
from typing import Any, NamedTuple

from corpusforge.core.text import fold_with_places

__all__ = ["LanguageReading", "SlotSpan", "can_be_read", "read"]

_DIGITS = re.compile(r"[0-9]+")


class SlotSpan(NamedTuple):
    """A slot of a reading; code points of the text that was read, half-open."""

    name: str
    start: int
    end: int


class LanguageReading(NamedTuple):
    """One way to read a text: its intent, and its slots in order."""

    intent: str
    slots: tuple[SlotSpan, ...]


_Node = tuple[Any, ...]


class _Slot(NamedTuple):
    """A slot in folded places; of a slot under constraints also its label and possible values."""

    name: str
    start: int
    end: int
    label: str = ""
    values: tuple[str, ...] = ()


# While reading: where it ends in the folded text, and the slots so far.
_State = tuple[int, tuple[_Slot, ...]]


def read(
    nodes: Sequence[_Node], intents: Mapping[str, Sequence[int]], text: str
) -> tuple[LanguageReading, ...]:
    """All different readings, in the order of the grammar.

    Args:
        nodes: Node table of a `Language`.
        intents: Intent -> nodes of its templates.
        text: NFC text as a person writes it; case and punctuation do not count, as in `fold`.
    """
    folded, places = fold_with_places(text)
    if not folded:
        return ()
    walk = _Walk(nodes, folded)
    found: dict[LanguageReading, None] = {}
    for intent, roots in intents.items():
        for root in roots:
            for end, slots in walk.states(root, 0):
                if end == len(folded):
                    spans = tuple(
                        SlotSpan(slot.name, places[slot.start][0], places[slot.end - 1][1])
                        for slot in slots
                    )
                    found[LanguageReading(intent, spans)] = None
    return tuple(found)


def can_be_read(nodes: Sequence[_Node], root: int, text: str, symbols: Mapping[str, str]) -> bool:
    """Say whether a root reads a text.

    Args:
        nodes: As for `read`.
        root: Node of a template.
        text: Folded, some slots as their symbols, which may have any value.
        symbols: Slot -> its symbol.
    """
    return any(end == len(text) for end, _ in _Walk(nodes, text, symbols).states(root, 0))


class _Walk:
    """Where nodes can end in one text."""

    def __init__(
        self, nodes: Sequence[_Node], text: str, symbols: Mapping[str, str] | None = None
    ) -> None:
        self._symbols = symbols or {}
        self._values: dict[int, dict[str, tuple[str, ...]]] = {}
        self._nodes = nodes
        self._text = text
        self._known: dict[tuple[int, int], tuple[_State, ...]] = {}
        self._orders: dict[tuple[tuple[int, ...], int], tuple[_State, ...]] = {}

    def states(self, node: int, at: int) -> tuple[_State, ...]:
        """Ends of a node that begins at a place."""
        key = node, at
        if key not in self._known:
            self._known[key] = tuple(dict.fromkeys(self._follow(self._nodes[node], at)))
        return self._known[key]

    def _follow(self, node: _Node, at: int) -> Iterator[_State]:
        kind = node[0]
        if kind == "words":
            for word in node[1]:
                end = self._words(word, at)
                if end >= 0:
                    yield end, ()
        elif kind == "choice":
            for child in node[1]:
                yield from self.states(child, at)
        elif kind == "sequence":
            yield from self._chain(node[1], at)
        elif kind == "order":
            yield from self._order(tuple(node[1]), at)
        elif kind == "digits":
            _, first, last, step = node
            yield from self._number(first, last, step, at)
        elif kind == "obeying":
            for end, slots in self.states(node[1], at):
                if _obey(slots, node[2]):
                    yield end, slots
        else:
            yield from self._slot(node, at)

    def _chain(self, children: Sequence[int], at: int) -> Iterator[_State]:
        states: list[_State] = [(at, ())]
        for child in children:
            states = list(
                dict.fromkeys(
                    (end, slots + more)
                    for middle, slots in states
                    for end, more in self.states(child, middle)
                )
            )
        yield from states

    def _order(self, children: tuple[int, ...], at: int) -> tuple[_State, ...]:
        """All children in any order; of those left and a place, each only once: 2^n, not n!."""
        if not children:
            return ((at, ()),)
        key = children, at
        if key not in self._orders:
            found: dict[_State, None] = {}
            for index, child in enumerate(children):
                rest = (*children[:index], *children[index + 1 :])
                for middle, slots in self.states(child, at):
                    for end, more in self._order(rest, middle):
                        found[end, slots + more] = None
            self._orders[key] = tuple(found)
        return self._orders[key]

    def _number(self, first: int, last: int, step: int, at: int) -> Iterator[_State]:
        run = _DIGITS.match(self._text, at)
        for end in range(at + 1, run.end() + 1 if run else 0):
            written = self._text[at:end]
            number = int(written)
            if first <= number <= last and not (number - first) % step and str(number) == written:
                yield end, ()

    def _slot(self, node: _Node, at: int) -> Iterator[_State]:
        name, child, edges = node[1:4]
        text = self._text
        symbol = self._symbols.get(name)
        for edge in edges if symbol else ():
            end = self._words(edge.replace("{}", symbol), at)
            if end >= 0:
                place = text.index(str(symbol), at)
                yield end, (_Slot(name, place, place + 1),)
        ends: dict[int, None] = {}
        if child >= 0:
            ends = dict.fromkeys(end for end, _ in self.states(child, at))
        else:  # any whole words
            start = at + (text[at : at + 1] == " ")
            for end in range(start + 1, len(text) + 1):
                if end == len(text) or text[end] == " ":
                    ends[end] = None
        for end in ends:
            first, last = at, end
            while first < last and text[first] == " ":
                first += 1
            while last > first and text[last - 1] == " ":
                last -= 1
            if first < last:
                label, values = self._values_of(node, text[first:last])
                yield end, (_Slot(name, first, last, label, values),)

    def _values_of(self, node: _Node, words: str) -> tuple[str, tuple[str, ...]]:
        """Label and canonical values of a slot under constraints."""
        if len(node) == 4:
            return "", ()
        label, pairs = node[4:]
        if id(pairs) not in self._values:
            self._values[id(pairs)] = dict(pairs)
        return label, self._values[id(pairs)].get(words, ())

    def _words(self, word: str, at: int) -> int:
        """The end of folded words, -1 where they do not stand; further separators are free."""
        text, size = self._text, len(self._text)
        for char in word:
            if char == " ":
                if at < size and text[at] == " ":
                    at += 1
                elif not (at in (0, size) or text[at - 1] == " "):
                    return -1
            elif at < size and text[at] == char:
                at += 1
            else:
                return -1
        return at


def _obey(slots: Sequence[_Slot], constraints: Sequence[tuple[str, Sequence[str]]]) -> bool:
    """Say whether values of slots obey constraints; where words mean several, any of them may."""
    known = [slot for slot in slots if slot.values]
    for values in product(*(slot.values for slot in known)):
        said = [(slot.label, value) for slot, value in zip(known, values, strict=True)]
        for kind, labels in constraints:
            held = [value for label, value in said if label in labels]
            if len(set(held)) != (min(1, len(held)) if kind == "equal" else len(held)):
                break
        else:
            return True
    return False
