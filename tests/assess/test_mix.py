"""Mixed files: shares, nothing of the test set, nothing half-written."""

from __future__ import annotations

import errno
import json
import os
from collections import Counter

import numpy as np
import pyarrow.parquet as pq
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from corpusforge import api
from corpusforge.assess.columns import ColumnNames
from corpusforge.assess.inputs import content_sha256, read_sides
from corpusforge.assess.mix import MixOptions, mix_order, rows_for_share
from corpusforge.assess.rows import Rows
from corpusforge.assess.sources import Source
from corpusforge.core.errors import InputError
from corpusforge.core.seeding import rng
from corpusforge.core.text import fold

WORDS = [
    "lamp",
    "kitchen",
    "timer",
    "song",
    "door",
    "heat",
    "fan",
    "radio",
    "blind",
    "stairs",
    "shelf",
    "cup",
]


def rows(count, seed, **columns):
    generator = rng(seed, "test.mix")
    found = []
    while len(found) < count:
        text = " ".join(generator.choice(WORDS, 6)) + f" {generator.integers(10**9)}"
        found.append({"text": text, "intent": f"i{generator.integers(4)}", **columns})
    return found


def write(path, found):
    path.write_text("".join(json.dumps(row) + "\n" for row in found))
    return path


def load(path):
    return [json.loads(line) for line in path.read_text().splitlines()]


@pytest.fixture
def files(tmp_path):
    real = write(tmp_path / "real.jsonl", rows(60, 1))
    synthetic = write(tmp_path / "synthetic.jsonl", rows(200, 2, weight=0.5, origin="gan"))
    test = write(tmp_path / "test.jsonl", rows(30, 3))
    return real, synthetic, test


def test_all_real_rows_and_a_share_of_the_others(files, tmp_path):
    real, synthetic, test = files
    made = api.mix(real, synthetic, tmp_path / "m.jsonl", MixOptions(share=0.4, test=test))
    found = load(tmp_path / "m.jsonl")
    assert (made.real_rows, made.synthetic_rows, made.share) == (60, 40, 0.4)
    assert [row["text"] for row in found[:60]] == [row["text"] for row in load(real)]
    assert Counter((row["origin"], row["weight"]) for row in found) == {
        ("real", 1.0): 60,
        ("gan", 0.5): 40,
    }
    assert list(found[0]) == ["text", "intent", "origin", "weight"]


def test_too_few_synthetic_rows_are_said(files, tmp_path):
    real, synthetic, test = files
    made = api.mix(real, synthetic, tmp_path / "m.jsonl", MixOptions(share=0.9, test=test))
    assert made.synthetic_rows == 200
    assert made.share == pytest.approx(200 / 260)
    assert any("76.9% is reached" in note for note in made.notes)


def source(intents):
    count = len(intents)
    made = Rows.labelled([f"t{n}" for n in range(count)], intents, origin="gan")
    return Source("s", "table", made, None, ("",) * count, ((),) * count, ("",) * count)


@settings(max_examples=60, deadline=None)
@given(st.lists(st.sampled_from("abcd"), min_size=1, max_size=60), st.integers(0, 5))
def test_every_prefix_is_stratified(intents, seed):
    """So a larger share contains a smaller one, and each has the corpus' mix of intents."""
    order = mix_order(source(intents), seed)
    assert sorted(order) == list(range(len(intents)))
    total = Counter(intents)
    for n in range(len(intents) + 1):
        taken = Counter(intents[i] for i in order[:n])
        for intent, count in total.items():
            assert abs(taken[intent] - n * count / len(intents)) < 2


@settings(max_examples=60, deadline=None)
@given(st.floats(0.01, 0.99), st.integers(1, 5000))
def test_shares(share, real):
    made = rows_for_share(share, real)
    assert abs(made - share * (made + real)) <= 0.5 / (1 - share) * (1 - share) + 1e-6


def test_order_of_the_file_does_not_matter(files, tmp_path):
    real, synthetic, test = files
    options = MixOptions(share=0.3, test=test)
    api.mix(real, synthetic, tmp_path / "a.jsonl", options)
    turned = write(tmp_path / "turned.jsonl", load(synthetic)[::-1])
    api.mix(real, turned, tmp_path / "b.jsonl", options)
    texts = [{row["text"] for row in load(tmp_path / f"{name}.jsonl")} for name in "ab"]
    assert texts[0] == texts[1]


@settings(max_examples=15, deadline=None)
@given(st.integers(0, 1000), st.sampled_from(["real", "synthetic", "both"]), st.integers(1, 8))
def test_no_test_row_gets_in(tmp_path_factory, seed, side, leaked):
    folder = tmp_path_factory.mktemp("mix")
    test = rows(30, seed)
    shout = [{**row, "text": row["text"].upper() + "!"} for row in test[:leaked]]
    sides = {"real": rows(40, seed + 1), "synthetic": rows(80, seed + 2)}
    for name in sides:
        if side in (name, "both"):
            sides[name] = sides[name] + shout
    # Of many words, so that another last one is little.
    near = {**test[9], "text": " ".join(row["text"] for row in test[9:15])}
    held = write(folder / "test.jsonl", [*test, near])
    sides["synthetic"].append({**near, "text": near["text"] + "x"})
    paths = [write(folder / f"{name}.jsonl", found) for name, found in sides.items()]
    out = folder / "m.jsonl"
    with pytest.raises(InputError, match=f"{leaked} rows of"):
        api.mix(*paths, out, MixOptions(share=0.5, test=held))
    assert not out.exists()
    api.mix(*paths, out, MixOptions(share=0.6, test=held, drop_test_rows=True))
    texts = {fold(row["text"]) for row in load(out)}
    assert not texts & {fold(row["text"]) for row in load(held)}
    assert fold(near["text"] + "x") not in texts


def test_refusal_names_the_first_places(files, tmp_path):
    real, synthetic, _ = files
    test = write(tmp_path / "t.jsonl", rows(200, 2)[4:6] + rows(30, 9))
    with pytest.raises(InputError) as caught:
        api.mix(real, synthetic, tmp_path / "m.jsonl", MixOptions(share=0.5, test=test))
    assert "synthetic.jsonl, line 5" in str(caught.value)
    assert "--drop-test-rows" in str(caught.value)


@pytest.mark.parametrize("suffix", [".jsonl", ".csv", ".parquet"])
def test_slots_ids_and_parents_go_along(tmp_path, suffix):
    slots = [{"name": "what", "start": 0, "end": 3}]
    real = [{**row, "slots": []} for row in rows(20, 1)]
    made = [
        {**row, "slots": slots, "id": f"{n:032x}", "parents": ["p"], "origin": "gan"}
        for n, row in enumerate(rows(20, 2))
    ]
    out = tmp_path / f"m{suffix}"
    paths = write(tmp_path / "r.jsonl", real), write(tmp_path / "s.jsonl", made)
    api.mix(*paths, out, MixOptions(share=0.5))
    sides = read_sides(out, paths[0], None, ColumnNames())
    assert len(sides.synthetic.rows) == 20
    assert sides.synthetic.ids == tuple(f"{n:032x}" for n in range(20))
    if suffix != ".csv":
        assert sides.synthetic.rows.slots[0][0].name == "what"
        assert sides.synthetic.parents[0] == ("p",)
    if suffix == ".parquet":
        assert pq.read_table(out)["slots"][0].as_py() == []


def assessment(synthetic, **values):
    real, test = (synthetic.with_name(f"{name}.jsonl") for name in ("real", "test"))
    sides = read_sides(synthetic, real, test, ColumnNames())
    corpus = {
        "content_sha256": content_sha256(sides.synthetic.rows),
        "real_sha256": content_sha256(sides.real.rows),
        "test_sha256": content_sha256(sides.test.rows),
    }
    base = {"verdict": "use it", "verdict_code": "use", "mixing": None, "corpus": corpus}
    return json.dumps(base | values)


@pytest.mark.parametrize(
    ("values", "synthetic_rows"),
    [
        ({}, 200),
        ({"share": 0.25, "verdict_code": "use_up_to"}, 20),
        ({"mixing": {"recommended_share": 0.4}, "share": 0.25}, 40),
        ({"mixing": {"recommended_share": None}, "share": 1.0}, 200),
        ({"verdict_code": "no_gain", "verdict": "no gain"}, 0),
        ({"verdict_code": "do_not_use", "mixing": {"recommended_share": 0.0}}, 0),
    ],
)
def test_the_share_that_an_assess_recommends(files, tmp_path, values, synthetic_rows):
    real, synthetic, test = files
    beside = tmp_path / "synthetic-assess.json"
    beside.write_text(assessment(synthetic, **values))
    made = api.mix(real, synthetic, tmp_path / "m.csv", MixOptions(test=test))
    assert made.synthetic_rows == synthetic_rows
    assert made.real_rows == 60
    assert any("synthetic-assess.json" in note for note in made.notes)


def test_assessments_that_recommend_nothing(files, tmp_path):
    real, synthetic, test = files
    path = tmp_path / "a.json"
    options = MixOptions(test=test, assessment=path)

    def refusal():
        with pytest.raises(InputError) as caught:
            api.mix(real, synthetic, tmp_path / "m.csv", options)
        assert not (tmp_path / "m.csv").exists()
        return str(caught.value)

    assert "cannot be read" in refusal()
    path.write_text("[]")
    assert "is no assess.json" in refusal()
    path.write_text(assessment(synthetic, verdict_code="not_enough_real_data"))
    assert "no share can be recommended" in refusal()
    for changed in files:
        text, kept = assessment(synthetic), load(changed)
        write(changed, kept[1:])
        path.write_text(text)
        assert f"about other rows than those of {changed.name}" in refusal()
        write(changed, kept)
    path.write_text(assessment(synthetic))
    write(synthetic, load(synthetic)[1:])
    with pytest.raises(InputError, match="no rows to test on"):
        api.mix(real, synthetic, tmp_path / "m.csv")


@pytest.mark.parametrize(
    ("out", "share", "expected"),
    [
        ("m.txt", 0.5, "told by its ending"),
        ("nowhere/m.csv", 0.5, "there is no folder"),
        ("real.jsonl", 0.5, "would overwrite"),
        ("m.csv", 1.0, "not between 0 and 1"),
        ("m.csv", 40.0, "not between 0 and 1"),
    ],
)
def test_wrong_requests(files, tmp_path, out, share, expected):
    real, synthetic, test = files
    before = sorted(tmp_path.iterdir())
    with pytest.raises(InputError, match=expected):
        api.mix(real, synthetic, tmp_path / out, MixOptions(share=share, test=test))
    assert sorted(tmp_path.iterdir()) == before


def test_a_full_disk_leaves_the_old_file(files, tmp_path, monkeypatch):
    real, synthetic, test = files
    out = tmp_path / "m.parquet"
    api.mix(real, synthetic, out, MixOptions(share=0.3, test=test))
    before, listed = out.read_bytes(), sorted(tmp_path.iterdir())

    def full(_):
        raise OSError(errno.ENOSPC, "No space left on device")

    monkeypatch.setattr(os, "fsync", full)
    with pytest.raises(OSError, match="No space"):
        api.mix(real, synthetic, out, MixOptions(share=0.5, test=test))
    assert out.read_bytes() == before
    assert sorted(tmp_path.iterdir()) == listed


def test_weight_zero_is_never_mixed(files, tmp_path):
    real, synthetic, test = files
    found = load(synthetic)
    for row in found[:190]:
        row["weight"] = 0
    made = api.mix(
        real, write(synthetic, found), tmp_path / "m.jsonl", MixOptions(share=0.5, test=test)
    )
    assert made.synthetic_rows == 10
    assert np.min([row["weight"] for row in load(tmp_path / "m.jsonl")]) == 0.5
