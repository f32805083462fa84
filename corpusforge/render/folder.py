"""The folder that a render leaves: clips, metadata as AudioFolder reads it, facts, licenses.

clips/CLIP_ID.flac     train/, validation/, test/ where the table has splits
metadata.csv           file_name and what is known of each clip (or metadata.jsonl)
clips.parquet          all facts: enough for `corpusforge replay`
dropped.parquet        clips that were lost, each with its reason
dropped_rows.parquet   rows of the table that cannot be spoken, where there are any
LICENSE  render.json
.corpusforge/          the stages and the cache, to go on from
"""

from __future__ import annotations

import contextlib
import csv
import json
import os
import shutil
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.compute as pc

from corpusforge.core.errors import StaleInputError
from corpusforge.core.licenses import UNKNOWN
from corpusforge.core.run import RunFolder, canonical_json, write_bytes, write_json
from corpusforge.core.schema import SPLITS, write_table
from corpusforge.export.accounts import counted
from corpusforge.export.flac import pcm_sha256
from corpusforge.export.licenses import no_person, noise_licenses, stated_counts, tool_sentence

__all__ = ["FACTS", "PUBLISHED", "license_text", "publish", "write_folder"]

FACTS = "render.json"
"""Written last: with it, the folder is whole."""

_CLIPS = "clips"
PUBLISHED = (
    *(_CLIPS, *SPLITS),
    *("metadata.csv", "metadata.jsonl", "clips.parquet", "dropped.parquet"),
    *("dropped_rows.parquet", "LICENSE", FACTS),
)
"""Everything that may stand in the folder; what a render does not write, it removes."""

_METADATA = (
    *("utterance_id", "text", "spoken", "lang", "intent", "slots", "split"),
    *("clip_id", "duration_s", "engine", "voice", "voice_license", "voice_gender"),
    *("voice_accent", "snr_db", "pcm_sha256"),
)
_RENAMED = {"utterance_id": "id"}


def write_folder(
    clips: pa.Table, dropped: Mapping[str, pa.Table], *, root: Path, folder: Path, splits: bool,
    metadata: str,
) -> None:  # fmt: skip
    """Write everything but LICENSE and render.json.

    Args:
        clips: Clips that the gate kept; `audio.path` starts in `root`.
        dropped: File name without its ending -> table.
        root: The cache.
        folder: New, empty.
        splits: One folder per split, else all clips in one.
        metadata: "csv" or "jsonl".

    Raises:
        StaleInputError: When a file of the cache is gone or holds other samples.
    """
    sources = pc.struct_field(clips["audio"], "path").to_pylist()
    names = []
    columns = (clips[name].to_pylist() for name in ("clip_id", "split", "pcm_sha256"))
    for source, clip, split, expected in zip(sources, *columns, strict=True):
        names.append(f"{split if splits else _CLIPS}/{clip}.flac")
        _take(root / source, folder / names[-1], expected)
    placed = pa.StructArray.from_arrays(
        [pa.nulls(len(names), pa.binary()), pa.array(names, pa.string())], ["bytes", "path"]
    )
    index = clips.schema.get_field_index("audio")
    clips = clips.set_column(index, clips.schema.field("audio"), placed)
    for name, table in {**dropped, "clips": clips}.items():
        write_table(table, folder / f"{name}.parquet")
    rows = list(_metadata_rows(clips, names))
    target = folder / f"metadata.{metadata}"
    _write_csv(rows, target) if metadata == "csv" else _write_jsonl(rows, target)


def _take(source: Path, target: Path, expected: str) -> None:
    """A clip of the cache under its name; a link where the disk allows it, else a copy."""
    if not source.is_file():
        raise StaleInputError(f"{source.name} is gone from the cache", stage="speech")
    if pcm_sha256(source.read_bytes()) not in (None, expected):
        raise StaleInputError(
            f"{source.name} does not hold the samples that were rendered", stage="speech"
        )
    target.parent.mkdir(exist_ok=True)
    try:
        os.link(source, target)
    except OSError:
        shutil.copyfile(source, target)


def _metadata_rows(clips: pa.Table, names: list[str]) -> Iterator[dict[str, Any]]:
    known = clips.select(_METADATA).to_pylist()
    for name, row in zip(names, known, strict=True):
        # float32 columns: six digits after the point are more than they hold.
        plain = {k: round(v, 6) if isinstance(v, float) else v for k, v in row.items()}
        yield {"file_name": name, **{_RENAMED.get(key, key): plain[key] for key in _METADATA}}


def _write_csv(rows: list[dict[str, Any]], path: Path) -> None:
    with path.open("w", encoding="utf-8", newline="") as stream:
        writer = csv.writer(stream)
        writer.writerow(["file_name", *(_RENAMED.get(key, key) for key in _METADATA)])
        for row in rows:
            cells = {**row, "slots": None if row["slots"] is None else canonical_json(row["slots"])}
            writer.writerow(["" if value is None else value for value in cells.values()])


def _write_jsonl(rows: list[dict[str, Any]], path: Path) -> None:
    lines = (json.dumps(row, ensure_ascii=False) for row in rows)
    path.write_text("".join(f"{line}\n" for line in lines), encoding="utf-8")


def license_text(clips: pa.Table, texts: pa.Table) -> str:
    """The LICENSE file: what covers texts, what spoke, voice by voice, and noise mixed in.

    Args:
        clips: Columns of `CLIPS`.
        texts: Rows that were spoken, columns of `UTTERANCES`.
    """
    spoken = texts.filter(pc.is_in(texts["id"], value_set=pc.unique(clips["utterance_id"])))
    lines = ["Texts:"]
    for name, count in stated_counts(spoken["license"].to_pylist()).items():
        said = "as in the table that they come from" if name == UNKNOWN else name
        lines.append(f"  {said}: {counted(count, 'row')}")
    lines += ["", "Software or model that spoke (column `voice_license`):"]
    columns = (clips[name].to_pylist() for name in ("voice_license", "engine", "voice"))
    whose = (f"{license_ or UNKNOWN}: {engine}/{voice}" for license_, engine, voice in
             zip(*columns, strict=True))  # fmt: skip
    lines += [f"  {name}, {counted(n, 'clip')}" for name, n in stated_counts(whose).items()]
    lines.append(f"  {tool_sentence(clips)}")
    if noises := noise_licenses(clips):
        lines += ["", "Recorded noise and babble in clips (column `chain` of clips.parquet):"]
        lines += [f"  {name}: {counted(n, 'clip')}" for name, n in noises.items()]
    lines += ["", f"All speech is synthetic: {no_person(clips)}."]
    return "\n".join(lines) + "\n"


def publish(run: RunFolder, made: Path, facts: Mapping[str, Any], out: Path) -> None:
    """Put a written folder in the user's view; the files of the render before go last.

    Args:
        run: The hidden run folder.
        made: What `write_folder` wrote.
        facts: For render.json.
        out: The folder given with `-o`.
    """
    (out / FACTS).unlink(missing_ok=True)
    for name in PUBLISHED:
        target = out / name
        if (made / name).exists():
            run.publish(made / name, target)
        elif target.is_dir():
            shutil.rmtree(target)
        else:
            target.unlink(missing_ok=True)
        with contextlib.suppress(OSError):
            shutil.rmtree(out / f".{name}.old")
    write_json(facts, out / FACTS)


def write_license(text: str, folder: Path) -> None:
    """Write LICENSE."""
    write_bytes(text.encode(), folder / "LICENSE")
