"""Ranks into sentences, many at a time, straight from the minimal automaton.

A deterministic automaton gives every sentence one path, so its ranks are a bijection: rank r is
one labelled sentence, and no sentence has two ranks, however ambiguous its template is. To walk
fast, the paths that leave a state are spelled out up to the next slot (at most `MAX_ENTRIES` of
them, most frequent first), so that one step is one look-up, and a sentence takes about one step per
slot. States that little follows are closed: all that follows is one step. Only states that are met
get a table.
"""

from __future__ import annotations

import heapq
from bisect import bisect_right
from collections.abc import Mapping, Sequence
from typing import NamedTuple

import numpy as np

from corpusforge.grammar.automata import States
from corpusforge.grammar.automaton_builder import Filler
from corpusforge.grammar.derivations import Piece, SlotPiece
from corpusforge.grammar.guides import (
    MAX_EXACT,
    MAX_RANK,
    Guides,
    Integers,
    Reals,
    looked_up,
    quotient,
)
from corpusforge.grammar.list_tables import ListTable

__all__ = ["MAX_RANK", "Steps", "Unranker"]

MAX_ENTRIES = 256
# From so many entries of all tables on, new tables have few.
ENTRY_ROOM = 1 << 16
FEW_ENTRIES = 64
# Tables of at most so many ranks are closed, and all of them together hold at most so many.
MAX_CLOSED = 4096
CLOSED_ROOM = 1 << 16


class Closed(NamedTuple):
    """A table whose ranks are one entry, since all that it says is spelled out.

    Attributes:
        entry: This entry.
        first: The first of the entries that it stands for.
        stop: One behind the last of these.
        tails: The closed entry that follows each of these; 0 at the end of a sentence.
        depth: Closed tables that follow one another, at most.
    """

    entry: int
    first: int
    stop: int
    tails: Sequence[int]
    depth: int


class Steps(NamedTuple):
    """How some sentences are put together, shape [steps] of [rows] each.

    Attributes:
        entries: Entry of each step (see `Unranker`); 0, the empty one, when a sentence is over.
        values: Number of the value that fills the entry's slot; 0 without a slot.
    """

    entries: list[Integers]
    values: list[Integers]

    def behind(self, count: int, rows: Integers, begun: Sequence[Beginning]) -> Steps:
        """These, of `count` rows, behind the first steps of some of them."""
        first = Steps([], [])
        for turn in range(max(len(start.steps) for start in begun)):
            for column, part in zip(first, (0, 1), strict=True):
                column.append(np.zeros(count, np.int64))
                column[-1][rows] = [
                    start.steps[turn][part] if turn < len(start.steps) else 0 for start in begun
                ]
        return Steps(first.entries + self.entries, first.values + self.values)


class Beginning(NamedTuple):
    """The first steps of a sentence, after which its rank is below `MAX_RANK`.

    Attributes:
        steps: Entry and value of each.
        table: Where it goes on.
        rank: Of what is left.
    """

    steps: list[tuple[int, int]]
    table: int
    rank: int


class Unranker:
    """Tables of the paths of an automaton.

    An entry is a literal text, then a symbol or nothing, then the state that follows.

    Args:
        states: Of a builder with labels "values".
        fillers: Its symbols; none of them open.
    """

    def __init__(self, states: States, fillers: Mapping[str, Filler]) -> None:
        self._states = states
        self._fillers = fillers
        self._totals: dict[int, int] = {0: 0}
        self._tables: dict[int, int] = {}  # state -> table
        self._table_states: list[int] = []
        self._built: list[bool] = []
        self._all_built = 0
        self._ends: dict[int, tuple[int, list[int]]] = {}
        """Table -> its first entry, and the ends of its entries."""
        self._guides = Guides()
        self._most = 1  # ranks of the largest table that is walked as columns
        self._literal_ids: dict[str, int] = {"": 0}
        self.literals: list[str] = [""]
        self.symbols: list[Filler] = []
        self._symbol_ids: dict[str, int] = {}
        # Entry 0 is what follows the end of a sentence; table 0 is the end.
        self.entry_literal: list[int] = [0]
        self.entry_symbol: list[int] = [-1]
        self._entry_target: list[int] = [0]
        self._entry_total: list[int] = [1]
        self.closed: dict[int, Closed] = {}
        """Table -> how it is closed; those that follow stand before it."""
        self._room = CLOSED_ROOM
        none = np.zeros(0, np.int64)
        self._arrays: tuple[Integers, Integers, Reals] = (none, none, np.zeros(0))
        self.table(-1)
        self._built[0] = True

    def total(self, root: int) -> int:
        """Exact number of labelled sentences from a state on."""
        if root not in self._totals:
            states, totals = self._states, self._totals
            for state in states.reachable(root):
                if state not in totals:
                    totals[state] = states.final[state] + sum(
                        self._size(symbol) * totals[target] for symbol, target in states.arcs[state]
                    )
        return self._totals[root]

    def table(self, root: int) -> int:
        """The number of the table of a state, which is built when it is first met."""
        number = self._tables.get(root)
        if number is None:
            number = self._tables[root] = len(self._table_states)
            self._table_states.append(root)
            self._built.append(False)
        return number

    def walk(self, tables: Integers, ranks: Integers) -> Steps:
        """Take ranks apart.

        Args:
            tables: Where each sentence starts, shape [rows].
            ranks: 0 <= rank < total < MAX_RANK, shape [rows].
        """
        steps = Steps([], [])
        while tables.any():
            self._build_missing(tables)
            entries, ranks = self._guides.find(tables, ranks)
            target, total, per_rank = self._entry_arrays()
            after = looked_up(total, entries)
            if self._most < MAX_EXACT:
                values = quotient(ranks, looked_up(per_rank, entries))  # 0 without a slot
            else:
                values = ranks // after
            ranks -= values * after
            tables = looked_up(target, entries)
            steps.entries.append(entries)
            steps.values.append(values)
        return steps

    def descend(self, root: int, rank: int, until: int) -> Beginning:
        """Take a rank of any size apart until fewer than `until` are left to choose from."""
        table = self.table(root)
        steps: list[tuple[int, int]] = []
        while table:
            if not self._built[table]:
                self._build(table)
            first, ends = self._ends[table]
            if ends[-1] < until:
                break
            index = bisect_right(ends, rank)
            rank -= ends[index - 1] if index else 0
            entry = first + index
            value, rank = divmod(rank, self._entry_total[entry])
            steps.append((entry, value))
            table = self._entry_target[entry]
        return Beginning(steps, table, rank)

    def pieces(self, root: int, rank: int) -> list[Piece]:
        """The pieces of one sentence, for ranks of any size."""
        out: list[Piece] = []
        for entry, value in self.descend(root, rank, 0).steps:
            out.append(self.literals[self.entry_literal[entry]])
            symbol = self.entry_symbol[entry]
            if symbol >= 0:
                out.append(_piece(self.symbols[symbol], value))
        return out

    def _entry_arrays(self) -> tuple[Integers, Integers, Reals]:
        known = len(self._arrays[0])
        if known < len(self._entry_target):
            total = np.array([min(t, MAX_RANK) for t in self._entry_total[known:]], np.int64)
            new = np.array(self._entry_target[known:], np.int64), total, 1 / total
            target, total, per_rank = (
                np.concatenate(pair) for pair in zip(self._arrays, new, strict=True)
            )
            self._arrays = target, total, per_rank
        return self._arrays

    def _build_missing(self, tables: Integers) -> None:
        if self._all_built == len(self._built):
            return
        met = np.bincount(tables, minlength=len(self._built)) > 0
        for table in np.flatnonzero(met & ~np.array(self._built)).tolist():
            if not self._built[table]:  # not on the way to another one
                self._build(table)
        self._all_built = sum(self._built)

    def _build(self, table: int) -> None:
        entries = self._spell_out(self._table_states[table])
        root_total = self.total(self._table_states[table]) if table else 1
        following = self._following(entries) if root_total <= min(MAX_CLOSED, self._room) else None
        first = len(self.entry_literal)
        ends: list[int] = []
        end = 0
        for literal, symbol, target in entries:
            after = 1 if target == -1 else self.total(target)
            end += after * (self._size(symbol) if symbol else 1)
            ends.append(end)
            self._add(self._literal(literal), self._symbol(symbol) if symbol else -1, target, after)
        self._ends[table] = first, ends
        if following is None:
            self._guides.add(table, ends)
        else:
            self._room -= end
            self._guides.skip(len(ends))
            self._guides.add(table, [end])
            self._add(0, -1, -1, 1)
            tails = [made.entry if made is not None else 0 for made in following]
            depth = 1 + max((made.depth for made in following if made is not None), default=0)
            self.closed[table] = Closed(first + len(ends), first, first + len(ends), tails, depth)
        if end < MAX_RANK:
            self._most = max(self._most, end)
        self._built[table] = True

    def _following(self, entries: Sequence[tuple[str, str, int]]) -> list[Closed | None] | None:
        """What follows each entry, closed (None at the end); None when that cannot be."""
        found: list[Closed | None] = []
        for _, symbol, target in entries:
            if symbol and not _table(self._fillers[symbol]).whole().spelled:
                return None
            table = self.table(target)
            if not self._built[table]:
                self._build(table)
            if table and table not in self.closed:
                return None
            found.append(self.closed[table] if table else None)
        return found

    def _add(self, literal: int, symbol: int, target: int, after: int) -> None:
        self.entry_literal.append(literal)
        self.entry_symbol.append(symbol)
        self._entry_target.append(self.table(target))
        self._entry_total.append(after)

    def _spell_out(self, root: int) -> list[tuple[str, str, int]]:
        """Paths from a state as (literal, symbol or "", state; -1 = the end), each once.

        The most frequent ones are followed furthest, but they stand in the order of the
        automaton, so that ranks do not depend on how far that is.
        """
        states = self._states
        most = MAX_ENTRIES if len(self.entry_literal) < ENTRY_ROOM else FEW_ENTRIES
        # Nodes of the tree of paths: literal, symbol, state, and the nodes that follow.
        nodes: list[tuple[str, str, int, list[int]]] = [("", "", root, [])]
        waiting = [(0, 0)]
        leaves = 1
        while waiting and (leaves < most or len(nodes) == 1):
            _, number = heapq.heappop(waiting)
            literal, _, state, after = nodes[number]
            arcs = states.arcs[state]
            while len(arcs) == 1 and len(arcs[0][0]) == 1 and not states.final[state]:
                literal, state = literal + arcs[0][0], arcs[0][1]
                arcs = states.arcs[state]
            if states.final[state]:
                after.append(len(nodes))
                nodes.append((literal, "", -1, []))
            for symbol, target in arcs:
                after.append(len(nodes))
                if len(symbol) > 1:
                    nodes.append((literal, symbol, -1 if self._is_end(target) else target, []))
                else:
                    heapq.heappush(waiting, (-self.total(target), len(nodes)))
                    nodes.append((literal + symbol, "", target, []))
            leaves += len(after) - 1
        found: list[tuple[str, str, int]] = []
        stack = [0]
        while stack:
            literal, symbol, state, after = nodes[stack.pop()]
            if after:
                stack += reversed(after)
            else:
                found.append((literal, symbol, state))
        return found

    def _is_end(self, state: int) -> bool:
        return self._states.final[state] and not self._states.arcs[state]

    def _size(self, symbol: str) -> int:
        if len(symbol) == 1:
            return 1
        return _table(self._fillers[symbol]).size

    def _literal(self, text: str) -> int:
        number = self._literal_ids.get(text)
        if number is None:
            number = self._literal_ids[text] = len(self.literals)
            self.literals.append(text)
        return number

    def _symbol(self, symbol: str) -> int:
        number = self._symbol_ids.get(symbol)
        if number is None:
            number = self._symbol_ids[symbol] = len(self.symbols)
            self.symbols.append(self._fillers[symbol])
        return number


def _table(filler: Filler) -> ListTable:
    assert filler.table is not None, "open templates are not sampled"
    return filler.table


def _piece(filler: Filler, value: int) -> Piece:
    table = _table(filler)
    text, canonical = table.value(value)
    if not filler.slot:
        return text
    return SlotPiece(filler.slot, table.entity, None if canonical == text else canonical, text)
