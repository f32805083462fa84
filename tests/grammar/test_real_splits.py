"""Real rows and templates: no carrier phrase on both sides of the splits."""

import json
import os
import subprocess
import sys

import pytest

from corpusforge.core.executors import InlineExecutor
from corpusforge.core.progress import Progress
from corpusforge.core.recipe_file import load_recipe
from corpusforge.core.run import Cache, StageContext
from corpusforge.core.schema import read_table, table_to_utterances
from corpusforge.grammar import stage
from corpusforge.grammar.real_splits import frame_of
from corpusforge.grammar.recipe_rows import preview_rows

VERBS = {"on": ("turn on the {room} light", "light up the {room}", "make the {room} bright",
                "(please|kindly) switch on the {room} lamp"),
         "off": ("turn off the {room} light", "darken the {room}", "make the {room} dark",
                 "(please|kindly) switch off the {room} lamp")}  # fmt: skip
ROOMS = ("garage", "studio", "kitchen", "attic")


def write_recipe(folder, rows, *, seed=1, real="slots: slots", more=""):
    folder.mkdir()
    intents = {name: {"data": [{"sentences": list(all_)}]} for name, all_ in VERBS.items()}
    pack = {"language": "en", "lists": {"room": {"values": ["kitchen", "hall", "attic"]}},
            "intents": intents}  # fmt: skip
    (folder / "t.yaml").write_text(json.dumps(pack))
    (folder / "r.jsonl").write_text("".join(json.dumps(row) + "\n" for row in rows))
    (folder / "recipe.yaml").write_text(
        f"name: small\nlang: en\nlicense: CC0-1.0\nseed: {seed}\n{more}"
        f"real: {{path: r.jsonl, {real}, license: MIT, publish: true}}\n"
    )
    return load_recipe(folder / "recipe.yaml")


GRAMMAR = "grammar: {path: t.yaml, rows: 200}\n"


def said(annotated=True, **more):
    rows = []
    for intent, sentences in VERBS.items():
        for sentence in sentences:
            carrier = sentence.replace("(please|kindly)", "please")
            for room in ROOMS:
                start = carrier.index("{room}")
                row = {"text": carrier.replace("{room}", room), "intent": intent}
                if annotated:
                    row["slots"] = [{"name": "room", "start": start, "end": start + len(room)}]
                rows.append(row | more)
    return rows


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
    result = stage.run(context)
    rows = table_to_utterances(read_table(folder / "utterances.parquet"))
    return result, rows


def sides(rows, key):
    train = {(row.intent, key(row)) for row in rows if row.split == "train"}
    return train & {(row.intent, key(row)) for row in rows if row.split != "train"}


@pytest.mark.parametrize("seed", range(6))
def test_dealt_rows_follow_the_templates(tmp_path, seed):
    recipe = write_recipe(tmp_path / "p", said(), seed=seed, more=GRAMMAR)
    result, rows = run(recipe, tmp_path / "out")
    assert result.facts["frames_in_two_splits"] == 0
    assert sides(rows, frame_of) == set()
    assert not any("carrier phrase" in note for note in result.notes)
    # Both sides are there: the peace is not an empty one.
    assert {(r.origin, r.split == "train") for r in rows} == {
        ("real", True), ("real", False), ("grammar", True), ("grammar", False),
    }  # fmt: skip


@pytest.mark.parametrize("seed", range(4))
def test_dealt_rows_without_slots_follow_the_templates(tmp_path, seed):
    recipe = write_recipe(
        tmp_path / "p", said(annotated=False), seed=seed, real="text: text", more=GRAMMAR
    )
    _, rows = run(recipe, tmp_path / "out")
    homes = {(r.intent, frame_of(r)): r.split for r in rows if r.origin == "grammar"}
    for row in rows:
        if row.origin == "real" and ("kitchen" in row.text or "attic" in row.text):
            room = "kitchen" if "kitchen" in row.text else "attic"
            assert row.split == homes[row.intent, row.text.replace(room, "{room}")]


@pytest.mark.parametrize("annotated", [True, False])
@pytest.mark.parametrize("split", ["train", "test"])
def test_templates_give_way_to_rows_that_came_with_their_splits(tmp_path, annotated, split):
    rows = said(annotated, fold=split)
    real = "slots: slots, split: fold" if annotated else "split: fold"
    recipe = write_recipe(tmp_path / "p", rows, real=real, more=GRAMMAR)
    result, made = run(recipe, tmp_path / "out")
    assert {r.split for r in made if r.origin == "real"} == {split}
    assert sum(r.origin == "real" for r in made) == len(rows)
    # "kindly" is nobody's but the templates'.
    left = [r for r in made if r.origin == "grammar" and (r.split == "train") != (split == "train")]
    assert all("kindly" in r.text for r in left)
    assert result.facts["frames_in_two_splits"] == 0
    assert any("real rows of another split" in note for note in result.notes)


def test_one_phrase_in_two_given_splits_is_said(tmp_path):
    rows = said(fold="train")[:1] + said(fold="test")[1:2]
    recipe = write_recipe(tmp_path / "p", rows, real="slots: slots, split: fold")
    result, _ = run(recipe, tmp_path / "out")
    assert result.facts["frames_in_two_splits"] == 1
    assert any(note.startswith("1 carrier phrase stands in train and") for note in result.notes)


def test_preview_has_the_rows_of_the_build(tmp_path):
    recipe = write_recipe(tmp_path / "p", said(), more=GRAMMAR)
    _, rows = run(recipe, tmp_path / "out")
    table, _ = preview_rows(recipe, 20)
    shown = table_to_utterances(table)
    assert [row.origin for row in shown] == ["grammar"] * 15 + ["real"] * 5
    built = {row.id: row for row in rows}
    assert all(built[row.id] == row for row in shown)
    alone = write_recipe(tmp_path / "q", said())
    table, _ = preview_rows(alone, 7)
    assert set(table["origin"].to_pylist()) == {"real"}
    assert table.num_rows == 7


SPLIT = """
from corpusforge.grammar.splits import _block_splits
shares = {"train": 0.05, "validation": 0.475, "test": 0.475}
print([_block_splits(size, shares) for size in (3, 4, 6, 8, 10)])
"""


def test_splits_do_not_depend_on_the_hash_seed():
    found = {
        subprocess.run(
            [sys.executable, "-c", SPLIT],
            env=os.environ | {"PYTHONHASHSEED": str(seed)},
            capture_output=True,
            check=True,
            text=True,
        ).stdout
        for seed in range(4)
    }
    assert len(found) == 1
