"""One clip again from its row alone: of a run, of a release, of what was dropped."""

from __future__ import annotations

import hashlib
import json
import shutil

import numpy as np
import pytest
import soundfile

from corpusforge import api
from corpusforge.cli import main
from corpusforge.core.errors import InputError
from corpusforge.core.schema import read_table, write_table
from corpusforge.core.sound_files import is_marked
from corpusforge.speech.engines.espeak import PLUGIN as ESPEAK
from tests.build_outputs import NO_GAN
from tests.conftest import TINY

ENGINES = ("hibari",) if ESPEAK.missing() else ("hibari", "espeak")


@pytest.fixture(scope="module")
def run(tmp_path_factory):
    """A few clips of each engine, all with room and noise; the gate drops the long ones."""
    out = tmp_path_factory.mktemp("replay") / "corpus"
    overrides = [
        *NO_GAN, "speech.clips=8", f"speech.engines=[{', '.join(ENGINES)}]",
        "speech.noise_probability=1", "speech.room_probability=1", "speech.max_dropped=1",
    ]  # fmt: skip
    recipe = TINY / "recipe.yaml"
    api.build(recipe, out, overrides=overrides, until="speech")
    spoken = read_table(next((out / "stages").glob("speech-*")) / "clips.parquet")
    limit = sorted(spoken["duration_s"].to_pylist())[-3]
    api.build(recipe, out, overrides=[*overrides, f"audio_gate.max_duration_s={limit}"])
    return out


def clips_of(run, name="clips"):
    return read_table(next((run / "stages").glob("audio_gate-*")) / f"{name}.parquet").to_pylist()


def test_every_clip_of_a_run_and_of_its_release_is_the_same_again(run, tmp_path):
    kept, dropped = clips_of(run), clips_of(run, "dropped")
    assert len(dropped) >= 2
    assert {clip["engine"] for clip in kept} == set(ENGINES)
    # The release goes its own way: nothing of the run is beside it.
    release = shutil.copytree(run / "release", tmp_path / "elsewhere")
    for clip in [*kept, *dropped]:
        found = api.replay(run, clip["clip_id"])
        assert found.same and found.changes == ()
        assert found.rendered.facts.pcm_sha256 == clip["pcm_sha256"]
    for clip in kept:
        assert api.replay(release, clip["clip_id"]).same
    with pytest.raises(InputError, match="no clip of"):
        api.replay(release, dropped[0]["clip_id"])


@pytest.mark.parametrize("suffix", [".wav", ".flac", ".WAV"])
def test_the_file_holds_the_samples_and_the_mark(run, tmp_path, suffix, capsys):
    clip = clips_of(run)[0]
    path = tmp_path / f"clip{suffix}"
    assert main(["replay", str(run), clip["clip_id"][:10], "-o", str(path)]) == 0
    assert "same samples as recorded" in capsys.readouterr().out
    samples, rate_hz = soundfile.read(path, dtype="int16")
    assert rate_hz == 16000
    assert hashlib.sha256(samples.astype("<i2").tobytes()).hexdigest() == clip["pcm_sha256"]
    assert is_marked(path.read_bytes())
    with soundfile.SoundFile(path) as file:
        assert file.comment == f"SYNTHETIC=true engine={clip['engine']} voice={clip['voice']}"


def test_the_clips_of_a_release_are_marked(run):
    for path in (run / "release" / "speech").glob("*.parquet"):
        for audio in read_table(path)["audio"].to_pylist():
            assert is_marked(audio["bytes"])


def changed(run, tmp_path, edit):
    """A copy of the run in which one clip's row was edited."""
    copy = shutil.copytree(run, tmp_path / "copy")
    path = next((copy / "stages").glob("audio_gate-*")) / "clips.parquet"
    table = read_table(path)
    rows = table.to_pylist()
    edit(rows[0])
    write_table(table.from_pylist(rows, table.schema), path)
    return copy, rows[0]


def other_seed(row):
    for step in row["chain"]:
        if step["op"] == "noise":
            step["params"] = json.dumps(json.loads(step["params"]) | {"seed": 12345})


def test_other_parameters_are_not_the_same_clip(run, tmp_path, capsys):
    copy, row = changed(run, tmp_path, other_seed)
    path = tmp_path / "clip.wav"
    assert main(["replay", str(copy), row["clip_id"], "-o", str(path)]) == 1
    said = capsys.readouterr().out
    assert "not the samples that were recorded" in said and row["pcm_sha256"] in said
    assert "as recorded: another CPU family?" in said
    assert np.abs(soundfile.read(path)[0]).max() > 0


def test_what_changed_since_is_named(run, tmp_path, capsys):
    def edit(row):
        row["engine_version"], row["pcm_sha256"] = "0.0.1", "0" * 64
        row["chain"][0]["version"] = "0"

    copy, row = changed(run, tmp_path, edit)
    stage = next((copy / "stages").glob("speech-*")) / "stage.json"
    entry = json.loads(stage.read_text())
    entry["facts"]["packages"]["soxr"] = "0.0.2"
    stage.write_text(json.dumps(entry))
    assert main(["replay", str(copy), row["clip_id"]]) == 1
    said = capsys.readouterr().out
    assert f"engine {row['engine']}: 0.0.1 then, " in said
    assert f"effect {row['chain'][0]['op']}: version 0 then, " in said
    assert "package soxr: 0.0.2 then, " in said
    assert "CPU family" not in said


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (["abc"], "is no id: at least 6 hex digits are needed"),
        (["0" * 32], "no clip of"),
        (["{id}", "-o", "clip.mp3"], "a clip is written as WAV or FLAC"),
    ],
)
def test_what_cannot_be_replayed_is_said(run, tmp_path, capsys, arguments, message):
    given = [argument.format(id=clips_of(run)[0]["clip_id"]) for argument in arguments]
    assert main(["replay", str(run), *given]) == 2
    assert message in capsys.readouterr().err
    assert main(["replay", str(tmp_path), "0" * 32]) == 2
    assert "is not a corpusforge run or release" in capsys.readouterr().err


def test_a_beginning_of_several_ids_is_refused(run, tmp_path):
    copy, _ = changed(run, tmp_path, lambda row: row.update(clip_id="0" * 31 + "1"))
    path = next((copy / "stages").glob("audio_gate-*")) / "dropped.parquet"
    table = read_table(path)
    rows = table.to_pylist()
    rows[0]["clip_id"] = "0" * 32
    write_table(table.from_pylist(rows, table.schema), path)
    with pytest.raises(InputError, match=r"000000 is the beginning of 2 ids\n.*0{31}1"):
        api.replay(copy, "000000")


def test_a_voice_that_is_gone_is_named(run, tmp_path):
    copy, row = changed(run, tmp_path, lambda row: row.update(voice="hart", engine="hibari"))
    with pytest.raises(InputError, match=r"has no voice 'hart'(.|\n)*did you mean 'heart'"):
        api.replay(copy, row["clip_id"])
