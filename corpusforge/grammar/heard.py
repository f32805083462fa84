"""What `match` reads as a time, date, amount or duration: text as compared -> canonical values."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from functools import lru_cache

from corpusforge.grammar.series import Series

__all__ = ["Heard", "heard"]

# "7:30 AM" is "7:30AM", "07:30" is "7:30" and "a.m" is "am"; but "12.05" is not "12.5".
_UNIT = re.compile(r"(?<=\d) (?=\D)")
_ZEROS = re.compile(r"(?<![\d.,:])0+(?=\d)")
_DOTS = re.compile(r"(?<=[^\W\d])\.(?=[^\W\d])")
# So many characters may be left out of a text before it is looked up.
_SLACK = 6


class Heard:
    """The texts of a series, and the words for them.

    Args:
        series: Of one list.
        compared: Puts a text in the form in which sentences are compared.
    """

    def __init__(self, series: Series, compared: Callable[[str], str]) -> None:
        found: dict[str, dict[str, None]] = {}
        pairs = [*((said.text, said.value) for said in series.said()), *series.heard]
        for text, value in pairs:
            found.setdefault(_key(compared(text)), {})[value] = None
        self._values = {text: tuple(values) for text, values in found.items()}
        self._longest = max(map(len, found), default=0) + _SLACK
        self._firsts = {text[:1] for text in found}
        if any(first.isdecimal() for first in self._firsts):
            self._firsts.add("0")

    def read(self, chars: str, at: int) -> Iterator[tuple[int, str]]:
        """All (end, canonical value) of texts that begin at a place."""
        if chars[at : at + 1] in self._firsts:
            for end in range(at + 1, min(len(chars), at + self._longest) + 1):
                for value in self._values.get(_key(chars[at:end]), ()):
                    yield end, value


def _key(text: str) -> str:
    return _DOTS.sub("", _ZEROS.sub("", _UNIT.sub("", text.replace("\u2019", "'"))))


@lru_cache(maxsize=64)
def heard(series: Series, compared: Callable[[str], str]) -> Heard:
    """The texts of a series; kept, for equal series are asked again and again."""
    return Heard(series, compared)
