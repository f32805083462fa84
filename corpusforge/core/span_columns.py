"""Do spans read their text? For whole columns, without an object per row."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt
import pyarrow as pa

from corpusforge.core.arrow import text_bytes

__all__ = ["misread"]

_Numbers = npt.NDArray[np.int64]


def misread(
    texts: pa.Array, rows: _Numbers, starts: _Numbers, ends: _Numbers, said: pa.Array
) -> npt.NDArray[np.bool_]:
    """Say of each span whether it does not read what is said to stand there.

    Args:
        texts: Strings without nulls, shape [rows].
        rows: Text of each span, shape [spans].
        starts: First code point, shape [spans]; 0 <= start <= end <= length of the text.
        ends: One past the last code point, shape [spans].
        said: What should stand there, without nulls, shape [spans].
    """
    places, data = text_bytes(texts)
    data = data[: places[-1]]
    # Byte of each code point, and the code point with which each text begins.
    points = np.flatnonzero((data & 0xC0) != 0x80)
    first = np.searchsorted(points, places[:-1])[rows]
    points = np.append(points, len(data))
    begin, end = points[first + starts], points[first + ends]
    borders, words = text_bytes(said)
    wrong: npt.NDArray[np.bool_] = (end - begin) != np.diff(borders)
    right = np.flatnonzero(~wrong)
    sizes = (end - begin)[right]
    within = np.arange(sizes.sum()) - np.repeat(np.cumsum(sizes) - sizes, sizes)
    one = data[np.repeat(begin[right], sizes) + within]
    other = words[np.repeat(borders[:-1].astype(np.int64)[right], sizes) + within]
    wrong[np.repeat(right, sizes)[one != other]] = True
    return wrong
