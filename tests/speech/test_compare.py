"""A transcript held against what should be heard."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from corpusforge.speech.recognise import word_errors
from corpusforge.speech.scores.compare import compare
from corpusforge.speech.scores.whisper import without_echo


def clip(spoken, slots=(), spans=None, lang="en"):
    found = [{"text": text} for text in slots]
    return {"spoken": spoken, "lang": lang, "slots": found, "spoken_slots": spans}


def test_numbers_are_compared_as_they_are_said():
    found = compare(clip("wake me at seven thirty", ["7:30"]), "Wake me at 7:30.")
    assert (found.wer, found.cer, found.slot_error_rate) == (0.0, 0.0, 0.0)


@pytest.mark.parametrize(
    ("spoken", "slot", "heard"),
    [
        ("Wake me at seven thirty", "7:30", "Wake me at 730."),
        ("Wake me at seven thirty AM", "7:30 am", "Wake me at 730 AM"),
        ("wake me at ten forty tomorrow", "10:40", "Wake me at 1040 tomorrow."),
        ("call by seven oh five", "7:05", "Call by 705"),
        ("set the pump for seven hundred thirty", "730", "Set the pump for 730."),
        ("stop at seven hundred thirty", "730", "Stop at 730"),
    ],
)
def test_a_time_without_its_mark_is_heard_as_it_was_said(spoken, slot, heard):
    found = compare(clip(spoken, [slot]), heard)
    assert (found.wer, found.cer, found.slot_error_rate) == (0.0, 0.0, 0.0)


@pytest.mark.parametrize(
    "heard", ["wake me at 740", "wake me at 730 watts", "wake me on 730", "wake me at 7300"]
)
def test_another_number_is_no_such_time(heard):
    assert compare(clip("wake me at seven thirty", ["7:30"]), heard).slot_error_rate == 1.0
    assert compare(clip("um sieben Uhr dreißig", ["7:30"], lang="de"), "um 730").wer > 0


def test_a_slot_that_is_not_heard_counts():
    row = clip("lamp in the living room to red", ["living room", "red"])
    assert compare(row, "lamp in the livingroom to read").slot_error_rate == 0.5
    assert compare(row, "lamp in the living red room").slot_error_rate == 0.5
    assert compare(row, "").slot_error_rate == 1.0


def test_the_spoken_span_of_a_slot_counts_where_it_is_known():
    spans = [{"name": "n", "start": 0, "end": 3}]
    row = clip("two lamps", ["2"], spans)
    assert compare(row, "to lamps").slot_error_rate == 1.0
    assert compare(row, "2 lamps").slot_error_rate == 0.0


def test_a_text_that_says_a_word_twice_is_heard_right():
    assert compare(clip("bye bye"), "Bye bye.").wer == 0.0


def test_nothing_to_get_wrong_is_no_rate():
    found = compare(clip("?!"), "well")
    assert (found.wer, found.cer, found.slot_error_rate) == (None, None, None)


@given(st.lists(st.sampled_from(["lamp", "red", "on", "the"]), min_size=1, max_size=6))
def test_rates_are_those_of_the_distance(words):
    found = compare(clip("turn on the red lamp"), " ".join(words))
    heard = without_echo(words)
    assert found.wer == word_errors(["turn", "on", "the", "red", "lamp"], heard) / 5
