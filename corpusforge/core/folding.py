"""`core.text.fold` for whole columns, as numbers that are equal where the folded texts are."""

from __future__ import annotations

from functools import lru_cache

import numpy as np
import numpy.typing as npt
import pyarrow as pa

from corpusforge.core.arrow import strings, taken, text_bytes
from corpusforge.core.text import fold

__all__ = ["Hashes", "folded_hashes"]

Hashes = npt.NDArray[np.uint64]
_Bytes = npt.NDArray[np.uint8]
_Places = npt.NDArray[np.int32]

_SPACE = ord(" ")
# What Python's `\W` and `_` are among ASCII, as spaces; letters in lower case.
_FOLDED = np.array(
    [ord(chr(code).lower()) if chr(code).isalnum() else _SPACE for code in range(128)], np.uint8
)


def folded_hashes(texts: pa.Array) -> Hashes:
    """64-bit hashes of folded texts, shape [rows]; 0 where nothing is left of a text.

    Equal texts have equal hashes, always and everywhere; others have them by chance, once in
    2^64 pairs.

    Args:
        texts: Strings without nulls.
    """
    places, data = text_bytes(texts)
    data = data[places[0] : places[-1]]
    places = places - places[0]
    if not len(data) or data.max() < 128:
        return _ascii_hashes(data, places)
    wide = np.zeros(len(data) + 1, np.int32)  # bytes of 128 and more before each place
    np.cumsum(data >= 128, out=wide[1:])
    other = np.flatnonzero(wide[places[1:]] > wide[places[:-1]])
    found = _ascii_hashes(np.where(data < 128, data, np.uint8(_SPACE)), places)
    folded = strings([fold(text) for text in taken(texts, other).to_pylist()])
    places, data = text_bytes(folded)
    found[other] = _hashes(data[: places[-1]], places[:-1], places[1:])
    return found


def _ascii_hashes(data: _Bytes, places: _Places) -> Hashes:
    folded = _FOLDED[data]
    word = folded != _SPACE
    # Of a run of separators the first stays, when a word is before it in its text.
    keep = np.zeros(len(data), bool)
    keep[1:] = word[:-1]
    keep[places[:-1][places[:-1] < places[1:]]] = False
    keep |= word
    kept = np.zeros(len(data) + 1, np.int32)
    np.cumsum(keep, out=kept[1:])
    folded = folded[keep]
    starts, ends = kept[places[:-1]], kept[places[1:]]
    # And behind the last word none.
    last = np.flatnonzero(ends > starts)
    ends[last] -= folded[ends[last] - 1] == _SPACE
    return _hashes(folded, starts, ends)


def _hashes(data: _Bytes, starts: _Places, ends: _Places) -> Hashes:
    """A hash of each text: the sum over its bytes of a number for the byte and its place."""
    size = 1 << max(16, len(data).bit_length())
    numbers, powers, inverses = _keys(size)
    sums = np.zeros(len(data) + 1, np.uint64)
    np.cumsum(numbers[data] * powers[: len(data)], out=sums[1:])
    # Places are counted from the start of all texts; the inverse counts from that of its own.
    found: Hashes = (sums[ends] - sums[starts]) * inverses[starts]
    return found


@lru_cache(maxsize=2)
def _keys(size: int) -> tuple[Hashes, Hashes, Hashes]:
    """A number for each byte, and the powers of an odd number and of its inverse."""
    draw = np.random.Generator(np.random.Philox(key=0x666F6C64))
    numbers = draw.integers(1, 2**64, 256, np.uint64)
    odd = int(draw.integers(0, 2**64, dtype=np.uint64)) | 1
    return numbers, _powers(odd, size), _powers(pow(odd, -1, 2**64), size)


def _powers(number: int, size: int) -> Hashes:
    found = np.full(size, number, np.uint64)
    found[0] = 1
    return np.multiply.accumulate(found)
