"""The expression tree of a sentence template.

Plain immutable data, nothing else: the parser builds it, counting and the automaton read it.
References keep the character offset at which they stand in their template, so that a message
about an unknown list can point at it; offsets do not take part in comparisons.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field


@dataclass(frozen=True, slots=True)
class Text:
    """Literal characters, white space as written."""

    text: str


@dataclass(frozen=True, slots=True)
class Sequence:
    """Parts one after the other, joined with nothing in between."""

    items: tuple[Expression, ...]


@dataclass(frozen=True, slots=True)
class Alternative:
    """One of the items; `[a|b]` is an alternative whose last item is empty text.

    `weights` are relative shares of the items (positive), or None where all derivations count
    the same.
    """

    items: tuple[Expression, ...]
    weights: tuple[float, ...] | None = None


@dataclass(frozen=True, slots=True)
class Permutation:
    """All items in any order; the parser has already padded each item with spaces."""

    items: tuple[Expression, ...]


@dataclass(frozen=True, slots=True)
class ListReference:
    """A value of a list. `slot` names the slot that it fills; "" marks text without a slot.

    `weight` leaves only the values of that weight (see `variants`); None means all.
    """

    list: str
    slot: str
    offset: int = field(default=0, compare=False)
    weight: float | None = None


@dataclass(frozen=True, slots=True)
class RuleReference:
    """The body of an expansion rule, looked up late: rules of the block come before global ones."""

    rule: str
    offset: int = field(default=0, compare=False)


Expression = Text | Sequence | Alternative | Permutation | ListReference | RuleReference


def references(expression: Expression) -> Iterator[ListReference | RuleReference]:
    """Yield the list and rule references of an expression in reading order."""
    stack: list[Expression] = [expression]
    while stack:
        node = stack.pop()
        if isinstance(node, ListReference | RuleReference):
            yield node
        elif not isinstance(node, Text):
            stack.extend(reversed(node.items))
