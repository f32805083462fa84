"""Permutations of many parts, and templates with far more ways than sentences."""

from __future__ import annotations

import math
from collections.abc import Iterator

from corpusforge.grammar.derivations import derivations
from corpusforge.grammar.expression import (
    Expression,
    ListReference,
    Permutation,
    RuleReference,
    Text,
)
from corpusforge.grammar.lint.findings import Finding
from corpusforge.grammar.lint.grammar import Grammar
from corpusforge.grammar.pack import Scope

__all__ = ["check"]

# 5! = 120 orders; people use a handful of them.
MANY_PARTS = 5
# So many ways for one sentence on average: where ways are drawn alike, nine rows of ten are lost
# as duplicates once all sentences are out. Below so many ways there is nothing to lose.
WAYS = 10
MIN_WAYS = 1_000


def check(grammar: Grammar) -> Iterator[Finding]:
    """One finding at most for a template."""
    known: dict[tuple[int, str], int] = {}
    for template in grammar.templates:
        parts = _most_parts(template.expression, template.scope)
        if parts >= MANY_PARTS:
            yield Finding(
                "explosion",
                "warning",
                template.source.position(),
                f"a permutation of {parts} parts has {math.factorial(parts):,} orders",
                (),
                "write the orders that people use as alternatives",
            )
            continue
        ways = derivations(template.expression, template.scope, known)
        distinct = grammar.labelled[template.id].count()
        if distinct and ways >= max(MIN_WAYS, WAYS * distinct):
            yield Finding(
                "explosion",
                "note",
                template.source.position(),
                f"{ways:,} ways say {distinct:,} different sentences, lists counted as one word",
                (),
                "optional parts inside optional parts are the usual cause",
            )


def _most_parts(expression: Expression, scope: Scope) -> int:
    if isinstance(expression, Text | ListReference):
        return 0
    if isinstance(expression, RuleReference):
        return _most_parts(scope.rules[expression.rule].expression, scope)
    inner = max((_most_parts(item, scope) for item in expression.items), default=0)
    return max(inner, len(expression.items) if isinstance(expression, Permutation) else 0)
