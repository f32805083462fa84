"""Rasa NLU training data: YAML of the versions 2 and 3."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from corpusforge.core.errors import InputError, Position
from corpusforge.core.source import Document, read_yaml
from corpusforge.grammar.foreign.annotated import Mark, Utterances
from corpusforge.grammar.foreign.model import Entry, ForeignPack, Options, Words
from corpusforge.grammar.foreign.text import files_of

__all__ = ["read"]

_KINDS = ("intent", "synonym", "lookup", "regex")
_BESIDE = {
    "intent": ("examples", "metadata"),
    "synonym": ("examples",),
    "lookup": ("examples",),
    "regex": ("examples",),
}
# [words](entity), [words](entity:value), [words]{...}, [words][{...}, {...}]
_MARK = re.compile(
    r"\[(?P<words>[^\]]+?)\]"
    r"(?:\((?P<entity>[^:)]+?)(?::(?P<value>[^)]+))?\)"
    r"|(?P<one>\{[^}]+?\})|\[(?P<several>\s*\{.*?\}\s*)\])"
)
_KEYS = ("entity", "role", "group", "value")

Path_ = tuple[str | int, ...]


def read(path: Path, options: Options) -> ForeignPack:
    """Intents, entities, synonyms and lookup tables of a file or of all files of a folder.

    Raises:
        InputError: When a file is not Rasa's, or an annotation cannot be read.
    """
    reader = _Reader(ForeignPack(lang=options.lang))
    files = files_of(path, (".yml", ".yaml"), "YAML")
    for file in files:
        reader.file(read_yaml(file), alone=len(files) == 1)
    reader.finish()
    if not reader.pack.intents:
        raise InputError(f"there are no training examples in {path}", hint="expected 'nlu:'")
    return reader.pack


@dataclass
class _Example:
    """One example: its text, and where it stands (path in the document, offset in the value)."""

    text: str
    document: Document
    path: Path_
    offset: int = 0

    def at(self, offset: int = 0) -> Position:
        return self.document.position(self.path, self.offset + offset)


@dataclass
class _Reader:
    pack: ForeignPack
    synonyms: dict[str, list[_Example]] = field(default_factory=dict)

    def __post_init__(self) -> None:
        self.utterances = Utterances(self.pack)

    def file(self, document: Document, *, alone: bool) -> None:
        """Read one file; a file without `nlu` is an error only when it is the only one."""
        value = document.value
        if not isinstance(value, dict) or not isinstance(value.get("nlu"), list):
            where = document.position(())
            if not alone:
                self.pack.lose(where, "a file without 'nlu:'", "left out")
                return
            raise InputError(
                "this is no training data of Rasa: the key 'nlu' with a list below it is missing",
                position=where,
                hint="Markdown and JSON of Rasa 1 can be converted by: rasa data convert nlu",
            )
        for key in value:
            if key not in ("version", "nlu"):
                self.pack.lose(document.key_position((key,)), f"the section {key!r}", "left out")
        for index, item in enumerate(value["nlu"]):
            self._item(item, document, ("nlu", index))

    def _item(self, item: Any, document: Document, path: Path_) -> None:
        kinds = [kind for kind in _KINDS if isinstance(item, dict) and kind in item]
        if len(kinds) != 1:
            raise InputError(
                "an entry of 'nlu' needs exactly one of 'intent', 'synonym', 'lookup', 'regex'",
                position=document.position(path),
                given=next(iter(item), None) if isinstance(item, dict) and not kinds else None,
                allowed=_KINDS,
            )
        kind = kinds[0]
        name = str(item[kind] if item[kind] is not None else "").strip()
        if not name:
            raise InputError(f"{kind!r} has no name", position=document.key_position((*path, kind)))
        for key in item:
            if key != kind and key not in _BESIDE[kind]:
                raise InputError(
                    f"unknown key {key!r}",
                    position=document.key_position((*path, key)),
                    given=str(key),
                    allowed=_BESIDE[kind],
                )
        if "metadata" in item:
            at = document.key_position((*path, "metadata"))
            self.pack.lose(at, f"metadata of the intent {name!r}", "left out")
        examples = list(self._examples(item.get("examples"), document, (*path, "examples")))
        if not examples:
            self.pack.lose(document.position(path), f"the {kind} {name!r} without examples", "none")
        if kind == "intent":
            for example in examples:
                self._utterance(name, example)
        elif kind == "synonym":
            self.synonyms.setdefault(name, []).extend(examples)
        elif kind == "lookup":
            for example in examples:
                self.utterances.value(name, example.text, None)
        else:
            what = f"the regular expressions of {name!r}"
            self.pack.lose(document.position(path), what, "left out")

    def _examples(self, value: Any, document: Document, path: Path_) -> Iterator[_Example]:
        if isinstance(value, str):
            offset = 0
            for line in value.split("\n"):
                bare = line.strip()
                start = offset + len(line) - len(line.lstrip())
                offset += len(line) + 1
                if bare.startswith("-"):
                    text = bare[1:].strip()
                    lead = len(bare) - len(bare[1:].lstrip())
                    if text:
                        yield _Example(text, document, path, start + lead)
                elif bare:
                    at = document.position(path, start)
                    self.pack.lose(at, "a line of examples without '- '", "left out, as Rasa does")
        elif isinstance(value, list):
            for index, entry in enumerate(value):
                yield from self._listed(entry, document, (*path, index))
        elif value is not None:
            raise InputError(
                "examples are a text with '- ' lines or a list",
                position=document.position(path),
                hint="write 'examples: |' and the examples below it",
            )

    def _listed(self, entry: Any, document: Document, path: Path_) -> Iterator[_Example]:
        if isinstance(entry, dict):
            if "text" not in entry:
                raise InputError(
                    "an example without 'text'",
                    position=document.position(path),
                    given=next(iter(entry), None),
                    allowed=["text", "metadata"],
                )
            for key in entry:
                if key != "text":
                    self.pack.lose(
                        document.key_position((*path, key)), f"{key!r} of an example", "left out"
                    )
            entry, path = entry["text"], (*path, "text")
        text = str(entry).strip()
        if text:
            yield _Example(text, document, path)

    def _utterance(self, intent: str, example: _Example) -> None:
        if "+" in intent:
            self.pack.fact("An intent with '+' (several in one sentence) is one intent here.")
        if "/" in intent:
            self.pack.fact("A retrieval intent ('faq/ask_x') keeps its whole name.")
        pieces: list[str] = []
        marks: list[Mark] = []
        at = length = 0
        for found in _MARK.finditer(example.text):
            before = example.text[at : found.start()]
            words = found["words"]
            start = length + len(before)
            length = start + len(words)
            pieces += [before, words]
            at = found.end()
            mark = self._mark(found, example)
            if mark is not None:
                marks.append(Mark(start, length, *mark))
        pieces.append(example.text[at:])
        self.utterances.add(intent, "".join(pieces), marks, example.at())

    def _mark(self, found: re.Match[str], example: _Example) -> tuple[str, str, str | None] | None:
        """Slot, entity and value of an annotation."""
        if found["entity"] is not None:
            entity = found["entity"].strip()
            return entity, entity, found["value"].strip() if found["value"] else None
        group = "one" if found["one"] is not None else "several"
        at = example.at(found.start(group))
        written = found[group] if group == "one" else f"[{found[group]}]"
        try:
            parsed = json.loads(written)
        except ValueError as error:
            raise InputError(
                f"the annotation {written} is not valid JSON: {error}",
                position=at,
                hint='expected, for example: [Berlin]{"entity": "city", "role": "from"}',
            ) from None
        bodies = parsed if isinstance(parsed, list) else [parsed]
        for body in bodies[1:]:
            self.pack.lose(at, f"a second entity of the same words ({body})", "the first one stays")
        return self._annotation(bodies[0], at)

    def _annotation(self, body: dict[str, Any], at: Position) -> tuple[str, str, str | None]:
        for key in body:
            if key not in _KEYS:
                raise InputError(
                    f"unknown key {key!r} in an annotation",
                    position=at,
                    given=str(key),
                    allowed=_KEYS,
                )
        if not str(body.get("entity") or "").strip():
            raise InputError("an annotation has no 'entity'", position=at, allowed=_KEYS)
        entity = str(body["entity"]).strip()
        more = [str(body[key]) for key in ("role", "group") if body.get(key) not in (None, "")]
        slot = "_".join([entity, *more])
        if more:
            parts = " and ".join(
                f"{key} {body[key]!r}" for key in ("role", "group") if body.get(key)
            )
            self.pack.fact(
                f"The entity {entity!r} with {parts} fills the slot "
                f"{self.pack.slot(slot)!r} from the list {entity!r}."
            )
        value = body.get("value")
        return slot, entity, None if value is None else str(value)

    def finish(self) -> None:
        """Apply the synonyms; utterances are complete then."""
        canonical = {e.text.casefold(): name for name, es in self.synonyms.items() for e in es}
        used: set[str] = set()
        for entity, entries in self.pack.lists.items():
            assert isinstance(entries, list), "entities of utterances are never ranges"
            there = {_words(entry).casefold() for entry in entries}
            there |= {entry.value.casefold() for entry in entries if entry.value is not None}
            for name, examples in self.synonyms.items():
                forms = {example.text.casefold() for example in examples}
                if there & (forms | {name.casefold()}):
                    used.add(name)
                    for example in examples:
                        if example.text.casefold() not in there:
                            self.utterances.value(entity, example.text, name)
            self.pack.lists[entity] = [_with_synonym(entry, canonical) for entry in entries]
        for name, examples in self.synonyms.items():
            if name not in used and examples:
                what = f"the synonym {name!r}, which no marked words or lookup table use"
                self.pack.lose(examples[0].at(), what, "left out")
        if used:
            self.pack.fact(
                "Synonyms became values of the lists in which one of them stands, with the "
                "synonym's name as canonical value."
            )
        self.utterances.finish()


def _words(entry: Entry) -> str:
    assert isinstance(entry.words, Words), "marked words are literal"
    return entry.words.text


def _with_synonym(entry: Entry, canonical: dict[str, str]) -> Entry:
    name = canonical.get(_words(entry).casefold())
    if entry.value is not None or name is None or name == _words(entry):
        return entry
    return Entry(entry.words, name, entry.weight)
