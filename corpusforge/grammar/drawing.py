"""Draw rows of a template file: what `corpusforge sample` does."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
import pyarrow as pa

from corpusforge.core.arrow import integers, list_items
from corpusforge.core.errors import InputError
from corpusforge.core.ids import assign_ids
from corpusforge.core.schema import SLOT_TYPE, UTTERANCES
from corpusforge.core.spans import Slot
from corpusforge.core.text import fold
from corpusforge.grammar.apart import Reserved
from corpusforge.grammar.bulk import By, Corpus
from corpusforge.grammar.bulk_rows import BulkRows
from corpusforge.grammar.loader import load_pack
from corpusforge.grammar.pack import Pack, Template
from corpusforge.grammar.quotas import quota_shares
from corpusforge.grammar.splits import DEFAULT_SHARES, split_templates
from corpusforge.grammar.spoken import SpokenForms, spoken_forms
from corpusforge.grammar.value_splits import HoldOut, PinnedValues

if TYPE_CHECKING:
    from corpusforge.grammar.coverage import Cover, CoverRow

__all__ = ["Draw", "Plan", "draw", "draw_pack", "utterance_batch", "utterances"]


@dataclass(frozen=True)
class Draw:
    """Rows to be drawn; nothing is made before `batches` is asked.

    Attributes:
        pack: The templates.
        corpus: All their sentences in the order of the seed.
        n: Rows wanted.
        splits: Template id -> split.
        cover: Rows that come first.
    """

    pack: Pack
    corpus: Corpus
    n: int
    splits: Mapping[str, str]
    cover: Cover | None = None

    @cached_property
    def _rows(self) -> BulkRows:
        return BulkRows(self.corpus)

    @cached_property
    def _spoken(self) -> SpokenForms | None:
        return spoken_forms(self.pack)

    @property
    def has_spoken(self) -> bool:
        """Say whether some values are not said as they are written."""
        return self._spoken is not None

    def spoken(self, batch: pa.RecordBatch) -> pa.Array:
        """What is said in the rows of a batch, null where it is the text itself."""
        if self._spoken is None:
            return pa.nulls(batch.num_rows, pa.string())
        return self._spoken.column(batch["text"], batch["slots"])

    def batches(self, start: int = 0, stop: int | None = None) -> Iterator[pa.RecordBatch]:
        """Rows start ... stop - 1 (n at most), columns `bulk_rows.BULK`.

        The rows do not depend on where they are cut, so that workers can share them.
        """
        stop = self.n if stop is None else min(stop, self.n)
        if self.cover is None:
            for _, owners, numbers in self.corpus.windows(stop, start):
                yield self._rows.batch(owners, numbers)
            return
        row = 0
        for batch in self._cover_first():
            low, high = max(start - row, 0), min(stop - row, batch.num_rows)
            if high > low:
                yield batch.slice(low, high - low)
            row += batch.num_rows
            if row >= stop:
                return

    def _cover_first(self) -> Iterator[pa.RecordBatch]:
        import pyarrow.compute as pc

        assert self.cover is not None
        rows = self.cover.rows
        texts = pa.array([row.text for row in rows], pa.string())
        held = {(row.template.intent, row.text, row.slots) for row in rows}
        if rows:
            yield BulkRows.of_rows(rows, [row.split for row in rows])
        for _, owners, numbers in self.corpus.windows(self.corpus.size):
            batch = self._rows.batch(owners, numbers)
            keep = np.ones(batch.num_rows, bool)
            for row in np.flatnonzero(pc.is_in(batch["text"], texts).to_numpy(False)).tolist():
                (same,) = batch.slice(row, 1).to_pylist()
                slots = tuple(Slot(**slot) for slot in same["slots"])
                keep[row] = (same["intent"], same["text"], slots) not in held
            yield batch if keep.all() else batch.filter(pa.array(keep))

    @property
    def size(self) -> int:
        """Rows that `batches` gives in all: n, or all there are."""
        return min(self.n, self.corpus.size)

    def sizes(self) -> list[tuple[Template, int]]:
        """Sentences that each template owns."""
        found = dict.fromkeys((template.id for template in self.pack.templates), 0)
        for owner, size in zip(self.corpus.owners, self.corpus.sizes, strict=True):
            found[owner.template.id] += size
        return [(template, found[template.id]) for template in self.pack.templates]

    def notes(self) -> list[str]:
        """Warnings for the user."""
        found = list(self.pack.notes)
        apart = any(owner.split != "train" for owner in self.corpus.owners)
        if self.corpus.size < self.n:
            which = "all that keep the splits apart" if apart else "all of them"
            found.append(
                f"{self.n} rows were asked for; the templates hold {self.corpus.size} different "
                f"labelled sentences, which is {which}"
            )
        silent = [template for template, size in self.sizes() if not size]
        if silent:
            first = silent[0]
            found.append(
                f"{len(silent)} template(s) gave no rows: "
                f"{'others of their intent or split' if apart else 'others of their intent'} say "
                f"the same, or constraints{' and held-out values' * apart} leave nothing; "
                f"first {first.file}:{first.line}: {first.sentence}"
            )
        if self.cover is not None and self.cover.certificate.rows > self.n:
            rows = self.cover.certificate.rows
            found.append(f"{self.n} rows do not show everything; {rows} rows do")
        return found

    def shares(self) -> dict[str, int]:
        """Rows of each intent, in the order of the pack."""
        found = dict.fromkeys((template.intent for template in self.pack.templates), 0)
        if self.cover is None:
            owned = np.zeros(len(self.corpus.owners), np.int64)
            for _, owners, _ in self.corpus.windows(self.n):
                owned += np.bincount(owners, minlength=len(owned))
            for owner, rows in zip(self.corpus.owners, owned.tolist(), strict=True):
                found[owner.template.intent] += rows
            return found
        import pyarrow.compute as pc

        for batch in self.batches():
            counted = pc.value_counts(batch["intent"].dictionary_decode())
            for entry in counted.to_pylist():
                found[entry["values"]] += entry["counts"]
        return found


@dataclass(frozen=True, kw_only=True)
class Plan:
    """How rows are drawn from templates.

    Attributes:
        seed: Same seed, same rows; a larger n only appends rows.
        by: Share of each template, see `bulk.By`.
        coverage: Begin with the rows of `coverage.cover`.
        hold_out: What validation and test rows do not share with train.
        quotas: Intent -> rows (a whole number) or share of the rows (0.0 to 1.0).
        shares: Split -> share of the values, where values are held out.
        reserved: Carrier phrases that one side of the splits must not say.
        pinned: Values whose split is known.
        distinct: Rows of the cover have different folded texts within an intent.
    """

    seed: int = 1
    by: By = "weights"
    coverage: bool = False
    hold_out: HoldOut = "templates"
    quotas: Mapping[str, float] = field(default_factory=dict)
    shares: Mapping[str, float] = field(default_factory=lambda: dict(DEFAULT_SHARES))
    reserved: Reserved = field(default_factory=dict)
    pinned: PinnedValues = field(default_factory=dict)
    distinct: bool = False


def draw(
    path: Path,
    n: int,
    *,
    seed: int = 1,
    lang: str | None = None,
    lists: Path | None = None,
    by: By = "weights",
    coverage: bool = False,
    hold_out: HoldOut | None = None,
    quotas: Mapping[str, float] | None = None,
) -> Draw:
    """Prepare rows of a template file or folder.

    Args:
        path: Template file or folder.
        n: Rows wanted; fewer distinct ones give all of them and a note.
        seed: See `Plan`, as all below but the next two.
        lang: Needed where the folder holds several languages.
        lists: File with further lists.
        by: Share of each template.
        coverage: Show everything first.
        hold_out: What validation and test rows do not share with train. None: all rows are train
            but those of templates whose author gave them a split.
        quotas: Of intents.

    Raises:
        InputError: For wrong templates or quotas, or for a cover together with values held out.
    """
    pack = load_pack(path, lang=lang, lists=[lists] if lists is not None else [])
    if hold_out is None:
        splits = {template.id: template.split or "train" for template in pack.templates}
        hold_out = "templates"
    else:
        splits, _ = split_templates(pack.templates, seed=seed)
    plan = Plan(seed=seed, by=by, coverage=coverage, hold_out=hold_out, quotas=quotas or {})
    return draw_pack(pack, splits, n, plan)


def draw_pack(pack: Pack, splits: Mapping[str, str], n: int, plan: Plan) -> Draw:
    """Prepare rows of templates with their splits; see `draw`."""
    if plan.coverage and plan.hold_out != "templates":
        raise InputError(
            f"coverage with {plan.hold_out} held out",
            hint="rows that show every value cannot hold values out; ask for one of the two",
        )
    corpus = Corpus(
        pack.templates,
        seed=plan.seed,
        by=plan.by,
        splits=splits,
        hold_out=plan.hold_out,
        quotas=quota_shares(plan.quotas, (template.intent for template in pack.templates), n),
        reserved=plan.reserved,
        shares=plan.shares,
        pinned=plan.pinned,
    )
    return Draw(pack, corpus, n, splits, _cover(pack, corpus, plan) if plan.coverage else None)


def _cover(pack: Pack, corpus: Corpus, plan: Plan) -> Cover:
    """The fewest rows that show everything, each with its owner."""
    from corpusforge.grammar.coverage import cover

    claimed: set[tuple[str, str]] = set()

    def admit(row: CoverRow) -> CoverRow | None:
        owner = corpus.owner_of(row.template.intent, row.text, row.slots)
        said = row.template.intent, fold(row.text)
        if owner is None or (plan.distinct and (not said[1] or said in claimed)):
            return None
        claimed.add(said)
        return row._replace(template=owner.template, split=owner.split)

    return cover(pack, admit)


def utterances(drawn: Draw, *, ids: bool = True) -> pa.Table:
    """All rows as a table of `core.schema.UTTERANCES` (license "").

    Args:
        drawn: What to draw.
        ids: Without ids, that column is "" (they cost most of the time of a large table).
    """
    batches = [utterance_batch(drawn, batch, lang=drawn.pack.lang) for batch in drawn.batches()]
    table = pa.Table.from_batches(batches, UTTERANCES)
    return assign_ids(table) if ids and table.num_rows else table


def utterance_batch(
    drawn: Draw, batch: pa.RecordBatch, *, lang: str, license: str = ""
) -> pa.RecordBatch:
    """Rows of `BULK` as rows of `core.schema.UTTERANCES`, without ids.

    Args:
        drawn: Where they come from.
        batch: Rows.
        lang: BCP-47 tag.
        license: SPDX license of templates and values.
    """
    rows = batch.num_rows

    def same(value: object, kind: pa.DataType) -> pa.Array:
        return pa.repeat(pa.scalar(value, kind), rows)

    columns = {
        "id": same("", pa.string()),
        "text": batch["text"],
        "lang": same(lang, pa.string()),
        "intent": batch["intent"].dictionary_decode(),
        "slots": plain_slots(batch["slots"]),
        "spoken": drawn.spoken(batch),
        "origin": same("grammar", pa.string()),
        "template": batch["template"].dictionary_decode(),
        "parents": same([], pa.list_(pa.string())),
        "generation": same(0, pa.int32()),
        "weight": same(1.0, pa.float32()),
        "split": batch["split"].dictionary_decode(),
        "license": same(license, pa.string()),
    }
    return pa.record_batch([columns[field.name] for field in UTTERANCES], schema=UTTERANCES)


def plain_slots(slots: pa.Array) -> pa.Array:
    """A slot column without dictionaries."""
    offsets, items = list_items(slots)
    columns = (items.field(place) for place in range(len(SLOT_TYPE)))
    fields = [
        column.dictionary_decode() if pa.types.is_dictionary(column.type) else column
        for column in columns
    ]
    made = pa.StructArray.from_arrays(fields, fields=list(SLOT_TYPE))
    return pa.ListArray.from_arrays(integers(offsets), made)
