"""Recombination, trigrams and edits on carrier phrases."""

from collections import Counter
from itertools import pairwise, product

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from corpusforge.core.edits import edited
from corpusforge.core.schema import check_utterances, read_table, table_to_utterances
from corpusforge.core.trigram import joined, words
from corpusforge.expand.carriers import Frames
from corpusforge.expand.forger import symbols_of
from corpusforge.expand.generators.recombine import _Deck
from corpusforge.expand.slots import Frame
from tests.expand.test_stage import with_expand

WORDS = st.sampled_from(["turn", "on", "the", "please", "{lamp}", "{room}", "in", "{lamp}s", "!"])
TEXTS = st.lists(WORDS, min_size=1, max_size=7).map(" ".join)


class AllFits:
    def fits(self, text):
        return True


def rng(seed=1):
    return np.random.Generator(np.random.Philox(seed))


@given(TEXTS, st.integers(0, 50))
def test_an_edit_keeps_every_slot(text, seed):
    pieces = words(text, slots=True)
    made = edited(pieces, [" now", " dim"], rng(seed), slots=True)
    assert made
    assert symbols_of(joined(made)) == symbols_of(text)


@given(TEXTS)
def test_slots_are_words(text):
    pieces = words(text, slots=True)
    assert joined(pieces) == text
    assert Counter(p.strip() for p in pieces if "{" in p) == Counter(symbols_of(text))


def recombinations(texts):
    """By brute force: every head of one text and tail of another that meet at a piece."""
    found = set()
    cut = [words(text, slots=True) for text in texts]

    def most(pair):
        return max(1, *(list(pairwise(pieces)).count(pair) for pieces in cut))

    for one, other in product(cut, cut):
        for i, j in product(range(len(one)), range(len(other))):
            pieces = one[: i + 1] + other[j + 1 :]
            pairs = list(pairwise(pieces))
            if one[i] == other[j] and all(pairs.count(pair) <= most(pair) for pair in pairs):
                found.add(joined(pieces))
    return found


SPOKEN = TEXTS.filter(lambda text: "!" not in text)  # which folding passes over


@given(st.lists(SPOKEN, min_size=1, max_size=5), st.integers(0, 5))
def test_all_recombinations_come_and_each_once(texts, seed):
    frames = {symbols_of(text) for text in texts}
    dealt = list(_Deck(texts, sorted(frames)).deal(rng(seed)))
    assert len(set(dealt)) == len(dealt)
    assert set(dealt) == {t for t in recombinations(texts) if symbols_of(t) in frames} - set(texts)


def test_joints_with_more_context_come_first():
    texts = ["could you turn on the {lamp}", "please turn on the {lamp} now", "the {room} now"]
    dealt = list(_Deck(texts, [("{lamp}",), ("{room}",)]).deal(rng()))
    assert dealt[:2] in (
        ["could you turn on the {lamp} now", "please turn on the {lamp}"],
        ["please turn on the {lamp}", "could you turn on the {lamp} now"],
    )
    assert {"could you turn on the {room} now", "please turn on the {room} now"} <= set(dealt[2:])


def test_one_phrase_has_nothing_to_recombine_with():
    assert list(_Deck(["turn on the {lamp}"], [("{lamp}",)]).deal(rng())) == []


FRAME = Frame("on", "turn on the {lamp}", ("{lamp}",), 0)
OTHER = Frame("on", "make the {lamp} bright", ("{lamp}",), 1)


@pytest.mark.parametrize(
    "text",
    [
        "turn on the lamp",
        "{lamp} and {lamp}",
        "the {room}",
        "turn on {the {lamp}",
        "turn } on {lamp}",
        "<unk> {lamp}",
        "",
    ],
)
def test_what_is_no_candidate_for_a_frame(text):
    frames = Frames([FRAME], AllFits())
    assert frames.answer(FRAME, text) is None
    assert frames.offer("on", text) is None


def test_a_candidate_answers_the_frame_it_is_most_like():
    frames = Frames([FRAME, OTHER], AllFits())
    assert frames.offer("on", "make it bright {lamp}").frame is OTHER
    assert frames.offer("on", "please  turn on the {lamp} ").frame is FRAME
    assert frames.offer("on", "please  turn on the {lamp} ").text == "please turn on the {lamp}"
    assert frames.offer("off", "turn on the {lamp}") is None


@pytest.mark.parametrize("name", ["recombine", "trigram"])
def test_the_stage_with_other_generators(name, recipe, expand, grammar_folder):
    found = expand(with_expand(recipe, generator=name, rows=6))
    before = read_table(grammar_folder / "utterances.parquet")
    after = read_table(found.folder / "utterances.parquet")
    check_utterances(after)
    made = table_to_utterances(after.slice(before.num_rows))
    assert len(made) == found.result.facts["accepted"] > 0
    train = {row.id: row for row in table_to_utterances(before) if row.split == "train"}
    for row in made:
        (parent,) = row.parents
        assert (row.origin, row.split, row.generation) == (name, "train", 1)
        assert row.intent == train[parent].intent
        assert sorted(s.name for s in row.slots) == sorted(s.name for s in train[parent].slots)
    # Every distinct candidate is accounted for.
    dropped = read_table(found.folder / "dropped.parquet").num_rows
    assert dropped + len(made) == found.result.facts["distinct_candidates"]
    if name == "recombine":
        assert found.result.facts["candidates"] < 6 * recipe.expand.max_candidates


def test_the_same_bytes_again(recipe, expand):
    first, again = (expand(with_expand(recipe, generator="recombine"), name) for name in "ab")
    for name in ("utterances.parquet", "dropped.parquet", "history.json"):
        assert (first.folder / name).read_bytes() == (again.folder / name).read_bytes()
