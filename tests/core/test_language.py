import random
import time
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from corpusforge.core.errors import RunError
from corpusforge.core.language import Language
from corpusforge.core.schema import table_to_utterances
from corpusforge.core.text import delexicalise, fold, fold_delexicalised
from corpusforge.grammar.compile import compile_language
from corpusforge.grammar.functions import sample
from corpusforge.grammar.loader import load_pack
from tests.grammar.packs import LISTS, SENTENCES, everything, forms, pack_of, yaml_of

SMART_HOME = Path(__file__).parents[2] / "templates" / "smart_home"
LETTERS = [*"turnofasx3 ", "{color}", "{tint}", "{level}", "{count}", "red", "10", "日"]


def near_misses(texts, seed, count):
    """Folded texts that differ from members by an edit; some are members themselves."""
    dice = random.Random(seed)
    members = sorted(texts)
    for _ in range(count):
        word = dice.choice(members)
        at = dice.randrange(len(word) + 1)
        edited = word[:at] + dice.choice(["", *LETTERS]) + word[at + dice.randrange(3) :]
        yield fold_delexicalised(edited)


@settings(max_examples=40, deadline=None)
@given(st.lists(SENTENCES, min_size=1, max_size=3))
def test_equals_brute_force(sentences):
    pack = pack_of(yaml_of(*sentences))
    language = compile_language(pack)
    members = {form for _, text, slots in everything(pack) for form in forms(text, slots)}
    for form in members:
        assert language.contains(form, "act"), form
    for other in near_misses(members, 1, 300):
        assert language.contains(other) == (other in members), other


@given(st.integers(0, 30), st.integers(0, 3000), st.integers(1, 13), st.booleans())
@settings(max_examples=30, deadline=None)
def test_long_ranges_as_digits(first, width, step, negative):
    low = -first - width if negative else first
    more = (
        f"lists:\n  n: {{range: {{from: {low}, to: {low + 2000 * step + width}, step: {step}}}}}\n"
    )
    pack = pack_of(yaml_of("x {n}", more=more))
    language = compile_language(pack)
    members = {fold(text) for _, text, _ in everything(pack)}
    top = low + 2000 * step + width
    for number in range(max(abs(low), abs(top)) + 20):
        text = f"x {number}"
        assert language.contains(text) == (text in members), text
    assert not language.contains("x 01")


def test_intents_and_slots():
    text = (
        """\
language: en
intents:
  a: {data: [{sentences: ["turn {color}", "stop"]}]}
  b: {data: [{sentences: ["stop[ it]"]}]}
"""
        + LISTS
    )
    language = compile_language(pack_of(text))
    assert language.intents == ("a", "b")
    assert language.slots == ("color",)
    assert language.intents_of("stop") == ("a", "b")
    assert language.intents_of("stop it") == ("b",)
    assert language.intents_of("turn {color}") == ("a",)
    assert language.intents_of("turn {level}") == ()
    assert language.contains_many(["stop", "go", "turn pale blue"]).tolist() == [True, False, True]
    assert not language.contains("stop", "c")


def test_only_folded_texts_are_in_it():
    language = compile_language(pack_of(yaml_of("a b")))
    assert language.contains("a b")
    for text in ("a  b", " a b", "a b ", "A b", "ab", "", "{", "a {x"):
        assert not language.contains(text), text


def test_wildcards_are_their_symbol_only():
    more = "lists:\n  song: {wildcard: true}\n"
    language = compile_language(pack_of(yaml_of("play {song}", "stop", more=more)))
    assert language.contains("play {song}")
    assert not language.contains("play hello")


def test_save_and_load(tmp_path):
    language = compile_language(load_pack(SMART_HOME / "en"))
    language.save(tmp_path / "a.json")
    loaded = Language.load(tmp_path / "a.json")
    loaded.save(tmp_path / "b.json")
    assert (tmp_path / "a.json").read_bytes() == (tmp_path / "b.json").read_bytes()
    assert loaded.intents == language.intents
    table, _ = sample(SMART_HOME / "en", 200)
    assert all(loaded.contains(fold(text)) for text in table["text"].to_pylist())
    (tmp_path / "a.json").write_text("{")
    with pytest.raises(RunError, match="cannot be read"):
        Language.load(tmp_path / "a.json")


def test_nothing_is_in_the_empty_language():
    assert not Language((), {}).contains("a")
    assert Language((), {}).contains_many([]).shape == (0,)


@pytest.mark.parametrize("lang", ["en", "de"])
def test_every_sampled_row_is_in_it_and_it_is_fast(lang):
    language = compile_language(load_pack(SMART_HOME / lang))
    rows = table_to_utterances(sample(SMART_HOME / lang, 2000)[0])
    texts = [fold_delexicalised(delexicalise(row.text, row.slots)) for row in rows]
    start = time.perf_counter()
    inside = [language.contains(t, row.intent) for t, row in zip(texts, rows, strict=True)]
    assert time.perf_counter() - start < 5  # 0.1 s alone on a core; the promise is 1 s
    assert all(inside)
    assert all(language.contains(fold(row.text), row.intent) for row in rows)


def test_memory_stays_bounded(monkeypatch):
    monkeypatch.setattr("corpusforge.core.language.MAX_STATES", 50)
    pack = pack_of(yaml_of("{color} (a|b) {level} {1..99:n}"))
    language = compile_language(pack)
    assert all(language.contains(fold(text)) for _, text, _ in everything(pack))
    assert len(language._steps) < 200


@settings(max_examples=60, deadline=None)
@given(st.lists(SENTENCES, min_size=1, max_size=3))
def test_readings_are_those_of_brute_force(sentences):
    """Every row is read with its own spans, and nothing is read that no row says."""
    pack = pack_of(yaml_of(*sentences))
    language = compile_language(pack)
    rows = {}
    for _, text, slots in everything(pack):
        rows.setdefault(fold(text), set()).add(
            tuple((slot.name, fold(text[: slot.start]), fold(slot.text)) for slot in slots)
        )
    for _, text, slots in list(everything(pack))[:150]:
        found = language.readings(f"  {text.upper()}!")
        spans = {
            tuple(
                (name, fold(text.upper()[: s - 2]), fold(text.upper()[s - 2 : e - 2]))
                for name, s, e in r.slots
            )
            for r in found
        }
        if len(text.upper()) == len(text):
            own = tuple((slot.name, fold(text[: slot.start]), fold(slot.text)) for slot in slots)
            assert own in spans, (text, found)
            assert spans <= rows[fold(text)], (text, found)
    for other in near_misses(rows, 2, 100):
        if "{" not in other:
            assert bool(language.readings(other)) == language.contains(other), other


def test_readings_of_a_wildcard_and_of_nothing():
    pack = pack_of(
        yaml_of(
            "play {title} [by {artist}]",
            more="lists: {title: {wildcard: true}, artist: {wildcard: true}}",
        )
    )
    found = compile_language(pack).readings("Play: 'Stand by Me'")
    assert {tuple((s.name, s.start, s.end) for s in r.slots) for r in found} == {
        (("title", 7, 18),),
        (("title", 7, 12), ("artist", 16, 18)),
    }
    assert compile_language(pack).readings("stop it") == ()
