"""Reading beside other implementations, and over whole collections of sentences."""

import re
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from corpusforge.api import sample
from corpusforge.core.schema import table_to_utterances
from corpusforge.core.text import nfc
from corpusforge.speech.spoken_spans import spoken_form
from corpusforge.speech.verbalise import verbalise

TEMPLATES = Path(__file__).parents[2] / "templates"
# (banking has the plain amounts of its Spanish pack, and takes longest to compile)
LEFT_OUT = ("banking/en", "banking/de")
PACKS = sorted(
    path
    for path in TEMPLATES.glob("*/??")
    if path.is_dir() and path.relative_to(TEMPLATES).as_posix() not in LEFT_OUT
)
TABLES = ("en", "de", "fr", "es")


@pytest.mark.parametrize("path", PACKS, ids=lambda path: f"{path.parent.name}-{path.name}")
def test_rows_of_the_packs_are_read_to_the_end_and_their_slots_followed(path):
    table, _ = sample(path, 2000, seed=1)
    rows = table_to_utterances(table)
    assert rows
    assert {row.lang for row in rows} <= set(TABLES)
    for row in rows:
        spoken, slots = spoken_form(row)
        assert not any(map(str.isdecimal, spoken)), (row.text, spoken)
        assert slots is not None, (row.text, spoken)


@pytest.mark.parametrize("lang", TABLES)
def test_sentences_of_home_assistant_are_read_to_the_end(lang):
    pytest.importorskip("home_assistant_intents", reason="needs home-assistant-intents")
    from home_assistant_intents import get_intents

    found = []

    def walk(node):
        if isinstance(node, dict):
            for value in node.values():
                walk(value)
        elif isinstance(node, list):
            for value in node:
                walk(value)
        elif isinstance(node, str):
            found.append(re.sub(r"\{[^}]*\}", "21", node))

    walk(get_intents(lang))
    assert len(found) > 300
    for text in found:
        spoken = verbalise(nfc(text), lang) or text
        assert not any(map(str.isdecimal, spoken)), (text, spoken)


closer = st.text(alphabet="0123456789:/.,-–+x$€%½ amkgUhr°C#éºª@'\"()vhDSt", max_size=16).map(nfc)


@settings(max_examples=400, deadline=None)
@given(closer, st.sampled_from([*TABLES, "en-GB", "es-MX", "fr-CH"]))
def test_no_digit_is_left_whatever_stands_around_it(text, lang):
    spoken = verbalise(text, lang) or text
    assert not any(character in "0123456789" for character in spoken)


def plain(words):
    """Letters only: implementations differ in hyphens, spaces, commas and "and".

    num2words says "ciento cincuenta y uno mil", which is wrong.
    """
    words = words.replace("veintiuno mil", "veintiún mil").replace("uno mil", "un mil")
    return re.sub(r"[^a-zäöüßàâéèêëîïôûùçáíóúñœ]|\band\b", "", words.lower())


@pytest.mark.parametrize("lang", TABLES)
def test_numbers_are_those_of_num2words(lang):
    num2words = pytest.importorskip("num2words", reason="needs num2words").num2words
    numbers = [*range(1100), *range(1100, 1_000_000, 7919)]
    different = [
        (number, verbalise(str(number), lang), num2words(number, lang=lang))
        for number in numbers
        if not 1100 <= number < 2100  # years
        and plain(verbalise(str(number), lang)) != plain(num2words(number, lang=lang))
    ]
    assert different == []


def test_ordinals_are_those_of_num2words():
    num2words = pytest.importorskip("num2words", reason="needs num2words").num2words
    for number in [*range(1, 1100), *range(1100, 100_000, 991)]:
        ending = {1: "st", 2: "nd", 3: "rd"}.get(number % 10, "th")
        ending = "th" if number % 100 in (11, 12, 13) else ending
        said = verbalise(f"the {number}{ending} time", "en")
        assert plain(said) == plain(f"the {num2words(number, to='ordinal')} time")
