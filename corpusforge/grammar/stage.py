"""The stage `grammar`: rows sampled from templates, real rows, catalogue, compiled language."""

from __future__ import annotations

import hashlib
import os
from collections import Counter
from collections.abc import Mapping
from dataclasses import asdict
from pathlib import Path
from typing import Any

import pyarrow as pa

from corpusforge.core.errors import InputError
from corpusforge.core.language import Language
from corpusforge.core.recipe import Recipe
from corpusforge.core.run import StageContext, StageResult
from corpusforge.core.schema import (
    DROPPED,
    TEMPLATES,
    UTTERANCES,
    check_utterances,
    table_to_utterances,
    write_table,
)
from corpusforge.grammar.catalogue import Entry, catalogue_table, pack_entries, real_entries
from corpusforge.grammar.compile import compile_language
from corpusforge.grammar.files import files_read
from corpusforge.grammar.pack import Pack
from corpusforge.grammar.real_rows import RealRows
from corpusforge.grammar.real_splits import frame_of
from corpusforge.grammar.recipe_rows import (
    Templates,
    load_templates,
    read_real,
    sample_templates,
)
from corpusforge.grammar.rows import to_table
from corpusforge.grammar.sampling import Sample
from corpusforge.grammar.spoken import spoken_forms

__all__ = ["NAME", "PACKAGES", "VERSION", "config", "run"]

NAME = "grammar"
VERSION = 5
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


def run(ctx: StageContext) -> StageResult:
    """Write utterances, dropped rows, catalogue, templates and the compiled language.

    Raises:
        InputError: For wrong templates or real rows.
    """
    recipe = ctx.recipe
    tables: list[pa.Table] = []
    entries: list[Entry] = []
    notes: list[str] = []
    facts: dict[str, Any] = {}
    language, table_of_templates = Language((), {}), TEMPLATES.empty_table()
    templates = load_templates(recipe)
    real = _real_rows(ctx, templates)
    if templates is not None:
        with ctx.progress.task(NAME, total=recipe.grammar.rows) as task:
            sampled = sample_templates(recipe, templates, real, recipe.grammar.rows)
            task.advance(len(sampled.rows))
        pack, splits = templates.pack, templates.splits
        notes += [*templates.notes, *sampled.notes]
        tables.append(
            to_table(
                sampled.rows,
                splits,
                lang=recipe.lang,
                license=recipe.license,
                spoken=spoken_forms(pack),
            )
        )
        table_of_templates = _templates_table(pack, sampled, splits)
        language = compile_language(pack)
        entries += pack_entries(pack, recipe.license)
        facts |= _pack_facts(pack, sampled)
    dropped = DROPPED.empty_table()
    if real is not None and recipe.real is not None:
        if recipe.real.publish:
            rows = table_to_utterances(real.table)
            entries += list(real_entries(rows, entries, recipe.real.license))
        tables.append(real.table)
        dropped = real.dropped
        notes += real.notes
        facts |= _real_facts(real)
    table = pa.concat_tables(tables) if tables else UTTERANCES.empty_table()
    check_utterances(table)
    facts["rows"] = _split_counts(table)
    facts["frames_in_two_splits"] = _frames_in_two_splits(table)
    notes += _frame_notes(facts["frames_in_two_splits"])
    write_table(table, ctx.folder / "utterances.parquet")
    write_table(dropped, ctx.folder / "dropped.parquet")
    write_table(catalogue_table(entries), ctx.folder / "catalogue.parquet")
    write_table(table_of_templates, ctx.folder / "templates.parquet")
    language.save(ctx.folder / "language.json")
    lost = {"real_rows": dropped.num_rows} if dropped.num_rows else {}
    return StageResult(
        rows_in=table.num_rows + dropped.num_rows,
        rows_out=table.num_rows,
        dropped=lost,
        facts=facts,
        notes=tuple(notes),
    )


def _real_rows(ctx: StageContext, templates: Templates | None) -> RealRows | None:
    if ctx.recipe.real is None:
        return None
    with ctx.progress.task(f"{NAME}: real rows", total=1, unit="files") as task:
        real = read_real(ctx.recipe, templates)
        task.advance()
    return real


def _templates_table(pack: Pack, sampled: Sample, splits: Mapping[str, str]) -> pa.Table:
    templates = pack.templates
    columns: list[list[Any]] = [
        [t.id for t in templates],
        [t.intent for t in templates],
        [t.sentence for t in templates],
        [t.file for t in templates],
        [t.line for t in templates],
        [splits[t.id] for t in templates],
        [t.weight for t in templates],
        [str(sampled.derivations[t.id]) for t in templates],
        [sampled.counts[t.id] for t in templates],
    ]
    arrays = [pa.array(c, field.type) for c, field in zip(columns, TEMPLATES, strict=True)]
    return pa.table(arrays, schema=TEMPLATES)


def _pack_facts(pack: Pack, sampled: Sample) -> dict[str, Any]:
    return {
        "templates": len(pack.templates),
        # As text: JSON readers elsewhere cut numbers beyond 2^53.
        "derivations": str(sum(sampled.derivations.values())),
        "templates_without_rows": sum(count == 0 for count in sampled.counts.values()),
        "wildcard_templates": len(pack.open_templates),
        "out_of_scope_intents": sorted({t.intent for t in pack.templates if t.out_of_scope}),
    }


def _real_facts(real: RealRows) -> dict[str, Any]:
    return {"real_rows": real.table.num_rows, "real_rows_dropped": real.dropped.num_rows}


def _split_counts(table: pa.Table) -> dict[str, int]:
    return dict(sorted(Counter(table["split"].to_pylist()).items()))


def _frames_in_two_splits(table: pa.Table) -> int:
    """Carrier phrases that stand in train and in another split under one intent.

    Sampling and dealing keep this at 0; real rows that came with their splits may say one
    phrase in two of them.
    """
    splits: dict[tuple[str, str], set[str]] = {}
    for row in table_to_utterances(table):
        splits.setdefault((row.intent, frame_of(row)), set()).add(row.split)
    return sum("train" in held and len(held) > 1 for held in splits.values())


def _frame_notes(count: int) -> list[str]:
    if not count:
        return []
    stands = "1 carrier phrase stands" if count == 1 else f"{count} carrier phrases stand"
    return [
        f"{stands} in train and in another split: the real rows came with these splits, so "
        "scores on the held-out rows look better than they are"
    ]
