"""Which files of a folder are template files, and which others are read with them."""

from __future__ import annotations

import os
import re
from collections.abc import Iterator, Sequence
from pathlib import Path

from corpusforge.core.errors import InputError, InputErrors
from corpusforge.core.source import read_yaml
from corpusforge.grammar.pack import Source

__all__ = ["companion_files", "files_read", "imported_files", "template_files"]

_KEY = re.compile(r"^\ufeff?\{?['\"]?([a-z_]+)['\"]?[ ]*:", re.MULTILINE)
# Keys that tell the two kinds of file apart; no key of the one is a key of the other.
_RECIPE_KEYS = frozenset(("name", "lang", "license", "grammar", "real", "seed"))
_IMPORTS = re.compile(r"^\ufeff?\{?['\"]?imports['\"]?[ ]*:", re.MULTILINE)
_TEMPLATE_KEYS = frozenset(("intents", "lists", "expansion_rules", "language", "data"))


def files_read(path: Path) -> list[Path]:
    """Every file that is read to load a template file or folder: a change in one changes rows.

    Raises:
        InputError: As `template_files`.
    """
    files = template_files(path)
    return [*files, *companion_files(path), *(found for _, found in imported_files(files))]


def template_files(path: Path) -> list[Path]:
    """The template files of a file or folder, sorted by path.

    In a folder, YAML files with keys of a recipe and none of a template file are left out.

    Raises:
        InputError: When there is no such path, it cannot be read, or there is no template file
            in the folder.
    """
    try:
        if not path.is_dir():
            if not path.exists():
                raise InputError(f"there is no file or folder {path}", hint="check the path")
            return [path]
        files = sorted(_yaml_files(path))
        kept = [file for file in files if not _is_recipe(file)]
    except OSError as error:
        where = error.filename or path
        raise InputError(f"{where} cannot be read: {error.strerror}") from error
    if not kept:
        raise InputError(
            f"there are no template files (*.yaml) in {path}",
            hint=f"{', '.join(f.name for f in files[:3])}: recipes" if files else "",
        )
    return kept


def companion_files(path: Path) -> list[Path]:
    """Files of rules and lists that belong to a folder `sentences/LANG`, sorted by path.

    Home Assistant's newer layout keeps them beside: `rules/LANG`, `lists/LANG`, and `lists/*.yaml`
    for all languages. Elsewhere, and for folders in another layout, there are none.
    """
    path = path.resolve()
    if path.parent.name != "sentences" or not path.is_dir():
        return []
    top = path.parent.parent
    found: list[Path] = sorted(top.glob("lists/*.yaml"))
    for kind in ("lists", "rules"):
        folder = top / kind / path.name
        if folder.is_dir():
            found += sorted(_yaml_files(folder))
    return found


def imported_files(files: Sequence[Path]) -> Iterator[tuple[Source, Path]]:
    """The files that `imports` name, also those of imported files, each once.

    Args:
        files: Template files; they are not named again.

    Yields:
        Where a file is named, and the file.

    Raises:
        InputError: At the end, for all imports that lead nowhere, with their places.
    """
    seen = {file.resolve() for file in files}
    waiting = list(files)
    errors: list[InputError] = []
    while waiting:
        file = waiting.pop(0)
        for source, name in _imports_of(file):
            try:
                named = _imported(file.parent / name, name, source)
            except InputError as error:
                errors.append(error)
                continue
            for found in named:
                if found.resolve() not in seen:
                    seen.add(found.resolve())
                    waiting.append(found)
                    yield source, found
    if errors:
        raise errors[0] if len(errors) == 1 else InputErrors(errors)


def _imports_of(file: Path) -> Iterator[tuple[Source, str]]:
    """What a file imports, and where it says so."""
    if not _IMPORTS.search(_start_of_lines(file)):
        return
    try:
        document = read_yaml(file)
    except InputError:
        return  # who reads the file says what is wrong
    names = document.value.get("imports") if isinstance(document.value, dict) else None
    for index, name in enumerate(names if isinstance(names, list) else ()):
        yield Source(document, ("imports", index)), str(name)


def _imported(path: Path, name: str, source: Source) -> list[Path]:
    if not path.exists():
        folder = path.parent
        there = [p.name for p in folder.iterdir()] if folder.is_dir() else []
        raise InputError(
            f"there is no file or folder {name} to import",
            position=source.position(),
            given=path.name,
            allowed=sorted(there),
            hint="paths are relative to the file that imports",
        )
    return template_files(path)


def _start_of_lines(file: Path) -> str:
    try:
        return file.read_bytes().decode("utf-8", errors="replace")
    except OSError:
        return ""  # who reads the file says what is wrong


def _yaml_files(folder: Path) -> list[Path]:
    def refuse(error: OSError) -> None:
        raise error

    return [
        Path(parent, name)
        for parent, _, names in os.walk(folder, onerror=refuse)
        for name in names
        if name.endswith((".yaml", ".yml")) and not name.startswith(".")
    ]


def _is_recipe(file: Path) -> bool:
    """Say so from the keys at the left margin: to parse every file twice would cost a second."""
    text = file.read_bytes().decode("utf-8", errors="replace")
    keys = frozenset(_KEY.findall(text))
    return bool(keys & _RECIPE_KEYS) and not keys & _TEMPLATE_KEYS
