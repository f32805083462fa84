"""IMPORT.md: what was imported, and everything that was lost on the way."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from pathlib import Path

from corpusforge.grammar.foreign.losses import Kind, Loss
from corpusforge.grammar.foreign.model import ForeignPack
from corpusforge.grammar.foreign.nodes import ValueRange

__all__ = ["FILE", "by_kind", "import_notes", "place_of"]

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
    for kind, losses in by_kind(pack.losses).items():
        out += [
            f"### {_line(kind.name)} ({len(losses)})",
            "",
            f"Instead: {_line(kind.instead)}.",
            "",
        ]
        grouped: dict[tuple[str, str], list[str]] = {}
        for loss in losses:
            grouped.setdefault((loss.what, loss.instead), []).append(place_of(loss, path))
        for (what, instead), places in grouped.items():
            shown = ", ".join(place for place in places if place)
            more = "" if instead == kind.instead else f" -> {_line(instead)}"
            out.append(f"- {_line(what)}{more}" + (f" ({shown})" if shown else ""))
        out += [""]
    return "\n".join(out).rstrip("\n") + "\n"


def by_kind(losses: Iterable[Loss]) -> dict[Kind, list[Loss]]:
    """Losses by their kind, kinds in the order in which they were met first."""
    found: dict[Kind, list[Loss]] = {}
    for loss in losses:
        found.setdefault(loss.kind, []).append(loss)
    return found


def place_of(loss: Loss, path: Path) -> str:
    """File and line of a loss, seen from the folder that was imported; "" for the whole of it."""
    if loss.position is None:
        return ""
    file = Path(loss.position.file)
    name = file.relative_to(path).as_posix() if file != path and path in file.parents else file.name
    return f"{name}:{loss.position.line}"


def _line(text: str) -> str:
    return " ".join(text.split())
