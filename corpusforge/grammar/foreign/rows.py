"""Tables of labelled utterances, read by the importers of real rows."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

from corpusforge.core.errors import InputError, Position
from corpusforge.grammar.annotations import AnnotationError, read_slots, tidy
from corpusforge.grammar.foreign.annotated import Mark, Utterances
from corpusforge.grammar.foreign.model import ForeignPack, Options
from corpusforge.grammar.raw import Columns, split_name

__all__ = ["read_rows"]

TEXT = ("text", "utterance", "sentence", "query")
INTENT = ("intent", "label", "category")


def read_rows(path: Path, options: Options, peek: Callable[[Path], Columns]) -> ForeignPack:
    """Utterances of one file, with the columns text, intent and, if there are, slots and split.

    Raises:
        InputError: When the file cannot be read, a column is missing, or no row can be used.
    """
    if path.is_dir():
        raise InputError(f"{path} is a folder, a file was expected", hint="name one file")
    if not path.exists():
        raise InputError(f"there is no file or folder {path}", hint="check the path")
    raw = peek(path)
    text = _column(raw, TEXT, path)
    intent = _column(raw, INTENT, path)
    pack = ForeignPack(lang=options.lang)
    for name in raw.values:
        if name not in (text, intent, "slots", "split"):
            pack.lose(_at(path, 1), f"the column {name!r}", "left out")
    for row in raw.bad:
        pack.lose(_at(path, row.line), f"a row that cannot be read ({row.reason})", "left out")
    utterances = Utterances(pack)
    for number, line in enumerate(raw.lines):
        row_of = {name: values[number] for name, values in raw.values.items()}
        _add(utterances, row_of, text, intent, _at(path, line))
    utterances.finish()
    if not pack.intents:
        first = f"; {pack.losses[0]}" if pack.losses else ""
        raise InputError(f"{path} holds no usable row{first}")
    return pack


def _at(path: Path, line: int) -> Position:
    return Position(str(path), max(line, 1), 1)


def _column(raw: Columns, wanted: tuple[str, ...], path: Path) -> str:
    there = {name.strip().lower(): name for name in raw.values}
    for name in wanted:
        if name in there:
            return there[name]
    raise InputError(
        f"{path} has no column {wanted[0]!r}",
        position=_at(path, 1),
        given=wanted[0],
        allowed=list(raw.values),
        hint=f"expected a column called {' or '.join(wanted)}",
    )


def _add(
    utterances: Utterances, row: dict[str, Any], text: str, intent: str, position: Position
) -> None:
    pack = utterances.pack
    words = "" if row[text] is None else str(row[text])
    label = "" if row[intent] is None else str(row[intent]).strip()
    if not words.strip() or not label:
        pack.lose(position, f"a row without {'an intent' if words.strip() else 'text'}", "left out")
        return
    try:
        words, slots = tidy(words, read_slots(row.get("slots")))
    except AnnotationError as error:
        pack.lose(position, f"a row that is wrong ({error})", "left out")
        return
    given = row.get("split")
    split = None if given in (None, "") else split_name(str(given))
    if given not in (None, "") and split is None:
        pack.lose(position, f"the split {given!r}", "the split is dealt by the seed")
    marks: list[Mark] = []
    for slot in slots:
        name = "_".join(filter(None, (slot.name, slot.role, slot.group)))
        if name != slot.name:
            what = f"role {slot.role!r} and group {slot.group!r} of the slot {slot.name!r}"
            pack.lose(position, what, f"the slot is called {name!r}")
        value = None if slot.value == slot.text else slot.value
        marks.append(Mark(slot.start, slot.end, name, slot.entity, value))
    utterances.add(label, words, marks, position, split)
