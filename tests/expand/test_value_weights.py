"""Rows that repeat a slot value: no value outweighs what train rows say with it."""

from collections import defaultdict

from hypothesis import given
from hypothesis import strategies as st

from corpusforge.core.schema import Utterance
from corpusforge.core.spans import Slot
from corpusforge.expand.value_weights import repeated_values, value_factors


def row(intent: str, *values: str, weight: float = 1.0) -> Utterance:
    """A row that says values of the slot "artist", one after the other."""
    slots, start = [], 5
    for value in values:
        slots.append(Slot("artist", "artist", "", value, start, start + len(value), "", ""))
        start += len(value) + 1
    text = " ".join(["play", *values])
    return Utterance(
        text=text,
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
    factors = value_factors(rows, train, dict.fromkeys(("play", "queue"), weight))
    sums: defaultdict[tuple[str, str], float] = defaultdict(float)
    real: defaultdict[tuple[str, str], float] = defaultdict(float)
    for made, factor in zip(rows, factors, strict=True):
        assert 0 < factor <= 1
        assert made.slots or factor == 1
        for value in {slot.text.lower() for slot in made.slots or ()}:
            sums[made.intent, value] += weight * factor
    for other in train:
        for value in {slot.text.lower() for slot in other.slots or ()}:
            real[other.intent, value] += other.weight
    assert all(whole <= 0.5 * max(1.0, real[key]) + 1e-9 for key, whole in sums.items())


def test_rows_of_many_values_weigh_what_they_did() -> None:
    rows = [row("play", f"band {number}") for number in range(50)]
    factors = value_factors(rows, [row("play", "muse")], {"play": 0.04})
    assert factors == [1.0] * 50
    assert repeated_values(rows, factors) == ()


def test_a_note_names_the_slots_and_what_helps() -> None:
    rows = [row("play", "muse") for _ in range(40)] + [row("play")] * 10
    factors = value_factors(rows, [row("play", "muse")], {"play": 0.04})
    assert factors == [0.5 / 1.6] * 40 + [1.0] * 10
    (note,) = repeated_values(rows, factors)
    assert "40 of 50" in note
    assert "artist (1 value in 40 rows)" in note
    assert "lists of values" in note
