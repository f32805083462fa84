"""Lists of dates."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from datetime import date, timedelta

from corpusforge.grammar.bounds import Bounds
from corpusforge.grammar.series import Said

__all__ = ["dates"]

_ISO = re.compile(r"(\d{4})-(\d\d)-(\d\d)")
_FIELD = re.compile(r"d+|y+|M+|[^\W\d_]+")
# Form -> skeleton of CLDR.
_SKELETONS = {
    "day_month": "MMMMd",
    "weekday_day_month": "MMMMEEEEd",
    "day_month_year": "yMMMMd",
    "numeric": "yMd",
}
_WITHOUT_YEAR = ("day_month", "weekday_day_month")


def dates(bounds: Bounds) -> Iterator[tuple[str, list[Said]]]:
    """The forms of the dates, each with its texts.

    Raises:
        InputError: For dates that do not exist, `to` before `from`, dates without a year that
            come twice, a form that the language has not.
    """
    first, last = _read(bounds, "from"), _read(bounds, "to")
    if first > last:
        raise bounds.ends_before(first.isoformat(), last.isoformat())
    step = bounds.body.get("step_days", 1)
    bounds.check_size((last - first).days // step + 1)
    days = [first + timedelta(n) for n in range(0, (last - first).days + 1, step)]
    forms = bounds.forms("day_month")
    for form in forms:
        if form == "weekday":
            yield form, _weekdays(bounds, days)
        elif form == "words":
            shapes = [f for f in forms if f in _SKELETONS] or ["day_month"]
            yield form, [said for shape in shapes for said in _in_words(bounds, shape, days)]
        else:
            yield form, _in_digits(bounds, form, days)


def _read(bounds: Bounds, key: str) -> date:
    given = bounds.body[key]
    match = _ISO.fullmatch(given)
    if match is None:
        hint = "expected year, month and day, as in 2027-03-05"
        raise bounds.error(f"{given!r} is no date", key, hint=hint)
    try:
        return date(*map(int, match.groups()))
    except ValueError:
        raise bounds.error(f"the date {given} does not exist", key) from None


def _in_digits(bounds: Bounds, form: str, days: Sequence[date]) -> list[Said]:
    _refuse_two_years(bounds, form, days)
    pattern = bounds.data.date_pattern(_SKELETONS[form])
    first = pattern
    if bounds.usage is not None and bounds.usage.first and form != "numeric":
        first = _with_words(pattern, {"d": bounds.usage.first})
    return [
        Said(
            bounds.data.day(day, first if day.day == 1 else pattern),
            day.isoformat(),
            _spoken(bounds, form, day),
        )
        for day in days
    ]


def _in_words(bounds: Bounds, shape: str, days: Sequence[date]) -> Iterator[Said]:
    _refuse_two_years(bounds, shape, days)
    for day in days:
        spoken = _spoken(bounds, shape, day)
        if not spoken:
            raise bounds.no_words("words")
        yield Said(re.sub(r"[,،、]", "", spoken), day.isoformat(), spoken)


def _refuse_two_years(bounds: Bounds, form: str, days: Sequence[date]) -> None:
    if form in _WITHOUT_YEAR and len({(day.month, day.day) for day in days}) < len(days):
        raise bounds.no_form(
            form,
            "has no year, and the dates go over more than one",
            "use day_month_year or numeric, or bounds less than a year apart",
        )


def _weekdays(bounds: Bounds, days: Sequence[date]) -> list[Said]:
    """Any day of this name, as TimeML and Microsoft's recognisers write it: XXXX-WXX-5."""
    names = {day.isoweekday(): bounds.data.day(day, "EEEE") for day in days}
    return [Said(name, f"XXXX-WXX-{number}") for number, name in sorted(names.items())]


def _spoken(bounds: Bounds, form: str, day: date) -> str:
    """The pattern with words for its numbers, "" where they are not known."""
    usage = bounds.usage
    numerals = bounds.data.numerals if usage is not None else bounds.plain_numerals
    if numerals is None:
        return ""
    numeric = form == "numeric"
    by_number = numeric and usage is not None and usage.month_number
    skeleton = "yMMMMd" if numeric and usage is not None and not by_number else _SKELETONS[form]
    pattern = bounds.data.date_pattern(skeleton)
    if usage is None:
        if numeric or re.search(r"d\.", pattern):
            return ""  # the full stop makes an ordinal of it, in a case that is not known
        said = bounds.data.day(day, pattern)
        return re.sub(r"\d+", lambda m: numerals.cardinal(int(m[0])), said)
    before_month = pattern.find("d") < pattern.find("M")
    fields = {
        "d": usage.day(day.day, before_month, bounds.data.territory, numerals),
        "y": numerals.year(day.year),
    }
    if by_number:
        fields["M"] = numerals.ordinal(day.month, "n")
    return bounds.data.day(day, _with_words(pattern, fields))


def _with_words(pattern: str, fields: dict[str, str]) -> str:
    """A pattern whose fields of numbers are quoted words."""
    parts = pattern.split("'")
    for index in range(0, len(parts), 2):
        said = _FIELD.sub(
            lambda m: f"'{fields[m[0][0]]}'" if m[0][0] in fields else m[0], parts[index]
        )
        # an ordinal is words now; numeric dates get spaces for their full stops
        parts[index] = re.sub(r"(?<=')\.\s?", " ", said)
    return "'".join(parts).replace("''", "")
