"""Which rows become clips: strata by split, intent, slot names and origin, stable under growth."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pyarrow.compute as pc

from corpusforge.core.seeding import uniforms

__all__ = ["quotas", "select_rows", "strata"]


def strata(table: pa.Table) -> list[str]:
    """Stratum of each row of a table of utterances, shape [rows]."""
    if table.num_rows == 0:
        return []
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
    columns = [table[name].combine_chunks() for name in ("split", "intent", "origin")]
    found: list[str] = pc.binary_join_element_wise(*columns, signature, "\x1e").to_pylist()
    return found


def quotas(
    sizes: Sequence[int], count: int, tiebreak: npt.NDArray[np.float64]
) -> npt.NDArray[np.int64]:
    """Clips per stratum: one each where they suffice, the rest in proportion to the sizes.

    Args:
        sizes: Rows per stratum, all positive.
        count: Wanted in all.
        tiebreak: Breaks ties of equal remainders, shape [strata].

    Returns:
        Shape [strata]; sums to min(count, rows), never more than a stratum holds (method of the
        largest remainder).
    """
    available = np.asarray(sizes, dtype=np.int64)
    total = int(available.sum())
    count = min(count, total)
    base = np.zeros_like(available)
    if count >= available.size:
        base += 1
    rest, capacity = count - int(base.sum()), available - base
    if rest <= 0 or capacity.sum() == 0:
        return base
    exact = rest * capacity / int(capacity.sum())
    given = np.floor(exact).astype(np.int64)
    order = np.lexsort((tiebreak, given - exact))
    given[order[: rest - int(given.sum())]] += 1
    return base + given


def select_rows(table: pa.Table, count: int, seed: int) -> list[int]:
    """Row numbers of the rows that become clips, ascending.

    Within a stratum, rows with the lowest keyed hash of their id come first: adding rows, or
    raising `count`, leaves nearly all chosen rows chosen.

    Args:
        table: Utterances.
        count: Rows wanted; all rows when there are fewer.
        seed: The recipe's seed.
    """
    if table.num_rows == 0 or count <= 0:
        return []
    encoded = pa.array(strata(table)).dictionary_encode()
    codes = encoded.indices.to_numpy(zero_copy_only=False)
    names: list[str] = encoded.dictionary.to_pylist()
    sizes = np.bincount(codes, minlength=len(names))
    wanted = quotas(sizes.tolist(), count, uniforms(seed, "speech.stratum", names))
    priority = uniforms(seed, "speech.row", table["id"].to_pylist())
    order = np.lexsort((priority, codes))
    starts = np.concatenate([[0], np.cumsum(sizes)[:-1]])
    rank = np.empty(len(codes), dtype=np.int64)
    rank[order] = np.arange(len(codes)) - np.repeat(starts, sizes)
    return [int(row) for row in np.flatnonzero(rank < wanted[codes])]
