"""What English writes short and only the words around it tell: lengths, products, dates, streets.

Rules for `Locale.special`: (regular expression, match -> words).
"""

from __future__ import annotations

import re

from corpusforge.speech.reading.marks import INCH, date_dash, in_a_sum
from corpusforge.speech.reading.trace import Part, Replace

__all__ = ["DAYS", "LENGTHS", "MEASURES", "MONTHS", "MONTH_NAMES", "PRODUCTS", "STREETS"]

_Rule = tuple[str, Replace]

MONTH_NAMES = (
    *("January", "February", "March", "April", "May", "June", "July", "August"),
    *("September", "October", "November", "December"),
)
_SHORT_MONTHS = "Jan|Feb|Mar|Apr|Jun|Jul|Aug|Sept?|Oct|Nov|Dec"

_FEET_BEFORE = re.compile(r"(?:ft|feet|foot|['′])\.?\s?\d{1,2}(?:\.\d+)?$")
_INCHES_AFTER = re.compile(
    r"\s(?:(?:wide|long|thick|deep)\b|(?:tall|high|across|apart)\s?(?:$|[,.;!?]|(?:and|or|by)\b)"
    r"|of (?:rain|snow|water|space|hair)|in diameter|x\s?\d|by\s\d"
    r"|(?:to|in|into) (?:cm|mm|centimet|millimet|met(?:er|re)s|feet|ft\b|yards)"
    r"|(?:screen|monitor|TV|tv|display|laptop|tablet|pipe|nails?|wheels?|pizza|ruler|pan)\b)"
)


def _inches(match: re.Match[str]) -> str:
    """12 in wide -> 12″ wide, but "set 5 in the kitchen"."""
    before, after = match.string[: match.start()], match.string[match.end() :]
    feet = _FEET_BEFORE.search(before) and not re.match(r"\s(?:cm|mm|m|met|centi|inch)", after)
    found = feet or _INCHES_AFTER.match(after)
    return INCH if found else match[0]


def _fort_or_featuring(match: re.Match[str]) -> str:
    """Ft. Worth -> "Fort", "Umbrella ft. Jay-Z" -> "featuring"."""
    sung = match[0] == "ft." and re.search(r"\w\s$", match.string[: match.start()])
    place = re.search(
        r"\b(?:in|to|at|from|near|of|for|is|the|visit)\s$", match.string[: match.start()]
    )
    return "featuring" if sung and not place else "Fort"


LENGTHS: tuple[_Rule, ...] = (
    (r"(?<=\d)\s?(?:['′](?=\s(?:tall|long|wide|high|deep|by \d))|′(?!\d))", lambda m: " ft"),
    (r"(?:(?<=by \d)|(?<=by \d\d))'(?!\w)", lambda m: " ft"),
    (r"(?<=\d)\s?in(?![\w.])", _inches),
    (r"(?<=\d)\s?in\.(?=\s[a-z])", lambda m: INCH),
    # 5'10" -> "5 foot 10", with and without its last mark
    (r"(?<=\d)['′](?:\s?(?=\d{1,2}\s?(?:[\"″]|'')(?!\w))|(?=\d{1,2}(?!\w)))", lambda m: " foot "),
    (r"(?:(?<=foot \d)|(?<=foot \d\d))\s?(?:[\"″]|'')(?!\w)", lambda m: ""),
    (r"(?<=\d)\s?sq\.?\s?ft\b(?:\.(?=\s[a-z(]|[,;]))?", lambda m: " sq ft"),
    (r"(?<![\w.])(?<!\d\s)(?<!sq )[Ff]t\.(?!\w)", _fort_or_featuring),
    # B-52s, MP3s: a plural, no seconds
    (r"(?:(?<=[A-Za-z]-)|(?<=[A-Za-z]))(?P<number>\d{1,3})s\b", lambda m: f"{m['number']}'s"),
)

_SET = r"(?:set|turn|keep|hold|raise|lower|adjust|change|bring|drop|increase|decrease|reduce)"
_WARM = re.compile(
    r"(?i)\b(?:temp(?:erature)?s?|thermostat|heat(?:ing|er)?|oven|(?:pre)?heat(?:ed)?|cool(?:er)?"
    r"|warm(?:er)?|cold(?:er)?|hot(?:ter)?|weather|degrees?|bake|roast|AC|A C|air con\w*|fever"
    rf"|boils?|freez\w+|melts?)\b[^.!?]*$|\b{_SET}\s(?:it|that|this)\s(?:\w+\s)?(?:to|at|by)\s\d+$"
    r"|\bmake\s(?:it|that)\s\d+$|\b(?:below|above)\s\d+$"
)
_WARM_AFTER = re.compile(
    r"\s(?:outside|inside|indoors|outdoors|weather|in here|out there"
    r"|(?:in|to|into) (?:[CF]|[Cc]elsius|[Ff]ahrenheit))\b"
)
_SEAT = re.compile(r"(?i)\b(?:seat|row|gate|room|apartment|exit|page|platform|size)\s\d+$")


def _degrees(match: re.Match[str]) -> str:
    """Set it to 72 F -> 72 °F, but "seat 12 F"."""
    before, after = match.string[: match.start()].rstrip(), match.string[match.end() :]
    found = _WARM_AFTER.match(after) or (_WARM.search(before) and not _SEAT.search(before))
    return f"°{match['scale']}" if found else match[0]


_COUNT = r"(?:(?<=\d)|(?<=\d\s))"
_CLOTHES = r"(?:\w+\s)?(?:t-?)?(?:shirts?|jackets?|pants|coats?|dress\w*|hoodies?|sweaters?|sizes?)"

MEASURES: tuple[_Rule, ...] = (
    (rf"{_COUNT}L(?![\w'’&/-]|\.\w)(?!\s(?i:{_CLOTHES})\b)", lambda m: "l"),
    (rf"{_COUNT}(?P<scale>[FC])(?![\w'’#&/+-]|\s[A-Z])", _degrees),
    # "18:00 hrs", "at 1830 hours": a time of day, where "1:30 hours" may be a while
    (
        r"(?<![\w:.,/-])(?P<hour>0\d|1\d|2[0-4]):(?P<minute>[0-5]\d)(?=\s?(?:hrs?|hours)\b)"
        r"|(?<=\bat )(?P<hour4>0\d|1\d|2[0-4])(?P<minute4>[0-5]\d)(?=\s?(?:hrs?|hours)\b(?! of))",
        lambda m: _military(m["hour"] or m["hour4"], m["minute"] or m["minute4"]),
    ),
    (r"(?:(?<=hundred)|(?<=hundred\s))hrs?\b", lambda m: "hours"),
)


def _military(hour: str, minute: str) -> str:
    """18:00 -> "18 hundred", 08:05 -> "08 05"."""
    return f"{hour} hundred" if minute == "00" else f"{hour} {minute}"


_OFTEN = (
    "a|per|each|every|as|faster|slower|more|less|bigger|larger|smaller|longer|better|higher|cheaper"
    "|daily|weekly"
)
_QUESTION = "what['’]?s|what is|calculate|compute|solve|multiply|divide|how much is"
_times = in_a_sum(_QUESTION, "times")
_RATIO = re.compile(r"(?i)\b(?:ratio|odds|scale|dilute|mix|proportion)s?\b[^.!?]*$")


def _times_or_by(match: re.Match[str]) -> str:
    """What's 7 x 8 -> "7 times 8", a 2x4 -> "2 by 4"."""
    said = _times(match)
    return " by " if said == match[0] else said


def _ratio(match: re.Match[str]) -> str:
    """A ratio of 3:1 -> "3 to 1"; a picture of 16:9 keeps its "sixteen nine"."""
    after = re.match(r"\d+\s(?:odds|ratio|mix|scale)\b", match.string[match.end() :])
    return " to " if after or _RATIO.search(match.string[: match.start()]) else match[0]


PRODUCTS: tuple[_Rule, ...] = (
    # an amount with cents is said as one with a sign is
    (r"(?<=\d\.\d\d)\s(?:dollars|USD)(?!\w)", lambda m: " $"),
    (r"(?<=\d\.\d\d)\seuros(?!\w)", lambda m: " €"),
    (r"(?<=\d)\s?x\s?(?=\d)", _times_or_by),
    (r"(?<=\d)(?P<mark>['′\"″])\s?x\s?(?=\d)", lambda m: f"{m['mark']} by "),
    (r"(?<=\d)\s?\*\s?(?=\d)", lambda m: " times "),
    (r"(?<=\d)\^(?=\d)", lambda m: " to the power of "),
    (
        r"(?<=\d)\s/\s(?=\d)|(?<=\d{3})/(?=\d)|(?<=\d)/(?=\d{3})",
        in_a_sum(_QUESTION, "divided by"),
    ),
    (r"(?<=\d)\s[-–−]\s(?=\d)", in_a_sum(_QUESTION, "minus")),
    (r"(?<![\w.,:/-])1\s?x(?=\s(?:a|per|daily|weekly)\b)", lambda m: "once"),
    (rf"(?<=\d)\s?x(?=\s(?:{_OFTEN})\b)", lambda m: " times"),
    (r"(?<=\d):(?=\d(?![\d:]))", _ratio),
)

_DAY_NAMES = ("Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday", "Sunday")
_SHORT_DAYS = "Mon|Tues?|Wed|Thu(?:rs?)?|Fri|Sat|Sun"


def _day(short: str) -> str:
    return next(name for name in _DAY_NAMES if name.startswith(short[:3]))


def _nth(match: re.Match[str]) -> str:
    day = int(match["day"])
    return f"{day}{'th' if 10 < day < 20 else {1: 'st', 2: 'nd', 3: 'rd'}.get(day % 10, 'th')}"


_CLOCK = (
    r"\d{1,2}(?::[0-5]\d)?(?:\s?[-–]\s?\d{1,2}(?::[0-5]\d)?)?\s?[ap]\.?m\b"
    r"|\d{1,2}:[0-5]\d(?![\d:])"
)
_AT = (
    rf"(?:at\s|@\s?)(?:{_CLOCK}|noon|midnight"
    r"|\d{1,2}(?=$|[,;.!?](?!\d)|\s(?:in|and|or|to|until|till|for|on|with|o['’]clock|please)\b))"
)
_ON = (
    r"(?:the\s)?\d{1,2}(?:st|nd|rd|th)\b|\d{1,2}/\d{1,2}(?![\d.])"
    rf"|(?i:{'|'.join(MONTH_NAMES)}|(?:{_SHORT_MONTHS})\.?)\s\d{{1,2}}(?!\d)"
    rf"|\d{{1,2}}\s(?i:{'|'.join(MONTH_NAMES)}|{_SHORT_MONTHS})\b"
)

_ENDS = ("nday", "sday", "iday", "rday")
_JOINTS = (", ", "/", " and ", " or ", " to ", " & ", ", and ", ", or ")
_LISTED = "|".join(f"(?<={end}{joint})" for end in _ENDS for joint in _JOINTS)

DAYS: tuple[_Rule, ...] = (
    # Mon, Wed and Fri
    (
        rf"(?<![\w.'’-])(?P<day>{_SHORT_DAYS})\.?"
        rf"(?=(?:{'|'.join(_JOINTS)})(?:{_SHORT_DAYS})(?![\w'’-]))",
        lambda m: [Part(_day(m["day"]), *m.span("day"))],
    ),
    (rf"(?:{_LISTED})(?P<day>{_SHORT_DAYS})(?![\w'’-])", lambda m: _day(m["day"])),
    # Mon 9am, Tue, May 5; lower case too where it is no word
    (
        rf"(?<![\w.'’-])(?!(?<=[Tt]he )Sun\sat)(?P<day>{_SHORT_DAYS}|mon|tues?|wed|thu(?:rs?)?|fri)"
        rf"\.?(?=,?\s(?:{_CLOCK}|{_AT}|{_ON}))",
        lambda m: [Part(_day(m["day"].capitalize()), *m.span("day"))],
    ),
    # May 3-5th: both are ordinals
    (r"(?<![\w.,:/-])(?P<day>\d{1,2})(?=\s?[-–]\s?\d{1,2}(?:st|nd|rd|th)\b)", _nth),
    (
        rf"(?<!\w)(?P<from>{_SHORT_DAYS})\.?\s?[-–]\s?(?P<to>{_SHORT_DAYS})(?![\w-])",
        lambda m: f"{_day(m['from'])} to {_day(m['to'])}",
    ),
    (
        rf"(?<=\b[Oo]n )(?P<day>{_SHORT_DAYS})(?:\.(?=\s[a-z\d])|(?=\.?$)|(?![\w.'’-]|\s[A-Z]))",
        lambda m: _day(m["day"]),
    ),
)


def _day_of_a_span(match: re.Match[str]) -> str:
    """March 3-5 -> March 3rd-5th, may 3 to 5 -> may 3 to 5th: both days are ordinals."""
    before, after = match.string[: match.start()], match.string[match.end() :]
    first = _MONTH_BEFORE.search(before) and re.match(rf"\s?[-–]\s?{_PLAIN_DAY}", after)
    return _nth(match) if first or _SPAN_BEFORE.search(before) else match[0]


def _dash_of_dates(match: re.Match[str]) -> str:
    found = re.search(
        rf"\b(?:{'|'.join(MONTH_NAMES)})\s\d{{1,2}}(?:st|nd|rd|th)?$", match.string[: match.start()]
    )
    return " to " if found else match[0]


def _march_again(match: re.Match[str]) -> str:
    """From march 2 to march 4: the second is a date, for the first is."""
    first = re.search(rf"(?i)\b(?:{'|'.join(MONTH_NAMES)})\s\d", match.string[: match.start()])
    return _month(match) if first else match[0]


def _month(match: re.Match[str]) -> str:
    """Nov. 11 -> "November 11"; in lower case too, where it is a date."""
    short = match["month"][:3].capitalize()
    return next(name for name in MONTH_NAMES if name.startswith(short))


def _month_of(match: re.Match[str]) -> str:
    """Of Oct. 2021 -> "of October 2021", but "photos of Jan." are of somebody."""
    is_name = match["month"] in ("Jan", "Jun") and not match["year"]
    before = (_BOUND if is_name else _DATED).search(match.string[: match.start()])
    return _month(match) if before else match[0]


_ALWAYS = "january|february|april|june|july|august|september|october|november|december"
_DAY = r"\s(?:0?[1-9]|[12]\d|3[01])(?:st|nd|rd|th)?(?!\w|[.,:/-]\d|\s?(?:%|°|percent\b))"
_COUNTED = (
    r"(?!\s(?:times?|miles?|km|kilomet\w+|steps?|laps?|hours?|minutes?|blocks?"
    r"|people|persons?|guests?|adults?|kids|more)\b)"
)
_YEAR = r",?\s(?:19|20)\d\d(?!\d)"
_DATED = re.compile(r"\b(?i:of|in|since|until)\s$")
_BOUND = re.compile(r"\b(?i:(?:end|start|middle|beginning|rest) of|since|until)\s$")
_PLAIN_DAY = r"(?P<day>0?[1-9]|[12]\d|3[01])(?!\w|[.,:/]\d|\s?(?:[ap]\.?m\b|[%°]|percent\b))"
_MONTH_BEFORE = re.compile(rf"\b(?:{'|'.join(MONTH_NAMES)})\s$")
_SPAN_BEFORE = re.compile(
    rf"\b(?:{'|'.join(MONTH_NAMES)})\s\d{{1,2}}(?:st|nd|rd|th)?"
    r"(?:\s(?:to|thru|through|till|until|&)\s|\s?[-–]\s?)$"
)

MONTHS: tuple[_Rule, ...] = (
    # (the last full stop ends the sentence too)
    (
        rf"(?P<month>{_SHORT_MONTHS})"
        r"(?:\.?(?=(?P<year>\s(?:19|20)\d\d)(?!\w|[.,:/-]\d))|\.(?=[,;?!])|(?=\.$))",
        _month_of,
    ),
    (rf"(?<!\w)(?P<month>{_SHORT_MONTHS})\.?(?=\s\d{{1,2}}(?:st|nd|rd|th)?\b)", _month),
    (rf"(?:(?<=\d\s)|(?<=\d[snrt][tdh]\s))(?P<month>{_SHORT_MONTHS})\b\.?", _month),
    (rf"(?<![\w-])(?P<month>{_ALWAYS}|feb|apr|aug|sept?|oct|nov|dec)(?={_DAY}{_COUNTED})", _month),
    # "may" and "march" are verbs too: only after a word for a date, or before a year.
    (
        r"(?:(?<=\b[Oo]n )|(?<=\bby )|(?<=\buntil )|(?<=\btill )|(?<=\bbefore )|(?<=\bafter )"
        r"|(?<=\bfrom )|(?<=\bsince )|(?<=\bdue )|(?<=\bfor )|(?<=\bbetween )|(?<=\bdates )"
        r"|(?<=\bleaving )|(?<=\breturning )|(?<=\bdate of )"
        r"|(?<=nday )|(?<=sday )|(?<=iday )|(?<=rday )"
        r"|(?<=nday, )|(?<=sday, )|(?<=iday, )|(?<=rday, ))"
        rf"(?P<month>may|march)(?={_DAY}{_COUNTED})",
        _month,
    ),
    (rf"(?<=\bto )(?P<month>may)(?={_DAY}{_COUNTED})", _month),
    (
        r"(?:(?<=\bto )|(?<=\bthrough )|(?<=\buntil )|(?<=\band )|(?<=\bor ))"
        rf"(?P<month>may|march)(?={_DAY}{_COUNTED})",
        _march_again,
    ),
    (rf"(?<![\w-])(?P<month>may|march)(?={_DAY}{_YEAR})", _month),
    (
        rf"(?<![\w-])(?P<month>may|march)(?={_DAY}\s(?:to|through|until)\s(?i:{_ALWAYS}|may|march)"
        r"\s\d)",
        _month,
    ),
    (
        rf"(?:(?<=\d\s)|(?<=\d[snrt][tdh]\s))(?P<month>{_ALWAYS})"
        r"(?=$|[,.;!?]|\s(?:at|and|to|in|for)\b)",
        _month,
    ),
    (
        r"(?:(?<=\d\s)|(?<=\d[snrt][tdh]\s))"
        rf"(?P<month>{_ALWAYS}|may|march)(?=\s(?:19|20)\d\d(?!\d))",
        _month,
    ),
    (rf"(?<![\w.,:/]){_PLAIN_DAY}{_COUNTED}", _day_of_a_span),
    date_dash("|".join((*MONTH_NAMES, *_SHORT_MONTHS.split("|"))), "to"),
    # May 30-June 2
    (rf"\s?[-–]\s?(?=(?:{'|'.join(MONTH_NAMES)})\s\d)", _dash_of_dates),
)

_STREETS = {"Ave": "Avenue", "Rd": "Road", "Ln": "Lane", "Blvd": "Boulevard", "Hwy": "Highway"}


def _street(match: re.Match[str]) -> str:
    """Pennsylvania Ave -> "Pennsylvania Avenue", but "Ave Maria"."""
    named = re.search(r"(?:\S\s[A-Z][a-z]+|\d(?:st|nd|rd|th))\s$", match.string[: match.start()])
    return _STREETS[match["short"]] if named else match[0]


STREETS: tuple[_Rule, ...] = (
    (r"(?<!\w)[Aa]pt(?=\s#?\d)", lambda m: "apartment"),
    # A ZIP code after its state, digit by digit: "New York, NY 10118"
    (r"(?<=, [A-Z]{2} )\d{5}(?:-\d{4})?(?![\w-])", lambda m: " ".join(m[0].replace("-", ""))),
    (rf"(?<!\w)(?P<short>{'|'.join(_STREETS)})(?=[,;!?]|\s[a-z\d]|$)", _street),
)
