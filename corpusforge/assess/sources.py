"""Labelled rows from wherever they are: a run, a release, a file, a folder, the HF hub."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
import numpy.typing as npt

from corpusforge.assess.columns import ColumnNames, Found, find_columns
from corpusforge.assess.rows import Rows
from corpusforge.core.errors import InputError, require
from corpusforge.core.run import RunFolder
from corpusforge.core.spans import Slot
from corpusforge.grammar.annotations import AnnotationError, read_slots, tidy
from corpusforge.grammar.raw import RawTable, class_names, read_raw, split_name

if TYPE_CHECKING:
    import pyarrow as pa

__all__ = ["Opened", "Source", "open_source", "rows_of"]

_HUB_NAME = re.compile(r"[\w.-]+(/[\w.-]+)?")
_FILES = (".csv", ".tsv", ".jsonl", ".ndjson", ".parquet", ".json", ".txt", ".xlsx")


@dataclass(frozen=True, eq=False)
class Source:
    """The labelled rows of one place; all columns have one entry per row.

    Attributes:
        name: File name, without the path: it goes into published pages.
        kind: run, release or table.
        rows: The rows, with no empty text or label and no weight of 0.
        splits: train, validation or test of each row; None = the place has no splits.
        ids: Id of each row, "" where it has none.
        parents: Ids each row was made from.
        places: Where each row stands ("line 7"), for messages.
        languages: Languages of the rows, sorted; empty when unknown.
        notes: What was left out, and what was guessed.
    """

    name: str
    kind: str
    rows: Rows
    splits: tuple[str, ...] | None
    ids: tuple[str, ...]
    parents: tuple[tuple[str, ...], ...]
    places: tuple[str, ...]
    languages: tuple[str, ...] = ()
    notes: tuple[str, ...] = field(default=())

    def where(self, mask: npt.ArrayLike) -> Source:
        """The rows whose place in `mask` (shape [rows]) is true."""
        return self.take(np.flatnonzero(np.asarray(mask, dtype=bool)))

    def take(self, indices: npt.ArrayLike) -> Source:
        """The rows at these places, in this order."""
        chosen = np.asarray(indices, dtype=np.int64).tolist()
        return replace(
            self,
            rows=self.rows.take(chosen),
            splits=None if self.splits is None else tuple(self.splits[i] for i in chosen),
            ids=tuple(self.ids[i] for i in chosen),
            parents=tuple(self.parents[i] for i in chosen),
            places=tuple(self.places[i] for i in chosen),
        )

    def in_split(self, *names: str) -> npt.NDArray[np.bool_]:
        """Mask of the rows of these splits, shape [rows]; all rows where there are none."""
        if self.splits is None:
            return np.ones(len(self.rows), dtype=bool)
        return np.array([split in names for split in self.splits], dtype=bool)

    def is_real(self) -> npt.NDArray[np.bool_]:
        """Mask of the rows whose origin is real, shape [rows]."""
        return np.array([origin == "real" for origin in self.rows.origins], dtype=bool)


@dataclass(frozen=True)
class Opened:
    """A place that was found and read, before its columns are chosen."""

    name: str
    kind: str
    raw: RawTable
    notes: tuple[str, ...] = ()


def _kind_of(path: Path) -> str:
    """run, release or table."""
    if (path / "recipe.json").is_file():
        return "run"
    if (path / "SHA256SUMS").is_file() and (path / "README.md").is_file():
        return "release"
    return "table"


def open_source(path: Path) -> Opened:
    """Read the columns of a run, a release, a file, a folder or a data set of the HF hub.

    Raises:
        InputError: When nothing can be read there.
    """
    kind = _kind_of(path)
    name = path.resolve().name
    if kind == "run":
        return _run(path, name)
    if kind == "release":
        return _release(path, name)
    if not path.exists() and _HUB_NAME.fullmatch(str(path)) and path.suffix.lower() not in _FILES:
        return Opened(str(path), "table", _hub_table(str(path)))
    return Opened(name, kind, read_raw(path))


def _run(path: Path, name: str) -> Opened:
    """What `clean` left for config `nlu`, of the last complete run, else of the one in progress."""
    from corpusforge.core.gate import read_gate
    from corpusforge.core.schema import read_table

    run = RunFolder(path)
    for record in (run.manifest, run.state):
        stages = {
            item["stage"]: run.stage_folder(item["stage"], item["key"])
            for item in (record["stages"] if record is not None else ())
        }
        done = {stage: at for stage, at in stages.items() if (at / "stage.json").is_file()}
        if "clean" not in done:
            continue
        table = read_table(done["clean"] / "utterances.parquet")
        admitted = read_gate(done).admitted(table)
        out = table.num_rows - admitted.num_rows
        if set(admitted["origin"].to_pylist()) <= {"real"}:
            notes = (f"{name}: assessed are generated rows that the build kept out of nlu",)
            return Opened(name, "run", RawTable(table), notes if out else ())
        notes = (f"{name}: {out} generated rows that the build kept out of nlu are not assessed",)
        return Opened(name, "run", RawTable(admitted), notes if out else ())
    raise InputError(
        f"{path} holds no cleaned rows yet", hint="run the same build command to finish it"
    )


def _release(path: Path, name: str) -> Opened:
    """Config `nlu` of a release, or utterances.csv of the plain export."""
    from corpusforge.export.release import EXPANDED
    from corpusforge.export.writers.hf import files_of
    from corpusforge.grammar.importers.parquet import read_parquet

    if (path / "utterances.csv").is_file():
        return Opened(name, "release", read_raw(path / "utterances.csv"))
    import pyarrow as pa

    for config in ("nlu", EXPANDED):
        files = [(split, at) for split, found in files_of(path, config).items() for at in found]
        if not files:
            continue
        parts = [read_parquet(file) for _, file in files]
        splits = [
            split
            for (split, _), part in zip(files, parts, strict=True)
            for _ in range(part.num_rows)
        ]
        notes: tuple[str, ...] = ()
        if config == "nlu" and (path / EXPANDED).is_dir():
            notes = (f"{name}: config nlu is assessed, {EXPANDED} is not",)
        if config == EXPANDED:
            notes = (f"{name}: config {EXPANDED} is assessed, for there is no nlu",)
        table = pa.concat_tables(parts, promote_options="permissive")
        return Opened(name, "release", RawTable(table, splits=splits), notes)
    raise InputError(f"the release {path} holds no rows of text (no folder nlu)")


def _hub_table(name: str) -> RawTable:
    """A data set of the HF hub, all splits.

    Raises:
        InputError: When `datasets` is missing, or cannot load it (offline, unknown, private).
    """
    import pyarrow as pa

    purpose = f"loading {name!r}, which is no file or folder here, from the HF hub"
    datasets = require("datasets", extra="hub", purpose=purpose)
    try:
        loaded = datasets.load_dataset(name)
    # Hub, HTTP and file errors of three packages: all of them mean that it is not to be had.
    except Exception as error:
        first = str(error).strip().splitlines()[0] if str(error).strip() else type(error).__name__
        raise InputError(
            f"there is no file or folder {name!r}, and the HF hub does not give it: {first}",
            hint="check the path; offline, give a file or a folder written by save_to_disk",
        ) from error
    parts: list[pa.Table] = []
    splits: list[str] = []
    for split, part in loaded.items():
        known = split_name(str(split))
        if known is None:
            raise InputError(
                f"the split {str(split)!r} of {name} is not one of train, validation and test",
                hint="save the splits you mean to a file, and give that",
            )
        labels = {c: f.names for c, f in part.features.items() if hasattr(f, "names")}
        plain = [c for c, f in part.features.items() if type(f).__name__ not in _MEDIA]
        table = part.select_columns(plain).with_format("arrow")[:]
        parts.append(class_names(table, labels))
        splits += [known] * part.num_rows
    return RawTable(pa.concat_tables(parts, promote_options="permissive"), splits=splits)


_MEDIA = ("Audio", "Image", "Video", "Pdf")


def rows_of(opened: Opened, columns: ColumnNames, *, origin: str) -> Source:
    """The labelled rows of what was opened.

    Rows without text or label and rows of weight 0 are left out and counted; slots that do not
    fit their text count as not annotated.

    Args:
        opened: See `open_source`.
        columns: What the user named; runs and releases have their own names.
        origin: Origin of the rows where the place does not say.

    Raises:
        InputError: When columns are missing or no usable row is left.
    """
    own = opened.kind != "table"
    found = find_columns(opened.raw, ColumnNames() if own else columns, opened.name)
    table = opened.raw.table
    size = table.num_rows
    texts, intents, slots, gone = _texts(opened.raw, found)
    weights = _weights(opened)
    keep = np.array([bool(text and intent) for text, intent in zip(texts, intents, strict=True)])
    keep = keep.reshape(size) & (weights > 0)
    gone["of weight 0"] = int(np.sum(weights == 0))
    source = Source(
        name=opened.name,
        kind=opened.kind,
        rows=Rows(
            tuple(texts), tuple(intents), weights, tuple(slots), _strings(table, "origin", origin)
        ),
        splits=_splits(opened.raw, found),
        ids=_strings(table, "id", ""),
        parents=_parents(table),
        places=tuple(opened.raw.place(row) for row in range(size)),
        languages=_languages(table),
    ).where(keep)
    if not len(source.rows):
        raise InputError(
            f"{opened.name} holds no usable row: {size} were read, "
            f"with text from {found.text!r} and label from {found.label!r}",
            hint="name other columns with --text and --label",
        )
    return replace(source, notes=(*opened.notes, *_notes(opened, found, gone)))


def _texts(
    raw: RawTable, found: Found
) -> tuple[list[str], list[str], list[tuple[Slot, ...] | None], Counter[str]]:
    """NFC texts, labels, slots, and how many rows have none of them; "" = none."""
    table = raw.table
    marks: Sequence[Any] = [None] * table.num_rows
    if found.slots is not None:
        marks = table[found.slots].to_pylist()
    texts: list[str] = []
    intents: list[str] = []
    slots: list[tuple[Slot, ...] | None] = []
    gone: Counter[str] = Counter()
    for text, label, mark in zip(
        table[found.text].to_pylist(), table[found.label].to_pylist(), marks, strict=True
    ):
        words = "" if text is None else str(text)
        intent = "" if label is None else str(label).strip()
        spans: tuple[Slot, ...] | None = None
        try:
            # An empty cell of a slot column cannot be told from "not annotated".
            moved, read = tidy(words, read_slots(mark) if mark is not None else ())
            spans = read if mark is not None and mark != "" else None
        except AnnotationError:
            gone["slots"] += 1
            moved = tidy(words, ())[0]
        gone["without text"] += not moved
        gone["without label"] += bool(moved) and not intent
        texts.append(moved)
        intents.append(intent)
        slots.append(spans)
    return texts, intents, slots, gone


def _weights(opened: Opened) -> npt.NDArray[np.float64]:
    """Sample weights, shape [rows]; 1 where there is none.

    Raises:
        InputError: For the first weight that is negative or no number, with its place.
    """
    table = opened.raw.table
    if "weight" not in table.column_names:
        return np.ones(table.num_rows)
    weights = np.ones(table.num_rows)
    for row, value in enumerate(table["weight"].to_pylist()):
        if value is None or value == "":
            continue
        try:
            number = float(value)
        except (TypeError, ValueError):
            number = float("nan")
        if not 0 <= number < float("inf"):
            raise InputError(
                f"{opened.name}, {opened.raw.place(row)}: the weight {value!r} is no number "
                "that is at least 0",
                hint="1 = as a real row, 0 = do not train on it",
            )
        # Weights come as float32: 0.3 is meant, not 0.30000001192.
        weights[row] = round(number, 6)
    return weights


def _strings(table: pa.Table, name: str, default: str) -> tuple[str, ...]:
    size: int = table.num_rows
    if name not in table.column_names:
        return (default,) * size
    return tuple(default if v is None or v == "" else str(v) for v in table[name].to_pylist())


def _splits(raw: RawTable, found: Found) -> tuple[str, ...] | None:
    if raw.splits is not None:
        return tuple(raw.splits)
    if found.split is None:
        return None
    # A row without a split is one to train on.
    values = raw.table[found.split].to_pylist()
    names = ["train" if value is None else split_name(str(value)) for value in values]
    return tuple(name or "train" for name in names)


def _parents(table: pa.Table) -> tuple[tuple[str, ...], ...]:
    size: int = table.num_rows
    if "parents" not in table.column_names:
        return ((),) * size
    values: list[Any] = table["parents"].to_pylist()
    return tuple(tuple(map(str, v)) if isinstance(v, list) else () for v in values)


def _languages(table: pa.Table) -> tuple[str, ...]:
    if "lang" not in table.column_names:
        return ()
    return tuple(sorted({str(v) for v in table["lang"].to_pylist() if v}))


def _notes(opened: Opened, found: Found, gone: Counter[str]) -> list[str]:
    notes: list[str] = []
    if found.guessed:
        notes.append(f"{opened.name}: {', '.join(found.guessed)} (guessed)")
    left = [f"{gone[why]} {why}" for why in ("without text", "without label", "of weight 0")]
    left = [text for text in left if not text.startswith("0 ")]
    if opened.raw.bad:
        first = opened.raw.bad[0]
        where = f", the first in line {first.line}" if first.line else ""
        left.append(f"{len(opened.raw.bad)} unreadable{where}")
    if left:
        notes.append(f"{opened.name}: rows left out: {', '.join(left)}")
    if gone["slots"]:
        notes.append(f"{opened.name}: slots of {gone['slots']} rows do not fit their text, unused")
    return notes
