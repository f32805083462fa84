"""Steps of the unranker as text and slots: literals and values are looked up, never looped over.

A sentence is a row of pieces, literals with the value behind them. All pieces of all sentences
are copied out of one table in one go, and the borders of the sentences are the offsets of the
text column. Spans are differences of these offsets.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import pyarrow as pa

from corpusforge.core.arrow import integers, taken, woven
from corpusforge.core.schema import SLOT_TYPE
from corpusforge.grammar.guides import Integers, looked_up
from corpusforge.grammar.pieces import Pieces, Slots
from corpusforge.grammar.spelling import NOTHING, Spelling, Values, values_of
from corpusforge.grammar.unranking import Steps, Unranker

__all__ = ["BULK_SLOT", "WORDS", "PieceTables"]

WORDS = pa.dictionary(pa.int32(), pa.string())
"""Type of texts of few different values."""
_CODED = {"name", "entity", "value", "text", "role", "group"}
BULK_SLOT = pa.struct([(f.name, WORDS if f.name in _CODED else f.type) for f in SLOT_TYPE])


class PieceTables:
    """Makes columns of steps.

    Args:
        unranker: Whose steps.
    """

    def __init__(self, unranker: Unranker) -> None:
        self._unranker = unranker
        self._known = Spelling(unranker)

    def columns(self, steps: Steps) -> tuple[pa.Array, pa.Array]:
        """Texts and slots of sentences."""
        known = self._known
        known.learn()
        table, values = known.pieces, known.values
        pieces: list[Integers] = []
        for entries, of_step in zip(steps.entries, steps.values, strict=True):
            first = looked_up(known.entries.piece, entries)
            if known.all_fused:
                pieces.append(first + of_step)
                continue
            fused = known.entries.fused[entries]
            pieces.append(first + of_step * fused)
            loose = np.flatnonzero(~fused)
            if len(loose):
                own, values = self._own_pieces(entries[loose], of_step[loose], values)
                pieces.append(np.zeros(len(entries), np.int64))
                pieces[-1][loose] = len(table.texts) + np.arange(len(loose))
                table = table.with_more(own)
        return self._columns(table, values, *_row_by_row(pieces))

    def _own_pieces(
        self, entries: Integers, of_step: Integers, values: Values
    ) -> tuple[Pieces, Values]:
        """Values that are pieces of their own, each with its slot, and the table of values."""
        numbers, values = self._numbers(entries, of_step, values)
        symbols, lengths = self._known.entries.symbol[entries], values.lengths[numbers]
        own = Pieces(
            taken(values.texts, numbers),
            lengths,
            np.arange(len(entries)),
            (symbols >= 0).astype(np.int64),
            Slots(symbols, numbers.astype(np.int32), lengths, lengths),
        )
        return own, values

    def _numbers(
        self, entries: Integers, of_step: Integers, values: Values
    ) -> tuple[Integers, Values]:
        """Numbers in the table of values, and the table, with values of long lists at its end."""
        start = self._known.entries.number[entries]
        numbers = start + of_step
        met = np.flatnonzero(start < 0)
        if not len(met):
            return numbers, values
        made: dict[tuple[int, int], int] = {}
        further: list[tuple[str, str]] = []
        for step in met.tolist():
            symbol = self._unranker.entry_symbol[int(entries[step])]
            key = symbol, int(of_step[step])
            if key not in made:
                made[key] = len(values.texts) + len(further)
                table = self._unranker.symbols[symbol].table
                assert table is not None, "open templates are not sampled"
                further.append(table.value(key[1]))
            numbers[step] = made[key]
        return numbers, values.with_more(values_of(further))

    def _columns(
        self, table: Pieces, values: Values, pieces: Integers, ends: Integers
    ) -> tuple[pa.Array, pa.Array]:
        """Texts and slots of sentences that are pieces[ends[i]] ... pieces[ends[i + 1] - 1]."""
        text, places = woven(table.texts, pieces, ends)
        if not (self._known.is_ascii and table is self._known.pieces):
            places = np.zeros(len(pieces) + 1, np.int32)
            np.cumsum(table.lengths[pieces], out=places[1:])
        counts = looked_up(table.filled, pieces)
        before = np.zeros(len(pieces) + 1, np.int64)
        np.cumsum(counts, out=before[1:])
        offsets = looked_up(before, ends)
        # For the slots of each piece, side by side because repeating is dear: what brings their
        # numbers among all slots of all rows to those in the table, and their ends to the row's.
        moves = np.empty((len(pieces), 2), np.int32)
        np.subtract(looked_up(table.first, pieces), before[:-1], out=moves[:, 0], casting="unsafe")
        np.subtract(places[:-1], np.repeat(places[ends[:-1]], np.diff(ends)), out=moves[:, 1])
        moved = np.repeat(moves.view(np.int64).ravel(), counts).view(np.int32).reshape(-1, 2)
        slot = np.arange(len(moved))
        slot += moved[:, 0]
        end = looked_up(table.slots.end, slot)
        end += moved[:, 1]
        symbol = integers(looked_up(table.slots.symbol, slot))
        value = integers(looked_up(table.slots.number, slot))
        columns = {
            "value": _coded(value, values.canonical),
            "text": _coded(value, values.texts),
            "start": integers(end - looked_up(table.slots.length, slot)),
            "end": integers(end),
        }
        for name, words in self._known.labels.items():
            codes = integers(np.zeros(len(slot), np.int32)) if words is NOTHING else symbol
            columns[name] = _coded(codes, words)
        items = pa.StructArray.from_arrays(
            [columns[field.name] for field in BULK_SLOT], fields=list(BULK_SLOT)
        )
        return text, pa.ListArray.from_arrays(integers(offsets.astype(np.int32)), items)


def _row_by_row(columns: Sequence[Integers]) -> tuple[Integers, Integers]:
    """Pieces row by row without the empty ones, and where each row begins, and the end."""
    pieces = np.stack(columns, axis=1).ravel() if len(columns) > 1 else columns[0]
    taken_ones = np.flatnonzero(pieces)
    if len(taken_ones) == len(pieces):
        return pieces, np.arange(0, len(pieces) + 1, len(columns))
    ends = np.zeros(len(columns[0]) + 1, np.int64)
    for column in columns:
        ends[1:] += column > 0
    np.cumsum(ends, out=ends)
    return pieces[taken_ones], ends


def _coded(codes: pa.Array, words: pa.Array) -> pa.DictionaryArray:
    """Words by number; the numbers are right."""
    return pa.DictionaryArray.from_arrays(codes, words, safe=False)
