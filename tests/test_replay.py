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
from corpusforge.speech.engine import EngineError
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
    assert "the audio that is stored is what was recorded" in said
    assert "are as recorded, and it is another sound: the row was edited" in said
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
    assert "is not a corpusforge run, render or release" in capsys.readouterr().err


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


def step_of(row, op, edit):
    for step in row["chain"]:
        if step["op"] == op:
            params = json.loads(step["params"])
            edit(params)
            step["params"] = json.dumps(params)


def no_seed(row):
    row["prosody"] = json.dumps({"speed": 1.0, "engine_speed": 1.0})


def talkers_of(places=None, **changed):
    """An edit that gives the clip babble of one talker with other fields, or with places."""

    def edit(row):
        voice = {"name": "heart", "lang": "en", "license": ""}
        one = {"engine": "hibari", "version": "", "voice": voice, "spoken": "yes", "speed": 1.0}
        told = json.dumps([one | {"seed": 1} | changed])
        more = {} if places is None else {"places": places}
        step_of(row, "noise", lambda params: params.update(kind="babble", talkers=told, **more))

    return edit


def others_of(told):
    """An edit that gives the clip's noise further sources."""
    return lambda row: step_of(row, "noise", lambda params: params.update(others=told))


def no_such_effect(row):
    row["chain"][0]["op"] = "formnat"


DAMAGED = [
    (lambda row: row.update(prosody="{"), "prosody is '{', not a JSON object"),
    (no_seed, "prosody.seed is None, not a whole number of 0 or more"),
    (lambda row: row.update(chain=None), "chain is None, not a list of effects"),
    (no_such_effect, r"chain\[0\].op is 'formnat', not an effect\n.*did you mean 'formant'"),
    (
        lambda row: row["chain"][0].update(params="[1]"),
        r"chain\[0\].params is '\[1\]', not a JSON object",
    ),
    (lambda row: step_of(row, "formant", dict.clear), "the effect formant has no 'factor'"),
    (
        lambda row: step_of(row, "gain", lambda params: params.update(peak_dbfs="x")),
        r"params.peak_dbfs \(effect gain\) is 'x', not a number \(dBFS\)",
    ),
    (
        lambda row: step_of(row, "gain", lambda params: params.update(peak=-3)),
        r"params.peak \(effect gain\) is -3, not a parameter of it\n.*allowed: peak_dbfs",
    ),
    (
        lambda row: step_of(row, "room", lambda params: params.update(length_m=-1)),
        "cannot be rendered with the prosody and chain of its row: ValueError",
    ),
    (
        lambda row: row.update(engine="hibari", voice="heart", voice_source="heart.onnx"),
        r"voice_source is 'heart.onnx', not empty: the engine hibari takes no voices",
    ),
    (lambda row: row.update(engine="piper", voice="joe"), "voice_source is ''"),
    (lambda row: row.update(engine="hibary"), r"engine is 'hibary'.*\n.*did you mean 'hibari'"),
    (lambda row: row.update(spoken=None, text=None), "text is None, not a text"),
    (lambda row: row.update(lang=None), "lang is None, not a name"),
    (talkers_of(seed="x"), "not a talker whose speed and seed are numbers"),
    (talkers_of(voice={"nam": "heart"}), r"not a voice\n.*allowed: name, lang"),
    (talkers_of(voice={"name": "heart", "lang": ["en"]}), r"voice.lang is \['en'\]"),
    (talkers_of(engine="hibary"), r"not an engine\n.*did you mean 'hibari'"),
    (others_of("{}"), r"params.others is '{}', not a list of objects in JSON"),
    (others_of('[{"kind": "hum", "seed": 1}]'), r"params.others\[0\] is .*, not one with level_db"),
    (
        others_of('[{"kind": "hum", "seed": 1, "level_db": "x"}]'),
        r"params.others\[0\].level_db \(effect noise\) is 'x', not a number \(dB\)",
    ),
    (
        others_of('[{"kind": "hum", "seed": 1, "level_db": -3, "mains": 50}]'),
        r"params.others\[0\].mains is 50, not known",
    ),
    (
        others_of('[{"kind": "babble", "seed": 1, "level_db": -3, "talkers": "[]"}]'),
        r"params.others\[0\].talkers is '\[\]', not a list of talkers in JSON",
    ),
    (
        others_of('[{"kind": "hum", "seed": 1, "level_db": -3}]'),
        "a further source of noise has no 'room_seed', in its chain",
    ),
    (talkers_of(places="[3]"), r"params.places is '\[3\]', not a list of objects in JSON"),
    (talkers_of(places='[{"drr_db": 1}]'), r"params.places\[0\] is .*, not one with source_x_m"),
    (talkers_of(places="[]"), r"params.places is '\[\]', not a list of objects in JSON"),
    (
        others_of('[{"kind": "hum", "seed": 1, "level_db": -3, "others": "[]"}]'),
        r"params.others\[0\].others is '\[\]', not known\n.*allowed: bank",
    ),
    (
        others_of('[{"kind": "hum", "seed": 1, "level_db": -3, "rt60_s": 3}]'),
        r"params.others\[0\].rt60_s is 3, not known",
    ),
]


@pytest.mark.parametrize(("edit", "message"), DAMAGED)
def test_a_damaged_row_is_refused_with_its_field(run, tmp_path, edit, message):
    copy, row = changed(run, tmp_path, edit)
    if row["engine"] == "piper":
        pytest.importorskip("piper")
    with pytest.raises(InputError, match=message) as caught:
        api.replay(copy, row["clip_id"])
    assert f"clip {row['clip_id']}" in str(caught.value)


@pytest.mark.filterwarnings("ignore::RuntimeWarning")
@pytest.mark.parametrize("op", ["mic", "codec"])
def test_what_is_left_of_speech_that_is_no_number_is_no_clip(run, tmp_path, op):
    """And does not get into a codec, which would end the process."""
    band = {"low_hz": 100.0, "high_hz": 0.0}
    band |= {f"eq_{at}_db": 0.0 for at in (250, 500, 1000, 2000, 4000)}
    steps = [("mic", "2", band), ("codec", "1", {"codec": "mulaw"})][: 1 if op == "mic" else 2]

    def edit(row):
        row["chain"] = [
            *(step for step in row["chain"] if step["op"] == "place"),
            *({"op": o, "version": v, "params": json.dumps(params)} for o, v, params in steps),
        ]

    copy, row = changed(run, tmp_path, edit)
    with pytest.raises(EngineError, match="NaN or infinite samples"):
        api.replay(copy, row["clip_id"])


def verdict_of(folder, row):
    found = api.replay(folder, row["clip_id"])
    assert not found.same and found.changes == ()
    return " ".join(found.verdict)


def test_what_was_edited_in_a_row_is_told(run, tmp_path):
    def edited(name, edit):
        (tmp_path / name).mkdir()
        return changed(run, tmp_path / name, edit)

    said = verdict_of(*edited("hash", lambda row: row.update(pcm_sha256="0" * 64)))
    assert "the audio that is stored is not what was recorded" in said
    assert "it is what was rendered now: pcm_sha256 of the row was edited" in said
    engine = clips_of(run)[0]["engine"]
    name = next(c["voice"] for c in clips_of(run)[1:] if c["engine"] == engine)
    said = verdict_of(*edited("voice", lambda row: row.update(voice=name)))
    assert f"its clip_id is not that of {engine}/{name}" in said and "CPU" not in said
    said = verdict_of(*edited("spoken", lambda row: row.update(spoken="quite another text")))
    assert "its words are not those of spoken" in said and "CPU" not in said


def test_last_digits_may_be_of_another_processor(run, tmp_path, capsys):
    """As another CPU family would leave them: audio and hash fit, samples are off by one."""
    audio = {}

    def edit(row):
        path = run / "cache" / row["audio"]["path"]
        samples = soundfile.read(path, dtype="int16")[0]
        samples = samples - np.random.default_rng(1).integers(0, 2, samples.size, np.int16)
        soundfile.write(tmp_path / "other.flac", samples, 16000)
        row["pcm_sha256"] = hashlib.sha256(samples.astype("<i2").tobytes()).hexdigest()
        audio[row["audio"]["path"]] = (tmp_path / "other.flac").read_bytes()

    copy, row = changed(run, tmp_path, edit)
    for path, data in audio.items():
        (copy / "cache" / path).write_bytes(data)
    assert main(["replay", str(copy), row["clip_id"]]) == 1
    said = capsys.readouterr().out
    assert "dB below the sound: another CPU family?" in said and "edited" not in said


def test_stored_audio_that_is_gone_is_told(run, tmp_path, capsys):
    copy, row = changed(run, tmp_path, lambda row: None)
    assert main(["replay", str(copy), row["clip_id"]]) == 0
    assert "no stored audio" not in capsys.readouterr().out
    (copy / "cache" / row["audio"]["path"]).unlink()
    assert main(["replay", str(copy), row["clip_id"]]) == 0
    assert "no stored audio is at hand to compare" in capsys.readouterr().out


def test_stored_audio_that_was_changed_is_told(run, tmp_path, capsys):
    release = shutil.copytree(run / "release", tmp_path / "release")
    path = max(release.glob("speech/*.parquet"), key=lambda path: path.stat().st_size)
    table = read_table(path)
    rows = table.to_pylist()
    rows[0]["audio"]["bytes"] = rows[1]["audio"]["bytes"]
    rows[1]["audio"]["bytes"] = b"fLaC"
    write_table(table.from_pylist(rows, table.schema), path)
    for row, message in zip(rows, ("is not what was recorded", "cannot be read"), strict=False):
        assert main(["replay", str(release), row["clip_id"]]) == 1
        said = capsys.readouterr().out
        assert "same samples as recorded" in said
        assert f"but          the audio that is stored {message}" in said
    copy, row = changed(run, tmp_path, other_seed)
    (copy / "cache" / row["audio"]["path"]).unlink()
    assert "an edited row, or another CPU family?" in verdict_of(copy, row)
