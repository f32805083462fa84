"""German: units with their gender, times of day, ordinals before a month."""

from __future__ import annotations

from collections.abc import Callable

from corpusforge.speech.locale import Locale, Unit


def _same(name: str, *, feminine: bool = False) -> Unit:
    return Unit(name, name, feminine)


def _time(hour: int, minute: int, suffix: str, words: Callable[[int], str]) -> str:
    """7:30 -> "sieben Uhr dreißig", 1:00 -> "ein Uhr"."""
    said = ("ein" if hour == 1 else words(hour)) + " Uhr"
    return said if minute == 0 else f"{said} {words(minute)}"


_MINUTE = Unit("Minute", "Minuten", feminine=True)
_SECOND = Unit("Sekunde", "Sekunden", feminine=True)
_HOUR = Unit("Stunde", "Stunden", feminine=True)

_UNITS = {
    "%": _same("Prozent"),
    "°": _same("Grad"),
    "°C": _same("Grad Celsius"),
    "°F": _same("Grad Fahrenheit"),
    "ms": Unit("Millisekunde", "Millisekunden", feminine=True),
    "s": _SECOND,
    "sek": _SECOND,
    "Sek": _SECOND,
    "min": _MINUTE,
    "Min": _MINUTE,
    "h": _HOUR,
    "Std": _HOUR,
    "mg": _same("Milligramm"),
    "g": _same("Gramm"),
    "kg": _same("Kilogramm"),
    "ml": _same("Milliliter"),
    "cl": _same("Zentiliter"),
    "dl": _same("Deziliter"),
    "l": _same("Liter"),
    "L": _same("Liter"),
    "EL": _same("Esslöffel"),
    "TL": _same("Teelöffel"),
    "mm": _same("Millimeter"),
    "cm": _same("Zentimeter"),
    "m": _same("Meter"),
    "km": _same("Kilometer"),
    "km/h": _same("Kilometer pro Stunde"),
    "m/s": _same("Meter pro Sekunde"),
    "W": _same("Watt"),
    "kW": _same("Kilowatt"),
    "Wh": Unit("Wattstunde", "Wattstunden", feminine=True),
    "kWh": Unit("Kilowattstunde", "Kilowattstunden", feminine=True),
    "V": _same("Volt"),
    "Hz": _same("Hertz"),
    "kHz": _same("Kilohertz"),
    "MHz": _same("Megahertz"),
    "dB": _same("Dezibel"),
    "hPa": _same("Hektopascal"),
    "MB": _same("Megabyte"),
    "GB": _same("Gigabyte"),
    "TB": _same("Terabyte"),
    "€": _same("Euro"),
    "$": _same("Dollar"),
    "£": _same("Pfund"),
}

_FEMININE = {
    "Minute": "Minuten",
    "Sekunde": "Sekunden",
    "Stunde": "Stunden",
    "Woche": "Wochen",
    "Flasche": "Flaschen",
    "Packung": "Packungen",
    "Dose": "Dosen",
    "Tasse": "Tassen",
    "Stufe": "Stufen",
}
_NEUTER = ("Uhr", "Grad", "Prozent", "Liter", "Meter", "Kilo", "Kilogramm", "Gramm", "Euro")

_MONTHS = (
    "Januar|Jänner|Februar|März|April|Mai|Juni|Juli|August|September|Oktober|November|Dezember"
)

LOCALE = Locale(
    decimal=",",
    group=".",
    point="Komma",
    to="bis",
    minus="minus",
    one=("ein", "eine"),
    units=_UNITS,
    symbols={"&": "und", "+": "plus", "@": "at", "#": "Nummer", "=": "gleich", "%": "Prozent"},
    currencies={sign: _UNITS[sign] for sign in "€$£"},
    time=_time,
    time_suffix=r"Uhr\b",
    ordinal=rf"(?P<ordinal>\d+)\.(?=\s(?:{_MONTHS})\b)",
    # "dritten": after "am", "vom", "bis zum", by far the most frequent in spoken dates.
    ordinal_rule="spellout-ordinal-n",
    nouns={
        **{one: Unit(one, many, feminine=True) for one, many in _FEMININE.items()},
        **{noun: _same(noun) for noun in _NEUTER},
    },
)
