"""The text of a foreign file, whose every character knows its place."""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Sequence
from itertools import accumulate
from pathlib import Path

from corpusforge.core.errors import InputError, Position
from corpusforge.grammar.raw import read_utf8

__all__ = ["SourceText", "files_of"]


class SourceText:
    """A text file; `lines` have no ends.

    Args:
        path: The file.
        encoding: Of a file that names its own; None = UTF-8.
    """

    def __init__(self, path: Path, encoding: str | None = None) -> None:
        self.path = path
        text = read_utf8(path) if encoding is None else _decoded(path, encoding)
        text = text.replace("\r\n", "\n").replace("\r", "\n")
        self.text = text
        self.lines = text.split("\n")
        self._starts = [0, *accumulate(len(line) + 1 for line in self.lines)]

    def at(self, offset: int) -> Position:
        """The place of a character, counted from the start of the file."""
        line = min(bisect_right(self._starts, offset), len(self.lines)) - 1
        return self.place(line, offset - self._starts[line])

    def place(self, line: int, column: int = 0) -> Position:
        """A line and a column, both counted from 0, as a place."""
        return Position(str(self.path), line + 1, column + 1, self.lines[line])

    def start(self, line: int) -> int:
        """Where a line (counted from 0) begins."""
        return self._starts[line]


def _decoded(path: Path, encoding: str) -> str:
    try:
        return path.read_text(encoding)
    except UnicodeDecodeError as error:
        message = f"{path} is not {encoding}, as its header says: {error.reason}"
        raise InputError(message, hint="mend the header, or save the file anew") from None
    except OSError as error:
        raise InputError(f"{path} cannot be read: {error.strerror}") from error


def files_of(path: Path, endings: Sequence[str], what: str) -> list[Path]:
    """A file itself, or the files of a folder and its sub-folders with one of some endings.

    Raises:
        InputError: When there is no such path, or no such file in the folder.
    """
    try:
        if not path.exists():
            raise InputError(f"there is no file or folder {path}", hint="check the path")
        if not path.is_dir():
            return [path]
        found = sorted(
            p for p in path.rglob("*") if p.is_file() and p.name.lower().endswith(tuple(endings))
        )
    except OSError as error:
        raise InputError(f"{path} cannot be read: {error.strerror}") from error
    if not found:
        raise InputError(
            f"there is no {what} file in {path}", hint=f"looked for: {', '.join(endings)}"
        )
    return found
