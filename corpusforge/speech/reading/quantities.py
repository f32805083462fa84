"""Numbers with what stands around them: sign, range, unit, currency."""

from __future__ import annotations

import re

from corpusforge.speech.locale import Locale, Unit
from corpusforge.speech.numbers import Numbers
from corpusforge.speech.reading.trace import Part, Replace, Step, joined, spaced

__all__ = ["quantity_steps", "units_pattern"]

_BETWEEN_DIGITS = re.compile(r"(?<=\d)[:/](?=\d)")


def units_pattern(locale: Locale) -> str:
    """Any written unit, the longest first."""
    return "|".join(re.escape(unit) for unit in sorted(locale.units, key=len, reverse=True))


def quantity_steps(locale: Locale, numbers: Numbers) -> list[Step]:
    """All numbers that no step before has read."""
    units, signs = units_pattern(locale), "|".join(re.escape(s) for s in locale.currencies)
    few = rf"\d{{1,3}}(?:[{re.escape(locale.decimal)}.]\d{{1,2}})?"
    # "20 °C-22 °C": the unit is said once.
    twice = re.compile(
        rf"(?<![\w.,:/-])(?P<low>{few})\s?(?P<unit>{units})\s?(?P<dash>[-–])\s?"
        rf"(?={few}\s?(?P=unit)(?!\w))"
    )
    quantity = re.compile(
        rf"(?:(?P<currency>{signs})\s?)?(?P<minus>(?<![\w)])[-−])?"
        rf"(?:(?<![\w.,:/-])(?P<low>{few})\s?(?P<dash>[-–])\s?(?={few}(?![\d:]|[.,-]\d)))?"
        rf"(?P<number>{_number_pattern(locale)})"
        rf"(?:\s?(?P<unit>{units})(?!\w))?"
    )
    return [
        (twice, lambda m: [_part(m, "low", m["low"]), _part(m, "dash", "-")]),
        # A mark between digits that no step before knew: "25:10", "24/7".
        (_BETWEEN_DIGITS, lambda m: " "),
        (quantity, spaced(_quantity(locale, numbers))),
    ]


def _number_pattern(locale: Locale) -> str:
    group, decimal = re.escape(locale.group), re.escape(locale.decimal)
    return rf"\d{{1,3}}(?:{group}\d{{3}})+(?!\d)(?:{decimal}\d+)?|\d+(?:[{decimal}.]\d+)?"


def _part(match: re.Match[str], group: str, words: str) -> Part:
    return Part(words, *match.span(group))


def _quantity(locale: Locale, numbers: Numbers) -> Replace:
    def step(match: re.Match[str]) -> list[Part]:
        written, unit_text, low = match["number"], match["unit"] or "", match["low"]
        sign = match["currency"] or ""
        unit = locale.currencies.get(sign) or locale.units.get(unit_text)
        minus = _part(match, "minus", locale.minus) if match["minus"] else None
        if unit and not low and (money := _money(locale, numbers, sign or unit_text, written)):
            # The unit stands inside of the words for the number.
            return joined([minus, _part(match, "number", money)])
        if written == "1" and not low:
            said = _one(locale, unit, match, numbers)
        else:
            said = numbers.number(written, year=not (unit or minus or low))
        words = [minus]
        if low:
            words += [_part(match, "low", numbers.number(low)), _part(match, "dash", locale.to)]
        words.append(_part(match, "number", said))
        if unit:
            name = unit.one if written == "1" and not low else unit.many
            words.append(_part(match, "currency" if sign else "unit", name))
        if sign and unit_text:
            words.append(_part(match, "unit", locale.units[unit_text].many))
        return joined(words)

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
