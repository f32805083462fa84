"""Marks whose meaning hangs on what stands around them: inches, signs, dashes, bare units."""

from __future__ import annotations

import re
from collections.abc import Callable

from corpusforge.speech.locale import Locale, Unit
from corpusforge.speech.reading.trace import Part, Step

__all__ = [
    "INCH",
    "date_dash",
    "full_stop_step",
    "in_a_sum",
    "inch_step",
    "ordinal_span_steps",
    "unit_steps",
]

INCH = "″"
"""The written unit that every mark of inches becomes; a locale says in `units` how it is said."""

_INCH_MARK = re.compile(r"(?<=\d)\s?(?:[\"″]|''|’’)(?!\w)")
_QUOTE = re.compile(r"\"")


# Written units that are nothing else, and are said where no number stands before them.
_BARE = (
    "cm",
    "mm",
    "km",
    "kg",
    "mg",
    "ml",
    "dl",
    "km/h",
    "mph",
    "kWh",
    "kW",
    "GB",
    "MB",
    "°C",
    "°F",
)


def unit_steps(locale: Locale) -> list[Step]:
    """How many km -> "kilometers", per kg -> "kilogram": units without a number."""
    bare = "|".join(sorted((name for name in _BARE if name in locale.units), key=len, reverse=True))
    many = rf"(?<!\w)(?P<cue>(?i:{locale.units_after})\s)(?P<unit>{bare})(?![\w/'’])"
    one = rf"(?<!\w)(?P<cue>(?i:{locale.unit_after})\s)(?P<unit>{bare})(?![\w/'’])"

    def step(name: Callable[[Unit], str]) -> Callable[[re.Match[str]], list[Part]]:
        return lambda match: [
            Part(match["cue"], *match.span("cue")),
            Part(name(locale.units[match["unit"]]), *match.span("unit")),
        ]

    return [
        (re.compile(many), step(lambda unit: unit.many)),
        (re.compile(one), step(lambda unit: unit.one)),
    ]


def full_stop_step(locale: Locale) -> Step:
    """5 lbs. of flour -> 5 lbs of flour: a full stop after a unit, where the sentence goes on."""
    letters = (name for name in locale.units if name[-1].isalpha())
    units = "|".join(re.escape(name) for name in sorted(letters, key=len, reverse=True))
    inside = rf"(?<=\d)(?P<unit>\s?(?:{units}))\.(?=\s?[,;]|\s(?:\(|[^\W\d_A-ZÀ-Þ]))"
    return re.compile(inside), lambda match: [Part(match["unit"], *match.span("unit"))]


def date_dash(months: str, to: str) -> tuple[str, Callable[[re.Match[str]], str]]:
    """For `Locale.special`: 3 May - 5 June -> 3 May to 5 June.

    Args:
        months: Regular expression of the names of months.
        to: What is said for the dash.
    """
    of = r"\s(?:de\s|of\s)?"
    day = rf"(?:0?[1-9]|[12]\d|3[01])(?:\.|st|nd|rd|th|er|[ºª])?{of}(?:{months})"
    first = re.compile(rf"(?i)(?<![\w.,:/-]){day}(?:,?{of}(?:19|20)\d\d)?$")
    dash = rf"(?i)\s?[-–]\s?(?={day}(?!\w))"
    return dash, lambda m: f" {to} " if first.search(m.string[: m.start()]) else m[0]


def in_a_sum(question: str, words: str) -> Callable[[re.Match[str]], str]:
    """For `Locale.special`: words for a sign between numbers right after a question for a sum.

    Args:
        question: Regular expression of it, letter case does not matter: "was ist".
        words: "minus".
    """
    asked = re.compile(rf"(?i)(?:{question})\s[\d\s.,x*/:^+()−–-]*$")
    return lambda m: f" {words} " if asked.search(m.string[: m.start()]) else m[0]


def inch_step(locale: Locale) -> list[Step]:
    """27" -> 27″, unless the mark closes a quotation: "Summer of 69"."""

    def mark(match: re.Match[str]) -> str:
        quotes = '"' in match[0] and _is_open(match.string[: match.start()])
        return match[0] if quotes else INCH

    return [(_INCH_MARK, mark)] if INCH in locale.units else []


def _is_open(before: str) -> bool:
    """Whether a quotation is open; a mark after a digit opens none."""
    is_open = False
    for quote in _QUOTE.finditer(before):
        is_open = not is_open and not before[quote.start() - 1 : quote.start()].isdigit()
    return is_open


def ordinal_span_steps(locale: Locale) -> list[Step]:
    """3rd-5th -> 3rd to 5th: a dash between two ordinals.

    Not for ordinals with a full stop, which show only by what follows: German has a rule for them.
    """
    if not locale.ordinal:
        return []
    last = re.compile(rf"(?:{locale.ordinal})$")
    first = re.compile(locale.ordinal)

    def dash(match: re.Match[str]) -> str:
        # (cut, for an ordinal does not begin after a dash)
        before, after = match.string[: match.start()], match.string[match.end() :]
        if not first.match(after):
            return match[0]
        return f" {locale.to} " if last.search(before) else match[0]

    return [(re.compile(r"(?<=\w)\s?[-–]\s?(?=\d)"), dash)]
