"""Where the published rows come from: tables beside the release, so that it explains itself.

provenance/utterances.parquet   every published row with parents, split and scores, and its
                                ancestors that are not published (`released` false)
provenance/templates.parquet    the sentences that the rows were made from
provenance/clips.parquet        all facts about the published clips but the audio
"""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path, PurePath

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from corpusforge.core.schema import TEMPLATES, UTTERANCES, write_table
from corpusforge.export.release import ReleaseTables

__all__ = ["FOLDER", "write_provenance"]

FOLDER = "provenance"

_WORDS = ("text", "slots", "spoken", "intent")


def write_provenance(
    release: ReleaseTables, others: Sequence[pa.Table], templates: pa.Table, folder: Path
) -> list[Path]:
    """Write the three tables.

    Args:
        release: What is published.
        others: Rows that are not: kept but private rows, then dropped rows of later stages
            before those of earlier ones. Only ancestors of published rows are taken from them.
        templates: All templates, schema `TEMPLATES`.
        folder: The release folder.
    """
    target = folder / FOLDER
    target.mkdir()
    paths = [target / f"{name}.parquet" for name in ("utterances", "templates", "clips")]
    write_table(_rows(release.all_rows, others), paths[0])
    write_table(_relative(templates.select(TEMPLATES.names)), paths[1])
    facts = [name for name in release.clips.column_names if name != "audio"]
    if release.clips.num_rows:
        write_table(release.clips.select(facts), paths[2])
        return paths
    return paths[:2]


def _rows(published: pa.Table, others: Sequence[pa.Table]) -> pa.Table:
    """Published rows, then their ancestors, each once."""
    columns = [*UTTERANCES.names, *(n for n in published.column_names if n.startswith("score_"))]
    rows = _marked(published.select(columns), released=True)
    seen = set(rows["id"].to_pylist())
    parts = [rows]
    pool = [_other(table, columns) for table in others]
    wanted = _missing_parents(rows, seen)
    while wanted:
        found = []
        for table in pool:
            ids = table["id"].to_pylist()
            first: dict[str, int] = {}
            for place, name in enumerate(ids):
                if name in wanted and name not in seen:
                    first.setdefault(name, place)
            seen |= set(first)
            found.append(table.take(pa.array(sorted(first.values()), pa.int64())))
        ancestors = pa.concat_tables(found) if found else rows.slice(0, 0)
        parts.append(ancestors)
        wanted = _missing_parents(ancestors, seen)
    return pa.concat_tables(parts)


def _missing_parents(rows: pa.Table, seen: set[str]) -> set[str]:
    return {parent for parents in rows["parents"].to_pylist() for parent in parents or ()} - seen


def _marked(rows: pa.Table, *, released: bool) -> pa.Table:
    rows = rows.append_column("released", pa.array([released] * rows.num_rows, pa.bool_()))
    return rows.append_column("dropped_by", pa.array([""] * rows.num_rows, pa.string()))


def _other(table: pa.Table, columns: Sequence[str]) -> pa.Table:
    """A table of unpublished rows with the columns of the published ones.

    Words and labels of real rows are blanked: a row that may not be published must not slip
    out as somebody's parent.
    """
    for name in columns:
        if name not in table.column_names:
            table = table.append_column(name, pa.nulls(table.num_rows, pa.float32()))
    rows = _marked(table.select(columns), released=False)
    if "filter" in table.column_names:
        stated = pc.binary_join_element_wise(
            pc.binary_join_element_wise(table["stage"], table["filter"], "/"),
            table["reason"],
            ": ",
        )
        place = rows.schema.get_field_index("dropped_by")
        rows = rows.set_column(place, "dropped_by", stated)
    real = np.array([origin == "real" for origin in rows["origin"].to_pylist()], dtype=bool)
    for name in _WORDS:
        place = rows.schema.get_field_index(name)
        values = pc.if_else(pa.array(~real), rows[name], pa.scalar(None, rows[name].type))
        rows = rows.set_column(place, rows.schema.field(name), values)
    return rows


def _relative(templates: pa.Table) -> pa.Table:
    """Template files by name alone where the path is absolute: no machine paths go out."""
    files = [
        PurePath(file).name if file and PurePath(file).is_absolute() else file
        for file in templates["file"].to_pylist()
    ]
    place = templates.schema.get_field_index("file")
    return templates.set_column(place, "file", pa.array(files, pa.string()))
