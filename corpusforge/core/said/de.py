"""German.

"elf Uhr dreißig", "null Uhr fünfzehn", ordinals of dates: NeMo. "viertel nach drei", "halb vier
nachmittags", "viertel vor 12": Duckling. "fünf vor halb acht" is what is said all over the
country; "Viertel acht" and "drei viertel acht" of the south and the east are left out. Days take
the form after "am" ("am fünften März"), by far the most frequent place of a date. "zwölf Euro
fünfzig": as in `speech.locales.de`.
"""

from __future__ import annotations

from corpusforge.core.cldr import Numerals
from corpusforge.core.said import Clock, Noun, Usage


def _time(clock: Clock, numerals: Numerals) -> str:
    hour = clock.hour12 if clock.twelve else clock.hour
    said = f"{numerals.cardinal(hour, 'masculine')} Uhr"
    if clock.minute:
        said += f" {numerals.alone(clock.minute)}"
    return f"{said} {clock.period}" if clock.twelve else said


_NEAR = {5: "fünf", 10: "zehn", 15: "Viertel", 20: "zwanzig"}


def _colloquial(clock: Clock, numerals: Numerals) -> str:
    minute = clock.minute
    this, following = numerals.alone(clock.hour12), numerals.alone(clock.next12)
    if minute % 5:
        return ""
    if minute == 0:
        if clock.hour == 0:
            return clock.period  # Mitternacht
        said = f"{numerals.cardinal(clock.hour12, 'masculine')} Uhr"
    elif minute <= 20:
        said = f"{_NEAR[minute]} nach {this}"
    elif minute >= 40:
        said = f"{_NEAR[60 - minute]} vor {following}"
    else:
        said = {25: "fünf vor ", 30: "", 35: "fünf nach "}[minute] + f"halb {following}"
    return f"{said} {clock.period}"


def _day(day: int, before_month: bool, territory: str, numerals: Numerals) -> str:
    return numerals.ordinal(day, "n")


def _change(cents: int, coin: Noun, short: bool, numerals: Numerals) -> str:
    if short:
        return numerals.alone(cents)
    return f"und {numerals.cardinal(cents, 'masculine')} {coin.named(cents)}"


_CENT = Noun("Cent", "Cent")

USAGE = Usage(
    time=_time,
    colloquial=_colloquial,
    day=_day,
    change=_change,
    coins={
        **dict.fromkeys(("EUR", "USD", "CAD", "AUD", "NZD"), _CENT),
        "GBP": Noun("Penny", "Pence"),
        "CHF": Noun("Rappen", "Rappen"),
    },
    nouns={"USD": Noun("Dollar", "Dollar"), "GBP": Noun("Pfund", "Pfund")},
    feminine_currency=(
        *("Schwedische Krone", "Dänische Krone", "Norwegische Krone", "Tschechische Krone"),
        *("Isländische Krone", "Indische Rupie", "Türkische Lira", "Ukrainische Hrywnja"),
    ),
    feminine_units=frozenset({"second", "minute", "hour", "week"}),
    month_number=True,
)
