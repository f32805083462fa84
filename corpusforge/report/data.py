"""What a page shows, and how it is gathered from the stage folders of a run."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq

from corpusforge.core.ids import digest
from corpusforge.core.run import read_json
from corpusforge.core.schema import CLIPS, TEMPLATES, UTTERANCES, read_table

__all__ = ["CLIP_COLUMNS", "ROW_COLUMNS", "Corpus", "Dropped", "Row", "from_stages", "listed"]

Row = dict[str, Any]

_TEXT_STAGES = ("grammar", "expand", "clean")
_CLIP_STAGES = ("speech", "audio_gate")
ROW_COLUMNS = (
    *("id", "text", "lang", "intent", "slots", "spoken", "origin", "template", "parents"),
    *("generation", "weight", "split"),
)
CLIP_COLUMNS = (
    *("clip_id", "utterance_id", "audio", "text", "spoken", "intent", "slots", "origin", "split"),
    *("duration_s", "engine", "voice", "voice_license", "voice_gender", "voice_accent"),
    *("chain", "snr_db"),
)


@dataclass(frozen=True)
class Dropped:
    """Rows that one filter of one stage put aside.

    Attributes:
        stage: Stage name.
        filter: Plug-in or check.
        reasons: Reason -> rows, in the order of falling counts.
        examples: A few of the rows, each with text, reason and twin_id; texts of rows that are
            not published are left out.
        unit: "rows", "candidates" or "clips".
    """

    stage: str
    filter: str
    reasons: Mapping[str, int]
    examples: tuple[Row, ...]
    unit: str

    @property
    def total(self) -> int:
        """All rows of this filter."""
        return sum(self.reasons.values())


@dataclass(frozen=True)
class Corpus:
    """Everything that the page needs.

    Attributes:
        title: Heading.
        description: One sentence, "" for none.
        lang: BCP-47.
        license: SPDX, "" when not known.
        rows: Rows of the corpus, columns of `ROW_COLUMNS`.
        clips: Clips of the corpus, columns of `CLIP_COLUMNS`.
        read_audio: Gives a clip's FLAC bytes, None when they are not at hand.
        templates: Rows of the template table, empty in a release without one.
        dropped: What was put aside.
        texts: Id -> text of rows that may be shown, for parents and twins.
        facts: Stage -> its figures.
        notes: Sentences that the stages want read.
        bias: The bias figures, or {}.
        history: What the generator's training noted, or {}.
        hidden: Origins whose texts must not be shown (real rows that are not published).
        release: Made from a bare release: what is not in it cannot be told.
    """

    title: str
    description: str
    lang: str
    license: str
    rows: list[Row]
    clips: list[Row]
    read_audio: Callable[[Mapping[str, Any]], bytes | None]
    templates: list[Row] = field(default_factory=list)
    dropped: tuple[Dropped, ...] = ()
    texts: Mapping[str, str] = field(default_factory=dict)
    facts: Mapping[str, Mapping[str, Any]] = field(default_factory=dict)
    notes: tuple[str, ...] = ()
    bias: Mapping[str, Any] = field(default_factory=dict)
    history: Any = field(default_factory=dict)
    hidden: frozenset[str] = frozenset()
    release: bool = False

    def count(self, column: str) -> Counter[str]:
        """Rows per value of a column."""
        return Counter(str(row[column]) for row in self.rows)


def from_stages(stages: Mapping[str, Path], cache: Path, recipe: Mapping[str, Any]) -> Corpus:
    """A run.

    Args:
        stages: Stage name -> finished folder; stages that are missing are left out.
        cache: Root of the run's cache, where the clips are.
        recipe: The resolved recipe.
    """
    real = recipe.get("real") or {}
    hidden = frozenset({"real"}) if real and not real.get("publish") else frozenset()
    entries = {
        name: read_json(folder / "stage.json")
        for name, folder in stages.items()
        if (folder / "stage.json").is_file()
    }
    texts = _texts(stages, hidden)
    last = next((stages[name] for name in reversed(_TEXT_STAGES) if name in stages), None)
    clips = next((stages[name] for name in reversed(_CLIP_STAGES) if name in stages), None)
    notes = [note for entry in entries.values() for note in entry.get("notes", ())]

    def read_audio(clip: Mapping[str, Any]) -> bytes | None:
        path = cache / str((clip["audio"] or {}).get("path"))
        return path.read_bytes() if path.is_file() else None

    return Corpus(
        title=recipe.get("pretty_name") or recipe["name"],
        description=recipe.get("description", ""),
        lang=recipe["lang"],
        license=recipe.get("license", ""),
        rows=_rows(last / "utterances.parquet", UTTERANCES, ROW_COLUMNS) if last else [],
        clips=_rows(clips / "clips.parquet", CLIPS, CLIP_COLUMNS) if clips else [],
        read_audio=read_audio,
        templates=_optional(stages, "grammar", "templates.parquet"),
        dropped=_dropped(stages, hidden),
        texts=texts,
        facts={name: entry.get("facts", {}) for name, entry in entries.items()},
        notes=tuple(dict.fromkeys(notes)),
        bias=_optional_json(stages, "clean", "bias.json"),
        history=_optional_json(stages, "expand", "history.json"),
        hidden=hidden,
    )


def _rows(path: Path, schema: pa.Schema, columns: tuple[str, ...]) -> list[Row]:
    return listed(read_table(path), schema, columns)


def listed(table: pa.Table, schema: pa.Schema, columns: tuple[str, ...]) -> list[Row]:
    """The wanted columns of a table as dicts; a column that is not there is "" or null."""
    found = {}
    for name in columns:
        if name in table.column_names:
            found[name] = table[name].to_pylist()
        else:
            empty: Any = pa.types.is_string(schema.field(name).type) and name != "spoken"
            found[name] = ["" if empty else None] * table.num_rows
    return [dict(zip(columns, values, strict=True)) for values in zip(*found.values(), strict=True)]


def _optional(stages: Mapping[str, Path], stage: str, name: str) -> list[Row]:
    path = stages[stage] / name if stage in stages else None
    if path is None or not path.is_file():
        return []
    return listed(read_table(path), TEMPLATES, tuple(TEMPLATES.names))


def _optional_json(stages: Mapping[str, Path], stage: str, name: str) -> Any:
    path = stages[stage] / name if stage in stages else None
    return read_json(path) if path is not None and path.is_file() else {}


def _texts(stages: Mapping[str, Path], hidden: frozenset[str]) -> dict[str, str]:
    found: dict[str, str] = {}
    for stage in _TEXT_STAGES:
        path = stages[stage] / "utterances.parquet" if stage in stages else None
        if path is not None and path.is_file():
            table = pq.read_table(path, columns=["id", "text", "origin"])
            for row in table.to_pylist():
                if row["origin"] not in hidden:
                    found[row["id"]] = row["text"]
    return found


def _dropped(stages: Mapping[str, Path], hidden: frozenset[str]) -> tuple[Dropped, ...]:
    found: list[Dropped] = []
    for stage in (*_TEXT_STAGES, *_CLIP_STAGES):
        path = stages[stage] / "dropped.parquet" if stage in stages else None
        if path is None or not path.is_file():
            continue
        unit = "clips" if stage in _CLIP_STAGES else "candidates" if stage == "expand" else "rows"
        wanted = ["filter", "reason", "text", "origin", "intent", "twin_id", "slots"]
        table = pq.read_table(path).select(wanted)
        filters = Counter(table["filter"].to_pylist())
        rows = table.to_pylist()
        for name, _ in sorted(filters.items(), key=lambda item: (-item[1], item[0])):
            own = [row for row in rows if row["filter"] == name]
            reasons = Counter(row["reason"] for row in own)
            ordered = dict(sorted(reasons.items(), key=lambda item: (-item[1], item[0])))
            shown = [row for row in own if row["origin"] not in hidden]
            found.append(Dropped(stage, name, ordered, _examples(shown), unit))
    return tuple(found)


def _examples(rows: list[Row]) -> tuple[Row, ...]:
    """Up to four rows with different reasons and intents; a hash of the text decides which."""
    ordered = sorted(rows, key=lambda row: (digest(row["text"]), row["reason"]))
    taken: list[Row] = []
    for key in ("reason", "intent", "text"):
        seen = {row[key] for row in taken}
        for row in ordered:
            if len(taken) >= 4:
                return tuple(taken)
            if row[key] not in seen:
                seen.add(row[key])
                taken.append(row)
    return tuple(taken)
