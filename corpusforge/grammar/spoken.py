"""The column `spoken`: texts with the spoken forms of their slot values, where there are any.

Asked of rows that are made already, whoever made them: spans say where the values stand. Columns
in, column out; no loop over rows. Values that fill no slot, and lists inside of values, keep their
words.
"""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np
import numpy.typing as npt
import pyarrow as pa

from corpusforge.core.arrow import int32s, list_items, strings, taken, text_bytes, woven
from corpusforge.core.schema import SLOT_TYPE
from corpusforge.grammar.expression import Text
from corpusforge.grammar.pack import Pack, ValueList
from corpusforge.grammar.series import Series

__all__ = ["SpokenForms", "spoken_forms"]

_Ids = npt.NDArray[np.int32]
_Places = npt.NDArray[np.int64]


class SpokenForms:
    """What slot values are said like, where that differs from their text.

    Args:
        said: (entity, text, canonical value) -> words; not empty.
    """

    def __init__(self, said: dict[tuple[str, str, str], str]) -> None:
        self._numbers = {key: number for number, key in enumerate(said)}
        self._entities = {entity for entity, _, _ in said}
        self._words = strings(list(said.values()))

    def column(self, texts: pa.Array, slots: pa.Array) -> pa.Array:
        """What is said, null where it is the text itself.

        Args:
            texts: Strings without nulls, shape [rows].
            slots: As `core.schema.SLOT_TYPE`, its strings dictionaries or not, without nulls,
                shape [rows].
        """
        offsets, items = list_items(slots)
        word = self._word_of(items)
        picked = np.flatnonzero(word >= 0)
        if not len(picked):
            return pa.nulls(len(texts), pa.string())
        row_of = np.repeat(np.arange(len(texts)), np.diff(offsets))[picked]
        rows, place = np.unique(row_of, return_inverse=True)
        start, end = (int32s(_field(items, name))[picked] for name in ("start", "end"))
        made = self._replaced(taken(texts, rows), place, start, end, word[picked])
        where = np.full(len(texts), len(rows), np.int64)
        where[rows] = np.arange(len(rows))
        return taken(pa.concat_arrays([made, pa.nulls(1, pa.string())]), where)

    def _word_of(self, items: pa.StructArray) -> _Ids:
        """The number of the words of each slot, -1 for none."""
        found = np.full(len(items), -1, np.int32)
        entity, text, value = (_coded(_field(items, n)) for n in ("entity", "text", "value"))
        known = [name in self._entities for name in entity.dictionary.to_pylist()]
        mine = np.flatnonzero(np.array(known, bool)[int32s(entity.indices)])
        if not len(mine):
            return found
        # Each different slot is looked up once.
        places = [int32s(column.indices)[mine] for column in (entity, text, value)]
        code = np.zeros(len(mine), np.int64)
        for column, place in zip((entity, text, value), places, strict=True):
            code = code * len(column.dictionary) + place
        _, first, back = np.unique(code, return_index=True, return_inverse=True)
        parts = [
            taken(column.dictionary, place[first]).to_pylist()
            for column, place in zip((entity, text, value), places, strict=True)
        ]
        numbers = [self._numbers.get(key, -1) for key in zip(*parts, strict=True)]
        found[mine] = np.array(numbers, np.int32)[back]
        return found

    def _replaced(
        self, texts: pa.Array, row: _Places, start: _Ids, end: _Ids, word: _Ids
    ) -> pa.Array:
        """Texts with words in place of spans.

        The texts are cut where spans begin and end, which copies nothing, and are put together
        again with words for the spans.

        Args:
            texts: Without offset, shape [texts].
            row: The text of each span, ascending, each at least once, shape [spans].
            start: In code points, ascending within a text.
            end: Half-open.
            word: Number of the words.
        """
        ends, data = text_bytes(texts)
        begins, stops = _in_bytes(ends, data, row, start), _in_bytes(ends, data, row, end)
        new = np.append(True, row[1:] != row[:-1])
        last = np.append(new[1:], True)
        # Span k is piece 2k + row + 1, what is before it the one before; the rest of a text
        # follows its last span.
        before = 2 * np.arange(len(row)) + row
        rest = before[last] + 2
        cuts = np.zeros(2 * len(row) + len(texts) + 1, np.int32)
        cuts[before] = np.where(new, ends[row], np.roll(stops, 1))
        cuts[before + 1] = begins
        cuts[rest] = stops[last]
        cuts[-1] = ends[-1]
        buffers = [None, pa.py_buffer(cuts), texts.buffers()[2]]
        pieces = pa.Array.from_buffers(pa.string(), len(cuts) - 1, buffers)
        numbers = np.arange(len(pieces))
        numbers[before + 1] = len(pieces) + word
        both = pa.concat_arrays([pieces, self._words])
        return woven(both, numbers, np.append(0, rest + 1))[0]


def spoken_forms(pack: Pack) -> SpokenForms | None:
    """The spoken forms of a pack's values; None when it has none."""
    said: dict[tuple[str, str, str], str] = {}
    for values, _ in pack.lists:
        for text, value, spoken in _said(values):
            if spoken and spoken != text:
                said.setdefault((values.entity, text, value), spoken)
    return SpokenForms(said) if said else None


def _said(values: ValueList) -> Iterator[tuple[str, str, str]]:
    if isinstance(values.range, Series):
        yield from values.range.said()
    for value in values.values:
        if value.spoken and isinstance(value.expression, Text):
            text = " ".join(value.expression.text.split())
            yield text, text if value.value is None else value.value, value.spoken


def _field(items: pa.StructArray, name: str) -> pa.Array:
    return items.field(SLOT_TYPE.get_field_index(name))


def _coded(column: pa.Array) -> pa.DictionaryArray:
    return column if pa.types.is_dictionary(column.type) else column.dictionary_encode()


def _in_bytes(
    ends: npt.NDArray[np.int32], data: npt.NDArray[np.uint8], row: _Places, place: _Ids
) -> _Places:
    """Places in texts, in code points, as places in the bytes of all texts."""
    data = data[: ends[-1]]
    if not len(data) or data.max() < 0x80:
        return ends[row] + place
    starts = np.append(np.flatnonzero((data & 0xC0) != 0x80), len(data))
    found: _Places = starts[np.searchsorted(starts, ends[row]) + place]
    return found
