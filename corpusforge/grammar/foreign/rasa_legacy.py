"""Training data of Rasa 1: Markdown and JSON."""

from __future__ import annotations

import re
from functools import partial
from pathlib import Path
from typing import Any

from corpusforge.core.errors import InputError, Position
from corpusforge.grammar.annotations import AnnotationError, read_slots
from corpusforge.grammar.foreign.annotated import Mark
from corpusforge.grammar.foreign.json_text import JsonText
from corpusforge.grammar.foreign.rasa_data import SECTIONS, TrainingData
from corpusforge.grammar.foreign.rasa_text import Example
from corpusforge.grammar.foreign.text import SourceText

__all__ = ["read_json", "read_markdown"]

_HEADING = re.compile(r"##\s*(intent|synonym|lookup|regex)\s*:\s*(.*?)\s*$")
_BULLET = re.compile(r"\s*[-*+]\s+")
_FILE = re.compile(r"[^\s-]\S*\.txt")
# So far above a file the root of its project is looked for.
_UP = 4
_COMMENT = re.compile(r"<!--.*?-->", re.DOTALL)


def read_markdown(file: Path, data: TrainingData, *, alone: bool) -> None:
    """Read `## intent:NAME` and `- example` lines; a file without any is an error when alone.

    Raises:
        InputError: When the only file holds no such heading, or a heading has no name.
    """
    source = SourceText(file)
    # Comments become spaces, so that everything keeps its place.
    text = _COMMENT.sub(lambda found: re.sub(r"[^\n]", " ", found[0]), source.text)
    entry: tuple[str, str, int] | None = None
    examples: list[Example] = []
    found = False

    def close() -> None:
        if entry is not None:
            data.entry(entry[0], entry[1], examples, source.place(entry[2]))

    for number, line in enumerate(text.split("\n")):
        heading = _HEADING.match(line)
        if heading is not None:
            close()
            found, examples = True, []
            if not heading[2]:
                raise InputError(f"{heading[1]!r} has no name", position=source.place(number))
            entry = heading[1], heading[2], number
        elif line.startswith("##"):
            close()
            entry = None
            if found:
                data.pack.lose(SECTIONS, source.place(number), f"the section {line[2:].strip()!r}")
        elif entry is not None and entry[0] == "lookup" and _FILE.fullmatch(line.strip()):
            examples += _table(line.strip(), source.place(number), data)
        elif entry is not None and line.strip():
            _line(line, number, source, examples, data)
    close()
    if not found and alone:
        hint = "expected, for example: '## intent:greet'"
        raise InputError("this is no Markdown of Rasa", position=source.place(0), hint=hint)
    if not found:
        data.pack.lose(SECTIONS, source.place(0), "a file without '## intent:'")


def _line(
    line: str, number: int, source: SourceText, examples: list[Example], data: TrainingData
) -> None:
    bullet = _BULLET.match(line)
    if bullet is None:
        at = source.place(number, len(line) - len(line.lstrip()))
        data.no_examples(at, f"the line {line.strip()[:40]!r} without '- '")
    elif line[bullet.end() :].strip():
        start = bullet.end()
        text = line[start:].strip()
        examples.append(Example(text, lambda offset: source.place(number, start + offset)))


def read_json(file: Path, data: TrainingData, *, alone: bool) -> None:
    """Read `{"rasa_nlu_data": ...}`; other JSON is an error only when it is the only file.

    Raises:
        InputError: For what is no JSON, and for the only file without training data.
    """
    source = JsonText(file, depth=3)
    value, places = source.value, source.position
    body = value.get("rasa_nlu_data") if isinstance(value, dict) else None
    start = places()
    if not isinstance(body, dict):
        if alone:
            message = "this is no training data of Rasa: the key 'rasa_nlu_data' is missing"
            raise InputError(message, position=start)
        data.pack.lose(SECTIONS, start, "a file without 'rasa_nlu_data'")
        return
    for key in ("common_examples", "intent_examples", "entity_examples"):
        for index, item in enumerate(_listed(body, key)):
            _json_example(item, places(("rasa_nlu_data", key, index)), data)
    for index, item in enumerate(_listed(body, "entity_synonyms")):
        at = places(("rasa_nlu_data", "entity_synonyms", index))
        _json_entry("synonym", item, "value", "synonyms", at, data)
    for index, item in enumerate(_listed(body, "lookup_tables")):
        at = places(("rasa_nlu_data", "lookup_tables", index))
        _json_entry("lookup", item, "name", "elements", at, data)
    for index, item in enumerate(_listed(body, "regex_features")):
        at = places(("rasa_nlu_data", "regex_features", index))
        _json_entry("regex", item, "name", "pattern", at, data)


def _table(name: str, at: Position, data: TrainingData) -> list[Example]:
    """A lookup table in a file of its own, named from the project's root: one value per line."""
    folders = list(Path(at.file).resolve().parents)[:_UP]
    file = next((folder / name for folder in folders if (folder / name).is_file()), None)
    if file is None:
        data.pack.lose(SECTIONS, at, f"the lookup table {name!r}, a file that is not there")
        return []
    source = SourceText(file)
    return [
        Example(line.strip(), partial(source.place, number))
        for number, line in enumerate(source.lines)
        if line.strip()
    ]


def _listed(body: dict[str, Any], key: str) -> list[Any]:
    value = body.get(key)
    return value if isinstance(value, list) else []


def _json_example(item: Any, at: Position, data: TrainingData) -> None:
    text = item.get("text") if isinstance(item, dict) else None
    intent = item.get("intent") if isinstance(item, dict) else None
    if not isinstance(text, str) or not text.strip() or not isinstance(intent, str):
        data.no_examples(at, "an example without text or intent")
        return
    for key in item:
        if key not in ("text", "intent", "entities"):
            data.metadata(at, f"{key!r} of an example")
    try:
        slots = read_slots([_named(entity) for entity in item.get("entities") or []])
    except (AnnotationError, AttributeError) as error:
        raise InputError(f"the entities of {text!r} cannot be read: {error}", position=at) from None
    marks: list[Mark] = []
    for slot in slots:
        words = text[slot.start : slot.end]
        value = slot.value if slot.value not in ("", words) else None
        marks.append(Mark(slot.start, slot.end, slot.name, slot.name, value, slot.role, slot.group))
    data.utterance(intent.strip(), text, marks, at)


def _named(entity: dict[str, Any]) -> dict[str, Any]:
    """An entity of Rasa as a span of ours."""
    known = {key: entity.get(key) for key in ("start", "end", "value", "role", "group")}
    return {**known, "name": entity.get("entity")}


def _json_entry(
    kind: str, item: Any, name: str, examples: str, at: Position, data: TrainingData
) -> None:
    named = str(item.get(name) or "").strip() if isinstance(item, dict) else ""
    if not named:
        raise InputError(f"a {kind} without {name!r}", position=at)
    found = item.get(examples)
    if kind == "lookup" and isinstance(found, str):
        data.entry(kind, named, _table(found, at, data), at)
        return
    texts = found if isinstance(found, list) else [found]
    made = [Example(str(text).strip(), lambda _: at) for text in texts if str(text or "").strip()]
    data.entry(kind, named, made, at)
