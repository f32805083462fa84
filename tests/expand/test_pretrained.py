"""Builds with an adapter, on tiny models."""

import json

import pytest

from corpusforge.core.errors import InputError
from corpusforge.core.recipe_file import load_recipe
from corpusforge.core.schema import read_table
from corpusforge.expand.pretrained.adapter_files import AdapterFiles
from tests.expand.tiny_models import (
    build_causal,
)

FEW = """\
name: few
lang: en
license: CC0-1.0
seed: 3
real: {{path: rows.jsonl, split: split, license: CC0-1.0}}
expand: {{rows: 6, max_candidates: 30, base: {base}, adapter: {adapter}, temperatures: [1.0]}}
speech: {{clips: 0}}
"""


def few_shot(folder, tiny, adapter, *more):
    rows = [("light_on", "turn on the hall light"), ("timer", "remind me in ten minutes")]
    lines = [json.dumps({"text": t, "intent": i, "split": "train"}) for i, t in rows]
    lines += [json.dumps({"text": t, "intent": i, "split": "test"}) for i, t in more]
    folder.mkdir()
    (folder / "rows.jsonl").write_text("\n".join(lines) + "\n")
    recipe = folder / "recipe.yaml"
    recipe.write_text(FEW.format(base=tiny / "causal", adapter=adapter))
    return recipe


def expand_folder(run):
    (folder,) = (run / "stages").glob("expand-*")
    return folder


def test_two_rows_are_enough_for_a_build_with_an_adapter(tiny, adapter, tmp_path, monkeypatch):
    from corpusforge import api
    from corpusforge.expand.pretrained import judge

    # A discriminator that has learnt three episodes knows nothing.
    monkeypatch.setattr(judge, "_LEAST_MATCH", 0.0)
    recipe = few_shot(tmp_path / "few", tiny, adapter)
    for name in ("a", "b"):
        api.build(recipe, tmp_path / name, until="expand")
    made, again = (read_table(expand_folder(tmp_path / n) / "utterances.parquet") for n in "ab")
    assert made.equals(again)
    rows = [row for row in made.to_pylist() if row["origin"] == "gan"]
    assert rows
    assert {row["intent"] for row in rows} <= {"light_on", "timer"}
    assert all(row["split"] == "train" and row["parents"] for row in rows)
    for intent in {row["intent"] for row in rows}:
        # Two times the one exemplar at most, and the intent's name.
        assert sum(row["weight"] for row in rows if row["intent"] == intent) <= 3.0 + 1e-6
    assert sorted(row["text"] for row in rows if row["weight"] == 1.0) == ["light on", "timer"]
    recipe.write_text(recipe.read_text().replace("expand: {", "expand: {intent_names: false, "))
    api.build(recipe, tmp_path / "c", until="expand")
    without = read_table(expand_folder(tmp_path / "c") / "utterances.parquet").to_pylist()
    names = ("light on", "timer")
    assert [r["text"] for r in without] == [
        r["text"] for r in made.to_pylist() if r["text"] not in names
    ]
    history = json.loads((expand_folder(tmp_path / "a") / "history.json").read_text())
    assert history["base"] == "causal"
    assert history["adapter"]["intents"] == 12


def test_a_test_row_of_the_background_is_refused(tiny, adapter, tmp_path):
    from corpusforge import api

    recipe = few_shot(tmp_path / "few", tiny, adapter, ("light_on", "Light up my place"))
    with pytest.raises(InputError, match="meta-trained on texts of 1 rows"):
        api.build(recipe, tmp_path / "run", until="expand")


def test_an_adapter_is_refused_for_another_base(tiny, adapter, tmp_path):
    build_causal(tmp_path / "other", layers=1)
    with pytest.raises(InputError, match="is not the model that the adapter was trained on"):
        AdapterFiles.open(adapter).base(str(tmp_path / "other"), tmp_path)
    with pytest.raises(InputError, match="is not an adapter folder"):
        AdapterFiles.open(tmp_path)


def test_auto_without_an_adapter_trains_from_scratch(tmp_path):
    (tmp_path / "t.yaml").write_text("language: en\nintents: {a: {data: [{sentences: [hi]}]}}\n")
    (tmp_path / "recipe.yaml").write_text(
        "name: x\nlang: en\nlicense: CC0-1.0\ngrammar: {path: t.yaml}\n"
    )
    from corpusforge.expand.settings import pretrained_base_of

    assert pretrained_base_of(load_recipe(tmp_path / "recipe.yaml")) is None
