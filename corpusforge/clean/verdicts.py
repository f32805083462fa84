"""What a filter says about a table, and which of two copies of a row stays."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Protocol

import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pyarrow.compute as pc

from corpusforge.core.schema import SPLITS

__all__ = ["PAIRS", "Filter", "Verdicts", "group_numbers", "no_pairs", "order_of_keeping"]

PAIRS = pa.schema(
    [
        ("filter", pa.string()),
        ("relation", pa.string()),
        ("intent", pa.string()),
        ("id", pa.string()),
        ("split", pa.string()),
        ("twin_id", pa.string()),
        ("twin_split", pa.string()),
        ("score", pa.float32()),
    ]
)
"""Pairs of alike rows. `id` is the side that would lose (later in the order of keeping);
`relation` says what was compared, `score` is in (0, 1], 1 = equal under it. A threshold at or
above the floor can be cut again from this table alone."""

# Held-out rows stay, because dropping a test row to keep its train copy would move the yard
# stick. Real before synthetic, grammar before what was generated from it.
_SPLIT_RANK = {name: rank for rank, name in enumerate(reversed(SPLITS))}
_ORIGIN_RANK = {"real": 0, "external": 1, "grammar": 2}
_LATER_ORIGINS = 3


def no_pairs() -> pa.Table:
    """An empty table of pairs."""
    return PAIRS.empty_table()


@dataclass(frozen=True)
class Verdicts:
    """One filter's judgement of n rows.

    Attributes:
        keep: False = drop the row; shape [n].
        reasons: Why each dropped row goes, "" for kept rows; [n]. Fixed phrases for card and
            report, which quote no text, label or value: the row may be private.
        scores: The figure that was judged, None where there is none; [n].
        twin_ids: Id of the row that stays instead, None where there is none; [n].
        threshold: What the figure was judged against, None where there is no figure.
        pairs: All pairs above the floor, schema `PAIRS`.
    """

    keep: npt.NDArray[np.bool_]
    reasons: Sequence[str]
    scores: Sequence[float | None]
    twin_ids: Sequence[str | None]
    threshold: float | None = None
    pairs: pa.Table = field(default_factory=no_pairs)


class Filter(Protocol):
    """A plug-in of family `filter`: file in clean/filters/, attribute `PLUGIN`."""

    name: str
    threshold_meaning: str
    source: str
    example: Mapping[str, float]

    def judge(self, table: pa.Table, config: Mapping[str, float]) -> Verdicts:
        """Judge the rows of an utterance table.

        The verdict on a row depends on the set of rows, not on their order.

        Args:
            table: Columns of `UTTERANCES`, others are ignored.
            config: Thresholds by name, see `example`.
        """


def order_of_keeping(table: pa.Table) -> npt.NDArray[np.int64]:
    """Rank of each row when copies compete, 0 = stays first; shape [rows].

    Test before validation before train, then real before grammar before generated rows, then
    the lower generation, then id, template and text: a total order that does not depend on
    where rows stand in the table.
    """
    splits = np.array([_SPLIT_RANK.get(s, len(SPLITS)) for s in table["split"].to_pylist()], int)
    origins = np.array(
        [_ORIGIN_RANK.get(o, _LATER_ORIGINS) for o in table["origin"].to_pylist()], int
    )
    keys = pa.table(
        {
            "split": splits,
            "origin": origins,
            **{name: table[name] for name in ("generation", "id", "template", "text")},
        }
    )
    order = pc.sort_indices(keys, sort_keys=[(name, "ascending") for name in keys.column_names])
    rank = np.empty(table.num_rows, dtype=np.int64)
    rank[order.to_numpy()] = np.arange(table.num_rows)
    return rank


def group_numbers(keys: Sequence[object]) -> npt.NDArray[np.int64]:
    """Equal keys get equal numbers, in order of first appearance; shape [rows]."""
    numbers: dict[object, int] = {}
    return np.array([numbers.setdefault(key, len(numbers)) for key in keys], dtype=np.int64)
