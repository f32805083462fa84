"""Spanish.

"doce y cuarto de la noche", "una y cinco", "cinco euros ... un céntimo", "una libra", the first
day as "primero": NeMo. "tres y media de la tarde", "doce menos cuarto", "medianoche" and times
without "y": Duckling. In Spain the first day is "uno". Times come without "las": sentences have
"a las {time}".
"""

from __future__ import annotations

from corpusforge.core.cldr import Numerals
from corpusforge.core.said import Clock, Noun, Usage


def _hour(hour: int, numerals: Numerals) -> str:
    return numerals.cardinal(hour, "feminine")


def _time(clock: Clock, numerals: Numerals) -> str:
    hour = clock.hour12 if clock.twelve else clock.hour
    said = _hour(hour, numerals)
    if clock.minute:
        # "siete cinco" would be heard as 75
        said += (" y " if clock.minute < 10 else " ") + numerals.alone(clock.minute)
    elif not clock.twelve and not 0 < hour < 13:
        said += " horas"
    return f"{said} {_period(clock)}" if clock.twelve else said


def _period(clock: Clock) -> str:
    """Twelve is of the night for an hour; CLDR begins the early morning with it."""
    return clock.night if clock.hour == 0 else clock.period


def _colloquial(clock: Clock, numerals: Numerals) -> str:
    minute = clock.minute
    if minute % 5:
        return ""
    hour = _hour(clock.hour12 if minute <= 30 else clock.next12, numerals)
    near = minute if minute <= 30 else 60 - minute
    part = {15: "cuarto", 30: "media"}.get(near) or numerals.alone(near)
    said = f"{hour} {'y' if minute <= 30 else 'menos'} {part}" if minute else hour
    return f"{said} {_period(clock)}"


def _day(day: int, before_month: bool, territory: str, numerals: Numerals) -> str:
    if day == 1:
        return "uno" if territory in ("", "ES") else "primero"
    return numerals.alone(day)


def _change(cents: int, coin: Noun, short: bool, numerals: Numerals) -> str:
    if short and cents >= 10:
        return f"con {numerals.alone(cents)}"
    return f"con {numerals.cardinal(cents, 'masculine')} {coin.named(cents)}"


_CENTIMO, _CENTAVO = Noun("céntimo", "céntimos"), Noun("centavo", "centavos")
_DOLAR, _PESO = Noun("dólar", "dólares"), Noun("peso", "pesos")

USAGE = Usage(
    time=_time,
    colloquial=_colloquial,
    day=_day,
    change=_change,
    coins={
        **dict.fromkeys(("EUR", "CHF"), _CENTIMO),
        **dict.fromkeys(("USD", "MXN", "ARS", "COP", "CLP"), _CENTAVO),
        "GBP": Noun("penique", "peniques"),
    },
    nouns={
        "USD": _DOLAR,
        **dict.fromkeys(("MXN", "ARS", "COP", "CLP"), _PESO),
        "GBP": Noun("libra", "libras", feminine=True),
    },
    feminine_currency=("corona", "libra", "rupia", "lira", "grivna"),
    feminine_units=frozenset({"hour", "week"}),
)
