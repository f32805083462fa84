"""Values of a list that stand in it twice, or mean two things."""

from __future__ import annotations

from collections.abc import Iterator

from corpusforge.grammar.compile import Planner
from corpusforge.grammar.derivations import plain
from corpusforge.grammar.expression import Text
from corpusforge.grammar.lint.findings import Finding
from corpusforge.grammar.lint.grammar import Grammar
from corpusforge.grammar.pack import ListValue, Scope

__all__ = ["check"]

# Values that are templates with more ways than this are not compared.
MAX_WORDS = 200


def check(grammar: Grammar) -> Iterator[Finding]:
    """Words in lower case; the same words with two canonical values are the graver case."""
    for values, scope in grammar.pack.lists:
        first: dict[str, tuple[int, str]] = {}
        told: set[int] = set()
        for index, value in enumerate(values.values):
            for words in _words(value, scope):
                canonical = words if value.value is None else value.value.lower()
                known = first.setdefault(words, (index, canonical))
                if known[0] == index or index in told:
                    continue
                told.add(index)
                two = known[1] != canonical
                yield Finding(
                    "duplicate_value",
                    "warning" if two else "note",
                    value.source.position(),
                    f"the list {{{values.name}}} has {words!r} "
                    + (f"for {canonical!r} and for {known[1]!r}" if two else "twice"),
                    (),
                    "keep one of them",
                )


def _words(value: ListValue, scope: Scope) -> list[str]:
    if isinstance(value.expression, Text):
        return [" ".join(value.expression.text.lower().split())]
    try:
        listed = Planner().node(value.expression, scope).distinct(MAX_WORDS)
    except IndexError:  # a wildcard inside has no words
        return []
    return sorted({" ".join(plain(pieces).lower().split()) for pieces in listed or ()} - {""})
