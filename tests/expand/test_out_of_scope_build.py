"""Builds that ask for rows out of scope."""

import dataclasses
import json
from collections import Counter

import numpy as np
import pytest

from corpusforge import api, cli
from corpusforge.core.errors import InputErrors
from corpusforge.core.recipe import OutOfScopeConfig
from corpusforge.core.recipe_file import load_recipe
from corpusforge.core.run import read_json
from corpusforge.core.schema import read_table
from corpusforge.core.text import fold
from corpusforge.expand import stage
from corpusforge.expand.pretrained.match import IntentMatch
from corpusforge.export.verify import verify_release
from tests.expand.tiny_models import build_causal, build_encoder, write_background

TEXTS = {
    "light_on": ("turn on the lamp", "switch on the light", "light up my place"),
    "call_person": ("call mister jones", "phone mister jones please", "ring up my mother"),
}
MORE = ("now", "please", "it is late", "at once", "for me", "again", "in here", "quickly")
BUILD = """\
name: far
lang: en
license: CC0-1.0
seed: 3
real: {{path: rows.jsonl, split: split, license: CC0-1.0, publish: true}}
expand:
  rows: 4
  generator: external
  external: {{path: candidates.jsonl}}
  adapter: {adapter}
  out_of_scope: {{rows: {rows}}}
assess: {{encoder: tfidf-svd, draws: 2}}
speech: {{clips: 0}}
"""


def near_to(texts, prototypes):
    """Who bakes says no intent, who may say one or none, others what their first word says.

    With three intents the third is that of rows out of scope: it shares what none has.
    """
    table = np.full((len(texts), 3), 0.02)
    for row, text in zip(table, texts, strict=True):
        words = text.split()
        if "bake" in words:
            row[:] = 0.06, 0.04, 0.9
        elif "maybe" in words:
            row[:] = 0.4, 0.05, 0.55
        else:
            row[int(words[0] in ("turn", "switch", "light"))] = 0.96
    if len(prototypes) == 2:
        return table
    return np.concatenate([table[:, :2], table[:, 2:] * 0.6, table[:, 2:] * 0.4], 1)


@pytest.fixture(scope="module")
def adapter(tmp_path_factory):
    root = tmp_path_factory.mktemp("far")
    build_causal(root / "causal")
    build_encoder(root / "encoder")
    write_background(root / "background.jsonl", "oh ")
    command = ["meta-train", str(root / "background.jsonl"), "-o", str(root / "adapter"), "-q"]
    models = ["--base", str(root / "causal"), "--encoder", str(root / "encoder")]
    assert cli.main([*command, *models, "--steps", "1", "--match-steps", "1"]) == 0
    return root / "adapter"


@pytest.fixture
def few(adapter, tmp_path, monkeypatch):
    """A recipe of two intents, with candidates: 2 right ones, 6 far, 4 near, 2 of the other."""
    monkeypatch.setattr(IntentMatch, "posterior", lambda self, *found: near_to(*found))
    lines, candidates = [], []
    for intent, texts in TEXTS.items():
        for number, text in enumerate(f"{t} {m}" for t in texts for m in MORE):
            split = "test" if number % 2 else "train"
            lines.append({"text": text, "intent": intent, "split": split})
        other = next(name for name in TEXTS if name != intent)
        said = [f"{texts[0]} with much of the utmost haste"]
        said += [f"{texts[0]} and bake bread number {number}" for number in range(3)]
        said += [f"{texts[0]} or maybe something else {number}" for number in range(2)]
        said += [f"{TEXTS[other][0]} said the wrong one of the two"]
        candidates += [{"text": text, "intent": intent} for text in said]
    lines.append({"text": "turn on the lamp and bake bread number 2", "intent": "light_on"})
    lines[-1]["split"] = "test"
    for name, rows in (("rows", lines), ("candidates", candidates)):
        (tmp_path / f"{name}.jsonl").write_text("\n".join(map(json.dumps, rows)) + "\n")

    def write(rows=4):
        (tmp_path / "recipe.yaml").write_text(BUILD.format(adapter=adapter, rows=rows))
        return tmp_path / "recipe.yaml"

    return write


def made(run):
    (folder,) = (run / "stages").glob("expand-*")
    rows = read_table(folder / "utterances.parquet").to_pylist()
    entry = read_json(folder / "stage.json")
    return [row for row in rows if row["origin"] == "external"], folder, entry


def test_a_build_with_rows_out_of_scope(few, tmp_path):
    recipe = few()
    for name in ("a", "b"):
        api.build(recipe, tmp_path / name)
    rows, folder, entry = made(tmp_path / "a")
    assert (folder / "utterances.parquet").read_bytes() == (
        made(tmp_path / "b")[1] / "utterances.parquet"
    ).read_bytes()
    far = [row for row in rows if row["intent"] == "out_of_scope"]
    assert len(far) == 4
    assert all(" bake " in row["text"] and row["split"] == "train" for row in far)
    assert all(row["score_intent"] == pytest.approx(0.9) for row in far)
    parents = {row["id"]: row for row in read_table(folder / "utterances.parquet").to_pylist()}
    assert Counter(parents[row["parents"][0]]["intent"] for row in far) == {
        "light_on": 2,
        "call_person": 2,
    }
    # Validation and test rows are never said again, under whatever label.
    held = {fold(row["text"]) for row in parents.values() if row["split"] == "test"}
    assert not held & {fold(row["text"]) for row in far}
    dropped = read_table(folder / "dropped.parquet").to_pylist()
    assert not {row["text"] for row in dropped} & {row["text"] for row in far}
    assert sum(" maybe " in row["text"] for row in dropped) == 4
    facts = entry["facts"]
    names = [row for row in rows if row["text"] in ("light on", "light off", "call person")]
    assert len(names) == facts["intent_names"] > 0
    assert facts["accepted"] == len(rows) - len(names) - 4
    assert facts["distinct_candidates"] == len(rows) - len(names) + len(dropped)
    assert facts["verdicts"]["out_of_scope"] == facts["out_of_scope"]["accepted"] == 4
    assert facts["out_of_scope"]["far"] == 6
    assert facts["out_of_scope"]["rejected"] == 12
    assert not any("out of scope" in note for note in entry["notes"])
    assert verify_release(tmp_path / "a" / "release") == []
    page = (tmp_path / "a" / "report.html").read_text()
    assert "4 of 4 wanted ones became rows of out_of_scope" in page


def test_an_intent_of_that_name_is_added_to_and_assessed(few, tmp_path):
    recipe = few()
    real = [
        {"text": f"what is the {what} of spain {more}", "intent": "out_of_scope", "split": split}
        for what, split in (("capital", "train"), ("best dish", "test"))
        for more in MORE
    ]
    with (tmp_path / "rows.jsonl").open("a") as file:
        file.writelines(json.dumps(row) + "\n" for row in real)
    api.build(recipe, tmp_path / "run", until="assess")
    rows, _, entry = made(tmp_path / "run")
    assert entry["facts"]["out_of_scope"]["accepted"] == 4
    assert sum(row["intent"] == "out_of_scope" for row in rows) == 4
    (folder,) = (tmp_path / "run" / "stages").glob("assess-*")
    found = read_json(folder / "assess.json")
    assert found["corpus"]["only_in_corpus"] == []
    assert "out_of_scope" in {one["intent"] for one in found["intents"]}
    assert found["expansion"]["answer"]["usefulness"] is not None


def test_fewer_than_wanted_are_told(few, tmp_path):
    api.build(few(rows=9), tmp_path / "run", until="expand")
    rows, _, entry = made(tmp_path / "run")
    # One of the six reads like a test row.
    assert sum(row["intent"] == "out_of_scope" for row in rows) == 5
    (note,) = [note for note in entry["notes"] if "out of scope" in note]
    assert note == (
        "expansion: 5 of 9 wanted rows out of scope: of 12 candidates in which the judge did not "
        "find their intent, 6 are far from every intent; 1 of those read like another row or "
        "cannot be filled"
    )


def test_without_the_key_nothing_changes(few):
    recipe = load_recipe(few(rows=0))
    assert "out_of_scope" not in stage.config(recipe)["expand"]
    plain = dataclasses.replace(
        recipe, expand=dataclasses.replace(recipe.expand, out_of_scope=OutOfScopeConfig())
    )
    assert stage.config(plain) == stage.config(recipe)


def test_without_an_adapter_it_is_refused(few, capsys):
    recipe = few()
    recipe.write_text(recipe.read_text().replace("  adapter:", "  # adapter:"))
    with pytest.raises(InputErrors, match=r"recipe\.yaml:11:\d+: expand\.out_of_scope: only"):
        load_recipe(recipe)
    assert cli.main(["validate", str(recipe)]) == 2
    assert "corpusforge meta-train" in capsys.readouterr().err
    # Switched off with all of expansion.
    load_recipe(recipe, ["expand.rows=0"])
