import json
from dataclasses import replace

import pytest

from corpusforge.core.errors import InputError
from corpusforge.core.executors import InlineExecutor
from corpusforge.core.language import Language
from corpusforge.core.lineage import find_leaks
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
        "attributes": [{"key": "gender", "value": "f"}], "split": "",
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


SONGS = [f"song{number:02}" for number in range(40)]
HELD = f"""\
language: en
lists:
  song: {{values: [{", ".join(SONGS)}]}}
  room: {{values: [kitchen, hall, attic]}}
intents:
  play: {{data: [{{sentences: ["play {{song}} [in the {{room}}]", "i want {{song}}", "put on {{song}}"]}}]}}
  queue: {{data: [{{sentences: ["queue {{song:next}}", "then {{song:next}}", "stop"]}}]}}
"""  # noqa: E501


def held_recipe(folder, hold_out, real_rows=(), **keys):
    (folder / "t.yaml").write_text(HELD)
    lines = [f"{key}: {value}" for key, value in {"path": "t.yaml", "rows": 300, **keys}.items()]
    real = ""
    if real_rows:
        (folder / "r.jsonl").write_text("".join(json.dumps(row) + "\n" for row in real_rows))
        real = "real: {path: r.jsonl, slots: slots, split: fold, license: MIT, publish: true}\n"
    (folder / "recipe.yaml").write_text(
        "name: held\nlang: en\nlicense: MIT\n"
        f"grammar: {{{', '.join(lines)}, hold_out: {hold_out}}}\n{real}"
    )
    return load_recipe(folder / "recipe.yaml")


def values_by_split(rows, entity="song"):
    found = {}
    for row in rows:
        for slot in row["slots"]:
            if slot["entity"] == entity:
                found.setdefault(row["split"], set()).add(slot["value"])
    return found


@pytest.mark.parametrize("hold_out", ["values", "both"])
def test_held_out_values_stay_apart_and_the_catalogue_marks_them(tmp_path, hold_out):
    recipe = held_recipe(tmp_path, hold_out)
    result = run(recipe, tmp_path / "out")
    rows = read_table(tmp_path / "out" / "utterances.parquet").to_pylist()
    held = values_by_split(rows)
    assert set(held) == {"train", "validation", "test"}
    assert sum(map(len, held.values())) == len(set.union(*held.values()))
    catalogue = read_table(tmp_path / "out" / "catalogue.parquet").to_pylist()
    marked = {(r["entity"], r["value"]): r["split"] for r in catalogue}
    for split, values in held.items():
        assert {marked["song", value] for value in values} == {split}
    # Three rooms are too few to hold out.
    assert {split for (entity, _), split in marked.items() if entity == "room"} == {""}
    templates = read_table(tmp_path / "out" / "templates.parquet").to_pylist()
    assert {t["split"] for t in templates} == ({""} if hold_out == "values" else set(held))
    proof = result.facts["split_proof"]
    assert (proof["held_out"], proof["shared_sentences"]) == (hold_out, "0")
    assert proof["lists_not_held_out"] == ["room"]
    assert (proof["shared_carriers"] == "0") == (hold_out == "both")
    tables = [
        read_table(tmp_path / "out" / f"{n}.parquet")
        for n in ("utterances", "templates", "dropped", "catalogue")
    ]
    assert find_leaks(tables[0], tables[1], tables[2], tables[3]) == []
    if hold_out == "values":
        splits = [row["split"] for row in rows]
        # 80, 10 and 10 percent, as far as the held-out sentences go
        assert splits.count("train") > 0.75 * len(rows)


@pytest.mark.parametrize("hold_out", ["values", "both"])
def test_values_of_real_rows_keep_their_side(tmp_path, hold_out):
    def said(song, split):
        slots = [{"name": "song", "start": 5, "end": 11}]
        text = f"{'spin' if split == 'train' else 'turn'} {song}"
        return {"text": text, "intent": "play", "slots": slots, "fold": split}

    real = [said(song, "train") for song in SONGS[:20]] + [said(s, "test") for s in SONGS[18:26]]
    recipe = held_recipe(tmp_path, hold_out, real)
    result = run(recipe, tmp_path / "out")
    rows = read_table(tmp_path / "out" / "utterances.parquet").to_pylist()
    drawn = values_by_split(row for row in rows if row["origin"] == "grammar")
    assert set(SONGS[:20]) & (drawn["validation"] | drawn["test"]) == set()
    assert set(SONGS[20:26]) == drawn["test"]
    assert not drawn["train"] & (drawn["test"] | drawn["validation"])
    # Two songs stand in train and test of the real rows themselves.
    assert result.facts["values_in_two_splits"] == 2
    assert any("2 slot values stand in train" in note for note in result.notes)


def test_quotas_shares_and_coverage_of_a_recipe(tmp_path):
    recipe = held_recipe(tmp_path, "templates", quotas="{queue: 90}", coverage="true", by="0.5")
    result = run(recipe, tmp_path / "out")
    assert result.facts["intents"] == {"play": 219, "queue": 81}
    assert any("queue has 81 rows, not the 90 of its quota" in note for note in result.notes)
    shown = result.facts["shown"]
    assert (shown["templates"], shown["of_templates"]) == (6, 6)
    assert (shown["values"], shown["of_values"]) == (43, 43)
    coverage = result.facts["coverage"]
    assert coverage["alternatives"] == 2
    ids = json.loads((tmp_path / "out" / "cover.json").read_text())["rows"]
    rows = read_table(tmp_path / "out" / "utterances.parquet").to_pylist()
    assert ids == [row["id"] for row in rows[: coverage["rows"]]]
    covering = rows[: coverage["rows"]]
    assert {s["value"] for row in covering for s in row["slots"]} == {*SONGS, "kitchen", "hall",
                                                                     "attic"}  # fmt: skip
    assert {row["template"] for row in covering} == {row["template"] for row in rows}


def test_what_cannot_be_held_out_is_said(tmp_path):
    recipe = held_recipe(tmp_path, "values")
    few = HELD.replace(", ".join(SONGS), "one, two")
    (tmp_path / "t.yaml").write_text(few)
    result = run(recipe, tmp_path / "few")
    assert set(result.facts["rows"]) == {"train"}
    assert "no slot values are held out: no list has 10 different values or more" in result.notes
    (tmp_path / "t.yaml").write_text(HELD + "  end: {data: [{sentences: [bye, '{room} off']}]}\n")
    result = run(recipe, tmp_path / "end")
    assert "1 intent(s) have no values that are held out, in train only: end" in result.notes
    shares = replace(recipe.grammar.splits, train=0.9, validation=0.1, test=0.0)
    recipe = replace(recipe, grammar=replace(recipe.grammar, splits=shares))
    assert set(run(recipe, tmp_path / "two").facts["rows"]) == {"train", "validation"}


def test_what_the_rows_do_not_show_is_said(tmp_path):
    result = run(held_recipe(tmp_path, "templates", rows=4), tmp_path / "out")
    shown = result.facts["shown"]
    assert shown["templates"] == 4 and len(shown["templates_not_shown"]) == 2
    assert shown["values"] < 43 and len(shown["values_not_shown"]) == 5
    assert result.facts["coverage"] is None


NUMBERS = ", ".join(f"say number {number}" for number in range(60))
MANY = f"""
language: en
intents:
  big: {{data: [{{sentences: [{NUMBERS}]}}]}}
  small: {{data: [{{sentences: [hello there]}}]}}
"""


def many_recipe(folder, grammar, templates=MANY):
    (folder / "t.yaml").write_text(templates)
    (folder / "recipe.yaml").write_text(
        f"name: many\nlang: en\nlicense: CC0-1.0\ngrammar: {{path: t.yaml, {grammar}}}\n"
    )
    return load_recipe(folder)


def without_a_row(result):
    return [note for note in result.notes if note.startswith("intents without a row")]


def test_an_intent_without_a_row_is_told_with_what_to_do(tmp_path):
    (note,) = without_a_row(run(many_recipe(tmp_path, "rows: 9"), tmp_path / "few"))
    assert note.startswith("intents without a row: small; their share of 9 rows gives none")
    assert "raise grammar.rows (the templates hold 61 sentences)" in note
    assert "grammar.quotas: {small: 1}" in note
    asked = run(many_recipe(tmp_path, "rows: 9, quotas: {small: 1}"), tmp_path / "quota")
    assert asked.facts["intents"] == {"big": 8, "small": 1} and not without_a_row(asked)
    assert not without_a_row(run(many_recipe(tmp_path, "rows: 61"), tmp_path / "all"))
    assert not without_a_row(
        run(many_recipe(tmp_path, "rows: 9, quotas: {small: 0}"), tmp_path / "none")
    )
    (note,) = without_a_row(
        run(many_recipe(tmp_path, "rows: 9, quotas: {big: 1.0}"), tmp_path / "taken")
    )
    assert "the quotas of others take all 9 rows" in note


def test_an_intent_whose_templates_say_nothing_is_told_so(tmp_path):
    empty = MANY + "  empty: {data: [{sentences: ['...']}]}\n"
    (note,) = without_a_row(run(many_recipe(tmp_path, "rows: 99", empty), tmp_path / "out"))
    assert note.startswith("intents without a row: empty; their templates leave no sentence")


def test_a_wake_word_corpus_without_its_wake_word_is_no_corpus(tmp_path):
    wake = MANY.replace("big:", "near_miss:").replace("small:", "wake_word:")
    with pytest.raises(InputError, match=r"(?s)without its wake word.*raise grammar\.rows"):
        run(many_recipe(tmp_path, "rows: 9", wake), tmp_path / "few")
    assert (
        "wake_word"
        in run(many_recipe(tmp_path, "rows: 61", wake), tmp_path / "all").facts["intents"]
    )
    other = wake.replace("wake_word:", "lights:")
    with pytest.raises(InputError, match="without a row: lights"):
        run(many_recipe(tmp_path, "rows: 9", other), tmp_path / "commands")


def test_label_noise_is_told_without_the_machine(tmp_path):
    recipe = held_recipe(tmp_path, "templates")
    (tmp_path / "t.yaml").write_text(HELD.replace("then {song:next}", "play {song:next}"))
    result = run(recipe, tmp_path / "out")
    assert result.facts["label_noise"]["findings"] == 1
    (note,) = [note for note in result.notes if "noisy" in note]
    assert "1 finding of lint (t.yaml:7:" in note
    assert str(tmp_path) not in json.dumps([result.facts, result.notes])


def test_batches_do_not_matter(recipe, tmp_path, monkeypatch):
    run(recipe, tmp_path / "a")
    monkeypatch.setattr("corpusforge.grammar.dealing.WINDOW", 7)
    run(recipe, tmp_path / "b")
    first, second = (read_table(tmp_path / n / "utterances.parquet") for n in "ab")
    assert first.equals(second)
