"""Snips NLU: YAML documents, JSON data sets, and folders of seq.in, seq.out and label."""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from corpusforge.core.errors import InputError, Position
from corpusforge.core.source import Document, read_yaml_documents
from corpusforge.grammar.foreign import annotated
from corpusforge.grammar.foreign.annotated import Mark, Utterances
from corpusforge.grammar.foreign.format import Format, begins, holds
from corpusforge.grammar.foreign.json_text import JsonText
from corpusforge.grammar.foreign.losses import Kind
from corpusforge.grammar.foreign.model import ForeignPack, Options
from corpusforge.grammar.foreign.nodes import Entry, Words
from corpusforge.grammar.foreign.snips_tags import LINES, is_tagged, read_tagged
from corpusforge.grammar.foreign.text import files_of

__all__ = ["PLUGIN", "read"]

_BUILT_IN = Kind("built-in entities (snips/datetime, ...)", "only the words that utterances mark")
_SETTINGS = Kind("'automatically_extensible', 'matching_strictness' of entities", "left out")
_SYNONYMS = Kind("synonyms of entities with use_synonyms: false", "left out")
_SECTIONS = Kind("other sections of JSON data sets", "left out")

# [slot](words), [slot:entity](words), and [slot] for any value of its entity
_MARK = re.compile(r"\[(?P<slot>[^\]:]+)(?::(?P<entity>[^\]]+))?\](?:\((?P<words>[^)]*)\))?")
_INTENT_KEYS = ("type", "name", "slots", "utterances")
_ENTITY_KEYS = (
    "type",
    "name",
    "values",
    "use_synonyms",
    "automatically_extensible",
    "matching_strictness",
)
_LOST = ("automatically_extensible", "matching_strictness")

Path_ = tuple[str | int, ...]


def read(path: Path, options: Options) -> ForeignPack:
    """A YAML or JSON file, or all of a folder, or a folder of tagged tokens.

    Raises:
        InputError: When a file is not of Snips, or an utterance cannot be read.
    """
    pack = ForeignPack(lang=options.lang)
    utterances = Utterances(pack)
    if path.is_dir() and is_tagged(path):
        read_tagged(path, utterances)
        utterances.finish()
        return pack
    reader = _Reader(utterances)
    for file in files_of(path, (".yml", ".yaml", ".json"), "YAML or JSON"):
        if file.suffix == ".json":
            reader.json_file(file)
        else:
            for document in read_yaml_documents(file):
                reader.document(document)
    reader.finish()
    if not pack.intents:
        raise InputError(f"there are no utterances in {path}", hint="expected 'type: intent'")
    return pack


@dataclass
class _Reader:
    utterances: Utterances
    synonyms: dict[str, dict[str, str]] = field(default_factory=dict)

    def __post_init__(self) -> None:
        self.pack = self.utterances.pack

    def document(self, document: Document) -> None:
        """Read one YAML document: an intent or an entity."""
        value = document.value
        kind = value.get("type") if isinstance(value, dict) else None
        if kind not in ("intent", "entity"):
            raise InputError(
                "this document is no intent and no entity of Snips",
                position=document.position(("type",)),
                given=str(kind) if kind else None,
                allowed=["intent", "entity"],
                hint="expected 'type: intent' or 'type: entity'",
            )
        allowed = _INTENT_KEYS if kind == "intent" else _ENTITY_KEYS
        for key in value:
            if key not in allowed:
                at = document.key_position((key,))
                raise InputError(
                    f"unknown key {key!r}", position=at, given=str(key), allowed=allowed
                )
        name = str(value.get("name") or "").strip()
        if not name:
            raise InputError(f"the {kind} has no name", position=document.position(()))
        if kind == "intent":
            self._intent(name, document)
        else:
            self._entity(name, document)

    def _intent(self, name: str, document: Document) -> None:
        entities: dict[str, str] = {}
        for index, slot in enumerate(_listed(document, "slots")):
            if not isinstance(slot, dict) or "name" not in slot or "entity" not in slot:
                at = document.position(("slots", index))
                raise InputError("a slot needs 'name' and 'entity'", position=at)
            entities[str(slot["name"])] = str(slot["entity"])
        for index, text in enumerate(_listed(document, "utterances")):
            path: Path_ = ("utterances", index)
            if isinstance(text, dict | list) or text is None:
                hint = "quote utterances that begin with '[' or hold ': '"
                at = document.position(path)
                raise InputError("an utterance is text", position=at, hint=hint)
            self._utterance(name, document.text(path), entities, document, path)

    def _utterance(
        self, intent: str, text: str, entities: dict[str, str], document: Document, path: Path_
    ) -> None:
        pieces: list[str] = []
        marks: list[Mark] = []
        at = length = 0
        while (begin := text.find("[", at)) >= 0:
            place = document.position(path, begin)
            found = _MARK.match(text, begin)
            if found is None or (found["words"] is None and text[found.end() :][:1] == "("):
                raise InputError(
                    "a slot that cannot be read",
                    position=place,
                    hint="expected [slot](words), [slot:entity](words), or [slot] for any value",
                )
            slot = found["slot"].strip()
            entity = (found["entity"] or "").strip() or entities.get(slot, slot)
            if found["entity"] and entities.get(slot, entity) != entity:
                raise InputError(
                    f"the slot {slot!r} has the entity {entity!r} here and {entities[slot]!r} "
                    "elsewhere in this intent",
                    position=place,
                )
            entities.setdefault(slot, entity)
            self._builtin(entity, place)
            words = found["words"] or ""
            start = length + begin - at
            length = start + len(words)
            pieces += [text[at:begin], words]
            marks.append(Mark(start, length, slot, entity, any_value=found["words"] is None))
            at = found.end()
        pieces.append(text[at:])
        self.utterances.add(intent, "".join(pieces), marks, document.position(path))

    def _builtin(self, entity: str, at: Position) -> None:
        if entity.startswith("snips/"):
            what = f"the built-in entity {entity!r}"
            self.pack.lose(_BUILT_IN, at, what)

    def _entity(self, name: str, document: Document) -> None:
        value = document.value
        for key in _LOST:
            if key in value:
                at = document.key_position((key,))
                self.pack.lose(_SETTINGS, at, f"'{key}' of the entity {name!r}")
        use = value.get("use_synonyms", True)
        values = _listed(document, "values")
        for index, item in enumerate(values):
            path: Path_ = ("values", index)
            at = document.position(path)
            steps = [(*path, n) for n in range(len(item))] if isinstance(item, list) else [path]
            forms = [document.text(step) for step in steps]
            if not forms or not all(forms):
                raise InputError("a value is text, or a list of text and its synonyms", position=at)
            self._forms(name, forms, at, use=bool(use))
        if not values:
            self.pack.lists.setdefault(name, [])

    def _forms(self, entity: str, forms: list[str], at: Position, *, use: bool) -> None:
        """A value and its synonyms."""
        self.utterances.value(entity, forms[0], None, at)
        if not use and len(forms) > 1:
            what = f"the synonyms of {forms[0]!r} (use_synonyms is false)"
            self.pack.lose(_SYNONYMS, at, what)
            return
        known = self.synonyms.setdefault(entity, {})
        for form in forms[1:]:
            known.setdefault(form.casefold(), forms[0])
            self.utterances.value(entity, form, forms[0], at)

    def json_file(self, file: Path) -> None:
        """Read a JSON data set, or one intent with its utterances, as in the benchmark of 2017."""
        source = JsonText(file, depth=5)
        data = source.value
        if isinstance(data, dict) and "intents" not in data and len(data) == 1:
            name, found = next(iter(data.items()))
            if isinstance(found, list):
                self._json_utterances(str(name), found, source, (name,))
                return
        if not isinstance(data, dict) or not isinstance(data.get("intents"), dict):
            message = "this is no data set of Snips: the key 'intents' is missing"
            raise InputError(message, position=source.position())
        for key in data:
            if key not in ("intents", "entities", "language"):
                at = source.position((key,))
                self.pack.lose(_SECTIONS, at, f"the section {key!r}")
        if self.pack.lang is None and data.get("language"):
            self.pack.lang = str(data["language"])
        for name, body in (data.get("entities") or {}).items():
            self._json_entity(str(name), body if isinstance(body, dict) else {}, source)
        for name, body in data["intents"].items():
            path: Path_ = ("intents", name, "utterances")
            found = body.get("utterances") if isinstance(body, dict) else None
            if not isinstance(found, list):
                at = source.position(path)
                raise InputError(f"the intent {name!r} has no 'utterances'", position=at)
            self._json_utterances(str(name), found, source, path)

    def _json_entity(self, name: str, body: dict[str, Any], source: JsonText) -> None:
        path: Path_ = ("entities", name)
        self._builtin(name, source.position(path))
        for key in _LOST:
            if key in body:
                at = source.position((*path, key))
                self.pack.lose(_SETTINGS, at, f"'{key}' of the entity {name!r}")
        for index, item in enumerate(body.get("data") or []):
            at = source.position((*path, "data", index))
            if not isinstance(item, dict) or "value" not in item:
                raise InputError(f"a value of the entity {name!r} has no 'value'", position=at)
            forms = [str(item["value"]), *map(str, item.get("synonyms") or [])]
            self._forms(name, forms, at, use=bool(body.get("use_synonyms", True)))

    def _json_utterances(
        self, intent: str, found: list[Any], source: JsonText, path: Path_
    ) -> None:
        for index, body in enumerate(found):
            at = source.position((*path, index))
            chunks = body.get("data") if isinstance(body, dict) else None
            if not isinstance(chunks, list) or not all(
                isinstance(chunk, dict) and isinstance(chunk.get("text"), str) for chunk in chunks
            ):
                message = f"an utterance of {intent!r} is no list of chunks with 'text'"
                raise InputError(message, position=at)
            text = ""
            marks: list[Mark] = []
            for chunk in chunks:
                start, text = len(text), text + chunk["text"]
                if "entity" in chunk or "slot_name" in chunk:
                    entity = str(chunk.get("entity") or chunk["slot_name"])
                    self._builtin(entity, at)
                    slot = str(chunk.get("slot_name") or entity)
                    marks.append(Mark(start, len(text), slot, entity))
            self.utterances.add(intent, text, marks, at)

    def finish(self) -> None:
        """Give synonyms their canonical values; all files are read then."""
        for entity, known in self.synonyms.items():
            entries = self.pack.lists.get(entity, [])
            assert isinstance(entries, list), "entities of utterances are never ranges"
            self.pack.lists[entity] = list(_canonical(entries, known))
        self.utterances.finish()


def _canonical(entries: Iterable[Entry], known: dict[str, str]) -> Iterable[Entry]:
    """Entries with their canonical values, each once."""
    made: dict[Entry, None] = {}
    for entry in entries:
        assert isinstance(entry.words, Words), "marked words are literal"
        text = entry.words.text
        value = known.get(text.casefold(), entry.value)
        made[Entry(entry.words, None if value == text else value)] = None
    return made


def _listed(document: Document, key: str) -> list[Any]:
    found = document.value.get(key)
    if found is None:
        return []
    if not isinstance(found, list):
        raise InputError(f"{key!r} is a list", position=document.key_position((key,)))
    return found


_YAML = begins(r"^\ufeff?type:\s*(intent|entity)\s*$", ".yml", ".yaml")
_JSON = begins(r'"utterances"\s*:\s*\[|"slot_name"\s*:|"data"\s*:\s*\[\s*\{\s*"text"\s*:', ".json")
_TAGGED = holds("seq.in", "seq.out", "label")

PLUGIN = Format(
    name="snips",
    read=read,
    accepts=lambda path: _YAML(path) or _JSON(path) or _TAGGED(path),
    losses=(_BUILT_IN, _SETTINGS, _SYNONYMS, _SECTIONS, LINES, *annotated.LOSSES, annotated.SPLITS),
    example={
        "fly.yaml": "type: intent\nname: fly\nslots:\n- {name: to, entity: city}\n"
        "utterances:\n- fly to [to](rome)\n---\ntype: entity\nname: city\n"
        "values:\n- [rome, roma]\n- oslo\n"
    },
)
