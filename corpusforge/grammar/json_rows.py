"""Rows as JSON lines: every line is a few pieces out of tables, copied in one go."""

from __future__ import annotations

from json.encoder import encode_basestring as quoted
from typing import NamedTuple

import numpy as np
import numpy.typing as npt
import pyarrow as pa

from corpusforge.core.arrow import int32s, list_items, strings, taken, text_bytes
from corpusforge.core.schema import SLOT_TYPE

__all__ = ["JsonRows"]

Integers = npt.NDArray[np.int64]
Truths = npt.NDArray[np.bool_]

# Tables of numbers grow by so many, so that they are seldom made anew.
_NUMBERS = 256


class _Column(NamedTuple):
    """Pieces of lines.

    Attributes:
        texts: The pieces.
        numbers: Which of them, shape [rows] or [slots].
    """

    texts: pa.Array
    numbers: Integers


class _Members(NamedTuple):
    """Members of objects that are one piece, because they have the same numbers.

    Attributes:
        parts: What a piece is put together of: text that is always the same, words by number,
            or None for the number itself.
        numbers: Which piece, shape [rows] or [slots].
        size: How many pieces there are.
    """

    parts: list[str | pa.Array | None]
    numbers: npt.NDArray[np.int32]
    size: int

    def spelled(self) -> list[str]:
        """The pieces."""
        columns = [
            [part] * self.size
            if isinstance(part, str)
            else [str(number) for number in range(self.size)]
            if part is None
            else [quoted(word) for word in part.to_pylist()]
            for part in self.parts
        ]
        return ["".join(parts) for parts in zip(*columns, strict=True)]


class JsonRows:
    """Makes lines; pieces with names and values are kept from batch to batch."""

    def __init__(self) -> None:
        self._kept: dict[tuple[object, ...], tuple[pa.Array, _Members]] = {}

    def lines(
        self,
        batch: pa.RecordBatch,
        ids: pa.Array | None = None,
        spoken: pa.Array | None = None,
        *,
        splits: bool = False,
    ) -> memoryview:
        """UTF-8 of rows, a line each: text, intent, slots; before them id and split if wanted.

        Args:
            batch: Rows with the columns of `bulk_rows.BULK`.
            ids: Their ids.
            spoken: What is said; rows with null have no such member.
            splits: With the split of each row.
        """
        tail = _spoken(spoken) if spoken is not None else []
        end = "]" if tail else "]}\n"
        count = batch.num_rows
        offsets, items = list_items(batch["slots"])
        slots = np.diff(offsets)
        row = [_same('{"text": "', count)]
        if ids is not None:
            row = [_same('{"id": "', count), _Column(ids, np.arange(count))]
            row.append(_same('", "text": "', count))
        if splits:
            names, numbers = batch["split"].dictionary, int32s(batch["split"].indices)
            row[-1] = _same(row[-1].texts[0].as_py().replace('"text"', '"split"'), count)
            row += [_Column(names, numbers.astype(np.int64)), _same('", "text": "', count)]
        row += [_escaped(batch["text"]), self._intents(batch["intent"], end, slots == 0)]
        last = np.zeros(len(items), np.bool_)
        last[offsets[1:][slots > 0] - 1] = True
        slot = self._slots(items, end, last) if len(items) else []
        # Where the pieces of each row begin, and those of each slot.
        fixed = len(row) + len(tail)
        rows = np.arange(count) * fixed + offsets[:-1] * len(slot)
        objects = np.arange(len(items)) * len(slot)
        objects += np.repeat(np.arange(count) * fixed + len(row), slots)
        tails = rows + len(row) + slots * len(slot)
        pieces = np.zeros(count * fixed + len(items) * len(slot), np.int64)
        before = 0
        for places, columns in ((rows, row), (objects, slot), (tails, tail)):
            for turn, column in enumerate(columns):
                pieces[places + turn] = column.numbers + before
                before += len(column.texts)
        tables = pa.concat_arrays([column.texts for column in (*row, *slot, *tail)])
        ends, data = text_bytes(taken(tables, pieces))
        return data[: ends[-1]].data

    def _intents(self, intents: pa.DictionaryArray, end: str, bare: Truths) -> _Column:
        """From behind the text to the first slot; to the end of all slots where there is none."""
        parts = ['", "intent": ', intents.dictionary, ', "slots": [']
        members = _Members(parts, int32s(intents.indices), len(intents.dictionary))
        return self._either(members, "", end, bare)

    def _slots(self, items: pa.StructArray, end: str, last: Truths) -> list[_Column]:
        """Slots as objects; behind the last one of a row stands `end`."""
        groups: list[_Members] = []
        parts: list[str | pa.Array | None] = []  # of the group that comes
        for place, field in enumerate(SLOT_TYPE):
            key = f'{", " if place else "{"}"{field.name}": '
            column = items.field(place)
            if not pa.types.is_dictionary(column.type):
                numbers = int32s(column)
                size = (int(numbers.max()) // _NUMBERS + 1) * _NUMBERS
                groups.append(_Members([*parts, key, None], numbers, size))
            elif len(column.dictionary) == 1:
                before = groups[-1].parts if groups else parts
                before.append(key + quoted(column.dictionary[0].as_py()))
            else:
                numbers, size = int32s(column.indices), len(column.dictionary)
                if (
                    groups
                    and size == groups[-1].size
                    and np.array_equal(numbers, groups[-1].numbers)
                ):
                    groups[-1].parts.extend([key, column.dictionary])
                else:
                    groups.append(_Members([*parts, key, column.dictionary], numbers, size))
            if groups:
                parts = []
        simple = [
            _Column(self._texts(group), group.numbers.astype(np.int64)) for group in groups[:-1]
        ]
        return [*simple, self._either(groups[-1], "}, ", "}" + end, last)]

    def _either(self, members: _Members, one: str, other: str, which: Truths) -> _Column:
        """Pieces with one end or, where `which` says so, the other."""
        ended = [self._texts(members._replace(parts=[*members.parts, end])) for end in (one, other)]
        return _Column(pa.concat_arrays(ended), members.numbers + which * np.int64(members.size))

    def _texts(self, members: _Members) -> pa.Array:
        """The pieces as an array, made once."""
        key = (members.size, *(_identity(part) for part in members.parts))
        if key not in self._kept:
            # (with the words, so that no others get their addresses)
            self._kept[key] = strings(members.spelled()), members
        return self._kept[key][0]


def _identity(part: str | pa.Array | None) -> object:
    if not isinstance(part, pa.Array):
        return part
    return (part.offset, *(buffer and buffer.address for buffer in part.buffers()))


def _same(text: str, count: int) -> _Column:
    return _Column(strings([text]), np.zeros(count, np.int64))


def _spoken(spoken: pa.Array) -> list[_Column]:
    """The member `spoken`, where there is one, and the end of the line; [] where no row has one."""
    if spoken.null_count == len(spoken):
        return []
    valid, offsets, data = spoken.buffers()
    end = spoken.offset + len(spoken)
    said = np.ones(len(spoken), np.int64)
    if valid is not None:
        bits = np.unpackbits(np.frombuffer(valid, np.uint8), bitorder="little")
        said = bits[spoken.offset : end].astype(np.int64)
    buffers = [None, offsets, data]  # nulls as empty texts
    texts = pa.Array.from_buffers(pa.string(), len(spoken), buffers, offset=spoken.offset)
    return [
        _Column(strings(["}\n", ', "spoken": "']), said),
        _escaped(texts),
        _Column(strings(["", '"}\n']), said),
    ]


def _escaped(texts: pa.Array) -> _Column:
    """Texts as they stand in JSON strings."""
    numbers = np.arange(len(texts))
    ends, data = text_bytes(texts)
    data = data[ends[0] : ends[-1]]
    special = np.flatnonzero((data < 0x20) | (data == 0x22) | (data == 0x5C))
    if not len(special):
        return _Column(texts, numbers)
    rows = np.unique(np.searchsorted(ends, special + ends[0], side="right") - 1)
    made = strings([quoted(texts[row].as_py())[1:-1] for row in rows.tolist()])
    numbers[rows] = np.arange(len(rows)) + len(texts)
    return _Column(pa.concat_arrays([texts, made]), numbers)
