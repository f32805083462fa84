"""Rasa NLU training data: YAML of the versions 2 and 3, Markdown and JSON of version 1."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from corpusforge.core.errors import InputError
from corpusforge.core.source import Document, read_yaml
from corpusforge.grammar.foreign.format import Format, begins
from corpusforge.grammar.foreign.model import ForeignPack, Options
from corpusforge.grammar.foreign.rasa_data import LOSSES, SECTIONS, TrainingData
from corpusforge.grammar.foreign.rasa_legacy import read_json, read_markdown
from corpusforge.grammar.foreign.rasa_text import Example
from corpusforge.grammar.foreign.text import files_of

__all__ = ["PLUGIN", "read"]

_KINDS = ("intent", "synonym", "lookup", "regex")
_BESIDE = {
    "intent": ("examples", "metadata"),
    "synonym": ("examples",),
    "lookup": ("examples",),
    "regex": ("examples",),
}
_ENDINGS = (".yml", ".yaml", ".json", ".md")

_YAML = begins(r"^\ufeff?nlu:", ".yml", ".yaml")
_LEGACY = begins(r'^##\s*(intent|synonym|lookup|regex)\s*:|"rasa_nlu_data"\s*:', ".md", ".json")

Path_ = tuple[str | int, ...]


def read(path: Path, options: Options) -> ForeignPack:
    """Intents, entities, synonyms and lookup tables of a file or of all files of a folder.

    Raises:
        InputError: When a file is not Rasa's, or an annotation cannot be read.
    """
    data = TrainingData(ForeignPack(lang=options.lang))
    files = files_of(path, _ENDINGS, "YAML")
    if path.is_dir():
        # Every README is Markdown; what is no training data and could not be is passed over.
        files = [f for f in files if f.suffix not in (".md", ".json") or _LEGACY(f)] or files
    alone = len(files) == 1
    for file in files:
        if file.suffix == ".json":
            read_json(file, data, alone=alone)
        elif file.suffix == ".md":
            read_markdown(file, data, alone=alone)
        else:
            _File(data, read_yaml(file)).read(alone=alone)
    data.finish()
    if not data.pack.intents:
        raise InputError(f"there are no training examples in {path}", hint="expected 'nlu:'")
    return data.pack


@dataclass
class _File:
    data: TrainingData
    document: Document

    def read(self, *, alone: bool) -> None:
        """Read one file; a file without `nlu` is an error only when it is the only one."""
        document, pack = self.document, self.data.pack
        value = document.value
        entries = value.get("nlu") if isinstance(value, dict) else None
        if not isinstance(entries, list):
            where = document.position(())
            if not alone:
                pack.lose(SECTIONS, where, "a file without 'nlu:'")
                return
            raise InputError(
                "this is no training data of Rasa: the key 'nlu' with a list below it is missing",
                position=where,
            )
        for key in value:
            if key not in ("version", "nlu"):
                pack.lose(SECTIONS, document.key_position((key,)), f"the section {key!r}")
        for index, item in enumerate(entries):
            self._item(item, ("nlu", index))

    def _item(self, item: Any, path: Path_) -> None:
        document = self.document
        kinds = [kind for kind in _KINDS if isinstance(item, dict) and kind in item]
        if len(kinds) != 1:
            raise InputError(
                "an entry of 'nlu' needs exactly one of 'intent', 'synonym', 'lookup', 'regex'",
                position=document.position(path),
                given=next(iter(item), None) if isinstance(item, dict) and not kinds else None,
                allowed=_KINDS,
            )
        kind = kinds[0]
        name = document.text((*path, kind)).strip()
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
            self.data.metadata(at, f"metadata of the intent {name!r}")
        examples = list(self._examples(item.get("examples"), (*path, "examples")))
        self.data.entry(kind, name, examples, document.position(path))

    def _example(self, text: str, path: Path_, start: int = 0) -> Example:
        return Example(text, lambda offset: self.document.position(path, start + offset))

    def _examples(self, value: Any, path: Path_) -> Iterator[Example]:
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
                        yield self._example(text, path, start + lead)
                elif bare:
                    at = self.document.position(path, start)
                    self.data.no_examples(at, f"the line {bare[:40]!r} without '- '")
        elif isinstance(value, list):
            for index, entry in enumerate(value):
                yield from self._listed(entry, (*path, index))
        elif value is not None:
            raise InputError(
                "examples are a text with '- ' lines or a list",
                position=self.document.position(path),
                hint="write 'examples: |' and the examples below it",
            )

    def _listed(self, entry: Any, path: Path_) -> Iterator[Example]:
        if isinstance(entry, dict):
            if "text" not in entry:
                raise InputError(
                    "an example without 'text'",
                    position=self.document.position(path),
                    given=next(iter(entry), None),
                    allowed=["text", "metadata"],
                )
            for key in entry:
                if key != "text":
                    at = self.document.key_position((*path, key))
                    self.data.metadata(at, f"{key!r} of an example")
            path = (*path, "text")
        text = self.document.text(path)
        if text.strip():
            yield self._example(text.strip(), path, len(text) - len(text.lstrip()))


PLUGIN = Format(
    name="rasa",
    read=read,
    accepts=lambda path: _YAML(path) or _LEGACY(path),
    losses=LOSSES,
    example={
        "nlu.yml": 'version: "3.1"\nnlu:\n- intent: fly\n  examples: |\n'
        "    - fly to [Rome](city)\n    - go to [NY](city:New York)\n"
    },
)
