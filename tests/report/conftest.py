"""A small run on disk: stage folders as the pipeline leaves them, with real FLAC files."""

from __future__ import annotations

import io
import json
from dataclasses import asdict
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
import pytest

from corpusforge.core.ids import assign_ids
from corpusforge.core.run import write_json
from corpusforge.core.schema import (
    CLIPS,
    DROPPED,
    DROPPED_CLIPS,
    TEMPLATES,
    Utterance,
    drop_rows,
    utterances_to_table,
    write_table,
)
from corpusforge.core.spans import Slot
from corpusforge.core.text import SLOT_PATTERN

HOSTILE = '<script>alert("x")</script><img src=x onerror=alert(1)>'

FRAMES = {
    "light_on": ["turn on the {light} in the {room}", "it's dark in the {room}", "{light} on"],
    "light_off": ["switch the {light} off", "lights out in the {room}"],
    "timer_start": ["set a timer for {duration}", "remind me in {duration}"],
    "presence_query": ["is {person} home", "where is {person}"],
    "weather_query": ["what's the weather like in {city}", "will it rain in {city}"],
    "out_of_scope": ["tell me a joke", "who won the match"],
}
VALUES = {
    "light": ["ceiling light", "desk lamp", "floor lamp"],
    "room": ["kitchen", "living room", "Gästezimmer", "寝室"],
    "duration": ["5 minutes", "half an hour", "90 seconds"],
    "person": ["Anna", "Ben", "Zoë", "Robin"],
    "city": ["Oslo", "Lisbon", "Nairobi"],
}
SPLITS = ("train", "train", "train", "validation", "test")
VOICES = [("kokoro-a", "f"), ("kokoro-b", "m"), ("kokoro-c", "f")]


def filled(frame: str, turn: int) -> tuple[str, tuple[Slot, ...]]:
    """A frame with values, and the spans they got."""
    text, slots, position = "", [], 0
    for match in SLOT_PATTERN.finditer(frame):
        name = match.group(1)
        value = VALUES[name][turn % len(VALUES[name])]
        text += frame[position : match.start()]
        slots.append(Slot(name, name, value, value, len(text), len(text) + len(value)))
        text += value
        position = match.end()
    return text + frame[position:], tuple(slots)


def grammar_rows() -> list[Utterance]:
    """Rows of every template, and one whose text tries to be markup."""
    rows: dict[str, Utterance] = {}
    for intent, frames in FRAMES.items():
        for place, frame in enumerate(frames):
            for turn in range(12):
                text, slots = filled(frame, turn + place)
                rows[text] = Utterance(
                    text=text,
                    lang="en",
                    intent=intent,
                    slots=slots,
                    origin="grammar",
                    template=f"{intent}-{place}",
                    split=SPLITS[(place + turn) % len(SPLITS)],
                    license="CC0-1.0",
                )
    rows[HOSTILE] = Utterance(
        text=HOSTILE,
        lang="en",
        intent="out_of_scope",
        slots=(Slot("<b>bold", "x", '"quoted"', "<script>", 0, 8),),
        origin="grammar",
        template="hostile",
        split="train",
        license="CC0-1.0",
    )
    return list(rows.values())


def gan_rows(table: pa.Table) -> list[Utterance]:
    """Generated rows with their parents."""
    parents = {row["intent"]: row["id"] for row in table.to_pylist() if row["split"] == "train"}
    rows = []
    for intent, frames in FRAMES.items():
        for turn in range(4):
            text, slots = filled("please " + frames[0] + " now", turn)
            row = Utterance(
                text=text,
                lang="en",
                intent=intent,
                slots=slots,
                origin="gan",
                parents=(parents[intent],),
                generation=1,
                weight=0.5,
                split="train",
                license="CC0-1.0",
            )
            if all(text != other.text for other in rows):
                rows.append(row)
    return rows


def tone(seconds: float, pitch_hz: float) -> bytes:
    """A FLAC file with a tone, 16 kHz."""
    soundfile = pytest.importorskip("soundfile")
    time_s = np.arange(int(16000 * seconds)) / 16000
    stream = io.BytesIO()
    samples = (0.3 * np.sin(2 * np.pi * pitch_hz * time_s)).astype(np.float32)
    soundfile.write(stream, samples, 16000, format="FLAC", subtype="PCM_16")
    return stream.getvalue()


def clip_table(table: pa.Table, cache: Path) -> pa.Table:
    """A clip of every fourth row; its FLAC goes to the cache."""
    records: list[dict[str, Any]] = []
    for place, row in enumerate(table.to_pylist()[::4]):
        voice, gender = VOICES[place % len(VOICES)]
        seconds = 0.6 + 0.13 * (place % 9)
        path = f"clips/{place:02d}/{place:04d}.flac"
        (cache / path).parent.mkdir(parents=True, exist_ok=True)
        (cache / path).write_bytes(tone(seconds, 200 + 10 * place))
        noise = None if place % 3 == 0 else 10.0 + place % 20
        room = {"op": "room", "version": "1", "params": json.dumps({"rt60_s": 0.31})}
        records.append(
            {
                **{name: row[name] for name in ("text", "lang", "intent", "slots", "origin")},
                "split": row["split"],
                "clip_id": f"{place:032x}",
                "utterance_id": row["id"],
                "audio": {"bytes": None, "path": path},
                "spoken": row["text"].replace("5", "five").replace("90", "ninety"),
                "variant": 0,
                "sampling_rate": 16000,
                "num_samples": int(16000 * seconds),
                "duration_s": seconds,
                "engine": "tone",
                "engine_version": "1",
                "voice": voice,
                "voice_license": "CC0-1.0",
                "voice_gender": gender,
                "voice_accent": "",
                "prosody": "{}",
                "chain": [room] if place % 2 else [],
                "snr_requested_db": noise,
                "snr_db": noise,
            }
        )
    columns = [pa.array([record.get(f.name) for record in records], f.type) for f in CLIPS]
    return pa.table(columns, schema=CLIPS)


def template_table(table: pa.Table) -> pa.Table:
    """One entry per template."""
    records = []
    for line, (intent, frames) in enumerate(FRAMES.items()):
        for place, frame in enumerate(frames):
            records.append(
                {
                    "template": f"{intent}-{place}",
                    "intent": intent,
                    "sentence": f"[please] {frame}",
                    "file": "en/pack.yaml",
                    "line": 10 * line + place,
                    "split": SPLITS[place],
                    "weight": 1.0,
                    "derivations": "24" if place else "1" + "0" * 30,
                    "rows": 4,
                }
            )
    return pa.Table.from_pylist(records, schema=TEMPLATES)


def expand_facts(accepted: int) -> dict[str, Any]:
    """Figures as the expand stage writes them."""
    verdicts = {
        "accepted": accepted,
        "in_language": 310,
        "near_row": 220,
        "intent_disagreement": 41,
        "low_realness": 160,
        "quota_full": 12,
    }
    distinct = sum(verdicts.values())
    return {
        "wanted": 30,
        "accepted": accepted,
        "candidates": 1200,
        "distinct_candidates": distinct,
        "shares": {
            "in_language": 310 / distinct,
            "near_row": 220 / distinct,
            "novel": (distinct - 530) / distinct,
        },
        "verdicts": verdicts,
        "rounds": 2,
        "round_kept": 1,
        "intents": {name: {"quota": 5, "accepted": 4, "candidates": 200} for name in FRAMES},
    }


def history() -> dict[str, Any]:
    """Training notes as the generator writes them."""
    guard = {"nll": 1.42, "self_bleu": 0.61, "distinct_2": 0.38}
    return {
        "maximum_likelihood": [
            {"epoch": n + 1, "loss": 3 / (n + 1), "held_out_nll": 3.2 / (n + 1)} for n in range(8)
        ],
        "rounds": [
            {"round": 0, "guard": guard, "undone": "", "discriminator_loss": 0.61},
            {
                "round": 1,
                "guard": {**guard, "nll": 1.4},
                "undone": "",
                "sampled": 800,
                "learnt": 210,
                "discriminator_loss": 0.58,
            },
            {
                "round": 2,
                "guard": {**guard, "nll": 1.9},
                "undone": "held-out loss rose",
                "sampled": 790,
                "learnt": 190,
                "discriminator_loss": 0.55,
            },
        ],
        "round_kept": 1,
    }


def bias() -> dict[str, Any]:
    """Bias figures as the clean stage writes them."""
    return {
        "status": "measured",
        "limits": "Counted are mentions of declared values only.",
        "attributes": [
            {
                "attribute": "gender",
                "status": "measured",
                "mentions": 42,
                "intents": ["presence_query", "out_of_scope"],
                "values": ["f", "m", "x"],
                "counts": [[14, 13, 12], [1, 2, 0]],
                "representation": 0.8,
                "cramers_v": 0.21,
                "interval_95": [0.05, 0.4],
                "independent_95": 0.3,
                "p_value": 0.4,
                "cramers_v_by_origin": {},
            },
            {"attribute": "age", "status": "no value of the lists declares it"},
        ],
    }


def finish(folder: Path, facts: dict[str, Any], notes: list[str]) -> None:
    """stage.json, with seconds that must never reach the page."""
    entry = {"facts": facts, "notes": notes, "seconds": 98765.43, "rows_in": 1, "rows_out": 1}
    write_json(entry, folder / "stage.json")


@pytest.fixture(scope="session")
def run_folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A run folder: stages/<name>, cache/."""
    root = tmp_path_factory.mktemp("run")
    stages = root / "stages"
    for name in ("grammar", "expand", "clean", "speech", "audio_gate"):
        (stages / name).mkdir(parents=True)
    grammar = assign_ids(utterances_to_table(grammar_rows()))
    write_table(grammar, stages / "grammar" / "utterances.parquet")
    write_table(template_table(grammar), stages / "grammar" / "templates.parquet")
    write_table(DROPPED.empty_table(), stages / "grammar" / "dropped.parquet")
    generated = assign_ids(utterances_to_table(gan_rows(grammar)))
    whole = pa.concat_tables([grammar, generated])
    rejected = drop_rows(
        generated, [0, 1, 2], stage="expand", filter="novelty", reasons=["in the language"] * 3
    )
    write_table(whole, stages / "expand" / "utterances.parquet")
    write_table(rejected, stages / "expand" / "dropped.parquet")
    write_json(history(), stages / "expand" / "history.json")
    twins = [grammar["id"][place].as_py() for place in (5, 6)]
    dropped = drop_rows(
        grammar,
        [1, grammar.num_rows - 1],
        stage="clean",
        filter="near_duplicate",
        reasons=["near duplicate of a test row", HOSTILE],
        scores=[0.93, 0.95],
        threshold=0.9,
        twin_ids=twins,
    )
    write_table(whole, stages / "clean" / "utterances.parquet")
    write_table(dropped, stages / "clean" / "dropped.parquet")
    write_json(bias(), stages / "clean" / "bias.json")
    clips = clip_table(whole, root / "cache")
    for name in ("speech", "audio_gate"):
        write_table(clips, stages / name / "clips.parquet")
        write_table(DROPPED_CLIPS.empty_table(), stages / name / "dropped.parquet")
    note = "expansion: not shown to help (no real data to assess against)"
    finish(stages / "grammar", {}, [])
    finish(stages / "expand", expand_facts(generated.num_rows), [note])
    finish(stages / "clean", {"leaks": 0}, ["bias: gender goes with the intent (Cramer's V 0.21)"])
    finish(stages / "speech", {}, [])
    finish(stages / "audio_gate", {}, [])
    return root


@pytest.fixture(scope="session")
def stage_folders(run_folder: Path) -> dict[str, Path]:
    """Stage name -> folder."""
    return {path.name: path for path in sorted((run_folder / "stages").iterdir())}


@pytest.fixture(scope="session")
def recipe() -> dict[str, Any]:
    """The parts of a resolved recipe that the page reads."""
    return {
        "name": "tiny",
        "pretty_name": "Tiny <home>",
        "description": "A small corpus & its report.",
        "lang": "en",
        "license": "CC0-1.0",
        "real": None,
        "report": {"rows": 40, "players": 24},
    }


@pytest.fixture(scope="session")
def slot_dicts() -> list[dict[str, Any]]:
    """Slots of a text with characters outside the basic plane."""
    text, slots = "", []
    for piece, name in (
        ("\U0001f4a1 ", ""),
        ("Küchenlicht", "light"),
        (" 👍 ", ""),
        ("寝室", "room"),
    ):
        if name:
            slot = Slot(name, name, piece, piece, len(text), len(text) + len(piece))
            slots.append(asdict(slot))
        text += piece
    return slots
