"""A sentence is matched with all its readings, and nothing that the templates cannot say."""

import json
from fractions import Fraction

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from corpusforge import cli
from corpusforge.grammar.matching import Matcher, index_of
from corpusforge.grammar.pack import NumberRange
from tests.grammar.packs import SPACED_ORDERS, everything, pack_of, yaml_of


def squeezed(slots):
    return {(s.name, s.entity, s.value, s.text, s.start, s.end) for s in slots}


@settings(max_examples=60, deadline=None)
@given(st.lists(SPACED_ORDERS, min_size=1, max_size=3))
def test_every_row_is_matched_with_its_own_labels(sentences):
    pack = pack_of(yaml_of(*sentences))
    matcher = Matcher(pack)
    for template, text, slots in list(everything(pack))[:200]:
        readings = matcher.readings(text)
        own = [r for r in readings if r.template == template.id]
        assert any({tuple(s) for s in r.slots} == squeezed(slots) for r in own), (text, readings)


@settings(max_examples=40, deadline=None)
@given(st.lists(SPACED_ORDERS, min_size=1, max_size=2), st.data())
def test_a_reading_is_one_of_the_derivations(sentences, data):
    """Spoil a row: what is still matched must be a row of its own."""
    pack = pack_of(yaml_of(*sentences))
    rows = {text.casefold() for _, text, _ in everything(pack)}
    if not rows:
        return
    text = data.draw(st.sampled_from(sorted(rows)))
    cut = data.draw(st.integers(0, len(text)))
    spoilt = text[:cut] + data.draw(st.sampled_from(["", "x", " lamp ", "d"])) + text[cut + 1 :]
    if Matcher(pack).readings(spoilt):
        assert " ".join(spoilt.split()) in rows


PACK = """\
language: en
lists:
  color: {values: [red, {in: "(light|pale) blue", out: blue}]}
  level: {range: {from: 0, to: 100, step: 5, multiplier: 2}}
  title: {wildcard: true}
intents:
  paint:
    data:
      - sentences: ["(paint|colour) it {color:tint}"]
        slots: {domain: light}
  dim:
    data: [{sentences: ["dim to {level}[%]"]}]
  play:
    data: [{sentences: ["play {title} [by {title:artist}]"]}]
"""


def readings(text):
    return Matcher(pack_of(PACK)).readings(text)


def test_case_white_space_and_punctuation_do_not_count_and_spans_are_of_the_sentence():
    (one,) = readings("  Paint it,  PALE  Blue!")
    assert (one.intent, one.fixed) == ("paint", (("domain", "light"),))
    (slot,) = one.slots
    assert slot.value == "blue"
    assert "  Paint it,  PALE  Blue!"[slot.start : slot.end] == slot.text == "PALE  Blue"


def test_numbers_are_whole_and_in_the_range():
    (one,) = readings("dim to 50%")
    assert one.slots[0][2:4] == ("100", "50")
    assert not readings("dim to 52")
    assert not readings("dim to 105")
    assert not readings("dim to 5 0")


def test_digits_that_belong_to_the_words_beside_a_number():
    matcher = Matcher(pack_of(yaml_of("channel 3{level}", "{level}5 volts")))
    assert [r.slots[0][2:] for r in matcher.readings("channel 310")] == [("10", "10", 9, 11)]
    assert [r.slots[0][2:] for r in matcher.readings("85 volts")] == [("8", "8", 0, 1)]


def test_a_wildcard_takes_whole_words_and_every_reading_is_given():
    found = {tuple((s.name, s.text) for s in r.slots) for r in readings("play Stand by Me")}
    assert found == {
        (("title", "Stand by Me"),),
        (("title", "Stand"), ("artist", "Me")),
    }


@given(st.integers(-9, 9), st.integers(0, 9), st.integers(1, 4), st.sampled_from(["", "5"]))
def test_the_index_of_each_number_of_a_range(first, more, step, decimals):
    numbers = NumberRange(first, first + more, step, decimals)
    made = [Fraction(text) for text, _ in numbers.numbers()]
    assert [index_of(numbers, number) for number in made] == list(range(len(made)))
    assert index_of(numbers, made[-1] + Fraction(1, 3)) is None


def test_the_verb_writes_all_readings_as_jsonl(tmp_path, capsys):
    (tmp_path / "pack.yaml").write_text(PACK)
    (tmp_path / "said.txt").write_text("colour it red\n\nopen the door\n")
    assert cli.main(["match", str(tmp_path / "pack.yaml"), str(tmp_path / "said.txt")]) == 0
    first, second = map(json.loads, capsys.readouterr().out.splitlines())
    assert first["text"] == "colour it red"
    assert first["readings"][0]["slots"][0]["name"] == "tint"
    assert first["readings"][0]["fixed"] == {"domain": "light"}
    assert second == {"text": "open the door", "readings": []}


def test_a_file_that_is_not_there(tmp_path):
    (tmp_path / "pack.yaml").write_text(PACK)
    assert cli.main(["match", str(tmp_path / "pack.yaml"), str(tmp_path / "no.txt")]) == 2


@pytest.mark.parametrize("text", ["", "   ", "?!"])
def test_nothing_said_has_no_reading(text):
    assert readings(text) == ()
