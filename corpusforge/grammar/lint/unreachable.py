"""Alternatives that say nothing new: those before them in the same brackets say all of it."""

from __future__ import annotations

from collections.abc import Iterator

from corpusforge.grammar.automata import Automaton, difference, union
from corpusforge.grammar.counting import derivations
from corpusforge.grammar.expression import (
    Alternative,
    Expression,
    ListReference,
    RuleReference,
    Text,
)
from corpusforge.grammar.lint.findings import Finding
from corpusforge.grammar.lint.grammar import Grammar
from corpusforge.grammar.pack import Scope, Source

__all__ = ["check"]

# Larger items are compared as they are written, not by what they say.
MAX_DERIVATIONS = 10_000


def check(grammar: Grammar) -> Iterator[Finding]:
    """Every alternative of every template and reached rule, each looked at once."""
    walk = _Walk(grammar)
    for template in grammar.templates:
        yield from walk.look(template.expression, template.scope, template.source)


class _Walk:
    def __init__(self, grammar: Grammar) -> None:
        self._grammar = grammar
        self._rules: set[tuple[int, str]] = set()
        self._places: set[tuple[str, int, int]] = set()
        self._numbers: dict[tuple[int, str], int] = {}

    def look(self, expression: Expression, scope: Scope, source: Source) -> Iterator[Finding]:
        if isinstance(expression, RuleReference):
            rule = scope.rules[expression.rule]
            key = (id(rule), expression.rule)
            if key not in self._rules:
                self._rules.add(key)
                yield from self.look(rule.expression, scope, rule.source)
        elif not isinstance(expression, Text | ListReference):
            for item in expression.items:
                yield from self.look(item, scope, source)
            if isinstance(expression, Alternative):
                yield from self._compare(expression, scope, source)

    def _compare(self, choice: Alternative, scope: Scope, source: Source) -> Iterator[Finding]:
        said: Automaton | None = None
        texts: set[Expression] = set()
        for item in choice.items:
            twice = item in texts
            texts.add(item)
            small = not isinstance(item, Text) and self._size(item, scope) <= MAX_DERIVATIONS
            if not twice and (small or (said is not None and isinstance(item, Text))):
                own = self._grammar.builder.expression(item, scope)
                twice = bool(own) and said is not None and not difference(own, said)
                said = own if said is None else union((said, own))
            if twice:
                at = source.position()
                if (at.file, at.line, at.column) in self._places:
                    return  # one finding for a template is enough
                self._places.add((at.file, at.line, at.column))
                example = self._grammar.builder.expression(item, scope)
                shown = self._grammar.readable(example.unrank(0)) if example else "nothing"
                yield Finding(
                    "unreachable_alternative",
                    "note",
                    at,
                    "an alternative says only what those before it in the same brackets say",
                    (shown,),
                    "remove it; it makes these words more frequent, which a weight says better",
                )
                return

    def _size(self, item: Expression, scope: Scope) -> int:
        return derivations(item, scope, self._numbers)
