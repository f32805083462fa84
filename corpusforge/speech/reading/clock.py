"""Times of day, alone and from one to another."""

from __future__ import annotations

import re

from corpusforge.speech.locale import Locale
from corpusforge.speech.numbers import Numbers
from corpusforge.speech.reading.trace import Part, Step, joined

__all__ = ["clock_steps"]

_START = r"(?<![\w:.,/-])"


class _Clock:
    """The readings of matches; groups of the second time of a range end in 2."""

    def __init__(self, locale: Locale, numbers: Numbers) -> None:
        self.locale, self.numbers = locale, numbers

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
        said = self.locale.time(hour, minute, suffix, self.numbers.cardinal)
        words, _, last = said.rpartition(" ")
        if self.locale.suffix_last and suffix and words:
            return [Part(words, start, end), Part(last, *match.span("suffix" + place))]
        return [Part(said, start, end)]

    def is_time(self, match: re.Match[str], place: str, *, suffix: bool) -> bool:
        """Whether it is one: "2.50" is only before a suffix, "7" too."""
        hour, minute = int(match["hour" + place]), int(match["minute" + place] or 0)
        marked = suffix or match["mark" + place] == ":"
        return marked and hour * 60 + minute <= 24 * 60

    def single(self, match: re.Match[str]) -> str | list[Part]:
        suffix = match["suffix"] or ""
        if not self.is_time(match, "", suffix=bool(suffix)):
            return match[0]
        return joined(self.said(match, "", suffix, alone=True))

    def span(self, match: re.Match[str]) -> str | list[Part]:
        first, second = match["suffix"] or "", match["suffix2"] or ""
        if not all(self.is_time(match, p, suffix=bool(first or second)) for p in ("", "2")):
            return match[0]
        # "7:30-8 am": the suffix of the end is that of the start, and is said once.
        to = Part(self.locale.to, *match.span("dash"))
        return joined([*self.said(match, "", first), to, *self.said(match, "2", second)])

    def exact(self, match: re.Match[str]) -> str:
        if int(match["hour"]) > 23:
            return match[0]
        clock = "".join(p.text for p in joined(self.said(match, "", match["suffix"] or "")))
        seconds = int(match["second"])
        unit = self.locale.second.named(seconds)
        number = self.numbers.cardinal(seconds)
        if seconds == 1:
            number = self.locale.one[self.locale.second.feminine]
        return f"{clock} {self.locale.conjunction} {number} {unit}" if seconds else clock


def clock_steps(locale: Locale, numbers: Numbers) -> list[Step]:
    """Times of day, alone and from one to another; what is no time loses its colon."""
    suffix = rf"(?:\s?(?P<suffix{{0}}>(?i:{locale.time_suffix})))?"
    one = r"(?P<hour{0}>\d{{1,2}})(?:(?P<mark{0}>[:.])(?P<minute{0}>[0-5]\d)(?![\d:]))?" + suffix
    clock = _Clock(locale, numbers)
    exact = (
        _START + r"(?P<hour>\d{1,2}):(?P<minute>[0-5]\d):(?P<second>[0-5]\d)(?![\d:])"
    ) + suffix.format("")
    span = _START + one.format("") + r"\s?(?P<dash>[-–])\s?" + one.format("2")
    return [
        (re.compile(exact), clock.exact),
        (re.compile(span), clock.span),
        (re.compile(_START + one.format("")), clock.single),
    ]
