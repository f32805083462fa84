"""Write drawn rows as JSON lines or Parquet, batch by batch, with Arrow and no loop over rows."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pyarrow as pa

from corpusforge.core.ids import utterance_ids
from corpusforge.core.schema import SLOT_TYPE
from corpusforge.grammar.drawing import Draw
from corpusforge.grammar.json_rows import JsonRows

__all__ = ["json_lines", "write_parquet"]

_REPEATED = [
    *("lang", "intent", "template", "split"),
    *(f"slots.list.element.{field.name}" for field in SLOT_TYPE),
]
"""Columns of Parquet with few different values."""


def json_lines(drawn: Draw, *, ids: bool = False, splits: bool = False) -> Iterator[memoryview]:
    """Rows as JSON lines in UTF-8, in pieces: text, intent, slots, with `ids` also an id.

    With `splits` also the split. Rows that are not said as they are written also have `spoken`.
    """
    rows = JsonRows()
    for batch in drawn.batches():
        said = drawn.spoken(batch) if drawn.has_spoken else None
        yield rows.lines(batch, _ids(batch, drawn) if ids else None, said, splits=splits)


def write_parquet(drawn: Draw, path: Path, *, ids: bool = False) -> None:
    """Rows as Parquet: text, lang, intent, slots, template, split; never half a file under `path`.

    With spoken forms in the pack there is also `spoken`, null where the text is said as written.

    Args:
        drawn: What to draw.
        path: File; replaced when there is one.
        ids: Also the rows' ids.
    """
    temporary = path.with_name(f".{path.name}.tmp")
    import pyarrow.parquet as pq

    writer: pq.ParquetWriter | None = None
    try:
        for batch in drawn.batches():
            columns = {
                "text": batch["text"],
                "lang": pa.DictionaryArray.from_arrays(
                    pa.repeat(pa.scalar(0, pa.int32()), batch.num_rows), pa.array([drawn.pack.lang])
                ),
                "intent": batch["intent"],
                "slots": batch["slots"],
                "template": batch["template"],
                "split": batch["split"],
            }
            if drawn.has_spoken:
                columns["spoken"] = drawn.spoken(batch)
            if ids:
                columns = {"id": _ids(batch, drawn), **columns}
            made = pa.record_batch(list(columns.values()), names=list(columns))
            if writer is None:
                # The Arrow schema would make readers give back dictionaries.
                writer = pq.ParquetWriter(
                    temporary,
                    made.schema,
                    compression="zstd",
                    store_schema=False,
                    # smallest and largest text: nobody asks, and it takes 40 % of the time
                    write_statistics=["intent", "template", "split"],
                    # texts and ids all differ
                    use_dictionary=_REPEATED,
                    write_batch_size=1 << 16,
                )
            writer.write_batch(made)
        if writer is not None:
            writer.close()
            writer = None
            temporary.replace(path)
    finally:
        if writer is not None:
            writer.close()
        temporary.unlink(missing_ok=True)


def _ids(batch: pa.RecordBatch, drawn: Draw) -> pa.Array:
    from corpusforge.grammar.drawing import plain_slots

    rows = batch.num_rows
    table = pa.table(
        {
            "origin": pa.repeat("grammar", rows),
            "lang": pa.repeat(drawn.pack.lang, rows),
            "intent": batch["intent"].dictionary_decode(),
            "text": batch["text"],
            "slots": plain_slots(batch["slots"]),
        }
    )
    return utterance_ids(table)
