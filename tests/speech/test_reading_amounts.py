"""Amounts, phone numbers, short days and dates, each with what must not be read so."""

import pytest

from tests.speech.reading_tables import cases, check_read
from tests.speech.test_spoken_spans import marked, row

READ = {
    "en": {
        "$1000000": "one million dollars",
        "1234567 km": "one million two hundred thirty-four thousand five hundred sixty-seven "
        "kilometers",
        "call 415.555.2671": "call four one five five five five two six seven one",
        "555 1234": "five five five one two three four",
        "+1 (415) 555-2671": "plus one four one five five five five two six seven one",
        "$5-$10": "five to ten dollars",
        ".25": "point two five",
        "$.50": "fifty cents",
        "-$5": "minus five dollars",
        "3 L of milk": "three liters of milk",
        "2.5 gal. of gas": "two point five gallons of gas",
        "1 qt": "one quart",
        "5 lbs. of flour": "five pounds of flour",
        "5 lbs.": "five pounds.",
        "Mon 9am": "Monday nine AM",
        "tue 10:30": "Tuesday ten thirty",
        "Sat. at noon": "Saturday at noon",
        "Sun, May 5": "Sunday, May fifth",
        "fri may 5": "Friday May fifth",
        "every Mon, Wed and Fri at 9am": "every Monday, Wednesday and Friday at nine AM",
        "Sat/Sun": "Saturday/Sunday",
        "Sun 9-11am": "Sunday nine to eleven AM",
        "Wed 3/15": "Wednesday March fifteenth",
        "3 May - 5 June": "the third of May to the fifth of June",
        "18:00 hrs": "eighteen hundred hours",
        "at 1830 hours": "at eighteen thirty hours",
        "set it to 72 F": "set it to seventy-two degrees Fahrenheit",
        "what is 72 F in celsius": "what is seventy-two degrees Fahrenheit in celsius",
        "it is 20 C outside": "it is twenty degrees Celsius outside",
        "bake at 180C for an hour": "bake at one hundred eighty degrees Celsius for an hour",
    },
    "de": {
        "1.000.000 km": "eine Million Kilometer",
        "1000000 km": "eine Million Kilometer",
        "1 Mio. Euro": "eine Million Euro",
        "2 Mio. €": "zwei Millionen Euro",
        "1 Mrd. €": "eine Milliarde Euro",
        "1 Mio Einwohner": "eine Million Einwohner",
        "05.05.25": "fünften fünften fünfundzwanzig",
        "am 5.5.25": "am fünften fünften fünfundzwanzig",
        "01.02.05": "ersten zweiten zweitausendfünf",
        "Mo. 9 Uhr": "Montag neun Uhr",
        "Di., 5. Mai": "Dienstag, fünfter Mai",
        "jeden Mo. und Mi. um 9": "jeden Montag und Mittwoch um neun",
        "am So.": "am Sonntag.",
        "So 5.5.": "Sonntag fünften fünften",
        "Mo, Di und Mi": "Montag, Dienstag und Mittwoch",
        "Mo. bis Fr. um 9": "Montag bis Freitag um neun",
        "am So 9 Uhr": "am Sonntag neun Uhr",
        "am Di. Termin": "am Dienstag Termin",
        "3. Mai - 5. Juni": "dritter Mai bis fünfter Juni",
        "vom 3. Mai – 5. Juni": "vom dritten Mai bis fünften Juni",
    },
    "fr": {
        "2 000 000 €": "deux millions d’euros",
        "2000000 €": "deux millions d’euros",
        "2 000 000 habitants": "deux millions d’habitants",
        "2500000 personnes": "deux millions cinq cent mille personnes",
        "1 M€": "un million d’euros",
        "5 k€": "cinq mille euros",
        "3 mai - 5 juin": "trois mai au cinq juin",
        "10 min. de cuisson": "dix minutes de cuisson",
        "min. 5": "minimum cinq",
    },
    "es": {
        "2.000.000 €": "dos millones de euros",
        "2000000 €": "dos millones de euros",
        "2 000 000 €": "dos millones de euros",
        "5.000.000 personas": "cinco millones de personas",
        "5 mil €": "cinco mil euros",
        "3 de mayo - 5 de junio": "tres de mayo al cinco de junio",
        "5 kg. de harina": "cinco kilogramos de harina",
    },
}

LEFT = {
    "en": {
        "order 1234567": "order one two three four five six seven",
        "call 1000000": "call one zero zero zero zero zero zero",
        "pages 100-200": "pages one hundred to two hundred",
        "call 100-2000": "call one zero zero two zero zero zero",
        "between 500-1000": "between five hundred to one thousand",
        "it costs 300 5000": "it costs three hundred five thousand",
        "set alarm 630 1200": "set alarm six hundred thirty twelve hundred",
        "under the Sun at noon": None,
        "Sun and Moon": None,
        "today, Sun is out": None,
        "it's 20 C": "it's twenty C",
        "vitamin C 20 C": "vitamin C twenty C",
        "100-2000 m": "one hundred to two thousand meters",
        "555 1234 people": "five hundred fifty-five twelve thirty-four people",
        "$555-1234": "five hundred fifty-five to one thousand two hundred thirty-four dollars",
        "at 3:30 1234": "at three thirty twelve thirty-four",
        "$10-$5": "ten dollars-five dollars",
        "1.25.3": "one point twenty-five point three",
        "size 3 L shirts": "size three L shirts",
        "I need 5 lbs. Then go": "I need five pounds. Then go",
        "Sun Microsystems": None,
        "the Sun": None,
        "Mon Ami": None,
        "We Wed 5": "We Wed five",
        "Sat 5 people": "Sat five people",
        "Sat at 6 tables": "Sat at six tables",
        "I sat 9am to 5pm": "I sat nine AM to five PM",
        "1:30 hours": "one thirty hours",
        "seat 12 F": "seat twelve F",
        "set it to 72 F Street": "set it to seventy-two F Street",
        "Mon 05.05.25": "Mon zero five point zero five point twenty-five",
    },
    "de": {
        "Version 05.05.25": "Version null fünf Punkt null fünf Punkt fünfundzwanzig",
        "5.5.25": "fünf Punkt fünf Punkt fünfundzwanzig",
        "ruf 1234567 an": "ruf eins zwei drei vier fünf sechs sieben an",
        "So 9 Uhr": "So neun Uhr",
        "So 5 Minuten": "So fünf Minuten",
        "das Di.": None,
        "Do re mi": None,
        "So um 9": "So um neun",
        "bis Fr. Müller kommt": "bis Frau Müller kommt",
        "Fr. Müller": "Frau Müller",
        "Mi. um 5 % mehr": "Mi. um fünf Prozent mehr",
        "3. Mai - Juni": "dritter Mai - Juni",
    },
}

FOLLOWED = {
    "en": {
        "[Mon] and [Fri]": "[Monday] and [Friday]",
        "send [$5]-[$10]": "send [five] to [ten dollars]",
        "[Tue], [May 5]": "[Tuesday], [May fifth]",
        "[Mon]. [9am]": "[Monday] [nine AM]",
        "at [18:00] [hrs]": "at [eighteen hundred] [hours]",
        "set it to [72] [F]": "set it to [seventy-two] [degrees Fahrenheit]",
        "[3] [L] of [milk]": "[three] [liters] of [milk]",
        "[5] [lbs]. of [flour]": "[five] [pounds] of [flour]",
        "say [-$5] now": "say [minus five dollars] now",
        "from [3 May]-[5 June]": "from [the third of May] to [the fifth of June]",
    },
    "de": {
        "zahl [1] [Mio.] [Euro]": "zahl [eine] [Million] [Euro]",
        "am [Di]. um [8]": "am [Dienstag] um [acht]",
        "[3. Mai] - [5. Juni]": "[dritter Mai] bis [fünfter Juni]",
    },
    "fr": {
        "les [2 000 000] [habitants]": "les [deux millions] d’[habitants]",
    },
}


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
