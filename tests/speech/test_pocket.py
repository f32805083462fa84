"""Pocket TTS in the engine transformers: recordings as speakers, its codec, ends, refusals."""

import json
import shutil

import numpy as np
import pytest

from corpusforge.core.errors import InputError
from corpusforge.speech.engine import EngineError
from corpusforge.speech.engines.transformers import Transformers
from corpusforge.speech.models import pocket
from tests.speech import tiny_codecs, tiny_pocket
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
pytestmark = pytest.mark.skipif(bool(ENGINE.missing()), reason=ENGINE.missing())


@pytest.fixture(scope="module")
def model(tmp_path_factory):
    folder = tiny_pocket.make(tmp_path_factory.mktemp("pocket"))
    (folder / "anna.txt").unlink()  # nobody asks for it
    return folder


def test_voice_text_and_seed_alone_decide(model):
    voice, files = fetched("model + codec#anna.wav", model)
    assert voice.rate_hz == 24000
    own = {f"{model.name}/anna.wav", "model/chat_template.jinja"}
    assert own | {"model/model.safetensors", "codec/model.safetensors"} < names(files)
    first, second = hold_still(voice)
    assert not np.array_equal(first, second)
    hold_tempo(voice)


def test_recordings_texts_and_the_template_are_heard(model, tmp_path):
    voice, _ = fetched("model + codec#anna.wav", model)
    other, _ = fetched("model + codec#bert.wav", model)
    shutil.copytree(model, tmp_path / "all")
    template = tmp_path / "all" / "model" / "chat_template.jinja"
    template.write_text(tiny_pocket.TEMPLATE.replace("item.text", "item.text | replace('o', 'oo')"))
    changed, _ = fetched("model + codec#anna.wav", tmp_path / "all")
    said = [say(voice), say(other), say(voice, "turn off the lights"), say(changed)]
    assert len({samples.tobytes() for samples in said}) == 4


@pytest.mark.parametrize(
    ("source", "words"),
    [
        ("model#anna.wav", "needs a vocoder"),
        ("model + model#anna.wav", "no vocoder for model"),
        ("model + codec", "needs a speaker"),
        ("model + codec#none.wav", "no file"),
        ("model + codec#silence.wav", "is silent"),
        ("model + other#anna.wav", "latents of 8 numbers, its codec takes 5"),
        ("model + half#anna.wav", "saved without its encoder"),
        ("bare + codec#anna.wav", r"no chat_template\.jinja"),
    ],
)
def test_parts_that_are_missing_or_do_not_fit_are_named(model, source, words):
    import soundfile

    soundfile.write(model / "silence.wav", np.zeros(24000), 24000)
    for name, more in (("other", {"latent_dim": 5}), ("half", {"encoder_config": None})):
        shutil.copytree(model / "codec", model / name, dirs_exist_ok=True)
        config = json.loads((model / "codec" / "config.json").read_text())
        (model / name / "config.json").write_text(json.dumps(config | more))
    shutil.copytree(model / "model", model / "bare", dirs_exist_ok=True)
    (model / "bare" / "chat_template.jinja").unlink()
    with pytest.raises(InputError, match=words):
        fetched(source, model)


def test_letters_and_ends_are_held(model, tmp_path, monkeypatch):
    voice, _ = fetched("model + codec#anna.wav", model)
    with pytest.raises(EngineError, match="letters of a script"):
        say(voice, "schön")
    monkeypatch.setattr(pocket, "LIMIT_S", 0.6)
    with pytest.raises(EngineError, match="longer than its limit"):
        say(voice, engine=Transformers())
    endless = tiny_pocket.make(tmp_path, ends=False)
    tiny_codecs.recording(endless, "carl")
    with pytest.raises(EngineError, match="longer than its limit"):
        say(fetched("model + codec#carl.wav", endless)[0])


def test_models_and_codecs_without_all_of_their_weights_are_refused(model, tmp_path):
    for part in ("model", "codec"):
        for other in {"model", "codec"} - {part}:
            shutil.copytree(model / other, tmp_path / part / other)
        gone = without_a_weight(model / part, tmp_path / part / part)
        shutil.copy(model / "bert.wav", tmp_path / part)
        with pytest.raises(InputError, match=f"{part} lacks 1 of its weights, {gone}"):
            say(fetched("model + codec#bert.wav", tmp_path / part)[0])
