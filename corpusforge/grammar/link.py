"""Check that every reference of a template leads somewhere, and never back to itself."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field

from corpusforge.core.errors import InputError
from corpusforge.grammar.expression import (
    Alternative,
    Expression,
    ListReference,
    RuleReference,
    Text,
    references,
)
from corpusforge.grammar.pack import (
    NumberRange,
    Scope,
    Source,
    Template,
    ValueList,
    find_list,
)


@dataclass
class Linker:
    """Walks references; keeps what it has seen, so that shared rules are walked once per scope.

    Attributes:
        errors: What is wrong, each place once.
        reached: Entity -> list and the scope in which it was first reached.
    """

    errors: list[InputError] = field(default_factory=list)
    reached: dict[str, tuple[ValueList, Scope]] = field(default_factory=dict)
    _cycles: set[frozenset[str]] = field(default_factory=set)
    _reported: set[str] = field(default_factory=set)
    _open: dict[tuple[int, str], bool] = field(default_factory=dict)
    _keep: list[Scope] = field(default_factory=list)

    def check(self, templates: Iterable[Template]) -> set[str]:
        """Check templates; returns the ids of those that reach a wildcard list."""
        wildcard: set[str] = set()
        for template in templates:
            if self._walk(template.expression, template.source, template.scope, []):
                wildcard.add(template.id)
        return wildcard

    def check_rule(self, name: str, scope: Scope) -> None:
        """Look for a cycle through a rule that no template may use."""
        rule = scope.rules[name]
        quiet = Linker(_cycles=self._cycles)
        quiet._walk(rule.expression, rule.source, scope, [f"<{name}>"])
        for error in quiet.errors:
            # A rule may name lists and rules that only some blocks define; recursion has no excuse.
            if "refers to itself" in error.message:
                self._report(error)

    def _walk(self, expression: Expression, source: Source, scope: Scope, path: list[str]) -> bool:
        """Check what an expression refers to; True when a wildcard list is among it."""
        wildcard = False
        for reference in references(expression):
            if isinstance(reference, RuleReference):
                wildcard |= self._enter(f"<{reference.rule}>", reference, source, scope, path)
            else:
                wildcard |= self._enter(f"{{{reference.list}}}", reference, source, scope, path)
        return wildcard

    def _enter(
        self,
        name: str,
        reference: RuleReference | ListReference,
        source: Source,
        scope: Scope,
        path: list[str],
    ) -> bool:
        if name in path:
            cycle = [*path[path.index(name) :], name]
            kind = "rule" if name.startswith("<") else "list"
            members = frozenset(cycle)
            if members in self._cycles:
                return False
            self._cycles.add(members)
            self._report(
                InputError(
                    f"the {kind} {name} refers to itself: {' -> '.join(cycle)}",
                    position=source.position(reference.offset),
                    hint="sentences are finite; write the repetitions out",
                )
            )
            return False
        key = (id(scope), name)
        if key in self._open:
            return self._open[key]
        path = [*path, name]
        if isinstance(reference, RuleReference):
            result = self._rule(reference, source, scope, path)
        else:
            result = self._list(reference, source, scope, path)
        self._open[key] = result
        self._keep.append(scope)  # an id() is only good while its object lives
        return result

    def _rule(
        self, reference: RuleReference, source: Source, scope: Scope, path: list[str]
    ) -> bool:
        rule = scope.rules.get(reference.rule)
        if rule is None:
            self._unknown("rule", reference.rule, scope.rules, source, reference.offset)
            return False
        return self._walk(rule.expression, rule.source, scope, path)

    def _list(
        self, reference: ListReference, source: Source, scope: Scope, path: list[str]
    ) -> bool:
        values = find_list(reference, scope)
        if values is None:
            self._unknown("list", reference.list, scope.lists, source, reference.offset)
            return False
        if values.source is None and isinstance(values.range, NumberRange):
            first, last, step = values.range.first, values.range.last, values.range.step
            if first > last or step < 1:
                wrong = "ends before it starts" if first > last else "has a step of 0"
                at = source.position(reference.offset)
                self._report(InputError(f"the range {{{reference.list}}} {wrong}", position=at))
                return False
        self.reached.setdefault(values.entity, (values, scope))
        wildcard = values.wildcard
        for value in values.values:
            wildcard |= self._walk(value.expression, value.source, scope, path)
        return wildcard

    def _unknown(
        self, kind: str, name: str, known: Iterable[str], source: Source, offset: int
    ) -> None:
        allowed = sorted(known)
        shown, section = (
            (f"{{{name}}}", "lists") if kind == "list" else (f"<{name}>", "expansion_rules")
        )
        hint = "" if allowed else f"there are no {kind}s yet; define it under '{section}:'"
        at = source.position(offset)
        self._report(
            InputError(
                f"unknown {kind} {shown}", position=at, given=name, allowed=allowed, hint=hint
            )
        )

    def _report(self, error: InputError) -> None:
        key = f"{error.position}: {error.message}"
        if key not in self._reported:
            self._reported.add(key)
            self.errors.append(error)


def can_be_blank(expression: Expression, scope: Scope) -> bool:
    """Say whether an expression has a derivation without any character to see.

    Needs linked references.
    """
    if isinstance(expression, Text):
        return not expression.text.strip()
    if isinstance(expression, RuleReference):
        return can_be_blank(scope.rules[expression.rule].expression, scope)
    if isinstance(expression, ListReference):
        values = find_list(expression, scope)
        return values is not None and any(can_be_blank(v.expression, scope) for v in values.values)
    blank = [can_be_blank(item, scope) for item in expression.items]
    return any(blank) if isinstance(expression, Alternative) else all(blank)


def must_be_blank(expression: Expression, scope: Scope) -> bool:
    """Say whether no derivation of an expression has a character to see.

    Needs linked references.
    """
    if isinstance(expression, Text):
        return not expression.text.strip()
    if isinstance(expression, RuleReference):
        return must_be_blank(scope.rules[expression.rule].expression, scope)
    if isinstance(expression, ListReference):
        values = find_list(expression, scope)
        known = values.values if values is not None else ()
        return bool(known) and all(must_be_blank(value.expression, scope) for value in known)
    return all(must_be_blank(item, scope) for item in expression.items)
