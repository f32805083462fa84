"""What every reader of a foreign format makes: intents, lists and rules, and what was lost."""

from __future__ import annotations

import math
import re
from collections.abc import Container
from dataclasses import dataclass, field, replace
from itertools import product
from pathlib import Path

from corpusforge.core.errors import Position
from corpusforge.grammar.foreign.losses import RENAMED_LISTS, RENAMED_SLOTS, ROWS, Kind, Loss
from corpusforge.grammar.foreign.nodes import (
    Choice,
    Entry,
    Join,
    ListRef,
    Node,
    RuleRef,
    Sentence,
    ValueRange,
    Words,
)
from corpusforge.grammar.parser import INLINE_RANGE, SLOT_NAME

__all__ = [
    "PART",
    "ForeignPack",
    "Options",
]

# Keys of lists and rules may begin with something that keeps namesakes apart, and this.
PART = "\x1f"
_NOT_IN_NAMES = re.compile(r"[()\[\]{}<>|;\\:\x00-\x1f\x7f]+")
_NOT_IN_ROLES = re.compile(r"[{}@#:]")
_NOT_IN_SLOTS = re.compile(r"\W+")


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
            taken = set(self.known.values())
            name, count = wanted, 1
            while name in taken:
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
        roles: Slot as sentences write it -> its name, role and group in rows.
        rows: Intent -> how many rows the source wants of it.
        places: Key of a list -> where it is defined, or first used.
    """

    lang: str | None = None
    intents: dict[str, list[Sentence]] = field(default_factory=dict)
    lists: dict[str, list[Entry] | ValueRange] = field(default_factory=dict)
    rules: dict[str, Node] = field(default_factory=dict)
    losses: list[Loss] = field(default_factory=list)
    files: dict[str, str] = field(default_factory=dict)
    facts: list[str] = field(default_factory=list)
    roles: dict[str, tuple[str, str, str]] = field(default_factory=dict)
    rows: dict[str, int] = field(default_factory=dict)
    places: dict[str, Position] = field(default_factory=dict)
    _lost: set[Loss] = field(default_factory=set)
    _counts: dict[tuple[str, str], int] = field(default_factory=dict)
    _empty: dict[str, bool] = field(default_factory=dict)
    _silent: dict[str, bool] = field(default_factory=dict)
    _slots: _Names = field(default_factory=_Names)
    _lists: _Names = field(default_factory=_Names)
    _rules: _Names = field(default_factory=_Names)

    def lose(self, kind: Kind, position: Position | None, what: str, instead: str = "") -> None:
        """Note what cannot be kept; the same thing at the same place counts once.

        Args:
            kind: Which of the declared kinds it is.
            position: Where it stands.
            what: What it is.
            instead: What was done instead; "" = what the kind says.
        """
        loss = Loss(kind, position, what, instead or kind.instead)
        if loss not in self._lost:
            self._lost.add(loss)
            self.losses.append(loss)

    def fact(self, text: str) -> None:
        """Note something about the whole import, once."""
        if text not in self.facts:
            self.facts.append(text)

    def asks(self, intent: str, rows: int, position: Position | None) -> None:
        """Note how many rows the source wants of an intent."""
        self.rows[intent] = self.rows.get(intent, 0) + rows
        self.lose(ROWS, position, f"{rows} rows of the intent {intent!r}")

    def balance(self) -> None:
        """Weigh intents by the rows that the source wants, where it says so of all."""
        wanted: dict[str, float] = {}
        for intent in self.intents:
            if intent not in self.rows:
                return
            wanted[intent] = self.rows[intent]
        if not any(wanted.values()):
            return
        # An intent of no rows stays in the language; nearly no row of a sample is its.
        least = min(rows for rows in wanted.values() if rows) / 1000
        none = [intent for intent, rows in wanted.items() if not rows]
        if none:
            wanted |= dict.fromkeys(none, least)
            self.fact(f"The source wants no rows of {', '.join(none)}: next to no weight.")
        mean = sum(wanted.values()) / sum(map(len, self.intents.values()))
        for intent, sentences in self.intents.items():
            factor = wanted[intent] / mean / sum(sentence.weight for sentence in sentences)
            self.intents[intent] = [replace(s, weight=s.weight * factor) for s in sentences]

    def add(self, intent: str, sentence: Sentence) -> None:
        """Add a sentence to an intent."""
        self.intents.setdefault(intent, []).append(sentence)

    def slot(
        self, name: str, position: Position | None = None, *, role: str = "", group: str = ""
    ) -> str:
        """The name of a slot as our sentences write it; with a role or group one of its own."""
        plain = self._slot_name(name, name, position)
        if not (role or group):
            return plain
        key = PART.join((name, role, group))
        new = key not in self._slots.known
        wanted = "_".join(part for part in (plain, role, group) if part)
        found = self._slot_name(key, wanted, None)
        if new:
            self.roles[found] = (
                plain,
                self._label(role, position),
                self._label(group, position),
            )
        return found

    def _slot_name(self, key: str, wanted: str, position: Position | None) -> str:
        plain = wanted
        if not SLOT_NAME.fullmatch(wanted):
            plain = _NOT_IN_SLOTS.sub("_", wanted.strip()).strip("_") or "slot"
            plain = plain if SLOT_NAME.fullmatch(plain) else f"_{plain}"
        new = key not in self._slots.known
        found = self._slots.of(key, plain)
        if new and found != wanted and key == wanted:
            what = f"the slot name {wanted!r}"
            self.lose(RENAMED_SLOTS, position, what, f"the slot is called {found!r}")
        return found

    def _label(self, text: str, position: Position | None) -> str:
        """A role or group as rows can hold it."""
        made = _NOT_IN_ROLES.sub("_", " ".join(text.split()))
        if made != text:
            what = f"the role or group {text!r}"
            self.lose(RENAMED_SLOTS, position, what, f"it is called {made!r}")
        return made

    def list_name(self, key: str) -> str:
        """The name of a list as our templates can write it."""
        shown = key.rpartition(PART)[2]
        wanted = _NOT_IN_NAMES.sub("_", shown).strip().lstrip("@") or "list"
        if INLINE_RANGE.fullmatch(wanted):
            wanted = f"_{wanted}"
        new = key not in self._lists.known
        found = self._lists.of(key, wanted)
        if new and found != shown:
            what = f"the name of the list {shown!r}"
            self.lose(RENAMED_LISTS, self.places.get(key), what, f"it is called {found!r}")
        return found

    def rule_name(self, key: str) -> str:
        """The name of a rule as our templates can write it; rules never show in rows."""
        shown = key.rpartition(PART)[2]
        return self._rules.of(key, _NOT_IN_NAMES.sub("_", shown).strip().strip("_") or "rule")

    def prune(self, keys: Container[str] | None = None) -> None:
        """Drop lists and rules that no sentence reaches.

        Args:
            keys: Only these; None = any.
        """
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
        for key in [key for key in self.rules if keys is None or key in keys]:
            if RuleRef(key) not in reached:
                del self.rules[key]
        for key in [key for key in self.lists if keys is None or key in keys]:
            if key not in reached:
                del self.lists[key]

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

    def may_be_empty(self, node: Node) -> bool:
        """Whether a node can say nothing but white space."""
        if isinstance(node, Words):
            return not node.text.strip()
        if isinstance(node, RuleRef):
            if node.rule not in self._empty:
                self._empty[node.rule] = self.may_be_empty(self.rules[node.rule])
            return self._empty[node.rule]
        if isinstance(node, ListRef):
            return False
        return (all if isinstance(node, Join) else any)(map(self.may_be_empty, node.items))

    def says_nothing(self, node: Node) -> bool:
        """Whether a node says nothing but white space, whatever is chosen in it."""
        if isinstance(node, Words):
            return not node.text.strip()
        if isinstance(node, RuleRef):
            if node.rule not in self._silent:
                self._silent[node.rule] = self.says_nothing(self.rules[node.rule])
            return self._silent[node.rule]
        return isinstance(node, Join | Choice) and all(map(self.says_nothing, node.items))

    def slots_of(self, node: Node) -> set[str]:
        """The slots that a node fills, also through rules."""
        if isinstance(node, ListRef):
            return {node.slot}
        if isinstance(node, RuleRef):
            return self.slots_of(self.rules[node.rule])
        if isinstance(node, Words):
            return set()
        return set().union(*map(self.slots_of, node.items))

    def said(self, node: Node, limit: int) -> list[str] | None:
        """All that a node says, in order, each once; None for more than `limit` ways."""
        if self.combinations(node) > limit:
            return None
        if isinstance(node, Words):
            return [node.text]
        if isinstance(node, RuleRef):
            return self.said(self.rules[node.rule], limit)
        if isinstance(node, ListRef):
            values = self.lists[node.list]
            if not values or isinstance(values, ValueRange):
                return None
            items: tuple[Node, ...] = tuple(entry.words for entry in values)
        else:
            items = node.items
        parts = [self.said(item, limit) for item in items]
        known = [part for part in parts if part is not None]
        if len(known) < len(parts):
            return None
        if isinstance(node, Join):
            return list(dict.fromkeys("".join(each) for each in product(*known)))
        return list(dict.fromkeys(text for part in known for text in part))

    def _size(self, node: RuleRef | ListRef) -> int:
        if isinstance(node, RuleRef):
            return self.combinations(self.rules[node.rule])
        values = self.lists[node.list]
        if isinstance(values, ValueRange):
            return values.last - values.first + 1
        return sum(self.combinations(entry.words) for entry in values) or 1
