"""Import foreign template files: a folder of our template files, and a list of what was lost."""

from __future__ import annotations

import re
import shutil
import tempfile
from collections.abc import Sequence
from dataclasses import dataclass, replace
from pathlib import Path

from corpusforge.core import plugins
from corpusforge.core.errors import InputError, InputErrors
from corpusforge.core.recipe import LANG_PATTERN
from corpusforge.grammar.files import template_files
from corpusforge.grammar.foreign.format import Format
from corpusforge.grammar.foreign.losses import Loss
from corpusforge.grammar.foreign.model import ForeignPack, Options
from corpusforge.grammar.foreign.notes import FILE, import_notes
from corpusforge.grammar.foreign.write import pack_files
from corpusforge.grammar.loader import load_pack
from corpusforge.grammar.pack import Pack

__all__ = ["ImportResult", "import_pack"]


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


def import_pack(
    format: str, path: Path, out: Path, *, lang: str | None = None, names: Sequence[Path] = ()
) -> ImportResult:
    """Write the templates of a foreign file or folder as a folder of our template files.

    Args:
        format: A plug-in of the family "format".
        path: File or folder.
        out: Folder to make; it may exist, if it is empty.
        lang: BCP-47 tag, where the format names none, or to choose one of several.
        names: Files with the devices, areas and floors of a home, or folders `.storage`
            (home_assistant only).

    Raises:
        InputError: For anything wrong with the input; then nothing was written.
    """
    known = plugins.names("format")
    if format not in known:
        message = f"the format {format!r} cannot be imported"
        raise InputError(message, given=format, allowed=known)
    if names and format != "home_assistant":
        raise InputError(
            f"names of a home fit the format home_assistant only, not {format}",
            hint="leave out --names",
        )
    if lang is not None and not re.match(LANG_PATTERN, lang.replace("_", "-")):
        raise InputError(
            f"--lang {lang}: no language tag", given=lang, hint="expected BCP-47: en, de, pt-BR"
        )
    _refuse_filled(out)
    reader: Format = plugins.load("format", format)
    others = _other_formats(reader, path)
    if others and not reader.accepts(path):
        # One format read as another would give wrong labels without a word.
        raise InputError(
            f"{path} looks like {' or '.join(others)}, not like {format}",
            hint=_command(others[0], path),
        )
    try:
        pack = _read(reader, path, Options(lang, tuple(names)), others)
        files = pack_files(pack)
        ways = "--lists FILE"
        if format == "home_assistant" and not names:
            ways += ", or an import with --names,"
        return _placed(out, files, format, path, pack, ways)
    except RecursionError:
        raise InputError(
            f"{path} nests too deeply: brackets in brackets, or rules that refer to rules",
            hint="several hundred levels are too many",
        ) from None


def _placed(
    out: Path, files: dict[str, str], format: str, path: Path, pack: ForeignPack, ways: str
) -> ImportResult:
    """Write a folder beside its place and move it there once it is whole."""
    try:
        out.parent.mkdir(parents=True, exist_ok=True)
        with tempfile.TemporaryDirectory(dir=out.parent, prefix=f".{out.name}-") as draft:
            folder = Path(draft) / "pack"
            written = _write(folder, files, format, path, pack, ways)
            if out.exists():
                out.rmdir()
            shutil.move(folder, out)
    except OSError as error:
        raise InputError(f"{error.filename or out} cannot be written: {error.strerror}") from error
    return replace(written, files=tuple(out / file for file in written.files))


def _read(reader: Format, path: Path, options: Options, others: Sequence[str]) -> ForeignPack:
    """What a reader makes of a path, or its error with the other formats that the path fits."""
    try:
        pack = reader.read(path, options)
    except InputError as error:
        if not others or isinstance(error, InputErrors):
            raise
        also = f"it also looks like {others[0]}: {_command(others[0], path)}"
        raise InputError(
            error.message,
            position=error.position,
            given=error.given,
            allowed=error.allowed,
            hint=f"{error.hint}\n    {also}" if error.hint else also,
        ) from None
    if pack.lang is None and not pack.files:
        pack.fact("The source names no language, so the files name none either (see --lang).")
    pack.balance()
    return pack


def _other_formats(reader: Format, path: Path) -> list[str]:
    """The other formats that a path looks like."""
    if not path.exists():
        return []
    others = [name for name in plugins.names("format") if name != reader.name]
    return [name for name in others if plugins.load("format", name).accepts(path)]


def _command(format: str, path: Path) -> str:
    return f"corpusforge import {format} {path} -o DIR"


def _refuse_filled(out: Path) -> None:
    try:
        filled = out.exists() and (not out.is_dir() or any(out.iterdir()))
    except OSError as error:
        raise InputError(f"{out} cannot be read: {error.strerror}") from error
    above = next(folder for folder in out.absolute().parents if folder.exists())
    if not above.is_dir():
        raise InputError(f"{above} is a file, no folder can be in it", hint="name another folder")
    if filled:
        what = "is not empty" if out.is_dir() else "is a file"
        raise InputError(f"{out} {what}", hint="name a new folder, or empty this one first")


def _in_terms_of(error: InputError, path: Path) -> InputError:
    """What the loader refuses, without the place of a file that is gone when it is read."""
    first = error.errors[0] if isinstance(error, InputErrors) else error
    shown = f" ({first.position.source.strip()})" if first.position else ""
    hint = f"{first.hint}; please report this" if first.hint else "please report this"
    return InputError(f"{path} cannot be said in our templates: {first.message}{shown}", hint=hint)


def _write(
    folder: Path, files: dict[str, str], format: str, path: Path, pack: ForeignPack, ways: str
) -> ImportResult:
    """Write and read back the folder; the files of the result are relative to it."""
    for name, text in files.items():
        file = folder / name
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_text(text, encoding="utf-8", newline="\n")
    if not folder.exists():
        raise InputError(f"there are no sentences in {path}")
    template_files(folder)
    # The folder is read back: what the loader refuses must never be handed over.
    try:
        loaded = load_pack(folder)
    except InputError as error:
        raise _in_terms_of(error, path) from error
    known = _notes(loaded, ways)
    notes = import_notes(format, path, pack, known)
    (folder / FILE).write_text(notes, encoding="utf-8", newline="\n")
    templates = (*loaded.templates, *loaded.open_templates)
    return ImportResult(
        files=tuple(map(Path, (*files, FILE))),
        templates=len(loaded.templates),
        open_templates=len(loaded.open_templates),
        intents=tuple(sorted({template.intent for template in templates})),
        lists=tuple(sorted({values.entity for values, _ in loaded.lists})),
        losses=tuple(pack.losses),
        notes=(*pack.facts, *known),
    )


def _notes(loaded: Pack, ways: str) -> tuple[str, ...]:
    """What the loader says of the folder, with the lists that have no values.

    Args:
        loaded: The folder that was written.
        ways: How these get values.
    """
    if not loaded.open_templates:
        return loaded.notes
    empty = sorted({values.entity for values, _ in loaded.lists if values.wildcard})
    shown = ", ".join(empty[:8]) + (f" and {len(empty) - 8} more" if len(empty) > 8 else "")
    first = (
        f"{len(loaded.open_templates):,} sentence templates use lists without values ({shown}): "
        f"they are matched, and drawn once {ways} gives values."
    )
    # The loader's first note says the same with less.
    return (first, *loaded.notes[1:])
