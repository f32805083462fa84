"""Which template owns a sentence: each sentence of an intent has one owner.

Templates of train come first, then those with the fewest constraints, then file order. Carrier
phrases are shared out by automata; of a phrase that two templates say under different
constraints, the later one owns the sentences that the earlier one's constraints forbid.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

from corpusforge.grammar.automata import States
from corpusforge.grammar.automaton_builder import AutomatonBuilder
from corpusforge.grammar.constrained import Demand
from corpusforge.grammar.expression import Expression
from corpusforge.grammar.pack import Constraint, Template

__all__ = ["Claim", "Property", "owned"]


class Claim(NamedTuple):
    """What may own sentences.

    Attributes:
        template: Whose sentences.
        expression: The part of it.
        first: Comes before those that do not: templates of train.
    """

    template: Template
    expression: Expression
    first: bool = True


class Property(NamedTuple):
    """Sentences of one owner: carrier phrases, and what their values must obey.

    The carrier phrases of all properties of an intent are different, or their demands exclude
    each other.
    """

    root: int
    demand: Demand


def owned(builder: AutomatonBuilder, claims: Sequence[Claim]) -> list[list[Property]]:
    """What each of the claims owns, in the order of the claims."""
    states = builder.states
    order = sorted(
        range(len(claims)),
        key=lambda n: (not claims[n].first, len(claims[n].template.constraints), n),
    )
    said: dict[str, dict[frozenset[Constraint], int]] = {}
    found: list[list[Property]] = [[] for _ in claims]
    for number in order:
        template = claims[number].template
        whole = builder.expression(claims[number].expression, template.scope).parts()[1]
        before = said.setdefault(template.intent, {})
        found[number] = _left(states, whole, template.constraints, before)
        known = before.get(template.constraints)
        before[template.constraints] = whole if known is None else states.unite((known, whole))
    return found


def _left(
    states: States,
    root: int,
    constraints: frozenset[Constraint],
    before: dict[frozenset[Constraint], int],
) -> list[Property]:
    """Sentences that nobody before says."""
    for others, theirs in before.items():
        # With the same constraints, or fewer, they say all that this one does.
        if others <= constraints:
            root = states.subtract(root, theirs)
    left = [Property(root, Demand(constraints))]
    for others, theirs in before.items():
        if others <= constraints:
            continue
        split: list[Property] = []
        for mine in left:
            both = states.intersect(mine.root, theirs)
            refused = Demand(mine.demand.wanted, mine.demand.refused | {others})
            split.append(Property(states.subtract(mine.root, both), mine.demand))
            split.append(Property(both, refused))
        left = split
    return [mine for mine in left if mine.root]
