"""Languages that lack intents, or have far fewer templates than the richest one."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from corpusforge.grammar.lint.findings import Finding
from corpusforge.grammar.pack import Pack

__all__ = ["check", "without_sentences"]

# Fewer than a third of the templates: wording differs between languages, but not so much.
SHARE = 1 / 3


def check(packs: Sequence[Pack]) -> Iterator[Finding]:
    """Compare with the language that has most templates."""
    if len(packs) < 2:
        return
    sizes = [_intents(pack) for pack in packs]
    richest = max(range(len(packs)), key=lambda index: sum(sizes[index].values()))
    for index, pack in enumerate(packs):
        missing = [intent for intent in sizes[richest] if intent not in sizes[index]]
        poor = [
            f"{intent}: {count} of {sizes[richest][intent]}"
            for intent, count in sizes[index].items()
            if count < SHARE * sizes[richest].get(intent, 0)
        ]
        if missing:
            yield Finding(
                "lagging",
                "warning",
                None,
                f"{pack.lang} lacks {len(missing)} of the {len(sizes[richest])} intents of "
                f"{packs[richest].lang}",
                tuple(missing[:10]),
            )
        if poor:
            yield Finding(
                "lagging",
                "note",
                None,
                f"{pack.lang} has fewer than a third of {packs[richest].lang}'s templates in "
                f"{len(poor)} intents",
                tuple(poor[:10]),
            )


def without_sentences(lang: str) -> Finding:
    """For a language that has files, and no sentence in them."""
    return Finding("lagging", "warning", None, f"{lang} has no sentences")


def _intents(pack: Pack) -> dict[str, int]:
    found: dict[str, int] = {}
    for template in (*pack.templates, *pack.open_templates):
        found[template.intent] = found.get(template.intent, 0) + 1
    return found
