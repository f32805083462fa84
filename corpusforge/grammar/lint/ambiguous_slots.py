"""One text of one intent with two readings of its slots."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from typing import NamedTuple

from corpusforge.core.errors import Position
from corpusforge.grammar.lint.contexts import separated
from corpusforge.grammar.lint.findings import Finding
from corpusforge.grammar.lint.grammar import Grammar
from corpusforge.grammar.lint.obeying import unsliced
from corpusforge.grammar.lint.readings import MAX_SPELLED, Birth, TooManyError
from corpusforge.grammar.lint.witnesses import SaidSlot, Witness, witness
from corpusforge.grammar.pack import Template

__all__ = ["check"]

# Texts that are shown of one cause, each with its two readings.
TEXTS = 3
PLACES = 4
_WORDS_HINT = "let the words tell the two readings apart"
_HINTS = {
    "value": f"give the same words one value in all lists of the slot, or {_WORDS_HINT}",
    "span": "put other words around the slots, or take values with these words out of their lists",
    "slot": f"give the slots one name, or {_WORDS_HINT}",
    "some": f"make the words a slot in all sentences or in none, or {_WORDS_HINT}",
}
_LIKE = {
    "value": "two values",
    "span": "two places for the slots",
    "slot": "two slots for the same words",
    "some": "words that are a slot or none",
}


class _Cause(NamedTuple):
    """Why texts have two readings: how these differ, and in which slots.

    Attributes:
        kind: "value": the same slots at the same places; "span": the same slots at other places;
            "slot": other slots; "some": words that are a slot in one reading only.
        slots: Names that only the one reading has, and only the other; where both have the same
            names, those of the slots in which they differ.
    """

    kind: str
    slots: tuple[tuple[str, ...], tuple[str, ...]]


class _Case(NamedTuple):
    """A text with its two readings, and a template for each of them."""

    found: Witness
    one: Template
    two: Template
    apart: bool
    """Context tells all templates with the one reading from all with the other."""


def check(grammar: Grammar) -> Iterator[Finding]:
    """Exact for lists up to MAX_SPELLED values; one finding for each cause in an intent.

    Longer lists and wildcards are one word each, which is never part of another reading. Two
    values of one list with the same words are left to `duplicate_value`.
    """
    for intent, templates in grammar.intents.items():
        causes: dict[_Cause, list[_Case]] = {}
        try:
            for case in _cases(grammar, intent):
                causes.setdefault(_cause(case.found), []).append(case)
        except TooManyError:
            yield _given_up(grammar, templates[0])
        for cause, cases in causes.items():
            yield _finding(intent, cause, cases)


def _cases(grammar: Grammar, intent: str) -> Iterator[_Case]:
    """The first few for each two lists that compete.

    Raises:
        TooManyError: At the limit of a search.
    """
    told: Counter[tuple[str, str]] = Counter()
    broken = False
    for found, key in _searched(grammar, grammar.labelled_intents[intent].parts()[1], told):
        case = _case(grammar, intent, found)
        if case is None:
            broken = True
        else:
            told[key] += 1
            yield case
    if not broken:
        return
    # With constraints there are more states to search, so only where they matter.
    for found, key in _searched(grammar, grammar.obeying_intents[intent].parts()[1], told):
        case = _case(grammar, intent, found)
        assert case is not None, "a text that obeys constraints breaks them"
        told[key] += 1
        yield case


def _searched(
    grammar: Grammar, root: int, told: Counter[tuple[str, str]]
) -> Iterator[tuple[Witness, tuple[str, str]]]:
    for birth in grammar.readings.births(root):
        key = _key(birth)
        if told[key] < TEXTS:
            steps = grammar.readings.search(birth.pair)
            if steps is not None:
                yield witness(grammar, root, birth, steps), key


def _key(birth: Birth) -> tuple[str, str]:
    """The two symbols that part, whatever the place; letters are all one."""
    if birth.step is None:
        symbol = unsliced(birth.symbol)
        return symbol, symbol
    symbols = [move.symbol for move in (birth.step.first, birth.step.second)]
    first, second = sorted(unsliced(symbol) if len(symbol) > 1 else "" for symbol in symbols)
    return first, second


def _case(grammar: Grammar, intent: str, found: Witness) -> _Case | None:
    """None where constraints forbid one of the readings."""
    ones, twos = (
        grammar.sayers(intent, told.carrier, told.values()) for told in (found.first, found.second)
    )
    if not ones or not twos:
        return None
    apart = all(separated(one, two) for one in ones for two in twos)
    return _Case(found, ones[0], twos[0], apart)


def _cause(found: Witness) -> _Cause:
    said = ([_lowered(slot) for slot in told.slots] for told in (found.first, found.second))
    before, after = list(said)
    first = [slot for slot in before if slot not in after]
    second = [slot for slot in after if slot not in before]
    names = [Counter(slot.label for slot in slots) for slots in (first, second)]
    more = sorted(tuple((names[side] - names[not side]).elements()) for side in (0, 1))
    if more[1]:
        return _Cause("slot" if more[0] else "some", (more[0], more[1]))
    ones, twos = (tuple(slot.label for slot in slots) for slots in (first, second))
    places = [[slot[1:3] for slot in slots] for slots in (first, second)]
    if ones != twos:  # in another order
        return _Cause("slot", (min(ones, twos), max(ones, twos)))
    return _Cause("value" if places[0] == places[1] else "span", (ones, twos))


def _lowered(slot: SaidSlot) -> SaidSlot:
    return slot if slot.value is None else slot._replace(value=slot.value.lower())


def _finding(intent: str, cause: _Cause, cases: list[_Case]) -> Finding:
    cases = sorted(cases, key=lambda case: case.apart)  # those that matter first
    texts = {case.found.text: case.found for case in cases}
    apart = sum(case.apart for case in cases)
    first = cases[0]
    number = f", and at least {len(texts) - 1} more texts like it" if len(texts) > 1 else ""
    told = ""
    if apart:
        which = "them" if apart == len(cases) else f"{apart} of {len(cases)} such pairs"
        told = f"; context tells {which} apart at run time"
    return Finding(
        "ambiguous_slots",
        "note" if apart == len(cases) else "error",
        first.two.source.position(),
        f"{intent} says {first.found.text!r} with two readings of the slots{number} "
        f"({_LIKE[cause.kind]}: {_named(cause)}){told}",
        tuple(shown for found in list(texts.values())[:TEXTS] for shown in found.shown),
        _HINTS[cause.kind],
        _others(cases),
    )


def _named(cause: _Cause) -> str:
    first, second = (" ".join(f"{{{name}}}" for name in names) for names in cause.slots)
    return second if first in ("", second) else f"{first} or {second}"


def _others(cases: list[_Case]) -> tuple[Position, ...]:
    """Places of the other templates, each once."""
    pairs = [template for case in cases for template in (case.two, case.one)]
    found = {template.id: template for template in pairs}
    return tuple(t.source.position() for t in list(found.values())[1:PLACES])


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
