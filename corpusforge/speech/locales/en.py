"""English as in the United States: units, ordinals, dates, fractions, abbreviations."""

from __future__ import annotations

import re

from corpusforge.speech.locale import Fraction, Locale, Unit, same, unit
from corpusforge.speech.numbers import Numbers
from corpusforge.speech.reading.english import (
    DAYS,
    LENGTHS,
    MEASURES,
    MONTH_NAMES,
    MONTHS,
    PRODUCTS,
    STREETS,
)
from corpusforge.speech.roman_tables import ENGLISH

__all__ = ["LOCALE", "MONTH_NAMES"]

_PARTS = {2: "half", 4: "quarter"}


_NO_NOUN = frozenset(
    (
        *("of", "a", "an", "the", "to", "and", "or", "in", "on", "at", "for", "with", "by", "is"),
        *("from", "than", "as", "if", "past", "please", "full", "off", "when", "then", "but"),
    )
)


def _fraction(asked: Fraction, numbers: Numbers) -> tuple[str, str]:
    """1/2 cup -> "half a cup", 2 1/2 -> "two and a half", 3/4 -> "three quarters"."""
    whole, part, of, noun = asked.whole, asked.part, asked.of, asked.noun
    name = _PARTS.get(of) or numbers.ordinal(of)
    words = numbers.cardinal
    if whole:
        return f"{words(whole)} and " + (f"a {name}" if part == 1 else f"{words(part)} {name}s"), ""
    if (part, of) == (1, 2) and noun and noun not in _NO_NOUN:
        # "hour" and the like are said without their h.
        vowel = noun[0].casefold() in "aeiou" or noun.casefold().startswith(("hour", "honest"))
        return f"half {'an' if vowel else 'a'}", ""
    return f"{words(part)} {name}" + "s" * (part > 1), ""


# "in" (inch) is left out: "set 5 in the kitchen" is far more frequent.
_UNITS = {
    "%": same("percent"),
    "°": unit("degree"),
    "°C": Unit("degree Celsius", "degrees Celsius"),
    "°F": Unit("degree Fahrenheit", "degrees Fahrenheit"),
    "ºC": Unit("degree Celsius", "degrees Celsius"),
    "ºF": Unit("degree Fahrenheit", "degrees Fahrenheit"),
    "ms": unit("millisecond"),
    "s": unit("second"),
    "sec": unit("second"),
    "secs": unit("second"),
    "min": unit("minute"),
    "mins": unit("minute"),
    "h": unit("hour"),
    "hr": unit("hour"),
    "hrs": unit("hour"),
    "mg": unit("milligram"),
    "g": unit("gram"),
    "kg": unit("kilogram"),
    "lb": unit("pound"),
    "lbs": unit("pound"),
    "oz": unit("ounce"),
    "ml": unit("milliliter"),
    "cl": unit("centiliter"),
    "dl": unit("deciliter"),
    "l": unit("liter"),
    **dict.fromkeys(("gal", "gals"), unit("gallon")),
    **dict.fromkeys(("qt", "qts"), unit("quart")),
    "tsp": unit("teaspoon"),
    "tbsp": unit("tablespoon"),
    "mm": unit("millimeter"),
    "cm": unit("centimeter"),
    "m": unit("meter"),
    "km": unit("kilometer"),
    "m²": unit("square meter"),
    "km²": unit("square kilometer"),
    "m³": unit("cubic meter"),
    "ft": Unit("foot", "feet"),
    "sq ft": Unit("square foot", "square feet"),
    "yd": unit("yard"),
    "mi": unit("mile"),
    "km/h": Unit("kilometer per hour", "kilometers per hour"),
    "kph": Unit("kilometer per hour", "kilometers per hour"),
    "mph": Unit("mile per hour", "miles per hour"),
    "m/s": Unit("meter per second", "meters per second"),
    "W": unit("watt"),
    "kW": unit("kilowatt"),
    "Wh": unit("watt hour"),
    "kWh": unit("kilowatt hour"),
    "V": unit("volt"),
    "Hz": same("hertz"),
    "kHz": same("kilohertz"),
    "MHz": same("megahertz"),
    "GHz": same("gigahertz"),
    "dB": unit("decibel"),
    "hPa": unit("hectopascal"),
    "kB": unit("kilobyte"),
    "MB": unit("megabyte"),
    "GB": unit("gigabyte"),
    "TB": unit("terabyte"),
    "Mbps": Unit("megabit per second", "megabits per second"),
    "kcal": unit("kilocalorie"),
    "mL": unit("milliliter"),
    "degrees C": Unit("degree Celsius", "degrees Celsius"),
    "degrees F": Unit("degree Fahrenheit", "degrees Fahrenheit"),
    "″": Unit("inch", "inches"),
}
_MONEY = {
    **dict.fromkeys(("€", "EUR"), unit("euro")),
    **dict.fromkeys(("$", "US$", "USD"), unit("dollar")),
    **dict.fromkeys(("£", "GBP"), unit("pound")),
    "¥": same("yen"),
    "JPY": same("yen"),
    "CHF": unit("Swiss franc"),
    "₹": unit("rupee"),
    "¢": unit("cent"),
}
_CENT = unit("cent")

_MONTHS = "|".join(MONTH_NAMES)


def _date(day: int, month: int, year: int | None, numbers: Numbers) -> str:
    said = f"{MONTH_NAMES[month - 1]} {numbers.ordinal(day)}"
    return f"{said}, {numbers.year(year)}" if year is not None else said


def _day_before_month(match: re.Match[str], numbers: Numbers) -> str:
    """3 March -> "the third of March", "the 3 March" -> "the third of March"."""
    the = "" if re.search(r"(?i)\bthe $", match.string[: match.start()]) else "the "
    return f"{the}{numbers.ordinal(int(match['day']))} of"


def _saint_or_street(match: re.Match[str]) -> str:
    """Saint before a name, street after one: "St. James St."."""
    before, after = match.string[: match.start()], match.string[match.end() :]
    # A capital at the beginning of a sentence is no name.
    named = re.search(r"(?:[^.!?\s]\s|\d\w*\s)[A-Z]\w+\s$|\d(?:st|nd|rd|th)\s$", before)
    names = ("Doctor", "Drive") if match["short"] == "Dr" else ("Saint", "Street")
    if named and not (match["short"] == "Dr" and re.match(r"\s[A-Z]", after)):
        return names[1]
    if re.match(r"\s[A-Z]", after):
        return names[0]
    return names[1] if re.search(r"[A-Z]\w*\s$", before) else names[match["short"] == "St"]


def _decade(match: re.Match[str], numbers: Numbers) -> str:
    """1980s -> "nineteen eighties", '60s -> "sixties"."""
    tens = match["tens"]
    said = numbers.year(int(tens)) if len(tens) == 4 else numbers.cardinal(int(tens))
    return f"{said[:-1]}ies" if said.endswith("y") else f"{said}s"


_TITLES = {
    "Mr.": "Mister",
    "Mrs.": "Missus",
    "Ms.": "Miz",
    "Prof.": "Professor",
    "Jr.": "Junior",
    "Sr.": "Senior",
    "Ave.": "Avenue",
    "Blvd.": "Boulevard",
    "Rd.": "Road",
    "Ln.": "Lane",
    "Hwy.": "Highway",
    "Sq.": "Square",
    "Mt.": "Mount",
    "apt.": "apartment",
    "dept.": "department",
    "e.g.": "for example",
    "i.e.": "that is",
    "etc.": "et cetera",
    "vs.": "versus",
    "approx.": "approximately",
    "a.k.a.": "also known as",
    "aka": "also known as",
    "w/o": "without",
    "w/": "with",
    "P.S.": "P S",
    "tel.": "telephone",
    "ext.": "extension",
    "max.": "maximum",
    "U.S.": "U S",
    "U.K.": "U K",
    "temp.": "temperature",
    "feat.": "featuring",
}

LOCALE = Locale(
    decimal=".",
    group=",",
    point="point",
    to="to",
    minus="minus",
    attributive=frozenset(
        (
            *("timer", "timers", "alarm", "countdown", "reminder", "delay", "break", "nap"),
            *("walk", "run", "drive", "ride", "flight", "race", "film", "movie", "video", "song"),
            *("workout", "meeting", "call", "bag", "bottle", "forecast", "window", "limit", "fee"),
            *("bulb", "bulbs", "lamp", "charger", "battery", "monitor", "TV", "tv", "screen"),
            *("display", "laptop", "tablet", "pizza", "marathon", "hike", "trip", "sprint", "pan"),
            *("pipe", "board", "ladder", "fence", "tower", "speaker", "frame", "wheel"),
            *("wheels", "one", "ones", "photo", "poster", "picture", "print"),
            *("bill", "bills", "prize", "tip"),
            *("mix", "mixes", "remix", "single", "singles", "record", "records", "vinyl"),
        )
    ),
    units={**_UNITS, **_MONEY},
    units_after="in|to|into|of|many|much",
    unit_after="per|a|an",
    symbols={
        "&": "and",
        "+": "plus",
        "@": "at",
        "#": "hashtag",
        "=": "equals",
        "%": "percent",
        "×": "times",
        "÷": "divided by",
        "~": "about",
        "°": "degrees",
        "±": "plus or minus",
        "≥": "at least",
        "≤": "at most",
        "€": "euros",
        "$": "dollars",
        "£": "pounds",
    },
    number_sign="number",
    currencies=_MONEY,
    cents={
        **dict.fromkeys(("€", "EUR", "$", "US$", "USD"), _CENT),
        **dict.fromkeys(("£", "GBP"), Unit("penny", "pence")),
    },
    large={
        **dict.fromkeys(("K", "k", "thousand"), same("thousand")),
        **dict.fromkeys(("M", "m", "mn", "million"), same("million")),
        **dict.fromkeys(("B", "bn", "billion"), same("billion")),
        "trillion": same("trillion"),
    },
    counted=frozenset(
        (
            *("people", "persons", "inhabitants", "residents", "citizens", "users", "views"),
            *("votes", "times", "years", "steps", "followers", "subscribers", "copies"),
            *("households", "points", "jobs", "visitors", "customers", "tons", "tonnes"),
            *("barrels", "acres", "words", "bucks", "shares", "tickets", "books", "stars"),
        )
    ),
    time_suffix=r"[ap]\.?\s?m\b\.?",
    conjunction="and",
    second=unit("second"),
    fraction=_fraction,
    dot="point",
    version="version",
    web_dot="dot",
    slash="slash",
    dash="dash",
    underscore="underscore",
    names={
        "C#": "C sharp",
        "F#": "F sharp",
        "G#": "G sharp",
        "C++": "C plus plus",
        "24/7": "twenty-four seven",
        "R&B": "R and B",
        "B&B": "B and B",
        "A/C": "A C",
        "50-50": "fifty-fifty",
    },
    abbreviations=_TITLES,
    special=(
        (r"(?<![\w.])(?P<short>St|Dr)(?:\.|(?=\s[A-Z])|(?=[,;!?]|$))(?!\w)", _saint_or_street),
        *PRODUCTS,
        *LENGTHS,
        *MEASURES,
        *DAYS,
        *MONTHS,
        *STREETS,
        # "1h 30m", "3h20": minutes, not meters
        (r"(?<=\dh)\s?(?P<minutes>[0-5]?\d)(?:\s?m(?:in)?)?\b", lambda m: f" {m['minutes']} min"),
        (r"(?<![\w.])(?:[Nn]o\.?\s(?=\d)|No\.\s(?=[IVX]{2,}\b))", lambda m: "number "),
        (r"(?<![\w.])[Nn]os\.\s(?=\d)", lambda m: "numbers "),
    ),
    ordinal=r"(?<![\d.,])(?P<ordinal>\d+)(?:st|nd|rd|th)\b",
    day_first=False,
    date=_date,
    date_from="from|between",
    date_to="to|through|thru|until|till|and",
    date_cue="(?:on|by|until|till|since|for|due|before|after"
    "|monday|tuesday|wednesday|thursday|friday|saturday|sunday)",
    dates=(
        (
            rf"(?<!\w)(?P<month>{_MONTHS})\s(?P<said>(?P<day>\d{{1,2}}))"
            r"(?!\w|[.,:/-]\d|\s?[ap]\.?m\b|\s?[%°])",
            lambda m, n: n.ordinal(int(m["day"])),
        ),
        (
            rf"(?<![\w.,:/-])(?P<said>(?P<day>\d{{1,2}})(?:st|nd|rd|th)?)(?=\s(?:{_MONTHS})(?!\w))",
            _day_before_month,
        ),
    ),
    roman=ENGLISH,
    spelled=("dial", "call",
             "pin(?: code)?", "passcode", "code", "password", "zip(?: code)?", "postcode",
             "account(?: number)?", "card number", "serial number", "order number"),
    flight=("flight", "Flight", "train", "gate"),
    decades=r"(?:(?<=in my )|(?<=in his )|(?<=in her )|(?<=in their )|(?<=in your )|(?<=in our )"
    r"|(?<=the )|(?<=early )|(?<=late )|(?<=mid-)|['’]|(?=\d{4})|(?<![\w-])(?=\d0['’]s\b)"
    r"|(?<!\w)(?=\d0s\s(?:music|hits?|rock|pop|songs?|disco|dance|movies?|films?|playlist|party"
    r"|classics|tunes|radio|ballads|metal|jazz|soul|funk|rap|hip)\b))"
    r"(?P<tens>(?:1[1-9]|20)\d0|[2-9]0)['’]?s\b",
    decade=_decade,
)  # fmt: skip
