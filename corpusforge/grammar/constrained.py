"""Sentences whose slots obey constraints, cut out of an automaton exactly.

Walks an automaton with a memory of the values that constrained slots have so far. Where values
make a difference, a symbol is split into slices of its list, sorted by canonical value: "all but
Rome" is the values before Rome and those behind it. So the result is again an automaton whose
paths, times the sizes of their symbols, are the sentences, each once.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import NamedTuple

from corpusforge.core.errors import InputError
from corpusforge.grammar.automata import States
from corpusforge.grammar.automaton_builder import Filler
from corpusforge.grammar.list_tables import ListTable
from corpusforge.grammar.pack import Constraint

__all__ = ["MAX_CONSTRAINED_VALUES", "Constrainer", "Demand"]

# A constraint remembers one value of two: states and time grow with their number.
MAX_CONSTRAINED_VALUES = 5_000

# With three slots it remembers pairs of values; so many steps take some seconds, some 100 MB.
MAX_STEPS = 300_000

_Seen = frozenset[str] | None
"""Canonical values that a constraint has met and still has to compare; None: it is broken."""
_Memory = tuple[_Seen, ...]
_NOTHING_SEEN: frozenset[str] = frozenset()
# No canonical value is a control character: any value that needs no memory of its own.
_OTHER = "\x00"
_UNLIKE_ALL = frozenset((_OTHER,))


class Demand(NamedTuple):
    """What sentences must obey.

    Attributes:
        wanted: Constraints that hold.
        refused: Of each of these sets, at least one constraint does not hold.
    """

    wanted: frozenset[Constraint] = frozenset()
    refused: frozenset[frozenset[Constraint]] = frozenset()

    def __bool__(self) -> bool:
        """Say whether anything is demanded."""
        return bool(self.wanted or self.refused)

    def __and__(self, other: Demand) -> Demand:
        """What obeys both."""
        return Demand(self.wanted | other.wanted, self.refused | other.refused)


class _Groups(NamedTuple):
    """The values of a symbol by canonical value: value -> half-open range in `table`."""

    table: ListTable
    ranges: Mapping[str, tuple[int, int]]


class Constrainer:
    """Applies demands to states of one table.

    Args:
        states: Of a builder with labels "values".
        fillers: Its symbols; those of slices are added.
    """

    def __init__(self, states: States, fillers: dict[str, Filler]) -> None:
        self._states = states
        self._fillers = fillers
        self._groups: dict[str, _Groups] = {}

    def apply(self, root: int, demand: Demand) -> int:
        """The state whose sentences obey a demand.

        Raises:
            InputError: When a constrained list has too many values.
        """
        if not root or not demand:
            return root
        walk = _Walk(self, root, demand)
        known: dict[tuple[int, _Memory], int] = {}
        return self._states.build((root, walk.start), walk.expand, known)

    def constrained(self, symbol: str, constraint: Constraint) -> bool:
        """Say whether a symbol fills a slot of a constraint; wildcards have no known values."""
        filler = self._fillers.get(symbol)
        return filler is not None and filler.table is not None and filler.slot in constraint.slots

    def groups(self, symbol: str) -> _Groups:
        """The values of a symbol by canonical value."""
        if symbol not in self._groups:
            self._groups[symbol] = _grouped(self._fillers[symbol])
        return self._groups[symbol]

    def slice(self, symbol: str, start: int, stop: int) -> str:
        """The symbol of some neighbouring values."""
        table = self.groups(symbol).table
        made = f"{symbol[:-1]}[{start}-{stop}]}}"
        if made not in self._fillers:
            self._fillers[made] = Filler(self._fillers[symbol].slot, table.slice(start, stop))
        return made

    def parts(self) -> States:
        """The table of states."""
        return self._states


class _Walk:
    """One demand on one automaton."""

    def __init__(self, constrainer: Constrainer, root: int, demand: Demand) -> None:
        self._of = constrainer
        self._states = constrainer.parts()
        self._wanted = demand.wanted
        self._constraints = sorted(demand.wanted.union(*demand.refused))
        place = {constraint: index for index, constraint in enumerate(self._constraints)}
        self._refused = [[place[c] for c in group] for group in demand.refused]
        self._ahead: dict[int, tuple[frozenset[str], ...]] = {}
        self._canonical: dict[frozenset[str], frozenset[str]] = {}
        for state in self._states.reachable(root):  # the last ones first
            self._ahead[state] = self._symbols_ahead(state)
        self._steps = 0
        self.start: _Memory = (_NOTHING_SEEN,) * len(self._constraints)

    def _symbols_ahead(self, state: int) -> tuple[frozenset[str], ...]:
        """Per constraint, the symbols of its slots that can follow."""
        arcs = self._states.arcs[state]
        found: list[frozenset[str]] = []
        for index, constraint in enumerate(self._constraints):
            symbols: set[str] = set()
            for symbol, target in arcs:
                symbols |= self._ahead[target][index]
                if len(symbol) > 1 and self._of.constrained(symbol, constraint):
                    symbols.add(symbol)
            found.append(frozenset(symbols))
        return tuple(found)

    def expand(
        self, key: tuple[int, _Memory]
    ) -> tuple[bool, list[tuple[str, tuple[int, _Memory]]]]:
        """One step: whether a sentence may end here, and what may follow."""
        state, memory = key
        steps: list[tuple[str, tuple[int, _Memory]]] = []
        for symbol, target in self._states.arcs[state]:
            touched = [
                index
                for index, constraint in enumerate(self._constraints)
                if len(symbol) > 1 and self._of.constrained(symbol, constraint)
            ]
            if not touched:
                steps.append((symbol, (target, self._tidy(memory, target))))
                continue
            steps += self._split(symbol, target, memory, touched)
        return self._states.final[state] and self._may_end(memory), steps

    def _may_end(self, memory: _Memory) -> bool:
        return all(any(memory[index] is None for index in group) for group in self._refused)

    def _split(
        self, symbol: str, target: int, memory: _Memory, touched: list[int]
    ) -> list[tuple[str, tuple[int, _Memory]]]:
        """A constrained symbol as slices, each with what is remembered after it."""
        groups = self._of.groups(symbol)
        after: dict[_Memory, list[tuple[int, int]]] = {}

        def note(value: str, first: int, stop: int) -> None:
            left = self._after(memory, touched, value, target)
            if left is None or first == stop:
                return
            ranges = after.setdefault(left, [])
            if ranges and ranges[-1][1] == first:
                first = ranges.pop()[0]
            ranges.append((first, stop))

        end = 0
        for value, (first, stop) in self._special(groups, target, memory, touched):
            note(_OTHER, end, first)
            note(value, first, stop)
            end = stop
        note(_OTHER, end, groups.table.size)
        self._steps += sum(map(len, after.values()))
        if self._steps > MAX_STEPS:
            slots = ", ".join(self._constraints[touched[0]].slots)
            raise InputError(
                f"the constraints of the slots {slots} need more than {MAX_STEPS:,} steps",
                hint="constrain fewer slots at once, or shorten their lists",
            )
        return [
            (self._of.slice(symbol, first, stop), (target, left))
            for left, ranges in after.items()
            for first, stop in ranges
        ]

    def _special(
        self, groups: _Groups, target: int, memory: _Memory, touched: list[int]
    ) -> list[tuple[str, tuple[int, int]]]:
        """The values that matter: met before, or to be met by what follows; in their order."""
        values: set[str] = set()
        for index in touched:
            seen = memory[index]
            if seen is not None:
                values |= seen | self._values_ahead(target, index)
        found = [(v, groups.ranges[v]) for v in values if v in groups.ranges]
        return sorted(found, key=lambda item: item[1])

    def _after(
        self, memory: _Memory, touched: list[int], value: str, target: int
    ) -> _Memory | None:
        """What is remembered after a value; None where the sentence is not wanted any more."""
        left = list(memory)
        for index in touched:
            constraint, seen = self._constraints[index], memory[index]
            if seen is None:
                continue
            if constraint.kind == "different":
                left[index] = None if value in seen else seen | {value}
            else:
                unlike = value == _OTHER or value not in seen
                left[index] = None if seen and unlike else frozenset((value,))
            if left[index] is None and constraint in self._wanted:
                return None
        return self._tidy(tuple(left), target)

    def _tidy(self, memory: _Memory, target: int) -> _Memory:
        """Forget what no value that follows can be compared with."""
        left: list[_Seen] = []
        for index, seen in enumerate(memory):
            if seen and not self._ahead[target][index]:
                seen = _NOTHING_SEEN
            elif seen:
                known = seen & self._values_ahead(target, index)
                lost = known != seen and self._constraints[index].kind == "equal"
                seen = _UNLIKE_ALL if lost else known
            left.append(seen)
        return tuple(left)

    def _values_ahead(self, state: int, index: int) -> frozenset[str]:
        """The canonical values that slots of a constraint can still have."""
        symbols = self._ahead[state][index]
        if symbols not in self._canonical:
            values = (self._of.groups(symbol).ranges.keys() for symbol in symbols)
            self._canonical[symbols] = frozenset(v for keys in values for v in keys)
        return self._canonical[symbols]


def _grouped(filler: Filler) -> _Groups:
    """The values of a list sorted by canonical value."""
    table = filler.table
    assert table is not None, "wildcards are not constrained"
    if table.size > MAX_CONSTRAINED_VALUES:
        raise InputError(
            f"the list {{{table.entity}}} has {table.size:,} values, too many for the constraints "
            f"of the slot {filler.slot!r}",
            hint=f"at most {MAX_CONSTRAINED_VALUES:,}; shorten the list, or remove the constraint",
        )
    pairs = sorted((table.value(number) for number in range(table.size)), key=lambda p: (p[1], p))
    ranges: dict[str, tuple[int, int]] = {}
    for number, (_, canonical) in enumerate(pairs):
        first, _ = ranges.get(canonical, (number, number))
        ranges[canonical] = (first, number + 1)
    return _Groups(table.only(pairs), ranges)
