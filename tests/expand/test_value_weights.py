"""Rows that repeat a slot value: no value outweighs what train rows say with it."""

from collections import defaultdict
from dataclasses import replace

import pyarrow as pa
import pytest
from hypothesis import given
from hypothesis import strategies as st

from corpusforge.core.recipe import Recipe
from corpusforge.core.schema import CATALOGUE, Utterance
from corpusforge.core.spans import Slot
from corpusforge.expand.contract import Candidate
from corpusforge.expand.rows import RowBuilder
from corpusforge.expand.selection import Judged
from corpusforge.expand.slots import SlotTable
from corpusforge.expand.value_weights import FREE, limited, limits_note


def row(intent: str, *values: str, slot: str = "artist", weight: float = 1.0) -> Utterance:
    """A row that says values of a slot, one after the other."""
    slots, start = [], 5
    for value in values:
        slots.append(Slot(slot, slot, "", value, start, start + len(value), "", ""))
        start += len(value) + 1
    return Utterance(
        text=" ".join(["play", *values]),
        lang="en",
        intent=intent,
        slots=tuple(slots),
        origin="gan",
        split="train",
        license="CC0-1.0",
        weight=weight,
    )


WORDS = st.sampled_from(["muse", "Muse", "abba", "queen"])
ROWS = st.lists(
    st.tuples(st.sampled_from(["play", "queue"]), st.lists(WORDS, max_size=2)), max_size=30
)


@given(ROWS, ROWS, st.floats(0.01, 1.0))
def test_a_value_weighs_at_most_half_of_what_train_rows_give_it(
    said: list[tuple[str, list[str]]], known: list[tuple[str, list[str]]], weight: float
) -> None:
    rows = [row(intent, *values) for intent, values in said]
    train = [row(intent, *values, weight=0.5) for intent, values in known]
    found = limited(rows, train, dict.fromkeys(("play", "queue"), weight))
    sums: defaultdict[tuple[str, str], float] = defaultdict(float)
    real: defaultdict[tuple[str, str], float] = defaultdict(float)
    for made, limit in zip(rows, found, strict=True):
        assert 0 < limit.factor <= 1
        assert bool(limit.values) == (limit.factor < 1)
        for value in {slot.text.lower() for slot in made.slots or ()}:
            sums[made.intent, value] += weight * limit.factor
    for other in train:
        for value in {slot.text.lower() for slot in other.slots or ()}:
            real[other.intent, value] += other.weight
    for key, whole in sums.items():
        assert whole <= 0.5 * max(1.0, real[key]) + 1e-9
    # Nothing is taken off without need: some value of each limited row is at its limit.
    for made, limit in zip(rows, found, strict=True):
        if limit.values:
            said = [(made.intent, value) for _, value in limit.values]
            count = {key: sum(key in keys(other) for other in rows) for key in said}
            tight = (0.5 * max(1.0, real[k]) / (count[k] * weight) for k in said)
            assert abs(limit.factor - min(tight)) < 1e-9


def keys(made: Utterance) -> set[tuple[str, str]]:
    return {(made.intent, slot.text.lower()) for slot in made.slots or ()}


def test_rows_of_many_values_weigh_what_they_did() -> None:
    rows = [row("play", f"band {number}") for number in range(50)]
    found = limited(rows, [row("play", "muse")], {"play": 0.04})
    assert found == [FREE] * 50
    assert limits_note(found) == ()


def test_what_train_rows_say_often_may_be_said_more_often() -> None:
    rows = [row("play", "Muse") for _ in range(40)]
    train = [row("play", "muse"), row("play", "muse", weight=3.0), row("queue", "muse")]
    assert {limit.factor for limit in limited(rows, train, {"play": 0.1})} == {2.0 / 4.0}


def test_values_of_other_slots_and_intents_and_signs_are_others() -> None:
    rows = [row("play", sign) for sign in ("c", "c++", "c#", "€", "$")]
    rows += [row("play", "muse"), row("play", "muse", slot="song"), row("queue", "muse")]
    assert limited(rows, [], {"play": 0.5, "queue": 0.5}) == [FREE] * 8


def test_weights_of_zero_stay() -> None:
    rows = [row("play", "muse")] * 3
    assert limited(rows, [], {"play": 0.0}) == [FREE] * 3


def test_a_note_names_the_slots_that_repeat_and_what_helps() -> None:
    rows = [row("play", "muse") for _ in range(40)] + [row("play")] * 10
    songs = [row("play", f"tune {n}", slot="song") for n in range(len(rows))]
    rows = [
        replace(one, slots=(*(one.slots or ()), *(song.slots or ())))
        for one, song in zip(rows, songs, strict=True)
    ]
    found = limited(rows, [row("play", "muse")], {"play": 0.04})
    assert [limit.factor for limit in found] == [0.5 / 1.6] * 40 + [1.0] * 10
    (note,) = limits_note(found)
    assert "40 of 50" in note
    assert "artist (1 value in 40 rows)" in note
    assert "song" not in note
    assert "lists of values" in note


@pytest.mark.parametrize(("worth_rows", "whole"), [(10.0, 0.5), (0.0, 1.0)])
def test_rows_of_a_build(bare_recipe: Recipe, worth_rows: float, whole: float) -> None:
    """Two rows, ten generated ones with a value: half a row, and half of all without adapter."""
    muse = Slot("artist", "artist", "", "muse", 5, 9, "", "")
    real = replace(row("play"), text="play muse", slots=(muse,), id=f"{1:032x}", origin="grammar")
    catalogue = [
        {"entity": "artist", "text": "muse", "value": "muse", "agreement": "", "license": "CC0-1.0"}
    ]
    table = SlotTable.build([real], pa.Table.from_pylist(catalogue, CATALOGUE))
    frame = table.frame(real, 0)
    assert frame is not None
    builder = RowBuilder(table, [real, row("play")], [real.text], bare_recipe, worth_rows)
    judged = []
    for number in range(10):
        candidate = Candidate(frame, f"number {number} of {{artist}}")
        assert builder.accept(candidate) == ""
        judged.append(Judged(candidate, "accepted", 0.0, 1.0, 1.0))
    made = builder.accepted(judged).to_pylist()
    assert [each["weight"] for each in made] == [pytest.approx(whole / 10)] * 10
    assert bool(builder.notes) == bool(worth_rows)
