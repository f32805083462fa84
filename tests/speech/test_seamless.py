"""SeamlessM4T in the engine transformers: the text itself, speakers, languages, ends, refusals."""

import json
import shutil

import numpy as np
import pytest

from corpusforge.core.errors import InputError
from corpusforge.speech.engine import EngineError
from corpusforge.speech.models import seamless
from tests.speech import tiny_seamless
from tests.speech.hub_voices import ENGINE, fetched, hold_still, hold_tempo, names, say

pytestmark = pytest.mark.skipif(bool(ENGINE.missing()), reason=ENGINE.missing())
VERSIONS = {"first": False, "second": True}


@pytest.fixture(scope="module")
def models(tmp_path_factory):
    folder = tmp_path_factory.mktemp("seamless")
    for name, second in VERSIONS.items():
        tiny_seamless.make(folder / name, second)
        tiny_seamless.make(folder / f"{name}-whole", second, whole=True)
    return folder


@pytest.mark.parametrize("name", VERSIONS)
def test_voice_and_text_alone_decide(models, name):
    voice, files = fetched(f"{name}#1", models)
    assert voice.rate_hz == 16000
    assert {f"{name}/model.safetensors", f"{name}/generation_config.json"} < names(files)
    first, second = hold_still(voice)
    assert np.array_equal(first, second)  # nothing is drawn
    hold_tempo(voice)
    other = say(voice, "stop it now")
    assert other.size != first.size


@pytest.mark.parametrize("name", VERSIONS)
def test_speakers_and_languages_are_heard(models, name):
    own, speaker, language = (
        say(fetched(f"{name}#{number}", models, lang)[0], "go")
        for number, lang in ((0, "en-GB"), (2, "en"), (0, "de"))
    )
    assert own.tobytes() != speaker.tobytes()
    assert own.tobytes() != language.tobytes()
    assert np.array_equal(own, say(fetched(name, models)[0], "go"))


@pytest.mark.parametrize("name", VERSIONS)
def test_the_class_that_hears_speaks_alike(models, name):
    whole, _ = fetched(f"{name}-whole#1", models)
    assert np.array_equal(say(whole), say(fetched(f"{name}#1", models)[0]))


@pytest.mark.parametrize("name", VERSIONS)
def test_the_words_that_are_said_are_those_of_the_text(models, name, monkeypatch):
    voice, _ = fetched(name, models)
    say(voice)
    speaker = ENGINE._models[voice]
    made = []
    own = speaker._model.generate

    def generate(*args, **settings):
        made.append(own(*args, **settings))
        return made[-1]

    monkeypatch.setattr(speaker._model, "generate", generate)
    say(voice, "stop it now")
    decoded = speaker._tokenizer.decode(made[0].sequences[0], skip_special_tokens=True)
    assert decoded.strip() == "stop it now"
    assert made[0].sequences[0].tolist()[:2] == [
        3,
        speaker._tokenizer.convert_tokens_to_ids("__eng__"),
    ]


@pytest.mark.parametrize("name", VERSIONS)
def test_speakers_and_languages_that_it_does_not_have_are_refused(models, name):
    with pytest.raises(InputError, match="3 speakers, 0 to 2"):
        fetched(f"{name}#3", models)
    with pytest.raises(InputError, match=r"does not speak fr\n.*deu, eng"):
        fetched(name, models, "fr")
    with pytest.raises(InputError, match="vocoder of its own"):
        fetched(f"{name} + {name}", models)


@pytest.mark.parametrize("name", VERSIONS)
@pytest.mark.parametrize("spoilt", [None, {"eos_token_id": 3}, {"_from_model_config": True}])
def test_settings_without_languages_are_refused(models, name, spoilt, tmp_path):
    shutil.copytree(models / name, tmp_path / "model")
    path = tmp_path / "model" / "generation_config.json"
    before = json.loads(path.read_text())
    path.unlink()
    if spoilt is not None:
        path.write_text(json.dumps(before | spoilt if "_from_model_config" in spoilt else spoilt))
    with pytest.raises(InputError, match="has no text_decoder_lang_to_code_id, no"):
        fetched("model", tmp_path)


def test_a_model_without_the_part_that_speaks_is_refused(models, tmp_path):
    from safetensors.torch import load_file, save_file

    shutil.copytree(models / "first", tmp_path / "model")
    path = tmp_path / "model" / "model.safetensors"
    kept = {name: value for name, value in load_file(path).items() if "vocoder" not in name}
    save_file(kept, path, {"format": "pt"})
    with pytest.raises(InputError, match="has no vocoder, so that it does not speak"):
        say(fetched("model", tmp_path)[0])


def test_letters_ends_and_unknown_units_are_held(models, tmp_path, monkeypatch):
    with pytest.raises(EngineError, match="letters of a script"):
        say(fetched("first", models)[0], "schön")
    tiny_seamless.make(tmp_path / "wild", second=True, seed=1)
    with pytest.raises(EngineError, match="reported a failure"):
        say(fetched("wild", tmp_path)[0])
    monkeypatch.setattr(seamless, "LIMIT_S", 1.0)
    tiny_seamless.make(tmp_path / "endless", ends=False)
    tiny_seamless.make(tmp_path / "slow", pace=12.0)
    tiny_seamless.make(tmp_path / "slow-second", second=True, pace=12.0)
    for name in ("endless", "slow", "slow-second"):
        with pytest.raises(EngineError, match="longer than its limit"):
            say(fetched(name, tmp_path)[0])
