"""How languages say times, days and money where CLDR has no words for it: one file each.

CLDR has patterns, names, plurals, parts of the day and number words, and those are taken from it.
It has not how the numbers of a pattern are read: "half past seven", "the fifth of March", "zwölf
Euro fünfzig". Each file has its readings as attribute `USAGE`; where they come from stands in its
docstring (NeMo: the test tables of NVIDIA NeMo-text-processing 1f12635, Apache-2.0; Duckling: the
corpora of facebook/duckling 2c22658, BSD).
"""

from __future__ import annotations

import importlib
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from functools import cache
from importlib import util
from typing import TYPE_CHECKING, NamedTuple

if TYPE_CHECKING:
    from corpusforge.core.cldr import Numerals

__all__ = ["LANGUAGES", "Clock", "Noun", "Usage", "usage"]

LANGUAGES = ("de", "en", "es", "fr")
"""Those with a file."""


class Clock(NamedTuple):
    """A time of day.

    Attributes:
        hour: 0 to 23.
        minute: 0 to 59.
        twelve: It is written with 12 hours.
        period: Its part of the day by CLDR: "in the morning", "morgens".
        night: That of the last minutes before midnight.
    """

    hour: int
    minute: int
    twelve: bool
    period: str
    night: str

    @property
    def hour12(self) -> int:
        """1 to 12."""
        return self.hour % 12 or 12

    @property
    def next12(self) -> int:
        """The following hour, 1 to 12."""
        return self.hour % 12 + 1


class Noun(NamedTuple):
    """Name of a coin or a currency after one, and after other numbers."""

    one: str
    many: str
    feminine: bool = False

    def named(self, number: int) -> str:
        """Its name after a number."""
        return self.one if number == 1 else self.many


@dataclass(frozen=True, slots=True)
class Usage:
    """The readings of one language.

    Attributes:
        time: A time as its digits are read.
        colloquial: The same as in everyday speech ("half past seven"); "" where nobody says so.
        day: (day of the month, it stands before the month, territory) -> words.
        change: (hundredths, their name, in short) -> what follows "five euros".
        coins: ISO 4217 code -> name of the hundredth part.
        nouns: ISO 4217 code -> everyday name of what "$", "£" stands for (CLDR: "US dollars").
        feminine_currency: Begin of the names of currencies that are feminine.
        feminine_units: Units of time that are feminine.
        letters: What is spoken -> as recognisers write it: "AM" -> "a m".
        first: The first day of the month in digits, where it is not "1".
        month_number: Day and month of a date in digits are both read as ordinals.
    """

    time: Callable[[Clock, Numerals], str]
    colloquial: Callable[[Clock, Numerals], str]
    day: Callable[[int, bool, str, Numerals], str]
    change: Callable[[int, Noun, bool, Numerals], str]
    coins: Mapping[str, Noun]
    nouns: Mapping[str, Noun]
    feminine_currency: tuple[str, ...] = ()
    feminine_units: frozenset[str] = frozenset()
    letters: Mapping[str, str] = field(default_factory=dict)
    first: str = ""
    month_number: bool = False


@cache
def usage(lang: str) -> Usage | None:
    """The readings of a language, by its primary subtag; None without a file."""
    if lang not in LANGUAGES or util.find_spec(f"{__name__}.{lang}") is None:
        return None
    found: Usage = importlib.import_module(f"{__name__}.{lang}").USAGE
    return found
