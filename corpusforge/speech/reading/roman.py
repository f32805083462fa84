"""Roman numerals: rulers, chapters, wars, centuries.

Read only where a word beside the numeral makes it one, and in upper case; never a bare "I".
"""

from __future__ import annotations

import re

from corpusforge.speech.locale import Locale, Numeral, Roman
from corpusforge.speech.numbers import Numbers
from corpusforge.speech.reading.trace import Replace, Step

__all__ = ["roman_steps"]

_CANONICAL = re.compile(r"(?=.)(?:XL|L?X{0,3})(?:IX|IV|V?I{0,3})")
_VALUES = {"I": 1, "V": 5, "X": 10, "L": 50}
_LAST_WORD = re.compile(r"(?<!\w)(?P<word>[^\W\d_]{2,})\s$")
# Abbreviations too (infusion, editor): not after a word that is capitalised for it is the first.
_ALSO_WORDS = ("IV", "VI", "XI")
# Sizes and kisses: only after a word that counts.
_ALSO_SIGNS = ("XX", "XXX")


def roman_steps(locale: Locale, numbers: Numbers) -> list[Step]:
    """Roman numerals below 90, for a locale that has a table of them."""
    roman = locale.roman
    if roman is None:
        return []
    pattern = (
        r"(?<![\w.,'’&/+-])(?P<numeral>[IVXL]{1,8})"
        rf"(?P<ending>{roman.endings})?(?![\w&/+-]|\.\w|['’](?!s\b))"
    )
    return [(re.compile(pattern), _step(roman, numbers))]


def _step(roman: Roman, numbers: Numbers) -> Replace:
    before_v = re.compile(rf"(?<!\w)(?i:{roman.counted})\.?\s$")
    before_two = re.compile(rf"(?<!\w)(?i:{roman.counted_long})\.?\s$")
    title = re.compile(rf"(?<!\w)(?i:{roman.titles})\s(?:[^\W\d_]+[\s-])+$")

    def step(match: re.Match[str]) -> str:
        written, ending = match["numeral"], match["ending"] or ""
        if not _CANONICAL.fullmatch(written):
            return match[0]
        before, after = match.string[: match.start()], match.string[match.end() :]
        asked = Numeral(_value(written), written, ending, before, after)
        if said := roman.marked(asked, numbers):
            return said
        dotted = ending == "."
        if ending and not dotted:
            return match[0]
        # A full stop ends the sentence too: it stays where one can end.
        dot = "." if dotted and not re.match(r"\s?[^\s\d_A-ZÄÖÜ]", after) else ""
        if roman.is_ruler(_capitalised(before)[:-1]):
            dot = ""  # "Ludwigs XIV. Hof": a genitive goes on
        cue = before_v.search(before) or (len(written) > 1 and before_two.search(before))
        if cue and written not in ("I", "L"):
            return numbers.cardinal(asked.number) + dot
        word = _capitalised(before)
        initial = len(written) == 1 and not dotted and re.match(r"\.\s*\w", after)
        if not word or (written == "I" and not dotted) or written == "L" or initial:
            return match[0]
        if roman.is_ruler(word) or (len(written) > 1 and title.search(before)):
            return roman.ruler(asked, word, numbers) + dot
        return numbers.cardinal(asked.number) + dot if _certain(asked) else match[0]

    return step


def _value(written: str) -> int:
    """4 for IV."""
    values = [_VALUES[letter] for letter in written]
    pairs = zip(values, [*values[1:], 0], strict=True)
    return sum(-value if value < after else value for value, after in pairs)


def _capitalised(before: str) -> str:
    """The word before, "" when it does not begin as a name does."""
    found = _LAST_WORD.search(before)
    if found is None or not (found["word"][0].isupper() and found["word"][1:].islower()):
        return ""
    return found["word"]


def _certain(asked: Numeral) -> bool:
    """Whether any capitalised word makes a number of it: "Rocky II", "Final Fantasy VII"."""
    written = asked.written
    if len(written) < 2 or "L" in written or written in _ALSO_SIGNS:
        return False
    first = re.search(r"(?:^|[.!?:]\s)\W*\w+\s$", asked.before)
    return not (first and written in _ALSO_WORDS)
