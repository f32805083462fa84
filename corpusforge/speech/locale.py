"""What `speech.verbalise` must know of a language; one file per language in `speech/locales`.

How times and the cents of an amount are said is in `core.said`, for the templates say them too.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field

from corpusforge.core.said import Noun as Unit
from corpusforge.speech.numbers import Numbers
from corpusforge.speech.reading.trace import Replace

__all__ = ["Counted", "Fraction", "Locale", "Numeral", "Roman", "Unit", "same", "unit"]


@dataclass(frozen=True, slots=True)
class Fraction:
    """What is asked of `Locale.fraction`.

    Attributes:
        whole: Number before it, 0 for none.
        part: Numerator.
        of: Denominator.
        noun: What follows, in words, "" for nothing.
        is_unit: The noun is a unit, written short.
    """

    whole: int
    part: int
    of: int
    noun: str
    is_unit: bool


@dataclass(frozen=True, slots=True)
class Counted:
    """What is asked of `Locale.gender`: a number and what stands around it.

    Attributes:
        number: The number.
        noun: Word after it.
        before: All that is written before the number.
        after: All that is written after the noun.
        hyphen: The noun is joined to it: "1-Zimmer-Wohnung".
    """

    number: int
    noun: str
    before: str
    after: str
    hyphen: bool


@dataclass(frozen=True, slots=True)
class Numeral:
    """A Roman numeral as it stands in a text.

    Attributes:
        number: Its value.
        written: Its letters.
        ending: What is written after them without a space, one of `Roman.endings`.
        before: All that is written before it.
        after: All that is written after the ending.
    """

    number: int
    written: str
    ending: str
    before: str
    after: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Roman:
    """Where Roman numerals are read, and how.

    Attributes:
        counted: Regular expression of words before a number of any length: "chapter".
        counted_long: The same before two letters or more: "type II", for "type X" is no number.
        titles: Regular expression of titles; any name after one is a ruler's.
        is_ruler: Whether rulers have a name.
        ruler: (numeral, name before it, numbers) -> words: "the second".
        endings: Regular expression of what may follow the letters: "e" in "XIXe".
        marked: (numeral, numbers) -> words where its ending or what follows makes it a number,
            "" for elsewhere.
    """

    counted: str
    counted_long: str
    titles: str
    is_ruler: Callable[[str], bool]
    ruler: Callable[[Numeral, str, Numbers], str]
    endings: str = "(?!)"
    marked: Callable[[Numeral, Numbers], str]


def unit(one: str, many: str = "", *, feminine: bool = False) -> Unit:
    """A unit whose plural has an s unless given."""
    return Unit(one, many or one + "s", feminine)


def same(name: str, *, feminine: bool = False) -> Unit:
    """A unit without a plural of its own."""
    return Unit(name, name, feminine)


def _plain_ordinal(match: re.Match[str]) -> str:
    return "spellout-ordinal"


def _nothing(noun: str) -> str:
    return ""


def _no_case(before: str, feminine: bool, noun: str) -> str:
    return ""


def _no_gender(counted: Counted) -> bool | None:
    return None


@dataclass(frozen=True, slots=True, kw_only=True)
class Locale:
    """Tables and rules of one language or region.

    Attributes:
        decimal: Decimal separator.
        group: Separators of groups of three digits, one or more characters.
        point: Word for the decimal separator.
        whole_decimals: Two decimals are said as one number: "virgule vingt-cinq".
        hundred_and: "one hundred and one".
        zero: Word for 0 among digits, "" = the number.
        double: Word for two equal digits of a phone number, "" = none.
        to: Word between the ends of a range.
        minus: Word for a minus sign.
        one_below_two: "1,5 litre": the plural begins with two.
        attributive: Nouns before which a unit has no plural: "10 min timer".
        gender: Number and noun -> whether the number is feminine, None = said as if alone.
        case: (all before the number, whether its noun is feminine, the noun) -> form of one in the
            rule sets of the number library, "" for the nominative.
        units: Written unit -> how it is said.
        units_after: Regular expression of words before units without a number: "how many km".
        unit_after: The same before one in the singular: "per kg".
        symbols: Character that stands alone -> word.
        number_sign: Word for "#" before a number.
        currencies: Sign or code of a currency -> unit said after the amount.
        cents: Sign of a currency -> its hundredth.
        large: Written number after an amount of money -> how it is said: "M" -> "million".
        counted: Words for what is counted by long numbers, beside the units: "people".
        of: Currency -> word between `large` and it: "de", "d’".
        time_mark: Regular expression of what stands between hours and minutes.
        time_suffix: Regular expression of what may follow a time of day ("am", "Uhr").
        time_words: What a suffix of times is said like at their end ("heures").
        time_cue: Regular expression of the word before a time: 7.30 is one after it.
        conjunction: Word for "and".
        second: Unit of the last part of 12:30:15.
        fraction: What precedes and follows the noun; ("", "") when it is not said as a fraction.
        dot: Word for the dots of a version number.
        version: Word for the v of a version number.
        web_dot: Word for the dots of an address.
        slash: Word for a slash in an address.
        dash: Word for a hyphen in an address.
        underscore: Word for an underscore in an address.
        names: Written name with symbols in it -> how it is said.
        abbreviations: Written -> words; letter case does not matter.
        special: (regular expression, match -> words) for abbreviations that need a look around.
        ordinal: Regular expression of an ordinal with the group "ordinal", "" = none.
        ordinal_form: Match of it -> rule set of the number library, "" when it is no ordinal.
        day_first: Numeric dates begin with the day.
        date: (day, month, year or None, numbers) -> words of a numeric date.
        date_cue: Regular expression of what makes a date of 3/5.
        date_from: Regular expression of what makes dates of two, with `date_to` between them.
        date_to: The same of what stands between them.
        dates: More steps for dates with names of months: (regular expression with the groups
            "said" and "day" within it, (match, numbers) -> words for "said").
        roman: How Roman numerals are read, None = as they are written.
        spelled: Words after which digits are said one by one: "PIN".
        flight: Words after which "LH 454" is a flight or a train.
        decade: (match of a number of tens with its ending, numbers) -> words.
        decades: Regular expression of decades, with the group "tens".
    """

    decimal: str
    group: str
    point: str
    whole_decimals: bool = False
    hundred_and: bool = False
    zero: str = ""
    double: str = ""
    to: str
    minus: str
    one_below_two: bool = False
    attributive: frozenset[str] = frozenset()
    gender: Callable[[Counted], bool | None] = _no_gender
    case: Callable[[str, bool, str], str] = _no_case
    units: Mapping[str, Unit]
    units_after: str
    unit_after: str
    symbols: Mapping[str, str]
    number_sign: str
    currencies: Mapping[str, Unit]
    cents: Mapping[str, Unit]
    large: Mapping[str, Unit]
    counted: frozenset[str] = frozenset()
    of: Callable[[str], str] = _nothing
    time_mark: str = "[:.]"
    time_suffix: str
    time_words: Sequence[str] = ()
    time_cue: str = ""
    conjunction: str
    second: Unit
    fraction: Callable[[Fraction, Numbers], tuple[str, str]]
    dot: str
    version: str
    web_dot: str
    slash: str
    dash: str
    underscore: str
    names: Mapping[str, str]
    abbreviations: Mapping[str, str]
    special: Sequence[tuple[str, Replace]] = ()
    ordinal: str = ""
    ordinal_form: Callable[[re.Match[str]], str] = _plain_ordinal
    day_first: bool = True
    date: Callable[[int, int, int | None, Numbers], str]
    date_cue: str
    date_from: str = "(?!)"
    date_to: str
    dates: Sequence[tuple[str, Callable[[re.Match[str], Numbers], str]]] = ()
    roman: Roman | None = None
    spelled: Sequence[str]
    flight: Sequence[str]
    decades: str = ""
    decade: Callable[[re.Match[str], Numbers], str] = field(default=lambda m, n: m[0])
