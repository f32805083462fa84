"""Lists with bounds: `time`, `date`, `money`, `duration`, and `range` with `forms`.

Reads their YAML, whose structure has been checked, and makes a `Series`. What a value looks like
in a sentence is CLDR's; how it is said is CLDR's as far as that goes, and else that of `said`.
Canonical values are ISO 8601 ("07:30", "2027-03-05", "PT5M"), "12.50 EUR", or a plain number.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator, Mapping
from typing import Any

from corpusforge.core.cldr import Cldr, cldr
from corpusforge.core.errors import InputError
from corpusforge.grammar.bounds import Bounds
from corpusforge.grammar.cldr_dates import dates
from corpusforge.grammar.cldr_money import amounts, durations
from corpusforge.grammar.cldr_numbers import numbers, ordinals
from corpusforge.grammar.cldr_times import times
from corpusforge.grammar.pack import NumberRange, Source
from corpusforge.grammar.series import Said, Series

__all__ = ["KINDS", "read_numbers", "read_series"]

_MAKERS = {"time": times, "date": dates, "money": amounts, "duration": durations}

KINDS = tuple(_MAKERS)
"""Keys of a list with bounds."""


def read_series(name: str, kind: str, body: Mapping[str, Any], where: Source, lang: str) -> Series:
    """The values of a list.

    Args:
        name: Of the list.
        kind: One of `KINDS`.
        body: What stands under that key.
        where: Place of the body.
        lang: BCP-47 tag.

    Raises:
        InputError: For bounds that make no sense, a language without data, too many values.
    """
    bounds = Bounds(name, body, where, lang, _data(name, where, lang))
    forms = _collected(_MAKERS[kind](bounds))
    return Series(_spec(lang, kind, body), forms, tuple(_heard(bounds, forms)))


def read_numbers(
    name: str, numbers_of: NumberRange, body: Mapping[str, Any], where: Source, lang: str
) -> Series:
    """The numbers of a `range` that has `forms`.

    Raises:
        InputError: As `read_series`.
    """
    bounds = Bounds(name, body, where, lang, _data(name, where, lang))
    forms = _collected(numbers(bounds, numbers_of))
    heard: tuple[tuple[str, str], ...] = ()
    if "ordinal" in body["forms"]:
        heard = tuple(ordinals(numbers_of, lang))
    return Series(_spec(lang, "range", body), forms, heard, numbers_of)


def _spec(lang: str, kind: str, body: Mapping[str, Any]) -> str:
    return json.dumps([lang, kind, body], sort_keys=True, default=str)


def _data(name: str, where: Source, lang: str) -> Cldr:
    at = where.document.key_position(where.path)
    if lang == "und":
        raise InputError(
            f"the list {{{name}}} needs a language",
            position=at,
            hint="write 'language:' at the top of the file, for example language: en",
        )
    try:
        return cldr(lang)
    except LookupError:
        raise InputError(
            f"the list {{{name}}}: CLDR does not know the language {lang!r}",
            position=at,
            hint="write the values out under 'values:'",
        ) from None


def _collected(
    made: Iterable[tuple[str, list[Said]]],
) -> tuple[tuple[Said, ...], ...]:
    """The forms, every text once."""
    seen: set[tuple[str, str]] = set()
    forms: list[tuple[Said, ...]] = []
    for _, texts in made:
        kept = {said[:2]: said for said in texts if said[:2] not in seen}
        seen.update(kept)
        forms.append(tuple(kept.values()))
    return tuple(filter(None, forms))


def _heard(bounds: Bounds, forms: Iterable[tuple[Said, ...]]) -> Iterator[tuple[str, str]]:
    """The words of all texts, also as recognisers write them."""
    for form in forms:
        for said in form:
            if said.spoken:
                yield said.spoken, said.value
                yield bounds.letters(said.spoken), said.value
