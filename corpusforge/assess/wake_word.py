"""What a corpus of a wake word is worth: a small detector trained on it, tried on other speakers.

The splits of the clips decide: it is trained on the voices of train, its threshold is set on those
of validation, their frequencies moved up and down, and it is counted once on those of test. All
voices say the same sentences, so a fifth of the ordinary ones is held out of training, and the
threshold must keep the false accepts in them too. There the voices of train count beside those of
validation: what matters is that the words are new, and the fifth of validation alone is minutes, in
which one accept more or less would decide (eval/LOG.md). False
accepts per hour are counted on streams of ordinary speech; phrases that sound like the wake word
are no day's speech, so of them the share that is taken for it is counted; recall on the positives,
each alone between pauses. Few hours cannot show a low rate: the upper limit says what is shown.
Speakers that stand in train and in test too (engines with fewer than three) are counted; a speaker
that is a shift of a voice that trained is no new voice (`assess.wake_recall`).
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Collection, Container, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt

from corpusforge.assess.clips import ClipFile, clip_files
from corpusforge.assess.wake_features import frames_of, seconds_of, warped
from corpusforge.assess.wake_gaps import lacking
from corpusforge.assess.wake_net import Detector, firings
from corpusforge.assess.wake_parts import (
    LEAST_TEXTS,
    Negatives,
    Part,
    held_out_texts,
    negatives_of,
    part_of,
)
from corpusforge.assess.wake_recall import recall_figures
from corpusforge.assess.wake_train import LATE_S, DetectorTraining, train_detector
from corpusforge.core.progress import Progress
from corpusforge.core.schema import SPLITS
from corpusforge.core.seeding import rng
from corpusforge.core.text import fold
from corpusforge.core.wake import CONFUSABLE_INTENTS, phrases, positive_intents

__all__ = ["MAX_WINDOW_S", "measure_detector", "measure_negatives", "poisson_upper"]

MAX_WINDOW_S = 2.5
_MARGIN_S = 0.5  # before the phrase: with .1, slow speakers lost their first sound (eval/LOG.md)
_WARPS = (0.9, 0.95, 1.0, 1.05, 1.1)  # of the frequencies of validation, for the threshold
_THRESHOLDS = np.concatenate([np.linspace(0.02, 0.98, 97), [0.985, 0.99, 0.995, 0.998, 0.999]])


def poisson_upper(events: int, hours: float, level: float = 0.95) -> float:
    """One-sided upper limit of a rate per hour after so many events (Garwood 1936)."""
    from scipy.stats import chi2

    return float(chi2.ppf(level, 2 * (events + 1)) / 2.0 / hours) if hours > 0 else float("inf")


def _window_frames(lengths: Sequence[int]) -> int:
    """Wide enough for 19 of 20 ways to say it, from before its start, however late it is heard."""
    wanted = int(np.quantile(lengths, 0.95)) + frames_of(LATE_S + _MARGIN_S)
    return min(max(wanted, frames_of(0.5)), frames_of(MAX_WINDOW_S))


def _best(detector: Detector, part: Part) -> npt.NDArray[np.float64]:
    """Highest score of each positive, shape [positives]."""
    return np.array([float(detector.scores(heard.levels)[1].max()) for heard in part.positives])


_CURVE = (0.02, 0.05, 0.1, 0.2, 0.3, 0.4, 0.5, 0.6, 0.7, 0.8, 0.9, 0.95)


_Scores = tuple[npt.NDArray[np.int64], npt.NDArray[np.float64]]


def _scores(detector: Detector, others: Negatives) -> list[_Scores]:
    """Of each stream."""
    return [detector.scores(heard.levels) for heard in others.heard]


def _false_accepts(
    scores: Sequence[_Scores], others: Negatives, threshold: float
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


def _by_intent(others: Negatives) -> Counter[str]:
    return Counter(intent for pieces in others.pieces for _, _, intent in pieces)


def _heard_by_others(others: Negatives) -> Negatives:
    """The same streams from longer and shorter vocal tracts, so that no single voice decides."""
    heard, pieces, ordinary = [], [], []
    for factor in _WARPS:
        for one in others.heard:
            levels = warped(one.levels.T[None], np.array([factor]))[0].T
            heard.append(replace(one, levels=levels))
        pieces += others.pieces
        ordinary += others.ordinary
    return Negatives(heard, pieces, ordinary, others.hours * len(_WARPS))


def _threshold(
    detector: Detector,
    others: Negatives,
    unknown: Negatives,
    target_per_hour: float,
    most_taken: float,
) -> tuple[float, dict[str, Any]]:
    """The lowest threshold that keeps all targets on these streams, and what it was set by.

    The target per hour holds for `others` (validation) and for `unknown` (sentences held out of
    training), each by itself; the share that may be taken holds for each kind that sounds alike.
    """
    many, new = _heard_by_others(others), _heard_by_others(unknown)
    counts = _by_intent(many)
    alike = [intent for intent in CONFUSABLE_INTENTS if counts[intent]]
    scores, scores_new = _scores(detector, many), _scores(detector, new)
    for value in _THRESHOLDS:
        accepts, taken = _false_accepts(scores, many, float(value))
        accepts_new, _ = _false_accepts(scores_new, new, float(value))
        met = (
            accepts <= target_per_hour * many.hours
            and accepts_new <= target_per_hour * new.hours
            and all(taken[intent] <= most_taken * counts[intent] for intent in alike)
        )
        if met:
            break
    return float(value), {
        # What was not counted in any speech is not met.
        "met": None if met and not others.hours else met,
        "hearings": len(_WARPS),
        **_accepted(others.hours, many.hours, accepts),
        "taken": {intent: round(taken[intent] / counts[intent], 4) for intent in alike},
        "held_out": _accepted(unknown.hours, new.hours, accepts_new),
    }


def _accepted(hours: float, heard_hours: float, accepts: int) -> dict[str, Any]:
    """Hours of speech, and the accepts in all its hearings."""
    upper = round(poisson_upper(accepts, heard_hours), 3) if heard_hours else None
    return {
        "hours": round(hours, 4),
        "false_accepts": accepts if hours else None,
        "false_accepts_per_hour_upper": upper,
    }


def _figures(detector: Detector, part: Part, trained: Collection[str], seed: int) -> dict[str, Any]:
    """Recall and false accepts of one split; `trained` are the speakers of train."""
    best = _best(detector, part)
    return {
        **recall_figures(best >= detector.threshold, part.speakers, trained, seed),
        **_wrong(detector, part.others),
        "curve": _curve(detector, best, part.others),
    }


def _curve(
    detector: Detector, best: npt.NDArray[np.float64], others: Negatives
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
                "false_accepts": accepts if others.hours else None,
                "taken_by_intent": {intent: taken[intent] for intent in sorted(_by_intent(others))},
            }
        )
    return found


def _wrong(detector: Detector, others: Negatives) -> dict[str, Any]:
    """False accepts of streams without the wake word."""
    accepts, taken = _false_accepts(_scores(detector, others), others, detector.threshold)
    counts, hours = _by_intent(others), others.hours
    return {
        "hours": round(hours, 4),
        "false_accepts": accepts if hours else None,
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
        Hours of ordinary speech, false accepts in it (None in no hours), clips and those taken by
        intent.

    Raises:
        InputError: A file that cannot be read.
    """
    return _wrong(detector, negatives_of(files, seed))


def _parts(
    corpus: Path,
    files: Sequence[ClipFile],
    positives: Sequence[str],
    held_out: Container[str],
    seed: int,
    progress: Progress | None,
) -> dict[str, Part]:
    """The streams of each split, those of train without the sentences that are held out."""
    known = [f for f in files if f.label in positives or fold(f.text) not in held_out]
    parts: dict[str, Part] = {}
    for split in SPLITS:
        part = part_of(known if split == "train" else files, positives, split, seed)
        for what, there in (("positives", part.positives), ("negatives", part.others.heard)):
            if not there:
                raise lacking(corpus, files, positives, what, split)
        parts[split] = part
        if progress is not None:
            progress.note(
                f"{split}: {len(part.positives)} positives, {part.others.hours:.2f} h without"
            )
    return parts


def _unknown(
    files: Sequence[ClipFile],
    positives: Sequence[str],
    held_out: Collection[str],
    seed: int,
    progress: Progress | None,
) -> tuple[Negatives, dict[str, Any]]:
    """The held out sentences from voices of train and validation, and what there is of them."""
    others = (*positives, *CONFUSABLE_INTENTS)
    said = [
        file
        for file in files
        if file.split != "test" and file.label not in others and fold(file.text) in held_out
    ]
    found = negatives_of(said, seed)
    if progress is not None:
        progress.note(
            f"held out of training: {len(held_out)} ordinary sentences, {found.hours:.2f} h"
            if held_out
            else f"no sentence is held out of training: fewer than {LEAST_TEXTS} ordinary ones, or "
            "their texts are not known; the threshold may be too low for other sentences"
        )
    return found, {
        "sentences": len(held_out),
        "clips": len(said),
        "clips_of_validation_voices": sum(file.split == "validation" for file in said),
    }


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
    """Train a detector on a corpus and measure it on speakers that it did not hear.

    Args:
        corpus: Run or release folder with clips in all three splits.
        seed: Of weights, windows, pauses.
        training: How long; None = the default.
        target_per_hour: False accepts per hour of ordinary speech that the threshold keeps on
            validation, and on the sentences held out of training.
        most_taken: Share of each kind of what sounds alike that it may take on validation.
        unheard: Intents of negatives that only test holds, to see what the others lose.
        progress: Where to report.

    Returns:
        The detector with its threshold, and its account: the words that it listens for, whether
        the targets are met on validation (None: there is no ordinary speech there), what the
        threshold was set by (the negatives of validation and, as `held_out`, the ordinary
        sentences that training did not hear, 0 of them in a small corpus; each heard several times
        with its frequencies moved; their upper limit of false accepts takes the hearings for
        independent, which they are not in full), and per split what `_figures` gives.

    Raises:
        InputError: No clips, no positives or negatives in a split, no torch.
    """
    training = training or DetectorTraining()
    files = clip_files(corpus)
    positives = positive_intents(file.label for file in files)
    files = [file for file in files if file.split == "test" or file.label not in unheard]
    held_out = held_out_texts(files, positives, seed)
    parts = _parts(corpus, files, positives, held_out, seed, progress)
    unknown, sentences = _unknown(files, positives, held_out, seed, progress)
    train = parts["train"]
    frames = _window_frames(train.lengths)
    phrase = ", ".join(phrases(((file.label, file.text) for file in files), positives))
    draws = rng(seed, "wake.train")
    trained = train_detector(train.positives, train.others.heard, phrase, frames, training, draws)
    others = parts["validation"].others
    trained.threshold, set_by = _threshold(trained, others, unknown, target_per_hour, most_taken)
    set_by["held_out"] = {**sentences, **set_by["held_out"]}
    speakers = {file.speaker for file in files if file.split == "train"}
    account = {
        "phrase": phrase,
        "window_s": round(seconds_of(frames), 3),
        "threshold": round(trained.threshold, 4),
        "target_false_accepts_per_hour": target_per_hour,
        "most_taken": most_taken,
        "targets_met_on_validation": set_by["met"],
        "threshold_from": set_by,
        "speakers_shared": sorted(set(train.speakers) & set(parts["test"].speakers)),
        "seed": seed,
        "synthetic": True,
        "splits": {split: _figures(trained, part, speakers, seed) for split, part in parts.items()},
    }
    return trained, account
