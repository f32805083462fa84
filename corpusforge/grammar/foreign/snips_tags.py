"""Folders of seq.in, seq.out and label: tokens, their BIO tags, and the intent of each line."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from corpusforge.core.errors import InputError
from corpusforge.grammar.foreign.annotated import Mark, Utterances
from corpusforge.grammar.foreign.losses import Kind
from corpusforge.grammar.foreign.tags import TagError, spans_of_tags
from corpusforge.grammar.foreign.text import SourceText
from corpusforge.grammar.raw import split_name

__all__ = ["LINES", "is_tagged", "read_tagged"]

LINES = Kind("lines without tokens or without an intent", "left out")
_FILES = ("seq.in", "seq.out", "label")


def is_tagged(path: Path) -> bool:
    """Say whether a folder, or a folder in it, holds the three files."""
    return any((folder / "seq.in").is_file() for folder in (path, *_folders(path)))


def read_tagged(path: Path, utterances: Utterances) -> None:
    """Read the three files of a folder, or of its folders train, valid and test.

    Raises:
        InputError: When a file is missing, or lines do not fit together.
    """
    folders = [folder for folder in (path, *_folders(path)) if (folder / "seq.in").is_file()]
    for folder in folders:
        split = split_name(folder.name) if folder != path else None
        missing = [name for name in _FILES if not (folder / name).is_file()]
        if missing:
            raise InputError(f"{folder} holds no file {missing[0]}", allowed=_FILES)
        words, tags, labels = (SourceText(folder / name) for name in _FILES)
        lengths = {name: _length(s) for name, s in zip(_FILES, (words, tags, labels), strict=True)}
        if len(set(lengths.values())) > 1:
            shown = ", ".join(f"{name} {count}" for name, count in lengths.items())
            raise InputError(f"the files of {folder} have different numbers of lines: {shown}")
        for number in range(lengths["seq.in"]):
            _line(number, words, tags, labels, utterances, split)


def _folders(path: Path) -> list[Path]:
    return sorted(p for p in path.iterdir() if p.is_dir())


def _length(source: SourceText) -> int:
    """Lines without the empty end of the file."""
    count = len(source.lines)
    while count and not source.lines[count - 1].strip():
        count -= 1
    return count


def _line(
    number: int,
    words: SourceText,
    tags: SourceText,
    labels: SourceText,
    utterances: Utterances,
    split: str | None,
) -> None:
    tokens, marked = words.lines[number].split(), tags.lines[number].split()
    if len(tokens) != len(marked):
        raise InputError(
            f"{len(marked)} tags for {len(tokens)} tokens",
            position=tags.place(number),
            hint=f"compare with line {number + 1} of {words.path.name}",
        )
    intent = labels.lines[number].strip()
    if not intent or not tokens:
        what = "a line without " + ("tokens" if intent else "an intent")
        utterances.pack.lose(LINES, words.place(number), what)
        return
    marks = _marks(tokens, marked, tags, number)
    utterances.add(intent, " ".join(tokens), marks, words.place(number), split)


def _marks(
    tokens: Sequence[str], tags: Sequence[str], source: SourceText, number: int
) -> list[Mark]:
    places: list[tuple[int, int]] = []
    at = 0
    for token in tokens:
        places.append((at, at + len(token)))
        at += len(token) + 1
    try:
        spans = spans_of_tags(tags)
    except TagError as error:
        tag = tags[error.index]
        column = len(" ".join(tags[: error.index])) + bool(error.index)
        raise InputError(
            f"{tag!r} is no tag",
            position=source.place(number, column),
            given=tag,
            hint="expected O, B-slot or I-slot",
        ) from None
    return [Mark(places[first][0], places[last - 1][1], name, name) for name, first, last in spans]
