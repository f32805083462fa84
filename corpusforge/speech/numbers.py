"""Number words of one language, from the Unicode CLDR through `unicode-rbnf` (MIT)."""

from __future__ import annotations

import re
from typing import Any

from corpusforge.core.errors import require

__all__ = ["Numbers", "supported"]

# Longer runs of digits, and runs that start with zero, are names (phone numbers, codes).
_MOST_DIGITS = 6
_YEARS = range(1100, 2100)


def supported(primary: str) -> bool:
    """Whether there are number words for a primary language subtag."""
    rbnf = require("unicode_rbnf", extra="speech", purpose="number words")
    return primary in rbnf.RbnfEngine.get_supported_languages()


class Numbers:
    """Number words.

    Args:
        lang: Primary language subtag.
        group: Separator of groups of three digits, "" = none.
        point: Word for the decimal separator.
    """

    def __init__(self, lang: str, group: str = "", point: str = "") -> None:
        rbnf = require("unicode_rbnf", extra="speech", purpose="number words")
        self.group = group
        self.point = point
        self.year_purpose: Any = rbnf.FormatPurpose.YEAR
        self.ordinal_purpose: Any = rbnf.FormatPurpose.ORDINAL
        self.engine: Any = rbnf.RbnfEngine.for_language(lang)

    def cardinal(self, number: int) -> str:
        """21 -> "twenty-one"."""
        return str(self.engine.format_number(number).text)

    def ordinal(self, number: int, form: str = "spellout-ordinal") -> str:
        """21 -> "twenty-first", in a form of CLDR's rule sets."""
        spelled = self.engine.format_number(number, self.ordinal_purpose)
        return str(spelled.text_by_ruleset.get(form, spelled.text))

    def digits(self, written: str) -> str:
        """Digit by digit."""
        return " ".join(self.cardinal(int(digit)) for digit in written)

    def year(self, number: int) -> str:
        """1984 -> "nineteen eighty-four"."""
        return str(self.engine.format_number(number, self.year_purpose).text)

    def integer(self, written: str, *, year: bool) -> str:
        """Words for a run of digits without separators."""
        if len(written) > _MOST_DIGITS or (len(written) > 1 and written[0] == "0"):
            return self.digits(written)
        number = int(written)
        if year and len(written) == 4 and number in _YEARS:
            return self.year(number)
        return self.cardinal(number)

    def parts(self, written: str) -> tuple[str, str, bool]:
        """Whole part and fraction of a number, and whether thousands were grouped."""
        grouped = self.group and re.fullmatch(
            rf"\d{{1,3}}(?:{re.escape(self.group)}\d{{3}})+(?:\D\d+)?", written
        )
        if grouped:
            written = written.replace(self.group, "")
        whole, _, fraction = re.sub(r"\D", ".", written).partition(".")
        return whole, fraction, bool(grouped)

    def number(self, written: str, *, year: bool = False) -> str:
        """Words for a number with group and decimal separators."""
        whole, fraction, grouped = self.parts(written)
        # A grouped amount is long on purpose, never a code.
        said = (
            self.cardinal(int(whole))
            if grouped
            else self.integer(whole, year=year and not fraction)
        )
        return f"{said} {self.point} {self.digits(fraction)}" if fraction else said
