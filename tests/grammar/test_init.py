"""`init --from`: files as people have them, and what is said about those that cannot be used."""

import json
import os
import subprocess
import sys

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from corpusforge.api import init, preview
from corpusforge.core.errors import InputError, InputErrors
from corpusforge.core.recipe_file import load_recipe
from corpusforge.grammar.check import check_real
from corpusforge.grammar.init_recipe import init_from_file, init_new
from corpusforge.grammar.real_rows import read_real_rows

TEXTS = ["turn on the lamp", "lights on please", "make it dark", "lights out now"]
LABELS = ["on", "on", "off", "off"]


def made(path, **more):
    """(texts, labels, reasons of dropped rows, recipe text) of a file through a new recipe."""
    recipe = init_from_file(path, path.parent / "new")
    loaded = load_recipe(recipe)
    check_real(loaded)
    found = read_real_rows(loaded)
    return (
        found.table["text"].to_pylist(),
        found.table["intent"].to_pylist(),
        found.dropped["reason"].to_pylist(),
        recipe.read_text(),
    )


def parquet(path, **columns):
    pq.write_table(pa.table(columns), path)
    return path


def csv_of(path, header, line="{},{}\n", before=""):
    rows = "".join(line.format(*row) for row in zip(TEXTS, LABELS, strict=True))
    path.write_text(before + header + "\n" + rows)
    return path


@pytest.mark.parametrize(
    ("header", "line", "before"),
    [
        ("text,intent", "{},{}\n", "\n\n"),
        ('"text; a, b; c",intent', "{},{}\n", ""),
        ('text,intent,"odd\nname: x"', "{},{},1\n", ""),
        ('text,intent,"#\x1b[1m"', "{},{},1\n", ""),
    ],
)
def test_headers(tmp_path, header, line, before):
    texts, labels, _, _ = made(csv_of(tmp_path / "r.csv", header, line, before))
    assert (texts, labels) == (TEXTS, LABELS)


def test_half_a_surrogate_pair_drops_its_row(tmp_path):
    path = tmp_path / "r.jsonl"
    rows = [*zip(TEXTS, LABELS, strict=True), ("a \ud800 b", "on"), ("so \U0001f600 it is", "on")]
    path.write_text("".join(json.dumps({"text": t, "intent": i}) + "\n" for t, i in rows))
    texts, _, reasons, _ = made(path)
    assert texts == [*TEXTS, "so \U0001f600 it is"]
    assert reasons == ["a line that is no row of the format"]
    path.write_text(path.read_text().splitlines()[4])
    with pytest.raises(InputError, match="line 1: an escape is half a surrogate pair"):
        init_from_file(path, tmp_path / "other")


def test_whole_numbers_with_gaps(tmp_path):
    path = parquet(
        tmp_path / "r.parquet", text=[*TEXTS, "no label"], intent=[1.0, 1.0, 0.0, 0.0, None]
    )
    assert made(path)[1:3] == (["1", "1", "0", "0"], ["no label"])


def test_dictionaries_are_text(tmp_path):
    path = parquet(
        tmp_path / "r.parquet",
        anything=pa.array(TEXTS).dictionary_encode(),
        group=pa.array(LABELS).dictionary_encode(),
    )
    assert made(path)[:2] == (TEXTS, LABELS)


@pytest.mark.parametrize(
    ("column", "values", "kind"),
    [
        ("intent", [["x", "y"], ["x"]], "lists"),
        ("intent", [{"a": 1}, {"a": 2}], "mappings"),
        ("intent", [0.5, 1.0], "numbers with decimals"),
        ("text", [["turn", "on"], ["stop"]], "lists"),
        ("text", [{"a": 1}, {"a": 2}], "mappings"),
    ],
)
@pytest.mark.parametrize("ending", ["jsonl", "parquet"])
def test_columns_that_cannot_be_used_are_named(tmp_path, column, values, kind, ending):
    columns = {"text": ["go on", "stop it"], "intent": ["a", "b"]} | {column: values}
    path = tmp_path / f"r.{ending}"
    if ending == "parquet":
        parquet(path, **columns)
    else:
        rows = zip(columns["text"], columns["intent"], strict=True)
        path.write_text("".join(json.dumps({"text": t, "intent": i}) + "\n" for t, i in rows))
    with pytest.raises(InputError, match=rf"{column} \({kind}\)"):
        init_from_file(path, tmp_path / "new")
    recipe = recipe_of(tmp_path, path.name)
    message = f"the column '{column}' of r.{ending} holds {kind}"
    for ask in (check_real, read_real_rows):
        with pytest.raises(InputError, match=message):
            ask(recipe)


def recipe_of(folder, name, more=""):
    path = folder / "recipe.yaml"
    head = "name: t\nlang: en\nlicense: MIT\n"
    path.write_text(f"{head}real: {{path: {name}, license: MIT{more}}}\n")
    return load_recipe(path)


@pytest.mark.parametrize(
    ("name", "data", "more", "messages"),
    [
        ("r.csv", b"utt,intent\na b,x\n", "", ["no column 'text'", "did you mean 'utt'|real.text"]),
        ("r.csv", b"utt,lab\na b,x\n", "", ["no column 'text'", "no column 'intent'"]),
        ("r.csv", b"text,intent\na b,x\n", ", slots: sluts", ["no column 'sluts'"]),
        ("r.csv", b"text,intent\na b,x\n", ", split: fold", ["no column 'fold'"]),
        ("r.csv", b"text,intent,s\na,x,train\nb,x,trian\n", ", split: s",
         ["line 3: the split 'trian'", "did you mean 'train'"]),
        ("r.csv", "text,intent\nfür,x\n".encode("latin-1"), "", ["r.csv:2:2: not UTF-8"]),
        ("r.csv", "text,intent\na,b\n".encode("utf-16"), "", ["is UTF-16", "iconv -f utf-16"]),
        ("r.csv", "text,intent\na,b\n".encode("utf-16-be"), "", [""]),
        ("r.csv", b"text|intent\na|b\n", "", ["one column only: 'text|intent'", "';' and tab"]),
        ("r.jsonl", b'{"text": "a", "label": "b"}\n', "", ["no column 'intent'"]),
        ("r.jsonl", b'{"text": "a", "intent": "b", "s": "x"}\n', ", split: s", ["split 'x'"]),
        ("r.jsonl", b"\xff\xfea", "", ["is UTF-16"]),
    ],
)  # fmt: skip
def test_what_is_wrong_is_found_before_any_work(tmp_path, name, data, more, messages):
    (tmp_path / name).write_bytes(data)
    with pytest.raises(InputErrors) as caught:
        check_real(recipe_of(tmp_path, name, more))
    for message in messages:
        assert any(part in str(caught.value) for part in message.split("|"))


def test_parquet_and_no_real_rows_are_checked_too(tmp_path):
    parquet(tmp_path / "r.parquet", text=["a"], intent=["b"], s=["dev"])
    check_real(recipe_of(tmp_path, "r.parquet", ", split: s"))
    with pytest.raises(InputErrors, match="no column 'slots'"):
        check_real(recipe_of(tmp_path, "r.parquet", ", slots: slots"))
    with pytest.raises(InputErrors, match="there is no file"):
        check_real(recipe_of(tmp_path, "nothing.csv"))
    check_real(load_recipe(init_new(tmp_path / "new")))


LIGHT = """
import sys
from corpusforge.core.recipe_file import load_recipe
from corpusforge.grammar.check import check_real
check_real(load_recipe(sys.argv[1]))
print(sorted({name.split(".")[0] for name in sys.modules} & {"numpy", "pyarrow", "datasets"}))
"""


@pytest.mark.parametrize(
    ("name", "data"),
    [("r.csv", "text,intent\na b,x\n"), ("r.jsonl", '{"text": "a", "intent": "b"}\n')],
)
def test_plain_text_is_checked_without_anything_heavy(tmp_path, name, data):
    (tmp_path / name).write_text(data)
    recipe_of(tmp_path, name)
    command = [sys.executable, "-c", LIGHT, str(tmp_path / "recipe.yaml")]
    found = subprocess.run(command, capture_output=True, check=True, text=True)
    assert found.stdout == "[]\n"


@pytest.mark.parametrize(
    "card",
    [
        "configs: [a, b]\ndataset_info: x",
        "configs: a\ndataset_info: [1, {features: {a: b}}]",
        "configs: [{data_files: {train: data/*.parquet}}]",
        "configs: [{data_files: [data/train.parquet, null, {split: train}]}]",
        "dataset_info: {features: [a, {dtype: {class_label: x}}]}",
        "dataset_info: {features: [{dtype: {class_label: {names: {x: y}}}}]}",
        "[]",
    ],
)  # fmt: skip
def test_cards_of_any_shape(tmp_path, card):
    (tmp_path / "d" / "data").mkdir(parents=True)
    parquet(tmp_path / "d" / "data" / "train.parquet", text=TEXTS, label=LABELS)
    (tmp_path / "d" / "README.md").write_text(f"---\n{card}\n---\n")
    assert made(tmp_path / "d")[:2] == (TEXTS, LABELS)


def test_a_card_that_cannot_be_followed(tmp_path):
    parquet(tmp_path / "train.parquet", text=TEXTS, label=LABELS)
    (tmp_path / "README.md").write_text("---\nconfigs: [{data_files: /x/*}]\n---\n")
    with pytest.raises(InputError, match=r"README\.md"):
        made(tmp_path)


def test_folders_of_other_files(tmp_path):
    (tmp_path / "d").mkdir()
    csv_of(tmp_path / "d" / "train.csv", "text,intent")
    with pytest.raises(InputError, match="holds no Parquet file, and was not written by save_to"):
        made(tmp_path / "d")


def slots_file(path, *broken):
    """Six rows; those with these numbers have a slot that does not fit."""
    rows = [
        {"text": f"play song {n}", "intent": f"i{n % 2}",
         "slots": [{"name": "song", "start": 5, "end": 99 if n in broken else 11}]}
        for n in range(6)
    ]  # fmt: skip
    path.write_text("".join(json.dumps(row) + "\n" for row in rows))
    return path


def test_one_wrong_slot_does_not_cost_the_column(tmp_path):
    _, _, reasons, recipe = made(slots_file(tmp_path / "r.jsonl", 3))
    assert (
        "  slots: slots   # of the first 6 rows 1 have none that fit their text: dropped" in recipe
    )
    assert reasons == ["a slot is outside of the text"]


def test_a_column_of_other_slots_is_left_out_and_said(tmp_path):
    _, _, reasons, recipe = made(slots_file(tmp_path / "r.jsonl", 0, 1, 2, 3))
    assert "  # slots: slots left out, of the first 6 rows 4 have none that fit" in recipe
    assert reasons == []


@pytest.mark.parametrize("character", ["\x00", "\x1f", "\x0b", "\x7f"])
def test_control_characters_drop_their_row(tmp_path, character):
    good = [{"name": "x", "start": 0, "end": 1}]
    rows = [
        {"text": "a tab\tand\nlines", "intent": "ok", "slots": good},
        {"text": f"one{character}two", "intent": "a", "slots": []},
        {"text": "one two", "intent": f"a{character}b", "slots": []},
        {"text": "one two", "intent": "a\tb", "slots": []},
        {"text": "one", "intent": "a", "slots": [{"name": f"x{character}", "start": 0, "end": 1}]},
        {"text": "one", "intent": "a",
         "slots": [{"name": "x", "start": 0, "end": 1, "value": f"1{character}"}]},
        {"text": f"a{character}b c", "intent": "a", "slots": [{"name": "x", "start": 0, "end": 3}]},
    ]  # fmt: skip
    (tmp_path / "r.jsonl").write_text("".join(json.dumps(row) + "\n" for row in rows))
    found = read_real_rows(recipe_of(tmp_path, "r.jsonl", ", slots: slots"))
    assert found.table["intent"].to_pylist() == ["ok"]
    label, slot = "a control character in text or label", "a control character in a slot"
    assert found.dropped["reason"].to_pylist() == [label, label, label, slot, slot, label]


def test_nothing_is_left_where_nothing_can_be_written(tmp_path):
    csv_of(tmp_path / "r.csv", "text,intent")
    (tmp_path / "file").write_text("")
    for out in (tmp_path / "file" / "new", tmp_path / "file"):
        with pytest.raises(InputError):
            init_from_file(tmp_path / "r.csv", out)
        with pytest.raises(InputError):
            init_new(out)
    assert sorted(p.name for p in tmp_path.iterdir()) == ["file", "r.csv"]


@pytest.mark.skipif(not hasattr(os, "seteuid") or os.geteuid() != 0, reason="needs root")
def test_a_folder_of_somebody_else(tmp_path):
    (tmp_path / "new").mkdir()
    os.seteuid(65534)
    try:
        with pytest.raises(InputError, match="cannot be"):
            init_new(tmp_path / "new")
    finally:
        os.seteuid(0)
    assert not any((tmp_path / "new").iterdir())


def test_init_leaves_no_temporary_files(tmp_path):
    init_new(tmp_path / "new")
    names = sorted(p.name for p in (tmp_path / "new").rglob("*"))
    assert names == ["drinks.yaml", "recipe.yaml", "templates"]


def test_templates(tmp_path):
    init_new(tmp_path / "starter")
    templates = tmp_path / "starter" / "templates"
    for number, source in enumerate((templates, templates / "drinks.yaml")):
        recipe = init(tmp_path / f"new{number}", source)
        loaded = load_recipe(recipe)
        assert (loaded.lang, loaded.grammar.rows) == ("en", 2000)
        table, _ = preview(recipe, 30)
        assert set(table["intent"].to_pylist()) == {"order_drink", "cancel_order", "chit_chat"}
    (templates / "more.yaml").write_text("language: en\nintents: {a: 3}\n")
    with pytest.raises(InputError, match=r"more\.yaml:2"):
        init(tmp_path / "third", templates)
    assert not (tmp_path / "third").exists()
