"""Lists inside alternatives or optionals: the slots of a sentence depend on the choice."""

from __future__ import annotations

from collections.abc import Iterator

from corpusforge.grammar.expression import (
    Alternative,
    Expression,
    ListReference,
    RuleReference,
    Text,
)
from corpusforge.grammar.lint.findings import Finding
from corpusforge.grammar.lint.grammar import Grammar
from corpusforge.grammar.pack import Scope

__all__ = ["check"]

SHOWN = 3


def check(grammar: Grammar) -> Iterator[Finding]:
    """One note for an intent: Home Assistant's layout by slot combination forbids it."""
    search = _Search()
    for intent, templates in grammar.intents.items():
        found = [
            (template, offset)
            for template in templates
            if (offset := search.offset(template.expression, template.scope, False)) is not None
        ]
        if found:
            first, offset = found[0]
            yield Finding(
                "list_in_choice",
                "note",
                first.source.position(offset),
                f"{len(found)} of {len(templates)} templates of {intent} have a slot inside an "
                "alternative or optional; Home Assistant's layout by slot combination forbids it",
                tuple(template.sentence for template, _ in found[:SHOWN]),
                "write one template for each combination of slots",
                tuple(t.source.position(at) for t, at in found[1:SHOWN]),
            )


class _Search:
    def __init__(self) -> None:
        self._rules: dict[tuple[int, str, bool], bool] = {}

    def offset(self, expression: Expression, scope: Scope, inside: bool) -> int | None:
        """Where a slot stands in a choice, or the rule that brings it; None without one."""
        if isinstance(expression, Text):
            return None
        if isinstance(expression, ListReference):
            # The name begins one character behind the brace.
            return expression.offset - 1 if inside and expression.slot else None
        if isinstance(expression, RuleReference):
            key = (id(scope), expression.rule, inside)
            if key not in self._rules:
                body = scope.rules[expression.rule].expression
                self._rules[key] = self.offset(body, scope, inside) is not None
            return expression.offset - 1 if self._rules[key] else None
        inside = inside or isinstance(expression, Alternative)
        for item in expression.items:
            found = self.offset(item, scope, inside)
            if found is not None:
                return found
        return None
