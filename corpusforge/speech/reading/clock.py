"""Times of day, alone and from one to another."""

from __future__ import annotations

import re
from datetime import time

from corpusforge.core.cldr import Cldr
from corpusforge.core.said import Clock, Usage
from corpusforge.speech.locale import Locale
from corpusforge.speech.numbers import Numbers
from corpusforge.speech.reading.trace import Part, Step, joined

__all__ = ["clock_steps"]

_START = r"(?<![\w:.,/-])"
_NIGHT = time(23, 59)


class _Reader:
    """The readings of matches; groups of the second time of a range end in 2."""

    def __init__(self, locale: Locale, numbers: Numbers, usage: Usage, data: Cldr) -> None:
        self.locale, self.numbers, self.usage, self.data = locale, numbers, usage, data

    def said(
        self, match: re.Match[str], place: str, suffix: str, *, alone: bool = False
    ) -> list[Part]:
        """Words for one time; what follows it is a part of its own where it is said last."""
        written = match["minute" + place]
        hour, minute = int(match["hour" + place]), int(written or 0)
        start, end = match.start("hour" + place), match.end("hour" + place)
        if written is not None:
            end = match.end("minute" + place)
        if written is None and not alone and not suffix:
            return [Part(self.numbers.cardinal(hour), start, end)]
        said, last = self._words(hour, minute, suffix)
        if not last or not match["suffix" + place]:
            return [Part(f"{said} {last}".strip(), start, end)]
        return [Part(said, start, end), Part(last, *match.span("suffix" + place))]

    def _words(self, hour: int, minute: int, suffix: str) -> tuple[str, str]:
        """Words for a time, and those that stand for its suffix."""
        letter = suffix[:1].casefold()
        twelve = letter in ("a", "p") and "m" in suffix.casefold()
        if twelve and hour <= 12:
            hour = hour % 12 + 12 * (letter == "p")
        at = time(hour % 24, minute)
        period, night = self.data.day_period(at), self.data.day_period(_NIGHT)
        said = self.usage.time(Clock(hour, minute, twelve, period, night), self.numbers.numerals)
        for last in (period, night, "AM", "PM", suffix, *self.locale.time_words):
            if last and said.casefold().endswith(f" {last.casefold()}"):
                return said[: -len(last) - 1], said[-len(last) :]
        return said, ""

    def is_time(self, match: re.Match[str], place: str, *, suffix: bool) -> bool:
        """Whether it is one: "2.50" is only before a suffix, "7" too."""
        hour, minute = int(match["hour" + place]), int(match["minute" + place] or 0)
        mark = (match["mark" + place] or ".").strip()
        return (suffix or mark != ".") and hour * 60 + minute <= 24 * 60

    def single(self, match: re.Match[str]) -> str | list[Part]:
        suffix = match["suffix"] or ""
        if not self.is_time(match, "", suffix=bool(suffix)):
            return match[0]
        return joined(self.said(match, "", suffix, alone=True))

    def after_cue(self, match: re.Match[str]) -> str | list[Part]:
        return match[0] if int(match["hour"]) > 24 else self.said(match, "", "", alone=True)

    def span(self, match: re.Match[str]) -> str | list[Part]:
        first, second = match["suffix"] or "", match["suffix2"] or ""
        if not all(self.is_time(match, p, suffix=bool(first or second)) for p in ("", "2")):
            return match[0]
        # "7:30-8 am": the suffix of the end is that of the start, and is said once.
        to = Part(self.locale.to, *match.span("dash"))
        return joined([*self.said(match, "", first), to, *self.said(match, "2", second)])

    def exact(self, match: re.Match[str]) -> str | list[Part]:
        seconds, second = int(match["second"]), self.locale.second
        if int(match["hour"]) > 23:
            return match[0]
        parts = self.said(match, "", match["suffix"] or "")
        if seconds:
            number = self.numbers.before(seconds, feminine=second.feminine)
            said = f"{self.locale.conjunction} {number} {second.named(seconds)}"
            parts.append(Part(said, *match.span("second")))
        return joined(parts)


def clock_steps(locale: Locale, numbers: Numbers, usage: Usage, data: Cldr) -> list[Step]:
    """Times of day, alone and from one to another; what is no time loses its colon."""
    suffix = rf"(?:\s?(?P<suffix{{0}}>(?i:{locale.time_suffix})))?"
    one = (
        rf"(?P<hour{{0}}>\d{{{{1,2}}}})(?:(?P<mark{{0}}>{locale.time_mark})"
        r"(?P<minute{0}>[0-5]\d)(?![\d:]))?"
    ) + suffix
    reader = _Reader(locale, numbers, usage, data)
    exact = (
        _START + r"(?P<hour>\d{1,2}):(?P<minute>[0-5]\d):(?P<second>[0-5]\d)(?![\d:])"
    ) + suffix.format("")
    span = _START + one.format("") + r"\s?(?P<dash>[-–])\s?" + one.format("2")
    steps: list[Step] = [
        (re.compile(exact), reader.exact),
        (re.compile(span), reader.span),
        (re.compile(_START + one.format("")), reader.single),
    ]
    if locale.time_cue:
        cue = (
            rf"(?<={locale.time_cue} )(?P<hour>\d{{1,2}})\.(?P<minute>[0-5]\d)(?P<suffix>)(?![\d.])"
        )
        steps.append((re.compile(cue), reader.after_cue))
    return steps
