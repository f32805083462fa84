"""Dates in digits and with names of months, spans of years, decades."""

from __future__ import annotations

import re
from collections.abc import Callable
from datetime import date

from corpusforge.speech.locale import Locale
from corpusforge.speech.numbers import Numbers
from corpusforge.speech.reading.trace import Part, Replace, Step, joined, spaced

__all__ = ["date_steps"]

_ISO = re.compile(r"(?<![\w.,:/-])(?P<year>(?:19|20)\d\d)-(?P<month>\d\d)-(?P<day>\d\d)(?![\w/-])")
_NUMERIC = re.compile(
    r"(?<![\w.,:/-])(?P<first>\d{1,2})(?P<mark>[./-])\s?(?P<second>\d{1,2})(?P=mark)\s?"
    r"(?P<year>(?:19|20)\d\d|(?<=\d[/.])\d\d)(?![\w/-]|[.,:]\d)"
)
_TWO_DIGITS = re.compile(r"\d\d\.\d\d\.\d\d")
_VERSION_BEFORE = re.compile(r"(?i)(?:\bversi[oó]n|\bv\.?)\s?$")
_YEARS = re.compile(r"(?<![\w.,:/-])(?P<from>(?:1[1-9]|20)\d\d)\s?(?P<dash>[-–])\s?"
                    r"(?P<to>(?:1[1-9]|20)\d\d)(?![\w/-]|[.,]\d)")  # fmt: skip
_SHORT = re.compile(r"(?<![\w.,:/])(?P<first>\d{1,2})/(?P<second>\d{1,2})(?![\w/]|[.,:]\d)")
_LEAP = 2000


class _Numeric:
    """The readings of dates in digits."""

    def __init__(self, locale: Locale, numbers: Numbers) -> None:
        self.locale, self.numbers = locale, numbers
        self.cue = re.compile(rf"(?i)(?<!\w){locale.date_cue}\s$")

    def iso(self, match: re.Match[str]) -> str:
        return self._said(match[0], match["day"], match["month"], match["year"])

    def full(self, match: re.Match[str]) -> str:
        short = match["mark"] == "." and len(match["year"]) == 2
        return match[0] if short and not self._is_dotted(match) else self._any(match, match["year"])

    def short(self, match: re.Match[str]) -> str:
        return self._any(match, None)

    def _is_dotted(self, match: re.Match[str]) -> bool:
        """05.05.25, where a full stop is no decimal mark; "am 5.5.25", but "Version 5.5.25"."""
        before = match.string[: match.start()]
        if self.locale.decimal == "." or _VERSION_BEFORE.search(before):
            return False
        return bool(_TWO_DIGITS.fullmatch(match[0]) or self.cue.search(before))

    def _any(self, match: re.Match[str], year: str | None) -> str:
        pair = match["first"], match["second"]
        # 25/12 can only be meant in one order
        for day, month in (pair, pair[::-1]) if self.locale.day_first else (pair[::-1], pair):
            said = self._said(match[0], day, month, year)
            if said != match[0]:
                return said
        return match[0]

    def _said(self, written: str, day: str, month: str, year: str | None) -> str:
        if not _exists(int(day), int(month), year):
            return written
        number = int(year) if year else None
        if year and len(year) == 2 and year[0] == "0":
            number = 2000 + int(year)  # "two thousand five", not "five"
        return self.locale.date(int(day), int(month), number, self.numbers)


def date_steps(locale: Locale, numbers: Numbers) -> list[Step]:
    """All dates, before any number is read."""
    numeric = _Numeric(locale, numbers)

    def years(match: re.Match[str]) -> list[Part]:
        first, last = (numbers.year(int(match[name])) for name in ("from", "to"))
        return joined([
            Part(first, *match.span("from")),
            Part(locale.to, *match.span("dash")),
            Part(last, *match.span("to")),
        ])  # fmt: skip

    steps: list[Step] = [(_ISO, numeric.iso), (_NUMERIC, numeric.full), (_YEARS, years)]
    cue = rf"(?i:(?<!\w){locale.date_cue}\s)(?P<first>\d{{1,2}})/(?P<second>\d{{1,2}})"
    cue += r"(?![\w/]|[.,:]\d)"
    steps.append((_SHORT, _of_two(locale, numeric.short)))
    steps.append((re.compile(cue), _keeping_cue(numeric.short)))
    steps += [(re.compile(pattern), _day(said, numbers)) for pattern, said in locale.dates]
    if locale.decades:
        steps.append((re.compile(locale.decades), spaced(lambda m: locale.decade(m, numbers))))
    return steps


def _of_two(locale: Locale, said: Callable[[re.Match[str]], str]) -> Replace:
    """Words for a date of two, as in "from 3/15 to 3/18"; "from 1/2 to 3/4" is left."""
    start = rf"(?i:(?<!\w)(?:(?P<cue>{locale.date_cue})|{locale.date_from})\s)"
    between = rf"(?i:\s(?:{locale.date_to})\s|\s?[-–]\s?)"
    begun = re.compile(rf"{start}(?P<other>\d{{1,2}}/\d{{1,2}}){between}$")
    begins = re.compile(rf"{start}$")
    goes_on = re.compile(rf"{between}(?P<other>\d{{1,2}}/\d{{1,2}})(?![\w/]|[.,:]\d)")

    def step(match: re.Match[str]) -> str:
        before = match.string[: match.start()]
        found = begun.search(before)
        first = begins.search(before) if found is None else None
        last = goes_on.match(match.string, match.end()) if first else None
        cue, other = (found, found) if found else (first, last)
        if cue is None or other is None:
            return match[0]
        fractions = _is_fraction(match[0]) and _is_fraction(other["other"])
        return match[0] if fractions and not cue["cue"] else said(match)

    return step


def _is_fraction(written: str) -> bool:
    """Whether it can be one that is said: 3/4, but not 3/15."""
    part, of = (int(number) for number in written.split("/"))
    return part < of <= 10


def _keeping_cue(said: Callable[[re.Match[str]], str]) -> Replace:
    """Words for the date only, where the match begins with the word before it."""

    def step(match: re.Match[str]) -> str | list[Part]:
        start, words = match.start("first"), said(match)
        if words == match[0]:
            return words
        cue = match[0][: start - match.start()]
        return [Part(cue, match.start(), start), Part(words, start, match.end())]

    return step


def _day(said: Callable[[re.Match[str], Numbers], str], numbers: Numbers) -> Replace:
    """Words for the day of a date; the name of the month stays."""

    def step(match: re.Match[str]) -> str | list[Part]:
        start, end = match.span("said")
        if not 1 <= int(match["day"]) <= 31:
            return match[0]
        parts = [
            Part(match.string[match.start() : start], match.start(), start),
            Part(said(match, numbers), start, end),
            Part(match.string[end : match.end()], end, match.end()),
        ]
        return [part for part in parts if part.start < part.end]

    return step


def _exists(day: int, month: int, year: str | None) -> bool:
    try:
        date(int(year) if year and len(year) == 4 else _LEAP, month, day)
    except ValueError:
        return False
    return True
