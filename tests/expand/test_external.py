"""Candidates from a file: what is read, what is refused, and where it stands."""

import dataclasses
import json

import pytest

from corpusforge.core.errors import InputError
from corpusforge.core.recipe import ExternalConfig
from corpusforge.core.recipe_file import load_recipe
from corpusforge.core.run import read_json
from corpusforge.core.schema import check_utterances, read_table, table_to_utterances
from corpusforge.expand import stage
from corpusforge.expand.candidate_file import Mark, read_candidates
from tests.expand.outside.external import ROWS

INTENTS = ["light_on", "light_off", "call"]


def read(tmp_path, text, name="c.jsonl"):
    path = tmp_path / name
    path.write_text(text, encoding="utf-8")
    return read_candidates(path, ExternalConfig(path=name), INTENTS)


def test_three_formats_say_the_same(tmp_path):
    slots = [{"name": "lamp", "start": 4, "end": 8}]
    rows = [
        {"text": "the lamp, now", "intent": "light_on", "slots": slots},
        {"text": "ring {person}", "intent": "call"},
        {"text": "call", "intent": "call", "slots": []},
    ]
    found = read(tmp_path, "\n\n".join(json.dumps(row) for row in rows))
    assert [row.line for row in found] == [1, 3, 5]
    assert found[0].marks == (Mark("lamp", "lamp"),)
    assert found[0].carriers == ("the ", ", now")
    assert found[1].marks == (Mark("person", None),)
    assert [row.annotated for row in found] == [True, True, True]
    quoted = json.dumps(slots).replace('"', '""')
    table = f'intent,text,slots\nlight_on,"the lamp, now","{quoted}"\ncall,ring {{person}},\n'
    from_csv = read(tmp_path, table + "call,call,[]\n", "c.csv")
    from_tsv = read(
        tmp_path,
        f'text\tintent\tslots\nthe lamp, now\tlight_on\t"{quoted}"\nring {{person}}\tcall\t\n',
        "c.tsv",
    )
    for ours, theirs in zip(found, from_csv, strict=True):
        assert dataclasses.replace(ours, line=0) == dataclasses.replace(theirs, line=0)
    assert [row.line for row in from_csv] == [2, 3, 4]
    assert from_tsv[0].marks == found[0].marks


def test_a_row_with_a_line_break_has_the_line_where_it_begins(tmp_path):
    rows = read(tmp_path, 'text,intent\n"two\nlines",call\nring,call\n', "c.csv")
    assert [row.line for row in rows] == [2, 4]


@pytest.mark.parametrize(
    ("text", "name", "expected"),
    [
        ('{"text": "x", "intent": "cal"}', "c.jsonl", ["c.jsonl:1:1", "did you mean 'call'"]),
        ('\n{"text": "x", }', "c.jsonl", ["c.jsonl:2:", "not JSON"]),
        ('{"texts": "x", "intent": "call"}', "c.jsonl", ["no key 'text'", "mean 'texts'"]),
        ('{"text": 3, "intent": "call"}', "c.jsonl", ["text: expected text, got 3"]),
        ("[1]", "c.jsonl", ["expected an object, got list"]),
        ('{"text": "x", "intent": "call", "slots": "a"}', "c.jsonl", ["expected a list"]),
        (
            '{"text": "x", "intent": "call", "slots": [{"name": "a", "start": 0, "end": 2}]}',
            "c.jsonl",
            ["no place in the text of 1 characters"],
        ),
        (
            '{"text": "x", "intent": "call", "slots": [{"start": 0, "end": 1}]}',
            "c.jsonl",
            ["expected objects with name, start, end"],
        ),
        ("txt,intent\nx,call\n", "c.csv", ["c.csv:1:1", "no column 'text'", "mean 'txt'"]),
        ("text,intent\nx,call,y\n", "c.csv", ["c.csv:2:1", "3 cells, but 2 columns"]),
        ("text,intent,slots\nx,call,{\n", "c.csv", ["c.csv:2:1", "slots: not JSON"]),
        ('text,intent\n"x,call\n', "c.csv", ["c.csv:2:1", "not CSV"]),
        ("x", "c.xlsx", ["JSONL, CSV or TSV"]),
    ],
)
def test_what_is_refused_and_where(tmp_path, text, name, expected):
    with pytest.raises(InputError) as caught:
        read(tmp_path, text, name)
    for part in expected:
        assert part in str(caught.value)


def test_errors_come_together(tmp_path):
    with pytest.raises(InputError) as caught:
        read(tmp_path, '{"text": "x", "intent": "on"}\n{\n{"intent": "call"}\n')
    assert [f"c.jsonl:{line}:" in str(caught.value) for line in (1, 2, 3)] == [True] * 3


@pytest.fixture
def external(recipe, expand, tmp_path):
    """Runs the stage on rows of a file."""

    def run(rows, name="run", wanted=8):
        path = tmp_path / f"{name}.jsonl"
        path.write_text("".join(json.dumps(row) + "\n" for row in rows))
        config = dataclasses.replace(
            recipe.expand,
            generator="external",
            external=ExternalConfig(path=str(path)),
            rows=wanted,
        )
        return expand(dataclasses.replace(recipe, expand=config), name)

    return run


def test_the_stage_with_a_file(external, grammar_folder):
    found = external(ROWS)
    before = read_table(grammar_folder / "utterances.parquet")
    after = read_table(found.folder / "utterances.parquet")
    check_utterances(after)
    made = table_to_utterances(after.slice(before.num_rows))
    dropped = read_table(found.folder / "dropped.parquet")
    # No train row of light_off has both a lamp and a room.
    usable = len(ROWS) - 1
    assert len(made) + dropped.num_rows == usable == found.result.facts["distinct_candidates"]
    assert {row.origin for row in made} | set(dropped["origin"].to_pylist()) == {"external"}
    # Each candidate was looked at once, and the stage did not ask on and on.
    assert found.result.facts["usable_candidates"] == usable
    # Eight rows, of which four times as many may pass, and half pass where it goes well.
    assert found.result.facts["candidates"] == 8 * 4 * 2
    assert any(f"of all {usable} candidates that there are" in n for n in found.result.notes)


def test_intents_without_a_share_do_not_hide_that_all_was_given(external):
    # One wanted row: two of the three intents have no share in it, and are not asked for. The
    # templates can say these.
    rows = [
        {"text": "turn on the {lamp}", "intent": "light_on"},
        {"text": "turn off the {lamp}", "intent": "light_off"},
        {"text": "call {person:person:sg}", "intent": "call"},
    ]
    found = external(rows, wanted=1)
    assert found.result.facts["verdicts"] == {"in_language": 1}
    note = "expansion: 0 of 1 wanted rows accepted of all 1 candidates that there are"
    assert note in found.result.notes


def test_rows_that_are_no_candidates_are_named_with_their_reason(external):
    rows = [
        {"text": "switch on the desk lamp", "intent": "light_on"},
        {"text": "the {lamb} on", "intent": "light_on"},
        {"text": "the {lamp} {lamp} {lamp} on", "intent": "light_on"},
        {"text": "the { on {lamp}", "intent": "light_on"},
        {"text": "get {person} now", "intent": "call"},
        {"text": "get {person:person:pl} at once then", "intent": "call"},
        {"text": "get  {person:person:pl} at once then", "intent": "call"},
        {"text": "the {lamp} on in the kitchen now", "intent": "light_on"},
        {"text": "x" * 3000 + " {lamp}", "intent": "light_on"},
    ]
    found = external(rows)
    history = read_json(found.folder / "history.json")["external"]
    reasons = {item["line"]: item["reason"] for item in history["rejected"]}
    assert history["rows"] == 9
    assert history["usable"] == 1
    assert "the row does not say where" in reasons[1]
    assert "did you mean 'lamp'" in reasons[2]
    assert "no train row of the intent has its slots (lamp, lamp, lamp)" in reasons[3]
    assert reasons[4] == "a brace that is no slot"
    assert "agreement classes" in reasons[5]
    assert reasons[7] == "an earlier row has the same text"
    assert reasons[8] == "the slot value 'kitchen' stands in clear"
    assert "too long" in reasons[9]
    assert any("8 of 9 rows of run.jsonl are no candidates" in n for n in found.result.notes)


def test_another_file_is_another_stage(recipe, tmp_path):
    path = tmp_path / "c.jsonl"
    config = dataclasses.replace(
        recipe.expand, generator="external", external=ExternalConfig(path=str(path))
    )
    changed = dataclasses.replace(recipe, expand=config)
    keys = []
    for text in ("a", "b"):
        path.write_text(text)
        keys.append(stage.config(changed))
    assert keys[0] != keys[1]
    # What another generator is told does not matter.
    gan = dataclasses.replace(changed.expand, generator="gan")
    assert stage.config(dataclasses.replace(recipe, expand=gan)) == stage.config(recipe)


def test_a_recipe_without_the_section_of_its_generator(tmp_path):
    (tmp_path / "t.yaml").write_text("language: en\n")
    path = tmp_path / "recipe.yaml"
    head = "name: x\nlang: en\nlicense: CC0-1.0\ngrammar: {path: t.yaml}\n"
    path.write_text(head + "expand: {generator: external}\n")
    with pytest.raises(InputError, match=r"needs the section expand\.external"):
        load_recipe(path)
    path.write_text(head + "expand: {generator: external, external: {path: no.jsonl}}\n")
    with pytest.raises(InputError, match="there is no file or folder"):
        load_recipe(path)
