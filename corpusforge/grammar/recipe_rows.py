"""The rows of a recipe: from its templates, and real ones, on one side of the splits each."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass

import pyarrow as pa

from corpusforge.core.recipe import Recipe
from corpusforge.core.schema import table_to_utterances
from corpusforge.grammar.apart import Reserved
from corpusforge.grammar.loader import load_pack
from corpusforge.grammar.pack import Pack
from corpusforge.grammar.real_rows import RealRows, read_real_rows
from corpusforge.grammar.real_splits import SplitLanguages, reserved_frames
from corpusforge.grammar.rows import to_table
from corpusforge.grammar.sampling import Sample, sample_pack
from corpusforge.grammar.splits import split_templates

__all__ = ["Templates", "load_templates", "preview_rows", "read_real", "sample_templates"]

# A preview looks at so many real rows, which takes some 0.1 s.
MAX_PREVIEWED = 2_000


@dataclass(frozen=True)
class Templates:
    """The templates of a recipe.

    Attributes:
        pack: As loaded.
        splits: Template id -> split.
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
    said = SplitLanguages(templates.pack, templates.splits) if templates is not None else None
    return read_real_rows(recipe, said, limit=limit)


def sample_templates(recipe: Recipe, templates: Templates, real: RealRows | None, n: int) -> Sample:
    """Draw n rows; carrier phrases that real rows have on the other side are left out."""
    pack, splits = templates.pack, templates.splits
    reserved: Reserved = {}
    if real is not None:
        reserved = reserved_frames(table_to_utterances(real.table), pack, splits)
    return sample_pack(pack, n, recipe.seed, splits=splits, reserved=reserved)


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
        drawn = sample_templates(recipe, templates, real, n - shown)
        table = to_table(drawn.rows, templates.splits, lang=recipe.lang, license=recipe.license)
        tables.append(table)
        notes = [*templates.notes, *drawn.notes, *notes]
    if real is not None:
        tables.append(real.table.slice(0, shown))
    return pa.concat_tables(tables), tuple(notes)
