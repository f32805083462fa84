"""Alternatives or optionals on which it depends what slots a sentence has."""

from __future__ import annotations

from collections.abc import Iterator
from typing import NamedTuple

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
HOME_ASSISTANT = "Hass"  # how its intents begin


def check(grammar: Grammar) -> Iterator[Finding]:
    """One note for an intent; Home Assistant's layout by slot combination forbids it.

    That layout forbids every list there; where all alternatives have the same slots, as in
    "(in the {room}|at {room})", nothing depends on the choice, and nothing is told.
    """
    # The layout is no rule of other packs, but the numbers of rows by slots depend on it.
    at_home = any(intent.startswith(HOME_ASSISTANT) for intent in grammar.intents)
    rule = ", which Home Assistant's layout by slot combination forbids" if at_home else ""
    search = _Search()
    for intent, templates in grammar.intents.items():
        found = [
            (template, slots.offset)
            for template in templates
            if (slots := search.of(template.written, template.scope)).offset is not None
        ]
        if found:
            first, offset = found[0]
            yield Finding(
                "list_in_choice",
                "note",
                first.source.position(offset or 0),
                f"in {len(found)} of {len(templates)} templates of {intent} the slots depend on a "
                f"choice{rule}",
                tuple(template.sentence for template, _ in found[:SHOWN]),
                "write one template for each combination of slots"
                + ("" if at_home else ", if each is to have its share of the rows"),
                tuple(t.source.position(at or 0) for t, at in found[1:SHOWN]),
            )


class _Slots(NamedTuple):
    """Slots that an expression can fill, and where they begin to depend on a choice."""

    names: frozenset[str]
    offset: int | None


class _Search:
    def __init__(self) -> None:
        self._rules: dict[tuple[int, str], _Slots] = {}

    def of(self, expression: Expression, scope: Scope) -> _Slots:
        if isinstance(expression, Text):
            return _Slots(frozenset(), None)
        if isinstance(expression, ListReference):
            return _Slots(frozenset((expression.slot,)) - {""}, None)
        if isinstance(expression, RuleReference):
            key = (id(scope), expression.rule)
            if key not in self._rules:
                self._rules[key] = self.of(scope.rules[expression.rule].expression, scope)
            names, offset = self._rules[key]
            # The name begins one character behind the bracket.
            return _Slots(names, None if offset is None else expression.offset - 1)
        parts = [self.of(item, scope) for item in expression.items]
        names = frozenset[str]().union(*(part.names for part in parts))
        offsets = [part.offset for part in parts if part.offset is not None]
        if isinstance(expression, Alternative) and any(part.names != names for part in parts):
            offsets += [at for item in expression.items for at in self._slots_in(item, scope)]
        return _Slots(names, min(offsets, default=None))

    def _slots_in(self, expression: Expression, scope: Scope) -> Iterator[int]:
        """Where the lists with slots stand, or the rules that bring them."""
        if isinstance(expression, ListReference | RuleReference):
            if self.of(expression, scope).names:
                yield expression.offset - 1
        elif not isinstance(expression, Text):
            for item in expression.items:
                yield from self._slots_in(item, scope)
