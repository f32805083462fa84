"""Count the derivations of a template exactly, and make the one with a given rank.

A template is compiled into nodes that know their number of derivations (Python integers, so
10^30 is as exact as 10). `Node.emit(rank)` takes the rank apart in mixed radix: a chain is a
product, a choice a sum, an order n! times a product.
"""

from __future__ import annotations

import math
import re
import unicodedata
from bisect import bisect_right
from collections.abc import Iterator, Sequence
from itertools import accumulate, permutations
from typing import NamedTuple, Protocol

from corpusforge.core.spans import Slot
from corpusforge.grammar.expression import (
    Alternative,
    Expression,
    ListReference,
    Permutation,
    RuleReference,
    Text,
)
from corpusforge.grammar.pack import NumberRange, Scope
from corpusforge.grammar.series import Series
from corpusforge.grammar.slot_labels import split_label

_SPACES = re.compile(r"\s+")


class SlotPiece(NamedTuple):
    """A filled slot inside a derivation; `name` is its label (see `slot_labels`).

    `value` None: the words themselves are the value.
    """

    name: str
    entity: str
    value: str | None
    text: str


Piece = str | SlotPiece


def derivations(expression: Expression, scope: Scope, known: dict[tuple[int, str], int]) -> int:
    """Exact number of ways through an expression, lists opaque.

    Args:
        expression: What to count.
        scope: What its references mean.
        known: Numbers of rules by (id of the scope, rule), kept between calls.
    """
    if isinstance(expression, Text | ListReference):
        return 1
    if isinstance(expression, RuleReference):
        key = (id(scope), expression.rule)
        if key not in known:
            known[key] = derivations(scope.rules[expression.rule].expression, scope, known)
        return known[key]
    numbers = [derivations(item, scope, known) for item in expression.items]
    if isinstance(expression, Alternative):
        return sum(numbers)
    orders = math.factorial(len(numbers)) if isinstance(expression, Permutation) else 1
    return orders * math.prod(numbers)


class Node(Protocol):
    """A compiled part of a template."""

    derivations: int

    def emit(self, rank: int, out: list[Piece]) -> None:
        """Append the pieces of the derivation with this rank, 0 <= rank < derivations."""

    def distinct(self, limit: int) -> dict[tuple[Piece, ...], None] | None:
        """All different piece sequences in order of first rank; None when more than `limit`."""


class Literal:
    """Fixed text."""

    __slots__ = ("text",)
    derivations = 1

    def __init__(self, text: str) -> None:
        self.text = text

    def emit(self, rank: int, out: list[Piece]) -> None:
        """Append the text."""
        out.append(self.text)

    def distinct(self, limit: int) -> dict[tuple[Piece, ...], None] | None:
        """The text."""
        return {normal((self.text,)): None}


class Chain:
    """Parts one after the other."""

    __slots__ = ("derivations", "items")

    def __init__(self, items: Sequence[Node]) -> None:
        self.items = tuple(items)
        self.derivations = math.prod(item.derivations for item in items)

    def emit(self, rank: int, out: list[Piece]) -> None:
        """The first part takes the lowest digit of the rank."""
        for item in self.items:
            if item.derivations == 1:
                item.emit(0, out)
            else:
                rank, digit = divmod(rank, item.derivations)
                item.emit(digit, out)

    def distinct(self, limit: int) -> dict[tuple[Piece, ...], None] | None:
        """Products of the parts."""
        return _products(self.items, limit)


class Choice:
    """One of several."""

    __slots__ = ("derivations", "ends", "items")

    def __init__(self, items: Sequence[Node]) -> None:
        self.items = tuple(items)
        self.ends = list(accumulate(item.derivations for item in items))
        self.derivations = self.ends[-1]

    def emit(self, rank: int, out: list[Piece]) -> None:
        """Find the item whose ranks hold this one."""
        index = bisect_right(self.ends, rank)
        item = self.items[index]
        item.emit(rank - (self.ends[index - 1] if index else 0), out)

    def distinct(self, limit: int) -> dict[tuple[Piece, ...], None] | None:
        """Union of the items."""
        found: dict[tuple[Piece, ...], None] = {}
        for item in self.items:
            part = item.distinct(limit)
            if part is None:
                return None
            found.update(part)
            if len(found) > limit:
                return None
        return found


class Order:
    """All parts in any order: the lowest digits of the rank are the order (Lehmer code)."""

    __slots__ = ("derivations", "items", "orders")

    def __init__(self, items: Sequence[Node]) -> None:
        self.items = tuple(items)
        self.orders = math.factorial(len(items))
        self.derivations = self.orders * math.prod(item.derivations for item in items)

    def emit(self, rank: int, out: list[Piece]) -> None:
        """Take the order apart first, then the parts in that order."""
        rank, code = divmod(rank, self.orders)
        left = list(self.items)
        while left:
            code, index = divmod(code, len(left))
            item = left.pop(index)
            rank, digit = divmod(rank, item.derivations)
            item.emit(digit, out)

    def distinct(self, limit: int) -> dict[tuple[Piece, ...], None] | None:
        """Products of the parts in every order."""
        found: dict[tuple[Piece, ...], None] = {}
        for items in permutations(self.items):
            part = _products(items, limit)
            if part is None:
                return None
            found.update(part)
            if len(found) > limit:
                return None
        return found


class Value:
    """A list value inside a slot: its words become one piece."""

    __slots__ = ("derivations", "entity", "name", "value", "words")

    def __init__(self, name: str, entity: str, value: str | None, words: Node) -> None:
        self.name, self.entity, self.value, self.words = name, entity, value, words
        self.derivations = words.derivations

    def emit(self, rank: int, out: list[Piece]) -> None:
        """Append the words as a slot."""
        inner: list[Piece] = []
        self.words.emit(rank, inner)
        out.extend(self._fill(plain(inner)))

    def distinct(self, limit: int) -> dict[tuple[Piece, ...], None] | None:
        """The different words."""
        part = self.words.distinct(limit)
        if part is None:
            return None
        return {normal(self._fill(plain(pieces))): None for pieces in part}

    def _fill(self, words: str) -> list[Piece]:
        text = _SPACES.sub(" ", words)
        bare = text.strip()
        piece = SlotPiece(self.name, self.entity, self.value, bare)
        # White space at the edges of a value belongs to the sentence, not to the slot.
        return [" " if text[:1] == " " else "", piece, " " if text[-1:] == " " else ""]


class Frame:
    """A slot without its values: the place where one stands in a carrier phrase."""

    __slots__ = ("piece",)
    derivations = 1

    def __init__(self, name: str, entity: str) -> None:
        self.piece = SlotPiece(name, entity, None, f"{{{name}}}")

    def emit(self, rank: int, out: list[Piece]) -> None:
        """Append the empty slot."""
        out.append(self.piece)

    def distinct(self, limit: int) -> dict[tuple[Piece, ...], None] | None:
        """The empty slot."""
        return {(self.piece,): None}


class Numbers:
    """The numbers of a range, or times and the like, with a slot or (name "") without."""

    __slots__ = ("derivations", "entity", "name", "range")

    def __init__(self, name: str, entity: str, numbers: NumberRange | Series) -> None:
        self.name, self.entity, self.range = name, entity, numbers
        self.derivations = len(numbers)

    def emit(self, rank: int, out: list[Piece]) -> None:
        """Append number `rank`."""
        text, value = self.range.number(rank)
        out.append(SlotPiece(self.name, self.entity, value, text) if self.name else text)

    def distinct(self, limit: int) -> dict[tuple[Piece, ...], None] | None:
        """All numbers."""
        if self.derivations > limit:
            return None
        found: dict[tuple[Piece, ...], None] = {}
        for rank in range(self.derivations):
            pieces: list[Piece] = []
            self.emit(rank, pieces)
            found[tuple(pieces)] = None
        return found


def plain(pieces: Sequence[Piece]) -> str:
    """The words of pieces; a slot inside a slot is plain text."""
    return "".join(piece if isinstance(piece, str) else piece.text for piece in pieces)


def carrier(pieces: Sequence[Piece]) -> str:
    """Pieces with empty slots as `core.text.delexicalise` writes them: a brace means a slot."""
    return "".join(
        piece.replace("{", " ").replace("}", " ") if isinstance(piece, str) else piece.text
        for piece in pieces
    )


def normal(pieces: Sequence[Piece]) -> tuple[Piece, ...]:
    """Pieces in the one form in which equal sentences are equal."""
    out: list[Piece] = []
    for piece in pieces:
        if not isinstance(piece, str):
            out.append(piece)
        elif piece:
            if out and isinstance(last := out[-1], str):
                out.pop()
                piece = last + piece
            out.append(_SPACES.sub(" ", piece))
    return tuple(out)


def _products(items: Sequence[Node], limit: int) -> dict[tuple[Piece, ...], None] | None:
    found: dict[tuple[Piece, ...], None] = {(): None}
    for item in items:
        part = item.distinct(limit)
        if part is None:
            return None
        longer: dict[tuple[Piece, ...], None] = {}
        for tail in part:
            for head in found:
                longer[_joined(head, tail)] = None
            if len(longer) > limit:
                return None
        found = longer
    return found


def _joined(head: tuple[Piece, ...], tail: tuple[Piece, ...]) -> tuple[Piece, ...]:
    """Two normal forms as one."""
    if not head or not tail:
        return head or tail
    last, first = head[-1], tail[0]
    if not isinstance(last, str) or not isinstance(first, str):
        return head + tail
    text = last + (first[1:] if last[-1] == " " == first[0] else first)
    return (*head[:-1], text, *tail[1:])


def render(pieces: Sequence[Piece]) -> tuple[str, tuple[Slot, ...]] | None:
    """Join pieces into a text with exact slot spans.

    White space is squeezed to single spaces and stripped at the ends.

    Returns:
        NFC text and slots; None when the pieces make no usable row: no text at all, a slot
        without words, or pieces that would melt into one character where they meet (then no
        span would be exact).
    """
    out: list[str] = []
    slots: list[Slot] = []
    length = 0
    spaced = True  # nothing to keep apart at the start
    for piece in pieces:
        if isinstance(piece, str):
            text = _SPACES.sub(" ", piece)
            if spaced and text[:1] == " ":
                text = text[1:]
            if not text:
                continue
            spaced = text[-1] == " "
        else:
            text = piece.text
            if not text:
                return None
            value = text if piece.value is None else piece.value
            name, role, group = split_label(piece.name)
            end = length + len(text)
            slots.append(Slot(name, piece.entity, value, text, length, end, role, group))
            spaced = False
        out.append(text)
        length += len(text)
    joined = "".join(out).rstrip(" ")
    if not joined or not unicodedata.is_normalized("NFC", joined):
        return None
    return joined, tuple(slots)


def surfaces(node: Node, limit: int) -> Iterator[str]:
    """The first `limit` different texts of a node in order of rank, squeezed and stripped."""
    seen: set[str] = set()
    for rank in range(min(node.derivations, 50 * limit)):
        pieces: list[Piece] = []
        node.emit(rank, pieces)
        text = _SPACES.sub(" ", plain(pieces)).strip()
        if text and text not in seen:
            seen.add(text)
            yield text
            if len(seen) >= limit:
                return
