"""Write the lists of a template anew: for roles, and for values that must agree."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace

from corpusforge.grammar.expression import (
    NEVER,
    Alternative,
    Expression,
    ListReference,
    RuleReference,
    Text,
)
from corpusforge.grammar.pack import Scope

__all__ = ["Rewriter"]


class Rewriter:
    """Replaces references to lists and texts, also inside rules.

    A rule in which something changes is written in place of its reference, for other templates
    use it unchanged. References must lead somewhere and nowhere back (see `link`).

    Args:
        scope: What references mean.
        reference: The new expression of a list reference; the same object = unchanged, NEVER
            = what needs it cannot be said.
        text: The new expression of a text.
    """

    def __init__(
        self,
        scope: Scope,
        *,
        reference: Callable[[ListReference], Expression] | None = None,
        text: Callable[[Text], Expression] | None = None,
    ) -> None:
        self._scope = scope
        self._reference = reference
        self._text = text
        self._rules: dict[str, Expression | None] = {}

    def __call__(self, expression: Expression) -> Expression:
        """The expression with its replacements; itself where there are none."""
        if isinstance(expression, ListReference):
            return self._reference(expression) if self._reference else expression
        if isinstance(expression, Text):
            return self._text(expression) if self._text else expression
        if isinstance(expression, RuleReference):
            return self._rule(expression)
        items = tuple(self(item) for item in expression.items)
        if all(new is old for new, old in zip(items, expression.items, strict=True)):
            return expression
        if isinstance(expression, Alternative):
            return _possible(items, expression.weights)
        return NEVER if NEVER in items else replace(expression, items=items)

    def _rule(self, reference: RuleReference) -> Expression:
        if reference.rule not in self._rules:
            body = self._scope.rules[reference.rule].expression
            made = self(body)
            self._rules[reference.rule] = None if made is body else made
        changed = self._rules[reference.rule]
        return reference if changed is None else changed


def _possible(items: tuple[Expression, ...], weights: tuple[float, ...] | None) -> Expression:
    """An alternative of the items that can be said."""
    kept = [number for number, item in enumerate(items) if item != NEVER]
    if len(kept) == 1:
        return items[kept[0]]
    shares = None if weights is None else tuple(weights[number] for number in kept)
    return Alternative(tuple(items[number] for number in kept), shares)
