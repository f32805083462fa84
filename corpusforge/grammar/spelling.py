"""Entries of the unranker spelled out as pieces, as they are met.

Everything grows at its end: what was spelled out once keeps its number.
"""

from __future__ import annotations

from collections.abc import Sequence
from itertools import groupby
from typing import NamedTuple

import numpy as np
import numpy.typing as npt
import pyarrow as pa

from corpusforge.core.arrow import code_points, strings
from corpusforge.grammar.automaton_builder import Filler
from corpusforge.grammar.guides import Integers
from corpusforge.grammar.list_tables import ListTable
from corpusforge.grammar.pieces import Ids, Pieces, Spans, simple, spelled_out
from corpusforge.grammar.slot_labels import split_label
from corpusforge.grammar.unranking import Closed, Unranker

__all__ = ["NOTHING", "Spelling", "Values", "values_of"]

# Literals with values that are kept spelled out; more would not fit the cache.
MAX_PIECES = 1 << 18

NOTHING = strings([""])


class Values(NamedTuple):
    """Words and canonical values by number; number 0 is nothing.

    Attributes:
        texts: Words.
        canonical: Values.
        lengths: Of the words, in code points.
    """

    texts: pa.Array
    canonical: pa.Array
    lengths: Ids

    def with_more(self, other: Values) -> Values:
        """These and others behind them."""
        return Values(
            pa.concat_arrays([self.texts, other.texts]),
            pa.concat_arrays([self.canonical, other.canonical]),
            np.concatenate([self.lengths, other.lengths]),
        )


def values_of(pairs: Sequence[tuple[str, str]]) -> Values:
    """Pairs of words and canonical values."""
    texts = strings([text for text, _ in pairs])
    return Values(texts, strings([value for _, value in pairs]), code_points(texts))


class _Entries(NamedTuple):
    """What entries are made of, shape [entries] each.

    Attributes:
        piece: Number of the piece; where it is fused, of that with value 0.
        fused: Whether the value is part of the piece. Otherwise it is a piece of its own.
        number: Number of value 0; 0 without a symbol; -1 where values are made when they are met.
        symbol: Symbol that fills a slot, or -1.
        size: How many values; 1 without a symbol.
        held: Ranks that are one piece each, of an entry that stands for a closed table; 1.
    """

    piece: Integers
    fused: npt.NDArray[np.bool_]
    number: Integers
    symbol: Ids
    size: Integers
    held: Integers

    def with_more(self, other: _Entries) -> _Entries:
        """These and others behind them."""
        return _Entries(
            np.concatenate([self.piece, other.piece]),
            np.concatenate([self.fused, other.fused]),
            np.concatenate([self.number, other.number]),
            np.concatenate([self.symbol, other.symbol]),
            np.concatenate([self.size, other.size]),
            np.concatenate([self.held, other.held]),
        )


class Spelling:
    """Pieces of entries.

    Args:
        unranker: Whose entries.
    """

    def __init__(self, unranker: Unranker) -> None:
        self._unranker = unranker
        self._first: dict[int, int] = {}  # by the texts of a table, which the unranker keeps
        self._symbol_first: list[int] = []  # by symbol: its first value; -1: made when met
        self._literals: Integers = np.zeros(0, np.int64)  # their pieces
        self._value_pieces: Integers = np.zeros(1, np.int64)
        self._fused: dict[tuple[int, int], int] = {}  # literal and symbol -> first piece
        self._closed = 0  # tables that are known
        self.labels = dict.fromkeys(("name", "entity", "role", "group"), NOTHING)
        """Names, entities, roles and groups by symbol; `NOTHING` where all are ""."""
        self.values = values_of([("", "")])
        self.pieces = simple(NOTHING)
        self.is_ascii = self.all_fused = True
        integers, truths = np.zeros(0, np.int64), np.zeros(0, np.bool_)
        symbols = np.zeros(0, np.int32)
        self.entries = _Entries(integers, truths, integers, symbols, integers, integers)

    def learn(self) -> None:
        """Take over what the unranker has met since."""
        known, now = len(self.entries.piece), len(self._unranker.entry_literal)
        if known == now:
            return
        before = len(self.pieces.texts)
        self._learn_values()
        literals = self._unranker.literals[len(self._literals) :]
        self._literals = np.concatenate([self._literals, self._add(simple(strings(literals)))])
        closed = list(self._unranker.closed.values())[self._closed :]
        self._closed += len(closed)
        inner = np.zeros(now - known, np.bool_)  # only ever met as a part of a closed table
        for one in closed:
            inner[one.first - known : one.stop - known] = True
        new = self._new_entries(known)
        self.entries = self.entries.with_more(new)
        self._fuse(known + np.flatnonzero((new.number > 0) & ~inner))
        self._close(closed)
        self.entries.fused[known:] |= inner
        self.all_fused &= bool(self.entries.fused[known:].all())
        self.is_ascii &= self.pieces.since(before).is_ascii()

    def _learn_values(self) -> None:
        symbols = self._unranker.symbols
        if len(symbols) == len(self._symbol_first):
            return
        listed: list[tuple[str, str]] = []
        for filler in symbols[len(self._symbol_first) :]:
            table = _table(filler)
            key = table.texts_id
            if key not in self._first:
                whole = table.whole()
                self._first[key] = len(self.values.texts) + len(listed) if whole.spelled else -1
                if whole.spelled:
                    listed += (whole.value(number) for number in range(whole.size))
            first = self._first[key]
            self._symbol_first.append(first + table.offset if first >= 0 else -1)
        if listed:
            new = values_of(listed)
            self.values = self.values.with_more(new)
            added = self._add(simple(new.texts))
            self._value_pieces = np.concatenate([self._value_pieces, added])
        labels = [split_label(filler.slot) for filler in symbols]
        self.labels = {
            "name": strings([label.name for label in labels]),
            "entity": strings([_table(filler).entity for filler in symbols]),
            "role": _words_or_nothing([label.role for label in labels]),
            "group": _words_or_nothing([label.group for label in labels]),
        }

    def _new_entries(self, known: int) -> _Entries:
        """Those that are not known yet, as literals."""
        unranker = self._unranker
        symbols = np.array(unranker.entry_symbol[known:])
        # (without a symbol, -1: the last of each of these)
        number = np.array([*self._symbol_first, 0])[symbols]
        named = np.array([*(filler.slot != "" for filler in unranker.symbols), False])[symbols]
        sizes = np.array([*(_table(filler).size for filler in unranker.symbols), 1])[symbols]
        return _Entries(
            self._literals[np.array(unranker.entry_literal[known:])],
            symbols < 0,
            number,
            np.where(named, symbols, -1).astype(np.int32),
            sizes,
            np.ones(len(symbols), np.int64),
        )

    def _fuse(self, filled: Integers) -> None:
        """Spell out literals with the values behind them, as far as there is room.

        One look-up is cheaper than two. A literal before a list is spelled out once for all
        entries that say so.
        """
        unranker, room = self._unranker, MAX_PIECES - len(self.pieces.texts)
        new: list[int] = []
        for entry in filled.tolist():
            key = unranker.entry_literal[entry], unranker.entry_symbol[entry]
            size = int(self.entries.size[entry])
            if key not in self._fused and size <= room:
                self._fused[key] = -1 - len(new)
                new.append(entry)
                room -= size
        starts = self._spell(np.array(new, np.int64), np.zeros(len(new), np.int64)).tolist()
        for entry in filled.tolist():
            key = unranker.entry_literal[entry], unranker.entry_symbol[entry]
            start = self._fused.get(key)
            if start is not None:
                self._fused[key] = start = starts[-1 - start] if start < 0 else start
                self.entries.piece[entry] = start
                self.entries.fused[entry] = True

    def _close(self, closed: Sequence[Closed]) -> None:
        """Spell out closed tables, those first that others end with."""
        by_depth = sorted(closed, key=lambda one: one.depth)
        for _, group in groupby(by_depth, key=lambda one: one.depth):
            tables = list(group)
            entries = np.concatenate([np.arange(one.first, one.stop) for one in tables])
            tails = np.concatenate([np.array(one.tails, np.int64) for one in tables])
            starts = self._spell(entries, tails)
            first = np.cumsum([0, *(one.stop - one.first for one in tables)])[:-1]
            own = [one.entry for one in tables]
            each = self.entries.size[entries] * self.entries.held[tails]
            self.entries.held[own] = np.add.reduceat(each, first)
            self.entries.piece[own] = starts[first]

    def _spell(self, entries: Integers, tails: Integers) -> Integers:
        """Add pieces of entries with what follows; the number of the first one of each."""
        made = self.entries
        spans = Spans(
            literal=made.piece[entries],
            value=self._value_pieces[made.number[entries]],
            size=made.size[entries],
            symbol=made.symbol[entries],
            number=made.number[entries],
            tail=made.piece[tails],
            tails=made.held[tails],
        )
        each = spans.size * spans.tails
        starts: Integers = self._add(spelled_out(self.pieces, spans))[np.cumsum(each) - each]
        return starts

    def _add(self, pieces: Pieces) -> Integers:
        """Add pieces; their numbers."""
        before = len(self.pieces.texts)
        self.pieces = self.pieces.with_more(pieces)
        return np.arange(before, len(self.pieces.texts))


def _table(filler: Filler) -> ListTable:
    assert filler.table is not None, "open templates are not sampled"
    return filler.table


def _words_or_nothing(texts: Sequence[str]) -> pa.Array:
    return strings(texts) if any(texts) else NOTHING
