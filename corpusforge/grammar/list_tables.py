"""The different values of lists, spelled out: what a slot can hold, each possibility once.

A value may begin or end with optional text, as in "[very] dark": without "very" it starts with
a space, which belongs to the sentence and not to the slot. So "a{tone}" says "a dark" and also
"avery dark". Values are therefore kept in classes, by the spaces that can stand around them.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace

from corpusforge.grammar.compile import Planner
from corpusforge.grammar.derivations import Node, Piece, plain
from corpusforge.grammar.expression import ListReference, RuleReference, Text, references
from corpusforge.grammar.pack import NumberRange, Scope, ValueList, find_list
from corpusforge.grammar.series import Series

__all__ = ["PLAIN", "Edges", "ListTable", "list_tables"]

# Lists with more values than this are not spelled out; their values are made when asked for.
MAX_VALUES = 200_000

Edges = frozenset[tuple[str, str]]
"""The spaces that can stand before and behind a value: ("", ""), (" ", ""), ..."""

PLAIN: Edges = frozenset({("", "")})

_SPACES = re.compile(r"\s+")
_NO_CLASS = frozenset(("",))

_Class = tuple[float, Edges, frozenset[str]]
"""Weight, edges and agreement classes."""


@dataclass(frozen=True, slots=True, eq=False)
class ListTable:
    """Values of a list that share their edges, weight and agreement classes.

    Attributes:
        entity: Of the list.
        weight: Relative frequency of each.
        edges: The spaces that can stand around each of them.
        size: How many there are.
        exact: False where some of them may be equal: there were too many to compare.
        agreements: Classes of each of them, most often one; "" is none.
        offset: Number of the first one among the values that slices share (see `slice`).
        bounded: They lie between bounds, as the numbers of a range do.
    """

    entity: str
    weight: float
    edges: Edges
    size: int
    exact: bool
    _texts: Sequence[tuple[str, str]] | NumberRange | Node
    agreements: frozenset[str] = _NO_CLASS
    offset: int = 0
    bounded: bool = False

    def value(self, index: int) -> tuple[str, str]:
        """Words and canonical value of value `index`, 0 <= index < size."""
        texts = self._texts
        index += self.offset
        if isinstance(texts, NumberRange):
            return texts.number(index)
        if isinstance(texts, Sequence):
            return texts[index]
        pieces: list[Piece] = []
        texts.emit(index, pieces)
        words = _SPACES.sub(" ", plain(pieces)).strip()
        canonical = next((p.value for p in pieces if not isinstance(p, str)), None)
        return words, words if canonical is None else canonical

    def only(self, pairs: Sequence[tuple[str, str]]) -> ListTable:
        """Some of the values."""
        return replace(self, size=len(pairs), _texts=tuple(pairs), offset=0)

    def slice(self, start: int, stop: int) -> ListTable:
        """The values start ... stop - 1; nothing is copied."""
        return replace(self, size=stop - start, offset=self.offset + start)

    def agrees(self, agreement: str) -> bool:
        """Say whether they are of a class, or of none and so agree with all."""
        return agreement in self.agreements or "" in self.agreements

    def whole(self) -> ListTable:
        """All values that slices of this table share."""
        texts = self._texts
        size = len(texts) if isinstance(texts, Sequence | NumberRange) else texts.derivations
        return replace(self, size=size, offset=0)

    @property
    def texts_id(self) -> int:
        """Equal for slices of the same values, as long as any of them lives."""
        return id(self._texts)

    @property
    def is_range(self) -> bool:
        """Say whether these are the numbers of a range, or all of one form between bounds."""
        return self.bounded or isinstance(self._texts, NumberRange)

    @property
    def spelled(self) -> bool:
        """Say whether all values can be looked up at once."""
        return self.size <= MAX_VALUES


def list_tables(values: ValueList, scope: Scope) -> tuple[ListTable, ...]:
    """The values of a list by their edges; () where a wildcard is the list or in a value.

    Args:
        values: The list.
        scope: What its values see.
    """
    entity = values.entity
    if _is_open(values, scope):
        return ()
    if isinstance(values.range, Series):
        forms = ([said[:2] for said in form] for form in values.range.forms)
        return tuple(ListTable(entity, 1.0, PLAIN, len(f), True, f, bounded=True) for f in forms)
    if values.range is not None:
        return (ListTable(entity, 1.0, PLAIN, len(values.range), True, values.range),)
    planner = Planner()
    found: dict[tuple[str, str], _Class] = {}
    for value in values.values:
        if isinstance(value.expression, Text):
            said: Sequence[str] = (value.expression.text,)
        else:
            node = planner.node(value.expression, scope)
            listed = node.distinct(MAX_VALUES - len(found))
            if listed is None:
                filled = planner.filled(values, "value", scope)
                return (ListTable(entity, 1.0, PLAIN, filled.derivations, False, filled),)
            said = [plain(pieces) for pieces in listed]
        for text in said:
            words = _SPACES.sub(" ", text)
            bare = words.strip(" ")
            if bare:
                canonical = bare if value.value is None else value.value
                pair = bare, canonical
                edges = PLAIN if words == bare else _edges(words)
                classed = frozenset((value.agreement,)) if value.agreement else _NO_CLASS
                if pair in found:  # keeps its first weight
                    weight, before, others = found[pair]
                    found[pair] = weight, before | edges, others | classed
                else:
                    found[pair] = value.weight, edges, classed
    classes: dict[_Class, list[tuple[str, str]]] = {}
    for pair, key in found.items():
        classes.setdefault(key, []).append(pair)
    return tuple(
        ListTable(entity, weight, edges, len(pairs), True, pairs, classed)
        for (weight, edges, classed), pairs in classes.items()
    )


def _edges(words: str) -> Edges:
    """The spaces around words."""
    return frozenset(((words[: words[0] == " "], words[len(words) - (words[-1] == " ") :]),))


def _is_open(values: ValueList, scope: Scope) -> bool:
    """Say whether a wildcard can be reached."""
    waiting = list(_inner(values))
    seen: set[str] = set()
    if values.wildcard:
        return True
    while waiting:
        reference = waiting.pop()
        if isinstance(reference, RuleReference):
            if reference.rule not in seen:
                seen.add(reference.rule)
                waiting += references(scope.rules[reference.rule].expression)
            continue
        inner = find_list(reference, scope)
        if inner is None or inner.wildcard:
            return True
        if inner.entity not in seen:
            seen.add(inner.entity)
            waiting += _inner(inner)
    return False


def _inner(values: ValueList) -> Iterator[ListReference | RuleReference]:
    """What the values of a list refer to."""
    for value in values.values:
        if not isinstance(value.expression, Text):
            yield from references(value.expression)
