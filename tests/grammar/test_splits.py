from collections import Counter

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from corpusforge.grammar.splits import split_notes, split_templates
from tests.grammar.packs import pack_of, yaml_of

SHARES = {"train": 0.8, "validation": 0.1, "test": 0.1}


def templates_of(*sentences):
    return pack_of(yaml_of(*sentences)).templates


def splits_of(sentences, seed=1, shares=None):
    templates = templates_of(*sentences)
    found, _ = split_templates(templates, seed=seed, shares=shares)
    return [found[template.id] for template in templates]


@settings(max_examples=40, deadline=None)
@given(st.integers(3, 40), st.integers(0, 50))
def test_every_intent_with_three_templates_has_all_splits(count, seed):
    dealt = Counter(splits_of([f"s {n}" for n in range(count)], seed))
    assert set(dealt) == {"train", "validation", "test"}
    for split in ("validation", "test"):
        assert dealt[split] <= max(1, -(-count // 10))


@settings(max_examples=40, deadline=None)
@given(st.integers(1, 40), st.data())
def test_editing_a_sentence_moves_no_template(count, data):
    sentences = [f"s {n}" for n in range(count)]
    edited = list(sentences)
    edited[data.draw(st.integers(0, count - 1))] = "something else"
    assert splits_of(sentences) == splits_of(edited)


def test_adding_one_to_a_full_block_moves_none():
    sentences = [f"s {n}" for n in range(24)]
    assert splits_of([*sentences, "new"])[:24] == splits_of(sentences)


@pytest.mark.parametrize("count", [1, 2])
def test_small_intents_are_train_only_and_said_so(count):
    sentences = ["one", "two"][:count]
    assert splits_of(sentences) == ["train"] * count
    notes = split_notes(templates_of(*sentences))
    assert notes == ["1 intent(s) with fewer than 3 templates, in train only: act"]


def test_shares():
    sentences = [f"s {n}" for n in range(30)]
    dealt = Counter(splits_of(sentences, shares={"train": 0.6, "validation": 0.1, "test": 0.3}))
    assert dealt == {"train": 18, "validation": 3, "test": 9}
    assert set(splits_of(sentences, shares={"train": 1, "validation": 0, "test": 0})) == {"train"}
    assert set(splits_of(sentences[:3], shares={"train": 0.2, "validation": 0.4, "test": 0.4})) == {
        "train", "validation", "test",
    }  # fmt: skip


def test_the_seed_decides():
    sentences = [f"s {n}" for n in range(10)]
    assert len({tuple(splits_of(sentences, seed)) for seed in range(20)}) > 10
