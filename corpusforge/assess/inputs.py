"""What is assessed, what it is tested on: read, checked against each other, kept apart."""

from __future__ import annotations

import hashlib
import json
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import numpy as np

from corpusforge.assess.columns import ColumnNames, check_names
from corpusforge.assess.overlap import Overlap, compare, equal_rows
from corpusforge.assess.rows import Rows
from corpusforge.assess.sources import (
    Opened,
    Source,
    open_source,
    rows_of,
)
from corpusforge.core.errors import InputError, nearest
from corpusforge.core.origins import is_synthetic

__all__ = [
    "MIN_TEST_ROWS",
    "ColumnNames",
    "Evidence",
    "Sides",
    "by_origin",
    "check_labels",
    "content_sha256",
    "gather",
    "read_sides",
]

MIN_TEST_ROWS = 10
"""Below this a 95 % interval spans most of 0..1 (Wilson: 5 of 10 right is 24 % to 76 %)."""


@dataclass(frozen=True)
class Sides:
    """Everything that was read, nothing removed yet.

    Attributes:
        synthetic: Rows of the corpus to train on that nobody said.
        real: Real rows to train on.
        test: Real rows to test on; None = there are none set apart.
        notes: What was left out on the way.
    """

    synthetic: Source
    real: Source
    test: Source | None
    notes: tuple[str, ...]


@dataclass(frozen=True, eq=False)
class Evidence:
    """What an assess works with.

    Attributes:
        synthetic: Training rows of the corpus whose origin is not real, without test rows.
        real: Real rows to train on, without test rows.
        test: Real rows to test on; None = cross-validate over `real`.
        facts: JSON values: name, kind, counts, intents on one side only, overlap, hash.
        notes: Sentences that the user should read.
    """

    synthetic: Rows
    real: Rows
    test: Rows | None
    facts: Mapping[str, Any]
    notes: tuple[str, ...]


def by_origin(rows: Rows) -> dict[str, Rows]:
    """Origin -> its rows, sorted by origin."""
    origins = np.array(rows.origins, dtype=object)
    return {name: rows.where(origins == name) for name in sorted(set(rows.origins))}


def content_sha256(rows: Rows) -> str:
    """SHA-256 over the sorted (text, intent, weight): the order of rows does not count."""
    lines = sorted(
        json.dumps([text, intent, f"{weight:.6f}"], ensure_ascii=False)
        for text, intent, weight in zip(rows.texts, rows.intents, rows.weights, strict=True)
    )
    return hashlib.sha256("\n".join(lines).encode()).hexdigest()


def gather(
    corpus: Path,
    real: Path | None,
    test: Path | None,
    columns: ColumnNames,
    *,
    drop_test_rows: bool = False,
) -> Evidence:
    """Read both sides and keep them apart.

    With test rows: these are always removed from the synthetic side, near copies of them too,
    and from the real training rows. Without, the bench removes equal rows fold by fold.

    Args:
        corpus: Run folder, release folder, file, or folder that `datasets` wrote.
        real: Real rows, in any such form, or a name of the HF hub; None = those of the corpus.
        test: Real rows to test on; None = the test split of `real`, or none.
        columns: Names of columns in files.
        drop_test_rows: Go on when the synthetic rows hold more test rows than chance explains.

    Raises:
        InputError: When something cannot be read, the two sides share fewer than two labels,
            there is too little real data to measure anything, or test rows leaked.
    """
    sides = read_sides(corpus, real, test, columns)
    _check_sizes(sides)
    check_labels(sides)
    synthetic, train = sides.synthetic.rows, sides.real.rows
    notes = list(sides.notes)
    overlap: dict[str, Any] | None = None
    if sides.test is not None:
        figures, equal, near = compare(synthetic, train, sides.test.rows)
        if figures.is_leak and not drop_test_rows:
            raise _leak(sides, figures, int(np.argmax(equal)))
        synthetic = synthetic.where(~equal & ~near)
        train = train.where(~equal_rows(train, sides.test.rows))
        overlap = figures.to_json()
        notes += _overlap_notes(figures)
        _check_left(synthetic, train, sides)
    return Evidence(
        synthetic=synthetic,
        real=train,
        test=None if sides.test is None else sides.test.rows,
        facts=_facts(sides, synthetic, train, overlap),
        notes=tuple(notes),
    )


def read_sides(corpus: Path, real: Path | None, test: Path | None, columns: ColumnNames) -> Sides:
    """Read the corpus, the real rows and the test rows; see `gather` for the arguments."""
    paths = {"corpus": corpus, "real": real, "test": test}
    opened = {role: open_source(path) for role, path in paths.items() if path is not None}
    check_names([(o.name, o.raw) for o in opened.values() if o.kind == "table"], columns)
    whole = rows_of(opened["corpus"], columns, origin="external")
    notes = list(whole.notes)
    synthetic = whole.where(whole.in_split("train") & ~whole.is_real())
    if not len(synthetic.rows):
        raise InputError(
            f"{whole.name} holds no synthetic row to train on: of {len(whole.rows)} rows "
            f"{int(whole.is_real().sum())} are real, "
            f"{int((~whole.in_split('train')).sum())} are of validation or test",
            hint="origin real marks real rows; rows of split train are assessed",
        )
    held_out = int((~whole.in_split("train") & ~whole.is_real()).sum())
    if held_out:
        notes.append(f"{whole.name}: {held_out} synthetic rows of validation and test are not used")
    train, held = _own_real(whole) if real is None else _real(opened["real"], columns, notes)
    if test is not None:
        held = _test(opened["test"], columns, notes)
    return Sides(synthetic, train, held, tuple(dict.fromkeys(notes)))


def _own_real(whole: Source) -> tuple[Source, Source | None]:
    """The corpus' own real rows: train, and validation with test."""
    own = whole.where(whole.is_real())
    if not len(own.rows):
        raise InputError(
            f"{whole.name} has no real rows of its own", hint="name some with --real FILE_OR_HF"
        )
    held = own.where(~own.in_split("train"))
    return own.where(own.in_split("train")), held if len(held.rows) else None


def _real(opened: Opened, columns: ColumnNames, notes: list[str]) -> tuple[Source, Source | None]:
    """Real rows to train on and, where the file has splits, to test on."""
    rows = _only_real(rows_of(opened, columns, origin="real"), notes)
    for split in ("test", "validation"):
        held = rows.where(rows.in_split(split))
        train = rows.where(rows.in_split("train"))
        if rows.splits is not None and len(held.rows) and len(train.rows):
            unused = len(rows.rows) - len(held.rows) - len(train.rows)
            if unused:
                notes.append(f"{rows.name}: {unused} rows of split validation are not used")
            return train, held
    return rows, None


def _test(opened: Opened, columns: ColumnNames, notes: list[str]) -> Source:
    """The test rows of a file: its test split, else validation, else all of it."""
    rows = _only_real(rows_of(opened, columns, origin="real"), notes)
    for split in ("test", "validation"):
        held = rows.where(rows.in_split(split))
        if rows.splits is not None and len(held.rows):
            return held
    return rows


def _only_real(rows: Source, notes: list[str]) -> Source:
    """Rows with weight 1, without those that are marked as synthetic."""
    notes += rows.notes
    synthetic = np.array([is_synthetic(origin) for origin in rows.rows.origins], dtype=bool)
    if synthetic.all():
        raise InputError(
            f"all {len(synthetic)} rows of {rows.name} are marked as synthetic "
            f"(origin {rows.rows.origins[0]})",
            hint="give rows of people, or drop the column origin if they are",
        )
    # A file that tells real rows from others means what it says about the others too.
    if rows.is_real().any():
        synthetic = ~rows.is_real()
    if synthetic.any():
        notes.append(f"{rows.name}: {int(synthetic.sum())} rows that are not real are not used")
        rows = rows.where(~synthetic)
    count = len(rows.rows)
    plain = replace(rows.rows, weights=np.ones(count), origins=("real",) * count)
    return replace(rows, rows=plain)


def _check_sizes(sides: Sides) -> None:
    real, test = sides.real, sides.test
    if test is not None and len(real.rows) < 2:
        raise InputError(
            f"{real.name} has {len(real.rows)} real rows to train on; at least 2 are needed",
            hint="the gain over real data alone is what is measured",
        )
    held = real if test is None else test
    if len(held.rows) < MIN_TEST_ROWS:
        what = "real rows" if test is None else "test rows"
        raise InputError(
            f"{held.name} has {len(held.rows)} {what}; nothing can be measured on fewer than "
            f"{MIN_TEST_ROWS}",
            hint="label more real sentences; about 100 are a start",
        )


def check_labels(sides: Sides, least: int = 2) -> None:
    """Both sides must share `least` labels; an intent that no test row has is not measured.

    Raises:
        InputError: When they do not, with both label sets and the nearest names.
    """
    here = set(sides.synthetic.rows.intents)
    measured = sides.real if sides.test is None else sides.test
    there = set(sides.real.rows.intents) | set(measured.rows.intents)
    shared = here & set(measured.rows.intents)
    if len(shared) >= least:
        return
    say = "share no label" if not shared else f"share one label only, {shared.pop()!r}"
    pairs = [(name, nearest(name, sorted(there))) for name in sorted(here - there)]
    near = [f"{name} ~ {other}" for name, other in pairs if other is not None][:5]
    hint = f"nearest names: {', '.join(near)}; rename one side" if near else ""
    raise InputError(
        f"{sides.synthetic.name} and {measured.name} {say}; at least {least} must be shared\n"
        f"    {sides.synthetic.name}: {_shortened(here)}\n"
        f"    {measured.name}: {_shortened(set(measured.rows.intents))}",
        hint=hint
        or "check --label, and whether labels are names on one side, numbers on the other",
    )


def _shortened(names: set[str]) -> str:
    listed = sorted(names)
    more = f", and {len(listed) - 8} more" if len(listed) > 8 else ""
    return ", ".join(listed[:8]) + more


def _leak(sides: Sides, overlap: Overlap, first: int) -> InputError:
    assert sides.test is not None
    return InputError(
        f"{overlap.rows} of {len(sides.synthetic.rows)} synthetic rows of {sides.synthetic.name} "
        f"stand in the test rows of {sides.test.name}, more than chance explains "
        f"(p = {overlap.p_value:.1g}); the first: {sides.synthetic.places[first]}, "
        f"{sides.synthetic.rows.texts[first]!r}",
        hint="figures would flatter the corpus; --drop-test-rows leaves these rows out and goes on",
    )


def _overlap_notes(overlap: Overlap) -> list[str]:
    notes: list[str] = []
    if overlap.rows or overlap.near_rows:
        notes.append(
            f"synthetic rows left out: {overlap.rows} that equal a test row, {overlap.near_rows} "
            "that nearly do"
        )
    if overlap.is_leak:
        notes.append("that is more than chance explains: the test rows were in view")
    if overlap.real_rows:
        notes.append(f"real rows left out: {overlap.real_rows} that equal a test row")
    return notes


def _check_left(synthetic: Rows, real: Rows, sides: Sides) -> None:
    """Both sides must have rows when those of the test set are gone."""
    for rows, source, least in ((synthetic, sides.synthetic, 1), (real, sides.real, 2)):
        if len(rows) < least:
            raise InputError(
                f"of {source.name} {len(rows)} rows are left when test rows are taken out",
                hint="--test must name other rows than the ones to train on",
            )


def _facts(
    sides: Sides, synthetic: Rows, real: Rows, overlap: Mapping[str, Any] | None
) -> dict[str, Any]:
    test = sides.test
    here = set(sides.synthetic.rows.intents)
    there = set(sides.real.rows.intents) | (set(test.rows.intents) if test is not None else set())
    return {
        "corpus": sides.synthetic.name,
        "real": sides.real.name,
        "test": None if test is None else test.name,
        "kind": sides.synthetic.kind,
        "languages": list(sides.synthetic.languages),
        "synthetic_rows": len(synthetic),
        "origins": _counted(synthetic.origins),
        "real_rows": len(real),
        "test_rows": 0 if test is None else len(test.rows),
        "intents": len(here & there),
        "only_in_corpus": sorted(here - there),
        "only_in_real": sorted(there - here),
        "overlap": overlap,
        "content_sha256": content_sha256(sides.synthetic.rows),
        "real_sha256": content_sha256(sides.real.rows),
        "test_sha256": None if test is None else content_sha256(test.rows),
    }


def _counted(names: Sequence[str]) -> dict[str, int]:
    return dict(sorted(Counter(names).items()))
