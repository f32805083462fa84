"""Phrases of two intents that differ only by a word which the templates treat as free."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterator
from itertools import combinations

from corpusforge.grammar.expression import (
    Alternative,
    Expression,
    ListReference,
    RuleReference,
    Text,
)
from corpusforge.grammar.lint.contexts import separated
from corpusforge.grammar.lint.findings import Finding
from corpusforge.grammar.lint.grammar import Grammar
from corpusforge.grammar.lint.places import alternatives
from corpusforge.grammar.pack import Scope, Template, find_list

__all__ = ["check"]

# Phrases of a template that are compared, its optional parts left out: the first so many.
MAX_PHRASES = 64
# A word is free where so many templates, rules or values have it as an optional by itself, as in
# "[the]": what one author leaves out once may still matter.
MIN_OPTIONAL = 3
# Phrases of one intent that are alike but for free words; the first so many are compared.
MAX_ALIKE = 6
WITNESSES = 3
_SPACES = re.compile(r"\s+")

_Said = tuple[str, Template]


def check(grammar: Grammar) -> Iterator[Finding]:
    """One finding for a pair of intents; only words too much count.

    Replaced words are not looked at: "turn on the lamp" and "turn off the lamp" differ in one
    word too, and it is the one that matters. Longer differences are left to the classifier.
    """
    free = _free_words(grammar)
    if not free:
        return
    found: dict[tuple[str, str], list[tuple[_Said, _Said]]] = {}
    for by_intent in _phrases(grammar, free).values():
        for (first, ones), (second, twos) in combinations(by_intent.items(), 2):
            pair = _one_word_more(ones, twos)
            if pair is not None:
                found.setdefault((first, second), []).append(pair)
    for (first, second), pairs in found.items():
        apart = all(separated(one, two) for (_, one), (_, two) in pairs)
        (_, one), (_, two) = pairs[0]
        more = len(pairs) > 1
        yield Finding(
            "similar_phrases",
            "note" if apart else "warning",
            two.source.position(),
            f"{len(pairs)} phrase{'s' if more else ''} of {first} and {second} "
            f"differ{'' if more else 's'} only by a word that is optional elsewhere"
            + ("; context tells them apart at run time" if apart else ""),
            tuple(f"{said} | {other}" for (said, _), (other, _) in pairs[:WITNESSES]),
            "add words that tell them apart, or let one of the two say both",
            (one.source.position(),),
        )


def _phrases(
    grammar: Grammar, free: set[str]
) -> dict[tuple[str, ...], dict[str, dict[str, Template]]]:
    """Words that are not free -> intent -> its phrases with these words."""
    cores = _Cores()
    found: dict[tuple[str, ...], dict[str, dict[str, Template]]] = {}
    for template in grammar.templates:
        for phrase in cores.of(template.written, template.scope):
            said = _SPACES.sub(" ", phrase).strip().lower()
            key = tuple(word for word in said.split(" ") if word not in free)
            if any(not word.startswith("{") for word in key):
                alike = found.setdefault(key, {}).setdefault(template.intent, {})
                if len(alike) < MAX_ALIKE:
                    alike.setdefault(said, template)
    return found


def _one_word_more(
    ones: dict[str, Template], twos: dict[str, Template]
) -> tuple[_Said, _Said] | None:
    """Two phrases of which one has one word more than the other; the same phrase is shared."""
    if not ones.keys().isdisjoint(twos):
        return None
    for said, one in ones.items():
        for other, two in twos.items():
            short, long = sorted((said.split(" "), other.split(" ")), key=len)
            if len(long) == len(short) + 1 and any(
                long[:place] + long[place + 1 :] == short for place in range(len(long))
            ):
                return (said, one), (other, two)
    return None


def _free_words(grammar: Grammar) -> set[str]:
    free = {word.lower() for word in grammar.pack.skip_words if " " not in word}
    seen: Counter[str] = Counter()
    for place in grammar.written:
        words: set[str] = set()
        for choice in alternatives(place.expression):
            texts = [item.text.strip() for item in choice.items if isinstance(item, Text)]
            if choice.items[-1] == Text("") and len(texts) == len(choice.items):
                words.update(text.lower() for text in texts if text and " " not in text)
        seen.update(words)
    return free | {word for word, number in seen.items() if number >= MIN_OPTIONAL}


class _Cores:
    """The shortest phrases of templates: optional parts left out, lists as "{list}"."""

    def __init__(self) -> None:
        self._rules: dict[tuple[int, str], list[str]] = {}

    def of(self, expression: Expression, scope: Scope) -> list[str]:
        if isinstance(expression, Text):
            return [expression.text]
        if isinstance(expression, ListReference):
            values = find_list(expression, scope)
            return [f"{{{values.entity if values is not None else expression.list}}}"]
        if isinstance(expression, RuleReference):
            key = (id(scope), expression.rule)
            if key not in self._rules:
                self._rules[key] = self.of(scope.rules[expression.rule].expression, scope)
            return self._rules[key]
        if isinstance(expression, Alternative):
            if expression.items[-1] == Text(""):
                return [""]
            union: dict[str, None] = {}
            for item in expression.items:
                union.update(dict.fromkeys(self.of(item, scope)))
            return [""] if "" in union else list(union)[:MAX_PHRASES]
        found = [""]
        for item in expression.items:
            parts = self.of(item, scope)
            found = [head + tail for head in found for tail in parts][:MAX_PHRASES]
        return found
