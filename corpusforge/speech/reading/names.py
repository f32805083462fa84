"""What only looks like a number or a symbol: names, abbreviations, addresses, codes, ordinals."""

from __future__ import annotations

import re

from corpusforge.speech.locale import Locale
from corpusforge.speech.numbers import Numbers
from corpusforge.speech.reading.groups import AFTER_MONEY, CALLED, group_steps, iban_step
from corpusforge.speech.reading.marks import full_stop_step
from corpusforge.speech.reading.quantities import amounts
from corpusforge.speech.reading.trace import Part, Replace, Step, joined, spaced

__all__ = ["VULGAR", "code_steps", "name_steps", "ordinal_steps", "plain_step"]

# Within numbers: the engine knows its language better than a rule for all of them does.
_PLAIN_NUMBER = re.compile(r"(?<![\w.,:/-])\d+(?!\w|[.,:/-]\d)")
_PHONE = re.compile(
    r"(?<![\w.,:/+-])(?:"
    r"\+\d{1,3}(?:[ -]?\(0\))?(?:[ -]?\(?\d{1,8}\)?){1,6}"  # +49 30 1234567
    r"|\(\d{2,5}\) ?\d{3,8}(?:[ -]\d{2,8}){0,3}"  # (555) 123-4567
    r"|(?<!\d )0\d{1,4}[ /-]\d{3,8}(?:[ -]\d{2,8}){0,3}"  # 0800 123 456
    r"|1-\d{3}-\d{3}-\d{4}"
    r"|\d{3}[ -]\d{3}[ -]\d{4}|\d{3}\.\d{3}\.\d{4}"  # 555 123 4567
    r"|(?P<few>(?<!\d )[2-9]\d\d (?!(?:19|20)\d\d [^\W\d_])\d{4})(?! \d)"  # 555 1234
    r"|(?P<first>\d{3,})-(?P<last>\d{3,})(?!-)"  # 555-0123
    r"|\d{3,}(?:-\d{3,}){2,}"
    r")(?![\w-]|[.,:/]\d)"
)
_DOTTED = re.compile(r"(?<![\w.,])\d+(?:\.\d+){2,}(?![\w]|[.,]\d)")
_VERSION = re.compile(
    r"(?<!\w)(?:[vV]\.?\s?|(?P<word>[Vv]ersi[oó]n\s))(?P<number>\d+(?:\.\d+)+)(?!\w|[.,]\d)"
)
_EMAIL = re.compile(r"(?<![\w.@-])[\w.+-]*\w@[\w-]+(?:\.[\w-]+)*\.[a-zA-Z]{2,}(?!\w)")
_DOMAINS = "com|org|net|edu|gov|io|ai|app|dev|info|eu|de|at|ch|fr|be|es|mx|ar|uk|us|ca|tv|co"
_URL = re.compile(
    r"(?<![\w.@/-])(?:https?://)?(?:[\w-]+\.)+"
    rf"(?:{_DOMAINS})(?![\w@-]|\.\w)(?:/[\w./~-]*[\w/~])?"
)
_ADDRESS_PIECE = re.compile(r"\d+|[^\W\d_]+|.")
_FLIGHT = r"(?<!\w)(?P<letters>[A-Z]{2})(?P<gap>[ -]?)(?P<digits>\d{2,4})(?!\w|[.,:/-]\d)"
_CODE = r"(?<!\w)(?P<letters>[A-Z]{2})(?P<digits>\d{3,4})(?!\w|[.,:/-]\d)"
VULGAR = {"½": "1/2", "⅓": "1/3", "⅔": "2/3", "¼": "1/4", "¾": "3/4", "⅛": "1/8"}
"""Fractions that are one character."""
_VULGAR_PATTERN = re.compile(f"(?:(?<=\\d)\\s)?[{''.join(VULGAR)}]")


def plain_step(numbers: Numbers) -> Step:
    """Numbers that stand alone, for languages without a table."""
    return _PLAIN_NUMBER, spaced(lambda m: numbers.integer(m[0], year=False))


def name_steps(locale: Locale, numbers: Numbers) -> list[Step]:
    """Names, addresses and abbreviations."""
    address = _address(locale, numbers)
    abbreviations = {name.casefold(): words for name, words in locale.abbreviations.items()}
    short = "|".join(re.escape(name) for name in sorted(abbreviations, key=len, reverse=True))
    names = "|".join(re.escape(name) for name in locale.names)
    return [
        (_EMAIL, address),
        (_URL, address),
        (re.compile(rf"(?<![\w/])(?:{names})(?![\w/])"), lambda m: locale.names[m[0]]),
        full_stop_step(locale),
        *((re.compile(pattern), said) for pattern, said in locale.special),
        (
            re.compile(rf"(?<![\w.])(?:{short})(?!\w)", re.IGNORECASE),
            lambda m: abbreviations[m[0].casefold()],
        ),
        (re.compile(r"#\s?(?=\d)"), lambda m: f" {locale.number_sign} "),
        (_VULGAR_PATTERN, spaced(lambda m: VULGAR[m[0][-1]])),
    ]


def _address(locale: Locale, numbers: Numbers) -> Replace:
    """E-mail and web addresses: "joe@mail.com" -> "joe at mail dot com"."""
    marks = {
        ".": locale.web_dot,
        "@": locale.symbols["@"],
        "/": locale.slash,
        "-": locale.dash,
        "_": locale.underscore,
        "+": locale.symbols["+"],
    }

    def step(match: re.Match[str]) -> str:
        text = re.sub(r"^https?://|/$", "", match[0])
        said = []
        for piece in _ADDRESS_PIECE.findall(text):
            if piece.isdecimal():
                said.append(numbers.integer(piece, year=False))
            else:
                said.append("w w w" if piece.casefold() == "www" else marks.get(piece, piece))
        return " ".join(said)

    return step


def code_steps(locale: Locale, numbers: Numbers) -> list[Step]:
    """Phone and version numbers, flights, and what is said digit by digit."""
    dot = f" {locale.dot} "

    counted = amounts(locale)

    def phone(match: re.Match[str]) -> str:
        first, last = match["first"] or "", match["last"] or ""
        if (match["few"] or first) and _is_amount(match):
            return match[0]
        # "100-200", "500-1000": from one to the other
        is_span = (len(first) == len(last) < 5 and first < last) or (
            len(last) == 4 and first.endswith("00") and last.endswith("00")
        )
        if (match["few"] or is_span) and not CALLED.search(match.string[: match.start()]):
            return match[0]
        plus = f"{locale.symbols['+']} " if match[0][0] == "+" else ""
        return plus + numbers.phone(re.sub(r"\(0\)|\D", "", match[0]))

    def _is_amount(match: re.Match[str]) -> bool:
        """A price or a measure: "$555-1234", "100-2000 m"."""
        before, start = match.string[: match.start()], match.end()
        return bool(AFTER_MONEY.search(before) or counted.match(match.string, start))

    def dotted(written: str) -> str:
        return dot.join(numbers.integer(part, year=False) for part in written.split("."))

    def version(match: re.Match[str]) -> str | list[Part]:
        number = Part(dotted(match["number"]), *match.span("number"))
        if match["word"]:
            return [Part(match["word"], *match.span("word")), number]
        return joined([Part(locale.version, match.start(), match.start("number")), number])

    def spelled(match: re.Match[str]) -> list[Part]:
        start, end = match.span("digits")
        return [
            Part(match.string[match.start() : start], match.start(), start),
            Part(numbers.digits(match["digits"]), start, end),
        ]

    def flight(match: re.Match[str]) -> list[Part]:
        letters = Part(" ".join(match["letters"]), *match.span("letters"))
        return joined([letters, Part(numbers.digits(match["digits"]), *match.span("digits"))])

    words = "|".join(locale.spelled)
    cue = rf"(?<!\w)(?i:{words})(?:\s[^\W\d]{{2,6}})?[\s:]\s?(?P<digits>\d{{3,}})(?!\w|[.,:/-]\d)"
    flights = "|".join(rf"(?<={word}\s)" for word in locale.flight)
    return [
        (_VERSION, version),
        iban_step(numbers),
        (_PHONE, phone),
        *group_steps(locale, numbers),
        # (where dots group thousands, 1.000.000 is a number)
        (_DOTTED, lambda m: m[0] if numbers.parts(m[0])[2] else dotted(m[0])),
        (re.compile(cue), spelled),
        (re.compile(rf"(?:{flights}){_FLIGHT}"), flight),
        (re.compile(_CODE), flight),
    ]


def ordinal_steps(locale: Locale, numbers: Numbers) -> list[Step]:
    """Ordinals in digits: "3rd", "3.", "3e"."""
    if not locale.ordinal:
        return []

    def ordinal(match: re.Match[str]) -> str:
        form = locale.ordinal_form(match)
        return numbers.ordinal(int(match["ordinal"]), form) if form else match[0]

    return [(re.compile(locale.ordinal), spaced(ordinal))]
