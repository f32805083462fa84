"""What every reader of a foreign format makes: intents, lists and rules, and what was lost."""

from __future__ import annotations

import math
import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from pathlib import Path

from corpusforge.core.errors import InputError, Position
from corpusforge.grammar.parser import INLINE_RANGE, SLOT_NAME

__all__ = [
    "NOTHING",
    "PART",
    "Choice",
    "Entry",
    "ForeignPack",
    "Join",
    "ListRef",
    "Loss",
    "Node",
    "Options",
    "RuleRef",
    "Sentence",
    "ValueRange",
    "Words",
    "choice",
    "join",
    "optional",
    "unknown",
]

# Keys of lists and rules may begin with something that keeps namesakes apart, and this.
PART = "\x1f"
_NOT_IN_NAMES = re.compile(r"[()\[\]{}<>|;\\:\x00-\x1f\x7f]+")
_NOT_IN_SLOTS = re.compile(r"\W+")


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


@dataclass(frozen=True, slots=True)
class Entry:
    """One value of a list: its words, and its canonical value where it is not the words."""

    words: Node
    value: str | None = None
    weight: float = 1.0


@dataclass(frozen=True, slots=True)
class ValueRange:
    """A list that is a range of whole numbers, both ends included."""

    first: int
    last: int


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


@dataclass(frozen=True, slots=True)
class Loss:
    """Something that the template language cannot hold.

    Attributes:
        position: Where it stands in the foreign file; None for the whole of it.
        what: What it is.
        instead: What was done instead.
    """

    position: Position | None
    what: str
    instead: str

    def __str__(self) -> str:
        place = f"{self.position.file}:{self.position.line}: " if self.position else ""
        return f"{place}{self.what}: {self.instead}"


@dataclass(frozen=True, slots=True)
class Options:
    """What the user asks for beside the path: a language tag, files with names of a home."""

    lang: str | None = None
    names: tuple[Path, ...] = ()


@dataclass
class _Names:
    """Foreign names as names that our templates can hold, each once."""

    known: dict[str, str] = field(default_factory=dict)

    def of(self, key: str, wanted: str) -> str:
        if key not in self.known:
            taken = {name.casefold() for name in self.known.values()}
            name, count = wanted, 1
            while name.casefold() in taken:
                count += 1
                name = f"{wanted}_{count}"
            self.known[key] = name
        return self.known[key]


@dataclass
class ForeignPack:
    """What was read.

    Attributes:
        lang: BCP-47 tag; None where neither the file nor the user says.
        intents: Intent -> sentences.
        lists: Key -> values, or a range; no values = any words at all (a wildcard).
        rules: Key -> what it says.
        losses: What could not be kept.
        files: Files that are written as they are, name -> text.
        facts: Sentences about the whole import, for the person who reads IMPORT.md.
    """

    lang: str | None = None
    intents: dict[str, list[Sentence]] = field(default_factory=dict)
    lists: dict[str, list[Entry] | ValueRange] = field(default_factory=dict)
    rules: dict[str, Node] = field(default_factory=dict)
    losses: list[Loss] = field(default_factory=list)
    files: dict[str, str] = field(default_factory=dict)
    facts: list[str] = field(default_factory=list)
    _lost: set[Loss] = field(default_factory=set)
    _counts: dict[tuple[str, str], int] = field(default_factory=dict)
    _slots: _Names = field(default_factory=_Names)
    _lists: _Names = field(default_factory=_Names)
    _rules: _Names = field(default_factory=_Names)

    def lose(self, position: Position | None, what: str, instead: str) -> None:
        """Note what cannot be kept; the same thing at the same place counts once."""
        loss = Loss(position, what, instead)
        if loss not in self._lost:
            self._lost.add(loss)
            self.losses.append(loss)

    def fact(self, text: str) -> None:
        """Note something about the whole import, once."""
        if text not in self.facts:
            self.facts.append(text)

    def add(self, intent: str, sentence: Sentence) -> None:
        """Add a sentence to an intent."""
        self.intents.setdefault(intent, []).append(sentence)

    def slot(self, name: str, position: Position | None = None) -> str:
        """The name of a slot as our templates can write it."""
        wanted = _NOT_IN_SLOTS.sub("_", name.strip()).strip("_") or "slot"
        if not SLOT_NAME.fullmatch(wanted):
            wanted = f"_{wanted}"
        if SLOT_NAME.fullmatch(name):
            wanted = name
        new = name not in self._slots.known
        found = self._slots.of(name, wanted)
        if new and found != name:
            self.lose(position, f"the slot name {name!r}", f"the slot is called {found!r}")
        return found

    def list_name(self, key: str) -> str:
        """The name of a list as our templates can write it."""
        shown = key.rpartition(PART)[2]
        wanted = _NOT_IN_NAMES.sub("_", shown).strip().lstrip("@") or "list"
        if INLINE_RANGE.fullmatch(wanted):
            wanted = f"_{wanted}"
        new = key not in self._lists.known
        found = self._lists.of(key, wanted)
        if new and found != shown:
            self.lose(None, f"the entity name {shown!r}", f"the list is called {found!r}")
        return found

    def rule_name(self, key: str) -> str:
        """The name of a rule as our templates can write it; rules never show in rows."""
        shown = key.rpartition(PART)[2]
        return self._rules.of(key, _NOT_IN_NAMES.sub("_", shown).strip().strip("_") or "rule")

    def prune(self) -> None:
        """Drop lists and rules that no sentence reaches."""
        reached: set[RuleRef | str] = set()
        waiting: list[Node] = [s.words for found in self.intents.values() for s in found]
        while waiting:
            node = waiting.pop()
            if isinstance(node, Join | Choice):
                waiting.extend(node.items)
            elif isinstance(node, RuleRef) and node not in reached:
                reached.add(node)
                waiting.append(self.rules[node.rule])
            elif isinstance(node, ListRef) and node.list not in reached:
                reached.add(node.list)
                values = self.lists[node.list]
                if isinstance(values, list):
                    waiting.extend(entry.words for entry in values)
        self.rules = {key: body for key, body in self.rules.items() if RuleRef(key) in reached}
        self.lists = {key: values for key, values in self.lists.items() if key in reached}

    def combinations(self, node: Node) -> int:
        """In how many ways a node can be said; a wildcard counts as one."""
        if isinstance(node, Words):
            return 1
        if isinstance(node, Join):
            return math.prod(map(self.combinations, node.items))
        if isinstance(node, Choice):
            return sum(map(self.combinations, node.items))
        key = ("list", node.list) if isinstance(node, ListRef) else ("rule", node.rule)
        if key not in self._counts:
            self._counts[key] = self._size(node)
        return self._counts[key]

    def _size(self, node: RuleRef | ListRef) -> int:
        if isinstance(node, RuleRef):
            return self.combinations(self.rules[node.rule])
        values = self.lists[node.list]
        if isinstance(values, ValueRange):
            return values.last - values.first + 1
        return sum(self.combinations(entry.words) for entry in values) or 1


def unknown(what: str, given: str, allowed: Iterable[str], position: Position) -> InputError:
    """An error for a name that is defined nowhere."""
    names = sorted(set(allowed))
    return InputError(
        f"the {what} is defined nowhere",
        position=position,
        given=given,
        allowed=names,
        hint="define it, or mend the name" if names else f"there is no {what.split()[0]} at all",
    )
