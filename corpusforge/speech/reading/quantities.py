"""Numbers with what stands around them: sign, range, unit, currency, fractions."""

from __future__ import annotations

import re
from collections.abc import Iterable

from corpusforge.core.said import Usage
from corpusforge.speech.locale import Counted, Fraction, Locale, Unit
from corpusforge.speech.numbers import Numbers
from corpusforge.speech.reading.trace import Part, Replace, Step, joined, spaced

__all__ = ["amounts", "any_of", "fraction_step", "quantity_steps"]

_BETWEEN_DIGITS = re.compile(r"(?<=\d)[:/](?=\d)")
_NOUN = re.compile(r"[\s-](?P<noun>[^\W\d_]+)")


def any_of(words: Iterable[str]) -> str:
    """Any of some written words, the longest first."""
    return "|".join(re.escape(word) for word in sorted(words, key=len, reverse=True))


def quantity_steps(locale: Locale, numbers: Numbers, usage: Usage) -> list[Step]:
    """All numbers that no step before has read."""
    units, signs = any_of(locale.units), any_of(locale.currencies)
    few = rf"\d{{1,5}}(?:[{re.escape(locale.decimal)}.]\d{{1,2}})?"
    # "20 °C-22 °C": the unit is said once.
    twice = re.compile(
        rf"(?<![\w.,:/-])(?P<low>{few})\s?(?P<unit>{units})\s?(?P<dash>[-–])\s?"
        rf"(?={few}\s?(?P=unit)(?!\w))"
    )
    money_twice = re.compile(
        rf"(?<!\w)(?P<currency>{signs})(?P<low>\d{{1,5}})\s?(?P<dash>[-–])\s?"
        rf"(?P<number>(?P=currency)(?P<high>\d{{1,5}}))"
        rf"(?!\w|[.,]\d|\s?(?:{any_of(locale.large)})(?!\w))"
    )
    quantity = re.compile(
        rf"(?:(?<![\w)])(?P<below>[-−])(?=(?:{signs})\s?\d))?"
        rf"(?:(?<!\w)(?P<currency>{signs})\s?)?(?P<minus>(?<![\w)])[-−])?"
        rf"(?:(?<![\w.,:/-])(?P<low>{few})\s?(?P<dash>[-–])\s?(?={few}(?![\d:]|[.,-]\d)))?"
        rf"(?P<number>{_number_pattern(locale)})"
        rf"(?:\s?(?P<large>{any_of(locale.large)})(?!\w)(?(currency)|(?=\s?(?:{signs}))))?"
        rf"(?:\s?(?P<unit>{units})(?!\w))?"
    )
    return [
        (money_twice, _money_span(locale, numbers)),
        (twice, lambda m: [_part(m, "low", m["low"]), _part(m, "dash", "-")]),
        # A mark between digits that no step before knew: "25:10", "24/7".
        (_BETWEEN_DIGITS, lambda m: " "),
        (quantity, spaced(_quantity(locale, numbers, usage))),
        *_of_steps(locale),
    ]


def _of_steps(locale: Locale) -> list[Step]:
    """Deux millions habitants -> "deux millions d’habitants"."""
    large = {word for unit in locale.large.values() if unit.one != unit.many for word in unit[:2]}
    if not (locale.counted and locale.of("noun")):
        return []
    counted = re.compile(
        rf"(?<!\w)(?P<large>{any_of(large)})(?P<gap>\s)(?P<noun>{any_of(locale.counted)})(?!\w)"
    )

    def step(match: re.Match[str]) -> list[Part]:
        of = _part(match, "gap", locale.of(match["noun"]))
        return joined(
            [_part(match, "large", match["large"]), of, _part(match, "noun", match["noun"])]
        )

    return [(counted, step)]


def _money_span(locale: Locale, numbers: Numbers) -> Replace:
    """$5-$10 -> "five to ten dollars", but "$10-$5" is no span."""

    def step(match: re.Match[str]) -> str | list[Part]:
        low, high = int(match["low"]), int(match["high"])
        if low >= high:
            return match[0]
        unit = locale.currencies[match["currency"]]
        said = [numbers.before(number, feminine=unit.feminine) for number in (low, high)]
        return joined([
            Part(said[0], match.start(), match.end("low")),
            _part(match, "dash", locale.to),
            _part(match, "number", f"{said[1]} {unit.named(high)}"),
        ])  # fmt: skip

    return step


def amounts(locale: Locale) -> re.Pattern[str]:
    """What follows a number that is an amount: a unit, short or in words, or what is counted."""
    words = {word for unit in locale.units.values() for word in (unit.one, unit.many)}
    return re.compile(
        rf"\s?(?:{any_of(locale.units)})(?!\w)|\s(?i:{any_of(words | locale.counted)})(?!\w)"
    )


def _number_pattern(locale: Locale) -> str:
    group, decimal = re.escape(locale.group), re.escape(locale.decimal)
    grouped = rf"\d{{1,3}}(?:[{group}]\d{{3}})+(?!\d)(?:{decimal}\d+)?|\d+(?:[{decimal}.]\d+)?"
    # ".25", where a full stop is the mark
    return grouped + (r"|(?<![^\s($€£-])\.\d+(?![\w.,:/-]\d)" if locale.decimal == "." else "")


def _part(match: re.Match[str], group: str, words: str) -> Part:
    return Part(words, *match.span(group))


def _quantity(locale: Locale, numbers: Numbers, usage: Usage) -> Replace:
    counted = amounts(locale)

    def step(match: re.Match[str]) -> list[Part]:
        written, unit_text, low = match["number"], match["unit"] or "", match["low"]
        sign = match["currency"] or ""
        unit = locale.currencies.get(sign) or locale.units.get(unit_text)
        below = "minus" if match["minus"] else "below"
        minus = _part(match, below, locale.minus) if match[below] else None
        if match["large"] and unit and (sign or unit_text in locale.currencies):
            # "$5 million", "5 Mio. €"
            large = locale.large[match["large"]]
            number = _before(locale, numbers, large, match)
            said = _name(locale, numbers, large, match)
            if large.one != large.many:  # a noun, "5 millones de euros", but "5 mil euros"
                said = f"{said} {locale.of(unit.many)}".strip()
            return joined([
                minus,
                _part(match, "number", number),
                _part(match, "large", said),
                _part(match, "currency" if sign else "unit", unit.many),
            ])  # fmt: skip
        unread = _part(match, "large", match["large"]) if match["large"] else None
        if (
            unit
            and not low
            and (money := _money(locale, numbers, usage, sign or unit_text, written))
        ):
            # The unit stands inside of the words for the number.
            return joined([minus, _part(match, "number", money), unread])
        words = [minus]
        if low:
            words += [_part(match, "low", numbers.number(low)), _part(match, "dash", locale.to)]
        number = _before(locale, numbers, unit, match, counted)
        words += [_part(match, "number", number), unread]
        if unit:
            name = _name(locale, numbers, unit, match)
            whole = int(numbers.parts(written)[0] or 0)
            if whole and not whole % 1_000_000 and (of := locale.of(name)):
                # "un million d’euros"
                name = "".join(part.text for part in joined([Part(of, 0, 1), Part(name, 0, 1)]))
            words.append(_part(match, "currency" if sign else "unit", name))
        if sign and unit_text:
            words.append(_part(match, "unit", locale.units[unit_text].many))
        return joined(words)

    return step


def _name(locale: Locale, numbers: Numbers, unit: Unit, match: re.Match[str]) -> str:
    """Singular or plural of a unit."""
    noun = _NOUN.match(match.string, match.end())
    if noun and noun["noun"] in locale.attributive:
        return unit.one
    below_two = locale.one_below_two and int(numbers.parts(match["number"])[0] or 0) < 2
    return unit.one if (match["number"] == "1" or below_two) and not match["low"] else unit.many


def _before(
    locale: Locale,
    numbers: Numbers,
    unit: Unit | None,
    match: re.Match[str],
    counted: re.Pattern[str] | None = None,
) -> str:
    """The number in the form that what follows asks for: a unit, a noun, or nothing."""
    written = match["number"]
    whole, fraction, grouped = numbers.parts(written)
    free = not (unit or match["minus"] or match["below"] or match["low"])
    amount = bool(unit or (counted and counted.match(match.string, match.end())))
    if fraction or (not grouped and numbers.is_name(whole, amount=amount)):
        return numbers.number(written, amount=amount)
    feminine = None if unit is None else unit.feminine
    before, name = match.string[: match.start()], "" if unit is None else unit.one
    if unit is None and (noun := _NOUN.match(match.string, match.end())):
        joined_to = noun[0][0] == "-"
        after = match.string[noun.end() :]
        feminine = locale.gender(Counted(int(whole), noun["noun"], before, after, joined_to))
        name = "" if joined_to else noun["noun"]
    if feminine is None:
        return numbers.number(written, year=free, amount=amount)
    alone = whole == "1" and name and not (match["minus"] or match["below"] or match["low"])
    if alone and (form := locale.case(before, feminine, name)):
        return numbers.numerals.cardinal(1, form)
    return numbers.before(int(whole), feminine=feminine)


def _money(locale: Locale, numbers: Numbers, usage: Usage, sign: str, written: str) -> str:
    """An amount with hundredths: "$5.50" -> "five dollars fifty"; "" for any other number."""
    whole, fraction, _ = numbers.parts(written)
    if sign not in locale.cents or len(fraction) != 2:
        return ""
    amount, cents = int(whole or 0), int(fraction)
    unit, cent = locale.units[sign], locale.cents[sign]
    if amount == 0 and cents:
        return f"{numbers.before(cents, feminine=cent.feminine)} {cent.named(cents)}"
    said = f"{numbers.before(amount, feminine=unit.feminine)} {unit.named(amount)}"
    if not cents:
        return said
    return f"{said} {usage.change(cents, cent, ' ' not in unit.one, numbers.numerals)}"


def fraction_step(locale: Locale, numbers: Numbers) -> Step:
    """Fractions with a slash: "2 1/2 cups"."""
    pattern = re.compile(
        r"(?<![\w.,:/-])(?:(?P<whole>\d{1,3})\s)?(?P<part>\d{1,2})/(?P<of>\d{1,2})(?![\w/.,]\d|\d|/)"
        rf"(?:\s?(?P<unit>{any_of(locale.units)})(?!\w)|\s(?P<noun>[^\W\d_]+))?"
    )

    def step(match: re.Match[str]) -> str | list[Part]:
        whole, unit = int(match["whole"] or 0), locale.units.get(match["unit"] or "")
        part, of = int(match["part"]), int(match["of"])
        if not 0 < part < of or of not in (2, 3, 4, 5, 6, 8, 10):
            return match[0]
        noun = unit.one if unit else match["noun"] or ""
        asked = Fraction(whole, part, of, noun, unit is not None)
        before, after = locale.fraction(asked, numbers)
        if not before:
            return match[0]
        start, end = match.start("whole" if match["whole"] else "part"), match.end("of")
        words: list[Part | None] = [Part(before, start, end)]
        if unit:
            # "one and a half teaspoons", but "une heure et demie"
            many = whole > 1 or (whole and not (after or locale.one_below_two))
            words.append(_part(match, "unit", unit.many if many else unit.one))
        elif noun:
            one = whole == 1 and after
            words.append(_part(match, "noun", noun.removesuffix("s") if one else noun))
        if after:
            words.append(Part(after, start, end))
        return joined(words)

    return pattern, step
