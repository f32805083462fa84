"""German: units with their gender, times of day, ordinals, dates, fractions."""

from __future__ import annotations

import re

from corpusforge.speech.locale import Locale, Unit, Words


def _same(name: str, *, feminine: bool = False) -> Unit:
    return Unit(name, name, feminine)


def _time(hour: int, minute: int, suffix: str, words: Words) -> str:
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

# What is said before an ordinal in the weak form with -n ("am zweiten", "den zweiten") ...
_BEFORE_N = {
    *("am", "an", "ab", "bis", "dem", "den", "des", "zum", "zur", "im", "vom", "beim", "jeden"),
    *("meinen", "meinem", "deinen", "deinem", "einen", "einem", "diesen", "diesem"),
}
# ... and in the form with -e, unless a preposition makes a dative of it ("in der zweiten Woche").
_BEFORE_E = {"der", "die", "das", "ins", "jede", "diese", "dieses", "jedes"}
_DATIVE = {"in", "auf", "an", "zu", "von", "mit", "nach", "bei", "seit", "aus", "ab"}
# Nouns that show an ordinal by themselves, by the ending of the strong form.
_COUNTED = {
    **dict.fromkeys((*_MONTHS.split("|"), "Stock", "Tag", "Platz", "Gang", "Titel", "Timer"), "r"),
    **dict.fromkeys(("Mal", "Kapitel", "Lied", "Programm"), "s"),
    **dict.fromkeys(("Etage", "Stufe", "Woche", "Folge", "Staffel", "Klasse", "Runde"), ""),
}


def _ordinal_form(match: re.Match[str]) -> str:
    """The ending by the words around it; "" for a full stop after a number."""
    before = [word.casefold() for word in re.findall(r"\w+", match.string[: match.start()])]
    last = before[-1] if before else ""
    if last in _BEFORE_N or (last in _BEFORE_E and before[-2:-1] and before[-2] in _DATIVE):
        return "spellout-ordinal-n"
    if last in _BEFORE_E:
        return "spellout-ordinal"
    ending = _COUNTED.get(match["noun"])
    if ending is None:
        return ""
    return f"spellout-ordinal-{ending}" if ending else "spellout-ordinal"


# The accusative, for things are asked for: "füge einen halben Liter hinzu".
_HALF = {
    **dict.fromkeys(
        ("Liter", "Meter", "Kilometer", "Teelöffel", "Esslöffel", "Tag"), "einen halben"
    ),
    **dict.fromkeys((*_FEMININE, "Packung", "Tafel"), "eine halbe"),
    **dict.fromkeys(("Kilo", "Kilogramm", "Gramm", "Pfund", "Glas", "Jahr"), "ein halbes"),
}


def _fraction(whole: int, part: int, of: int, noun: str, words: Words, ordinals: Words) -> str:
    """2 1/2 -> "zweieinhalb", 1/2 Stunde -> "eine halbe", 3/4 -> "drei viertel"."""
    if not 0 < part < of or of not in (2, 3, 4, 5, 6, 8, 10):
        return ""
    name = "halb" if of == 2 else ordinals(of) + "l"
    said = "ein" if part == 1 else words(part)
    if whole:
        return ("ein" if whole == 1 else words(whole)) + said + name
    if of == 2:
        return _HALF.get(noun, "ein halb")
    return f"{said} {name}"


LOCALE = Locale(
    decimal=",",
    group=".",
    point="Komma",
    to="bis",
    minus="minus",
    one=("ein", "eine"),
    units=_UNITS,
    symbols={"&": "und", "+": "plus", "@": "at", "#": "Hashtag", "=": "gleich", "%": "Prozent"},
    number_sign="Nummer",
    currencies={sign: _UNITS[sign] for sign in "€$£"},
    cents={"€": _same("Cent"), "$": _same("Cent"), "£": _same("Pence")},
    change=lambda cents, _, words: words(cents),
    time=_time,
    time_suffix=r"Uhr\b",
    conjunction="und",
    second=_SECOND,
    fraction=_fraction,
    dot="Punkt",
    names={"C#": "C sharp", "F#": "Fis", "G#": "Gis", "C++": "C plus plus"},
    ordinal=r"(?<![\w.,:/-])(?P<ordinal>\d{1,3})\.(?=\s(?P<noun>[^\W\d]+))",
    ordinal_form=_ordinal_form,
    date=r"(?<![\w.,:/-])(?P<day>0?[1-9]|[12]\d|3[01])\.\s?(?P<month>0?[1-9]|1[0-2])\."
    r"(?:\s?(?P<year>(?:19|20)\d\d)(?![\w.])|(?!\d))",
    # "dritten": after "am", "vom", "bis zum", by far the most frequent in spoken dates.
    date_form="spellout-ordinal-n",
    nouns={
        **{one: Unit(one, many, feminine=True) for one, many in _FEMININE.items()},
        **{noun: _same(noun) for noun in _NEUTER},
    },
)
