"""Chatito: intents, slots with variations, aliases, imports, odds and distributions."""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path

from corpusforge.core.errors import InputError, nearest
from corpusforge.grammar.foreign.chatito_syntax import (
    Definition,
    File,
    Line,
    Reference,
    parse_file,
)
from corpusforge.grammar.foreign.format import Format, ends
from corpusforge.grammar.foreign.losses import ROWS, Kind
from corpusforge.grammar.foreign.model import PART, ForeignPack, Options
from corpusforge.grammar.foreign.nodes import (
    Entry,
    ListRef,
    Node,
    RuleRef,
    Sentence,
    Words,
    choice,
    join,
    optional,
    stripped,
)
from corpusforge.grammar.foreign.text import files_of

__all__ = ["PLUGIN", "read"]

Key = tuple[str, str, str]
_USED = {
    "intent": ("distribution", "training", "testing"),
    "slot": ("distribution", "entity"),
    "alias": ("distribution", "synonym"),
}
_ARGUMENTS = Kind("arguments of definitions that are for other programs", "left out")
_NEVER = Kind("sentences without odds beside others that sum to 100 %", "very small odds")


def read(path: Path, options: Options) -> ForeignPack:
    """A file with what it imports, or every file of a folder that defines intents.

    Raises:
        InputError: For what is no Chatito, for slots without definition, and for circles.
    """
    pack = ForeignPack(lang=options.lang)
    parsed: dict[Path, File] = {}
    for file in files_of(path, (".chatito",), "Chatito"):
        main = _parsed(file, parsed)
        if any(definition.kind == "intent" for definition in main.definitions):
            _Main(pack, _namespace(main, parsed, pack)).add_intents(main)
    if not pack.intents:
        raise InputError(f"there are no intents in {path}", hint="expected '%[name]'")
    pack.fact(
        "Where an intent, slot or alias names no distribution, Chatito's default counts every "
        "combination the same; here the templates of a pack count the same (see --by), and "
        "the combinations inside one template."
    )
    return pack


def _parsed(path: Path, parsed: dict[Path, File]) -> File:
    key = path.resolve()
    if key not in parsed:
        parsed[key] = parse_file(path)
    return parsed[key]


def _namespace(main: File, parsed: dict[Path, File], pack: ForeignPack) -> dict[Key, Definition]:
    """Everything that a file can refer to: its own definitions and those of its imports."""
    found: dict[Key, Definition] = {}
    seen: set[Path] = set()
    waiting = [main]
    while waiting:
        file = waiting.pop(0)
        if file.path.resolve() in seen:
            continue
        seen.add(file.path.resolve())
        for definition in file.definitions:
            if definition.kind == "intent" and file is not main:
                continue
            first = found.setdefault(definition.key, definition)
            if first is not definition:
                raise InputError(
                    f"{definition} is defined in two files that are imported together "
                    f"(also in {first.position.file}:{first.position.line})",
                    position=definition.position,
                    hint="rename one of the two",
                )
        for name, position in file.imports:
            target = file.path.parent / name
            if not target.is_file():
                beside = [p.name for p in sorted(target.parent.glob("*.chatito"))]
                raise InputError(
                    f"there is no file {name}", position=position, given=target.name, allowed=beside
                )
            imported = _parsed(target, parsed)
            waiting.append(imported)
    return found


@dataclass
class _Main:
    """The intents of one file, in the namespace of that file and its imports."""

    pack: ForeignPack
    names: dict[Key, Definition]
    _nodes: dict[Key, str] = field(default_factory=dict)
    _open: list[Key] = field(default_factory=list)

    def add_intents(self, main: File) -> None:
        for definition in main.definitions:
            if definition.kind == "intent":
                self._arguments(definition)
                self._rows(definition)
                nodes = [self._line(line) for line in definition.lines]
                shares = self._shares(definition, nodes, always=True)
                mean = sum(shares) / len(shares) if shares else 1
                for number, (line, node) in enumerate(zip(definition.lines, nodes, strict=True)):
                    weight = shares[number] / mean if shares else 1.0
                    self.pack.add(definition.name, Sentence(node, line.position, weight))
            else:
                self._defined(definition.key)

    def _arguments(self, definition: Definition) -> None:
        for key, value in definition.arguments.items():
            if key == "distribution" and value not in ("regular", "even"):
                raise InputError(
                    f"the distribution {value!r} of {definition}",
                    position=definition.position,
                    given=value,
                    allowed=["regular", "even"],
                )
            if key not in _USED[definition.kind]:
                what = f"the argument '{key}': '{value}' of {definition}"
                self.pack.lose(_ARGUMENTS, definition.position, what)

    def _rows(self, definition: Definition) -> None:
        """How many rows an intent asks for; without 'training' Chatito does not look."""
        if "training" not in definition.arguments:
            return
        total = 0
        for key in ("training", "testing"):
            text = definition.arguments.get(key)
            if text is not None and not (text.strip().isdecimal() and int(text) > 0):
                raise InputError(
                    f"the argument '{key}': '{text}' of {definition} is no number above 0",
                    position=definition.position,
                )
            total += int(text or 0)
        self.pack.asks(definition.name, total, definition.position)

    def _line(self, line: Line) -> Node:
        return join(
            Words(part) if isinstance(part, str) else self._reference(part) for part in line.parts
        )

    def _reference(self, part: Reference) -> Node:
        key = (part.kind, part.name, part.variation)
        if key in self._open:
            circle = " -> ".join(name for _, name, _ in (*self._open, key))
            raise InputError(
                f"{self.names[key]} refers to itself ({circle})",
                position=part.position,
                hint="remove one of the references",
            )
        if key not in self.names:
            return self._undefined(part)
        around = next((open_key for open_key in self._open if open_key[0] == "slot"), None)
        if part.kind == "slot" and around is not None:
            raise InputError(
                f"the slot {self.names[key]} stands inside of {self.names[around]}",
                position=part.position,
                hint="slots hold no slots, neither in Chatito nor here",
            )
        node = self._defined(key)
        return optional(node) if part.optional else node

    def _undefined(self, part: Reference) -> Node:
        names = sorted({name for kind, name, _ in self.names if kind == part.kind})
        if part.kind == "alias":
            near = nearest(part.name, names)
            self.pack.fact(
                f"{part.position.file}:{part.position.line}: the alias ~[{part.name}] is defined "
                "nowhere; it says its own name, as Chatito has it"
                + (f". Did you mean ~[{near}]?" if near else ".")
            )
            words = Words(part.name)
            return optional(words) if part.optional else words
        shown = part.name + (f"#{part.variation}" if part.variation else "")
        variations = sorted(v for kind, n, v in self.names if (kind, n) == ("slot", part.name))
        if variations:
            names = [f"{part.name}#{v}" if v else part.name for v in variations]
        raise InputError(
            f"the slot @[{shown}] is defined nowhere",
            position=part.position,
            given=shown,
            allowed=names,
            hint="define it, or mend its name",
        )

    def _defined(self, key: Key) -> Node:
        """A reference to a slot's list or an alias's rule, made when it is first met."""
        definition = self.names[key]
        if key not in self._nodes:
            self._open.append(key)
            self._arguments(definition)
            nodes = [self._line(line) for line in definition.lines]
            self._open.pop()
            self._nodes[key] = self._store(definition, nodes)
        if definition.kind == "alias":
            return RuleRef(self._nodes[key])
        self.pack.places.setdefault(self._nodes[key], definition.position)
        return ListRef(self._nodes[key], self.pack.slot(definition.name, definition.position))

    def _store(self, definition: Definition, nodes: Sequence[Node]) -> str:
        shares = self._shares(definition, nodes, always=False)
        nodes = [stripped(node) for node in nodes]
        if definition.kind == "alias":
            stored = f"{self._signature(definition)}{PART}{definition.name}"
            self.pack.rules[stored] = choice(
                list(dict.fromkeys(nodes)) if not shares else nodes, shares
            )
            return stored
        shown = definition.arguments.get("entity", definition.name)
        if definition.variation:
            shown = f"{shown}.{definition.variation}"
        stored = f"{self._signature(definition)}{PART}{shown}"
        mean = sum(shares) / len(shares) if shares else 1
        self.pack.lists[stored] = [
            Entry(node, self._synonym(line), shares[number] / mean if shares else 1.0)
            for number, (line, node) in enumerate(zip(definition.lines, nodes, strict=True))
        ]
        return stored

    def _synonym(self, line: Line) -> str | None:
        """The canonical value of a slot's sentence that is one alias marked as synonym."""
        part = line.parts[0] if len(line.parts) == 1 else None
        if not isinstance(part, Reference):
            return None
        alias = self.names.get((part.kind, part.name, part.variation))
        marked = alias is not None and alias.arguments.get("synonym") == "true"
        return part.name if marked else None

    def _signature(self, definition: Definition) -> str:
        """What a definition can reach: two files may mean other things by the same name."""
        reached: set[str] = set()
        waiting = [definition]
        while waiting:
            one = waiting.pop()
            place = f"{one.position.file}:{one.position.line}"
            if place in reached:
                continue
            reached.add(place)
            for line in one.lines:
                for part in line.parts:
                    if isinstance(part, Reference):
                        key = (part.kind, part.name, part.variation)
                        if key in self.names:
                            waiting.append(self.names[key])
        text = "\n".join(sorted(reached))
        return hashlib.blake2b(f"{definition}\n{text}".encode(), digest_size=8).hexdigest()

    def _shares(
        self, definition: Definition, nodes: Sequence[Node], *, always: bool
    ) -> list[float] | None:
        """Odds of the sentences; None where nothing asks for other odds than ours.

        Args:
            definition: What the sentences belong to.
            nodes: The sentences.
            always: Also where odds follow the number of combinations, as they do by themselves
                inside of a template.
        """
        even = definition.arguments.get("distribution") == "even"
        odds = [line.odds for line in definition.lines]
        regular = always and definition.arguments.get("distribution") == "regular"
        if not any(odds) and not even and not regular:
            return None
        sizes = [1.0 if even else float(self.pack.combinations(node)) for node in nodes]
        if not any(one is not None and one[1] for one in odds):
            return [size * (one[0] if one else 1) for size, one in zip(sizes, odds, strict=True)]
        rest = 100 - sum(one[0] for one in odds if one)
        free = sum(size for size, one in zip(sizes, odds, strict=True) if not one)
        shares = [
            one[0] if one else rest * size / free for size, one in zip(sizes, odds, strict=True)
        ]
        for line, share in zip(definition.lines, shares, strict=True):
            if share <= 0:
                self.pack.lose(_NEVER, line.position, "a sentence with the odds 0")
        return shares


PLUGIN = Format(
    name="chatito",
    read=read,
    accepts=ends(".chatito"),
    losses=(ROWS, _ARGUMENTS, _NEVER),
    example={
        "cafe.chatito": "%[order]('training': '2')\n    ~[please?] bring @[drink]\n\n"
        "~[please]\n    please\n\n@[drink]\n    tea\n    coffee\n"
    },
)
