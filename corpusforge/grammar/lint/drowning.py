"""Templates so large that the others of their intent are hardly ever drawn."""

from __future__ import annotations

from collections.abc import Iterator

from corpusforge.grammar.lint.findings import Finding
from corpusforge.grammar.lint.grammar import Grammar

__all__ = ["check"]

# A template with less than 1/1000 of the sentences of its intent shows up, with a chance of more
# than one third (1/e), not once in 1,000 of them; and 1,000 rows for one intent are many.
DRAWN = 1_000
SHOWN = 5


def check(grammar: Grammar) -> Iterator[Finding]:
    """Sizes with values; matters to samplers that draw sentences, and to `--by sentences`.

    A warning where most templates of the intent drown.
    """
    for intent, templates in grammar.intents.items():
        sizes = [grammar.size([template], grammar.labelled[template.id]) for template in templates]
        total = grammar.size(templates, grammar.labelled_intents[intent])
        drowned = [t for t, size in zip(templates, sizes, strict=True) if size * DRAWN < total]
        if not drowned:
            continue
        largest = max(range(len(sizes)), key=sizes.__getitem__)
        yield Finding(
            "drowning",
            "warning" if 2 * len(drowned) >= len(templates) else "note",
            templates[largest].source.position(),
            f"{len(drowned)} of {len(templates)} templates of {intent} hold less than 1/{DRAWN:,} "
            f"of its {total:,} sentences each, this one holds {sizes[largest]:,}: where all "
            "sentences are drawn alike, the small ones hardly ever are",
            tuple(t.sentence for t in drowned[:SHOWN]),
            "nothing, unless rows are drawn --by sentences",
            tuple(t.source.position() for t in drowned[:SHOWN]),
        )
