"""Check templates and real rows before any work: what `corpusforge validate` says about them.

Imports nothing heavier than PyYAML and jsonschema; pyarrow only for real rows in Parquet.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from corpusforge.core.errors import InputError, InputErrors
from corpusforge.core.recipe import Recipe
from corpusforge.grammar.compile import Planner
from corpusforge.grammar.loader import load_pack
from corpusforge.grammar.splits import split_notes

__all__ = ["Report", "check_real", "check_templates"]


@dataclass(frozen=True)
class Report:
    """What a template pack holds.

    Attributes:
        lang: BCP-47 tag.
        templates: Number of sentences that can be sampled.
        intents: Intent -> number of its templates.
        derivations: Exact number of ways to say something; different ways may give one text.
        notes: What is right but deserves a look.
    """

    lang: str
    templates: int
    intents: Mapping[str, int]
    derivations: int
    notes: tuple[str, ...]


def check_templates(
    path: Path,
    lists: Path | None = None,
    *,
    lang: str | None = None,
    shares: Mapping[str, float] | None = None,
) -> Report:
    """Check a template file or folder.

    Args:
        path: File or folder.
        lists: File with further lists.
        lang: Needed where the folder holds several languages.
        shares: Shares of the splits.

    Raises:
        InputErrors: Everything that is wrong, each with file, line and column.
    """
    pack = load_pack(path, lang=lang, lists=[lists] if lists is not None else [])
    planner = Planner()
    intents: dict[str, int] = {}
    for template in pack.templates:
        intents[template.intent] = intents.get(template.intent, 0) + 1
    return Report(
        lang=pack.lang,
        templates=len(pack.templates),
        intents=intents,
        derivations=sum(planner.template(template).derivations for template in pack.templates),
        notes=(*pack.notes, *split_notes(pack.templates, shares=shares)),
    )


def check_real(recipe: Recipe) -> None:
    """Check the file of real rows that a recipe names, if it names one.

    CSV, JSON Lines and Parquet are read: encoding, columns and what they hold, names of splits.
    Of folders written by `save_to_disk` only the format is known; to open them takes seconds.

    Raises:
        InputErrors: Everything that is wrong.
    """
    from corpusforge.grammar.columns import column_errors, split_names
    from corpusforge.grammar.raw import Columns, peek_raw

    config = recipe.real
    if config is None:
        return
    try:
        raw = peek_raw(recipe.path(config.path))
    except InputErrors:
        raise
    except InputError as error:
        raise InputErrors([error]) from None
    if raw is None:
        return
    errors = column_errors(raw, config)
    if config.split is not None and not errors:
        if isinstance(raw, Columns):
            values = raw.values[config.split]
        else:
            values = raw.table[config.split].to_pylist()
        try:
            split_names(values, raw, config)
        except InputError as error:
            errors.append(error)
    if errors:
        raise InputErrors(errors)
