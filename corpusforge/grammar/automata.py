"""Exact sets of sentences: finite automata over characters, minimal and without cycles.

Languages are finite, so automata are built from the end, and equal states are found by hashing
(J. Daciuk et al., "Incremental construction of minimal acyclic finite-state automata",
Computational Linguistics 26(1), 2000). `automaton_builder` makes them of templates.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Hashable, Iterable, Iterator, Mapping
from typing import TypeVar

__all__ = ["Automaton", "States", "difference", "intersection", "union"]

_Key = TypeVar("_Key", bound=Hashable)
_Arcs = tuple[tuple[str, int], ...]

_SYMBOL = re.compile(r"\{[^{}]+\}|.", re.DOTALL)
_DEAD = 0


class States:
    """A table of states, equal ones kept once; the states that follow one come before it."""

    def __init__(self) -> None:
        self.arcs: list[_Arcs] = [()]  # sorted by symbol
        self.final: list[bool] = [False]
        self.counts: list[int] = [0]  # sentences from here to the end
        self.common: dict[tuple[int, int], int] = {}
        self.either: dict[tuple[int, ...], int] = {}
        self.rest: dict[tuple[int, int], int] = {}
        self._ids: dict[tuple[bool, _Arcs], int] = {(False, ()): _DEAD}

    def add(self, final: bool, arcs: Iterable[tuple[str, int]]) -> int:
        """The state with these arcs; arcs into the dead end are left out."""
        alive = [arc for arc in arcs if arc[1] != _DEAD]
        if len(alive) > 1:
            alive.sort()
        key = (final, tuple(alive))
        state = self._ids.get(key)
        if state is None:
            state = self._ids[key] = len(self.arcs)
            self.arcs.append(key[1])
            self.final.append(final)
            self.counts.append(final + sum([self.counts[target] for _, target in key[1]]))
        return state

    def chain(self, text: str) -> int:
        """The state that one text follows, character by character."""
        ids, arcs, state = self._ids, self.arcs, self.add(True, ())
        for char in reversed(text):
            key = (False, ((char, state),))
            known = ids.get(key)
            if known is None:
                known = ids[key] = len(arcs)
                arcs.append(key[1])
                self.final.append(False)
                self.counts.append(1)
            state = known
        return state

    def build(
        self,
        start: _Key,
        expand: Callable[[_Key], tuple[bool, list[tuple[str, _Key]]]],
        known: dict[_Key, int],
    ) -> int:
        """The minimal state of a deterministic automaton that is given by its steps."""
        opened: dict[_Key, tuple[bool, list[tuple[str, _Key]]]] = {}
        stack = [start]
        while stack:
            key = stack[-1]
            if key in known:
                stack.pop()
                continue
            found = opened.get(key)
            if found is None:
                found = opened[key] = expand(key)
                missing = [target for _, target in found[1] if target not in known]
                if missing:
                    stack.extend(missing)
                    continue
            known[key] = self.add(found[0], [(symbol, known[key]) for symbol, key in found[1]])
            del opened[key]
            stack.pop()
        return known[start]

    def intersect(self, first: int, second: int) -> int:
        """The state whose sentences follow both."""
        if first == second:
            return first

        def expand(key: tuple[int, int]) -> tuple[bool, list[tuple[str, tuple[int, int]]]]:
            one, two = key
            others = dict(self.arcs[two])
            pairs = [
                (symbol, (target, others[symbol]))
                for symbol, target in self.arcs[one]
                if symbol in others
            ]
            for _, (left, right) in pairs:
                if left == right:
                    self.common[left, right] = left
            return self.final[one] and self.final[two], pairs

        return self.build((first, second), expand, self.common)

    def subtract(self, first: int, second: int) -> int:
        """The state whose sentences follow the first and not the second."""
        if first == second:
            return _DEAD

        def expand(key: tuple[int, int]) -> tuple[bool, list[tuple[str, tuple[int, int]]]]:
            one, two = key
            others = dict(self.arcs[two])
            pairs = [
                (symbol, (target, others.get(symbol, _DEAD))) for symbol, target in self.arcs[one]
            ]
            for _, (left, right) in pairs:
                if left == right:
                    self.rest[left, right] = _DEAD
                elif right == _DEAD:
                    self.rest[left, right] = left
            return self.final[one] and not self.final[two], pairs

        if second == _DEAD:
            return first
        return self.build((first, second), expand, self.rest)

    def unite(self, roots: Iterable[int]) -> int:
        """The state whose sentences follow any of these."""

        def keyed(states: Iterable[int]) -> tuple[int, ...]:
            key = tuple(sorted(set(states) - {_DEAD}))
            if len(key) < 2:
                self.either[key] = key[0] if key else _DEAD
            return key

        def expand(key: tuple[int, ...]) -> tuple[bool, list[tuple[str, tuple[int, ...]]]]:
            targets: dict[str, list[int]] = {}
            for state in key:
                for symbol, target in self.arcs[state]:
                    targets.setdefault(symbol, []).append(target)
            steps = [(symbol, keyed(states)) for symbol, states in targets.items()]
            return any(self.final[state] for state in key), steps

        return self.build(keyed(roots), expand, self.either)

    def copy(self, other: States, root: int) -> int:
        """A state of another table, with all that follows, in this one."""
        known: dict[int, int] = {}
        for state in other.reachable(root):
            arcs = [(symbol, known[target]) for symbol, target in other.arcs[state]]
            known[state] = self.add(other.final[state], arcs)
        return known[root]

    def relabel(self, root: int, symbol_of: Callable[[str], str | None]) -> int:
        """The same state with other symbols, all different; arcs whose symbol is None end."""
        known: dict[int, int] = {_DEAD: _DEAD}
        for state in self.reachable(root):
            named = ((symbol_of(symbol), target) for symbol, target in self.arcs[state])
            arcs = [(symbol, known[target]) for symbol, target in named if symbol is not None]
            known[state] = self.add(self.final[state], arcs)
        return known[root]

    def project(self, root: int, symbol_of: Callable[[str], str]) -> int:
        """The sentences after their symbols are renamed; different symbols may become one."""
        known: dict[tuple[int, ...], int] = {(): _DEAD}

        def expand(key: tuple[int, ...]) -> tuple[bool, list[tuple[str, tuple[int, ...]]]]:
            targets: dict[str, set[int]] = {}
            for state in key:
                for symbol, target in self.arcs[state]:
                    name = symbol if len(symbol) == 1 else symbol_of(symbol)
                    targets.setdefault(name, set()).add(target)
            steps = [(symbol, tuple(sorted(found))) for symbol, found in targets.items()]
            return any(self.final[state] for state in key), steps

        return self.build((root,), expand, known)

    def reachable(self, root: int) -> list[int]:
        """The state and all that follow, the last ones first."""
        seen = {root}
        stack = [root]
        while stack:
            for _, target in self.arcs[stack.pop()]:
                if target not in seen:
                    seen.add(target)
                    stack.append(target)
        return sorted(seen)


class Automaton:
    """A finite set of sentences as a minimal automaton; `automaton_of` and `union` make it.

    Sentences are texts with slots as "{name}", in the order of their code points.
    """

    __slots__ = ("_root", "_states")

    def __init__(self, states: States, root: int) -> None:
        self._states = states
        self._root = root

    def __bool__(self) -> bool:
        return self._root != _DEAD

    def __contains__(self, text: str) -> bool:
        return self.contains(text)

    def count(self) -> int:
        """Exact number of sentences."""
        return self._states.counts[self._root]

    def size(self) -> int:
        """Number of states."""
        return len(self._states.reachable(self._root)) if self else 0

    def weighted(self, sizes: Mapping[str, int]) -> int:
        """Sum over the sentences of the product of the sizes of their symbols.

        Args:
            sizes: Symbol, e.g. "{name}" -> in how many ways it can be filled; 1 if not there.
        """
        states = self._states
        totals: dict[int, int] = {}
        for state in states.reachable(self._root):
            totals[state] = states.final[state] + sum(
                sizes.get(symbol, 1) * totals[target] for symbol, target in states.arcs[state]
            )
        return totals[self._root]

    def symbols(self) -> frozenset[str]:
        """The slots and lists that occur, e.g. "{name}"."""
        arcs = self._states.arcs
        found = {
            symbol for state in self._states.reachable(self._root) for symbol, _ in arcs[state]
        }
        return frozenset(symbol for symbol in found if len(symbol) > 1)

    def parts(self) -> tuple[States, int]:
        """The table of states, which other automata may share, and the first state."""
        return self._states, self._root

    def starts(self) -> frozenset[str]:
        """The symbols with which a sentence can begin."""
        return frozenset(symbol for symbol, _ in self._states.arcs[self._root])

    def words(self, limit: int) -> Iterator[str]:
        """The first `limit` sentences in order."""
        return (self.unrank(index) for index in range(min(limit, self.count())))

    def contains(self, text: str) -> bool:
        """Say whether a text, squeezed and stripped, is one of the sentences."""
        return self._find(text) is not None

    def rank(self, text: str) -> int:
        """How many sentences come before this one.

        Raises:
            ValueError: When it is none of the sentences.
        """
        found = self._find(text)
        if found is None:
            raise ValueError(f"{text!r} is not in the language")
        return found

    def unrank(self, index: int) -> str:
        """Sentence `index`, 0 <= index < count().

        Raises:
            IndexError: Where there is none.
        """
        states = self._states
        state = self._root
        if not 0 <= index < states.counts[state]:
            raise IndexError(f"sentence {index} of {states.counts[state]}")
        out: list[str] = []
        while True:
            if states.final[state]:
                if index == 0:
                    return "".join(out)
                index -= 1
            for symbol, target in states.arcs[state]:
                if index < states.counts[target]:
                    out.append(symbol)
                    state = target
                    break
                index -= states.counts[target]

    def _find(self, text: str) -> int | None:
        states = self._states
        state = self._root
        before = 0
        for wanted in _SYMBOL.findall(text):
            before += states.final[state]
            for symbol, target in states.arcs[state]:
                if symbol == wanted:
                    state = target
                    break
                before += states.counts[target]
            else:
                return None
        return before if states.final[state] else None


def intersection(first: Automaton, second: Automaton) -> Automaton:
    """The sentences that are in both."""
    states = first._states
    other = second._root if second._states is states else states.copy(second._states, second._root)
    return Automaton(states, states.intersect(first._root, other))


def difference(first: Automaton, second: Automaton) -> Automaton:
    """The sentences of the first that are not in the second."""
    states = first._states
    other = second._root if second._states is states else states.copy(second._states, second._root)
    return Automaton(states, states.subtract(first._root, other))


def union(automata: Iterable[Automaton]) -> Automaton:
    """The sentences that are in any of them."""
    states: States | None = None
    roots: list[int] = []
    for automaton in automata:
        states = states or automaton._states
        same = automaton._states is states
        root = automaton._root
        roots.append(root if same else states.copy(automaton._states, root))
    states = states or States()
    return Automaton(states, states.unite(roots))
