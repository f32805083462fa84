import json
from dataclasses import replace

import pytest

from corpusforge.core.executors import InlineExecutor
from corpusforge.core.language import Language
from corpusforge.core.progress import Progress
from corpusforge.core.recipe_file import load_recipe
from corpusforge.core.run import Cache, StageContext
from corpusforge.core.schema import (
    CATALOGUE,
    DROPPED,
    TEMPLATES,
    UTTERANCES,
    check_utterances,
    read_table,
)
from corpusforge.core.text import fold
from corpusforge.grammar import stage
from corpusforge.grammar.init_recipe import init_new

FILES = (
    "utterances.parquet", "dropped.parquet", "catalogue.parquet", "templates.parquet",
    "language.json",
)  # fmt: skip

RECIPE = """\
name: small
lang: en
license: CC0-1.0
grammar: {path: t.yaml, rows: 60}
real: {path: r.jsonl, slots: slots, license: CC-BY-4.0}
"""
TEMPLATES_YAML = """\
language: en
lists:
  who:
    values:
      - {in: "Ann[a]", out: ann, attributes: {gender: f}, agreement: sg}
      - {in: Bob, attributes: {gender: m}, agreement: sg}
  many: {range: {from: 0, to: 5000}}
  unused: {values: [x]}
intents:
  call: {data: [{sentences: ["call {who}", "ring {who} [now]", "phone {who:person}"], id: call}]}
  count: {data: [{sentences: ["count to {many}"], weight: 2}]}
  chat: {out_of_scope: true, data: [{sentences: [hello]}]}
"""


@pytest.fixture
def recipe(tmp_path):
    (tmp_path / "recipe.yaml").write_text(RECIPE)
    (tmp_path / "t.yaml").write_text(TEMPLATES_YAML)
    slots = [{"name": "who", "start": 5, "end": 9}]
    rows = [{"text": f"call Z{n:03}", "intent": "call", "slots": slots} for n in range(12)]
    rows += [{"text": f"add {n}", "intent": "add", "slots": []} for n in range(9)]
    rows.append({"text": "", "intent": "add"})
    (tmp_path / "r.jsonl").write_text("".join(json.dumps(row) + "\n" for row in rows))
    return load_recipe(tmp_path / "recipe.yaml")


def run(recipe, folder):
    folder.mkdir()
    context = StageContext(
        recipe=recipe,
        folder=folder,
        inputs={},
        cache=Cache(folder / "cache"),
        executor=InlineExecutor(),
        progress=Progress(quiet=True),
    )
    return stage.run(context)


def test_writes_the_contract(recipe, tmp_path):
    result = run(recipe, tmp_path / "out")
    tables = [read_table(tmp_path / "out" / name) for name in FILES[:4]]
    for table, schema in zip(tables, (UTTERANCES, DROPPED, CATALOGUE, TEMPLATES), strict=True):
        assert table.schema.equals(schema)
    rows, dropped, catalogue, templates = tables
    check_utterances(rows)
    assert (result.rows_out, rows.num_rows, dropped.num_rows) == (81, 81, 1)
    assert dropped.to_pylist()[0]["reason"] == "no text"
    assert sum(templates["rows"].to_pylist()) == 60
    assert templates["derivations"].to_pylist() == ["3", "6", "3", "5001", "1"]
    assert result.facts["out_of_scope_intents"] == ["chat"]
    assert any("fewer than 3 templates" in note for note in result.notes)
    split_of = dict(
        zip(templates["template"].to_pylist(), templates["split"].to_pylist(), strict=True)
    )
    for row in rows.to_pylist():
        assert row["origin"] == "real" or row["split"] == split_of[row["template"]]
    language = Language.load(tmp_path / "out" / "language.json")
    for row in rows.to_pylist():
        if row["origin"] == "grammar":
            assert row["intent"] in language.intents_of(fold(row["text"]))
    listed = [row for row in catalogue.to_pylist() if row["entity"] == "who"]
    assert listed[0] == {
        "entity": "who", "text": "Anna", "value": "ann", "license": "CC0-1.0", "agreement": "sg",
        "attributes": [{"key": "gender", "value": "f"}],
    }  # fmt: skip
    assert sum(row["entity"] == "many" for row in catalogue.to_pylist()) == 1001
    assert "x" not in catalogue["text"].to_pylist()


def test_real_values_come_from_train_rows_only(recipe, tmp_path):
    recipe = replace(recipe, real=replace(recipe.real, publish=True))
    run(recipe, tmp_path / "out")
    rows = read_table(tmp_path / "out" / "utterances.parquet").to_pylist()
    catalogue = read_table(tmp_path / "out" / "catalogue.parquet").to_pylist()
    found = {row["text"] for row in catalogue if row["license"] == "CC-BY-4.0"}
    real = [row for row in rows if row["origin"] == "real"]
    assert found == {s["text"] for row in real if row["split"] == "train" for s in row["slots"]}


def test_private_values_do_not_enter_the_catalogue(recipe, tmp_path):
    run(recipe, tmp_path / "out")
    catalogue = read_table(tmp_path / "out" / "catalogue.parquet")
    assert not any(text.startswith("Z") for text in catalogue["text"].to_pylist())
    assert "CC-BY-4.0" not in catalogue["license"].to_pylist()
    published = replace(recipe, real=replace(recipe.real, publish=True))
    assert stage.config(published) != stage.config(recipe)


def test_the_same_recipe_gives_the_same_bytes(recipe, tmp_path):
    run(recipe, tmp_path / "a")
    run(recipe, tmp_path / "b")
    for name in FILES:
        assert (tmp_path / "a" / name).read_bytes() == (tmp_path / "b" / name).read_bytes()


def test_config_knows_every_file(recipe, tmp_path):
    before = stage.config(recipe)
    json.dumps(before)
    (tmp_path / "t.yaml").write_text(TEMPLATES_YAML + "# changed\n")
    assert stage.config(recipe) != before
    assert set(before["files"]) == {"grammar/t.yaml", "real/r.jsonl"}


def test_config_knows_rules_and_lists_beside_the_folder(tmp_path):
    beside = {
        "rules/en/a.yaml": "expansion_rules: {hi: 'hello|hey'}\n",
        "lists/all.yaml": "lists: {x: {values: [one, two]}}\n",
        "sentences/en/t.yaml": "language: en\nintents: {a: {data: [{sentences: ['<hi> {x}']}]}}\n",
        "recipe.yaml": "name: s\nlang: en\nlicense: MIT\ngrammar: {path: sentences/en}\n",
    }
    for name, text in beside.items():
        (tmp_path / name).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / name).write_text(text)
    recipe = load_recipe(tmp_path / "recipe.yaml")
    found = [stage.config(recipe)]
    for name in list(beside)[:3]:
        (tmp_path / name).write_text(beside[name].replace("one", "uno").replace("hey", "hi"))
        found.append(stage.config(recipe))
    assert found[0] != found[1] != found[2] == found[3]
    assert set(found[0]["files"]) == {
        "grammar/t.yaml", "grammar/../../rules/en/a.yaml", "grammar/../../lists/all.yaml"
    }  # fmt: skip


def test_real_rows_alone(recipe, tmp_path):
    path = tmp_path / "alone.yaml"
    path.write_text(RECIPE.replace("grammar: {path: t.yaml, rows: 60}\n", ""))
    result = run(load_recipe(path), tmp_path / "out")
    assert result.rows_out == 21
    assert Language.load(tmp_path / "out" / "language.json").intents == ()


def test_the_starter_pack_builds(tmp_path):
    result = run(load_recipe(init_new(tmp_path / "new")), tmp_path / "out")
    assert result.rows_out == 300
    assert set(result.facts["rows"]) == {"train", "validation", "test"}


def test_rows_say_how_values_are_said(recipe, tmp_path):
    text = TEMPLATES_YAML.replace("- {in: Bob,", "- {in: Bob, spoken: B O B,")
    (tmp_path / "t.yaml").write_text(text)
    run(recipe, tmp_path / "out")
    rows = read_table(tmp_path / "out" / "utterances.parquet").to_pylist()
    said = {row["text"]: row["spoken"] for row in rows}
    assert said["ring Bob now"] == "ring B O B now"
    assert all(
        (spoken is not None) == ("Bob" in text) for text, spoken in said.items()
    )  # real rows too
