"""How many phones texts have; two readers of English are held against each other."""

from subprocess import CalledProcessError

import pyarrow as pa
import pytest

from corpusforge.core import plugins
from corpusforge.core.errors import RunError
from corpusforge.core.recipe import Recipe
from corpusforge.speech.scores import phones
from corpusforge.speech.scores.lengths import phones_of
from corpusforge.speech.scores.phones import phone_counts, phonemiser
from eval.speech.gate_texts import rows_of
from tests.speech.rows import context

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
def test_other_languages_are_read_by_espeak():
    assert phone_counts(["schöne Straße", "schöne Straße", "ja"], "de-AT") == ([10, 10, 2], "")
    texts = [f"{'ja ' * n}".strip() for n in range(1, 8)]
    assert phone_counts(texts, "de") == ([2 * n for n in range(1, 8)], "")


def test_a_language_that_nobody_reads_has_no_counts_and_a_reason(monkeypatch):
    assert phone_counts(["x"], "xx") == ([0], "espeak does not read xx")
    monkeypatch.setattr(phones, "package_folder", lambda name: None)
    counts, why_not = phone_counts(["ja"], "de")
    assert counts == [0]
    assert "pip install 'corpusforge[espeak]'" in why_not


@espeak
def test_texts_that_espeak_names_letter_by_letter_have_no_count():
    counts, why_not = phone_counts(["台所の電気をつけて", "だいどころのでんき", "ライト"], "ja")
    assert (counts[0], why_not) == (0, "")
    assert all(counts[1:])
    assert phone_counts(["ruf 李雷 an"], "de")[0] == [0]


def test_a_text_on_which_the_reader_stumbles_stops_nothing():
    counts, why_not = phone_counts(["stop", "9" * 40, "1" * 5000], "en")
    assert (counts, why_not) == ([4, 0, 0], "")


@espeak
def test_a_text_on_which_espeak_crashes_costs_only_its_own_count(monkeypatch):
    real, asked = phones.phonemise, []

    def crashes(texts, lang):
        asked.append(len(texts))
        if "nein" in texts:
            raise RunError("espeak could not read") from CalledProcessError(-11, "espeak")
        return real(texts, lang)

    monkeypatch.setattr(phones, "phonemise", crashes)
    texts = ["ja", "ja ja", "nein", "ja ja ja", "so"]
    assert phone_counts(texts, "de") == ([2, 4, 0, 6, 2], "")
    assert asked[0] == 5 and len(asked) <= 12


@espeak
@pytest.mark.parametrize("cause", [OSError(12, "no memory"), CalledProcessError(1, "espeak")])
def test_an_espeak_that_does_not_run_at_all_is_a_reason_and_no_count(monkeypatch, cause):
    asked = []

    def fails(texts, lang):
        asked.append(texts)
        raise RunError("espeak could not read") from cause

    monkeypatch.setattr(phones, "phonemise", fails)
    counts, why_not = phone_counts(["ja", "nein"] * 50, "de")
    assert counts == [0] * 100
    assert why_not.startswith("espeak could not read (") and len(asked) <= 2


@espeak
def test_counts_are_kept_and_unread_clips_are_said(tmp_path, monkeypatch):
    schema = pa.schema([("lang", pa.string()), ("spoken", pa.string())])
    rows = [("ja", "だいどころ"), ("ja", "台所の電気"), ("en", "stop"), ("xx", "stop")]
    rows += [("en", f"stop {name}") for name in "abcdefghijklmnopqrstuvwxyz"]
    table = pa.Table.from_pylist(
        [dict(zip(schema.names, row, strict=True)) for row in rows], schema
    )
    recipe = Recipe(name="x", lang="en", license="MIT")
    ctx = context(tmp_path, "gate", recipe, {})
    counts, notes = phones_of(ctx, table)
    assert counts[0] > 0 and counts[1] == 0 and counts[2] == 4 and counts[3] == 0
    assert notes == (
        "audio_gate: how fast clips in ja are is not judged for 1 of 2: espeakng-loader does not "
        "read their letters",
        "audio_gate: how fast clips in xx are is not judged: espeak does not read xx",
    )
    asked = []
    real = phones.phone_counts
    monkeypatch.setattr(
        phones, "phone_counts", lambda texts, lang: asked.append(texts) or real(texts, lang)
    )
    again, _ = phones_of(ctx, table.slice(0, 3))
    assert again == counts[:3]
    more = pa.concat_tables([table, pa.Table.from_pylist([{"lang": "en", "spoken": "go"}], schema)])
    asked.clear()
    found, _ = phones_of(ctx, more)
    assert found[: len(counts)] == counts
    assert sum(map(len, asked)) < 10  # its own sixteenth, and the language that nobody reads
