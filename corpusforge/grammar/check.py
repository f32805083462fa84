"""Check templates without sampling: what `corpusforge validate` says about them.

Imports nothing heavier than PyYAML and jsonschema.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from corpusforge.grammar.compile import Planner
from corpusforge.grammar.loader import load_pack
from corpusforge.grammar.splits import split_notes

__all__ = ["Report", "check_templates"]


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
