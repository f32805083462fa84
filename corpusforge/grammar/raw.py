"""What an importer reads: the columns of a foreign file, before anything is made of them."""

from __future__ import annotations

import json
import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import TYPE_CHECKING, Any, NamedTuple, Protocol

from corpusforge.core import plugins
from corpusforge.core.errors import InputError
from corpusforge.core.source import read_text

# pyarrow is imported where a table is made: `validate` looks at CSV and JSONL without one.
if TYPE_CHECKING:
    import pyarrow as pa

__all__ = [
    "BadRow",
    "Columns",
    "Importer",
    "RawTable",
    "class_names",
    "peek_raw",
    "read_raw",
    "read_utf8",
    "split_name",
    "table_of",
]

_UTF16 = (b"\xff\xfe", b"\xfe\xff")

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
class Columns:
    """A file as plain Python values.

    Attributes:
        values: Column -> its values, shape [rows] each.
        lines: Line of each row in the file, shape [rows].
        bad: Rows that are not in `values`.
    """

    values: Mapping[str, Sequence[Any]]
    lines: Sequence[int]
    bad: tuple[BadRow, ...]

    def table(self) -> RawTable:
        """The same with its columns as a table."""
        return RawTable(table_of(self.values), lines=self.lines, bad=self.bad)


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

    def peek(self, path: Path) -> Columns | RawTable | None:
        """Read it, where that is quick (below a second for 10^5 rows), to look for errors.

        Formats of plain text give `Columns` and import neither numpy nor pyarrow; None means
        that there is no quick way. InputError when nothing can be read at all.
        """

    def read(self, path: Path) -> RawTable:
        """Read it; InputError when nothing can be read at all."""


def find_importer(path: Path) -> Importer:
    """The first importer that accepts a file or folder.

    Raises:
        InputError: When there is no such path, or no importer for it.
    """
    try:
        there = path.exists()
    except OSError as error:
        raise InputError(f"{path} cannot be read: {error.strerror}") from error
    if not there:
        raise InputError(f"there is no file or folder {path}", hint="check the path")
    for name in plugins.names("importer"):
        importer: Importer = plugins.load("importer", name)
        if importer.accepts(path):
            return importer
    if path.is_dir():
        raise InputError(
            f"the folder {path} cannot be read: it holds no Parquet file, and was not written by "
            "save_to_disk of datasets",
            hint="of other formats, name one file: FOLDER/train.csv",
        )
    known = "; ".join(f"{name}: {text}" for name, text, _ in plugins.describe("importer"))
    raise InputError(f"{path} is in no format that can be read", hint=known)


def read_raw(path: Path) -> RawTable:
    """Read a file or folder with the first importer that accepts it.

    Raises:
        InputError: When there is no such path, or no importer for it.
    """
    raw = find_importer(path).read(path)
    return replace(raw, table=_plain_types(raw.table))


def peek_raw(path: Path) -> Columns | RawTable | None:
    """What `Importer.peek` gives.

    Raises:
        InputError: As `read_raw`.
    """
    raw = find_importer(path).peek(path)
    return replace(raw, table=_plain_types(raw.table)) if isinstance(raw, RawTable) else raw


def read_utf8(path: Path) -> str:
    """The text of a UTF-8 file.

    Raises:
        InputError: When it cannot be read, or is not UTF-8.
    """
    try:
        with path.open("rb") as stream:
            start = stream.read(2)
    except OSError:
        start = b""  # read_text says what is wrong
    if start in _UTF16:
        raise InputError(
            f"{path} is UTF-16, not UTF-8 (it begins with the bytes {start.hex(' ')})",
            hint="save the file as UTF-8 (for example: iconv -f utf-16 -t utf-8 FILE)",
        )
    return read_text(path)


def split_name(text: str) -> str | None:
    """One of train, validation, test for the usual names of splits; None for others."""
    return _SPLITS.get(text.strip().lower())


def table_of(columns: Mapping[str, Sequence[Any]]) -> pa.Table:
    """Python columns as a table; a column of mixed types becomes JSON text."""
    import pyarrow as pa

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
    import pyarrow as pa

    for column, labels in names.items():
        index = table.schema.get_field_index(column)
        if index >= 0 and pa.types.is_integer(table.schema.field(index).type):
            values = [
                labels[number] if number is not None and 0 <= number < len(labels) else None
                for number in table[column].to_pylist()
            ]
            table = table.set_column(index, column, pa.array(values, pa.string()))
    return table


def _plain_types(table: pa.Table) -> pa.Table:
    """Dictionaries as what they stand for; floats that are whole numbers as such.

    pandas writes categories as dictionaries, and whole numbers with gaps as floats.
    """
    import pyarrow as pa

    for index, item in enumerate(table.schema):
        column = table[item.name]
        if pa.types.is_dictionary(item.type):
            plain = column.cast(item.type.value_type)
            table = table.set_column(index, item.name, plain)
        elif pa.types.is_floating(item.type):
            values = [None if v is None or math.isnan(v) else v for v in column.to_pylist()]
            # Beyond 2^53 a float does not say which whole number it was.
            if all(v is None or (v.is_integer() and abs(v) < 2**53) for v in values):
                whole = [None if v is None else int(v) for v in values]
                table = table.set_column(index, item.name, pa.array(whole, pa.int64()))
    return table
