"""Import foreign template files: a folder of our template files, and a list of what was lost."""

from __future__ import annotations

import importlib
import shutil
import tempfile
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Protocol, cast

from corpusforge.core.errors import InputError
from corpusforge.grammar.files import template_files
from corpusforge.grammar.foreign.model import ForeignPack, Loss, Options
from corpusforge.grammar.foreign.notes import FILE, import_notes
from corpusforge.grammar.foreign.write import pack_files
from corpusforge.grammar.loader import load_pack

__all__ = ["FORMATS", "ImportResult", "import_pack"]

FORMATS: tuple[str, ...] = (
    "chatette",
    "chatito",
    "csv",
    "home_assistant",
    "jsgf",
    "jsonl",
    "padatious",
    "rasa",
    "rhino",
    "snips",
)
"""The formats that can be imported; each is a module of `corpusforge.grammar.foreign`."""


@dataclass(frozen=True)
class ImportResult:
    """What an import wrote.

    Attributes:
        files: All files, IMPORT.md last.
        templates: How many sentence templates can be sampled.
        open_templates: How many hold a list without values and can only be matched.
        intents: The intents, sorted.
        lists: The lists that sentences use, sorted.
        losses: What could not be kept, in the order in which it was met.
        notes: What else there is to know, one sentence each.
    """

    files: tuple[Path, ...]
    templates: int
    open_templates: int
    intents: tuple[str, ...]
    lists: tuple[str, ...]
    losses: tuple[Loss, ...]
    notes: tuple[str, ...]


class _Reader(Protocol):
    def read(self, path: Path, options: Options) -> ForeignPack:
        """Read a foreign file or folder."""
        ...


def import_pack(
    format: str, path: Path, out: Path, *, lang: str | None = None, names: Sequence[Path] = ()
) -> ImportResult:
    """Write the templates of a foreign file or folder as a folder of our template files.

    Args:
        format: One of FORMATS.
        path: File or folder.
        out: Folder to make; it may exist, if it is empty.
        lang: BCP-47 tag, where the format names none, or to choose one of several.
        names: Files with the devices, areas and floors of a home (home_assistant only).

    Raises:
        InputError: For anything wrong with the input; then nothing was written.
    """
    if format not in FORMATS:
        message = f"the format {format!r} cannot be imported"
        raise InputError(message, given=format, allowed=FORMATS)
    if names and format != "home_assistant":
        raise InputError(
            f"names of a home fit the format home_assistant only, not {format}",
            hint="leave out --names",
        )
    _refuse_filled(out)
    reader = cast(_Reader, importlib.import_module(f"corpusforge.grammar.foreign.{format}"))
    pack = reader.read(path, Options(lang, tuple(names)))
    if pack.lang is None and not pack.files:
        pack.fact("The source names no language, so the files name none either (see --lang).")
    files = pack_files(pack)
    try:
        out.parent.mkdir(parents=True, exist_ok=True)
        with tempfile.TemporaryDirectory(dir=out.parent, prefix=f".{out.name}-") as draft:
            folder = Path(draft) / "pack"
            result = _write(folder, files, format, path, pack)
            if out.exists():
                out.rmdir()
            shutil.move(folder, out)
    except OSError as error:
        raise InputError(f"{error.filename or out} cannot be written: {error.strerror}") from error
    return result(out)


def _refuse_filled(out: Path) -> None:
    try:
        filled = out.exists() and (not out.is_dir() or any(out.iterdir()))
    except OSError as error:
        raise InputError(f"{out} cannot be read: {error.strerror}") from error
    if filled:
        what = "is not empty" if out.is_dir() else "is a file"
        raise InputError(f"{out} {what}", hint="name a new folder, or empty this one first")


@dataclass(frozen=True)
class _Written:
    """A finished folder before it is moved to its place."""

    names: tuple[str, ...]
    result: ImportResult

    def __call__(self, out: Path) -> ImportResult:
        """The result with the files where they are now."""
        made = self.result
        return ImportResult(
            files=tuple(out / name for name in self.names),
            templates=made.templates,
            open_templates=made.open_templates,
            intents=made.intents,
            lists=made.lists,
            losses=made.losses,
            notes=made.notes,
        )


def _write(
    folder: Path, files: dict[str, str], format: str, path: Path, pack: ForeignPack
) -> _Written:
    for name, text in files.items():
        file = folder / name
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_text(text, encoding="utf-8", newline="\n")
    if not folder.exists():
        raise InputError(f"there are no sentences in {path}")
    template_files(folder)
    # The folder is read back: what the loader refuses must never be handed over.
    loaded = load_pack(folder)
    notes = import_notes(format, path, pack, loaded.notes)
    (folder / FILE).write_text(notes, encoding="utf-8", newline="\n")
    templates = (*loaded.templates, *loaded.open_templates)
    result = ImportResult(
        files=(),
        templates=len(loaded.templates),
        open_templates=len(loaded.open_templates),
        intents=tuple(sorted({template.intent for template in templates})),
        lists=tuple(sorted({values.entity for values, _ in loaded.lists})),
        losses=tuple(pack.losses),
        notes=(*pack.facts, *loaded.notes),
    )
    return _Written((*files, FILE), result)
