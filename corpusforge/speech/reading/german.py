"""German numbers before nouns: "eine Birne", "in einer Stunde", "um einen Grad"; short days."""

from __future__ import annotations

import re

from corpusforge.speech.genders import german
from corpusforge.speech.locale import Counted
from corpusforge.speech.reading.trace import Part, Replace

__all__ = ["DAYS", "FEMININE", "MONTHS", "case", "gender"]

MONTHS = (
    *("Januar", "Jänner", "Februar", "März", "April", "Mai", "Juni", "Juli", "August"),
    *("September", "Oktober", "November", "Dezember"),
)

FEMININE = {
    "Minute": "Minuten",
    "Sekunde": "Sekunden",
    "Stunde": "Stunden",
    "Woche": "Wochen",
    "Flasche": "Flaschen",
    "Packung": "Packungen",
    "Dose": "Dosen",
    "Tasse": "Tassen",
    "Stufe": "Stufen",
    "Scheibe": "Scheiben",
    "Person": "Personen",
    "Million": "Millionen",
    "Milliarde": "Milliarden",
    "Nacht": "Nächte",
}
"""Feminine nouns -> their plural, which follows numbers that end in one."""
_OTHERS = {
    *("Teelöffel", "Esslöffel", "Becher", "Timer", "Wecker", "Liter", "Meter", "Kilometer"),
    *("Euro", "Dollar", "Uhr", "Grad", "Prozent", "Kilo", "Kilogramm", "Gramm", "Franken"),
    *("Stück", "Glas", "Pfund", "Mal", "Paket", "Tag", "Tage", "Monat", "Monate"),
    *("Jahr", "Jahre", "Punkt", "Punkte", "Cent", "Zoll", "mal"),
}
# Before the number of one of several: "Kanal 1 Nachrichten". Within a sentence any noun is one.
_LABEL = re.compile(
    r"(?:^|[.!?]\s)\W*\w*(?i:Kanal|Zimmer|Raum|Formel|Gleis|Tor|Linie|Bus|Platz|Stufe|Etage|Spur|Titel"
    r"|Lied|Kapitel|Seite|Band|Teil|Folge|Staffel|Nummer|Gruppe|Zone|Lampe|Licht|Timer|Wecker"
    r"|Sender|Programm|Szene|Modus|Level|Halle|Terminal|Gate|Haus|Tag|Woche|Phase|Schritt|Klasse"
    r"|Position|Option|Artikel|Punkt)\s$|[^.!?\s]\s[A-ZÄÖÜ]\w*\s$|\b(?:um|ab|gegen)\s$"
)
_NO_ADJECTIVES = {
    *("bitte", "heute", "gerne", "ohne", "alle", "eine", "keine", "meine", "deine", "seine"),
    *("unsere", "beide", "aber", "oder", "unter", "über", "hinter", "immer", "wieder", "weiter"),
    *("einer", "dieser", "diese", "dieses", "eines", "jede", "jeder", "jedes", "danke", "viele"),
}
_DATIVE = re.compile(r"\b(?i:vor|seit|nach|mit|von|bei|aus|ab|zu|innerhalb von)\s$")
_IN = re.compile(r"\b(?i:in)\s$")
_TIMES = ("Minute", "Stunde", "Sekunde", "Tag", "Woche", "Monat", "Jahr", "Viertelstunde")
_ACCUSATIVE = re.compile(r"\b(?i:für|um|gegen|ohne|durch|pro)\s$")
_MASCULINE = {
    *("Grad", "Grad Celsius", "Grad Fahrenheit", "Tag", "Monat", "Liter", "Meter", "Kilometer"),
    *("Zentimeter", "Millimeter", "Milliliter", "Punkt", "Euro", "Dollar", "Cent", "Franken"),
    *("Teelöffel", "Esslöffel", "Becher", "Timer", "Wecker", "Quadratmeter", "Zoll"),
}


def gender(counted: Counted) -> bool | None:
    """Only numbers that end in one are inflected: "eine Minute", "einhunderteine Minuten".

    The nominative, as in a list, for a digit does not show the case; see `case`. Of
    100 nouns `genders.german` has 93 right, "ein" for all of them 57 (`eval.speech.genders`).
    """
    number, noun = counted.number, counted.noun
    if number % 100 != 1:
        return None
    if number > 1:
        return True if noun in FEMININE.values() else (False if noun in _OTHERS else None)
    if noun in FEMININE and not counted.hyphen:
        return True
    if noun in _OTHERS or counted.hyphen:
        return False  # "ein-Zimmer-Wohnung"
    if _LABEL.search(counted.before) or noun.lower() in _NO_ADJECTIVES:
        return None
    if noun.islower():  # "1 neue Nachricht": the adjective shows the gender
        shown = re.fullmatch(r"[^\W\d_]{2,}(e|er|es)", noun)
        named = re.match(r"\s[A-ZÄÖÜ][a-zäöüß]", counted.after)
        if shown is None or named is None:
            return None
        return shown[1] == "e"
    if not re.fullmatch(r"[A-ZÄÖÜ][a-zäöüß]+", noun):
        joined = re.match(r"(?:-\w+)+", counted.after)
        return german(joined[0].rpartition("-")[2]) if joined else None
    rest = re.match(r"(?:-\w+)*", counted.after)
    return german((rest[0] if rest else "").rpartition("-")[2] or noun)


def case(before: str, feminine: bool, noun: str) -> str:
    """The form of "ein" that a preposition asks for, "" for the nominative.

    Args:
        before: All that is written before the number.
        feminine: The noun is feminine.
        noun: In words. Of masculine nouns only those of a short list are known.

    Returns:
        The ending of the rule set of CLDR: "m" (einem), "n" (einen), "r" (einer).
    """
    if _DATIVE.search(before) or (noun in _TIMES and _IN.search(before)):
        return "r" if feminine else "m"
    return "n" if noun in _MASCULINE and _ACCUSATIVE.search(before) else ""


_DAY_NAMES = {
    "Mo": "Montag",
    "Di": "Dienstag",
    "Mi": "Mittwoch",
    "Do": "Donnerstag",
    "Fr": "Freitag",
    "Sa": "Samstag",
    "So": "Sonntag",
}
_SHORT = "|".join(_DAY_NAMES)
_DATE = (
    r"(?:(?:den|der)\s)?(?:0?[1-9]|[12]\d|3[01])\."
    rf"(?:\s?(?:{'|'.join(MONTHS)})\b|\s?(?:0?[1-9]|1[0-2])\.)"
)
_TIME = (
    r"(?:(?:um|ab|bis|gegen|von)\s\d{1,2}(?![\d.,]*\s?(?:[%°€$]|Grad|Prozent|Euro|Leute|Personen))"
    r"|\d{1,2}:[0-5]\d(?![\d:])"
    r"|\d{1,2}(?:[.:][0-5]\d)?(?:\s?[-–]\s?\d{1,2}(?:[.:][0-5]\d)?)?\s?Uhr\b)"
)


def _day(match: re.Match[str]) -> list[Part]:
    """Mo. -> "Montag", without the full stop."""
    return [Part(_DAY_NAMES[match["day"]], *match.span("day"))]


# The full stop of an abbreviation, but not that of a sentence; "Fr. Müller" is no day.
_STOP = r"(?:\.(?=,|\s[^A-ZÄÖÜ]|(?<!Fr\.)\s)|(?=\.$)|(?![\w.-]))"
_JOINTS = (", ", "/", " und ", " oder ", " bis ")
_LISTED = "|".join(f"(?<={end}{joint})" for end in ("tag", "woch") for joint in _JOINTS)

DAYS: tuple[tuple[str, Replace], ...] = (
    (
        rf"(?<!\w)(?P<from>{_SHORT})\.?\s?[-–]\s?(?P<to>{_SHORT})(?!\w)\.?",
        lambda m: f"{_DAY_NAMES[m['from']]} bis {_DAY_NAMES[m['to']]}",
    ),
    # "Mo, Mi und Fr"
    (
        r"(?<![\w.-])(?P<day>Mo|Di|Mi|Do|Fr|Sa|So(?=\.))\.?"
        rf"(?=(?:{'|'.join(_JOINTS)})(?:{_SHORT})(?![\w-]))",
        _day,
    ),
    (rf"(?:{_LISTED})(?P<day>{_SHORT}){_STOP}", _day),
    (rf"(?<![\w.-])(?P<day>{_SHORT})\.?(?=,?\s{_DATE})", _day),
    # "so 9 Uhr" is about nine: only with its full stop
    (rf"(?<![\w.-])(?P<day>Mo|Di|Mi|Do|Fr|Sa|So(?=\.)|(?<=\bam )So)\.?(?=,?\s{_TIME})", _day),
    # "am Di.", "jeden Mo. und Mi."; a full stop at the end of the sentence stays
    (
        r"(?:(?<=\bam )|(?<=\bjeden )|(?<=\bbis )|(?<=\bab )|(?<=\bnächsten )|(?<=\bdiesen )"
        rf"|(?<=\bkommenden )|(?<=\bletzten ))(?P<day>{_SHORT}){_STOP}",
        _day,
    ),
)
