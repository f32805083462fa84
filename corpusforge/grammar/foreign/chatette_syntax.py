"""Parse Chatette files: units with their rules, and files that they include."""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from pathlib import Path

from corpusforge.core.errors import InputError, Position
from corpusforge.grammar.foreign.text import SourceText

__all__ = ["Group", "Item", "Odds", "Rule", "Text", "Unit", "UnitUse", "parse_file"]

KINDS = {"%": "intent", "@": "slot", "~": "alias"}
_SPECIAL = frozenset("\\;|[]~@%{}/&?$#")
_ODDS = re.compile(r"\s*(\d+(?:\.\d+)?|\.\d+)\s*%?")


@dataclass(frozen=True)
class Odds:
    """`?`, `?name`, `?!name`, `?name/80`: whether an item stands there."""

    name: str
    opposite: bool
    percent: float | None


@dataclass(frozen=True)
class Text:
    """Words without white space."""

    text: str


@dataclass(frozen=True)
class UnitUse:
    """A unit inside a rule."""

    kind: str
    name: str
    case: bool
    variation: str
    argument: str | None
    odds: Odds | None
    position: Position


@dataclass(frozen=True)
class Group:
    """A choice inside a rule."""

    choices: tuple[tuple[Item, ...], ...]
    case: bool
    odds: Odds | None
    position: Position


@dataclass(frozen=True)
class Item:
    """A part of a rule; `spaced` when white space stands before it."""

    part: Text | UnitUse | Group
    spaced: bool


@dataclass(frozen=True)
class Rule:
    """A line below a unit: its items, and the value that a slot gets from it."""

    items: tuple[Item, ...]
    value: str | None
    position: Position


@dataclass
class Unit:
    """A definition."""

    kind: str
    name: str
    case: bool
    variation: str
    arguments: tuple[str, ...]
    annotation: str
    position: Position
    rules: list[Rule] = field(default_factory=list)

    def __str__(self) -> str:
        sign = next(sign for sign, kind in KINDS.items() if kind == self.kind)
        return f"{sign}[{self.name}{'#' if self.variation else ''}{self.variation}]"


def parse_file(path: Path, opened: list[Path]) -> list[Unit]:
    """The units of a file and of the files that it includes, in order.

    Args:
        path: The file.
        opened: Files that were read so far; this one and its own are added.

    Raises:
        InputError: For what is no Chatette, with its place.
    """
    opened.append(path.resolve())
    source = SourceText(path)
    units: list[Unit] = []
    for number, line in enumerate(source.lines):
        reader = _Line(source, number, _end_of_code(line))
        if not reader.text.strip():
            continue
        if reader.text[0] == "|":
            units += _included(reader, path, opened)
        elif reader.text[0] in KINDS:
            units.append(reader.unit())
        elif reader.text[0] in " \t" and units:
            units[-1].rules.append(reader.rule(slot=units[-1].kind == "slot"))
        else:
            raise InputError(
                "a rule that belongs to no unit" if line[0] in " \t" else "this is no Chatette",
                position=source.place(number, len(line) - len(line.lstrip())),
                hint="expected '%[intent]', '@[slot]', '~[alias]', '|FILE', a comment ('//'), or "
                "an indented rule below one of them",
            )
    return units


def _included(reader: _Line, path: Path, opened: list[Path]) -> list[Unit]:
    name = reader.text[1:].strip()
    target = path.parent / name
    at = reader.place(1)
    if not target.is_file():
        beside = [p.name for p in sorted(path.parent.glob("*.chatette"))]
        raise InputError(f"there is no file {name}", position=at, given=name, allowed=beside)
    # A file that is included twice, or includes itself, is read once.
    return [] if target.resolve() in opened else parse_file(target, opened)


def _end_of_code(line: str) -> int:
    """Where a comment begins: `//` or `;` without a backslash before it."""
    at = 0
    while at < len(line):
        if line[at] == "\\":
            at += 2
            continue
        if line[at] == ";" or line.startswith("//", at):
            return at
        at += 1
    return len(line)


class _Line:
    """A cursor over one line."""

    def __init__(self, source: SourceText, number: int, end: int) -> None:
        self.source, self.number = source, number
        self.text = source.lines[number][:end].rstrip()
        self.at = 0

    def place(self, column: int) -> Position:
        return self.source.place(self.number, column)

    def wrong(self, message: str, column: int, hint: str) -> InputError:
        return InputError(message, position=self.place(column), hint=hint)

    def unit(self) -> Unit:
        """A definition: `%[&name#variation$ARG](annotation)`."""
        kind, case, name = self._opening()
        variation, arguments = "", []
        while self._next() in ("#", "$"):
            sign = self._next()
            self.at += 1
            word = self._name()
            if sign == "#":
                variation = word
            else:
                arguments.append(word)
        if self._next() == "?":
            raise self.wrong("a definition has no '?'", self.at, "write it where the unit is used")
        self._closing()
        annotation = self.text[self.at :].strip()
        if annotation and not (annotation[0] == "(" and annotation[-1] == ")"):
            hint = "expected an annotation such as (train: 100, test: 20), or nothing"
            raise self.wrong("nothing may follow a definition in its line", self.at, hint)
        return Unit(kind, name, case, variation, tuple(arguments), annotation, self.place(0))

    def rule(self, *, slot: bool) -> Rule:
        """A rule, up to the value of a slot."""
        self.at = len(self.text) - len(self.text.lstrip())
        start = self.at
        items = self._items("=" if slot else "")
        value = None
        if self.at < len(self.text) and self.text[self.at] == "=":
            value = _unescaped(self.text[self.at + 1 :].strip())
        elif self.at < len(self.text):
            char = self.text[self.at]
            hint = f"to write the character itself: \\{char}"
            raise self.wrong(f"'{char}' cannot stand here", self.at, hint)
        return Rule(items, value, self.place(start))

    def _next(self) -> str:
        return self.text[self.at : self.at + 1]

    def _opening(self) -> tuple[str, bool, str]:
        """`~[&name`: kind, whether the first letter changes, and name."""
        start = self.at
        kind = KINDS[self.text[start]]
        self.at += 1
        if self._next() != "[":
            hint = f"expected, for example: {self.text[start]}[name]"
            raise self.wrong("'[' is missing", self.at, hint)
        self.at += 1
        case = self._next() == "&"
        self.at += case
        name = self._name()
        if not name:
            raise self.wrong("a name is missing", self.at, "write it between '[' and ']'")
        return kind, case, name

    def _name(self) -> str:
        start = self.at
        while self.at < len(self.text):
            if self.text[self.at] == "\\":
                self.at += 2
                continue
            if self.text[self.at] in _SPECIAL and not (
                self.text[self.at] == "/"
                and not self.text.startswith("//", self.at)
                and self.text[start - 1 : start] != "?"
            ):
                break
            self.at += 1
        return _unescaped(self.text[start : self.at]).strip()

    def _closing(self) -> None:
        if self._next() != "]":
            found = f", found '{self._next()}'" if self._next() else " before the end of the line"
            raise self.wrong(f"expected ']'{found}", self.at, "names end with ']'")
        self.at += 1

    def _items(self, stops: str) -> tuple[Item, ...]:
        """Parts up to the end, to a character of `stops`, or to one that cannot stand here."""
        items: list[Item] = []
        while self.at < len(self.text):
            start = self.at
            while self._next().isspace():
                self.at += 1
            spaced = self.at > start
            char = self._next()
            if not char or char in stops:
                break
            if char in KINDS and self.text[self.at + 1 : self.at + 2] == "[":
                items.append(Item(self._use(), spaced))
            elif char in "[{":
                items.append(Item(self._group(), spaced))
            elif char in "]}|":
                break
            else:
                items.append(Item(Text(self._word(stops)), spaced))
        return tuple(items)

    def _word(self, stops: str) -> str:
        start = self.at
        while self.at < len(self.text):
            char = self.text[self.at]
            if char == "\\":
                self.at += 2
                continue
            begins_unit = char in KINDS and self.text[self.at + 1 : self.at + 2] == "["
            if char.isspace() or char in stops or char in "[]{}|" or begins_unit:
                break
            self.at += 1
        self.at = min(self.at, len(self.text))
        return _unescaped(self.text[start : self.at])

    def _use(self) -> UnitUse:
        position = self.place(self.at)
        kind, case, name = self._opening()
        variation, argument, odds = "", None, None
        while self._next() in ("#", "$", "?"):
            sign = self._next()
            if sign == "?":
                odds = self._odds()
                continue
            self.at += 1
            word = self._name()
            if sign == "#":
                variation = word
            else:
                argument = word
        self._closing()
        return UnitUse(kind, name, case, variation, argument, odds, position)

    def _odds(self) -> Odds:
        """`?`, `?name`, `?!name`, each with `/percent` or without."""
        self.at += 1
        opposite = self._next() == "!"
        self.at += opposite
        name = self._name()
        percent = None
        if self._next() == "/":
            match = _ODDS.match(self.text, self.at + 1)
            if match is None or float(match[1]) > 100:
                hint = "expected a percentage such as ?/80 or ?name/12.5"
                raise self.wrong("these odds cannot be read", self.at + 1, hint)
            percent = float(match[1])
            self.at = match.end()
        if opposite and not name:
            raise self.wrong("'?!' needs a name", self.at, "write, for example: ?!polite")
        return Odds(name, opposite, percent)

    def _group(self) -> Group:
        opened = self.at
        close, separator = ("]", "|") if self._next() == "[" else ("}", "/")
        self.at += 1
        case = self._next() == "&"
        self.at += case
        choices = [self._items(f"?{separator}")]
        odds = None
        while self._next() == separator:
            self.at += 1
            choices.append(self._items(f"?{separator}"))
        if self._next() == "?":
            odds = self._odds()
        if self._next() != close:
            found = f"found '{self._next()}'" if self._next() else "the line ends"
            raise self.wrong(
                f"'{self.text[opened]}' is never closed: expected '{close}', {found}",
                self.at if self._next() else opened,
                f"to write a character itself: \\{self._next() or self.text[opened]}",
            )
        self.at += 1
        return Group(tuple(choices), case, odds, self.place(opened))


def _unescaped(text: str) -> str:
    return re.sub(r"\\([\\;/\[\]~@%{}|?#$&=])", r"\1", text)
