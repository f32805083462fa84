"""Alternatives that say nothing new: others in the same brackets say all of it."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from corpusforge.core.errors import Position
from corpusforge.grammar.automata import Automaton, difference, union
from corpusforge.grammar.expression import (
    Alternative,
    Expression,
    ListReference,
    Permutation,
    RuleReference,
    Text,
)
from corpusforge.grammar.expression import Sequence as Parts
from corpusforge.grammar.lint.findings import Finding
from corpusforge.grammar.lint.grammar import Grammar
from corpusforge.grammar.lint.places import Written, alternatives, choice_offsets, text_of
from corpusforge.grammar.pack import Scope

__all__ = ["check"]

# Stands at both ends of an alternative, so that spaces there count: "x( a|a)" are two.
_EDGE = Text("\ue000")
PLACES = 4
_ANY = "any"  # a list may begin with anything


def check(grammar: Grammar) -> Iterator[Finding]:
    """Exact, each choice looked at by itself: every template, reached rule and list value.

    Of two equal alternatives the later one is told. What a rule says may depend on the block
    that uses it; then an alternative is told only if it adds nothing in any of them.
    """
    firsts = _Firsts()
    optional: dict[str, list[Position]] = {}
    for place in grammar.written:
        choices = list(alternatives(place.expression))
        if not choices:
            continue
        offsets = choice_offsets(text_of(place.source))
        for number, choice in enumerate(choices):
            for index in _idle(grammar, firsts, choice, place.scopes):
                fits = len(offsets) == len(choices) and len(offsets[number]) > index
                at = place.position(offsets[number][index] if fits else 0)
                inner = choice.items[0]
                if index == 1 and isinstance(inner, RuleReference) and choice.items[1] == Text(""):
                    optional.setdefault(inner.rule, []).append(at)
                else:
                    yield _finding(grammar, place, choice, index, at)
    for rule, places in optional.items():
        yield _optional_rule(rule, places)


def _optional_rule(rule: str, places: Sequence[Position]) -> Finding:
    times = f" (here and in {len(places) - 1} other places)" if len(places) > 1 else ""
    return Finding(
        "unreachable_alternative",
        "note",
        places[0],
        f"[<{rule}>] makes optional what can be empty by itself{times}",
        (),
        f"write <{rule}> without square brackets",
        tuple(places[1:PLACES]),
    )


def _idle(
    grammar: Grammar, firsts: _Firsts, choice: Alternative, scopes: Sequence[Scope]
) -> list[int]:
    """Places of the items that can go, the last first."""
    found = _idle_in(grammar, firsts, choice, scopes[0])
    for scope in scopes[1:]:
        if not found:
            break
        there = _idle_in(grammar, firsts, choice, scope)
        found = [index for index in found if index in there]
    return found


def _idle_in(grammar: Grammar, firsts: _Firsts, choice: Alternative, scope: Scope) -> list[int]:
    begins = [firsts.of(item, scope) for item in choice.items]
    suspects = [
        index
        for index, own in enumerate(begins)
        if _covered(own, [other for place, other in enumerate(begins) if place != index])
    ]
    if not suspects:
        return []
    if len(choice.items) == 2 and choice.items[1] == Text(""):
        # The usual optional: the empty text is idle when it can be said anyway.
        suspects = [place for place in suspects if place == 1 or not firsts.more(begins[0])]
        if not suspects:
            return []
    automata: list[Automaton] = [
        grammar.builder.expression(Parts((_EDGE, item, _EDGE)), scope) for item in choice.items
    ]
    gone: set[int] = set()
    for index in reversed(suspects):
        others = [a for place, a in enumerate(automata) if place != index and place not in gone]
        if others and automata[index] and not difference(automata[index], union(others)):
            gone.add(index)
    return sorted(gone, reverse=True)


def _covered(own: frozenset[str], others: Sequence[frozenset[str]]) -> bool:
    """Say whether others may begin as this one does; if not, they cannot say all of it."""
    known = frozenset[str]().union(*others)
    return _ANY in known or own - {_ANY} <= known


class _Firsts:
    """How expressions can begin: a character, "" for nothing at all, or a list."""

    def __init__(self) -> None:
        self._rules: dict[tuple[int, str], frozenset[str]] = {}

    @staticmethod
    def more(begins: frozenset[str]) -> bool:
        """Say whether there is a way to begin other than with nothing."""
        return bool(begins - {""})

    def of(self, expression: Expression, scope: Scope) -> frozenset[str]:
        if isinstance(expression, Text):
            first = expression.text[:1].lower()[:1]
            # A literal brace is a space, as in the automata.
            return frozenset((" " if first.isspace() or first in ("{", "}") else first,))
        if isinstance(expression, ListReference):
            return frozenset((_ANY,))
        if isinstance(expression, RuleReference):
            key = (id(scope), expression.rule)
            if key not in self._rules:
                self._rules[key] = self.of(scope.rules[expression.rule].expression, scope)
            return self._rules[key]
        if isinstance(expression, Alternative | Permutation):
            # A permutation begins with one of its items, or what follows when that is empty.
            return frozenset[str]().union(*(self.of(item, scope) for item in expression.items))
        found: set[str] = {""}
        for item in expression.items:
            if "" not in found:
                break
            found.remove("")
            found |= self.of(item, scope)
        return frozenset(found)


def _finding(
    grammar: Grammar, place: Written, choice: Alternative, index: int, at: Position
) -> Finding:
    item = choice.items[index]
    own = grammar.builder.expression(item, place.scopes[0])
    shown = grammar.readable(own.unrank(0)) if own else ""
    if item == Text("") and index == len(choice.items) - 1:
        message = "these brackets make optional what can be left out anyway"
        hint = "remove the brackets, or the inner ones"
    else:
        message = "an alternative says only what others in the same brackets say"
        hint = "remove it; if its words are to be more frequent, give a weight"
    return Finding(
        "unreachable_alternative",
        "note",
        at,
        message,
        (shown,) if shown else (),
        hint,
    )
