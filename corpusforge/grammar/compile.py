"""Compile a pack: templates into counting nodes, and the whole grammar into a `Language`."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from itertools import permutations, product

from corpusforge.core.language import Language, LanguageNode
from corpusforge.core.text import fold, fold_delexicalised, fold_piece
from corpusforge.grammar.derivations import (
    Chain,
    Choice,
    Frame,
    Literal,
    Node,
    Numbers,
    Order,
    Piece,
    Value,
    carrier,
    plain,
)
from corpusforge.grammar.expression import (
    Alternative,
    Expression,
    ListReference,
    Permutation,
    RuleReference,
    Text,
)
from corpusforge.grammar.expression import (
    Sequence as SequenceExpression,
)
from corpusforge.grammar.pack import NumberRange, Pack, Scope, Template, ValueList, find_list
from corpusforge.grammar.series import Series
from corpusforge.grammar.slot_labels import split_label

# Products of words up to this many are spelled out: fewer places to follow while matching.
MAX_WORDS = 128
# Values of templates with more ways than this may mean anything.
MAX_COMPARED = 5_000
# Ranges up to this many numbers are spelled out, longer ones become automata of digits.
MAX_SPELLED_NUMBERS = 2_000


class Planner:
    """Compiles expressions into counting nodes; rules and lists are compiled once per scope.

    Args:
        frames: Do not fill slots: every slot is the one piece `SlotPiece(name, entity, None,
            "{name}")`, so that derivations are carrier phrases.
    """

    def __init__(self, *, frames: bool = False) -> None:
        self._frames = frames
        self._known: dict[tuple[int, str, str], Node] = {}
        self._keep: list[Scope] = []

    def template(self, template: Template) -> Node:
        """The counting node of a template."""
        return self.node(template.expression, template.scope)

    def node(self, expression: Expression, scope: Scope) -> Node:
        """The counting node of an expression."""
        if isinstance(expression, Text):
            return Literal(expression.text)
        if isinstance(expression, SequenceExpression):
            return Chain([self.node(item, scope) for item in expression.items])
        if isinstance(expression, Alternative):
            return Choice([self.node(item, scope) for item in expression.items])
        if isinstance(expression, Permutation):
            return Order([self.node(item, scope) for item in expression.items])
        if isinstance(expression, RuleReference):
            key = (id(scope), f"<{expression.rule}>", "")
        else:
            key = (id(scope), _wanted(expression), expression.slot)
        if key not in self._known:
            if isinstance(expression, RuleReference):
                made = self.node(scope.rules[expression.rule].expression, scope)
            else:
                made = self._list(_linked(expression, scope), expression.slot, scope)
            self._known[key] = made
            self._keep.append(scope)  # an id() is only good while its object lives
        return self._known[key]

    def _list(self, values: ValueList, slot: str, scope: Scope) -> Node:
        if self._frames and slot:
            return Frame(slot, values.entity)
        return self.filled(values, slot, scope)

    def filled(self, values: ValueList, slot: str, scope: Scope) -> Node:
        """The node of the values of a list, in a slot or (slot "") without."""
        if values.range is not None:
            return Numbers(slot, values.entity, values.range)
        items: list[Node] = []
        for value in values.values:
            words = self.node(value.expression, scope)
            items.append(Value(slot, values.entity, value.value, words) if slot else words)
        return Choice(items)


def compile_language(pack: Pack) -> Language:
    """The language of all templates, those with wildcards included (there the symbol only)."""
    return language_of((*pack.templates, *pack.open_templates))


def language_of(templates: Iterable[Template]) -> Language:
    """The language of some templates; the same ones in the same order give the same nodes."""
    builder = _LanguageBuilder()
    words: dict[str, dict[str, None]] = {}
    roots: dict[str, list[int]] = {}
    for template in templates:
        part = builder.template(template)
        known = roots.setdefault(template.intent, [])
        if isinstance(part, tuple):
            # All plain sentences of an intent are one node: they share their beginnings.
            words.setdefault(template.intent, {}).update(dict.fromkeys(part))
        elif part not in known:
            known.append(part)
    for intent, said in words.items():
        roots[intent].append(builder.number(tuple(said)))
    return Language(builder.nodes, roots)


def carriers_language(template: Template, frames: Iterable[Sequence[Piece]]) -> Language:
    """The language of some carrier phrases of a template, each an "intent" by itself.

    Args:
        template: Where the frames come from.
        frames: Pieces with empty slots, as a `Planner` of frames makes them.

    Returns:
        A language whose intents are the folded carrier phrases.
    """
    by_entity = {values.entity: values for values in template.scope.lists.values()}
    scope = Scope(template.scope.rules, {**template.scope.lists, **by_entity})
    builder = _LanguageBuilder()
    roots: dict[str, list[int]] = {}
    for frame in frames:
        items = tuple(
            Text(piece) if isinstance(piece, str) else ListReference(piece.entity, piece.name)
            for piece in frame
        )
        node = builder.number(builder.build(SequenceExpression(items), scope))
        roots.setdefault(fold_delexicalised(carrier(frame)), []).append(node)
    return Language(builder.nodes, roots)


# While a grammar is compiled, a part is either a small set of words or a node of the table.
_Words = tuple[str, ...]
_Part = _Words | int


class _LanguageBuilder:
    """Builds the node table; equal nodes are kept once."""

    def __init__(self) -> None:
        self.nodes: list[LanguageNode] = []
        self._ids: dict[LanguageNode, int] = {}
        self._edges: list[frozenset[str]] = []
        self._known: dict[tuple[int, str, str, frozenset[str]], _Part] = {}
        self._compared: frozenset[str] = frozenset()  # labels whose values matter

    def template(self, template: Template) -> _Part:
        """Compile a template with its constraints."""
        constraints = sorted(template.constraints)
        self._compared = frozenset(label for _, labels in constraints for label in labels)
        part = self.build(template.expression, template.scope)
        self._compared = frozenset()
        if isinstance(part, tuple) or not constraints:
            return part
        content = tuple((kind, tuple(labels)) for kind, labels in constraints)
        return self._node(("obeying", part, content), self._edges[part])

    def number(self, part: _Part) -> int:
        """The node of a part."""
        if isinstance(part, int):
            return part
        return self._node(("words", part), frozenset(_edge(word) for word in part))

    def build(self, expression: Expression, scope: Scope) -> _Part:
        """Compile an expression."""
        if isinstance(expression, Text):
            return (folded_piece(expression.text),)
        if isinstance(expression, SequenceExpression):
            return self._sequence([self.build(item, scope) for item in expression.items])
        if isinstance(expression, Alternative):
            return self._choice([self.build(item, scope) for item in expression.items])
        if isinstance(expression, Permutation):
            return self._order([self.build(item, scope) for item in expression.items])
        if isinstance(expression, RuleReference):
            key = (id(scope), f"<{expression.rule}>", "", self._compared)
            if key not in self._known:
                self._known[key] = self.build(scope.rules[expression.rule].expression, scope)
            return self._known[key]
        compared = self._compared & {expression.slot}
        slot = split_label(expression.slot).name
        key = (id(scope), _wanted(expression), slot, compared)
        if key not in self._known:
            more: tuple[object, ...] = ()
            if compared:
                more = (expression.slot, _values_by_words(_linked(expression, scope), scope))
            self._known[key] = self._list(_linked(expression, scope), slot, scope, more)
        return self._known[key]

    def _list(self, values: ValueList, slot: str, scope: Scope, more: tuple[object, ...]) -> _Part:
        if values.wildcard:
            return self._node(("slot", slot, -1, ("{}",)), frozenset({"{}"})) if slot else ("",)
        if values.range is not None:
            part = self._numbers(values.range)
        else:
            part = self._choice([self.build(value.expression, scope) for value in values.values])
        if not slot:
            return part
        child = self.number(part)
        edges = frozenset(edge for edge in self._edges[child] if "{}" in edge)
        return self._node(("slot", slot, child, tuple(sorted(edges)), *more), edges)

    def _numbers(self, numbers: NumberRange | Series) -> _Part:
        if isinstance(numbers, Series):
            return _unique(folded_piece(said.text) for said in numbers.said())
        if len(numbers) <= MAX_SPELLED_NUMBERS or numbers.decimals:
            return _unique(folded_piece(text) for text, _ in numbers.numbers())
        parts: list[_Part] = []
        first, step = numbers.first, numbers.step
        if first < 0:
            # "-5" folds to a separator and "5"; the smallest absolute value comes first.
            count = (min(numbers.last, -1) - first) // step + 1
            smallest = -(first + (count - 1) * step)
            digits = self._node(("digits", smallest, -first, step), frozenset({"{}"}))
            parts.append(self._sequence([(" ",), digits]))
            first += count * step
        if first <= numbers.last:
            parts.append(self._node(("digits", first, numbers.last, step), frozenset({"{}"})))
        return self._choice(parts)

    def _sequence(self, parts: Sequence[_Part]) -> _Part:
        joined: list[_Part] = []
        for part in parts:
            last = joined[-1] if joined else None
            if (
                isinstance(part, tuple)
                and isinstance(last, tuple)
                and len(part) * len(last) <= MAX_WORDS
            ):
                joined[-1] = _unique(_join(a, b) for a, b in product(last, part))
            else:
                joined.append(part)
        joined = [part for part in joined if part != ("",)] or [("",)]
        if len(joined) == 1:
            return joined[0]
        children = tuple(self.number(part) for part in joined)
        edges = _chain_edges([self._edges[child] for child in children])
        return self._node(("sequence", children), edges)

    def _choice(self, parts: Sequence[_Part]) -> _Part:
        words = _unique(word for part in parts if isinstance(part, tuple) for word in part)
        nodes = list(dict.fromkeys(part for part in parts if isinstance(part, int)))
        if not nodes:
            return words
        children = tuple(nodes) if not words else (self.number(words), *nodes)
        if len(children) == 1:
            return children[0]
        edges = frozenset[str]().union(*(self._edges[child] for child in children))
        return self._node(("choice", children), edges)

    def _order(self, parts: Sequence[_Part]) -> _Part:
        if all(isinstance(part, tuple) for part in parts):
            orders = (
                [self._sequence(list(order)) for order in permutations(parts)]
                if len(parts) <= 4
                else []
            )
            if orders and all(isinstance(order, tuple) for order in orders):
                words = self._choice(orders)
                if isinstance(words, tuple) and len(words) <= MAX_WORDS:
                    return words
        children = tuple(self.number(part) for part in parts)
        kinds = [self._edges[child] for child in children]
        edges = frozenset[str]().union(
            *(_chain_edges([first, *rest, last]) for first, last, rest in _ends(kinds))
        )
        return self._node(("order", children), edges)

    def _node(self, node: LanguageNode, edges: frozenset[str]) -> int:
        if node not in self._ids:
            self._ids[node] = len(self.nodes)
            self.nodes.append(node)
            self._edges.append(edges)
        return self._ids[node]


def _values_by_words(values: ValueList, scope: Scope) -> tuple[tuple[str, tuple[str, ...]], ...]:
    """Folded words -> canonical values; words that are not there may mean anything."""
    found: dict[str, dict[str, None]] = {}
    pairs: Iterable[tuple[str, str]] = ()
    if isinstance(values.range, Series):
        pairs = (said[:2] for said in values.range.said())
    elif values.range is not None:
        pairs = values.range.numbers()
    for text, meaning in pairs:
        found.setdefault(folded_piece(text).strip(), {})[meaning] = None
    planner = Planner()
    for value in values.values:
        for pieces in planner.node(value.expression, scope).distinct(MAX_COMPARED) or ():
            text = " ".join(plain(pieces).split())
            canonical = text if value.value is None else value.value
            found.setdefault(folded_piece(text).strip(), {})[canonical] = None
    return tuple((words, tuple(meant)) for words, meant in found.items())


def _wanted(reference: ListReference) -> str:
    """Which values of which list, as a key."""
    if reference.agreement is None:
        return reference.list
    return f"{reference.list}={reference.agreement}"


def _linked(reference: ListReference, scope: Scope) -> ValueList:
    values = find_list(reference, scope)
    assert values is not None, "the linker has refused unknown lists"
    return values


def folded_piece(text: str) -> str:
    """Text folded as a part of a longer one: separators at its ends are kept as one space."""
    # Two word characters as fence, which melt with nothing (a Han character composes with no mark).
    # ASCII needs none: it melts with nothing either.
    if text.isascii():
        return fold_piece(text)
    return fold(f"\u4e00{text}\u4e00")[1:-1]


def _unique(words: Iterable[str]) -> _Words:
    return tuple(dict.fromkeys(words))


def _join(first: str, second: str) -> str:
    return first + second[1:] if first[-1:] == " " == second[:1] else first + second


def _edge(word: str) -> str:
    """A word seen from outside: "" nothing, " " a separator, "{}" with separators at its ends."""
    if not word.strip():
        return word[:1]
    return f"{' ' if word[0] == ' ' else ''}{{}}{' ' if word[-1] == ' ' else ''}"


def _chain_edges(kinds: Sequence[frozenset[str]]) -> frozenset[str]:
    seen = frozenset({""})
    for kind in kinds:
        seen = frozenset(_edge(_join(a, b)) for a in seen for b in kind)
    return seen


def _ends(
    kinds: Sequence[frozenset[str]],
) -> Iterable[tuple[frozenset[str], frozenset[str], list[frozenset[str]]]]:
    """Every choice of first and last part of an order, with the rest in between."""
    for first, last in permutations(range(len(kinds)), 2):
        rest = [kind for index, kind in enumerate(kinds) if index not in (first, last)]
        yield kinds[first], kinds[last], rest
