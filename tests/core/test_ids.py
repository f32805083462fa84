from __future__ import annotations

from dataclasses import replace

import pyarrow as pa
import pytest

from corpusforge.core.ids import assign_ids, clip_ids, digest, utterance_ids
from corpusforge.core.schema import Utterance, utterances_to_table
from corpusforge.core.spans import Slot

ROW = Utterance(
    text="turn on the lamp",
    lang="en",
    intent="on",
    slots=(Slot("name", "lamp", "l1", "lamp", 12, 16),),
    origin="grammar",
    split="train",
    license="CC0-1.0",
)


def one_id(row):
    return utterance_ids(utterances_to_table([row])).to_pylist()[0]


def test_the_id_is_fixed_for_ever():
    # A changed id orphans every clip and every annotation that users keep beside theirs.
    assert one_id(ROW) == "418c0bcc328dbc1e2f5f331542c8e65e"


@pytest.mark.parametrize(
    "change",
    [
        {"text": "turn on the lamp "},
        {"intent": "off"},
        {"lang": "de"},
        {"origin": "real"},
        {"slots": ()},
        {"slots": None},
        {"slots": (replace(ROW.slots[0], value="l2"),)},
        {"slots": (replace(ROW.slots[0], start=11),)},
    ],
)
def test_what_a_row_is_changes_its_id(change):
    assert one_id(replace(ROW, **change)) != one_id(ROW)


@pytest.mark.parametrize(
    "change", [{"split": "test"}, {"weight": 0.5}, {"origin": "gan"}, {"template": "t"}]
)
def test_how_a_row_came_does_not(change):
    assert one_id(replace(ROW, **change)) == one_id(ROW)


def test_ids_do_not_depend_on_neighbours_or_slices():
    rows = [
        replace(ROW, text=f"turn on the lamp {i}", slots=None if i % 3 else ROW.slots)
        for i in range(20)
    ]
    table = assign_ids(utterances_to_table(rows))
    assert len(set(table["id"].to_pylist())) == 20
    assert assign_ids(table.slice(7, 5))["id"].to_pylist() == table["id"].to_pylist()[7:12]
    two = pa.concat_tables([table.slice(0, 3), table.slice(3)])
    assert assign_ids(two)["id"].to_pylist() == table["id"].to_pylist()


def test_an_empty_table_has_no_ids():
    assert assign_ids(utterances_to_table([])).num_rows == 0


def test_digest_knows_where_parts_end():
    assert digest("ab", "c") != digest("a", "bc")


def test_clip_ids_differ_by_each_part():
    ids = clip_ids(["r", "r", "r", "s"], ["v", "v", "w", "v"], [0, 1, 0, 0], ["1"] * 4)
    assert len(set(ids)) == 4
