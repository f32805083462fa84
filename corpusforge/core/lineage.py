"""The leak check: where every row comes from, followed through its parents to the roots.

A row may only come from rows and templates of its own split, and what a generator made may
only stand in train. Everything else is a leak.
"""

from __future__ import annotations

from collections import defaultdict
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pyarrow.compute as pc

from corpusforge.core.schema import SPLITS

__all__ = ["Leak", "find_leaks"]

_MISSING = np.int64(1 << len(SPLITS))
_BITS = {name: 1 << place for place, name in enumerate(SPLITS)}


@dataclass(frozen=True, slots=True)
class Leak:
    """One broken rule.

    Attributes:
        kind: "generated outside train", "missing parent", "reaches another split",
            "template in two splits", "circle of parents" or "value of another split".
        row_id: The row that breaks it, "" for a template.
        detail: The way from the row to what it must not reach, in words.
    """

    kind: str
    row_id: str
    detail: str

    def __str__(self) -> str:
        return f"{self.kind}: {self.detail}"


def find_leaks(
    table: pa.Table,
    templates: pa.Table | None = None,
    dropped: pa.Table | None = None,
    catalogue: pa.Table | None = None,
) -> list[Leak]:
    """All leaks of a corpus.

    Args:
        table: Utterances; at least the columns id, origin, template, parents, generation and
            split are read.
        templates: Template ids with their splits, "" for those that are in all; None = the rows
            alone say where a template stands.
        dropped: Rows that are out of the corpus but may be parents of rows in it (columns as
            `table`). A row of the table with the same id goes first.
        catalogue: Slot values with the split that may hold them; then `table` needs slots too.

    Returns:
        Leaks of templates, then of rows in table order, then of values; empty when the corpus is
        clean.
    """
    family = _Family(table, dropped)
    leaks = _template_leaks(table, templates)
    home = _template_homes(templates)
    own = np.array([_BITS.get(split, 0) for split in family.splits], dtype=np.int64)
    # A row stands where it says, and where its template stands.
    for row, template in enumerate(family.templates):
        own[row] |= home.get(template, 0)
    reach, circle = family.spread(own)
    for row in range(table.num_rows):
        allowed = _BITS.get(family.splits[row], 0)
        generated = family.generations[row] > 0
        if generated and family.splits[row] != "train":
            leaks.append(
                Leak(
                    "generated outside train",
                    family.ids[row],
                    f"row {family.ids[row]} of generation {family.generations[row]} stands in "
                    f"{family.splits[row]}",
                )
            )
        if generated and not family.parents[row]:
            leaks.append(
                Leak("missing parent", family.ids[row], f"row {family.ids[row]} names no parent")
            )
        if reach[row] & _MISSING:
            leaks.append(family.leak("missing parent", row, own, _MISSING))
        if reach[row] & ~(_MISSING | allowed):
            leaks.append(
                family.leak("reaches another split", row, own, ~(_MISSING | np.int64(allowed)))
            )
        if circle[row]:
            leaks.append(Leak("circle of parents", family.ids[row], f"row {family.ids[row]}"))
    return leaks if catalogue is None else [*leaks, *_value_leaks(table, catalogue)]


class _Family:
    """Rows of the table, then dropped rows, with parents resolved to row numbers (-1 = none)."""

    def __init__(self, table: pa.Table, dropped: pa.Table | None) -> None:
        names = ["id", "template", "parents", "generation", "split"]
        parts = [table.select(names)]
        if dropped is not None:
            parts.append(dropped.select(names))
        whole = pa.concat_tables(parts, promote_options="permissive").combine_chunks()
        self.ids: list[str] = whole["id"].to_pylist()
        self.templates: list[str] = [name or "" for name in whole["template"].to_pylist()]
        self.splits: list[str] = whole["split"].to_pylist()
        self.generations: list[int] = whole["generation"].to_pylist()
        self.parents: list[list[str]] = [ids or [] for ids in whole["parents"].to_pylist()]
        counts = np.array([len(ids) for ids in self.parents], dtype=np.int64)
        flat = pa.array([parent for ids in self.parents for parent in ids], pa.string())
        # index_in finds the first row of an id: table rows before dropped ones.
        found = pc.index_in(flat, value_set=whole["id"].combine_chunks())
        self.child = np.repeat(np.arange(len(self.ids)), counts)
        self.parent = pc.fill_null(found, -1).to_numpy(zero_copy_only=False).astype(np.int64)

    def spread(
        self, own: npt.NDArray[np.int64]
    ) -> tuple[npt.NDArray[np.int64], npt.NDArray[np.bool_]]:
        """Splits that each row reaches through its parents, and which rows are in a circle."""
        reach = own.copy()
        missing = self.parent < 0
        reach[self.child[missing]] |= _MISSING
        child, parent = self.child[~missing], self.parent[~missing]
        while True:
            before = reach.copy()
            np.bitwise_or.at(reach, child, reach[parent])
            if np.array_equal(before, reach):
                break
        # Peel off rows all of whose parents are peeled off; what is left hangs on a circle.
        open_parents = np.bincount(child, minlength=len(own))
        done = np.zeros(len(own), dtype=bool)
        while True:
            ready = ~done & (open_parents == 0)
            if not ready.any():
                return reach, ~done
            done |= ready
            open_parents -= np.bincount(child[ready[parent]], minlength=len(own))

    def leak(self, kind: str, row: int, own: npt.NDArray[np.int64], bad: np.int64) -> Leak:
        """The shortest way from a row to one that has a bad bit, as a leak."""
        at, seen = [(row, self.ids[row])], {row}
        for place, way in at:
            if own[place] & bad:
                template = self.templates[place]
                named = f" of template {template}" if template else ""
                return Leak(kind, self.ids[row], f"{way} in {self.splits[place]}{named}")
            first = int(np.searchsorted(self.child, place))
            for offset, parent_id in enumerate(self.parents[place]):
                parent = int(self.parent[first + offset])
                if parent < 0 and bad == _MISSING:
                    return Leak(kind, self.ids[row], f"{way} <- {parent_id}, not found")
                if parent >= 0 and parent not in seen:
                    seen.add(parent)
                    at.append((parent, f"{way} <- {parent_id}"))
        return Leak(kind, self.ids[row], self.ids[row])


def _template_homes(templates: pa.Table | None) -> dict[str, int]:
    homes: dict[str, int] = {}
    if templates is not None:
        columns = (templates[name].to_pylist() for name in ("template", "split"))
        for template, split in zip(*columns, strict=True):
            homes[template] = homes.get(template, 0) | _BITS.get(split, 0)
    return homes


def _template_leaks(table: pa.Table, templates: pa.Table | None) -> list[Leak]:
    """Templates whose rows, or whose own entries, stand in more than one split."""
    places: defaultdict[str, set[str]] = defaultdict(set)
    everywhere: set[str] = set()
    if templates is not None:
        everywhere = set(templates.filter(pc.equal(templates["split"], ""))["template"].to_pylist())
    for source in (table, templates):
        if source is not None:
            grouped = source.select(["template", "split"]).group_by(["template", "split"])
            for row in grouped.aggregate([]).to_pylist():
                if row["template"]:
                    places[row["template"]].add(row["split"])
    return [
        Leak("template in two splits", "", f"template {template} in {', '.join(sorted(splits))}")
        for template, splits in sorted(places.items())
        if len(splits) > 1 and template not in everywhere
    ]


def _value_leaks(table: pa.Table, catalogue: pa.Table) -> list[Leak]:
    """Rows with a slot value that is held out for another split."""
    held = catalogue.filter(pc.fill_null(pc.not_equal(catalogue["split"], ""), False))
    columns = (held[name].to_pylist() for name in ("entity", "value", "split"))
    home = {(entity, value): split for entity, value, split in zip(*columns, strict=True)}
    if not home:
        return []
    rows = table.select(["id", "origin", "split", "slots"])
    slots = rows["slots"].combine_chunks()
    row = np.repeat(
        np.arange(rows.num_rows),
        pc.fill_null(pc.list_value_length(slots), 0).to_numpy(zero_copy_only=False),
    )
    items = slots.flatten()
    names = zip(*(pc.struct_field(items, n).to_pylist() for n in ("entity", "value")), strict=True)
    splits, origins, ids = (rows[name].to_pylist() for name in ("split", "origin", "id"))
    leaks: list[Leak] = []
    for place, (entity, value) in zip(row.tolist(), names, strict=True):
        split = home.get((entity, value), splits[place])
        # Real rows came with their splits; templates and generators give way to them.
        if split != splits[place] and origins[place] != "real":
            detail = f"row {ids[place]} in {splits[place]} holds {value!r} of {entity}, of {split}"
            leaks.append(Leak("value of another split", ids[place], detail))
    return leaks
