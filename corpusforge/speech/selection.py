"""Which rows become clips: shares by split, then intent, then slot names and origin.

Quotas are given out one seat after the other, in an order that does not depend on how many there
are to give: every larger selection contains every smaller one. (Largest remainders would be closer
to the shares by a fraction of a seat, and move seats between strata when the count grows.)
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pyarrow.compute as pc

from corpusforge.core.seeding import uniforms

__all__ = ["levels", "quotas", "select_rows"]

_BORDER = "\x1e"


def levels(table: pa.Table) -> list[list[str]]:
    """Stratum of each row at each level, coarse to fine, shape [levels, rows].

    The levels are: split; with intent; with slot names and origin. A finer name starts with the
    coarser one.
    """
    if table.num_rows == 0:
        return [[], [], []]
    slots = table["slots"].combine_chunks()
    if slots.offset:
        slots = pa.array(slots.to_pylist(), slots.type)
    lengths = pc.fill_null(pc.list_value_length(slots), 0)
    offsets = np.concatenate([[0], np.cumsum(lengths.to_numpy(zero_copy_only=False))])
    names = pc.struct_field(slots.flatten(), "name")
    per_row = pa.ListArray.from_arrays(pa.array(offsets, pa.int32()), names)
    joined = pc.binary_join(per_row, "\x1f").dictionary_encode()
    # Sorting the few distinct combinations, not every row.
    combinations = ["+".join(sorted(set(c.split("\x1f")))) for c in joined.dictionary.to_pylist()]
    signature = pa.array(combinations, pa.string()).take(joined.indices)
    split, intent, origin = (table[n].combine_chunks() for n in ("split", "intent", "origin"))
    columns = [[split], [split, intent], [split, intent, origin, signature]]
    return [pc.binary_join_element_wise(*some, _BORDER).to_pylist() for some in columns]


def quotas(
    sizes: Sequence[int], count: int, drawn: npt.NDArray[np.float64]
) -> npt.NDArray[np.int64]:
    """Seats per stratum: the first one each, the rest in proportion to the sizes.

    First seats go in an order drawn by size, so that where they do not suffice for all, large
    strata are more often heard. Further ones go by the method of Webster (size / (seats + 1/2)).

    Args:
        sizes: Rows per stratum, all positive.
        count: Wanted in all.
        drawn: Uniform numbers in [0, 1) that belong to the strata, shape [strata].

    Returns:
        Shape [strata]; sums to min(count, rows), never more than a stratum holds, and with a
        larger count never less.
    """
    available = np.asarray(sizes, dtype=np.int64)
    owner = np.repeat(np.arange(available.size), available)
    starts = np.repeat(np.cumsum(available) - available, available)
    seat = np.arange(owner.size) - starts
    # Weighted sampling without replacement (Efraimidis and Spirakis 2006).
    order_of_first = np.log1p(-np.asarray(drawn)) / available
    claim = np.where(seat == 0, order_of_first[owner], available[owner] / (seat + 0.5))
    order = np.lexsort((np.asarray(drawn)[owner], -claim, seat > 0))
    return np.bincount(owner[order[: max(0, count)]], minlength=available.size)


def select_rows(table: pa.Table, count: int, seed: int) -> list[int]:
    """Row numbers of the rows that become clips, ascending.

    Within a stratum, rows with the lowest keyed hash of their id come first: raising `count`
    leaves all chosen rows chosen, adding rows nearly all.

    Args:
        table: Utterances.
        count: Rows wanted; all rows when there are fewer.
        seed: The recipe's seed.
    """
    if table.num_rows == 0 or count <= 0:
        return []
    names = levels(table)
    order = np.argsort(uniforms(seed, "speech.row", table["id"].to_pylist()), kind="stable")
    groups = [(order, count)]
    for level in names:
        column = pa.array(level).dictionary_encode()
        codes = column.indices.to_numpy(zero_copy_only=False)
        drawn = uniforms(seed, "speech.stratum", column.dictionary.to_pylist())
        groups = [
            part for rows, seats in groups for part in _divide(rows, seats, codes, drawn) if part[1]
        ]
    return sorted(int(row) for rows, seats in groups for row in rows[:seats])


def _divide(
    rows: npt.NDArray[np.int64],
    seats: int,
    codes: npt.NDArray[np.int64],
    drawn: npt.NDArray[np.float64],
) -> list[tuple[npt.NDArray[np.int64], int]]:
    """The rows by stratum with the seats of each; rows keep their order."""
    own = codes[rows]
    present, places = np.unique(own, return_inverse=True)
    sizes = np.bincount(places)
    given = quotas(sizes.tolist(), seats, drawn[present])
    return [(rows[places == place], int(given[place])) for place in range(present.size)]
