"""Ranks into sentences, many at a time, straight from the minimal automaton.

A deterministic automaton gives every sentence one path, so its ranks are a bijection: rank r is
one labelled sentence, and no sentence has two ranks, however ambiguous its template is. To walk
fast, the paths that leave a state are spelled out up to the next slot (at most `MAX_ENTRIES` of
them, most frequent first), so that one step is one binary search, and a sentence takes about one
step per slot. Only states that are met get a table.
"""

from __future__ import annotations

import heapq
from bisect import bisect_right
from collections.abc import Mapping
from typing import NamedTuple

import numpy as np
import numpy.typing as npt

from corpusforge.grammar.automata import States
from corpusforge.grammar.automaton_builder import Filler
from corpusforge.grammar.derivations import Piece, SlotPiece
from corpusforge.grammar.list_tables import ListTable

__all__ = ["MAX_RANK", "Steps", "Unranker"]

MAX_ENTRIES = 4096
# Ranks below this are walked as columns, larger ones as Python integers.
MAX_RANK = 1 << 62

Integers = npt.NDArray[np.int64]
Ids = npt.NDArray[np.int32]


class Steps(NamedTuple):
    """How some sentences are put together, shape [steps, rows] each.

    Attributes:
        entries: Entry of each step (see `Unranker`); 0, the empty one, when a sentence is over.
        values: Number of the value that fills the entry's slot; 0 without a slot.
    """

    entries: list[Ids]
    values: list[Integers]


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
        self._pages = _Pages()
        self._literal_ids: dict[str, int] = {"": 0}
        self.literals: list[str] = [""]
        self.symbols: list[Filler] = []
        self._symbol_ids: dict[str, int] = {}
        # Entry 0 is what follows the end of a sentence; table 0 is the end.
        self.entry_literal: list[int] = [0]
        self.entry_symbol: list[int] = [-1]
        self._entry_target: list[int] = [0]
        self._entry_total: list[int] = [1]
        self._arrays: tuple[Ids, Integers] | None = None
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

    def walk(self, tables: Ids, ranks: Integers) -> Steps:
        """Take ranks apart.

        Args:
            tables: Where each sentence starts, shape [rows].
            ranks: 0 <= rank < total < MAX_RANK, shape [rows].
        """
        steps = Steps([], [])
        ranks = ranks.copy()
        while tables.any():
            self._build_missing(tables)
            ranks = ranks.astype(self._pages.kind(), copy=False)
            found = self._pages.find(tables, ranks)
            target, total = self._entry_arrays()
            after = total[found]
            value = ranks // after  # 0 without a slot
            ranks -= value * after
            tables = target[found]
            steps.entries.append(found)
            steps.values.append(value)
        return steps

    def pieces(self, root: int, rank: int) -> list[Piece]:
        """The pieces of one sentence, for ranks of any size."""
        table = self.table(root)
        out: list[Piece] = []
        while table:
            if not self._built[table]:
                self._build(table)
            first, ends = self._pages.exact[table]
            index = bisect_right(ends, rank)
            rank -= ends[index - 1] if index else 0
            entry = first + index
            value, rank = divmod(rank, self._entry_total[entry])
            out.append(self.literals[self.entry_literal[entry]])
            symbol = self.entry_symbol[entry]
            if symbol >= 0:
                out.append(_piece(self.symbols[symbol], value))
            table = self._entry_target[entry]
        return out

    def _entry_arrays(self) -> tuple[Ids, Integers]:
        if self._arrays is None:
            most = min(MAX_RANK, np.iinfo(self._pages.kind()).max)
            self._arrays = (
                np.array(self._entry_target, np.int32),
                np.array([min(total, most) for total in self._entry_total], self._pages.kind()),
            )
        return self._arrays

    def _build_missing(self, tables: Ids) -> None:
        if self._all_built == len(self._built):
            return
        built = np.array(self._built)
        missing = np.unique(tables[~built[tables]])
        for table in missing.tolist():
            self._build(table)
        self._all_built = sum(self._built)

    def _build(self, table: int) -> None:
        entries = self._spell_out(self._table_states[table])
        first = len(self.entry_literal)
        ends: list[int] = []
        end = 0
        for literal, symbol, target in entries:
            after = 1 if target == -1 else self.total(target)
            end += after * (self._size(symbol) if symbol else 1)
            ends.append(end)
            self.entry_literal.append(self._literal(literal))
            self.entry_symbol.append(self._symbol(symbol) if symbol else -1)
            self._entry_target.append(self.table(target))
            self._entry_total.append(after)
        self._pages.add(table, first, ends)
        self._built[table] = True
        self._arrays = None

    def _spell_out(self, root: int) -> list[tuple[str, str, int]]:
        """Paths from a state as (literal, symbol or "", state; -1 = the end), each once."""
        states = self._states
        done: list[tuple[str, str, int]] = []
        waiting: list[tuple[int, str, int]] = [(0, "", root)]
        while waiting and len(done) + len(waiting) < MAX_ENTRIES:
            _, literal, state = heapq.heappop(waiting)
            arcs = states.arcs[state]
            while len(arcs) == 1 and len(arcs[0][0]) == 1 and not states.final[state]:
                literal, state = literal + arcs[0][0], arcs[0][1]
                arcs = states.arcs[state]
            if states.final[state]:
                done.append((literal, "", -1))
            for symbol, target in arcs:
                if len(symbol) > 1:
                    done.append((literal, symbol, -1 if self._is_end(target) else target))
                else:
                    heapq.heappush(waiting, (-self.total(target), literal + symbol, target))
        done += [(literal, "", state) for _, literal, state in sorted(waiting)]
        return done

    def _is_end(self, state: int) -> bool:
        return self._states.final[state] and not self._states.arcs[state]

    def _size(self, symbol: str) -> int:
        if len(symbol) == 1:
            return 1
        table = self._fillers[symbol].table
        assert table is not None, "open templates are not sampled"
        return table.size

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


class _Pages:
    """The ends of all entries, so that one binary search serves rows of all tables.

    The tables of a page stand one after the other on one line of numbers below 2^63.
    """

    def __init__(self) -> None:
        self.exact: dict[int, tuple[int, list[int]]] = {}
        """Table -> its first entry, and the ends of its entries."""
        self._lines: list[tuple[list[int], list[int]]] = []  # ends, their entries
        self._known: list[tuple[Integers, Ids]] = []
        self._wide = False
        self._page: list[int] = []
        self._start: list[int] = []
        self._by_table: tuple[Ids, Integers] | None = None

    def kind(self) -> type[np.int32] | type[np.int64]:
        """Smallest type for all ranks: half the memory to go through, where it is enough."""
        ends = [line[-1] for line, _ in self._lines]
        small = len(ends) == 1 and ends[0] < np.iinfo(np.int32).max and not self._wide
        return np.int32 if small else np.int64

    def add(self, table: int, first: int, ends: list[int]) -> None:
        """Add a table; the pages hold those that numpy can."""
        self.exact[table] = (first, ends)
        while len(self._page) <= table:
            self._page.append(-1)
            self._start.append(0)
        if ends[-1] >= MAX_RANK:
            self._wide = True
            return
        if not self._lines or self._lines[-1][0][-1] + ends[-1] >= MAX_RANK:
            self._lines.append(([0], [0]))
        line, entries = self._lines[-1]
        start = line[-1]
        self._page[table], self._start[table] = len(self._lines) - 1, start
        line += [start + end for end in ends]
        entries += range(first, first + len(ends))
        self._by_table = None

    def find(self, tables: Ids, ranks: Integers) -> Ids:
        """The entry of each rank; ranks become what is left of them."""
        if self._by_table is None:
            self._known = [
                (np.array(line, self.kind()), np.array([*entries[1:], 0], np.int32))
                for line, entries in self._lines
            ]
            self._by_table = np.array(self._page, np.int32), np.array(self._start, self.kind())
        page, start = self._by_table
        if len(self._known) == 1:
            live = tables > 0
            if live.all():
                return self._look_up(0, start[tables], ranks)
            found = np.zeros(len(tables), np.int32)
            rows = np.flatnonzero(live)
            left = ranks[rows]
            found[rows] = self._look_up(0, start[tables[rows]], left)
            ranks[rows] = left
            return found
        found = np.zeros(len(tables), np.int32)
        where = np.where(tables > 0, page[tables], -1)
        for number in range(len(self._known)):
            rows = np.flatnonzero(where == number)
            if len(rows):
                left = ranks[rows]
                found[rows] = self._look_up(number, start[tables[rows]], left)
                ranks[rows] = left
        return found

    def _look_up(self, number: int, start: Integers, ranks: Integers) -> Ids:
        line, entries = self._known[number]
        ranks += start
        index = np.searchsorted(line, ranks, side="right") - 1
        ranks -= line[index]
        found: Ids = entries[index]
        return found


def _piece(filler: Filler, value: int) -> Piece:
    table: ListTable | None = filler.table
    assert table is not None, "open templates are not sampled"
    text, canonical = table.value(value)
    if not filler.slot:
        return text
    return SlotPiece(filler.slot, table.entity, None if canonical == text else canonical, text)
