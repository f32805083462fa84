"""Two wildcards side by side: where the one ends nobody can say."""

from __future__ import annotations

from collections.abc import Iterator

from corpusforge.core.errors import Position
from corpusforge.grammar.automata import Automaton
from corpusforge.grammar.expression import ListReference, references
from corpusforge.grammar.lint.findings import Finding
from corpusforge.grammar.lint.grammar import Grammar
from corpusforge.grammar.pack import HOST_LISTS, Template, find_list

__all__ = ["check"]


def check(grammar: Grammar) -> Iterator[Finding]:
    """One finding for a template.

    Home Assistant knows its names, areas and floors when it runs: two of these side by side are
    not told, one of them beside a wildcard is a note.
    """
    assert grammar.labelled
    open_symbols = {s for s, filler in grammar.builder.fillers.items() if filler.table is None}
    for template in grammar.pack.open_templates:
        for first, second in sorted(_neighbours(grammar.labelled[template.id], open_symbols)):
            hosted = (_entity(first) in HOST_LISTS) + (_entity(second) in HOST_LISTS)
            if hosted < 2:
                one, two = grammar.readable(first), grammar.readable(second)
                yield Finding(
                    "wildcard_neighbours",
                    "note" if hosted else "warning",
                    _position(template, _entity(second)),
                    f"{two} follows {one}, and any words can stand in both: where the first ends "
                    "nobody can say",
                    (template.sentence,),
                    "put a word between them, or give one of the lists values",
                )
                break


def _neighbours(automaton: Automaton, wanted: set[str]) -> set[tuple[str, str]]:
    """Pairs of symbols that can stand side by side, with at most a space between."""
    states, root = automaton.parts()
    found: set[tuple[str, str]] = set()
    if len(automaton.symbols() & wanted) == 0:
        return found
    for state in states.reachable(root):
        for symbol, target in states.arcs[state]:
            if symbol in wanted:
                after = dict(states.arcs[target])
                follow = set(after)
                if " " in after:
                    follow |= {other for other, _ in states.arcs[after[" "]]}
                found |= {(symbol, other) for other in follow & wanted}
    return found


def _entity(symbol: str) -> str:
    return symbol.strip("{}@").partition(":")[0]


def _position(template: Template, entity: str) -> Position:
    """The reference in the sentence; the sentence itself where a rule holds it."""
    places = [
        reference.offset
        for reference in references(template.written)
        if isinstance(reference, ListReference)
        and (values := find_list(reference, template.scope)) is not None
        and values.entity == entity
    ]
    # The name begins one character behind the brace.
    return template.source.position(places[-1] - 1 if places else 0)
