"""Numbers of a range in several forms: digits, words, ordinals."""

from __future__ import annotations

from collections.abc import Iterator
from decimal import Decimal

from corpusforge.core.cldr import Numerals
from corpusforge.grammar.bounds import Bounds
from corpusforge.grammar.pack import NumberRange
from corpusforge.grammar.series import Said

__all__ = ["numbers", "ordinals"]


def numbers(bounds: Bounds, numbers_of: NumberRange) -> Iterator[tuple[str, list[Said]]]:
    """The forms of the numbers, each with its texts.

    Digits have no spoken form: how "1" is said depends on the noun that follows.

    Raises:
        InputError: For a form that the language or the range cannot have.
    """
    bounds.check_size(len(numbers_of))
    tag = numbers_of.words_language or bounds.lang
    for form in bounds.forms("digits"):
        if form == "digits":
            yield form, [Said(text, value) for text, value in numbers_of.numbers()]
            continue
        try:
            numerals = Numerals(tag)
        except LookupError:
            why = f"is not possible: CLDR has no number words for the language {tag!r}"
            raise bounds.no_form(form, why) from None
        if form == "words":
            yield (
                form,
                [
                    Said(words, value, words)
                    for text, value in numbers_of.numbers()
                    for words in (numerals.alone(_exact(text)),)
                ],
            )
        else:
            yield form, list(_ordinals(bounds, numbers_of, numerals))


def _ordinals(bounds: Bounds, numbers_of: NumberRange, numerals: Numerals) -> Iterator[Said]:
    if numbers_of.first < 0 or numbers_of.decimals:
        raise bounds.no_form("ordinal", "needs whole numbers from 0 on")
    for text, value in numbers_of.numbers():
        try:
            words = numerals.ordinal(int(text))
        except LookupError:
            why = f"is not possible: CLDR has no ordinal of {text} for the language {bounds.lang!r}"
            raise bounds.no_form("ordinal", why) from None
        yield Said(words, value, words)


def ordinals(numbers_of: NumberRange, lang: str) -> Iterator[tuple[str, str]]:
    """All genders and cases of the ordinals of a range, with their values."""
    numerals = Numerals(numbers_of.words_language or lang)
    for text, value in numbers_of.numbers():
        yield from ((words, value) for words in numerals.ordinals(int(text)))


def _exact(text: str) -> int | Decimal:
    return Decimal(text) if "." in text else int(text)
