"""One text of one intent with two readings of its slots."""

from __future__ import annotations

import re
from collections.abc import Iterator

from corpusforge.grammar.automata import Automaton, union
from corpusforge.grammar.lint.findings import Finding
from corpusforge.grammar.lint.grammar import Grammar

__all__ = ["check"]

# So many carrier phrases are searched for a witness.
SEARCHED = 20_000
_SLOT = re.compile(r"\{([^{}@:]+):[^{}]+\}")


def check(grammar: Grammar) -> Iterator[Finding]:
    """Exact for slots of one list under two names; other lists are taken to share no value."""
    for intent, templates in grammar.intents.items():
        automata = [grammar.labelled[template.id] for template in templates]
        symbols = frozenset[str]().union(*(automaton.symbols() for automaton in automata))
        if len({_text_of(symbol) for symbol in symbols}) == len(symbols):
            continue  # no list fills two slots
        said = union(automata)
        states, root = said.parts()
        texts = Automaton(states, states.project(root, _text_of))
        twice = said.count() - texts.count()
        if not twice:
            continue
        first, second = _witness(said)
        template = next((t for t in templates if second in grammar.labelled[t.id]), templates[0])
        yield Finding(
            "ambiguous_slots",
            "error",
            template.source.position(),
            f"{intent} says {twice:,} text{'s' if twice > 1 else ''} with two readings of the "
            "slots, lists counted as one word",
            (grammar.readable(first), grammar.readable(second)) if first else (),
            "give the slot one name, or let the words tell the two apart",
        )


def _text_of(symbol: str) -> str:
    return _SLOT.sub(r"{\1}", symbol)


def _witness(said: Automaton) -> tuple[str, str]:
    seen: dict[str, str] = {}
    for carrier in said.words(SEARCHED):
        other = seen.setdefault(_text_of(carrier), carrier)
        if other != carrier:
            return other, carrier
    return "", ""
