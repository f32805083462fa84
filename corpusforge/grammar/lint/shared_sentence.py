"""Sentences that belong to two intents: a classifier trained on text cannot tell them apart."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from itertools import combinations
from typing import NamedTuple

from corpusforge.grammar.automata import intersection
from corpusforge.grammar.automaton_builder import Filler
from corpusforge.grammar.lint.contexts import separated
from corpusforge.grammar.lint.findings import Finding
from corpusforge.grammar.lint.grammar import Grammar, constrained
from corpusforge.grammar.lint.readings import TooManyError
from corpusforge.grammar.lint.witnesses import Witness, witness
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
            shared = _Shared.of(grammar, first, second)
            if shared is not None:
                yield _finding(first, second, shared)
                continue
        yield from _spelled(grammar, first, second)


class _Shared(NamedTuple):
    """What two intents share, lists counted as one word.

    Attributes:
        number: Of sentences.
        witnesses: Some of them.
        pairs: The templates that share some.
    """

    number: int
    witnesses: tuple[str, ...]
    pairs: Sequence[tuple[Template, Template]]

    @classmethod
    def of(cls, grammar: Grammar, first: str, second: str) -> _Shared | None:
        """None where there is nothing."""
        both = intersection(grammar.texts[first], grammar.texts[second])
        if not both:
            return None
        fillers: Mapping[str, Filler] | None = None
        ones, twos = (
            [t for t in grammar.intents[intent] if intersection(grammar.text(t), both)]
            for intent in (first, second)
        )
        if constrained((*ones, *twos)):
            both, fillers = grammar.obeying.texts_of_both(ones, twos)
        pairs = [(one, two) for one in ones for two in twos if _share(grammar, one, two)]
        witnesses = tuple(grammar.example(word, fillers) for word in both.words(WITNESSES))
        return cls(grammar.carriers(both).count(), witnesses, pairs) if both else None


def _share(grammar: Grammar, one: Template, two: Template) -> bool:
    both = intersection(grammar.text(one), grammar.text(two))
    if both and constrained((one, two)):
        both, _ = grammar.obeying.texts_of_both([one], [two])
    return bool(both)


def _spelled(grammar: Grammar, first: str, second: str) -> Iterator[Finding]:
    """A sentence that two intents share only once lists are filled in."""
    try:
        found = _searched(grammar, first, second)
    except TooManyError:
        yield Finding(
            "shared_sentence",
            "note",
            grammar.intents[second][0].source.position(),
            f"whether {second} and {first} share a sentence once lists are filled in was not "
            f"found out: more than {grammar.readings.limit:,} pairs of places",
        )
        return
    if found is None:
        return
    witness, ones, twos = found
    note = all(separated(one, two) for one in ones for two in twos)
    yield Finding(
        "shared_sentence",
        "note" if note else "error",
        twos[0].source.position(),
        f"{second} and {first} share {witness.text!r}, and perhaps more, once lists are filled in"
        + ("; requires_context or excludes_context tells them apart at run time" if note else ""),
        (f"{first}: {witness.shown[0]}", f"{second}: {witness.shown[1]}"),
        _hint(note),
        (ones[0].source.position(),),
    )


def _searched(
    grammar: Grammar, first: str, second: str
) -> tuple[Witness, list[Template], list[Template]] | None:
    """A sentence and who says it; constraints, which make the search longer, only if they matter.

    Raises:
        TooManyError: At the limit of the search.
    """
    intents = first, second
    said = grammar.labelled_intents
    for obeying in (False, True):
        if obeying:
            said = {**said, **grammar.obeying_intents}
        one, two = (said[intent].parts()[1] for intent in intents)
        steps = grammar.readings.search(((one, 0), (two, 0), True))
        if steps is None:
            return None
        found = witness(grammar, one, None, steps)
        ones = grammar.sayers(first, found.first.carrier, found.first.values())
        twos = grammar.sayers(second, found.second.carrier, found.second.values())
        if ones and twos:
            return found, ones, twos
    raise AssertionError("a text that obeys constraints breaks them")


def _hint(note: bool) -> str:
    if note:
        return "for a classifier of text alone, let one of the two say it"
    return "let one of the two say it, or add words that tell them apart"


def _finding(first: str, second: str, shared: _Shared) -> Finding:
    pairs = shared.pairs
    ones, twos = (list({pair[side].id: pair[side] for pair in pairs}.values()) for side in (0, 1))
    apart = sum(separated(one, two) for one, two in pairs)
    note = apart == len(pairs)
    number = shared.number
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
        shared.witnesses,
        _hint(note),
        tuple(t.source.position() for t in (*ones[:PLACES], *twos[1:PLACES])),
    )


def _templates(number: int) -> str:
    return f"{number} template{'s' if number != 1 else ''}"
