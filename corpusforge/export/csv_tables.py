"""Rows and clips as CSV tables, for tools that know no Parquet."""

from __future__ import annotations

import csv
import json
from pathlib import Path
from typing import Any

import pyarrow as pa

from corpusforge.core.run import canonical_json

__all__ = ["FILE", "read_csv", "write_csv"]

FILE = "file_name"
"""Column that names the sound file of a clip."""

JSON_COLUMNS = frozenset({"slots", "spoken_slots", "words"})
"""Columns of lists."""

# CSV has no nulls: JSON null in the columns of lists, nothing at all in the others.
_NULL = ""


def write_csv(path: Path, columns: list[str], rows: list[dict[str, Any]]) -> None:
    """UTF-8, comma, CRLF, quotes as in RFC 4180; lists as JSON."""
    with path.open("w", encoding="utf-8", newline="") as stream:
        writer = csv.writer(stream)
        writer.writerow(columns)
        for row in rows:
            writer.writerow([_cell(name, row[name]) for name in columns])


def _cell(name: str, value: Any) -> str:
    if name in JSON_COLUMNS:
        return canonical_json(value)
    return _NULL if value is None else str(value)


def read_csv(path: Path, schema: pa.Schema) -> list[dict[str, Any]]:
    """Rows of such a table with the types of a schema; `FILE` stays text."""
    with path.open(encoding="utf-8", newline="") as stream:
        rows: list[dict[str, Any]] = list(csv.DictReader(stream))
    for row in rows:
        for name, text in row.items():
            if name == FILE:
                continue
            kind = schema.field(name).type
            if name in JSON_COLUMNS:
                row[name] = json.loads(text)
            elif pa.types.is_integer(kind):
                row[name] = int(text)
            elif pa.types.is_floating(kind):
                row[name] = None if text == _NULL else float(text)
    return rows
