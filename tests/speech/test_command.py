"""Voices that are command lines: what runs, when, and what becomes of bad programs."""

import hashlib
import json
import os
import shlex
import shutil
import sys
from dataclasses import replace

import numpy as np
import pytest

from corpusforge import api
from corpusforge.core.errors import InputError, InputErrors, RunError
from corpusforge.core.recipe import VoiceConfig
from corpusforge.speech import check as speech_check
from corpusforge.speech.engine import EngineError, Prosody, checked
from corpusforge.speech.engines import command as module
from corpusforge.speech.engines.command import Command
from corpusforge.speech.pins import LOCK_FILE, lock, sha256_of
from corpusforge.speech.pseudo import pseudo_speakers_of
from tests.processes import left_by_a_killed, needs_proc

ENGINE = Command()
pytestmark = pytest.mark.skipif(bool(ENGINE.missing()), reason=ENGINE.missing())

SCRIPT = """
import json, sys
import numpy as np, soundfile
text, out, speed, seed, mode = sys.argv[1:]
if mode.endswith(".txt"):
    text = open(mode, encoding="utf-8").read().strip()
json.dump([text, float(speed), int(seed)], open("calls.json", "w"))
n = 8000
samples = np.random.default_rng(int(seed)).uniform(-0.5, 0.5, n).astype("float32")
if mode == "always stereo": samples = np.stack([samples, samples], 1)
if mode == "always loud": samples *= 3
if mode == "mute" or mode == "digits" and text != "1 2 3 4": samples[:] = 0
if text != "one two three four":
    if mode == "silent": samples[:] = 0
    if mode == "empty": samples = samples[:0]
    if mode == "nan": samples[5] = np.nan
    if mode == "stereo": samples = np.stack([samples, samples], 1)
    if mode == "fail": sys.exit("cannot say " + text)
    if mode == "nothing": sys.exit(0)
    if mode == "slow": import time; time.sleep(30)
rate = 8000 if mode == "rate" and text != "one two three four" else 16000
if mode == "text": open(out, "w").write("no sound")
else: soundfile.write(out, samples, rate, format="WAV", subtype="FLOAT")
"""


@pytest.fixture
def made(tmp_path):
    (tmp_path / "say.py").write_text(SCRIPT)

    def _made(mode="plain", source="{python} say.py {text} {out} {speed} {seed} MODE"):
        source = source.replace("MODE", mode).replace("{python}", sys.executable)
        entry = VoiceConfig(
            engine="command", source=source, license="CC0-1.0", name="anna", lang="en"
        )
        return ENGINE.added(entry, tmp_path)

    return _made


def say(voice, text="it is on", seed=5, speed=1.0):
    generator = np.random.Generator(np.random.Philox(seed))
    said = ENGINE.speak(text, voice, Prosody(speed), generator)
    return checked(said, ENGINE, voice, "clip 12ab")


def test_the_places_are_filled_without_a_shell(made, tmp_path):
    voice, files = ENGINE.fetched(made())
    assert voice.rate_hz == 16000
    assert files == [tmp_path / "say.py"]
    text = 'is it 5 o\'clock; $HOME `x` "y" {out}?'
    one, two, other = (say(voice, text, seed).samples for seed in (1, 1, 2))
    assert np.array_equal(one, two)
    assert not np.array_equal(one, other)
    said, _, _ = json.loads((tmp_path / "calls.json").read_text())
    assert said == text
    say(voice, speed=1.25)
    assert json.loads((tmp_path / "calls.json").read_text())[1] == 1.25


def test_a_text_file_holds_the_text(made, tmp_path):
    voice = made(source="{python} say.py x {out} {length} {seed} {text_file}")
    said = say(replace(voice, rate_hz=16000), "schön", speed=1.25)
    assert said.rate_hz == 16000
    text, length, _ = json.loads((tmp_path / "calls.json").read_text())
    assert (text, length) == ("schön", 0.8)


def test_pseudo_speakers_are_made_of_what_the_program_said_at_the_told_tempo(made, tmp_path):
    voice, _ = ENGINE.fetched(made())
    own = say(voice, speed=1.25).samples
    for moved in pseudo_speakers_of(replace(voice, gender="male")):
        samples = say(moved, speed=1.25).samples
        assert json.loads((tmp_path / "calls.json").read_text())[1] == 1.25
        assert samples.size == pytest.approx(own.size, abs=2)
        assert not np.array_equal(samples[: own.size - 2], own[: own.size - 2])
        assert np.array_equal(samples, say(moved, speed=1.25).samples)


@pytest.mark.parametrize(
    ("mode", "words"),
    [("empty", "no samples"), ("nan", "NaN"), ("stereo", "shape"), ("silent", "silence")],
)
def test_what_comes_out_wrong_of_a_pseudo_speaker_is_the_same_error(made, mode, words):
    voice, _ = ENGINE.fetched(made(mode))
    with pytest.raises(EngineError, match=words):
        say(pseudo_speakers_of(voice)[0])


@pytest.mark.parametrize(
    ("mode", "words"),
    [
        ("silent", "silence"),
        ("empty", "no samples"),
        ("nan", "NaN"),
        ("stereo", "shape"),
        ("rate", "8000 Hz, not 16000 Hz"),
        ("fail", "exit status 1"),
        ("nothing", "wrote no file"),
    ],
)
def test_what_comes_out_wrong_is_an_error_that_does_not_hold_the_text(made, mode, words):
    voice, _ = ENGINE.fetched(made(mode))
    with pytest.raises(EngineError, match=words) as error:
        say(voice, "my secret")
    assert "secret" not in str(error.value)


def test_a_text_that_looks_like_an_option_is_refused_unless_in_a_file(made, tmp_path):
    voice, _ = ENGINE.fetched(made())
    with pytest.raises(EngineError, match="begins with a hyphen") as error:
        say(voice, "-5 secret")
    assert "secret" not in str(error.value)
    source = "{python} say.py x {out} {speed} {seed} {text_file}"
    say(replace(made(source=source), rate_hz=16000), "-5 secret")
    assert json.loads((tmp_path / "calls.json").read_text())[0] == "-5 secret"


def test_a_program_that_cannot_be_started_costs_the_clip_only(made):
    voice, _ = ENGINE.fetched(made())
    # Longer than one argument may be (128 KiB on Linux).
    with pytest.raises(EngineError, match="cannot be started") as error:
        say(voice, "secret " * 40_000)
    assert "secret" not in str(error.value)


def test_a_program_that_hangs_is_ended(made, monkeypatch):
    voice, _ = ENGINE.fetched(made("slow"))
    monkeypatch.setattr(module, "_LIMIT_S", 0.5)
    with pytest.raises(EngineError, match=r"longer than 0\.5 s"):
        say(voice)


def test_a_command_that_does_not_work_is_found_before_the_first_clip(made):
    with pytest.raises(InputError, match="wrote no sound file"):
        ENGINE.fetched(made("text"))
    broken = made(source="{python} nosuch.py {text} {out} {speed}")
    with pytest.raises(InputError, match=r"(?s)does not work.*nosuch\.py"):
        ENGINE.fetched(broken)


@pytest.mark.parametrize(
    ("mode", "words"),
    [
        ("'always stereo'", r"float32, shape \(8000, 2\)\): audio that is not mono float32"),
        ("'always loud'", r"up to 1\.[45]\d\): samples outside of \[-1, 1\]"),
        ("mute", "its first run: silence"),
    ],
)
def test_what_no_clip_can_be_made_of_is_found_before_the_first_clip(made, mode, words):
    with pytest.raises(InputError, match=rf"voice anna does not work: .*{words}"):
        ENGINE.fetched(made(mode))


def test_a_program_may_say_nothing_in_another_language(made):
    assert ENGINE.fetched(made("digits"))[0].rate_hz == 16000


@pytest.mark.parametrize(
    ("source", "words"),
    [
        ("python3 say.py {text} {speed}", ["lacks {out}"]),
        ("python3 say.py {out}", ["lacks {text} or {text_file}, {speed} or {length}"]),
        ("python3 say.py {txt} {out} {speed}", ["{txt}", "did you mean 'text'"]),
        ("no-such-program {text} {out} {speed}", ["no-such-program", "not there"]),
        ("./say.sh {text} {out} {speed}", ["./say.sh", "not there"]),
        ("say '{text} {out} {speed}", ["cannot be read"]),
    ],
)
def test_a_command_line_that_cannot_work_is_refused(made, source, words):
    with pytest.raises(InputError) as error:
        made(source=source)
    assert all(word in str(error.value) for word in words)


def test_a_voice_from_a_row_alone_does_not_run(made):
    with pytest.raises(InputError, match="build --allow-command"):
        say(replace(made(), path="", rate_hz=16000))


TONE = f"#!{sys.executable}\n{module._TONE.replace('t,o,s=sys.argv[1:]', 't,o,s=sys.argv[1:4]')}\n"


@pytest.fixture
def program(tmp_path, monkeypatch):
    """A program in a folder of the PATH, and a model beside it."""
    monkeypatch.setenv("PATH", str(tmp_path / "bin"), prepend=os.pathsep)
    (tmp_path / "bin").mkdir()
    (tmp_path / "work").mkdir()
    path = tmp_path / "bin" / "saytone"
    path.write_text(TONE)
    path.chmod(0o755)
    (tmp_path / "bin" / "a.model").write_text("a")
    return path


def command(source, folder):
    """The voice of a command with its hash, as a plan has it."""
    entry = VoiceConfig(engine="command", source=source, license="CC0-1.0", name="x", lang="en")
    voice, files = ENGINE.fetched(ENGINE.added(entry, folder))
    return replace(voice, sha256=sha256_of(files))


@pytest.mark.parametrize(
    "source",
    [
        "{program} {{text}} {{out}} {{speed}} {{seed}}",
        "saytone {{text}} {{out}} {{speed}} {{seed}}",
        "../bin/saytone {{text}} {{out}} {{speed}} {{seed}}",
        "{python} {program} {{text}} {{out}} {{speed}} {{seed}}",
    ],
)
def test_a_program_is_pinned_however_it_is_named(program, tmp_path, source):
    voice = command(source.format(program=program, python=sys.executable), tmp_path / "work")
    assert voice.sha256 == hashlib.sha256(program.read_bytes()).hexdigest()
    say(voice)
    program.write_text(TONE.replace("9000", "8000"))
    with pytest.raises(InputError, match="not those that it was used with"):
        say(voice)


@pytest.mark.parametrize("named", ["{model}", "--model={model}", "../bin/a.model"])
def test_a_model_is_pinned_however_it_is_named(program, tmp_path, named):
    model = program.parent / "a.model"
    source = f"saytone {{text}} {{out}} {{speed}} {named.format(model=model)}"
    voice = command(source, tmp_path / "work")
    model.write_text("b")
    with pytest.raises(InputError, match="not those that it was used with"):
        say(voice)
    assert command(source, tmp_path / "work").sha256 != voice.sha256


def test_a_pin_does_not_hold_places_or_interpreters(program, tmp_path):
    def pin(folder):
        source = f"{folder}/saytone {{text}} {{out}} {{speed}} {folder}/a.model"
        return command(source, tmp_path / "work").sha256

    shutil.copytree(program.parent, tmp_path / "elsewhere")
    assert pin(program.parent) == pin(tmp_path / "elsewhere")
    for way in (sys.executable, f"/usr/bin/env {sys.executable}"):
        source = shlex.join([*way.split(), "-c", module._TONE, "{text}", "{out}", "{speed}"])
        assert command(source, tmp_path / "work").sha256 == ""


def test_what_was_not_pinned_may_be_pinned_later(program, tmp_path):
    voice = command("saytone {text} {out} {speed}", tmp_path / "work")
    lock(tmp_path, [("command", replace(voice, sha256=""))])
    lock(tmp_path, [("command", voice)])
    recorded = json.loads((tmp_path / LOCK_FILE).read_text())
    assert recorded["command/x"]["sha256"] == voice.sha256
    with pytest.raises(InputError, match="no file is left"):
        lock(tmp_path, [("command", replace(voice, sha256=""))])


RECIPE = """name: spoken
lang: en
license: CC0-1.0
grammar: {path: t.yaml, rows: 6}
expand: {rows: 0}
assess: {enabled: false}
audio_gate: {min_active_share: 0}
speech:
  clips: 4
  engines: [command]
  voices:
    - {engine: command, license: CC0-1.0, name: anna, source: COMMAND}
"""
TEMPLATES = """language: en
intents:
  ask:
    data:
      - sentences: ["is (it|that) (on|off|up|down|here|there)"]
"""


def test_a_recipe_alone_runs_nothing_and_with_the_users_word_it_is_spoken(tmp_path):
    (tmp_path / "say.py").write_text(SCRIPT)
    (tmp_path / "t.yaml").write_text(TEMPLATES)
    command = f'"{sys.executable} say.py {{text}} {{out}} {{speed}} 7 plain"'
    path = tmp_path / "recipe.yaml"
    path.write_text(RECIPE.replace("COMMAND", command))
    for refused in (lambda: api.validate(path), lambda: api.build(path, tmp_path / "run")):
        with pytest.raises(InputErrors, match="--allow-command"):
            refused()
    assert not (tmp_path / "calls.json").exists()
    valid = api.validate(path, allow_command=True)
    assert not (tmp_path / "calls.json").exists()
    assert any("without {seed}" in note for note in valid.notes)
    (said,) = [note for note in valid.notes if "not pinned" in note]
    assert "(anna)" in said and "loads by itself" in said
    assert not speech_check.check(valid.recipe)
    summary = api.build(path, tmp_path / "run", until="speech", allow_command=True)
    assert summary.stages[-1]["rows_out"] == 4
    assert (tmp_path / "calls.json").exists()
    lock = json.loads((tmp_path / "run" / "voices.lock.json").read_text())
    assert [*lock] == ["command/anna"]
    assert len(lock["command/anna"]["sha256"]) == 64  # of say.py
    (tmp_path / "say.py").write_text(SCRIPT + "\n# another one\n")
    with pytest.raises(InputError, match="command/anna"):
        api.build(path, tmp_path / "run", until="speech", allow_command=True)


def test_render_runs_it_with_the_same_word(tmp_path, monkeypatch):
    from corpusforge.render.functions import RenderOptions

    (tmp_path / "say.py").write_text(SCRIPT)
    (tmp_path / "t.txt").write_text("is it on\nis it off\n")
    monkeypatch.chdir(tmp_path)
    command = f"{sys.executable} say.py {{text}} {{out}} {{speed}} {{seed}} plain"
    voice = f"speech.voices=[{{engine: command, license: CC0-1.0, source: '{command}'}}]"
    options = RenderOptions(engines=["command"], license="CC0-1.0", overrides=[voice])
    with pytest.raises(InputErrors, match="--allow-command"):
        api.render(tmp_path / "t.txt", tmp_path / "out", options)
    # The gate hears that noise is no speech, after both clips were made.
    with pytest.raises(RunError, match="2 of 2 clips were lost") as lost:
        api.render(tmp_path / "t.txt", tmp_path / "out", replace(options, allow_command=True))
    assert "by voice: command/python" in str(lost.value)
    assert " 1 of 1" in str(lost.value) or " 2 of 2" in str(lost.value)
    assert "or raise" not in str(lost.value)
    assert (tmp_path / "calls.json").exists()


@needs_proc
def test_a_killed_render_leaves_no_program_behind(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)  # where the program writes what it was told
    (tmp_path / "hang.py").write_text(SCRIPT.replace("time.sleep(30)", "time.sleep(120)"))
    (tmp_path / "t.txt").write_text("is it on\n")
    source = f"{sys.executable} {tmp_path}/hang.py {{text}} {{out}} {{speed}} {{seed}} slow"
    voice = f"speech.voices=[{{engine: command, license: CC0-1.0, source: '{source}'}}]"
    command = [sys.executable, "-m", "corpusforge", "render", str(tmp_path / "t.txt")]
    command += ["-o", str(tmp_path / "out"), "--engines=command", f"--set={voice}", "--quiet"]
    command += ["--allow-command", "--license=CC0-1.0", "--workers=2", "--executor=process"]
    # Its first run, with another text, is none of a worker.
    assert left_by_a_killed(command, "is it on", 1) == {}
