"""Groups of digits: card numbers and IBANs digit by digit, thousands as one number."""

from __future__ import annotations

import re

from corpusforge.speech.locale import Locale
from corpusforge.speech.numbers import Numbers
from corpusforge.speech.reading.quantities import amounts, any_of
from corpusforge.speech.reading.trace import Replace, Step

__all__ = ["AFTER_MONEY", "CALLED", "group_steps", "iban_step"]

AFTER_MONEY = re.compile(r"[$€£¥₹]\s?$")
"""What is written before a price."""
CALLED = re.compile(
    r"(?i)^\W*$|\b(?:call|dial|phone|ring|text|number|tel|fax|reach|contact|mobile|cell|message"
    r"|rufe?|wähle?|nummer|telefon|handy|appel\w*|compose\w*|numéro|tél|téléphone|llam\w+|marca"
    r"|número|teléfono)(?:[.:]?\s\w+){0,5}[.:]?\s$"
)
"""Before a phone number that could be two numbers: "call me at", "ruf die", or nothing at all."""

# All patterns begin with a class of characters, which makes a search without a find cheap; what
# must not stand before is asked behind it.
_GAPS = " \u00a0\u202f\u2009"
_CARD = re.compile(
    rf"\d(?<![\w.,:/+-].)(?<!\d[{_GAPS}].)\d{{3}}(?P<gap>[{_GAPS}])"
    r"(?:\d{4}(?:(?P=gap)\d{4})+|\d{6}(?P=gap)\d{5})(?!\w|[.,:/-]\d)"
)
_MORE = re.compile(rf"[{_GAPS}]\d")
# Numbers of four digits that are listed without commas: years, round ones, times of day.
_LISTED = re.compile(r"(?:19|20)\d\d|[1-9]\d00|(?:[01]\d|2[0-3])[0-5][05]")
# A bank's letters are in the first group, if any; later ones would make it a key's fingerprint.
_IBAN = re.compile(
    rf"[A-Z](?<!\w.)[A-Z]\d\d[{_GAPS}][A-Z\d]{{4}}(?:[{_GAPS}]\d{{4}}){{1,6}}"
    rf"(?:[{_GAPS}]\d{{1,3}})?(?!\w|[.,:/-]\d|[{_GAPS}][A-Z]{{0,3}}\d)"
)
_SHORTEST_IBAN = 15
_TWO_MARKS = re.compile(
    r"\d(?<![\w.,:/].)(?<!\w-.)\d{0,2}(?P<mark>[.,])\d{3}(?:(?P=mark)\d{3})*"
    r"(?!(?P=mark))[.,](?P<cents>\d\d)(?!\d|[.,:/]\d)"
)


def group_steps(locale: Locale, numbers: Numbers) -> list[Step]:
    """What is left of groups of digits when phone numbers are read."""
    return [
        (_CARD, _card(locale, numbers)),
        (_TWO_MARKS, _two_marks(locale)),
        _thousands(locale),
    ]


def _card(locale: Locale, numbers: Numbers) -> Replace:
    """4111 1111 1111 1111 -> "four one one ...", but "1999 2004 2008" are years."""
    counted = amounts(locale)

    def step(match: re.Match[str]) -> str:
        groups = match[0].split(match["gap"])
        before, end = match.string[: match.start()], match.end()
        goes_on = len(match[0]) < 15 and _MORE.match(match.string, end)
        amount = AFTER_MONEY.search(before) or counted.match(match.string, end)
        if goes_on or amount or all(map(_LISTED.fullmatch, groups)):
            return match[0]
        return numbers.phone("".join(groups))

    return step


def iban_step(numbers: Numbers) -> Step:
    """NL91 ABNA 0417 1643 00 -> "N L nine one A B N A ...", before its end is a phone number."""

    def step(match: re.Match[str]) -> str:
        written = re.sub(r"\s", "", match[0])
        if len(written) < _SHORTEST_IBAN:
            return match[0]
        return " ".join(numbers.digits(sign) if sign.isdecimal() else sign for sign in written)

    return _IBAN, step


def _two_marks(locale: Locale) -> Replace:
    """1.234,56 in English, 1,234.56 in German: with both marks it is clear which one groups."""

    def step(match: re.Match[str]) -> str:
        if match["mark"] in locale.group:
            return match[0]
        whole = match[0][: -len(match["cents"]) - 1]
        return whole.replace(match["mark"], locale.group[0]) + locale.decimal + match["cents"]

    return step


def _thousands(locale: Locale) -> Step:
    """10 000 -> 10,000, where spaces do not group digits anyway; "2 500 ml bottles" is left."""
    spaces = "".join(space for space in _GAPS if space not in locale.group)
    pattern = re.compile(
        rf"[1-9](?<![\w.,:/].)(?<!\d[{_GAPS}].)(?<!\)[{_GAPS}].)"
        rf"(?:(?<!\w[-–].)|(?<=[{_GAPS}]000[-–].))"  # 5 000-10 000
        rf"(?P<first>\d{{0,2}})(?P<rest>(?:[{spaces}]\d{{3}})+)"
        rf"(?P<cents>{re.escape(locale.decimal)}\d\d)?"
        rf"(?!\d|[.,:/{_GAPS}]\d|-\d+(?![\d{_GAPS}]))"
    )
    counted = amounts(locale)
    names = {name for unit in locale.currencies.values() for name in (unit.one, unit.many)}
    money = re.compile(rf"\s?(?:{any_of({*locale.currencies, *names})})(?!\w)")
    spelled = re.compile(rf"(?<!\w)(?i:{'|'.join(locale.spelled)})[\s:]\s?$")

    def is_one(match: re.Match[str]) -> bool:
        before, end = match.string[: match.start()], match.end()
        amount = counted.match(match.string, end)
        if not amount and (spelled.search(before) or match.string[end : end + 1].isalpha()):
            return False
        rest, is_short = match["rest"], not match["first"]
        if len(rest) > 4 and not amount:
            # Nine digits in threes are a phone number as often as not: "612 345 678".
            named = len(match["first"]) == 2 or (before.strip() and CALLED.search(before))
            return rest.endswith("000") or not named
        if rest.endswith("000") or len(rest) > 4 or " " not in rest:
            return True
        if AFTER_MONEY.search(before):  # ("pay $5 100 times")
            return not amount
        return bool(money.match(match.string, end) and (match["cents"] or not is_short))

    def step(match: re.Match[str]) -> str:
        if not is_one(match):
            return match[0]
        return re.sub(rf"[{spaces}](?=\d)", locale.group[0], match[0])

    return pattern, step
