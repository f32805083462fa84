from collections import Counter
from pathlib import Path

import pytest

from corpusforge.speech.reading.trace import follow
from corpusforge.speech.verbalise import speakable, trace, verbalise

ENGLISH = {
    "set it to 21 degrees": "set it to twenty-one degrees",
    "wake me at 7:30 am": "wake me at seven thirty AM",
    "wake me at 7.30am": "wake me at seven thirty AM",
    "at 7 pm please": "at seven PM please",
    "at 7:05": "at seven oh five",
    "at 7:00": "at seven o'clock",
    "at 19:45": "at nineteen forty-five",
    "meet at 12:30 a.m. tomorrow": "meet at twelve thirty AM tomorrow",
    "dim to 50 %": "dim to fifty percent",
    "dim to 50%": "dim to fifty percent",
    "timer for 5 min": "timer for five minutes",
    "1 min": "one minute",
    "add 2.5 kg flour": "add two point five kilograms flour",
    "-5°C outside": "minus five degrees Celsius outside",
    "1,200 steps": "one thousand two hundred steps",
    "5-10 minutes": "five to ten minutes",
    "in 2024": "in twenty twenty-four",
    "from 1984": "from nineteen eighty-four",
    "2000 m": "two thousand meters",
    "21st of May": "twenty-first of May",
    "mp3 player": "mp three player",
    "call 555-0123": "call five five five zero one two three",
    "call 5551234": "call five five five one two three four",
    "track 007": "track zero zero seven",
    "salt & pepper": "salt and pepper",
    "$5": "five dollars",
}
GERMAN = {
    "stell auf 21 Grad": "stell auf einundzwanzig Grad",
    "um 7:30 Uhr": "um sieben Uhr dreißig",
    "um 7.30 Uhr": "um sieben Uhr dreißig",
    "um 1 Uhr": "um ein Uhr",
    "um 7 Uhr 30": "um sieben Uhr dreißig",
    "auf 50 %": "auf fünfzig Prozent",
    "2,5 kg Mehl": "zwei Komma fünf Kilogramm Mehl",
    "1 min": "eine Minute",
    "1 Minute": "eine Minute",
    "1 Liter Milch": "ein Liter Milch",
    "Kanal 1": "Kanal eins",
    "1.000 Schritte": "eintausend Schritte",
    "am 3. März": "am dritten März",
    "21,5 °C": "einundzwanzig Komma fünf Grad Celsius",
    "5-10 Minuten": "fünf bis zehn Minuten",
}


@pytest.mark.parametrize(("text", "spoken"), ENGLISH.items())
def test_english(text, spoken):
    assert verbalise(text, "en") == spoken


@pytest.mark.parametrize(("text", "spoken"), GERMAN.items())
def test_german(text, spoken):
    assert verbalise(text, "de") == spoken


@pytest.mark.parametrize("number", ["3,000,000,000,000,000,000", "999,999,999,999,999,999"])
def test_a_number_without_a_name_is_said_by_its_digits(number):
    first = {"3": "three", "9": "nine"}[number[0]]
    for text in (number, f"it costs ${number} now", f"{number} degrees"):
        said = verbalise(text, "en")
        assert first in said.split()
        assert not any(character.isdigit() for character in said)
    assert verbalise("$999,999,999,999", "en").startswith("nine hundred ninety-nine billion")


@pytest.mark.parametrize("text", ["turn on the lights", "AC/DC", "what's up?", "well-known"])
def test_text_that_reads_as_it_is_written_is_left(text):
    assert verbalise(text, "en") is None


@pytest.mark.parametrize("text", [*ENGLISH, *GERMAN, "25:10", "1,5", "1:2:3", "3/4", "+5", "2x"])
@pytest.mark.parametrize("lang", ["en", "de"])
def test_no_digit_is_left_and_saying_it_again_changes_nothing(text, lang):
    spoken = verbalise(text, lang) or text
    assert not any(character.isdecimal() for character in spoken)
    assert "  " not in spoken
    assert verbalise(spoken, lang) is None


def golden(lang):
    path = Path(__file__).parent / "golden" / f"verbalise_{lang.replace('-', '_').lower()}.tsv"
    for line in path.read_text("utf-8").splitlines():
        if not line.startswith("#"):
            written, words, *slots = line.split("\t")
            yield (
                lang,
                written,
                words,
                dict(slot.split("=") for slot in slots[0].split(" | ")) if slots else {},
            )


GOLDEN = [case for lang in ("en", "en-GB", "de", "fr", "es") for case in golden(lang)]


@pytest.mark.parametrize(("lang", "written", "words", "slots"), GOLDEN)
def test_the_table_written_by_hand(lang, written, words, slots):
    pieces = trace(written, lang)
    spoken = "".join(piece.text for piece in pieces)
    assert spoken.lower() == words
    for text, said in slots.items():
        start = written.index(text)
        place = follow(pieces, start, start + len(text))
        assert place is not None
        assert spoken[slice(*place)].lower() == said


def test_the_tables_are_whole():
    lines = Counter(lang for lang, _, _, _ in GOLDEN)
    assert lines["en"] >= 140
    assert min(lines["de"], lines["fr"], lines["es"]) >= 55
    assert len({(lang, written) for lang, written, _, _ in GOLDEN}) == len(GOLDEN)


@pytest.mark.parametrize(
    ("written", "spoken"),
    [("alle 7:30", None), ("2,5 kg", None), ("1/2 tazza", None), ("7h30", None), ("12.5", None)],
)
def test_without_a_table_only_plain_numbers_become_words(written, spoken):
    # "sette:trenta" would be one word to an engine; as digits it knows what to do.
    assert verbalise(written, "it") == spoken
    assert verbalise("da 3 a 5, 7.", "it") == "da tre a cinque, sette."


def test_regions_use_the_table_of_their_language():
    assert verbalise("at 7 pm", "en-GB") == "at seven PM"
    assert verbalise("um 7 Uhr", "de-AT") == "um sieben Uhr"
    assert verbalise("7h30", "fr-CA") == "sept heures trente"
    assert verbalise("70 francs", "fr-CH") == "septante francs"
    assert verbalise("3/4/2024", "en-US") == "March fourth, twenty twenty-four"
    assert verbalise("3/4/2024", "en-GB") == "the third of April twenty twenty-four"
    assert verbalise("$1.50", "es-MX") == "un peso con cincuenta"


def test_languages_without_a_table_get_plain_numbers_or_nothing():
    assert verbalise("21 gatti", "it-CH") == "ventuno gatti"
    assert verbalise("21 x", "tlh") is None


def test_speakable():
    assert speakable("Müller")
    assert speakable("灯")
    assert not speakable("... !? --")
    assert not speakable("")
