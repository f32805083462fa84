"""English as in Great Britain: "one hundred and one", days before months, "oh double five"."""

from __future__ import annotations

from dataclasses import replace

from corpusforge.speech.locale import Unit
from corpusforge.speech.locales import en
from corpusforge.speech.numbers import Numbers


def _date(day: int, month: int, year: int | None, numbers: Numbers) -> str:
    name = en.MONTH_NAMES[month - 1]
    said = f"the {numbers.ordinal(day)} of {name}"
    return f"{said} {numbers.year(year)}" if year is not None else said


def _british(name: str) -> str:
    return name.replace("meter", "metre").replace("liter", "litre")


_METRES = {
    sign: Unit(_british(unit.one), _british(unit.many)) for sign, unit in en.LOCALE.units.items()
}

LOCALE = replace(
    en.LOCALE,
    hundred_and=True,
    zero="oh",
    double="double",
    day_first=True,
    date=_date,
    time_cue="at",
    units=_METRES,
)
