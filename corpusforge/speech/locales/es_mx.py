"""Spanish as in Mexico: the decimal point, pesos for "$", the first day of a month as "primero"."""

from __future__ import annotations

from dataclasses import replace

from corpusforge.speech.locale import unit
from corpusforge.speech.locales import es
from corpusforge.speech.numbers import Numbers


def _date(day: int, month: int, year: int | None, numbers: Numbers) -> str:
    first = "primero" if day == 1 else numbers.alone(day)
    said = f"{first} de {es.MONTH_NAMES[month - 1]}"
    return said if year is None else f"{said} de {numbers.year(year)}"


_PESO = unit("peso")

LOCALE = replace(
    es.LOCALE,
    decimal=".",
    group=",",
    point="punto",
    currencies={**es.LOCALE.currencies, "$": _PESO},
    units={**es.LOCALE.units, "$": _PESO},
    symbols={**es.LOCALE.symbols, "$": "pesos"},
    date=_date,
    dates=(
        (
            rf"(?<![\w.,:/-])(?P<said>(?P<day>0?1))(?=\sde\s(?i:{'|'.join(es.MONTH_NAMES)})(?!\w))",
            lambda m, n: "primero",
        ),
    ),
)
