"""What an importer reads: the columns of a foreign file, before anything is made of them."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any, NamedTuple, Protocol

import pyarrow as pa

from corpusforge.core import plugins
from corpusforge.core.errors import InputError

__all__ = ["BadRow", "Importer", "RawTable", "class_names", "read_raw", "split_name", "table_of"]

_SPLITS = {
    "train": "train",
    "training": "train",
    "validation": "validation",
    "valid": "validation",
    "val": "validation",
    "dev": "validation",
    "development": "validation",
    "test": "test",
    "testing": "test",
    "eval": "test",
}


class BadRow(NamedTuple):
    """A row that could not be read: its line (0 = unknown), why, and what it says."""

    line: int
    reason: str
    content: str


@dataclass(frozen=True)
class RawTable:
    """A file as read.

    Attributes:
        table: All columns that can hold text, labels or slots; class labels as names.
        lines: Line of each row in the file, shape [rows]; empty where rows have no lines.
        splits: Split of each row where the format itself has splits, shape [rows]; else None.
        bad: Rows that are not in `table`.
    """

    table: pa.Table
    lines: Sequence[int] = ()
    splits: Sequence[str] | None = None
    bad: tuple[BadRow, ...] = field(default=())

    def first(self, limit: int | None) -> RawTable:
        """The first `limit` rows; None = all of them."""
        if limit is None:
            return self
        splits = None if self.splits is None else self.splits[:limit]
        return replace(
            self, table=self.table.slice(0, limit), lines=self.lines[:limit], splits=splits
        )

    def place(self, row: int) -> str:
        """Where a row stands, for messages: "line 7" or "row 7"."""
        return f"line {self.lines[row]}" if self.lines else f"row {row + 1}"


class Importer(Protocol):
    """Reads one foreign format of labelled rows.

    Attributes:
        name: Equal to the file name.
        losses: What the format cannot hold.
    """

    name: str
    losses: str

    def write_example(self, folder: Path) -> Path:
        """Write a tiny example into an empty folder; returns the path to read."""

    def accepts(self, path: Path) -> bool:
        """Say whether this importer reads the path, from its name and kind."""

    def read(self, path: Path) -> RawTable:
        """Read it; InputError when nothing can be read at all."""


def read_raw(path: Path) -> RawTable:
    """Read a file or folder with the first importer that accepts it.

    Raises:
        InputError: When there is no such path, or no importer for it.
    """
    if not path.exists():
        raise InputError(f"there is no file or folder {path}", hint="check the path")
    for name in plugins.names("importer"):
        importer: Importer = plugins.load("importer", name)
        if importer.accepts(path):
            return importer.read(path)
    known = "; ".join(f"{name}: {text}" for name, text, _ in plugins.describe("importer"))
    raise InputError(f"{path} is in no format that can be read", hint=known)


def split_name(text: str) -> str | None:
    """One of train, validation, test for the usual names of splits; None for others."""
    return _SPLITS.get(text.strip().lower())


def table_of(columns: Mapping[str, Sequence[Any]]) -> pa.Table:
    """Python columns as a table; a column of mixed types becomes JSON text."""
    arrays: dict[str, pa.Array] = {}
    for name, values in columns.items():
        try:
            arrays[name] = pa.array(values)
        except (pa.ArrowInvalid, pa.ArrowTypeError, pa.ArrowNotImplementedError, OverflowError):
            arrays[name] = pa.array([_as_text(value) for value in values], pa.string())
    return pa.table(arrays)


def _as_text(value: Any) -> str | None:
    if value is None or isinstance(value, str):
        return value
    return json.dumps(value, ensure_ascii=False)


def class_names(table: pa.Table, names: Mapping[str, Sequence[str]]) -> pa.Table:
    """Replace class numbers by names.

    Args:
        table: Any table.
        names: Column -> names by number; columns that are not there or not integers are left.
    """
    for column, labels in names.items():
        index = table.schema.get_field_index(column)
        if index >= 0 and pa.types.is_integer(table.schema.field(index).type):
            values = [
                labels[number] if number is not None and 0 <= number < len(labels) else None
                for number in table[column].to_pylist()
            ]
            table = table.set_column(index, column, pa.array(values, pa.string()))
    return table
