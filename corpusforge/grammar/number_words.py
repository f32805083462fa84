"""Numbers in words, by the spell-out rules of Unicode CLDR (library unicode-rbnf)."""

from __future__ import annotations

import unicodedata
from collections.abc import Mapping
from fractions import Fraction
from functools import lru_cache

from corpusforge.grammar.pack import NumberRange

__all__ = ["MAX_SPELLED", "number_words"]

# Longer ranges are only understood in digits.
MAX_SPELLED = 5_000


@lru_cache(maxsize=64)
def number_words(lang: str, numbers: NumberRange) -> Mapping[str, int]:
    """Words in lower case -> index in the range; empty for languages without rules.

    Args:
        lang: BCP-47 tag.
        numbers: All their forms (genders, cases) are spelled, with hyphens and without.
    """
    if not numbers.words or len(numbers) > MAX_SPELLED:
        return {}
    from unicode_rbnf import RbnfEngine

    tag = (numbers.words_language or lang).replace("-", "_")
    for name in dict.fromkeys((tag, tag.split("_")[0])):
        try:
            engine = RbnfEngine.for_language(name)
        except ValueError:
            continue
        if not any(rule.startswith("spellout-") for rule in engine.rulesets):
            continue  # es_419 has a file, and only digits in it
        found: dict[str, int] = {}
        for index in range(len(numbers)):
            number = Fraction(numbers.number(index)[0])
            exact = int(number) if number.denominator == 1 else float(number)
            for words in engine.format_number(exact).text_by_ruleset.values():
                # soft hyphens only say where a word may be parted
                said = unicodedata.normalize("NFC", words.replace("\u00ad", "")).lower()
                if any(char.isalpha() for char in said):
                    found.setdefault(said, index)
                    found.setdefault(said.replace("-", " "), index)
        return found
    return {}
