"""Groups of digits and months with a full stop, each with what must not be read so."""

import pytest

from tests.speech.reading_tables import cases, check_read
from tests.speech.test_spoken_spans import marked, row

ONES = " ".join(["one"] * 15)
READ = {
    "en": {
        "My card number is 4111 1111 1111 1111": f"My card number is four {ONES}",
        "4242 4242 4242 4242.": f"{'four two ' * 8}".strip() + ".",
        "is 1234 5678 9012 3456, right": "is one two three four five six seven eight nine zero "
        "one two three four five six, right",
        "use 4000 0000 0000 0002": f"use four {'zero ' * 14}two",
        "ticket 0417 8832 5590": "ticket zero four one seven eight eight three two five five "
        "nine zero",
        "id 8817 2043 9926": "id eight eight one seven two zero four three nine nine two six",
        "Amex 3782 822463 10005": "Amex three seven eight two eight two two four six three one "
        "zero zero zero five",
        "4111 1111 1111 1111 exp 12/25": f"four {ONES} exp twelve twenty-five",
        "IBAN DE89 3704 0044 0532 0130 00": "IBAN D E eight nine three seven zero four zero zero "
        "four four zero five three two zero one three zero zero zero",
        "NL91 ABNA 0417 1643 00": "N L nine one A B N A zero four one seven one six four three "
        "zero zero",
        "SEND IT TO BE68 5390 0754 7034 WITH LOVE": "SEND IT TO B E six eight five three nine "
        "zero zero seven five four seven zero three four WITH LOVE",
        # thousands
        "10 000": "ten thousand",
        "I walked 10 000 steps": "I walked ten thousand steps",
        "1 250 000 people": "one million two hundred fifty thousand people",
        "it has 1 250 000": "it has one million two hundred fifty thousand",
        "10\u202f500 and 10\u00a0500": "ten thousand five hundred and ten thousand five hundred",
        "10\u2009500 m": "ten thousand five hundred meters",
        "$10 000": "ten thousand dollars",
        "$12 500": "twelve thousand five hundred dollars",
        "-10 000 dollars": "minus ten thousand dollars",
        "12 500 dollars": "twelve thousand five hundred dollars",
        "1 234.56 euros": "one thousand two hundred thirty-four euros fifty-six",
        "10 000km": "ten thousand kilometers",
        "5 000-10 000 people": "five thousand-ten thousand people",
        "612 345 678 km": "six hundred twelve million three hundred forty-five thousand six "
        "hundred seventy-eight kilometers",
        # both marks
        "1.234,56 €": "one thousand two hundred thirty-four euros fifty-six",
        # months
        "sales of Oct. 2021": "sales of October twenty twenty-one",
        "since Jan. 2020, I": "since January twenty twenty, I",
        "in Dec 2020": "in December twenty twenty",
        "In Sept. 2021.": "In September twenty twenty-one.",
        "at the end of Dec.": "at the end of December.",
        "the start of Jan.": "the start of January.",
        "until Feb.": "until February.",
        "in Mar., or in Aug.?": "in March, or in August?",
    },
    "en-GB": {
        "3782 822463 10005": "three seven eight two eight double two four six three one double oh "
        "oh five",
        "10 000": "ten thousand",
    },
    "de": {
        "Karte 1234 5678 9012 3456": "Karte eins zwei drei vier fünf sechs sieben acht neun null "
        "eins zwei drei vier fünf sechs",
        "AT61 1904 3002 3457 3201": "A T sechs eins eins neun null vier drei null null zwei drei "
        "vier fünf sieben drei zwei null eins",
        "10 000 Schritte": "zehntausend Schritte",
        "1 250 000": "eine Million zweihundertfünfzigtausend",
        "12 500 €": "zwölftausendfünfhundert Euro",
        "1 234,56 €": "eintausendzweihundertvierunddreißig Euro sechsundfünfzig",
        "1.234,56 €": "eintausendzweihundertvierunddreißig Euro sechsundfünfzig",
        "1,234.56 €": "eintausendzweihundertvierunddreißig Euro sechsundfünfzig",
    },
    "fr": {
        "carte 1234 5678 9012 3456": "carte un deux trois quatre cinq six sept huit neuf zéro un "
        "deux trois quatre cinq six",
        "10 000": "dix mille",
        "10\u2009500 m": "dix mille cinq cents mètres",
        "1.234,56 €": "mille deux cent trente-quatre euros cinquante-six",
        "1.234,56 euros": "mille deux cent trente-quatre euros cinquante-six",
        "-1.234,56 €": "moins mille deux cent trente-quatre euros cinquante-six",
        "1.234.567,89 €": "un million deux cent trente-quatre mille cinq cent soixante-sept euros "
        "quatre-vingt-neuf",
        "1.234,56": "mille deux cent trente-quatre virgule cinquante-six",
        "1.000,00 €": "mille euros",
    },
    "es": {
        "tarjeta 1234 5678 9012 3456": "tarjeta uno dos tres cuatro cinco seis siete ocho nueve "
        "cero uno dos tres cuatro cinco seis",
        "10 000 personas": "diez mil personas",
        "1 250 000": "un millón doscientos cincuenta mil",
        "1.234,56 €": "mil doscientos treinta y cuatro euros con cincuenta y seis",
    },
    "es-MX": {
        "$1.234,56": "mil doscientos treinta y cuatro pesos con cincuenta y seis",
        "$1,234.56": "mil doscientos treinta y cuatro pesos con cincuenta y seis",
        "10 000 pesos": "diez mil pesos",
    },
}

LEFT = {
    "en": {
        "1999 2004": "nineteen ninety-nine two thousand four",
        "in 1999 2004 and 2008": "in nineteen ninety-nine two thousand four and two thousand eight",
        "compare 2022 2023 2024": "compare twenty twenty-two twenty twenty-three twenty "
        "twenty-four",
        "1000 2000 3000": "one thousand two thousand three thousand",
        "alarms 1130 1215 1845": "alarms eleven thirty twelve fifteen eighteen forty-five",
        "1480 1590 1720 people": "fourteen eighty fifteen ninety seventeen twenty people",
        "$1480 1590 1720": "one thousand four hundred eighty dollars fifteen ninety seventeen "
        "twenty",
        "2024-05-12": "May twelfth, twenty twenty-four",
        "AB12 3456 7890": "AB twelve three thousand four hundred fifty-six seven thousand eight "
        "hundred ninety",
        "BA54 7342 8058 7B07": "BA fifty-four seven thousand three hundred forty-two eight "
        "thousand fifty-eight seven B zero seven",
        # two numbers side by side
        "add 2 500 ml bottles": "add two five hundred milliliters bottles",
        "channel 5 100": "channel five one hundred",
        "pay $5 100 times": "pay five dollars one hundred times",
        "route 66 100 miles": "route sixty-six one hundred miles",
        "2 500 dollars": "two five hundred dollars",
        "May 25 300 people": "May twenty-fifth three hundred people",
        "in 2024 300 people": "in twenty twenty-four three hundred people",
        "100 200 300": "one hundred two hundred three hundred",
        "code 10 000": "code ten zero zero zero",
        "call 020 7946 000": "call zero two zero seven nine four six zero zero zero",
        "555 123 4567": "five five five one two three four five six seven",
        "5 000 10 000": "five zero zero zero ten zero zero zero",
        "track 007 000": "track zero zero seven zero zero zero",
        "1,234.56": "one thousand two hundred thirty-four point five six",
        "51.507,0.127": "fifty-one point five zero seven,zero point one two seven",
        # names and words
        "photos of Jan.": None,
        "Since Jan. I work": None,
        "in Mars.": None,
        "in June.": None,
        "a deck of Decs.": None,
        "play Nov.": None,
        "of Oct. and more": None,
    },
    "de": {
        "Kanal 5 100": "Kanal fünf einhundert",
        "2 100 W Lampen": "zwei einhundert Watt Lampen",
        "Jahre 1999 2004 2008": "Jahre neunzehnhundertneunundneunzig zweitausendvier "
        "zweitausendacht",
    },
    "fr": {
        "01 23 45 67 89": "zéro un vingt-trois quarante-cinq soixante-sept quatre-vingt-neuf",
        "1.5": "un virgule cinq",
        "1.2.3": "un point deux point trois",
    },
    "es": {
        "llama al 612 345 678": "llama al seiscientos doce trescientos cuarenta y cinco "
        "seiscientos setenta y ocho",
    },
}

FOLLOWED = {
    "en": {
        "card [4111 1111 1111 1111] [now]": f"card [four {ONES}] [now]",
        "pay [10 000] [dollars] to [Bob]": "pay [ten thousand] [dollars] to [Bob]",
        "walk [10 000 steps] [today]": "walk [ten thousand steps] [today]",
        "[AT61 1904 3002 3457 3201] [it]": "[A T six one one nine zero four three zero zero two "
        "three four five seven three two zero one] [it]",
        "sales of [Oct. 2021] [here]": "sales of [October twenty twenty-one] [here]",
        "since [Oct.] [2021]": "since [October] [twenty twenty-one]",
        "until [Dec].": "until [December].",
    },
    "fr": {"paie [1.234,56 €] à [Léa]": "paie [mille deux cent trente-quatre euros "
                                        "cinquante-six] à [Léa]"},
    "de": {"zahl [12 500] [€]": "zahl [zwölftausendfünfhundert] [Euro]"},
}  # fmt: skip


@pytest.mark.parametrize(
    ("lang", "written", "spoken"),
    cases(READ, LEFT),
)
def test_read_where_it_is_certain(lang, written, spoken):
    check_read(lang, written, spoken)


@pytest.mark.parametrize(
    ("lang", "given", "wanted"),
    cases(FOLLOWED),
)
def test_slots_follow(lang, given, wanted):
    assert marked(row(given, lang)) == wanted


@pytest.mark.parametrize("given", ["card [4111] 1111 1111 1111", "pay [10] 000", "pay 1.[234],56"])
def test_a_part_of_a_number_is_no_slot_of_its_own(given):
    assert marked(row(given)) is None
