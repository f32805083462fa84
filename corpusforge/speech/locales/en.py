"""English: units, times of day, ordinals."""

from __future__ import annotations

from corpusforge.speech.locale import Locale, Unit, Words


def _unit(one: str, many: str = "") -> Unit:
    return Unit(one, many or one + "s")


def _time(hour: int, minute: int, suffix: str, words: Words) -> str:
    """7:30 am -> "seven thirty AM", 7:05 -> "seven oh five", 7:00 -> "seven o'clock"."""
    if hour % 24 == 0 and not suffix:
        # Nobody says "zero o'clock".
        if minute == 0:
            return "midnight"
        hour, suffix = 12, "am"
    said = words(hour)
    if minute == 0:
        said += "" if suffix else " o'clock"
    else:
        said += (" oh " if minute < 10 else " ") + words(minute)
    # Capitals: engines then say the letters; "am" alone is a verb.
    return f"{said} {suffix[0].upper()}M" if suffix else said


def _change(cents: int, unit: Unit, words: Words) -> str:
    """5.50 -> "fifty", 5.05 -> "and five cents"."""
    return words(cents) if cents >= 10 else f"and {words(cents)} {unit.named(cents)}"


_PARTS = {2: "half", 4: "quarter"}


def _fraction(whole: int, part: int, of: int, noun: str, words: Words, ordinals: Words) -> str:
    """1/2 cup -> "half a cup", 2 1/2 -> "two and a half", 3/4 -> "three quarters"."""
    if not 0 < part < of or of not in (2, 3, 4, 5, 6, 8, 10):
        return ""
    name = _PARTS.get(of) or ordinals(of)
    if whole:
        return f"{words(whole)} and " + (f"a {name}" if part == 1 else f"{words(part)} {name}s")
    if (part, of) == (1, 2) and noun:
        # "hour" and the like are said without their h.
        vowel = noun[0].casefold() in "aeiou" or noun.casefold().startswith(("hour", "honest"))
        return f"half {'an' if vowel else 'a'}"
    return f"{words(part)} {name}" + "s" * (part > 1)


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
    symbols={"&": "and", "+": "plus", "@": "at", "#": "hashtag", "=": "equals", "%": "percent"},
    number_sign="number",
    currencies={sign: _UNITS[sign] for sign in "€$£"},
    cents={"€": _unit("cent"), "$": _unit("cent"), "£": Unit("penny", "pence")},
    change=_change,
    time=_time,
    time_suffix=r"[ap]\.?\s?m\b\.?",
    suffix_last=True,
    conjunction="and",
    second=_unit("second"),
    fraction=_fraction,
    dot="point",
    names={"C#": "C sharp", "F#": "F sharp", "G#": "G sharp", "C++": "C plus plus"},
    ordinal=r"(?P<ordinal>\d+)(?:st|nd|rd|th)\b",
)
