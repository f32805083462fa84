"""Rules and lists that no sentence reaches."""

from __future__ import annotations

from collections.abc import Iterator

from corpusforge.core.errors import Position
from corpusforge.grammar.expression import RuleReference, references
from corpusforge.grammar.lint.findings import Finding
from corpusforge.grammar.lint.grammar import Grammar
from corpusforge.grammar.pack import find_list

__all__ = ["check"]


def check(grammar: Grammar) -> Iterator[Finding]:
    """Those in files of the templates; files that are shared beside them are for others too."""
    root = {template.source.document.path.parent for template in grammar.templates}
    reached: set[int] = set()
    listed: set[str] = set()
    for place in grammar.written:
        for scope in place.scopes:
            for reference in references(place.expression):
                if isinstance(reference, RuleReference):
                    reached.add(id(scope.rules[reference.rule]))
                elif (values := find_list(reference, scope)) is not None:
                    listed.add(values.entity)
    scopes = {id(template.scope): template.scope for template in grammar.templates}
    told: set[int] = set()
    for scope in scopes.values():
        for rule in scope.rules.values():
            known = id(rule) in reached or id(rule) in told
            if not known and rule.source.document.path.parent in root:
                told.add(id(rule))
                at = rule.source.document.key_position(rule.source.path)
                yield _finding(f"no sentence uses the rule <{rule.name}>", at)
        for values in scope.lists.values():
            source = values.source
            if source is None or values.entity in listed or id(values) in told:
                continue
            if source.document.path.parent in root and "lists" in source.path:
                told.add(id(values))
                at = source.document.key_position(source.path)
                yield _finding(f"no sentence uses the list {{{values.name}}}", at)


def _finding(message: str, position: Position) -> Finding:
    return Finding("dead", "note", position, message, (), "remove it, or use it")
