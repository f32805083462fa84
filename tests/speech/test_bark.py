"""Bark in the engine transformers: presets, ends, tempo, refusals."""

import json
import shutil

import numpy as np
import pytest

from corpusforge.core.errors import InputError
from corpusforge.speech.engine import EngineError
from corpusforge.speech.engines.transformers import Transformers
from tests.speech import tiny_bark
from tests.speech.hub_voices import ENGINE, fetched, hold_still, hold_tempo, names, say

pytestmark = pytest.mark.skipif(bool(ENGINE.missing()), reason=ENGINE.missing())


@pytest.fixture(scope="module")
def bark(tmp_path_factory):
    folder = tiny_bark.make(tmp_path_factory.mktemp("bark"))
    np.savez(folder / "mine.npz", **tiny_bark.preset(3))
    return folder


def test_voice_text_and_seed_alone_decide(bark):
    voice, _ = fetched("model#v2/en_0", bark)
    assert voice.rate_hz == 24000
    first, second = hold_still(voice, (8, 6))
    assert not np.array_equal(first, second)
    hold_tempo(voice, seed=12)


def test_voices_of_one_model_share_it(bark, tmp_path):
    voices = [fetched(f"model#{name}", bark)[0] for name in ("v2/en_0", "own")]
    first = [say(voice) for voice in voices]
    assert ENGINE._models[voices[0]]._model is ENGINE._models[voices[1]]._model
    assert np.array_equal(say(voices[0]), first[0])
    shutil.copytree(bark / "model", tmp_path / "model")
    other, _ = fetched("model#own", tmp_path)
    assert np.array_equal(say(other), first[1])
    assert ENGINE._models[other]._model is not ENGINE._models[voices[1]]._model


def test_presets_of_the_model_and_of_ones_own_are_heard_and_pinned(bark):
    said = []
    for source, files in {
        "model#v2/en_0": {f"v2/en_0_{name}.npy" for name in tiny_bark.preset(1)},
        "model#own": {"speaker_embeddings/own.npz"},
        "model#mine.npz": {f"{bark.name}/mine.npz"},
    }.items():
        voice, found = fetched(source, bark)
        assert files < names(found)
        assert {"model/model.safetensors", "model/generation_config.json"} < names(found)
        said.append(say(voice).tobytes())
    assert len(set(said)) == 3


def test_a_preset_that_no_list_names_is_found_by_its_files(bark, tmp_path):
    shutil.copytree(bark / "model", tmp_path / "model")
    (tmp_path / "model" / "speaker_embeddings_path.json").unlink()
    _, files = fetched("model#v2/en_0", tmp_path)
    assert {f"v2/en_0_{name}.npy" for name in tiny_bark.preset(1)} < names(files)


def test_files_of_a_preset_are_asked_of_the_hub(bark, monkeypatch):
    import huggingface_hub

    asked = []

    def download(name, allow_patterns):
        asked.append((name, allow_patterns))
        return str(bark / "model")

    monkeypatch.setattr(huggingface_hub, "snapshot_download", download)
    voice, _ = fetched("acme/bark#v2/en_0", bark, engine=Transformers())
    assert np.array_equal(say(voice), say(fetched("model#v2/en_0", bark)[0]))
    [(name, patterns)] = asked
    assert name == "acme/bark"
    assert {"*.safetensors", "*v2/en_0.npz", "*v2/en_0_fine_prompt.npy"} < set(patterns)


@pytest.mark.parametrize(
    ("source", "words"),
    [
        ("model", "needs a speaker"),
        ("model#v2/en_7", "no preset v2/en_7"),
        ("model#../model/speaker_embeddings/own", "no preset"),
        ("model#text.npz", "no preset of Bark"),
        ("model#few.npz", "no preset of Bark"),
        ("model#flat.npz", "fine_prompt is no array of whole numbers with 2 axes"),
        ("model + model#own", "vocoder of its own"),
    ],
)
def test_speakers_that_are_missing_or_damaged_are_named(bark, source, words):
    (bark / "text.npz").write_text("no archive")
    arrays = tiny_bark.preset(4)
    np.savez(bark / "flat.npz", **{**arrays, "fine_prompt": arrays["fine_prompt"][0]})
    np.savez(bark / "few.npz", semantic_prompt=arrays["semantic_prompt"])
    with pytest.raises(InputError, match=words):
        fetched(source, bark)


def test_numbers_that_the_model_does_not_know_are_refused(bark):
    arrays = tiny_bark.preset(4)
    arrays["coarse_prompt"] += tiny_bark.CODES
    np.savez(bark / "high.npz", **arrays)
    with pytest.raises(InputError, match="outside of 0 to 15"):
        say(fetched("model#high.npz", bark)[0])


def test_a_model_without_its_settings_is_refused(bark, tmp_path):
    shutil.copytree(bark / "model", tmp_path / "model")
    (tmp_path / "model" / "generation_config.json").write_text(json.dumps({"eos_token_id": 1}))
    with pytest.raises(InputError, match="has no semantic_config, no coarse"):
        fetched("model#own", tmp_path)


def test_letters_lengths_and_ends_are_held(bark, tmp_path):
    voice, _ = fetched("model#own", bark)
    with pytest.raises(EngineError, match="letters of a script"):
        say(voice, "schön")
    with pytest.raises(EngineError, match="longer than its limit"):
        say(voice, "on and on " * 9)
    settings = json.loads((bark / "model" / "generation_config.json").read_text())
    settings["semantic_config"]["max_new_tokens"] = 3
    shutil.copytree(bark / "model", tmp_path / "model")
    (tmp_path / "model" / "generation_config.json").write_text(json.dumps(settings))
    with pytest.raises(EngineError, match="longer than its limit"):
        say(fetched("model#own", tmp_path)[0])
