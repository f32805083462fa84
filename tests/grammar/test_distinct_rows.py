"""Rows of a build: different when folded, balanced, on one side of the splits, and steady."""

import time
from collections import Counter
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from corpusforge.core.schema import UTTERANCES, check_utterances
from corpusforge.core.text import delexicalise, fold, fold_delexicalised
from corpusforge.grammar.functions import sample
from corpusforge.grammar.splits import split_templates
from tests.grammar.packs import SENTENCES, drawn_rows, everything, pack_of, yaml_of

SMART_HOME = Path(__file__).parents[2] / "templates" / "smart_home"


def drawn(text, n, seed=1):
    return drawn_rows(pack_of(text), n, seed=seed)


def texts(found):
    return [row.text for row in found.rows]


@settings(max_examples=25, deadline=None)
@given(st.lists(SENTENCES, min_size=1, max_size=3))
def test_all_of_a_small_language_comes_once(sentences):
    pack = pack_of(yaml_of(*sentences))
    found = drawn_rows(pack, 10**6)
    folded = [fold(text) for text in texts(found)]
    assert len(folded) == len(set(folded))
    possible = {fold(text) for _, text, _ in everything(pack)}
    assert set(folded) == possible - {""}
    assert any("which is all of them" in note for note in found.notes)


@settings(max_examples=30, deadline=None)
@given(st.lists(SENTENCES, min_size=1, max_size=4), st.integers(0, 40), st.integers(0, 40))
def test_a_larger_sample_begins_with_the_smaller_one(sentences, n, more):
    text = yaml_of(*sentences)
    assert texts(drawn(text, n)) == texts(drawn(text, n + more))[:n]


def test_the_seed_decides():
    text = yaml_of("{color} (a|b|c|d) {level} (e|f|g)")
    assert texts(drawn(text, 20)) == texts(drawn(text, 20))
    assert texts(drawn(text, 20)) != texts(drawn(text, 20, seed=2))


def test_an_edited_sentence_changes_no_row_of_the_others():
    sentences = ["{color} one", "{color} two {level}", "{level} three", "{color} four (a|b|c)"]
    edited = [*sentences[:1], "{color} zwei {level}", *sentences[2:]]
    keep = [
        {text for text in texts(drawn(yaml_of(*which), 16)) if "two" not in text
         and "zwei" not in text}
        for which in (sentences, edited)
    ]  # fmt: skip
    assert keep[0] == keep[1]
    assert len(keep[0]) >= 10


def test_rows_are_balanced_over_templates_and_small_ones_give_all_they_have():
    text = yaml_of("only one", "{level} of {1..100:count} {color}", "{level} or {1..100:count}")
    counts = list(drawn(text, 101).counts.values())
    assert counts == [1, 50, 50]


def test_weights_of_blocks_and_values():
    text = """\
language: en
lists:
  v: {values: [{in: often, weight: 9}, rare]}
intents:
  a:
    data:
      - sentences: ["{v} {1..1000:x}"]
        weight: 3
      - sentences: ["b {1..1000:x}"]
"""
    found = drawn(text, 400)
    assert list(found.counts.values()) == [300, 100]
    often = sum(row.text.startswith("often") for row in found.rows)
    assert 240 <= often <= 295  # 270 expected; a binomial's 5 standard deviations are 26


def test_every_weighted_derivation_comes_in_the_end():
    more = "lists:\n  v: {values: [{in: often, weight: 1000}, rare]}\n"
    found = drawn(yaml_of(" ".join(["{v}"] * 6), more=more), 100)
    assert len(found.rows) == 64


def test_ambiguous_derivations_end():
    found = drawn(yaml_of(" ".join(["[a]"] * 60) + " b"), 100)
    assert len(found.rows) == 61
    assert found.notes == (
        "100 rows were asked for; the templates hold 61 different sentences, which is all of them",
    )


def test_one_text_may_stand_under_two_intents_but_not_twice_under_one():
    text = """\
language: en
intents:
  a: {data: [{sentences: ["Turn on!", "turn on"]}]}
  b: {data: [{sentences: ["turn on"]}]}
"""
    found = drawn(text, 9)
    assert sorted((row.template.intent, fold(row.text)) for row in found.rows) == [
        ("a", "turn on"), ("b", "turn on"),
    ]  # fmt: skip
    assert any("say the same" in note for note in found.notes)


def test_the_first_rows_show_all_intents():
    found, _ = sample(SMART_HOME / "en", 40)
    assert len(set(found["intent"].to_pylist())) >= 12


@pytest.mark.parametrize("lang", ["en", "de"])
def test_smart_home(lang):
    start = time.perf_counter()
    table, notes = sample(SMART_HOME, 2000, lang=lang, hold_out="templates")
    assert time.perf_counter() - start < 10  # 0.3 s alone on a core; a guard against a blow-up
    assert table.schema == UTTERANCES
    assert (table.num_rows, notes) == (2000, ())
    check_utterances(table)
    assert len(set(table["id"].to_pylist())) == 2000
    assert set(table["split"].to_pylist()) == {"train", "validation", "test"}
    again, _ = sample(SMART_HOME, 2000, lang=lang, hold_out="templates")
    assert again.equals(table)


def test_wildcards_are_left_out_with_a_note_and_lists_can_fill_them(tmp_path):
    path = tmp_path / "pack.yaml"
    path.write_text(yaml_of("play {song}", "stop", more="lists:\n  song: {wildcard: true}\n"))
    table, notes = sample(path, 5)
    assert table["text"].to_pylist() == ["stop"]
    assert any("wildcard" in note and "play {song}" in note for note in notes)
    songs = tmp_path / "songs.yaml"
    songs.write_text("lists:\n  song: {values: [one, two]}\n")
    table, notes = sample(path, 5, lists=songs)
    assert sorted(table["text"].to_pylist()) == ["play one", "play two", "stop"]


OVERLAP = """\
language: en
lists: {x: {values: [lamp, fan, door]}}
intents:
  a:
    data:
      - sentences: ["turn on the {x}", "switch on the {x}", "(turn|switch) on (the|my) {x}"]
"""


def frames_of(rows, splits):
    found = {}
    for row in rows:
        frame = fold_delexicalised(delexicalise(row.text, row.slots))
        found.setdefault(splits[row.template.id] == "train", set()).add(frame)
    return found


@pytest.mark.parametrize("seed", range(6))
def test_no_held_out_row_says_what_train_can_say(seed):
    pack = pack_of(OVERLAP)
    splits, _ = split_templates(pack.templates, seed=seed)
    found = frames_of(drawn_rows(pack, 100, seed=seed, splits=splits).rows, splits)
    assert found[True].isdisjoint(found.get(False, set()))


def test_a_held_out_template_gives_all_that_only_it_can_say():
    pack = pack_of(OVERLAP)
    wide = pack.templates[2].id
    splits = {t.id: "test" if t.id == wide else "train" for t in pack.templates}
    found = drawn_rows(pack, 100, splits=splits)
    # 2 verbs, 2 articles, 3 values; those with "the" are train's.
    assert found.counts[wide] == 6
    assert all(" my " in row.text for row in found.rows if row.template.id == wide)
    splits = {t.id: "train" if t.id == wide else "test" for t in pack.templates}
    found = drawn_rows(pack, 100, splits=splits)
    assert list(found.counts.values()) == [0, 0, 12]
    assert any("2 template(s) gave no rows" in note for note in found.notes)


@settings(max_examples=25, deadline=None)
@given(st.lists(SENTENCES, min_size=3, max_size=6), st.integers(0, 3))
def test_carrier_phrases_stay_apart(sentences, seed):
    pack = pack_of(yaml_of(*sentences))
    splits, _ = split_templates(pack.templates, seed=seed)
    found = frames_of(drawn_rows(pack, 300, seed=seed, splits=splits).rows, splits)
    assert found.get(True, set()).isdisjoint(found.get(False, set()))


# Each way to write "go N" is a sentence of its own; they fold to 200 texts.
LOUD = "(go|Go|GO|go!|go,|go:|go\u2026) {0..199:x}"


def test_rows_that_fold_alike_are_drawn_anew_until_there_are_enough():
    for n in (1, 50, 190):
        found = drawn(yaml_of(LOUD, "stop {0..9:y}"), n)
        assert len(found.rows) == n
        assert len({fold(text) for text in texts(found)}) == n
        assert found.notes == ()
    assert len(drawn(yaml_of(LOUD), 1000).rows) == 200


@pytest.mark.parametrize("n", [30, 7])
def test_what_was_seen_is_never_seen_again(monkeypatch, n):
    """Small windows: many batches, each looked up among all before it."""
    monkeypatch.setattr("corpusforge.grammar.dealing.WINDOW", n)
    found = drawn(yaml_of(LOUD, "{0..9:y} times"), 210)
    assert len({fold(text) for text in texts(found)}) == len(found.rows) == 210
    assert texts(found) == texts(drawn(yaml_of(LOUD, "{0..9:y} times"), 210))


def test_what_differs_in_case_and_punctuation_alone_is_given_up(monkeypatch):
    monkeypatch.setattr("corpusforge.grammar.distinct_rows.TRIES_AT_LEAST", 500)
    marks = "(.|!|?|,|:|-|+|*|/|%)"
    found = drawn(yaml_of(f"go{marks}{marks}{marks}{marks} {{0..1:x}}"), 10)
    assert len(found.rows) == 2
    assert any("given up after 2" in note for note in found.notes)


def test_two_readings_of_one_text_are_one_row():
    more = "lists: {x: {values: [one, two]}}\n"
    found = drawn(yaml_of("say {x}", "say {x:y}", "say one", more=more), 10)
    assert sorted(texts(found)) == ["say one", "say two"]


def test_quotas_and_coverage_of_a_build():
    text = """\
language: en
lists: {x: {values: [lamp, fan, door]}}
intents:
  a: {data: [{sentences: ["(turn|switch|Turn) on the {x} {0..99:n}", "{x} on"]}]}
  b: {data: [{sentences: ["(turn|switch) off the {x} {0..99:n}"]}]}
"""
    found = drawn_rows(pack_of(text), 100, quotas={"a": 0.25})
    assert Counter(row.template.intent for row in found.rows) == {"a": 25, "b": 75}
    found = drawn_rows(pack_of(text), 100, coverage=True)
    first = {row.text.split()[0] for row in found.rows[:5]}
    # "Turn" folds to "turn": no row of its own.
    assert {"turn", "switch", "lamp"} <= first
    assert len({fold(text) for text in texts(found)}) == 100
