import pytest

from eval.grammar import flat
from eval.grammar.covered import Shown, least_rows


def test_a_text_shows_its_template_its_choices_and_its_values():
    shown = Shown()
    device, room = flat.values()["device"][0], flat.values()["room"][-1]
    texts = [("turn_on", f"switch on  the {device}"), ("turn_off", f"{room} {device} off")]
    first = 1 + 2 + 1  # the template, ~turn and ~the, @device
    assert shown.missing(texts[:1]) == len(shown.wanted) - first
    assert shown.missing(texts) == len(shown.wanted) - first - 2  # the template and @room
    assert shown.missing(texts[:1], values=False) == shown.missing([], values=False) - 3


def test_a_text_that_nobody_can_say_is_refused():
    with pytest.raises(SystemExit, match="not in the grammar"):
        Shown().missing([("turn_on", "make it so")])


def test_every_list_needs_a_row_for_each_value_that_no_other_list_stands_beside():
    # Songs, genres, cities, items, persons and levels never stand in one template.
    alone = sum(flat.SLOTS[slot] for slot in ("song", "genre", "city", "item", "person", "level"))
    assert least_rows() >= alone
