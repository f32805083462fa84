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

from corpusforge.speech.locale import Locale, Unit
from corpusforge.speech.numbers import Numbers, supported

__all__ = ["VERSION", "speakable", "verbalise"]

VERSION = 2
"""Counts up whenever the words for some text change: clips are then made again."""

# Within numbers: the engine knows its language better than a rule for all of them does.
_PLAIN_NUMBER = re.compile(r"(?<![\w.,:/-])\d+(?!\w|[.,:/-]\d)")
_PHONE = re.compile(r"(?<![\w-])\d{3,}(?:-\d{3,})+(?![\w-])")
_DOTTED = re.compile(r"(?<![\w.,])\d+(?:\.\d+){2,}(?![\w]|[.,]\d)")
_BETWEEN_DIGITS = re.compile(r"(?<=\d)[:/](?=\d)")
_VULGAR = {"½": "1/2", "⅓": "1/3", "⅔": "2/3", "¼": "1/4", "¾": "3/4", "⅛": "1/8"}
_VULGAR_PATTERN = re.compile(f"(?P<whole>\\d)?\\s?(?P<sign>[{''.join(_VULGAR)}])")
_SPACE = re.compile(r"\s+")

Step = tuple[re.Pattern[str], Callable[[re.Match[str]], str]]


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


@cache
def _rules(lang: str) -> _Rules | None:
    locale = _locale(lang)
    primary = lang.split("-")[0].casefold()
    if not supported(primary):
        return None
    if locale is None:
        plain = Numbers(primary)
        step = _spaced(lambda m: plain.integer(m[0], year=False))
        return _Rules(_PLAIN_NUMBER, ((_PLAIN_NUMBER, step),))
    numbers = Numbers(primary, locale.group, locale.point)
    symbol = re.compile("[" + re.escape("".join(locale.symbols)) + "]")
    concerned = re.compile(rf"\d|{symbol.pattern}|[{''.join(_VULGAR)}]")
    steps = [*_name_steps(locale, numbers), *_clock_steps(locale, numbers)]
    steps += [_fraction_step(locale, numbers), *_quantity_steps(locale, numbers)]
    steps.append((symbol, lambda m: f" {locale.symbols[m[0]]} "))
    return _Rules(concerned, tuple(steps))


def _spaced(replace: Callable[[re.Match[str]], str]) -> Callable[[re.Match[str]], str]:
    """Words do not grow together with letters around the number: "mp3" -> "mp three"."""

    def step(match: re.Match[str]) -> str:
        before = match.string[match.start() - 1 : match.start()]
        after = match.string[match.end() : match.end() + 1]
        return " " * before.isalnum() + replace(match) + " " * after.isalnum()

    return step


def _name_steps(locale: Locale, numbers: Numbers) -> list[Step]:
    """What only looks like a number or a symbol: names, phone and version numbers, dates."""
    names = "|".join(re.escape(name) for name in locale.names)
    steps: list[Step] = [
        (re.compile(rf"(?<!\w)(?:{names})(?!\w)"), lambda m: locale.names[m[0]]),
        (re.compile(r"#\s?(?=\d)"), lambda m: f" {locale.number_sign} "),
        (
            _VULGAR_PATTERN,
            lambda m: (f"{m['whole']} " if m["whole"] else " ") + _VULGAR[m["sign"]],
        ),
        (_PHONE, _spaced(lambda m: numbers.digits(m[0].replace("-", "")))),
    ]
    if locale.date:

        def date(match: re.Match[str]) -> str:
            said = [numbers.ordinal(int(match[n]), locale.date_form) for n in ("day", "month")]
            return " ".join([*said, *([numbers.year(int(match["year"]))] if match["year"] else [])])

        steps.append((re.compile(locale.date), date))
    dot = f" {locale.dot} "
    steps.append((_DOTTED, lambda m: dot.join(numbers.cardinal(int(p)) for p in m[0].split("."))))
    if locale.ordinal:

        def ordinal(match: re.Match[str]) -> str:
            form = locale.ordinal_form(match)
            return numbers.ordinal(int(match["ordinal"]), form) if form else match[0]

        steps.append((re.compile(locale.ordinal), _spaced(ordinal)))
    return steps


def _clock_steps(locale: Locale, numbers: Numbers) -> list[Step]:
    """Times of day, alone and from one to another; what is no time loses its colon."""
    suffix = rf"(?:\s?(?P<suffix{{0}}>(?i:{locale.time_suffix})))?"
    one = r"(?P<hour{0}>\d{{1,2}})(?:(?P<mark{0}>[:.])(?P<minute{0}>[0-5]\d)(?![\d:]))?" + suffix
    start = r"(?<![\w:.,/-])"

    def said(match: re.Match[str], place: str, suffix: str, *, alone: bool) -> str:
        hour, minute = int(match["hour" + place]), match["minute" + place]
        if minute is None and not alone and not suffix:
            return numbers.cardinal(hour)
        return locale.time(hour, int(minute or 0), suffix, numbers.cardinal)

    def is_time(match: re.Match[str], place: str, *, suffix: bool) -> bool:
        # "2.50" is a time only before a suffix, "7" too.
        hour, minute = int(match["hour" + place]), int(match["minute" + place] or 0)
        marked = suffix or match["mark" + place] == ":"
        return marked and hour * 60 + minute <= 24 * 60

    def single(match: re.Match[str]) -> str:
        suffix = match["suffix"] or ""
        good = is_time(match, "", suffix=bool(suffix))
        return said(match, "", suffix, alone=True) if good else match[0]

    def span(match: re.Match[str]) -> str:
        first, second = match["suffix"] or "", match["suffix2"] or ""
        if not all(is_time(match, p, suffix=bool(first or second)) for p in ("", "2")):
            return match[0]
        # "7:30-8 am": the suffix of the end is that of the start, and is said once.
        halves = [said(match, "", first, alone=False), said(match, "2", second, alone=False)]
        return f" {locale.to} ".join(halves)

    def exact(match: re.Match[str]) -> str:
        if int(match["hour"]) > 23:
            return match[0]
        clock = said(match, "", match["suffix"] or "", alone=True)
        seconds = int(match["second"])
        unit = locale.second.named(seconds)
        number = numbers.cardinal(seconds)
        if seconds == 1:
            number = locale.one[locale.second.feminine]
        return f"{clock} {locale.conjunction} {number} {unit}" if seconds else clock

    with_seconds = (
        start + r"(?P<hour>\d{1,2}):(?P<minute>[0-5]\d):(?P<second>[0-5]\d)(?![\d:])"
    ) + suffix.format("")
    return [
        (re.compile(with_seconds), exact),
        (re.compile(start + one.format("") + r"\s?[-–]\s?" + one.format("2")), span),
        (re.compile(start + one.format("")), single),
    ]


def _units_pattern(locale: Locale) -> str:
    return "|".join(re.escape(unit) for unit in sorted(locale.units, key=len, reverse=True))


def _fraction_step(locale: Locale, numbers: Numbers) -> Step:
    pattern = re.compile(
        r"(?<![\w.,:/-])(?:(?P<whole>\d{1,3})\s)?(?P<part>\d{1,2})/(?P<of>\d{1,2})(?![\w/.,]\d|\d|/)"
        rf"(?:\s?(?P<unit>{_units_pattern(locale)})(?!\w))?"
    )

    def step(match: re.Match[str]) -> str:
        whole, unit = int(match["whole"] or 0), locale.units.get(match["unit"] or "")
        following = re.match(r"\s(\w+)", match.string[match.end() :])
        noun = unit.one if unit else following[1] if following else ""
        part, of = int(match["part"]), int(match["of"])
        said = locale.fraction(whole, part, of, noun, numbers.cardinal, numbers.ordinal)
        if not said:
            return match[0]
        return f"{said} {unit.many if whole else unit.one}" if unit else said

    return pattern, step


def _number_pattern(locale: Locale) -> str:
    group, decimal = re.escape(locale.group), re.escape(locale.decimal)
    return rf"\d{{1,3}}(?:{group}\d{{3}})+(?!\d)(?:{decimal}\d+)?|\d+(?:[{decimal}.]\d+)?"


def _quantity_steps(locale: Locale, numbers: Numbers) -> list[Step]:
    """Numbers with what stands around them: sign, range, unit, currency."""
    units, signs = _units_pattern(locale), "|".join(re.escape(s) for s in locale.currencies)
    few = rf"\d{{1,3}}(?:[{re.escape(locale.decimal)}.]\d{{1,2}})?"
    # "20 °C-22 °C": the unit is said once.
    twice = re.compile(
        rf"(?<![\w.,:/-])(?P<low>{few})\s?(?P<unit>{units})\s?[-–]\s?(?={few}\s?(?P=unit)(?!\w))"
    )
    quantity = re.compile(
        rf"(?:(?P<currency>{signs})\s?)?(?P<minus>(?<![\w)])[-−])?"
        rf"(?:(?<![\w.,:/-])(?P<low>{few})\s?[-–]\s?(?={few}(?![\d:]|[.,-]\d)))?"
        rf"(?P<number>{_number_pattern(locale)})"
        rf"(?:\s?(?P<unit>{units})(?!\w))?"
    )
    return [
        (twice, lambda m: f"{m['low']}-"),
        # A mark between digits that no step before knew: "25:10", "24/7".
        (_BETWEEN_DIGITS, lambda m: " "),
        (quantity, _spaced(_quantity_step(locale, numbers))),
    ]


def _quantity_step(locale: Locale, numbers: Numbers) -> Callable[[re.Match[str]], str]:
    def step(match: re.Match[str]) -> str:
        written, unit_text, low = match["number"], match["unit"] or "", match["low"]
        sign = match["currency"] or ""
        unit = locale.currencies.get(sign) or locale.units.get(unit_text)
        if unit and not low and (money := _money(locale, numbers, sign or unit_text, written)):
            return f"{locale.minus} {money}" if match["minus"] else money
        if written == "1" and not low:
            said = _one(locale, unit, match, numbers)
        else:
            said = numbers.number(written, year=not (unit or match["minus"] or low))
        words = [said]
        if low:
            words[:0] = [numbers.number(low), locale.to]
        if match["minus"]:
            words.insert(0, locale.minus)
        if unit:
            words.append(unit.one if written == "1" and not low else unit.many)
        if sign and unit_text:
            words.append(locale.units[unit_text].many)
        return " ".join(words)

    return step


def _money(locale: Locale, numbers: Numbers, sign: str, written: str) -> str:
    """An amount with hundredths: "$5.50" -> "five dollars fifty"; "" for any other number."""
    whole, fraction, _ = numbers.parts(written)
    if sign not in locale.cents or len(fraction) != 2:
        return ""
    amount, cents = int(whole), int(fraction)
    unit, cent = locale.currencies[sign], locale.cents[sign]
    if amount == 0 and cents:
        number = locale.one[cent.feminine] if cents == 1 else numbers.cardinal(cents)
        return f"{number} {cent.named(cents)}"
    number = locale.one[unit.feminine] if amount == 1 else numbers.cardinal(amount)
    said = f"{number} {unit.named(amount)}"
    return f"{said} {locale.change(cents, cent, numbers.cardinal)}" if cents else said


def _one(locale: Locale, unit: Unit | None, match: re.Match[str], numbers: Numbers) -> str:
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
