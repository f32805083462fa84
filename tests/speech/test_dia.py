"""Dia in the engine transformers: recordings as speakers, its codec, ends, refusals."""

import numpy as np
import pytest

from corpusforge.core.errors import InputError
from corpusforge.speech.engine import EngineError
from corpusforge.speech.engines.transformers import Transformers
from corpusforge.speech.models import dia
from tests.speech import tiny_codecs, tiny_dia
from tests.speech.hub_voices import ENGINE, fetched, hold_still, hold_tempo, names, say

pytest.importorskip("soundfile")
pytestmark = pytest.mark.skipif(bool(ENGINE.missing()), reason=ENGINE.missing())


@pytest.fixture(scope="module")
def model(tmp_path_factory):
    return tiny_dia.make(tmp_path_factory.mktemp("dia"))


def test_voice_text_and_seed_alone_decide(model):
    voice, files = fetched("model + codec#bert.wav", model)
    assert voice.rate_hz == 24000
    own = {f"{model.name}/bert.wav", f"{model.name}/bert.txt"}
    assert own | {"model/model.safetensors", "codec/model.safetensors"} < names(files)
    first, second = hold_still(voice)
    assert not np.array_equal(first, second)
    hold_tempo(voice)


def test_the_recording_is_heard_and_not_repeated(model):
    said = [say(fetched(f"model + codec#{name}.wav", model)[0]) for name in ("anna", "bert")]
    assert not np.array_equal(*said)
    # Shorter than the recording that it goes on from.
    assert said[1].size < 24000


@pytest.mark.parametrize(
    ("source", "words"),
    [
        ("model#anna.wav", "needs a vocoder"),
        ("model + model#anna.wav", "no vocoder for model"),
        ("model + codec", "needs a speaker"),
        ("model + codec#none.wav", "no file"),
        ("model + other/codec#anna.wav", "3 codes for a frame, its codec takes 5"),
    ],
)
def test_parts_that_are_missing_or_do_not_fit_are_named(model, source, words):
    other = model / "other" / "codec"
    other.mkdir(parents=True, exist_ok=True)
    (other / "config.json").write_text('{"model_type": "dac", "n_codebooks": 5}')
    (other / "model.safetensors").write_bytes((2).to_bytes(8, "little") + b"{}")
    with pytest.raises(InputError, match=words):
        fetched(source, model)


def test_lengths_and_ends_are_held(model, tmp_path, monkeypatch):
    voice, _ = fetched("model + codec#bert.wav", model)
    with pytest.raises(EngineError, match="longer than its limit"):
        say(voice, "on and on " * 30)
    tiny_codecs.recording(model, "long", seconds=29)
    with pytest.raises(EngineError, match="longer than its limit"):
        say(fetched("model + codec#long.wav", model)[0])
    endless = tiny_dia.make(tmp_path, ends=False)
    monkeypatch.setattr(dia, "LIMIT_S", 0.5)
    with pytest.raises(EngineError, match="longer than its limit"):
        say(fetched("model + codec#bert.wav", endless)[0])
    with pytest.raises(EngineError, match="longer than its limit"):
        say(voice, seed=6, engine=Transformers())
