"""Write drawn rows as JSON lines or Parquet, batch by batch, with Arrow and no loop over rows."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from corpusforge.core.arrow import integers, joined, scalar, strings
from corpusforge.core.ids import utterance_ids
from corpusforge.core.schema import SLOT_TYPE
from corpusforge.grammar.drawing import Draw

__all__ = ["json_lines", "write_parquet"]

# What JSON strings cannot hold as it is.
_ESCAPED = '["\\\\\\x00-\\x1f]'


def json_lines(drawn: Draw, *, ids: bool = False) -> Iterator[memoryview]:
    """Rows as JSON lines in UTF-8, in pieces: text, intent, slots, with `ids` also an id."""
    for batch in drawn.batches():
        head: list[pa.Array | str] = ['{"text": ']
        if ids:
            head = ['{"id": "', _ids(batch, drawn), '", "text": ']
        lines = joined(
            *head,
            _quoted(batch["text"]),
            ', "intent": ',
            _coded(batch["intent"]),
            ', "slots": [',
            _slots(batch["slots"]),
            "]}\n",
        )
        offsets, data = lines.buffers()[1:]
        ends = np.frombuffer(offsets, np.int32, len(lines) + 1)
        yield memoryview(data)[ends[0] : ends[-1]]


def write_parquet(drawn: Draw, path: Path, *, ids: bool = False) -> None:
    """Rows as Parquet: text, lang, intent, slots, template, split; never half a file under `path`.

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


def _slots(slots: pa.Array) -> pa.Array:
    """Each row's slots as JSON objects with commas between."""
    items = slots.flatten()
    column = {field.name: pc.struct_field(items, field.name) for field in SLOT_TYPE}
    objects = joined(
        _two(column["name"], column["entity"], ('{"name": ', ', "entity": ')),
        _two(column["value"], column["text"], (', "value": ', ', "text": ')),
        ', "start": ',
        column["start"].cast(pa.string()),
        ', "end": ',
        column["end"].cast(pa.string()),
        _two(column["role"], column["group"], (', "role": ', ', "group": ')),
        "}",
    )
    ends = pc.cumulative_sum(pc.list_value_length(slots)).cast(pa.int32())
    offsets = pa.concat_arrays([integers(np.zeros(1, np.int32)), ends])
    return pc.binary_join(pa.ListArray.from_arrays(offsets, objects), scalar(", "))


def _two(
    first: pa.DictionaryArray, second: pa.DictionaryArray, keys: tuple[str, str]
) -> pa.Array | pa.Scalar:
    """Two members of a JSON object; looked up together where the two are coded alike."""
    if first.dictionary.to_pylist() == second.dictionary.to_pylist() == [""]:
        return scalar(f'{keys[0]}""{keys[1]}""')
    if first.indices.equals(second.indices):
        pairs = zip(first.dictionary.to_pylist(), second.dictionary.to_pylist(), strict=True)
        words = [f"{keys[0]}{_json(one)}{keys[1]}{_json(two)}" for one, two in pairs]
        return strings(words).take(first.indices)
    return joined(keys[0], _coded(first), keys[1], _coded(second))


def _json(text: str) -> str:
    return json.dumps(text, ensure_ascii=False)


def _coded(column: pa.DictionaryArray) -> pa.Array:
    """JSON of texts with few different values."""
    words = strings([_json(text) for text in column.dictionary.to_pylist()])
    return pc.fill_null(words.take(column.indices), scalar("null"))


def _quoted(texts: pa.Array) -> pa.Array:
    quoted = joined('"', texts, '"')
    escaped = pc.match_substring_regex(texts, _ESCAPED)
    if not pc.any(escaped).as_py():
        return quoted
    said = texts.filter(escaped).to_pylist()
    made = strings([_json(text) for text in said])
    return pc.replace_with_mask(quoted, escaped, made)
