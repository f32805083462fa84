from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from corpusforge.core.spans import Slot
from corpusforge.core.text import delexicalise, fold, fold_delexicalised, fold_with_places, nfc


@pytest.mark.parametrize(
    ("given_text", "folded"),
    [
        ("  Turn ON, the light! ", "turn on the light"),
        ("STRASSE straße", "strasse strasse"),
        ("ﬁne 21°", "fine 21"),
        ("what's_up", "what s up"),
        ("…", ""),
    ],
)
def test_fold(given_text, folded):
    assert fold(given_text) == folded


@given(st.text(max_size=40))
def test_folding_twice_changes_nothing(text):
    assert fold(fold(text)) == fold(text)


@given(st.text(st.characters(exclude_characters="{}", exclude_categories=("Cs",)), max_size=40))
def test_without_slots_both_foldings_agree(text):
    assert fold_delexicalised(text) == fold(text)


def test_delexicalised_text_keeps_slots_atomic():
    text = "Turn on {x} Kim's lamp!"
    slot = Slot("name", "person", "", "Kim", 12, 15)
    delexicalised = delexicalise(text, [slot])
    assert delexicalised == "Turn on  x  {name}'s lamp!"
    assert fold_delexicalised(delexicalised) == "turn on x {name} s lamp"


@given(st.text(max_size=12))
def test_folded_characters_know_where_they_come_from(text):
    text = nfc(text)
    folded, places = fold_with_places(text)
    assert folded in (fold(text), "")
    assert len(places) == len(folded)
    assert places == sorted(places)
    for char, (start, end) in zip(folded, places, strict=True):
        assert char == " " or char in fold(text[start:end])


@given(st.text(alphabet="aé ﬁß.,-²日ガ", max_size=12))
def test_usual_texts_are_always_folded_with_places(text):
    assert fold_with_places(nfc(text))[0] == fold(nfc(text))
