"""Arrow arrays from their buffers.

`pyarrow.array`, `pyarrow.scalar` and `Array.to_numpy` import pandas where that is installed,
which takes 0.3 s: as long as sampling 100,000 rows. `pyarrow.compute` makes 300 functions that
nobody calls, which takes 0.06 s; what is behind it is asked for instead.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import numpy.typing as npt
import pyarrow as pa
from pyarrow._compute import TakeOptions, call_function

__all__ = [
    "code_points",
    "int32s",
    "integers",
    "list_items",
    "strings",
    "taken",
    "text_bytes",
    "woven",
]

_UNCHECKED = TakeOptions(boundscheck=False)


def strings(texts: Sequence[str]) -> pa.Array:
    """A string array, less than 2 GiB of UTF-8."""
    said = [text.encode() for text in texts]
    ends = np.zeros(len(said) + 1, np.int64)
    np.cumsum([len(text) for text in said], out=ends[1:])
    if ends[-1] > np.iinfo(np.int32).max:
        raise ValueError("more than 2 GiB of text in one array")
    buffers = [None, pa.py_buffer(ends.astype(np.int32)), pa.py_buffer(b"".join(said))]
    return pa.Array.from_buffers(pa.string(), len(said), buffers)


def integers(numbers: npt.NDArray[np.int32] | npt.NDArray[np.int64]) -> pa.Array:
    """An int32 or int64 array over the same memory, which must not change any more."""
    kind = pa.int32() if numbers.dtype == np.int32 else pa.int64()
    whole = np.ascontiguousarray(numbers)
    return pa.Array.from_buffers(kind, len(whole), [None, pa.py_buffer(whole)])


def taken(texts: pa.Array, numbers: npt.NDArray[np.int32] | npt.NDArray[np.int64]) -> pa.Array:
    """Strings by number, of an array without nulls; the numbers are not checked."""
    return call_function("array_take", [texts, integers(numbers)], _UNCHECKED)


def list_items(lists: pa.Array) -> tuple[npt.NDArray[np.int32], pa.Array]:
    """What lists without nulls hold: where each begins, from 0, and the end; and all items."""
    offsets = int32s(lists.offsets)
    first, last = int(offsets[0]), int(offsets[-1])
    return offsets - offsets[0], lists.values.slice(first, last - first)


def woven(
    texts: pa.Array,
    numbers: npt.NDArray[np.int64],
    ends: npt.NDArray[np.int64],
) -> tuple[pa.Array, npt.NDArray[np.int32]]:
    """Strings put together of others: string i of numbers[ends[i]] ... numbers[ends[i + 1] - 1].

    All pieces are copied once, one behind the other: their borders are the borders of the
    strings too.

    Args:
        texts: Pieces, without nulls.
        numbers: Pieces that are used; not checked.
        ends: From 0, rising, to the number of pieces that are used.

    Returns:
        The strings, and where each used piece begins in the bytes of all of them, and the end.
    """
    pieces = taken(texts, numbers)
    places, _ = text_bytes(pieces)
    offsets = pa.py_buffer(places[ends])
    buffers = [None, offsets, pieces.buffers()[2] or pa.py_buffer(b"")]
    return pa.Array.from_buffers(pa.string(), len(ends) - 1, buffers), places


def text_bytes(texts: pa.Array) -> tuple[npt.NDArray[np.int32], npt.NDArray[np.uint8]]:
    """Where each string begins, and the end; and the bytes that this counts."""
    _, offsets, data = texts.buffers()
    places = np.frombuffer(offsets, np.int32, len(texts) + 1 + texts.offset)[texts.offset :]
    return places, np.frombuffer(data or b"", np.uint8)


def code_points(texts: pa.Array) -> npt.NDArray[np.int32]:
    """Lengths of strings without nulls in code points."""
    places, data = text_bytes(texts)
    data = data[: places[-1]]
    if not len(data) or data.max() < 0x80:
        return np.diff(places)
    before = np.zeros(len(data) + 1, np.int32)
    np.cumsum((data & 0xC0) != 0x80, out=before[1:])  # all bytes but continuations
    return np.diff(before[places])


def int32s(numbers: pa.Array) -> npt.NDArray[np.int32]:
    """The numbers of an int32 array without nulls."""
    found = np.frombuffer(numbers.buffers()[1], np.int32, len(numbers) + numbers.offset)
    return found[numbers.offset :]
