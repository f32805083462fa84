"""Real rows: labelled sentences of people, from a file, as rows of the utterance schema.

They get their split when they are read, before anything is fitted: from the file where it has
splits, else dealt here (see `real_splits`).
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field

import pyarrow as pa

from corpusforge.core.errors import InputError, InputErrors
from corpusforge.core.ids import assign_ids
from corpusforge.core.recipe import RealConfig, Recipe
from corpusforge.core.schema import DROPPED, Utterance, drop_rows, utterances_to_table
from corpusforge.core.spans import Slot
from corpusforge.grammar.annotations import CONTROL, AnnotationError, read_slots, tidy
from corpusforge.grammar.columns import column_errors, split_names
from corpusforge.grammar.raw import RawTable, read_raw
from corpusforge.grammar.real_splits import SplitLanguages, splits_of_rows

__all__ = ["RealRows", "read_real_rows"]

STAGE = "grammar"
FILTER = "real_rows"
# Reasons go into cards and reports, so they are fixed phrases that quote nothing of a row.
UNREADABLE = "a line that is no row of the format"
REPEATED = "the same labelled sentence stands twice"
# Where the same sentence stands in several splits, the held-out copy stays.
_KEEP_ORDER = {"test": 0, "validation": 1, "train": 2}


@dataclass(frozen=True)
class RealRows:
    """Real rows of a recipe.

    Attributes:
        table: Rows of `UTTERANCES`, with ids and splits.
        dropped: Rows of `DROPPED`, each with its reason.
        notes: Warnings for the user.
    """

    table: pa.Table
    dropped: pa.Table
    notes: tuple[str, ...]


@dataclass
class _Reading:
    """Rows in the making: those that are kept, and those that are not, with the reason.

    Attributes:
        rows: Rows that are kept.
        bad: The others: row, reason, id of the row that stays instead.
        first: Where and why the first one was dropped, for the person at the screen only.
    """

    rows: list[Utterance] = field(default_factory=list)
    bad: list[tuple[Utterance, str, str | None]] = field(default_factory=list)
    first: str = ""


def read_real_rows(
    recipe: Recipe, templates: SplitLanguages | None = None, *, limit: int | None = None
) -> RealRows:
    """Read the rows that `real:` of a recipe names.

    Args:
        recipe: With `real:`.
        templates: What the recipe's templates can say; rows without a split follow them.
        limit: Look at this many rows only.

    Raises:
        InputError: When the file cannot be read, a column is missing, a split has an unknown
            name, or no row is left.
    """
    config = recipe.real
    assert config is not None, "the caller asks only for recipes with real rows"
    raw = read_raw(recipe.path(config.path)).first(limit)
    errors = column_errors(raw, config)
    if errors:
        raise InputErrors(errors) if len(errors) > 1 else errors[0]
    reading = _Reading()
    splits = _given_splits(raw, config)
    for row in raw.bad:
        place = f"line {row.line}: " if row.line else ""
        reading.first = reading.first or f"{place}{row.reason}"
        reading.bad.append((_blank(recipe, row.content), UNREADABLE, None))
    _read_rows(raw, recipe, config, splits, reading)
    if splits is None:
        reading.rows = _with_dealt_splits(reading.rows, recipe, templates)
    table = _without_repeats(reading)
    if table.num_rows == 0:
        reason = f"; the first was dropped because: {reading.first}" if reading.first else ""
        raise InputError(f"{config.path} holds no usable row{reason}")
    return RealRows(table, _dropped(reading), tuple(_notes(reading, table, config.publish)))


def _given_splits(raw: RawTable, config: RealConfig) -> Sequence[str] | None:
    if config.split is None:
        return raw.splits
    return split_names(raw.table[config.split].to_pylist(), raw, config)


def _blank(recipe: Recipe, text: str) -> Utterance:
    assert recipe.real is not None
    return Utterance(
        text=text,
        lang=recipe.lang,
        intent="",
        slots=None,
        origin="real",
        split="train",
        license=recipe.real.license,
    )


def _read_rows(
    raw: RawTable,
    recipe: Recipe,
    config: RealConfig,
    splits: Sequence[str] | None,
    reading: _Reading,
) -> None:
    texts = raw.table[config.text].to_pylist()
    labels = raw.table[config.label].to_pylist()
    slots = raw.table[config.slots].to_pylist() if config.slots else [None] * len(texts)
    for row, (text, label, marks) in enumerate(zip(texts, labels, slots, strict=True)):
        words = "" if text is None else str(text)
        intent = "" if label is None else str(label).strip()
        made: tuple[str, tuple[Slot, ...]] = (words, ())
        reason = _wrong(words, intent)
        try:
            made = tidy(words, read_slots(marks) if config.slots else ())
        except AnnotationError as error:
            reason = reason or str(error)
        utterance = Utterance(
            text=words if reason else made[0],
            lang=recipe.lang,
            intent=intent,
            slots=made[1] if config.slots and not reason else None,
            origin="real",
            split=splits[row] if splits is not None else "train",
            license=config.license,
        )
        if reason:
            reading.first = reading.first or f"{raw.place(row)}: {reason}"
            reading.bad.append((utterance, reason, None))
        else:
            reading.rows.append(utterance)


def _wrong(words: str, intent: str) -> str:
    if not words.strip():
        return "no text"
    if not intent:
        return "no label"
    # Ids are hashes of fields that such characters separate; a label is one line.
    if CONTROL.search(words) or CONTROL.search(intent) or set(intent) & set("\t\n\r"):
        return "a control character in text or label"
    return ""


def _with_dealt_splits(
    rows: Sequence[Utterance], recipe: Recipe, templates: SplitLanguages | None
) -> list[Utterance]:
    shares = recipe.grammar.splits
    dealt = splits_of_rows(
        rows,
        seed=recipe.seed,
        shares={"validation": shares.validation, "test": shares.test, "train": shares.train},
        templates=templates,
    )
    return [_with_split(row, split) for row, split in zip(rows, dealt, strict=True)]


def _with_split(row: Utterance, split: str) -> Utterance:
    return Utterance(
        text=row.text,
        lang=row.lang,
        intent=row.intent,
        slots=row.slots,
        origin=row.origin,
        split=split,
        license=row.license,
    )


def _without_repeats(reading: _Reading) -> pa.Table:
    """Rows with ids; the same labelled sentence stays once, the held-out copy first."""
    table = assign_ids(utterances_to_table(reading.rows))
    ids = table["id"].to_pylist()
    first: dict[str, int] = {}
    for index, row in enumerate(reading.rows):
        best = first.setdefault(ids[index], index)
        if _KEEP_ORDER[row.split] < _KEEP_ORDER[reading.rows[best].split]:
            first[ids[index]] = index
    for index, row in enumerate(reading.rows):
        if first[ids[index]] != index:
            reading.bad.append((row, REPEATED, ids[index]))
    return table.take(pa.array(sorted(first.values()), pa.int64()))


def _dropped(reading: _Reading) -> pa.Table:
    if not reading.bad:
        return DROPPED.empty_table()
    table = assign_ids(utterances_to_table([row for row, _, _ in reading.bad]))
    return drop_rows(
        table,
        range(len(reading.bad)),
        stage=STAGE,
        filter=FILTER,
        reasons=[reason for _, reason, _ in reading.bad],
        twin_ids=[twin for _, _, twin in reading.bad],
    )


def _notes(reading: _Reading, table: pa.Table, publish: bool) -> list[str]:
    """Warnings; names of labels only where the rows are published."""
    notes: list[str] = []
    if reading.bad:
        count = len(reading.bad)
        were = "row was" if count == 1 else "rows were"
        notes.append(f"{count} real {were} dropped (reasons in dropped.parquet of this stage)")
    splits: dict[str, set[str]] = {}
    for intent, split in zip(table["intent"].to_pylist(), table["split"].to_pylist(), strict=True):
        splits.setdefault(intent, set()).add(split)
    alone = [intent for intent, held in splits.items() if "train" not in held]
    if alone:
        have = "label has" if len(alone) == 1 else "labels have"
        named = f": {', '.join(alone[:5])}" if publish else ""
        notes.append(f"{len(alone)} {have} no real train row{named}")
    return notes
