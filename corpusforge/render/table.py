"""Reading the table of a render: sentences with whatever else it knows about them."""

from __future__ import annotations

import csv
import io
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pyarrow as pa

from corpusforge.core.errors import InputError, InputErrors
from corpusforge.core.ids import digest, utterance_ids
from corpusforge.core.schema import DROPPED, Utterance, drop_rows, utterances_to_table
from corpusforge.core.spans import Slot
from corpusforge.grammar.annotations import CONTROL, AnnotationError, read_slots, tidy
from corpusforge.grammar.columns import kind_of
from corpusforge.grammar.init_recipe import (
    LABEL_NAMES,
    SLOT_NAMES,
    SPLIT_NAMES,
    TEXT_NAMES,
    find_text,
    named_column,
)
from corpusforge.grammar.raw import RawTable, read_raw, read_utf8, split_name, table_of
from corpusforge.render.options import RenderOptions

__all__ = ["STAGE", "Rows", "read_table_rows"]

STAGE = "rows"
ORIGIN = "table"

_USUAL = {
    "text": TEXT_NAMES,
    "id": ("id", "utterance_id", "uid", "key"),
    "lang": ("lang", "language", "locale"),
    "intent": LABEL_NAMES,
    "slots": SLOT_NAMES,
    "split": SPLIT_NAMES,
    "spoken": ("spoken",),
    "license": ("license", "licence"),
}
_WORDLESS = ("lists", "mappings", "numbers with decimals")


@dataclass(frozen=True)
class Rows:
    """The rows of a table.

    Attributes:
        table: Columns of `UTTERANCES`, with ids.
        dropped: Rows of `DROPPED` that cannot be spoken, each with its reason.
        columns: One of `options.COLUMNS` -> the column that was taken for it.
        splits: Whether the table itself has splits.
        said_in: Language -> where its first row stands, for rows that state their language.
        notes: What the user should read.
    """

    table: pa.Table
    dropped: pa.Table
    columns: Mapping[str, str]
    splits: bool
    said_in: Mapping[str, str]
    notes: tuple[str, ...]


def read_table_rows(path: Path, options: RenderOptions) -> Rows:
    """Read CSV, TSV, JSONL, Parquet, a folder of `datasets`, or plain text, a sentence a line.

    Raises:
        InputError: When the file cannot be read, has no column of text or not the columns that
            the options name, an id stands twice, a split is unknown, or no row can be spoken.
    """
    raw = _read(path)
    columns = _columns(raw, options, path)
    values = {name: raw.table[column].to_pylist() for name, column in columns.items()}
    splits = _splits(raw, values, path)
    rows: list[Utterance] = []
    said_in: dict[str, str] = {}
    bad = [(_row("" if b.content is None else b.content, options), b.reason) for b in raw.bad]
    first = f"line {raw.bad[0].line}: {raw.bad[0].reason}" if raw.bad else ""
    for number, text in enumerate(values["text"]):
        given = {name: column[number] for name, column in values.items()}
        row, reason = _utterance(given, splits[number] if splits else "train", options)
        if reason:
            bad.append((row, reason))
            first = first or f"{raw.place(number)} ({str(text)[:40]!r}): {reason}"
        else:
            rows.append(row)
            if given.get("lang"):
                said_in.setdefault(row.lang, raw.place(number))
    if not rows:
        why = f"; the first was left out because: {first}" if first else ""
        raise InputError(f"{path} holds no sentence that can be spoken{why}")
    notes = [f"{len(bad)} of the rows cannot be spoken; the first: {first}"] if bad else []
    table = _with_ids(utterances_to_table(rows), rows, path)
    return Rows(table, _dropped(bad), columns, splits is not None, said_in, tuple(notes))


def _read(path: Path) -> RawTable:
    if path.suffix.lower() == ".txt" and path.is_file():
        return _lines(read_utf8(path))
    if path.suffix.lower() in (".csv", ".tsv") and path.is_file():
        text = read_utf8(path)
        header = next((line for line in text.splitlines() if line.strip()), "")
        if header and not any(delimiter in header for delimiter in ",;\t"):
            # One column needs no delimiter; the importer of labelled rows wants two.
            read = csv.reader(io.StringIO(text, newline=""))
            listed = [row[0] for row in read if row]
            return RawTable(table_of({listed[0].strip(): listed[1:]}))
    return read_raw(path)


def _lines(text: str) -> RawTable:
    numbered = [(n, line) for n, line in enumerate(text.splitlines(), 1) if line.strip()]
    return RawTable(
        table_of({"text": [line for _, line in numbered]}), lines=[n for n, _ in numbered]
    )


def _columns(raw: RawTable, options: RenderOptions, path: Path) -> dict[str, str]:
    there = raw.table.column_names
    errors = [
        InputError(f"{path} has no column {column!r} ({name})", given=column, allowed=there)
        for name, column in options.columns.items()
        if column not in there
    ]
    if errors:
        raise InputErrors(errors)
    found = dict(options.columns)
    taken = set(found.values())
    for name, usual in _USUAL.items():
        column = named_column([c for c in there if c not in taken], usual)
        if name not in found and column is not None:
            found[name] = column
            taken.add(column)
    if "text" not in found:
        found["text"] = find_text(raw, path)
    for name in set(found) - {"slots"}:
        kind = kind_of(raw, found[name])
        if kind in _WORDLESS:
            raise InputError(
                f"the column {found[name]!r} of {path} holds {kind}, which cannot be {name}",
                allowed=there,
                hint=f"name another one: --column {name}=COLUMN",
            )
    return found


def _splits(raw: RawTable, values: Mapping[str, Sequence[Any]], path: Path) -> list[str] | None:
    if "split" not in values:
        return list(raw.splits) if raw.splits is not None else None
    found = []
    for number, value in enumerate(values["split"]):
        split = split_name(str(value or ""))
        if split is None:
            raise InputError(
                f"{path}, {raw.place(number)}: the split {value!r} is not one of train, "
                "validation and test",
                given=str(value),
                allowed=("train", "validation", "test"),
            )
        found.append(split)
    return found


def _row(text: str, options: RenderOptions) -> Utterance:
    """A row of which only the text is known."""
    return Utterance(
        text=text,
        lang=options.lang,
        intent="",
        slots=None,
        origin=ORIGIN,
        split="train",
        license=options.license,
    )


def _utterance(
    given: Mapping[str, Any], split: str, options: RenderOptions
) -> tuple[Utterance, str]:
    """A row of the table, and why it cannot be spoken, "" when it can."""
    said = {name: "" if given.get(name) is None else str(given[name]).strip() for name in _USUAL}
    text = "" if given["text"] is None else str(given["text"])
    slots: tuple[Slot, ...] | None = None
    reason = "" if text.strip() else "no text"
    if CONTROL.search(text) or any(CONTROL.search(value) for value in said.values()):
        reason = reason or "a control character"
    try:
        text, placed = tidy(text, read_slots(given["slots"]) if "slots" in given else ())
        slots = placed if "slots" in given else None
    except AnnotationError as error:
        reason = reason or str(error)
    row = Utterance(
        id=said["id"],
        text=text,
        lang=said["lang"] or options.lang,
        intent=said["intent"],
        slots=slots,
        spoken=said["spoken"] or None,
        origin=ORIGIN,
        split=split,
        license=said["license"] or options.license,
    )
    return row, reason


def _with_ids(table: pa.Table, rows: Sequence[Utterance], path: Path) -> pa.Table:
    """The table's own ids, else hashes of what the rows say; repeats are told apart by number."""
    own = [row.id for row in rows]
    twice = [name for name, count in Counter(own).items() if name and count > 1]
    if twice:
        raise InputError(f"{path}: the id {twice[0]!r} stands {own.count(twice[0])} times")
    seen: Counter[str] = Counter()
    ids = []
    for given, made in zip(own, utterance_ids(table).to_pylist(), strict=True):
        seen[made] += 1
        repeat = made if seen[made] == 1 else digest("repeat", made, str(seen[made]))
        ids.append(given or repeat)
    return table.set_column(0, table.schema.field("id"), pa.array(ids, pa.string()))


def _dropped(bad: Sequence[tuple[Utterance, str]]) -> pa.Table:
    if not bad:
        return DROPPED.empty_table()
    table = utterances_to_table([row for row, _ in bad])
    reasons = [reason for _, reason in bad]
    return drop_rows(table, range(len(bad)), stage=STAGE, filter="table", reasons=reasons)
