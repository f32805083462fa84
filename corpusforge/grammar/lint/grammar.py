"""A pack with its automata, for all rules."""

from __future__ import annotations

import re
from collections import Counter
from functools import cached_property
from itertools import combinations

from corpusforge.grammar.automata import Automaton, intersection, union
from corpusforge.grammar.automaton_builder import AutomatonBuilder
from corpusforge.grammar.lint.places import Written, written
from corpusforge.grammar.pack import Pack, Template

__all__ = ["Grammar"]

_SYMBOL = re.compile(r"\{(@?)([^{}:]+)(?::([^{}]+))?\}")
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
        self.builder = AutomatonBuilder("values", fold_case=True)

    @cached_property
    def written(self) -> list[Written]:
        """Every template, reached rule and reached value."""
        return written(self.templates)

    @cached_property
    def labelled(self) -> dict[str, Automaton]:
        """Template id -> its labelled sentences."""
        return {template.id: self.builder.template(template) for template in self.templates}

    @cached_property
    def labelled_intents(self) -> dict[str, Automaton]:
        """Intent -> the labelled sentences of all its templates."""
        return {
            intent: union([self.labelled[template.id] for template in templates])
            for intent, templates in self.intents.items()
        }

    @cached_property
    def texts(self) -> dict[str, Automaton]:
        """Template id -> its texts, with lists for the slots that they fill."""
        builder = AutomatonBuilder("list", fold_case=True)
        return {template.id: builder.template(template) for template in self.templates}

    @cached_property
    def said(self) -> dict[str, Automaton]:
        """Intent -> the texts of all its templates."""
        return {
            intent: union([self.texts[template.id] for template in templates])
            for intent, templates in self.intents.items()
        }

    @cached_property
    def overlaps(self) -> dict[str, Counter[tuple[int, int]]]:
        """Intent -> (place of a template, place of a later one) -> labelled sentences in both."""
        found: dict[str, Counter[tuple[int, int]]] = {}
        for intent, templates in self.intents.items():
            automata = [self.labelled[template.id] for template in templates]
            found[intent] = Counter()
            alone = sum(automaton.count() for automaton in automata)
            if alone == self.labelled_intents[intent].count():
                continue  # no two have a sentence in common
            starts = [automaton.starts() for automaton in automata]
            for one, two in combinations(range(len(automata)), 2):
                if not starts[one].isdisjoint(starts[two]):
                    number = intersection(automata[one], automata[two]).count()
                    if number:
                        found[intent][one, two] = number
        return found

    def size(self, automaton: Automaton) -> int:
        """Number of labelled sentences with their values; a wildcard counts as one."""
        return automaton.weighted(self._sizes)

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

    def example(self, carrier: str) -> str:
        """A carrier phrase with a value for each list; lists without values stay "{list}"."""

        def filled(found: re.Match[str]) -> str:
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

        return _SYMBOL.sub(shown, carrier)
