"""Label ids that stay stable when intents or slots are added: the order kept with the run."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from corpusforge.core.recipe import Recipe
from corpusforge.core.run import RunFolder, read_record

__all__ = ["Labels", "label_names", "label_notes"]


@dataclass(frozen=True)
class Labels:
    """Names in the order of their label ids."""

    intents: tuple[str, ...]
    slots: tuple[str, ...]


def label_names(run: RunFolder, recipe: Recipe, clean: Path) -> Labels:
    """Names by label id: those of earlier runs first, new ones sorted after them.

    Names that only unpublished real rows have are private, and no class of the release.
    """
    import pyarrow.compute as pc

    from corpusforge.core.schema import read_table

    path = run.path / "labels.json"
    empty: dict[str, list[str]] = {"intents": [], "slots": []}
    before = read_record(path, *empty) if path.is_file() else empty
    table = read_table(clean / "utterances.parquet").select(["intent", "slots", "origin"])
    if recipe.real is not None and not recipe.real.publish:
        table = table.filter(pc.not_equal(table["origin"], "real"))
    slots = pc.struct_field(pc.list_flatten(table["slots"]), "name")
    found = {"intents": table["intent"].unique(), "slots": slots.unique()}
    merged = {
        kind: (*before[kind], *sorted(set(names.to_pylist()) - set(before[kind])))
        for kind, names in found.items()
    }
    return Labels(merged["intents"], merged["slots"])


def label_notes(run: RunFolder, clean: Path) -> list[str]:
    """Says when the folder's history, not the recipe, gives classes to the release."""
    path = run.path / "labels.json"
    if not path.is_file():
        return []
    from corpusforge.core.schema import read_table

    rows = read_table(clean / "utterances.parquet")
    gone = set(read_record(path, "intents")["intents"]) - set(rows["intent"].to_pylist())
    if not gone:
        return []
    return [
        f"label{'s' * (len(gone) > 1)} without rows: {', '.join(sorted(gone))}; earlier runs in "
        f"this folder had them, and label ids stay stable (delete {path} to number them anew)"
    ]
