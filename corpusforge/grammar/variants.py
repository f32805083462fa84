"""Split a template by its weights: parts without weights, each with its share of the rows.

"(a::3|b) [c]" is "a [c]" with a share of 3/4 and "b [c]" with 1/4. Within a part all sentences
count the same, so that parts can be sampled by unranking like templates without weights. A choice
without weights shares rows by the number of sentences, values included: `agree` beside weights
leaves each value its share.
"""

from __future__ import annotations

import math
from dataclasses import replace
from itertools import product

from corpusforge.grammar.expression import (
    Alternative,
    Expression,
    ListReference,
    Permutation,
    RuleReference,
    Sequence,
)
from corpusforge.grammar.pack import Scope, Template, find_list
from corpusforge.grammar.sizes import Sizes, has_weights

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
        self._sizes = Sizes(scope)

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
        if expression.weights is not None:
            pairs = list(zip(expression.items, expression.weights, strict=True))
            plain: list[tuple[Expression, float]] = []
        else:
            # As without weights further in: each sentence counts the same, and counts once.
            ordered = sorted(expression.items, key=self._has_weights)
            sizes = self._sizes.of(ordered)
            weighed = [(i, float(size)) for i, size in zip(ordered, sizes, strict=True) if size]
            plain = [pair for pair in weighed if not self._has_weights(pair[0])]
            pairs = weighed[len(plain) :]
        total = sum(weight for _, weight in (*plain, *pairs))
        found: list[Part] = []
        if plain:
            rest = Alternative(tuple(item for item, _ in plain))
            found.append((rest, sum(weight for _, weight in plain) / total))
        if len(pairs) + len(found) > limit or not found + pairs:
            return [(expression, 1.0)]
        inner = (limit - len(found)) // max(1, len(pairs))
        for item, weight in pairs:
            found += ((part, weight / total * p) for part, p in self.split(item, inner))
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
        return has_weights(expression, self._scope, self._weighted)
