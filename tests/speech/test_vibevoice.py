"""VibeVoice in the engine transformers: recordings as speakers, its script, noise, ends."""

import json
import shutil
import sys

import numpy as np
import pytest

from corpusforge.core.errors import InputError
from corpusforge.speech.engine import EngineError
from corpusforge.speech.engines.transformers import Transformers
from corpusforge.speech.models import vibevoice
from tests.speech import tiny_codecs, tiny_vibevoice
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
pytest.importorskip("diffusers")
pytestmark = [
    pytest.mark.skipif(bool(ENGINE.missing()), reason=ENGINE.missing()),
    # diffusers makes arrays of tensors as NumPy 2 does not like it.
    pytest.mark.filterwarnings("ignore:__array__ implementation:DeprecationWarning"),
]


@pytest.fixture(scope="module")
def model(tmp_path_factory):
    folder = tiny_vibevoice.make(tmp_path_factory.mktemp("vibevoice"))
    (folder / "anna.txt").unlink()  # nobody asks for it
    return folder


def test_voice_text_and_seed_alone_decide(model):
    voice, files = fetched("model#anna.wav", model)
    assert voice.rate_hz == 24000
    own = {f"{model.name}/anna.wav", "model/chat_template.jinja", "model/processor_config.json"}
    assert own | {"model/model.safetensors", "model/generation_config.json"} < names(files)
    first, second = hold_still(voice)
    assert not np.array_equal(first, second)
    hold_tempo(voice)


def test_recordings_and_texts_are_heard(model):
    voices = [fetched(f"model#{name}.wav", model)[0] for name in ("anna", "bert")]
    said = [*map(say, voices), say(voices[0], "turn off the lights")]
    assert len({samples.tobytes() for samples in said}) == 3


def test_the_script_is_one_line_of_one_speaker(model):
    speaker = ENGINE._speaker(fetched("model#anna.wav", model)[0])
    assert speaker._prompt("turn on\n the lights") == (
        "voice[0]<begin><sound><end> text[0]turn on the lights speech<begin>"
    )


def test_the_schedule_is_that_of_the_model(model, tmp_path):
    own = say(fetched("model#anna.wav", model)[0])
    settings = tmp_path / "model" / "generation_config.json"
    shutil.copytree(model, tmp_path, dirs_exist_ok=True)
    found = json.loads(settings.read_text())
    said = []
    for name in ("DDPMScheduler", "DDIMScheduler"):
        settings.write_text(json.dumps(found | {"noise_scheduler_class": name}))
        voice = fetched("model#anna.wav", tmp_path)[0]
        said.append(say(voice, engine=Transformers()))
        assert np.array_equal(said[-1], say(voice, engine=Transformers()))
    assert len({samples.tobytes() for samples in (own, *said)}) == 3
    for key in ("noise_scheduler_class", "noise_scheduler_config"):
        del found[key]
    settings.write_text(json.dumps(found))
    assert np.array_equal(say(fetched("model#anna.wav", tmp_path)[0], engine=Transformers()), own)


@pytest.mark.parametrize(
    ("schedule", "words"),
    [
        ({"noise_scheduler_class": "Unheard"}, "no noise schedule Unheard"),
        ({"noise_scheduler_class": "UnheardScheduler"}, "no noise schedule UnheardScheduler"),
        ({"noise_scheduler_config": {"beta_schedule": "none"}}, "refuses its settings"),
        ({"noise_scheduler_config": {"unheard": 1}}, "refuses its settings"),
    ],
)
def test_schedules_that_are_not_there_are_named(model, tmp_path, schedule, words):
    shutil.copytree(model, tmp_path, dirs_exist_ok=True)
    settings = tmp_path / "model" / "generation_config.json"
    settings.write_text(json.dumps(json.loads(settings.read_text()) | schedule))
    with pytest.raises(InputError, match=words):
        say(fetched("model#anna.wav", tmp_path)[0])


@pytest.mark.parametrize(
    ("source", "words"),
    [
        ("model", "needs a speaker"),
        ("model#none.wav", "no file"),
        ("model#7", "no recording 7"),
        ("model + model#anna.wav", "vocoder of its own"),
        ("bare#anna.wav", r"no chat_template\.jinja"),
        ("mute#anna.wav", r"no processor_config\.json"),
        ("torn#anna.wav", "no settings of a processor"),
    ],
)
def test_parts_that_are_missing_or_do_not_fit_are_named(model, source, words):
    for name in ("bare", "mute", "torn"):
        shutil.copytree(model / "model", model / name, dirs_exist_ok=True)
    (model / "bare" / "chat_template.jinja").unlink()
    (model / "mute" / "processor_config.json").unlink()
    (model / "torn" / "processor_config.json").write_text("[]")
    with pytest.raises(InputError, match=words):
        fetched(source, model)


def test_without_diffusers_it_says_how_to_get_it(model, monkeypatch):
    monkeypatch.setitem(sys.modules, "diffusers", None)
    with pytest.raises(InputError, match=r"pip install 'corpusforge\[vibevoice\]'"):
        fetched("model#anna.wav", model)


def test_a_model_without_all_of_its_weights_is_refused(model, tmp_path):
    gone = without_a_weight(model / "model", tmp_path / "model")
    shutil.copy(model / "bert.wav", tmp_path)
    with pytest.raises(InputError, match=f"model lacks 1 of its weights, {gone}"):
        say(fetched("model#bert.wav", tmp_path)[0])


def test_letters_lengths_and_ends_are_held(model, monkeypatch):
    voice, _ = fetched("model#anna.wav", model)
    with pytest.raises(EngineError, match="letters of a script"):
        say(voice, "schön")
    with pytest.raises(EngineError, match="longer than its limit"):
        say(voice, "on and on " * 110)
    tiny_codecs.recording(model, "long", seconds=29)
    assert say(fetched("model#long.wav", model)[0]).size
    monkeypatch.setattr(vibevoice, "LIMIT_S", 0.1)
    with pytest.raises(EngineError, match="longer than its limit"):
        say(voice, engine=Transformers())
