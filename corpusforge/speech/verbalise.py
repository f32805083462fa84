"""Written text to the words that are said: numbers, units, times, ordinals, symbols.

Number words come from the Unicode CLDR through `unicode-rbnf` (MIT); units and times from the
tables in `speech/locales`. A language without a table gets plain numbers where CLDR has them; what
is left is up to the engine.
"""

from __future__ import annotations

import importlib
import re
from collections.abc import Sequence
from functools import cache
from importlib import util

from corpusforge.core import said
from corpusforge.core.cldr import cldr
from corpusforge.speech.locale import Locale
from corpusforge.speech.numbers import Numbers, supported
from corpusforge.speech.reading.clock import clock_steps
from corpusforge.speech.reading.dates import date_steps
from corpusforge.speech.reading.marks import inch_step, ordinal_span_steps, unit_steps
from corpusforge.speech.reading.names import code_steps, name_steps, ordinal_steps, plain_step
from corpusforge.speech.reading.quantities import fraction_step, quantity_steps
from corpusforge.speech.reading.roman import roman_steps
from corpusforge.speech.reading.trace import Piece, Step, rewritten, untouched

__all__ = ["VERSION", "reading_notes", "speakable", "trace", "verbalise"]

VERSION = 13
"""Counts up whenever the words for some text change: clips are then made again."""

_SPACES: tuple[Step, ...] = (
    (re.compile(r"\s+"), lambda m: " "),
    (re.compile(r"^ | $"), lambda m: ""),
)


def verbalise(text: str, lang: str) -> str | None:
    """The words that are said.

    Args:
        text: As it is written.
        lang: BCP-47 tag; the most precise table that fits is taken.

    Returns:
        The spoken text, or None when it reads as it is written.

    Raises:
        InputError: When the number library is not installed.
    """
    spoken = "".join(piece.text for piece in trace(text, lang))
    return None if spoken == text else spoken


def trace(text: str, lang: str) -> Sequence[Piece]:
    """The spoken text in parts, each with the range of the written text that it stands for.

    Args:
        text: As it is written, in NFC.
        lang: As for `verbalise`.

    Raises:
        InputError: When the number library is not installed.
    """
    pieces = written = untouched(text)
    current = text
    for step in _steps(lang):
        # Of a hundred steps a text needs a few.
        if step[0].search(current):
            pieces = rewritten(pieces, step)
            current = "".join(piece.text for piece in pieces)
    if pieces is not written:
        for step in _SPACES:
            pieces = rewritten(pieces, step)
    return pieces


def speakable(spoken: str) -> bool:
    """Whether an engine can be expected to say something: a letter or a digit is left."""
    return any(character.isalnum() for character in spoken)


def reading_notes(lang: str) -> list[str]:
    """What of a language is not read out here but left to the engine: a sentence, or none.

    Args:
        lang: BCP-47 tag.
    """
    primary = lang.replace("_", "-").split("-")[0].casefold()
    if _locale(lang) is not None and said.usage(primary) is not None:
        return []
    numbers = "" if supported(primary) else "numbers, "
    left = f"{numbers}times, dates, money, units and abbreviations"
    return [f"{lang}: {left} are left to the engine"]


def _locale(lang: str) -> Locale | None:
    parts = lang.replace("-", "_").casefold().split("_")
    for length in range(len(parts), 0, -1):
        module = "corpusforge.speech.locales." + "_".join(parts[:length])
        if util.find_spec(module) is not None:
            found: Locale = importlib.import_module(module).LOCALE
            return found
    return None


@cache
def _steps(lang: str) -> tuple[Step, ...]:
    """How one language is read, in this order."""
    locale = _locale(lang)
    tag, primary = lang.replace("_", "-"), lang.replace("_", "-").split("-")[0].casefold()
    if not supported(primary):
        return ()
    usage = said.usage(primary)
    if locale is None or usage is None:
        return (plain_step(Numbers(primary)),)
    numbers = Numbers(
        tag,
        decimal=locale.decimal,
        group=locale.group,
        point=locale.point,
        whole_decimals=locale.whole_decimals,
        verbose=locale.hundred_and,
        zero=locale.zero,
        double=locale.double,
    )
    symbol = re.compile("[" + re.escape("".join(locale.symbols)) + "]")
    return (
        *name_steps(locale, numbers),
        *inch_step(locale),
        *unit_steps(locale),
        *roman_steps(locale, numbers),
        *date_steps(locale, numbers),
        *code_steps(locale, numbers),
        *ordinal_span_steps(locale),
        *ordinal_steps(locale, numbers),
        *clock_steps(locale, numbers, usage, cldr(primary)),
        fraction_step(locale, numbers),
        *quantity_steps(locale, numbers, usage),
        (symbol, lambda m: f" {locale.symbols[m[0]]} "),
    )
