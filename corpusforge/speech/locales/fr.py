"""French: units with their gender, times like 7h30, ordinals, dates, fractions, abbreviations."""

from __future__ import annotations

import re

from corpusforge.speech.genders import french
from corpusforge.speech.locale import Counted, Fraction, Locale, Unit, same, unit
from corpusforge.speech.numbers import Numbers
from corpusforge.speech.reading.marks import date_dash, in_a_sum
from corpusforge.speech.roman_tables import FRENCH

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
    "″": unit("pouce"),
}
_MONEY = {
    **dict.fromkeys(("€", "EUR"), unit("euro")),
    **dict.fromkeys(("$", "$US", "US$", "USD"), unit("dollar")),
    **dict.fromkeys(("£", "GBP"), unit("livre", feminine=True)),
    "CHF": Unit("franc suisse", "francs suisses"),
    "¥": unit("yen"),
}

# After "un" without a noun: "chaîne 1 en direct".
_NO_NOUN = frozenset(
    (
        *("à", "au", "aux", "avec", "dans", "de", "des", "du", "en", "est", "et"),
        *("maintenant", "merci", "ou", "par", "pour", "puis", "s", "sur", "svp", "vers"),
        *("quand", "que", "qui", "si", "jusqu", "plus", "moins", "sans", "sous", "tout", "ce"),
        *("d", "l", "qu", "le", "la", "les", "me", "te", "se", "je", "elle", "toute", "encore"),
        *("ensuite", "vite", "comme", "entre", "contre", "même", "presque", "une", "quelque"),
        *("c", "j", "n", "t"),
    )
)
# Adjectives that do not show the gender: that of the noun after them is asked for.
_EITHER = ("autre", "demi", "double", "jeune", "simple", "triple", "énorme")


# Counted after any word: "minuteur 1 minute".
_MEASURES = ("minute", "seconde", "heure", "jour", "semaine", "mois", "an", "année", "fois")
# Before the number of one of several: "chaîne 1 musique".
_LABEL = re.compile(
    r"(?i)(?:cha[iî]ne|canal|chambre|zone|piste|niveau|volume|num[ée]ro|[ée]tage|salle|ligne|quai"
    r"|porte|titre|chapitre|saison|[ée]pisode|table|pi[èe]ce|sc[èe]ne|mode|formule|groupe|place"
    r"|page|radio|station|lampe|lumi[èe]re|minuteur|alarme|liste|la|bus|ligue)\s$"
)


def _gender(counted: Counted) -> bool | None:
    """Only numbers that end in one are inflected.

    Of 100 nouns `genders.french` has 88 right, "un" for all of them 55 (`eval.speech.genders`).
    """
    number, word = counted.number, counted.noun.casefold()
    if number % 10 != 1 or number % 100 == 11:
        return None
    if word in _NO_NOUN or (word not in _MEASURES and _LABEL.search(counted.before)):
        return None
    if word in _EITHER and (noun := re.match(r"[\s-]([^\W\d_]+)", counted.after)):
        word = noun[1].casefold()
    if number == 1:  # (a plural is not counted by one)
        return None if word.endswith("s") and not french(word) and word != "mois" else french(word)
    return french(word if word == "fois" else word.removesuffix("s"))


def _fraction(asked: Fraction, numbers: Numbers) -> tuple[str, str]:
    """1/2 tasse -> "une demi tasse", 2 1/2 heures -> "deux heures et demie"."""
    whole, part, of, noun = asked.whole, asked.part, asked.of, asked.noun
    first = noun.split(" ")[0]  # of "cuillère à soupe"
    feminine = french(first if first == "fois" else first.removesuffix("s"))
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


_QUESTION = "combien (?:font|fait)|[çc]a fait combien|calcule|multiplie|divise"
_times = in_a_sum(_QUESTION, "fois")


def _by_or_times(match: re.Match[str]) -> str:
    """Combien font 7 x 8 -> "sept fois huit", une table de 2 x 3 m -> "deux mètres sur trois"."""
    said = _times(match)
    return " sur " if said == match[0] else said


def _elided(match: re.Match[str]) -> str:
    """De 1 min -> "d'une minute"."""
    return f"{match[0][0]}'"


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
    units_after="en|de|combien de",
    unit_after="par|le|la|du",
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
        "±": "plus ou moins",
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
        **dict.fromkeys(("M", "million", "millions"), unit("million")),
        **dict.fromkeys(("Md", "Mds", "milliard", "milliards"), unit("milliard")),
        "k": same("mille"),
    },
    counted=frozenset(
        (
            *("habitants", "personnes", "citoyens", "utilisateurs", "vues", "voix", "fois"),
            *("ans", "années", "pas", "abonnés", "exemplaires", "foyers", "points", "emplois"),
            *("visiteurs", "clients", "tonnes", "barils", "hectares", "mots", "livres"),
        )
    ),
    of=_of,
    # (not in "2 h 30 min", which is no time of day)
    time_mark=r"(?:[:.]|\s?[hH]\s?(?!\d\d?\s?(?:min|mn)\b))",
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
        "16/9": "seize neuvièmes",
        "24h/24": "vingt-quatre heures sur vingt-quatre",
        "7j/7": "sept jours sur sept",
        "R&B": "R and B",
    },
    abbreviations=_SHORT,
    special=(
        date_dash("|".join(MONTH_NAMES), "au"),
        (r"(?<![\w.])(?<!\d\s)[Mm]in\.(?!\w)", lambda m: "minimum"),
        (r"(?<![\w.'’])M\.(?=\s[A-ZÉÈÀ])", lambda m: "monsieur"),
        # an amount with cents is said as one with a sign is
        (r"(?:(?<=\d,\d\d)|(?<=\s000))\seuros?(?!\w)", lambda m: " €"),
        (r"(?:(?<=\d,\d\d)|(?<=\s000))\sdollars?(?!\w)", lambda m: " $"),
        (r"(?<=\d)\s?x\s?(?=\d)", _by_or_times),
        (r"(?<=\d)['′]\s?(?=\d{1,2}\s?(?:[\"″]|''))", lambda m: " pieds "),
        (r"(?<=\d)\s?\*\s?(?=\d)", lambda m: " fois "),
        (r"(?<=\d)\^(?=\d)", lambda m: " puissance "),
        (r"(?<=\d)\s[:/]\s(?=\d)", in_a_sum(_QUESTION, "divisé par")),
        (r"(?<=\d)\s[-–−]\s(?=\d)", in_a_sum(_QUESTION, "moins")),
        (r"(?<![\w.])0\d(?:\.\d\d){4}(?![\w.]\d)", lambda m: m[0].replace(".", " ")),
        (r"(?<=\d)\s?x(?=\s(?:par|plus|moins)\b)", lambda m: " fois"),
        # Ratios; what can be a time is one.
        (r"(?:(?<=\d):(?=\d(?![\d:]))|(?<=[3-9]\d):(?=\d))(?<!:\d\d:)", lambda m: " à "),
        (r"(?:(?<=\d\sh)|(?<=\dh)|(?<=heure)|(?<=heures))\s1/2(?!\w)", lambda m: " et demie"),
        (r"(?<!\w)2n(?P<ending>de?s?)(?!\w)", lambda m: f"secon{m['ending']}"),
        (rf"(?<!\w)[dD]e\s(?=1\s?(?!(?:{'|'.join(_NO_NOUN)})\b)[a-zéèêœ])", _elided),
        (r"(?<!\w)[nN](?:°|º|o\.?)\s?(?=\d)", lambda m: "numéro "),
    ),
    ordinal=r"(?<![\w.,:/-])(?P<ordinal>\d{1,3})\s?(?P<ending>ers?|[eè]mes?|ères?|res?|ndes?|nds?|es?|ᵉʳ|ᵉ)\b",
    ordinal_form=_ordinal_form,
    date=_date,
    date_from="de|entre le",
    date_to="au|à|et le",
    date_cue="(?:le|du|au|jusqu['’]au)",
    dates=(
        (
            rf"(?<![\w.,:/-])(?P<said>(?P<day>0?1))(?=\s(?i:{'|'.join(MONTH_NAMES)})(?!\w))",
            lambda m, n: "premier",
        ),
    ),
    roman=FRENCH,
    spelled=(
        *("code(?: postal| secret| PIN)?", "PIN", "mot de passe"),
        *("numéro de (?:compte|client|commande)",),
    ),
    flight=("vol", "train", "TGV", "porte"),
)
