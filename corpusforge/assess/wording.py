"""Words that real rows use and a corpus lacks, intent by intent."""

from __future__ import annotations

import unicodedata
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from itertools import pairwise

from corpusforge.assess.rows import Rows
from corpusforge.core.spans import Slot, tokens
from corpusforge.core.text import SLOT_PATTERN, delexicalise

__all__ = [
    "Cue",
    "Vocabulary",
    "cues_of",
    "has_missing_word",
    "missing_cues",
    "missing_words",
    "vocabularies",
]

_MOST_CUES = 5
_BREAK = "\x00"
"""Stands for a slot: no pair of words reaches across it."""


@dataclass(frozen=True)
class Cue:
    """A word or a pair of neighbouring words that a corpus lacks.

    Attributes:
        words: Casefolded.
        failing: Failing rows that have it.
        right: Rows of the same intent that have it and are answered right.
    """

    words: str
    failing: int
    right: int


@dataclass(frozen=True)
class Vocabulary:
    """What the rows of one intent say, slot values included.

    Attributes:
        words: Casefolded words.
        pairs: Neighbouring ones, joined by a space.
    """

    words: frozenset[str]
    pairs: frozenset[str]


def _words(text: str) -> list[str]:
    """Casefolded words, inner apostrophes kept; single characters where a script has no spaces."""
    folded = unicodedata.normalize("NFKC", text).casefold().replace("’", "'")
    words = (folded[start:end] for start, end in tokens(folded))
    return [word for word in words if any(char.isalnum() for char in word)]


def _pairs(words: Sequence[str]) -> list[str]:
    return [f"{a} {b}" for a, b in pairwise(words) if _BREAK not in (a, b)]


def _carrier(text: str, slots: Sequence[Slot] | None) -> list[str]:
    """Words outside of slots: a name that the corpus lacks is no fault of its wording."""
    pieces = SLOT_PATTERN.split(delexicalise(text, slots or ()))[::2]
    found: list[str] = []
    for number, piece in enumerate(pieces):
        found += ([_BREAK] if number else []) + _words(piece)
    return found


def vocabularies(rows: Rows) -> dict[str, Vocabulary]:
    """Intent -> what its rows say."""
    found = {}
    for intent, places in rows.by_intent().items():
        said = [_words(rows.texts[place]) for place in places]
        words = frozenset(word for one in said for word in one)
        pairs = frozenset(pair for one in said for pair in _pairs(one))
        found[intent] = Vocabulary(words, pairs)
    return found


def missing_words(
    text: str, slots: Sequence[Slot] | None, vocabulary: Vocabulary | None
) -> tuple[str, ...]:
    """Words of a text that an intent's vocabulary lacks, in their order, each once.

    Args:
        text: A sentence.
        slots: Its spans, whose words are not looked at; None = not annotated.
        vocabulary: None = the corpus has no row of the intent: everything is missing.
    """
    known = vocabulary.words if vocabulary else frozenset()
    found = [word for word in _carrier(text, slots) if word not in known and word != _BREAK]
    return tuple(dict.fromkeys(found))


def missing_cues(
    rows: Rows, failing: Sequence[int], right: Sequence[int], vocabulary: Vocabulary | None
) -> tuple[Cue, ...]:
    """What failing rows of one intent share and the corpus lacks, the most frequent first.

    Single words; pairs only of words that are known apart, in at least two failing rows. A cue
    must be more frequent among failing rows than among those answered right, else it is not
    what makes them fail.

    Args:
        rows: Where the places point to.
        failing: Places of failing rows of one intent.
        right: Places of its other rows.
        vocabulary: Of the intent; None = no row in the corpus, where a cue would say nothing.
    """
    if vocabulary is None or not failing:
        return ()
    bad, good = (_cue_counts(rows, places, vocabulary) for places in (failing, right))
    cues = [
        Cue(words, count, good[words])
        for words, count in bad.items()
        if (count > 1 or " " not in words)
        and count / len(failing) > good[words] / max(len(right), 1)
    ]
    cues.sort(key=lambda cue: (-cue.failing, cue.right, cue.words))
    return tuple(cues[:_MOST_CUES])


def _cue_counts(rows: Rows, places: Sequence[int], vocabulary: Vocabulary) -> Counter[str]:
    """Rows that have each missing word or pair."""
    counts: Counter[str] = Counter()
    for place in places:
        counts.update(cues_of(rows, place, vocabulary))
    return counts


def cues_of(rows: Rows, place: int, vocabulary: Vocabulary) -> set[str]:
    """Missing words of one row, and pairs of known words that do not meet in the corpus."""
    carrier = _carrier(rows.texts[place], rows.slots[place])
    lacking = {word for word in carrier if word not in vocabulary.words and word != _BREAK}
    pairs = {
        pair
        for pair in _pairs(carrier)
        if pair not in vocabulary.pairs and not lacking.intersection(pair.split(" "))
    }
    return lacking | pairs


def has_missing_word(rows: Rows, known: Mapping[str, Vocabulary]) -> list[bool]:
    """For every row whether the corpus' rows of its intent lack one of its words."""
    columns = zip(rows.texts, rows.slots, rows.intents, strict=True)
    return [bool(missing_words(text, slots, known.get(name))) for text, slots, name in columns]
