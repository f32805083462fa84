"""flite in process: no memory of what was said, word times, and what it cannot read."""

import hashlib
import subprocess
import sys
from itertools import pairwise

import numpy as np
import pytest

from corpusforge.speech import flite_text
from corpusforge.speech.engine import EngineError, Prosody, Voice, checked
from corpusforge.speech.engines import flite as module
from corpusforge.speech.engines.flite import Flite
from corpusforge.speech.pseudo import shift_of, unshifted

ENGINE = Flite()
TEXTS = ("turn on the kitchen lights", "what's the weather in Berlin?", "set a timer")
needs_library = pytest.mark.skipif(bool(ENGINE.missing()), reason=ENGINE.missing())
VOICES = ENGINE.voices("en")


def say(text, voice, seed=5, speed=1.0):
    generator = np.random.Generator(np.random.Philox(seed))
    return checked(ENGINE.speak(text, voice, Prosody(speed), generator), ENGINE, voice, "a clip")


def hashes(order):
    """Digest of every text with every voice, said in the given order."""
    said = {}
    for voice in VOICES[::order]:
        for text in TEXTS[::order]:
            said[f"{voice.name}: {text}"] = hashlib.sha256(say(text, voice).samples).hexdigest()
    return dict(sorted(said.items()))


@needs_library
def test_every_voice_says_the_same_in_any_order_and_in_another_process():
    forward = hashes(1)
    assert len(set(forward.values())) == len(VOICES) * len(TEXTS)
    assert hashes(-1) == forward
    code = "from tests.speech.test_flite import hashes; print(hashes(-1))"
    found = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert found.stdout.strip() == str(forward)


@needs_library
def test_another_engine_object_does_not_hear_the_tempo_of_this_one():
    before = hashlib.sha256(say(TEXTS[0], VOICES[0]).samples).hexdigest()
    generator = np.random.Generator(np.random.Philox(1))
    ENGINE.speak(TEXTS[0], VOICES[0], Prosody(0.5), generator)
    generator = np.random.Generator(np.random.Philox(5))
    other = Flite().speak(TEXTS[0], VOICES[0], Prosody(), generator)
    assert hashlib.sha256(other.samples).hexdigest() == before


@needs_library
def test_the_seed_moves_the_noise_of_the_statistical_voices():
    voice = next(voice for voice in VOICES if voice.name == "slt")
    one, two = (say(TEXTS[0], voice, seed).samples for seed in (1, 2))
    assert one.size == two.size
    assert (one != two).any()


@needs_library
@pytest.mark.parametrize("voice", VOICES, ids=lambda voice: voice.name)
@pytest.mark.parametrize("speed", [0.5, 2.0])
def test_words_are_heard_in_order_and_where_there_is_sound(voice, speed):
    text = "Turn it up, Dr. Smith: 5 more -- please!".replace(" --", ",")
    said = say(text, voice, speed=speed)
    assert [word.word for word in said.words] == text.split()
    length_s = said.samples.size / said.rate_hz
    assert said.words[0].start_s > 0
    assert said.words[-1].end_s <= length_s
    assert all(word.start_s < word.end_s for word in said.words)
    assert all(one.end_s <= two.start_s for one, two in pairwise(said.words))
    times = np.arange(said.samples.size) / said.rate_hz
    # The edges of a pseudo-speaker are resampled too.
    outside = (times < said.words[0].start_s - 0.015) | (times > said.words[-1].end_s + 0.03)
    inside = (times >= said.words[0].start_s) & (times < said.words[-1].end_s)
    power = said.samples.astype(np.float64) ** 2
    assert power[outside].mean() < 0.01 * power[inside].mean()


@needs_library
@pytest.mark.parametrize("voice", VOICES, ids=lambda voice: voice.name)
def test_the_faint_noise_around_the_words_is_cut(voice):
    # A model that hears it knows the engine by it, wherever the clip is put.
    said = say("turn on the lights", voice)
    shift = shift_of(voice.name)
    faster = shift.pitch if shift else 1.0
    assert 0 < said.words[0].start_s <= 0.0301 / faster
    assert said.samples.size / said.rate_hz - said.words[-1].end_s <= 0.0602 / faster
    assert np.abs(said.samples[:3]).max() < 0.01
    assert np.abs(said.samples[-3:]).max() < 0.01


@needs_library
def test_a_piece_that_is_not_heard_leaves_the_clip_without_times():
    assert say("lights - on", VOICES[0]).words is None


@needs_library
def test_accents_and_typographic_signs_are_read_as_their_plain_form():
    fancy, plain = "the café’s “door”", 'the cafe\'s "door"'
    assert np.array_equal(say(fancy, VOICES[0]).samples, say(plain, VOICES[0]).samples)
    assert [word.word for word in say(fancy, VOICES[0]).words] == fancy.split()


@needs_library
@pytest.mark.parametrize("text", ["wake me at six AM tomorrow", "at six AM.", "six AM, ok"])
def test_am_which_the_library_leaves_out_is_said(text):
    said = say(text, VOICES[0])
    assert [word.word for word in said.words] == text.split()
    assert min(w.end_s - w.start_s for w in said.words if w.word.startswith("AM")) > 0.25


@needs_library
def test_a_word_without_sound_is_no_clip(monkeypatch):
    monkeypatch.setattr(flite_text, "_spelled_out", lambda piece: piece)
    with pytest.raises(EngineError, match="flite: a word that the engine leaves out"):
        say("wake me at six AM tomorrow", VOICES[0])


@needs_library
def test_other_scripts_unknown_voices_and_endless_texts_are_refused():
    with pytest.raises(EngineError, match="ASCII letters"):
        say("включи свет", VOICES[0])
    with pytest.raises(EngineError, match="nowhere"):
        say("hello", Voice("nowhere", "en", "MIT-Festival", "", ""))
    with pytest.raises(EngineError, match="5000 characters"):
        say("word " * 999 + "word!", VOICES[0])


def test_the_two_rates_of_one_speaker_are_one_speaker():
    offered = {voice.name: voice for voice, _ in ENGINE.offered()}
    assert offered["kal"].who == offered["kal16"].who
    assert len({voice.who for voice in offered.values()}) == len(offered) - 1


def test_without_the_library_it_says_how_to_install_it(monkeypatch):
    monkeypatch.setattr(module, "_library", lambda part: None)
    engine = Flite()
    assert "apt-get install libflite1" in engine.missing()
    assert engine.voices("en") == [] == engine.languages()
    assert all("libflite1" in why_not for _, why_not in engine.offered("en"))


def test_a_voice_that_the_system_did_not_build_is_listed_and_not_used(monkeypatch):
    monkeypatch.setattr(module, "_library", lambda part: None if part.endswith("rms") else object())
    usable = {unshifted(voice).name for voice in ENGINE.voices("en")}
    assert usable == {"slt", "awb", "kal", "kal16"}
