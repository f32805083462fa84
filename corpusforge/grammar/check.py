"""Check templates and real rows before any work: what `corpusforge validate` says about them.

Imports nothing heavier than PyYAML and jsonschema; pyarrow only for real rows in Parquet.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict, dataclass
from pathlib import Path

from corpusforge.core.errors import InputError, InputErrors
from corpusforge.core.recipe import GrammarConfig, Recipe
from corpusforge.grammar.compile import Planner
from corpusforge.grammar.label_noise import MAX_TEMPLATES, label_noise
from corpusforge.grammar.loader import load_pack
from corpusforge.grammar.pack import Pack
from corpusforge.grammar.quotas import quota_shares
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
    grammar: GrammarConfig | None = None,
    noise: bool = False,
) -> Report:
    """Check a template file or folder.

    Args:
        path: File or folder.
        lists: File with further lists.
        lang: Needed where the folder holds several languages.
        grammar: What the recipe says of splits and quotas.
        noise: Look for label noise too, which takes longer.

    Raises:
        InputErrors: Everything that is wrong, each with file, line and column.
    """
    grammar = grammar if grammar is not None else GrammarConfig()
    pack = load_pack(path, lang=lang, lists=[lists] if lists is not None else [])
    quota_shares(grammar.quotas or {}, (t.intent for t in pack.templates), grammar.rows)
    planner = Planner()
    intents: dict[str, int] = {}
    for template in pack.templates:
        intents[template.intent] = intents.get(template.intent, 0) + 1
    return Report(
        lang=pack.lang,
        templates=len(pack.templates),
        intents=intents,
        derivations=sum(planner.template(template).derivations for template in pack.templates),
        notes=(*pack.notes, *_split_notes(pack, grammar), *(_noise(pack) if noise else ())),
    )


def _split_notes(pack: Pack, grammar: GrammarConfig) -> list[str]:
    if grammar.hold_out == "values":
        return []
    return split_notes(pack.templates, shares=asdict(grammar.splits))


def _noise(pack: Pack) -> list[str]:
    """Sentences whose labels are noise, with their places."""
    count = len(pack.templates) + len(pack.open_templates)
    if count > MAX_TEMPLATES:
        return [
            f"{count:,} templates: sentences of two intents are not looked for here, but by "
            "corpusforge lint, and by build"
        ]
    return [f"warning: {warning}" for warning in label_noise(pack).warnings()]


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
