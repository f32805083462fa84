"""A whole sentence with its two readings, made of what a search found."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import NamedTuple

from corpusforge.grammar.lint.grammar import Grammar
from corpusforge.grammar.lint.readings import Birth, Step

__all__ = ["SaidSlot", "Told", "Witness", "witness"]

Pieces = Sequence[tuple[str, str]]
"""(symbol, its words) from the beginning of a sentence to its end."""


class SaidSlot(NamedTuple):
    """A slot of a reading; `value` is None where its list has no values."""

    label: str
    start: int
    end: int
    value: str | None


class Told(NamedTuple):
    """One reading: as annotated text, its carrier phrase, its slots."""

    shown: str
    carrier: str
    slots: tuple[SaidSlot, ...]

    def values(self) -> list[tuple[str, str]]:
        """Label and canonical value, for constraints."""
        return [(slot.label, slot.value) for slot in self.slots if slot.value is not None]


class Witness(NamedTuple):
    """A text and two readings of it."""

    text: str
    first: Told
    second: Told

    @property
    def shown(self) -> tuple[str, str]:
        """Both as annotated texts."""
        return self.first.shown, self.second.shown


def witness(grammar: Grammar, root: int, birth: Birth | None, steps: Sequence[Step]) -> Witness:
    """A sentence for what `Readings.search` found.

    Args:
        grammar: Whose readings were searched.
        root: First state of the intent; without a birth, of the first one.
        birth: Where the readings part; None where they are apart from the beginning.
        steps: From there.
    """
    return _Teller(grammar, root).witness(birth, steps)


class _Teller:
    """Finds the words around what a search found."""

    def __init__(self, grammar: Grammar, root: int) -> None:
        self._grammar, self._readings = grammar, grammar.readings
        self._states, self._root = grammar.builder.states, root

    def witness(self, birth: Birth | None, steps: Sequence[Step]) -> Witness:
        before: list[tuple[str, str]] = []
        sides: list[list[tuple[str, str]]] = [[], []]
        if birth is not None:
            before = [(symbol, self._example(symbol)) for symbol in self._way_to(birth.state)]
            if birth.step is None:
                sides = [[(birth.symbol, birth.word)], [(birth.symbol, birth.word)]]
            else:
                steps = (birth.step, *steps)
        start = (self._root, 0)
        ends = list(birth.pair[:2]) if birth is not None else [start, start]
        for step in steps:
            ends = [step.first.place, step.second.place]
            for number, move in enumerate((step.first, step.second)):
                if move.symbol:
                    sides[number].append((move.symbol, step.text))
                else:
                    symbol, text = sides[number][-1]
                    sides[number][-1] = symbol, text + step.text
        after: list[tuple[str, str]] = []
        if ends[0] == ends[1]:
            rest, state = self._readings.rest(ends[0])
            for side in sides if rest else ():
                symbol, text = side[-1]
                side[-1] = symbol, text + rest
            after = [(symbol, self._example(symbol)) for symbol in self._way_out(state)]
        one, two = ((*before, *side, *after) for side in sides)
        # Values are shown where the readings differ in nothing else.
        values = self._shown(one, False) == self._shown(two, False)
        first, second = (
            Told(self._shown(pieces, values), _carrier(pieces), tuple(self._slots(pieces)))
            for pieces in (one, two)
        )
        return Witness("".join(text for _, text in one), first, second)

    def _example(self, symbol: str) -> str:
        return symbol if len(symbol) == 1 else self._grammar.example(symbol).lower()

    def _shown(self, pieces: Pieces, values: bool) -> str:
        """As annotated text: "turn on the [lamp](name)"; with values "[lamp](name=light.lamp)"."""
        out: list[str] = []
        for symbol, text in pieces:
            slot = self._label(symbol)
            if slot and values:
                slot += f"={self._readings.value(symbol, text)}"
            out.append(f"[{text}]({slot})" if slot else text)
        return "".join(out)

    def _slots(self, pieces: Pieces) -> Iterator[SaidSlot]:
        at = 0
        for symbol, text in pieces:
            label = self._label(symbol)
            if label:
                closed = self._grammar.builder.fillers[symbol].table is not None
                value = self._readings.value(symbol, text) if closed else None
                yield SaidSlot(label, at, at + len(text), value)
            at += len(text)

    def _label(self, symbol: str) -> str:
        return self._grammar.builder.fillers[symbol].slot if len(symbol) > 1 else ""

    def _way_to(self, wanted: int) -> list[str]:
        """The symbols of a shortest way from the beginning to a state."""
        parents: dict[int, tuple[int, str]] = {self._root: (-1, "")}
        queue = [self._root]
        for state in queue:
            if state == wanted:
                break
            self._queue(state, queue, parents)
        return _trail(parents, wanted, self._root)

    def _way_out(self, start: int) -> list[str]:
        """The symbols of a shortest way from a state to an end."""
        parents: dict[int, tuple[int, str]] = {start: (-1, "")}
        queue = [start]
        for state in queue:
            if self._states.final[state]:
                return _trail(parents, state, start)
            self._queue(state, queue, parents)
        raise AssertionError("every state leads to an end")

    def _queue(self, state: int, queue: list[int], parents: dict[int, tuple[int, str]]) -> None:
        for symbol, target in self._states.arcs[state]:
            if target not in parents:
                parents[target] = (state, symbol)
                queue.append(target)


def _trail(parents: dict[int, tuple[int, str]], state: int, start: int) -> list[str]:
    way: list[str] = []
    while state != start:
        state, symbol = parents[state]
        way.append(symbol)
    return way[::-1]


def _carrier(pieces: Pieces) -> str:
    return "".join(symbol for symbol, _ in pieces)
