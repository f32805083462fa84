"""Templates that hold nearly all sentences of their intent."""

from __future__ import annotations

from collections.abc import Iterator

from corpusforge.grammar.lint.findings import Finding
from corpusforge.grammar.lint.grammar import Grammar

__all__ = ["check"]

# With 99 %, a sample of 100 sentences shows all other templates once.
SHARE = 0.99
MIN_TEMPLATES = 3


def check(grammar: Grammar) -> Iterator[Finding]:
    """Sizes with values; matters to samplers that draw sentences, and to `--by sentences`."""
    for intent, templates in grammar.intents.items():
        if len(templates) < MIN_TEMPLATES:
            continue
        sizes = [grammar.size(grammar.labelled[template.id]) for template in templates]
        largest = max(range(len(sizes)), key=sizes.__getitem__)
        share = sizes[largest] / max(1, sum(sizes))
        if share >= SHARE:
            yield Finding(
                "drowning",
                "note",
                templates[largest].source.position(),
                f"this template holds {share:.2%} of the sentences of {intent} "
                f"({sizes[largest]:,}); the other {len(templates) - 1} are hardly ever drawn "
                "where sentences are drawn alike",
                (),
                "draw --by weights (the default) or --by templates",
            )
