"""English: units, times of day, ordinals."""

from __future__ import annotations

from collections.abc import Callable

from corpusforge.speech.locale import Locale, Unit


def _unit(one: str, many: str = "") -> Unit:
    return Unit(one, many or one + "s")


def _time(hour: int, minute: int, suffix: str, words: Callable[[int], str]) -> str:
    """7:30 am -> "seven thirty AM", 7:05 -> "seven oh five", 7:00 -> "seven o'clock"."""
    said = words(hour)
    if minute == 0:
        said += "" if suffix else " o'clock"
    else:
        said += (" oh " if minute < 10 else " ") + words(minute)
    # Capitals: engines then say the letters; "am" alone is a verb.
    return f"{said} {suffix[0].upper()}M" if suffix else said


# "in" (inch) is left out: "set 5 in the kitchen" is far more frequent.
_UNITS = {
    "%": Unit("percent", "percent"),
    "°": _unit("degree"),
    "°C": Unit("degree Celsius", "degrees Celsius"),
    "°F": Unit("degree Fahrenheit", "degrees Fahrenheit"),
    "ms": _unit("millisecond"),
    "s": _unit("second"),
    "sec": _unit("second"),
    "secs": _unit("second"),
    "min": _unit("minute"),
    "mins": _unit("minute"),
    "h": _unit("hour"),
    "hr": _unit("hour"),
    "hrs": _unit("hour"),
    "mg": _unit("milligram"),
    "g": _unit("gram"),
    "kg": _unit("kilogram"),
    "lb": _unit("pound"),
    "lbs": _unit("pound"),
    "oz": _unit("ounce"),
    "ml": _unit("milliliter"),
    "cl": _unit("centiliter"),
    "dl": _unit("deciliter"),
    "l": _unit("liter"),
    "tsp": _unit("teaspoon"),
    "tbsp": _unit("tablespoon"),
    "mm": _unit("millimeter"),
    "cm": _unit("centimeter"),
    "m": _unit("meter"),
    "km": _unit("kilometer"),
    "ft": Unit("foot", "feet"),
    "yd": _unit("yard"),
    "mi": _unit("mile"),
    "km/h": Unit("kilometer per hour", "kilometers per hour"),
    "kph": Unit("kilometer per hour", "kilometers per hour"),
    "mph": Unit("mile per hour", "miles per hour"),
    "m/s": Unit("meter per second", "meters per second"),
    "W": _unit("watt"),
    "kW": _unit("kilowatt"),
    "Wh": _unit("watt hour"),
    "kWh": _unit("kilowatt hour"),
    "V": _unit("volt"),
    "Hz": Unit("hertz", "hertz"),
    "kHz": Unit("kilohertz", "kilohertz"),
    "MHz": Unit("megahertz", "megahertz"),
    "dB": _unit("decibel"),
    "hPa": _unit("hectopascal"),
    "MB": _unit("megabyte"),
    "GB": _unit("gigabyte"),
    "TB": _unit("terabyte"),
    "€": _unit("euro"),
    "$": _unit("dollar"),
    "£": _unit("pound"),
}

LOCALE = Locale(
    decimal=".",
    group=",",
    point="point",
    to="to",
    minus="minus",
    one=("one", "one"),
    units=_UNITS,
    symbols={"&": "and", "+": "plus", "@": "at", "#": "number", "=": "equals", "%": "percent"},
    currencies={sign: _UNITS[sign] for sign in "€$£"},
    time=_time,
    time_suffix=r"[ap]\.?\s?m\b\.?",
    ordinal=r"(?P<ordinal>\d+)(?:st|nd|rd|th)\b",
)
