"""Sentences that belong to two intents: a classifier trained on text cannot tell them apart."""

from __future__ import annotations

from collections.abc import Iterator
from itertools import combinations

from corpusforge.grammar.automata import Automaton, intersection
from corpusforge.grammar.lint.contexts import separated
from corpusforge.grammar.lint.findings import Finding
from corpusforge.grammar.lint.grammar import Grammar
from corpusforge.grammar.lint.readings import TooManyError
from corpusforge.grammar.lint.witnesses import witness
from corpusforge.grammar.pack import Template

__all__ = ["check"]

WITNESSES = 3
# More places would only be longer to read; the number of templates is in the message.
PLACES = 6


def check(grammar: Grammar) -> Iterator[Finding]:
    """One finding for each pair of intents.

    The count is exact, lists counted as one word: two slots are alike when one list fills them.
    Where there are none, lists up to MAX_SPELLED values are spelled out: "call {who}" with a value
    "a taxi" says "call a taxi". A note where context tells all of the templates apart.
    """
    starts = {intent: texts.starts() for intent, texts in grammar.texts.items()}
    for first, second in combinations(grammar.intents, 2):
        if not starts[first].isdisjoint(starts[second]):
            shared = intersection(grammar.texts[first], grammar.texts[second])
            if shared:
                yield _finding(grammar, first, second, shared)
                continue
        yield from _spelled(grammar, first, second)


def _spelled(grammar: Grammar, first: str, second: str) -> Iterator[Finding]:
    """A sentence that two intents share only once lists are filled in."""
    roots = [grammar.labelled_intents[intent].parts()[1] for intent in (first, second)]
    try:
        steps = grammar.readings.search(((roots[0], 0), (roots[1], 0), True))
    except TooManyError:
        yield Finding(
            "shared_sentence",
            "note",
            grammar.intents[second][0].source.position(),
            f"whether {second} and {first} share a sentence once lists are filled in was not "
            f"found out: more than {grammar.readings.limit:,} pairs of places",
        )
        return
    if steps is None:
        return
    found = witness(grammar, roots[0], None, steps)
    ones, twos = grammar.sayers(first, found.carriers[0]), grammar.sayers(second, found.carriers[1])
    note = all(separated(one, two) for one in ones for two in twos)
    yield Finding(
        "shared_sentence",
        "note" if note else "error",
        twos[0].source.position(),
        f"{second} and {first} share {found.text!r}, and perhaps more, once lists are filled in"
        + ("; requires_context or excludes_context tells them apart at run time" if note else ""),
        (f"{first}: {found.shown[0]}", f"{second}: {found.shown[1]}"),
        _hint(note),
        (ones[0].source.position(),),
    )


def _hint(note: bool) -> str:
    if note:
        return "for a classifier of text alone, let one of the two say it"
    return "let one of the two say it, or add words that tell them apart"


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
        _hint(note),
        tuple(t.source.position() for t in (*ones[:PLACES], *twos[1:PLACES])),
    )


def _sharing(grammar: Grammar, intent: str, shared: Automaton) -> list[Template]:
    return [t for t in grammar.intents[intent] if intersection(grammar.text(t), shared)]


def _share(grammar: Grammar, one: Template, two: Template) -> bool:
    return bool(intersection(grammar.text(one), grammar.text(two)))


def _templates(number: int) -> str:
    return f"{number} template{'s' if number != 1 else ''}"
