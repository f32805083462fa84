"""Csm in the engine transformers: recordings as speakers, ends, refusals."""

from dataclasses import replace

import numpy as np
import pytest

from corpusforge.core.errors import InputError
from corpusforge.speech.engine import EngineError
from corpusforge.speech.engines.transformers import Transformers
from corpusforge.speech.models import csm
from corpusforge.speech.pins import sha256_of
from tests.speech import tiny_codecs, tiny_csm
from tests.speech.hub_voices import ENGINE, fetched, hold_still, hold_tempo, names, say

pytest.importorskip("soundfile")
pytestmark = pytest.mark.skipif(bool(ENGINE.missing()), reason=ENGINE.missing())


@pytest.fixture(scope="module")
def model(tmp_path_factory):
    return tiny_csm.make(tmp_path_factory.mktemp("csm"))


def test_voice_text_and_seed_alone_decide(model):
    voice, files = fetched("model#anna.wav", model)
    assert voice.rate_hz == 24000
    own = {f"{model.name}/anna.wav", f"{model.name}/anna.txt"}
    assert own | {"model/model.safetensors", "model/tokenizer.json"} < names(files)
    first, second = hold_still(voice, (8, 6))
    assert not np.array_equal(first, second)
    hold_tempo(voice)


def test_another_recording_or_other_words_under_the_same_name_are_refused(model):
    tiny_codecs.recording(model, "dora")
    voice, files = fetched("model#dora.wav", model)
    voice = replace(voice, sha256=sha256_of(files))
    say(voice)
    (model / "dora.txt").write_text("other words")
    with pytest.raises(InputError, match="not those that it was used with"):
        say(voice, engine=Transformers())


def test_recordings_and_their_words_are_heard(model):
    tiny_codecs.recording(model, "carl", 120.0)
    (model / "carl.txt").write_text("other words are here")
    voices = [fetched(f"model#{name}.wav", model)[0] for name in ("anna", "bert", "carl")]
    said = [np.concatenate([say(voice, seed=seed) for seed in (6, 8)]) for voice in voices]
    assert len({samples.tobytes() for samples in said}) == 3


@pytest.mark.parametrize(
    ("source", "words"),
    [
        ("model", "needs a speaker"),
        ("model#7", "no recording 7"),
        ("model#mute.wav", r"needs its words in mute\.txt"),
        ("model#anna.txt", "needs its words"),
        ("model#blank.wav", r"blank\.txt is empty"),
        ("model#short.wav", r"0\.1 s long"),
        ("model#text.wav", r"text\.wav cannot be read"),
        ("model + model#anna.wav", "vocoder of its own"),
    ],
)
def test_recordings_that_are_missing_or_unfit_are_named(model, source, words):
    for name in ("mute", "blank", "text"):
        tiny_codecs.recording(model, name)
    tiny_codecs.recording(model, "short", seconds=0.1)
    (model / "mute.txt").unlink()
    (model / "blank.txt").write_text(" \n")
    (model / "text.wav").write_text("no sound")
    with pytest.raises(InputError, match=words):
        fetched(source, model)


def test_letters_ends_and_unknown_codes_are_held(model, tmp_path, monkeypatch):
    voice, _ = fetched("model#anna.wav", model)
    with pytest.raises(EngineError, match="letters of a script"):
        say(voice, "schön")
    with pytest.raises(EngineError, match="longer than its limit"):
        say(voice, "on and on " * 220)
    wild = tiny_csm.make(tmp_path, known=False)
    with pytest.raises(EngineError, match="reported a failure"):
        say(fetched("model#anna.wav", wild)[0])
    monkeypatch.setattr(csm, "LIMIT_S", 0.1)
    with pytest.raises(EngineError, match="longer than its limit"):
        say(voice, engine=Transformers())
