"""Numbers, times and the like as they may stand in a sentence, in digits and in words.

Texts are `Letters.chars`; each function gives (end, canonical value) for what begins at a place.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from fractions import Fraction

from corpusforge.grammar.heard import heard
from corpusforge.grammar.matching_text import Letters
from corpusforge.grammar.number_words import number_words
from corpusforge.grammar.pack import NumberRange
from corpusforge.grammar.series import Series

__all__ = ["in_digits", "in_series", "in_words", "index_of"]

_WHOLE = re.compile(r"-?[0-9]+")
_DECIMAL = re.compile(r"-?[0-9]+(?:[.,][0-9]+)?")


def in_digits(numbers: NumberRange, chars: str, at: int) -> Iterator[tuple[int, str]]:
    """Each beginning of a run of digits: more digits may come from the words that follow."""
    run = (_DECIMAL if numbers.decimals else _WHOLE).match(chars, at)
    for end in range(at + 1, run.end() + 1 if run else 0):
        written = chars[at:end].replace(",", ".")
        if written[-1].isdecimal():
            index = index_of(numbers, Fraction(written))
            if index is not None:
                yield end, numbers.number(index)[1]


def in_words(numbers: NumberRange, chars: str, at: int, lang: str) -> Iterator[tuple[int, str]]:
    """Numbers in words; they may end inside a word."""
    if chars[at : at + 1].isalpha():
        words = number_words(lang, numbers)
        for end in range(at + 1, min(len(chars), at + words.longest) + 1):
            index = words.numbers.get(chars[at:end])
            if index is not None:
                yield end, numbers.number(index)[1]


def in_series(series: Series, chars: str, at: int) -> Iterator[tuple[int, str]]:
    """Times and the like, whole words only."""
    if not _inside(chars, at):
        for end, value in heard(series, _as_compared).read(chars, at):
            if not _inside(chars, end):
                yield end, value


def index_of(numbers: NumberRange, number: Fraction) -> int | None:
    """The index of a number in a range, None when it is not among its numbers."""
    for decimal in range(1 + len(numbers.decimals)):
        tenth = Fraction(int(numbers.decimals[decimal - 1]), 10) if decimal else Fraction(0)
        whole = number - tenth
        if whole.denominator != 1 or not numbers.first <= whole <= numbers.last:
            continue
        steps, rest = divmod(int(whole) - numbers.first, numbers.step)
        index = steps * (1 + len(numbers.decimals)) + decimal
        if not rest and index < len(numbers):
            return index
    return None


def _as_compared(text: str) -> str:
    return Letters(text).chars


def _inside(chars: str, at: int) -> bool:
    """Say whether a place is inside a word; Han and kana have no spaces between words."""
    before, after = chars[at - 1 : at], chars[at : at + 1]
    return before.isalpha() and after.isalpha() and max(before, after) < "\u2e80"
