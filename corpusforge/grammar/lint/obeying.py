"""Constraints between slots, where rules compare what templates say.

In the automata of lint a list is one symbol, so constraints do not show in them. Here symbols
become slices of their lists (see `constrained`), and what is left are the sentences that obey.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping, Sequence

from corpusforge.grammar.automata import Automaton
from corpusforge.grammar.automaton_builder import AutomatonBuilder, Filler
from corpusforge.grammar.constrained import Constrainer, Demand
from corpusforge.grammar.ownership import Claim, owned
from corpusforge.grammar.pack import Constraint, Template

__all__ = ["Obeying", "by_constraints", "sliced", "unsliced"]

_SLICE = re.compile(r"\[\d+-\d+\]\}")
# Between the two labels of a slot that two intents fill; no label holds it.
_BOTH = "\x1f"

_Constraints = frozenset[Constraint]


def unsliced(carrier: str) -> str:
    """A carrier phrase or symbol without the slices that constraints make."""
    return _SLICE.sub("}", carrier)


def sliced(symbol: str) -> bool:
    """Say whether a symbol is a slice of a list."""
    return symbol.endswith("]}") and _SLICE.search(symbol) is not None


def by_constraints(templates: Iterable[Template]) -> dict[_Constraints, list[Template]]:
    """Templates by what they demand."""
    found: dict[_Constraints, list[Template]] = {}
    for template in templates:
        found.setdefault(template.constraints, []).append(template)
    return found


class Obeying:
    """Sentences that obey constraints, as automata whose lists are cut into slices.

    Args:
        builder: With labels "values"; gets the symbols of slices.
        labelled: Template id -> its sentences, whether they obey or not.
    """

    def __init__(self, builder: AutomatonBuilder, labelled: Mapping[str, Automaton]) -> None:
        self._builder = builder
        self._labelled = labelled
        self._constrainer = Constrainer(builder.states, builder.fillers)

    def of(self, templates: Iterable[Template]) -> Automaton:
        """What some templates say."""
        states = self._builder.states
        roots = [
            self._constrainer.apply(self._whole(those), Demand(constraints))
            for constraints, those in by_constraints(templates).items()
        ]
        return Automaton(states, states.unite(roots))

    def in_both(self, one: Template, two: Template) -> Automaton:
        """The labelled sentences that two templates of one intent say."""
        states = self._builder.states
        both = states.intersect(self._whole([one]), self._whole([two]))
        wanted = Demand(one.constraints | two.constraints)
        return Automaton(states, self._constrainer.apply(both, wanted))

    def left(self, template: Template, others: Sequence[Template]) -> Automaton:
        """What a template says and none of the others of its intent does."""
        states = self._builder.states
        claims = [Claim(other, other.expression) for other in others]
        claims.append(Claim(template, template.expression, first=False))
        mine = owned(self._builder, claims)[-1]
        return Automaton(states, states.unite(self._constrainer.apply(*part) for part in mine))

    def size(self, automaton: Automaton) -> int:
        """Number of labelled sentences with their values; a wildcard counts as one."""
        tables = {symbol: self._builder.fillers[symbol].table for symbol in automaton.symbols()}
        return automaton.weighted({s: table.size for s, table in tables.items() if table})

    def texts_of_both(
        self, ones: Sequence[Template], twos: Sequence[Template]
    ) -> tuple[Automaton, Mapping[str, Filler]]:
        """Texts that templates of two intents say, where the same lists fill their slots.

        Returns:
            An automaton whose symbols are slots of both, and what fills these.
        """
        states = self._builder.states
        joint = _Joint(self._builder)
        roots = [
            joint.of(self._whole(mine), wanted, self._whole(theirs), demanded)
            for wanted, mine in by_constraints(ones).items()
            for demanded, theirs in by_constraints(twos).items()
        ]
        return Automaton(states, states.unite(roots)), joint.fillers

    def _whole(self, templates: Iterable[Template]) -> int:
        roots = (self._labelled[template.id].parts()[1] for template in templates)
        return self._builder.states.unite(roots)


class _Joint:
    """Follows the sentences of two intents side by side."""

    def __init__(self, builder: AutomatonBuilder) -> None:
        self._states, self._fillers = builder.states, builder.fillers
        self.fillers: dict[str, Filler] = {}
        self._constrainer = Constrainer(self._states, self.fillers)

    def of(self, one: int, wanted: _Constraints, two: int, demanded: _Constraints) -> int:
        """The state of the texts that both say and that obey both."""

        def expand(key: tuple[int, int]) -> tuple[bool, list[tuple[str, tuple[int, int]]]]:
            first, second = key
            others: dict[str, list[tuple[str, int]]] = {}
            for symbol, target in self._states.arcs[second]:
                others.setdefault(_list_of(symbol), []).append((symbol, target))
            steps = [
                (self._symbol(symbol, other), (target, theirs))
                for symbol, target in self._states.arcs[first]
                for other, theirs in others.get(_list_of(symbol), ())
            ]
            return self._states.final[first] and self._states.final[second], steps

        root = self._states.build((one, two), expand, {})
        constraints = (*self._joined(wanted, 0), *self._joined(demanded, 1))
        return self._constrainer.apply(root, Demand(frozenset(constraints)))

    def _symbol(self, one: str, two: str) -> str:
        if len(one) == 1:
            return one
        slots = _BOTH.join((self._fillers[one].slot, self._fillers[two].slot))
        symbol = f"{_list_of(one)[:-1]}:{slots}}}"
        self.fillers[symbol] = Filler(slots, self._fillers[one].table)
        return symbol

    def _joined(self, constraints: _Constraints, side: int) -> Iterator[Constraint]:
        """Constraints of one side by the labels of both."""
        labels = sorted({filler.slot for filler in self.fillers.values()})
        for kind, slots in constraints:
            found = tuple(label for label in labels if label.split(_BOTH)[side] in slots)
            if found:
                yield Constraint(kind, found)


def _list_of(symbol: str) -> str:
    """The list of a slot with the class of its values: "{list~1:slot}" is "{@list~1}"."""
    if len(symbol) == 1:
        return symbol
    return "{@" + symbol.strip("{}@").partition(":")[0] + "}"
