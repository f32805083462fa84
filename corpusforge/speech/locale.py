"""What `speech.verbalise` must know of a language; one file per language in `speech/locales`."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field

__all__ = ["Locale", "Unit"]


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
        currencies: Sign that stands before the amount -> unit said after it.
        time: (hour, minute, suffix as written, number words) -> words, or None when it is none.
        time_suffix: Regular expression of what may follow a time of day ("am", "Uhr").
        ordinal: Regular expression of an ordinal with the group "ordinal", "" = none.
        ordinal_rule: Rule set of the number library that spells it.
    """

    decimal: str
    group: str
    point: str
    to: str
    minus: str
    one: tuple[str, str]
    units: Mapping[str, Unit]
    symbols: Mapping[str, str]
    currencies: Mapping[str, Unit]
    time: Callable[[int, int, str, Callable[[int], str]], str]
    time_suffix: str
    ordinal: str = ""
    ordinal_rule: str = "spellout-ordinal"
    nouns: Mapping[str, Unit] = field(default_factory=dict)
