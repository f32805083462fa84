"""The build's stage: planted generated rows are kept or kept out, and nothing private is told."""

from __future__ import annotations

import dataclasses
import json
import subprocess
import sys
from importlib import resources

import jsonschema
import pytest

from corpusforge.assess import controls, stage
from corpusforge.core.executors import InlineExecutor
from corpusforge.core.gate import KEPT, KEPT_OUT, NOT_ASSESSED, read_gate
from corpusforge.core.ids import assign_ids
from corpusforge.core.progress import Progress
from corpusforge.core.recipe import AssessConfig, ExpandConfig, RealConfig, Recipe
from corpusforge.core.run import Cache, StageContext, read_json
from corpusforge.core.schema import Utterance, read_table, utterances_to_table, write_table
from corpusforge.core.seeding import rng
from tests.assess.toy import rows

CANARY, SECRET = "zyloph", "qsecret"
QUICK = AssessConfig(encoder="tfidf-svd", draws=2)


def utterances(found, split="train", origin="real", generation=0):
    return [
        Utterance(
            text=text,
            lang="en",
            intent=intent,
            slots=(),
            origin=origin,
            split=split,
            license="MIT",
            generation=generation,
            weight=0.5 if generation else 1.0,
        )
        for text, intent in zip(found.texts, found.intents, strict=True)
    ]


def real(validation=30, test=5):
    """Two train rows per intent, and held-out ones."""
    held = [("validation", validation, 2), ("test", test, 4)]
    found = utterances(rows(2, seed=1))
    for split, count, seed in held:
        found += utterances(rows(count, seed=seed), split) if count else []
    return found


def generated(labels="right"):
    found = rows(40, seed=3)
    if labels == "random":
        found = controls.random_labels(found, rng(1, "wrong"))
    return utterances(found, origin="gan", generation=1)


def written():
    return utterances(rows(1, seed=5), origin="grammar")


def context(root, found, *, publish=True, config=QUICK, real_rows=True, name="out"):
    clean = root / "clean"
    clean.mkdir(exist_ok=True)
    # What the stage clean would have dropped: a sentence that stands twice.
    once = {row.text: row for row in reversed(found)}
    table = assign_ids(utterances_to_table(reversed(once.values())))
    write_table(table, clean / "utterances.parquet")
    folder = root / name
    folder.mkdir()
    recipe = Recipe(
        name="toy",
        lang="en",
        license="MIT",
        real=RealConfig(path="/home/somebody/r.csv", license="MIT", publish=publish)
        if real_rows
        else None,
        expand=ExpandConfig(rows=50),
        assess=config,
    )
    return StageContext(
        recipe=recipe,
        folder=folder,
        inputs={"clean": clean},
        cache=Cache(root / "cache"),
        executor=InlineExecutor(),
        progress=Progress(quiet=True),
    )


def gate_of(ctx):
    return read_gate({"assess": ctx.folder})


def check_schema(document):
    path = resources.files("corpusforge.schemas").joinpath("assess.schema.json")
    jsonschema.Draft202012Validator(json.loads(path.read_text("utf-8"))).validate(document)


def test_generated_rows_that_help_are_kept(tmp_path):
    ctx = context(tmp_path, [*real(), *written(), *generated()])
    result = stage.run(ctx)
    gate = gate_of(ctx)
    assert (gate.expansion, gate.origins_kept_out) == (KEPT, ())
    assert gate.reason.startswith("they help on ")
    assert result.dropped == {}
    document = read_json(ctx.folder / "assess.json")
    check_schema(document)
    assert document["verdict_code"] == "use"
    assert document["corpus"]["origins"]["gan"] > 100
    assert document["expansion"]["answer"]["test_rows_looked_at"] is False
    assert any("in config nlu: they help" in note for note in result.notes)


def test_rows_under_wrong_labels_are_kept_out(tmp_path):
    ctx = context(tmp_path, [*real(), *written(), *generated("random")])
    result = stage.run(ctx)
    gate = gate_of(ctx)
    assert (gate.expansion, gate.origins_kept_out) == (KEPT_OUT, ("gan",))
    assert "worse" in gate.reason or "no gain" in gate.reason
    table = read_table(ctx.inputs["clean"] / "utterances.parquet")
    admitted = gate.admitted(table)
    assert set(admitted["origin"].to_pylist()) == {"real", "grammar"}
    kept_out = table.num_rows - admitted.num_rows
    assert result.dropped == {"usefulness_gate": kept_out}
    assert result.rows_out == admitted.num_rows
    assert any("kept out of config nlu and offered as nlu_expanded" in n for n in result.notes)
    # What is assessed is what nlu holds.
    assert read_json(ctx.folder / "assess.json")["corpus"]["origins"] == {"grammar": 4}


def test_few_held_out_rows_decide_nothing(tmp_path):
    ctx = context(tmp_path, [*real(1, 1), *written(), *generated()])
    result = stage.run(ctx)
    gate = gate_of(ctx)
    assert gate.expansion == KEPT_OUT
    assert "not enough real data to say: 8 real rows are held out, at least 30" in gate.reason
    document = read_json(ctx.folder / "assess.json")
    check_schema(document)
    assert document["verdict_code"] == "not_enough_real_data"
    assert result.facts["verdict_code"] == "not_enough_real_data"


def test_test_rows_are_looked_at_only_for_want_of_validation_rows(tmp_path):
    ctx = context(tmp_path, [*real(10, 20), *generated()])
    result = stage.run(ctx)
    answer = read_json(ctx.folder / "assess.json")["expansion"]["answer"]
    assert answer["test_rows_looked_at"] is True
    assert any("test rows were looked at" in note for note in result.notes)


def test_the_same_rows_give_the_same_bytes(tmp_path):
    found = [*real(10, 10), *written(), *generated()]
    files = []
    for name in ("a", "b"):
        ctx = context(tmp_path, found, name=name)
        stage.run(ctx)
        files.append({path.name: path.read_bytes() for path in ctx.folder.iterdir()})
    assert files[0] == files[1]
    assert set(files[0]) == {"assess.json", "assessment.json", "gate.json"}


def test_generated_rows_stay_when_there_is_nothing_else_to_release(tmp_path):
    ctx = context(tmp_path, [*real(1, 1), *generated()], publish=False)
    stage.run(ctx)
    assert gate_of(ctx).expansion == KEPT
    assert "nothing else to release" in gate_of(ctx).reason


def test_the_gate_can_be_switched_off(tmp_path):
    config = dataclasses.replace(QUICK, gate=False)
    ctx = context(tmp_path, [*real(1, 1), *written(), *generated()], config=config)
    stage.run(ctx)
    assert gate_of(ctx).expansion == KEPT
    assert "the gate is switched off" in gate_of(ctx).reason


def test_without_expansion_only_the_corpus_is_assessed(tmp_path):
    ctx = context(tmp_path, [*real(20, 5), *utterances(rows(20, seed=7), origin="grammar")])
    stage.run(ctx)
    assert gate_of(ctx).expansion == NOT_ASSESSED
    document = read_json(ctx.folder / "assess.json")
    check_schema(document)
    assert document["verdict_code"] == "use"
    assert document["expansion"]["answer"] is None


@pytest.mark.parametrize("case", ["no real rows", "switched off", "real rows only"])
def test_nothing_is_measured_where_nothing_can_be(tmp_path, case):
    config = dataclasses.replace(QUICK, enabled=case != "switched off")
    found = real(1, 1) if case == "real rows only" else [*written(), *generated()]
    ctx = context(tmp_path, found, config=config, real_rows=case != "no real rows")
    result = stage.run(ctx)
    assert [path.name for path in ctx.folder.iterdir()] == ["gate.json"]
    assert gate_of(ctx).expansion == NOT_ASSESSED
    assert result.facts["usefulness"] == "not assessed"
    assert bool(result.notes) == (case == "switched off")


def test_settings_count_only_where_there_are_real_rows(tmp_path):
    ctx = context(tmp_path, written())
    other = dataclasses.replace(ctx.recipe, assess=AssessConfig(draws=7))
    assert stage.config(ctx.recipe) != stage.config(other)
    alone = [dataclasses.replace(recipe, real=None) for recipe in (ctx.recipe, other)]
    assert stage.config(alone[0]) == stage.config(alone[1])


def test_an_encoder_folder_counts_by_its_content(tmp_path):
    model = tmp_path / "model"
    model.mkdir()
    (model / "config.json").write_text("{}")
    recipe = dataclasses.replace(
        context(tmp_path, written()).recipe, folder=tmp_path, assess=AssessConfig(encoder="model")
    )
    before = stage.config(recipe)
    assert str(tmp_path) not in json.dumps(before)
    (model / "config.json").write_text("{ }")
    assert stage.config(recipe) != before


def private_rows():
    """Real rows with a word and an intent that no other row has."""
    found = [dataclasses.replace(row, text=f"{row.text} {CANARY}") for row in real(20, 5)]
    secret = [
        Utterance(
            text=f"{CANARY} number {n}",
            lang="en",
            intent=SECRET,
            slots=(),
            origin="real",
            split=("train", "validation")[n % 2],
            license="MIT",
        )
        for n in range(8)
    ]
    return [*found, *secret]


@pytest.mark.parametrize("publish", [False, True])
def test_words_of_private_rows_are_in_the_owners_file_only(tmp_path, publish):
    found = [*private_rows(), *utterances(rows(10, seed=7), origin="grammar")]
    ctx = context(tmp_path, found, publish=publish)
    result = stage.run(ctx)
    public, whole = (
        (ctx.folder / name).read_text(encoding="utf-8")
        for name in ("assess.json", "assessment.json")
    )
    # So that the search is known to find: failing rows quote the canary.
    assert CANARY in whole
    assert SECRET in whole
    told = public + (ctx.folder / "gate.json").read_text() + repr(result)
    assert (CANARY in told) == publish
    assert (SECRET in told) == publish
    document = json.loads(public)
    check_schema(document)
    assert document["usefulness"] == json.loads(whole)["usefulness"]
    assert document["intents"]


LIGHT = """
import sys
from corpusforge import pipeline
import corpusforge.assess.stage
print([name for name in ("sklearn", "torch", "corpusforge.assess.run") if name in sys.modules])
"""


def test_the_stage_itself_is_light():
    done = subprocess.run([sys.executable, "-c", LIGHT], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "[]"
