"""`corpusforge init`: a starter pack, or a recipe made from real rows or templates."""

from __future__ import annotations

import json
import os
import re
from collections.abc import Mapping, Sequence
from contextlib import suppress
from pathlib import Path
from typing import Any

import pyarrow as pa
import yaml

from corpusforge.core.errors import InputError
from corpusforge.grammar.annotations import AnnotationError, read_slots, tidy
from corpusforge.grammar.columns import kind_of
from corpusforge.grammar.loader import load_pack
from corpusforge.grammar.raw import RawTable, read_raw, split_name

__all__ = [
    "LABEL_NAMES",
    "SLOT_NAMES",
    "SPLIT_NAMES",
    "TEXT_NAMES",
    "find_label",
    "find_split",
    "find_text",
    "init_from_file",
    "init_from_templates",
    "init_new",
    "is_templates",
    "named_column",
    "write_pack",
]

# Usual names in published data sets, likeliest first.
TEXT_NAMES = ("text", "utterance", "sentence", "query", "question", "utt", "input", "transcript")
LABEL_NAMES = ("intent", "label", "intent_name", "intent_label", "category", "class", "target")
SLOT_NAMES = ("slots", "entities", "annotations", "spans")
SPLIT_NAMES = ("split", "fold", "partition", "subset")
_LOOKED_AT = 1_000
_ALLOW_UNKNOWN = (
    "export: {allow_licenses: [LicenseRef-unknown]}   # take this out once you have filled it in"
)
_YAML = (".yaml", ".yml")

_NEW_RECIPE = """\
# What `corpusforge build {folder}/recipe.yaml -o corpus` makes. Every key that is not here has
# a default; `corpusforge validate {folder}/recipe.yaml` says what is wrong.
name: {name}
lang: en            # BCP-47, the language of the templates
license: CC0-1.0    # SPDX, of your templates and values: check that this is what you want
seed: 1
grammar:
  path: templates   # all *.yaml in this folder
  rows: 300
expand:
  rows: 0           # rows from the text generator; it needs more templates than these few
speech:
  clips: 20
"""

_NEW_TEMPLATES = """\
# (a|b) one of them   [a] or nothing   <rule>   {list} a slot   {list:slot} under another name
# (a;b) in any order   \\\\( a bracket itself
# At least three sentences per intent, or it has no validation and test rows.
language: en

lists:
  drink:
    values:
      - coffee
      - tea
      - in: (hot chocolate|cocoa)   # two ways to say it, one value
        out: cocoa
  size:
    values: [small, medium, large]
  count:
    range: {from: 2, to: 6}

expansion_rules:
  please: "[please|thanks]"

intents:
  order_drink:
    data:
      - sentences:
          - "[can I have|I'd like] a {size} {drink} <please>"
          - "make me a {drink} <please>"
          - "{count} {drink}s [to go] <please>"
          - "(bring|get) us {count} {size} {drink}s"
  cancel_order:
    data:
      - sentences:
          - "cancel (my|the) order <please>"
          - "(forget|drop) the {drink}"
          - "I (don't|do not) want the {drink} any more"
  chit_chat:
    out_of_scope: true
    data:
      - sentences:
          - "how are you [today]"
          - "(tell|sing) me something nice"
          - "what do you think about (football|the weather|my hat)"
"""


def init_new(out: Path) -> Path:
    """Write a small template pack and its recipe into a new folder.

    Returns:
        The recipe file.

    Raises:
        InputError: When the folder is there and not empty.
    """
    templates = _NEW_TEMPLATES.replace("\\\\", "\\")
    folder = _one_line(str(out))
    text = _NEW_RECIPE.format(name=_name(out.resolve().name), folder=folder)
    write_pack(out, {"templates/drinks.yaml": templates, "recipe.yaml": text})
    return out / "recipe.yaml"


def init_from_file(file: Path, out: Path) -> Path:
    """Write a recipe for a file of real rows into a new folder; the file stays where it is.

    The columns are guessed from their names and contents, and the guesses stand as comments in
    the recipe.

    Returns:
        The recipe file.

    Raises:
        InputError: When the file cannot be read or no column looks like text or label, or when
            the folder is there and not empty.
    """
    raw = read_raw(file)
    columns = raw.table.column_names
    if raw.table.num_rows == 0:
        raise InputError(f"{file} holds no rows, only columns: {', '.join(columns)}")
    text = find_text(raw, file)
    label = find_label(raw, file, text)
    split = find_split(raw)
    rows = raw.table.num_rows
    labels = len(set(raw.table[label].to_pylist()))
    lines = [
        f"# Made from {_one_line(file.name)}: {rows} rows, {labels} labels,",
        f"# columns: {', '.join(map(_one_line, columns))}.",
        "# The columns below were guessed from their names and contents: check them.",
        f"name: {_name(file.stem)}",
        "lang: en            # not guessed: the BCP-47 tag of your rows",
        "license: CC0-1.0    # SPDX, of what is generated: check that your data allows it",
        "seed: 1",
        "real:",
        f"  path: {_scalar(_relative(file, out))}   # as seen from this recipe",
        f"  text: {_scalar(text)}",
        f"  label: {_scalar(label)}",
        _slots_line(raw, text),
        _split_line(raw, split),
        "  license: LicenseRef-unknown   # SPDX, of your rows: fill in",
        "  publish: false    # your rows train and are compared with, but are not released",
        _ALLOW_UNKNOWN,
        "expand:",
        "  rows: 500         # novel rows to generate from the train rows",
        "speech:",
        "  clips: 100",
    ]
    write_pack(out, {"recipe.yaml": "\n".join(lines) + "\n"})
    return out / "recipe.yaml"


def is_templates(path: Path) -> bool:
    """Say whether a path is a file or folder of templates, by the endings of its files."""
    if path.is_dir():
        found = any(file.suffix in _YAML for file in path.iterdir() if file.is_file())
        return found and not (path / "dataset_info.json").exists()
    return path.suffix in _YAML


def init_from_templates(path: Path, out: Path) -> Path:
    """Write a recipe for templates into a new folder; the templates stay where they are.

    Returns:
        The recipe file.

    Raises:
        InputError: When the templates are wrong or of several languages, or when the folder is
            there and not empty.
    """
    pack = load_pack(path)
    intents = {template.intent for template in pack.templates}
    if not intents:
        raise InputError(f"{path} holds no template that gives rows")
    named = "" if pack.lang != "und" else "; the templates name none: fill in"
    lines = [
        f"# Made from {_one_line(path.name)}: {len(intents)} intents, "
        f"{len(pack.templates)} sentence templates.",
        f"name: {_name(path.resolve().stem)}",
        f"lang: {pack.lang}   # BCP-47, the language of the templates{named}",
        "license: LicenseRef-unknown   # SPDX, of the templates and values: fill in",
        _ALLOW_UNKNOWN,
        "seed: 1",
        "grammar:",
        f"  path: {_scalar(_relative(path, out))}   # as seen from this recipe",
        "  rows: 2000",
        "expand:",
        "  rows: 0           # rows from the text generator",
        "speech:",
        "  clips: 0",
    ]
    write_pack(out, {"recipe.yaml": "\n".join(lines) + "\n"})
    return out / "recipe.yaml"


def _slots_line(raw: RawTable, text: str) -> str:
    """The line of the slot column, which is taken when most of its rows parse."""
    column = named_column(raw.table.column_names, SLOT_NAMES)
    if column is None:
        return "  # slots: no column of {name, start, end}"
    looked_at = min(raw.table.num_rows, _LOOKED_AT)
    broken = _broken_slots(raw, text, column)
    of = f"of the first {looked_at:,} rows {broken:,} have none that fit their text"
    if broken > looked_at / 2:
        return f"  # slots: {_scalar(column)} left out, {of}"
    return f"  slots: {_scalar(column)}" + (f"   # {of}: dropped" if broken else "")


def _broken_slots(raw: RawTable, text: str, column: str) -> int:
    broken = 0
    seen = raw.table.slice(0, _LOOKED_AT)
    for words, value in zip(seen[text].to_pylist(), seen[column].to_pylist(), strict=True):
        try:
            tidy("" if words is None else str(words), read_slots(value))
        except AnnotationError:
            broken += 1
    return broken


def _split_line(raw: RawTable, split: str | None) -> str:
    if raw.splits is not None:
        return "  # split: the folder's own splits are kept"
    if split is None:
        return "  # split: none found; rows are dealt 80 / 10 / 10"
    return f"  split: {_scalar(split)}"


def write_pack(out: Path, files: Mapping[str, str]) -> None:
    """Write files into a new or empty folder: all under other names first, then renamed."""
    temporary: dict[Path, Path] = {}
    try:
        if out.exists() and (not out.is_dir() or any(out.iterdir())):
            raise InputError(f"{out} is there already and not empty", hint="name a new folder")
        out.mkdir(parents=True, exist_ok=True)
        for name in files:
            target = out / name
            target.parent.mkdir(exist_ok=True)
            temporary[target.with_name(f".{target.name}.tmp")] = target
        for file, text in zip(temporary, files.values(), strict=True):
            file.write_text(text, encoding="utf-8")
        for file, target in temporary.items():
            file.replace(target)
    except OSError as error:
        for file in temporary:
            with suppress(OSError):
                file.unlink(missing_ok=True)
        raise InputError(f"{out} cannot be written: {error.strerror}") from error


def _name(text: str) -> str:
    name = re.sub(r"[^A-Za-z0-9_.-]+", "_", text).strip("_.-")
    return name or "corpus"


def _relative(file: Path, folder: Path) -> str:
    return Path(os.path.relpath(file.resolve(), folder.resolve())).as_posix()


def _one_line(text: str) -> str:
    """Text for a comment, with what would end the line or hide in it written as escapes."""
    return text if text.isprintable() else json.dumps(text)


def _scalar(text: str) -> str:
    """A YAML scalar, quoted where YAML would read something else."""
    if not text.isprintable():
        return json.dumps(text)  # JSON strings are YAML's double-quoted ones
    return str(yaml.safe_dump([text], allow_unicode=True, width=10**6))[2:].rstrip("\n")


def _values(raw: RawTable, column: str) -> list[Any]:
    return [value for value in raw.table[column].slice(0, _LOOKED_AT).to_pylist() if value]


def _strings(raw: RawTable) -> list[str]:
    kinds = (pa.types.is_string, pa.types.is_large_string, pa.types.is_string_view)
    return [item.name for item in raw.table.schema if any(kind(item.type) for kind in kinds)]


def named_column(columns: Sequence[str], names: Sequence[str]) -> str | None:
    """The first of `names` that is a column, whatever its case; None when none is."""
    lowered = {column.lower(): column for column in reversed(columns)}
    return next((lowered[name] for name in names if name in lowered), None)


def _described(raw: RawTable) -> str:
    """All columns with what they hold, where that is no text."""
    kinds = {name: kind_of(raw, name) for name in raw.table.column_names}
    return ", ".join(
        f"{_one_line(name)} ({kind})" if kind else _one_line(name) for name, kind in kinds.items()
    )


def find_text(raw: RawTable, file: Path) -> str:
    """The column that holds sentences: by a usual name, else by what it holds.

    Raises:
        InputError: When no column looks like sentences.
    """
    columns = _strings(raw)
    named = named_column(columns, TEXT_NAMES)
    if named is not None:
        return named
    # Sentences have spaces and hardly repeat.
    scores = {
        column: sum(" " in value for value in set(_values(raw, column))) for column in columns
    }
    best = max(scores, key=scores.__getitem__, default=None)
    if best is None or not scores[best]:
        raise InputError(
            f"no column of {file} looks like sentences; its columns are {_described(raw)}",
            hint=f"a column of text is needed; name it {TEXT_NAMES[0]!r}",
        )
    return best


def find_label(raw: RawTable, file: Path, text: str) -> str:
    """The column that holds intents: by a usual name, else the one that repeats most.

    Raises:
        InputError: When no column looks like labels.
    """
    refused = ("lists", "mappings", "numbers with decimals")
    columns = [
        column
        for column in raw.table.column_names
        if column != text and kind_of(raw, column) not in refused
    ]
    named = named_column(columns, LABEL_NAMES)
    if named is not None:
        return named
    # Labels repeat, and there is more than one.
    shares: dict[str, float] = {}
    for column in _strings(raw):
        values = _values(raw, column)
        different = len(set(values))
        if column != text and 1 < different <= len(values) / 2 and not _is_split(values):
            shares[column] = different / len(values)
    if not shares:
        raise InputError(
            f"no column of {file} looks like labels; its columns are {_described(raw)}",
            hint=f"a column of text or whole numbers is needed; name it {LABEL_NAMES[0]!r}",
        )
    return min(shares, key=shares.__getitem__)


def find_split(raw: RawTable) -> str | None:
    """The column that holds splits, by a usual name and usual values; None when none does."""
    column = named_column(raw.table.column_names, SPLIT_NAMES)
    return column if column is not None and _is_split(_values(raw, column)) else None


def _is_split(values: Sequence[Any]) -> bool:
    return bool(values) and all(split_name(str(value)) is not None for value in values)
