"""Number words of one language as `speech.verbalise` needs them."""

from __future__ import annotations

import re
from itertools import groupby

from corpusforge.core.cldr import Numerals

__all__ = ["Numbers", "supported"]

# Longer runs of digits, and runs that start with zero, are names (phone numbers, codes), unless
# they are round or count something.
_MOST_DIGITS = 6
_ROUND = "00000"
_UNNAMED = 10**15
"""From here on digit by digit: CLDR's rules end soon after, and recognisers write such numbers."""
_YEARS = range(1100, 2100)


def supported(primary: str) -> bool:
    """Whether there are number words for a primary language subtag."""
    try:
        Numerals(primary)
    except LookupError:
        return False
    return True


class Numbers:
    """Number words, and how numbers are written.

    Args:
        lang: BCP-47 tag.
        decimal: Decimal separator.
        group: Separators of groups of three digits, "" = none.
        point: Word for the decimal separator.
        whole_decimals: Two decimals are one number.
        verbose: "one hundred and one".
        zero: Word for 0 among other digits, "" = that of the number.
        double: Word for two equal digits, "" = none.
    """

    def __init__(
        self,
        lang: str,
        *,
        decimal: str = "",
        group: str = "",
        point: str = "",
        whole_decimals: bool = False,
        verbose: bool = False,
        zero: str = "",
        double: str = "",
    ) -> None:
        self.numerals = Numerals(lang)
        self.decimal = decimal
        self.group = group
        self.point = point
        self.whole_decimals = whole_decimals
        self.form = "verbose" if verbose else ""
        self.zero = zero
        self.double = double

    def cardinal(self, number: int) -> str:
        """21 -> "twenty-one", "veintiuno": as it stands alone."""
        if number >= _UNNAMED:
            return self.digits(str(number))
        return self.numerals.cardinal(number, "verbose") if self.form else self.alone(number)

    def alone(self, number: int) -> str:
        """21 -> "twenty-one", never "hundred and"."""
        return self.numerals.alone(number)

    def before(self, number: int, *, feminine: bool) -> str:
        """Before a noun: "ein", "eine", "veintiún"."""
        if number >= _UNNAMED:
            return self.digits(str(number))
        return self.numerals.cardinal(
            number, self.form or ("feminine" if feminine else "masculine")
        )

    def ordinal(self, number: int, form: str = "") -> str:
        """21 -> "twenty-first", in a form of CLDR's rule sets ("spellout-ordinal-n")."""
        form = form.removeprefix("spellout-ordinal").removeprefix("-")
        return self.numerals.ordinal(number, form or self.form)

    def digits(self, written: str) -> str:
        """Digit by digit."""
        return " ".join(self._digit(int(digit)) for digit in written)

    def _digit(self, digit: int) -> str:
        return self.zero if self.zero and not digit else self.alone(digit)

    def phone(self, written: str) -> str:
        """Digit by digit; two equal ones are "double five" where people say so."""
        if not self.double:
            return self.digits(written)
        said: list[str] = []
        for digit, run in groupby(written):
            pairs, single = divmod(len(list(run)), 2)
            word = self._digit(int(digit))
            said += [f"{self.double} {word}"] * pairs + [word] * single
        return " ".join(said)

    def year(self, number: int) -> str:
        """1984 -> "nineteen eighty-four"."""
        return self.numerals.year(number)

    def integer(self, written: str, *, year: bool, amount: bool = False) -> str:
        """Words for a run of digits without separators."""
        if self.is_name(written, amount=amount):
            return self.digits(written)
        number = int(written)
        if year and len(written) == 4 and number in _YEARS:
            return self.year(number)
        return self.cardinal(number)

    @staticmethod
    def is_name(written: str, *, amount: bool = False) -> bool:
        """Whether a run of digits is said digit by digit; no amount of something is."""
        if len(written) > 1 and written[0] == "0":
            return True
        return len(written) > _MOST_DIGITS and not (amount or written.endswith(_ROUND))

    def parts(self, written: str) -> tuple[str, str, bool]:
        """Whole part and fraction of a number, and whether thousands were grouped."""
        grouped = self.group and re.fullmatch(
            rf"\d{{1,3}}(?:[{re.escape(self.group)}]\d{{3}})+(?:{re.escape(self.decimal)}\d+)?",
            written,
        )
        if grouped:
            written = re.sub(rf"[{re.escape(self.group)}](?=\d{{3}})", "", written)
        whole, _, fraction = re.sub(r"\D", ".", written).partition(".")
        return whole, fraction, bool(grouped)

    def number(self, written: str, *, year: bool = False, amount: bool = False) -> str:
        """Words for a number with group and decimal separators."""
        whole, fraction, grouped = self.parts(written)
        if not whole:  # ".25"
            return f"{self.point} {' '.join(self.alone(int(digit)) for digit in fraction)}"
        # A grouped amount is long on purpose, never a code.
        said = (
            self.cardinal(int(whole))
            if grouped
            else self.integer(whole, year=year and not fraction, amount=amount)
        )
        if not fraction:
            return said
        if self.whole_decimals and len(fraction) == 2 and fraction[0] != "0":
            return f"{said} {self.point} {self.alone(int(fraction))}"
        return f"{said} {self.point} {' '.join(self.alone(int(digit)) for digit in fraction)}"
