"""What became of every row and clip: of those that may be published, and of the others apart.

Figures, reasons and notes go into the card and into release.json, so none of them may tell of
a private row more than that there is one.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

import pyarrow as pa
import pyarrow.compute as pc

from corpusforge.core.errors import RunError
from corpusforge.core.gate import Gate
from corpusforge.core.text import fold

__all__ = ["Accounts", "Ledger", "Step", "counted", "refuse_private_values"]

CLIP_STAGES = ("speech", "audio_gate")


def counted(number: int, what: str) -> str:
    """Such as "1 row" or "2,000 rows"."""
    return f"{number:,} {what}{'s' * (number != 1)}"


@dataclass(frozen=True)
class Step:
    """One stage's count of rows or clips that may be published.

    Attributes:
        stage: Stage name.
        unit: "rows" or "clips".
        came: Rows or clips that came in.
        added: Rows that the stage made.
        dropped: Filter -> rows or clips that it put aside; for expand, candidates, which are
            no rows of the corpus.
        left: Rows or clips that go on: came + added - dropped (candidates aside).
    """

    stage: str
    unit: str
    came: int
    added: int
    dropped: Mapping[str, int]
    left: int

    def to_json(self) -> dict[str, Any]:
        """For release.json."""
        return {
            "unit": self.unit,
            "in": self.came,
            "added": self.added,
            "dropped": dict(sorted(self.dropped.items())),
            "out": self.left,
        }


@dataclass(frozen=True)
class Accounts:
    """The count of a whole run.

    Attributes:
        steps: Stages in order, rows and clips that may be published only.
        reasons: (stage, filter, reason) -> count, likewise.
        private: What is not published: "rows" and "clips" that were kept, "dropped_rows" and
            "dropped_clips".
        notes: Sentences of the stages that name nothing private.
    """

    steps: tuple[Step, ...]
    reasons: Mapping[tuple[str, str, str], int]
    private: Mapping[str, int]
    notes: tuple[str, ...]


@dataclass(frozen=True)
class Ledger:
    """All rows and clips of a run.

    Attributes:
        rows: Rows that clean kept.
        clips: Clips that the gate kept.
        dropped: Stage -> its dropped rows, candidates or clips.
        publish_real: Whether real rows are published.
        gate: What was decided about generated rows.
    """

    rows: pa.Table
    clips: pa.Table
    dropped: Mapping[str, pa.Table]
    publish_real: bool
    gate: Gate = field(default_factory=Gate)

    def public(self, table: pa.Table) -> pa.Table:
        """The part that may be published."""
        return table if self.publish_real else table.filter(pc.not_equal(table["origin"], "real"))

    def private(self, table: pa.Table) -> pa.Table:
        """The other part."""
        if self.publish_real:
            return table.slice(0, 0)
        return table.filter(pc.equal(table["origin"], "real"))

    def close(self, notes: Iterable[str]) -> Accounts:
        """Count everything.

        Args:
            notes: Sentences of the stages; those that name an intent, slot or list which only
                private rows have are left out, and counted.
        """
        gone = {stage: self.public(table) for stage, table in self.dropped.items()}
        reasons: Counter[tuple[str, str, str]] = Counter()
        for table in gone.values():
            names = ("stage", "filter", "reason")
            reasons.update(zip(*(table[name].to_pylist() for name in names), strict=True))
        lost = {stage: self.private(table).num_rows for stage, table in self.dropped.items()}
        private = {
            "rows": self.private(self.rows).num_rows,
            "clips": self.private(self.clips).num_rows,
            "dropped_rows": sum(n for stage, n in lost.items() if stage not in CLIP_STAGES),
            "dropped_clips": sum(lost.get(stage, 0) for stage in CLIP_STAGES),
        }
        said = _without(list(notes), self._private_names())
        return Accounts(tuple(self._steps(gone)), dict(reasons), private, said)

    def _steps(self, gone: Mapping[str, pa.Table]) -> Iterable[Step]:
        lost = {stage: Counter(table["filter"].to_pylist()) for stage, table in gone.items()}
        kept = self.public(self.rows)
        # Dropped at clean, but it came out of expand; what expand drops never was a row.
        before = [*kept["generation"].to_pylist(), *gone["clean"]["generation"].to_pylist()]
        made = sum(1 for generation in before if generation)
        read = len(before) - made
        came = read + lost["grammar"].total()
        yield Step("grammar", "rows", came, 0, lost["grammar"], read)
        yield Step("expand", "rows", read, made, lost["expand"], read + made)
        yield Step("clean", "rows", read + made, 0, lost["clean"], kept.num_rows)
        admitted = self.gate.admitted(kept).num_rows
        if admitted < kept.num_rows:
            held = {"usefulness_gate": kept.num_rows - admitted}
            yield Step("assess", "rows", kept.num_rows, 0, held, admitted)
        clips = self.public(self.clips).num_rows
        spoken = clips + lost["audio_gate"].total()
        planned = spoken + lost["speech"].total()
        yield Step("speech", "clips", planned, 0, lost["speech"], spoken)
        yield Step("audio_gate", "clips", spoken, 0, lost["audio_gate"], clips)

    def _private_names(self) -> set[str]:
        """Intents, slots and lists that only private rows have."""
        tables = [self.rows, *(t for s, t in self.dropped.items() if s not in CLIP_STAGES)]
        private, public = (
            {name for table in tables for name in _names(part(table))}
            for part in (self.private, self.public)
        )
        return private - public - {""}

    def private_values(self) -> set[str]:
        """Folded slot values that only private rows have; lists are not looked at."""
        tables = [self.rows, *(self.dropped[name] for name in ("grammar", "clean"))]
        private, public = (
            {value for table in tables for value in _values(part(table))}
            for part in (self.private, self.public)
        )
        return private - public - {""}


def refuse_private_values(ledger: Ledger, catalogue: pa.Table) -> None:
    """Fail when a generated row tells a slot value that only private rows have.

    Values of the catalogue are the recipe's own lists, so they may be told.

    Raises:
        RunError: Naming rows, not values.
    """
    listed = {fold(text) for name in ("text", "value") for text in catalogue[name].to_pylist()}
    secret = ledger.private_values() - listed
    if not secret:
        return
    rows = ledger.public(ledger.rows)
    made = rows.filter(pc.greater(rows["generation"], 0))
    telling = [
        name
        for name, slots in zip(made["id"].to_pylist(), made["slots"].to_pylist(), strict=True)
        if secret & set(_folded(slots))
    ]
    if telling:
        raise RunError(
            f"export: generated rows hold slot values that only unpublished real rows have, "
            f"{len(telling)} of them, the first is {telling[0]}; nothing was published"
        )


def _names(table: pa.Table) -> Iterable[str]:
    yield from table["intent"].to_pylist()
    for slots in table["slots"].to_pylist():
        for slot in slots or ():
            yield from (slot["name"], slot["entity"], slot["role"], slot["group"])


def _values(table: pa.Table) -> Iterable[str]:
    """Slot values of rows that no generator made."""
    columns = (table[name].to_pylist() for name in ("slots", "generation"))
    for slots, generation in zip(*columns, strict=True):
        if not generation:
            yield from _folded(slots)


def _folded(slots: Sequence[Mapping[str, Any]] | None) -> Iterable[str]:
    for slot in slots or ():
        yield fold(slot["text"])
        yield fold(slot["value"])


def _without(notes: Sequence[str], names: set[str]) -> tuple[str, ...]:
    """The notes that hold none of the names as whole words."""
    if not names:
        return tuple(notes)
    listed = "|".join(sorted(map(re.escape, names)))
    telling = re.compile(rf"(?<!\w)(?:{listed})(?!\w)")
    kept = [note for note in notes if not telling.search(note)]
    left = len(notes) - len(kept)
    if left:
        kept.append(f"{counted(left, 'further note')} about what is not published: see the run")
    return tuple(kept)
