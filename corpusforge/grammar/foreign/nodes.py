"""What a foreign template says, as a tree: words, choices, references to rules and lists."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from corpusforge.core.errors import Position

__all__ = [
    "NOTHING",
    "Choice",
    "Entry",
    "Join",
    "ListRef",
    "Node",
    "RuleRef",
    "Sentence",
    "ValueRange",
    "Words",
    "choice",
    "join",
    "optional",
    "stripped",
]


@dataclass(frozen=True, slots=True)
class Words:
    """Literal characters, white space included."""

    text: str


@dataclass(frozen=True, slots=True)
class Join:
    """Parts one after the other with nothing in between; made by `join`."""

    items: tuple[Node, ...]


@dataclass(frozen=True, slots=True)
class Choice:
    """One of the items; `weights` are their shares, None where the source names none."""

    items: tuple[Node, ...]
    weights: tuple[float, ...] | None = None


@dataclass(frozen=True, slots=True)
class RuleRef:
    """A rule of the pack, by its key."""

    rule: str


@dataclass(frozen=True, slots=True)
class ListRef:
    """A value of a list, by the list's key; slot "" marks text that fills no slot."""

    list: str
    slot: str


Node = Words | Join | Choice | RuleRef | ListRef
NOTHING = Words("")


def join(items: Iterable[Node]) -> Node:
    """Parts one after the other, flat, neighbouring words as one."""
    flat: list[Node] = []
    for item in items:
        for part in item.items if isinstance(item, Join) else (item,):
            last = flat[-1] if flat else None
            if isinstance(part, Words) and isinstance(last, Words):
                flat[-1] = Words(last.text + part.text)
            elif part != NOTHING:
                flat.append(part)
    if len(flat) == 1:
        return flat[0]
    return Join(tuple(flat)) if flat else NOTHING


def choice(items: Sequence[Node], weights: Sequence[float] | None = None) -> Node:
    """One of several; a single item stands for itself."""
    if len(items) == 1:
        return items[0]
    return Choice(tuple(items), None if weights is None else tuple(weights))


def optional(item: Node, percent: float | None = None) -> Node:
    """An item or nothing; `percent` is how often the item stands there."""
    if percent is None:
        return choice([item, NOTHING])
    if percent <= 0:
        return NOTHING
    return item if percent >= 100 else choice([item, NOTHING], [percent, 100 - percent])


def stripped(node: Node) -> Node:
    """A node without white space at the ends of what it says.

    Args:
        node: Words, references, and choices of these or nothing; what rules and lists say has no
            white space at its ends.
    """
    return _reversed(_from_start(_reversed(_from_start(node))))


def _reversed(node: Node) -> Node:
    """The same with every order turned round, words too; twice is the node again."""
    if isinstance(node, Words):
        return Words(node.text[::-1])
    if isinstance(node, Join):
        return Join(tuple(_reversed(item) for item in reversed(node.items)))
    if isinstance(node, Choice):
        return Choice(tuple(map(_reversed, node.items)), node.weights)
    return node


def _from_start(node: Node) -> Node:
    if isinstance(node, Words):
        return Words(node.text.lstrip())
    if not isinstance(node, Join):
        return node
    first, rest = node.items[0], join(node.items[1:])
    if isinstance(first, Words):
        words = first.text.lstrip()
        return join([Words(words), rest]) if words else _from_start(rest)
    if not isinstance(first, Choice) or NOTHING not in first.items:
        return node
    follows = rest.items[0] if isinstance(rest, Join) else rest
    if isinstance(follows, Words) and follows.text[:1].isspace():
        # "[please] go" without please is "go": the space goes with the word before it.
        spaced = [item if item == NOTHING else join([item, Words(" ")]) for item in first.items]
        return join([choice(spaced, first.weights), _from_start(rest)])
    parts = [_from_start(rest) if item == NOTHING else join([item, rest]) for item in first.items]
    return choice(parts, first.weights)


@dataclass(frozen=True, slots=True)
class Entry:
    """One value of a list: its words, and its canonical value where it is not the words."""

    words: Node
    value: str | None = None
    weight: float = 1.0


@dataclass(frozen=True, slots=True)
class ValueRange:
    """A list that is a range of whole numbers, both ends included.

    Attributes:
        first: The smallest.
        last: The largest.
        form: How they stand in sentences: digits, words or ordinal.
    """

    first: int
    last: int
    form: str = "digits"


@dataclass(frozen=True, slots=True)
class Sentence:
    """One sentence template of an intent.

    Attributes:
        words: What it says.
        position: Where it stands in the foreign file.
        weight: Relative number of rows.
        split: Split of its rows, where the source pins one.
        fixed: Slots that it fills without words.
    """

    words: Node
    position: Position | None = None
    weight: float = 1.0
    split: str | None = None
    fixed: tuple[tuple[str, str], ...] = ()
