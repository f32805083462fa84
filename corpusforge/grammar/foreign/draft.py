"""What every foreign format is read into: expressions of our own, and what was lost on the way."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path

from corpusforge.core.errors import InputError, Position
from corpusforge.grammar.expression import (
    Alternative,
    Expression,
    ListReference,
    RuleReference,
    Sequence,
    Text,
    references,
)

__all__ = [
    "Draft",
    "DraftList",
    "DraftSentence",
    "DraftValue",
    "Loss",
    "Names",
    "at",
    "choice",
    "join",
    "optional",
]

MAX_WEIGHT = 1000.0
_CONTROL = re.compile(r"[\x00-\x08\x0b\x0c\x0e-\x1f\x7f]")
_RESERVED = re.compile(r"\W+", re.UNICODE)


@dataclass(frozen=True, slots=True)
class Loss:
    """Something of the foreign file that the templates do not say.

    Attributes:
        file: Name of the foreign file.
        line: Counted from 1; 0 = the file as a whole.
        what: What is lost or changed.
        instead: What was done.
    """

    file: str
    line: int
    what: str
    instead: str

    def __str__(self) -> str:
        place = f"{self.file}:{self.line}" if self.line else self.file
        return f"{place}: {self.what}; {self.instead}"


@dataclass(frozen=True, slots=True)
class DraftSentence:
    """A sentence of an intent; `where` is its place in the foreign file."""

    expression: Expression
    where: Position
    weight: float = 1.0
    split: str = ""
    fixed: tuple[tuple[str, str], ...] = ()


@dataclass(frozen=True, slots=True)
class DraftValue:
    """A value of a list; `out` is None where the words are the value."""

    expression: Expression
    out: str | None = None
    weight: float = 1.0


@dataclass
class DraftList:
    """A list: values, or a range (first, last, step), or neither: any words."""

    values: list[DraftValue] = field(default_factory=list)
    range: tuple[int, int, int] | None = None

    def add(self, value: DraftValue) -> None:
        """Append a value that is not there yet."""
        if value not in self.values:
            self.values.append(value)


@dataclass
class Draft:
    """A pack in the making.

    Attributes:
        intents: Intent -> its sentences.
        rules: Name -> body.
        lists: Name -> list.
        losses: In the order in which they were found.
        places: Of rules and lists in the foreign files.
    """

    intents: dict[str, list[DraftSentence]] = field(default_factory=dict)
    rules: dict[str, Expression] = field(default_factory=dict)
    lists: dict[str, DraftList] = field(default_factory=dict)
    losses: list[Loss] = field(default_factory=list)
    places: dict[str, Position] = field(default_factory=dict)

    def lose(self, where: Position, what: str, instead: str) -> None:
        """Report a loss, once per place and wording."""
        loss = Loss(Path(where.file).name, where.line, what, instead)
        if loss not in self.losses:
            self.losses.append(loss)

    def add(self, intent: str, sentence: DraftSentence) -> None:
        """Append a sentence, if it has words."""
        if blank(sentence.expression):
            self.lose(sentence.where, "a sentence without words", "left out")
            return
        self.intents.setdefault(intent, []).append(sentence)

    def check_cycles(self) -> None:
        """Refuse rules and lists that contain themselves.

        Raises:
            InputError: At the first such definition.
        """
        done: set[str] = set()

        def visit(name: str, trail: tuple[str, ...]) -> None:
            if name in trail:
                shown = " -> ".join([*trail[trail.index(name) :], name])
                raise InputError(
                    f"a definition contains itself: {shown}",
                    position=self.places.get(name) or self.places.get(trail[0]),
                    hint="sentences are finite; write the repetitions out",
                )
            if name in done:
                return
            for body in self._bodies(name):
                for reference in references(body):
                    inner = (
                        f"<{reference.rule}>"
                        if isinstance(reference, RuleReference)
                        else f"{{{reference.list}}}"
                    )
                    visit(inner, (*trail, name))
            done.add(name)

        for name in self.rules:
            visit(f"<{name}>", ())
        for name in self.lists:
            visit(f"{{{name}}}", ())

    def _bodies(self, name: str) -> Iterator[Expression]:
        if name.startswith("<"):
            if name[1:-1] in self.rules:
                yield self.rules[name[1:-1]]
        elif name[1:-1] in self.lists:
            yield from (value.expression for value in self.lists[name[1:-1]].values)


class Names:
    """Gives foreign names the letters that ours may have, each foreign name another one."""

    def __init__(self) -> None:
        self._given: dict[str, str] = {}
        self._taken: set[str] = set()

    def __call__(self, foreign: str) -> str:
        """Our name for a foreign one; the same for the same."""
        if foreign not in self._given:
            plain = _RESERVED.sub("_", foreign).strip("_") or "x"
            if plain[0].isdigit():
                plain = "_" + plain
            name, count = plain, 1
            while name in self._taken:
                count += 1
                name = f"{plain}_{count}"
            self._given[foreign] = name
            self._taken.add(name)
        return self._given[foreign]


def at(path: Path, line: int, column: int, lines: list[str]) -> Position:
    """A place in a file, line and column counted from 1, with the text of the line."""
    source = lines[line - 1] if 0 < line <= len(lines) else ""
    return Position(str(path), line, column, source)


def blank(expression: Expression) -> bool:
    """Say whether an expression has no words and no references at all."""
    if isinstance(expression, Text):
        return not expression.text.strip()
    if isinstance(expression, ListReference | RuleReference):
        return False
    return all(blank(item) for item in expression.items)


def join(items: list[Expression]) -> Expression:
    """Items one after the other; neighbouring texts become one."""
    out: list[Expression] = []
    for item in items:
        for part in item.items if isinstance(item, Sequence) else (item,):
            if isinstance(part, Text) and out and isinstance(out[-1], Text):
                out[-1] = Text(out[-1].text + part.text)
            elif not (isinstance(part, Text) and not part.text):
                out.append(part)
    if len(out) == 1:
        return out[0]
    return Sequence(tuple(out)) if out else Text("")


def choice(items: list[Expression], weights: list[float] | None = None) -> Expression:
    """One of the items; weights are dropped where they are all equal."""
    if len(items) == 1:
        return items[0]
    if weights is not None and len(set(weights)) == 1:
        weights = None
    return Alternative(tuple(items), tuple(weights) if weights is not None else None)


def optional(item: Expression) -> Expression:
    """The item or nothing."""
    if isinstance(item, Alternative) and item.weights is None:
        return item if Text("") in item.items else Alternative((*item.items, Text("")))
    return Alternative((item, Text("")))


def without_control(text: str) -> str:
    """The text without control characters, which no template file may hold."""
    return _CONTROL.sub("", text)
