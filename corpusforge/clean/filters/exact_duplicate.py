"""Drops rows of one intent whose folded text is equal; the held-out, then the real copy stays."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

import numpy as np
import pyarrow as pa

from corpusforge.clean.verdicts import PAIRS, Verdicts, group_numbers, order_of_keeping
from corpusforge.core.text import fold

__all__ = ["PLUGIN", "ExactDuplicate"]


@dataclass(frozen=True)
class ExactDuplicate:
    """Equal after `core.text.fold` within an intent, over all splits and origins.

    Rows that differ in their slots only are copies too: a text has one reading per intent.
    """

    name: str = "exact_duplicate"
    threshold_meaning: str = "none: folded texts are equal or not"
    source: str = "NFKC casefold, Unicode 16 section 3.13.5 D146; runs of non-word characters"
    example: Mapping[str, float] = field(default_factory=dict)

    def judge(self, table: pa.Table, config: Mapping[str, float]) -> Verdicts:
        """See `Filter.judge`."""
        rows = table.num_rows
        texts, intents = table["text"].to_pylist(), table["intent"].to_pylist()
        splits, ids = table["split"].to_pylist(), table["id"].to_pylist()
        groups = group_numbers(list(zip(intents, map(fold, texts), strict=True)))
        order = np.lexsort((order_of_keeping(table), groups))
        first = np.ones(rows, dtype=bool)
        first[1:] = groups[order][1:] != groups[order][:-1]
        keep = np.zeros(rows, dtype=bool)
        keep[order[first]] = True
        survivor = np.empty(rows, dtype=np.int64)
        survivor[order] = order[first][np.cumsum(first) - 1] if rows else 0
        reasons, twins = [""] * rows, [None] * rows
        pairs: list[dict[str, object]] = []
        for row in np.flatnonzero(~keep):
            twin = int(survivor[row])
            twins[row] = ids[twin]
            same = splits[row] == splits[twin]
            reasons[row] = (
                "same text and intent" if same else f"same text and intent in {splits[twin]}"
            )
            pairs.append(
                {
                    "filter": self.name,
                    "relation": "equal",
                    "intent": intents[row],
                    "id": ids[row],
                    "split": splits[row],
                    "twin_id": ids[twin],
                    "twin_split": splits[twin],
                    "score": 1.0,
                }
            )
        scores = [None if kept else 1.0 for kept in keep]
        found = pa.Table.from_pylist(pairs, schema=PAIRS)
        return Verdicts(keep, reasons, scores, twins, 1.0, found)


PLUGIN = ExactDuplicate()
