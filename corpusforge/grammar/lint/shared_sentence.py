"""Sentences that belong to two intents: a classifier trained on text cannot tell them apart."""

from __future__ import annotations

from collections.abc import Iterator
from itertools import combinations

from corpusforge.grammar.automata import intersection
from corpusforge.grammar.lint.findings import Finding
from corpusforge.grammar.lint.grammar import Grammar
from corpusforge.grammar.pack import Template

__all__ = ["check"]

WITNESSES = 3


def check(grammar: Grammar) -> Iterator[Finding]:
    """One finding for each pair of intents, exact: two slots are alike when one list fills them."""
    starts = {intent: said.starts() for intent, said in grammar.said.items()}
    for first, second in combinations(grammar.intents, 2):
        if starts[first].isdisjoint(starts[second]):
            continue
        shared = intersection(grammar.said[first], grammar.said[second])
        if not shared:
            continue
        witnesses = tuple(shared.words(WITNESSES))
        one, two = (_says(grammar, intent, witnesses[0]) for intent in (first, second))
        number = shared.count()
        yield Finding(
            "shared_sentence",
            "error",
            two.source.position(),
            f"{second} and {first} share {number:,} sentence{'s' if number != 1 else ''}, lists "
            f"counted as one word; {first} says the first one in {one.file}:{one.line}",
            tuple(grammar.readable(witness) for witness in witnesses),
            "let one of them say it; what tells them apart at run time is not in the words",
        )


def _says(grammar: Grammar, intent: str, text: str) -> Template:
    return next(t for t in grammar.intents[intent] if text in grammar.texts[t.id])
