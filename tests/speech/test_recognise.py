"""Round trip: what is said can be understood, on a real recogniser from the extra `test`."""

import functools
import io

import pytest
import soundfile
from hypothesis import given
from hypothesis import strategies as st

from corpusforge.core.errors import InputError
from corpusforge.speech import recognise
from corpusforge.speech.engines.hibari import PLUGIN as HIBARI
from corpusforge.speech.recognise import Recogniser, bundled_model, comparable, word_errors
from corpusforge.speech.render import ClipPlan, render
from corpusforge.speech.verbalise import verbalise

TEXTS = (
    "turn on the lights in the living room",
    "set the thermostat to 21 degrees",
    "wake me up at 7:30 am",
    "play some jazz in the kitchen",
    "what is the weather like tomorrow",
    "dim the bedroom lights to 40 %",
    "add milk and eggs to my shopping list",
    "set a timer for 25 min",
    "is the front door locked",
    "turn the volume down a little",
)


def test_clean_clips_are_understood():
    pytest.importorskip("faster_whisper")
    recogniser = Recogniser(bundled_model())
    words = errors = 0
    for text in TEXTS:
        plan = ClipPlan(
            clip_id=text,
            spoken=verbalise(text, "en") or text,
            engine="hibari",
            voice=HIBARI.voices("en")[0],
            prosody={"speed": 1.0, "engine_speed": 1.0, "seed": 1},
            chain=(
                ("place", "1", {"lead_s": 0.1, "tail_s": 0.1}),
                ("gain", "2", {"peak_dbfs": -3.0}),
            ),
        )
        samples, _ = soundfile.read(io.BytesIO(render(plan).flac), dtype="float32")
        reference = comparable(text, "en")
        words += len(reference)
        errors += word_errors(reference, comparable(recogniser.transcribe(samples), "en"))
    assert words > 60
    assert errors / words <= 0.05


@pytest.mark.parametrize(
    ("reference", "heard", "errors"),
    [
        ("a b c", "a b c", 0),
        ("a b c", "a x c", 1),
        ("a b c", "a c", 1),
        ("a b", "a b c d", 2),
        ("", "a", 1),
        ("a b", "", 2),
        ("a b c d", "b c d e", 2),
    ],
)
def test_word_errors(reference, heard, errors):
    assert word_errors(reference.split(), heard.split()) == errors


def test_both_sides_say_numbers_alike():
    assert comparable("Dim it to 50%.", "en") == comparable("dim it to fifty percent", "en")
    assert comparable("Wake me at 7.30am", "en") == comparable("wake me at 7:30 AM", "en")


def test_without_the_model_the_extra_is_named(monkeypatch):
    monkeypatch.setattr(recognise, "package_folder", lambda name: None)
    with pytest.raises(InputError, match=r"corpusforge\[gate\]"):
        bundled_model()


WORDS = st.lists(st.sampled_from("abc"), max_size=7)


@given(WORDS, WORDS)
def test_word_errors_are_those_of_the_plain_recursion(reference, heard):
    @functools.cache
    def distance(i, j):
        if i == 0 or j == 0:
            return i + j
        return min(
            distance(i - 1, j) + 1,
            distance(i, j - 1) + 1,
            distance(i - 1, j - 1) + (reference[i - 1] != heard[j - 1]),
        )

    assert word_errors(reference, heard) == distance(len(reference), len(heard))
    assert word_errors("".join(reference), "".join(heard)) == distance(len(reference), len(heard))
