"""How many phones texts have; two readers of English are held against each other."""

import pytest

from corpusforge.core import plugins
from corpusforge.core.errors import RunError
from corpusforge.speech.scores import phones
from corpusforge.speech.scores.phones import phone_counts, phonemiser
from eval.speech.gate_texts import rows_of

espeak = pytest.mark.skipif(
    bool(plugins.load("engine", "espeak").missing()), reason="the extra espeak is not installed"
)


@pytest.mark.parametrize(
    ("text", "count"),
    [("stop", 4), ("stop it", 6), ("Stop, it!", 6), ("the VPN", 8), ("eighty judges", 8), ("", 0)],
)
def test_phones_of_english(text, count):
    assert phonemiser("en-GB") == "hibari-tts"
    assert phone_counts([text], "en-GB") == ([count], "")


@espeak
def test_two_readers_of_english_count_alike(monkeypatch):
    texts = rows_of("en", 60, 3)["text"].to_pylist()
    ours, _ = phone_counts(texts, "en")
    monkeypatch.setattr(phones, "package_folder", lambda name: name == "espeakng_loader" or None)
    others, why_not = phone_counts(texts, "en")
    assert not why_not
    ratios = sorted(one / other for one, other in zip(ours, others, strict=True))
    assert 1.0 <= ratios[len(ratios) // 2] <= 1.07
    assert ratios[0] > 0.8 and ratios[-1] < 1.3


@espeak
def test_other_languages_are_read_by_espeak(monkeypatch):
    assert phone_counts(["schöne Straße", "schöne Straße", "ja"], "de-AT") == ([10, 10, 2], "")
    texts = [f"{'ja ' * n}".strip() for n in range(1, 8)]
    whole = phone_counts(texts, "de")
    monkeypatch.setattr(phones, "_BATCH", 2)
    assert phone_counts(texts, "de") == whole == ([2 * n for n in range(1, 8)], "")


def test_a_language_that_nobody_reads_has_no_counts_and_a_reason(monkeypatch):
    assert phone_counts(["x"], "xx")[0] == []
    monkeypatch.setattr(phones, "package_folder", lambda name: None)
    counts, why_not = phone_counts(["ja"], "de")
    assert counts == []
    assert "pip install 'corpusforge[espeak]'" in why_not


@espeak
def test_a_reader_that_crashes_stops_nothing(monkeypatch):
    def crashed(texts, lang):
        raise RunError("espeak could not read")

    monkeypatch.setattr(phones, "phonemise", crashed)
    assert phone_counts(["ja"], "de") == ([], "espeak could not read its texts")
