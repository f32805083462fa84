"""Templates whose sentences others of their intent say already."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from corpusforge.grammar.automata import Automaton, difference, union
from corpusforge.grammar.lint.findings import Finding
from corpusforge.grammar.lint.grammar import Grammar
from corpusforge.grammar.pack import Template

__all__ = ["check"]

PLACES = 3


def check(grammar: Grammar) -> Iterator[Finding]:
    """Exact, slots and lists included; of two equal templates the later one is told.

    All that are told can go together: what is left says the same.
    """
    for intent, templates in grammar.intents.items():
        automata = [grammar.labelled[template.id] for template in templates]
        near: dict[int, list[int]] = {}
        for one, two in grammar.overlaps[intent]:
            near.setdefault(one, []).append(two)
            near.setdefault(two, []).append(one)
        gone: set[int] = set()
        for index in reversed(range(len(templates))):
            others = sorted(set(near.get(index, ())) - gone)
            if automata[index] and others and _covered(automata[index], automata, others):
                gone.add(index)
                yield _finding(grammar, templates[index], [templates[other] for other in others])


def _covered(own: Automaton, automata: Sequence[Automaton], others: Sequence[int]) -> bool:
    if all(automata[other].count() < own.count() for other in others) and (
        sum(automata[other].count() for other in others) < own.count()
    ):
        return False
    return not difference(own, union([automata[other] for other in others]))


def _finding(grammar: Grammar, template: Template, others: Sequence[Template]) -> Finding:
    own = grammar.labelled[template.id]
    whole = [t for t in others if not difference(own, grammar.labelled[t.id])]
    shown = whole[:1] or others
    # Fixed slots have no words: for rows nothing is lost, for Home Assistant it is.
    fixed = any(other.fixed != template.fixed for other in shown)
    what = "another template says" if whole else f"{len(others)} others together say"
    return Finding(
        "adds_nothing",
        "note" if fixed else "warning",
        template.source.position(),
        f"{what} all that this one of {template.intent} says"
        + ("; only the fixed slots differ, which no word tells" if fixed else ""),
        (grammar.example(own.unrank(0)),),
        "remove it" if not fixed else "remove it, or say the fixed slot in words",
        tuple(other.source.position() for other in shown[:PLACES]),
    )
