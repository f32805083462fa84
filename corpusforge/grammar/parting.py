"""An expression in two: the sentences in which a marked text occurs, and the others.

"(I am|we) [not] sure" with "I am" marked is "I am [not] sure" and "we [not] sure". Rules with
marked texts are written out. What both say is not looked for: sentences are told by how they
are derived.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Iterable
from typing import NamedTuple

from corpusforge.grammar.expression import (
    NEVER,
    Alternative,
    Expression,
    ListReference,
    RuleReference,
    Text,
)
from corpusforge.grammar.pack import Scope
from corpusforge.grammar.sizes import Sizes, has_weights

__all__ = ["Parted", "parted"]


class Parted(NamedTuple):
    """The two parts; NEVER where there is none.

    Attributes:
        without: Sentences without a marked text.
        having: Those with one at least.
        share: Of the rows of `having` where rows are dealt by weights, 0 to 1.
    """

    without: Expression
    having: Expression
    share: float


def parted(expression: Expression, scope: Scope, marked: Callable[[Text], bool]) -> Parted:
    """Part an expression whose references lead somewhere."""
    found = _Parting(scope, marked).of(expression)
    if 0 < found.share < 1 and not has_weights(expression, scope, {}):
        without, having = Sizes(scope).of((found.without, found.having))
        return found._replace(share=having / max(1, without + having))
    return found


class _Parting:
    def __init__(self, scope: Scope, marked: Callable[[Text], bool]) -> None:
        self._scope = scope
        self._marked = marked
        self._rules: dict[str, Parted] = {}
        self._weighted: dict[str, bool] = {}

    def of(self, expression: Expression) -> Parted:
        if isinstance(expression, Text) and self._marked(expression):
            return Parted(NEVER, expression, 1.0)
        if isinstance(expression, Text | ListReference):
            return Parted(expression, NEVER, 0.0)
        if isinstance(expression, RuleReference):
            if expression.rule not in self._rules:
                body = self._scope.rules[expression.rule].expression
                self._rules[expression.rule] = self.of(body)
            found = self._rules[expression.rule]
            return found if found.share else Parted(expression, NEVER, 0.0)
        items = [self.of(item) for item in expression.items]
        if not any(item.share for item in items):
            return Parted(expression, NEVER, 0.0)
        if isinstance(expression, Alternative):
            return self._choice(expression, items)
        kind = type(expression)
        ways: list[tuple[Expression, float]] = []
        for place, item in enumerate(items):
            # The first marked text stands in this item.
            before = [other.without for other in items[:place]]
            chance = item.share * math.prod(1 - other.share for other in items[:place])
            if chance and NEVER not in before:
                behind = expression.items[place + 1 :]
                ways.append((kind((*before, item.having, *behind)), chance))
        clear = [item.without for item in items]
        without = NEVER if NEVER in clear else kind(tuple(clear))
        share = 1 - math.prod(1 - item.share for item in items)
        return Parted(without, self._one_of(ways, self._has_weights(expression)), share)

    def _choice(self, expression: Alternative, items: list[Parted]) -> Parted:
        weighted = self._has_weights(expression)
        weights = expression.weights
        if weights is None:
            weights = tuple(map(float, Sizes(self._scope).of(expression.items)))
        pairs = list(zip(items, weights, strict=True))
        clear = [(item.without, weight * (1 - item.share)) for item, weight in pairs]
        having = [(item.having, weight * item.share) for item, weight in pairs]
        total = sum(weights)
        share = sum(weight for _, weight in having) / total if total else 0.0
        return Parted(self._one_of(clear, weighted), self._one_of(having, weighted), share)

    def _has_weights(self, expression: Expression) -> bool:
        return has_weights(expression, self._scope, self._weighted)

    @staticmethod
    def _one_of(ways: Iterable[tuple[Expression, float]], weighted: bool) -> Expression:
        kept = [(item, weight) for item, weight in ways if item != NEVER and weight]
        if len(kept) < 2:
            return kept[0][0] if kept else NEVER
        weights = tuple(weight for _, weight in kept) if weighted else None
        return Alternative(tuple(item for item, _ in kept), weights)
