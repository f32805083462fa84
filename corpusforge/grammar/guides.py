"""Which entry of a table holds a rank: for many ranks of many tables at once, in a few steps.

The ranks of a table are cut into equal buckets, and a guide says where to begin in each. Where
all entries hold equally many ranks, a bucket is an entry; elsewhere a search in two halves goes
on inside the bucket. H.-C. Chen, Y. Asau, "On generating random variates from an empirical
distribution", AIIE Transactions 1974.
"""

from __future__ import annotations

from collections.abc import Sequence
from itertools import pairwise
from typing import NamedTuple, TypeVar

import numpy as np
import numpy.typing as npt

__all__ = ["MAX_EXACT", "MAX_RANK", "Guides", "Integers", "Reals", "looked_up", "quotient"]

_Number = TypeVar("_Number", bound=np.generic)

Integers = npt.NDArray[np.int64]
Reals = npt.NDArray[np.float64]

# Below this, `quotient` is exact. For 0 <= rank < 2^50, rank + 0.5 is exact; the rounding of
# 1 / size and of the product moves it by at most 2^-52 of itself, less than 1 / (4 size), and
# (rank + 0.5) / size is 1 / (2 size) or more away from the next integer.
MAX_EXACT = 1 << 50

# Ranks below this are found as columns.
MAX_RANK = 1 << 62

# Buckets of an entry, in tables whose entries differ in size.
FINENESS = 2


def looked_up(table: npt.NDArray[_Number], numbers: Integers) -> npt.NDArray[_Number]:
    """table[numbers], which are not checked: 0 and more, and all of them are there."""
    return table.take(numbers, mode="clip")


def quotient(ranks: Integers, per_rank: Reals) -> Integers:
    """Exactly ranks // size, for ranks below `MAX_EXACT`, where per_rank is 1 / size."""
    real = ranks + 0.5
    real *= per_rank
    return real.astype(np.int64)


class _Arrays(NamedTuple):
    """All tables one after the other.

    Attributes:
        first: Of each table, its first bucket; its first entry where a bucket is an entry.
        per_rank: Of each table, buckets per rank.
        guide: Of each bucket, the first entry that ends in it or behind; a table has two more
            than there are buckets, so that rounding up does no harm and each has a next one.
        start: Of each entry, its first rank in the table.
        end: Of each entry, one behind its last rank.
    """

    first: Integers
    per_rank: Reals
    guide: Integers
    start: Integers
    end: Integers


class Guides:
    """Entries of tables by rank. Table 0 holds entry 0 alone, of one rank."""

    def __init__(self) -> None:
        self._first: list[int] = []
        self._first_entry: list[int] = []
        self._per_rank: list[float] = []
        self._guides: list[Integers] = []
        self._starts: list[Integers] = []
        self._ends: list[Integers] = []
        self._buckets = 0
        self._entries = 0
        self._arrays: _Arrays | None = None
        self.even = True
        """Whether a bucket is an entry, everywhere."""
        self.add(0, [1])

    def add(self, table: int, ends: Sequence[int]) -> None:
        """Add a table whose entries follow those of the tables before.

        Args:
            table: Its number.
            ends: One behind the last rank of each entry, rising. Tables of `MAX_RANK` and more
                only take their place.
        """
        while len(self._first) <= table:
            self._first.append(0)
            self._first_entry.append(0)
            self._per_rank.append(0.0)
        if ends[-1] >= MAX_RANK:
            self.skip(len(ends))
            return
        sizes = {end - start for start, end in pairwise((0, *ends))}
        even = len(sizes) == 1 and ends[-1] < MAX_EXACT
        buckets = len(ends) * (1 if even else FINENESS)
        per_rank = 1 / sizes.pop() if even else buckets / ends[-1]
        until = np.array(ends, np.int64)
        last_bucket = quotient(until - 1, np.array(per_rank))
        # The same arithmetic as in `find`, and monotone: no rank of a bucket lies before its guide.
        guide = np.searchsorted(last_bucket, np.arange(buckets + 2))
        self._first[table], self._first_entry[table] = self._buckets, self._entries
        self._per_rank[table] = per_rank
        self._guides.append(np.minimum(guide, len(ends) - 1) + self._entries)
        self._ends.append(until)
        self._starts.append(np.concatenate([np.zeros(1, np.int64), until[:-1]]))
        self._buckets += buckets + 2
        self._entries += len(ends)
        self.even &= even
        self._arrays = None

    def skip(self, count: int) -> None:
        """Entries that only take their place: none of them is ever found."""
        self._starts.append(np.zeros(count, np.int64))
        self._ends.append(np.zeros(count, np.int64))
        self._entries += count
        self._arrays = None

    def find(self, tables: Integers, ranks: Integers) -> tuple[Integers, Integers]:
        """The entry of each rank, and the rank within it, shape [rows] each."""
        if self._arrays is None:
            for parts in (self._guides, self._starts, self._ends):
                parts[:] = [np.concatenate(parts)]  # the next time there are few
            self._arrays = _Arrays(
                np.array(self._first_entry if self.even else self._first, np.int64),
                np.array(self._per_rank),
                self._guides[0],
                self._starts[0],
                self._ends[0],
            )
        first, per_rank, guide, start, end = self._arrays
        buckets = quotient(ranks, looked_up(per_rank, tables))
        buckets += looked_up(first, tables)
        if self.even:
            return buckets, ranks - looked_up(start, buckets)
        entries = looked_up(guide, buckets)
        beyond = np.flatnonzero(ranks >= looked_up(end, entries))
        if len(beyond):
            last = guide[buckets[beyond] + 1]
            entries[beyond] = _search(entries[beyond] + 1, last, ranks[beyond], end)
        return entries, ranks - looked_up(start, entries)


def _search(low: Integers, high: Integers, ranks: Integers, end: Integers) -> Integers:
    """The first entry from low to high, both included, that ends behind the rank."""
    while (low < high).any():
        middle = (low + high) >> 1
        before = end[middle] <= ranks
        low = np.where(before, middle + 1, low)
        high = np.where(before, high, middle)
    return low
