"""Written text to the words that are said: numbers, units, times, ordinals, symbols.

Number words come from the Unicode CLDR through `unicode-rbnf` (MIT); units and times from the
tables in `speech/locales`. A language without a table gets plain numbers where CLDR has them; what
is left is up to the engine.
"""

from __future__ import annotations

import importlib
import re
from collections.abc import Sequence
from dataclasses import dataclass
from functools import cache
from importlib import util

from corpusforge.speech.locale import Locale
from corpusforge.speech.numbers import Numbers, supported
from corpusforge.speech.reading.clock import clock_steps
from corpusforge.speech.reading.names import VULGAR, fraction_step, name_steps, plain_step
from corpusforge.speech.reading.quantities import quantity_steps
from corpusforge.speech.reading.trace import Piece, Step, rewritten, untouched

__all__ = ["VERSION", "speakable", "trace", "verbalise"]

VERSION = 3
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
    pieces: Sequence[Piece] = untouched(text)
    rules = _rules(lang)
    if rules is not None and rules.concerned.search(text):
        for step in (*rules.steps, *_SPACES):
            pieces = rewritten(pieces, step)
    return pieces


def speakable(spoken: str) -> bool:
    """Whether an engine can be expected to say something: a letter or a digit is left."""
    return any(character.isalnum() for character in spoken)


@dataclass(frozen=True)
class _Rules:
    """The steps of one language, each (pattern, replacement); made once per language."""

    concerned: re.Pattern[str]
    steps: tuple[Step, ...]


def _locale(lang: str) -> Locale | None:
    parts = lang.replace("-", "_").casefold().split("_")
    for length in range(len(parts), 0, -1):
        module = "corpusforge.speech.locales." + "_".join(parts[:length])
        if util.find_spec(module) is not None:
            found: Locale = importlib.import_module(module).LOCALE
            return found
    return None


@cache
def _rules(lang: str) -> _Rules | None:
    locale = _locale(lang)
    primary = lang.split("-")[0].casefold()
    if not supported(primary):
        return None
    if locale is None:
        plain = plain_step(Numbers(primary))
        return _Rules(plain[0], (plain,))
    numbers = Numbers(primary, locale.group, locale.point)
    symbol = re.compile("[" + re.escape("".join(locale.symbols)) + "]")
    concerned = re.compile(rf"\d|{symbol.pattern}|[{''.join(VULGAR)}]")
    steps = [*name_steps(locale, numbers), *clock_steps(locale, numbers)]
    steps += [fraction_step(locale, numbers), *quantity_steps(locale, numbers)]
    steps.append((symbol, lambda m: f" {locale.symbols[m[0]]} "))
    return _Rules(concerned, tuple(steps))
