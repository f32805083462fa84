"""Higgs Audio v2 in the engine transformers: recordings as speakers, its chat, ends, refusals."""

import json
import shutil

import numpy as np
import pytest

from corpusforge.core.errors import InputError
from corpusforge.speech.engine import EngineError
from corpusforge.speech.engines.transformers import Transformers
from corpusforge.speech.models import higgs
from tests.speech import tiny_codecs, tiny_higgs
from tests.speech.hub_voices import (
    ENGINE,
    fetched,
    hold_still,
    hold_tempo,
    names,
    say,
    without_a_weight,
)

pytest.importorskip("soundfile")
pytest.importorskip("torchaudio")
pytestmark = pytest.mark.skipif(bool(ENGINE.missing()), reason=ENGINE.missing())
SEEDS = (0, 1, 3)


@pytest.fixture(scope="module")
def model(tmp_path_factory):
    return tiny_higgs.make(tmp_path_factory.mktemp("higgs"))


def heard(voice, text="turn on the lights"):
    """Clips of several seeds, end to end."""
    return np.concatenate([say(voice, text, seed) for seed in SEEDS]).tobytes()


def error_of(voice, seed):
    """What went wrong, "" for nothing."""
    try:
        say(voice, seed=seed)
    except EngineError as error:
        return str(error)
    return ""


def test_voice_text_and_seed_alone_decide(model):
    voice, files = fetched("model + codec#anna.wav", model)
    assert voice.rate_hz == 24000
    own = {f"{model.name}/anna.wav", f"{model.name}/anna.txt", "model/chat_template.jinja"}
    assert own | {"model/model.safetensors", "codec/model.safetensors"} < names(files)
    first, second = hold_still(voice, SEEDS[:2])
    assert not np.array_equal(first, second)
    hold_tempo(voice, seed=3)


def test_recordings_their_words_and_the_text_are_heard(model):
    tiny_codecs.recording(model, "carl", 120.0)
    (model / "carl.txt").write_text("other words are here")
    voices = [fetched(f"model + codec#{name}.wav", model)[0] for name in ("anna", "bert", "carl")]
    said = [heard(voice) for voice in voices]
    assert len({*said, heard(voices[0], "turn off the lights")}) == 4


def test_the_chat_is_that_of_the_documentation(model):
    speaker = ENGINE._speaker(fetched("model + codec#anna.wav", model)[0])
    assert speaker._prompt("turn on the lights") == (
        "<s><system>Generate audio following instruction.<turn>"
        "<scene>Audio is recorded from a quiet room.<turn>"
        "<user>hello there<turn><assistant><begin><sound><end><turn>"
        "<user>turn on the lights<turn><assistant><begin>"
    )


@pytest.mark.parametrize(
    ("source", "words"),
    [
        ("model#anna.wav", "needs a vocoder"),
        ("model + model#anna.wav", "no vocoder for model"),
        ("model + codec", "needs a speaker"),
        ("model + codec#none.wav", "no file"),
        ("model + codec#mute.wav", r"needs its words in mute\.txt"),
        ("model + other#anna.wav", "3 codes for a frame, each of 8, its codec 5 of 4"),
        ("bare + codec#anna.wav", r"no chat_template\.jinja"),
    ],
)
def test_parts_that_are_missing_or_do_not_fit_are_named(model, source, words):
    tiny_codecs.recording(model, "mute")
    (model / "mute.txt").unlink()
    shutil.copytree(model / "codec", model / "other", dirs_exist_ok=True)
    config = json.loads((model / "codec" / "config.json").read_text())
    (model / "other" / "config.json").write_text(json.dumps(config | {"codebook_size": 4}))
    shutil.copytree(model / "model", model / "bare", dirs_exist_ok=True)
    (model / "bare" / "chat_template.jinja").unlink()
    with pytest.raises(InputError, match=words):
        fetched(source, model)


def test_models_and_codecs_without_all_of_their_weights_are_refused(model, tmp_path):
    for part, other in (("model", "codec"), ("codec", "model")):
        shutil.copytree(model / other, tmp_path / part / other)
        gone = without_a_weight(model / part, tmp_path / part / part)
        shutil.copy(model / "bert.wav", tmp_path / part)
        shutil.copy(model / "bert.txt", tmp_path / part)
        with pytest.raises(InputError, match=f"{part} lacks 1 of its weights, {gone}"):
            say(fetched("model + codec#bert.wav", tmp_path / part)[0])


def test_a_transformers_without_the_model_is_named(model, monkeypatch):
    import transformers

    monkeypatch.setattr(transformers, "HiggsAudioV2ForConditionalGeneration", None, raising=False)
    with pytest.raises(InputError, match="has no HiggsAudioV2ForConditionalGeneration"):
        say(fetched("model + codec#anna.wav", model)[0], engine=Transformers())


def test_letters_lengths_and_ends_are_held(model, tmp_path, monkeypatch):
    voice, _ = fetched("model + codec#anna.wav", model)
    with pytest.raises(EngineError, match="letters of a script"):
        say(voice, "schön")
    with pytest.raises(EngineError, match="longer than its limit"):
        say(voice, "on and on " * 220)
    assert any("no samples" in error_of(voice, seed) for seed in range(99))
    wild = fetched("model + codec#anna.wav", tiny_higgs.make(tmp_path, codes=2))[0]
    assert any("began a second time" in error_of(wild, seed) for seed in range(99))
    monkeypatch.setattr(higgs, "LIMIT_S", 0.02)
    with pytest.raises(EngineError, match="longer than its limit"):
        say(voice, seed=3, engine=Transformers())
