"""Rows that the usefulness gate keeps out: gone from nlu, offered in nlu_expanded, told of."""

from __future__ import annotations

import dataclasses
import json

import pyarrow.compute as pc
import pyarrow.parquet as pq
import pytest
import yaml

from corpusforge.core.gate import KEPT, KEPT_OUT, Gate, read_gate
from corpusforge.core.run import write_json
from corpusforge.core.schema import read_table, write_table
from corpusforge.export import stage
from corpusforge.export.checksums import write_checksums
from corpusforge.export.verify import verify_release
from tests.export.corpus import context, utterances

REASON = "no gain on 120 real rows (tfidf-svm -0.1 points, 95 % interval -0.9 to +0.6)"
SCORE = {"accuracy": 0.8, "low": 0.75, "high": 0.85}
GAIN = {"mean_pp": -0.1, "low_pp": -0.9, "high_pp": 0.6}
ASSESSMENT = {
    "verdict": "no gain shown over real data alone",
    "verdict_code": "no_gain",
    "reasons": ["no classifier is better with the corpus than without"],
    "usefulness": {
        "test_rows": 120,
        "classifiers": {
            "tfidf-svm": {"arms": {"real": SCORE, "real + synthetic": SCORE}, "gain": GAIN}
        },
    },
    "intents": [{"intent": "light"}],
}


def gated(root, gate, **options):
    """The small corpus after the stage assess; gan rows have clips no more when kept out."""
    ctx = context(root, **options)
    folder = root / "assess"
    folder.mkdir()
    gate.write(folder)
    write_json(ASSESSMENT, folder / "assess.json")
    write_json({"notes": [f"usefulness: {ASSESSMENT['verdict']}"]}, folder / "stage.json")
    path = ctx.inputs["audio_gate"] / "clips.parquet"
    write_table(gate.admitted(read_table(path)), path)
    return dataclasses.replace(ctx, inputs={**ctx.inputs, "assess": folder})


@pytest.fixture
def kept_out(tmp_path):
    ctx = gated(tmp_path, Gate(KEPT_OUT, REASON, ("gan",)), publish=True, writers=("hf", "wav_csv"))
    result = stage.run(ctx)
    return ctx, result, ctx.folder / "release"


def front_matter(folder):
    text = (folder / "README.md").read_text(encoding="utf-8")
    return yaml.safe_load(text.split("\n---\n")[0].removeprefix("---\n"))


def test_both_configs_open_and_the_default_stays_nlu(kept_out, hub):
    _, _, folder = kept_out
    nlu, expanded = hub(folder, "nlu"), hub(folder, "nlu_expanded")
    assert set(nlu["train"]["origin"]) == {"grammar", "real"}
    assert set(expanded["train"]["origin"]) == {"grammar", "real", "gan"}
    assert len(expanded["train"]) == len(nlu["train"]) + 1
    assert nlu["train"].features == expanded["train"].features
    for split in ("validation", "test"):
        assert nlu[split].to_list() == expanded[split].to_list()
    assert hub(folder)["train"].to_list() == nlu["train"].to_list()
    configs = {c["config_name"]: c.get("default", False) for c in front_matter(folder)["configs"]}
    assert configs == {"nlu": True, "nlu_expanded": False, "speech": False}


def test_the_release_keeps_its_promises_and_accounts_for_every_row(kept_out):
    _, result, folder = kept_out
    assert verify_release(folder) == []
    facts = json.loads((folder / "release.json").read_text(encoding="utf-8"))
    steps = facts["stages"]
    assert steps["assess"] == {
        "unit": "rows",
        "in": steps["clean"]["out"],
        "added": 0,
        "dropped": {"usefulness_gate": 1},
        "out": sum(facts["rows"].values()),
    }
    assert facts["usefulness"]["gate"]["origins_kept_out"] == ["gan"]
    assert facts["usefulness"]["verdict_code"] == "no_gain"
    assert "intents" not in facts["usefulness"]
    assert set(facts["content_sha256"]) == {"all", "nlu", "nlu_expanded", "speech"}
    assert sum(facts["licenses"]["rows"].values()) == result.rows_out + 1
    assert result.dropped == {"only in nlu_expanded": 1}


def test_the_card_says_why(kept_out):
    _, _, folder = kept_out
    card = (folder / "README.md").read_text(encoding="utf-8")
    assert "## Does it help?" in card
    assert "**no gain shown over real data alone**" in card
    assert "1 generated row did not prove useful" in card
    assert REASON in card
    assert 'load_dataset("path/or/repo", "nlu_expanded")' in card
    assert (
        "| tfidf-svm | 80.0 (75.0 to 85.0) | - | 80.0 (75.0 to 85.0) | -0.1 (-0.9 to +0.6) |"
        in card
    )
    assert "| assess | rows | 7 | 0 | 1 | 6 |" in card


def test_wav_csv_offers_the_same(kept_out):
    ctx, _, _ = kept_out
    from corpusforge.core import plugins

    folder = ctx.folder / "exports" / "wav_csv"
    found = plugins.load("writer", "wav_csv").read(folder)
    assert set(found["nlu_expanded"]["origin"].to_pylist()) == {"grammar", "real", "gan"}
    assert "gan" not in found["nlu"]["origin"].to_pylist()
    assert found["nlu_expanded"].num_rows == found["nlu"].num_rows + 1
    assert "1 generated row that did not prove useful" in (folder / "README.md").read_text()
    assert "utterances_expanded.csv" in (folder / "SHA256SUMS").read_text()


def test_provenance_tells_of_rows_kept_out(kept_out):
    _, _, folder = kept_out
    story = read_table(folder / "provenance" / "utterances.parquet").to_pylist()
    made = [row for row in story if row["origin"] == "gan"]
    assert len(made) == 1
    assert made[0]["released"]
    assert made[0]["parents"]


def test_kept_rows_change_nothing_but_what_is_said(tmp_path, release_folder):
    ctx = gated(tmp_path, Gate(KEPT, "they help on 120 real rows (tfidf-svm +2.0 points)"))
    stage.run(ctx)
    folder = ctx.folder / "release"
    assert verify_release(folder) == []
    assert not (folder / "nlu_expanded").exists()
    both = [
        json.loads((path / "release.json").read_text(encoding="utf-8"))["content_sha256"]
        for path in (folder, release_folder)
    ]
    assert both[0] == both[1]
    card = (folder / "README.md").read_text(encoding="utf-8")
    assert "they help on 120 real rows" in card
    assert "Not shown to help" not in card


def test_nothing_assessed_says_what_it_said(release_folder):
    facts = json.loads((release_folder / "release.json").read_text(encoding="utf-8"))
    assert "usefulness" not in facts
    assert "Not shown to help. 1 row comes" in (release_folder / "README.md").read_text()


@pytest.mark.parametrize("damage", ["row in nlu", "row gone", "other row"])
def test_a_wrong_config_is_found(kept_out, damage):
    _, _, folder = kept_out
    path = next((folder / "nlu_expanded").glob("train-*"))
    table = pq.read_table(path, partitioning=None)
    if damage == "row in nlu":
        path = next((folder / "nlu").glob("train-*"))
    elif damage == "row gone":
        table = table.slice(1)
    else:
        place = table.schema.get_field_index("generation")
        none = pc.multiply(table["generation"], 0).cast("int32")
        table = table.set_column(place, table.schema.field("generation"), none)
    pq.write_table(table, path)
    write_checksums(folder)
    assert "expanded" in {problem.check for problem in verify_release(folder)}


def test_a_gate_is_read_as_it_was_written(tmp_path):
    gate = Gate(KEPT_OUT, "why", ("gan", "counterfactual"))
    gate.write(tmp_path)
    found = read_gate({"assess": tmp_path})
    assert found.to_json() == gate.to_json()
    rows = utterances()
    assert "gan" not in found.admitted(rows)["origin"].to_pylist()
    assert read_gate({}).admitted(rows).equals(rows)
