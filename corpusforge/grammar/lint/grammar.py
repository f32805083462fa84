"""A pack with its automata, for all rules."""

from __future__ import annotations

import re
from functools import cached_property

from corpusforge.grammar.automata import Automaton, union
from corpusforge.grammar.automaton_builder import AutomatonBuilder
from corpusforge.grammar.pack import Pack, Template

__all__ = ["Grammar"]

_SYMBOL = re.compile(r"\{(@?)([^{}:]+)(?::([^{}]+))?\}")


class Grammar:
    """A pack and what it says; built when first asked for.

    Args:
        pack: Open templates count too.
    """

    def __init__(self, pack: Pack) -> None:
        self.pack = pack
        self.templates: tuple[Template, ...] = (*pack.templates, *pack.open_templates)
        self.intents: dict[str, list[Template]] = {}
        for template in self.templates:
            self.intents.setdefault(template.intent, []).append(template)
        self.builder = AutomatonBuilder("values")

    @cached_property
    def labelled(self) -> dict[str, Automaton]:
        """Template id -> its labelled sentences."""
        return {template.id: self.builder.template(template) for template in self.templates}

    @cached_property
    def texts(self) -> dict[str, Automaton]:
        """Template id -> its texts in lower case, with lists for the slots that they fill."""
        builder = AutomatonBuilder("list", fold_case=True)
        return {template.id: builder.template(template) for template in self.templates}

    @cached_property
    def said(self) -> dict[str, Automaton]:
        """Intent -> the texts of all its templates."""
        return {
            intent: union([self.texts[template.id] for template in templates])
            for intent, templates in self.intents.items()
        }

    def size(self, automaton: Automaton) -> int:
        """Number of labelled sentences with their values; a wildcard counts as one."""
        sizes = {
            symbol: filler.table.size
            for symbol, filler in self.builder.fillers.items()
            if filler.table is not None
        }
        return automaton.weighted(sizes)

    @staticmethod
    def readable(carrier: str) -> str:
        """A carrier phrase as people write it: "{list:slot}", "{slot}"."""

        def shown(found: re.Match[str]) -> str:
            entity = re.sub(r"~\d+$", "", found[2])
            slot = found[3]
            if slot is None or slot == entity:
                return f"{{{entity}}}"
            return f"{{{entity}:{slot}}}"

        return _SYMBOL.sub(shown, carrier)
