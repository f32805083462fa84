from hypothesis import given
from hypothesis import strategies as st

from corpusforge.core.spans import Slot, check
from eval.speech.barista_net import Parts
from eval.speech.barista_orders import written
from eval.speech.barista_text import Said, carried, keywords, plain, scored

LISTS = {
    "size": ["small", "medium"],
    "roast": ["medium roast"],
    "milk": [
        "milk",
        "a bit of milk",
        "some milk",
        "soy milk",
        "a bit of soy milk",
        "some soy milk",
    ],
}


def said(text, **slots):
    found = []
    for name, value in slots.items():
        start = text.index(value)
        found.append(Slot(name, name, value, value, start, start + len(value)))
    return Said(text, tuple(sorted(found, key=lambda slot: slot.start)))


def test_keywords_take_the_longest_and_use_a_word_once():
    assert keywords("a medium roast with soy milk", LISTS) == {
        "roast": "medium roast",
        "milk": "soy milk",
    }
    assert keywords("a medium medium roast", LISTS) == {"roast": "medium roast", "size": "medium"}
    assert keywords("mediums", LISTS) == {}


def test_labels_follow_the_words_into_what_was_heard():
    order = said("get me a dark roast americano with milk", roast="dark roast", drink="americano")
    heard = carried(order, "get me dark rose a maricano with milk")
    assert [(s.name, s.text) for s in heard.slots] == [
        ("roast", "dark rose"),
        ("drink", "a maricano"),
    ]


@given(st.text("ab cd", max_size=30).map(plain))
def test_carried_slots_are_sound(heard):
    check(heard, carried(said("a bad cab dab", first="bad", second="dab"), heard).slots)


def test_what_is_heard_rightly_keeps_its_slots():
    order = said("a small medium roast", size="small", roast="medium roast")
    assert carried(order, order.text) == order


def test_numbers_are_words_in_rows_as_in_transcripts():
    found = written("an 8 ounce latte", [{"name": "size", "value": "8 oz", "start": 3, "end": 10}])
    assert found.text == plain("an eight-ounce latte")
    assert [slot.text for slot in found.slots] == ["eight ounce"]


def test_a_slot_too_many_spoils_the_order_and_not_the_slots():
    figures = scored([{"size": "small"}], [{"size": "small", "milk": "milk"}])
    assert (figures["slots"], figures["orders"], figures["too_many"]) == (1.0, 0.0, 1)


def test_parts_of_an_order_lead_back_to_it():
    parts = Parts.of(LISTS)
    assert set(parts.names) == {"size", "roast", "milk", "milk amount"}
    for order in ({"size": "small", "milk": "a bit of soy milk"}, {"milk": "milk"}, {}):
        scores = {
            name: [0.0 if place == target else -9.0 for place in range(len(classes))]
            for (name, classes), target in zip(
                parts.names.items(), parts.targets(order), strict=True
            )
        }
        assert parts.order(scores) == order
