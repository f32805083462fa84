"""The rows of a recipe: from its templates, and real ones, on one side of the splits each."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass, replace
from typing import cast

import pyarrow as pa

from corpusforge.core.ids import assign_ids
from corpusforge.core.recipe import Recipe
from corpusforge.core.schema import UTTERANCES, table_to_utterances
from corpusforge.grammar.bulk import By
from corpusforge.grammar.distinct_rows import DistinctRows
from corpusforge.grammar.drawing import Draw, Plan, draw_pack, utterance_batch
from corpusforge.grammar.loader import load_pack
from corpusforge.grammar.pack import Pack
from corpusforge.grammar.real_rows import RealRows, read_real_rows
from corpusforge.grammar.real_splits import SplitLanguages, pinned_values, reserved_frames
from corpusforge.grammar.splits import split_templates
from corpusforge.grammar.value_splits import HoldOut

__all__ = ["Templates", "draw_templates", "load_templates", "preview_rows", "read_real", "rows_of"]

# A preview looks at so many real rows, which takes some 0.1 s.
MAX_PREVIEWED = 2_000


@dataclass(frozen=True)
class Templates:
    """The templates of a recipe.

    Attributes:
        pack: As loaded.
        splits: Template id -> split; "" where its rows are in all splits, by their values.
        notes: Warnings for the user.
    """

    pack: Pack
    splits: Mapping[str, str]
    notes: Sequence[str]


def load_templates(recipe: Recipe) -> Templates | None:
    """Templates with their splits; None when the recipe has none.

    Raises:
        InputError: For wrong templates.
    """
    if recipe.grammar.path is None:
        return None
    lists = [recipe.path(recipe.grammar.lists)] if recipe.grammar.lists is not None else []
    pack = load_pack(recipe.path(recipe.grammar.path), lang=recipe.lang, lists=lists)
    if recipe.grammar.hold_out == "values":
        return Templates(pack, {t.id: t.split for t in pack.templates}, list(pack.notes))
    shares = asdict(recipe.grammar.splits)
    splits, notes = split_templates(pack.templates, seed=recipe.seed, shares=shares)
    return Templates(pack, splits, [*pack.notes, *notes])


def read_real(
    recipe: Recipe, templates: Templates | None, *, limit: int | None = None
) -> RealRows | None:
    """Real rows, whose splits agree with those of the templates; None when there are none.

    Args:
        recipe: Its `real:` says what to read.
        templates: From `load_templates`.
        limit: Look at this many rows only.

    Raises:
        InputError: See `read_real_rows`.
    """
    if recipe.real is None:
        return None
    said = None
    if templates is not None and recipe.grammar.hold_out != "values":
        said = SplitLanguages(templates.pack, templates.splits)
    return read_real_rows(recipe, said, limit=limit)


def draw_templates(recipe: Recipe, templates: Templates, real: RealRows | None) -> Draw:
    """All rows of the templates in the recipe's order; see `DistinctRows` for those it wants.

    Carrier phrases that real rows have on the other side of the splits are left out; where values
    are held out, those of real rows stay on their side.

    Raises:
        InputError: For wrong quotas.
    """
    grammar = recipe.grammar
    plan = Plan(
        seed=recipe.seed,
        by=cast(By, grammar.by),
        coverage=grammar.coverage,
        hold_out=cast(HoldOut, grammar.hold_out),
        quotas=grammar.quotas or {},
        shares=asdict(grammar.splits),
        distinct=True,
    )
    if real is not None:
        rows = table_to_utterances(real.table)
        if grammar.hold_out != "values":
            reserved = reserved_frames(rows, templates.pack, templates.splits)
            plan = replace(plan, reserved=reserved)
        if grammar.hold_out != "templates":
            plan = replace(plan, pinned=pinned_values(rows))
    drawn = draw_pack(templates.pack, templates.splits, grammar.rows, plan)
    return replace(drawn, n=drawn.corpus.size)


def rows_of(recipe: Recipe, drawn: Draw, batch: pa.RecordBatch) -> pa.Table:
    """Rows of `DistinctRows` as a table of `core.schema.UTTERANCES` with ids."""
    made = utterance_batch(drawn, batch, lang=recipe.lang, license=recipe.license)
    return assign_ids(pa.Table.from_batches([made], UTTERANCES))


def preview_rows(recipe: Recipe, n: int) -> tuple[pa.Table, tuple[str, ...]]:
    """Rows a build would start from: the first sampled ones and, beside them, some real ones.

    Splits, lists and seed are the recipe's. Of real rows the first 2,000 are looked at: a
    label's nearest text that goes into a missing split may be another one in the build.

    Args:
        recipe: What to preview.
        n: Rows, at least 1. With templates and real rows, a quarter are real ones.

    Returns:
        A table of `core.schema.UTTERANCES` with ids and splits, and notes.

    Raises:
        InputError: For wrong templates or real rows.
    """
    templates = load_templates(recipe)
    real = read_real(recipe, templates, limit=MAX_PREVIEWED)
    tables: list[pa.Table] = []
    notes: list[str] = []
    shown = 0
    if real is not None:
        shown = n if templates is None else min(real.table.num_rows, (n + 3) // 4)
        notes += real.notes
    if templates is not None and n > shown:
        drawn = draw_templates(recipe, templates, real)
        rows = DistinctRows(drawn, n - shown)
        tables += (rows_of(recipe, drawn, batch) for batch in rows.batches())
        notes = [*templates.notes, *rows.notes(), *notes]
    if real is not None:
        tables.append(real.table.slice(0, shown))
    return pa.concat_tables(tables), tuple(notes)
