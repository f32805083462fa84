"""All ways in which a compiled grammar reads a text, with the spans of its slots.

`Language.contains` says whether a text is in the language with one look-up per character; this
walks the nodes themselves, which is slower and knows which slot covers which characters.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from typing import Any, NamedTuple

from corpusforge.core.text import fold_with_places

__all__ = ["LanguageReading", "SlotSpan", "read"]

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
# While reading: where it ends in the folded text, and the slots so far, in folded places.
_State = tuple[int, tuple[tuple[str, int, int], ...]]


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
                        SlotSpan(name, places[first][0], places[last - 1][1])
                        for name, first, last in slots
                    )
                    found[LanguageReading(intent, spans)] = None
    return tuple(found)


class _Walk:
    """Where nodes can end in one text."""

    def __init__(self, nodes: Sequence[_Node], text: str) -> None:
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
        else:
            yield from self._slot(node[1], node[2], at)

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

    def _slot(self, name: str, child: int, at: int) -> Iterator[_State]:
        text = self._text
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
                yield end, ((name, first, last),)

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
