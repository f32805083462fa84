"""Templates as automata: which sentences they say, lists opaque.

A slot is one symbol, written "{name}"; a list that fills no slot is "{@list}". White space is
squeezed and stripped as `derivations.render` does. A symbol has at least three characters, a
literal brace is one like any other, so the two are never mistaken. What `render` refuses
(no text at all, text that is not in NFC) is not in the set.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Callable, Iterable
from typing import Literal, NamedTuple

from corpusforge.grammar.automata import Automaton, States, union
from corpusforge.grammar.expression import (
    Alternative,
    Expression,
    ListReference,
    Permutation,
    RuleReference,
    Sequence,
    Text,
)
from corpusforge.grammar.list_tables import ListTable, list_tables
from corpusforge.grammar.pack import Scope, Template, ValueList, whole_list

__all__ = ["AutomatonBuilder", "Filler", "Labels", "automaton_of", "is_mark"]

Labels = Literal["slot", "list", "values"]
"""What the symbol of a slot tells: "{name}", "{@list}", or "{list:name}" with the class of its
values, so that sentences times values are all different; lists without a slot are then text."""

# Longer lists than this stay one symbol where they fill no slot.
MAX_TEXTS = 5_000

_SPACES = re.compile(r"\s+")


class Filler(NamedTuple):
    """What a symbol stands for: a slot, "" for none, and its values, None for a wildcard."""

    slot: str
    table: ListTable | None


def automaton_of(templates: Iterable[Template], *, labelled: bool = True) -> Automaton:
    """The sentences of some templates, lists opaque.

    Args:
        templates: Of one pack.
        labelled: A slot is its name; otherwise the list that fills it, so that only the text
            counts.
    """
    builder = AutomatonBuilder("slot" if labelled else "list")
    return union([builder.template(template) for template in templates])


class AutomatonBuilder:
    """Makes automata that share their states, so that comparing them is cheap.

    A place is a symbol and the set of places that may follow it; equal ones are kept once. As
    expressions are read from the end, what follows is always known, and no empty steps arise.

    Args:
        labels: What the symbol of a slot tells.
        fold: Changes texts, which it may get in parts, for example `str.lower`.
        values_too: Of lists with at most `MAX_TEXTS` values, says of the words of a value whether
            they may stand for its slot too; labels "values" only.
        tables: Those of another builder of the same pack, to share them.
        states: Where the automata are made; another builder may use it too.
    """

    def __init__(
        self,
        labels: Labels = "slot",
        *,
        fold: Callable[[str], str] | None = None,
        values_too: Callable[[str], bool] | None = None,
        tables: dict[str, tuple[ListTable, ...]] | None = None,
        states: States | None = None,
    ) -> None:
        self.fillers: dict[str, Filler] = {}
        """Symbol -> what can stand there; with labels "values" only."""
        self.tables: dict[str, tuple[ListTable, ...]] = {} if tables is None else tables
        """List -> its values; with labels "values" only."""
        self._labels = labels
        self._fold = fold
        self._values_too = values_too
        self.states = States() if states is None else states
        self._known: dict[tuple[int, str], int] = {}
        self._symbols: list[str] = [""]  # by place; place 0 is the end
        self._next: list[int] = [0]
        self._alone: dict[tuple[str, int], int] = {}  # by symbol and next: a set of one place
        self._marks: set[int] = set()
        self._sets: list[frozenset[int]] = []
        self._set_ids: dict[frozenset[int], int] = {}
        self._rules: dict[tuple[int, str, int], int] = {}
        self._keep: list[Scope] = []
        self._end = self._set(frozenset((0,)))

    def template(self, template: Template) -> Automaton:
        """The sentences of a template."""
        return self.expression(template.expression, template.scope)

    def templates(self, templates: Iterable[Template]) -> Automaton:
        """The sentences of some templates; cheaper than the union of their automata."""
        starts = (self._start(template.expression, template.scope) for template in templates)
        return self._from(frozenset[int]().union(*starts))

    def expression(self, expression: Expression, scope: Scope) -> Automaton:
        """The sentences of an expression."""
        if isinstance(expression, Text):
            return Automaton(self.states, self._words(expression.text))
        return self._from(self._start(expression, scope))

    def _words(self, text: str) -> int:
        """The state of a sentence that is words alone; places would take ten times as long."""
        if self._fold is not None:
            text = self._fold(text)
        text = _SPACES.sub(" ", text).strip(" ")
        if not text or not unicodedata.is_normalized("NFC", text):
            return 0
        return self.states.chain(text)

    def _start(self, expression: Expression, scope: Scope) -> frozenset[int]:
        """The places at which sentences begin."""
        self._keep.append(scope)  # an id() is only good while its object lives
        return self._sets[self._past_spaces(self._read(expression, scope, self._end))] - {0}

    def _from(self, start: frozenset[int]) -> Automaton:
        root = self.states.build((self._set(start), ""), self._expand, self._known)
        return Automaton(self.states, root)

    def _read(self, expression: Expression, scope: Scope, after: int) -> int:
        """The set of places at which an expression begins, when `after` follows it."""
        if isinstance(expression, Text):
            return self._text(expression.text, after)
        if isinstance(expression, Sequence):
            for item in reversed(expression.items):
                after = self._read(item, scope, after)
            return after
        if isinstance(expression, Alternative):
            return self._unite(self._read(item, scope, after) for item in expression.items)
        if isinstance(expression, Permutation):
            return self._order(expression.items, scope, after)
        if isinstance(expression, ListReference):
            return self._list(expression, scope, after)
        return self._rule(expression, scope, after)

    def _text(self, text: str, after: int) -> int:
        if self._fold is not None:
            text = self._fold(text)
        for char in reversed(_SPACES.sub(" ", text)):
            after = self._place(char, after)
        return after

    def _order(self, items: tuple[Expression, ...], scope: Scope, after: int) -> int:
        """Every subset of the items that are still to come is one set of places: 2^n, not n!."""
        rest = [after]
        for mask in range(1, 1 << len(items)):
            rest.append(
                self._unite(
                    self._read(item, scope, rest[mask ^ (1 << index)])
                    for index, item in enumerate(items)
                    if mask >> index & 1
                )
            )
        return rest[-1]

    def _rule(self, reference: RuleReference, scope: Scope, after: int) -> int:
        key = (id(scope), reference.rule, after)
        if key not in self._rules:
            self._rules[key] = self._read(scope.rules[reference.rule].expression, scope, after)
        return self._rules[key]

    def _list(self, reference: ListReference, scope: Scope, after: int) -> int:
        values = whole_list(reference, scope)
        if values is None:
            values = ValueList(reference.list, reference.list)
        if self._labels == "values":
            return self._values(values, reference, scope, after)
        slot = reference.slot
        named = slot and self._labels == "slot"
        return self._place(f"{{{slot}}}" if named else f"{{@{values.entity}}}", after)

    def _values(self, values: ValueList, reference: ListReference, scope: Scope, after: int) -> int:
        entity, slot = values.entity, reference.slot
        tables = self.tables.get(entity)
        if tables is None:
            tables = self.tables[entity] = list_tables(values, scope)
        wanted = [
            table
            for table in tables
            if reference.weight in (None, table.weight)
            and (reference.agreement is None or table.agrees(reference.agreement))
        ]
        prefix, suffix = ("", f":{slot}") if slot else ("@", "")
        if not tables:
            symbol = f"{{{prefix}{entity}{suffix}}}"
            self.fillers[symbol] = Filler(slot, None)
            return self._place(symbol, after)
        places: list[int] = []
        few = sum(table.size for table in wanted) <= MAX_TEXTS
        stands_for = self._values_too
        if few and (stands_for is not None or not slot):
            said = {
                before + table.value(index)[0] + behind
                for table in wanted
                for index in range(table.size)
                for before, behind in table.edges
            }
            kept = said if not slot or stands_for is None else filter(stands_for, said)
            places += (self._text(text, after) for text in kept)
            if not slot:
                return self._unite(places)
        for table in wanted:
            number = tables.index(table)
            symbol = f"{{{prefix}{entity}{f'~{number}' if number else ''}{suffix}}}"
            self.fillers[symbol] = Filler(slot, table)
            for before, behind in table.edges:
                inner = self._place(symbol, self._place(" ", after) if behind else after)
                places.append(self._place(" ", inner) if before else inner)
        return self._unite(places)

    def _place(self, symbol: str, after: int) -> int:
        """The set of the one place with this symbol."""
        if symbol == " ":
            after = self._past_spaces(after)
        alone = self._alone.get((symbol, after))
        if alone is None:
            place = len(self._symbols)
            self._symbols.append(symbol)
            self._next.append(after)
            if is_mark(symbol):
                self._marks.add(place)
            alone = self._alone[symbol, after] = self._set(frozenset((place,)))
        return alone

    def _set(self, places: frozenset[int]) -> int:
        number = self._set_ids.get(places)
        if number is None:
            number = self._set_ids[places] = len(self._sets)
            self._sets.append(places)
        return number

    def _unite(self, sets: Iterable[int]) -> int:
        numbers = set(sets)
        if len(numbers) == 1:
            return numbers.pop()
        return self._set(frozenset[int]().union(*(self._sets[number] for number in numbers)))

    def _past_spaces(self, number: int) -> int:
        """The same places after a space: further spaces are free. No space follows a space."""
        spaces = [place for place in self._sets[number] if self._symbols[place] == " "]
        if not spaces:
            return number
        places = self._sets[number].difference(spaces)
        return self._set(places.union(*(self._sets[self._next[place]] for place in spaces)))

    def _expand(self, key: tuple[int, str]) -> tuple[bool, list[tuple[str, tuple[int, str]]]]:
        """One step of the subset construction.

        Args:
            key: Set of places, and the text since the last character that melts with nothing
                before it, when a mark may follow.
        """
        number, tail = key
        final = False
        targets: dict[str, list[int]] = {}
        for place in self._sets[number]:
            if place == 0:
                final = True
            else:
                targets.setdefault(self._symbols[place], []).append(self._next[place])
        steps: list[tuple[str, tuple[int, str]]] = []
        for symbol, sets in targets.items():
            target = sets[0] if len(sets) == 1 else self._unite(sets)
            if symbol == " " and 0 in self._sets[target]:
                final = True  # a space at the end vanishes
                target = self._set(self._sets[target] - {0})
            text = tail + symbol if tail and is_mark(symbol) else symbol
            if text is symbol or unicodedata.is_normalized("NFC", text):
                alone = self._marks.isdisjoint(self._sets[target])
                steps.append((symbol, (target, "" if alone else text)))
        return final, steps


def is_mark(symbol: str) -> bool:
    """Say whether a character may melt with the one before it (all of those, and some more)."""
    if symbol < "\u0300" or len(symbol) > 1:
        return False
    return (
        unicodedata.category(symbol)[0] == "M"
        or "\u1160" <= symbol <= "\u11ff"  # jamo of Hangul
        or "\U00016d63" <= symbol <= "\U00016d6a"  # vowels of Kirat Rai
    )
