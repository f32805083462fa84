"""Readings that hang on the words around a number, each with what must not be read so."""

import re

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from corpusforge.core.text import nfc
from corpusforge.speech.genders import french, german, spanish
from corpusforge.speech.numbers import Numbers
from corpusforge.speech.reading.trace import follow
from corpusforge.speech.verbalise import trace, verbalise
from tests.speech.reading_tables import cases, check_read
from tests.speech.test_spoken_spans import marked, row

READ = {
    "en": {
        # Roman numerals
        "who was Elizabeth II": "who was Elizabeth the second",
        "Henry VIII's wives": "Henry the eighth's wives",
        "Pope John Paul II, please": "Pope John Paul the second, please",
        "King Tupou VI": "King Tupou the sixth",
        "World War II": "World War two",
        "read Chapter V": "read Chapter five",
        "Super Bowl XLIX": "Super Bowl forty-nine",
        "type II diabetes": "type two diabetes",
        "the XXI century": "the twenty-first century",
        "Rocky II": "Rocky two",
        "play Rocky IV": "play Rocky four",
        # lengths
        "5'10\" tall": "five foot ten tall",
        "5' 10\"": "five foot ten",
        "6 ft 2 in": "six feet two inches",
        "12 in wide": "twelve inches wide",
        '1" thick': "one inch thick",
        'a 27" monitor': "a twenty-seven inch monitor",
        "27″-32″": "twenty-seven to thirty-two inches",
        "a 6' x 4' board": "a six feet by four foot board",
        "5 ft. tall": "five feet tall",
        "in 5 ft.": "in five feet.",
        "Ft. Worth": "Fort Worth",
        "Umbrella ft. Jay-Z": "Umbrella featuring Jay-Z",
        # spans and dates
        "from the 3rd-5th": "from the third to fifth",
        "1st – 3rd": "first to third",
        "May 3-5th": "May third to fifth",
        "on may 5": "on May fifth",
        "june 12 at noon": "June twelfth at noon",
        "may 5, 2026": "May fifth, twenty twenty-six",
        "dec 25": "December twenty-fifth",
        "from may 5 to may 10": "from May fifth to May tenth",
        "from march 2 to march 4": "from March second to March fourth",
        "off march 4 to march 6": "off March fourth to March sixth",
        "from 3/15 to 3/18": "from March fifteenth to March eighteenth",
        "for 3/4 through 3/8": "for March fourth through March eighth",
        "November 11 to 15": "November eleventh to fifteenth",
        "March 3-5, 2026": "March third to fifth, twenty twenty-six",
        "May 30-June 2": "May thirtieth to June second",
        "1100 dollars": "eleven hundred dollars",
        "on 4 july": "on the fourth of July",
        "Symphony No. IX": "Symphony number nine",
        "5 june 2026": "the fifth of June twenty twenty-six",
        "Mon-Fri 9am-5pm": "Monday to Friday nine AM to five PM",
        "on Mon. at 6": "on Monday at six",
        "in my 20s": "in my twenties",
        # sums
        "what's 7 x 8": "what's seven times eight",
        "7 * 8": "seven times eight",
        "3x a day": "three times a day",
        "1x a day": "once a day",
        "a ratio of 3:1": "a ratio of three to one",
        ".5 miles": "point five miles",
        "1 1/2 tsp": "one and a half teaspoons",
        "5.50 dollars": "five dollars fifty",
        "a 60 W bulb": "a sixty watt bulb",
        "30 sec. timer": "thirty second timer",
        "20 degrees C": "twenty degrees Celsius",
        "±2": "plus or minus two",
        "1600 Pennsylvania Ave": "sixteen hundred Pennsylvania Avenue",
        "what's 100/4": "what's one hundred divided by four",
        "what is 10 - 3": "what is ten minus three",
        "2^10": "two to the power of ten",
        "2:1 odds": "two to one odds",
        "two MP3s": "two MP three's",
        "play 80s music": "play eighties music",
        "500 sq. ft. of it": "five hundred square feet of it",
        "in New York, NY 10118": "in New York, NY one zero one one eight",
        "how many km is it": "how many kilometers is it",
        "price per kg": "price per kilogram",
    },
    "de": {
        "Ludwig XIV. war da": "Ludwig der Vierzehnte war da",
        "unter Friedrich II. von Preußen": "unter Friedrich dem Zweiten von Preußen",
        "von Elisabeth II.": "von Elisabeth der Zweiten.",
        "wer war Königin Margrethe II.?": "wer war Königin Margrethe die Zweite?",
        "für Karl III. beten": "für Karl den Dritten beten",
        "Heinrichs VIII. Frauen": "Heinrichs des Achten Frauen",
        "Karl I. und Karl V.": "Karl der Erste und Karl der Fünfte.",
        "im II. Weltkrieg": "im zweiten Weltkrieg",
        "Kapitel IV": "Kapitel vier",
        'ein 27" Monitor': "ein siebenundzwanzig Zoll Monitor",
        "am 3.-5. Mai": "am dritten bis fünften Mai",
        "am 3. und 4. Mai": "am dritten und vierten Mai",
        "1.-3. Platz": "erster bis dritter Platz",
        "vom 24.-26.12.": "vom vierundzwanzigsten bis sechsundzwanzigsten zwölften",
        "1. FC Köln": "erster FC Köln",
        "1 Apfel": "ein Apfel",
        "kaufe 1 Birne": "kaufe eine Birne",
        "1 E-Mail": "eine E-Mail",
        "1 neue Nachricht": "eine neue Nachricht",
        "1 neuer Wecker": "ein neuer Wecker",
        "1-Zimmer-Wohnung": "ein-Zimmer-Wohnung",
        "den Timer 1 Minute": "den Timer eine Minute",
        "1.000.000 €": "eine Million Euro",
        "5,50 Euro": "fünf Euro fünfzig",
        "5,- €": "fünf Euro",
        "3x täglich": "drei mal täglich",
        "es steht 2:1": "es steht zwei zu eins",
        "Mo-Fr 8-17 Uhr": "Montag bis Freitag acht bis siebzehn Uhr",
        "5 Min. Timer": "fünf Minuten Timer",
        "in 1 Stunde": "in einer Stunde",
        "vor 1 Monat": "vor einem Monat",
        "um 1 °C wärmer": "um einen Grad Celsius wärmer",
        "für 1 Jahr": "für ein Jahr",
        "was ist 10 : 2": "was ist zehn geteilt durch zwei",
        "am 15.": "am fünfzehnten",
        "2 € pro kg": "zwei Euro pro Kilogramm",
        "ruf 110 an": "ruf eins eins null an",
    },
    "fr": {
        "François Ier": "François premier",
        "Louis XIV": "Louis quatorze",
        "Charles V": "Charles cinq",
        "au XIXe siècle": "au dix-neuvième siècle",
        "la Ve République": "la cinquième République",
        "la IIe Guerre": "la deuxième Guerre",
        "chapitre IV": "chapitre quatre",
        'une télé de 27"': "une télé de vingt-sept pouces",
        "du 3/5 au 5/5": "du trois mai au cinq mai",
        "1er-3e": "premier à troisième",
        "1 fleur": "une fleur",
        "1 croissant": "un croissant",
        "1 autre pizza": "une autre pizza",
        "21 voitures": "vingt-et-une voitures",
        "minuteur de 1 min": "minuteur d'une minute",
        "2 h 30 min": "deux heures trente minutes",
        "1 h 1/2": "une heure et demie",
        "1/2 c. à c. de sel": "une demi cuillère à café de sel",
        "3/4 d'heure": "trois quarts d'heure",
        "1 000 000 €": "un million d’euros",
        "5,50 euros": "cinq euros cinquante",
        "3x par jour": "trois fois par jour",
        "0,001 %": "zéro virgule zéro zéro un pour cent",
        "le 06.12.34.56.78": "le zéro six douze trente-quatre cinquante-six soixante-dix-huit",
        "1 demi-heure": "une demi-heure",
        "combien font 10 - 3": "combien font dix moins trois",
        "combien font 7 x 8": "combien font sept fois huit",
    },
    "es": {
        "Isabel II": "Isabel segunda",
        "Felipe VI": "Felipe sexto",
        "Alfonso XIII": "Alfonso trece",
        "siglo XXI": "siglo veintiuno",
        "la II Guerra Mundial": "la segunda Guerra Mundial",
        "el III Congreso": "el tercer Congreso",
        'una tele de 27"': "una tele de veintisiete pulgadas",
        "1º-3º": "primero a tercero",
        "añade 1 manzana": "añade una manzana",
        "1 pan": "un pan",
        "1 reunión": "una reunión",
        "1 problema": "un problema",
        "1 gran idea": "una gran idea",
        "31 luces": "treinta y una luces",
        "a la 1": "a la una",
        "1 1/2 horas": "una hora y media",
        "1.000.000 €": "un millón de euros",
        "5,50 euros": "cinco euros con cincuenta",
        "3x al día": "tres veces al día",
        "0,001 %": "cero coma cero cero uno por ciento",
        "a las 21": "a las veintiuna",
        "cuánto es 10 / 2": "cuánto es diez entre dos",
        "7 * 8": "siete por ocho",
    },
}

LEFT = {
    "en": {
        "I think Elizabeth I will go": None,
        "part I of it": None,
        "a CD, a DVD and an LCD TV": None,
        "from DC to MI": None,
        "my CV": None,
        "MC Hammer": None,
        "MIX it": None,
        "Size XL": None,
        "Team XXX": None,
        "Malcolm X": None,
        "Start IV now": None,
        "an IV drip": None,
        "George V. Higgins": None,
        "II/III": None,
        "elizabeth ii": None,
        "set 5 in the kitchen": "set five in the kitchen",
        "play track 3 in mono": "play track three in mono",
        '"Summer of 69"': '"Summer of sixty-nine"',
        'he said "9" twice': 'he said "nine" twice',
        "5'10 in cm": "five foot ten in centimeters",
        "2nd-hand": "second-hand",
        "go to march 5 miles": "go to march five miles",
        "June 5 to 6 people": "June fifth to six people",
        "May 5-6pm": "May five to six PM",
        "the f-150's price": "the f-one hundred fifty's price",
        '12" mixes': "twelve inch mixes",
        "from 1/2 to 3/4": "from one half to three quarters",
        "play 4 july songs": "play four july songs",
        "you may 5 times": "you may five times",
        "we march 5 miles": "we march five miles",
        "on march 5 miles away": "on march five miles away",
        "call august 3 times": "call august three times",
        "apr 5%": "apr five percent",
        "on Sun Street": None,
        "Sun - Moon": None,
        "a 2 x 4": "a two by four",
        "3x zoom": "three x zoom",
        "a 16:9 video": "a sixteen nine video",
        "sing Ave Maria": None,
        "the 5 - 10 range": "the five to ten range",
        "wait 80s": "wait eighty seconds",
        "cm by cm": None,
        "in KM": None,
        "192.168.0.1": "one hundred ninety-two point one hundred sixty-eight point zero point one",
    },
    "de": {
        "die IV": None,
        "MIX": None,
        "Kanal 1 Nachrichten": "Kanal eins Nachrichten",
        "Wohnzimmer 1 Lampe an": "Wohnzimmer eins Lampe an",
        "auf 1 bitte Licht": "auf eins bitte Licht",
        "um 1 Licht an": "um eins Licht an",
        "setz 1 auf die Liste": "setz eins auf die Liste",
        "So - wie": None,
        "Klasse Euro 6": "Klasse Euro sechs",
        "um 12:30": "um zwölf Uhr dreißig",
        "1.2.3": "eins Punkt zwei Punkt drei",
        "min. 5": "mindestens fünf",
        "um 1 Uhr": "um ein Uhr",
        "10 - 3 Minuten": "zehn bis drei Minuten",
        "von 1 bis 10": "von eins bis zehn",
    },
    "fr": {
        "le CD": None,
        "Vers V": None,
        "la chaîne 1 ensuite": "la chaîne un ensuite",
        "baisse de 1": "baisse de un",
        "de 1 à 10": "de un à dix",
        "une table de 2 x 3 m": "une table de deux sur trois mètres",
        "2 h 30": "deux heures trente",
    },
    "es": {
        "MI casa y un DVD": None,
        "el canal 1 noticias": "el canal uno noticias",
        "pon la 1 ahora": "pon la uno ahora",
        "sube 1": "sube uno",
    },
}


@pytest.mark.parametrize(
    ("lang", "written", "spoken"),
    cases(READ, LEFT),
)
def test_read_where_it_is_certain(lang, written, spoken):
    check_read(lang, written, spoken)


FOLLOWED = {
    "en": {
        "who was [Elizabeth II]": "who was [Elizabeth the second]",
        "play [Rocky] [II] now": "play [Rocky] [two] now",
        "[Henry VIII]'s wives": "[Henry the eighth]'s wives",
        'a [27]" [monitor]': "a [twenty-seven] inch [monitor]",
        "[5'10\"] tall": "[five foot ten] tall",
        "[6 ft 2 in] tall": "[six feet two inches] tall",
        "from [the 3rd]-[5th] on": "from [the third] to [fifth] on",
        "meet [on may 5] at [noon]": "meet [on May fifth] at [noon]",
        "[Mon]-[Fri]": None,
        "pay [5.50 dollars] [now]": "pay [five dollars fifty] [now]",
        "what's [7] x [8]": "what's [seven] times [eight]",
        "run [.5 miles] a day": "run [point five miles] a day",
        "from [3/15] to [3/18]": "from [March fifteenth] to [March eighteenth]",
        "from [March 3]-[5] on": "from [March third] to [fifth] on",
        "on [november 11] to [15]": "on [November eleventh] to [fifteenth]",
        "to [New York, NY 10118]": "to [New York, NY one zero one one eight]",
        "how many [km] is it": "how many [kilometers] is it",
        "take it [3x a day]": "take it [three times a day]",
    },
    "de": {
        "lies über [Ludwig XIV.] vor": "lies über [Ludwig den Vierzehnten] vor",
        "kaufe [1] [Birne]": "kaufe [eine] [Birne]",
        "vom [3.]-[5. Mai]": "vom [dritten] bis [fünften Mai]",
        "zahl [1.000.000 €]": "zahl [eine Million Euro]",
        "es steht [2]:[1]": "es steht [zwei] zu [eins]",
        "in [1] [Stunde]": "in [einer] [Stunde]",
        "der Preis pro [kg]": "der Preis pro [Kilogramm]",
    },
    "fr": {
        "un minuteur de [1 min]": "un minuteur d'[une minute]",
        "au [XIXe siècle]": "au [dix-neuvième siècle]",
        "envoie [1 000 000 €] à [Léa]": "envoie [un million d’euros] à [Léa]",
    },
    "es": {
        "añade [1] [manzana]": "añade [una] [manzana]",
        "háblame de [Felipe VI]": "háblame de [Felipe sexto]",
        "a la [1]": "a la [una]",
    },
}


@pytest.mark.parametrize(
    ("lang", "given", "wanted"),
    cases(FOLLOWED),
)
def test_slots_follow(lang, given, wanted):
    assert marked(row(given, lang)) == wanted


def roman(number):
    """The canonical numeral below 90."""
    tens = ("", "X", "XX", "XXX", "XL", "L", "LX", "LXX", "LXXX")[number // 10]
    return tens + ("", "I", "II", "III", "IV", "V", "VI", "VII", "VIII", "IX")[number % 10]


@pytest.mark.parametrize(
    ("lang", "word"), [("en", "chapter"), ("de", "Kapitel"), ("fr", "chapitre"), ("es", "capítulo")]
)
def test_every_numeral_below_ninety_is_read_after_a_word_that_counts(lang, word):
    numbers = Numbers(lang)
    for number in range(2, 90):
        said = verbalise(f"{word} {roman(number)} now", lang)
        # (a single L is no number, for it is one of a section too)
        assert said == (None if number == 50 else f"{word} {numbers.cardinal(number)} now")


@settings(max_examples=200, deadline=None)
@given(st.text(alphabet="IVXLCDM", min_size=1, max_size=6), st.sampled_from(["en", "de", "fr"]))
def test_letters_that_are_no_canonical_numeral_are_left(letters, lang):
    known = {roman(number) for number in range(2, 90)} - {"L"}
    said = verbalise(f"chapter {letters} now", "en")
    assert (said is None) == (letters not in known)
    # Without a word that makes a number of them they are letters.
    assert verbalise(f"the {letters} of it", lang) is None


names = st.sampled_from(
    ["Elizabeth", "Ludwig", "Louis", "Felipe", "chapter", "Kapitel", "siècle", "1", "Rocky", "of"]
)
marks = st.sampled_from(
    (
        *("II", "XIV.", "XIXe", "V", "I", "in", "ft", '"', '27"', "5'10\"", "3rd-5th", "may"),
        *("may 5", "1.-3.", "Mo-Fr", "Mon-Fri", "3:1", "3x", "7 * 8", ".5", "de", "d'"),
        *("4111 1111 1111 1111", "DE89 3704 0044 0532 0130 00", "10 000", "1.234,56", "of Oct."),
        *("1 000 000", "€", "-", "$5-$10", "-$5", ".25", "555 1234", "415.555.2671", "72 F", "hrs"),
        *(
            "Mon.",
            "9am",
            "Di.,",
            "05.05.25",
            "18:00",
            "1 Mio.",
            "1000000",
            "5 lbs.",
            "3 L",
            "mai",
            "5.",
        ),
    )
)


@settings(max_examples=400, deadline=None)
@given(
    st.lists(st.one_of(names, marks), min_size=1, max_size=8).map(" ".join).map(nfc),
    st.sampled_from(["en", "en-GB", "de", "fr", "es", "es-MX"]),
    st.data(),
)
def test_parts_account_for_the_text_and_slots_are_within_the_words(text, lang, data):
    pieces = trace(text, lang)
    spoken = "".join(piece.text for piece in pieces)
    assert spoken == (verbalise(text, lang) or text)
    assert not any(character in "0123456789" for character in spoken)
    covered = {place for piece in pieces for place in range(piece.start, piece.end)}
    assert not "".join(text[n] for n in range(len(text)) if n not in covered).strip()
    first = data.draw(st.integers(0, len(text) - 1))
    last = data.draw(st.integers(first + 1, len(text)))
    place = follow(pieces, first, last)
    if place is not None:
        said = spoken[slice(*place)]
        assert said and said == said.strip()


def test_genders_by_ending():
    for rule, yes, no in (
        (german, "Birne Zeitung Nachricht Pizza Sekunde Polizei", "Apfel Käse Kunde Gemüse Tee"),
        (french, "fleur pomme nation clé page sœur", "fromage musée bureau centime livre"),
        (spanish, "casa canción ciudad noche reunión", "día problema pan avión juez"),
    ):
        assert all(map(rule, yes.split())), [word for word in yes.split() if not rule(word)]
        assert not any(map(rule, no.split())), [word for word in no.split() if rule(word)]


def test_no_rule_for_a_language_without_a_table():
    assert verbalise("Elisabetta II", "it") is None
    assert re.fullmatch(r"capitolo IV", verbalise("capitolo IV", "it") or "capitolo IV")
