"""IMPORT.md: what was imported, and everything that was lost on the way."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from corpusforge.grammar.foreign.model import ForeignPack, Loss, ValueRange

__all__ = ["FILE", "import_notes"]

FILE = "IMPORT.md"


def import_notes(format: str, path: Path, pack: ForeignPack, loaded: Sequence[str]) -> str:
    """The text of IMPORT.md.

    Args:
        format: Name of the foreign format.
        path: What was read.
        pack: What was made of it.
        loaded: What the loader of our templates says about the result.
    """
    sentences = sum(map(len, pack.intents.values()))
    values = sum(0 if isinstance(v, ValueRange) else len(v) for v in pack.lists.values())
    out = [f"# Imported from {format}", "", f"Source: `{path.name}`.", ""]
    if pack.intents:
        counts = f"{sentences} sentence templates of {len(pack.intents)} intents"
        out += [f"{counts}, {len(pack.lists)} lists with {values} values.", ""]
    if pack.facts or loaded:
        out += ["## What to know", "", *(f"- {_line(text)}" for text in (*pack.facts, *loaded)), ""]
    out += ["## What was lost", ""]
    if not pack.losses:
        out += ["Nothing."]
    grouped: dict[tuple[str, str], list[str]] = {}
    for loss in pack.losses:
        grouped.setdefault((loss.what, loss.instead), []).append(_place(loss, path))
    for (what, instead), places in grouped.items():
        shown = ", ".join(place for place in places if place)
        out.append(f"- {_line(what)} -> {_line(instead)}" + (f" ({shown})" if shown else ""))
    return "\n".join(out) + "\n"


def _place(loss: Loss, path: Path) -> str:
    """File and line; the file as seen from the folder that was imported."""
    if loss.position is None:
        return ""
    file = Path(loss.position.file)
    name = file.relative_to(path).as_posix() if file != path and path in file.parents else file.name
    return f"{name}:{loss.position.line}"


def _line(text: str) -> str:
    return " ".join(text.split())
