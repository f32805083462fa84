"""Where words of a sentence can be contracted: "I am" is "I'm", but not in "as loud as I am".

What stands before and behind a text counts, also in other texts, slots and alternatives: where
one of the things that may follow forbids a contraction, there is none.
"""

from __future__ import annotations

import re
from collections.abc import Collection, Mapping
from typing import NamedTuple

from corpusforge.grammar.expression import (
    Alternative,
    Expression,
    ListReference,
    Permutation,
    RuleReference,
    Sequence,
    Text,
)
from corpusforge.grammar.pack import Scope
from corpusforge.grammar.rewriting import Rewriter

__all__ = ["is_marked", "long_form", "marked_contractions", "short_form"]

# Between the two forms of a text; no template holds it.
_OR = "\x00"

_WORD = re.compile(r"(\w[\w']*)?( *)$")
_BEGIN = re.compile(r"( *)(\w?)")

_Before = frozenset[str]
"""Words that may stand before: "what " with a space, "what" without; "" is the beginning."""
_After = frozenset[str]
"""How what follows may begin: "w" a word, " w" a space and a word, "." other, "" the end."""

_NOTHING = frozenset(("",))


def marked_contractions(
    expression: Expression, scope: Scope, forms: Mapping[str, str], not_after: Collection[str]
) -> Expression:
    """An expression whose texts have both forms where there are two, see `long_form`.

    Args:
        expression: Of a sentence; its references must lead somewhere.
        scope: What they mean.
        forms: Long form -> contracted form.
        not_after: Words behind which "is", "are" and "am" are not contracted.
    """
    marker = _Marker(scope, forms, not_after)
    return marker.of(expression, _Place(_NOTHING, _NOTHING))


def is_marked(text: Text) -> bool:
    """Say whether a text has two forms."""
    return _OR in text.text


def long_form(expression: Expression, scope: Scope) -> Expression:
    """An expression with marks as it was written."""
    return _form(expression, scope, 0)


def short_form(expression: Expression, scope: Scope) -> Expression:
    """An expression with marks, contracted."""
    return _form(expression, scope, 1)


def _form(expression: Expression, scope: Scope, side: int) -> Expression:
    def change(text: Text) -> Expression:
        return Text(text.text.split(_OR)[side]) if is_marked(text) else text

    return Rewriter(scope, text=change)(expression)


class _Place(NamedTuple):
    before: _Before
    after: _After


class _Marker:
    def __init__(self, scope: Scope, forms: Mapping[str, str], not_after: Collection[str]) -> None:
        self._scope, self._forms, self._not_after = scope, forms, frozenset(not_after)
        self._rules: dict[tuple[str, _Place], Expression] = {}

    def of(self, expression: Expression, place: _Place) -> Expression:
        """The expression at a place; the same object where nothing has two forms."""
        if isinstance(expression, ListReference):
            return expression
        if isinstance(expression, Text):
            short = self._short(expression.text, place)
            if short == expression.text:
                return expression
            return Text(f"{expression.text}{_OR}{short}")
        if isinstance(expression, RuleReference):
            key = expression.rule, place
            body = self._scope.rules[expression.rule].expression
            if key not in self._rules:
                self._rules[key] = self.of(body, place)
            return expression if self._rules[key] is body else self._rules[key]
        places = self._places(expression, place)
        items = tuple(map(self.of, expression.items, places))
        if all(new is old for new, old in zip(items, expression.items, strict=True)):
            return expression
        if isinstance(expression, Alternative):
            return Alternative(items, expression.weights)
        return type(expression)(items)

    def _places(
        self, expression: Alternative | Sequence | Permutation, place: _Place
    ) -> list[_Place]:
        """What stands before and behind each item."""
        items = expression.items
        if isinstance(expression, Alternative):
            return [place] * len(items)
        if isinstance(expression, Permutation):
            before, after = place
            for _ in items:  # any of the others may stand there, and any before that one
                before = before.union(*(self._lasts(item, before) for item in items))
                after = after.union(*(self._firsts(item, after) for item in items))
            return [_Place(before, after)] * len(items)
        befores, afters = [place.before], [place.after]
        for item in items[:-1]:
            befores.append(self._lasts(item, befores[-1]))
        for item in reversed(items[1:]):
            afters.append(self._firsts(item, afters[-1]))
        return list(map(_Place, befores, reversed(afters)))

    def _lasts(self, expression: Expression, before: _Before) -> _Before:
        if isinstance(expression, ListReference):
            return frozenset(("x",))  # some word
        if isinstance(expression, Text):
            if not expression.text.strip(" "):
                space = expression.text[:1]
                return frozenset(b + space if b and b[-1] != " " else b for b in before)
            found = _WORD.search(expression.text)
            assert found is not None, "it may match nothing"
            return frozenset((found[0].lower() or ".",))
        if isinstance(expression, RuleReference):
            return self._lasts(self._scope.rules[expression.rule].expression, before)
        if isinstance(expression, Sequence):
            for item in expression.items:
                before = self._lasts(item, before)
            return before
        return frozenset[str]().union(*(self._lasts(item, before) for item in expression.items))

    def _firsts(self, expression: Expression, after: _After) -> _After:
        if isinstance(expression, ListReference):
            return frozenset(("w",))
        if isinstance(expression, Text):
            if not expression.text.strip(" "):
                space = expression.text[:1]
                return frozenset(space + a if a == "w" else a for a in after)
            found = _BEGIN.match(expression.text)
            assert found is not None, "it may match nothing"
            return frozenset((found[1][:1] + "w" if found[2] else ".",))
        if isinstance(expression, RuleReference):
            return self._firsts(self._scope.rules[expression.rule].expression, after)
        if isinstance(expression, Sequence):
            for item in reversed(expression.items):
                after = self._firsts(item, after)
            return after
        return frozenset[str]().union(*(self._firsts(item, after) for item in expression.items))

    def _short(self, text: str, place: _Place) -> str:
        for long, short in self._forms.items():
            text = self._replaced(text, place, long, short)
            if text[:1] == long[:1].upper():  # as the first word of a sentence
                capital = long[:1].upper() + long[1:], short[:1].upper() + short[1:]
                text = self._replaced(text, place, *capital, at_start=True)
        return text

    def _replaced(
        self, text: str, place: _Place, long: str, short: str, *, at_start: bool = False
    ) -> str:
        is_verb = long.endswith((" is", " are", " am"))

        def change(found: re.Match[str]) -> str:
            fits = self._may_follow(text[: found.start()], place.before, is_verb)
            return short if fits and _may_precede(text[found.end() :], place, is_verb) else long

        pattern = rf"\b{re.escape(long)}\b"
        return re.sub(f"^{pattern}" if at_start else pattern, change, text)

    def _may_follow(self, said: str, before: _Before, is_verb: bool) -> bool:
        """Say whether the words before allow a contraction, whichever they are."""
        words = self._lasts(Text(said), before)
        if any(word and word[-1] != " " and word != "." for word in words):
            return False  # in the middle of a word
        return not is_verb or not any(word.strip(" ") in self._not_after for word in words)


def _may_precede(rest: str, place: _Place, is_verb: bool) -> bool:
    """Say whether what follows allows a contraction, whatever it is."""
    if rest.strip(" "):
        found = _BEGIN.match(rest)
        follows = frozenset((found[1][:1] + "w" if found and found[2] else ".",))
    else:
        space = rest[:1]
        follows = frozenset(space + a if a == "w" else a for a in place.after)
    if is_verb:  # "tell me what it is": a word has to follow
        return follows == {" w"}
    return "w" not in follows
