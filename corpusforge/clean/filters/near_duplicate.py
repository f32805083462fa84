"""Drops near copies within an intent: character 3-grams, exact join, slot values respected."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

import numpy as np
import numpy.typing as npt
import pyarrow as pa

from corpusforge.clean.near_duplicates import Pairs, independent_rows, similar_pairs
from corpusforge.clean.verdicts import PAIRS, Verdicts, group_numbers, order_of_keeping
from corpusforge.clean.words import alike_carriers, one_change
from corpusforge.core.spans import Slot, tokens
from corpusforge.core.text import SLOT_PATTERN, delexicalise, fold, fold_delexicalised

__all__ = ["FLOOR", "PLUGIN", "NearDuplicate"]

FLOOR = 0.7
"""Pairs from here on are written down. At 0.7 the join still costs seconds for 10^5 rows."""

MIN_WORDS = 5
"""Shorter texts are never near copies: one letter of "lights on" is a third of its 3-grams,
and short commands are the point of such a corpus. They are judged word by word."""

_SURFACE, _CARRIER, _SHORT = 0, 1, 2
_RELATIONS = ("surface", "carrier", "short carrier")
# Slots of a carrier become one character each, from a private use area that folding leaves.
_FIRST_SLOT_CHARACTER = 0xF0000


@dataclass(frozen=True)
class NearDuplicate:
    """Two relations, both only between rows of one intent.

    surface: folded texts of at least five words with Jaccard >= threshold, *equal slot values
    and equal numbers*. Rows that differ in a value are never near copies of each other. Holds
    across splits. Within a split a row is lost only when, besides, both texts have the same words
    (in any order, slots in the same order) but for one typo or ending (`words.one_change`):
    "don't turn on" and "do turn on", "turn on" and "turn off" share nine in ten 3-grams too,
    and are other sentences. A row that is not annotated may differ in a value that nobody wrote
    down, so it takes part across splits only, where a leak weighs more than a row.

    carrier: folded texts with slots replaced by their names, equal or (from five words on)
    Jaccard >= threshold, between a synthetic train row and a synthetic held-out row, whatever
    the values. Splits are made by template; this holds them where two templates can say the
    same sentence. Real rows are left out: that real people say one phrase twice is no leak.
    With "carriers_across_splits" 0, for splits by slot values, this is not looked for.

    short carrier: the same, of carriers below five words, where one letter is a third of the
    3-grams: equal word by word after dropping a plural -s, at most one word of five letters or
    more being one letter off (`words.alike_carriers`). The score is 1: such pairs do not depend
    on the threshold.

    Rows are taken in the order of keeping (test, validation, train; real, grammar, generated)
    and stay unless a kept row is their near copy: no two kept rows are near copies, and each
    dropped row names its kept twin.
    """

    name: str = "near_duplicate"
    threshold_meaning: str = "Jaccard similarity of character 3-gram sets, in (0, 1]"
    source: str = "Jaccard of 3-grams: a single typo in a short text stays above 0.8, k=4 does not"
    example: Mapping[str, float] = field(default_factory=lambda: {"near_duplicate_jaccard": 0.9})

    def judge(self, table: pa.Table, config: Mapping[str, float]) -> Verdicts:
        """See `Filter.judge`."""
        threshold = config["near_duplicate_jaccard"]
        view = _View(table)
        floor = min(FLOOR, threshold)
        surface = view.surface_pairs(floor)
        if config.get("carriers_across_splits", 1.0):
            carrier = view.carrier_pairs(floor, surface)
            short = view.short_carrier_pairs(surface)
        else:
            carrier = short = surface.where(np.zeros(len(surface), bool))
        parts = (surface, carrier, short)
        relation = np.repeat([_SURFACE, _CARRIER, _SHORT], [len(part) for part in parts])
        pairs = _joined(*parts)
        near = np.flatnonzero(pairs.jaccard >= threshold)
        keep, lost = independent_rows(
            table.num_rows, view.rank, pairs.left[near], pairs.right[near]
        )
        reasons = [""] * table.num_rows
        twins: list[str | None] = [None] * table.num_rows
        scores: list[float | None] = [None] * table.num_rows
        for row in np.flatnonzero(~keep):
            pair = near[lost[row]]
            twin = int(pairs.left[pair] + pairs.right[pair] - row)
            twins[row] = view.ids[twin]
            scores[row] = float(pairs.jaccard[pair])
            what = "near copy" if relation[pair] == _SURFACE else "same sentence"
            here = view.splits[row] == view.splits[twin]
            reasons[row] = what if here else f"{what} in {view.splits[twin]}"
        table_of_pairs = view.table_of_pairs(self.name, pairs, relation)
        return Verdicts(keep, reasons, scores, twins, threshold, table_of_pairs)


class _View:
    """What the comparison needs of each row."""

    def __init__(self, table: pa.Table) -> None:
        texts = table["text"].to_pylist()
        slots = [
            None if row is None else [Slot(**slot) for slot in row]
            for row in table["slots"].to_pylist()
        ]
        self.ids: list[str] = table["id"].to_pylist()
        self.intents: list[str] = table["intent"].to_pylist()
        self.splits: list[str] = table["split"].to_pylist()
        self.rank = order_of_keeping(table)
        self.folded = [fold(text) for text in texts]
        self.long = np.array([len(tokens(text)) >= MIN_WORDS for text in self.folded], dtype=bool)
        self.annotated = np.array([row is not None for row in slots], dtype=bool)
        self.real = np.array([origin == "real" for origin in table["origin"].to_pylist()], bool)
        self.train = np.array([split == "train" for split in self.splits], dtype=bool)
        self.values = group_numbers([None if row is None else _values(row) for row in slots])
        self.said = [[slot.value for slot in row or ()] for row in slots]
        self.numbers = group_numbers([_numbers(text) for text in self.folded])
        self.carriers = [
            fold_delexicalised(delexicalise(text, row or ()))
            for text, row in zip(texts, slots, strict=True)
        ]

    def surface_pairs(self, floor: float) -> Pairs:
        """Pairs of long texts with equal values and numbers."""
        split = group_numbers(self.splits)
        blocks = list(zip(self.intents, self.numbers, strict=True))
        known = np.flatnonzero(self.long & self.annotated)
        within = group_numbers([(*blocks[row], self.values[row]) for row in known])
        pairs = _among(known, self.folded, floor, within)
        pairs = pairs.where(self._says_the_same(pairs))
        if self.annotated.all():
            return pairs
        rows = np.flatnonzero(self.long)
        mixed = _among(rows, self.folded, floor, group_numbers([blocks[row] for row in rows]))
        unknown = ~(self.annotated[mixed.left] & self.annotated[mixed.right])
        mixed = mixed.where(unknown & (split[mixed.left] != split[mixed.right]))
        return _joined(pairs, mixed)

    def _says_the_same(self, pairs: Pairs) -> npt.NDArray[np.bool_]:
        """Which pairs may cost a row: all across splits, one-change pairs within."""
        return np.array(
            [
                self.splits[a] != self.splits[b]
                or (self.said[a] == self.said[b] and one_change(self.folded[a], self.folded[b]))
                for a, b in zip(pairs.left, pairs.right, strict=True)
            ],
            dtype=bool,
        )

    def carrier_pairs(self, floor: float, surface: Pairs) -> Pairs:
        """For each synthetic train row, one held-out row per alike carrier.

        Args:
            floor: Smallest Jaccard.
            surface: All surface pairs from the floor on.
        """
        keys, kind, members, held_out = self._synthetic_carriers(surface)
        same = [(number, number, 1.0) for number in members]
        alike = [*same, *_similar_carriers(keys, kind, floor)]
        both = {pair for a, b, score in alike for pair in ((a, b, score), (b, a, score))}
        return _rows_of(sorted(both), members, held_out)

    def short_carrier_pairs(self, surface: Pairs) -> Pairs:
        """The same for short carriers that are alike word by word, but not equal.

        Args:
            surface: As in `carrier_pairs`.
        """
        keys, kind, members, held_out = self._synthetic_carriers(surface)
        distinct = dict(zip(kind.tolist(), keys, strict=True))
        short = {n: key for n, key in distinct.items() if len(key[1].split()) < MIN_WORDS}
        pairs = alike_carriers(
            {number: short[number] for number in members if number in short},
            {number: short[number] for number in held_out if number in short},
        )
        return _rows_of([(a, b, 1.0) for a, b in pairs], members, held_out)

    def _synthetic_carriers(
        self, surface: Pairs
    ) -> tuple[
        list[tuple[str, str]], npt.NDArray[np.int64], dict[int, list[int]], dict[int, list[int]]
    ]:
        """(intent, carrier) and number of each; number -> train rows, and -> held-out rows."""
        rows = np.flatnonzero(~self.real)
        keys = [(self.intents[row], self.carriers[row]) for row in rows]
        kind = group_numbers(keys)
        members: dict[int, list[int]] = {}
        for place in np.flatnonzero(self.train[rows]):
            members.setdefault(int(kind[place]), []).append(int(rows[place]))
        return keys, kind, members, self._held_out_carriers(rows, kind, surface)

    def _held_out_carriers(
        self, rows: npt.NDArray[np.int64], kind: npt.NDArray[np.int64], surface: Pairs
    ) -> dict[int, list[int]]:
        """Carrier number -> held-out rows that stand for it.

        One row is enough when it stays at any threshold, which a row does that is the later
        side of no surface pair; without such a row, all of the carrier's rows are listed.
        """
        later = np.where(
            self.rank[surface.left] > self.rank[surface.right], surface.left, surface.right
        )
        at_risk = np.zeros(len(self.ids), dtype=bool)
        at_risk[later] = True
        held_out: dict[int, list[int]] = {}
        places = np.flatnonzero(~self.train[rows])
        for place in places[np.argsort(self.rank[rows[places]], kind="stable")]:
            listed = held_out.setdefault(int(kind[place]), [])
            if not listed or at_risk[listed].all():
                if not at_risk[rows[place]]:
                    listed.clear()
                listed.append(int(rows[place]))
        return held_out

    def table_of_pairs(self, name: str, pairs: Pairs, relation: npt.NDArray[Any]) -> pa.Table:
        """The pairs with schema `PAIRS`, in an order that does not depend on the rows' order."""
        swap = self.rank[pairs.left] < self.rank[pairs.right]
        loser = np.where(swap, pairs.right, pairs.left)
        twin = np.where(swap, pairs.left, pairs.right)
        order = np.lexsort((relation, self.rank[twin], self.rank[loser]))
        loser, twin = loser[order], twin[order]
        columns = [
            [name] * len(order),
            [_RELATIONS[number] for number in relation[order]],
            [self.intents[row] for row in loser],
            [self.ids[row] for row in loser],
            [self.splits[row] for row in loser],
            [self.ids[row] for row in twin],
            [self.splits[row] for row in twin],
            pairs.jaccard[order].astype(np.float32),
        ]
        return pa.table(columns, schema=PAIRS)


def _joined(*parts: Pairs) -> Pairs:
    return Pairs(
        np.concatenate([part.left for part in parts]),
        np.concatenate([part.right for part in parts]),
        np.concatenate([part.jaccard for part in parts]),
    )


def _rows_of(
    carriers: Sequence[tuple[int, int, float]],
    members: Mapping[int, Sequence[int]],
    held_out: Mapping[int, Sequence[int]],
) -> Pairs:
    """Pairs of rows from (train carrier, held-out carrier, score)."""
    found = [
        (row, twin, score)
        for mine, other, score in carriers
        for row in members.get(mine, ())
        for twin in held_out.get(other, ())
    ]
    columns = np.array(found, dtype=np.float64).reshape(-1, 3)
    ends = columns[:, :2].astype(np.int64)
    return Pairs(ends.min(axis=1), ends.max(axis=1), columns[:, 2])


def _among(
    rows: npt.NDArray[np.int64],
    texts: list[str],
    floor: float,
    groups: npt.NDArray[np.int64],
) -> Pairs:
    """Pairs of a subset of the rows, in row numbers of the whole."""
    pairs = similar_pairs([texts[row] for row in rows], floor, groups)
    return Pairs(rows[pairs.left], rows[pairs.right], pairs.jaccard)


def _values(slots: list[Slot]) -> tuple[tuple[str, str, str], ...]:
    """What must be equal in near copies: each slot's name, canonical value and surface."""
    return tuple(sorted((slot.name, slot.value, fold(slot.text)) for slot in slots))


def _numbers(folded: str) -> tuple[str, ...]:
    """Words with a digit, which may be values that nobody annotated."""
    return tuple(word for word in folded.split() if any(mark.isdigit() for mark in word))


def _similar_carriers(
    keys: list[tuple[str, str]], kind: npt.NDArray[np.int64], floor: float
) -> list[tuple[int, int, float]]:
    """Pairs of different long carriers of one intent: (number, number, Jaccard)."""
    distinct = dict(zip(kind.tolist(), keys, strict=True))
    symbols: dict[str, str] = {}

    def atomic(carrier: str) -> str:
        return SLOT_PATTERN.sub(
            lambda slot: symbols.setdefault(
                slot.group(1), chr(_FIRST_SLOT_CHARACTER + len(symbols))
            ),
            carrier,
        )

    numbers = [
        number for number, (_, carrier) in distinct.items() if len(carrier.split()) >= MIN_WORDS
    ]
    texts = [atomic(distinct[number][1]) for number in numbers]
    intents = group_numbers([distinct[number][0] for number in numbers])
    pairs = similar_pairs(texts, floor, intents)
    return [
        (numbers[a], numbers[b], float(score))
        for a, b, score in zip(pairs.left, pairs.right, pairs.jaccard, strict=True)
    ]


PLUGIN = NearDuplicate()
