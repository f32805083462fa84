"""Names that a wake word corpus is made of."""

from corpusforge.core.wake import is_wake_word, ordinary_note, phrases


def test_what_is_listened_for_is_told_in_its_words():
    rows = [
        ("wake_word", "Hey  Jarvis"),
        ("wake_word", "hey jarvis!"),
        ("wake_word", "okay jarvis"),
        ("part", "jarvis"),
        ("stop", ""),
    ]
    assert phrases(rows, ["wake_word", "stop"]) == ("stop", "Hey Jarvis", "okay jarvis")


def test_what_teaches_a_detector_and_what_it_lacks():
    assert is_wake_word(["near_miss", "lights"])
    assert not is_wake_word(["lights", "other_speech"])
    assert ordinary_note(["wake_word", "other_talk"], "en") == []
    assert "--lang tr --ordinary FILE" in ordinary_note(["wake_word", "near_miss"], "tr")[0]
