"""Where the alternatives of a template stand in its text, and what the pack reaches."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any, NamedTuple

from corpusforge.core.errors import Position
from corpusforge.grammar.expression import (
    Alternative,
    Expression,
    ListReference,
    RuleReference,
    Text,
    references,
)
from corpusforge.grammar.pack import Scope, Source, Template, find_list

__all__ = ["Written", "alternatives", "choice_offsets", "text_of", "written"]

_CLOSING = {"{": "}", "<": ">"}


class Written(NamedTuple):
    """An expression as it stands in a file, and the scopes in which sentences reach it."""

    expression: Expression
    source: Source
    scopes: tuple[Scope, ...]
    kind: str
    """sentence, rule or value"""

    def position(self, offset: int = 0) -> Position:
        """The place of a character of its text."""
        return self.source.position(offset)


def written(templates: tuple[Template, ...]) -> list[Written]:
    """The templates, and the rules and list values that they reach, each once."""
    found: dict[int, tuple[Expression, Source, dict[int, Scope], str]] = {}

    def visit(expression: Expression, source: Source, scope: Scope, kind: str) -> None:
        entry = found.setdefault(id(expression), (expression, source, {}, kind))
        if id(scope) in entry[2]:
            return
        entry[2][id(scope)] = scope
        for reference in references(expression):
            if isinstance(reference, RuleReference):
                rule = scope.rules[reference.rule]
                visit(rule.expression, rule.source, scope, "rule")
                continue
            values = find_list(reference, scope)
            for value in values.values if values is not None else ():
                visit(value.expression, value.source, scope, "value")

    for template in templates:
        visit(template.written, template.source, template.scope, "sentence")
    return [
        Written(expression, source, tuple(scopes.values()), kind)
        for expression, source, scopes, kind in found.values()
    ]


def text_of(source: Source) -> str:
    """The text of a template, rule or value as it stands in the file."""
    value: Any = source.document.value
    for step in source.path:
        value = value[step]
    return value if isinstance(value, str) else ""


def alternatives(expression: Expression) -> Iterator[Alternative]:
    """The choices of an expression in reading order, the outer ones first."""
    if isinstance(expression, Text | ListReference | RuleReference):
        return
    if isinstance(expression, Alternative):
        yield expression
    for item in expression.items:
        yield from alternatives(item)


def choice_offsets(text: str) -> list[tuple[int, ...]]:
    """For each choice of a template in the order of `alternatives`, where its items begin.

    The empty item of an optional stands where its bracket opens.
    """
    groups = [_Group(0, "", [0])]
    opened = [groups[0]]
    at = 0
    while at < len(text):
        char = text[at]
        if char == "\\":
            at += 1
        elif char in _CLOSING:
            at = max(at, text.find(_CLOSING[char], at))
        elif char in "([":
            groups.append(_Group(at, char, [at + 1]))
            opened.append(groups[-1])
        elif char in ")]" and len(opened) > 1:
            opened.pop()
        elif char in "|;":
            opened[-1].separators.add(char)
            opened[-1].starts.append(at + 1)
        at += 1
    found: list[tuple[int, ...]] = []
    for group in groups:
        starts = [_past_space(text, start) for start in group.starts]
        if ";" in group.separators:
            del starts[1:]
        if group.bracket == "[":
            starts.append(group.opened)
        if len(starts) > 1:
            found.append(tuple(starts))
    return found


class _Group:
    def __init__(self, opened: int, bracket: str, starts: list[int]) -> None:
        self.opened, self.bracket, self.starts = opened, bracket, starts
        self.separators: set[str] = set()


def _past_space(text: str, start: int) -> int:
    while start < len(text) - 1 and text[start] == " ":
        start += 1
    return start
