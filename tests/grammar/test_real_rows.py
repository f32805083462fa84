import json
from collections import Counter, defaultdict
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from corpusforge.core.errors import InputError
from corpusforge.core.recipe import GrammarConfig, RealConfig, Recipe
from corpusforge.core.schema import check_utterances, table_to_utterances
from corpusforge.grammar.annotations import AnnotationError, read_slots, tidy
from corpusforge.grammar.init_recipe import init_from_file
from corpusforge.grammar.raw import read_raw
from corpusforge.grammar.real_rows import read_real_rows
from corpusforge.grammar.real_splits import deal_splits


def recipe_for(path, **options):
    real = RealConfig(path=str(path), license="CC0-1.0", **options)
    return Recipe(name="t", lang="en", license="CC0-1.0", real=real, grammar=GrammarConfig())


def rows_of(path, **options):
    found = read_real_rows(recipe_for(path, **options))
    check_utterances(found.table)
    return table_to_utterances(found.table), found.dropped.to_pylist()


def jsonl(path, *rows):
    path.write_text(
        "".join(json.dumps(row, ensure_ascii=False) + "\n" for row in rows), encoding="utf-8"
    )
    return path


def slot(name, start, end, **more):
    return {"name": name, "start": start, "end": end, **more}


def test_csv(tmp_path):
    path = tmp_path / "rows.csv"
    path.write_text('text;intent\r\n"turn on; please";on\r\n\r\n"two\r\nlines";off\r\na;b;c\r\n')
    rows, dropped = rows_of(path)
    assert [(row.text, row.intent, row.slots) for row in rows] == [
        ("turn on; please", "on", None),
        ("two\r\nlines", "off", None),
    ]
    assert [(row["reason"], row["text"]) for row in dropped] == [
        ("a line that is no row of the format", "a;b;c")
    ]  # fmt: skip
    assert {(r.origin, r.generation, r.weight, r.license, r.template) for r in rows} == {
        ("real", 0, 1.0, "CC0-1.0", "")
    }  # fmt: skip


def test_jsonl_with_slots_and_bad_rows(tmp_path):
    path = jsonl(
        tmp_path / "rows.jsonl",
        {"text": " turn on the cafe\u0301 light ", "intent": "on", "slots": [slot("name", 13, 24)]},
        {"text": "go", "intent": "on", "slots": []},
        {"text": "ab", "intent": "on", "slots": [slot("x", 0, 5)]},
        {"text": "ab", "intent": "on", "slots": [slot("x", 0, 2), slot("y", 1, 2)]},
        {"text": "ab", "intent": "on", "slots": [slot("x", 0, 1, text="b")]},
        {"text": "  ", "intent": "on"},
        {"text": "ab", "intent": None},
    )
    with path.open("a") as stream:
        stream.write("{not json\n[1]\n")
    rows, dropped = rows_of(path, slots="slots")
    assert rows[0].text == "turn on the caf\u00e9 light"
    assert [(s.name, s.entity, s.text, s.start, s.value) for s in rows[0].slots] == [
        ("name", "name", "caf\u00e9 light", 12, "caf\u00e9 light")
    ]  # fmt: skip
    assert rows[1].slots == ()
    assert sorted(row["reason"] for row in dropped) == [
        "a line that is no row of the format", "a line that is no row of the format",
        "a slot is outside of the text", "a slot reads another text than it states",
        "no label", "no text", "slots overlap",
    ]  # fmt: skip


def canary_rows(path):
    """Rows that fail each in another way, all of whose words and names are canaries."""
    text = "canary sings"
    path = jsonl(
        path,
        {"text": "fine", "intent": "a", "slots": []},
        {"text": text, "intent": "a", "slots": [slot("canary", 0, 99)]},
        {"text": text, "intent": "a", "slots": [slot("canary", 0, 6), slot("canary", 3, 9)]},
        {"text": text, "intent": "a", "slots": [slot("canary", 0, 6, text="canary bird")]},
        {"text": text, "intent": "a", "slots": [slot("canary", 6, 7)]},
        {"text": text, "intent": "a", "slots": [slot("{canary}", 0, 6)]},
        {"text": text, "intent": "a", "slots": [slot("canary", "canary", 6)]},
        {"text": text, "intent": "a", "slots": "[canary"},
        {"text": text, "intent": "", "slots": []},
        {"text": "canary twice", "intent": "canary", "slots": []},
        {"text": "canary twice", "intent": "canary", "slots": []},
    )
    with path.open("a") as stream:
        stream.write("canary\n")
    return path


def test_reasons_and_notes_quote_nothing_of_a_row(tmp_path):
    path = canary_rows(tmp_path / "rows.jsonl")
    found = read_real_rows(recipe_for(path, slots="slots"))
    reasons = found.dropped["reason"].to_pylist()
    assert len(reasons) == len(set(reasons)) == 10
    assert "canary" not in " ".join([*reasons, *found.notes])
    assert "10 real rows were dropped" in found.notes[0]
    # The row itself stands beside its reason.
    assert all("canary" in text for text in found.dropped["text"].to_pylist())


def test_labels_are_named_only_where_they_are_published(tmp_path):
    path = jsonl(
        tmp_path / "r.jsonl",
        {"text": "a b", "intent": "a", "fold": "train"},
        {"text": "c d", "intent": "canary", "fold": "test"},
    )
    for publish in (False, True):
        notes = read_real_rows(recipe_for(path, split="fold", publish=publish)).notes
        assert notes[0].startswith("1 label has no real train row")
        assert ("canary" in notes[0]) == publish


def test_a_column_that_is_not_there(tmp_path):
    path = jsonl(tmp_path / "rows.jsonl", {"utterance": "a", "label": "b"})
    with pytest.raises(InputError, match="has no column 'utterence'") as caught:
        read_real_rows(recipe_for(path, text="utterence", label="label"))
    assert "did you mean 'utterance'?" in str(caught.value)
    assert "real.text" in str(caught.value)


@pytest.mark.parametrize(
    ("name", "data", "message"),
    [
        ("a.csv", b"text,intent\ngr\xfcn,x\n", "a.csv:2:3: not UTF-8: byte 0xfc"),
        ("a.csv", b"", "is empty"),
        ("a.csv", b"text,text\na,b\n", "stands twice in the header"),
        ("a.csv", b'text,intent\n"a,b\n', "not valid CSV"),
        ("a.jsonl", b"hello\n", "holds no JSON objects; line 1: not valid JSON"),
        ("a.parquet", b"PAR1", "cannot be read as Parquet"),
        ("a.docx", b"x", "in no format that can be read"),
        ("a.jsonl", b'{"text": "", "intent": "x"}\n', "holds no usable row; .* line 1: no text"),
    ],
)
def test_files_that_cannot_be_used(tmp_path, name, data, message):
    path = tmp_path / name
    path.write_bytes(data)
    with pytest.raises(InputError, match=message):
        read_real_rows(recipe_for(path))
    with pytest.raises(InputError, match="there is no file"):
        read_real_rows(recipe_for(tmp_path / "nothing.csv"))


def test_parquet_with_class_names_and_slots(tmp_path):
    features = {"intent": {"names": ["off", "on"], "_type": "ClassLabel"}}
    metadata = {b"huggingface": json.dumps({"info": {"features": features}}).encode()}
    slots = [[slot("x", 0, 1, value="7")], []]
    table = pa.table(
        {"text": ["a b", "c"], "intent": [1, 0], "slots": slots, "audio": [b"x", b"y"]}
    )
    path = tmp_path / "rows.parquet"
    pq.write_table(table.replace_schema_metadata(metadata), path)
    assert "audio" not in read_raw(path).table.column_names
    rows, dropped = rows_of(path, slots="slots")
    assert [(row.intent, len(row.slots)) for row in rows] == [("on", 1), ("off", 0)]
    assert rows[0].slots[0].value == "7"
    assert dropped == []


CARD = """\
---
configs:
- config_name: other
  data_files: [{split: train, path: other/*.parquet}]
- config_name: default
  data_files:
  - {split: train, path: data/train-*.parquet}
  - {split: test, path: data/test-*.parquet}
dataset_info:
  config_name: default
  features:
  - {name: text, dtype: string}
  - {name: label, dtype: {class_label: {names: {'0': "no", '1': "yes"}}}}
---
"""


@pytest.mark.parametrize("card", [CARD, ""])
def test_hugging_face_folder(tmp_path, card):
    (tmp_path / "data").mkdir()
    for split, texts in (("train", ["a", "b"]), ("test", ["c"])):
        table = pa.table({"text": texts, "label": [1] * len(texts)})
        pq.write_table(table, tmp_path / "data" / f"{split}-00000-of-00001.parquet")
    if card:
        (tmp_path / "README.md").write_text(card)
    rows, _ = rows_of(tmp_path, label="label")
    assert {(row.text, row.intent, row.split) for row in rows} == {
        (text, "yes" if card else "1", split)
        for text, split in (("a", "train"), ("b", "train"), ("c", "test"))
    }


def test_saved_to_disk(tmp_path):
    datasets = pytest.importorskip("datasets")
    features = datasets.Features(
        {"text": datasets.Value("string"), "label": datasets.ClassLabel(names=["no", "yes"])}
    )
    part = datasets.Dataset.from_dict({"text": ["a", "b"], "label": [1, 0]}, features=features)
    datasets.DatasetDict({"train": part, "validation": part.select([1])}).save_to_disk(
        tmp_path / "d"
    )
    rows, dropped = rows_of(tmp_path / "d", label="label")
    assert sorted((row.text, row.intent, row.split) for row in rows) == [
        ("a", "yes", "train"), ("b", "no", "validation"),
    ]  # fmt: skip
    # "b" stood in train too: the held-out copy stays.
    assert [row["split"] for row in dropped] == ["train"]


def test_a_split_column_is_kept(tmp_path):
    names = ["train", "dev", "test", "training"]
    path = jsonl(
        tmp_path / "r.jsonl", *({"text": f"t {n}", "intent": "a", "fold": n} for n in names)
    )
    rows, _ = rows_of(path, split="fold")
    assert [row.split for row in rows] == ["train", "validation", "test", "train"]
    path = jsonl(tmp_path / "r.jsonl", {"text": "t", "intent": "a", "fold": "trian"})
    with pytest.raises(InputError, match="line 1: the split 'trian' is not one of"):
        rows_of(path, split="fold")


SHARES = {"train": 0.8, "validation": 0.1, "test": 0.1}
ROWS = st.lists(st.tuples(st.sampled_from("abc"), st.integers(0, 12).map(str)), max_size=60)


@settings(deadline=None)
@given(ROWS, st.integers(0, 9))
def test_labels_with_three_texts_of_their_own_get_every_split(rows, seed):
    intents, frames = [intent for intent, _ in rows], [frame for _, frame in rows]
    dealt = deal_splits(intents, frames, seed=seed, shares=SHARES)
    assert set(dealt) == set(frames)
    labels, members = defaultdict(set), defaultdict(set)
    for intent, frame in rows:
        labels[frame].add(intent)
        members[intent].add(frame)
    for found in members.values():
        if sum(len(labels[frame]) == 1 for frame in found) >= 3:
            assert {dealt[frame] for frame in found} == {"train", "validation", "test"}


def test_shares_are_held_and_adding_rows_moves_hardly_any():
    frames = [f"text {n}" for n in range(4000)]
    intents = [f"i{n % 20}" for n in range(4000)]
    dealt = deal_splits(intents, frames, seed=1, shares=SHARES)
    counts = Counter(dealt.values())
    assert 320 < counts["test"] < 480  # 400 expected, +-4 standard deviations of 19
    more = deal_splits([*intents, "i0"], [*frames, "one more"], seed=1, shares=SHARES)
    assert sum(dealt[frame] != more[frame] for frame in frames) == 0


def test_rows_that_differ_in_their_values_share_a_split(tmp_path):
    rows = [
        {"text": f"play {n}", "intent": f"i{n % 2}", "slots": [slot("song", 5, 5 + len(str(n)))]}
        for n in range(40)
    ]
    found, _ = rows_of(jsonl(tmp_path / "r.jsonl", *rows), slots="slots")
    assert len({row.split for row in found}) == 1


def test_slots_as_json_text_and_as_columns():
    as_list = read_slots([slot("a", 0, 1), slot("b", 2, 3)])
    assert read_slots(json.dumps([slot("b", 2, 3), slot("a", 0, 1)])) == as_list
    assert read_slots({"name": ["a", "b"], "start": [0, 2], "end": [1, 3]}) == as_list
    assert read_slots(None) == read_slots("") == ()
    for wrong in ("{", "3", [1], [{"name": "a"}], [slot("a", 0, "x")], [slot("{a}", 0, 1)]):
        with pytest.raises(AnnotationError):
            read_slots(wrong)


@settings(deadline=None)
@given(st.text(alphabet="ae \u0301\u0308\u00e9日\t", max_size=12), st.data())
def test_tidy_keeps_spans_exact_or_refuses(text, data):
    marks = sorted(data.draw(st.lists(st.integers(0, 12), min_size=2, max_size=4)))
    spans = [slot("s", a, b) for a, b in zip(marks[::2], marks[1::2], strict=False)]
    try:
        tidied, slots = tidy(text, read_slots(spans))
    except AnnotationError:
        return
    assert tidied == tidied.strip()
    for found in slots:
        assert tidied[found.start : found.end] == found.text == found.text.strip() != ""


def test_init_from_file(tmp_path):
    path = jsonl(
        tmp_path / "my rows.jsonl",
        *(
            {"utt": f"turn on {n}", "label": f"l{n % 3}", "entities": [], "set": "x"}
            for n in range(9)
        ),
    )
    recipe_file = init_from_file(path, tmp_path / "new")
    from corpusforge.core.recipe_file import load_recipe

    recipe = load_recipe(recipe_file)
    assert (recipe.name, recipe.real.text, recipe.real.label, recipe.real.slots) == (
        "my_rows", "utt", "label", "entities",
    )  # fmt: skip
    assert read_real_rows(recipe).table.num_rows == 9
    assert "dealt 80 / 10 / 10" in Path(recipe_file).read_text()
    with pytest.raises(InputError, match="not empty"):
        init_from_file(path, tmp_path / "new")
    numbers = jsonl(tmp_path / "n.jsonl", {"a": 1, "b": 2})
    with pytest.raises(InputError, match=r"no column of .* looks like sentences"):
        init_from_file(numbers, tmp_path / "other")
    assert not (tmp_path / "other").exists()


def test_init_guesses_columns_by_their_content(tmp_path):
    path = tmp_path / "x.csv"
    lines = [f"{n},please do thing {n},{'ab'[n % 2]},train" for n in range(10)]
    path.write_text("nr,said,kind,part\n" + "\n".join(lines) + "\n")
    recipe = init_from_file(path, tmp_path / "new").read_text()
    assert "text: said" in recipe
    assert "label: kind" in recipe
