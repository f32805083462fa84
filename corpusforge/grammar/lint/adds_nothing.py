"""Templates whose sentences others of their intent say already."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from corpusforge.grammar.automata import Automaton, difference, union
from corpusforge.grammar.lint.contexts import block_of
from corpusforge.grammar.lint.findings import Finding
from corpusforge.grammar.lint.grammar import Grammar, constrained
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
            if not automata[index] or not others:
                continue
            template, rest = templates[index], [templates[other] for other in others]
            if constrained((template, *rest)):
                idle = _says_something(grammar, template) and not _left(grammar, template, rest)
            else:
                idle = _covered(automata[index], automata, others)
            if idle:
                gone.add(index)
                yield _finding(grammar, template, rest)


def _says_something(grammar: Grammar, template: Template) -> bool:
    """Say whether its constraints leave any sentence; if not, `never` tells it."""
    return bool(grammar.obeying.of([template]))


def _left(grammar: Grammar, template: Template, others: Sequence[Template]) -> Automaton:
    """What it says and none of the others does."""
    if constrained((template, *others)):
        return grammar.obeying.left(template, others)
    said = [grammar.labelled[other.id] for other in others]
    return difference(grammar.labelled[template.id], union(said))


def _covered(own: Automaton, automata: Sequence[Automaton], others: Sequence[int]) -> bool:
    if all(automata[other].count() < own.count() for other in others) and (
        sum(automata[other].count() for other in others) < own.count()
    ):
        return False
    return not difference(own, union([automata[other] for other in others]))


def _finding(grammar: Grammar, template: Template, others: Sequence[Template]) -> Finding:
    own = grammar.obeying.of([template])
    whole = [t for t in others if not _left(grammar, template, [t])]
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
