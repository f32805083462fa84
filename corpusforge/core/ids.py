"""Row and clip ids: 128-bit versioned hashes of what a row is, made column by column."""

from __future__ import annotations

import hashlib
from collections.abc import Sequence

import pyarrow as pa

from corpusforge.core.digests import ID_VERSION, digest

__all__ = ["assign_ids", "clip_ids", "digest", "utterance_ids"]

# Unit separators keep ("ab", "c") and ("a", "bc") apart. Templates and real rows with control
# characters are refused when they are read, so a field cannot hold one.
_FIELD, _ITEM, _LEVEL = "\x1f", "\x1e", "\x1d"


def _hash_strings(column: pa.Array) -> list[str]:
    blake = hashlib.blake2b
    return [
        blake(text.encode(), digest_size=16, person=ID_VERSION).hexdigest()
        for text in column.to_pylist()
    ]


def _one_array(column: pa.Array | pa.ChunkedArray) -> pa.Array:
    return column.combine_chunks() if isinstance(column, pa.ChunkedArray) else column


def _slot_strings(slots: pa.Array) -> pa.Array:
    """Each row's slots as one string; "-" for rows that are not annotated."""
    import pyarrow.compute as pc

    slots = pa.array(slots.to_pylist(), slots.type) if slots.offset else slots
    items = slots.flatten()
    fields = [
        pc.fill_null(pc.cast(pc.struct_field(items, name), pa.string()), "")
        for name in ("name", "entity", "value", "text", "start", "end", "role", "group")
    ]
    joined = pc.binary_join_element_wise(*fields, _FIELD)
    lengths = pc.fill_null(pc.list_value_length(slots), 0)
    ends = pc.cumulative_sum(pc.cast(lengths, pa.int32()))
    offsets = pa.concat_arrays([pa.array([0], pa.int32()), _one_array(ends)])
    per_row = pc.binary_join(pa.ListArray.from_arrays(offsets, joined), _ITEM)
    return pc.if_else(pc.is_null(slots), "-", pc.binary_join_element_wise("+", per_row, ""))


def utterance_ids(table: pa.Table) -> pa.Array:
    """Ids of (real or synthetic, lang, intent, text, slots), shape [rows] of 32 hex digits.

    Split, template, generator and scores do not count: the same labelled sentence keeps its
    id, and so its voice and room, when it comes another way.
    """
    import pyarrow.compute as pc  # 0.06 s that a process without ids need not spend

    if table.num_rows == 0:
        return pa.array([], pa.string())
    origin = _one_array(table["origin"])
    real = pc.if_else(pc.equal(origin, "real"), "real", "synthetic")
    parts = [_one_array(table[name]) for name in ("lang", "intent", "text")]
    keys = pc.binary_join_element_wise(
        real, *parts, _slot_strings(_one_array(table["slots"])), _LEVEL
    )
    return pa.array(_hash_strings(keys), pa.string())


def assign_ids(table: pa.Table) -> pa.Table:
    """The table with its `id` column set."""
    return table.set_column(
        table.schema.get_field_index("id"), table.schema.field("id"), utterance_ids(table)
    )


def clip_ids(
    row_ids: Sequence[str],
    voices: Sequence[str],
    variants: Sequence[int | str],
    engine_versions: Sequence[str],
) -> list[str]:
    """Ids of clips: hash of (row id, voice, variant, engine version), all of equal length.

    A copy with another chain is a variant "0.1".
    """
    return [
        digest("clip", row, voice, str(variant), version)
        for row, voice, variant, version in zip(
            row_ids, voices, variants, engine_versions, strict=True
        )
    ]
