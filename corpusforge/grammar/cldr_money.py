"""Lists of amounts of money, and of durations: numbers with a noun."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from decimal import Decimal

from corpusforge.core.cldr import currencies
from corpusforge.core.errors import InputError
from corpusforge.core.said import Noun, Usage
from corpusforge.grammar.bounds import Bounds
from corpusforge.grammar.series import Said

__all__ = ["amounts", "durations"]

_ISO_UNITS = {
    "second": "PT{}S",
    "minute": "PT{}M",
    "hour": "PT{}H",
    "day": "P{}D",
    "week": "P{}W",
    "month": "P{}M",
    "year": "P{}Y",
}


def amounts(bounds: Bounds) -> Iterator[tuple[str, list[Said]]]:
    """The forms of the amounts, each with its texts; nothing at all is no amount.

    Raises:
        InputError: For `to` before `from`, a currency that is none, hundredths that it has not,
            a form that the language has not.
    """
    whole, currency = _steps(bounds), bounds.body["currency"]
    known = currencies()
    if currency not in known:
        raise InputError(
            f"the list {{{bounds.name}}}: there is no currency {currency!r}",
            position=bounds.at("currency"),
            given=currency,
            allowed=_likely(known, currency),
            hint="and all other codes of ISO 4217",
        )
    digits = bounds.data.currency_digits(currency)
    cents = bounds.body.get("cents", [0])
    for index, cent in enumerate(cents):
        if cent and digits != 2:
            why = f"{currency} has no hundredths, {cent} cannot be one"
            raise bounds.error(why, "cents", index)
    bounds.check_size(len(whole) * len(set(cents)))
    values = [
        Decimal(units) + Decimal(cent) / 100
        for units in whole
        for cent in sorted(set(cents))
        if units or cent
    ]
    for form in bounds.forms("digits"):
        yield form, [_amount(bounds, form, value, currency, digits) for value in values]


def durations(bounds: Bounds) -> Iterator[tuple[str, list[Said]]]:
    """The forms of the durations, each with its texts.

    Raises:
        InputError: For `to` before `from`, and a form that the language has not.
    """
    unit = bounds.body["unit"]
    for form in bounds.forms("digits"):
        yield form, [_duration(bounds, form, number, unit) for number in _steps(bounds)]


def _steps(bounds: Bounds) -> range:
    first, last = bounds.body["from"], bounds.body["to"]
    if first > last:
        raise bounds.ends_before(str(first), str(last))
    return range(first, last + 1, bounds.body.get("step", 1))


def _likely(known: Sequence[str], given: str) -> Sequence[str]:
    """The codes to show: the most used ones, and those that begin alike."""
    usual = ("EUR", "USD", "GBP", "JPY", "CHF", "INR", "CNY", "BRL", "MXN", "SEK")
    return [code for code in known if code in usual or code[:2] == given[:2].upper()]


def _amount(bounds: Bounds, form: str, value: Decimal, currency: str, digits: int) -> Said:
    data = bounds.data
    canonical = f"{value:.{digits}f} {currency}"
    usage, noun = bounds.usage, None
    if usage is not None and form != "name" and data.currency_sign(currency) in ("$", "£"):
        noun = usage.nouns.get(currency)
    if usage is not None:
        spoken = _money_words(bounds, usage, value, currency, noun)
    else:
        spoken = _plain_money_words(bounds, value, currency)
    if form == "digits":
        return Said(data.money(value, currency), canonical, spoken)
    if form == "name":
        return Said(data.money_name(value, currency), canonical, spoken)
    if not spoken:
        raise bounds.no_words(form)
    return Said(spoken, canonical, spoken)


def _plain_money_words(bounds: Bounds, value: Decimal, currency: str) -> str:
    """The amount with the currency's name, its number in words; "" where they are inflected."""
    if bounds.plain_numerals is None or value != value.to_integral():
        return ""  # (the "・" of Japanese decimals is no word)
    words = bounds.plain_numerals.cardinal(int(value))
    return _replaced(bounds.data.money_name(value, currency), words)


def _money_words(
    bounds: Bounds, usage: Usage, value: Decimal, currency: str, noun: Noun | None
) -> str:
    """Words of an amount.

    Args:
        bounds: Of the list.
        usage: Of its language.
        value: The amount.
        currency: Its code.
        noun: Everyday name of the currency, None for that of CLDR.
    """
    data, coin = bounds.data, usage.coins.get(currency)
    units, cents = divmod(int(value * 100), 100)
    if cents and coin is None:  # no name for the hundredths: a decimal number
        assert data.numerals is not None, "languages with usage have number words"
        number = value.quantize(Decimal("0.01"))
        return f"{data.numerals.alone(number)} {data.currency_name(currency, value)}"
    if coin is not None and not units:
        return f"{_before(cents, coin.feminine, bounds)} {coin.named(cents)}"
    name = noun.named(units) if noun else data.currency_name(currency, Decimal(units))
    feminine = noun.feminine if noun else name.startswith(usage.feminine_currency)
    said = f"{_before(units, feminine, bounds)} {name}"
    if coin is not None and cents:
        assert data.numerals is not None, "languages with usage have number words"
        short = " " not in name  # "five US dollars fifty" is not said
        said += f" {usage.change(cents, coin, short, data.numerals)}"
    return said


def _before(number: int, feminine: bool, bounds: Bounds) -> str:
    """A number before a noun."""
    assert bounds.data.numerals is not None, "languages with usage have number words"
    return bounds.data.numerals.cardinal(number, "feminine" if feminine else "masculine")


def _duration(bounds: Bounds, form: str, number: int, unit: str) -> Said:
    value = _ISO_UNITS[unit].format(number)
    long = bounds.data.duration(number, unit, "long")
    words = ""
    if bounds.usage is not None:
        words = _before(number, unit in bounds.usage.feminine_units, bounds)
    elif bounds.plain_numerals is not None:
        words = bounds.plain_numerals.cardinal(number)
    spoken = _replaced(long, words) if words else ""
    if form == "words":
        if not spoken:
            raise bounds.no_words(form)
        return Said(spoken, value, spoken)
    text = long if form == "digits" else bounds.data.duration(number, unit, "short")
    return Said(text, value, spoken)


def _replaced(text: str, words: str) -> str:
    """A text with words in the place of its number."""
    digits = [index for index, char in enumerate(text) if char.isdecimal()]
    if not digits:
        return text  # Arabic says "minute" and "two minutes" without any
    return text[: digits[0]] + words + text[digits[-1] + 1 :]
