"""French.

"quinze heures trente", "trois heures et quart", "et demie", "midi et demi", "midi moins le quart":
Duckling. "deux mars deux mille trois": NeMo. The first day is "premier", written "1er",
and amounts are "douze euros cinquante", as everywhere in French.
"""

from __future__ import annotations

from corpusforge.core.cldr import Numerals
from corpusforge.core.said import Clock, Noun, Usage


def _hours(hour: int, numerals: Numerals) -> str:
    return f"{numerals.cardinal(hour, 'feminine')} heure{'s' if hour > 1 else ''}"


def _time(clock: Clock, numerals: Numerals) -> str:
    said = _hours(clock.hour12 if clock.twelve else clock.hour, numerals)
    if clock.minute:
        said += f" {numerals.cardinal(clock.minute, 'feminine')}"
    # (at 12:00 the part of the day is "midi" itself)
    if not clock.twelve or (clock.hour % 12 == 0 and clock.minute == 0):
        return clock.period if clock.twelve else said
    return f"{said} {clock.period}"


def _colloquial(clock: Clock, numerals: Numerals) -> str:
    minute = clock.minute
    if minute % 5:
        return ""
    hour = clock.hour if minute <= 30 else (clock.hour + 1) % 24
    noon = {0: "minuit", 12: "midi"}.get(hour, "")
    said = noon or _hours(hour % 12 or 12, numerals)
    if minute == 15:
        said += " et quart"
    elif minute == 30:
        said += " et demi" + "e" * (not noon)
    elif minute == 45:
        said += " moins le quart"
    elif minute > 30:
        said += f" moins {numerals.cardinal(60 - minute)}"
    elif minute:
        said += f" {numerals.cardinal(minute)}"
    return said if noon else f"{said} {clock.period}"


def _day(day: int, before_month: bool, territory: str, numerals: Numerals) -> str:
    return "premier" if day == 1 else numerals.cardinal(day, "masculine")


def _change(cents: int, coin: Noun, short: bool, numerals: Numerals) -> str:
    said = numerals.cardinal(cents, "masculine")
    return said if short and cents >= 10 else f"et {said} {coin.named(cents)}"


_CENTIME, _CENT, _DOLLAR = (
    Noun("centime", "centimes"),
    Noun("cent", "cents"),
    Noun("dollar", "dollars"),
)

USAGE = Usage(
    time=_time,
    colloquial=_colloquial,
    day=_day,
    change=_change,
    coins={
        **dict.fromkeys(("EUR", "CHF"), _CENTIME),
        **dict.fromkeys(("USD", "CAD", "AUD", "NZD"), _CENT),
        "GBP": Noun("penny", "pence"),
    },
    nouns={
        **dict.fromkeys(("USD", "CAD"), _DOLLAR),
        "GBP": Noun("livre", "livres", feminine=True),
    },
    feminine_currency=("couronne", "livre", "roupie", "lire", "hryvnia"),
    feminine_units=frozenset({"second", "minute", "hour", "week"}),
    first="1er",
)
