"""Split a template by its weights: parts without weights, each with its share of the rows.

"(a::3|b) [c]" is "a [c]" with a share of 3/4 and "b [c]" with 1/4. Within a part all sentences
count the same, so that parts can be sampled by unranking like templates without weights.
"""

from __future__ import annotations

import math
from dataclasses import replace
from itertools import product

from corpusforge.grammar.derivations import derivations
from corpusforge.grammar.expression import (
    Alternative,
    Expression,
    ListReference,
    Permutation,
    RuleReference,
    Sequence,
    Text,
)
from corpusforge.grammar.pack import Scope, Template, ValueList, find_list

__all__ = ["MAX_PARTS", "parts"]

# Shares of a template with more parts than this are not followed below that.
MAX_PARTS = 1_000

Part = tuple[Expression, float]


def parts(template: Template) -> list[Part]:
    """The parts of a template and their shares, which sum to 1; one part without weights."""
    return _Splitter(template.scope).split(template.expression, MAX_PARTS)


class _Splitter:
    def __init__(self, scope: Scope) -> None:
        self._scope = scope
        self._weighted: dict[str, bool] = {}
        self._numbers: dict[tuple[int, str], int] = {}

    def split(self, expression: Expression, limit: int) -> list[Part]:
        """At most `limit` parts."""
        if not self._has_weights(expression):
            return [(expression, 1.0)]
        if isinstance(expression, RuleReference):
            return self.split(self._scope.rules[expression.rule].expression, limit)
        if isinstance(expression, ListReference):
            return self._list(expression)
        if isinstance(expression, Alternative):
            return self._choice(expression, limit)
        assert isinstance(expression, Sequence | Permutation)
        found: list[list[Part]] = []
        for item in expression.items:
            made = self.split(item, limit)
            if len(made) > limit:
                made = [(item, 1.0)]
            limit //= len(made)
            found.append(made)
        kind = type(expression)
        return [
            (kind(tuple(item for item, _ in choice)), math.prod(share for _, share in choice))
            for choice in product(*found)
        ]

    def _choice(self, expression: Alternative, limit: int) -> list[Part]:
        items = expression.items
        weights = expression.weights
        if weights is None:
            weights = tuple(float(derivations(i, self._scope, self._numbers)) for i in items)
        total = sum(weights)
        if expression.weights is None:
            plain = [i for i in range(len(items)) if not self._has_weights(items[i])]
        else:
            plain = []
        found: list[Part] = []
        if plain:
            rest = Alternative(tuple(items[i] for i in plain))
            found.append((rest, sum(weights[i] for i in plain) / total))
        split = [i for i in range(len(items)) if i not in plain]
        if len(split) + len(found) > limit:
            return [(expression, 1.0)]
        inner = (limit - len(found)) // len(split)
        for index in split:
            share = weights[index] / total
            found += ((part, share * p) for part, p in self.split(items[index], inner))
        return found

    def _list(self, reference: ListReference) -> list[Part]:
        values = find_list(reference, self._scope)
        assert values is not None, "the linker has refused unknown lists"
        shares: dict[float, float] = {}
        for value in values.values:
            shares[value.weight] = shares.get(value.weight, 0.0) + value.weight
        total = sum(shares.values())
        return [
            (replace(reference, weight=weight), share / total) for weight, share in shares.items()
        ]

    def _has_weights(self, expression: Expression) -> bool:
        if isinstance(expression, Text):
            return False
        if isinstance(expression, RuleReference):
            name = expression.rule
            if name not in self._weighted:
                self._weighted[name] = self._has_weights(self._scope.rules[name].expression)
            return self._weighted[name]
        if isinstance(expression, ListReference):
            values = find_list(expression, self._scope)
            return values is not None and expression.weight is None and _uneven(values)
        if isinstance(expression, Alternative) and expression.weights is not None:
            return True
        return any(self._has_weights(item) for item in expression.items)


def _uneven(values: ValueList) -> bool:
    return len({value.weight for value in values.values}) > 1
