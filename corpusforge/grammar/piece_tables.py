"""Steps of the unranker as text and slots: literals and values are looked up, never looped over.

A sentence is a row of pieces, literals with the value behind them. All pieces of all sentences
are copied out of one table in one go, and the borders of the sentences are the offsets of the
text column. Spans are differences of these offsets.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

import numpy as np
import numpy.typing as npt
import pyarrow as pa

from corpusforge.core.arrow import code_points, integers, strings, text_bytes, woven
from corpusforge.core.schema import SLOT_TYPE
from corpusforge.grammar.automaton_builder import Filler
from corpusforge.grammar.guides import Integers
from corpusforge.grammar.list_tables import ListTable
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

Ids = npt.NDArray[np.int32]


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
        symbol: Symbol, or -1.
        named: Whether the symbol fills a slot.
    """

    def __init__(self, size: int) -> None:
        self.piece = np.zeros(size, np.int64)
        self.fused = np.zeros(size, np.bool_)
        self.number = np.zeros(size, np.int64)
        self.symbol = np.zeros(size, np.int32)
        self.named = np.zeros(size, np.bool_)


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
        self._names = self._entities = _NOTHING  # by symbol
        self._roles: pa.Array | None = None  # by symbol; None where all are ""
        self._groups: pa.Array | None = None
        self._pieces = _NOTHING  # literals, then all values, then literals with their values
        self._first_value = 0
        self._lengths: Ids | None = None  # of the pieces in code points; None: as in bytes
        self._entries = _Entries(0)

    def columns(self, steps: Steps) -> tuple[pa.Array, pa.Array]:
        """Texts and slots of sentences."""
        self._learn()
        known = self._entries
        numbers, values = self._numbers(steps)
        pieces = known.piece[steps.entries]
        if known.fused.all():
            each = 1  # piece a step
            pieces += steps.values
            text, places = self._woven(pieces, steps.ends, values)
        else:
            each = 2
            fused = known.fused[steps.entries]
            pieces += np.where(fused, steps.values, 0)
            further = len(self._pieces) - len(self._listed)
            value = numbers + np.where(numbers < len(self._listed), self._first_value, further)
            value[fused | (numbers == 0)] = 0
            pieces = np.stack([pieces, value], axis=1).ravel()
            text, places = self._woven(pieces, steps.ends * 2, values)
        return text, self._slots(steps, numbers, places[::each], values)

    def _woven(self, pieces: Integers, ends: Integers, values: _Values) -> tuple[pa.Array, Ids]:
        """Texts, and where each piece begins in all of them, in code points."""
        texts, lengths = self._pieces, self._lengths
        known = len(self._listed)
        if len(values.texts) > known:
            texts = pa.concat_arrays([texts, values.texts.slice(known)])
            if lengths is not None:
                lengths = np.concatenate([lengths, values.lengths[known:]])
        text, places = woven(texts, pieces, ends)
        if lengths is not None:
            places = np.zeros(len(pieces) + 1, np.int32)
            np.cumsum(lengths[pieces], out=places[1:])
        return text, places

    def _slots(self, steps: Steps, numbers: Integers, places: Ids, values: _Values) -> pa.Array:
        """The slot column; `places` is where each step begins in all texts, in code points."""
        named = self._entries.named[steps.entries]
        before = np.zeros(len(named) + 1, np.int32)
        np.cumsum(named, out=before[1:])
        offsets = before[steps.ends]
        picked = np.flatnonzero(named)
        number = numbers[picked]
        ends = places[picked + 1] - np.repeat(places[steps.ends[:-1]], np.diff(offsets))
        symbol = integers(self._entries.symbol[steps.entries[picked]])
        value = integers(number.astype(np.int32))
        nothing = integers(np.zeros(len(picked), np.int32))
        columns = [
            pa.DictionaryArray.from_arrays(symbol, self._names),
            pa.DictionaryArray.from_arrays(symbol, self._entities),
            pa.DictionaryArray.from_arrays(value, values.canonical),
            pa.DictionaryArray.from_arrays(value, values.texts),
            integers(ends - values.lengths[number]),
            integers(ends),
            *(
                pa.DictionaryArray.from_arrays(nothing, _NOTHING)
                if words is None
                else pa.DictionaryArray.from_arrays(symbol, words)
                for words in (self._roles, self._groups)
            ),
        ]
        items = pa.StructArray.from_arrays(columns, fields=list(BULK_SLOT))
        return pa.ListArray.from_arrays(integers(offsets), items)

    def _numbers(self, steps: Steps) -> tuple[Integers, _Values]:
        """Numbers in the table of values, and the table, with values of long lists at its end."""
        start = self._entries.number[steps.entries]
        numbers = start + steps.values
        if -1 not in self._symbol_first:
            return numbers, self._values
        made: dict[tuple[int, int], int] = {}
        further: list[tuple[str, str]] = []
        for step in np.flatnonzero(start < 0).tolist():
            key = int(self._entries.symbol[steps.entries[step]]), int(steps.values[step])
            if key not in made:
                made[key] = len(self._listed) + len(further)
                further.append(_table(self._unranker.symbols[key[0]]).value(key[1]))
            numbers[step] = made[key]
        more = _values(further)
        return numbers, _Values(
            pa.concat_arrays([self._values.texts, more.texts]),
            pa.concat_arrays([self._values.canonical, more.canonical]),
            np.concatenate([self._values.lengths, more.lengths]),
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
        self._names = strings([label.name for label in labels])
        self._entities = strings([_table(filler).entity for filler in unranker.symbols])
        self._roles = _words_or_none([label.role for label in labels])
        self._groups = _words_or_none([label.group for label in labels])
        self._spell_out()

    def _spell_out(self) -> None:
        """Make the pieces of all entries, with values behind literals as far as there is room.

        One look-up is cheaper than two; larger tables would not fit the cache.
        """
        unranker = self._unranker
        made = _Entries(len(unranker.entry_literal))
        made.piece[:] = unranker.entry_literal
        made.symbol[:] = unranker.entry_symbol
        # (without a symbol: the last of each of these)
        made.number[:] = np.array([*self._symbol_first, 0])[made.symbol]
        made.named[:] = np.array([*(f.slot != "" for f in unranker.symbols), False])[made.symbol]
        sizes = np.array([*(_table(filler).size for filler in unranker.symbols), 1])
        made.fused[:] = made.symbol < 0
        literals = strings(unranker.literals)
        simple = pa.concat_arrays([literals, self._values.texts])
        self._first_value = len(literals)
        # A literal before a list is spelled out once for all entries that say so.
        filled = np.flatnonzero(made.number > 0)
        ranges = [*zip(self._symbol_first, sizes.tolist(), strict=False), (0, 1)]
        range_ids = {values: number for number, values in enumerate(dict.fromkeys(ranges))}
        range_of = np.array([range_ids[values] for values in ranges])
        pairs = made.piece[filled] * len(range_ids) + range_of[made.symbol[filled]]
        _, where, which = np.unique(pairs, return_index=True, return_inverse=True)
        entry = filled[where]
        size = sizes[made.symbol[entry]]
        ends = np.cumsum(size)
        fits = int(np.searchsorted(ends, MAX_PIECES, side="right"))
        entry, size, starts = entry[:fits], size[:fits], ends[:fits] - size[:fits]
        literal = np.repeat(made.piece[entry], size)
        value = np.repeat(self._first_value + made.number[entry] - starts, size)
        value += np.arange(len(value))
        both = np.stack([literal, value], axis=1).ravel()
        spelled, _ = woven(simple, both, np.arange(0, len(both) + 1, 2))
        self._pieces = pa.concat_arrays([simple, spelled])
        inside = which < fits
        made.piece[filled[inside]] = len(simple) + starts[which[inside]]
        made.fused[filled[inside]] = True
        self._entries = made
        self._lengths = code_points(self._pieces)
        if (self._lengths == np.diff(text_bytes(self._pieces)[0])).all():
            self._lengths = None


def _table(filler: Filler) -> ListTable:
    assert filler.table is not None, "open templates are not sampled"
    return filler.table


def _words_or_none(texts: Sequence[str]) -> pa.Array | None:
    return strings(texts) if any(texts) else None


def _values(pairs: Sequence[tuple[str, str]]) -> _Values:
    texts = strings([text for text, _ in pairs])
    return _Values(texts, strings([value for _, value in pairs]), code_points(texts))
