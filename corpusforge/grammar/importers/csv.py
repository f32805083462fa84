"""CSV and TSV files with a header row."""

from __future__ import annotations

import csv
import io
import re
from dataclasses import dataclass
from pathlib import Path

from corpusforge.core.errors import InputError, Position
from corpusforge.grammar.raw import BadRow, Columns, RawTable, read_utf8

__all__ = ["PLUGIN", "Csv"]

DELIMITERS = ",;\t"
_QUOTED = re.compile(r'"(?:[^"]|"")*"')


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

    def peek(self, path: Path) -> Columns:
        """See `read`."""
        text = read_utf8(path)
        lines = text.splitlines()
        delimiter = _delimiter(text, path)
        reader = csv.reader(io.StringIO(text, newline=""), delimiter=delimiter, strict=True)
        rows: list[list[str]] = []
        places: list[int] = []
        bad: list[BadRow] = []
        before = 0
        try:
            header = [name.strip() for name in next(filter(None, reader))]
            _check_header(header, path, lines[reader.line_num - 1], reader.line_num)
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
            # A quote that nothing ends swallows all lines below its own.
            line = before + 1
            at = Position(str(path), line, 1, lines[line - 1] if line <= len(lines) else "")
            raise InputError(
                f"not valid CSV: {error}",
                position=at,
                hint="in this row: a field that begins with a quote ends with one, and a quote "
                'inside of it is written twice, as in "say ""hi"" now"',
            ) from None
        columns = {name: [row[index] for row in rows] for index, name in enumerate(header)}
        return Columns(columns, places, tuple(bad))

    def read(self, path: Path) -> RawTable:
        """Read all rows; those with too many or too few fields are bad rows."""
        return self.peek(path).table()


def _delimiter(text: str, path: Path) -> str:
    """The delimiter that the header has most often outside of quotes."""
    bare = _QUOTED.sub("", text[: 1 << 16])
    header = next((line for line in bare.splitlines() if line.strip()), "")
    if not text.strip():
        raise InputError(f"{path} is empty", hint="expected a header row")
    if not any(delimiter in header for delimiter in DELIMITERS):
        raise InputError(
            f"the header of {path} names one column only: {header[:60]!r}",
            hint="text and label are two columns; tried as delimiters: ',' ';' and tab",
        )
    return max(DELIMITERS, key=header.count)


def _check_header(header: list[str], path: Path, line: str, number: int) -> None:
    at = Position(str(path), number, 1, line)
    if not all(header):
        raise InputError("a column of the header has no name", position=at)
    for name in header:
        if header.count(name) > 1:
            raise InputError(f"the column {name!r} stands twice in the header", position=at)


PLUGIN = Csv()
