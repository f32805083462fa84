"""English.

Times with AM and PM, "o'clock", "the fifth of March" and "March fifth": NeMo. "oh" before single
minutes, "half past", "quarter to": Duckling. "five euros fifty": as in `speech.locales.en`.
"""

from __future__ import annotations

from corpusforge.core.cldr import Numerals
from corpusforge.core.said import Clock, Noun, Usage


def _time(clock: Clock, numerals: Numerals) -> str:
    hour, minute, twelve = clock.hour % 24, clock.minute, clock.twelve
    if hour == 0 and not twelve:
        if minute == 0:
            return "midnight"
        twelve = True  # nobody says "zero oh five"
    said = numerals.cardinal(clock.hour12 if twelve else hour)
    if minute:
        said += (" oh " if minute < 10 else " ") + numerals.cardinal(minute)
    if twelve:
        # Capitals: engines then say the letters; "am" alone is a verb, and "a" an article.
        return f"{said} {'AM' if hour < 12 else 'PM'}"
    return said if minute else f"{said} o'clock"


def _colloquial(clock: Clock, numerals: Numerals) -> str:
    minute = clock.minute
    if minute % 5:
        return ""
    if minute == 0:
        if clock.hour % 12 == 0:
            return clock.period  # noon, midnight
        return f"{numerals.cardinal(clock.hour12)} o'clock {clock.period}"
    near = minute if minute <= 30 else 60 - minute
    part = {15: "quarter", 30: "half"}.get(near) or numerals.cardinal(near)
    hour = clock.hour12 if minute <= 30 else clock.next12
    side = "past" if minute <= 30 else "to"
    return f"{part} {side} {numerals.cardinal(hour)} {clock.period}"


def _day(day: int, before_month: bool, territory: str, numerals: Numerals) -> str:
    said = numerals.ordinal(day)
    return f"the {said} of" if before_month else said


def _change(cents: int, coin: Noun, short: bool, numerals: Numerals) -> str:
    said = numerals.cardinal(cents)
    return said if short and cents >= 10 else f"and {said} {coin.named(cents)}"


_CENT, _DOLLAR = Noun("cent", "cents"), Noun("dollar", "dollars")

USAGE = Usage(
    time=_time,
    colloquial=_colloquial,
    day=_day,
    change=_change,
    coins={
        **dict.fromkeys(("EUR", "USD", "CAD", "AUD", "NZD"), _CENT),
        "GBP": Noun("penny", "pence"),
        "CHF": Noun("centime", "centimes"),
    },
    nouns={
        **dict.fromkeys(("USD", "CAD", "AUD", "NZD"), _DOLLAR),
        "GBP": Noun("pound", "pounds"),
    },
    letters={"AM": "a m", "PM": "p m"},
)
