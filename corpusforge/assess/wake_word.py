"""What a corpus of a wake word is worth: a small detector trained on it, tried on other voices.

The splits of the clips decide: it is trained on the voices of train, its threshold is set on
those of validation, and it is counted once on those of test. False accepts per hour are counted on
streams of ordinary speech; phrases that sound like the wake word are no day's speech, so of them
the share that is taken for it is counted; recall on the positives, each alone between pauses. Few
hours cannot show a low rate: the upper limit says what is shown. Speakers that stand in train and
in test too (engines with fewer than three) are counted.
"""

from __future__ import annotations

import io
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt

from corpusforge.assess.clips import ClipFile, clip_files
from corpusforge.assess.intervals import mean_interval
from corpusforge.assess.wake_features import RATE_HZ, Levels, frames_of, seconds_of, stream_levels
from corpusforge.assess.wake_net import Detector, firings
from corpusforge.assess.wake_train import LATE_S, DetectorTraining, Heard, train_detector
from corpusforge.core.errors import InputError, require
from corpusforge.core.progress import Progress
from corpusforge.core.schema import SPLITS
from corpusforge.core.seeding import rng, uniforms
from corpusforge.core.wake import CONFUSABLE_INTENTS, positive_intents
from corpusforge.export.streams import Stream, streams

__all__ = ["MAX_WINDOW_S", "measure_detector", "measure_negatives", "poisson_upper"]

MAX_WINDOW_S = 2.5
_MARGIN_S = 0.5  # before the phrase: with .1, slow speakers lost their first sound (eval/LOG.md)
_EDGE_DB = 35.0  # speech of a clip ends at its last frame within this of its loudest
_THRESHOLDS = np.concatenate([np.linspace(0.02, 0.98, 97), [0.985, 0.99, 0.995, 0.998, 0.999]])


@dataclass(frozen=True, eq=False)
class _Negatives:
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
class _Part:
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
    others: _Negatives


def poisson_upper(events: int, hours: float, level: float = 0.95) -> float:
    """One-sided upper limit of a rate per hour after so many events (Garwood 1936)."""
    from scipy.stats import chi2

    return float(chi2.ppf(level, 2 * (events + 1)) / 2.0 / hours) if hours > 0 else float("inf")


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


def _said_frames(file: ClipFile, levels: Levels, start_s: float, end_s: float) -> tuple[int, int]:
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


def _part(files: Sequence[ClipFile], positives: Sequence[str], split: str, seed: int) -> _Part:
    own = [file for file in files if file.split == split]
    wanted = [file for file in own if file.label in positives]
    heard, lengths = [], []
    for file in wanted:
        samples = _samples(file)
        (alone,) = streams([file.name], [samples], seed)
        tail = 5e-4 * rng(seed, "wake.tail", file.name).standard_normal(RATE_HZ // 2)
        levels = stream_levels(np.concatenate([alone.samples, tail.astype(np.float32)]))
        first, last = _said_frames(file, levels, alone.pieces[0].start_s, alone.pieces[0].end_s)
        heard.append(Heard(levels, np.array([last], dtype=np.int64)))
        lengths.append(last - first)
    others = _negatives([file for file in own if file.label not in positives], seed)
    return _Part(heard, lengths, [file.speaker for file in wanted], others)


def _negatives(files: Sequence[ClipFile], seed: int) -> _Negatives:
    by_name = {file.name: file for file in files}
    found = _Negatives([], [], [], 0.0)
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
        _said_frames(file, levels, piece.start_s, piece.end_s)[1]
        for file, piece in zip(files, alike, strict=True)
    ]
    return Heard(levels, np.array(ends, dtype=np.int64), tuple(file.label for file in files))


def _pieces(stream: Stream, by_name: Mapping[str, ClipFile]) -> list[tuple[int, int, str]]:
    return [
        (frames_of(piece.start_s), frames_of(piece.end_s), by_name[piece.clip_id].label)
        for piece in stream.pieces
    ]


def _window_frames(lengths: Sequence[int]) -> int:
    """Wide enough for 19 of 20 ways to say it, from before its start, however late it is heard."""
    wanted = int(np.quantile(lengths, 0.95)) + frames_of(LATE_S + _MARGIN_S)
    return min(max(wanted, frames_of(0.5)), frames_of(MAX_WINDOW_S))


def _best(detector: Detector, part: _Part) -> npt.NDArray[np.float64]:
    """Highest score of each positive, shape [positives]."""
    return np.array([float(detector.scores(heard.levels)[1].max()) for heard in part.positives])


_CURVE = (0.02, 0.05, 0.1, 0.2, 0.3, 0.4, 0.5, 0.6, 0.7, 0.8, 0.9, 0.95)


_Scores = tuple[npt.NDArray[np.int64], npt.NDArray[np.float64]]


def _scores(detector: Detector, others: _Negatives) -> list[_Scores]:
    """Of each stream."""
    return [detector.scores(heard.levels) for heard in others.heard]


def _false_accepts(
    scores: Sequence[_Scores], others: _Negatives, threshold: float
) -> tuple[int, Counter[str]]:
    """Accepts in ordinary speech, and clips by intent that were taken for the wake word."""
    ordinary, taken = 0, Counter[str]()
    for found, pieces, is_ordinary in zip(scores, others.pieces, others.ordinary, strict=True):
        fired = firings(*found, threshold).tolist()
        ordinary += len(fired) if is_ordinary else 0
        # A clip that is heard last when it fires; twice in a long clip counts once.
        taken.update(pieces[place][2] for place in {_said_at(pieces, frame) for frame in fired})
    return ordinary, taken


def _said_at(pieces: Sequence[tuple[int, int, str]], frame: int) -> int:
    """Place of the clip that was heard last when it fired; the first one before any."""
    return max(0, sum(first <= frame for first, _, _ in pieces) - 1)


def _by_intent(others: _Negatives) -> Counter[str]:
    return Counter(intent for pieces in others.pieces for _, _, intent in pieces)


def _threshold(
    detector: Detector, others: _Negatives, target_per_hour: float, most_taken: float
) -> tuple[float, bool]:
    """The lowest threshold that keeps both targets on these streams, and whether one does."""
    confusable = sum(n for intent, n in _by_intent(others).items() if intent in CONFUSABLE_INTENTS)
    scores = _scores(detector, others)
    for threshold in _THRESHOLDS:
        accepts, taken = _false_accepts(scores, others, float(threshold))
        wrong = sum(taken[intent] for intent in CONFUSABLE_INTENTS)
        if accepts <= target_per_hour * others.hours and wrong <= most_taken * confusable:
            return float(threshold), True
    return float(_THRESHOLDS[-1]), False


def _figures(detector: Detector, part: _Part, seed: int) -> dict[str, Any]:
    """Recall and false accepts of one split."""
    best = _best(detector, part)
    right = best >= detector.threshold
    by_speaker = {
        who: [bool(r) for r, own in zip(right, part.speakers, strict=True) if own == who]
        for who in sorted(set(part.speakers))
    }
    _, low, high = mean_interval(right[None, :], rng(seed, "wake.recall"))
    return {
        "positives": len(right),
        "speakers": len(by_speaker),
        "recall": round(float(right.mean()), 4),
        "recall_low": round(max(low, 0.0), 4),
        "recall_high": round(high, 4),
        "recall_by_speaker": {w: round(float(np.mean(r)), 4) for w, r in by_speaker.items()},
        "positives_by_speaker": {who: len(own) for who, own in by_speaker.items()},
        **_wrong(detector, part.others),
        "curve": _curve(detector, best, part.others),
    }


def _curve(
    detector: Detector, best: npt.NDArray[np.float64], others: _Negatives
) -> list[dict[str, Any]]:
    """What other thresholds would give: recall, false accepts, what sounds alike and is taken."""
    scores = _scores(detector, others)
    found = []
    for threshold in _CURVE:
        accepts, taken = _false_accepts(scores, others, threshold)
        found.append(
            {
                "threshold": threshold,
                "recall": round(float((best >= threshold).mean()), 4),
                "false_accepts": accepts,
                "taken_by_intent": {intent: taken[intent] for intent in sorted(_by_intent(others))},
            }
        )
    return found


def _wrong(detector: Detector, others: _Negatives) -> dict[str, Any]:
    """False accepts of streams without the wake word."""
    accepts, taken = _false_accepts(_scores(detector, others), others, detector.threshold)
    counts, hours = _by_intent(others), others.hours
    return {
        "hours": round(hours, 4),
        "false_accepts": accepts,
        "false_accepts_per_hour": round(accepts / hours, 3) if hours else None,
        "false_accepts_per_hour_upper": round(poisson_upper(accepts, hours), 3) if hours else None,
        "taken_by_intent": {intent: taken[intent] for intent in sorted(counts)},
        "negatives_by_intent": dict(sorted(counts.items())),
    }


def measure_negatives(
    detector: Detector, files: Sequence[ClipFile], *, seed: int = 1
) -> dict[str, Any]:
    """False accepts of a detector on more clips without its wake word.

    Args:
        detector: With its threshold.
        files: Clips; those of `CONFUSABLE_INTENTS` are counted by the share that is taken.
        seed: Of their order and of the pauses.

    Returns:
        Hours of ordinary speech, false accepts in it, clips and those taken by intent.

    Raises:
        InputError: A file that cannot be read.
    """
    return _wrong(detector, _negatives(files, seed))


def _parts(
    corpus: Path,
    files: Sequence[ClipFile],
    positives: Sequence[str],
    unheard: Sequence[str],
    seed: int,
    progress: Progress | None,
) -> dict[str, _Part]:
    """The streams of each split."""
    parts: dict[str, _Part] = {}
    for split in SPLITS:
        left_out = () if split == "test" else unheard
        heard = [file for file in files if file.label not in left_out]
        part = _part(heard, positives, split, seed)
        for what, there in (("positives", part.positives), ("negatives", part.others.heard)):
            if not there:
                raise InputError(
                    f"{corpus} has no {what} in {split}",
                    hint="a detector is tried on voices that it was not trained on: set "
                    "speech.split_by: voice (as `corpusforge init --wake-word` does)",
                )
        parts[split] = part
        if progress is not None:
            progress.note(
                f"{split}: {len(part.positives)} positives, {part.others.hours:.2f} h without"
            )
    return parts


def measure_detector(
    corpus: Path,
    *,
    seed: int = 1,
    training: DetectorTraining | None = None,
    target_per_hour: float = 0.5,
    most_taken: float = 0.1,
    unheard: Sequence[str] = (),
    progress: Progress | None = None,
) -> tuple[Detector, dict[str, Any]]:
    """Train a detector on a corpus and measure it on voices that it did not hear.

    Args:
        corpus: Run or release folder with clips in all three splits.
        seed: Of weights, windows, pauses.
        training: How long; None = the default.
        target_per_hour: False accepts per hour of ordinary speech that the threshold keeps on
            validation.
        most_taken: Share of the phrases that sound alike that it may take for the wake word there.
        unheard: Intents of negatives that only test holds, to see what they are worth in the
            others.
        progress: Where to report.

    Returns:
        The detector with its threshold, and its account: per split what `_figures` gives.

    Raises:
        InputError: No clips, no positives or negatives in a split, no torch.
    """
    training = training or DetectorTraining()
    files = clip_files(corpus)
    positives = positive_intents(file.label for file in files)
    parts = _parts(corpus, files, positives, unheard, seed, progress)
    train = parts["train"]
    frames = _window_frames(train.lengths)
    phrase = ", ".join(positives)
    draws = rng(seed, "wake.train")
    trained = train_detector(train.positives, train.others.heard, phrase, frames, training, draws)
    held_out = parts["validation"].others
    trained.threshold, met = _threshold(trained, held_out, target_per_hour, most_taken)
    shared = sorted(set(train.speakers) & set(parts["test"].speakers))
    account = {
        "phrase": phrase,
        "window_s": round(seconds_of(frames), 3),
        "threshold": round(trained.threshold, 4),
        "target_false_accepts_per_hour": target_per_hour,
        "most_taken": most_taken,
        "targets_met_on_validation": met,
        "speakers_shared": shared,
        "seed": seed,
        "synthetic": True,
        "splits": {split: _figures(trained, part, seed) for split, part in parts.items()},
    }
    return trained, account
