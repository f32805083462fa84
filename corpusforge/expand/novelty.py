"""Is a candidate new? In the language of the templates, near a train row, or novel.

All comparisons are between folded, delexicalised texts: another value in a slot is not new.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Literal

from corpusforge.core.language import Language
from corpusforge.core.text import SLOT_PATTERN, fold_delexicalised

__all__ = ["CLASSES", "Neighbourhood", "NoveltyClass", "NoveltyTest"]

NoveltyClass = Literal["in_language", "near_row", "novel"]
CLASSES: tuple[NoveltyClass, ...] = ("in_language", "near_row", "novel")

# A slot counts as one character; the first private-use code points stand for them.
_PRIVATE = 0xE000


class Neighbourhood:
    """Finds sequences within Levenshtein distance 1 of stored ones, exactly.

    Two sequences are at distance 1 when one of them is the other without one item, or when
    both are equal but for one place. So it is enough to store every sequence, every sequence
    without one item, and every sequence with one place blanked; a query costs as many look-ups
    as it is long, whatever the number of stored sequences.

    Args:
        sequences: What is stored.
    """

    def __init__(self, sequences: Sequence[tuple[str, ...]]) -> None:
        self._whole = set(sequences)
        self._shorter = {less for item in self._whole for less in _deletions(item)}
        self._blanked = {blank for item in self._whole for blank in _blanks(item)}

    def near(self, sequence: tuple[str, ...]) -> bool:
        """Whether a stored sequence is equal or one insertion, deletion or change away."""
        return (
            sequence in self._whole
            or sequence in self._shorter
            or any(less in self._whole for less in _deletions(sequence))
            or any(blank in self._blanked for blank in _blanks(sequence))
        )


def _deletions(sequence: tuple[str, ...]) -> Iterator[tuple[str, ...]]:
    for place in range(len(sequence)):
        yield sequence[:place] + sequence[place + 1 :]


def _blanks(sequence: tuple[str, ...]) -> Iterator[tuple[str, ...]]:
    # "" is never an item, so it can mark the blanked place.
    for place in range(len(sequence)):
        yield (*sequence[:place], "", *sequence[place + 1 :])


class NoveltyTest:
    """Sorts candidates into three classes.

    Args:
        language: The compiled grammar; an empty one contains nothing.
        train: Delexicalised texts of all train rows.
    """

    def __init__(self, language: Language, train: Sequence[str]) -> None:
        self._language = language
        self._letters: dict[str, str] = {}
        folded = sorted({fold_delexicalised(text) for text in train})
        self._words = Neighbourhood([tuple(text.split()) for text in folded])
        self._characters = Neighbourhood([self._spell(text) for text in folded])

    def _spell(self, folded: str) -> tuple[str, ...]:
        def letter(slot: str) -> str:
            return self._letters.setdefault(slot, chr(_PRIVATE + len(self._letters)))

        return tuple(SLOT_PATTERN.sub(lambda found: letter(found.group()), folded))

    def near_row(self, text: str) -> bool:
        """Whether a train row is within one word or one character (a slot is one of both)."""
        folded = fold_delexicalised(text)
        return self._words.near(tuple(folded.split())) or self._characters.near(self._spell(folded))

    def classify(self, texts: Sequence[str]) -> list[NoveltyClass]:
        """The class of each delexicalised text, shape [texts]."""
        folded = [fold_delexicalised(text) for text in texts]
        known = self._language.contains_many(folded)
        return [
            "in_language" if inside else "near_row" if self.near_row(text) else "novel"
            for text, inside in zip(texts, known, strict=True)
        ]
