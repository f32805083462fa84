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
    """A value of a list. `slot` is the label of the slot that it fills; "" = text without a slot.

    `weight` leaves only the values of that weight (see `variants`), `agreement` those of that
    class and those without a class; None means all.
    """

    list: str
    slot: str
    offset: int = field(default=0, compare=False)
    weight: float | None = None
    agreement: str | None = None


@dataclass(frozen=True, slots=True)
class RuleReference:
    """The body of an expansion rule, looked up late: rules of the block come before global ones."""

    rule: str
    offset: int = field(default=0, compare=False)


Expression = Text | Sequence | Alternative | Permutation | ListReference | RuleReference

NO_WORDS = Text("")
"""Says nothing, which is something: a sentence without it is the same sentence."""
NEVER = Alternative(())
"""Cannot be said at all; a sequence with it neither."""


def references(expression: Expression) -> Iterator[ListReference | RuleReference]:
    """Yield the list and rule references of an expression in reading order."""
    stack: list[Expression] = [expression]
    while stack:
        node = stack.pop()
        if isinstance(node, ListReference | RuleReference):
            yield node
        elif not isinstance(node, Text):
            stack.extend(reversed(node.items))
