from collections import Counter

import pytest
from hypothesis import given
from hypothesis import strategies as st

from corpusforge.assess import controls
from corpusforge.assess.rows import Rows
from corpusforge.core.seeding import rng

REAL = Rows.labelled(
    [
        "turn on the lamp",
        "please turn the kitchen lamp on",
        "lights on",
        "what's the weather?",
        "play some jazz",
        "play a song by miles davis please",
    ],
    ["light_on", "light_on", "light_on", "weather", "music", "music"],
)
CONTROLS = [controls.duplicated, controls.eda, controls.trigram]


def words_of(intent):
    return {
        word
        for text, name in zip(REAL.texts, REAL.intents, strict=True)
        for word in text.replace("?", " ?").split()
        if name == intent
    }


@pytest.mark.parametrize("make", CONTROLS)
@pytest.mark.parametrize("count", [0, 1, 3, 7, 60])
def test_every_control_has_the_same_rows_per_intent(make, count):
    rows = make(REAL, count, rng(1, "test"))
    assert len(rows) == count
    found = Counter(rows.intents)
    assert found == Counter(controls.even_counts(REAL, count))
    if count >= 3:
        assert max(found.values()) - min(found.values()) <= 1
    assert set(rows.origins) <= {"control"} and set(rows.slots) <= {None}
    assert (rows.weights == 1).all()
    assert all(rows.texts)


@pytest.mark.parametrize("make", CONTROLS)
def test_a_control_is_decided_by_its_generator(make):
    same = [make(REAL, 40, rng(1, "test")).texts for _ in range(2)]
    assert same[0] == same[1]
    assert make(REAL, 40, rng(2, "test")).texts != same[0]


@pytest.mark.parametrize("make", CONTROLS)
def test_no_rows_from_no_rows(make):
    assert len(make(Rows.labelled([], []), 10, rng(1))) == 0


@pytest.mark.parametrize("make", CONTROLS)
def test_a_control_says_nothing_that_the_intent_did_not_say(make):
    rows = make(REAL, 90, rng(3))
    for text, intent in zip(rows.texts, rows.intents, strict=True):
        assert set(text.replace("?", " ?").split()) <= words_of(intent)


def test_duplicates_are_spread_evenly_over_the_rows_of_an_intent():
    rows = controls.duplicated(REAL, 24, rng(1))
    found = Counter(rows.texts)
    assert set(found) == set(REAL.texts)
    assert found["what's the weather?"] == 8  # the only one of its intent
    light = [found[text] for text in REAL.texts[:3]]
    assert sum(light) == 8 and max(light) - min(light) == 1


def test_eda_changes_a_little_only():
    rows = controls.eda(REAL, 300, rng(1))
    originals = {intent: [] for intent in REAL.intents}
    for text, intent in zip(REAL.texts, REAL.intents, strict=True):
        originals[intent].append(Counter(text.replace("?", " ?").split()))
    for text, intent in zip(rows.texts, rows.intents, strict=True):
        words = Counter(text.replace("?", " ?").split())
        # Deletion takes each word with probability 0.1, so it may take several.
        least = min((words - other).total() for other in originals[intent])
        assert least <= 1
    assert len(set(rows.texts)) > 60


def test_random_labels_keep_texts_and_label_counts():
    rows = controls.random_labels(REAL, rng(5))
    assert rows.texts == REAL.texts
    assert Counter(rows.intents) == Counter(REAL.intents)
    assert set(rows.origins) == {"control"}
    assert any(controls.random_labels(REAL, rng(seed)).intents != REAL.intents for seed in range(5))


@given(
    st.lists(st.tuples(st.text(max_size=12), st.sampled_from("ab")), min_size=1, max_size=6),
    st.integers(0, 12),
    st.integers(0, 100),
)
def test_any_text_can_be_a_control(pairs, count, seed):
    real = Rows.labelled([text for text, _ in pairs], [intent for _, intent in pairs])
    for make in CONTROLS:
        rows = make(real, count, rng(seed))
        assert len(rows) == count
        assert Counter(rows.intents) == Counter(controls.even_counts(real, count))


def test_counts_ignore_how_common_an_intent_is():
    rows = Rows.labelled(["a"] * 98 + ["b", "c"], ["x"] * 98 + ["y", "z"])
    assert controls.even_counts(rows, 7) == {"x": 3, "y": 2, "z": 2}
