"""Do the columns that `real:` of a recipe names fit? Asked by `validate` and before reading.

Light: nothing but the standard library, unless the file itself is Parquet.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from corpusforge.core.errors import InputError
from corpusforge.core.recipe import RealConfig
from corpusforge.grammar.raw import Columns, RawTable, split_name

__all__ = ["column_errors", "kind_of", "names_of", "split_names"]

# What a column may not hold, by the key of the recipe that names it.
_REFUSED = {
    "text": ("lists", "mappings", "numbers with decimals"),
    "label": ("lists", "mappings", "numbers with decimals"),
    "slots": ("whole numbers", "numbers with decimals"),
    "split": ("lists", "mappings", "numbers with decimals"),
}
_HINTS = {
    ("text", "lists"): "join the words of each list to one text first",
    ("label", "lists"): "one label per row is needed; rows with several cannot be used",
    ("label", "numbers with decimals"): "labels are text or whole numbers",
}


def names_of(raw: Columns | RawTable) -> list[str]:
    """Names of all columns."""
    return list(raw.values) if isinstance(raw, Columns) else list(raw.table.column_names)


def column_errors(raw: Columns | RawTable, config: RealConfig) -> list[InputError]:
    """Columns that are not there, or hold what the recipe cannot mean."""
    errors: list[InputError] = []
    there = names_of(raw)
    for key, name in (
        ("text", config.text),
        ("label", config.label),
        ("slots", config.slots),
        ("split", config.split),
    ):
        if name is None:
            continue
        if name not in there:
            errors.append(
                InputError(
                    f"{config.path} has no column {name!r}",
                    given=name,
                    allowed=there,
                    hint=f"name the column in the recipe: real.{key}",
                )
            )
            continue
        kind = kind_of(raw, name)
        if kind in _REFUSED[key]:
            message = f"the column {name!r} of {config.path} holds {kind}"
            hint = _HINTS.get((key, kind), f"name another column in the recipe: real.{key}")
            errors.append(InputError(f"{message}, which cannot be real.{key}", hint=hint))
    return errors


def split_names(values: Sequence[Any], raw: Columns | RawTable, config: RealConfig) -> list[str]:
    """The values of a split column as train, validation and test.

    Raises:
        InputError: For the first other name, with its place.
    """
    texts = ["" if value is None else str(value) for value in values]
    names = {text: split_name(text) for text in dict.fromkeys(texts)}
    for text, name in names.items():
        if name is None:
            row = texts.index(text)
            place = f"line {raw.lines[row]}" if raw.lines else f"row {row + 1}"
            raise InputError(
                f"{config.path}, {place}: the split {text!r} is not one of "
                "train, validation and test",
                given=text,
                allowed=("train", "validation", "test"),
            )
    return [str(names[text]) for text in texts]


def kind_of(raw: Columns | RawTable, name: str) -> str:
    """What all values of a column are, "" where it is something that can be words."""
    if isinstance(raw, RawTable):
        return _kind_of_type(raw.table.schema.field(name).type)
    kinds = {_kind_of_value(value) for value in raw.values[name] if value is not None}
    if kinds == {"whole numbers", "numbers with decimals"}:
        return "numbers with decimals"
    return kinds.pop() if len(kinds) == 1 else ""


def _kind_of_value(value: Any) -> str:
    if isinstance(value, list):
        return "lists"
    if isinstance(value, dict):
        return "mappings"
    if isinstance(value, bool | str):
        return ""
    if isinstance(value, int) or value.is_integer():
        return "whole numbers"
    return "numbers with decimals"


def _kind_of_type(kind: Any) -> str:
    from pyarrow import types

    if types.is_list(kind) or types.is_large_list(kind) or types.is_fixed_size_list(kind):
        return "lists"
    if types.is_struct(kind) or types.is_map(kind):
        return "mappings"
    if types.is_integer(kind):
        return "whole numbers"
    return "numbers with decimals" if types.is_floating(kind) or types.is_decimal(kind) else ""
