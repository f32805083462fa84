"""The contract that every file in speech/engines keeps."""

import hashlib
import tempfile
from functools import cache
from pathlib import Path

import numpy as np
import pytest

from corpusforge.core import plugins
from corpusforge.core.errors import InputError
from corpusforge.core.recipe import VoiceConfig
from corpusforge.speech.added import takes_voices
from corpusforge.speech.engine import EngineError, Prosody, Spoken, Voice, checked
from corpusforge.speech.pseudo import unshifted
from tests.speech import tiny_vits

ENGINES = plugins.names("engine")


@cache
def tiny_model():
    return str(tiny_vits.make(Path(tempfile.mkdtemp(prefix="corpusforge-test-"))))


MADE = {"transformers": tiny_model}
"""Engine -> makes the source of a voice for it, where its example needs the network."""


@pytest.fixture(params=ENGINES)
def engine(request):
    loaded = plugins.load("engine", request.param)
    if missing := loaded.missing():
        pytest.skip(missing)
    return loaded


def voice_of(engine):
    """The first voice of an engine; for one that has none, that of its example."""
    lang = engine.example["lang"]
    if not takes_voices(engine):
        return engine.voices(lang)[0]
    source = MADE[engine.name]() if engine.name in MADE else engine.example["source"]
    entry = VoiceConfig(engine=engine.name, source=source, license="X", name="example", lang=lang)
    try:
        return engine.fetched(engine.added(entry, Path()))[0]
    except InputError as error:
        pytest.skip(f"no voice for {engine.name}: {error}")


def generator(seed=5):
    return np.random.Generator(np.random.Philox(seed))


def say(engine, text=None, seed=5, speed=1.0):
    return engine.speak(
        text or engine.example["text"], voice_of(engine), Prosody(speed), generator(seed)
    )


def test_it_declares_what_the_contract_asks_for(engine):
    assert engine.name in ENGINES
    assert engine.version
    assert engine.family
    assert engine.deterministic
    assert engine.packages
    assert isinstance(engine.offline, bool)
    assert engine.speeds[0] < 1 < engine.speeds[1]
    assert takes_voices(engine) or engine.example["lang"] in engine.languages()


def test_a_voice_that_a_recipe_brings_has_what_the_recipe_says(engine):
    if not takes_voices(engine):
        pytest.skip("it takes none")
    voice = voice_of(engine)
    assert (voice.name, voice.lang, voice.license) == ("example", engine.example["lang"], "X")
    assert voice.source in (engine.example["source"], *(make() for make in MADE.values()))
    assert voice.rate_hz > 0
    assert engine.sources
    entry = VoiceConfig(engine=engine.name, source="no/such.onnx", license="X", name="x", lang="en")
    with pytest.raises(InputError, match="no/such"):
        engine.fetched(engine.added(entry, Path("/nowhere")))


def test_voices_are_named_once_and_carry_a_license(engine):
    lang = engine.example["lang"]
    voices = engine.voices(lang)
    assert voices == engine.voices(lang)
    assert len({voice.name for voice in voices}) == len(voices)
    assert voices or takes_voices(engine)
    assert all(voice.license for voice in voices)
    assert {voice.gender for voice in voices} <= {"female", "male", ""}
    assert engine.voices("tlh-XX") == []


def test_audio_is_mono_float32_in_range_at_the_declared_rate(engine):
    said = say(engine)
    assert checked(said, engine, voice_of(engine), "the example") is said
    assert 0.5 < said.samples.size / said.rate_hz < 5


def test_same_seed_same_bytes_whatever_was_said_before(engine):
    first = say(engine).samples
    say(engine, "something else altogether", seed=9)
    again = say(engine).samples
    assert hashlib.sha256(first).digest() == hashlib.sha256(again).digest()


def test_speed_changes_the_length(engine):
    slow, fast = say(engine, speed=0.8).samples, say(engine, speed=1.25).samples
    assert slow.size > 1.2 * fast.size


@pytest.mark.parametrize("text", ["", "   "])
def test_an_empty_text_is_refused(engine, text):
    with pytest.raises(EngineError, match="nothing to say"):
        engine.speak(text, voice_of(engine), Prosody(), generator())


def test_a_speed_beyond_its_limits_is_refused(engine):
    with pytest.raises(EngineError, match="speaks at"):
        say(engine, speed=9.0)


def test_a_long_text_is_said_to_its_end(engine):
    text = engine.example["text"]
    short = say(engine).samples
    long = say(engine, ". ".join([text] * 20)).samples
    assert long.size > 12 * short.size


@pytest.mark.parametrize(
    ("samples", "rate_hz", "what"),
    [
        (np.zeros(0, np.float32), None, "no samples"),
        (np.zeros(100, np.float32), None, "silence"),
        (np.full(100, np.nan, np.float32), None, "NaN or infinite"),
        (np.full(100, np.inf, np.float32), None, "NaN or infinite"),
        (np.full(100, 1.5, np.float32), None, "outside of"),
        (np.full(100, 0.5), None, "float64"),
        (np.full((2, 50), 0.5, np.float32), None, "shape"),
        (np.full(100, 0.5, np.float32), 8000, "8000 Hz"),
    ],
)
def test_unusable_audio_is_an_error_that_names_the_clip(samples, rate_hz, what):
    engine = plugins.load("engine", "hibari")
    with pytest.raises(EngineError, match=what) as error:
        voice = engine.voices("en")[0]
        checked(Spoken(samples, rate_hz or engine.rate_hz), engine, voice, "clip 12ab")
    assert "clip 12ab" in str(error.value)


def test_hibari_does_not_offer_voices_that_need_a_download():
    engine = plugins.load("engine", "hibari")
    if missing := engine.missing():
        pytest.skip(missing)
    assert {unshifted(voice).name for voice in engine.voices("en")} == {"heart"}
    assert any("download" in why for _, why in engine.offered("en"))
    assert engine.voices("en")[0].license == "Apache-2.0"


def test_unknown_voice_of_espeak_is_an_error():
    engine = plugins.load("engine", "espeak")
    if missing := engine.missing():
        pytest.skip(missing)
    voice = Voice("nowhere+f2", "en", "NOASSERTION", "", "")
    with pytest.raises(EngineError, match="nowhere"):
        engine.speak("hello there", voice, Prosody(), generator())
