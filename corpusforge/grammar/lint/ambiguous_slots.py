"""One text of one intent with two readings of its slots."""

from __future__ import annotations

from collections.abc import Iterator

from corpusforge.grammar.lint.contexts import separated
from corpusforge.grammar.lint.findings import Finding
from corpusforge.grammar.lint.grammar import Grammar
from corpusforge.grammar.lint.readings import MAX_SPELLED, Birth, TooManyError
from corpusforge.grammar.lint.witnesses import Witness, witness
from corpusforge.grammar.pack import Template

__all__ = ["check"]


def check(grammar: Grammar) -> Iterator[Finding]:
    """Exact for lists up to MAX_SPELLED values; one finding for each two lists that compete.

    Longer lists and wildcards are one word each, which is never part of another reading. Two
    values of one list with the same words are left to `duplicate_value`.
    """
    readings = grammar.readings
    for intent, templates in grammar.intents.items():
        _, root = grammar.labelled_intents[intent].parts()
        told: set[tuple[str, str]] = set()
        for birth in readings.births(root):
            key = _key(birth)
            if key in told:
                continue
            try:
                steps = readings.search(birth.pair)
            except TooManyError:
                yield _given_up(grammar, templates[0])
                break
            if steps is not None:
                told.add(key)
                yield _finding(grammar, intent, witness(grammar, root, birth, steps))


def _key(birth: Birth) -> tuple[str, str]:
    """The two symbols that part, whatever the place; letters are all one."""
    if birth.step is None:
        return birth.symbol, birth.symbol
    symbols = [move.symbol for move in (birth.step.first, birth.step.second)]
    first, second = sorted(symbol if len(symbol) > 1 else "" for symbol in symbols)
    return first, second


def _finding(grammar: Grammar, intent: str, found: Witness) -> Finding:
    ones, twos = (grammar.sayers(intent, carrier) for carrier in found.carriers)
    apart = all(separated(one, two) for one in ones for two in twos)
    one, two = ones[0], twos[0]
    return Finding(
        "ambiguous_slots",
        "note" if apart else "error",
        two.source.position(),
        f"{intent} says {found.text!r} with two readings of the slots"
        + ("; context tells them apart at run time" if apart else ""),
        found.shown,
        "give the slots one name, or let the words tell the two readings apart",
        (one.source.position(),) if one is not two else (),
    )


def _given_up(grammar: Grammar, template: Template) -> Finding:
    return Finding(
        "ambiguous_slots",
        "note",
        template.source.position(),
        f"whether {template.intent} says one text with two readings of the slots was not found "
        f"out: more than {grammar.readings.limit:,} pairs of places",
        (),
        f"lists of more than {MAX_SPELLED:,} values count as one word; shorter ones are spelled",
    )
