"""Chatette: units with variations, arguments, case, odds and values."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, field
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
from corpusforge.grammar.foreign.leading import Leading, lower, upper
from corpusforge.grammar.foreign.model import (
    NOTHING,
    PART,
    Entry,
    ForeignPack,
    ListRef,
    Node,
    Options,
    RuleRef,
    Sentence,
    Words,
    choice,
    join,
    optional,
)
from corpusforge.grammar.foreign.text import files_of

__all__ = ["read"]

# A rule with more names of odds than this would become more variants than anyone can read.
MAX_NAMES = 6
Key = tuple[str, str, str, str | None]


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
            if unit.annotation:
                what = f"the annotation {unit.annotation} of {unit}"
                self.pack.lose(unit.position, what, "rows are counted when they are drawn (-n)")

    def add_intents(self) -> None:
        """Put the intents into the pack, and what they refer to."""
        for unit in self.units:
            if unit.kind == "intent":
                self._open.append(("intent", unit.name, unit.variation, None))
                for rule in unit.rules:
                    node = self._rule(rule.items)
                    node = self.leading.cased(node) if unit.case else node
                    self.pack.add(unit.name, Sentence(node, rule.position))
                self._open.pop()
            elif not unit.arguments:
                self._defined((unit.kind, unit.name, unit.variation, None), unit)

    def _rule(self, items: Sequence[Item]) -> Node:
        """One rule; items whose odds share a name stand or fall together."""
        used = [o.name for o in map(_odds, items) if o is not None and o.name]
        names = [name for name in dict.fromkeys(used) if used.count(name) > 1]
        if not names:
            return self._joined(items, {})
        if len(names) > MAX_NAMES:
            at = next(i.part.position for i in items if not isinstance(i.part, Text) and _odds(i))
            raise InputError(
                f"a rule with {len(names)} names of odds, more than {MAX_NAMES}", position=at
            )
        variants: list[Node] = []
        weights: list[float] = []
        percents = {name: self._percent(items, name) for name in names}
        for states in product((True, False), repeat=len(names)):
            chosen = dict(zip(names, states, strict=True))
            weight = 1.0
            for name, there in chosen.items():
                percent = percents[name]
                share = 50.0 if percent is None else percent
                weight *= (share if there else 100 - share) / 100
            if weight > 0:
                variants.append(self._joined(items, chosen))
                weights.append(weight)
        given = any(percent is not None for percent in percents.values())
        return choice(variants, weights if given else None)

    def _percent(self, items: Iterable[Item], name: str) -> float | None:
        """The odds of a name: those of the first item that has it, seen from the name."""
        first = next(o for item in items if (o := _odds(item)) is not None and o.name == name)
        if first.percent is None or not first.opposite:
            return first.percent
        return 100 - first.percent

    def _joined(self, items: Sequence[Item], states: dict[str, bool]) -> Node:
        parts: list[Node] = []
        for item in items:
            node = self._part(item.part)
            if item.spaced:
                node = self.leading.spaced(node)
            odds = _odds(item)
            if odds is not None and odds.name in states:
                node = node if states[odds.name] != odds.opposite else NOTHING
            elif odds is not None:
                node = optional(node, odds.percent)
            parts.append(node)
        return join(parts)

    def _part(self, part: Text | UnitUse | Group) -> Node:
        if isinstance(part, Text):
            return Words(part.text)
        if isinstance(part, UnitUse):
            node = self._use(part)
        else:
            nodes = [self._rule(items) for items in part.choices]
            node = choice(list(dict.fromkeys(nodes)))
        return self.leading.cased(node) if part.case else node

    def _use(self, use: UnitUse) -> Node:
        shown = f"{use.name}#{use.variation}" if use.variation else use.name
        known = self.names.get((use.kind, use.name), [])
        fitting = [unit for unit in known if use.variation in ("", unit.variation)]
        if not fitting:
            names = [u.name for u in self.units if u.kind == use.kind]
            names = [f"{u.name}#{u.variation}" for u in known] or list(dict.fromkeys(names))
            raise InputError(
                f"the {use.kind} {shown!r} is defined nowhere",
                position=use.position,
                given=shown,
                allowed=names,
                hint="define it, or mend its name",
            )
        if use.argument is not None and any(len(unit.arguments) != 1 for unit in fitting):
            raise InputError(
                f"{fitting[0]} takes {len(fitting[0].arguments)} arguments, one is given",
                position=use.position,
                hint=f"define it with one: [{use.name}$NAME]",
            )
        key = (use.kind, use.name, use.variation, use.argument)
        if key[:2] in [other[:2] for other in self._open]:
            circle = " -> ".join(name for _, name, _, _ in (*self._open, key))
            raise InputError(
                f"{shown!r} refers to itself ({circle})",
                position=use.position,
                hint="remove one of the references",
            )
        return self._defined(key, *fitting)

    def _defined(self, key: Key, *units: Unit) -> Node:
        """A reference to the rule or list of some units, made when it is first met."""
        kind, name, variation, argument = key
        if key not in self._nodes:
            self._open.append(key)
            shown = ".".join(filter(None, (name, variation, argument)))
            stored = f"{self.prefix}{kind}{PART}{shown}"
            rules = [(unit, rule) for unit in units for rule in unit.rules]
            if kind == "slot":
                self.pack.lists[stored] = list(self._entries(rules, argument))
            else:
                nodes = [
                    self._filled(unit, self._cased_rule(unit, rule), argument)
                    for unit, rule in rules
                ]
                self.pack.rules[stored] = choice(list(dict.fromkeys(nodes)))
            self._open.pop()
            self._nodes[key] = stored
        stored = self._nodes[key]
        if kind == "slot":
            return ListRef(stored, self.pack.slot(name, units[0].position))
        return RuleRef(stored)

    def _cased_rule(self, unit: Unit, rule: Rule) -> Node:
        node = self._rule(rule.items)
        return self.leading.cased(node) if unit.case else node

    def _filled(self, unit: Unit, node: Node, argument: str | None) -> Node:
        """The text with `$NAME` replaced by the argument."""
        if argument is None or not unit.arguments:
            return node
        return _replaced(node, lambda text: text.replace(f"${unit.arguments[0]}", argument))

    def _entries(self, rules: Iterable[tuple[Unit, Rule]], argument: str | None) -> Iterable[Entry]:
        for unit, rule in rules:
            plain = self._filled(unit, self._rule(rule.items), argument)
            entry = Entry(plain, self._value(rule))
            yield from self.leading.entries(entry, (lower, upper)) if unit.case else (entry,)

    def _value(self, rule: Rule) -> str | None:
        """`= value`; `= /` is the first word or the name of the first unit of the rule."""
        if rule.value != "/":
            return rule.value
        first = rule.items[0].part if rule.items else None
        if isinstance(first, Text):
            return first.text
        if isinstance(first, UnitUse):
            return first.name
        self.pack.lose(rule.position, "'= /' of a rule that begins with a choice", "the words")
        return None


def _odds(item: Item) -> Odds | None:
    return None if isinstance(item.part, Text) else item.part.odds


def _replaced(node: Node, change: Callable[[str], str]) -> Node:
    """A node with every literal text of its own changed."""
    if isinstance(node, Words):
        return Words(change(node.text))
    if isinstance(node, RuleRef | ListRef):
        return node
    items = [_replaced(item, change) for item in node.items]
    if hasattr(node, "weights"):
        return choice(items, node.weights)
    return join(items)
