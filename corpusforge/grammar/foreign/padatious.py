"""Padatious (Mycroft, OVOS): `.intent` and `.entity` files."""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from pathlib import Path

from corpusforge.core.errors import InputError, Position
from corpusforge.grammar.foreign.model import (
    NOTHING,
    Entry,
    ForeignPack,
    ListRef,
    Node,
    Options,
    Sentence,
    Words,
    choice,
    join,
)
from corpusforge.grammar.foreign.text import SourceText, files_of

__all__ = ["read"]

_ENTITY = re.compile(r"\{\{?\s*([^{}|()\[\]]+?)\s*\}?\}")
_DIGITS = choice([Words(str(digit)) for digit in range(10)])
_TAG = re.compile(r"[a-z]{2,3}(?:-[A-Za-z]{2,4})?")
_OTHERS = (".voc", ".rx", ".dialog")
ANY_WORD = "any_words"


def read(path: Path, options: Options) -> ForeignPack:
    """One `.intent` file with the entities beside it, or all of a folder.

    Raises:
        InputError: When there is no such file, or a line cannot be read.
    """
    files = files_of(path, (".intent", ".entity", *_OTHERS), "Padatious")
    lang = options.lang
    if path.is_dir():
        lang, files = _one_language(path, files, lang)
    intents = [file for file in files if file.suffix == ".intent"]
    if not intents:
        raise InputError(f"{path} is no .intent file, and holds none")
    if not path.is_dir():
        files = sorted(path.parent.glob("*.entity"))
    reader = _Reader(ForeignPack(lang=lang))
    for file in files:
        if file.suffix in _OTHERS:
            at = Position(str(file), 1, 1)
            reader.pack.lose(at, f"a file {file.suffix}, which is not Padatious", "left out")
    for file in files:
        if file.suffix == ".entity":
            reader.entity(file)
    for file in intents:
        reader.intent(file)
    if not reader.pack.intents:
        raise InputError(f"there are no sentences in {path}")
    return reader.pack


def _one_language(path: Path, files: list[Path], lang: str | None) -> tuple[str | None, list[Path]]:
    """The files of one language, where the folders are named after languages."""
    tag_of = {
        file: next(
            (p for p in reversed(file.relative_to(path).parts[:-1]) if _TAG.fullmatch(p)), ""
        )
        for file in files
    }
    tags = sorted(set(tag_of.values()) - {""})
    if lang is None and len(tags) > 1:
        raise InputError(
            f"{path} holds several languages; name one", allowed=tags, hint=f"--lang {tags[0]}"
        )
    if not tags:
        return lang, files
    wanted = lang or tags[0]
    fitting = [tag for tag in tags if f"{tag}-".lower().startswith(f"{wanted}-".lower())]
    if not fitting:
        message = f"{path} holds nothing in the language {wanted!r}"
        raise InputError(message, given=wanted, allowed=tags)
    return wanted, [file for file in files if tag_of[file] in ("", *fitting)]


@dataclass
class _Reader:
    pack: ForeignPack
    _entities: dict[str, str] = field(default_factory=dict)

    def entity(self, file: Path) -> None:
        """Read the values of an entity; `#` is any digit."""
        source = SourceText(file)
        if file.stem.lower() in self._entities:
            first = self._entities[file.stem.lower()]
            raise InputError(f"two files define the entity {file.stem!r}: {first} and {file}")
        self._entities[file.stem.lower()] = str(file)
        entries: list[Entry] = []
        for number, line in _lines(source):
            node = _Line(self, source, number, line, entity=True).whole()
            if node != NOTHING:
                entries.append(Entry(node))
        self.pack.lists[file.stem] = list(dict.fromkeys(entries))

    def intent(self, file: Path) -> None:
        """Read the sentences of an intent."""
        source = SourceText(file)
        for number, line in _lines(source):
            if line.startswith("# "):
                self.pack.lose(source.place(number), "a line that begins with '# '", "a comment")
                continue
            at = source.place(number, len(source.lines[number]) - len(line))
            node = _Line(self, source, number, line, entity=False).whole()
            self.pack.add(file.stem, Sentence(node, at))
        if file.stem not in self.pack.intents:
            self.pack.lose(source.place(0), f"the intent {file.stem!r} without sentences", "none")

    def slot(self, name: str, at: Position) -> Node:
        """A reference to an entity; without values it is any words at all."""
        key = next((key for key in self.pack.lists if key.lower() == name.lower()), name)
        if key not in self.pack.lists:
            self.pack.lists[key] = []
            self.pack.fact(
                "A slot without an .entity file is any words at all: a list without values, so "
                "its sentences are matched, not drawn, until --lists gives values."
            )
        return ListRef(key, self.pack.slot(name, at))

    def any_word(self, at: Position) -> Node:
        """`:0`, any single word."""
        self.pack.lists.setdefault(ANY_WORD, [])
        self.pack.lose(at, "':0', exactly one word", f"the list {ANY_WORD!r} of any words, no slot")
        return ListRef(ANY_WORD, "")


def _lines(source: SourceText) -> list[tuple[int, str]]:
    """Lines with words: not blank, no comment."""
    return [
        (number, line.lstrip())
        for number, line in enumerate(source.lines)
        if line.strip() and not line.startswith("//")
    ]


class _Line:
    """A cursor over one line."""

    def __init__(
        self, reader: _Reader, source: SourceText, number: int, text: str, *, entity: bool
    ) -> None:
        self._reader, self._source, self._number = reader, source, number
        self._text, self._entity = text.rstrip(), entity
        self._shift = len(source.lines[number]) - len(text)
        self._at = 0

    def whole(self) -> Node:
        """The whole line."""
        node = self._choices()
        if self._at < len(self._text):
            raise self._wrong(f"'{self._text[self._at]}' closes nothing", self._at)
        return node

    def _place(self, offset: int) -> Position:
        return self._source.place(self._number, self._shift + offset)

    def _wrong(self, message: str, offset: int, hint: str = "") -> InputError:
        return InputError(message, position=self._place(offset), hint=hint)

    def _choices(self) -> Node:
        """Alternatives up to a bracket that closes."""
        items = [self._sequence()]
        while self._at < len(self._text) and self._text[self._at] == "|":
            self._at += 1
            items.append(self._sequence())
        return choice(list(dict.fromkeys(items)))

    def _sequence(self) -> Node:
        parts: list[Node] = []
        while self._at < len(self._text):
            start, char = self._at, self._text[self._at]
            if char in ")]|":
                break
            if char in "([":
                parts.append(self._group(char))
            elif char == "{":
                parts.append(self._slot())
            elif char == "#":
                if not self._entity:
                    self._reader.pack.fact("'#' is any digit, in sentences as in entities.")
                parts.append(_DIGITS)
                self._at += 1
            elif self._text.startswith(":0", start) and self._alone(start):
                parts.append(self._reader.any_word(self._place(start)))
                self._at += 2
            else:
                parts.append(Words(char))
                self._at += 1
        return join(parts)

    def _alone(self, start: int) -> bool:
        before, after = self._text[start - 1 : start], self._text[start + 2 : start + 3]
        return not before.isalnum() and not after.isalnum()

    def _slot(self) -> Node:
        start = self._at
        match = _ENTITY.match(self._text, start)
        if match is None:
            raise self._wrong("'{' is never closed", start, "expected, for example: {city}")
        if self._entity:
            raise self._wrong("the values of an entity hold no entities", start)
        self._at = match.end()
        return self._reader.slot(match[1], self._place(start))

    def _group(self, bracket: str) -> Node:
        opened, close = self._at, ")" if bracket == "(" else "]"
        self._at += 1
        node = self._choices()
        if self._at >= len(self._text):
            raise self._wrong(f"'{bracket}' is never closed", opened, f"expected '{close}'")
        if self._text[self._at] != close:
            raise self._wrong(f"expected '{close}', found '{self._text[self._at]}'", self._at)
        if bracket == "(" and "|" not in self._text[opened : self._at]:
            what = f"{self._text[opened : self._at + 1]}, brackets around a single choice"
            self._reader.pack.lose(self._place(opened), what, "its words")
        self._at += 1
        if bracket == "(":
            return node
        return node if node == NOTHING else choice(list(dict.fromkeys((node, NOTHING))))
