"""VITS models of transformers: speakers, limits, letters, and models that it cannot speak with."""

import json
import shutil
from pathlib import Path

import numpy as np
import pytest

from corpusforge.core.errors import InputError
from corpusforge.core.recipe import VoiceConfig
from corpusforge.speech.engine import EngineError, Prosody, checked
from corpusforge.speech.engines.transformers import Transformers
from tests.speech import tiny_vits
from tests.speech.hub_voices import reweighted, without_a_weight

ENGINE = Transformers()
pytestmark = pytest.mark.skipif(bool(ENGINE.missing()), reason=ENGINE.missing())
TEXT = "turn on the lights"


@pytest.fixture(scope="module")
def model(tmp_path_factory):
    return tiny_vits.make(tmp_path_factory.mktemp("vits") / "voice", speakers=3)


def voice_of(source, folder=Path()):
    entry = VoiceConfig(
        engine="transformers", source=str(source), license="CC-BY-4.0", name="v", lang="en"
    )
    return ENGINE.fetched(ENGINE.added(entry, folder))[0]


def say(voice, text=TEXT, seed=5, speed=1.0):
    generator = np.random.Generator(np.random.Philox(seed))
    said = ENGINE.speak(text, voice, Prosody(speed), generator)
    return checked(said, ENGINE, voice, "clip 12ab").samples


def test_the_seed_and_nothing_else_moves_the_samples(model):
    import torch

    voice = voice_of(model)
    first = say(voice)
    threads = torch.get_num_threads()
    with torch.random.fork_rng():
        torch.default_generator.manual_seed(99)
        moved = torch.random.get_rng_state()
        say(voice, "something else", seed=8)
        assert np.array_equal(say(voice), first)
        assert not np.array_equal(say(voice, seed=6), first)
        assert torch.equal(torch.random.get_rng_state(), moved)
    assert torch.get_num_threads() == threads


def test_speakers_differ_and_paths_start_at_the_recipe(model):
    voices = [voice_of(f"voice#{number}", model.parent) for number in (0, 1, 2)]
    said = [say(voice) for voice in voices]
    shortest = min(part.size for part in said)
    assert not np.allclose(said[0][:shortest], said[1][:shortest])
    assert not np.allclose(said[1][:shortest], said[2][:shortest])
    with pytest.raises(InputError, match="3 speakers, 0 to 2"):
        voice_of(f"{model}#3")
    with pytest.raises(InputError, match="is a number"):
        voice_of(f"{model}#anna")


def test_a_model_that_never_ends_is_stopped_before_it_is_decoded(tmp_path):
    endless = voice_of(tiny_vits.make(tmp_path / "endless", scale=9.0))
    with pytest.raises(EngineError, match="longer than its limit"):
        say(endless, " ".join([TEXT] * 3))


def test_voices_of_one_model_share_it_and_leave_nothing_at_it(model):
    first, second = (voice_of(f"{model}#{number}") for number in (0, 1))
    own = say(first)
    engine = Transformers()
    rng = np.random.Generator(np.random.Philox(5))
    engine.speak(TEXT, second, Prosody(0.5), rng)
    engine.speak(TEXT, first, Prosody(2.0), rng)
    assert np.array_equal(say(first), own)
    one, other = (engine._speaker(voice)._model for voice in (first, second))
    assert one is other
    assert not one.duration_predictor._forward_hooks


def test_a_model_without_all_of_its_weights_is_refused(model, tmp_path):
    gone = without_a_weight(model, tmp_path / "voice")
    with pytest.raises(InputError, match=f"voice lacks 1 of its weights, {gone}"):
        say(voice_of(tmp_path / "voice"))


def test_weights_that_are_cut_off_are_refused_before_anything_starts(model, tmp_path):
    folder = shutil.copytree(model, tmp_path / "voice")
    path = folder / "model.safetensors"
    whole = path.read_bytes()
    for data, words in (
        (whole[:-1000], f"it has {len(whole) - 1000} bytes, {len(whole)} by its header"),
        (b"version https://git-lfs.github.com/spec/v1", "no such file"),
        (b"", "no such file"),
    ):
        path.write_bytes(data)
        entry = VoiceConfig(engine="transformers", source="voice", license="MIT", lang="en")
        with pytest.raises(InputError, match=rf"model\.safetensors is no whole file.*{words}"):
            ENGINE.added(entry, tmp_path)


def test_a_model_that_cannot_be_loaded_is_named_with_its_voice(model, tmp_path):
    folder = shutil.copytree(model, tmp_path / "voice")
    (folder / "vocab.json").write_text("{")
    with pytest.raises(
        InputError, match=r"transformers/v cannot be loaded from .*voice: "
    ) as error:
        say(voice_of(folder))
    assert "get the files of the voice anew" in str(error.value)


def test_older_names_of_weights_and_weights_of_training_are_no_reason_to_refuse(model, tmp_path):
    def older(weights):
        for name in list(weights):
            other = name.replace(".parametrizations.weight.original0", ".weight_g")
            other = other.replace(".parametrizations.weight.original1", ".weight_v")
            weights[other] = weights.pop(name)
        assert any(name.endswith("weight_g") for name in weights)

    def speaking(weights):
        for name in [name for name in weights if name.startswith("posterior_encoder.")]:
            del weights[name]

    own = say(voice_of(f"{model}#1"))
    for name, change in (("older", older), ("speaking", speaking)):
        changed = reweighted(model, tmp_path / name, change)
        assert np.array_equal(say(voice_of(f"{changed}#1")), own)


def test_models_saved_with_smaller_numbers_compute_in_float32(model, tmp_path):
    import torch

    def smaller(weights):
        for name, weight in weights.items():
            weights[name] = weight.to(torch.bfloat16)

    changed = reweighted(model, tmp_path / "smaller", smaller)
    config = json.loads((changed / "config.json").read_text())
    (changed / "config.json").write_text(json.dumps(config | {"dtype": "bfloat16"}))
    voice = voice_of(f"{changed}#1")
    assert say(voice).size
    assert ENGINE._speaker(voice)._model.dtype == torch.float32


def test_letters_that_the_tokenizer_would_leave_out_are_refused(model):
    voice = voice_of(model)
    with pytest.raises(EngineError, match="letters of a script"):
        say(voice, "schön")
    with pytest.raises(EngineError, match="letters of a script"):
        say(voice, "set it to 21")
    with pytest.raises(EngineError, match="nothing to say"):
        say(voice, "- ...")
    assert np.array_equal(say(voice, "Turn It On"), say(voice, "turn it on"))


@pytest.mark.parametrize(
    ("kind", "words"),
    [
        ("musicgen", ["type musicgen", "makes music", "allowed: vits"]),
        ("qwen2_5_omni", ["type qwen2_5_omni", "answers a text", "bark"]),
        ("mimi", ["type mimi", "codec", "csm"]),
        ("univnet", ["type univnet", "vocoder", "speecht5"]),
        ("bert", ["type bert", "allowed: vits", "command"]),
    ],
)
def test_other_models_are_refused_with_the_list_of_what_speaks(tmp_path, kind, words):
    (tmp_path / "config.json").write_text(json.dumps({"model_type": kind}))
    with pytest.raises(InputError) as error:
        voice_of(tmp_path)
    assert all(word in str(error.value) for word in words)


def test_no_model_no_safe_weights_and_no_name_are_refused(tmp_path, model):
    with pytest.raises(InputError, match=r"config\.json"):
        voice_of(tmp_path)
    (tmp_path / "config.json").write_text((model / "config.json").read_text())
    (tmp_path / "pytorch_model.bin").write_bytes(b"pickle")
    with pytest.raises(InputError, match="safetensors"):
        voice_of(tmp_path)
    with pytest.raises(InputError, match="neither a folder nor a hub name"):
        voice_of("no such place")


def test_a_hub_name_is_not_looked_up_when_a_recipe_is_checked(monkeypatch):
    import huggingface_hub

    asked = []

    def offline(name, **_):
        asked.append(name)
        raise OSError("no network\nmore")

    monkeypatch.setattr(huggingface_hub, "snapshot_download", offline)
    entry = VoiceConfig(
        engine="transformers", source="acme/voice#1", license="MIT", name="v", lang="en"
    )
    voice = ENGINE.added(entry, Path())
    assert (voice.path, asked) == ("", [])
    with pytest.raises(InputError, match="acme/voice cannot be had: OSError: no network"):
        ENGINE.fetched(voice)
    assert asked == ["acme/voice"]


def test_a_hub_model_is_pinned_and_spoken_with_from_where_it_was_put(model, monkeypatch):
    import huggingface_hub

    monkeypatch.setattr(huggingface_hub, "snapshot_download", lambda name, **_: str(model))
    entry = VoiceConfig(
        engine="transformers", source="acme/there#1", license="MIT", name="v", lang="en"
    )
    engine = Transformers()
    voice, files = engine.fetched(engine.added(entry, Path()))
    assert {path.name for path in files} >= {"config.json", "model.safetensors", "vocab.json"}
    assert (voice.rate_hz, voice.path) == (16000, f"{model}\0\0")
    assert np.array_equal(say(voice), say(voice_of(f"{model}#1")))


@pytest.mark.parametrize("source", ["sesame/csm-1b#ana.wav", "suno/bark#typo.npz"])
def test_a_file_of_a_speaker_that_is_not_there_is_refused_before_any_download(source, tmp_path):
    with pytest.raises(InputError, match=r"there is no file .* for the speaker of"):
        voice_of(source, tmp_path)
