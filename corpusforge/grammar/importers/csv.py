"""CSV and TSV files with a header row."""

from __future__ import annotations

import csv
import io
from dataclasses import dataclass
from pathlib import Path

from corpusforge.core.errors import InputError, Position
from corpusforge.core.source import read_text
from corpusforge.grammar.raw import BadRow, RawTable, table_of

__all__ = ["PLUGIN", "Csv"]


@dataclass(frozen=True)
class Csv:
    """RFC 4180 with `,`, `;` or tab, found in the header; UTF-8."""

    name: str = "csv"
    losses: str = "no types: slots stand as JSON text in one column"

    def write_example(self, folder: Path) -> Path:
        """Two rows."""
        path = folder / "rows.csv"
        path.write_text("text,intent\nturn on the light,on\nstop,off\n", encoding="utf-8")
        return path

    def accepts(self, path: Path) -> bool:
        """Files named .csv or .tsv."""
        return path.is_file() and path.suffix.lower() in (".csv", ".tsv")

    def read(self, path: Path) -> RawTable:
        """Read all rows; those with too many or too few fields are bad rows."""
        text = read_text(path)
        lines = text.splitlines()
        if not lines:
            raise InputError(f"{path} is empty", hint="expected a header row")
        delimiter = max(",;\t", key=lines[0].count)
        reader = csv.reader(io.StringIO(text, newline=""), delimiter=delimiter, strict=True)
        rows: list[list[str]] = []
        places: list[int] = []
        bad: list[BadRow] = []
        try:
            header = [name.strip() for name in next(reader)]
            _check_header(header, path, lines[0])
            before = reader.line_num
            for fields in reader:
                line, before = before + 1, reader.line_num
                if len(fields) == len(header):
                    rows.append(fields)
                    places.append(line)
                elif fields:
                    reason = f"{len(fields)} fields, the header has {len(header)}"
                    bad.append(BadRow(line, reason, delimiter.join(fields)))
        except csv.Error as error:
            line = reader.line_num
            at = Position(str(path), line, 1, lines[line - 1] if line <= len(lines) else "")
            raise InputError(f"not valid CSV: {error}", position=at) from None
        columns = {name: [row[index] for row in rows] for index, name in enumerate(header)}
        return RawTable(table_of(columns), lines=places, bad=tuple(bad))


def _check_header(header: list[str], path: Path, line: str) -> None:
    at = Position(str(path), 1, 1, line)
    if not all(header):
        raise InputError("a column of the header has no name", position=at)
    for name in header:
        if header.count(name) > 1:
            raise InputError(f"the column {name!r} stands twice in the header", position=at)


PLUGIN = Csv()
