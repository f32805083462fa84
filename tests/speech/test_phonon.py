"""Phonon in the engine transformers: voices that come with it, its codec, ends, refusals."""

import shutil

import numpy as np
import pytest

from corpusforge.core.errors import InputError
from corpusforge.speech.engine import EngineError
from corpusforge.speech.engines.transformers import Transformers
from corpusforge.speech.models import pocket
from tests.speech import tiny_phonon
from tests.speech.hub_voices import (
    ENGINE,
    fetched,
    hold_still,
    hold_tempo,
    names,
    say,
    without_a_weight,
)

pytestmark = pytest.mark.skipif(bool(ENGINE.missing()), reason=ENGINE.missing())


@pytest.fixture(scope="module")
def model(tmp_path_factory):
    return tiny_phonon.make(tmp_path_factory.mktemp("phonon"))


def test_voice_text_and_seed_alone_decide(model):
    voice, files = fetched("model + codec#anna", model)
    assert (voice.rate_hz, voice.family) == (24000, "Phonon")
    own = {"voices/anna.safetensors", "model/chat_template.jinja"}
    assert own | {"model/model.safetensors", "codec/model.safetensors"} < names(files)
    assert "voices/bert.safetensors" not in names(files)
    first, second = hold_still(voice, (2, 4))
    assert not np.array_equal(first, second)
    hold_tempo(voice, seed=4)


def test_voices_are_heard_wherever_they_lie(model):
    sources = ("anna", "bert", "anna.npy", "model/voices/bert.safetensors")
    said = [say(fetched(f"model + codec#{name}", model)[0], seed=4) for name in sources]
    assert not np.array_equal(said[0], said[1])
    assert np.array_equal(said[0], said[2])
    assert np.array_equal(said[1], said[3])


@pytest.mark.parametrize(
    ("source", "words"),
    [
        ("model#anna", "needs a vocoder"),
        ("model + model#anna", "no vocoder for model"),
        ("model + codec", "needs a speaker"),
        ("model + codec#carl", "(?s)no voice carl.*allowed: anna, bert"),
        ("model + codec#none.safetensors", "no file"),
        ("model + codec#text.safetensors", "no voice of Phonon"),
        ("model + codec#pickled.npy", "no voice of Phonon"),
        ("model + codec#narrow.npy", r"shapes \[6, 9\], not one of \[frames, 12\]"),
        ("model + codec#two.npy", r"shapes \[2, 6, 12\], not one"),
        ("model + codec#nan.npy", "not finite"),
        ("bare + codec#anna", r"no chat_template\.jinja"),
    ],
)
def test_parts_that_are_missing_or_do_not_fit_are_named(model, source, words):
    (model / "text.safetensors").write_text("no numbers")
    np.save(model / "pickled.npy", np.array([{}], object), allow_pickle=True)
    np.save(model / "narrow.npy", np.zeros((6, 9), np.float32))
    np.save(model / "two.npy", np.zeros((2, 6, 12), np.float32))
    np.save(model / "nan.npy", np.full((6, 12), np.nan, np.float32))
    shutil.copytree(model / "model", model / "bare", dirs_exist_ok=True)
    (model / "bare" / "chat_template.jinja").unlink()
    with pytest.raises(InputError, match=words):
        fetched(source, model)


def test_models_and_codecs_without_all_of_their_weights_are_refused(model, tmp_path):
    for part, other in (("model", "codec"), ("codec", "model")):
        shutil.copytree(model / other, tmp_path / part / other)
        without_a_weight(model / part, tmp_path / part / part)  # saved under Gradium's names
        with pytest.raises(InputError, match=f"{part} lacks 1 of its weights"):
            say(fetched("model + codec#anna", tmp_path / part)[0])


def test_letters_and_ends_are_held(model, tmp_path, monkeypatch):
    voice, _ = fetched("model + codec#anna", model)
    with pytest.raises(EngineError, match="letters of a script"):
        say(voice, "schön")
    monkeypatch.setattr(pocket, "LIMIT_S", 0.5)
    with pytest.raises(EngineError, match="longer than its limit"):
        say(voice, engine=Transformers())
    endless = tiny_phonon.make(tmp_path, ends=False)
    with pytest.raises(EngineError, match="Phonon did not come to an end"):
        say(fetched("model + codec#bert", endless)[0])
