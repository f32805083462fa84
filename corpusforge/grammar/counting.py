"""What a pack can say, counted exactly, and which sentences belong to two intents.

Sentences are counted by automata (see `automata`): two ways to say the same count once.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from itertools import combinations
from typing import Any

from corpusforge.grammar.automata import Automaton, intersection, union
from corpusforge.grammar.automaton_builder import AutomatonBuilder
from corpusforge.grammar.constrained import Constrainer
from corpusforge.grammar.derivations import derivations
from corpusforge.grammar.expression import Text
from corpusforge.grammar.ownership import Claim, owned
from corpusforge.grammar.pack import Pack, Template

__all__ = ["Conflict", "Count", "PackCounts", "conflicts", "counts", "counts_json"]


@dataclass(frozen=True, slots=True)
class Conflict:
    """Sentences that two intents share.

    Attributes:
        first: Intent that comes first in the pack.
        second: The other intent.
        sentences: Exact number of shared sentences, lists opaque.
        witnesses: The first few of them.
    """

    first: str
    second: str
    sentences: int
    witnesses: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Count:
    """Exact numbers for one template or intent, or for a whole pack.

    Attributes:
        derivations: Ways through the templates, lists opaque.
        distinct: Different sentences, lists opaque, slots by name.
        with_values: Different labelled sentences with their lists filled in; texts that differ
            in a canonical value only count as two.
        open: A list without values (a wildcard) occurs; it counts as one value.
    """

    derivations: int
    distinct: int
    with_values: int
    open: bool


@dataclass(frozen=True, slots=True)
class PackCounts:
    """Numbers of a pack.

    Attributes:
        templates: Template id -> its count.
        intents: Intent -> its count; a sentence of several templates counts once.
        total: Sum over the intents.
    """

    templates: Mapping[str, Count]
    intents: Mapping[str, Count]
    total: Count


def conflicts(
    pack: Pack, *, fold_case: bool = True, labelled: bool = False, limit: int = 3
) -> list[Conflict]:
    """The pairs of intents that share sentences, most shared sentences first.

    Args:
        pack: Its open templates count too.
        fold_case: Compare in lower case.
        labelled: Slots are equal when their names are; otherwise when the same list fills them,
            for then the texts are equal.
        limit: Number of witnesses for each pair.
    """
    builder = AutomatonBuilder(
        "slot" if labelled else "list", fold=str.lower if fold_case else None
    )
    automata = {
        intent: union([builder.template(template) for template in templates])
        for intent, templates in _by_intent(pack).items()
    }
    starts = {intent: automaton.starts() for intent, automaton in automata.items()}
    found: list[Conflict] = []
    for first, second in combinations(automata, 2):
        if starts[first].isdisjoint(starts[second]):
            continue
        shared = intersection(automata[first], automata[second])
        if shared:
            witnesses = tuple(shared.words(limit))
            found.append(Conflict(first, second, shared.count(), witnesses))
    return sorted(found, key=lambda conflict: -conflict.sentences)


def counts(pack: Pack) -> PackCounts:
    """Count the templates and intents of a pack, its open templates included."""
    named = AutomatonBuilder("slot")
    filled = AutomatonBuilder("values", states=named.states)
    sizes = _Sizes(filled)
    rules: dict[tuple[int, str], int] = {}
    templates: dict[str, Count] = {}
    intents: dict[str, Count] = {}
    for intent, members in _by_intent(pack).items():
        names: list[Automaton] = []
        fills: list[Automaton] = []
        for template in members:
            names.append(named.template(template))
            fills.append(filled.template(template))
            ways = derivations(template.expression, template.scope, rules)
            templates[template.id] = sizes.count(ways, names[-1], fills[-1], [template])
        ways = sum(templates[template.id].derivations for template in members)
        intents[intent] = sizes.count(ways, union(names), union(fills), members)
    total = Count(
        sum(count.derivations for count in intents.values()),
        sum(count.distinct for count in intents.values()),
        sum(count.with_values for count in intents.values()),
        any(count.open for count in intents.values()),
    )
    return PackCounts(templates, intents, total)


def counts_json(pack: Pack, found: PackCounts) -> dict[str, Any]:
    """Counts for JSON; numbers as text, for readers elsewhere cut those beyond 2^53."""

    def row(count: Count) -> dict[str, Any]:
        return {
            "derivations": str(count.derivations),
            "distinct": str(count.distinct),
            "with_values": str(count.with_values),
            "open": count.open,
        }

    return {
        "lang": pack.lang,
        "total": row(found.total),
        "intents": {intent: row(count) for intent, count in found.intents.items()},
        "templates": [
            {
                "id": template.id,
                "intent": template.intent,
                "file": template.file,
                "line": template.line,
                "sentence": template.sentence,
                **row(found.templates[template.id]),
            }
            for template in (*pack.templates, *pack.open_templates)
        ],
    }


class _Sizes:
    """In how many ways the symbols of a builder can be filled."""

    def __init__(self, builder: AutomatonBuilder) -> None:
        self._builder = builder
        self._constrainer = Constrainer(builder.states, builder.fillers)

    def count(
        self, ways: int, named: Automaton, filled: Automaton, templates: Sequence[Template]
    ) -> Count:
        """The count of one template or intent from its two automata."""
        if len(templates) == 1 and isinstance(templates[0].expression, Text):
            return Count(ways, named.count(), named.count(), False)
        if any(template.constraints for template in templates):
            filled = self._obeying(templates)
        fillers = {symbol: self._builder.fillers[symbol] for symbol in filled.symbols()}
        tables = {symbol: filler.table for symbol, filler in fillers.items()}
        sizes = {symbol: table.size for symbol, table in tables.items() if table is not None}
        weighted = filled.weighted(sizes)
        return Count(ways, named.count(), weighted, len(sizes) < len(tables))

    def _obeying(self, templates: Sequence[Template]) -> Automaton:
        """The labelled sentences of some templates of one intent that obey their constraints."""
        states = self._builder.states
        claims = [Claim(template, template.expression) for template in templates]
        roots = (
            self._constrainer.apply(*mine)
            for properties in owned(self._builder, claims)
            for mine in properties
        )
        return Automaton(states, states.unite(roots))


def _by_intent(pack: Pack) -> dict[str, list[Template]]:
    found: dict[str, list[Template]] = {}
    for template in (*pack.templates, *pack.open_templates):
        found.setdefault(template.intent, []).append(template)
    return found
