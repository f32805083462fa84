"""Recall by speaker, by the voice behind a speaker, and of voices that did not train."""

import numpy as np

from corpusforge.assess.wake_recall import recall_figures

SPEAKERS = ["hibari/heart~p80f86"] * 4 + ["flite/slt"] * 2 + ["flite/slt~p125f93"] * 2
RIGHT = np.array([1, 1, 1, 1, 1, 0, 0, 0], dtype=bool)


def test_a_shift_of_a_voice_that_trained_is_no_new_voice():
    found = recall_figures(RIGHT, SPEAKERS, {"hibari/heart", "espeak/f1"}, 1)
    assert found["recall"] == 0.625
    assert found["speakers"] == 3
    assert found["recall_by_speaker"]["hibari/heart~p80f86"] == 1.0
    assert found["recall_by_base_voice"] == {
        "flite/slt": {"recall": 0.25, "positives": 4, "speakers": 2, "trained": False},
        "hibari/heart": {"recall": 1.0, "positives": 4, "speakers": 1, "trained": True},
    }
    new = found["new_voices"]
    assert (new["recall"], new["positives"], new["speakers"], new["base_voices"]) == (0.25, 4, 2, 1)
    assert new["recall_low"] <= 0.25 <= new["recall_high"]


def test_where_all_voices_trained_or_none_is_known_nothing_is_said_of_new_ones():
    assert recall_figures(RIGHT, SPEAKERS, set(SPEAKERS), 1)["new_voices"] is None
    assert recall_figures(RIGHT, [""] * 8, set(), 1)["new_voices"] is None
