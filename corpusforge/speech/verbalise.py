"""Written text to the words that are said: numbers, units, times, ordinals, symbols.

Number words come from the Unicode CLDR through `unicode-rbnf` (MIT); units and times from the
tables in `speech/locales`. A language without a table gets plain numbers where CLDR has them; what
is left is up to the engine.
"""

from __future__ import annotations

import importlib
import re
from collections.abc import Callable
from dataclasses import dataclass
from functools import cache
from importlib import util
from typing import Any

from corpusforge.core.errors import require
from corpusforge.speech.locale import Locale, Unit

__all__ = ["VERSION", "speakable", "verbalise"]

VERSION = 1
"""Counts up whenever the words for some text change: clips are then made again."""

_NO_LOCALE = Locale(
    decimal=".",
    group="\0",
    point="",
    to="",
    minus="",
    one=("", ""),
    units={},
    symbols={},
    currencies={},
    time=lambda hour, minute, suffix, words: "",
    time_suffix="",
)
# Longer runs of digits, and runs that start with zero, are names (phone numbers, codes).
_MOST_DIGITS = 6
_YEARS = range(1100, 2100)
_DIGIT = re.compile(r"\d")
_PHONE = re.compile(r"(?<![\w-])\d{3,}(?:-\d{3,})+(?![\w-])")
_SPACE = re.compile(r"\s+")


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
    rules = _rules(lang)
    if rules is None or not rules.concerned.search(text):
        return None
    spoken = text
    for pattern, replace in rules.steps:
        spoken = pattern.sub(replace, spoken)
    spoken = _SPACE.sub(" ", spoken).strip()
    return None if spoken == text else spoken


def speakable(spoken: str) -> bool:
    """Whether an engine can be expected to say something: a letter or a digit is left."""
    return any(character.isalnum() for character in spoken)


@dataclass(frozen=True)
class _Rules:
    """The steps of one language, each (pattern, replacement); made once per language."""

    concerned: re.Pattern[str]
    steps: tuple[tuple[re.Pattern[str], Callable[[re.Match[str]], str]], ...]


def _locale(lang: str) -> Locale | None:
    parts = lang.replace("-", "_").casefold().split("_")
    for length in range(len(parts), 0, -1):
        module = "corpusforge.speech.locales." + "_".join(parts[:length])
        if util.find_spec(module) is not None:
            found: Locale = importlib.import_module(module).LOCALE
            return found
    return None


class _Numbers:
    """Number words of one language."""

    def __init__(self, lang: str, locale: Locale) -> None:
        rbnf = require("unicode_rbnf", extra="speech", purpose="number words")
        self.locale = locale
        self.year_purpose: Any = rbnf.FormatPurpose.YEAR
        self.ordinal_purpose: Any = rbnf.FormatPurpose.ORDINAL
        self.engine: Any = rbnf.RbnfEngine.for_language(lang)

    def cardinal(self, number: int) -> str:
        return str(self.engine.format_number(number).text)

    def ordinal(self, number: int) -> str:
        spelled = self.engine.format_number(number, self.ordinal_purpose)
        return str(spelled.text_by_ruleset.get(self.locale.ordinal_rule, spelled.text))

    def digits(self, written: str) -> str:
        return " ".join(self.cardinal(int(digit)) for digit in written)

    def integer(self, written: str, *, year: bool) -> str:
        """Words for a run of digits without separators."""
        if len(written) > _MOST_DIGITS or (len(written) > 1 and written[0] == "0"):
            return self.digits(written)
        number = int(written)
        if year and len(written) == 4 and number in _YEARS:
            return str(self.engine.format_number(number, self.year_purpose).text)
        return self.cardinal(number)

    def number(self, written: str, *, year: bool) -> str:
        """Words for a number with group and decimal separators."""
        grouped = re.fullmatch(
            rf"\d{{1,3}}(?:{re.escape(self.locale.group)}\d{{3}})+(?:\D\d+)?", written
        )
        if grouped:
            written = written.replace(self.locale.group, "")
            # A grouped amount is long on purpose, never a code.
            whole, _, fraction = re.sub(r"\D", ".", written).partition(".")
            said = self.cardinal(int(whole))
        else:
            whole, _, fraction = re.sub(r"\D", ".", written).partition(".")
            said = self.integer(whole, year=year and not fraction)
        return f"{said} {self.locale.point} {self.digits(fraction)}" if fraction else said


@cache
def _rules(lang: str) -> _Rules | None:
    found = _locale(lang)
    locale = found or _NO_LOCALE
    primary = lang.split("-")[0].casefold()
    rbnf = require("unicode_rbnf", extra="speech", purpose="number words")
    if primary not in rbnf.RbnfEngine.get_supported_languages():
        return None
    numbers = _Numbers(primary, locale)
    if found is None:
        pattern = re.compile(r"\d+")
        return _Rules(pattern, ((pattern, _spaced(lambda m: numbers.integer(m[0], year=False))),))
    steps = [(_PHONE, _spaced(lambda m: numbers.digits(m[0].replace("-", ""))))]
    steps.append((_time_pattern(locale), _time_step(locale, numbers)))
    if locale.ordinal:
        ordinal = re.compile(locale.ordinal)
        steps.append((ordinal, _spaced(lambda m: numbers.ordinal(int(m["ordinal"])))))
    steps.append((_quantity_pattern(locale), _spaced(_quantity_step(locale, numbers))))
    symbol = re.compile("[" + re.escape("".join(locale.symbols)) + "]")
    steps.append((symbol, lambda m: f" {locale.symbols[m[0]]} "))
    concerned = re.compile(rf"\d|{symbol.pattern}")
    return _Rules(concerned, tuple(steps))


def _spaced(replace: Callable[[re.Match[str]], str]) -> Callable[[re.Match[str]], str]:
    """Words do not grow together with letters around the number: "mp3" -> "mp three"."""

    def step(match: re.Match[str]) -> str:
        before = match.string[match.start() - 1 : match.start()]
        after = match.string[match.end() : match.end() + 1]
        return " " * before.isalnum() + replace(match) + " " * after.isalnum()

    return step


def _time_pattern(locale: Locale) -> re.Pattern[str]:
    return re.compile(
        r"(?<![\w:.,])(?P<hour>\d{1,2})(?:(?P<mark>[:.])(?P<minute>[0-5]\d)(?![\d:]))?"
        rf"(?:\s?(?P<suffix>(?i:{locale.time_suffix})))?"
    )


def _time_step(locale: Locale, numbers: _Numbers) -> Callable[[re.Match[str]], str]:
    def step(match: re.Match[str]) -> str:
        hour, suffix = int(match["hour"]), match["suffix"] or ""
        # "2.50" is a time only before a suffix, "7" too.
        is_time = bool(suffix) or match["mark"] == ":"
        if not is_time or hour > 24:
            return match[0]
        return locale.time(hour, int(match["minute"] or 0), suffix, numbers.cardinal)

    return step


def _number_pattern(locale: Locale) -> str:
    group, decimal = re.escape(locale.group), re.escape(locale.decimal)
    return rf"\d{{1,3}}(?:{group}\d{{3}})+(?!\d)(?:{decimal}\d+)?|\d+(?:[{decimal}.]\d+)?"


def _quantity_pattern(locale: Locale) -> re.Pattern[str]:
    units = "|".join(re.escape(unit) for unit in sorted(locale.units, key=len, reverse=True))
    signs = "|".join(re.escape(sign) for sign in locale.currencies)
    return re.compile(
        rf"(?:(?P<currency>{signs})\s?)?(?P<minus>(?<![\w)])[-−])?"
        r"(?:(?P<low>[1-9]\d{0,2})\s?[-–]\s?(?=[1-9]\d{0,2}(?![\d.,:-])))?"
        rf"(?P<number>{_number_pattern(locale)})"
        rf"(?:\s?(?P<unit>{units})(?!\w))?"
    )


def _quantity_step(locale: Locale, numbers: _Numbers) -> Callable[[re.Match[str]], str]:
    def step(match: re.Match[str]) -> str:
        written, unit_text = match["number"], match["unit"]
        unit = locale.currencies.get(match["currency"] or "") or locale.units.get(unit_text or "")
        alone = not (unit or match["minus"] or match["low"])
        if written == "1" and not match["low"]:
            said = _one(locale, unit, match, numbers)
        else:
            said = numbers.number(written, year=alone)
        words = [said]
        if match["low"]:
            words[:0] = [numbers.cardinal(int(match["low"])), locale.to]
        if match["minus"]:
            words.insert(0, locale.minus)
        if unit:
            words.append(unit.one if written == "1" and not match["low"] else unit.many)
        if match["currency"] and unit_text:
            words.append(locale.units[unit_text].many)
        return " ".join(words)

    return step


def _one(locale: Locale, unit: Unit | None, match: re.Match[str], numbers: _Numbers) -> str:
    """The right form of one: before a unit, before a noun, or alone."""
    plain, feminine = locale.one
    if unit is not None:
        return feminine if unit.feminine else plain
    following = re.match(r"\s(\w+)", match.string[match.end() :])
    if following is None:
        return numbers.cardinal(1)
    noun = locale.nouns.get(following[1])
    if noun is not None:
        return feminine if noun.feminine else plain
    return numbers.cardinal(1)
