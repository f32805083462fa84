"""Is a candidate new? In the language of the templates, near a train row, or novel.

All comparisons are between folded, delexicalised texts: another value in a slot is not new.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Literal

from corpusforge.core.language import Language
from corpusforge.core.spans import tokens
from corpusforge.core.text import SLOT_PATTERN, fold_delexicalised

__all__ = ["CLASSES", "Neighbourhood", "NoveltyClass", "NoveltyTest"]

NoveltyClass = Literal["in_language", "near_row", "novel"]
CLASSES: tuple[NoveltyClass, ...] = ("in_language", "near_row", "novel")

# Stands for the blanked place; no folded text holds it.
_BLANK = "\0"
# Slots and words are spelled as single characters: slots as private-use ones, words as any
# from the second code point on, surrogates left out.
_PRIVATE, _SURROGATES, _SURROGATE_COUNT = 0xE000, 0xD800, 0x800


class Neighbourhood:
    """Finds strings within Levenshtein distance 1 of stored ones, exactly.

    Two strings are at distance 1 when one of them is the other without one character, or when
    both are equal but for one place. So it is enough to store every string, every string
    without one character, and every string with one place blanked; a query costs as many
    look-ups as it is long, whatever the number of stored strings.

    Args:
        sequences: What is stored; without the character U+0000.
    """

    def __init__(self, sequences: Sequence[str]) -> None:
        self._whole = set(sequences)
        self._shorter = {less for item in self._whole for less in _deletions(item)}
        self._blanked = {blank for item in self._whole for blank in _blanks(item)}

    def near(self, sequence: str) -> bool:
        """Whether a stored string is equal or one insertion, deletion or change away."""
        return (
            sequence in self._whole
            or sequence in self._shorter
            or any(less in self._whole for less in _deletions(sequence))
            or any(blank in self._blanked for blank in _blanks(sequence))
        )


def _deletions(sequence: str) -> Iterator[str]:
    for place in range(len(sequence)):
        yield sequence[:place] + sequence[place + 1 :]


def _blanks(sequence: str) -> Iterator[str]:
    for place in range(len(sequence)):
        yield sequence[:place] + _BLANK + sequence[place + 1 :]


def _words(folded: str) -> list[str]:
    """Words, with slots atomic and single characters of scripts without spaces."""
    found: list[str] = []
    place = 0
    for slot in SLOT_PATTERN.finditer(folded):
        carrier = folded[place : slot.start()]
        found += [carrier[start:end] for start, end in tokens(carrier)]
        found.append(slot.group())
        place = slot.end()
    carrier = folded[place:]
    return found + [carrier[start:end] for start, end in tokens(carrier)]


class NoveltyTest:
    """Sorts candidates into three classes.

    Args:
        language: The compiled grammar; an empty one contains nothing.
        train: Delexicalised texts of all train rows.
    """

    def __init__(self, language: Language, train: Sequence[str]) -> None:
        self._language = language
        self._slots: dict[str, str] = {}
        self._vocabulary: dict[str, int] = {}
        folded = sorted({fold_delexicalised(text) for text in train})
        self._words = Neighbourhood([self._word_string(text) for text in folded])
        self._characters = Neighbourhood([self._spell(text) for text in folded])

    def _spell(self, folded: str) -> str:
        """The text with each slot as one character."""

        def letter(slot: str) -> str:
            return self._slots.setdefault(slot, chr(_PRIVATE + len(self._slots)))

        return SLOT_PATTERN.sub(lambda found: letter(found.group()), folded)

    def _word_string(self, folded: str) -> str:
        """The text with each word as one character."""
        letters = []
        for word in _words(folded):
            number = 1 + self._vocabulary.setdefault(word, len(self._vocabulary))
            letters.append(chr(number if number < _SURROGATES else number + _SURROGATE_COUNT))
        return "".join(letters)

    def near_row(self, text: str) -> bool:
        """Whether a train row is within one word or one character (a slot is one of both)."""
        folded = fold_delexicalised(text)
        words = self._words.near(self._word_string(folded))
        return words or self._characters.near(self._spell(folded))

    def classify(self, texts: Sequence[str]) -> list[NoveltyClass]:
        """The class of each delexicalised text, shape [texts]."""
        folded = [fold_delexicalised(text) for text in texts]
        known = self._language.contains_many(folded)
        return [
            "in_language" if inside else "near_row" if self.near_row(text) else "novel"
            for text, inside in zip(texts, known, strict=True)
        ]
