"""Words that a sentence must hold to be one of a template's: most templates need no closer look."""

from __future__ import annotations

from collections.abc import Iterable

from corpusforge.grammar.expression import (
    Alternative,
    Expression,
    ListReference,
    RuleReference,
    Text,
)
from corpusforge.grammar.matching_text import PUNCTUATION, folded
from corpusforge.grammar.pack import Scope

__all__ = ["Clauses", "can_hold", "required"]

Clauses = frozenset[frozenset[str]]
"""Of each set one text must stand in the sentence (folded, a part of it)."""

_Known = dict[tuple[int, str], Clauses]


def required(expression: Expression, scope: Scope, known: _Known) -> Clauses:
    """What every sentence of an expression holds; never too much, often too little.

    Args:
        expression: Its references are linked.
        scope: What they mean.
        known: Of rules, by (id of the scope, rule); kept between calls.
    """
    if isinstance(expression, Text):
        return frozenset(frozenset((word,)) for word in _words(expression.text))
    if isinstance(expression, ListReference):
        return frozenset()
    if isinstance(expression, RuleReference):
        key = (id(scope), expression.rule)
        if key not in known:
            known[key] = required(scope.rules[expression.rule].expression, scope, known)
        return known[key]
    parts = [required(item, scope, known) for item in expression.items]
    if not isinstance(expression, Alternative):
        return frozenset[frozenset[str]]().union(*parts)
    if not all(parts):
        return frozenset()
    # One clause of each item, the shortest: the choice says one of them.
    shortest = (min(part, key=lambda clause: (len(clause), sorted(clause))) for part in parts)
    return frozenset((frozenset[str]().union(*shortest),))


def can_hold(clauses: Clauses, chars: str) -> bool:
    """Say whether a sentence (`Letters.chars`) holds one text of each clause."""
    return all(any(word in chars for word in clause) for clause in clauses)


def _words(text: str) -> Iterable[str]:
    """Words that stand in the sentence as they are.

    None with punctuation, which may be left out, or digits, behind which white space is free.
    """
    for word in folded(text).split():
        if not any(char in PUNCTUATION or char.isdecimal() for char in word):
            yield word
