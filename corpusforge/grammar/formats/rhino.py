"""Picovoice Rhino contexts (YAML): expressions with choices, optionals, slots and macros."""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from corpusforge.core.errors import InputError, Position
from corpusforge.core.source import Document, read_yaml
from corpusforge.grammar.foreign.format import Format, begins
from corpusforge.grammar.foreign.losses import Kind
from corpusforge.grammar.foreign.model import ForeignPack, Options
from corpusforge.grammar.foreign.nodes import (
    NOTHING,
    Entry,
    ListRef,
    Node,
    RuleRef,
    Sentence,
    ValueRange,
    Words,
    choice,
    join,
    optional,
)
from corpusforge.grammar.foreign.text import files_of

__all__ = ["PLUGIN", "read"]

_OTHERS = Kind("sections outside of 'context'", "left out")
_WORDS_OF = Kind("numbers of built-in slot types in words", "digits; with --lang the words")
_SECTIONS = ("expressions", "slots", "macros")
_SLOT = re.compile(r"\$([\w.]+):(\w+)")
_MACRO = re.compile(r"@([\w.]+)")
_WORDS = re.compile(r"[^\[\](),$@]+")
# What Rhino knows and CLDR has words for.
_LANGUAGES = (
    *("ar", "de", "en", "es", "fa", "fr", "hi", "it", "ja"),
    *("ko", "nl", "pl", "pt", "ru", "sv", "vi", "zh"),
)
_BUILTIN = (
    "pv.Alphabetic",
    "pv.Alphanumeric",
    "pv.Percent",
    "pv.SingleDigitInteger",
    "pv.SingleDigitOrdinal",
    "pv.TwoDigitInteger",
    "pv.TwoDigitOrdinal",
)

Path_ = tuple[str | int, ...]


def read(path: Path, options: Options) -> ForeignPack:
    """One context.

    Raises:
        InputError: When the file is no context of Rhino, or an expression cannot be read.
    """
    files = files_of(path, (".yml", ".yaml"), "YAML")
    if len(files) > 1:
        names = [file.name for file in files]
        raise InputError(f"{path} holds several contexts; name one", allowed=names)
    document = read_yaml(files[0])
    context = document.value.get("context") if isinstance(document.value, dict) else None
    if not isinstance(context, dict) or not isinstance(context.get("expressions"), dict):
        raise InputError(
            "this is no context of Rhino: 'context:' with 'expressions:' is missing",
            position=document.position(()),
        )
    reader = _Reader(ForeignPack(lang=options.lang), document, context)
    reader.sections()
    return reader.pack


@dataclass
class _Reader:
    pack: ForeignPack
    document: Document
    context: dict[str, Any]
    _open: list[str] = field(default_factory=list)

    def sections(self) -> None:
        """Read everything."""
        for key in self.document.value:
            if key != "context":
                at = self.document.key_position((key,))
                self.pack.lose(_OTHERS, at, f"the section {key!r}")
        for key in self.context:
            if key not in _SECTIONS:
                raise InputError(
                    f"unknown key {key!r}",
                    position=self.document.key_position(("context", key)),
                    given=str(key),
                    allowed=_SECTIONS,
                )
        for name in self._section("slots"):
            self._list(name)
        for name in self._section("macros"):
            self._macro(name)
        for intent, expressions in self._section("expressions").items():
            path = ("context", "expressions", intent)
            for index, text in enumerate(self._phrases(expressions, path)):
                step = (*path, index)
                node = _Expression(self, text, step).whole()
                self.pack.add(str(intent), Sentence(node, self.document.position(step)))
        if not self.pack.intents:
            at = self.document.key_position(("context", "expressions"))
            raise InputError("there are no expressions", position=at)

    def _section(self, name: str) -> dict[str, Any]:
        found = self.context.get(name)
        if found is not None and not isinstance(found, dict):
            at = self.document.position(("context", name))
            raise InputError(f"{name!r} is a mapping of names to lists", position=at)
        return found or {}

    def _phrases(self, value: Any, path: Path_) -> list[str]:
        if not isinstance(value, list):
            raise InputError(
                f"expected a list below {path[-1]!r}", position=self.document.key_position(path)
            )
        for index, item in enumerate(value):
            if isinstance(item, dict | list) or item is None:
                at = self.document.position((*path, index))
                hint = "quote phrases that begin with '[' or '@', or hold ': '"
                raise InputError("a phrase is text", position=at, hint=hint)
        return [self.document.text((*path, index)) for index in range(len(value))]

    def _list(self, name: str) -> None:
        if name in self.pack.lists:
            return
        path = ("context", "slots", name)
        phrases = self._phrases(self._section("slots")[name], path)
        nodes = [
            _Expression(self, text, (*path, index), slots=False).whole()
            for index, text in enumerate(phrases)
        ]
        self.pack.lists[name] = [Entry(node) for node in dict.fromkeys(nodes)]
        self.pack.places[name] = self.document.key_position(path)

    def _macro(self, name: str) -> None:
        if name in self.pack.rules:
            return
        path = ("context", "macros", name)
        self._open.append(name)
        phrases = self._phrases(self._section("macros")[name], path)
        nodes = [
            _Expression(self, text, (*path, index)).whole() for index, text in enumerate(phrases)
        ]
        self._open.pop()
        self.pack.rules[name] = choice(list(dict.fromkeys(nodes))) if nodes else NOTHING

    def macro(self, name: str, at: Position) -> Node:
        """A reference to a macro."""
        if name not in self._section("macros"):
            raise self._unknown("macro", f"@{name}", [f"@{n}" for n in self._section("macros")], at)
        if name in self._open:
            circle = " -> ".join((*self._open, name))
            raise InputError(f"the macro @{name} refers to itself ({circle})", position=at)
        self._macro(name)
        return RuleRef(name)

    def slot(self, kind: str, name: str, at: Position) -> Node:
        """A reference to a slot type, built in or of the context."""
        if kind in self._section("slots"):
            self._list(kind)
        elif kind in _BUILTIN:
            values = self.pack.lists.setdefault(kind, _builtin(kind, self.pack.lang))
            self.pack.places.setdefault(kind, at)
            said = isinstance(values, ValueRange) and values.form != "digits"
            if kind != "pv.Alphabetic" and not said:
                self.pack.lose(_WORDS_OF, at, f"the words of the built-in slot type {kind}")
        else:
            known = [f"${n}" for n in (*self._section("slots"), *_BUILTIN)]
            raise self._unknown("slot type", f"${kind}", known, at)
        return ListRef(kind, self.pack.slot(name, at))

    def _unknown(self, what: str, given: str, known: list[str], at: Position) -> InputError:
        return InputError(
            f"the {what} {given} is defined nowhere", position=at, given=given, allowed=known
        )


def _builtin(kind: str, lang: str | None) -> list[Entry] | ValueRange:
    """What stands for a built-in slot type: letters, and numbers, in words where there are any."""
    letters = [chr(code) for code in range(ord("a"), ord("z") + 1)]
    language = (lang or "").lower().partition("-")[0]
    if kind == "pv.Alphabetic":
        return [Entry(Words(letter)) for letter in letters]
    if kind == "pv.Alphanumeric":
        return [Entry(Words(char)) for char in (*letters, *"0123456789")]
    if kind == "pv.Percent":
        sign = " percent" if language in ("", "en") else " %"
        return [Entry(Words(f"{n}{sign}"), str(n)) for n in range(101)]
    last = 9 if "SingleDigit" in kind else 99
    if kind.endswith("Integer"):
        return ValueRange(0, last, "words" if language in _LANGUAGES else "digits")
    if language in _LANGUAGES:
        return ValueRange(1, last, "ordinal")
    return [Entry(Words(f"{n}{_ending(n)}"), str(n)) for n in range(1, last + 1)]


def _ending(number: int) -> str:
    """Of an English ordinal number."""
    ending = {1: "st", 2: "nd", 3: "rd"}.get(number % 10, "th")
    return "th" if number // 10 == 1 else ending


class _Expression:
    """A cursor over one expression."""

    def __init__(self, reader: _Reader, text: str, path: Path_, *, slots: bool = True) -> None:
        self._reader, self._text, self._path, self._slots = reader, text, path, slots
        self._at = 0

    def whole(self) -> Node:
        """The whole expression."""
        node = self._sequence("")
        if self._at < len(self._text):
            char = self._text[self._at]
            hint = "commas stand inside of [choices] and (optionals)" if char == "," else ""
            raise self._wrong(f"'{char}' cannot stand here", self._at, hint)
        return node

    def _wrong(self, message: str, offset: int, hint: str = "") -> InputError:
        return InputError(message, position=self._place(offset), hint=hint)

    def _place(self, offset: int) -> Position:
        return self._reader.document.position(self._path, offset)

    def _sequence(self, close: str) -> Node:
        parts: list[Node] = []
        while self._at < len(self._text):
            start, char = self._at, self._text[self._at]
            if char in "])," and (not close or char in (close, ",")):
                break
            if char in "])":
                raise self._wrong(f"expected '{close}', found '{char}'", start)
            if char in "[(":
                parts.append(self._group(char))
            elif char == "$":
                parts.append(self._slot())
            elif char == "@":
                match = _MACRO.match(self._text, start)
                if match is None:
                    raise self._wrong("'@' without the name of a macro", start)
                self._at = match.end()
                parts.append(self._reader.macro(match[1], self._place(start)))
            else:
                match = _WORDS.match(self._text, start)
                assert match is not None, "every other character belongs to words"
                self._at = match.end()
                parts.append(Words(match[0]))
        return join(parts)

    def _slot(self) -> Node:
        start = self._at
        match = _SLOT.match(self._text, start)
        if match is None:
            hint = "expected $type:name, for example $color:light_color"
            raise self._wrong("a slot that cannot be read", start, hint)
        if not self._slots:
            raise self._wrong("the phrases of a slot hold no slots", start)
        self._at = match.end()
        return self._reader.slot(match[1], match[2], self._place(start))

    def _group(self, bracket: str) -> Node:
        """`[a, b]` is one of them, `(a, b)` one of them or nothing."""
        opened, close = self._at, "]" if bracket == "[" else ")"
        self._at += 1
        items: list[Node] = []
        while True:
            begun = self._at
            item = self._sequence(close)
            if not self._text[begun : self._at].strip():
                raise self._wrong("a choice without words", min(begun, len(self._text) - 1))
            items.append(_stripped(item))
            if self._at >= len(self._text):
                raise self._wrong(f"'{bracket}' is never closed", opened, f"expected '{close}'")
            self._at += 1
            if self._text[self._at - 1] == close:
                break
        node = choice(list(dict.fromkeys(items)))
        return optional(node) if bracket == "(" else node


def _stripped(node: Node) -> Node:
    """Words of a choice without the white space beside the commas."""
    if isinstance(node, Words):
        return Words(node.text.strip())
    if not hasattr(node, "items") or hasattr(node, "weights"):
        return node
    parts = list(node.items)
    if isinstance(parts[0], Words):
        parts[0] = Words(parts[0].text.lstrip())
    if isinstance(parts[-1], Words):
        parts[-1] = Words(parts[-1].text.rstrip())
    return join(parts)


PLUGIN = Format(
    name="rhino",
    read=read,
    accepts=begins(r"^\ufeff?context:\s*$", ".yml", ".yaml"),
    losses=(_OTHERS, _WORDS_OF),
    example={
        "cafe.yaml": "context:\n  expressions:\n    order:\n"
        '      - "[bring, get] (me) $drink:drink"\n'
        "  slots:\n    drink: [tea, coffee]\n"
    },
)
