"""How long texts are, and of what kind."""

import pytest

from corpusforge.speech.scores.texts import (
    KINDS,
    LEAST_LETTERS,
    kind_of,
    letters,
    spelled_out,
    text_kind,
)


def test_letters_are_counted_in_any_script():
    assert letters("It's 5!") == 4
    assert letters("¿Qué? über") == 7
    assert letters("...") == 0


def test_words_in_capitals_may_be_said_letter_by_letter():
    assert spelled_out("use the VPN via SSH") == letters("use the VPN via SSH") + 2 * 6
    assert spelled_out("plan B at six A.M.") == letters("plan B at six A.M.") + 2 * 3
    for text in ("turn it on", "TURN IT ON", "I want A Toyota", ""):
        assert spelled_out(text) == letters(text)


@pytest.mark.parametrize(
    ("text", "kind"),
    [
        ("six", "word"),
        ("oh oh", "word"),
        ("oh no no", "short"),
        ("No. Stop it.", "short"),
        ("turn on the light now", "plain"),
        ("turn on the light now.", "plain"),
        ("set it to 2.5 degrees now", "plain"),
        ("Stop that. Turn on the light.", "paused"),
        ("please, turn on the lights", "paused"),
        ("she said “stop it.” Then she left", "paused"),
        ("打开厨房的灯", "word"),
        ("请打开厨房的灯，然后把客厅的窗帘关上", "paused"),
    ],
)
def test_kinds_of_texts(text, kind):
    assert text_kind(text) == kind_of(text, None) == kind_of(text, 10.0) == kind
    assert kind_of(text, 9.9) == kind_of(text, -0.1) == f"{kind}, noisy"
    assert kind_of(text, -3.0) == ""
    assert kind in KINDS and f"{kind}, noisy" in KINDS
    assert (kind in ("short", "word")) == (letters(text) < LEAST_LETTERS)
