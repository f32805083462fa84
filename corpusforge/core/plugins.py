"""Plug-ins: the file name is the key, nothing is imported to find them.

A plug-in of family `effect` is a file in `corpusforge/speech/effects/`, or an entry point of
group `corpusforge.effects` in another package, that has an attribute `PLUGIN`.
"""

from __future__ import annotations

import ast
import importlib
import pkgutil
from importlib import metadata
from pathlib import Path
from typing import Any

from corpusforge.core.errors import InputError

__all__ = ["FAMILIES", "describe", "exists", "load", "names", "origin"]

FAMILIES = {
    "importer": "corpusforge.grammar.importers",
    "format": "corpusforge.grammar.formats",
    "generator": "corpusforge.expand.generators",
    "mode": "corpusforge.expand.gan.modes",
    "engine": "corpusforge.speech.engines",
    "effect": "corpusforge.speech.effects",
    "filter": "corpusforge.clean.filters",
    "writer": "corpusforge.export.writers",
    "metric": "corpusforge.metrics",
}
"""Family -> the package whose files are its plug-ins."""

_ROOT = Path(__file__).parents[1]


def _folder(family: str) -> Path:
    return _ROOT.joinpath(*FAMILIES[family].split(".")[1:])


def _built_in(family: str) -> list[str]:
    folder = _folder(family)
    found = [module.name for module in pkgutil.iter_modules([str(folder)])]
    return sorted(name for name in found if not name.startswith("_"))


def _entry_points(family: str) -> dict[str, metadata.EntryPoint]:
    return {point.name: point for point in metadata.entry_points(group=f"corpusforge.{family}s")}


def exists(family: str, name: str) -> bool:
    """Whether there is such a plug-in; other packages are only searched for foreign names."""
    return name in _built_in(family) or name in _entry_points(family)


def names(family: str) -> list[str]:
    """Keys of all plug-ins of a family, sorted, without importing any."""
    return sorted({*_built_in(family), *_entry_points(family)})


def origin(family: str, name: str) -> str:
    """Distribution and version of an outside plug-in, "" for one of ours."""
    point = None if name in _built_in(family) else _entry_points(family).get(name)
    if point is None or point.dist is None:
        return ""
    return f"{point.dist.name} {point.dist.version}"


def load(family: str, name: str) -> Any:
    """The `PLUGIN` of one plug-in.

    Raises:
        InputError: For an unknown name, with the nearest one; when the plug-in cannot be
            imported, with what it lacks.
    """
    if name in _built_in(family):
        module = f"{FAMILIES[family]}.{name}"
        return importlib.import_module(module).PLUGIN
    point = _entry_points(family).get(name)
    if point is None:
        raise InputError(f"there is no {family} {name!r}", given=name, allowed=names(family))
    try:
        return point.load()
    except (ImportError, OSError, AttributeError) as error:
        raise InputError(
            f"the {family} {name!r} ({point.value}) cannot be loaded: {error}",
            hint="reinstall the package that brings it",
        ) from error


def describe(family: str) -> list[tuple[str, str, str]]:
    """(name, first line of its docstring, where it comes from) of each plug-in, sorted.

    Built-in files are read, not imported.
    """
    rows: list[tuple[str, str, str]] = []
    folder = _folder(family)
    built_in = _built_in(family)
    for name in built_in:
        path = folder / f"{name}.py"
        tree = ast.parse(path.read_text(encoding="utf-8"))
        first = (ast.get_docstring(tree) or "").split("\n")[0]
        rows.append((name, first, "built in"))
    for name, point in _entry_points(family).items():
        if name not in built_in:
            rows.append((name, "", point.value))
    return sorted(rows)
