"""Candidates made elsewhere: a JSONL, CSV or TSV file, read with the place of every row."""

from __future__ import annotations

import csv
import io
import json
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from corpusforge.core.errors import InputError, InputErrors, Position
from corpusforge.core.recipe import ExternalConfig
from corpusforge.core.source import read_text
from corpusforge.core.text import SLOT_PATTERN

__all__ = ["FileRow", "Mark", "read_candidates"]

_DELIMITERS = {".csv": ",", ".tsv": "\t"}
_LINES = (".jsonl", ".ndjson")
# A file in the wrong format is wrong everywhere.
_MOST_ERRORS = 20


@dataclass(frozen=True, slots=True)
class Mark:
    """A slot of a row.

    Attributes:
        name: As the file names it.
        value: Its words; None where the text has the name in braces.
    """

    name: str
    value: str | None


@dataclass(frozen=True)
class FileRow:
    """One row of the file.

    Attributes:
        line: Where it begins, from 1.
        intent: Label.
        carriers: What stands before, between and after the slots; one more than `marks`.
        marks: The slots, in order.
        annotated: Whether the row says which slots it has, if only that it has none.
    """

    line: int
    intent: str
    carriers: tuple[str, ...]
    marks: tuple[Mark, ...]
    annotated: bool


def read_candidates(path: Path, config: ExternalConfig, intents: Sequence[str]) -> list[FileRow]:
    """Reads and checks the whole file.

    Args:
        path: The file.
        config: Names of its columns.
        intents: What a row may be labelled.

    Raises:
        InputErrors: All rows (up to 20) that cannot be read, or have an unknown intent, each
            with its place.
    """
    text = read_text(path)
    suffix = path.suffix.lower()
    if suffix in _LINES:
        cells = _json_lines(path, text)
    elif suffix in _DELIMITERS:
        cells = _table(path, text, _DELIMITERS[suffix], config)
    else:
        raise InputError(
            f"{path}: candidates come as JSONL, CSV or TSV, not as {path.name!r}",
            allowed=[*_LINES, *_DELIMITERS],
        )
    lines = text.split("\n")
    rows: list[FileRow] = []
    errors: list[InputError] = []
    for line, cell in cells:
        try:
            found = cell if isinstance(cell, InputError) else _row(line, cell, config)
            if isinstance(found, InputError):
                raise found
            _check_intent(found.intent, config, intents)
            rows.append(found)
        except InputError as error:
            position = error.position or Position(str(path), line, 1, lines[line - 1][:200])
            errors.append(
                InputError(
                    error.message,
                    position=position,
                    given=error.given,
                    allowed=error.allowed,
                    hint=error.hint,
                )
            )
            if len(errors) == _MOST_ERRORS:
                break
    if errors:
        raise InputErrors(errors)
    return rows


def _check_intent(intent: str, config: ExternalConfig, intents: Sequence[str]) -> None:
    if intent not in intents:
        raise InputError(
            f"{config.intent}: no train row has the intent {intent!r}",
            given=intent,
            allowed=sorted(intents),
        )


def _json_lines(path: Path, text: str) -> Iterator[tuple[int, Mapping[str, Any] | InputError]]:
    for line, source in enumerate(text.split("\n"), start=1):
        if not source.strip():
            continue
        try:
            value = json.loads(source)
        except (json.JSONDecodeError, RecursionError) as error:
            column = error.colno if isinstance(error, json.JSONDecodeError) else 1
            said = error.msg if isinstance(error, json.JSONDecodeError) else "nested too deeply"
            position = Position(str(path), line, column, source)
            yield line, InputError(f"not JSON: {said}", position=position)
            continue
        if not isinstance(value, dict):
            yield line, InputError(f"expected an object, got {type(value).__name__}")
            continue
        yield line, value


def _table(
    path: Path, text: str, delimiter: str, config: ExternalConfig
) -> Iterator[tuple[int, Mapping[str, Any] | InputError]]:
    reader = csv.reader(io.StringIO(text, newline=""), delimiter=delimiter, strict=True)
    begin = 1
    header: list[str] | None = None
    while True:
        begin = reader.line_num + 1
        try:
            cells = next(reader)
        except StopIteration:
            return
        except csv.Error as error:
            yield begin, InputError(f"not {path.suffix[1:].upper()}: {error}")
            return
        if not cells:
            continue
        if header is None:
            header = cells
            for name in (config.text, config.intent):
                if name not in header:
                    yield begin, InputError(f"no column {name!r}", given=name, allowed=header)
                    return
            continue
        if len(cells) != len(header):
            yield begin, InputError(f"{len(cells)} cells, but {len(header)} columns")
            continue
        row: dict[str, Any] = dict(zip(header, cells, strict=True))
        marks = row.pop(config.slots, "")
        if marks:
            try:
                row[config.slots] = json.loads(marks)
            except json.JSONDecodeError as error:
                yield begin, InputError(f"{config.slots}: not JSON: {error.msg}")
                continue
        yield begin, row


def _row(line: int, cell: Mapping[str, Any], config: ExternalConfig) -> FileRow:
    """A row from its cells.

    Raises:
        InputError: Without a place.
    """
    for name in (config.text, config.intent):
        if name not in cell:
            raise InputError(f"no key {name!r}", given=name, allowed=sorted(cell))
        if not isinstance(cell[name], str):
            raise InputError(f"{name}: expected text, got {json.dumps(cell[name])[:60]}")
    text = cell[config.text]
    spans = cell.get(config.slots)
    if spans is None:
        found = list(SLOT_PATTERN.finditer(text))
        borders = [0, *(edge for match in found for edge in match.span()), len(text)]
        marks = tuple(Mark(match.group(1), None) for match in found)
        annotated = bool(found)
    else:
        borders, marks = _spans(text, spans, config.slots)
        annotated = True
    pieces = [text[a:b] for a, b in zip(borders[::2], borders[1::2], strict=True)]
    return FileRow(line, cell[config.intent], tuple(pieces), marks, annotated)


def _spans(text: str, spans: Any, column: str) -> tuple[list[int], tuple[Mark, ...]]:
    if not isinstance(spans, list):
        raise InputError(f"{column}: expected a list, got {json.dumps(spans)[:60]}")
    borders = [0]
    marks: list[Mark] = []
    for span in spans:
        shown = json.dumps(span)[:80]
        if not isinstance(span, dict) or not isinstance(span.get("name"), str):
            raise InputError(f"{column}: expected objects with name, start, end, got {shown}")
        start, end = span.get("start"), span.get("end")
        if (
            type(start) is not int
            or type(end) is not int
            or not borders[-1] <= start < end <= len(text)
        ):
            raise InputError(
                f"{column}: {shown} is no place in the text of {len(text)} characters, or is "
                "not behind the slot before it",
                hint="start and end count characters from 0, end is one past the last",
            )
        borders += [start, end]
        marks.append(Mark(span["name"], text[start:end]))
    return [*borders, len(text)], tuple(marks)
