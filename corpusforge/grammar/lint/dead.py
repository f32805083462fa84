"""Rules and lists that no sentence reaches."""

from __future__ import annotations

from collections.abc import Iterator

from corpusforge.core.errors import Position
from corpusforge.grammar.expression import Expression, RuleReference, references
from corpusforge.grammar.lint.findings import Finding
from corpusforge.grammar.lint.grammar import Grammar
from corpusforge.grammar.pack import Scope, find_list

__all__ = ["check"]


def check(grammar: Grammar) -> Iterator[Finding]:
    """Those in files that hold sentences; shared files are for others too."""
    files = {template.source.document.path for template in grammar.templates}
    reached: set[int] = set()
    listed: set[str] = set()
    for template in grammar.templates:
        _reach(template.expression, template.scope, reached, listed)
    scopes = {id(template.scope): template.scope for template in grammar.templates}
    told: set[int] = set()
    for scope in scopes.values():
        for rule in scope.rules.values():
            if id(rule) not in reached | told and rule.source.document.path in files:
                told.add(id(rule))
                at = rule.source.document.key_position(rule.source.path)
                yield _finding(f"no sentence uses the rule <{rule.name}>", at)
        for values in scope.lists.values():
            source = values.source
            if source is None or values.entity in listed or id(values) in told:
                continue
            if source.document.path in files:
                told.add(id(values))
                at = source.document.key_position(source.path)
                yield _finding(f"no sentence uses the list {{{values.name}}}", at)


def _finding(message: str, position: Position) -> Finding:
    return Finding("dead", "note", position, message, (), "remove it, or use it")


def _reach(expression: Expression, scope: Scope, reached: set[int], listed: set[str]) -> None:
    for reference in references(expression):
        if isinstance(reference, RuleReference):
            rule = scope.rules[reference.rule]
            if id(rule) not in reached:
                reached.add(id(rule))
                _reach(rule.expression, scope, reached, listed)
            continue
        values = find_list(reference, scope)
        if values is not None and values.entity not in listed:
            listed.add(values.entity)
            for value in values.values:
                _reach(value.expression, scope, reached, listed)
