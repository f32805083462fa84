import dataclasses
import shutil
from collections import defaultdict

import pyarrow as pa
import pyarrow.compute as pc
import pytest
import torch

from corpusforge.core.errors import InputError
from corpusforge.core.language import Language
from corpusforge.core.run import read_json
from corpusforge.core.schema import (
    DROPPED,
    check_utterances,
    read_table,
    table_to_utterances,
    write_table,
)
from corpusforge.core.text import delexicalise, fold, fold_delexicalised
from corpusforge.expand import stage
from tests.expand.conftest import Expanded

FILES = ("utterances.parquet", "dropped.parquet", "history.json")


@pytest.fixture(scope="module")
def before(grammar_folder):
    return read_table(grammar_folder / "utterances.parquet")


@pytest.fixture(scope="module")
def after(expanded):
    return read_table(expanded.folder / "utterances.parquet")


@pytest.fixture(scope="module")
def accepted(after, before):
    return table_to_utterances(after.slice(before.num_rows))


def with_expand(recipe, **changes):
    return dataclasses.replace(recipe, expand=dataclasses.replace(recipe.expand, **changes))


def carrier(row):
    return fold_delexicalised(delexicalise(row.text, row.slots))


def test_input_rows_are_unchanged(before, after):
    assert after.select(before.schema.names).slice(0, before.num_rows).equals(before)


def test_accepted_rows_keep_the_contract(before, after, accepted, expanded):
    check_utterances(after)
    assert len(accepted) == expanded.result.facts["accepted"] == 8
    train = {row.id: row for row in table_to_utterances(before) if row.split == "train"}
    for row in accepted:
        (parent,) = row.parents
        assert (row.origin, row.split, row.generation) == ("gan", "train", 1)
        assert row.template == train[parent].template
        assert row.intent == train[parent].intent
        assert row.license == "CC0-1.0"
        assert sorted(s.name for s in row.slots) == sorted(s.name for s in train[parent].slots)
    scores = after.slice(before.num_rows)
    for name in ("score_discriminator", "score_intent"):
        assert pc.min_max(scores[name]).as_py()["min"] >= 0
        assert pc.min_max(scores[name]).as_py()["max"] <= 1
        assert after[name].slice(0, before.num_rows).null_count == before.num_rows


def test_accepted_rows_are_novel(accepted, before, grammar_folder):
    language = Language.load(grammar_folder / "language.json")
    rows = table_to_utterances(before)
    known = {carrier(row) for row in rows if row.split == "train"}
    folded = [fold(row.text) for row in accepted]
    assert len(set(folded)) == len(folded)
    assert not set(folded) & {fold(row.text) for row in rows}
    for row in accepted:
        assert not language.contains(carrier(row))
        assert not language.contains(fold(row.text))
        assert carrier(row) not in known


def test_values_stay_in_their_class(accepted):
    many = {"the kids", "my parents"}
    for row in accepted:
        for slot in row.slots:
            if slot.name == "person" and "are {person}" in carrier(row):
                assert slot.text in many


def test_weights_do_not_outweigh_the_grammar(before, accepted):
    sums = defaultdict(float)
    for row in table_to_utterances(before):
        if row.split == "train":
            sums[row.intent] += row.weight
    added = defaultdict(float)
    for row in accepted:
        assert 0 < row.weight <= 0.5
        added[row.intent] += row.weight
    assert all(added[intent] <= sums[intent] / 2 for intent in added)


def test_rejected_candidates_are_kept_once_with_a_reason(expanded):
    dropped = read_table(expanded.folder / "dropped.parquet")
    check_utterances(dropped)
    assert set(DROPPED.names) <= set(dropped.schema.names)
    facts = expanded.result.facts
    assert dict(expanded.result.dropped) == {
        name: count for name, count in facts["verdicts"].items() if name != "accepted"
    }
    assert facts["distinct_candidates"] == facts["accepted"] + dropped.num_rows
    assert sum(facts["shares"].values()) == pytest.approx(1)
    assert set(dropped["weight"].to_pylist()) <= {0.0}
    judged = [row for row in dropped.to_pylist() if row["filter"] == "improbable"]
    assert all(row["score"] < row["threshold"] for row in judged)


def test_the_run_says_that_it_does_not_know_whether_it_helps(expanded):
    assert "usefulness" not in expanded.result.facts
    assert stage.NOT_SHOWN in expanded.result.notes


def test_history(expanded, recipe):
    history = read_json(expanded.folder / "history.json")
    assert len(history["rounds"]) == recipe.expand.rounds + 1
    kept = history["rounds"][history["round_kept"]]
    losses = [r["guard"]["nll"] for r in history["rounds"] if not r["undone"]]
    assert kept["guard"]["nll"] == min(losses)


def test_same_seed_same_bytes_and_no_trace_in_torch(recipe, expanded, expand):
    state, threads = torch.get_rng_state(), torch.get_num_threads()
    again = expand(recipe)
    for name in FILES:
        assert (again.folder / name).read_bytes() == (expanded.folder / name).read_bytes(), name
    assert again.result == expanded.result
    assert torch.equal(torch.get_rng_state(), state)
    assert torch.get_num_threads() == threads


def test_a_finished_model_is_not_trained_again(recipe, expanded, expand, monkeypatch):
    monkeypatch.setattr("corpusforge.expand.model.fit_model", None)  # calling it would fail
    more = expand(with_expand(recipe, rows=4), cache=expanded.cache)
    assert more.result.facts["accepted"] == 4


def test_a_pinned_model_is_used(recipe, expanded, expand, monkeypatch):
    monkeypatch.setattr("corpusforge.expand.model.fit_model", None)
    pinned = expand(with_expand(recipe, model=str(expanded.model)))
    for name in FILES:
        assert (pinned.folder / name).read_bytes() == (expanded.folder / name).read_bytes(), name


def test_a_pinned_folder_without_a_model(recipe, expand, tmp_path):
    (tmp_path / "empty").mkdir()
    with pytest.raises(InputError, match="not a model folder"):
        expand(with_expand(recipe, model=str(tmp_path / "empty")))
    with pytest.raises(InputError, match="there is no folder"):
        stage.config(with_expand(recipe, model=str(tmp_path / "nowhere")))


def test_auto_classes_open_the_model_folder(expanded, recipe):
    from transformers import AutoModelForCausalLM, AutoTokenizer

    tokenizer = AutoTokenizer.from_pretrained(str(expanded.model), local_files_only=True)
    model = AutoModelForCausalLM.from_pretrained(str(expanded.model), local_files_only=True)
    assert model.config.vocab_size == len(tokenizer)
    assert model.config.hidden_size == recipe.expand.hidden_size


def test_no_rows_wanted(recipe, expand, before):
    passed = expand(with_expand(recipe, rows=0))
    assert read_table(passed.folder / "utterances.parquet").equals(before)
    assert read_table(passed.folder / "dropped.parquet").num_rows == 0
    assert passed.result.notes == ()
    assert not passed.cache.exists()


def test_config_names_what_shapes_the_bytes(recipe):
    assert stage.config(recipe) != stage.config(with_expand(recipe, rounds=0))
    with pytest.raises(InputError, match="hidden_size"):
        stage.config(with_expand(recipe, hidden_size=20))
    with pytest.raises(InputError, match="temperature"):
        stage.config(with_expand(recipe, temperatures=()))


def test_a_pinned_model_that_has_seen_held_out_sentences_is_refused(
    recipe, expanded, tmp_path, grammar_folder
):
    table = read_table(grammar_folder / "utterances.parquet")
    swap = {"train": "test", "test": "train", "validation": "train"}
    splits = pa.array([swap[name] for name in table["split"].to_pylist()])
    swapped = table.set_column(table.schema.get_field_index("split"), "split", splits)
    for name in ("catalogue.parquet", "language.json"):
        shutil.copy(grammar_folder / name, tmp_path / name)
    write_table(swapped, tmp_path / "utterances.parquet")
    with pytest.raises(InputError, match="validation or test rows now"):
        Expanded(with_expand(recipe, model=str(expanded.model)), tmp_path, tmp_path / "run")
