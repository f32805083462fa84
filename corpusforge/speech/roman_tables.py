"""Roman numerals by language: names of rulers, words before and after a numeral."""

from __future__ import annotations

import re

from corpusforge.speech.locale import Numeral, Roman
from corpusforge.speech.numbers import Numbers

__all__ = ["ENGLISH", "FRENCH", "GERMAN", "SPANISH"]

# Names that two or more rulers or popes had. Malcolm is left out for "Malcolm X".
_EN = frozenset(
    (
        *("Elizabeth", "Mary", "Anne", "Catherine", "Isabella", "Margaret", "Juliana", "Margrethe"),
        *("Henry", "Edward", "Richard", "William", "George", "Charles", "James", "Louis", "Philip"),
        *("Peter", "Paul", "Nicholas", "Alexander", "Ivan", "Frederick", "Wilhelm", "Friedrich"),
        *("Napoleon", "Francis", "Ferdinand", "Leopold", "Joseph", "Otto", "Constantine", "Karl"),
        *("Ramses", "Ramesses", "Ptolemy", "Thutmose", "Darius", "Xerxes", "Cyrus", "Alfonso"),
        *("Carlos", "Felipe", "Gustav", "Carl", "Christian", "Harald", "Haakon", "Olav", "Pedro"),
        *("Benedict", "Pius", "Leo", "Gregory", "Clement", "Innocent", "Urban", "Boniface"),
        *("Sixtus", "Julius", "Adrian", "Suleiman", "Mehmed", "Murad", "Selim", "Willem"),
        *("Ludwig", "Heinrich", "Rudolf", "Maximilian", "Theodosius", "Justinian", "Emmanuel"),
    )
)
_DE_FEMININE = frozenset(
    ("Elisabeth", "Katharina", "Maria", "Margarethe", "Isabella", "Beatrix", "Juliana")
)
_DE = _DE_FEMININE | frozenset(
    (
        *("Heinrich", "Ludwig", "Friedrich", "Wilhelm", "Karl", "Otto", "Franz", "Leopold"),
        *("Josef", "Joseph", "Maximilian", "Rudolf", "Ferdinand", "Philipp", "Georg", "Eduard"),
        *("Richard", "Jakob", "Peter", "Paul", "Alexander", "Nikolaus", "Napoleon", "Pius", "Leo"),
        *("Benedikt", "Gregor", "Innozenz", "Clemens", "Urban", "Ramses", "Gustav", "Christian"),
        *("August", "Albrecht", "Konrad", "Iwan", "Charles", "William", "Konstantin", "Harald"),
        *("Felipe", "Henri", "Johann", "Johannes", "Ernst", "Sigismund"),
    )
)
_FR = frozenset(
    (
        *("Louis", "Henri", "Charles", "François", "Philippe", "Napoléon", "Georges", "George"),
        *("Édouard", "Elizabeth", "Élisabeth", "Elisabeth", "Guillaume", "Frédéric", "Pierre"),
        *("Paul", "Nicolas", "Alexandre", "Catherine", "Jacques", "Léopold", "Albert", "Pie"),
        *("Léon", "Benoît", "Grégoire", "Clément", "Innocent", "Urbain", "Ramsès", "Philippe"),
        *("Jean", "Ferdinand", "Joseph", "Othon", "Richard", "Alphonse", "Felipe", "Baudouin"),
    )
)
_ES_FEMININE = frozenset(("Isabel", "Catalina", "María", "Margarita", "Beatriz", "Juana"))
_ES = _ES_FEMININE | frozenset(
    (
        *("Felipe", "Carlos", "Alfonso", "Fernando", "Luis", "Enrique", "Eduardo", "Jorge"),
        *("Guillermo", "Federico", "Pedro", "Pablo", "Juan", "Nicolás", "Alejandro", "Jaime"),
        *("Sancho", "Ramiro", "Ramsés", "Napoleón", "Pío", "León", "Benedicto", "Gregorio"),
        *("Clemente", "Inocencio", "Urbano", "Leopoldo", "José", "Ricardo", "Francisco", "Iván"),
    )
)


def _english_ruler(asked: Numeral, name: str, numbers: Numbers) -> str:
    return f"the {numbers.ordinal(asked.number)}"


def _century(asked: Numeral, numbers: Numbers) -> str:
    """XXI century -> "twenty-first century"."""
    found = asked.written != "I" and re.match(r"\s[cC]entur(?:y|ies)\b", asked.after)
    return numbers.ordinal(asked.number) if found else ""


ENGLISH = Roman(
    counted="chapters?|volumes?|vol|book|act|part|canto|psalm|article|title|episode|scene",
    counted_long="war|bowl|wrestlemania|section|appendix|phase|stage|level|tier|type|class|"
    "grade|season|figure|table|unit|lesson|module|round|symphony|sonata|mark|mk|category|"
    "page|division|generation|gen|schedule|step|edition|olympiad|group|factor|number",
    titles="king|queen|pope|emperor|empress|tsar|czar|prince|princess|sultan|pharaoh|kaiser|duke",
    is_ruler=lambda name: name in _EN,
    ruler=_english_ruler,
    marked=_century,
)

# What an ordinal with a numeral stands before: read as a number with a full stop is.
_DE_NOUNS = "Weltkriegs?|Weltkrieges|Reichs?|Reiches|Jahrhunderts?|Akt|Satz|Liga|Internationale"
_DE_DATIVE = frozenset(
    (
        *("von", "vom", "mit", "bei", "beim", "zu", "zum", "zur", "nach", "unter", "aus", "seit"),
        *("dem", "neben", "hinter", "außer"),
    )
)
_DE_ACCUSATIVE = frozenset(("für", "gegen", "über", "ohne", "durch", "den", "um"))


def _german_noun(asked: Numeral, numbers: Numbers) -> str:
    """II. Weltkrieg: in digits, which a later step reads in the right case."""
    found = asked.ending and re.match(rf"\s(?:{_DE_NOUNS})\b", asked.after)
    return f"{asked.number}." if found else ""


def _is_german_ruler(name: str) -> bool:
    return name in _DE or (name.endswith("s") and name[:-1] in _DE)


def _german_ruler(asked: Numeral, name: str, numbers: Numbers) -> str:
    """Ludwig XIV. -> "der Vierzehnte", in the case that the word before the name asks for.

    Without one it is the nominative, as in titles and answers.
    """
    genitive = name not in _DE and name[:-1] in _DE
    words = re.findall(r"\w+", asked.before)
    case = ""
    for word in reversed(words):
        case = word.casefold()
        if not word[0].isupper() or case in _DE_DATIVE | _DE_ACCUSATIVE | {"des", "der", "die"}:
            break
    feminine = (name.removesuffix("s") if genitive else name) in _DE_FEMININE
    feminine = feminine or bool(re.search(r"(?:Königin|Kaiserin|Zarin)\s\w+\s$", asked.before))
    dative, accusative = case in _DE_DATIVE, case in _DE_ACCUSATIVE
    if genitive or case == "des":
        article = "der" if feminine else "des"
    elif dative:
        article = "der" if feminine else "dem"
    elif feminine:
        article = "die"
    else:
        article = "den" if accusative else "der"
    nominative = article == "die" or (article == "der" and not feminine)
    return f"{article} {numbers.ordinal(asked.number, '' if nominative else 'n').capitalize()}"


GERMAN = Roman(
    counted="kapitel|band|buch|akt|teil|gesang|psalm|artikel|nummer",
    counted_long="szene|abschnitt|phase|stufe|klasse|typ|folge|staffel|episode|hartz|anhang|bowl|"
    "seite|lektion|runde|gruppe|kategorie|tafel|liga|abteilung|sinfonie|sonate",
    titles="könig(?:in|s)?|kaiser(?:in|s)?|papst(?:es)?|zar(?:in)?|sultan|pharao|fürst|herzog",
    is_ruler=_is_german_ruler,
    ruler=_german_ruler,
    endings=r"\.",
    marked=_german_noun,
)


def _french_ruler(asked: Numeral, name: str, numbers: Numbers) -> str:
    return numbers.cardinal(asked.number)


# Before these a numeral of one letter with its ending, or one without ending, is an ordinal.
_FR_NOUNS = r"siècles?|arrondissement|[Rr]épublique|[Rr]eich|[Ee]mpire|[Gg]uerre|dynastie"


def _french_ordinal(asked: Numeral, numbers: Numbers) -> str:
    """XIXe siècle -> "dix-neuvième", François Ier -> "premier"."""
    noun = re.match(rf"\s(?:{_FR_NOUNS})\b", asked.after)
    first = asked.ending in ("er", "ᵉʳ", "re", "ère")
    if asked.written == "I":
        if asked.ending in ("er", "ᵉʳ"):
            return "premier"
        return "première" if first and noun else ""
    if first or not (noun or (asked.ending and len(asked.written) > 1)):
        return ""
    return numbers.ordinal(asked.number, "masculine")


FRENCH = Roman(
    counted="chapitres?|tome|volume|vol|livre|acte|partie|chant|psaume|article|titre",
    counted_long="scène|section|annexe|phase|niveau|type|classe|épisode|saison|figure|tableau|bowl|"
    "page|leçon|module|symphonie|sonate|catégorie|division|groupe|mondiale",
    titles="roi|reine|pape|empereur|impératrice|tsar|prince|sultan|pharaon",
    is_ruler=lambda name: name in _FR,
    ruler=_french_ruler,
    endings="[eè]mes?|er|ère|re|e|ᵉʳ|ᵉ",
    marked=_french_ordinal,
)


def _spanish_ruler(asked: Numeral, name: str, numbers: Numbers) -> str:
    """An ordinal up to ten, a cardinal from there: "Felipe sexto", "Alfonso trece"."""
    if asked.number > 10:
        return numbers.cardinal(asked.number)
    queen = name in _ES_FEMININE or re.search(rf"(?i:reina|emperatriz)\s{name}\s$", asked.before)
    return numbers.ordinal(asked.number, "feminine" if queen else "masculine")


_ES_FEMININE_NOUNS = "Guerra|República|Edición|edición|Cumbre|Semana|Feria|Copa|Internacional"
_ES_MASCULINE_NOUNS = "Congreso|congreso|Aniversario|aniversario|Festival|Concilio|Reich|Premio"


def _spanish_noun(asked: Numeral, numbers: Numbers) -> str:
    """II Guerra Mundial -> "segunda Guerra Mundial"."""
    if asked.written == "I":
        return ""
    if re.match(rf"\s(?:{_ES_FEMININE_NOUNS})\b", asked.after):
        return numbers.ordinal(asked.number, "feminine")
    if re.match(rf"\s(?:{_ES_MASCULINE_NOUNS})\b", asked.after):
        return numbers.ordinal(asked.number, "masculine-adjective")
    return ""


SPANISH = Roman(
    counted="capítulos?|tomo|volumen|vol|libro|acto|parte|canto|salmo|artículo|título|siglos?",
    counted_long="escena|sección|anexo|fase|nivel|tipo|clase|episodio|temporada|figura|tabla|bowl|"
    "página|lección|módulo|sinfonía|sonata|categoría|división|grupo|mundial",
    titles="rey|reina|papa|emperador|emperatriz|zar|príncipe|sultán|faraón",
    is_ruler=lambda name: name in _ES,
    ruler=_spanish_ruler,
    marked=_spanish_noun,
)
