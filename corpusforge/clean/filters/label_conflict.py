"""Drops rows whose folded text also stands under another intent; a real row may stay."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

import numpy as np
import pyarrow as pa

from corpusforge.clean.verdicts import Verdicts, order_of_keeping
from corpusforge.core.schema import SPLITS
from corpusforge.core.text import fold

__all__ = ["PLUGIN", "LabelConflict"]


@dataclass(frozen=True)
class LabelConflict:
    """One text, several intents: at most one of the labels is right, nobody knows which.

    Synthetic sides all go. Real sides stay when they agree on one intent; when they do not,
    those of the most held-out split stay if they agree among themselves, else all go. Out of
    scope counts as an intent like any other.
    """

    name: str = "label_conflict"
    threshold_meaning: str = "none: a text stands under one intent or under several"
    source: str = "label conflicts of surface duplicates; folding as in exact_duplicate"
    example: Mapping[str, float] = field(default_factory=dict)

    def judge(self, table: pa.Table, config: Mapping[str, float]) -> Verdicts:
        """See `Filter.judge`."""
        rows = table.num_rows
        intents, origins = table["intent"].to_pylist(), table["origin"].to_pylist()
        splits, ids = table["split"].to_pylist(), table["id"].to_pylist()
        rank = order_of_keeping(table)
        members: defaultdict[str, list[int]] = defaultdict(list)
        for row, text in enumerate(table["text"].to_pylist()):
            members[fold(text)].append(row)
        keep = np.ones(rows, dtype=bool)
        reasons, twins = [""] * rows, [None] * rows
        for group in members.values():
            if len({intents[row] for row in group}) < 2:
                continue
            real = [row for row in group if origins[row] == "real"]
            right = _agreed_intent(real, intents, splits)
            stays = {row for row in real if intents[row] == right}
            for row in set(group) - stays:
                others = stays or {o for o in group if intents[o] != intents[row]}
                twin = min(others, key=lambda other: int(rank[other]))
                keep[row] = False
                twins[row] = ids[twin]
                here = splits[row] == splits[twin]
                where = "" if here else f" in {splits[twin]}"
                reasons[row] = f"same text under another intent{where}"
        return Verdicts(keep, reasons, [None] * rows, twins)


def _agreed_intent(
    real: Sequence[int], intents: Sequence[str], splits: Sequence[str]
) -> str | None:
    """The intent of the real rows of the most held-out split that has any, if it is one."""
    for split in reversed(SPLITS):
        found = {intents[row] for row in real if splits[row] == split}
        if found:
            return found.pop() if len(found) == 1 else None
    return None


PLUGIN = LabelConflict()
