"""The page of a bare release folder, with intents stored as label numbers."""

from __future__ import annotations

import json
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from corpusforge.core.errors import InputError
from corpusforge.core.schema import read_table
from corpusforge.report import stage


def write_release(folder: Path, run_folder: Path) -> None:
    """Parquet files as `datasets` lays them out: one per split, ClassLabel as int64."""
    rows = read_table(run_folder / "stages" / "clean" / "utterances.parquet")
    clips = read_table(run_folder / "stages" / "audio_gate" / "clips.parquet")
    names = sorted(set(rows["intent"].to_pylist()))
    label = {"intent": {"names": names, "_type": "ClassLabel"}}
    metadata = {"huggingface": json.dumps({"info": {"features": label}})}
    for config, table, columns in (
        (
            "nlu",
            rows,
            ["id", "text", "lang", "intent", "slots", "template", "origin", "generation"],
        ),
        (
            "speech",
            clips,
            ["clip_id", "utterance_id", "audio", "text", "spoken", "intent", "slots"],
        ),
    ):
        (folder / config).mkdir(parents=True)
        if config == "speech":
            columns = [*columns, "engine", "voice", "voice_license", "snr_db", "duration_s"]
        for split in ("train", "validation", "test"):
            part = table.filter(pa.compute.equal(table["split"], split)).select(columns)
            numbers = pa.array([names.index(name) for name in part["intent"].to_pylist()])
            part = part.set_column(columns.index("intent"), "intent", numbers)
            if config == "speech":
                paths = [audio["path"] for audio in part["audio"].to_pylist()]
                data = [(run_folder / "cache" / path).read_bytes() for path in paths]
                audio = [{"bytes": b, "path": p} for b, p in zip(data, paths, strict=True)]
                kind = table.schema.field("audio").type
                part = part.set_column(2, "audio", pa.array(audio, kind))
            pq.write_table(
                part.replace_schema_metadata(metadata),
                folder / config / f"{split}-00000-of-00001.parquet",
            )


def test_release_page(run_folder: Path, tmp_path: Path) -> None:
    write_release(tmp_path / "release", run_folder)
    page = stage.render_release(tmp_path / "release")
    for intent in ("light_on", "out_of_scope"):
        assert f'data-intent="{intent}"' in page
    assert 'data-origin="gan"' in page
    assert page.count("<audio ") > 0
    assert "This release does not say what was dropped." in page
    assert "Expansion: not shown to help" in page
    assert "validation" in page
    assert str(tmp_path) not in page
    assert page == stage.render_release(tmp_path / "release")


def test_folder_without_rows_is_refused(tmp_path: Path) -> None:
    with pytest.raises(InputError, match=r"no nlu/\*\.parquet"):
        stage.render_release(tmp_path)
