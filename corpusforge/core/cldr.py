"""Times, dates, money, durations and number words as Unicode CLDR has them.

Patterns and names come from babel (BSD), number words from `unicode-rbnf` (MIT); both hold data of
CLDR and are imported when a pack first asks. Texts are as people type them: no-break spaces are
spaces, and marks of direction are left out. Digits are 0 to 9 in every language.
"""

from __future__ import annotations

import re
import unicodedata
from datetime import date, time
from decimal import Decimal
from functools import lru_cache
from typing import Any, Literal

__all__ = ["Cldr", "Numerals", "cldr", "currencies"]

_UNSEEN = re.compile("[\u00ad\u061c\u200e\u200f]")
_SPACES = re.compile(r"\s+")
# Short names; "M" and "MM" are numbers and stay.
_SHORT = re.compile(r"(?<!E)E{1,3}(?!E)|(?<!M)MMM(?!M)")
# Of a skeleton that CLDR has not: the nearest one, whose fields are then widened (UTS 35, part 4,
# "Matching Skeletons").
_NEAREST = {
    "MMMMEEEEd": ("MMMMEEEEd", "MMMMEd", "MMMEd"),
    "MMMMd": ("MMMMd", "MMMd"),
    "yMMMMd": ("yMMMMd", "yMMMd"),
    "yMd": ("yMd",),
}


@lru_cache(maxsize=16)
def cldr(lang: str) -> Cldr:
    """The data of a language.

    Args:
        lang: BCP-47 tag.

    Raises:
        LookupError: When CLDR has no data for it.
    """
    return Cldr(lang)


def currencies() -> tuple[str, ...]:
    """All ISO 4217 codes that CLDR knows, sorted; not every language has names for them."""
    return tuple(sorted(cldr("en").locale.currencies))


class Numerals:
    """Number words of one language.

    Args:
        lang: BCP-47 tag; a tag without rules of its own takes those of its language.

    Raises:
        LookupError: Without any.
    """

    def __init__(self, lang: str) -> None:
        from unicode_rbnf import FormatPurpose, RbnfEngine
        from unicode_rbnf.engine import RbnfError

        tag = lang.replace("-", "_")
        known = RbnfEngine.get_supported_languages()
        name = next((n for n in (tag, tag.split("_")[0].lower()) if n in known), None)
        if name is None:
            raise LookupError(lang)
        self._engine: Any = RbnfEngine.for_language(name)
        self._ordinal: Any = FormatPurpose.ORDINAL
        self._no_rule: Any = RbnfError
        self._words: dict[tuple[str, str], str] = {}
        # (those for inner use begin words that others end: "unième")
        self._rules = {n for n, rules in self._engine.rulesets.items() if not rules.is_private}
        forms = [n for n in self._rules if n.startswith("spellout-cardinal")]
        odd = re.compile("-(verbose|financial|alternate)")
        self.inflected = sum(not odd.search(name) for name in forms) != 1
        """Whether cardinal numbers have genders or cases."""

    def cardinal(self, number: int | Decimal, form: str = "") -> str:
        """21 -> "twenty-one"; `form` "feminine" or "masculine" before a noun of that gender."""
        wanted = [f"spellout-cardinal-{form}"] if form else []
        return self._spell(number, *wanted, "spellout-cardinal", "spellout-numbering")

    def alone(self, number: int | Decimal) -> str:
        """The form without a noun: "eins", "uno"."""
        forms = "spellout-numbering", "spellout-cardinal", "spellout-cardinal-masculine"
        return self._spell(number, *forms)

    def ordinal(self, number: int, form: str = "") -> str:
        """21 -> "twenty-first"; masculine unless a form says otherwise."""
        wanted = [f"spellout-ordinal-{form}"] if form else []
        return self._spell(number, *wanted, "spellout-ordinal", "spellout-ordinal-masculine")

    def ordinals(self, number: int) -> tuple[str, ...]:
        """All forms of an ordinal; () where the language has no rules."""
        try:
            found = self._engine.format_number(number, self._ordinal).text_by_ruleset
        except (self._no_rule, ValueError):
            return ()
        return tuple(dict.fromkeys(written(text) for text in found.values()))

    def year(self, number: int) -> str:
        """1984 -> "nineteen eighty-four"."""
        return self._spell(number, "spellout-numbering-year", "spellout-cardinal-masculine")

    def _spell(self, number: int | Decimal, *forms: str) -> str:
        """Words of the first rule set that the language has and that knows the number."""
        key = str(number), forms[0]
        if key not in self._words:
            rules = [name for name in forms if name in self._rules]
            # (None: whatever there is)
            for name in [*rules, *([] if forms[0].startswith("spellout-ordinal") else [None])]:
                try:
                    found = self._engine.format_number(number, ruleset_names=name and [name])
                except self._no_rule:
                    continue
                self._words[key] = written(found.text)
                break
            else:
                raise LookupError(f"{forms[0]}: {number}")
        return self._words[key]


class Cldr:
    """Patterns and names of one language; see `cldr`."""

    def __init__(self, lang: str) -> None:
        from babel import Locale, UnknownLocaleError

        try:
            self.locale: Any = Locale.parse(lang.replace("-", "_"))
        except (UnknownLocaleError, ValueError):
            raise LookupError(lang) from None
        self.lang = self.locale.language
        self.script = self.locale.script or ""
        self.territory = self.locale.territory or ""
        try:
            self.numerals: Numerals | None = Numerals(lang)
        except LookupError:
            self.numerals = None

    @property
    def twelve_hours(self) -> bool:
        """Whether times are written with 12 hours: the short format of CLDR has "h" or "K"."""
        pattern = re.sub("'[^']*'", "", self.locale.time_formats["short"].pattern)
        return "h" in pattern or "K" in pattern

    def clock(self, when: time, *, twelve: bool) -> str:
        """A time of day: "7:30 AM" or "07:30"."""
        return self._time(when, "hm" if twelve else "Hm", "h:mm a" if twelve else "HH:mm")

    def hour(self, when: time, *, twelve: bool) -> str:
        """A full hour: "7 AM" or, where the pattern has words, "7 Uhr"; "" for a bare number."""
        pattern = self._skeleton("h" if twelve else "H")
        if not twelve:
            pattern = pattern.replace("HH", "H")  # no zero before it, as words follow
        text = self._time(when, "", pattern)
        return "" if text.isdecimal() else text

    def day_period(self, when: time) -> str:
        """The part of the day: "in the morning", "morgens"; "" where CLDR has none."""
        try:
            return self._time(when, "", "BBBB")
        except ValueError:
            return ""

    def _time(self, when: time, skeleton: str, pattern: str) -> str:
        from babel.dates import format_time

        chosen = (self._skeleton(skeleton) if skeleton else "") or pattern
        return written(format_time(when, chosen, locale=self.locale))

    def _skeleton(self, name: str) -> str:
        found = self.locale.datetime_skeletons.get(name)
        return "" if found is None else str(found.pattern)

    @lru_cache(maxsize=16)  # noqa: B019 (as many objects as languages)
    def date_pattern(self, skeleton: str) -> str:
        """The pattern of one of the skeletons MMMMd, MMMMEEEEd, yMMMMd, yMd."""
        found = next(filter(None, map(self._skeleton, _NEAREST[skeleton])), "")
        if not found:
            found = str(self.locale.date_formats["long" if "MMMM" in skeleton else "short"].pattern)
        parts = found.split("'")
        for index in range(0, len(parts), 2):  # the others are quoted words
            parts[index] = _SHORT.sub(lambda m: m[0][0] * 4, parts[index])
        return "'".join(parts)

    def day(self, day: date, pattern: str) -> str:
        """A date in a pattern of CLDR."""
        from babel.dates import format_date

        return written(format_date(day, pattern, locale=self.locale))

    def currency_digits(self, currency: str) -> int:
        """How many decimals amounts of a currency have."""
        from babel.numbers import get_currency_precision

        return int(get_currency_precision(currency))

    def currency_sign(self, currency: str) -> str:
        """The sign of a currency: "€", "$", "US$", "CHF"."""
        from babel.numbers import get_currency_symbol

        return written(get_currency_symbol(currency, locale=self.locale))

    def currency_name(self, currency: str, number: Decimal) -> str:
        """Name in the plural form for a number: "euro", "euros"."""
        from babel.numbers import get_currency_name

        return written(get_currency_name(currency, count=number, locale=self.locale))

    def money(self, number: Decimal, currency: str) -> str:
        """An amount: "€12.50"; whole ones without decimals: "€5"."""
        from babel.numbers import format_currency

        whole = number == number.to_integral()
        pattern = self.locale.currency_formats["standard"].pattern
        if whole:
            pattern = re.sub(r"(?<=[#0])\.0+", "", pattern)
        text = format_currency(
            number, currency, format=pattern, locale=self.locale, currency_digits=not whole
        )
        return self._spaced(written(text), self.currency_sign(currency))

    @staticmethod
    def _spaced(text: str, sign: str) -> str:
        """Letters are kept off digits: "CHF 5" (CLDR's currencySpacing, which babel leaves out)."""
        if unicodedata.category(sign[-1])[0] not in "SZ":
            text = re.sub(rf"{re.escape(sign)}(?=\d)", f"{sign} ", text)
        if unicodedata.category(sign[0])[0] not in "SZ":
            text = re.sub(rf"(?<=\d){re.escape(sign)}", f" {sign}", text)
        return text

    def money_name(self, number: Decimal, currency: str) -> str:
        """An amount with the name of its currency: "12.50 euros", "5 euros"."""
        from babel.numbers import format_currency

        whole = number == number.to_integral()
        text = format_currency(
            int(number) if whole else number,
            currency,
            locale=self.locale,
            format_type="name",
            currency_digits=not whole,
        )
        return written(text)

    def duration(self, number: int, unit: str, length: Literal["long", "short"]) -> str:
        """A duration: "5 minutes", or short "5 min"."""
        from babel.units import format_unit

        return written(format_unit(number, f"duration-{unit}", length, locale=self.locale))


def written(text: str) -> str:
    """A text of CLDR as people type it."""
    return _SPACES.sub(" ", _UNSEEN.sub("", unicodedata.normalize("NFC", text))).strip()
