from collections import Counter

import pytest
from hypothesis import given
from hypothesis import strategies as st

from corpusforge.assess.rows import Rows
from corpusforge.assess.trigram import TrigramModel
from corpusforge.core.seeding import rng
from corpusforge.core.trigram import joined, words

REAL = Rows.labelled(
    ["turn on the lamp", "turn the lamp on", "turn off the radio", "wie spät ist es?"],
    ["light", "light", "light", "time"],
)


@pytest.mark.parametrize(
    ("text", "pieces"),
    [
        ("what's up?", [" what's", " up", "?"]),
        ("  two   words ", [" two", " words"]),
        ("打开灯", [" 打", "开", "灯"]),
        ("", []),
    ],
)
def test_words(text, pieces):
    assert words(text) == pieces
    assert joined(pieces) == " ".join(text.split())


@given(st.text(max_size=40))
def test_words_give_the_text_back(text):
    assert joined(words(text)).split() == text.split()


def test_samples_are_new_sentences_of_the_same_words():
    model = TrigramModel.fit(REAL)
    rows = model.sample({"light": 300, "time": 2}, rng(1))
    assert Counter(rows.intents) == {"light": 300, "time": 2}
    assert all(rows.texts)
    light = set(rows.texts[:300])
    assert light & set(REAL.texts) and light - set(REAL.texts)
    assert set(" ".join(light).split()) == {"turn", "on", "the", "lamp", "off", "radio"}


def test_common_sentences_are_sampled_more_often():
    rows = Rows.labelled(["play jazz"] * 9 + ["stop it"], ["music"] * 10)
    found = Counter(TrigramModel.fit(rows).sample({"music": 2000}, rng(1)).texts)
    assert 0.80 < found["play jazz"] / 2000 < 0.95


def test_a_text_that_repeats_itself_ends():
    rows = Rows.labelled(["ha " * 2000], ["laugh"])
    sample = TrigramModel.fit(rows).sample({"laugh": 3}, rng(1))
    assert all(0 < len(text.split()) <= 100 for text in sample.texts)


def test_texts_without_words_make_texts_without_words():
    sample = TrigramModel.fit(Rows.labelled(["  "], ["nothing"])).sample({"nothing": 2}, rng(1))
    assert sample.texts == ("", "")
