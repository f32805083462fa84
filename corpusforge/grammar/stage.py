"""The stage `grammar`: rows sampled from templates, real rows, catalogue, compiled language."""

from __future__ import annotations

import hashlib
import os
from collections import Counter
from collections.abc import Callable
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any

import pyarrow as pa

from corpusforge.core.errors import InputError
from corpusforge.core.language import Language
from corpusforge.core.recipe import Recipe
from corpusforge.core.run import StageContext, StageResult, write_json
from corpusforge.core.schema import (
    DROPPED,
    TEMPLATES,
    UTTERANCES,
    check_utterances,
    table_to_utterances,
    table_writer,
    write_table,
)
from corpusforge.grammar.account import (
    pack_facts,
    quota_notes,
    real_facts,
    real_notes,
    shown_facts,
    silent_notes,
    split_facts,
    split_notes,
)
from corpusforge.grammar.catalogue import Entry, catalogue_table, pack_entries, real_entries
from corpusforge.grammar.compile import Planner, compile_language
from corpusforge.grammar.distinct_rows import DistinctRows
from corpusforge.grammar.drawing import Draw
from corpusforge.grammar.files import files_read
from corpusforge.grammar.label_noise import label_noise
from corpusforge.grammar.real_rows import RealRows
from corpusforge.grammar.recipe_rows import (
    Templates,
    draw_templates,
    load_templates,
    read_real,
    rows_of,
)

__all__ = ["NAME", "PACKAGES", "VERSION", "config", "run"]

NAME = "grammar"
VERSION = 7
PACKAGES = ("numpy", "pyarrow", "PyYAML", "babel", "unicode-rbnf")


def config(recipe: Recipe) -> dict[str, Any]:
    """Everything in the recipe, and in the files it names, that shapes this stage's files."""
    grammar = asdict(recipe.grammar)
    # With `publish`: the values of private rows do not enter the catalogue.
    real = asdict(recipe.real) if recipe.real is not None else None
    return {
        "grammar": grammar,
        "real": real,
        "lang": recipe.lang,
        "license": recipe.license,
        "seed": recipe.seed,
        "files": _digests(recipe),
    }


def _digests(recipe: Recipe) -> dict[str, str]:
    """SHA-256 of every file that is read, by its path below the recipe's entry for it."""
    found: dict[str, str] = {}
    if recipe.grammar.path is not None:
        root = recipe.path(recipe.grammar.path)
        folder = (root if root.is_dir() else root.parent).resolve()
        for file in files_read(root):
            # Some stand beside the folder: "../../rules/en/common.yaml".
            below = Path(os.path.relpath(file.resolve(), folder)).as_posix()
            found[f"grammar/{below}"] = _sha256(file)
    if recipe.grammar.lists is not None:
        found["lists"] = _sha256(recipe.path(recipe.grammar.lists))
    if recipe.real is not None:
        root = recipe.path(recipe.real.path)
        files = sorted(f for f in root.rglob("*") if f.is_file()) if root.is_dir() else [root]
        for file in files:
            below = file.relative_to(root).as_posix() if root.is_dir() else file.name
            found[f"real/{below}"] = _sha256(file)
    return found


def _sha256(path: Path) -> str:
    try:
        with path.open("rb") as stream:
            return hashlib.file_digest(stream, "sha256").hexdigest()
    except OSError as error:
        raise InputError(f"{path} cannot be read: {error.strerror}") from error


@dataclass
class _Made:
    """What the parts of the stage have made so far."""

    rows: Counter[str] = field(default_factory=Counter)
    entries: list[Entry] = field(default_factory=list)
    notes: list[str] = field(default_factory=list)
    facts: dict[str, Any] = field(default_factory=dict)
    cover: list[str] = field(default_factory=list)


def run(ctx: StageContext) -> StageResult:
    """Write utterances, dropped rows, catalogue, templates, cover and the compiled language.

    Rows go from the sampler to the file batch by batch.

    Raises:
        InputError: For wrong templates or real rows, and for too few rows to hold a wake word.
    """
    made = _Made()
    language, table_of_templates = Language((), {}), TEMPLATES.empty_table()
    templates = load_templates(ctx.recipe)
    real = _real_rows(ctx, templates)
    with table_writer(ctx.folder / "utterances.parquet", UTTERANCES) as write:
        if templates is not None:
            drawn = draw_templates(ctx.recipe, templates, real)
            rows = _write_sampled(ctx, drawn, made, write)
            _account_for(ctx.recipe, templates, drawn, rows, made)
            known = set() if real is None else set(real.table["intent"].to_pylist())
            made.notes += silent_notes(ctx.recipe, drawn, rows, known)
            table_of_templates = _templates_table(templates, rows)
            language = compile_language(templates.pack)
        if real is not None:
            _add_real(ctx.recipe, real, made, write)
    dropped = DROPPED.empty_table() if real is None else real.dropped
    made.facts["rows"] = dict(sorted(made.rows.items()))
    write_table(dropped, ctx.folder / "dropped.parquet")
    write_table(catalogue_table(made.entries), ctx.folder / "catalogue.parquet")
    write_table(table_of_templates, ctx.folder / "templates.parquet")
    write_json({"rows": made.cover}, ctx.folder / "cover.json")
    language.save(ctx.folder / "language.json")
    return StageResult(
        rows_in=made.rows.total() + dropped.num_rows,
        rows_out=made.rows.total(),
        dropped={"real_rows": dropped.num_rows} if dropped.num_rows else {},
        facts=made.facts,
        notes=tuple(made.notes),
    )


def _real_rows(ctx: StageContext, templates: Templates | None) -> RealRows | None:
    if ctx.recipe.real is None:
        return None
    with ctx.progress.task(f"{NAME}: real rows", total=1, unit="files") as task:
        real = read_real(ctx.recipe, templates)
        task.advance()
    return real


def _write_sampled(
    ctx: StageContext, drawn: Draw, made: _Made, write: Callable[[pa.Table], None]
) -> DistinctRows:
    rows = DistinctRows(drawn, ctx.recipe.grammar.rows)
    covering = 0 if drawn.cover is None else drawn.cover.certificate.rows
    ids: list[str] = []
    with ctx.progress.task(NAME, total=ctx.recipe.grammar.rows) as task:
        for batch in rows.batches():
            table = rows_of(ctx.recipe, drawn, batch)
            check_utterances(table)
            write(table)
            if len(ids) < covering:
                ids += table["id"].slice(0, covering - len(ids)).to_pylist()
            task.advance(table.num_rows)
    made.rows += rows.by_split
    made.cover = ids
    return rows


def _account_for(
    recipe: Recipe, templates: Templates, drawn: Draw, rows: DistinctRows, made: _Made
) -> None:
    """Facts and notes about the sampled rows, and the values of the lists."""
    pack = templates.pack
    held_out = recipe.grammar.hold_out != "templates"
    noise = label_noise(pack)
    made.notes += [*templates.notes, *split_notes(recipe, drawn), *rows.notes()]
    made.notes += [*quota_notes(recipe, rows), *noise.notes()]
    made.entries += (
        pack_entries(pack, recipe.license, drawn.corpus.values.split_of)
        if held_out
        else pack_entries(pack, recipe.license)
    )
    made.facts |= pack_facts(pack, rows) | shown_facts(drawn, rows) | split_facts(recipe, drawn)
    made.facts["label_noise"] = noise.facts()


def _add_real(
    recipe: Recipe, real: RealRows, made: _Made, write: Callable[[pa.Table], None]
) -> None:
    check_utterances(real.table)
    write(real.table)
    rows = table_to_utterances(real.table)
    if recipe.real is not None and recipe.real.publish:
        made.entries += list(real_entries(rows, made.entries, recipe.real.license))
    made.rows += Counter(real.table["split"].to_pylist())
    found = real_facts(recipe, real, rows)
    made.facts |= found
    made.notes += [*real.notes, *real_notes(found)]


def _templates_table(templates: Templates, rows: DistinctRows) -> pa.Table:
    pack = templates.pack
    planner = Planner()
    columns: list[list[Any]] = [
        [t.id for t in pack.templates],
        [t.intent for t in pack.templates],
        [t.sentence for t in pack.templates],
        [t.file for t in pack.templates],
        [t.line for t in pack.templates],
        [templates.splits[t.id] for t in pack.templates],
        [t.weight for t in pack.templates],
        [str(planner.template(t).derivations) for t in pack.templates],
        [rows.by_template[t.id] for t in pack.templates],
    ]
    arrays = [pa.array(c, field.type) for c, field in zip(columns, TEMPLATES, strict=True)]
    return pa.table(arrays, schema=TEMPLATES)
