"""Voices that a recipe brings: what is refused, pins, and that their engines speak with them."""

import json
from dataclasses import replace

import pytest

from corpusforge.core.errors import InputError, RunError
from corpusforge.core.recipe import AUTO, Recipe, SpeechConfig, VoiceConfig
from corpusforge.speech import pins, stage
from corpusforge.speech.added import added_errors, pinned
from corpusforge.speech.check import check
from corpusforge.speech.copies import as_one_speaker, copy_notes
from corpusforge.speech.engine import Voice
from corpusforge.speech.engines.piper import Piper
from corpusforge.speech.pseudo import unshifted
from corpusforge.speech.render import ClipPlan, clip_key
from corpusforge.speech.roster import engines_in_use
from corpusforge.speech.voices import plan_voices


def recipe(tmp_path, *voices, lang="en", **speech):
    speech = SpeechConfig(voices=voices, **{"engines": ("hibari",), "clips": 4, **speech})
    return Recipe(name="x", lang=lang, license="CC0-1.0", speech=speech, folder=tmp_path)


@pytest.fixture
def onnx(tmp_path):
    """A file that passes for a voice until it is loaded."""
    (tmp_path / "voices").mkdir()
    path = tmp_path / "voices" / "anna.onnx"
    path.write_bytes(b"weights")
    settings = {"audio": {"sample_rate": 16000}, "num_speakers": 2, "speaker_id_map": {"a": 0}}
    (tmp_path / "voices" / "anna.onnx.json").write_text(json.dumps(settings))
    return path


def entry(**fields):
    return VoiceConfig(
        **{"engine": "piper", "source": "voices/anna.onnx", "license": "CC0-1.0", **fields}
    )


@pytest.mark.parametrize(
    ("fields", "words"),
    [
        ({"engine": "hibari"}, ["hibari takes no voices", "piper"]),
        ({"source": "voices/ana.onnx"}, ["no file", "ana.onnx"]),
        ({"source": "no-such-package"}, ["neither", "no-such-package"]),
        ({"source": "numpy"}, ["does not hold one voice", "none"]),
        ({"source": "voices/anna.onnx#b"}, ["no speaker 'b'", "allowed: a"]),
        ({"engine": "command", "source": "say {text}"}, ["--allow-command", "say {text}"]),
    ],
)
def test_what_cannot_be_a_voice_is_refused_before_anything_runs(tmp_path, onnx, fields, words):
    if fields.get("engine") == "command":
        pytest.importorskip("corpusforge.speech.engines.command")
    errors = check(recipe(tmp_path, entry(**fields)))
    assert len(errors) == 1
    assert all(word in str(errors[0]) for word in ("speech.voices[0]", *words))


def test_two_voices_of_one_name_are_refused(tmp_path, onnx):
    errors = added_errors(recipe(tmp_path, entry(), entry(gender="male")))
    assert [("voices[1]" in str(e), "another name" in str(e)) for e in errors] == [(True, True)]


def test_a_voice_is_what_the_recipe_says_and_its_engine_speaks_beside_the_others(tmp_path, onnx):
    wanted = entry(name="anna", gender="female", accent="Northern", source="voices/anna.onnx#1")
    made = recipe(tmp_path, wanted)
    ((engine, voice),) = pinned(made)
    assert engine == "piper"
    assert voice == Voice(
        "anna", "en", "CC0-1.0", "female", "Northern", rate_hz=16000,
        source="voices/anna.onnx#1", sha256=voice.sha256, path=str(onnx),
    )  # fmt: skip
    assert len(voice.sha256) == 64
    if not Piper().missing():
        assert engines_in_use(made) == ("hibari", "piper")
        pool = plan_voices(made, "en").pools["train"]
        assert voice in pool["piper"]
        assert {unshifted(one).name for one in pool["piper"]} == {voice.name}
        assert {(one.path, one.sha256) for one in pool["piper"]} == {(voice.path, voice.sha256)}
        assert "piper" not in plan_voices(recipe(tmp_path, entry(lang="de")), "en").pools["train"]
        assert engines_in_use(recipe(tmp_path, engines=(AUTO,))).count("piper") == 0
        assert [str(e).splitlines()[0] for e in check(recipe(tmp_path, engines=("piper",)))] == [
            "the engine piper has no voice for 'en'"
        ]


def copied(onnx, *names):
    """The same voice under other file names."""
    for name in names:
        onnx.with_name(f"{name}.onnx").write_bytes(onnx.read_bytes())
        onnx.with_name(f"{name}.onnx.json").write_text(onnx.with_name("anna.onnx.json").read_text())


def pools_of(made):
    pools = plan_voices(made, "en").pools
    return [{voice.who for voice in pools[split]["piper"]} for split in pools]


@pytest.mark.skipif(bool(Piper().missing()), reason="piper is not installed")
@pytest.mark.parametrize("pseudo", [False, True])
def test_copies_of_one_voice_are_one_speaker_whatever_their_names(tmp_path, onnx, pseudo):
    copied(onnx, "berta")
    entries = [
        entry(name="anna", gender="female"),
        entry(name="carla", gender="female", source="voices/anna.onnx#a"),
        entry(name="dora", gender="female", source="voices/anna.onnx#0"),
        entry(gender="female", source="voices/berta.onnx"),
    ]
    made = recipe(tmp_path, *entries, engines=("piper",), pseudo_speakers=pseudo)
    plan = plan_voices(made, "en")
    heard = {unshifted(v).name for pool in plan.pools.values() for v in pool["piper"]}
    assert heard == {"anna", "berta", "carla", "dora"}
    if not pseudo:
        assert plan.shared == {"piper": 1}
        assert pools_of(made) == [{"anna"}] * 3
    else:
        train, validation, test = pools_of(made)
        assert not train & validation and not train & test and not validation & test
        assert all(who.startswith("anna") for who in train | validation | test)
    (note,) = copy_notes(made, pinned(made))
    assert "carla, dora, berta of the engine piper are copies of anna" in note


@pytest.mark.skipif(bool(Piper().missing()), reason="piper is not installed")
def test_other_speakers_of_a_file_and_those_that_the_recipe_names_are_speakers(tmp_path, onnx):
    copied(onnx, "berta")
    entries = [
        entry(name="anna"),
        entry(name="emil", source="voices/anna.onnx#1"),
        entry(name="berta", source="voices/berta.onnx", speaker="B"),
    ]
    made = recipe(tmp_path, *entries, engines=("piper",), pseudo_speakers=False)
    assert {voice.name: voice.who for _, voice in pinned(made)} == {
        "anna": "B", "emil": "emil", "berta": "B",
    }  # fmt: skip
    apart = recipe(tmp_path, replace(entries[0], speaker="A"), *entries[1:], pseudo_speakers=False)
    assert copy_notes(apart, pinned(apart)) == []
    assert [len(pool) for pool in pools_of(apart)] == [1, 1, 1]


def test_one_program_is_many_voices_and_one_line_is_one(tmp_path):
    program = tmp_path / "say"
    program.write_text("#!/bin/sh\n")
    anna, bert = (Voice(name, "en", "MIT", "", "", source=f"./say -v {name}") for name in "ab")
    again = replace(anna, name="c")
    found = as_one_speaker([("command", one, [program]) for one in (anna, bert, again)])
    assert [voice.who for _, voice in found] == ["a", "b", "a"]


def test_the_files_shape_the_stage_and_the_clips_the_place_does_not(tmp_path, onnx):
    made = recipe(tmp_path, entry())
    before = stage.config(made)["voices"]
    ((_, voice),) = pinned(made)
    plan = ClipPlan("c", "hello", "piper", voice, {}, ())
    elsewhere = replace(plan, voice=replace(voice, path="/elsewhere"))
    assert clip_key(plan) == clip_key(elsewhere)
    onnx.write_bytes(b"others!")
    ((_, changed),) = pinned(made)
    assert changed.sha256 != voice.sha256
    assert stage.config(made)["voices"] != before
    assert clip_key(replace(plan, voice=changed)) != clip_key(plan)


def test_the_settings_are_pinned_with_the_weights(tmp_path, onnx):
    made = recipe(tmp_path, entry())
    ((_, voice),) = pinned(made)
    beside = onnx.with_name("anna.onnx.json")
    beside.write_text(beside.read_text().replace("16000", "22050"))
    ((_, changed),) = pinned(made)
    assert changed.sha256 != voice.sha256
    assert changed.rate_hz == 22050


def test_one_file_has_the_hash_of_sha256sum(tmp_path):
    (tmp_path / "a").write_bytes(b"abc")
    assert pins.sha256_of([tmp_path / "a"]).startswith("ba7816bf8f01cfea414140de5dae2223")
    assert pins.sha256_of([]) == ""


def test_a_pin_of_the_recipe_is_held(tmp_path, onnx):
    ((_, voice),) = pinned(recipe(tmp_path, entry()))
    assert pinned(recipe(tmp_path, entry(sha256=voice.sha256)))
    with pytest.raises(InputError, match="not the one of the recipe") as error:
        pinned(recipe(tmp_path, entry(sha256="0" * 64)))
    assert all(word in str(error.value) for word in ("piper/anna", voice.sha256, "0" * 64))


def test_the_lock_file_records_once_and_refuses_other_files(tmp_path, onnx):
    made = recipe(tmp_path, entry())
    (first,) = before = pinned(made)
    pins.lock(tmp_path, before)
    path = tmp_path / pins.LOCK_FILE
    written = path.read_text()
    assert json.loads(written)["piper/anna"]["sha256"] == first[1].sha256
    pins.lock(tmp_path, before)
    assert path.read_text() == written
    onnx.write_bytes(b"others!")
    with pytest.raises(InputError) as error:
        pins.lock(tmp_path, pinned(made))
    changed = pinned(made)[0][1].sha256
    assert all(word in str(error.value) for word in ("piper/anna", first[1].sha256, changed))
    assert path.read_text() == written
    # Another source under the same name is the user's word.
    pins.lock(tmp_path, [("piper", replace(pinned(made)[0][1], source="other.onnx"))])
    assert json.loads(path.read_text())["piper/anna"]["sha256"] == changed


def test_a_damaged_lock_file_is_said(tmp_path, onnx):
    (tmp_path / pins.LOCK_FILE).write_text('{"piper/anna": 3}')
    with pytest.raises(RunError, match="damaged"):
        pins.lock(tmp_path, pinned(recipe(tmp_path, entry())))


def test_a_run_without_voices_of_its_own_writes_no_lock_file(tmp_path):
    pins.lock(tmp_path, pinned(recipe(tmp_path)))
    assert not (tmp_path / pins.LOCK_FILE).exists()


def test_files_that_changed_since_the_plan_are_not_spoken_with(tmp_path, onnx):
    ((_, voice),) = pinned(recipe(tmp_path, entry()))
    pins.hold_pin(voice, Piper().fetched(voice)[1])
    onnx.write_bytes(b"others!")
    with pytest.raises(InputError, match="not those that it was used with"):
        pins.hold_pin(voice, Piper().fetched(voice)[1])
