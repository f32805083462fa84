"""Scores of finished clips: looked up by what a clip sounds like, computed where missing.

A score is kept in the cache (kind "scores") under a hash of the PCM samples and of what computed
it, so a clip that comes again, in whatever run of the folder, is not listened to again; another
limit needs nothing new. Every score is put away as soon as its batch is done: a run that is
killed goes on behind the last finished batch.
"""

from __future__ import annotations

import hashlib
import io
import json
from collections.abc import Callable, Mapping, Sequence
from dataclasses import asdict, dataclass
from typing import Any

import numpy as np
import numpy.typing as npt
import pyarrow as pa

from corpusforge.core.digests import digest
from corpusforge.core.errors import StaleInputError, require
from corpusforge.core.run import Cache, StageContext, canonical_json
from corpusforge.speech.scores.gop import Wording
from corpusforge.speech.scores.mos import rater
from corpusforge.speech.scores.vad import vad
from corpusforge.speech.scores.whisper import frames_of, listener

__all__ = [
    "KIND",
    "Request",
    "Scorer",
    "Task",
    "clip_scores",
    "keep",
    "kept",
    "run_task",
    "score_key",
]

KIND = "scores"

_BATCH = {"vad": 64, "asr": 32, "mos": 4}

Samples = npt.NDArray[np.float32]
Record = Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class Scorer:
    """What computes a score.

    Attributes:
        name: vad, asr or mos.
        made_by: Versions and weights that shape the score, as canonical JSON.
        model: asr: folder of the model.
        lang: asr: what is spoken.
        full: asr: whether the model gets full windows of 30 s.
    """

    name: str
    made_by: str
    model: str = ""
    lang: str = ""
    full: bool = False


@dataclass(frozen=True, slots=True)
class Request:
    """A scorer and the clips that it shall score.

    Attributes:
        scorer: What computes the scores.
        rows: Numbers of the clips in the table.
        wordings: asr: of each of these rows what should be heard.
    """

    scorer: Scorer
    rows: Sequence[int]
    wordings: Sequence[Sequence[Wording]] = ()

    def wording(self, place: int) -> tuple[Wording, ...]:
        """What should be heard in the clip at a place in `rows`, () where nothing is said."""
        return tuple(self.wordings[place]) if self.wordings else ()


@dataclass(frozen=True, slots=True)
class Task:
    """A batch of clips for one scorer; the item of the parallel part.

    Attributes:
        cache: Where clips are and scores go.
        scorer: What computes them.
        clips: (path of the FLAC relative to the cache, pcm_sha256) each.
        wordings: Of each of them what should be heard, () where that does not matter.
    """

    cache: Cache
    scorer: Scorer
    clips: tuple[tuple[str, str], ...]
    wordings: tuple[tuple[Wording, ...], ...]


def score_key(scorer: Scorer, pcm_sha256: str, wordings: Sequence[Wording] = ()) -> str:
    """Cache key of a score."""
    said = canonical_json([[one.text, one.spans] for one in wordings]) if wordings else ""
    return digest(KIND, scorer.name, scorer.made_by, scorer.lang, pcm_sha256, said)


def clip_scores(ctx: StageContext, table: pa.Table, requests: Sequence[Request]) -> list[list[Any]]:
    """Records of every request, in the order of its rows.

    Args:
        ctx: For cache, executor and progress.
        table: Clips.
        requests: Who shall score which rows.

    Raises:
        StaleInputError: When a clip's file is gone or holds other samples.
    """
    clips = table.select(["audio", "pcm_sha256", "num_samples"]).to_pylist()
    found: list[list[Any]] = []
    tasks: list[Task] = []
    places: list[list[tuple[int, int]]] = []
    for number, request in enumerate(requests):
        keys = [
            score_key(request.scorer, clips[row]["pcm_sha256"], request.wording(place))
            for place, row in enumerate(request.rows)
        ]
        known = [kept(ctx.cache, key) for key in keys]
        found.append(known)
        missing = [place for place, record in enumerate(known) if record is None]
        for batch in _batches(request, clips, missing):
            picked = tuple(
                (
                    clips[request.rows[place]]["audio"]["path"] or "",
                    clips[request.rows[place]]["pcm_sha256"],
                )
                for place in batch
            )
            said = tuple(request.wording(place) for place in batch)
            tasks.append(Task(ctx.cache, request.scorer, picked, said))
            places.append([(number, place) for place in batch])
    total = sum(len(task.clips) for task in tasks)
    with ctx.progress.task("audio_gate", total=total, unit="scores") as bar:
        done = ctx.executor.map(
            run_task, tasks, on_result=lambda records: bar.advance(len(records))
        )
    for task, spots, records in zip(tasks, places, done, strict=True):
        for (path, _), (number, place), record in zip(task.clips, spots, records, strict=True):
            if record is None:
                raise StaleInputError(f"{path} is gone from the cache or damaged", stage="speech")
            found[number][place] = record
    return found


def _batches(
    request: Request, clips: Sequence[Mapping[str, Any]], missing: Sequence[int]
) -> list[list[int]]:
    """Places in the request, batch by batch: clips of about one length together.

    The scores do not depend on the batches, so neither do they on what was known before.
    """
    scorer, size = request.scorer, _BATCH[request.scorer.name]

    def length(place: int) -> int:
        return int(clips[request.rows[place]]["num_samples"])

    groups: dict[int, list[int]] = {}
    for place in sorted(missing, key=lambda place: (length(place), place)):
        group = frames_of(length(place), scorer.full) if scorer.name == "asr" else 0
        groups.setdefault(group, []).append(place)
    return [
        group[start : start + size]
        for _, group in sorted(groups.items())
        for start in range(0, len(group), size)
    ]


def keep(cache: Cache, key: str, record: Record) -> None:
    """Put a record away."""
    noted = {"record": record, "digest": digest(KIND, canonical_json(record))}
    cache.put(KIND, key, ".json", canonical_json(noted).encode())


def kept(cache: Cache, key: str) -> Record | None:
    """The record that was put away, when it is there and whole."""
    path = cache.get(KIND, key, ".json")
    if path is None:
        return None
    try:
        noted = json.loads(path.read_text("utf-8"))
        record: Record = noted["record"]
        whole = noted["digest"] == digest(KIND, canonical_json(record))
    except (OSError, ValueError, TypeError, KeyError):
        return None
    return record if whole else None


def run_task(task: Task) -> list[Record | None]:
    """Score the clips of a batch and put the scores away; None where a file is not what it was."""
    audio = [_samples(task.cache, path, pcm_sha256) for path, pcm_sha256 in task.clips]
    whole = [place for place, samples in enumerate(audio) if samples is not None]
    heard = _SCORERS[task.scorer.name](
        task.scorer,
        [samples for samples in audio if samples is not None],
        [task.wordings[place] for place in whole],
    )
    records: list[Record | None] = [None] * len(audio)
    for place, record in zip(whole, heard, strict=True):
        records[place] = record
        key = score_key(task.scorer, task.clips[place][1], task.wordings[place])
        keep(task.cache, key, record)
    return records


def _samples(cache: Cache, path: str, pcm_sha256: str) -> Samples | None:
    """Samples of a FLAC file in the cache, when they are the ones that were rendered."""
    soundfile = require("soundfile", extra="speech", purpose="reading clips")
    try:
        pcm, _ = soundfile.read(io.BytesIO((cache.root / path).read_bytes()), dtype="int16")
    except (OSError, RuntimeError):
        return None
    if hashlib.sha256(pcm.astype("<i2").tobytes()).hexdigest() != pcm_sha256:
        return None
    samples: Samples = pcm.astype(np.float32) / np.float32(32768.0)
    return samples


Wordings = Sequence[Sequence[Wording]]


def _vad(_: Scorer, clips: Sequence[Samples], __: Wordings) -> list[Record]:
    return [asdict(found) for found in vad().listen(clips)]


def _asr(scorer: Scorer, clips: Sequence[Samples], wordings: Wordings) -> list[Record]:
    if not clips:
        return []
    found = listener(scorer.model, scorer.lang, scorer.full).hear(clips, wordings)
    return [
        {
            "text": one.text,
            "gop": None if one.fit is None else one.fit.gop,
            "slot_gop": None if one.fit is None else one.fit.slot_gop,
        }
        for one in found
    ]


def _mos(_: Scorer, clips: Sequence[Samples], __: Wordings) -> list[Record]:
    return [{"mos": value} for value in rater().rate(clips)]


_SCORERS: Mapping[str, Callable[[Scorer, Sequence[Samples], Wordings], list[Record]]] = {
    "vad": _vad,
    "asr": _asr,
    "mos": _mos,
}
