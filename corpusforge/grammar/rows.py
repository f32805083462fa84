"""Sampled sentences as rows of the utterance schema."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING

import pyarrow as pa

from corpusforge.core.ids import assign_ids
from corpusforge.core.schema import SLOT_TYPE, UTTERANCES

if TYPE_CHECKING:
    from corpusforge.grammar.sampling import Row
    from corpusforge.grammar.spoken import SpokenForms

__all__ = ["to_table"]


def to_table(
    rows: Sequence[Row],
    splits: Mapping[str, str],
    *,
    lang: str,
    license: str,
    spoken: SpokenForms | None = None,
) -> pa.Table:
    """Rows as a table of `UTTERANCES`, with ids.

    Args:
        rows: Sampled sentences.
        splits: Template id -> split.
        lang: BCP-47 tag of the pack.
        license: SPDX license of templates and values.
        spoken: How values are said.
    """
    count = len(rows)
    texts, slots = pa.array([row.text for row in rows], pa.string()), _slots(rows)
    columns = {
        "id": pa.array([""] * count, pa.string()),
        "text": texts,
        "lang": pa.array([lang] * count, pa.string()),
        "intent": pa.array([row.template.intent for row in rows], pa.string()),
        "slots": slots,
        "spoken": spoken.column(texts, slots) if spoken else pa.nulls(count, pa.string()),
        "origin": pa.array(["grammar"] * count, pa.string()),
        "template": pa.array([row.template.id for row in rows], pa.string()),
        "parents": pa.array([[]] * count, pa.list_(pa.string())),
        "generation": pa.array([0] * count, pa.int32()),
        "weight": pa.array([1.0] * count, pa.float32()),
        "split": pa.array([splits[row.template.id] for row in rows], pa.string()),
        "license": pa.array([license] * count, pa.string()),
    }
    return assign_ids(pa.table(columns, schema=UTTERANCES))


def _slots(rows: Sequence[Row]) -> pa.Array:
    """The slot column, built column by column."""
    offsets = [0]
    for row in rows:
        offsets.append(offsets[-1] + len(row.slots))
    slots = [slot for row in rows for slot in row.slots]
    fields = [
        pa.array([getattr(slot, field.name) for slot in slots], field.type) for field in SLOT_TYPE
    ]
    items = pa.StructArray.from_arrays(fields, fields=list(SLOT_TYPE))
    return pa.ListArray.from_arrays(pa.array(offsets, pa.int32()), items)
