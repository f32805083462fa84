"""German: units with their gender, times of day, ordinals, dates, fractions."""

from __future__ import annotations

import re

from corpusforge.speech.locale import Fraction, Locale, Unit, same
from corpusforge.speech.numbers import Numbers
from corpusforge.speech.reading.german import DAYS, FEMININE, MONTHS, case, gender
from corpusforge.speech.reading.marks import date_dash, in_a_sum
from corpusforge.speech.roman_tables import GERMAN

_MILLION = Unit("Million", "Millionen", feminine=True)
_MILLIARD = Unit("Milliarde", "Milliarden", feminine=True)
_MINUTE = Unit("Minute", "Minuten", feminine=True)
_SECOND = Unit("Sekunde", "Sekunden", feminine=True)
_HOUR = Unit("Stunde", "Stunden", feminine=True)

_UNITS = {
    "%": same("Prozent"),
    "°": same("Grad"),
    "°C": same("Grad Celsius"),
    "°F": same("Grad Fahrenheit"),
    "ms": Unit("Millisekunde", "Millisekunden", feminine=True),
    "s": _SECOND,
    "sek": _SECOND,
    "Sek": _SECOND,
    "min": _MINUTE,
    "Min": _MINUTE,
    "h": _HOUR,
    "Std": _HOUR,
    "mg": same("Milligramm"),
    "g": same("Gramm"),
    "kg": same("Kilogramm"),
    "ml": same("Milliliter"),
    "cl": same("Zentiliter"),
    "dl": same("Deziliter"),
    "l": same("Liter"),
    "L": same("Liter"),
    "EL": same("Esslöffel"),
    "TL": same("Teelöffel"),
    "mm": same("Millimeter"),
    "cm": same("Zentimeter"),
    "m": same("Meter"),
    "km": same("Kilometer"),
    "km/h": same("Kilometer pro Stunde"),
    "m/s": same("Meter pro Sekunde"),
    "W": same("Watt"),
    "kW": same("Kilowatt"),
    "Wh": Unit("Wattstunde", "Wattstunden", feminine=True),
    "kWh": Unit("Kilowattstunde", "Kilowattstunden", feminine=True),
    "V": same("Volt"),
    "Hz": same("Hertz"),
    "kHz": same("Kilohertz"),
    "MHz": same("Megahertz"),
    "dB": same("Dezibel"),
    "hPa": same("Hektopascal"),
    "MB": same("Megabyte"),
    "GB": same("Gigabyte"),
    "TB": same("Terabyte"),
    "ºC": same("Grad Celsius"),
    "m²": same("Quadratmeter"),
    "qm": same("Quadratmeter"),
    "km²": same("Quadratkilometer"),
    "m³": same("Kubikmeter"),
    "GHz": same("Gigahertz"),
    "kB": same("Kilobyte"),
    "kcal": Unit("Kilokalorie", "Kilokalorien", feminine=True),
    "Pkg.": Unit("Packung", "Packungen", feminine=True),
    "Stk.": same("Stück"),
    "Std.": _HOUR,
    "Min.": _MINUTE,
    "Sek.": _SECOND,
    "€/l": same("Euro pro Liter"),
    "″": same("Zoll"),
}
_MONEY = {
    **dict.fromkeys(("€", "EUR"), same("Euro")),
    **dict.fromkeys(("$", "US$", "USD"), same("Dollar")),
    **dict.fromkeys(("£", "GBP"), same("Pfund")),
    "CHF": same("Franken"),
    "¥": same("Yen"),
}

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
    **dict.fromkeys((*MONTHS, "Stock", "Tag", "Platz", "Gang", "Titel", "Timer"), "r"),
    **dict.fromkeys(("FC", "Wecker", "Geburtstag", "Advent", "Teil", "Spieltag", "Bezirk"), "r"),
    **dict.fromkeys(("Weltkrieg", "Akt", "Satz", "Termin", "Song", "Schritt"), "r"),
    **dict.fromkeys(("Mal", "Kapitel", "Lied", "Programm", "Jahrhundert", "Semester"), "s"),
    **dict.fromkeys(("Quartal", "OG", "Obergeschoss", "Reich"), "s"),
    **dict.fromkeys(("Etage", "Stufe", "Woche", "Folge", "Staffel", "Klasse", "Runde"), ""),
    **dict.fromkeys(("Liga", "Bundesliga", "Halbzeit", "Seite", "Reihe", "Spur"), ""),
}


_FIRST = re.compile(
    rf"(?<!\d)\d{{1,3}}\.\s(?:(?:{'|'.join(MONTHS)})\s(?:(?:19|20)\d\d\s)?)?(?:und|oder|bis)\s$"
)


def _ordinal_form(match: re.Match[str]) -> str:
    """The ending by the words around it; "" for a full stop after a number."""
    # "am 3. und 4. Mai", "3. Mai bis 5. Juni": both of a pair have the form of the first, and the
    # noun of the second.
    pair = _FIRST.search(match.string[: match.start()])
    start = pair.start() if pair else match.start()
    before = [word.casefold() for word in re.findall(r"\w+", match.string[:start])]
    last = before[-1] if before else ""
    # "24. bis sechsundzwanzigsten zwölften": the end is a date that an earlier step has read.
    if match["noun"] == "bis" and re.match(r"\sbis\s[a-zäöüß]+ten\b", match.string[match.end() :]):
        return "spellout-ordinal-n"
    if last in _BEFORE_N or (last in _BEFORE_E and before[-2:-1] and before[-2] in _DATIVE):
        return "spellout-ordinal-n"
    if last in _BEFORE_E:
        return "spellout-ordinal"
    second = re.match(r"\s(?:und|oder|bis)\s\d{1,3}\.\s(?P<noun>\w+)", match.string[match.end() :])
    ending = _COUNTED.get((second or match)["noun"])
    if ending is None:
        return ""
    return f"spellout-ordinal-{ending}" if ending else "spellout-ordinal"


# The accusative, for things are asked for: "füge einen halben Liter hinzu".
_HALF = {
    **dict.fromkeys(
        ("Liter", "Meter", "Kilometer", "Teelöffel", "Esslöffel", "Tag"), "einen halben"
    ),
    **dict.fromkeys((*FEMININE, "Packung", "Tafel"), "eine halbe"),
    **dict.fromkeys(("Kilo", "Kilogramm", "Gramm", "Pfund", "Glas", "Jahr"), "ein halbes"),
}


def _fraction(asked: Fraction, numbers: Numbers) -> tuple[str, str]:
    """2 1/2 -> "zweieinhalb", 1/2 Stunde -> "eine halbe", 3/4 -> "drei viertel"."""
    whole, part, of = asked.whole, asked.part, asked.of
    name = "halb" if of == 2 else numbers.ordinal(of) + "l"
    said = "ein" if part == 1 else numbers.cardinal(part)
    if whole:
        return ("ein" if whole == 1 else numbers.cardinal(whole)) + said + name, ""
    if of == 2:
        return _HALF.get(asked.noun, "ein halb"), ""
    return f"{said} {name}", ""


def _date(day: int, month: int, year: int | None, numbers: Numbers) -> str:
    # "dritten": after "am", "vom", "bis zum", by far the most frequent in spoken dates.
    said = f"{numbers.ordinal(day, 'n')} {numbers.ordinal(month, 'n')}"
    return said if year is None else f"{said} {numbers.year(year)}"


def _decade(match: re.Match[str], numbers: Numbers) -> str:
    """80er -> "achtziger", 80ern -> "achtzigern"."""
    tens = match["tens"]
    said = numbers.year(int(tens)) if len(tens) == 4 else numbers.cardinal(int(tens))
    return f"{said}er{match['ending'] or ''}"


_QUESTION = "was (?:ist|sind|ergibt|macht)|wie ?viel (?:ist|sind)|berechne|rechne"


_SIGNS = "|".join(map(re.escape, sorted(_MONEY, key=len, reverse=True)))


def _millions(match: re.Match[str]) -> str:
    """1 Mio. Einwohner -> "1 Million Einwohner"."""
    one = re.search(r"(?<![\d.,:/-])1\s$", match.string[: match.start()])
    unit = _MILLION if match["short"] == "Mio" else _MILLIARD
    return unit.one if one else unit.many


_SHORT = {
    "z. B.": "zum Beispiel",
    "z.B.": "zum Beispiel",
    "zB": "zum Beispiel",
    "d. h.": "das heißt",
    "d.h.": "das heißt",
    "u. a.": "unter anderem",
    "u.a.": "unter anderem",
    "o. ä.": "oder ähnlich",
    "o.ä.": "oder ähnlich",
    "usw.": "und so weiter",
    "etc.": "et cetera",
    "bzw.": "beziehungsweise",
    "ca.": "circa",
    "evtl.": "eventuell",
    "ggf.": "gegebenenfalls",
    "inkl.": "inklusive",
    "exkl.": "exklusive",
    "zzgl.": "zuzüglich",
    "max.": "maximal",
    "vgl.": "vergleiche",
    "Dr.": "Doktor",
    "Prof.": "Professor",
    "Hr.": "Herr",
    "Hrn.": "Herrn",
    "Tel.": "Telefon",
    "Jh.": "Jahrhundert",
    "Nr.": "Nummer",
    "St.": "Sankt",
    "Mio.": "Millionen",
    "Mrd.": "Milliarden",
}

LOCALE = Locale(
    decimal=",",
    group=".",
    point="Komma",
    to="bis",
    minus="minus",
    gender=gender,
    case=case,
    units={**_UNITS, **_MONEY},
    units_after="in|viele?",
    unit_after="pro|je",
    symbols={
        "&": "und",
        "+": "plus",
        "@": "at",
        "#": "Hashtag",
        "=": "gleich",
        "%": "Prozent",
        "×": "mal",
        "÷": "geteilt durch",
        "~": "circa",
        "§": "Paragraf",
        "°": "Grad",
        "±": "plus minus",
        "€": "Euro",
        "$": "Dollar",
        "£": "Pfund",
    },
    number_sign="Nummer",
    currencies=_MONEY,
    cents={
        **dict.fromkeys(("€", "EUR", "$", "US$", "USD"), same("Cent")),
        **dict.fromkeys(("£", "GBP"), same("Pence")),
        "CHF": same("Rappen"),
    },
    large={
        **dict.fromkeys(("Mio.", "Mio", "Million", "Millionen"), _MILLION),
        **dict.fromkeys(("Mrd.", "Mrd", "Milliarde", "Milliarden"), _MILLIARD),
    },
    counted=frozenset(
        (
            *("Einwohner", "Einwohnern", "Menschen", "Leute", "Personen", "Bürger", "Nutzer"),
            *("Aufrufe", "Stimmen", "Mal", "mal", "Jahre", "Jahren", "Schritte", "Follower"),
            *("Exemplare", "Haushalte", "Punkte", "Besucher", "Kunden", "Tonnen", "Hektar"),
            *("Wörter", "Stück", "Arbeitsplätze"),
        )
    ),
    time_suffix=r"Uhr\b",
    time_cue="um",
    conjunction="und",
    second=_SECOND,
    fraction=_fraction,
    dot="Punkt",
    version="Version",
    web_dot="Punkt",
    slash="Schrägstrich",
    dash="Minus",
    underscore="Unterstrich",
    names={
        "C#": "C sharp",
        "F#": "Fis",
        "G#": "Gis",
        "C++": "C plus plus",
        "24/7": "vierundzwanzig sieben",
        "R&B": "R and B",
    },
    abbreviations=_SHORT,
    special=(
        # "Fr." is also Friday: a name must follow.
        (r"(?<![\w.])Fr\.(?=\s[A-ZÄÖÜ])", lambda m: "Frau"),
        # an amount with cents is said as one with a sign is
        (r"(?<=\d,\d\d)\sEuro(?!\w)", lambda m: " €"),
        (r"(?<=\d,\d\d)\sDollar(?!\w)", lambda m: " $"),
        # "1 Mio. Einwohner"; before a sign of money it is `large`
        (rf"(?<=\d\s)(?P<short>Mio|Mrd)(?:\.|(?![\w.]))(?!\s?(?:{_SIGNS}))", _millions),
        (r"(?<=\d)\s?[x*]\s?(?=\d)", lambda m: " mal "),
        (r"(?<=\d)\^(?=\d)", lambda m: " hoch "),
        (r"(?<=\d)\s[:/]\s(?=\d)", in_a_sum(_QUESTION, "geteilt durch")),
        (r"(?<=\d)\s[-–−]\s(?=\d)", in_a_sum(_QUESTION, "minus")),
        (r"(?<=\d)\s?x(?=\s[^\W\d_])", lambda m: " mal"),
        date_dash("|".join(MONTHS), "bis"),
        (r"(?<=\d\.)\s?[-–]\s?(?=\d{1,2}\.(?:\D|\d\d?\.|$))", lambda m: " bis "),
        (r"(?<=\d)['′]\s?(?=\d{1,2}\s?(?:[\"″]|''))", lambda m: " Fuß "),
        # Scores and ratios; what can be a time is one.
        (r"(?:(?<=\d):(?=\d(?![\d:]))|(?<=[3-9]\d):(?=\d))(?<!:\d\d:)", lambda m: " zu "),
        (r"(?<=\d),[-–]+(?=\s?(?:€|EUR|Euro|CHF)|$)", lambda m: ""),
        (r"(?<![\w.])(?<!\d\s)[Mm]in\.(?!\w)", lambda m: "mindestens"),
        *DAYS,
        (r"(?<=\w)str\.(?!\w)", lambda m: "straße"),
        (r"(?<!\w)Str\.(?!\w)", lambda m: "Straße"),
        (r"(?<![\w.])[Nn]r\.?\s(?=\d)", lambda m: "Nummer "),
    ),
    ordinal=r"(?<![\w.,:/-])(?P<ordinal>\d{1,3})\.(?=\s(?P<noun>[^\W\d]+))",
    ordinal_form=_ordinal_form,
    date=_date,
    date_from="von",
    date_to="bis|und",
    date_cue="(?:am|vom|bis|bis zum|seit dem"
    "|(?:(?:mon|diens|donners|frei|sams|sonn)tag|mittwoch),?)",
    dates=(
        # "am 15.": the full stop ends the sentence too
        (
            r"(?:(?<=\bam )|(?<=\bzum )|(?<=\bvom )|(?<=\bden ))"
            r"(?P<said>(?P<day>0?[1-9]|[12]\d|3[01])\.)(?=$|[,;!?])",
            lambda m, n: n.ordinal(int(m["day"]), "n"),
        ),
        (
            r"(?<![\w.,:/-])(?P<said>(?P<day>0?[1-9]|[12]\d|3[01])\.\s?(?P<month>0?[1-9]|1[0-2])\.)"
            r"(?!\s?\d|\w)",
            lambda m, n: _date(int(m["day"]), int(m["month"]), None, n),
        ),
    ),
    roman=GERMAN,
    spelled=(
        *(
            "rufe?",
            "wähle?",
            "Notruf",
            "PIN(?:-Code)?",
            "Code",
            "Passwort",
            "Geheimzahl",
            "Postleitzahl",
            "PLZ",
        ),
        *("Kontonummer", "Kundennummer", "Bestellnummer"),
    ),
    flight=("Flug", "Zug", "Gate"),
    decades=r"(?<![\w.,:/-])(?P<tens>(?:1[1-9]|20)\d0|[2-9]0)er(?P<ending>n|s)?\b",
    decade=_decade,
)
