"""A sentence is matched with all its readings, and nothing that the templates cannot say."""

import io
import json
import os
import re
from fractions import Fraction
from itertools import combinations
from pathlib import Path

import pytest
import yaml
from hypothesis import given, settings
from hypothesis import strategies as st

from corpusforge import cli
from corpusforge.grammar.loader import load_pack
from corpusforge.grammar.matching import PUNCTUATION, Matcher, index_of
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
        assert any({tuple(s)[:6] for s in r.slots} == squeezed(slots) for r in own), (
            text,
            readings,
        )


@settings(max_examples=40, deadline=None)
@given(st.lists(SPACED_ORDERS, min_size=1, max_size=2), st.data())
def test_a_reading_is_one_of_the_derivations(sentences, data):
    """Spoil a row: what is still matched must be a row of its own."""
    pack = pack_of(yaml_of(*sentences))
    rows = {text.casefold() for _, text, _ in everything(pack)}
    known = {
        unspaced(written.casefold())
        for _, text, slots in everything(pack)
        for written in with_compounds(text, slots)
    }
    if not rows:
        return
    text = data.draw(st.sampled_from(sorted(rows)))
    cut = data.draw(st.integers(0, len(text)))
    spoilt = text[:cut] + data.draw(st.sampled_from(["", "x", " lamp ", "d"])) + text[cut + 1 :]
    if Matcher(pack).readings(spoilt):
        assert unspaced(" ".join(spoilt.split())) in known


def test_a_space_is_left_out_behind_decimal_digits_only():
    matcher = Matcher(pack_of(yaml_of("3² turns", "4 turns")))
    assert [len(matcher.readings(text)) for text in ("4turns", "3²turns", "3² turns")] == [1, 0, 1]


@settings(max_examples=60, deadline=None)
@given(st.text("a5 .,-?", min_size=1, max_size=12), st.booleans())
def test_a_sentence_with_numbers_and_points_is_read(text, ahead):
    text = f"x {text}" if ahead else f"{text} x"
    pack = pack_of(yaml_of(text))
    for row in {text for _, text, _ in everything(pack)}:
        assert Matcher(pack).readings(row), row


def unspaced(text):
    """Without what does not count: space between number and word, and punctuation."""
    text = re.sub(r"(?<=\d) (?!\d)|(?<!\d) (?=\d)", "", text)
    return " ".join("".join(char for char in text if char not in PUNCTUATION).split())


def with_compounds(text, slots):
    """A row, also with words right behind its values ("pizzalamp"), as hassil reads them."""
    behind = [slot.end for slot in slots if text[slot.end : slot.end + 1] == " "]
    for number in range(len(behind) + 1):
        for left_out in combinations(behind, number):
            yield "".join(char for at, char in enumerate(text) if at not in left_out)


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
    assert len(readings("dim to 50 %")) == 1


def test_digits_that_belong_to_the_words_beside_a_number():
    matcher = Matcher(pack_of(yaml_of("channel 3{level}", "{level}5 volts")))
    assert [r.slots[0][2:6] for r in matcher.readings("channel 310")] == [("10", "10", 9, 11)]
    assert [r.slots[0][2:6] for r in matcher.readings("85 volts")] == [("8", "8", 0, 1)]


def test_skip_words_are_left_out_where_that_helps_and_spans_stay():
    matcher = Matcher(pack_of('skip_words: ["can you", please]\n' + PACK))
    text = "Can you, paint it please light blue please?"
    (one,) = matcher.readings(text)
    assert text[one.slots[0].start : one.slots[0].end] == "light blue"
    assert matcher.readings("play please")[0].slots[0].text == "please"
    assert not matcher.readings("can you pleased paint it red")


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


NUMBERS = """\
language: {lang}
lists:
  level: {{range: {{from: -2, to: 120{more}}}}}
intents: {{Set: {{data: [{{sentences: ["{sentence}"]}}]}}}}
"""


@pytest.mark.parametrize(
    ("lang", "template", "sentence", "expected"),
    [
        ("en", "set {level} percent", "set twenty-one percent", [("21", "twenty-one")]),
        ("en", "set {level} percent", "set twenty one percent", [("21", "twenty one")]),
        ("en", "set {level} percent", "Set Minus Two percent", [("-2", "Minus Two")]),
        ("en", "set {level} percent", "set twentyone percent", []),
        ("en", "set {level}[th]", "set tenth", [("10", "ten")]),
        ("en", "set {level}", "set one hundred twenty", [("120", "one hundred twenty")]),
        ("en", "set {level}", "set one hundred thirty", []),
        ("de", "auf {level} Grad", "auf einundzwanzig Grad", [("21", "einundzwanzig")]),
        ("de-CH", "auf {level} Grad", "auf dreissig Grad", [("30", "dreissig")]),
        ("de", "auf {level} Grad", "auf dreissig Grad", [("30", "dreissig")]),
        ("zh-TW", "{level}度", "兩度", [("2", "兩")]),
        ("zh", "到{level}度", "到二十一度", [("21", "二十一")]),
        ("tlh", "set {level}", "set wa'", []),
    ],
)
def test_numbers_in_words(lang, template, sentence, expected):
    pack = pack_of(NUMBERS.format(lang=lang, sentence=template, more=""))
    found = [(s.value, s.text) for r in Matcher(pack).readings(sentence) for s in r.slots]
    assert found == expected


def test_numbers_in_words_can_be_switched_off_or_be_of_another_language():
    for more, expected in (
        (", words: false", []),
        (", words_language: de", []),
        (", fractions: halves", ["20.5"]),
    ):
        pack = pack_of(NUMBERS.format(lang="en", sentence="set {level}", more=more))
        found = Matcher(pack).readings("set twenty point five")
        assert [slot.value for r in found for slot in r.slots] == expected
    pack = pack_of(NUMBERS.format(lang="en", sentence="set {level}", more=", words_language: de"))
    assert Matcher(pack).readings("set zwanzig")


def test_digits_after_the_decimal_point_of_a_range_with_fractions():
    pack = pack_of(NUMBERS.format(lang="en", sentence="set {level}", more=", fractions: halves"))
    for said, value in (("20.50", "20.5"), ("20,5", "20.5"), ("2.0", "2"), ("-2", "-2")):
        readings = Matcher(pack).readings(f"set {said}")
        assert [(s.value, s.text) for r in readings for s in r.slots] == [(value, said)]
    assert not Matcher(pack).readings("set 20.3")


CHINESE = """\
language: zh-CN
{settings}
skip_words: [请]
lists:
  name: {{values: [电视 机, TV set]}}
  song: {{wildcard: true}}
intents:
  on: {{data: [{{sentences: ["打开 {{name}} 吧"]}}]}}
  dim: {{data: [{{sentences: ["亮度 {{0..100:level}}"]}}]}}
  play: {{data: [{{sentences: ["播放 {{song}}"]}}]}}
"""


@pytest.mark.parametrize(
    ("said", "slots"),
    [
        ("打开电视机吧", [("电视 机", "电视机")]),
        ("打 开 电 视 机 吧", [("电视 机", "电 视 机")]),
        ("请打开TV set吧", [("TV set", "TV set")]),
        ("亮度50", [("50", "50")]),
        ("亮度 5 0", []),
        ("播放 Taylor Swift", [("Taylor Swift", "Taylor Swift")]),
        ("播放五 月 天", [("五月天", "五 月 天")]),
    ],
)
def test_where_white_space_is_to_be_ignored(said, slots):
    pack = pack_of(CHINESE.format(settings="settings: {ignore_whitespace: true}"))
    found = [slot for reading in Matcher(pack).readings(said) for slot in reading.slots]
    assert [(slot.value, slot.text) for slot in found] == slots
    assert all(said[slot.start : slot.end] == slot.text for slot in found)


def test_white_space_counts_otherwise():
    matcher = Matcher(pack_of(CHINESE.format(settings="settings: {filter_with_regex: false}")))
    assert matcher.readings("打开 电视 机 吧")
    assert not matcher.readings("打开电视 机 吧")


def test_a_setting_that_is_no_truth_value(tmp_path, capsys):
    path = tmp_path / "pack.yaml"
    path.write_text(CHINESE.format(settings="settings: {ignore_whitespace: 1}"))
    assert cli.main(["match", str(path), str(path)]) == 2
    assert "ignore_whitespace" in capsys.readouterr().err


def test_a_slot_that_the_sentence_fills_is_not_fixed():
    pack = pack_of(
        yaml_of("set {level}")
        .replace("data:\n", "data:\n", 1)
        .replace("- sentences:", "- slots: {level: 9, mode: eco}\n        sentences:")
    )
    (reading,) = Matcher(pack).readings("set 10")
    assert (reading.slots[0].value, reading.fixed) == ("10", (("mode", "eco"),))


DATA = Path(os.environ.get("CORPUSFORGE_DATA", "")) / "ha_intents"


@pytest.mark.skipif(not DATA.is_dir(), reason="CORPUSFORGE_DATA is not set")
def test_the_english_sentences_that_people_wrote_for_home_assistant_have_their_intent():
    fixtures = DATA / "tests" / "en" / "_fixtures.yaml"
    matcher = Matcher(load_pack(DATA / "sentences" / "en", lists=[fixtures]))
    missed, asked = [], 0
    for file in sorted((DATA / "tests" / "en").rglob("[!_]*.yaml")):
        cases = yaml.load(file.read_text(encoding="utf-8"), yaml.CSafeLoader).get("tests") or []
        for case in cases:
            for sentence in case["sentences"] if "intent" in case else []:
                asked += 1
                readings = matcher.readings(sentence)
                if all(reading.intent != case["intent"]["name"] for reading in readings):
                    missed.append(sentence)
    assert missed == []
    assert asked > 1_000


def test_standard_input_is_utf8_with_or_without_a_mark(tmp_path, capsys, monkeypatch):
    path = tmp_path / "pack.yaml"
    path.write_text(yaml_of("über {a}", more="lists: {a: {values: [b]}}\n"), encoding="utf-8")

    def matched(data):
        monkeypatch.setattr("sys.stdin", io.TextIOWrapper(io.BytesIO(data), encoding="latin1"))
        code = cli.main(["match", str(path)])
        return code, capsys.readouterr()

    for before in (b"", b"\xef\xbb\xbf"):
        code, said = matched(before + "über b\nnichts\n".encode())
        assert code == 0
        found = [len(json.loads(line)["readings"]) for line in said.out.splitlines()]
        assert found == [1, 0]
    code, said = matched("gut\n\xfcber b\n".encode("latin1"))
    assert code == 2
    assert "standard input:2:1: not UTF-8: byte 0xfc" in said.err
