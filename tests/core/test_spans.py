from __future__ import annotations

import unicodedata

import pytest
from hypothesis import given
from hypothesis import strategies as st

from corpusforge.core import spans
from corpusforge.core.spans import Slot, SpanError

words = st.text(st.characters(codec="utf-8", exclude_categories=("Cs", "Cc")), max_size=12)


@st.composite
def annotated(draw):
    """NFC text with sorted, disjoint slots that have no white space at their edges."""
    pieces = [unicodedata.normalize("NFC", p) for p in draw(st.lists(words, max_size=9))]
    text = unicodedata.normalize("NFC", "".join(pieces))
    cuts = sorted(draw(st.lists(st.integers(0, len(text)), max_size=8, unique=True)))
    slots = []
    for index, (start, end) in enumerate(zip(cuts[::2], cuts[1::2], strict=False)):
        surface = text[start:end]
        if surface and surface == surface.strip():
            slots.append(Slot(f"s{index % 3}", "e", "v", surface, start, end))
    return text, tuple(slots)


@given(annotated(), st.data())
def test_any_edit_keeps_every_slot_text_or_refuses(case, data):
    text, slots = case
    start = data.draw(st.integers(0, len(text)))
    end = data.draw(st.integers(start, len(text)))
    replacement = data.draw(words)
    try:
        changed, moved = spans.edit(text, slots, start, end, replacement)
    except SpanError:
        inside = any(s.start < end and start < s.end for s in slots)
        changed = text[:start] + replacement + text[end:]
        # An insertion inside a slot touches it although the replaced range is empty.
        inside = inside or any(s.start < start < s.end for s in slots)
        assert inside or unicodedata.normalize("NFC", changed) != changed
        return
    assert changed == text[:start] + replacement + text[end:]
    assert [s.text for s in moved] == [s.text for s in slots]
    spans.check(changed, moved)


@given(annotated())
def test_bio_rebuilds_the_spans(case):
    text, slots = case
    token_spans, tags = spans.bio(text, slots)
    assert spans.spans_from_bio(token_spans, tags) == [(s.name, s.start, s.end) for s in slots]


@given(annotated())
def test_tokens_cover_every_character_but_white_space(case):
    text, slots = case
    covered = set()
    for start, end in spans.tokens(text, slots):
        assert start < end
        assert not covered & set(range(start, end))
        covered |= set(range(start, end))
    assert {i for i, c in enumerate(text) if not c.isspace()} <= covered


@given(annotated(), st.data())
def test_replacing_a_slot_moves_the_others(case, data):
    text, slots = case
    if not slots:
        return
    index = data.draw(st.integers(0, len(slots) - 1))
    try:
        changed, moved = spans.replace_slot(text, slots, index, "kitchen lamp", "lamp_1")
    except SpanError:
        return
    spans.check(changed, moved)
    assert moved[index].text == "kitchen lamp"
    assert [s.text for i, s in enumerate(moved) if i != index] == [
        s.text for i, s in enumerate(slots) if i != index
    ]


def test_fill_puts_each_value_in_its_place():
    text, slots = spans.fill(
        "set {name} to {level}",
        [Slot("name", "lamp", "l1", "the lamp", 0, 0), Slot("level", "n", "5", "5 %", 0, 0)],
    )
    assert text == "set the lamp to 5 %"
    assert [text[s.start : s.end] for s in slots] == ["the lamp", "5 %"]


def test_fill_refuses_other_slots_than_the_text_has():
    with pytest.raises(SpanError, match="is not filled by"):
        spans.fill("set {name}", [Slot("level", "n", "5", "5", 0, 0)])


def test_tokens_of_scripts_without_spaces_are_characters():
    assert [s for s in spans.tokens("打开灯 now")] == [(0, 1), (1, 2), (2, 3), (4, 7)]


def test_words_keep_inner_apostrophes_and_are_cut_at_slot_borders():
    text = "what's kim's lamp"
    slot = Slot("who", "name", "", "kim", 7, 10)
    assert [text[a:b] for a, b in spans.tokens(text, [slot])] == ["what's", "kim", "'s", "lamp"]


@pytest.mark.parametrize(
    ("slot", "why"),
    [
        (Slot("a", "", "", "x", 0, 99), "out of range"),
        (Slot("a", "", "", "no", 0, 2), "reads"),
        (Slot("a", "", "", "on ", 5, 8), "white space"),
    ],
)
def test_check_says_what_is_wrong(slot, why):
    with pytest.raises(SpanError, match=why):
        spans.check("turn on the light", [slot])
