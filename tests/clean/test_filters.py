import importlib

import numpy as np
import pyarrow as pa
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from corpusforge.clean.verdicts import PAIRS
from corpusforge.core import plugins
from corpusforge.core.schema import table_to_utterances
from corpusforge.core.text import fold
from tests.clean.judged_rows import CONFIG, ROWS, judge, kept
from tests.clean.rows import row, table_of


# The shared contract: every file in clean/filters comes here by itself.
@pytest.mark.parametrize("name", plugins.names("filter"))
@settings(max_examples=40, deadline=None)
@given(rows=st.lists(ROWS, min_size=1, max_size=14), seed=st.integers(0, 9))
def test_contract(name, rows, seed):
    plugin = plugins.load("filter", name)
    assert plugin.name == name
    assert plugin.threshold_meaning
    assert plugin.source
    config = {**CONFIG, **plugin.example}
    table = table_of(*rows)
    first = plugin.judge(table, config)
    order = np.random.Generator(np.random.Philox(seed)).permutation(len(rows))
    second = plugin.judge(table.take(pa.array(order)), config)
    assert first.pairs.schema == PAIRS
    for verdicts in (first, second):
        assert len(verdicts.keep) == len(verdicts.reasons) == len(rows)
        assert len(verdicts.scores) == len(verdicts.twin_ids) == len(rows)
        assert [not reason for reason in verdicts.reasons] == verdicts.keep.tolist()

    def story(table, verdicts):
        texts = (table[column].to_pylist() for column in ("id", "split", "origin"))
        kept = verdicts.keep.tolist()
        rest = verdicts.reasons, verdicts.scores, verdicts.twin_ids
        return sorted(map(str, zip(*texts, kept, *rest, strict=True)))

    # Not only the kept ids: reasons, scores and twins do not depend on the order either.
    assert story(table, first) == story(table.take(pa.array(order)), second)
    assert sorted(map(str, first.pairs.to_pylist())) == sorted(map(str, second.pairs.to_pylist()))
    ids = set(table["id"].to_pylist())
    assert {twin for twin in first.twin_ids if twin is not None} <= ids


@pytest.mark.parametrize("name", plugins.names("filter"))
def test_empty_table(name):
    assert len(judge(name, table_of()).keep) == 0


# exact_duplicate


def test_exact_duplicates_fold_and_keep_by_priority():
    rows = [
        row("turn on the {name=lamp}", origin="gan", generation=1),
        row("Turn on the {name=lamp}!"),
        row("TURN ON THE LAMP", origin="real", annotated=False),
        row("turn on the {name=lamp}", intent="other"),
    ]
    assert kept("exact_duplicate", *rows) == [False, False, True, True]


@pytest.mark.parametrize(
    ("splits", "survivors"),
    [
        (("train", "validation"), [False, True]),
        (("test", "validation"), [True, False]),
        (("train", "test"), [False, True]),
    ],
)
def test_exact_duplicates_leave_the_held_out_copy(splits, survivors):
    # Also when the train copy is real and the held-out copy is not.
    rows = [row("turn on the {name=lamp}", split=split) for split in splits]
    assert kept("exact_duplicate", *rows) == survivors
    real = row("turn on the {name=lamp}", split="train", origin="real")
    assert kept("exact_duplicate", real, row("turn on the {name=lamp}", split="test")) == [
        False,
        True,
    ]


@settings(max_examples=60, deadline=None)
@given(rows=st.lists(ROWS, max_size=20))
def test_no_exact_duplicate_survives(rows):
    table = table_of(*rows)
    left = table.filter(pa.array(judge("exact_duplicate", table).keep))
    before = {(r.intent, fold(r.text)) for r in table_to_utterances(table)}
    after = [(r.intent, fold(r.text)) for r in table_to_utterances(left)]
    assert len(after) == len(set(after))
    assert set(after) == before


# label_conflict


def test_label_conflict_drops_all_synthetic_sides():
    rows = [
        row("lights on please", intent="on"),
        row("Lights on, please", intent="out_of_scope", split="test"),
        row("lights off please", intent="off"),
    ]
    verdicts = judge("label_conflict", table_of(*rows))
    assert verdicts.keep.tolist() == [False, False, True]
    assert verdicts.reasons[:2] == [
        "same text under another intent in test",
        "same text under another intent in train",
    ]


def test_label_conflict_keeps_the_real_side():
    rows = [
        row("lights on please", intent="on", origin="real"),
        row("lights on please", intent="off"),
        row("lights on please", intent="on"),
    ]
    assert kept("label_conflict", *rows) == [True, False, False]


def test_label_conflict_between_real_rows():
    same = [row("x y", intent=intent, origin="real") for intent in ("a", "b")]
    assert kept("label_conflict", *same) == [False, False]
    across = [
        row("x y", intent="a", origin="real"),
        row("x y", intent="b", origin="real", split="test"),
    ]
    assert kept("label_conflict", *across) == [False, True]


# slot_integrity


def broken(sentence, **changes):
    table = table_of(row(sentence))
    slots = table["slots"].to_pylist()[0]
    slots[0].update(changes)
    column = pa.array([slots], table.schema.field("slots").type)
    return table.set_column(table.schema.get_field_index("slots"), "slots", column)


@pytest.mark.parametrize(
    ("table", "reason"),
    [
        (broken("turn on the {name=lamp}", start=1), "slot span does not fit the text"),
        (broken("turn on the {name=lamp}", end=99), "slot span does not fit the text"),
        (broken("turn on the {name=lamp}", text="fan"), "slot span does not fit the text"),
        (broken("turn on the {name=lamp} {name=fan}", end=20), "slot span does not fit the text"),
        (broken("turn on the {name=lamp}", value=""), "slot without a value"),
        (broken("turn on the {name=lamp}", name=""), "slot without a name"),
        (table_of(row("  ?! ")), "no word in the text"),
        (table_of(row("turn on the <name> now")), "leftover of a template in the text"),
    ],
)
def test_slot_integrity_finds(table, reason):
    assert judge("slot_integrity", table).reasons == [reason]


def test_slot_integrity_keeps_sound_rows():
    rows = [
        row("turn on the {name=lamp}"),
        row("turn on"),
        row("i <3 lamps", origin="real", annotated=False),
    ]
    assert kept("slot_integrity", *rows) == [True, True, True]
    real = broken("turn on the {name=lamp}", value="")
    real = real.set_column(real.schema.get_field_index("origin"), "origin", pa.array(["real"]))
    assert judge("slot_integrity", real).keep.tolist() == [True]
    for text in ("turn on the {name}", "turn on \u2047"):
        table = table_of(row("stop"))
        table = table.set_column(1, "text", pa.array([text]))
        assert judge("slot_integrity", table).reasons == ["leftover of a template in the text"]


def test_filters_are_found_without_importing():
    found = {name: first for name, first, _ in plugins.describe("filter")}
    assert {"exact_duplicate", "label_conflict", "slot_integrity", "near_duplicate"} <= set(found)
    assert all(found.values())
    assert importlib.import_module("corpusforge.clean.filters.near_duplicate").FLOOR == 0.7
