"""Chatette: units with variations, arguments, case, odds and values."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from itertools import product
from pathlib import Path

from corpusforge.core.errors import InputError
from corpusforge.grammar.foreign.chatette_syntax import (
    Group,
    Item,
    Odds,
    Rule,
    Text,
    Unit,
    UnitUse,
    parse_file,
)
from corpusforge.grammar.foreign.format import Format, begins, ends
from corpusforge.grammar.foreign.leading import CASED_VALUES, Leading, lower, upper
from corpusforge.grammar.foreign.losses import ROWS, Kind
from corpusforge.grammar.foreign.model import PART, ForeignPack, Options
from corpusforge.grammar.foreign.nodes import (
    NOTHING,
    Choice,
    Entry,
    Join,
    ListRef,
    Node,
    RuleRef,
    Sentence,
    Words,
    choice,
    join,
    optional,
)
from corpusforge.grammar.foreign.text import files_of

__all__ = ["PLUGIN", "read"]

_ANNOTATIONS = Kind("annotations of units that are no number of rows", "left out")
_FIRST = Kind("'= /' of rules that begin with a choice", "the words as they are said")
_NESTED = Kind("slots inside of slots", "the words, without the inner slot")
_COUNT = re.compile(
    r"""\s*(?:(['"]?)(?P<key>train|training|test|testing)\1\s*:)?\s*(['"]?)(?P<rows>\d+)\3\s*""",
    re.IGNORECASE,
)

_NAMED = ends(".chatette")
_INCLUDING = begins(r"^\|[\w./-]+\s*$", ".chatito")
# A rule with more names of odds than this would become more variants than anyone can read.
MAX_NAMES = 6
Key = tuple[str, str, str]


def read(path: Path, options: Options) -> ForeignPack:
    """A file with what it includes, or the files of a folder that no other one includes.

    Raises:
        InputError: For what is no Chatette, for units without definition, and for circles.
    """
    pack = ForeignPack(lang=options.lang)
    read_files: list[list[Path]] = []
    parsed: list[tuple[Path, list[Unit]]] = []
    for file in files_of(path, (".chatette",), "Chatette"):
        opened: list[Path] = []
        parsed.append((file, parse_file(file, opened)))
        read_files.append(opened[1:])
    included = {target for targets in read_files for target in targets}
    masters = [(file, units) for file, units in parsed if file.resolve() not in included]
    for file, units in masters:
        prefix = f"{file}{PART}" if len(masters) > 1 else ""
        _Master(pack, prefix, units).add_intents()
    if not pack.intents:
        raise InputError(f"there are no intents in {path}", hint="expected '%[name]'")
    pack.fact(
        "Chatette draws every rule of a unit and every choice alike; here the combinations "
        "inside a template count alike, save where odds are written (?/80)."
    )
    return pack


@dataclass
class _Master:
    """The units of a file and its includes."""

    pack: ForeignPack
    prefix: str
    units: list[Unit]
    names: dict[tuple[str, str], list[Unit]] = field(default_factory=dict)
    _nodes: dict[Key, str] = field(default_factory=dict)
    _open: list[Key] = field(default_factory=list)
    _replacements: dict[tuple[RuleRef | ListRef, str, str], RuleRef | ListRef] = field(
        default_factory=dict
    )

    def __post_init__(self) -> None:
        self.leading = Leading(self.pack)
        for unit in self.units:
            known = self.names.setdefault((unit.kind, unit.name), [])
            for other in known:
                if other.variation == unit.variation:
                    raise InputError(
                        f"{unit} is defined twice (first in {other.position.file}:"
                        f"{other.position.line})",
                        position=unit.position,
                        hint="join the two, or rename one",
                    )
            known.append(unit)
            if not unit.rules:
                raise InputError(
                    f"{unit} has no rules",
                    position=unit.position,
                    hint="write at least one below it, indented",
                )
            self._annotation(unit)

    def _annotation(self, unit: Unit) -> None:
        """`(train: 100, test: 20)` or `(100)`: how many rows an intent gets."""
        parts = unit.annotation[1:-1].split(",") if unit.annotation else []
        found = [_COUNT.fullmatch(part) for part in parts]
        rows = sum(int(match["rows"]) for match in found if match)
        if unit.kind == "intent" and any(found):
            self.pack.asks(unit.name, rows, unit.position)
        if parts and (unit.kind != "intent" or not all(found)):
            self.pack.lose(
                _ANNOTATIONS, unit.position, f"the annotation {unit.annotation} of {unit}"
            )

    def add_intents(self) -> None:
        """Put the intents into the pack, and what they refer to."""
        for unit in self.units:
            if unit.kind == "intent":
                self._open.append(("intent", unit.name, unit.variation))
                case = self.names["intent", unit.name][0].case
                for rule in unit.rules:
                    node = self._rule(rule.items)
                    node = self.leading.cased(node) if case else node
                    self.pack.add(unit.name, Sentence(node, rule.position))
                self._open.pop()
            else:
                self._defined((unit.kind, unit.name, unit.variation))
        # What is made of units with arguments is there for what calls them only.
        parts = {self._nodes[key] for key in self._nodes if self.names[key[:2]][0].arguments}
        self.pack.prune(parts)

    def _rule(self, items: Sequence[Item], states: Mapping[str, bool] | None = None) -> Node:
        """One rule; items whose odds share a name stand or fall together.

        Args:
            items: What stands in it.
            states: Names of odds that an outer rule has decided.
        """
        known = states or {}
        used = [odds.name for odds in _all_odds(items) if odds.name and odds.name not in known]
        names = [name for name in dict.fromkeys(used) if used.count(name) > 1]
        if not names:
            return self._joined(items, known)
        if len(names) > MAX_NAMES:
            at = next(i.part.position for i in items if not isinstance(i.part, Text))
            raise InputError(
                f"a rule with {len(names)} names of odds, more than {MAX_NAMES}", position=at
            )
        variants: list[Node] = []
        weights: list[float] = []
        percents = {name: self._percent(items, name) for name in names}
        for decided in product((True, False), repeat=len(names)):
            chosen = dict(zip(names, decided, strict=True))
            weight = 1.0
            for name, there in chosen.items():
                percent = percents[name]
                share = 50.0 if percent is None else percent
                weight *= (share if there else 100 - share) / 100
            if weight > 0:
                variants.append(self._joined(items, {**known, **chosen}))
                weights.append(weight)
        given = any(percent is not None for percent in percents.values())
        return choice(variants, weights if given else None)

    def _percent(self, items: Sequence[Item], name: str) -> float | None:
        """The odds of a name: those of the first item that has it, opposite or not."""
        return next(odds.percent for odds in _all_odds(items) if odds.name == name)

    def _joined(self, items: Sequence[Item], states: Mapping[str, bool]) -> Node:
        parts: list[Node] = []
        for item in items:
            node = self._part(item.part, states)
            if item.spaced:
                # The space stays where what follows says nothing, save by its own odds.
                node = join([Words(" "), node])
            odds = None if isinstance(item.part, Text) else item.part.odds
            if odds is not None and odds.name in states:
                node = node if states[odds.name] != odds.opposite else NOTHING
            elif odds is not None:
                percent = odds.percent
                if percent is not None and odds.opposite:
                    percent = 100 - percent
                node = optional(node, percent)
            parts.append(node)
        return join(parts)

    def _part(self, part: Text | UnitUse | Group, states: Mapping[str, bool]) -> Node:
        if isinstance(part, Text):
            return Words(part.text)
        if isinstance(part, UnitUse):
            return self._use(part)
        nodes = [self._rule(items, states) for items in part.choices]
        node = choice(list(dict.fromkeys(nodes)))
        return self.leading.cased(node) if part.case else node

    def _use(self, use: UnitUse) -> Node:
        shown = f"{use.name}#{use.variation}" if use.variation else use.name
        known = self.names.get((use.kind, use.name), [])
        if not any(use.variation in ("", unit.variation) for unit in known):
            names = [u.name for u in self.units if u.kind == use.kind]
            names = [f"{u.name}#{u.variation}" for u in known] or list(dict.fromkeys(names))
            raise InputError(
                f"the {use.kind} {shown!r} is defined nowhere",
                position=use.position,
                given=shown,
                allowed=names,
                hint="define it, or mend its name",
            )
        # What a unit is called with is what its first definition says; variations follow it.
        arguments = known[0].arguments
        if use.argument is not None and len(arguments) != 1:
            raise InputError(
                f"{known[0]} takes {len(arguments)} arguments, one is given",
                position=use.position,
                hint=f"define it with one: [{use.name}$NAME]",
            )
        key = (use.kind, use.name, use.variation)
        if key[:2] in [other[:2] for other in self._open]:
            circle = " -> ".join(name for _, name, _ in (*self._open, key))
            raise InputError(
                f"{shown!r} refers to itself ({circle})",
                position=use.position,
                hint="remove one of the references",
            )
        if use.kind == "slot" and any(kind == "slot" for kind, _, _ in self._open):
            self.pack.lose(_NESTED, use.position, f"the slot {shown!r} inside of a slot")
        node = self._defined(key)
        node = self.leading.cased(node) if use.case else node
        if use.argument is None:
            return node
        return self._replaced(node, f"${arguments[0]}", use.argument)

    def _defined(self, key: Key) -> Node:
        """A reference to the rule or list of a unit, made when it is first met.

        Without a variation it has the rules of all variations.
        """
        kind, name, variation = key
        units = [u for u in self.names[kind, name] if variation in ("", u.variation)]
        if key not in self._nodes:
            self._open.append(key)
            shown = ".".join(filter(None, (name, variation)))
            stored = f"{self.prefix}{kind}{PART}{shown}"
            rules = [rule for unit in units for rule in unit.rules]
            # The first definition says whether the first letter changes, for all variations.
            case = self.names[kind, name][0].case
            if kind == "slot":
                self.pack.lists[stored] = list(self._entries(rules, case=case))
                self.pack.places.setdefault(stored, units[0].position)
            else:
                nodes = [self._rule(rule.items) for rule in rules]
                if case:
                    nodes = [self.leading.cased(node) for node in nodes]
                self.pack.rules[stored] = choice(list(dict.fromkeys(nodes)))
            self._open.pop()
            self._nodes[key] = stored
        stored = self._nodes[key]
        if kind == "slot":
            return ListRef(stored, self.pack.slot(name, units[0].position))
        return RuleRef(stored)

    def _entries(self, rules: Iterable[Rule], *, case: bool) -> Iterable[Entry]:
        for rule in rules:
            entry = Entry(self._rule(rule.items), self._value(rule))
            yield from self.leading.entries(entry, (lower, upper)) if case else (entry,)

    def _value(self, rule: Rule) -> str | None:
        """`= value`; `= /` is the first word or the name of the first unit of the rule."""
        if rule.value != "/":
            return rule.value
        first = rule.items[0].part if rule.items else None
        if isinstance(first, Text):
            return first.text
        if isinstance(first, UnitUse):
            return first.name
        self.pack.lose(_FIRST, rule.position, "'= /' of a rule that begins with a choice")
        return None

    def _replaced(self, node: Node, old: str, new: str) -> Node:
        """A node with `$NAME` replaced in all that it says, also through what it refers to."""
        if isinstance(node, Words):
            return Words(node.text.replace(old, new))
        if isinstance(node, Choice):
            return choice([self._replaced(item, old, new) for item in node.items], node.weights)
        if isinstance(node, Join):
            return join(self._replaced(item, old, new) for item in node.items)
        if (node, old, new) not in self._replacements:
            made = self._elsewhere(node, old, new)
            self._replacements[node, old, new] = made
        return self._replacements[node, old, new]

    def _elsewhere(self, node: RuleRef | ListRef, old: str, new: str) -> RuleRef | ListRef:
        """A reference to a copy with `$NAME` replaced; the same where there is none in it."""
        if isinstance(node, RuleRef):
            body = self._replaced(self.pack.rules[node.rule], old, new)
            if body == self.pack.rules[node.rule]:
                return node
            stored = f"{old} {new} {node.rule}.{new}"
            self.pack.rules[stored] = body
            return RuleRef(stored)
        entries = self.pack.lists[node.list]
        assert isinstance(entries, list), "Chatette has no ranges"
        made = [replace(entry, words=self._replaced(entry.words, old, new)) for entry in entries]
        if made == entries:
            return node
        stored = f"{old} {new} {node.list}.{new}"
        self.pack.lists[stored] = made
        return ListRef(stored, node.slot)


def _all_odds(items: Sequence[Item]) -> Iterator[Odds]:
    """The odds of a rule and of the choices in it, in the order in which they stand."""
    for item in items:
        if isinstance(item.part, Text):
            continue
        if isinstance(item.part, Group):
            for inner in item.part.choices:
                yield from _all_odds(inner)
        if item.part.odds is not None:
            yield item.part.odds


PLUGIN = Format(
    name="chatette",
    read=read,
    # Early Chatette files are called .chatito; only Chatette includes files with '|'.
    accepts=lambda path: _NAMED(path) or _INCLUDING(path),
    losses=(ROWS, _ANNOTATIONS, _FIRST, _NESTED, CASED_VALUES),
    example={
        "cafe.chatette": "%[order](2)\n    ~[please?] bring [a|one] @[drink]\n\n"
        "~[please]\n    please\n\n@[drink]\n    tea\n    coffee = espresso\n"
    },
)
