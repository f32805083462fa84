"""Sentences that belong to two intents: a classifier trained on text cannot tell them apart."""

from __future__ import annotations

from collections.abc import Iterator
from itertools import combinations

from corpusforge.grammar.automata import Automaton, intersection
from corpusforge.grammar.lint.contexts import separated
from corpusforge.grammar.lint.findings import Finding
from corpusforge.grammar.lint.grammar import Grammar
from corpusforge.grammar.pack import Template

__all__ = ["check"]

WITNESSES = 3
# More places would only be longer to read; the number of templates is in the message.
PLACES = 6


def check(grammar: Grammar) -> Iterator[Finding]:
    """One finding for each pair of intents, exact: two slots are alike when one list fills them.

    A note where Home Assistant tells all of the templates apart by the state of the home.
    """
    starts = {intent: said.starts() for intent, said in grammar.said.items()}
    for first, second in combinations(grammar.intents, 2):
        if starts[first].isdisjoint(starts[second]):
            continue
        shared = intersection(grammar.said[first], grammar.said[second])
        if shared:
            yield _finding(grammar, first, second, shared)


def _finding(grammar: Grammar, first: str, second: str, shared: Automaton) -> Finding:
    ones, twos = (_sharing(grammar, intent, shared) for intent in (first, second))
    pairs = [(one, two) for one in ones for two in twos if _share(grammar, one, two)]
    apart = sum(separated(one, two) for one, two in pairs)
    note = apart == len(pairs)
    number = shared.count()
    if note:
        told = "; requires_context or excludes_context tells them apart at run time"
    else:
        told = f"; context tells {apart} of {len(pairs)} pairs of templates apart" if apart else ""
    return Finding(
        "shared_sentence",
        "note" if note else "error",
        twos[0].source.position(),
        f"{second} and {first} share {number:,} sentence{'s' if number != 1 else ''} (lists "
        f"counted as one word), {_templates(len(twos))} of {second} and {_templates(len(ones))} "
        f"of {first}{told}",
        tuple(grammar.example(witness) for witness in shared.words(WITNESSES)),
        "for a classifier of text alone, let one of the two say it"
        if note
        else "let one of the two say it, or add words that tell them apart",
        tuple(t.source.position() for t in (*ones[:PLACES], *twos[1:PLACES])),
    )


def _sharing(grammar: Grammar, intent: str, shared: Automaton) -> list[Template]:
    return [t for t in grammar.intents[intent] if intersection(grammar.texts[t.id], shared)]


def _share(grammar: Grammar, one: Template, two: Template) -> bool:
    return bool(intersection(grammar.texts[one.id], grammar.texts[two.id]))


def _templates(number: int) -> str:
    return f"{number} template{'s' if number != 1 else ''}"
