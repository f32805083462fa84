"""Spanish as in Spain: units with their gender, ordinals, dates, fractions, abbreviations."""

from __future__ import annotations

import re

from corpusforge.speech.genders import spanish
from corpusforge.speech.locale import Counted, Fraction, Locale, Unit, same, unit
from corpusforge.speech.numbers import Numbers
from corpusforge.speech.reading.marks import date_dash, in_a_sum
from corpusforge.speech.roman_tables import SPANISH

MONTH_NAMES = (
    *("enero", "febrero", "marzo", "abril", "mayo", "junio", "julio", "agosto"),
    *("septiembre", "octubre", "noviembre", "diciembre"),
)
_SECOND = unit("segundo")
_MINUTE = unit("minuto")
_HOUR = unit("hora", feminine=True)

_UNITS = {
    "%": same("por ciento"),
    "°": unit("grado"),
    "°C": Unit("grado Celsius", "grados Celsius"),
    "ºC": Unit("grado Celsius", "grados Celsius"),
    "º": unit("grado"),
    "°F": Unit("grado Fahrenheit", "grados Fahrenheit"),
    "ms": unit("milisegundo"),
    "s": _SECOND,
    "seg": _SECOND,
    "min": _MINUTE,
    "h": _HOUR,
    "mg": unit("miligramo"),
    "g": unit("gramo"),
    "gr": unit("gramo"),
    "kg": unit("kilogramo"),
    "ml": unit("mililitro"),
    "cl": unit("centilitro"),
    "dl": unit("decilitro"),
    "l": unit("litro"),
    "L": unit("litro"),
    "mm": unit("milímetro"),
    "cm": unit("centímetro"),
    "m": unit("metro"),
    "km": unit("kilómetro"),
    "m²": Unit("metro cuadrado", "metros cuadrados"),
    "km²": Unit("kilómetro cuadrado", "kilómetros cuadrados"),
    "m³": Unit("metro cúbico", "metros cúbicos"),
    "km/h": Unit("kilómetro por hora", "kilómetros por hora"),
    "m/s": Unit("metro por segundo", "metros por segundo"),
    "W": unit("vatio"),
    "kW": unit("kilovatio"),
    "Wh": Unit("vatio hora", "vatios hora"),
    "kWh": Unit("kilovatio hora", "kilovatios hora"),
    "V": unit("voltio"),
    "Hz": unit("hercio"),
    "kHz": unit("kilohercio"),
    "MHz": unit("megahercio"),
    "GHz": unit("gigahercio"),
    "dB": Unit("decibelio", "decibelios"),
    "hPa": Unit("hectopascal", "hectopascales"),
    "kB": Unit("kilobyte", "kilobytes"),
    "MB": Unit("megabyte", "megabytes"),
    "GB": Unit("gigabyte", "gigabytes"),
    "TB": Unit("terabyte", "terabytes"),
    "kcal": unit("kilocaloría", feminine=True),
    "″": unit("pulgada", feminine=True),
}
_DOLLAR = Unit("dólar", "dólares")
_MONEY = {
    **dict.fromkeys(("€", "EUR"), unit("euro")),
    **dict.fromkeys(("$", "US$", "USD"), _DOLLAR),
    **dict.fromkeys(("£", "GBP"), unit("libra", feminine=True)),
    "CHF": Unit("franco suizo", "francos suizos"),
    "MXN": Unit("peso mexicano", "pesos mexicanos"),
    "¥": Unit("yen", "yenes"),
}

# Counted after any word: "temporizador 1 hora".
_MEASURES = ("minuto", "segundo", "hora", "día", "semana", "mes", "año", "vez", "grado")
# Before the number of one of several: "canal 1 noticias".
_LABEL = re.compile(
    r"(?i)(?:canal|habitaci[óo]n|n[úu]mero|zona|nivel|volumen|planta|puerta|l[íi]nea|p[áa]gina"
    r"|pista|emisora|cadena|escena|modo|grupo|fila|piso|sala|temporada|episodio|cap[íi]tulo|parte"
    r"|la|el|f[óo]rmula|d[íi]a|luz|l[áa]mpara|temporizador|alarma|lista|paso|versi[óo]n|opci[óo]n"
    r"|posici[óo]n|and[ée]n|v[íi]a|terminal|liga|estaci[óo]n|radio|autob[úu]s|mesa|escenario)\s$"
)


def _gender(counted: Counted) -> bool | None:
    """One and hundreds are inflected: "veintiuna horas", "doscientas libras"."""
    number, word = counted.number, counted.noun.casefold()
    if number == 1:
        labelled = word not in _MEASURES and _LABEL.search(counted.before)
        if word in _NO_NOUN or len(word) < 3 or labelled or word.endswith(("ando", "iendo")):
            return None
        great = word == "gran" and re.match(r"\s(\w+)", counted.after)
        return spanish(great[1] if great else word)
    ends_in_one = number % 10 == 1 and number % 100 != 11
    if not ends_in_one and number < 200:
        return None
    if not word.endswith("s") or len(word) < 4:
        return None  # what is counted stands in the plural
    return word.endswith(("iones", "dades", "tudes")) or spanish(_singular(word))


def _singular(word: str) -> str:
    """Of a plural: "voces" -> "voz"."""
    if word in ("veces", "luces", "voces", "cruces", "nueces", "redes", "flores", "imágenes"):
        return {"imágenes": "imagen"}.get(word, re.sub("c$", "z", word.removesuffix("es")))
    return word.removesuffix("s")


_NO_NOUN = frozenset(
    (
        *("a", "al", "con", "de", "del", "el", "en", "la", "los", "las", "para", "por", "y", "o"),
        *("que", "si", "sobre", "hasta", "desde", "ahora", "gracias", "más", "menos"),
        *("hoy", "mañana", "luego", "antes", "después", "cada", "cuando", "como", "donde", "aún"),
        *("entonces", "mientras", "sin", "está", "son", "favor", "durante", "entre", "cual"),
        *("pero", "también", "solo", "sólo", "aquí", "siempre", "nunca", "otra", "otro", "vale"),
    )
)


def _fraction(asked: Fraction, numbers: Numbers) -> tuple[str, str]:
    """1/2 taza -> "media taza", 2 1/2 horas -> "dos horas y media"."""
    whole, part, of = asked.whole, asked.part, asked.of
    noun = asked.noun.casefold()
    free = noun in _NO_NOUN or not noun
    feminine = not free and spanish(noun.split(" ")[0].removesuffix("s"))
    half = "media" if feminine else "medio"
    name = {2: "medio", 3: "tercio", 4: "cuarto", 10: "décimo"}.get(of) or numbers.ordinal(
        of, "masculine"
    )
    said = f"{numbers.before(part, feminine=False)} {name}{'s' * (part > 1)}"
    if whole:
        number = numbers.before(whole, feminine=feminine) if not free else numbers.cardinal(whole)
        after = f"y {half}" if of == 2 else f"y {said}"
        return (f"{number} {after}", "") if free else (number, after)
    if of == 2:
        return half, ""
    return (said if free else f"{said} de"), ""


def _date(day: int, month: int, year: int | None, numbers: Numbers) -> str:
    said = f"{numbers.alone(day)} de {MONTH_NAMES[month - 1]}"
    return said if year is None else f"{said} de {numbers.year(year)}"


def _ordinal_form(match: re.Match[str]) -> str:
    ending = match["ending"].casefold()
    if ending in ("er", "ᵉʳ"):
        return "spellout-ordinal-masculine-adjective"
    return f"spellout-ordinal-{'feminine' if ending in ('ª', 'a') else 'masculine'}"


_QUESTION = "cu[áa]nto (?:es|son|da)|calcula|multiplica|divide"

_SHORT = {
    "Sr.": "señor",
    "Sra.": "señora",
    "Srta.": "señorita",
    "Sres.": "señores",
    "Dr.": "doctor",
    "Dra.": "doctora",
    "Prof.": "profesor",
    "Ud.": "usted",
    "Uds.": "ustedes",
    "Vd.": "usted",
    "Sta.": "Santa",
    "Sto.": "Santo",
    "Avda.": "avenida",
    "Av.": "avenida",
    "Pza.": "plaza",
    "etc.": "etcétera",
    "p. ej.": "por ejemplo",
    "p.ej.": "por ejemplo",
    "aprox.": "aproximadamente",
    "pág.": "página",
    "págs.": "páginas",
    "tel.": "teléfono",
    "tfno.": "teléfono",
    "máx.": "máximo",
    "mín.": "mínimo",
    "EE. UU.": "Estados Unidos",
    "EE.UU.": "Estados Unidos",
    "dpto.": "departamento",
    "izq.": "izquierda",
    "dcha.": "derecha",
    "cda.": "cucharada",
    "cdta.": "cucharadita",
}

LOCALE = Locale(
    decimal=",",
    group=".\u00a0\u202f",
    point="coma",
    whole_decimals=True,
    to="a",
    minus="menos",
    gender=_gender,
    units={**_UNITS, **_MONEY},
    units_after="en|a|cuántos",
    unit_after="por|el|al|la",
    symbols={
        "&": "y",
        "+": "más",
        "@": "arroba",
        "#": "almohadilla",
        "=": "igual a",
        "%": "por ciento",
        "×": "por",
        "÷": "entre",
        "~": "unos",
        "°": "grados",
        "±": "más menos",
        "€": "euros",
        "$": "dólares",
        "£": "libras",
    },
    number_sign="número",
    currencies=_MONEY,
    cents={
        **dict.fromkeys(("€", "EUR", "CHF"), unit("céntimo")),
        **dict.fromkeys(("$", "US$", "USD", "MXN"), unit("centavo")),
        **dict.fromkeys(("£", "GBP"), unit("penique")),
    },
    large={
        **dict.fromkeys(("M", "mill.", "millón", "millones"), Unit("millón", "millones")),
        "mil": same("mil"),
    },
    counted=frozenset(
        (
            *("habitantes", "personas", "ciudadanos", "usuarios", "visitas", "votos", "veces"),
            *("años", "pasos", "seguidores", "ejemplares", "hogares", "puntos", "empleos"),
            *("visitantes", "clientes", "toneladas", "barriles", "hectáreas", "palabras"),
        )
    ),
    of=lambda noun: "de",
    time_suffix=r"[ap]\.?\s?m\b\.?|(?:(?<=[:.]\d\d)|(?<=[:.]\d\d\s))(?:h|hrs|horas)\b",
    time_cue="las",
    conjunction="y",
    second=_SECOND,
    fraction=_fraction,
    dot="punto",
    version="versión",
    web_dot="punto",
    slash="barra",
    dash="guion",
    underscore="guion bajo",
    names={
        "C#": "C sharp",
        "C++": "C plus plus",
        "24/7": "veinticuatro siete",
        "R&B": "R and B",
        "C/": "calle",
        "c/": "calle",
    },
    abbreviations=_SHORT,
    special=(
        date_dash("|".join(MONTH_NAMES), "al"),
        (r"(?<![\w.])D\.(?=\s[A-ZÁÉÍÓÚÑ][a-zñáéíóú])", lambda m: "don"),
        (r"(?<![\w.])D(?:ña|\.ª)\.?(?=\s[A-ZÁÉÍÓÚÑ])", lambda m: "doña"),
        # an amount with cents is said as one with a sign is
        (r"(?:(?<=\d[.,]\d\d)|(?<=[.,]000))\seuros?(?!\w)", lambda m: " €"),
        (r"(?:(?<=\d[.,]\d\d)|(?<=[.,]000))\sdólares(?!\w)", lambda m: " US$"),
        (r"(?<=\d)\s?[x*]\s?(?=\d)", lambda m: " por "),
        (r"(?<=\d)\^(?=\d)", lambda m: " elevado a "),
        (r"(?<=\d)\s[:/]\s(?=\d)", in_a_sum(_QUESTION, "entre")),
        (r"(?<=\d)\s[-–−]\s(?=\d)", in_a_sum(_QUESTION, "menos")),
        (
            r"(?<=\b[lL]as )21(?!\s?(?:h|hrs|horas|[ap]\.?\s?m)\b|\w|[.,:/-]\d|\s?[ºª°%€])",
            lambda m: "veintiuna",
        ),
        (r"(?<=\d)['′]\s?(?=\d{1,2}\s?(?:[\"″]|''))", lambda m: " pies "),
        (r"(?<![\d.,])1\s?x(?=\s(?:al?|por|cada)\b)", lambda m: "una vez"),
        (r"(?<=\d)\s?x(?=\s(?:al?|por|cada|más)\b)", lambda m: " veces"),
        # Ratios; what can be a time is one.
        (r"(?:(?<=\d):(?=\d(?![\d:]))|(?<=[3-9]\d):(?=\d))(?<!:\d\d:)", lambda m: " a "),
        (r"(?:(?<=hora y )|(?<=horas y ))1/2(?!\w)", lambda m: "media"),
        (
            r"(?i)(?:(?<=\ba la )|(?<=\bes la )|(?<=sobre la )|(?<=hasta la )|(?<=hacia la ))"
            r"1(?!\w|[.,:/ºª-]\d|\s?[ºª°%])",
            lambda m: "una",
        ),
        (r"(?<!\w)[nN](?:\.?\s?[º°]|úm\.|ro\.)\s?(?=\d)", lambda m: "número "),
    ),
    ordinal=r"(?<![\w.,:/-])(?P<ordinal>\d{1,2})(?:\.\s?)?(?P<ending>[ºª]|er|ᵉʳ)(?![\wCF])",
    ordinal_form=_ordinal_form,
    date=_date,
    date_from="de|entre el",
    date_to="al?|y el",
    date_cue="(?:el|del|al|día)",
    roman=SPANISH,
    spelled=(
        *("PIN", "código(?: postal)?", "contraseña", "clave"),
        *("número de (?:cuenta|cliente|pedido)",),
    ),
    flight=("vuelo", "tren", "puerta"),
)
