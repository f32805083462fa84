"""What generated rows may claim: annotation, licence, weight."""

from __future__ import annotations

from dataclasses import replace

from corpusforge.core.licenses import refused_licenses
from corpusforge.core.schema import CATALOGUE, Utterance
from corpusforge.core.spans import Slot
from corpusforge.expand.clear_values import ClearValues
from corpusforge.expand.contract import Candidate
from corpusforge.expand.rows import RowBuilder, joined_licenses
from corpusforge.expand.slots import SlotTable

TRAIN = [
    Utterance(
        id=f"{number:032x}", text=text, lang="en", intent=intent, slots=(), origin="grammar",
        split="train", license="CC0-1.0", template=intent,
    )
    for number, (intent, text) in enumerate([("on", "lights on"), ("off", "lights off")])
]  # fmt: skip


def build(train, recipe, intent):
    table = SlotTable.build(train, CATALOGUE.empty_table())
    parent = next(n for n, row in enumerate(train) if row.intent == intent)
    frame = table.frame(train[parent], parent)
    builder = RowBuilder(table, train, [row.text for row in train], recipe)
    candidate = Candidate(frame, f"please {intent} now")
    assert builder.accept(candidate) == ""
    assert builder.accept(candidate) == "duplicate"
    return builder._rows[intent, candidate.text]


def test_annotated_train_rows_give_annotated_rows(bare_recipe):
    assert build(TRAIN, bare_recipe, "on").slots == ()


def test_one_unannotated_train_row_makes_its_intent_unannotated(bare_recipe):
    # Its slot values stood in clear where the generator learnt: "none" could be a lie.
    real = replace(TRAIN[0], text="the lamp on", slots=None, origin="real")
    assert build([*TRAIN, real], bare_recipe, "on").slots is None
    assert build([*TRAIN, real], bare_recipe, "off").slots == ()


def test_the_licence_names_everybody_whose_words_were_learnt(bare_recipe):
    real = replace(TRAIN[1], text="kill it", origin="real", license="LicenseRef-mine")
    assert build([*TRAIN, real], bare_recipe, "on").license == "CC0-1.0 AND LicenseRef-mine"


def test_a_value_in_plain_words_is_no_row_of_annotated_slots(bare_recipe):
    """The value is not in any catalogue: it comes from a real row that is not published."""
    lamp = Slot(name="thing", entity="thing", value="", text="lamp", start=4, end=8)
    real = replace(TRAIN[0], text="the lamp on", slots=(lamp,), origin="real")
    unannotated = replace(TRAIN[1], text="kill it", slots=None, origin="real")
    train = [*TRAIN, real, unannotated]
    table = SlotTable.build(train, CATALOGUE.empty_table())
    frames = [table.frame(row, place) for place, row in enumerate(train)]
    clear = ClearValues(table, frames, train)
    builder = RowBuilder(table, train, [], bare_recipe, clear=clear)
    assert builder.accept(Candidate(frames[0], "switch the lamp on")) == "value_in_clear"
    assert builder.accept(Candidate(frames[0], "make it light")) == ""
    # Not a value of this intent; and where nothing is annotated, nothing is left out.
    assert builder.accept(Candidate(frames[1], "switch the lamp off")) == ""
    assert RowBuilder(table, train, [], bare_recipe).accept(Candidate(frames[0], "lamp on")) == ""


def test_licenses_are_joined_so_that_and_holds_for_all():
    assert joined_licenses("MIT", ["MIT"]) == "MIT"
    joined = joined_licenses("MIT OR ISC", ["CC-BY-NC-4.0", "MIT OR ISC"])
    assert joined == "(MIT OR ISC) AND CC-BY-NC-4.0"
    assert [refused.name for refused in refused_licenses(joined)] == ["CC-BY-NC-4.0"]
