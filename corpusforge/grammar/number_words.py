"""Numbers in words, by the spell-out rules of Unicode CLDR (library unicode-rbnf)."""

from __future__ import annotations

import unicodedata
from collections.abc import Mapping
from fractions import Fraction
from functools import lru_cache
from typing import TYPE_CHECKING, NamedTuple

from corpusforge.grammar.matching_text import folded
from corpusforge.grammar.pack import NumberRange

if TYPE_CHECKING:
    from unicode_rbnf import RbnfEngine

__all__ = ["MAX_SPELLED", "NumberWords", "number_words"]

# Longer ranges are only understood in digits.
MAX_SPELLED = 5_000

# Regions that write in another script than their language does alone (CLDR: likelySubtags).
_SCRIPTS = {"zh_hk": "zh_Hant", "zh_mo": "zh_Hant", "zh_tw": "zh_Hant"}
_PARTED = str.maketrans("-_", "  ")


class NumberWords(NamedTuple):
    """The numbers of a range in words.

    Attributes:
        numbers: Folded words -> index in the range; empty for languages without rules.
        longest: Characters of the longest words.
    """

    numbers: Mapping[str, int]
    longest: int


@lru_cache(maxsize=64)
def number_words(lang: str, numbers: NumberRange) -> NumberWords:
    """The words of a range.

    Args:
        lang: BCP-47 tag.
        numbers: All their forms (genders, cases) are spelled, with hyphens and without, with "ß"
            and with "ss".
    """
    found: dict[str, int] = {}
    spelled = numbers.words and len(numbers) <= MAX_SPELLED
    engine = _engine(numbers.words_language or lang) if spelled else None
    for index in range(len(numbers) if engine else 0):
        assert engine is not None
        number = Fraction(numbers.number(index)[0])
        exact = int(number) if number.denominator == 1 else float(number)
        for words in engine.format_number(exact).text_by_ruleset.values():
            # soft hyphens only say where a word may be parted
            said = folded(unicodedata.normalize("NFC", words.replace("\u00ad", "")))
            if any(char.isalpha() for char in said):
                for form in (said, said.replace("ß", "ss")):
                    found.setdefault(form, index)
                    found.setdefault(form.translate(_PARTED), index)
    return NumberWords(found, max(map(len, found), default=0))


def _engine(lang: str) -> RbnfEngine | None:
    """The rules of a language, of its script, or of the language without its region."""
    from unicode_rbnf import RbnfEngine

    tag = lang.replace("-", "_")
    for name in dict.fromkeys((lang, tag, _SCRIPTS.get(tag.lower(), tag), tag.split("_")[0])):
        try:
            engine = RbnfEngine.for_language(name)
        except ValueError:
            continue
        # es_419 has a file, and only digits in it
        if any(rule.startswith("spellout-") for rule in engine.rulesets):
            return engine
    return None
