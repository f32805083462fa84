"""What `speech.verbalise` must know of a language; one file per language in `speech/locales`."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field

__all__ = ["Locale", "Unit", "Words"]

Words = Callable[[int], str]


@dataclass(frozen=True, slots=True)
class Unit:
    """A unit that follows a number.

    Attributes:
        one: Its name after exactly one.
        many: Its name after every other number.
        feminine: Whether "one" takes the feminine form before it.
    """

    one: str
    many: str
    feminine: bool = False

    def named(self, number: int) -> str:
        """Its name after a whole number."""
        return self.one if number == 1 else self.many


def _plain_ordinal(match: re.Match[str]) -> str:
    return "spellout-ordinal"


@dataclass(frozen=True, slots=True)
class Locale:
    """Tables and rules of one language.

    Attributes:
        decimal: Decimal separator.
        group: Separator of groups of three digits.
        point: Word for the decimal separator.
        to: Word between the ends of a range.
        minus: Word for a minus sign.
        one: Form of one before a noun: (masculine or neuter, feminine).
        nouns: Full words that make the number before them feminine, or plain, by `Unit`.
        units: Written unit -> how it is said.
        symbols: Character that stands alone -> word.
        number_sign: Word for "#" before a number.
        currencies: Sign that stands before the amount -> unit said after it.
        cents: Sign of a currency -> its hundredth.
        change: (hundredths, their unit, number words) -> what is said after "five dollars".
        time: (hour, minute, suffix as written, number words) -> words.
        time_suffix: Regular expression of what may follow a time of day ("am", "Uhr").
        suffix_last: The suffix is the last word of a time ("AM"), not inside of it ("Uhr").
        conjunction: Word for "and".
        second: Unit of the last part of 12:30:15.
        fraction: (whole, numerator, denominator, noun that follows, number words, ordinal words)
            -> words, "" when it is not said as a fraction.
        dot: Word for the dots of a version number.
        names: Written name with symbols in it -> how it is said.
        ordinal: Regular expression of an ordinal with the group "ordinal", "" = none.
        ordinal_form: Match of it -> rule set of the number library, "" when it is no ordinal.
        date: Regular expression of a date with the groups "day", "month" and perhaps "year".
        date_form: Rule set for day and month.
    """

    decimal: str
    group: str
    point: str
    to: str
    minus: str
    one: tuple[str, str]
    units: Mapping[str, Unit]
    symbols: Mapping[str, str]
    number_sign: str
    currencies: Mapping[str, Unit]
    cents: Mapping[str, Unit]
    change: Callable[[int, Unit, Words], str]
    time: Callable[[int, int, str, Words], str]
    time_suffix: str
    conjunction: str
    second: Unit
    fraction: Callable[[int, int, int, str, Words, Words], str]
    dot: str
    names: Mapping[str, str]
    ordinal: str = ""
    ordinal_form: Callable[[re.Match[str]], str] = _plain_ordinal
    date: str = ""
    date_form: str = ""
    suffix_last: bool = False
    nouns: Mapping[str, Unit] = field(default_factory=dict)
