"""What only looks like a number or a symbol: names, phone and version numbers, ordinals."""

from __future__ import annotations

import re

from corpusforge.speech.locale import Locale
from corpusforge.speech.numbers import Numbers
from corpusforge.speech.reading.quantities import units_pattern
from corpusforge.speech.reading.trace import Part, Step, joined, spaced

__all__ = ["VULGAR", "fraction_step", "name_steps", "plain_step"]

# Within numbers: the engine knows its language better than a rule for all of them does.
_PLAIN_NUMBER = re.compile(r"(?<![\w.,:/-])\d+(?!\w|[.,:/-]\d)")
_PHONE = re.compile(r"(?<![\w-])\d{3,}(?:-\d{3,})+(?![\w-])")
_DOTTED = re.compile(r"(?<![\w.,])\d+(?:\.\d+){2,}(?![\w]|[.,]\d)")
VULGAR = {"½": "1/2", "⅓": "1/3", "⅔": "2/3", "¼": "1/4", "¾": "3/4", "⅛": "1/8"}
"""Fractions that are one character."""
_VULGAR_PATTERN = re.compile(f"(?:(?<=\\d)\\s)?[{''.join(VULGAR)}]")


def plain_step(numbers: Numbers) -> Step:
    """Numbers that stand alone, for languages without a table."""
    return _PLAIN_NUMBER, spaced(lambda m: numbers.integer(m[0], year=False))


def name_steps(locale: Locale, numbers: Numbers) -> list[Step]:
    """What must be read before any number is."""
    names = "|".join(re.escape(name) for name in locale.names)
    steps: list[Step] = [
        (re.compile(rf"(?<!\w)(?:{names})(?!\w)"), lambda m: locale.names[m[0]]),
        (re.compile(r"#\s?(?=\d)"), lambda m: f" {locale.number_sign} "),
        (_VULGAR_PATTERN, spaced(lambda m: VULGAR[m[0][-1]])),
        (_PHONE, spaced(lambda m: numbers.digits(m[0].replace("-", "")))),
    ]
    if locale.date:

        def date(match: re.Match[str]) -> str:
            said = [numbers.ordinal(int(match[n]), locale.date_form) for n in ("day", "month")]
            return " ".join([*said, *([numbers.year(int(match["year"]))] if match["year"] else [])])

        steps.append((re.compile(locale.date), date))
    dot = f" {locale.dot} "
    steps.append((_DOTTED, lambda m: dot.join(numbers.cardinal(int(p)) for p in m[0].split("."))))
    if locale.ordinal:

        def ordinal(match: re.Match[str]) -> str:
            form = locale.ordinal_form(match)
            return numbers.ordinal(int(match["ordinal"]), form) if form else match[0]

        steps.append((re.compile(locale.ordinal), spaced(ordinal)))
    return steps


def fraction_step(locale: Locale, numbers: Numbers) -> Step:
    """Fractions with a slash: "2 1/2 cups"."""
    pattern = re.compile(
        r"(?<![\w.,:/-])(?:(?P<whole>\d{1,3})\s)?(?P<part>\d{1,2})/(?P<of>\d{1,2})(?![\w/.,]\d|\d|/)"
        rf"(?:\s?(?P<unit>{units_pattern(locale)})(?!\w))?"
    )

    def step(match: re.Match[str]) -> str | list[Part]:
        whole, unit = int(match["whole"] or 0), locale.units.get(match["unit"] or "")
        following = re.match(r"\s(\w+)", match.string[match.end() :])
        noun = unit.one if unit else following[1] if following else ""
        part, of = int(match["part"]), int(match["of"])
        said = locale.fraction(whole, part, of, noun, numbers.cardinal, numbers.ordinal)
        if not said:
            return match[0]
        start = match.start("whole" if match["whole"] else "part")
        number = Part(said, start, match.end("of"))
        if not unit:
            return [number]
        return joined([number, Part(unit.many if whole else unit.one, *match.span("unit"))])

    return pattern, step
