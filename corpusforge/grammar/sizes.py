"""How many sentences the alternatives of a choice say, each counted once."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from fractions import Fraction

from corpusforge.grammar.automata import Automaton
from corpusforge.grammar.automaton_builder import AutomatonBuilder
from corpusforge.grammar.expression import (
    Alternative,
    Expression,
    ListReference,
    RuleReference,
    Sequence,
    Text,
)
from corpusforge.grammar.list_tables import ListTable
from corpusforge.grammar.pack import Scope, ValueList, find_list

__all__ = ["Sizes", "has_weights", "uneven"]

# Stands at both ends of an alternative, so that spaces there count, and so that it may be empty.
_EDGE = Text("\ue000")


class Sizes:
    """Counts by automata, values included; what several alternatives say belongs to the first.

    Args:
        scope: What references mean.
    """

    def __init__(self, scope: Scope) -> None:
        self._scope = scope
        self._builder = AutomatonBuilder("values")

    def of(self, items: Iterable[Expression]) -> list[int]:
        """Labelled sentences of each item that none before it says; a wildcard is one value."""
        found: list[int] = []
        for own in self._own(items):
            tables = self._tables(own)
            found.append(own.weighted({symbol: table.size for symbol, table in tables.items()}))
        return found

    def weights(self, items: Iterable[Expression]) -> list[float]:
        """The same, each sentence times the weights of its values in slots."""
        return [float(self._weight(own)) for own in self._own(items)]

    def _own(self, items: Iterable[Expression]) -> Iterator[Automaton]:
        states = self._builder.states
        before = 0
        for item in items:
            framed = Sequence((_EDGE, item, _EDGE))
            _, root = self._builder.expression(framed, self._scope).parts()
            yield Automaton(states, states.subtract(root, before))
            before = states.unite((before, root))

    def _tables(self, automaton: Automaton) -> dict[str, ListTable]:
        tables = {symbol: self._builder.fillers[symbol].table for symbol in automaton.symbols()}
        return {symbol: table for symbol, table in tables.items() if table is not None}

    def _weight(self, automaton: Automaton) -> Fraction:
        tables = self._tables(automaton)
        states, root = automaton.parts()
        weights = {symbol: t.size * Fraction(t.weight) for symbol, t in tables.items()}
        totals: dict[int, Fraction] = {}
        for state in states.reachable(root):
            totals[state] = Fraction(states.final[state]) + sum(
                weights.get(symbol, 1) * totals[target] for symbol, target in states.arcs[state]
            )
        return totals[root]


def has_weights(expression: Expression, scope: Scope, known: dict[str, bool]) -> bool:
    """Say whether not all sentences of an expression count the same.

    Args:
        expression: What is asked about.
        scope: What its references mean.
        known: The same about rules, kept between calls.
    """
    if isinstance(expression, Text):
        return False
    if isinstance(expression, RuleReference):
        name = expression.rule
        if name not in known:
            known[name] = has_weights(scope.rules[name].expression, scope, known)
        return known[name]
    if isinstance(expression, ListReference):
        values = find_list(expression, scope)
        return values is not None and expression.weight is None and uneven(values)
    if isinstance(expression, Alternative) and expression.weights is not None:
        return True
    return any(has_weights(item, scope, known) for item in expression.items)


def uneven(values: ValueList) -> bool:
    """Say whether the values of a list have different weights."""
    return len({value.weight for value in values.values}) > 1
