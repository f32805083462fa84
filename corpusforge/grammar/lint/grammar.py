"""A pack with its automata, for all rules."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping, Sequence
from functools import cached_property

from corpusforge.grammar.automata import Automaton, intersection, union
from corpusforge.grammar.automaton_builder import AutomatonBuilder, Filler
from corpusforge.grammar.lint.obeying import Obeying, unsliced
from corpusforge.grammar.lint.places import Written, written
from corpusforge.grammar.lint.readings import Readings
from corpusforge.grammar.pack import Pack, Template

__all__ = ["Grammar", "constrained"]

_SYMBOL = re.compile(r"\{(@?)([^{}:]+)(?::([^{}]+))?\}")
# Pairs of places that one search for two readings may look at, some seconds.
MAX_PAIRS = 200_000
_TABLE = re.compile(r"~\d+$")


class Grammar:
    """A pack and what it says, in lower case; built when first asked for.

    Args:
        pack: Open templates count too.
    """

    def __init__(self, pack: Pack) -> None:
        self.pack = pack
        self.templates: tuple[Template, ...] = (*pack.templates, *pack.open_templates)
        self.intents: dict[str, list[Template]] = {}
        for template in self.templates:
            self.intents.setdefault(template.intent, []).append(template)
        self.builder = AutomatonBuilder("values", fold=str.lower)
        self._text_of: dict[str, Automaton] = {}

    @cached_property
    def written(self) -> list[Written]:
        """Every template, reached rule and reached value."""
        return written(self.templates)

    @cached_property
    def labelled(self) -> dict[str, Automaton]:
        """Template id -> its labelled sentences."""
        return {template.id: self.builder.template(template) for template in self.templates}

    @cached_property
    def _halves(self) -> dict[str, _Halves]:
        return {
            intent: _Halves([self.labelled[template.id] for template in templates])
            for intent, templates in self.intents.items()
        }

    @cached_property
    def labelled_intents(self) -> dict[str, Automaton]:
        """Intent -> the labelled sentences of all its templates."""
        return {intent: halves.all() for intent, halves in self._halves.items()}

    @cached_property
    def texts(self) -> dict[str, Automaton]:
        """Intent -> its texts: of a slot only the list that fills it is left.

        Constraints do not count, classes of agreement do.
        """
        return {intent: self._text(said) for intent, said in self.labelled_intents.items()}

    def text(self, template: Template) -> Automaton:
        """The same of one template, whether it obeys its constraints or not."""
        known = self._text_of.get(template.id)
        if known is None:
            known = self._text_of[template.id] = self._text(self.labelled[template.id])
        return known

    @staticmethod
    def _text(labelled: Automaton) -> Automaton:
        states, root = labelled.parts()
        return Automaton(states, states.project(root, _without_slot))

    @staticmethod
    def carriers(said: Automaton) -> Automaton:
        """Texts with "{@list}" for every list, whatever class or slice of it, and whatever slot."""
        states, root = said.parts()
        return Automaton(states, states.project(root, _list_only))

    @cached_property
    def obeying(self) -> Obeying:
        """What templates say that have constraints."""
        return Obeying(self.builder, self.labelled)

    @cached_property
    def obeying_intents(self) -> dict[str, Automaton]:
        """Intents with constraints -> the labelled sentences that obey."""
        return {
            intent: self.obeying.of(templates)
            for intent, templates in self.intents.items()
            if constrained(templates)
        }

    @cached_property
    def overlaps(self) -> dict[str, dict[tuple[int, int], int]]:
        """Intent -> (place of a template, place of a later one) -> labelled sentences in both."""
        return {intent: halves.overlaps() for intent, halves in self._halves.items()}

    @cached_property
    def readings(self) -> Readings:
        """Searches for texts with two readings, list values spelled out."""
        assert self.labelled
        return Readings(self.builder.states, self.builder.fillers, MAX_PAIRS)

    def sayers(
        self, intent: str, carrier: str, values: Sequence[tuple[str, str]]
    ) -> list[Template]:
        """The templates of an intent with a labelled sentence.

        Args:
            intent: Whose templates.
            carrier: The sentence, a symbol for each slot.
            values: Label and canonical value of its slots, as far as their lists have values.
        """
        plain = unsliced(carrier)
        return [
            template
            for template in self.intents[intent]
            if plain in self.labelled[template.id]
            and all(constraint.holds(values) for constraint in template.constraints)
        ]

    def size(self, templates: Sequence[Template], said: Automaton) -> int:
        """Number of labelled sentences with their values; a wildcard counts as one.

        Args:
            templates: Of one intent.
            said: What they say, constraints aside.
        """
        if constrained(templates):
            return self.obeying.size(self.obeying.of(templates))
        return said.weighted(self._sizes)

    @cached_property
    def _sizes(self) -> dict[str, int]:
        assert self.labelled  # fills the builder's table of symbols
        return {
            symbol: filler.table.size
            for symbol, filler in self.builder.fillers.items()
            if filler.table is not None
        }

    @cached_property
    def _examples(self) -> dict[str, str]:
        """List -> its first value."""
        found: dict[str, str] = {}
        assert self.labelled
        for symbol, filler in self.builder.fillers.items():
            parts = _SYMBOL.fullmatch(symbol)
            if parts is not None and filler.table is not None and filler.table.size:
                found.setdefault(_TABLE.sub("", parts[2]), filler.table.value(0)[0])
        return found

    def example(self, carrier: str, fillers: Mapping[str, Filler] | None = None) -> str:
        """A carrier phrase with a value for each list; lists without values stay "{list}".

        Args:
            carrier: Symbols of `fillers`, or of lists.
            fillers: Those of the builder if not given.
        """
        known = self.builder.fillers if fillers is None else fillers

        def filled(found: re.Match[str]) -> str:
            filler = known.get(found[0])
            if filler is not None and filler.table is not None and filler.table.size:
                return filler.table.value(0)[0]
            entity = _TABLE.sub("", found[2])
            return self._examples.get(entity, f"{{{entity}}}")

        return _SYMBOL.sub(filled, carrier)

    @staticmethod
    def readable(carrier: str) -> str:
        """A carrier phrase as people write it: "{list:slot}", "{slot}"."""

        def shown(found: re.Match[str]) -> str:
            entity = _TABLE.sub("", found[2])
            slot = found[3]
            if slot is None or slot == entity:
                return f"{{{entity}}}"
            return f"{{{entity}:{slot}}}"

        return _SYMBOL.sub(shown, unsliced(carrier))


def constrained(templates: Iterable[Template]) -> bool:
    """Say whether one of them has constraints."""
    return any(template.constraints for template in templates)


def _without_slot(symbol: str) -> str:
    """The list of a slot and the class of its values: "{list~1:slot}" becomes "{@list~1}"."""
    return "{@" + symbol.strip("{}@").partition(":")[0] + "}"


def _list_only(symbol: str) -> str:
    """The list of a slot, so that "{list~1:slot}" becomes "{@list}"."""
    return "{@" + _TABLE.sub("", symbol.strip("{}@").partition(":")[0]) + "}"


class _Halves:
    """Finds the automata that overlap, without comparing each with each: most do not."""

    def __init__(self, automata: Sequence[Automaton]) -> None:
        self._automata = automata
        self._unions: dict[tuple[int, int], Automaton] = {}

    def all(self) -> Automaton:
        """What they say together."""
        return self._union(0, len(self._automata))

    def overlaps(self) -> dict[tuple[int, int], int]:
        """(place, later place) -> number of sentences in both."""
        found: dict[tuple[int, int], int] = {}
        waiting = [(0, len(self._automata))]
        while waiting:
            start, end = waiting.pop()
            middle = (start + end) // 2
            if end - start > 1:
                halves = self._union(start, middle), self._union(middle, end)
                # Numbers are at hand: where they add up, no sentence is on both sides.
                if sum(half.count() for half in halves) > self._union(start, end).count():
                    self._across((start, middle), (middle, end), found)
                waiting += [(start, middle), (middle, end)]
        return dict(sorted(found.items()))

    def _across(
        self, first: tuple[int, int], second: tuple[int, int], found: dict[tuple[int, int], int]
    ) -> None:
        one, two = self._union(*first), self._union(*second)
        if one.starts().isdisjoint(two.starts()):
            return
        both = intersection(one, two)
        if not both:
            return
        sizes = first[1] - first[0], second[1] - second[0]
        if sizes == (1, 1):
            found[first[0], second[0]] = both.count()
            return
        larger = first if sizes[0] >= sizes[1] else second
        middle = (larger[0] + larger[1]) // 2
        for part in ((larger[0], middle), (middle, larger[1])):
            if larger is first:
                self._across(part, second, found)
            else:
                self._across(first, part, found)

    def _union(self, start: int, end: int) -> Automaton:
        known = self._unions.get((start, end))
        if known is None:
            if end - start == 1:
                known = self._automata[start]
            else:
                middle = (start + end) // 2
                known = union((self._union(start, middle), self._union(middle, end)))
            self._unions[start, end] = known
        return known
