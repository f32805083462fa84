"""Parse Chatito files: definitions with their sentences, imports, arguments."""

from __future__ import annotations

import math
import re
from dataclasses import dataclass, field
from pathlib import Path

from corpusforge.core.errors import InputError, Position
from corpusforge.grammar.foreign.text import SourceText

__all__ = ["Definition", "File", "Line", "Reference", "parse_file"]

KINDS = {"%": "intent", "@": "slot", "~": "alias"}
_HEAD = re.compile(r"([%@~])\[([^\]?#]*)(#[^\]?]*)?\]")
_ALIAS_HEAD = re.compile(r"([%~])\[([^\]?]*)()\]")
_REFERENCE = re.compile(r"([@~])\[([^\]?\n]*)(\?)?\]")
_ODDS = re.compile(r"\*\[((?:0|[1-9]\d*)(?:\.\d+)?)(%?)\]")
_ARGUMENT = re.compile(
    r"""\s*(?:"((?:[^"\\\n]|\\.)*)"|'((?:[^'\\\n]|\\.)*)')\s*:"""
    r"""\s*(?:"((?:[^"\\\n]|\\.)*)"|'((?:[^'\\\n]|\\.)*)')\s*(,)?\s*"""
)
_ESCAPE = re.compile(r"\\(u[0-9a-fA-F]{4}|.)")
_ESCAPES = {"b": "\b", "f": "\f", "n": "\n", "r": "\r", "t": "\t", "v": "\x0b"}


@dataclass(frozen=True)
class Reference:
    """A slot or alias inside a sentence."""

    kind: str
    name: str
    variation: str
    optional: bool
    position: Position


@dataclass(frozen=True)
class Line:
    """A sentence: its parts, its odds (number, is it a percentage) and where it stands."""

    parts: tuple[str | Reference, ...]
    odds: tuple[float, bool] | None
    position: Position


@dataclass
class Definition:
    """An intent, slot or alias with its sentences."""

    kind: str
    name: str
    variation: str
    arguments: dict[str, str]
    position: Position
    lines: list[Line] = field(default_factory=list)

    @property
    def key(self) -> tuple[str, str, str]:
        """What it is looked up by."""
        return self.kind, self.name, self.variation

    def __str__(self) -> str:
        sign = next(sign for sign, kind in KINDS.items() if kind == self.kind)
        return f"{sign}[{self.name}{'#' if self.variation else ''}{self.variation}]"


@dataclass
class File:
    """A parsed file: its definitions in order, and what it imports."""

    path: Path
    definitions: list[Definition]
    imports: list[tuple[str, Position]]


def parse_file(path: Path) -> File:
    """Parse one file.

    Raises:
        InputError: For what is no Chatito, with its place.
    """
    source = SourceText(path)
    found = File(path, [], [])
    seen: dict[tuple[str, str, str], Definition] = {}
    for number, line in enumerate(source.lines):
        if not line.strip() or line.startswith(("//", "#")):
            continue
        if line.startswith("import "):
            found.imports.append((line[len("import ") :].strip(), source.place(number)))
        elif line[0] in KINDS:
            definition = _head(line, source, number)
            first = seen.setdefault(definition.key, definition)
            if first is not definition:
                raise InputError(
                    f"{definition} is defined twice (first on line {first.position.line})",
                    position=definition.position,
                    hint="join the two, or rename one",
                )
            found.definitions.append(definition)
        elif line[0] in " \t" and found.definitions:
            kind = found.definitions[-1].kind
            found.definitions[-1].lines.append(_sentence(line, kind, source, number))
        else:
            raise _stray(line, source, number)
    for definition in found.definitions:
        if not definition.lines:
            raise InputError(
                f"{definition} has no sentences",
                position=definition.position,
                hint="write at least one below it, indented by four spaces",
            )
        _check_odds(definition)
    return found


def _stray(line: str, source: SourceText, number: int) -> InputError:
    if line[0] in " \t":
        return InputError(
            "a sentence that belongs to no intent, slot or alias",
            position=source.place(number, len(line) - len(line.lstrip())),
            hint="expected '%[intent]', '@[slot]' or '~[alias]' above it",
        )
    return InputError(
        "this line is no Chatito",
        position=source.place(number),
        hint="expected '%[intent]', '@[slot]', '~[alias]', 'import FILE', a comment ('//'), or "
        "four spaces and a sentence",
    )


def _head(line: str, source: SourceText, number: int) -> Definition:
    pattern = _HEAD if line[0] == "@" else _ALIAS_HEAD
    match = pattern.match(line)
    if match is None or not match[2].strip():
        raise InputError(
            f"{line.split(']')[0][:40]!r} cannot begin a definition",
            position=source.place(number),
            hint=f"expected, for example: {line[0]}[name]; names hold no '?' and no ']'",
        )
    at = source.place(number)
    arguments, end = _arguments(line, match.end(), source, number)
    if line[end:].strip():
        raise InputError(
            "nothing may follow a definition in its line",
            position=source.place(number, end),
            hint="arguments look like ('training': '100', 'testing': '20')",
        )
    variation = (match[3] or "").removeprefix("#")
    return Definition(KINDS[line[0]], match[2], variation, arguments, at)


def _arguments(line: str, at: int, source: SourceText, number: int) -> tuple[dict[str, str], int]:
    arguments: dict[str, str] = {}
    if line[at : at + 1] != "(":
        return arguments, at
    at += 1
    while line[at : at + 1] != ")":
        match = _ARGUMENT.match(line, at)
        if match is None:
            raise InputError(
                "an argument that cannot be read",
                position=source.place(number, at),
                hint="expected 'key': 'value' in quotes, separated by commas, and ')' at the end",
            )
        key = match[1] if match[1] is not None else match[2]
        value = match[3] if match[3] is not None else match[4]
        arguments[_unescaped(key)] = _unescaped(value)
        at = match.end()
    return arguments, at + 1


def _unescaped(text: str) -> str:
    def one(found: re.Match[str]) -> str:
        code = found[1]
        return chr(int(code[1:], 16)) if len(code) == 5 else _ESCAPES.get(code, code)

    return _ESCAPE.sub(one, text)


def _sentence(line: str, kind: str, source: SourceText, number: int) -> Line:
    start = len(line) - len(line.lstrip())
    at = start
    odds = None
    match = _ODDS.match(line, at)
    if match is not None:
        odds = float(match[1]), bool(match[2])
        at = match.end()
    parts: list[str | Reference] = []
    text = line.rstrip()
    # Inside a slot, `@[x]` is text: slots hold no slots.
    signs = "~" if kind == "slot" else "@~"
    while at < len(text):
        begin = min((p for sign in signs if (p := text.find(f"{sign}[", at)) >= 0), default=-1)
        if begin < 0:
            parts.append(text[at:])
            break
        if begin > at:
            parts.append(text[at:begin])
        reference = _REFERENCE.match(text, begin)
        place = source.place(number, begin)
        if reference is None or not reference[2].strip():
            raise InputError(
                f"'{text[begin]}[' is never closed" if reference is None else "a name is missing",
                position=place,
                hint=f"expected, for example: {text[begin]}[name] or {text[begin]}[name?]",
            )
        name, _, variation = (
            reference[2].partition("#") if reference[1] == "@" else (reference[2], "", "")
        )
        parts.append(
            Reference(KINDS[reference[1]], name, variation, reference[3] is not None, place)
        )
        at = reference.end()
    if parts and isinstance(parts[0], str):
        parts[0] = parts[0].lstrip()
    return Line(tuple(parts), odds, source.place(number, start))


def _check_odds(definition: Definition) -> None:
    given = [line for line in definition.lines if line.odds is not None]
    if len({line.odds[1] for line in given if line.odds}) > 1:
        raise InputError(
            f"{definition} mixes weights and percentages",
            position=given[-1].position,
            hint="write all of its *[...] with '%', or all without",
        )
    for line in given:
        if line.odds and not 0 < line.odds[0] <= (100 if line.odds[1] else math.inf):
            raise InputError(
                f"the odds {line.odds[0]:g}{'%' if line.odds[1] else ''} of a sentence",
                position=line.position,
                hint="expected a number above 0, percentages up to 100",
            )
    total = sum(line.odds[0] for line in given if line.odds and line.odds[1])
    if total > 100.0001:
        raise InputError(
            f"the percentages of {definition} sum to {total:g}, more than 100",
            position=given[-1].position,
        )
