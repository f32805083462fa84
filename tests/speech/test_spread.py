"""How often a row is said, and for which split."""

from collections import Counter

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from corpusforge.core.schema import utterances_to_table
from corpusforge.speech.spread import clip_splits, clips_per_row
from tests.speech.rows import recipe, utterance


def table(*intents):
    rows = [utterance(number, f"text {number}", intent=name) for number, name in enumerate(intents)]
    return utterances_to_table(rows)


@settings(max_examples=40, deadline=None)
@given(
    st.lists(st.sampled_from("abc"), min_size=1, max_size=20),
    st.integers(1, 200),
    st.integers(1, 4),
)
def test_no_more_clips_than_wanted_by_either_rule(intents, clips, variants):
    rows = table(*intents)
    by_rows = clips_per_row(recipe(clips=clips, variants=variants), rows)
    assert sum(by_rows.values()) == min(clips, variants * len(intents))
    assert set(by_rows.values()) <= set(range(1, variants + 1))
    by_intents = clips_per_row(recipe(clips=clips, spread="intents"), rows)
    assert sum(by_intents.values()) == clips
    said = Counter()
    for row, count in by_intents.items():
        said[intents[row]] += count
    shares = [said[name] for name in set(intents)]
    assert max(shares) - min(shares) <= 1


def test_one_wake_word_is_said_as_often_as_many_phrases_beside_it():
    counts = clips_per_row(recipe(clips=40, spread="intents"), table("wake", *["other"] * 10))
    assert counts[0] == 20
    assert {counts[row] for row in range(1, 11)} == {2}


def test_more_clips_keep_every_clip_that_was_there():
    rows = table("a", *["b"] * 7, "c", "c")
    few = clips_per_row(recipe(clips=31, spread="intents"), rows)
    many = clips_per_row(recipe(clips=64, spread="intents"), rows)
    assert all(many[row] >= count for row, count in few.items())


def test_by_text_a_clip_stays_in_the_split_of_its_row():
    rows = [utterance(1, split="test"), utterance(2, split="train")]
    assert clip_splits(recipe(), rows, 0) == ["test", "train"]


def test_by_voice_every_split_hears_the_same_row():
    row = utterance(1, split="train")
    drawn = Counter(clip_splits(recipe(split_by="voice"), [row], v)[0] for v in range(600))
    assert set(drawn) == {"train", "validation", "test"}
    assert drawn["train"] / 600 == pytest.approx(0.8, abs=0.06)
    assert clip_splits(recipe(split_by="voice"), [row], 3) == clip_splits(
        recipe(split_by="voice"), [row], 3
    )
