"""Templates whose sentences others of their intent say already."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from corpusforge.grammar.automata import Automaton, difference, union
from corpusforge.grammar.lint.contexts import block_of
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
    what = "another template says" if whole else f"{len(others)} others together say"
    # Fixed slots and contexts have no words: for rows nothing is lost, for Home Assistant it is.
    told = ""
    if any(other.fixed != template.fixed for other in shown):
        told = "fixed slots"
    elif any(_contexts(other) != _contexts(template) for other in shown):
        told = "contexts"
    return Finding(
        "adds_nothing",
        "note" if told else "warning",
        template.source.position(),
        f"{what} all that this one of {template.intent} says"
        + (f"; only the {told} differ, which no word tells" if told else ""),
        (grammar.example(own.unrank(0)),),
        "for a classifier of text alone, remove it" if told else "remove it",
        tuple(other.source.position() for other in shown[:PLACES]),
    )


def _contexts(template: Template) -> tuple[object, object]:
    block = block_of(template)
    return block.get("requires_context"), block.get("excludes_context")
