"""Labelled clips as features, read from a corpus or from a folder of audio.

A clip's label is its intent: for a corpus of single words, the intent of each is the word.
"""

from __future__ import annotations

import csv
import io
import json
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt
import pyarrow as pa

from corpusforge.assess.log_mel import Features, log_mel
from corpusforge.core.errors import InputError, require
from corpusforge.core.run import Cache, RunFolder
from corpusforge.core.schema import SPLITS, read_table
from corpusforge.core.seeding import uniforms

__all__ = ["MAX_CLIPS", "ClipFile", "Clips", "clip_files", "read_audio", "read_corpus"]

MAX_CLIPS = 4000
"""Clips of a corpus that are read: a model sees 24,000 in training, more would not show."""

_LABELS = ("intent", "label")
_SPEAKERS = ("speaker", "speaker_id")
_SUFFIXES = (".flac", ".wav", ".ogg", ".mp3", ".aiff", ".aif", ".opus")


@dataclass(frozen=True, eq=False)
class Clips:
    """Labelled clips; all columns have one entry per clip.

    Attributes:
        features: Log-mel levels in dB, shape [frames, bands] each.
        labels: Intent of each.
        speakers: Who says it, "" where unknown.
        engines: Engine that made it, "" for recordings.
        splits: train, validation, test, or "".
        silent: Clips that were left out because nothing is heard in them.
    """

    features: tuple[Features, ...]
    labels: tuple[str, ...]
    speakers: tuple[str, ...]
    engines: tuple[str, ...]
    splits: tuple[str, ...]
    silent: int = 0

    def __len__(self) -> int:
        return len(self.labels)

    def take(self, indices: npt.ArrayLike) -> Clips:
        """The clips at these places, in this order."""
        places = np.asarray(indices, dtype=np.int64)
        return Clips(
            tuple(self.features[i] for i in places),
            tuple(self.labels[i] for i in places),
            tuple(self.speakers[i] for i in places),
            tuple(self.engines[i] for i in places),
            tuple(self.splits[i] for i in places),
            self.silent,
        )

    def where(self, mask: npt.ArrayLike) -> Clips:
        """The clips whose place in `mask` (shape [clips]) is true."""
        return self.take(np.flatnonzero(np.asarray(mask, dtype=bool)))

    def of(self, classes: Sequence[str]) -> Clips:
        """The clips of these classes."""
        wanted = set(classes)
        return self.where([label in wanted for label in self.labels])

    def plus(self, other: Clips) -> Clips:
        """These clips, then the others."""
        return Clips(
            self.features + other.features,
            self.labels + other.labels,
            self.speakers + other.speakers,
            self.engines + other.engines,
            self.splits + other.splits,
            self.silent + other.silent,
        )

    @property
    def classes(self) -> tuple[str, ...]:
        """Labels that occur, sorted."""
        return tuple(sorted(set(self.labels)))


@dataclass(frozen=True, slots=True)
class ClipFile:
    """One clip before it is read.

    Attributes:
        name: For messages.
        load: Gives the file's bytes.
        label: Its intent.
        speaker: "" where unknown.
        engine: "" for recordings.
        split: "" where unknown.
        said_s: From where to where something is said in it, in seconds; None = not known.
        text: What is said, "" where unknown.
    """

    name: str
    load: Callable[[], bytes]
    label: str
    speaker: str = ""
    engine: str = ""
    split: str = ""
    said_s: tuple[float, float] | None = None
    text: str = ""


def read_corpus(corpus: Path, *, seed: int = 1, max_clips: int = MAX_CLIPS) -> Clips:
    """The training clips of a corpus.

    Args:
        corpus: Run folder (its clips after the audio gate), release folder (config speech), or a
            folder of audio as `read_audio` takes it.
        seed: Chooses clips when there are too many.
        max_clips: Most clips to read, shared out evenly over intents and engines.

    Raises:
        InputError: No clips, or an audio file that cannot be read (named).
    """
    if (corpus / "recipe.json").is_file():
        sources = _of_run(corpus)
    elif (corpus / "speech").is_dir() and any((corpus / "speech").glob("*.parquet")):
        sources = _of_release(corpus)
    else:
        return read_audio(corpus)
    if not sources:
        raise InputError(
            f"{corpus} holds no clips", hint="set speech.clips in its recipe and build it again"
        )
    train = [source for source in sources if source.split == "train"]
    return _read(_some(train or sources, seed, max_clips))


def clip_files(corpus: Path) -> list[ClipFile]:
    """All clips of a corpus (run, release, or folder of audio) before any is read.

    Raises:
        InputError: There is no clip.
    """
    if (corpus / "recipe.json").is_file():
        found = _of_run(corpus)
    elif (corpus / "speech").is_dir() and any((corpus / "speech").glob("*.parquet")):
        found = _of_release(corpus)
    elif corpus.is_dir():
        found = _of_metadata(corpus) or _of_subfolders(corpus)
    else:
        raise InputError(f"there is no folder {corpus}")
    if not found:
        raise InputError(f"{corpus} holds no clips")
    return found


def read_audio(folder: Path) -> Clips:
    """Clips of a folder of audio.

    Args:
        folder: With metadata.csv or metadata.jsonl (columns file_name and intent or label;
            speaker and split where known), as Hugging Face's audiofolder has it; or with one
            subfolder per class.

    Raises:
        InputError: No such folder, no clips in it, columns missing, an audio file that is
            missing or cannot be read (named).
    """
    if not folder.is_dir():
        raise InputError(
            f"{folder} is not a folder of audio",
            hint="metadata.csv with file_name, intent and speaker, or one subfolder per class",
        )
    sources = _of_metadata(folder) or _of_subfolders(folder)
    if not sources:
        raise InputError(
            f"{folder} holds no audio with labels",
            hint="metadata.csv with file_name, intent and speaker, or one subfolder per class",
        )
    return _read(sources)


def _of_run(folder: Path) -> list[ClipFile]:
    run = RunFolder(folder)
    record = run.state or run.manifest
    stages = record["stages"] if record is not None else ()
    keys = {entry["stage"]: entry["key"] for entry in stages}
    path = run.stage_folder("audio_gate", keys.get("audio_gate", "")) / "clips.parquet"
    if not path.is_file():
        raise InputError(f"{folder} has not come to its clips yet", hint="run its build on")
    names = ["audio", "text", "intent", "voice", "engine", "split"]
    table = _with_words(read_table(path), names)
    return [
        ClipFile(
            row["audio"]["path"],
            _reader(run.cache, row["audio"]["path"]),
            row["intent"],
            f"{row['engine']}/{row['voice']}",
            row["engine"],
            row["split"],
            _said_s(row.get("words")),
            row["text"],
        )
        for row in table.to_pylist()
    ]


def _with_words(table: pa.Table, names: Sequence[str]) -> pa.Table:
    """These columns, and `words` where the table has it: those of older versions do not."""
    return table.select([*names, *(name for name in ("words",) if name in table.column_names)])


def _said_s(words: Sequence[Mapping[str, Any]] | None) -> tuple[float, float] | None:
    """From the start of the first word to the end of the last one."""
    return (float(words[0]["start_s"]), float(words[-1]["end_s"])) if words else None


def _reader(cache: Cache, path: str) -> Callable[[], bytes]:
    return (cache.root / path).read_bytes


def _of_release(folder: Path) -> list[ClipFile]:
    from corpusforge.export.features import label_names

    found = []
    for split in SPLITS:
        for path in sorted((folder / "speech").glob(f"{split}-*.parquet")):
            table = read_table(path)
            names = label_names(table.schema, "intent")
            kept = _with_words(table, ["clip_id", "audio", "text", "intent", "voice", "engine"])
            found += [
                ClipFile(
                    f"{path.name}, clip {row['clip_id']}",
                    _constant(row["audio"]["bytes"]),
                    names[row["intent"]],
                    f"{row['engine']}/{row['voice']}",
                    row["engine"],
                    split,
                    _said_s(row.get("words")),
                    row["text"],
                )
                for row in kept.to_pylist()
            ]
    return found


def _constant(data: bytes | None) -> Callable[[], bytes]:
    return lambda: data or b""


def _of_metadata(folder: Path) -> list[ClipFile]:
    for name, rows_of in (("metadata.csv", _csv_rows), ("metadata.jsonl", _jsonl_rows)):
        path = folder / name
        if path.is_file():
            return [_described(folder, path, number, row) for number, row in rows_of(path)]
    return []


def _csv_rows(path: Path) -> Iterator[tuple[int, Mapping[str, Any]]]:
    try:
        with path.open(encoding="utf-8-sig", newline="") as stream:
            reader = csv.DictReader(stream)
            for row in reader:
                yield reader.line_num, row
    except (UnicodeDecodeError, csv.Error) as error:
        raise InputError(f"{path} is not a CSV file in UTF-8: {error}") from error


def _jsonl_rows(path: Path) -> Iterator[tuple[int, Mapping[str, Any]]]:
    try:
        lines = path.read_text(encoding="utf-8-sig").splitlines()
    except UnicodeDecodeError as error:
        raise InputError(f"{path} is not in UTF-8: {error}") from error
    for number, line in enumerate(lines, start=1):
        if not line.strip():
            continue
        try:
            row = json.loads(line)
        except ValueError as error:
            raise InputError(f"{path}:{number}: not JSON: {error}") from error
        if not isinstance(row, dict):
            raise InputError(f"{path}:{number}: expected an object with file_name and intent")
        yield number, row


def _described(folder: Path, path: Path, number: int, row: Mapping[str, Any]) -> ClipFile:
    """The clip that a line of a metadata file describes."""

    def first(columns: Sequence[str]) -> str:
        found = [row[column] for column in columns if row.get(column) not in (None, "")]
        return str(found[0]).strip() if found else ""

    file_name, label = first(["file_name"]), first(_LABELS)
    if not file_name or not label:
        lacking = "file_name" if not file_name else "intent (or label)"
        columns = [str(name) for name in row if name]
        raise InputError(f"{path}:{number}: no {lacking}", given=lacking, allowed=columns)
    file = folder / file_name
    if not file.is_file():
        raise InputError(f"{path}:{number}: there is no file {file_name}")
    return ClipFile(
        file_name,
        file.read_bytes,
        label,
        first(_SPEAKERS),
        split=first(["split"]),
        text=first(["text"]),
    )


def _of_subfolders(folder: Path) -> list[ClipFile]:
    inner = sorted(path for path in folder.iterdir() if path.is_dir())
    if inner and all(path.name in SPLITS for path in inner):
        by_class = [(split.name, path) for split in inner for path in sorted(split.iterdir())]
    else:
        by_class = [("", path) for path in inner]
    return [
        ClipFile(f"{path.name}/{file.name}", file.read_bytes, path.name, split=split)
        for split, path in by_class
        if path.is_dir()
        for file in sorted(path.iterdir())
        if file.suffix.casefold() in _SUFFIXES
    ]


def _some(sources: Sequence[ClipFile], seed: int, count: int) -> list[ClipFile]:
    """At most `count` of them in their order, by keyed hash, even over intents and engines."""
    if len(sources) <= count:
        return list(sources)
    drawn = uniforms(seed, "assess.clips", [source.name for source in sources])
    rank: dict[tuple[str, str], int] = {}
    order = []
    for place in np.argsort(drawn, kind="stable").tolist():
        stratum = (sources[place].label, sources[place].engine)
        order.append((rank.get(stratum, 0), place))
        rank[stratum] = rank.get(stratum, 0) + 1
    return [sources[place] for place in sorted(place for _, place in sorted(order)[:count])]


def _read(sources: Sequence[ClipFile]) -> Clips:
    """The features of all clips in which something is heard."""
    soundfile = require("soundfile", extra="speech", purpose="reading audio")
    heard: list[ClipFile] = []
    features: list[Features] = []
    for source in sources:
        try:
            stream = io.BytesIO(source.load())
            samples, rate_hz = soundfile.read(stream, dtype="float32", always_2d=True)
        except (OSError, soundfile.LibsndfileError) as error:
            raise InputError(f"{source.name} cannot be read as audio: {error}") from error
        try:
            features.append(log_mel(samples.mean(axis=1), rate_hz))
        except ValueError:
            continue
        heard.append(source)
    return Clips(
        tuple(features),
        tuple(source.label for source in heard),
        tuple(source.speaker for source in heard),
        tuple(source.engine for source in heard),
        tuple(source.split for source in heard),
        len(sources) - len(heard),
    )
