"""SpeechT5 and FastSpeech2 in the engine transformers: parts, speakers, tempo, ends, refusals."""

import json
import shutil

import numpy as np
import pytest

from corpusforge.core.errors import InputError
from corpusforge.core.recipe import VoiceConfig
from corpusforge.speech.engine import EngineError, Prosody, checked
from corpusforge.speech.engines.transformers import Transformers
from corpusforge.speech.pins import sha256_of
from tests.speech import tiny_spectrograms
from tests.speech.hub_voices import reweighted, without_a_weight

ENGINE = Transformers()
pytestmark = pytest.mark.skipif(bool(ENGINE.missing()), reason=ENGINE.missing())
TEXT = "turn on the lights"
T5 = "model + vocoder"


@pytest.fixture(scope="module")
def t5(tmp_path_factory):
    return tiny_spectrograms.speecht5(tmp_path_factory.mktemp("t5"))


def voice_of(source, folder, engine=ENGINE):
    entry = VoiceConfig(engine="transformers", source=source, license="MIT", name="v", lang="en")
    return engine.fetched(engine.added(entry, folder))[0]


def say(voice, text=TEXT, seed=5, speed=1.0):
    generator = np.random.Generator(np.random.Philox(seed))
    said = ENGINE.speak(text, voice, Prosody(speed), generator)
    return checked(said, ENGINE, voice, "clip 12ab").samples


def test_seeds_speakers_and_tempo_move_speecht5(t5):
    voice = voice_of(f"{T5}#a.npy", t5)
    first = say(voice)
    assert np.array_equal(say(voice), first)
    assert not np.array_equal(say(voice, seed=6), first)
    assert not np.array_equal(say(voice_of(f"{T5}#b.npy", t5)), first)
    assert say(voice, speed=2.0).size == pytest.approx(first.size / 2, abs=256)
    assert say(voice, speed=0.5).size == pytest.approx(first.size * 2, abs=256)


def test_a_speecht5_that_never_ends_is_stopped(tmp_path):
    endless = voice_of(f"{T5}#a.npy", tiny_spectrograms.speecht5(tmp_path, ends=False))
    with pytest.raises(EngineError, match="longer than its limit"):
        say(endless)


def test_models_and_vocoders_without_all_of_their_weights_are_refused(t5, tmp_path):
    for part in ("model", "vocoder"):
        shutil.copytree(t5, tmp_path / part)
        shutil.rmtree(tmp_path / part / part)
        gone = without_a_weight(t5 / part, tmp_path / part / part)
        with pytest.raises(InputError, match=f"{part} lacks 1 of its weights, {gone}"):
            say(voice_of(f"{T5}#a.npy", tmp_path / part))


def test_counters_of_training_may_be_missing(t5, tmp_path):
    def uncounted(weights):
        counters = [name for name in weights if name.endswith("num_batches_tracked")]
        assert counters
        for name in counters:
            del weights[name]

    reweighted(t5 / "model", tmp_path / "model", uncounted)
    source = f"{tmp_path / 'model'} + vocoder#a.npy"
    assert np.array_equal(say(voice_of(source, t5)), say(voice_of(f"{T5}#a.npy", t5)))


def test_letters_and_lengths_that_speecht5_does_not_read_are_refused(t5):
    voice = voice_of(f"{T5}#a.npy", t5)
    with pytest.raises(EngineError, match="letters of a script"):
        say(voice, "schön")
    with pytest.raises(EngineError, match="longer than its limit"):
        say(voice, "on and on " * 60)


@pytest.mark.parametrize(
    ("source", "words"),
    [
        ("model#a.npy", "needs a vocoder"),
        ("model + model#a.npy", "no vocoder for model"),
        ("model + nothing here#a.npy", "neither a folder nor a hub name"),
        (T5, "needs a speaker"),
        (f"{T5}#7", "no speaker embedding"),
        (f"{T5}#vocoder/config.json", "no speaker embedding"),
        (f"{T5}#long.npy", "9 numbers, not 4"),
        (f"{T5}#nan.npy", "not 4 finite"),
    ],
)
def test_parts_that_are_missing_or_do_not_fit_are_named(t5, source, words):
    np.save(t5 / "long.npy", np.zeros(9, np.float32))
    np.save(t5 / "nan.npy", np.full(4, np.nan, np.float32))
    with pytest.raises(InputError, match=words):
        voice_of(source, t5)


def test_folders_may_have_any_name(t5, tmp_path):
    odd = tmp_path / "voices: new; old"
    shutil.copytree(t5, odd)
    assert np.array_equal(say(voice_of(f"{T5}#a.npy", odd)), say(voice_of(f"{T5}#a.npy", t5)))


def test_every_part_is_pinned(t5):
    entry = VoiceConfig(engine="transformers", source=f"{T5}#a.npy", license="MIT", lang="en")
    _, files = ENGINE.fetched(ENGINE.added(entry, t5))
    assert {f"{path.parent.name}/{path.name}" for path in files} >= {
        "model/model.safetensors",
        "vocoder/model.safetensors",
        "model/config.json",
        "vocoder/config.json",
        f"{t5.name}/a.npy",
    }
    whole = sha256_of(files)
    for left_out in files:
        assert sha256_of([path for path in files if path != left_out]) != whole


def test_parts_from_the_hub_and_from_folders_may_be_mixed(t5, monkeypatch):
    import huggingface_hub

    asked = []

    def download(name, **_):
        asked.append(name)
        return str(t5 / name.partition("/")[2])

    monkeypatch.setattr(huggingface_hub, "snapshot_download", download)
    local = say(voice_of(f"{T5}#a.npy", t5))
    for source in ("acme/model + vocoder", "model + acme/vocoder", "acme/model + acme/vocoder"):
        entry = VoiceConfig(
            engine="transformers", source=f"{source}#a.npy", license="MIT", name="v", lang="en"
        )
        engine, before = Transformers(), len(asked)
        added = engine.added(entry, t5)
        assert len(asked) == before  # a recipe is checked without the network
        assert np.array_equal(say(engine.fetched(added)[0]), local)
    assert asked == ["acme/model", "acme/vocoder", "acme/vocoder", "acme/model"]


def test_fastspeech2_speaks_with_its_own_vocoder_or_another(tmp_path, monkeypatch):
    tiny_spectrograms.letters_for_phonemes(tmp_path / "site", monkeypatch)
    whole = tiny_spectrograms.fastspeech2(tmp_path / "whole")
    apart = tiny_spectrograms.fastspeech2(tmp_path / "apart", whole=False)
    for voice in (voice_of("model#1", whole), voice_of("model + vocoder#1", apart)):
        assert voice.rate_hz == 22050
        first = say(voice)
        assert np.array_equal(say(voice), first)
        assert say(voice, speed=0.5).size == pytest.approx(first.size * 2, rel=0.1)
        with pytest.raises(EngineError, match="letters of a script"):
            say(voice, "schön")
    voices = [voice_of(f"model#{number}", whole) for number in (0, 1)]
    first, second = map(say, voices)
    assert first.size != second.size or not np.allclose(first, second)
    # They share a model; nothing of one clip stays at it.
    say(voices[1], speed=0.5)
    say(voices[0], speed=2.0)
    assert np.array_equal(say(voices[0]), first)
    one, other = (ENGINE._speaker(voice)._model for voice in voices)
    assert one is other
    assert not one.duration_predictor._forward_hooks
    gone = without_a_weight(whole / "model", tmp_path / "torn")
    with pytest.raises(InputError, match=f"torn lacks 1 of its weights, {gone}"):
        say(voice_of("torn", tmp_path))
    with pytest.raises(InputError, match="2 speakers, 0 to 1"):
        voice_of("model#2", whole)
    with pytest.raises(InputError, match="vocoder of its own"):
        voice_of(f"model + {apart / 'vocoder'}", whole)


def test_a_fastspeech2_that_never_ends_is_stopped(tmp_path, monkeypatch):
    tiny_spectrograms.letters_for_phonemes(tmp_path / "site", monkeypatch)
    endless = tiny_spectrograms.fastspeech2(tmp_path, pace=9.0)
    with pytest.raises(EngineError, match="longer than its limit"):
        say(voice_of("model", endless))


def test_fastspeech2_says_what_it_reads_through(tmp_path):
    (tmp_path / "config.json").write_text(
        json.dumps({"model_type": "fastspeech2_conformer_with_hifigan"})
    )
    (tmp_path / "model.safetensors").write_bytes((2).to_bytes(8, "little") + b"{}")
    with pytest.raises(InputError, match="pip install g2p_en"):
        voice_of(str(tmp_path), tmp_path)
