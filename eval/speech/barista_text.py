"""Orders from transcripts: a list of keywords, and a tagger trained on what a recogniser heard.

The tagger is a CRF (`corpusforge.assess.slot_crf`) trained on transcripts of synthetic clips. The
labels of a transcript are those of the row that was spoken, carried over by the cheapest
alignment of their characters. What the CRF finds is read as the value of the list that it is
nearest to: by edit distance to the value, or to any form that the recogniser made of that value in
the training clips.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np

from corpusforge.assess.rows import Rows
from corpusforge.assess.slot_crf import predict
from corpusforge.core.errors import require
from corpusforge.core.spans import Slot, tokens
from corpusforge.speech.recognise import comparable

__all__ = ["Order", "Said", "carried", "keywords", "plain", "scored", "tagged"]

Order = Mapping[str, str]
"""Slot -> canonical value."""


@dataclass(frozen=True, slots=True)
class Said:
    """A text and what it orders.

    Attributes:
        text: Plain words (see `plain`).
        slots: Their spans in it.
    """

    text: str
    slots: tuple[Slot, ...]


def plain(text: str) -> str:
    """Folded words of a text or transcript, numbers as words."""
    return " ".join(comparable(text, "en"))


def keywords(text: str, lists: Mapping[str, Sequence[str]]) -> dict[str, str]:
    """Values that stand in a text word by word, longest first; a word is used once."""
    left = f" {text} "
    found: dict[str, str] = {}
    pairs = [(plain(value), slot, value) for slot, values in lists.items() for value in values]
    for words, slot, value in sorted(pairs, key=lambda pair: (-len(pair[0]), pair)):
        if slot not in found and f" {words} " in left:
            found[slot] = value
            left = left.replace(f" {words} ", " | ", 1)
    return found


def _aligned(first: str, second: str) -> list[int]:
    """Place in `second` of each border between characters of `first`, shape [len(first) + 1].

    The cheapest edits (Levenshtein, a blank against a letter costs double), the borders of words
    thus stay on borders of words where nothing speaks against it.
    """
    rows, columns = len(first) + 1, len(second) + 1
    cost = np.zeros((rows, columns))
    cost[:, 0], cost[0, :] = np.arange(rows), np.arange(columns)
    for i in range(1, rows):
        for j in range(1, columns):
            same = first[i - 1] == second[j - 1]
            blank = (first[i - 1] == " ") != (second[j - 1] == " ")
            swap = cost[i - 1, j - 1] + (0.0 if same else 2.0 if blank else 1.0)
            cost[i, j] = min(swap, cost[i - 1, j] + 1.0, cost[i, j - 1] + 1.0)
    places = [0] * rows
    i, j = rows - 1, columns - 1
    places[i] = j
    while i > 0:
        same = j > 0 and first[i - 1] == second[j - 1]
        blank = j > 0 and (first[i - 1] == " ") != (second[j - 1] == " ")
        step = 0.0 if same else 2.0 if blank else 1.0
        if j > 0 and cost[i, j] == cost[i - 1, j - 1] + step:
            i, j = i - 1, j - 1
        elif cost[i, j] == cost[i - 1, j] + 1.0:
            i -= 1
        else:
            j -= 1
            continue
        places[i] = j
    return places


def carried(said: Said, heard: str) -> Said:
    """The transcript with the slots of what was said.

    A word of the transcript belongs to the slot that most of it is aligned with; a slot of which
    nothing was heard is left out.
    """
    places = _aligned(said.text, heard)
    spans = tokens(heard)
    slots: list[Slot] = []
    taken = 0
    for slot in said.slots:
        start, end = places[slot.start], places[slot.end]
        own = [(a, b) for a, b in spans if a >= taken and 2 * (min(b, end) - max(a, start)) > b - a]
        if own:
            a, b = own[0][0], own[-1][1]
            slots.append(Slot(slot.name, slot.entity, slot.value, heard[a:b], a, b))
            taken = b
    return Said(heard, tuple(slots))


def _distance(first: str, second: str) -> float:
    """Edit distance as a share of the longer text, 0..1."""
    row = list(range(len(second) + 1))
    for count, letter in enumerate(first, 1):
        diagonal, row[0] = row[0], count
        for place, other in enumerate(second, 1):
            best = min(row[place] + 1, row[place - 1] + 1, diagonal + (letter != other))
            diagonal, row[place] = row[place], best
    return row[-1] / max(1, len(first), len(second))


class _Values:
    """Heard form of a slot -> its value."""

    def __init__(self, lists: Mapping[str, Sequence[str]], train: Sequence[Said]) -> None:
        self._forms: dict[str, dict[tuple[str, str], int]] = {
            name: {(plain(value), value): 1 for value in values} for name, values in lists.items()
        }
        for said in train:
            for slot in said.slots:
                own = self._forms[slot.name]
                own[slot.text, slot.value] = own.get((slot.text, slot.value), 0) + 1

    def nearest(self, name: str, text: str) -> str:
        """The value with the nearest form; of equally near ones the one heard most often."""
        own = self._forms[name]
        return min(own, key=lambda form: (_distance(text, form[0]), -own[form], form))[1]


def tagged(
    train: Sequence[Said], texts: Sequence[str], lists: Mapping[str, Sequence[str]]
) -> list[dict[str, str]]:
    """The orders that a CRF trained on `train` finds in each text.

    Args:
        train: Transcripts with slots, and written rows beside them.
        texts: Plain transcripts.
        lists: Slot -> its canonical values.

    Raises:
        InputError: python-crfsuite is not installed.
    """
    crf = require("pycrfsuite", extra="assess", purpose="tagging slots")
    rows = Rows(
        tuple(said.text for said in train),
        ("order",) * len(train),
        np.ones(len(train)),
        tuple(said.slots for said in train),
        ("grammar",) * len(train),
    )
    values = _Values(lists, train)
    found = []
    for text, entities in zip(texts, predict(crf, rows, texts), strict=True):
        order: dict[str, str] = {}
        for name, start, end in entities:
            # The first one counts: orders name a thing once.
            order.setdefault(name, values.nearest(name, text[start:end]))
        found.append(order)
    return found


def scored(truth: Sequence[Order], found: Sequence[Order]) -> dict[str, object]:
    """Shares of slots and of whole orders that are right.

    `slots`: of the true slots, those found with the right value (a slot too many is no error
    here). `orders`: all slots right and none too many.
    """
    names = sorted({name for order in truth for name in order})
    right = {
        name: [o.get(name) == f.get(name) for o, f in _with(truth, found, name)] for name in names
    }
    hits, count = sum(map(sum, right.values())), sum(map(len, right.values()))
    return {
        "slots": round(hits / count, 6),
        "orders": round(
            float(np.mean([dict(o) == dict(f) for o, f in zip(truth, found, strict=True)])), 6
        ),
        "too_many": sum(len(set(f) - set(o)) for o, f in zip(truth, found, strict=True)),
        "by_slot": {name: round(float(np.mean(right[name])), 6) for name in names},
    }


def _with(truth: Sequence[Order], found: Sequence[Order], name: str) -> list[tuple[Order, Order]]:
    """The orders that have a slot, with what was found in them."""
    return [(o, f) for o, f in zip(truth, found, strict=True) if name in o]
