"""Templates whose sentences others of their intent say already."""

from __future__ import annotations

from collections.abc import Iterator

from corpusforge.grammar.automata import Automaton, difference, union
from corpusforge.grammar.lint.findings import Finding
from corpusforge.grammar.lint.grammar import Grammar

__all__ = ["check"]

# Of what a template says, so much is said by those before it: it was likely meant to replace one.
NEARLY_ALL = 0.9


def check(grammar: Grammar) -> Iterator[Finding]:
    """Compare each template with all before it, exactly."""
    for templates in grammar.intents.values():
        before: Automaton | None = None
        for template in templates:
            own = grammar.labelled[template.id]
            if before is not None and own:
                new = difference(own, before).count()
                share = 1 - new / own.count()
                if not new:
                    yield Finding(
                        "adds_nothing",
                        "warning",
                        template.source.position(),
                        f"templates before it say all that this one of {template.intent} says",
                        (grammar.readable(own.unrank(0)),),
                        "remove it, or the narrower ones before it",
                    )
                elif share >= NEARLY_ALL:
                    yield Finding(
                        "near_identical",
                        "note",
                        template.source.position(),
                        f"templates before it say {share:.0%} of what this one of "
                        f"{template.intent} says; new in it:",
                        tuple(map(grammar.readable, difference(own, before).words(2))),
                    )
            before = own if before is None else union((before, own))
