"""French: units with their gender, times like 7h30, ordinals, dates, fractions, abbreviations."""

from __future__ import annotations

import re

from corpusforge.speech.locale import Fraction, Locale, Unit, same, unit
from corpusforge.speech.numbers import Numbers

MONTH_NAMES = (
    *("janvier", "février", "mars", "avril", "mai", "juin", "juillet", "août"),
    *("septembre", "octobre", "novembre", "décembre"),
)
_SECOND = unit("seconde", feminine=True)
_MINUTE = unit("minute", feminine=True)
_HOUR = unit("heure", feminine=True)

_UNITS = {
    "%": same("pour cent"),
    "°": unit("degré"),
    "°C": Unit("degré Celsius", "degrés Celsius"),
    "ºC": Unit("degré Celsius", "degrés Celsius"),
    "°F": Unit("degré Fahrenheit", "degrés Fahrenheit"),
    "ms": unit("milliseconde", feminine=True),
    "s": _SECOND,
    "sec": _SECOND,
    "min": _MINUTE,
    "mn": _MINUTE,
    "h": _HOUR,
    "j": unit("jour"),
    "mg": unit("milligramme"),
    "g": unit("gramme"),
    "kg": unit("kilogramme"),
    "ml": unit("millilitre"),
    "cl": unit("centilitre"),
    "dl": unit("décilitre"),
    "l": unit("litre"),
    "L": unit("litre"),
    "mm": unit("millimètre"),
    "cm": unit("centimètre"),
    "m": unit("mètre"),
    "km": unit("kilomètre"),
    "m²": Unit("mètre carré", "mètres carrés"),
    "km²": Unit("kilomètre carré", "kilomètres carrés"),
    "m³": Unit("mètre cube", "mètres cubes"),
    "km/h": Unit("kilomètre heure", "kilomètres heure"),
    "m/s": Unit("mètre par seconde", "mètres par seconde"),
    "c. à s.": Unit("cuillère à soupe", "cuillères à soupe", feminine=True),
    "c. à c.": Unit("cuillère à café", "cuillères à café", feminine=True),
    "W": unit("watt"),
    "kW": unit("kilowatt"),
    "Wh": unit("wattheure"),
    "kWh": unit("kilowattheure"),
    "V": unit("volt"),
    "Hz": same("hertz"),
    "kHz": same("kilohertz"),
    "MHz": same("mégahertz"),
    "GHz": same("gigahertz"),
    "dB": unit("décibel"),
    "hPa": unit("hectopascal"),
    "ko": unit("kilooctet"),
    "Mo": unit("mégaoctet"),
    "Go": unit("gigaoctet"),
    "To": unit("téraoctet"),
    "kcal": unit("kilocalorie", feminine=True),
}
_MONEY = {
    **dict.fromkeys(("€", "EUR"), unit("euro")),
    **dict.fromkeys(("$", "$US", "US$", "USD"), unit("dollar")),
    **dict.fromkeys(("£", "GBP"), unit("livre", feminine=True)),
    "CHF": Unit("franc suisse", "francs suisses"),
    "¥": unit("yen"),
}

# Nouns that are counted in requests and are feminine; others take the masculine form.
_FEMININE = frozenset(
    (
        *("minute", "seconde", "heure", "semaine", "année", "fois", "journée", "soirée", "nuit"),
        *("chanson", "chaîne", "piste", "page", "ligne", "station", "liste", "tâche", "note"),
        *("alarme", "lampe", "lumière", "prise", "pièce", "chambre", "porte", "fenêtre"),
        *("tasse", "cuillère", "cuillerée", "bouteille", "boîte", "tranche", "pincée", "pizza"),
        *("bière", "livre sterling", "livre", "pomme", "banane", "orange", "tomate", "carotte"),
        *("personne", "place", "table", "étoile", "saison", "question", "étape", "couronne"),
        *("demi", "baguette", "brique", "portion", "gousse", "botte", "tablette"),
    )
)
# After "un" without a noun: "chaîne 1 en direct".
_NO_NOUN = frozenset(
    (
        *("à", "au", "aux", "avec", "dans", "de", "des", "du", "en", "est", "et", "fois"),
        *("maintenant", "merci", "ou", "par", "pour", "puis", "s", "sur", "svp", "vers"),
        *("quand", "que", "qui", "si", "jusqu", "plus", "moins", "sans", "sous", "tout", "ce"),
    )
) - {"fois"}


def _gender(noun: str, number: int) -> bool | None:
    """Only numbers that end in one are inflected."""
    if number % 10 != 1 or number % 100 == 11:
        return None
    word = noun.casefold()
    if word in _NO_NOUN:
        return None
    singular = word if word in _FEMININE else word.removesuffix("s")
    if number == 1 and word.endswith("s") and word not in ("fois", "mois"):
        return None  # a plural is not counted by one
    return singular in _FEMININE


def _fraction(asked: Fraction, numbers: Numbers) -> tuple[str, str]:
    """1/2 tasse -> "une demi tasse", 2 1/2 heures -> "deux heures et demie"."""
    whole, part, of, noun = asked.whole, asked.part, asked.of, asked.noun
    feminine = noun.removesuffix("s") in _FEMININE or noun in ("heure", "minute", "seconde")
    free = noun.casefold() in _NO_NOUN or not noun
    name = {2: "demi", 3: "tiers", 4: "quart"}.get(of) or numbers.ordinal(of, "masculine")
    if part > 1 and name[-1] != "s":
        name += "s"
    said = f"{numbers.before(part, feminine=False)} {name}"
    if whole:
        number = numbers.before(whole, feminine=feminine and not free)
        if of == 2 and not free:
            return number, "et demie" if feminine else "et demi"
        return f"{number} et {name if of == 2 else said}", ""
    if of == 2:
        return ("une demi" if feminine and not free else "un demi"), ""
    if free:
        return said, ""
    return f"{said} {_of(noun)}", ""


def _of(noun: str) -> str:
    return "d’" if noun[0].casefold() in "aeéèêiouyhœ" else "de"


def _date(day: int, month: int, year: int | None, numbers: Numbers) -> str:
    said = f"{_first(day, numbers)} {MONTH_NAMES[month - 1]}"
    return said if year is None else f"{said} {numbers.year(year)}"


def _first(day: int, numbers: Numbers) -> str:
    return "premier" if day == 1 else numbers.before(day, feminine=False)


def _ordinal_form(match: re.Match[str]) -> str:
    ending = match["ending"].casefold()
    if ending.startswith(("re", "ère", "nde", "de")):
        return "spellout-ordinal-feminine"
    if match["ordinal"] == "1" and ending not in ("er", "ers", "ᵉʳ"):
        return ""
    return "spellout-ordinal-masculine"


_SHORT = {
    "Mme": "madame",
    "Mmes": "mesdames",
    "Mlle": "mademoiselle",
    "MM.": "messieurs",
    "Dr": "docteur",
    "Dr.": "docteur",
    "Pr": "professeur",
    "St": "Saint",
    "St.": "Saint",
    "Ste": "Sainte",
    "Ste.": "Sainte",
    "av.": "avenue",
    "bd": "boulevard",
    "bd.": "boulevard",
    "boul.": "boulevard",
    "pl.": "place",
    "etc.": "et cetera",
    "p. ex.": "par exemple",
    "p.ex.": "par exemple",
    "c.-à-d.": "c'est-à-dire",
    "càd": "c'est-à-dire",
    "env.": "environ",
    "max.": "maximum",
    "min.": "minimum",
    "tél.": "téléphone",
    "apt.": "appartement",
    "appt": "appartement",
    "svp": "s'il vous plaît",
    "s.v.p.": "s'il vous plaît",
    "stp": "s'il te plaît",
    "RDV": "rendez-vous",
    "qté": "quantité",
}

LOCALE = Locale(
    decimal=",",
    group=" \u00a0\u202f",
    point="virgule",
    whole_decimals=True,
    to="à",
    minus="moins",
    one_below_two=True,
    gender=_gender,
    units={**_UNITS, **_MONEY},
    symbols={
        "&": "et",
        "+": "plus",
        "@": "arobase",
        "#": "hashtag",
        "=": "égale",
        "%": "pour cent",
        "×": "fois",
        "÷": "divisé par",
        "~": "environ",
        "°": "degrés",
        "€": "euros",
        "$": "dollars",
        "£": "livres",
    },
    number_sign="numéro",
    currencies=_MONEY,
    cents={
        **dict.fromkeys(("€", "EUR", "CHF"), unit("centime")),
        **dict.fromkeys(("$", "$US", "US$", "USD"), unit("cent")),
        **dict.fromkeys(("£", "GBP"), Unit("penny", "pence")),
    },
    large={
        **dict.fromkeys(("M", "millions"), "millions"),
        "million": "million",
        **dict.fromkeys(("Md", "Mds", "milliards"), "milliards"),
        "milliard": "milliard",
        "k": "mille",
    },
    of=_of,
    time_mark=r"(?:[:.]|\s?[hH]\s?)",
    time_suffix=r"[ap]\.?\s?m\b\.?|h\b",
    time_words=("heures", "heure"),
    time_cue="à",
    conjunction="et",
    second=_SECOND,
    fraction=_fraction,
    dot="point",
    version="version",
    web_dot="point",
    slash="barre oblique",
    dash="tiret",
    underscore="tiret bas",
    names={
        "C#": "C sharp",
        "C++": "C plus plus",
        "24/7": "vingt-quatre heures sur vingt-quatre",
        "24h/24": "vingt-quatre heures sur vingt-quatre",
        "7j/7": "sept jours sur sept",
        "R&B": "R and B",
    },
    abbreviations=_SHORT,
    special=(
        (r"(?<![\w.'’])M\.(?=\s[A-ZÉÈÀ])", lambda m: "monsieur"),
        (r"(?<=\d)\s?x\s?(?=\d)", lambda m: " sur "),
        (r"(?<!\w)[nN](?:°|º|o\.?)\s?(?=\d)", lambda m: "numéro "),
    ),
    ordinal=r"(?<![\w.,:/-])(?P<ordinal>\d{1,3})\s?(?P<ending>ers?|[eè]mes?|ères?|res?|ndes?|nds?|es?|ᵉʳ|ᵉ)\b",
    ordinal_form=_ordinal_form,
    date=_date,
    date_cue="(?:le|du|au|jusqu['’]au)",
    dates=(
        (
            rf"(?<![\w.,:/-])(?P<said>(?P<day>0?1))(?=\s(?i:{'|'.join(MONTH_NAMES)})(?!\w))",
            lambda m, n: "premier",
        ),
    ),
    spelled=(
        *("code(?: postal| secret| PIN)?", "PIN", "mot de passe"),
        *("numéro de (?:compte|client|commande)",),
    ),
    flight=("vol", "train", "TGV", "porte"),
)
