import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from corpusforge.core import spans
from corpusforge.core.schema import CATALOGUE, Utterance
from corpusforge.core.spans import Slot
from corpusforge.expand.slots import SlotTable

import pyarrow as pa  # isort: skip


def catalogue(*rows):
    columns = {name: [] for name in CATALOGUE.names}
    for entity, text, agreement, *split in rows:
        values = (entity, text, text.upper(), [], agreement, "CC0-1.0", *(split or [""]))
        for name, value in zip(CATALOGUE.names, values, strict=True):
            columns[name].append(value)
    return pa.table(columns, schema=CATALOGUE)


def row(template, *fillers, slots=True):
    text, placed = spans.fill(template, [Slot(n, e, "", t, 0, 0) for n, e, t in fillers])
    return Utterance(
        text=text,
        lang="de",
        intent="on",
        slots=placed if slots else None,
        origin="grammar",
        split="train",
        license="CC0-1.0",
        id=text,
    )


LAMPS = catalogue(
    ("lamp", "Lampe", "f"), ("lamp", "Leuchte", "f"), ("lamp", "Strahler", "m"), ("room", "Bad", "")
)
ROWS = [
    row("mach die {name} an", ("name", "lamp", "Lampe")),
    row("mach den {name} an", ("name", "lamp", "Strahler")),
    row("Licht im {room}", ("room", "room", "Bad")),
    row("ruf {who} an", ("who", "person", "Özge")),
]


@pytest.fixture
def table():
    return SlotTable.build(ROWS, LAMPS)


def test_values_that_are_held_out_are_not_refilled():
    listed = catalogue(
        ("room", "Bad", "", "train"), ("room", "Keller", "", "test"),
        ("room", "Dach", "", "validation"), ("room", "Flur", "", ""),
    )  # fmt: skip
    table = SlotTable.build(ROWS[2:3], listed)
    drawn = {table.refill("Licht im {room}", np.random.default_rng(n))[0] for n in range(60)}
    assert drawn == {"Licht im Bad", "Licht im Flur"}


def test_each_agreement_class_has_its_symbol(table):
    frames = [table.frame(utterance, place) for place, utterance in enumerate(ROWS)]
    assert frames[0].text == "mach die {name:lamp:f} an"
    assert frames[1].text == "mach den {name:lamp:m} an"
    assert frames[2].text == "Licht im {room}"
    assert [frame.parent for frame in frames] == [0, 1, 2, 3]
    assert table.plain(frames[0].text) == "mach die {name} an"


def test_values_stay_in_their_agreement_class(table):
    seen = set()
    for seed in range(30):
        text, slots, licenses = table.refill("die {name:lamp:f}", np.random.default_rng(seed))
        seen.add(slots[0].text)
        assert text == f"die {slots[0].text}"
        assert slots[0].value == slots[0].text.upper()
        assert licenses == ("CC0-1.0",)
    assert seen == {"Lampe", "Leuchte"}


def test_values_that_are_not_catalogued_are_never_used(table):
    # Values of unpublished real rows are in the train rows and not in the catalogue.
    assert table.refill("{who}?", np.random.default_rng(0)) is None


def test_no_value_twice_while_there_are_others(table):
    for seed in range(20):
        _, slots, _ = table.refill("{name:lamp:f} {name:lamp:f}", np.random.default_rng(seed))
        assert {slot.text for slot in slots} == {"Lampe", "Leuchte"}


def test_rows_without_annotation_are_plain_text():
    plain = row("sag {who}", ("who", "person", "Hallo {x}"), slots=False)
    table = SlotTable.build([plain], LAMPS)
    frame = table.frame(plain, 0)
    assert (frame.text, frame.symbols) == ("sag Hallo x", ())


def test_unknown_kinds_give_no_frame(table):
    other = row("öffne {gate}", ("gate", "gate", "Tor"))
    assert table.frame(other, 0) is None


def test_names_with_odd_characters():
    first = row("{a b} an", ("a b", "lamp", "Lampe"))
    second = row("{a_b} aus", ("a_b", "lamp", "Lampe"))
    table = SlotTable.build([first, second], LAMPS)
    frames = [table.frame(r, 0) for r in (first, second)]
    assert frames[0].symbols != frames[1].symbols
    assert table.plain(frames[0].text) == "{a b} an"


CARRIER = st.text(st.characters(exclude_categories=["Cs", "Cc", "M"], exclude_characters="{}"))


@given(
    st.lists(st.tuples(CARRIER, st.sampled_from(["{room}", "{name:lamp:f}", "{who}"])), max_size=4),
    CARRIER,
    st.integers(0, 99),
)
def test_refilled_spans_are_exact(parts, tail, seed):
    table = SlotTable.build(ROWS, LAMPS)
    text = "".join(carrier + symbol for carrier, symbol in parts) + tail
    filled = table.refill(text, np.random.default_rng(seed))
    if filled is None:  # a seam that is not NFC
        return
    surface, slots, _ = filled
    spans.check(surface, slots)
    assert [slot.name for slot in slots] == [
        {"{room}": "room", "{name:lamp:f}": "name", "{who}": "who"}[symbol] for _, symbol in parts
    ]
