"""Steps of the unranker as text and slots: literals and values are looked up, never looped over.

A sentence is a row of pieces, literals with the value behind them. All pieces of all sentences
are copied out of one table in one go, and the borders of the sentences are the offsets of the
text column. Spans are differences of these offsets.
"""

from __future__ import annotations

from collections.abc import Sequence
from itertools import groupby
from typing import NamedTuple

import numpy as np
import pyarrow as pa

from corpusforge.core.arrow import code_points, integers, strings, taken, woven
from corpusforge.core.schema import SLOT_TYPE
from corpusforge.grammar.automaton_builder import Filler
from corpusforge.grammar.guides import Integers
from corpusforge.grammar.list_tables import ListTable
from corpusforge.grammar.pieces import Ids, Pieces, Slots, Spans, simple, spelled_out
from corpusforge.grammar.slot_labels import split_label
from corpusforge.grammar.unranking import Steps, Unranker

__all__ = ["BULK_SLOT", "WORDS", "PieceTables"]

# Literals with values that are kept spelled out.
MAX_PIECES = 1 << 18

WORDS = pa.dictionary(pa.int32(), pa.string())
"""Type of texts of few different values."""
_CODED = {"name", "entity", "value", "text", "role", "group"}
BULK_SLOT = pa.struct([(f.name, WORDS if f.name in _CODED else f.type) for f in SLOT_TYPE])
_NOTHING = strings([""])


class _Values(NamedTuple):
    """Words and canonical values by number; number 0 is nothing.

    Attributes:
        texts: Words.
        canonical: Values.
        lengths: Of the words, in code points.
    """

    texts: pa.Array
    canonical: pa.Array
    lengths: Ids


class _Entries:
    """What the entries of the unranker are made of, shape [entries] each.

    Attributes:
        piece: Number of the piece; where it is fused, of that with value 0.
        fused: Whether the value is part of the piece. Otherwise it is a piece of its own.
        number: Number of value 0; 0 without a symbol; -1 where values are made when they are met.
        symbol: Symbol that fills a slot, or -1.
    """

    def __init__(self, size: int) -> None:
        self.piece = np.zeros(size, np.int64)
        self.fused = np.zeros(size, np.bool_)
        self.number = np.zeros(size, np.int64)
        self.symbol = np.full(size, -1, np.int32)


class PieceTables:
    """Literals and values as tables; new ones are added as the unranker meets them.

    Args:
        unranker: Whose steps are to be spelled out.
    """

    def __init__(self, unranker: Unranker) -> None:
        self._unranker = unranker
        self._listed: list[tuple[str, str]] = [("", "")]
        self._first: dict[int, int] = {}  # by the texts of a table, which the unranker keeps
        self._symbol_first: list[int] = []  # by symbol: its first value; -1: made when met
        self._values = _values(self._listed)
        self._labels: dict[str, pa.Array] = {}  # name, entity, role and group by symbol
        # Literals, all values, literals with their values, closed entries.
        self._pieces = simple(_NOTHING)
        self._first_value = 0
        self._is_ascii = self._all_fused = True
        self._entries = _Entries(0)

    def columns(self, steps: Steps) -> tuple[pa.Array, pa.Array]:
        """Texts and slots of sentences."""
        self._learn()
        known, values = self._pieces, self._values
        pieces: list[Integers] = []
        for entries, of_step in zip(steps.entries, steps.values, strict=True):
            number = self._entries.piece[entries]
            if self._all_fused:
                pieces.append(number + of_step)
                continue
            fused = self._entries.fused[entries]
            pieces.append(number + of_step * fused)
            loose = np.flatnonzero(~fused)
            if len(loose):
                own, values = self._own_pieces(entries[loose], of_step[loose], values)
                pieces.append(np.zeros(len(entries), np.int64))
                pieces[-1][loose] = len(known.texts) + np.arange(len(loose))
                known = known.with_more(own)
        return self._columns(known, values, *_row_by_row(pieces))

    def _own_pieces(
        self, entries: Integers, values: Integers, known: _Values
    ) -> tuple[Pieces, _Values]:
        """Values that are pieces of their own, each with its slot, and the table of values."""
        numbers, known = self._numbers(entries, values, known)
        symbols, lengths = self._entries.symbol[entries], known.lengths[numbers]
        own = Pieces(
            taken(known.texts, numbers),
            lengths,
            np.arange(len(entries)),
            (symbols >= 0).astype(np.int64),
            Slots(symbols, numbers.astype(np.int32), lengths, lengths),
        )
        return own, known

    def _columns(
        self, known: Pieces, values: _Values, pieces: Integers, ends: Integers
    ) -> tuple[pa.Array, pa.Array]:
        """Texts and slots of sentences that are pieces[ends[i]] ... pieces[ends[i + 1] - 1]."""
        text, places = woven(known.texts, pieces, ends)
        if not (self._is_ascii and known is self._pieces):
            places = np.zeros(len(pieces) + 1, np.int32)
            np.cumsum(known.lengths[pieces], out=places[1:])
        counts = known.filled[pieces]
        before = np.zeros(len(pieces) + 1, np.int64)
        np.cumsum(counts, out=before[1:])
        offsets = before[ends]
        # The piece of each slot, and its number among all slots of all pieces.
        of = np.repeat(np.arange(len(pieces)), counts)
        slot = (known.first[pieces] - before[:-1])[of]
        slot += np.arange(len(slot))
        end = known.slots.end[slot] + places[of]
        end -= np.repeat(places[ends[:-1]], np.diff(offsets))
        symbol = integers(known.slots.symbol[slot])
        value = integers(known.slots.number[slot])
        columns = {
            "value": _coded(value, values.canonical),
            "text": _coded(value, values.texts),
            "start": integers(end - known.slots.length[slot]),
            "end": integers(end),
        }
        for name, words in self._labels.items():
            codes = integers(np.zeros(len(slot), np.int32)) if words is _NOTHING else symbol
            columns[name] = _coded(codes, words)
        items = pa.StructArray.from_arrays(
            [columns[field.name] for field in BULK_SLOT], fields=list(BULK_SLOT)
        )
        return text, pa.ListArray.from_arrays(integers(offsets.astype(np.int32)), items)

    def _numbers(
        self, entries: Integers, values: Integers, known: _Values
    ) -> tuple[Integers, _Values]:
        """Numbers in the table of values, and the table, with values of long lists at its end."""
        start = self._entries.number[entries]
        numbers = start + values
        met = np.flatnonzero(start < 0)
        if not len(met):
            return numbers, known
        made: dict[tuple[int, int], int] = {}
        further: list[tuple[str, str]] = []
        for step in met.tolist():
            symbol = self._unranker.entry_symbol[int(entries[step])]
            key = symbol, int(values[step])
            if key not in made:
                made[key] = len(known.texts) + len(further)
                further.append(_table(self._unranker.symbols[symbol]).value(key[1]))
            numbers[step] = made[key]
        more = _values(further)
        return numbers, _Values(
            pa.concat_arrays([known.texts, more.texts]),
            pa.concat_arrays([known.canonical, more.canonical]),
            np.concatenate([known.lengths, more.lengths]),
        )

    def _learn(self) -> None:
        """Take over what the unranker has met since."""
        unranker = self._unranker
        if len(self._entries.piece) == len(unranker.entry_literal):
            return
        known = len(self._listed)
        for filler in unranker.symbols[len(self._symbol_first) :]:
            table = _table(filler)
            key = table.texts_id
            if key not in self._first:
                whole = table.whole()
                self._first[key] = len(self._listed) if whole.spelled else -1
                if whole.spelled:
                    self._listed += (whole.value(number) for number in range(whole.size))
            first = self._first[key]
            self._symbol_first.append(first + table.offset if first >= 0 else -1)
        if len(self._listed) > known:
            self._values = _values(self._listed)
        labels = [split_label(filler.slot) for filler in unranker.symbols]
        self._labels = {
            "name": strings([label.name for label in labels]),
            "entity": strings([_table(filler).entity for filler in unranker.symbols]),
            "role": _words_or_nothing([label.role for label in labels]),
            "group": _words_or_nothing([label.group for label in labels]),
        }
        self._spell_out()

    def _spell_out(self) -> None:
        """Make the pieces of all entries, with values behind literals as far as there is room.

        One look-up is cheaper than two; larger tables would not fit the cache.
        """
        unranker = self._unranker
        made = _Entries(len(unranker.entry_literal))
        symbols = np.array(unranker.entry_symbol)
        made.piece[:] = unranker.entry_literal
        # (without a symbol: the last of each of these)
        made.number[:] = np.array([*self._symbol_first, 0])[symbols]
        named = np.array([*(filler.slot != "" for filler in unranker.symbols), False])
        made.symbol[named[symbols]] = symbols[named[symbols]]
        made.fused[:] = symbols < 0
        sizes = np.array([*(_table(filler).size for filler in unranker.symbols), 1])
        literals = strings(unranker.literals)
        self._first_value = len(literals)
        self._pieces = simple(pa.concat_arrays([literals, self._values.texts]))
        inner = np.zeros(len(symbols), np.bool_)
        for closed in unranker.closed.values():
            inner[closed.first : closed.stop] = True
        # A literal before a list is spelled out once for all entries that say so.
        filled = np.flatnonzero((made.number > 0) & ~inner)
        pairs = made.piece[filled] * len(sizes) + symbols[filled]
        where, which = _different(pairs)
        ends = np.cumsum(sizes[symbols[filled[where]]])
        fits = int(np.searchsorted(ends, MAX_PIECES, side="right"))
        sizes = sizes[symbols]
        held = np.ones(len(symbols), np.int64)  # ranks of closed entries
        starts = self._append(made, filled[where[:fits]], sizes, np.zeros(fits, np.int64), held)
        inside = which < fits
        made.piece[filled[inside]] = starts[which[inside]]
        made.fused[filled[inside]] = True
        self._close(made, sizes, held)
        self._entries = made
        self._all_fused = bool((made.fused | inner).all())
        self._is_ascii = self._pieces.is_ascii()

    def _close(self, made: _Entries, sizes: Integers, held: Integers) -> None:
        """Make the pieces of closed tables, those first that others end with."""
        closed = sorted(self._unranker.closed.values(), key=lambda one: one.depth)
        for _, group in groupby(closed, key=lambda one: one.depth):
            tables = list(group)
            entries = np.concatenate([np.arange(one.first, one.stop) for one in tables])
            tails = np.concatenate([np.array(one.tails, np.int64) for one in tables])
            starts = self._append(made, entries, sizes, tails, held)
            first = np.cumsum([0, *(one.stop - one.first for one in tables)])[:-1]
            each = sizes[entries] * held[tails]
            own = [one.entry for one in tables]
            held[own] = np.add.reduceat(each, first)
            made.piece[own] = starts[first]

    def _append(
        self, made: _Entries, entries: Integers, sizes: Integers, tails: Integers, held: Integers
    ) -> Integers:
        """Spell out entries with what follows; the number of the first piece of each."""
        number = made.number[entries]
        spans = Spans(
            literal=made.piece[entries],
            value=np.where(number > 0, self._first_value + number, 0),
            size=sizes[entries],
            symbol=made.symbol[entries],
            number=number,
            tail=made.piece[tails],
            tails=held[tails],
        )
        each = spans.size * spans.tails
        starts: Integers = len(self._pieces.texts) + np.cumsum(each) - each
        self._pieces = self._pieces.with_more(spelled_out(self._pieces, spans))
        return starts


def _table(filler: Filler) -> ListTable:
    assert filler.table is not None, "open templates are not sampled"
    return filler.table


def _different(numbers: Integers) -> tuple[Integers, Integers]:
    """Where different numbers stand first, rising, and the turn of each number among them.

    As `np.unique`, which imports more of NumPy.
    """
    order = np.argsort(numbers, kind="stable")
    is_new = np.diff(numbers[order], prepend=-1) != 0
    turns = np.zeros(len(numbers), np.int64)
    turns[order] = np.cumsum(is_new) - 1
    return order[is_new], turns


def _row_by_row(columns: Sequence[Integers]) -> tuple[Integers, Integers]:
    """Pieces row by row without the empty ones, and where each row begins, and the end."""
    counts = np.zeros(len(columns[0]) + 1, np.int64)
    for column in columns:
        counts[1:] += column > 0
    pieces = np.stack(columns, axis=1).ravel() if len(columns) > 1 else columns[0]
    return pieces[np.flatnonzero(pieces)], np.cumsum(counts)


def _coded(codes: pa.Array, words: pa.Array) -> pa.DictionaryArray:
    """Words by number; the numbers are right."""
    return pa.DictionaryArray.from_arrays(codes, words, safe=False)


def _words_or_nothing(texts: Sequence[str]) -> pa.Array:
    return strings(texts) if any(texts) else _NOTHING


def _values(pairs: Sequence[tuple[str, str]]) -> _Values:
    texts = strings([text for text, _ in pairs])
    return _Values(texts, strings([value for _, value in pairs]), code_points(texts))
