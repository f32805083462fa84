import numpy as np
import pytest

from corpusforge.assess.speech_scores import Figure, Heard, difference, figure
from corpusforge.assess.speech_verdict import PHRASES, decide
from corpusforge.core.seeding import rng


def verdict(synthetic, gain, **changed):
    real = Figure(0.8, 0.75, 0.85)
    facts = {"chance": 0.1, "speakers": 6, "reference": "speakers that it did not hear"} | changed
    return decide(Figure(*synthetic), real, Figure(*gain), **facts)


@pytest.mark.parametrize(
    ("synthetic", "gain", "code"),
    [
        ((0.70, 0.65, 0.75), (4.0, 1.0, 7.0), "use"),
        ((0.70, 0.65, 0.75), (0.5, -1.0, 2.0), "no_gain"),
        ((0.70, 0.65, 0.75), (-3.0, -5.0, -1.5), "do_not_use"),
        ((0.70, 0.65, 0.75), (-0.3, -0.5, -0.1), "no_gain"),
        ((0.70, 0.65, 0.75), (3.0, -6.0, 12.0), "not_enough_real_data"),
        ((0.12, 0.08, 0.16), (4.0, 1.0, 7.0), "do_not_use"),
    ],
)
def test_the_rules_in_order(synthetic, gain, code):
    found = verdict(synthetic, gain)
    assert found.code == code
    assert code in PHRASES


def test_few_speakers_are_named():
    assert "only 3 real speakers" in verdict((0.7, 0.6, 0.8), (4, 1, 7), speakers=3).reasons[-1]
    assert "not told apart" in verdict((0.7, 0.6, 0.8), (4, 1, 7), speakers=0).reasons[-1]


def test_speakers_who_differ_widen_the_interval():
    right = np.array([[True] * 50 + [False] * 50])
    clips = figure(right, [""] * 100, rng(1, "test"))
    people = figure(right, ["anna"] * 50 + ["ben"] * 50, rng(1, "test"))
    assert clips.mean == people.mean == 0.5
    assert (people.low, people.high) == (0.0, 1.0)
    assert 0.35 < clips.low < 0.45 < 0.55 < clips.high < 0.65


def test_answers_are_counted():
    heard = Heard(
        ("a", "a", "b", "b"), (("a", "b", "b", "b"), ("a", "b", "b", "a")), ("x", "x", "y", "y")
    )
    found = heard.to_json(Figure(heard.accuracy, 0.0, 1.0))
    assert heard.accuracy == 5 / 8
    assert found["by_class"] == {"a": 0.5, "b": 0.75}
    assert found["by_speaker"] == {"x": 0.5, "y": 0.75}
    assert found["macro_recall"] == 0.625
    assert found["confusions"][0] == {"said": "a", "heard": "b", "share": 0.5}
    both = Heard.joined([heard, heard])
    assert (len(both.said), both.accuracy) == (8, heard.accuracy)
    assert difference(heard, heard, rng(1, "test")) == Figure(0.0, 0.0, 0.0)
