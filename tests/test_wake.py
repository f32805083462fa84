"""The recipe that `init --wake-word` writes."""

import re
from collections import Counter

import pytest

from corpusforge import api
from corpusforge.core.recipe_file import load_recipe
from corpusforge.core.text import fold
from corpusforge.core.wake import NEGATIVE_INTENTS, ORDINARY_INTENTS, WAKE_INTENT
from corpusforge.wake import init_wake_word

pytest.importorskip("wordfreq")


def rows_of(recipe):
    loaded = load_recipe(recipe)
    path = loaded.path(loaded.grammar.path)
    table, _ = api.sample(path, 5000, seed=1, lang=loaded.lang)
    assert len(table) == loaded.grammar.rows
    return list(zip(table["intent"].to_pylist(), table["text"].to_pylist(), strict=True))


@pytest.fixture(scope="module")
def rows(tmp_path_factory):
    return rows_of(init_wake_word("okay willow", tmp_path_factory.mktemp("wake") / "recipe"))


def test_it_holds_talk_questions_numbers_and_commands(rows):
    counts = Counter(intent for intent, _ in rows)
    assert set(counts) == {WAKE_INTENT, *NEGATIVE_INTENTS}
    assert all(counts[intent] >= 100 for intent in ORDINARY_INTENTS)
    assert len({fold(text) for _, text in rows}) == len(rows)
    assert not [text for intent, text in rows if intent != WAKE_INTENT and "okay willow" in text]


def test_words_that_sound_alike_stand_in_sentences_too(rows):
    near = {text for intent, text in rows if intent == "near_miss"}
    words = {word for text in near for word in text.split()} - {"okay", "willow"}
    around = [text for _, text in rows if re.match("he asked for|all I heard was", text)]
    assert around
    assert all((words | {"okay", "willow"}) & set(text.split()) for text in around)


def test_the_same_call_writes_the_same_sentences(rows, tmp_path):
    assert rows_of(init_wake_word("okay willow", tmp_path / "recipe")) == rows


def test_a_language_without_talk_has_the_commands_of_its_packs_or_none(tmp_path):
    german = Counter(i for i, _ in rows_of(init_wake_word("hallo linda", tmp_path / "de", "de")))
    swedish = Counter(i for i, _ in rows_of(init_wake_word("hej linda", tmp_path / "sv", "sv")))
    assert german["other_speech"] >= 100
    assert german["other_talk"] == 0
    assert not set(swedish) & set(ORDINARY_INTENTS)
    assert swedish["near_miss"] > 0


def test_the_shipped_recipe_holds_them_too():
    counts = Counter(intent for intent, _ in rows_of("wake_word"))
    assert set(counts) == {WAKE_INTENT, *NEGATIVE_INTENTS}
    assert all(counts[intent] >= 100 for intent in ORDINARY_INTENTS)
