"""What makes espeak safe: one child per clip, seeds of its own, limits, crashes."""

import hashlib
import os
import signal
import threading
import time

import numpy as np
import pytest

from corpusforge.core.errors import InputError
from corpusforge.speech.engine import EngineError, Prosody, language_matches
from corpusforge.speech.engines import espeak as module
from corpusforge.speech.engines.espeak import Espeak

pytestmark = pytest.mark.skipif(bool(Espeak().missing()), reason=Espeak().missing())

TEXTS = ("turn on the kitchen lights", "what is the weather in Berlin", "set a timer")


@pytest.fixture
def engine():
    engine = Espeak()
    yield engine
    engine.stop()


def say(engine, text, voice=0, seed=5, **more):
    generator = np.random.Generator(np.random.Philox(seed))
    samples, _ = engine.speak(text, engine.voices("en")[voice], Prosody(), generator, **more)
    return hashlib.sha256(samples).hexdigest()


def test_the_same_clip_in_any_order_in_another_process_at_another_time(engine):
    forward = [say(engine, text, voice) for text in TEXTS for voice in (0, 1, 5)]
    engine.stop()
    # Breathy voices are seeded from the clock, in seconds, when the library starts.
    time.sleep(1.1)
    backward = [say(engine, text, voice) for text in TEXTS[::-1] for voice in (5, 1, 0)]
    assert forward == backward[::-1]


def test_the_seed_moves_the_noise_of_breathy_voices(engine):
    breathy = [voice.name for voice in engine.voices("en")].index("en+f2")
    assert say(engine, TEXTS[0], breathy, seed=1) != say(engine, TEXTS[0], breathy, seed=2)


def test_it_speaks_from_a_process_with_threads(engine):
    stop = threading.Event()
    threads = [threading.Thread(target=stop.wait) for _ in range(3)]
    for thread in threads:
        thread.start()
    try:
        assert say(engine, TEXTS[0]) == say(engine, TEXTS[0])
    finally:
        stop.set()
        for thread in threads:
            thread.join()


def test_a_time_limit_ends_a_clip_and_the_next_one_is_fine(engine):
    before = say(engine, TEXTS[0])
    with pytest.raises(EngineError, match=r"longer than 0\.02 s"):
        say(engine, "word " * 20000, limit_s=0.02)
    assert say(engine, TEXTS[0]) == before


def test_a_lost_process_is_an_error_and_the_next_clip_is_fine(engine):
    before = say(engine, TEXTS[0])
    os.kill(engine._server.process.pid, signal.SIGKILL)
    with pytest.raises(EngineError, match="ended"):
        say(engine, TEXTS[0])
    assert say(engine, TEXTS[0]) == before


def test_a_crash_of_the_child_names_the_signal(engine, tmp_path, monkeypatch):
    source = module._SERVER.read_text("utf-8")
    crash = "def speak(library, request):\n    os.kill(os.getpid(), signal.SIGSEGV)\n\n\ndef child("
    broken = tmp_path / "server.py"
    broken.write_text(source.replace("def child(", crash, 1), "utf-8")
    monkeypatch.setattr(module, "_SERVER", broken)
    with pytest.raises(EngineError, match="SIGSEGV"):
        say(engine, TEXTS[0])


def test_a_library_that_does_not_load_is_an_input_error(engine, tmp_path, monkeypatch):
    (tmp_path / "libespeak-ng.so").write_bytes(b"not a library")
    monkeypatch.setattr(module, "package_folder", lambda name: tmp_path)
    with pytest.raises(InputError, match="cannot be loaded"):
        engine._start()


def test_accents_regions_and_scripts():
    engine = Espeak()
    names = {voice.name.split("+")[0] for voice in engine.voices("en")}
    assert names == {"en", "en-US", "en-GB-x-rp", "en-US-nyc"}  # not Shavian letters
    assert {voice.lang for voice in engine.voices("de-DE")} == {"de"}
    assert {voice.gender for voice in engine.voices("de")} == {"female", "male"}
    accents = {voice.accent for voice in engine.voices("en-GB")}
    assert accents == {"Great Britain", "Received Pronunciation"}
    assert {voice.accent for voice in engine.voices("en-GB-scotland")} == {"Scotland"}


def test_language_ranges():
    assert language_matches("en", "en-US")
    assert language_matches("en-us", "en-US")
    assert not language_matches("en-US", "en")
    assert not language_matches("e", "en")
