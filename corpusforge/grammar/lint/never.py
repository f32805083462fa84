"""Templates whose constraints leave no sentence."""

from __future__ import annotations

from collections.abc import Iterator

from corpusforge.grammar.constrained import Constrainer, Demand
from corpusforge.grammar.lint.findings import Finding
from corpusforge.grammar.lint.grammar import Grammar

__all__ = ["check"]


def check(grammar: Grammar) -> Iterator[Finding]:
    """Such a template gives no row, and matches nothing."""
    states = grammar.builder.states
    for template in grammar.templates:
        if not template.constraints:
            continue
        root = grammar.labelled[template.id].parts()[1]
        constrainer = Constrainer(states, grammar.builder.fillers)
        if root and not constrainer.apply(root, Demand(template.constraints)):
            yield Finding(
                "never",
                "error",
                template.source.position(),
                f"the constraints of this template of {template.intent} leave no sentence",
                (template.sentence,),
                "see which values its lists share, and whether constraints contradict each other",
            )
