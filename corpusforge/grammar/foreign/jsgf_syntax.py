"""Parse JSGF grammars (Java Speech Grammar Format 1.0) into a tree."""

from __future__ import annotations

import codecs
import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path

from corpusforge.core.errors import InputError, Position
from corpusforge.grammar.foreign.text import SourceText

__all__ = [
    "Alternatives",
    "Expansion",
    "Grammar",
    "Name",
    "Optionally",
    "Repeated",
    "Rule",
    "Series",
    "Tagged",
    "Token",
    "names_in",
    "parse_grammar",
]

_SKIP = re.compile(r"(?:\s+|//[^\n]*|/\*.*?\*/)+", re.DOTALL)
_HEADER = re.compile(
    r"\ufeff?#JSGF[ \t]*[Vv]?(\d[\d.]*)(?:[ \t]+([^\s;]+))?(?:[ \t]+([^\s;]+))?[ \t]*;?"
)
_ENCODING = re.compile(rb"#JSGF[ \t]+[Vv]?\d[\d.]*[ \t]+([\w.:-]+)")
_GRAMMAR = re.compile(r"grammar\s+([^\s;<>=]+)\s*;")
_IMPORT = re.compile(r"import\s*<\s*([^<>]+?)\s*>\s*;")
_RULE = re.compile(r"(public\s+|private\s+)?<\s*([^<>\s]+)\s*>\s*=")
_NAME = re.compile(r"<\s*([^<>\s]+)\s*>")
_WEIGHT = re.compile(r"/\s*(\d*\.?\d+(?:[eE][-+]?\d+)?f?)\s*/")
_QUOTED = re.compile(r'"((?:[^"\\\n]|\\.)*)"')
_WORD = re.compile(r"(?:\\.|/(?![/*])|[^\s;=|*+<>()\[\]{}\"/\\])+")
# Deeper nesting would end in Python's own recursion limit.
MAX_DEPTH = 60


@dataclass(frozen=True)
class Token:
    """Words."""

    text: str


@dataclass(frozen=True)
class Name:
    """A reference to a rule, also NULL and VOID."""

    name: str
    position: Position


@dataclass(frozen=True)
class Series:
    """One after the other."""

    items: tuple[Expansion, ...]


@dataclass(frozen=True)
class Alternatives:
    """One of them; weights are given for all or for none."""

    items: tuple[Expansion, ...]
    weights: tuple[float, ...] | None


@dataclass(frozen=True)
class Optionally:
    """It or nothing."""

    item: Expansion


@dataclass(frozen=True)
class Repeated:
    """It, any number of times, at least `least`."""

    item: Expansion
    least: int
    position: Position


@dataclass(frozen=True)
class Tagged:
    """It, with a tag."""

    item: Expansion
    tag: str
    position: Position


Expansion = Token | Name | Series | Alternatives | Optionally | Repeated | Tagged


@dataclass(frozen=True)
class Rule:
    """A rule of a grammar."""

    name: str
    public: bool
    body: Expansion
    position: Position


@dataclass
class Grammar:
    """A parsed file."""

    path: Path
    name: str
    locale: str
    imports: list[tuple[str, Position]] = field(default_factory=list)
    rules: dict[str, Rule] = field(default_factory=dict)


def names_in(expansion: Expansion) -> Iterator[Name]:
    """The references to rules in an expansion."""
    if isinstance(expansion, Name):
        yield expansion
    elif isinstance(expansion, Series | Alternatives):
        for item in expansion.items:
            yield from names_in(item)
    elif not isinstance(expansion, Token):
        yield from names_in(expansion.item)


def _encoding(path: Path) -> str | None:
    """The character encoding that the header names (JSGF 1.0, 2.1); None for UTF-8."""
    try:
        with path.open("rb") as stream:
            found = _ENCODING.match(stream.read(200))
        name = codecs.lookup(found[1].decode("ascii")).name if found else "utf-8"
    except (OSError, LookupError):
        return None
    return None if name in ("utf-8", "ascii") else name


def parse_grammar(path: Path) -> Grammar:
    """Parse one file.

    Raises:
        InputError: For what is no JSGF, with its place.
    """
    source = SourceText(path, _encoding(path))
    header = _HEADER.match(source.text)
    if header is None:
        raise InputError(
            "this is no JSGF: the first line is not '#JSGF V1.0;'",
            position=source.place(0),
        )
    reader = _Reader(source, header.end())
    reader.skip()
    named = _GRAMMAR.match(source.text, reader.at)
    if named is None:
        hint = "expected, for example: grammar lights;"
        raise InputError("the grammar has no name", position=source.at(reader.at), hint=hint)
    reader.at = named.end()
    locale = header[3] or ""
    grammar = Grammar(path, named[1], locale.replace("_", "-"))
    while True:
        reader.skip()
        found = _IMPORT.match(source.text, reader.at)
        if found is None:
            break
        imported = "".join(found[1].split())
        grammar.imports.append((imported, source.at(found.start(1))))
        reader.at = found.end()
    while reader.at < len(source.text):
        rule = reader.rule()
        if rule.name in grammar.rules:
            first = grammar.rules[rule.name].position.line
            message = f"the rule <{rule.name}> is defined twice (first on line {first})"
            raise InputError(message, position=rule.position)
        grammar.rules[rule.name] = rule
        reader.skip()
    return grammar


class _Reader:
    """A cursor over the text of a file."""

    def __init__(self, source: SourceText, at: int) -> None:
        self._source, self._text, self.at = source, source.text, at

    def skip(self) -> None:
        """Leave white space and comments behind."""
        found = _SKIP.match(self._text, self.at)
        if found is not None:
            self.at = found.end()
        if self._text.startswith("/*", self.at):
            raise self._wrong("a comment is never closed", self.at, "expected '*/'")

    def _wrong(self, message: str, offset: int, hint: str = "") -> InputError:
        offset = min(offset, max(len(self._text.rstrip()) - 1, 0))
        return InputError(message, position=self._source.at(offset), hint=hint)

    def rule(self) -> Rule:
        """`public <name> = expansion ;`"""  # noqa: D415
        found = _RULE.match(self._text, self.at)
        if found is None:
            hint = "expected 'public <name> = words;' or '<name> = words;'"
            raise self._wrong("this is no rule", self.at, hint)
        at = self._source.at(found.start(2) - 1)
        self.at = found.end()
        body = self._alternatives(0)
        if self._char() != ";":
            shown = f"'{self._char()}'" if self._char() else "the end of the file"
            hint = "rules end with ';'; words with such characters stand in quotes"
            raise self._wrong(f"expected ';', found {shown}", self.at, hint)
        self.at += 1
        return Rule(found[2], (found[1] or "").strip() == "public", body, at)

    def _char(self) -> str:
        self.skip()
        return self._text[self.at : self.at + 1]

    def _alternatives(self, depth: int) -> Expansion:
        if depth > MAX_DEPTH:
            raise self._wrong(f"brackets nest deeper than {MAX_DEPTH}", self.at)
        items: list[Expansion] = []
        weights: list[float | None] = []
        while True:
            self.skip()
            begun = self.at
            weight = _WEIGHT.match(self._text, self.at)
            if weight is not None:
                self.at = weight.end()
            weights.append(float(weight[1].rstrip("f")) if weight else None)
            items.append(self._series(depth))
            if weight is None and None not in weights[:-1] and len(weights) > 1:
                raise self._wrong("an alternative without a weight beside others with one", begun)
            if weight is not None and None in weights:
                raise self._wrong("a weight beside alternatives without one", begun)
            if self._char() != "|":
                break
            self.at += 1
        if len(items) == 1:
            return items[0]
        given = [weight for weight in weights if weight is not None]
        return Alternatives(tuple(items), tuple(given) if given else None)

    def _series(self, depth: int) -> Expansion:
        items: list[Expansion] = []
        while (char := self._char()) and char not in ";|)]}":
            items.append(self._marked(depth))
        if not items:
            shown = f"'{char}'" if char else "the end of the file"
            hint = "an alternative without words is written <NULL>"
            raise self._wrong(f"expected words before {shown}", self.at, hint)
        return items[0] if len(items) == 1 else Series(tuple(items))

    def _marked(self, depth: int) -> Expansion:
        """A part with the `*`, `+` and tags that follow it."""
        item = self._part(depth)
        while (char := self._char()) and char in "*+{":
            at = self._source.at(self.at)
            if char == "{":
                item = Tagged(item, self._tag(), at)
            else:
                self.at += 1
                item = Repeated(item, int(char == "+"), at)
        return item

    def _part(self, depth: int) -> Expansion:
        char, start = self._char(), self.at
        if char in "([":
            close = ")" if char == "(" else "]"
            self.at += 1
            item = self._alternatives(depth + 1)
            if self._char() != close:
                raise self._wrong(f"'{char}' is never closed", start, f"expected '{close}'")
            self.at += 1
            return item if char == "(" else Optionally(item)
        if char == "<":
            found = _NAME.match(self._text, start)
            if found is None:
                raise self._wrong("'<' is never closed", start, "expected, for example: <name>")
            self.at = found.end()
            return Name(found[1], self._source.at(start))
        if char == '"':
            found = _QUOTED.match(self._text, start)
            if found is None:
                raise self._wrong("a quote is never closed", start, "expected '\"'")
            self.at = found.end()
            return Token(re.sub(r"\\(.)", r"\1", found[1]))
        found = _WORD.match(self._text, start)
        if found is None:
            hint = "words with such characters stand in quotes"
            raise self._wrong(f"'{char}' cannot stand here", start, hint)
        self.at = found.end()
        return Token(re.sub(r"\\(.)", r"\1", found[0]))

    def _tag(self) -> str:
        """The inside of `{...}`, in which brackets may nest and a backslash escapes."""
        start = self.at
        depth = 0
        while self.at < len(self._text):
            char = self._text[self.at]
            self.at += 2 if char == "\\" else 1
            depth += (char == "{") - (char == "}")
            if depth == 0:
                inside = self._text[start + 1 : self.at - 1]
                return re.sub(r"\\(.)", r"\1", inside).strip()
        raise self._wrong("'{' is never closed", start, "expected '}'")
