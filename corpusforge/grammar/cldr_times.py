"""Lists of times of day."""

from __future__ import annotations

import re
from collections.abc import Iterator
from datetime import time

from corpusforge.core.said import Clock
from corpusforge.grammar.bounds import Bounds
from corpusforge.grammar.series import Said

__all__ = ["times"]

_TIME = re.compile(r"(\d{1,2}):(\d\d)")


def times(bounds: Bounds) -> Iterator[tuple[str, list[Said]]]:
    """The forms of the times, each with its texts.

    Raises:
        InputError: For a time that is none, `to` before `from`, a form that the language has not.
    """
    first, last = _read(bounds, "from", "00:00"), _read(bounds, "to", "23:59")
    if first > last:
        raise bounds.ends_before(_iso(first), _iso(last))
    minutes = range(first, last + 1, bounds.body.get("step_min", 15))
    style = bounds.body.get("style", "")
    if style == "both":
        styles = [bounds.data.twelve_hours, not bounds.data.twelve_hours]
    else:
        styles = [style == "12h" if style else bounds.data.twelve_hours]
    for form in bounds.forms("digits"):
        texts = [
            said
            for twelve in (styles[:1] if form == "colloquial" else styles)
            for minute in minutes
            for said in _said(bounds, form, minute, twelve)
        ]
        if not texts:
            why = "writes none of these times"
            hint = "'hour' needs full hours, and a word beside them: it may need 'style: 12h'"
            if form == "colloquial":
                hint = "'colloquial' needs minutes that are multiples of 5"
            raise bounds.no_form(form, why, hint)
        yield form, texts


def _read(bounds: Bounds, key: str, default: str) -> int:
    """A time in minutes."""
    given = bounds.body.get(key, default)
    match = _TIME.fullmatch(given)
    if match is None or int(match[1]) > 23 or int(match[2]) > 59:
        hint = 'expected hours and minutes from 00:00 to 23:59, as in "06:30"'
        raise bounds.error(f"{given!r} is no time of day", key, hint=hint)
    return int(match[1]) * 60 + int(match[2])


def _iso(minute: int) -> str:
    return f"{minute // 60:02}:{minute % 60:02}"


def _said(bounds: Bounds, form: str, minute: int, twelve: bool) -> Iterator[Said]:
    data, when = bounds.data, time(*divmod(minute, 60))
    spoken = _spoken(bounds, when, twelve)
    if form == "digits":
        yield Said(data.clock(when, twelve=twelve), _iso(minute), spoken)
    elif form == "hour":
        text = "" if when.minute else data.hour(when, twelve=twelve)
        if text:
            yield Said(text, _iso(minute), spoken)
    elif bounds.usage is None:
        raise bounds.no_words(form)
    elif form == "words":
        yield Said(bounds.letters(spoken), _iso(minute), spoken)
    else:
        assert data.numerals is not None, "languages with usage have number words"
        text = bounds.usage.colloquial(_clock(bounds, when, twelve), data.numerals)
        if text:
            yield Said(text, _iso(minute), text)


def _spoken(bounds: Bounds, when: time, twelve: bool) -> str:
    numerals = bounds.data.numerals
    if bounds.usage is None or numerals is None:
        return ""
    return bounds.usage.time(_clock(bounds, when, twelve), numerals)


def _clock(bounds: Bounds, when: time, twelve: bool) -> Clock:
    period, night = (bounds.data.day_period(at) for at in (when, time(23, 59)))
    return Clock(when.hour, when.minute, twelve, period, night)
