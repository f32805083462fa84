"""The streams that a wake word detector is trained and counted on, one set for each split.

Each positive stands alone between pauses, with the frame at which it ends; negatives are joined to
streams, ordinary speech apart from phrases that sound like the wake word.
"""

from __future__ import annotations

import io
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace

import numpy as np
import numpy.typing as npt

from corpusforge.assess.clips import ClipFile
from corpusforge.assess.wake_features import RATE_HZ, Levels, frames_of, stream_levels
from corpusforge.assess.wake_train import Heard
from corpusforge.core.errors import InputError, require
from corpusforge.core.seeding import rng, uniforms
from corpusforge.core.text import fold
from corpusforge.core.wake import CONFUSABLE_INTENTS
from corpusforge.export.streams import Stream, streams

__all__ = [
    "LEAST_TEXTS",
    "Negatives",
    "Part",
    "held_out_texts",
    "negatives_of",
    "part_of",
    "said_frames",
]

LEAST_TEXTS = 20
"""Ordinary sentences from which on a fifth of them is held out of training."""

_HELD_OUT = 0.2

_EDGE_DB = 35.0  # speech of a clip ends at its last frame within this of its loudest


@dataclass(frozen=True, eq=False)
class Negatives:
    """Streams without the wake word.

    Attributes:
        heard: The streams; in those of phrases that sound alike, the ends of these.
        pieces: Per stream, (first frame, last frame, intent) of its clips.
        ordinary: Per stream, whether it is ordinary speech, or phrases that sound alike.
        hours: Length of the ordinary speech.
    """

    heard: list[Heard]
    pieces: list[list[tuple[int, int, str]]]
    ordinary: list[bool]
    hours: float


@dataclass(frozen=True, eq=False)
class Part:
    """The streams of one split.

    Attributes:
        positives: One stream per positive clip, with the frame at which the word ends.
        lengths: Frames from its start to its end.
        speakers: Who says each.
        others: What is heard besides.
    """

    positives: list[Heard]
    lengths: list[int]
    speakers: list[str]
    others: Negatives


def held_out_texts(
    files: Sequence[ClipFile], positives: Sequence[str], seed: int
) -> frozenset[str]:
    """Ordinary sentences, folded, that training must not hear: a fifth, by keyed hash.

    All voices of a corpus say the same sentences. A detector knows those that it was trained on,
    whoever says them, and is too sure there; in use it hears sentences that it does not know.

    Args:
        files: Clips of all splits; those of test are not looked at.
        positives: Intents that are listened for.
        seed: Of the draw.

    Returns:
        No sentence where there are fewer than `LEAST_TEXTS`, or texts are not known.
    """
    others = (*positives, *CONFUSABLE_INTENTS)
    ordinary = [file for file in files if file.label not in others and file.split != "test"]
    texts = sorted({fold(file.text) for file in ordinary if file.text})
    if len(texts) < LEAST_TEXTS:
        return frozenset()
    order = np.argsort(uniforms(seed, "wake.held_out", texts), kind="stable")
    return frozenset(texts[int(place)] for place in order[: round(len(texts) * _HELD_OUT)])


def _samples(file: ClipFile) -> npt.NDArray[np.float32]:
    soundfile = require("soundfile", extra="speech", purpose="reading audio")
    try:
        samples, rate_hz = soundfile.read(io.BytesIO(file.load()), dtype="float32", always_2d=True)
    except (OSError, soundfile.LibsndfileError) as error:
        raise InputError(f"{file.name} cannot be read as audio: {error}") from error
    if rate_hz != RATE_HZ:
        raise InputError(f"{file.name} has {rate_hz} Hz; a detector is trained at {RATE_HZ} Hz")
    found: npt.NDArray[np.float32] = samples.mean(axis=1)
    return found


def _speech_frames(levels: Levels) -> tuple[int, int]:
    """First and last frame of the speech in a clip that holds nothing else but noise."""
    loud = 10.0 * np.log10(np.sum(10.0 ** (levels / 10.0), axis=1))
    floor = float(np.quantile(loud, 0.1))
    limit = max(float(loud.max()) - _EDGE_DB, floor + 0.3 * (float(loud.max()) - floor))
    heard = np.flatnonzero(loud >= limit)
    return int(heard[0]), int(heard[-1])


def said_frames(file: ClipFile, levels: Levels, start_s: float, end_s: float) -> tuple[int, int]:
    """First and last frame of what a clip says.

    Args:
        file: With its word times, where they are known.
        levels: Of the stream that it stands in.
        start_s: Where it begins there.
        end_s: Where it ends there.
    """
    if file.said_s is not None:
        return frames_of(start_s + file.said_s[0]), frames_of(start_s + file.said_s[1])
    first = frames_of(start_s)
    start, end = _speech_frames(levels[first : frames_of(end_s)])
    return first + start, first + end


def part_of(files: Sequence[ClipFile], positives: Sequence[str], split: str, seed: int) -> Part:
    """The streams of one split.

    Args:
        files: Clips of all splits.
        positives: Intents that are listened for.
        split: Whose streams.
        seed: Of the pauses and of the order.

    Raises:
        InputError: A file that cannot be read, or of another rate than 16 kHz.
    """
    own = [file for file in files if file.split == split]
    wanted = [file for file in own if file.label in positives]
    heard, lengths = [], []
    for file in wanted:
        samples = _samples(file)
        (alone,) = streams([file.name], [samples], seed)
        tail = 5e-4 * rng(seed, "wake.tail", file.name).standard_normal(RATE_HZ // 2)
        levels = stream_levels(np.concatenate([alone.samples, tail.astype(np.float32)]))
        first, last = said_frames(file, levels, alone.pieces[0].start_s, alone.pieces[0].end_s)
        heard.append(Heard(levels, np.array([last], dtype=np.int64)))
        lengths.append(last - first)
    others = negatives_of([file for file in own if file.label not in positives], seed)
    return Part(heard, lengths, [file.speaker for file in wanted], others)


def negatives_of(files: Sequence[ClipFile], seed: int) -> Negatives:
    """Streams of clips that are not the wake word, drawn into another order.

    Args:
        files: The clips.
        seed: Of the pauses and of the order.

    Raises:
        InputError: A file that cannot be read, or of another rate than 16 kHz.
    """
    by_name = {file.name: file for file in files}
    found = Negatives([], [], [], 0.0)
    hours = 0.0
    for ordinary in (True, False):
        group = [file for file in files if (file.label not in CONFUSABLE_INTENTS) == ordinary]
        drawn = uniforms(seed, "stream.order", [file.name for file in group])
        mixed = [group[int(i)] for i in np.argsort(drawn, kind="stable")]
        for stream in streams([f.name for f in mixed], (_samples(f) for f in mixed), seed):
            found.heard.append(_heard(stream, by_name, ordinary))
            found.pieces.append(_pieces(stream, by_name))
            found.ordinary.append(ordinary)
            hours += stream.duration_s / 3600.0 if ordinary else 0.0
    return replace(found, hours=hours)


def _heard(stream: Stream, by_name: Mapping[str, ClipFile], ordinary: bool) -> Heard:
    """A stream without the wake word, and where phrases that sound like it end."""
    levels = stream_levels(stream.samples)
    alike = () if ordinary else stream.pieces
    files = [by_name[piece.clip_id] for piece in alike]
    ends = [
        said_frames(file, levels, piece.start_s, piece.end_s)[1]
        for file, piece in zip(files, alike, strict=True)
    ]
    return Heard(levels, np.array(ends, dtype=np.int64), tuple(file.label for file in files))


def _pieces(stream: Stream, by_name: Mapping[str, ClipFile]) -> list[tuple[int, int, str]]:
    return [
        (frames_of(piece.start_s), frames_of(piece.end_s), by_name[piece.clip_id].label)
        for piece in stream.pieces
    ]
