from __future__ import annotations

from dataclasses import replace

import pyarrow as pa
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from corpusforge.core import schema
from corpusforge.core.errors import RunError
from corpusforge.core.schema import Utterance, utterances_to_table
from corpusforge.core.spans import Slot

ROW = Utterance(
    id="0" * 32,
    text="turn on the lamp",
    lang="en",
    intent="on",
    slots=(Slot("name", "lamp", "l1", "lamp", 12, 16),),
    origin="grammar",
    split="train",
    license="CC0-1.0",
)


@pytest.mark.parametrize(
    "published",
    [
        schema.UTTERANCES,
        schema.DROPPED,
        schema.CATALOGUE,
        schema.TEMPLATES,
        schema.CLIPS,
        schema.DROPPED_CLIPS,
    ],
    ids=["utterances", "dropped", "catalogue", "templates", "clips", "dropped_clips"],
)
def test_every_column_round_trips_through_datasets_features(published):
    datasets = pytest.importorskip("datasets")
    features = datasets.Features.from_arrow_schema(published)
    again = features.arrow_schema
    assert again.names == published.names
    for field in published:
        assert again.field(field.name).type == field.type
    assert datasets.Features.from_dict(features.to_dict()) == features


def test_rows_round_trip():
    rows = [ROW, replace(ROW, slots=None), replace(ROW, slots=(), parents=("a", "b"), spoken="x")]
    table = schema.with_scores(schema.UTTERANCES, ["d"]).empty_table()
    assert table.schema.names[-1] == "score_d"
    assert schema.table_to_utterances(utterances_to_table(rows)) == rows


def test_good_rows_pass():
    schema.check_utterances(utterances_to_table([ROW, replace(ROW, slots=None)]))
    schema.check_utterances(utterances_to_table([]))


@pytest.mark.parametrize(
    ("change", "why"),
    [
        ({"text": ""}, "empty text"),
        ({"split": "dev"}, "split"),
        ({"weight": 1.5}, "weight"),
        ({"weight": float("nan")}, "weight"),
        ({"generation": -1}, "generation"),
        ({"slots": (Slot("a", "", "", "lamp", 12, 17),)}, "out of range"),
        ({"slots": (Slot("a", "", "", "lamp", 11, 15),)}, "text"),
        ({"slots": (Slot("a", "", "", "on", 5, 7), Slot("b", "", "", "n", 6, 7))}, "overlap"),
    ],
)
def test_broken_rows_are_named(change, why):
    bad = replace(ROW, id="b" * 32, **change)
    with pytest.raises(ValueError, match=why) as caught:
        schema.check_utterances(utterances_to_table([ROW, bad, ROW]))
    assert "b" * 32 in str(caught.value)


WORDS = st.text("ab é漢😀\u00a0\t", min_size=1, max_size=7)


@settings(deadline=None)
@given(st.lists(st.tuples(WORDS, st.lists(st.tuples(WORDS, st.integers(0, 6), st.integers(0, 7)),
                                          max_size=2)), max_size=4), st.integers(0, 2))  # fmt: skip
def test_spans_are_right_where_a_person_would_say_so(rows, offset):
    made = []
    for text, spans in rows:
        slots = tuple(Slot("s", "", "", text[a:b] if len(w) % 2 else w, a, b) for w, a, b in spans)
        made.append(replace(ROW, text=text, slots=slots))

    def right(row):
        last = 0
        for slot in row.slots:
            if not last <= slot.start < slot.end <= len(row.text):
                return False
            if row.text[slot.start : slot.end] != slot.text or slot.text != slot.text.strip():
                return False
            last = slot.end
        return True

    table = utterances_to_table(made).slice(offset)
    if all(map(right, made[offset:])):
        schema.check_utterances(table)
    else:
        with pytest.raises(ValueError, match=r"span|slot text"):
            schema.check_utterances(table)


def test_dropped_rows_keep_the_row_and_the_reason():
    table = utterances_to_table([ROW, replace(ROW, id="1" * 32)])
    dropped = schema.drop_rows(
        table,
        [1],
        stage="clean",
        filter="x",
        reasons=["why"],
        scores=[0.5],
        threshold=0.4,
        twin_ids=["t"],
    )
    assert dropped.schema == schema.DROPPED
    assert dropped.to_pylist()[0]["id"] == "1" * 32
    assert dropped.to_pylist()[0]["twin_id"] == "t"


def test_a_truncated_file_is_a_run_error(tmp_path):
    path = tmp_path / "t.parquet"
    schema.write_table(utterances_to_table([ROW]), path)
    path.write_bytes(path.read_bytes()[:-20])
    with pytest.raises(RunError, match="cannot be read"):
        schema.read_table(path)


def test_writing_leaves_no_temporary_file(tmp_path):
    schema.write_table(pa.table({"a": [1]}), tmp_path / "a.parquet")
    assert [p.name for p in tmp_path.iterdir()] == ["a.parquet"]
