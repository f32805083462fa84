"""What a format is: how to tell its files, how to read them, and what cannot be kept of them."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from itertools import islice
from pathlib import Path

from corpusforge.grammar.foreign.losses import Kind
from corpusforge.grammar.foreign.model import ForeignPack, Options

__all__ = ["Format", "begins", "ends", "holds"]

# A file tells what it is in its first characters; more are not read to find out.
_LOOK = 1 << 16
# Of a folder, so many files are looked into.
_FILES = 200
_SKIPPED = frozenset((".git", ".venv", "node_modules", "__pycache__"))


@dataclass(frozen=True)
class Format:
    """A foreign format.

    Attributes:
        name: Equal to the file name of the plug-in.
        read: Makes a pack of a file or folder; InputError for what is wrong.
        accepts: Says whether a file or folder looks like this format, in milliseconds.
        losses: Every kind of thing that its files can hold and our templates cannot.
        example: Files (name -> text) with a tiny example, for the contract test.
    """

    name: str
    read: Callable[[Path, Options], ForeignPack]
    accepts: Callable[[Path], bool]
    losses: tuple[Kind, ...]
    example: Mapping[str, str]


def ends(*endings: str) -> Callable[[Path], bool]:
    """Accept a file with one of some endings, or a folder that holds one."""

    def accepts(path: Path) -> bool:
        return any(file.name.lower().endswith(endings) for file in _files(path))

    return accepts


def begins(pattern: str, *endings: str) -> Callable[[Path], bool]:
    """Accept a file whose first characters hold a pattern, or a folder with such a file.

    Args:
        pattern: A regular expression; `^` is the start of a line.
        endings: Of the names of the files that are looked into.
    """
    found = re.compile(pattern, re.MULTILINE)

    def accepts(path: Path) -> bool:
        named = (f for f in _files(path) if f == path or f.name.lower().endswith(endings))
        return any(found.search(_start(file)) for file in islice(named, _FILES))

    return accepts


def holds(*names: str) -> Callable[[Path], bool]:
    """Accept a folder in which, or in whose folders, files of some names lie."""

    def accepts(path: Path) -> bool:
        if not path.is_dir():
            return False
        folders = [path, *(p for p in path.iterdir() if p.is_dir())]
        return any(all((folder / name).is_file() for name in names) for folder in folders)

    return accepts


def _files(path: Path) -> Iterator[Path]:
    if not path.is_dir():
        yield path
        return
    for file in sorted(path.iterdir()):
        if file.name not in _SKIPPED and not file.is_symlink():
            yield from _files(file)


def _start(file: Path) -> str:
    try:
        with file.open("rb") as stream:
            return stream.read(_LOOK).decode("utf-8-sig", errors="replace")
    except OSError:
        return ""
