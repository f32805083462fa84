"""The column `spoken`: what is said in rows whose values are not said as they are written."""

import json

import pyarrow as pa
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from corpusforge import api
from corpusforge.core.recipe_file import load_recipe
from corpusforge.core.schema import SLOT_TYPE, UTTERANCES, table_to_utterances
from corpusforge.grammar.drawing import draw, utterances
from corpusforge.grammar.drawn_files import json_lines, write_parquet
from corpusforge.grammar.recipe_rows import preview_rows
from corpusforge.grammar.spoken import SpokenForms, spoken_forms
from corpusforge.speech.verbalise import verbalise

PACK = """\
language: en
intents:
  wake:
    data:
      - sentences:
          - "wake me at {clock:start} [please]"
          - "from {clock:start} to {clock:end}, {device} on"
          - "turn on the {device}"
lists:
  clock: {time: {from: "06:45", to: "07:30", forms: [digits, words]}}
  device:
    values:
      - lamp
      - {in: AC, spoken: A C}
      - {in: Thermosztát, out: heat, spoken: "thermo \\"stat\\""}
"""


@pytest.fixture
def path(tmp_path):
    file = tmp_path / "pack.yaml"
    file.write_text(PACK, encoding="utf-8")
    return file


def expected(pack, row):
    """The slow way: slot by slot, from the end."""
    said = {}
    for values, _ in pack.lists:
        if values.range is not None:
            said |= {(values.entity, s.text, s.value): s.spoken for s in values.range.said()}
        for value in values.values:
            text = value.expression.text
            said[values.entity, text, value.value or text] = value.spoken
    text = row["text"]
    for slot in reversed(row["slots"]):
        words = said[slot["entity"], slot["text"], slot["value"]] or slot["text"]
        text = text[: slot["start"]] + words + text[slot["end"] :]
    return None if text == row["text"] else text


def test_sample_says_what_is_said(path):
    drawn = draw(path, 100_000, seed=3)
    table = utterances(drawn, ids=False)
    assert table.num_rows == 2 * 8 + 8 * 8 * 3 + 3
    rows = table.to_pylist()
    assert [row["spoken"] for row in rows] == [expected(drawn.pack, row) for row in rows]
    by_text = {row["text"]: row["spoken"] for row in rows}
    assert by_text["wake me at 7:30 AM please"] == "wake me at seven thirty AM please"
    assert by_text["wake me at seven thirty a m"] == "wake me at seven thirty AM"
    assert by_text["turn on the lamp"] is None
    assert by_text["turn on the Thermosztát"] == 'turn on the thermo "stat"'
    text = "from 6:45 AM to seven a m, AC on"
    assert by_text[text] == "from six forty-five AM to seven AM, A C on"


def test_files_have_it_where_it_differs(path, tmp_path):
    drawn = draw(path, 100_000, seed=3)
    wanted = utterances(drawn, ids=False).to_pylist()
    lines = b"".join(bytes(part) for part in json_lines(drawn)).decode().splitlines()
    for line, row in zip(lines, wanted, strict=True):
        made = json.loads(line)
        assert made.get("spoken", None) == row["spoken"]
        assert ("spoken" in made) == (row["spoken"] is not None)
    import pyarrow.parquet as pq

    file = tmp_path / "rows.parquet"
    write_parquet(drawn, file)
    table = pq.read_table(file)
    assert table.column_names[-1] == "spoken"
    assert table["spoken"].to_pylist() == [row["spoken"] for row in wanted]


def test_packs_without_spoken_forms_have_no_such_key(tmp_path):
    file = tmp_path / "pack.yaml"
    file.write_text("language: en\nintents: {a: {data: [{sentences: ['set {0..5:l}']}]}}\n")
    drawn = draw(file, 10)
    assert spoken_forms(drawn.pack) is None
    lines = b"".join(bytes(part) for part in json_lines(drawn)).decode().splitlines()
    assert all(list(json.loads(line)) == ["text", "intent", "slots"] for line in lines)
    write_parquet(drawn, tmp_path / "rows.parquet")
    import pyarrow.parquet as pq

    assert "spoken" not in pq.read_table(tmp_path / "rows.parquet").column_names
    assert utterances(drawn)["spoken"].null_count == 6


def test_a_cover_and_the_api_say_it_too(path):
    table, _ = api.sample(path, 1000, seed=1)
    assert table.schema.equals(UTTERANCES)
    drawn = draw(path, 1000, coverage=True)
    rows = utterances(drawn).to_pylist()
    assert [row["spoken"] for row in rows] == [expected(drawn.pack, row) for row in rows]


def test_the_rows_of_build_say_it(path):
    pack = draw(path, 1).pack
    recipe = path.parent / "recipe.yaml"
    recipe.write_text(
        f"name: s\nlang: en\nlicense: MIT\ngrammar: {{path: {path.name}, rows: 300}}\n"
    )
    table, _ = preview_rows(load_recipe(recipe), 300)
    rows = table.to_pylist()
    assert len(rows) > 100
    assert [row["spoken"] for row in rows] == [expected(pack, row) for row in rows]


words = st.text(st.sampled_from("a é漢😀 ,"), max_size=4)


@settings(max_examples=150, deadline=None)
@given(
    st.lists(st.lists(st.tuples(words, st.sampled_from(["x", "é😀", "7:30", "no"])), max_size=4)),
    st.booleans(),
    st.integers(0, 2),
)
def test_spans_are_replaced_exactly(rows, coded, skip):
    said = {("e", "x", "x"): "longer", ("e", "é😀", "v"): "漢", ("e", "7:30", "7:30"): "a"}
    texts, slots, wanted = [], [], []
    for parts in rows:
        text, spoken, found = "", "", []
        for before, value in parts:
            text, spoken = text + before, spoken + before
            canonical = "v" if value == "é😀" else value
            found.append(
                {"name": "n", "entity": "e", "value": canonical, "text": value,
                 "start": len(text), "end": len(text) + len(value), "role": "", "group": ""}
            )  # fmt: skip
            text, spoken = text + value, spoken + said.get(("e", value, canonical), value)
        texts.append(text + "end")
        slots.append(found)
        wanted.append(spoken + "end" if spoken != text else None)
    kind = SLOT_TYPE
    if coded:
        coded_type = pa.dictionary(pa.int32(), pa.string())
        kind = pa.struct([(f.name, coded_type if f.type == pa.string() else f.type) for f in kind])
    column = SpokenForms(said).column(
        pa.array(texts, pa.string())[skip:], pa.array(slots, pa.list_(kind))[skip:]
    )
    assert column.to_pylist() == wanted[skip:]


# (German days are in the form after "am" in templates; a text alone does not say which)
DATE_FORMS = {
    "de": ["numeric"],
    **{lang: ["numeric", "day_month", "day_month_year"] for lang in ("en", "fr", "es")},
}


@pytest.mark.parametrize(("lang", "body"), [
    ("en", {"time": {"from": "00:00", "to": "23:59", "step_min": 7}}),
    ("en", {"time": {"from": "00:00", "to": "23:59", "step_min": 7, "style": "24h"}}),
    ("en", {"money": {"from": 1, "to": 400, "step": 7, "currency": "USD", "cents": [0, 5, 50]}}),
    ("en", {"money": {"from": 1, "to": 400, "step": 7, "currency": "EUR", "cents": [0, 5, 50]}}),
    ("de", {"time": {"from": "00:00", "to": "23:59", "step_min": 7}}),
    ("de", {"money": {"from": 2, "to": 400, "step": 7, "currency": "EUR", "cents": [0, 50]}}),
    ("fr", {"time": {"from": "00:00", "to": "23:59", "step_min": 7}}),
    ("es", {"time": {"from": "00:00", "to": "23:59", "step_min": 7}}),
    ("es", {"time": {"from": "00:00", "to": "23:59", "step_min": 7, "style": "12h"}}),
    ("fr", {"money": {"from": 1, "to": 400, "step": 7, "currency": "EUR", "cents": [0, 1, 50]}}),
    ("es", {"money": {"from": 1, "to": 400, "step": 7, "currency": "EUR", "cents": [0, 1, 50]}}),
    *((lang, {"date": {"from": "2027-01-01", "to": "2027-12-31", "forms": [form]}})
      for lang in ("en", "de", "fr", "es") for form in DATE_FORMS[lang]),
    *((lang, {"duration": {"from": 1, "to": 130, "unit": unit}})
      for lang in ("en", "de", "fr", "es") for unit in ("second", "minute", "hour", "day", "week")),
])  # fmt: skip
def test_the_speech_stage_would_say_the_same(lang, body):
    # Rows without spoken forms are read by speech.verbalise: one text is said in one way.
    from tests.grammar.test_cldr_values import series_of

    for text, _, spoken in series_of(lang, body).said():
        assert verbalise(text, lang) == spoken, text


def test_a_given_spoken_form_is_kept_and_the_rest_is_read(tmp_path):
    from corpusforge.speech.spoken_spans import spoken_form

    (tmp_path / "pack.yaml").write_text(
        "language: en\nintents: {a: {data: [{sentences: ['run {0..3:n} {d}']}]}}\n"
        "lists: {d: {values: [{in: ACs, spoken: A C s}]}}\n"
    )
    for row in table_to_utterances(utterances(draw(tmp_path, 9))):
        number = {"0": "zero", "1": "one", "2": "two", "3": "three"}[row.slots[0].text]
        assert row.spoken == f"run {row.slots[0].text} A C s"
        spoken, slots = spoken_form(row)
        assert spoken == f"run {number} A C s"
        assert [spoken[start:end] for _, start, end in slots] == [number, "A C s"]
