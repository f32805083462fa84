"""CSV and JSONL files of utterances as templates, and literal text that survives."""

from __future__ import annotations

import csv
import io
import json
import os
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from corpusforge.core import plugins
from corpusforge.core.errors import InputError
from corpusforge.core.text import nfc
from corpusforge.grammar.foreign.tags import spans_of_tags
from corpusforge.grammar.import_pack import import_pack
from corpusforge.grammar.loader import load_pack
from corpusforge.grammar.matching import Matcher
from tests.grammar.foreign.imports import imported, lost, said, texts, write
from tests.grammar.packs import everything

SYNTAX = "()[]{}<>|;\\:'\"#,-&*!%@`~ 09ab\tİßé日\u2028\x85\u00a0\ufeff\U0001f600"


def table(*rows, header=("text", "intent")):
    stream = io.StringIO()
    csv.writer(stream).writerows([header, *rows])
    return stream.getvalue()


def test_golden_files(tmp_path):
    slots = json.dumps([{"name": "thing", "start": 8, "end": 12, "value": "light"}])
    rows = [
        ("dim the lamp", "dim", slots),
        ("dim the lamp", "dim", slots),
        ("switch it (now)", "on/off", ""),
    ]
    result, pack, out = imported(
        tmp_path, "csv", {"a.csv": table(*rows, header=("text", "intent", "slots"))}, lang="en"
    )
    assert (out / "_shared.yaml").read_text() == (
        "language: en\nlists:\n  thing:\n    values:\n      - {in: lamp, out: light}\n"
    )
    assert (out / "dim.yaml").read_text() == (
        "language: en\nintents:\n  dim:\n    data:\n      - weight: 2\n        sentences:\n"
        '          - "dim the {thing}"\n'
    )
    assert (out / "on_off.yaml").read_text() == (
        "language: en\nintents:\n  on/off:\n    data:\n      - sentences:\n"
        "          - 'switch it \\(now\\)'\n"
    )
    assert said(pack) == {
        ("dim", "dim the lamp", (("thing", "light", "lamp"),)),
        ("on/off", "switch it (now)", ()),
    }
    assert result.templates == 2
    assert result.intents == ("dim", "on/off")
    assert result.lists == ("thing",)
    assert result.losses == ()
    assert result.files[-1] == out / "IMPORT.md"
    assert "## What was lost\n\nNothing.\n" in (out / "IMPORT.md").read_text()


def test_losses_are_reported_with_their_lines(tmp_path):
    text = table(
        ("hi", "greet", "x", "train"),
        ("", "greet", "x", "train"),
        ("bye", "part", "x", "somewhere"),
        header=("text", "intent", "note", "split"),
    )
    result, pack, out = imported(tmp_path, "csv", {"a.csv": text + "one field\n"})
    found = [(loss.position.line, loss.what, loss.instead) for loss in result.losses]
    assert found == [
        (1, "the column 'note'", "left out"),
        (5, "a row that cannot be read (1 fields, the header has 4)", "left out"),
        (3, "a row without text", "left out"),
        (4, "the split 'somewhere'", "the split is dealt by the seed"),
    ]
    notes = (out / "IMPORT.md").read_text()
    assert "- a row without text (a.csv:3)" in notes
    assert {t.split for t in pack.templates} == {"train", ""}


def test_equal_templates_in_two_splits_stay_held_out(tmp_path):
    text = table(
        ("hi", "greet", "train"), ("hi", "greet", "test"), header=("text", "intent", "split")
    )
    result, pack, _ = imported(tmp_path, "csv", {"a.csv": text})
    assert [t.split for t in pack.templates] == ["test"]
    assert "one sentence template, in test" in str(result.losses[0])


def test_roles_and_names_of_slots(tmp_path):
    row = {
        "text": "from Rome to Oslo",
        "intent": "fly",
        "slots": [
            {"name": "city", "role": "from", "group": "a {b}", "start": 5, "end": 9},
            {"name": "to-city", "entity": "city", "start": 13, "end": 17},
        ],
    }
    result, pack, _ = imported(tmp_path, "jsonl", {"a.jsonl": json.dumps(row)})
    found = {
        tuple((s.name, s.role, s.group, s.text) for s in slots) for _, _, slots in everything(pack)
    }
    assert (("city", "from", "a _b_", "Rome"), ("to_city", "", "", "Oslo")) in found
    assert {slot.entity for _, _, slots in everything(pack) for slot in slots} == {"city"}
    assert [(loss.what, loss.instead) for loss in result.losses] == [
        ("the role or group 'a {b}'", "it is called 'a _b_'"),
        ("the slot name 'to-city'", "the slot is called 'to_city'"),
    ]


FLY = ("fly", "fly to new york now", (("to", "new york", "new york"),))
SPAN = {"slot": "to", "start_index": 7, "end_index": 15}
ROWS = {
    "spans": {"utterance": "fly to new york now", "label": "fly", "entities": [SPAN]},
    "spans as JSON text": {"Text": FLY[1], "Category": "fly", "slots": json.dumps([SPAN])},
    "Rasa's entities": {
        "text": FLY[1],
        "intent": "fly",
        "entities": [{"entity": "to", "start": 7, "end": 15, "value": "new york"}],
    },
    "spans without places": {
        "text": FLY[1],
        "intent": "fly",
        "entities": [{"entity": "to", "value": "new york"}],
    },
    "lists of words by name": {"text": FLY[1], "intent": "fly", "slots": {"to": ["new york"]}},
    "words by name": {"text": FLY[1], "intent": "fly", "slots": {"to": "new york"}},
    "tags of words": {"text": FLY[1], "intent": "fly", "slots": "O O B-to I-to O"},
    "tags with ends": {"text": FLY[1], "intent": "fly", "tags": "O O B-to E-to O"},
    "a list of tags": {"text": FLY[1], "intent": "fly", "bio": ["O", "O", "B-to", "I-to", "O"]},
    "tokens and tags": {
        "text": FLY[1],
        "intent": "fly",
        "tokens": ["fly", "to", "new", "york", "now"],
        "ner_tags": ["O", "O", "I-to", "I-to", "O"],
    },
    "tokens alone": {
        "tokens": ["fly", "to", "new", "york", "now"],
        "bio": "O O B-to I-to O",
        "intent": "fly",
    },
    "brackets": {"utt": FLY[1], "annot_utt": "fly to [to : new york] now", "intent": "fly"},
    "Rasa's brackets": {"annotated": "fly to [new york](to) now", "intent": "fly"},
    "brackets alone": {"annot_utt": "fly to [to : new york] now", "intent": "fly"},
}


@pytest.mark.parametrize("case", ROWS)
def test_columns_and_slots_of_other_programs(tmp_path, case):
    result, pack, _ = imported(tmp_path, "jsonl", {"a.jsonl": json.dumps(ROWS[case])})
    assert said(pack) == {FLY}
    assert result.losses == ()
    if not any(isinstance(value, list | dict) for value in ROWS[case].values()):
        row = table(tuple(ROWS[case].values()), header=tuple(ROWS[case]))
        _, pack, _ = imported(tmp_path / "csv", "csv", {"a.csv": row})
        assert said(pack) == {FLY}


WRONG = {
    "not as many tags as tokens": {"slots": "O O B-to"},
    "a tag is none of O, B-slot and I-slot": {"bio": "O O to O O"},
    "a token does not stand in the text": {"bio": "O O", "tokens": ["fly", "two"]},
    "the text with marks is another than the text": {"annot_utt": "fly to [to : rome] now"},
    "the words of a slot do not stand in the text exactly once": {"slots": {"to": "o"}},
    "a slot is outside of the text": {"slots": [{"name": "to", "start": 7, "end": 99}]},
    "slots overlap": {"slots": [SPAN, {"name": "x", "start": 9, "end": 12}]},
    "slots are not valid JSON": {"slots": "[{"},
    "a slot has no 'start'": {"slots": [{"name": "to", "end": 9}]},
    "tokens or tags are no list of texts": {"bio": [1, 2]},
}


@pytest.mark.parametrize("case", WRONG)
def test_rows_whose_slots_do_not_fit_are_left_out(tmp_path, case):
    row = {"text": FLY[1], "intent": "fly", **WRONG[case]}
    good = {"text": "hi", "intent": "greet"}
    lines = json.dumps(good) + "\n" + json.dumps(row)
    result, pack, _ = imported(tmp_path, "jsonl", {"a.jsonl": lines})
    assert texts(pack) == {("greet", "hi")}
    ((line, what),) = lost(result)
    assert line == 2
    assert case in what


@pytest.mark.parametrize(
    ("tags", "spans"),
    [
        ("B-a I-a B-a O", [("a", 0, 2), ("a", 2, 3)]),
        ("B-a I-a E-a S-a U-b", [("a", 0, 3), ("a", 3, 4), ("b", 4, 5)]),
        ("B-a L-a I-a I-a O", [("a", 0, 2), ("a", 2, 4)]),
        ("I-a I-b O I-b E-b", [("a", 0, 1), ("b", 1, 2), ("b", 3, 5)]),
    ],
)
def test_spans_of_tags(tags, spans):
    assert spans_of_tags(tags.split()) == spans


def test_numbers_of_rows_are_weights_in_proportion(tmp_path):
    """Also where there are more than a weight may be."""
    rows = [("often", "a")] * 3000 + [("rare", "a")] * 3 + [("once", "b")]
    _, pack, _ = imported(tmp_path, "csv", {"a.csv": table(*rows)})
    weights = {t.sentence: t.weight for t in pack.templates}
    assert weights["often"] / weights["rare"] == pytest.approx(1000, rel=1e-5)
    assert weights["rare"] / weights["once"] == pytest.approx(3, rel=1e-5)


def test_marks_in_a_column_of_plain_text(tmp_path):
    """Brackets may be words: they are read only where the column says that they are marks."""
    rows = table(("to [new york](to)", "fly"), ("hi", "greet"), header=("text", "intent"))
    result, pack, _ = imported(tmp_path, "csv", {"a.csv": rows})
    assert texts(pack) == {("fly", "to [new york](to)"), ("greet", "hi")}
    note = next(note for note in result.notes if "seem to be marked" in note)
    assert note.startswith("Words of 1 of 2 texts")
    assert "'[new york](to)' in line 2" in note
    _, pack, _ = imported(tmp_path / "b", "csv", {"a.csv": rows.replace("text", "annotated")})
    assert said(pack) == {
        ("fly", "to new york", (("to", "new york", "new york"),)),
        ("greet", "hi", ()),
    }


def test_languages_of_rows(tmp_path):
    text = table(
        ("hi", "greet", "en-US"), ("hallo", "greet", "de"), header=("text", "intent", "locale")
    )
    source = write(tmp_path / "source", {"a.csv": text})
    with pytest.raises(InputError, match="several languages; name one") as caught:
        import_pack("csv", source / "a.csv", tmp_path / "out")
    assert caught.value.allowed == ("de", "en-US")
    with pytest.raises(InputError, match="no rows in the language 'fr'"):
        import_pack("csv", source / "a.csv", tmp_path / "out", lang="fr")
    result, pack, _ = imported(tmp_path, "csv", {"a.csv": text}, lang="en")
    assert texts(pack) == {("greet", "hi")}
    assert pack.lang == "en"
    assert result.losses == ()
    _, pack, _ = imported(tmp_path / "one", "csv", {"a.csv": text.replace("de\r\n", "en-US\r\n")})
    assert pack.lang == "en-US"


def test_a_folder_whose_files_are_splits(tmp_path):
    files = {
        "train.csv": table(("hi", "greet"), ("bye", "part")),
        "dev.csv": table(("hello", "greet")),
        "more.csv": table(("so long", "part")),
    }
    result, pack, _ = imported(tmp_path, "csv", files)
    assert {t.sentence: t.split for t in pack.templates} == {
        "hi": "train",
        "bye": "train",
        "hello": "validation",
        "so long": "",
    }
    assert result.losses == ()


def test_white_space_is_reported(tmp_path):
    rows = [{"text": text, "intent": "a"} for text in ("a  b", " c d ", "e\u00a0f")]
    lines = "\n".join(map(json.dumps, rows))
    result, pack, _ = imported(tmp_path, "jsonl", {"a.jsonl": lines})
    assert texts(pack) == {("a", "a b"), ("a", "c d"), ("a", "e f")}
    assert lost(result) == [(1, "the white space in 'a b'"), (3, "the white space in 'e f'")]


@settings(max_examples=150, deadline=None)
@given(st.lists(st.text(SYNTAX, min_size=1, max_size=12), min_size=1, max_size=4))
def test_any_literal_text_survives(tmp_path_factory, lines):
    wanted = {" ".join(nfc(line).split()) for line in lines} - {""}
    rows = [{"text": f"x{line}", "intent": f"i{line}"} for line in lines]
    rows += [{"text": "x", "intent": "x"}]
    folder = tmp_path_factory.mktemp("text")
    text = "\n".join(json.dumps(row) for row in rows)
    _, pack, _ = imported(folder, "jsonl", {"a.jsonl": text})
    wanted = {(f"i{line}".strip(), " ".join(nfc(f"x{line}").split())) for line in lines}
    assert texts(pack) == wanted | {("x", "x")}


@settings(max_examples=60, deadline=None)
@given(st.text(SYNTAX, min_size=1, max_size=8))
def test_any_value_survives(tmp_path_factory, words):
    row = {
        "text": f"say {words}z now",
        "intent": "say",
        "slots": [{"name": "what", "start": 4, "end": 5 + len(words), "value": words}],
    }
    _, pack, _ = imported(tmp_path_factory.mktemp("value"), "jsonl", {"a.jsonl": json.dumps(row)})
    plain = " ".join(nfc(f"{words}z").split())
    assert {(text, slots[0].text) for _, text, slots in everything(pack)} == {
        (f"say {plain} now", plain)
    }


def test_a_folder_that_is_not_empty_is_refused(tmp_path):
    source = tmp_path / "a.csv"
    source.write_text(table(("hi", "greet")))
    out = tmp_path / "out"
    out.mkdir()
    import_pack("csv", source, out)
    before = sorted(out.iterdir())
    with pytest.raises(InputError, match=r"out is not empty"):
        import_pack("csv", source, out)
    assert sorted(out.iterdir()) == before
    with pytest.raises(InputError, match=r"a\.csv is a file"):
        import_pack("csv", source, source)
    with pytest.raises(InputError, match=r"a\.csv is a file, no folder can be in it"):
        import_pack("csv", source, source / "new" / "out")


def test_nothing_is_left_of_an_import_that_fails(tmp_path):
    source = tmp_path / "a.csv"
    source.write_text("text,label\n,\n")
    with pytest.raises(InputError, match="no usable row"):
        import_pack("csv", source, tmp_path / "out")
    assert [path.name for path in tmp_path.iterdir()] == ["a.csv"]


def test_a_table_without_the_columns_is_refused(tmp_path):
    source = tmp_path / "a.csv"
    source.write_text("txt,intent\nhi,greet\n")
    with pytest.raises(InputError) as caught:
        import_pack("csv", source, tmp_path / "out")
    assert f"{source}:1:1: " in str(caught.value)
    assert "did you mean 'txt'?" in str(caught.value)


@pytest.mark.parametrize("format", plugins.names("format"))
def test_paths_that_are_not_there(tmp_path, format):
    with pytest.raises(InputError, match="there is no file or folder"):
        import_pack(format, tmp_path / "none", tmp_path / "out")


def test_unknown_formats_and_names_that_do_not_fit(tmp_path):
    with pytest.raises(InputError, match="did you mean 'rasa'"):
        import_pack("raza", tmp_path, tmp_path / "out")
    with pytest.raises(InputError, match="home_assistant only"):
        import_pack("csv", tmp_path, tmp_path / "out", names=[tmp_path])


@pytest.mark.skipif("CORPUSFORGE_DATA" not in os.environ, reason="no CORPUSFORGE_DATA")
def test_clinc150(tmp_path):
    data = json.loads(Path(os.environ["CORPUSFORGE_DATA"], "clinc150/data_full.json").read_text())
    rows = [(*row, part.rsplit("_", 1)[-1]) for part, rows in data.items() for row in rows[:400]]
    source = tmp_path / "clinc.csv"
    source.write_text(table(*rows, header=("text", "intent", "split")), encoding="utf-8")
    import_pack("csv", source, tmp_path / "out", lang="en")
    pack = load_pack(tmp_path / "out")
    assert texts(pack) == {(intent, " ".join(text.split())) for text, intent, _ in rows}
    assert any(reading.intent == rows[0][1] for reading in Matcher(pack).readings(rows[0][0]))


def test_rows_left_out_are_named(tmp_path):
    rows = [
        {"text": "hello", "intent": "a", "lang": "en"},
        {"text": "hallo", "intent": "a", "lang": "de"},
        {"text": "bonjour", "intent": "a", "lang": "fr"},
        {"text": "servus", "intent": "a", "lang": "de"},
        {"text": "bye", "intent": ["a", "b"], "lang": "en"},
        {"text": {"en": "bye"}, "intent": "a", "lang": "en"},
    ]
    text = "".join(json.dumps(row) + "\n" for row in rows)
    result, pack, _ = imported(tmp_path, "jsonl", {"a.jsonl": text}, lang="en")
    assert texts(pack) == {("a", "hello")}
    assert lost(result) == [
        (5, "a row whose intent is a list"),
        (6, "a row whose text is a mapping"),
    ]
    assert any("3 rows of" in note and "de (2), fr (1)" in note for note in result.notes)


def test_a_quote_without_an_end_is_found_where_it_begins(tmp_path):
    rows = 'text,intent\nhi,greet\n"it is 5, size\nbye,leave\nhello,greet\n'
    source = write(tmp_path, {"a.csv": rows}) / "a.csv"
    with pytest.raises(InputError) as caught:
        import_pack("csv", source, tmp_path / "out")
    assert "a.csv:3:1: not valid CSV" in str(caught.value)
    assert "written twice" in str(caught.value)


@pytest.mark.parametrize("lang", ["xx yy", "english", "", "en-"])
def test_languages_that_are_none(lang, tmp_path):
    source = write(tmp_path, {"a.csv": "text,intent\nhi,greet\n"}) / "a.csv"
    with pytest.raises(InputError, match="no language tag"):
        import_pack("csv", source, tmp_path / "out", lang=lang)
