"""Which files of a folder are template files, and which others are read with them."""

from __future__ import annotations

import os
import re
from pathlib import Path

from corpusforge.core.errors import InputError

__all__ = ["companion_files", "files_read", "template_files"]

_KEY = re.compile(r"^\ufeff?\{?['\"]?([a-z_]+)['\"]?[ ]*:", re.MULTILINE)
# Keys that tell the two kinds of file apart; no key of the one is a key of the other.
_RECIPE_KEYS = frozenset(("name", "lang", "license", "grammar", "real", "seed"))
_TEMPLATE_KEYS = frozenset(("intents", "lists", "expansion_rules", "language", "data"))


def files_read(path: Path) -> list[Path]:
    """Every file that is read to load a template file or folder: a change in one changes rows.

    Raises:
        InputError: As `template_files`.
    """
    return [*template_files(path), *companion_files(path)]


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
