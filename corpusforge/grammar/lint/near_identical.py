"""Templates of one intent that say nearly the same, or are written nearly alike."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from corpusforge.grammar.automata import difference
from corpusforge.grammar.lint.contexts import block_of
from corpusforge.grammar.lint.findings import Finding
from corpusforge.grammar.lint.grammar import Grammar, constrained
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
            pair = templates[one], templates[two]
            sizes = [grammar.labelled[template.id].count() for template in pair]
            if constrained(pair):
                # Values count: under other constraints the same phrases say something else.
                number = grammar.obeying.size(grammar.obeying.in_both(*pair))
                sizes = [grammar.size([t], grammar.labelled[t.id]) for t in pair]
            if NEARLY_ALL * min(sizes) <= number < min(sizes):
                smaller, larger = pair if sizes[0] <= sizes[1] else pair[::-1]
                yield _overlap(grammar, smaller, larger, number / min(sizes))
        yield from _alike(templates)


def _overlap(grammar: Grammar, smaller: Template, larger: Template, share: float) -> Finding:
    if constrained((smaller, larger)):
        new = grammar.obeying.left(smaller, [larger])
    else:
        new = difference(grammar.labelled[smaller.id], grammar.labelled[larger.id])
    return Finding(
        "near_identical",
        "note",
        smaller.source.position(),
        f"another template says {share:.0%} of what this one of {smaller.intent} says; new in it:",
        tuple(grammar.example(carrier) for carrier in new.words(2)),
        "make one of the two",
        (larger.source.position(),),
    )


def _alike(templates: Sequence[Template]) -> Iterator[Finding]:
    """Those that differ in one word only; by a key for each word that is left out."""
    groups: dict[tuple[object, ...], list[tuple[str, Template]]] = {}
    for template in templates:
        words = template.sentence.split()
        if len(words) >= MIN_WORDS:
            context = repr(block_of(template).get("requires_context"))
            same = (id(template.scope), template.fixed, context)
            for place, word in enumerate(words):
                key = (*same, place, *words[:place], *words[place + 1 :])
                groups.setdefault(key, []).append((word, template))
    told: set[str] = set()
    for alike in sorted(groups.values(), key=lambda group: -len(group)):
        new = [(word, template) for word, template in alike if template.id not in told]
        words = list(dict.fromkeys(word for word, _ in new))
        if len(words) < 2:
            continue
        found = [template for _, template in new]
        told.update(template.id for template in found)
        yield Finding(
            "near_identical",
            "note",
            found[1].source.position(),
            f"{len(found)} templates of {found[0].intent} differ only in one word: "
            + ", ".join(words[:SHOWN])
            + (", ..." if len(words) > SHOWN else ""),
            (found[0].sentence, found[1].sentence),
            "write them as one: alternatives in brackets",
            tuple(t.source.position() for t in (found[0], *found[2:SHOWN])),
        )
