"""The data contract: Arrow schemas of what stages hand to each other, and thin row views.

Every column type round-trips through `datasets.Features` (a test proves it), so there are no
maps. The published rows are described for outsiders in `schemas/*.schema.json`.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt
import pyarrow as pa

from corpusforge.core.errors import RunError
from corpusforge.core.span_columns import misread
from corpusforge.core.spans import Slot

__all__ = [
    "CATALOGUE",
    "CLIPS",
    "DROPPED",
    "DROPPED_CLIPS",
    "SPLITS",
    "TEMPLATES",
    "UTTERANCES",
    "Utterance",
    "check_utterances",
    "drop_rows",
    "read_table",
    "table_to_utterances",
    "table_writer",
    "utterances_to_table",
    "with_scores",
    "write_table",
]

SPLITS = ("train", "validation", "test")

SLOT_TYPE = pa.struct(
    [
        ("name", pa.string()),
        ("entity", pa.string()),
        ("value", pa.string()),
        ("text", pa.string()),
        ("start", pa.int32()),
        ("end", pa.int32()),
        ("role", pa.string()),
        ("group", pa.string()),
    ]
)

UTTERANCES = pa.schema(
    [
        ("id", pa.string()),
        ("text", pa.string()),
        ("lang", pa.string()),
        ("intent", pa.string()),
        ("slots", pa.list_(SLOT_TYPE)),
        ("spoken", pa.string()),
        ("origin", pa.string()),
        ("template", pa.string()),
        ("parents", pa.list_(pa.string())),
        ("generation", pa.int32()),
        ("weight", pa.float32()),
        ("split", pa.string()),
        ("license", pa.string()),
    ]
)
"""Utterances. `slots` null = not annotated, [] = none; `spoken` null = as `text`;
`weight` is a sample weight for a loss (1 = a real row, 0 = do not train on it);
`generation` is 0 for real and grammar rows, n+1 from a generator trained on n."""

_DROP_FIELDS = [
    pa.field("stage", pa.string()),
    pa.field("filter", pa.string()),
    pa.field("reason", pa.string()),
    pa.field("score", pa.float32()),
    pa.field("threshold", pa.float32()),
    pa.field("twin_id", pa.string()),
]

DROPPED = pa.schema([*UTTERANCES, *_DROP_FIELDS])
"""Dropped utterances: the row, and who dropped it, why, and at which threshold."""

CATALOGUE = pa.schema(
    [
        ("entity", pa.string()),
        ("text", pa.string()),
        ("value", pa.string()),
        ("attributes", pa.list_(pa.struct([("key", pa.string()), ("value", pa.string())]))),
        ("agreement", pa.string()),
        ("license", pa.string()),
        ("split", pa.string()),
    ]
)
"""Slot values: each surface form with its canonical value. Values may replace each other
within the same entity and agreement class ("" = all of the entity). `split`: rows of no other
split may hold the value; "" where its list is not held out."""

TEMPLATES = pa.schema(
    [
        ("template", pa.string()),
        ("intent", pa.string()),
        ("sentence", pa.string()),
        ("file", pa.string()),
        ("line", pa.int32()),
        ("split", pa.string()),
        ("weight", pa.float32()),
        ("derivations", pa.string()),
        ("rows", pa.int32()),
    ]
)
"""Templates: id, source place, split ("" = in all splits, which then differ in their slot
values), exact number of derivations (decimal), rows drawn."""

CLIPS = pa.schema(
    [
        ("clip_id", pa.string()),
        ("utterance_id", pa.string()),
        ("audio", pa.struct([("bytes", pa.binary()), ("path", pa.string())])),
        ("text", pa.string()),
        ("spoken", pa.string()),
        ("lang", pa.string()),
        ("intent", pa.string()),
        ("slots", pa.list_(SLOT_TYPE)),
        ("origin", pa.string()),
        ("split", pa.string()),
        ("variant", pa.int32()),
        ("copy", pa.int32()),
        ("sampling_rate", pa.int32()),
        ("num_samples", pa.int64()),
        ("duration_s", pa.float32()),
        ("engine", pa.string()),
        ("engine_version", pa.string()),
        ("voice", pa.string()),
        ("voice_license", pa.string()),
        ("voice_gender", pa.string()),
        ("voice_accent", pa.string()),
        ("voice_source", pa.string()),
        ("voice_sha256", pa.string()),
        ("prosody", pa.string()),
        (
            "chain",
            pa.list_(
                pa.struct([("op", pa.string()), ("version", pa.string()), ("params", pa.string())])
            ),
        ),
        (
            "words",
            pa.list_(
                pa.struct(
                    [("word", pa.string()), ("start_s", pa.float32()), ("end_s", pa.float32())]
                )
            ),
        ),
        (
            "spoken_slots",
            pa.list_(
                pa.struct(
                    [
                        ("name", pa.string()),
                        ("start", pa.int32()),
                        ("end", pa.int32()),
                        ("start_s", pa.float32()),
                        ("end_s", pa.float32()),
                    ]
                )
            ),
        ),
        ("snr_requested_db", pa.float32()),
        ("snr_db", pa.float32()),
        ("loudness_lufs", pa.float32()),
        ("peak", pa.float32()),
        ("clipped_samples", pa.int64()),
        ("asr_text", pa.string()),
        ("pcm_sha256", pa.string()),
    ]
)
"""Clips. Inside a run `audio.bytes` is null and `audio.path` names the FLAC in the run's
cache; export copies the bytes in. `prosody` and `chain.params` are canonical JSON: what was
drawn, enough to render this clip alone. `snr_db` is null for clips without noise. `spoken_slots`
are the slots, in their order, as half-open spans of code points in `spoken`, with times where
`words` has them; null where a slot could not be followed into the spoken form."""

DROPPED_CLIPS = pa.schema([*CLIPS, *_DROP_FIELDS])


@dataclass(frozen=True, slots=True, kw_only=True)
class Utterance:
    """One row of `UTTERANCES`, for work that is row-shaped."""

    text: str
    lang: str
    intent: str
    slots: tuple[Slot, ...] | None
    origin: str
    split: str
    license: str
    id: str = ""
    spoken: str | None = None
    template: str = ""
    parents: tuple[str, ...] = ()
    generation: int = 0
    weight: float = 1.0


def _slot_to_dict(slot: Slot) -> dict[str, Any]:
    return {name: getattr(slot, name) for name in Slot.__slots__}


def utterances_to_table(rows: Iterable[Utterance]) -> pa.Table:
    """Rows as a table with schema `UTTERANCES`."""
    listed = list(rows)
    columns: list[pa.Array] = []
    for field in UTTERANCES:
        values: list[Any] = [getattr(row, field.name) for row in listed]
        if field.name == "slots":
            values = [None if v is None else [_slot_to_dict(slot) for slot in v] for v in values]
        columns.append(pa.array(values, field.type))
    return pa.table(columns, schema=UTTERANCES)


def table_to_utterances(table: pa.Table) -> list[Utterance]:
    """The rows of a table that has the columns of `UTTERANCES`; others are left out."""
    rows = table.select(UTTERANCES.names).to_pylist()
    for row in rows:
        if row["slots"] is not None:
            row["slots"] = tuple(Slot(**slot) for slot in row["slots"])
        row["parents"] = tuple(row["parents"] or ())
    return [Utterance(**row) for row in rows]


def with_scores(schema: pa.Schema, names: Sequence[str]) -> pa.Schema:
    """The schema with nullable float32 columns `score_<name>` appended."""
    for name in names:
        if f"score_{name}" not in schema.names:
            schema = schema.append(pa.field(f"score_{name}", pa.float32()))
    return schema


def read_table(path: Path) -> pa.Table:
    """A Parquet file as one table.

    Raises:
        RunError: When the file is missing or broken, with what to do.
    """
    import pyarrow.parquet as pq

    try:
        return pq.read_table(path, partitioning=None, memory_map=False)
    except (OSError, pa.ArrowInvalid) as error:
        raise RunError(
            f"{path} cannot be read ({error}); delete the folder {path.parent} and run again"
        ) from error


def write_table(table: pa.Table, path: Path) -> None:
    """Write Parquet under a temporary name, then rename: never half a file under `path`."""
    import pyarrow.parquet as pq

    temporary = path.with_name(f".{path.name}.tmp")
    try:
        pq.write_table(table, temporary, compression="zstd")
        temporary.replace(path)
    finally:
        temporary.unlink(missing_ok=True)


@contextmanager
def table_writer(path: Path, schema: pa.Schema) -> Iterator[Callable[[pa.Table], None]]:
    """Write Parquet piece by piece; never half a file under `path`.

    Yields:
        Writes a piece, as one row group.
    """
    import pyarrow.parquet as pq

    temporary = path.with_name(f".{path.name}.tmp")
    try:
        with pq.ParquetWriter(
            temporary,
            schema,
            compression="zstd",
            write_statistics=False,  # nobody asks for the smallest text, and it takes long
        ) as writer:
            yield writer.write_table
        temporary.replace(path)
    finally:
        temporary.unlink(missing_ok=True)


def check_utterances(table: pa.Table) -> None:
    """Hold the invariants of `UTTERANCES`, column by column.

    Raises:
        ValueError: Naming the first row that breaks one: an empty text, an unknown split, a
            weight outside [0, 1], a negative generation, or spans that are out of range, not
            sorted, overlapping, empty, or do not read their text.
    """
    if table.num_rows == 0:
        return
    import pyarrow.compute as pc

    texts = _one_array(table["text"])

    def refuse(bad: npt.NDArray[np.bool_], what: str) -> None:
        if bad.any():
            row = int(np.flatnonzero(bad)[0])
            raise ValueError(f"row {table['id'][row]} ({texts[row].as_py()!r}): {what}")

    sizes = pc.fill_null(pc.utf8_length(texts), 0).to_numpy(zero_copy_only=False)
    refuse(sizes == 0, "empty text")
    known = pc.is_in(table["split"], pa.array(SPLITS)).to_numpy()
    refuse(~known, f"split not one of {SPLITS}")
    weights = table["weight"].to_numpy()
    refuse(~((weights >= 0) & (weights <= 1)), "weight outside [0, 1]")
    refuse(table["generation"].to_numpy() < 0, "negative generation")
    _check_spans(_one_array(table["slots"]), texts, sizes, refuse)


def _one_array(column: pa.ChunkedArray) -> pa.Array:
    return column.chunk(0) if column.num_chunks == 1 else column.combine_chunks()


def _check_spans(
    slots: pa.Array, texts: pa.Array, sizes: npt.NDArray[np.int32], refuse: Any
) -> None:
    import pyarrow.compute as pc

    lengths = pc.fill_null(pc.list_value_length(slots), 0).to_numpy(zero_copy_only=False)
    items = slots.flatten()
    if len(items) == 0:
        return
    row = np.repeat(np.arange(len(texts)), lengths)
    starts = pc.struct_field(items, "start").to_numpy(zero_copy_only=False).astype(np.int64)
    ends = pc.struct_field(items, "end").to_numpy(zero_copy_only=False).astype(np.int64)

    def per_row(bad: npt.NDArray[np.bool_]) -> npt.NDArray[np.bool_]:
        rows = np.zeros(len(texts), dtype=bool)
        rows[row[bad]] = True
        return rows

    refuse(per_row(~((starts >= 0) & (starts < ends) & (ends <= sizes[row]))), "span out of range")
    same_row = row[1:] == row[:-1]
    overlap = np.concatenate([[False], same_row & (starts[1:] < ends[:-1])])
    refuse(per_row(overlap), "spans overlap or are not sorted")
    said = pc.fill_null(pc.struct_field(items, "text"), "")
    padded = pc.not_equal(pc.utf8_trim_whitespace(said), said).to_numpy(zero_copy_only=False)
    wrong = misread(texts, row, starts, ends, said) | padded
    refuse(per_row(wrong), "slot text is not text[start:end], or has white space at an edge")


def drop_rows(
    table: pa.Table,
    indices: Sequence[int],
    *,
    stage: str,
    filter: str,
    reasons: Sequence[str],
    scores: Sequence[float | None] | None = None,
    threshold: float | None = None,
    twin_ids: Sequence[str | None] | None = None,
) -> pa.Table:
    """The rows at `indices` as dropped rows.

    Args:
        table: Utterances or clips, possibly with score columns.
        indices: Row numbers, shape [n].
        stage: Who dropped them.
        filter: The plug-in or check.
        reasons: One sentence each, shape [n].
        scores: The score that was judged, shape [n]; None = no score.
        threshold: The limit it was judged against.
        twin_ids: The row that stays instead, shape [n]; None = no twin.
    """
    count = len(indices)
    taken = table.take(pa.array(indices, pa.int64()))
    columns: list[list[Any]] = [
        [stage] * count,
        [filter] * count,
        list(reasons),
        list(scores) if scores is not None else [None] * count,
        [threshold] * count,
        list(twin_ids) if twin_ids is not None else [None] * count,
    ]
    for field, values in zip(_DROP_FIELDS, columns, strict=True):
        taken = taken.append_column(field, pa.array(values, field.type))
    return taken
