"""Tables of labelled utterances, read by the importers of real rows."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from corpusforge.core.errors import InputError, Position
from corpusforge.grammar.annotations import AnnotationError
from corpusforge.grammar.foreign import annotated
from corpusforge.grammar.foreign.annotated import Utterances
from corpusforge.grammar.foreign.losses import Kind
from corpusforge.grammar.foreign.model import ForeignPack, Options
from corpusforge.grammar.foreign.row_slots import MARKED, Sources, marks_of
from corpusforge.grammar.foreign.text import files_of
from corpusforge.grammar.raw import Columns, split_name

__all__ = ["COLUMNS", "LOSSES", "read_rows"]

COLUMNS: Mapping[str, tuple[str, ...]] = {
    "text": ("text", "utterance", "sentence", "query", "utt", "phrase", "question", "message"),
    "intent": ("intent", "label", "intent_name", "category", "intent_label", "class", "target"),
    "slots": ("slots", "entities", "slot"),
    "tags": ("bio", "tags", "iob", "bio_tags", "iob_tags", "slot_tags", "slot_labels", "ner_tags"),
    "tokens": ("tokens", "words"),
    "marked": ("annot_utt", "annotated", "annotation", "annotated_text"),
    "split": ("split", "partition", "set", "fold"),
    "lang": ("lang", "locale", "language"),
}
"""What is read of a table -> the names that its column may have; the first one that is there."""

_KINDS = {"list": "list", "dict": "mapping"}

_COLUMNS = Kind("other columns than text, intent, slots, split and language", "left out")
_ROWS = Kind("rows that cannot be read, or have no text or no intent", "left out")
_SLOTS = Kind("rows whose slots do not fit their text", "left out")
_SPLIT = Kind("names of splits that are none of ours", "the split is dealt by the seed")
LOSSES = (_COLUMNS, _ROWS, _SLOTS, _SPLIT, *annotated.LOSSES, annotated.SPLITS)
"""What is lost of tables."""


def read_rows(
    path: Path, options: Options, peek: Callable[[Path], Columns], endings: tuple[str, ...]
) -> ForeignPack:
    """Utterances of a file, or of the files of a folder, whose names may be those of splits.

    Args:
        path: File or folder.
        options: `lang` chooses the rows of one language, where there is a column for it.
        peek: Reads one file.
        endings: Of the files of a folder.

    Raises:
        InputError: When a file cannot be read, a column is missing, or no row can be used.
    """
    pack = ForeignPack(lang=options.lang)
    utterances = Utterances(pack)
    tables = [_Table(file, peek(file)) for file in files_of(path, endings, endings[0])]
    _choose_language(tables, pack)
    for table in tables:
        split = split_name(table.path.stem) if path.is_dir() else None
        table.add_to(utterances, split)
    utterances.finish()
    if not pack.intents:
        first = f"; {pack.losses[0]}" if pack.losses else ""
        raise InputError(f"{path} holds no usable row{first}")
    return pack


class _Table:
    """One file and where its columns are."""

    def __init__(self, path: Path, raw: Columns) -> None:
        self.path, self.raw = path, raw
        there = {name.strip().lower(): name for name in raw.values}
        self.names: dict[str, str] = {}
        for what, known in COLUMNS.items():
            found = next((there[name] for name in known if name in there), None)
            if found is not None:
                self.names[what] = found
        if not self.names.keys() & {"text", "tokens", "marked"}:
            raise self._missing("text")
        if "intent" not in self.names:
            raise self._missing("intent")

    def _missing(self, what: str) -> InputError:
        known = COLUMNS[what]
        return InputError(
            f"{self.path} has no column {what!r}",
            position=self.at(1),
            given=what,
            allowed=list(self.raw.values),
            hint=f"expected a column called {', '.join(known[:-1])} or {known[-1]}",
        )

    def at(self, line: int) -> Position:
        """A line of the file."""
        return Position(str(self.path), max(line, 1), 1)

    def langs(self) -> set[str]:
        """The languages of the rows, as the file writes them."""
        values = self.raw.values[self.names["lang"]] if "lang" in self.names else []
        return {str(value).strip() for value in values if value not in (None, "")}

    def add_to(self, utterances: Utterances, split: str | None) -> None:
        """Add all rows of the language of the pack."""
        pack = utterances.pack
        sources = Sources(*(self.names.get(key) for key in ("slots", "tags", "tokens", "marked")))
        used = {self.names.get(key) for key in ("text", "intent", "split", "lang")}
        used |= sources.used()
        for name in self.raw.values:
            if name not in used:
                pack.lose(_COLUMNS, self.at(1), f"the column {name!r}")
        for bad in self.raw.bad:
            what = f"a row that cannot be read ({bad.reason})"
            pack.lose(_ROWS, self.at(bad.line), what)
        others: Counter[str] = Counter()
        for number, line in enumerate(self.raw.lines):
            values = {name: column[number] for name, column in self.raw.values.items()}
            row = _Row(values, self.names, self.at(line))
            if row.fits(pack.lang):
                row.add_to(utterances, sources, split)
            else:
                others[row.text("lang").strip()] += 1
        if others:
            shown = ", ".join(f"{lang} ({rows:,})" for lang, rows in others.most_common(5))
            pack.fact(
                f"{others.total():,} rows of {self.path} are in other languages and are left out: "
                f"{shown}{', ...' if len(others) > 5 else ''}."
            )
        if sources.used() == {None}:
            self._look_for_marks(pack)

    def _look_for_marks(self, pack: ForeignPack) -> None:
        """Say so where texts seem to mark words, but no column says that they do."""
        texts = map(str, self.raw.values[self.names["text"]])
        found = [
            (line, mark[0])
            for line, text in zip(self.raw.lines, texts, strict=True)
            if (mark := MARKED.search(text))
        ]
        if found:
            line, first = found[0]
            pack.fact(
                f"Words of {len(found):,} of {len(self.raw.lines):,} texts in {self.path} seem to "
                f"be marked ({first!r} in line {line}): brackets stay text; call the column "
                "'annotated' to have them read."
            )


def _choose_language(tables: list[_Table], pack: ForeignPack) -> None:
    found = sorted({lang for table in tables for lang in table.langs()})
    if pack.lang is None and len(found) > 1:
        raise InputError(
            f"{tables[0].path} holds rows in several languages; name one",
            allowed=found,
            hint=f"--lang {found[0]}",
        )
    if pack.lang is None and found:
        pack.lang = found[0].replace("_", "-")
    elif found and not any(_same(lang, pack.lang or "") for lang in found):
        message = f"{tables[0].path} holds no rows in the language {pack.lang!r}"
        raise InputError(message, given=pack.lang, allowed=found)


def _same(tag: str, lang: str) -> bool:
    """A tag without region takes its regions too."""
    first, second = (text.lower().replace("_", "-") for text in (tag, lang))
    return first == second or first.startswith(f"{second}-")


@dataclass(frozen=True)
class _Row:
    """One row: its values, and the columns where they stand."""

    values: Mapping[str, Any]
    names: Mapping[str, str]
    position: Position

    def text(self, what: str) -> str:
        """A cell as text, "" where there is none."""
        value = self.values[self.names[what]] if what in self.names else None
        return "" if value is None else str(value)

    def fits(self, lang: str | None) -> bool:
        """Whether the row is in the language of the pack."""
        given = self.text("lang").strip()
        return not given or lang is None or _same(given, lang)

    def add_to(self, utterances: Utterances, sources: Sources, split: str | None) -> None:
        """Add the row, or note why not."""
        pack = utterances.pack
        intent = self.text("intent").strip()
        text = self.text("text") if "text" in self.names else None
        for what in ("intent", "text"):
            if what in self.names and isinstance(self.values[self.names[what]], list | dict):
                kind = type(self.values[self.names[what]]).__name__
                pack.lose(_ROWS, self.position, f"a row whose {what} is a {_KINDS[kind]}")
                return
        try:
            words, marks = marks_of(text, self.values, sources)
        except AnnotationError as error:
            pack.lose(_SLOTS, self.position, f"a row that is wrong ({error})")
            return
        if not words.strip() or not intent:
            what = f"a row without {'an intent' if words.strip() else 'text'}"
            pack.lose(_ROWS, self.position, what)
            return
        given = self.text("split").strip()
        if given:
            split = split_name(given)
            if split is None:
                pack.lose(_SPLIT, self.position, f"the split {given!r}")
        utterances.add(intent, words, marks, self.position, split)
