"""Templates of which nothing is left when every optional is left out."""

from __future__ import annotations

from collections.abc import Iterator

from corpusforge.grammar.link import can_be_blank
from corpusforge.grammar.lint.findings import Finding
from corpusforge.grammar.lint.grammar import Grammar

__all__ = ["check"]


def check(grammar: Grammar) -> Iterator[Finding]:
    """Such a sentence makes no row, and a recogniser would hear it in silence."""
    for template in grammar.templates:
        if can_be_blank(template.expression, template.scope):
            yield Finding(
                "can_be_empty",
                "warning",
                template.source.position(),
                f"every part of this template of {template.intent} can be left out",
                (template.sentence,),
                "make one part obligatory, with round brackets",
            )
