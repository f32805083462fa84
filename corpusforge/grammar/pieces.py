"""Pieces of sentences: a text with the slots that it holds, many in one table."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
import numpy.typing as npt
import pyarrow as pa

from corpusforge.core.arrow import code_points, text_bytes, woven
from corpusforge.grammar.guides import Integers

__all__ = ["Ids", "Pieces", "Slots", "Spans", "simple", "spelled_out"]

Ids = npt.NDArray[np.int32]


class Slots(NamedTuple):
    """Slots of pieces, shape [slots] each.

    Attributes:
        symbol: What is filled.
        number: With which value.
        end: Where the value ends, in code points from the start of the piece.
        length: Of the value, in code points.
    """

    symbol: Ids
    number: Ids
    end: Ids
    length: Ids

    def with_more(self, other: Slots) -> Slots:
        """These and others behind them."""
        return Slots(*(np.concatenate(pair) for pair in zip(self, other, strict=True)))


class Pieces(NamedTuple):
    """A table of pieces.

    Attributes:
        texts: Words of each.
        lengths: In code points, shape [pieces].
        first: The first slot of each, shape [pieces].
        filled: How many slots each has, shape [pieces].
        slots: Of all pieces.
    """

    texts: pa.Array
    lengths: Ids
    first: Integers
    filled: Integers
    slots: Slots

    def with_more(self, other: Pieces) -> Pieces:
        """These and others behind them."""
        return Pieces(
            pa.concat_arrays([self.texts, other.texts]),
            np.concatenate([self.lengths, other.lengths]),
            np.concatenate([self.first, other.first + len(self.slots.symbol)]),
            np.concatenate([self.filled, other.filled]),
            self.slots.with_more(other.slots),
        )

    def since(self, number: int) -> Pieces:
        """Those from a number on, with slots that are numbered as before."""
        return self._replace(
            texts=self.texts.slice(number),
            lengths=self.lengths[number:],
            first=self.first[number:],
            filled=self.filled[number:],
        )

    def is_ascii(self) -> bool:
        """Say whether every character is one byte."""
        return bool((self.lengths == np.diff(text_bytes(self.texts)[0])).all())


class Spans(NamedTuple):
    """What some entries are spelled out from, shape [entries] each.

    Attributes:
        literal: Piece before the value.
        value: Piece of the first value.
        size: How many values; 1, with a piece of no text, where there is none.
        symbol: What the value fills; -1 where it fills no slot.
        number: Of the first value.
        tail: The first of the pieces that can follow.
        tails: How many can; 1, with a piece of no text, where the sentence is over.
    """

    literal: Integers
    value: Integers
    size: Integers
    symbol: Ids
    number: Integers
    tail: Integers
    tails: Integers


def simple(texts: pa.Array) -> Pieces:
    """Texts without slots."""
    none = np.zeros(len(texts), np.int64)
    empty = np.zeros(0, np.int32)
    return Pieces(texts, code_points(texts), none, none, Slots(empty, empty, empty, empty))


def spelled_out(known: Pieces, spans: Spans) -> Pieces:
    """Every literal with each of its values and all that follows, in this order."""
    each = spans.size * spans.tails
    entry = np.repeat(np.arange(len(each)), each)
    value, rest = np.divmod(_counted(each), spans.tails[entry])
    literal = spans.literal[entry]
    words = spans.value[entry] + value
    tail = spans.tail[entry] + rest
    parts = np.stack([literal, words, tail], axis=1).ravel()
    texts, _ = woven(known.texts, parts, np.arange(0, len(parts) + 1, 3))
    end = known.lengths[literal] + known.lengths[words]
    own = spans.symbol[entry] >= 0
    later = known.filled[tail]
    count = own + later
    first = np.cumsum(count) - count
    slots = Slots(*(np.zeros(int(count.sum()), np.int32) for _ in Slots._fields))
    filled = np.flatnonzero(own)
    slots.symbol[first[filled]] = spans.symbol[entry[filled]]
    slots.number[first[filled]] = spans.number[entry[filled]] + value[filled]
    slots.end[first[filled]] = end[filled]
    slots.length[first[filled]] = known.lengths[words[filled]]
    turn = _counted(later)
    to = np.repeat(first + own, later) + turn
    of = np.repeat(known.first[tail], later) + turn
    slots.symbol[to] = known.slots.symbol[of]
    slots.number[to] = known.slots.number[of]
    slots.end[to] = known.slots.end[of] + np.repeat(end, later)
    slots.length[to] = known.slots.length[of]
    return Pieces(texts, end + known.lengths[tail], first, count, slots)


def _counted(counts: Integers) -> Integers:
    """0 ... count - 1 for each count, one after the other."""
    ends = np.cumsum(counts)
    return np.arange(int(ends[-1]) if len(ends) else 0) - np.repeat(ends - counts, counts)
