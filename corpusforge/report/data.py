"""What a page shows, and how it is gathered from the stage folders of a run."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq

from corpusforge.core.gate import Gate, read_gate
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
    *("chain", "snr_db", "asr_text", "score_wer", "score_mos"),
)


@dataclass(frozen=True)
class Dropped:
    """Rows that one filter of one stage put aside, of those that may be published.

    Attributes:
        stage: Stage name.
        filter: Plug-in or check.
        reasons: Reason -> rows, in the order of falling counts.
        examples: A few of the rows, each with text, reason and twin_id.
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
    """Everything that the page needs: what is in the release, and of the rest only how much.

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
        notes: (stage, sentence) that the stages want read.
        bias: The bias figures, or {}.
        history: What the generator's training noted, or {}.
        private: How much is not published (real rows without real.publish): "rows" and "clips"
            that were kept, "dropped_rows", "dropped_clips"; {} when that is not known.
        release: Made from a bare release: what is not in it cannot be told.
        assessment: The published part of the assessment on real rows, or {}.
        gate: What was decided about generated rows.
        kept_out: Generated rows that stand in config nlu_expanded only.
        past: Entries of history.parquet, oldest first; a build leaves them out, for its page
            must come out the same again.
        alerts: What the history warns of.
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
    notes: tuple[tuple[str, str], ...] = ()
    bias: Mapping[str, Any] = field(default_factory=dict)
    history: Any = field(default_factory=dict)
    private: Mapping[str, int] = field(default_factory=dict)
    release: bool = False
    assessment: Mapping[str, Any] = field(default_factory=dict)
    gate: Gate = field(default_factory=Gate)
    kept_out: int = 0
    past: Sequence[Mapping[str, Any]] = ()
    alerts: Sequence[str] = ()

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
    last = next((stages[name] for name in reversed(_TEXT_STAGES) if name in stages), None)
    clips = next((stages[name] for name in reversed(_CLIP_STAGES) if name in stages), None)
    rows = _rows(last / "utterances.parquet", UTTERANCES, ROW_COLUMNS) if last else []
    heard = _rows(clips / "clips.parquet", CLIPS, CLIP_COLUMNS) if clips else []
    lost = _lost(stages)
    names = _private_names([*rows, *(row for _, row in lost)], hidden)
    facts = {name: entry.get("facts", {}) for name, entry in entries.items()}
    private = {
        "rows": sum(row["origin"] in hidden for row in rows),
        "clips": sum(clip["origin"] in hidden for clip in heard),
        "dropped_rows": sum(r["origin"] in hidden for s, r in lost if s in _TEXT_STAGES),
        "dropped_clips": sum(r["origin"] in hidden for s, r in lost if s in _CLIP_STAGES),
    }

    def read_audio(clip: Mapping[str, Any]) -> bytes | None:
        path = cache / str((clip["audio"] or {}).get("path"))
        return path.read_bytes() if path.is_file() else None

    gate = read_gate(stages)
    public = [row for row in rows if row["origin"] not in hidden]
    admitted = [row for row in public if row["origin"] not in gate.origins_kept_out]
    return Corpus(
        title=recipe.get("pretty_name") or recipe["name"],
        description=recipe.get("description", ""),
        lang=recipe["lang"],
        license=recipe.get("license", ""),
        rows=admitted,
        clips=[clip for clip in heard if clip["origin"] not in hidden],
        read_audio=read_audio,
        templates=_optional(stages, "grammar", "templates.parquet"),
        dropped=_dropped(
            [(stage, row) for stage, row in lost if row["origin"] not in hidden], bool(hidden)
        ),
        texts=_texts(stages, hidden),
        facts=_public_facts(facts, names),
        notes=_public_notes(entries, names),
        bias=_optional_json(stages, "clean", "bias.json"),
        history=_optional_json(stages, "expand", "history.json"),
        private=private,
        assessment=_optional_json(stages, "assess", "assess.json"),
        gate=gate,
        kept_out=len(public) - len(admitted),
    )


def _lost(stages: Mapping[str, Path]) -> list[tuple[str, Row]]:
    """(stage, dropped row) of all stages in order."""
    wanted = ["filter", "reason", "text", "origin", "intent", "twin_id", "slots"]
    found: list[tuple[str, Row]] = []
    for stage in (*_TEXT_STAGES, *_CLIP_STAGES):
        path = stages[stage] / "dropped.parquet" if stage in stages else None
        if path is not None and path.is_file():
            found += [(stage, row) for row in pq.read_table(path).select(wanted).to_pylist()]
    return found


def _private_names(rows: Iterable[Row], hidden: frozenset[str]) -> frozenset[str]:
    """Intents, slots and lists that only rows of hidden origins have."""
    private: set[str] = set()
    public: set[str] = set()
    for row in rows:
        found = private if row["origin"] in hidden else public
        found.add(row["intent"])
        for slot in row["slots"] or ():
            found.update((slot["name"], slot["entity"], slot["role"], slot["group"]))
    return frozenset(private - public - {""})


def _public_facts(
    facts: Mapping[str, Mapping[str, Any]], names: frozenset[str]
) -> dict[str, Mapping[str, Any]]:
    """The stages' figures without those of private intents."""
    found = dict(facts)
    intents = found.get("expand", {}).get("intents", {})
    if names & set(intents):
        shown = {name: figures for name, figures in intents.items() if name not in names}
        found["expand"] = {**found["expand"], "intents": shown}
    return found


def _public_notes(
    entries: Mapping[str, Mapping[str, Any]], names: frozenset[str]
) -> tuple[tuple[str, str], ...]:
    """(stage, note) of all stages, without the notes that hold a private name as a word."""
    order = (*_TEXT_STAGES, "assess", *_CLIP_STAGES, "export")
    notes = [(stage, n) for stage in order for n in entries.get(stage, {}).get("notes", ())]
    if names:
        listed = "|".join(sorted(map(re.escape, names)))
        telling = re.compile(rf"(?<!\w)(?:{listed})(?!\w)")
        notes = [(stage, note) for stage, note in notes if not telling.search(note)]
    return tuple(dict.fromkeys(notes))


def _rows(path: Path, schema: pa.Schema, columns: tuple[str, ...]) -> list[Row]:
    return listed(read_table(path), schema, columns)


def listed(table: pa.Table, schema: pa.Schema, columns: tuple[str, ...]) -> list[Row]:
    """The wanted columns of a table as dicts; a column that is not there is "" or null."""
    found = {}
    for name in columns:
        if name in table.column_names:
            found[name] = table[name].to_pylist()
        else:
            empty: Any = name not in ("spoken", "asr_text")
            # A score that was never measured is in no schema.
            empty = empty and name in schema.names and pa.types.is_string(schema.field(name).type)
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


def _dropped(lost: Sequence[tuple[str, Row]], private: bool) -> tuple[Dropped, ...]:
    """Counts, reasons and examples.

    Where there are private rows, what a generator wrote and was dropped is shown by count alone:
    it may have been dropped because it said what a private row says.
    """
    found: list[Dropped] = []
    for stage in (*_TEXT_STAGES, *_CLIP_STAGES):
        unit = "clips" if stage in _CLIP_STAGES else "candidates" if stage == "expand" else "rows"
        rows = [row for place, row in lost if place == stage]
        filters = Counter(row["filter"] for row in rows)
        for name, _ in sorted(filters.items(), key=lambda item: (-item[1], item[0])):
            own = [row for row in rows if row["filter"] == name]
            reasons = Counter(row["reason"] for row in own)
            ordered = dict(sorted(reasons.items(), key=lambda item: (-item[1], item[0])))
            shown = [row for row in own if not private or row["origin"] == "grammar"]
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
