"""Parquet files that `datasets.load_dataset` opens: configs of text and `speech`, by split."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq

from corpusforge.core.schema import SPLITS
from corpusforge.core.spans import Slot, bio
from corpusforge.export.features import (
    arrow_schema,
    bio_names,
    label_names,
    nlu_features,
    speech_features,
)
from corpusforge.export.release import (
    EXPANDED,
    NLU_COLUMNS,
    SPEECH_COLUMNS,
    ReleaseTables,
    of_split,
)

__all__ = ["PLUGIN", "HfWriter", "files_of", "nlu_table"]

ROW_GROUP_BYTES = 32_000_000
"""Audio per row group. The Hub's viewer reads whole row groups and refuses more than 286 MiB;
20 to 50 MB is what it pages through quickly."""

SHARD_BYTES = 500_000_000
"""Audio per file: larger files are slow to resume when an upload breaks."""

_NLU_ROW_GROUP = 10_000  # rows; some 2 MB

# What `datasets` 5.2 uses for its own files (config.DEFAULT_CDC_OPTIONS). Pages are cut where
# the content says so, so that a release that grew uploads again only what is new.
_CHUNKING = {"min_chunk_size": 256 * 1024, "max_chunk_size": 1024 * 1024, "norm_level": 0}


@dataclass(frozen=True)
class HfWriter:
    """Folders nlu/, speech/ and, where there is one, nlu_expanded/: SPLIT-00000-of-00001.parquet.

    A split without rows has no file and must not stand in the card: `load_dataset` fails on
    an empty Parquet file.
    """

    name: str = "hf"
    losses: tuple[str, ...] = ()
    extra: str = ""

    def write(self, release: ReleaseTables, folder: Path) -> list[Path]:
        """See `Writer.write`."""
        written: list[Path] = []
        for split in SPLITS:
            for config, whole in release.texts().items():
                rows = of_split(whole, split)
                if rows.num_rows:
                    path = _shard(folder, config, split, 0, 1)
                    _write_rows(nlu_table(rows, release), path)
                    written.append(path)
            clips = of_split(release.clips, split)
            if clips.num_rows:
                written += _write_clips(clips, release, folder, split)
        return written

    def read(self, folder: Path) -> Mapping[str, pa.Table]:
        """See `Writer.read`."""
        found: dict[str, pa.Table] = {}
        wanted_of = {"nlu": NLU_COLUMNS, EXPANDED: NLU_COLUMNS, "speech": SPEECH_COLUMNS}
        for config, columns in wanted_of.items():
            parts = [
                _with_split(_with_intent_names(pq.read_table(path, partitioning=None)), split)
                for split, paths in files_of(folder, config).items()
                for path in paths
            ]
            if parts:
                wanted = [*columns, "split", *(["audio"] if config == "speech" else [])]
                table = pa.concat_tables(parts).select(wanted)
                found[config] = _audio_as_bytes(table) if config == "speech" else table
        return found


def files_of(folder: Path, config: str) -> dict[str, list[Path]]:
    """Split -> the files of a config, in order; splits without files are left out."""
    found = {
        split: sorted((folder / config).glob(f"{split}-?????-of-?????.parquet")) for split in SPLITS
    }
    return {split: paths for split, paths in found.items() if paths}


def nlu_table(rows: pa.Table, release: ReleaseTables) -> pa.Table:
    """Published rows with tokens, BIO labels and intent ids.

    Rows that are not annotated (`slots` null) have null for `bio` too: all "O" would be a
    wrong label.
    """
    schema = arrow_schema(nlu_features(release.intents, release.slot_names))
    tag_ids = {name: number for number, name in enumerate(bio_names(release.slot_names))}
    tokens: list[list[str]] = []
    tags: list[list[int] | None] = []
    for text, slots in zip(rows["text"].to_pylist(), rows["slots"].to_pylist(), strict=True):
        spans, names = bio(text, [Slot(**slot) for slot in slots or ()])
        tokens.append([text[start:end] for start, end in spans])
        tags.append(None if slots is None else [tag_ids[name] for name in names])
    made = {
        "intent": _label_ids(rows["intent"], release.intents),
        "tokens": pa.array(tokens, schema.field("tokens").type),
        "bio": pa.array(tags, schema.field("bio").type),
    }
    columns = [made[name] if name in made else rows[name] for name in schema.names]
    return pa.table(columns, schema=schema)


def _label_ids(intents: pa.ChunkedArray, names: tuple[str, ...]) -> pa.Array:
    ids = {name: number for number, name in enumerate(names)}
    return pa.array([ids[name] for name in intents.to_pylist()], pa.int64())


def _shard(folder: Path, config: str, split: str, number: int, total: int) -> Path:
    path = folder / config / f"{split}-{number:05d}-of-{total:05d}.parquet"
    path.parent.mkdir(parents=True, exist_ok=True)
    return path


def _leaves(path: str, kind: pa.DataType) -> Iterator[str]:
    """Paths of the Parquet leaf columns below a column."""
    if pa.types.is_struct(kind):
        for field in kind:
            yield from _leaves(f"{path}.{field.name}", field.type)
    elif pa.types.is_list(kind):
        yield from _leaves(f"{path}.list.element", kind.value_type)
    else:
        yield path


def _parquet(path: Path, schema: pa.Schema) -> pq.ParquetWriter:
    """A Parquet writer: FLAC as it is, everything else in dictionaries and zstd."""
    leaves = [leaf for field in schema for leaf in _leaves(field.name, field.type)]
    audio = [leaf for leaf in leaves if leaf.startswith("audio.")]
    others = [leaf for leaf in leaves if leaf not in audio]
    writer = pq.ParquetWriter(
        path,
        schema,
        compression={**dict.fromkeys(others, "zstd"), **dict.fromkeys(audio, "none")},
        use_dictionary=others,
        column_encoding=dict.fromkeys(audio, "PLAIN") or None,
        use_content_defined_chunking=_CHUNKING,
        write_page_index=True,
    )
    writer.add_key_value_metadata({"content_defined_chunking": json.dumps(_CHUNKING)})
    return writer


def _write_rows(table: pa.Table, path: Path) -> None:
    with _parquet(path, table.schema) as writer:
        writer.write_table(table, row_group_size=_NLU_ROW_GROUP)


def _write_clips(clips: pa.Table, release: ReleaseTables, folder: Path, split: str) -> list[Path]:
    """One split of config `speech`; only one row group of audio is held in memory."""
    schema = arrow_schema(speech_features(release.intents))
    sizes = release.audio_sizes(clips)
    shards = _runs(sizes, SHARD_BYTES)
    written: list[Path] = []
    for number, (begin, end) in enumerate(shards):
        path = _shard(folder, "speech", split, number, len(shards))
        with _parquet(path, schema) as writer:
            for first, last in _runs(sizes[begin:end], ROW_GROUP_BYTES):
                part = clips.slice(begin + first, last - first)
                table = _speech_table(part, release, schema)
                writer.write_table(table, row_group_size=table.num_rows)
        written.append(path)
    return written


def _runs(sizes: npt.NDArray[np.int64], most: int) -> list[tuple[int, int]]:
    """Ranges of neighbours of at most `most` bytes, one item at least."""
    runs: list[tuple[int, int]] = []
    begin, held = 0, 0
    for place, size in enumerate(sizes.tolist()):
        if held and held + size > most:
            runs.append((begin, place))
            begin, held = place, 0
        held += size
    runs.append((begin, len(sizes)))
    return runs


def _speech_table(clips: pa.Table, release: ReleaseTables, schema: pa.Schema) -> pa.Table:
    names = [f"{clip}.flac" for clip in clips["clip_id"].to_pylist()]
    audio = pa.StructArray.from_arrays(
        [pa.array(list(release.audio(clips)), pa.binary()), pa.array(names, pa.string())],
        fields=list(schema.field("audio").type),
    )
    made = {"audio": audio, "intent": _label_ids(clips["intent"], release.intents)}
    columns: list[Any] = [made[name] if name in made else clips[name] for name in schema.names]
    return pa.table(columns, schema=schema)


def _with_intent_names(table: pa.Table) -> pa.Table:
    names = label_names(table.schema, "intent")
    column = pa.array([names[number] for number in table["intent"].to_pylist()], pa.string())
    table = table.set_column(table.schema.get_field_index("intent"), "intent", column)
    return table.replace_schema_metadata(None)


def _with_split(table: pa.Table, split: str) -> pa.Table:
    return table.append_column("split", pa.array([split] * table.num_rows, pa.string()))


def _audio_as_bytes(table: pa.Table) -> pa.Table:
    sound = pc.struct_field(table["audio"], "bytes")
    return table.set_column(table.schema.get_field_index("audio"), "audio", sound)


PLUGIN = HfWriter()
