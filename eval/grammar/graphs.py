"""Count the sentences of hassil's expression trees without any of corpusforge's own code.

A second opinion on `corpusforge.grammar.counting`: hassil parses the templates, the graph here is
built and made deterministic from the front (ours from the end, with equal states shared), and
white space is squeezed while states are followed, not in the text. With OpenFst (`pip install
pynini`) the same graph is counted a third way.
"""

from __future__ import annotations

import importlib
import json
import math
from collections.abc import Callable, Iterable, Mapping
from typing import Any, NamedTuple

__all__ = ["Block", "Graph", "Name", "by_list", "by_list_and_slot", "by_slot", "derivations"]

Name = Callable[[Any, str], str]
"""(reference to a list, what tells the list from others of that name) -> symbol."""


class Block(NamedTuple):
    """Sentences of hassil's with what their names mean.

    Attributes:
        expressions: One for each sentence.
        rules: Rule -> sentence.
        lists: Names of lists that are the block's own -> their body as text.
    """

    expressions: list[Any]
    rules: Mapping[str, Any]
    lists: Mapping[str, str]

    @classmethod
    def of(cls, data: Any, rules: Mapping[str, Any], own_lists: Mapping[str, Any]) -> Block:
        """A block of hassil's `Intents`; `own_lists` as its YAML has them."""
        return cls(
            [sentence.expression for sentence in data.sentences],
            {**rules, **data.expansion_rules},
            {name: json.dumps(body, sort_keys=True) for name, body in own_lists.items()},
        )


def by_slot(reference: Any, _: str) -> str:
    """Lists that fill the same slot are alike."""
    slot = "" if reference.is_capture else reference.slot_name
    return f"{{{slot or '@' + reference.list_name}}}"


def by_list(reference: Any, own: str) -> str:
    """The same list is alike, whichever slot it fills."""
    return f"{{@{reference.list_name} {own}}}"


def by_list_and_slot(reference: Any, own: str) -> str:
    """Both must be the same."""
    return by_list(reference, own) + by_slot(reference, own)


def derivations(node: Any, rules: Mapping[str, Any]) -> int:
    """Ways through an expression, lists opaque."""
    kind = type(node).__name__
    if kind == "RuleReference":
        return derivations(rules[node.rule_name].expression, rules)
    if not hasattr(node, "items"):
        return 1
    ways = [derivations(item, rules) for item in node.items]
    if kind == "Alternative":
        return sum(ways)
    return math.prod(ways) * (math.factorial(len(ways)) if kind == "Permutation" else 1)


class Graph:
    """States from 0, with steps by character or symbol, and steps without any.

    Args:
        name: Symbol of a reference to a list.
    """

    def __init__(self, name: Name) -> None:
        self._name = name
        self.steps: list[dict[str, list[int]]] = [{}]
        self.free: list[list[int]] = [[]]
        self.ends: set[int] = set()

    def add(self, blocks: Iterable[Block]) -> None:
        """Add the sentences of some blocks."""
        for block in blocks:
            for expression in block.expressions:
                self.ends.add(self._follow(expression, 0, block))

    def count(self) -> int:
        """Different texts, white space squeezed and stripped; the empty text does not count."""
        start = self._closed((0,), spaced=False) | self._closed((0,), spaced=True)
        found = self._numbers((start, frozenset()))
        return found - (not start.isdisjoint(self.ends))

    def _state(self) -> int:
        self.steps.append({})
        self.free.append([])
        return len(self.steps) - 1

    def _step(self, state: int, symbol: str) -> int:
        target = self._state()
        self.steps[state].setdefault(" " if symbol.isspace() else symbol, []).append(target)
        return target

    def _follow(self, node: Any, state: int, block: Block) -> int:
        kind = type(node).__name__
        if kind == "TextChunk":
            for char in node.original_text:
                state = self._step(state, char)
        elif kind == "Sequence":
            for item in node.items:
                state = self._follow(item, state, block)
        elif kind == "RuleReference":
            state = self._follow(block.rules[node.rule_name].expression, state, block)
        elif kind == "ListReference":
            state = self._step(state, self._name(node, block.lists.get(node.list_name, "")))
        elif kind == "Alternative":
            end = self._state()
            for item in node.items:
                self.free[self._follow(item, state, block)].append(end)
            state = end
        else:
            state = self._order(node.items, state, block)
        return state

    def _order(self, items: list[Any], state: int, block: Block) -> int:
        """A state for each set of items that were said."""
        said = [state, *(self._state() for _ in range(1, 1 << len(items)))]
        for mask, before in enumerate(said):
            for index, item in enumerate(items):
                if not mask >> index & 1:
                    after = self._follow(item, before, block)
                    self.free[after].append(said[mask | 1 << index])
        return said[-1]

    def _closed(self, states: Iterable[int], *, spaced: bool) -> frozenset[int]:
        """States that are reached without a character, or by white space, at least one, alone."""
        plain = self._free_from(states)
        if not spaced:
            return plain
        found: frozenset[int] = frozenset()
        front = plain
        while front:
            over = {target for state in front for target in self.steps[state].get(" ", ())}
            front = self._free_from(over) - found
            found |= front
        return found

    def _free_from(self, states: Iterable[int]) -> frozenset[int]:
        found = set(states)
        stack = list(found)
        while stack:
            for target in self.free[stack.pop()]:
                if target not in found:
                    found.add(target)
                    stack.append(target)
        return frozenset(found)

    def _numbers(self, start: tuple[frozenset[int], frozenset[int]]) -> int:
        """Texts from two sets of states: behind a character, and behind a space after it."""
        known: dict[tuple[frozenset[int], frozenset[int]], int] = {}
        after: dict[tuple[frozenset[int], frozenset[int]], list[Any]] = {}
        stack = [start]
        while stack:
            key = stack[-1]
            if key not in after:
                after[key] = [n for states in key for n in self._next(states)]
                stack += [n for n in after[key] if n not in known]
                continue
            stack.pop()
            if key not in known:
                ends = any(not states.isdisjoint(self.ends) for states in key)
                known[key] = ends + sum(known[n] for n in after[key])
        return known[start]

    def _next(self, states: frozenset[int]) -> Iterable[tuple[frozenset[int], frozenset[int]]]:
        targets: dict[str, set[int]] = {}
        for state in states:
            for symbol, found in self.steps[state].items():
                if symbol != " ":
                    targets.setdefault(symbol, set()).update(found)
        for reached in targets.values():
            yield self._closed(reached, spaced=False), self._closed(reached, spaced=True)


def count_by_openfst(graph: Graph) -> int:
    """The same number by OpenFst: composed with a squeezer of white space, then minimal."""
    # For whoever has it: no extra of this project brings it along.
    pynini: Any = importlib.import_module("pynini")
    symbols = {" ": 1}
    acceptor = pynini.Fst()
    acceptor.add_states(len(graph.steps))
    acceptor.set_start(0)
    for state, steps in enumerate(graph.steps):
        for symbol, targets in steps.items():
            label = symbols.setdefault(symbol, len(symbols) + 1)
            for target in targets:
                acceptor.add_arc(state, pynini.Arc(label, label, 0, target))
        for target in graph.free[state]:
            acceptor.add_arc(state, pynini.Arc(0, 0, 0, target))
    for state in graph.ends:
        acceptor.set_final(state)
    acceptor.arcsort("olabel")
    # 0: at the start, 1: behind a character, 2: behind white space that is still to be written
    squeezer = pynini.Fst()
    squeezer.add_states(3)
    squeezer.set_start(0)
    squeezer.add_arc(0, pynini.Arc(1, 0, 0, 0))
    squeezer.add_arc(1, pynini.Arc(1, 0, 0, 2))
    squeezer.add_arc(2, pynini.Arc(1, 0, 0, 2))
    space = squeezer.add_state()  # the space is written, the character behind it comes next
    squeezer.add_arc(2, pynini.Arc(0, 1, 0, space))
    for label in symbols.values():
        if label != 1:
            for state in (0, 1, space):
                squeezer.add_arc(state, pynini.Arc(label, label, 0, 1))
    squeezer.set_final(1)
    squeezer.set_final(2)
    squeezer.arcsort("ilabel")
    made = pynini.compose(acceptor, squeezer).project("output").rmepsilon()
    made = pynini.determinize(made).minimize()
    made.topsort()
    paths = [0] * made.num_states()
    for state in reversed(range(made.num_states())):
        ends = str(made.final(state)) != "Infinity"
        paths[state] = int(ends) + sum(paths[arc.nextstate] for arc in made.arcs(state))
    return paths[made.start()] if made.start() >= 0 else 0
