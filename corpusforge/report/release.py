"""What a page shows of a bare release folder: its tables, and what lies beside them.

    nlu/*.parquet  speech/*.parquet   the published tables, one file or more per split
    provenance/*.parquet              parents, splits, effects of clips, templates
    release.json                      names, bias figures, rows dropped per stage and filter

Only the first line is needed; what else is missing is left out of the page.
"""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq

from corpusforge.core.errors import InputError
from corpusforge.core.gate import Gate
from corpusforge.core.run import read_json
from corpusforge.core.schema import CLIPS, SPLITS, TEMPLATES, UTTERANCES, read_table
from corpusforge.report.data import CLIP_COLUMNS, ROW_COLUMNS, Corpus, Dropped, Row, listed

__all__ = ["from_release"]


def from_release(folder: Path) -> Corpus:
    """Gather a release.

    Raises:
        InputError: When the folder holds no rows and no clips.
    """
    rows = _published(folder / "nlu", UTTERANCES, ROW_COLUMNS)
    clips = _published(folder / "speech", CLIPS, CLIP_COLUMNS)
    if not rows and not clips:
        raise InputError(
            f"{folder} holds no nlu/*.parquet and no speech/*.parquet",
            hint="give the folder of `build -o`, or its release folder",
        )
    path = folder / "release.json"
    facts: dict[str, Any] = read_json(path) if path.is_file() else {}
    origins = {row["id"]: row["origin"] for row in rows}
    known = {row["clip_id"]: row for row in _beside(folder, "clips", CLIPS, CLIP_COLUMNS)}
    for clip in clips:
        clip["origin"] = origins.get(clip["utterance_id"], "")
        more = known.get(clip["clip_id"], {})
        for name in ("voice_gender", "voice_accent", "chain"):
            clip[name] = clip[name] or more.get(name)
    family = {row["id"]: row for row in _beside(folder, "utterances", UTTERANCES, ROW_COLUMNS)}
    for row in rows:
        row["parents"] = family.get(row["id"], {}).get("parents")

    def read_audio(clip: Mapping[str, Any]) -> bytes | None:
        data: bytes | None = (clip["audio"] or {}).get("bytes")
        return data

    langs = Counter(row["lang"] for row in rows if row["lang"])
    return Corpus(
        title=str(facts.get("pretty_name") or facts.get("name") or "Released corpus"),
        description=str(facts.get("description") or ""),
        lang=langs.most_common(1)[0][0] if langs else "",
        license=str(facts.get("recipe", {}).get("license") or ""),
        rows=rows,
        clips=clips,
        read_audio=read_audio,
        templates=_beside(folder, "templates", TEMPLATES, tuple(TEMPLATES.names)),
        dropped=_dropped(facts.get("stages", {})),
        texts={name: row["text"] for name, row in family.items() if row["text"]},
        facts={"grammar": facts["grammar"]} if "grammar" in facts else {},
        bias=facts.get("bias", {}),
        private=facts.get("private", {}),
        release=True,
        assessment=_assessment(facts.get("usefulness", {})),
        gate=_gate(facts.get("usefulness", {})),
        kept_out=_kept_out(folder, len(rows)),
    )


def _assessment(usefulness: Mapping[str, Any]) -> dict[str, Any]:
    return {key: value for key, value in usefulness.items() if key != "gate"}


def _gate(usefulness: Mapping[str, Any]) -> Gate:
    gate = usefulness.get("gate")
    if not gate:
        return Gate()
    return Gate(gate["expansion"], gate["reason"], tuple(gate["origins_kept_out"]))


def _kept_out(folder: Path, rows: int) -> int:
    """Rows of config nlu_expanded beyond those of nlu."""
    paths = sorted((folder / "nlu_expanded").glob("*.parquet"))
    return sum(pq.read_metadata(path).num_rows for path in paths) - rows if paths else 0


def _published(folder: Path, schema: pa.Schema, columns: tuple[str, ...]) -> list[Row]:
    """All splits of one config; a file is named after its split (train-00000-of-00001)."""
    rows: list[Row] = []
    for path in sorted(folder.glob("*.parquet"), key=_split_rank):
        table = _with_label_names(pq.read_table(path, partitioning=None))
        if "split" not in table.column_names:
            split = pa.array([_split(path)] * table.num_rows, pa.string())
            table = table.append_column("split", split)
        rows += listed(table, schema, columns)
    return rows


def _split(path: Path) -> str:
    return path.stem.split("-")[0]


def _split_rank(path: Path) -> tuple[int, str]:
    split = _split(path)
    return (SPLITS.index(split) if split in SPLITS else len(SPLITS), path.name)


def _with_label_names(table: pa.Table) -> pa.Table:
    """ClassLabel columns, stored as numbers, as names (from the schema metadata of `datasets`)."""
    metadata = (table.schema.metadata or {}).get(b"huggingface")
    features = json.loads(metadata).get("info", {}).get("features", {}) if metadata else {}
    for name, feature in features.items():
        if name in table.column_names and isinstance(feature, dict) and "names" in feature:
            names: list[str] = feature["names"]
            values = [None if v is None else names[v] for v in table[name].to_pylist()]
            place = table.column_names.index(name)
            table = table.set_column(place, name, pa.array(values, pa.string()))
    return table


def _beside(folder: Path, name: str, schema: pa.Schema, columns: tuple[str, ...]) -> list[Row]:
    path = folder / "provenance" / f"{name}.parquet"
    return listed(read_table(path), schema, columns) if path.is_file() else []


def _dropped(stages: Mapping[str, Mapping[str, Any]]) -> tuple[Dropped, ...]:
    """Counts only: a release does not hold the dropped rows."""
    units = {"expand": "candidates", "speech": "clips", "audio_gate": "clips"}
    order = ("grammar", "expand", "clean", "speech", "audio_gate")
    return tuple(
        Dropped(stage, name, {name: count}, (), units.get(stage, "rows"))
        for stage in order
        for name, count in sorted(
            stages.get(stage, {}).get("dropped", {}).items(), key=lambda item: (-item[1], item[0])
        )
    )
