import json
from dataclasses import replace

import numpy as np
import pyarrow as pa
import pytest

from corpusforge.clean import stage
from corpusforge.clean.verdicts import PAIRS
from corpusforge.core.errors import RunError
from corpusforge.core.executors import InlineExecutor
from corpusforge.core.progress import Progress
from corpusforge.core.recipe import CleanConfig, RealConfig, Recipe
from corpusforge.core.run import Cache, StageContext, canonical_json
from corpusforge.core.schema import (
    CATALOGUE,
    DROPPED,
    TEMPLATES,
    UTTERANCES,
    read_table,
    write_table,
)
from tests.clean.rows import row, table_of

RECIPE = Recipe(name="t", lang="en", license="MIT", clean=CleanConfig(bias_attributes=("gender",)))
CATALOGUE_ROWS = [
    ("name", "anna", "ANNA", "f"),
    ("name", "bert", "BERT", "m"),
    ("name", "carla", "CARLA", "f"),
]


def context(folder, table, *, templates=(), recipe=RECIPE):
    inputs = {name: folder / name for name in ("grammar", "expand")}
    for name in (*inputs, "clean"):
        (folder / name).mkdir(parents=True)
    write_table(table, inputs["expand"] / "utterances.parquet")
    for path in inputs.values():
        write_table(DROPPED.empty_table(), path / "dropped.parquet")
    rows = [
        dict.fromkeys(TEMPLATES.names) | {"template": name, "split": split}
        for name, split in templates
    ]
    write_table(pa.Table.from_pylist(rows, TEMPLATES), inputs["grammar"] / "templates.parquet")
    values = [
        {
            "entity": entity,
            "text": text,
            "value": value,
            "attributes": [{"key": "gender", "value": gender}],
            "agreement": "",
            "license": "MIT",
        }
        for entity, text, value, gender in CATALOGUE_ROWS
    ]
    write_table(pa.Table.from_pylist(values, CATALOGUE), inputs["grammar"] / "catalogue.parquet")
    return StageContext(
        recipe=recipe,
        folder=folder / "clean",
        inputs=inputs,
        cache=Cache(folder / "cache"),
        executor=InlineExecutor(),
        progress=Progress(quiet=True),
    )


def small_corpus():
    rows = [
        row("call {name=anna}", "call", template="t1"),
        row("Call {name=anna}!", "call", template="t1"),
        row("call {name=bert} for me", "call", template="t1"),
        row("text {name=bert}", "text", template="t2"),
        row("text {name=carla}", "text", "test", template="t3"),
        row("stop", "stop", template="t4"),
        row("stop", "quit", "validation", template="t5"),
    ]
    parent = table_of(*rows)["id"].to_pylist()[2]
    child = row("call {name=bert} please", "call", origin="gan", parents=(parent,), generation=1)
    return table_of(*rows, child)


def test_stage_writes_what_it_kept_and_what_it_dropped(tmp_path):
    table = small_corpus()
    ctx = context(tmp_path, table, templates=[("t1", "train"), ("t3", "test")])
    result = stage.run(ctx)
    kept = read_table(ctx.folder / "utterances.parquet")
    dropped = read_table(ctx.folder / "dropped.parquet")
    assert kept.schema == UTTERANCES
    assert dropped.schema == DROPPED
    assert read_table(ctx.folder / "duplicates.parquet").schema == PAIRS
    assert result.rows_in == table.num_rows == kept.num_rows + dropped.num_rows
    assert result.rows_out == kept.num_rows
    # In train "text {name}" is the sentence of a test template, "stop" has two intents.
    assert result.dropped == {"exact_duplicate": 1, "label_conflict": 2, "near_duplicate": 1}
    assert set(dropped["stage"].to_pylist()) == {"clean"}
    assert "intent text has no rows left in train" in " ".join(result.notes)
    # Order of the input is kept, so that a release that grows is appended to.
    order = table["id"].to_pylist()
    places = [order.index(name) for name in kept["id"].to_pylist()]
    assert places == sorted(places)
    canonical_json(result.facts)


def test_rows_in_any_order_give_the_same_corpus(tmp_path):
    table = small_corpus()
    order = np.random.Generator(np.random.Philox(3)).permutation(table.num_rows)
    outcomes = []
    for name, rows in (("a", table), ("b", table.take(pa.array(order)))):
        ctx = context(tmp_path / name, rows)
        stage.run(ctx)
        kept = read_table(ctx.folder / "utterances.parquet").to_pylist()
        dropped = read_table(ctx.folder / "dropped.parquet").to_pylist()
        bias = (ctx.folder / "bias.json").read_bytes()
        outcomes.append((sorted(map(str, kept)), sorted(map(str, dropped)), bias))
    assert outcomes[0] == outcomes[1]


def test_stage_is_deterministic(tmp_path):
    files = []
    for name in ("a", "b"):
        ctx = context(tmp_path / name, small_corpus())
        stage.run(ctx)
        files.append({path.name: path.read_bytes() for path in ctx.folder.iterdir()})
    assert files[0] == files[1]


def test_a_leak_fails_the_run(tmp_path):
    held_out = row("text {name=carla}", "text", "test", template="t3")
    parent = table_of(held_out)["id"].to_pylist()[0]
    child = row("write to {name=carla}", "text", origin="gan", parents=(parent,), generation=1)
    ctx = context(tmp_path, table_of(held_out, child))
    with pytest.raises(RunError, match=r"1 leaks between splits\n.*reaches another split.* t3"):
        stage.run(ctx)
    assert not (ctx.folder / "utterances.parquet").exists()


def test_children_of_a_row_that_lost_to_its_held_out_copy_go(tmp_path):
    train = row("text {name=anna}", "text", template="t2")
    held_out = row("text {name=anna}", "text", "test", template="t3")
    parent = table_of(train)["id"].to_pylist()[0]
    child = row("write {name=anna} now", "text", origin="gan", parents=(parent,), generation=1)
    name = table_of(child)["id"].to_pylist()[0]
    grandchild = row("so write {name=bert}", "text", origin="gan", parents=(name,), generation=2)
    ctx = context(tmp_path, table_of(train, held_out, child, grandchild))
    result = stage.run(ctx)
    assert result.dropped == {"exact_duplicate": 1, "lineage": 2}
    kept = read_table(ctx.folder / "utterances.parquet")
    assert kept["split"].to_pylist() == ["test"]


def test_score_columns_survive(tmp_path):
    table = small_corpus()
    scores = pa.array(np.arange(table.num_rows), pa.float32())
    ctx = context(tmp_path, table.append_column("score_real", scores))
    stage.run(ctx)
    for name in ("utterances", "dropped"):
        assert "score_real" in read_table(ctx.folder / f"{name}.parquet").schema.names


def test_private_rows_are_neither_named_nor_measured(tmp_path):
    private = {"origin": "real"}
    rows = [
        row("call {name=anna}", "call"),
        row("call {name=bert} now", "call"),
        row("text {name=bert}", "text", "test"),
        row("write {name=anna}", "canary", "validation", **private),
        row("Write {name=anna}", "canary", "test", **private),
        row("say {name=anna} it", "canary", **private),
        row("text {name=bert}", "canary", **private),
    ]
    for publish in (False, True):
        real = RealConfig(path="x.csv", license="MIT", publish=publish)
        recipe = replace(RECIPE, real=real)
        ctx = context(tmp_path / str(publish), table_of(*rows), recipe=recipe)
        result = stage.run(ctx)
        dropped = read_table(ctx.folder / "dropped.parquet").to_pylist()
        assert not any("canary" in line["reason"] for line in dropped)
        bias = (ctx.folder / "bias.json").read_text(encoding="utf-8")
        assert ("canary" in bias) == publish
        assert ("canary" in " ".join(result.notes)) == publish
    private = replace(RECIPE, real=replace(real, publish=False))
    assert stage.config(recipe) != stage.config(private)


def test_bias_is_measured_and_written(tmp_path):
    ctx = context(tmp_path, small_corpus())
    result = stage.run(ctx)
    bias = json.loads((ctx.folder / "bias.json").read_text(encoding="utf-8"))
    assert bias["status"] == "measured"
    assert bias["attributes"][0]["attribute"] == "gender"
    assert result.facts["bias"][0]["attribute"] == "gender"


def test_config_names_what_shapes_the_bytes():
    assert stage.config(RECIPE)["filters"] == list(RECIPE.clean.filters)
    canonical_json(stage.config(RECIPE))
