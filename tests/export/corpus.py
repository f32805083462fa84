"""A small corpus with real FLAC files, and the finished stage folders that export reads."""

import hashlib
import io
from functools import cache

import numpy as np
import pyarrow as pa
import soundfile

from corpusforge.core.executors import InlineExecutor
from corpusforge.core.ids import assign_ids, digest
from corpusforge.core.progress import Progress
from corpusforge.core.recipe import ExportConfig, RealConfig, Recipe
from corpusforge.core.run import Cache, StageContext, write_json
from corpusforge.core.schema import (
    CATALOGUE,
    CLIPS,
    DROPPED,
    DROPPED_CLIPS,
    TEMPLATES,
    Utterance,
    drop_rows,
    utterances_to_table,
    with_scores,
    write_table,
)
from corpusforge.core.spans import Slot, fill

RATE_HZ = 16000
LICENSE = "CC0-1.0"
VOICE_LICENSE = "Apache-2.0"
LABELS = ("light", "timer", "old")
BIAS = {
    "status": "measured",
    "limits": "LIMITS",
    "attributes": [
        {"attribute": "age", "status": "no value of the lists declares it"},
        {
            "attribute": "gender",
            "status": "measured",
            "mentions": 3,
            "representation": 0.5,
            "cramers_v": None,
            "interval_95": [None, None],
            "independent_95": 0.1,
            "p_value": 0.5,
        },
    ],
}


def utterance(sentence, intent, split, values=(), **fields):
    slots = [Slot(name, name, text.upper(), text, 0, 0) for name, text in values]
    text, placed = fill(sentence, slots)
    defaults = {"lang": "en", "origin": "grammar", "license": LICENSE, "slots": placed}
    return Utterance(text=text, intent=intent, split=split, **{**defaults, **fields})


def utterances():
    lamp, zoe, six = ("name", "lamp"), ("person", "Zoë"), ("minutes", "sechs")
    rows = [
        utterance("turn on the {name}", "light", "train", [lamp], template="t1"),
        utterance(
            "{name}'s light off, {person}!", "light", "validation", [lamp, zoe], template="t2"
        ),
        utterance("timer {minutes} | now", "timer", "test", [six], template="t3"),
        utterance("灯を{name}して", "light", "train", [("name", "点け")], template="t4"),
        utterance("wake me", "timer", "train", template="t5"),
        utterance("my own words", "timer", "train", origin="real", slots=None, license="MIT"),
    ]
    table = assign_ids(utterances_to_table(rows))
    ids = table["id"].to_pylist()
    made = utterance(
        "so turn on the {name}",
        "light",
        "train",
        [lamp],
        origin="gan",
        generation=1,
        weight=0.2,
        parents=(ids[0], lost()["id"].to_pylist()[0]),
    )
    return pa.concat_tables([table, assign_ids(utterances_to_table([made]))])


def lost():
    """A dropped parent of the generated row."""
    return assign_ids(
        utterances_to_table([utterance("turn {name} on", "light", "train", [("name", "fan")])])
    )


@cache
def tone(frequency_hz):
    """FLAC bytes and PCM of a tone of 0.25 s."""
    seconds = np.arange(RATE_HZ // 4) / RATE_HZ
    pcm = np.round(np.sin(2 * np.pi * frequency_hz * seconds) * 9000).astype("<i2")
    stream = io.BytesIO()
    with soundfile.SoundFile(stream, "w", RATE_HZ, 1, "PCM_16", format="FLAC") as file:
        file.comment = "SYNTHETIC=true engine=tone"
        file.write(pcm)
    return stream.getvalue(), pcm.tobytes()


def clips(table, cache_):
    rows = []
    for number, row in enumerate(table.to_pylist()):
        flac, pcm = tone(300 + 50 * number)
        spoken = row["text"].lower() if number % 2 else None
        path = cache_.put("clips", digest("clip", row["id"]), ".flac", flac)
        rows.append(
            {
                "clip_id": digest("clip id", row["id"]),
                "utterance_id": row["id"],
                "audio": {"bytes": None, "path": cache_.relative(path)},
                **{n: row[n] for n in ("text", "lang", "intent", "slots", "origin", "split")},
                "spoken": spoken,
                "variant": 0,
                "sampling_rate": RATE_HZ,
                "num_samples": len(pcm) // 2,
                "duration_s": len(pcm) / 2 / RATE_HZ,
                "engine": "tone",
                "engine_version": "1",
                "voice": f"v{number % 2}",
                "voice_license": VOICE_LICENSE,
                "prosody": "{}",
                "chain": [{"op": "gain", "version": "1", "params": '{"gain_db":-1.0}'}],
                **timed(row, spoken or row["text"]),
                "snr_db": 12.5 if number % 2 else None,
                "pcm_sha256": hashlib.sha256(pcm).hexdigest(),
            }
        )
    return pa.Table.from_pylist(rows, CLIPS)


def timed(row, spoken):
    """Word times that share the clip, and spoken slots; none for a single word."""
    said = spoken.split()
    if row["slots"] is None or len(said) < 2:
        return {"words": None, "spoken_slots": None}
    step_s = np.float32(0.25) / np.float32(len(said))
    edges = [float(np.float32(n * step_s)) for n in range(len(said) + 1)]
    words = [
        {"word": word, "start_s": edges[n], "end_s": edges[n + 1]} for n, word in enumerate(said)
    ]
    slots = [
        {
            **{name: slot[name] for name in ("name", "start", "end")},
            "start_s": edges[0],
            "end_s": edges[-1],
        }
        for slot in row["slots"]
    ]
    return {"words": words, "spoken_slots": slots}


def context(root, *, writers=("hf",), publish=False, speech=True, rows=None):
    """A stage context for export over the small corpus; all folders below `root`."""
    names = ("grammar", "expand", "clean", "speech", "audio_gate")
    inputs = {name: root / name for name in names}
    for path in (*inputs.values(), root / "out"):
        path.mkdir(parents=True)
    cache_ = Cache(root / "cache")
    table = utterances() if rows is None else rows
    scores = pa.array(np.linspace(0, 1, table.num_rows), pa.float32())
    table = table.append_column("score_fluency", scores)
    assert table.schema.names == with_scores(table.schema, ["fluency"]).names
    write_table(table, inputs["clean"] / "utterances.parquet")
    spoken = clips(table, cache_)
    write_table(spoken if speech else spoken.slice(0, 0), inputs["audio_gate"] / "clips.parquet")
    gone = drop_rows(lost(), [0], stage="clean", filter="near_duplicate", reasons=["same sentence"])
    for name in names:
        schema = DROPPED_CLIPS if name in ("speech", "audio_gate") else DROPPED
        dropped = gone if name == "clean" else schema.empty_table()
        write_table(dropped, inputs[name] / "dropped.parquet")
        entry = {
            "rows_in": 9,
            "rows_out": 8,
            "dropped": {"near_duplicate": 1} if name == "clean" else {},
            "notes": [f"{name} says: all well"],
            "packages": {"numpy": "2"},
            "seconds": np.random.default_rng().random(),  # must not reach the release
        }
        write_json(entry, inputs[name] / "stage.json")
    write_table(CATALOGUE.empty_table(), inputs["grammar"] / "catalogue.parquet")
    write_json(BIAS, inputs["clean"] / "bias.json")
    splits = {"t1": "train", "t2": "validation", "t3": "test", "t4": "train", "t5": "train"}
    templates = [
        dict.fromkeys(TEMPLATES.names)
        | {"template": name, "split": split, "file": "/home/somebody/en/light.yaml", "line": 3}
        for name, split in splits.items()
    ]
    write_table(pa.Table.from_pylist(templates, TEMPLATES), inputs["grammar"] / "templates.parquet")
    recipe = Recipe(
        name="small",
        pretty_name="Small: a corpus",
        description="For tests.",
        lang="en-GB",
        license=LICENSE,
        real=RealConfig(path="/home/somebody/rows.csv", license="MIT", publish=publish),
        export=ExportConfig(writers=tuple(writers)),
    )
    return StageContext(
        recipe=recipe,
        folder=root / "out",
        inputs=inputs,
        cache=cache_,
        executor=InlineExecutor(),
        progress=Progress(quiet=True),
        labels=LABELS,
    )
