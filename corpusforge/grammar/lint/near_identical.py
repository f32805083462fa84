"""Templates of one intent that say nearly the same, or are written nearly alike."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from corpusforge.grammar.automata import difference
from corpusforge.grammar.lint.contexts import block_of
from corpusforge.grammar.lint.findings import Finding
from corpusforge.grammar.lint.grammar import Grammar
from corpusforge.grammar.pack import Template

__all__ = ["check"]

# Of the sentences of the smaller of two templates, so many are said by the other: it was likely
# meant to replace it.
NEARLY_ALL = 0.9
# In shorter templates one word is a third or more of what is said.
MIN_WORDS = 4
SHOWN = 4


def check(grammar: Grammar) -> Iterator[Finding]:
    """By common sentences, exact; and by words as written, brackets and all."""
    for intent, templates in grammar.intents.items():
        for (one, two), number in grammar.overlaps[intent].items():
            sizes = [grammar.labelled[templates[place].id].count() for place in (one, two)]
            if NEARLY_ALL * min(sizes) <= number < min(sizes):
                smaller, larger = (one, two) if sizes[0] <= sizes[1] else (two, one)
                yield _overlap(grammar, templates[smaller], templates[larger], number)
        yield from _alike(templates)


def _overlap(grammar: Grammar, smaller: Template, larger: Template, number: int) -> Finding:
    own, other = grammar.labelled[smaller.id], grammar.labelled[larger.id]
    return Finding(
        "near_identical",
        "note",
        smaller.source.position(),
        f"another template says {number / own.count():.0%} of what this one of "
        f"{smaller.intent} says; new in it:",
        tuple(grammar.example(carrier) for carrier in difference(own, other).words(2)),
        "make one of the two",
        (larger.source.position(),),
    )


def _alike(templates: Sequence[Template]) -> Iterator[Finding]:
    """Those that differ in one word only, or have one more; by a key for each left out word."""
    groups: dict[tuple[object, ...], list[Template]] = {}
    for template in templates:
        words = template.sentence.split()
        if len(words) >= MIN_WORDS:
            block = block_of(template)
            same = (id(template.scope), template.fixed, repr(block.get("requires_context")))
            for place in range(len(words)):
                key = (*same, place, *words[:place], None, *words[place + 1 :])
                groups.setdefault(key, []).append(template)
    told: set[str] = set()
    for key, alike in sorted(groups.items(), key=lambda item: -len(item[1])):
        place = key[3]
        assert isinstance(place, int)
        new = [template for template in alike if template.id not in told]
        if len(new) < 2 or len({template.sentence for template in new}) < 2:
            continue
        told.update(template.id for template in new)
        words = [template.sentence.split()[place] for template in new]
        yield Finding(
            "near_identical",
            "note",
            new[1].source.position(),
            f"{len(new)} templates of {new[0].intent} differ only in one word: "
            + ", ".join(dict.fromkeys(words[:SHOWN]))
            + (", ..." if len(words) > SHOWN else ""),
            (),
            "write them as one: alternatives in brackets",
            (new[0].source.position(), *(t.source.position() for t in new[2:SHOWN])),
        )
