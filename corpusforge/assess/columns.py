"""Which columns of a file hold text, label, slots, split, origin and weight."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from corpusforge.core.errors import InputError
from corpusforge.grammar.columns import kind_of
from corpusforge.grammar.init_recipe import (
    SLOT_NAMES,
    find_label,
    find_split,
    find_text,
    named_column,
)
from corpusforge.grammar.raw import RawTable

__all__ = ["ColumnNames", "Found", "check_names", "find_columns"]

_REFUSED = ("lists", "mappings", "numbers with decimals")


@dataclass(frozen=True)
class ColumnNames:
    """Columns that the user names; None = look for them.

    Attributes:
        text: The sentence.
        label: Its intent.
        slots: Its slots: list of {name, start, end}.
    """

    text: str | None = None
    label: str | None = None
    slots: str | None = None


@dataclass(frozen=True)
class Found:
    """Columns of one file; None = it has none."""

    text: str
    label: str
    slots: str | None
    split: str | None
    guessed: tuple[str, ...]


def check_names(files: Sequence[tuple[str, RawTable]], names: ColumnNames) -> None:
    """Every column that the user names must stand in one of the files at least.

    Args:
        files: Names of files and what they hold; names may repeat.
        names: What the user named. A file that lacks such a column has it looked for, since
            the synthetic and the real file rarely agree on names.

    Raises:
        InputError: Naming the first column that is nowhere.
    """
    there = [name for _, raw in files for name in raw.table.column_names]
    for option, name in (("text", names.text), ("label", names.label), ("slots", names.slots)):
        if files and name is not None and name not in there:
            raise InputError(
                f"--{option} {name}: no such column in {' or '.join(file for file, _ in files)}",
                given=name,
                allowed=list(dict.fromkeys(there)),
            )


def find_columns(raw: RawTable, names: ColumnNames, file: str) -> Found:
    """The columns of one file.

    Named ones come first, then the usual names (text, intent), then what `init --from` would
    guess from names and contents.

    Raises:
        InputError: When none looks like text or label, or one holds what cannot be it.
    """
    columns: Sequence[str] = raw.table.column_names
    text = names.text if names.text in columns else _default("text", columns)
    text = text if text is not None else _guess_text(raw, file)
    label = names.label if names.label in columns else _default("intent", columns)
    label = label if label is not None else _guess_label(raw, file, text)
    for option, name in (("text", text), ("label", label)):
        kind = kind_of(raw, name)
        if kind in _REFUSED:
            raise InputError(
                f"the column {name!r} of {file} holds {kind}",
                given=name,
                allowed=columns,
                hint=f"name another column: --{option} COLUMN",
            )
    slots = names.slots if names.slots in columns else named_column(columns, SLOT_NAMES)
    guessed = [
        f"{what} from column {name!r}"
        for what, name, plain in (("text", text, "text"), ("labels", label, "intent"))
        if name not in (plain, names.text, names.label)
    ]
    return Found(text, label, slots, find_split(raw), tuple(guessed))


def _default(name: str, columns: Sequence[str]) -> str | None:
    return name if name in columns else None


def _guess_text(raw: RawTable, file: str) -> str:
    try:
        return find_text(raw, Path(file))
    except InputError as error:
        raise InputError(error.message, hint="name the column of the sentences: --text") from None


def _guess_label(raw: RawTable, file: str, text: str) -> str:
    try:
        return find_label(raw, Path(file), text)
    except InputError as error:
        raise InputError(error.message, hint="name the column of the labels: --label") from None
