"""Training of the wake word detector: which windows it sees, and how they are varied.

Two fifths of a batch end shortly after the wake word; a tenth end near the end of what sounds like
it, the others anywhere in the negatives or, a quarter, where it was wrong before: after each round
it hears all negative streams of the training voices, and the windows that it liked best join them
(hard negative mining; Sung and Poggio 1998, section 4). Frequencies of a window are moved as by
another vocal tract, and holes in bands and time are SpecAugment's (Park et al. 2019, arXiv
1904.08779). Several networks are trained so and their scores averaged: one alone is better or worse
by ten points of recall with its seed. The shares and the width of the window were chosen on
validation voices and on voices left out of training (eval/LOG.md).
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
import numpy.typing as npt

from corpusforge.assess.wake_features import BANDS, Levels, cut, frames_of, normed, warped
from corpusforge.assess.wake_net import (
    STEP,
    Detector,
    members_of,
    wake_member,
    wake_net,
    window_scores,
)
from corpusforge.core.errors import require

if TYPE_CHECKING:
    import torch

__all__ = ["LATE_S", "DetectorTraining", "Heard", "train_detector"]

LATE_S = 0.1
"""A window ends at most this long after the wake word: a little more than from one to the next."""

_RATE, _DECAY, _SMOOTHING = 3e-3, 0.02, 0.02
_BAND_MASK, _FRAME_MASK = 6, 8
_TILT = 0.25  # standard deviation of the weight of a group of bands
_REGIONS = 8
_NARROW = 0.2  # share of windows without treble
_NARROW_BANDS = 28  # bands that stay at least: up to 3.2 kHz, a telephone
_NOTHING_DB = -90.0
_WARP = 0.12  # frequencies of a window are moved by at most this share
_POSITIVE, _ALIKE, _HARD = 0.4, 0.1, 0.25  # shares of a batch; the rest is drawn anywhere
_ALIKE_S = 0.25  # a window of what sounds alike ends within this of its end
_KINDS = {"near_miss": 7.0, "part": 2.0, "swap": 1.0}  # how often, beside each other
_HARDEST = 200  # one in so many of the windows


@dataclass(frozen=True, slots=True)
class DetectorTraining:
    """How long a detector is trained.

    Attributes:
        steps: Batches in one round.
        batch: Windows in one batch.
        rounds: Rounds; hard negatives are looked for between them.
        members: Networks whose scores are averaged.
    """

    steps: int = 800
    batch: int = 96
    rounds: int = 3
    members: int = 3


@dataclass(frozen=True, eq=False)
class Heard:
    """A stream to train on.

    Attributes:
        levels: `stream_levels` of it, shape [frames, bands].
        ends: Frames at which the wake word ends in it or, in a negative, what sounds alike.
        kinds: Intent of each of them.
    """

    levels: Levels
    ends: npt.NDArray[np.int64]
    kinds: tuple[str, ...] = ()


class _Bank:
    """Streams one after the other, each with room for a window before it and behind it."""

    def __init__(self, heard: Sequence[Heard], frames: int) -> None:
        self.frames = frames
        parts, self.firsts, place = [], [], 0
        for one in heard:
            parts.append(np.pad(one.levels, ((frames, frames), (0, 0)), mode="edge"))
            self.firsts.append(place + frames)
            place += parts[-1].shape[0]
        self.levels = np.concatenate(parts)
        self.ends = np.concatenate(
            [one.ends + first for one, first in zip(heard, self.firsts, strict=True)]
        ).astype(np.int64)
        self.places = np.concatenate(
            [
                np.arange(first, first + one.levels.shape[0])
                for one, first in zip(heard, self.firsts, strict=True)
            ]
        )

    def cut(self, last: npt.NDArray[np.int64]) -> Levels:
        """Windows with these last frames, in dB, shape [windows, bands, frames]."""
        return cut(self.levels, last - self.frames + 1, self.frames)


def train_detector(
    positives: Sequence[Heard],
    negatives: Sequence[Heard],
    phrase: str,
    frames: int,
    training: DetectorTraining,
    rng: np.random.Generator,
) -> Detector:
    """Train a detector.

    Args:
        positives: Streams with the wake word.
        negatives: Streams without it.
        phrase: What is listened for.
        frames: Width of the window.
        training: How long.
        rng: Draws weights, windows and masks.

    Raises:
        InputError: Without torch.
    """
    require("torch", extra="text", purpose="the wake word detector")
    from corpusforge.expand.gan.runtime import deterministic

    with deterministic(0):  # leaves torch's generator alone; every member gets its weights below
        net = wake_net(frames, training.members)
    wanted, others = _Bank(positives, frames), _Bank(negatives, frames)
    odds = _odds([kind for heard in negatives for kind in heard.kinds])
    # One after the other: each finds hard negatives of its own.
    for member in members_of(net):
        with deterministic(int(rng.integers(2**31))):
            member.load_state_dict(wake_member(frames).state_dict())
            _train(member, wanted, others, odds, training, rng)
    net.eval()
    return Detector(net, frames, phrase, 0.5)


def _train(
    net: torch.nn.Module,
    wanted: _Bank,
    others: _Bank,
    odds: npt.NDArray[np.float64],
    training: DetectorTraining,
    rng: np.random.Generator,
) -> None:
    """Train one network."""
    torch = require("torch", extra="text", purpose="the wake word detector")
    optimiser = torch.optim.AdamW(net.parameters(), lr=_RATE, weight_decay=_DECAY)
    total = training.steps * training.rounds
    schedule = torch.optim.lr_scheduler.OneCycleLR(optimiser, max_lr=_RATE, total_steps=total + 1)
    count = max(1, round(training.batch * _POSITIVE))
    targets = (torch.arange(training.batch) < count).long()
    hard = np.empty(0, dtype=np.int64)
    for round_ in range(training.rounds):
        net.train()
        for _ in range(training.steps):
            ends = wanted.ends[rng.integers(wanted.ends.size, size=count)]
            late = rng.integers(0, frames_of(LATE_S) + 1, size=count)
            last = _negatives(others, odds, hard, training.batch - count, rng)
            levels = np.concatenate([wanted.cut(ends + late), others.cut(last)])
            levels = _without_treble(_warped(levels, rng), rng)
            batch = _masked(normed(levels), rng)
            loss = torch.nn.functional.cross_entropy(
                net(torch.from_numpy(batch)), targets, label_smoothing=_SMOOTHING
            )
            optimiser.zero_grad()
            loss.backward()
            optimiser.step()
            schedule.step()
        net.eval()
        if round_ + 1 < training.rounds:
            places = others.places[::STEP]
            scores = window_scores(net, others.levels, places, others.frames)
            count_hard = max(32, places.size // _HARDEST)
            hard = places[np.argsort(-scores, kind="stable")[:count_hard]]


def _odds(kinds: Sequence[str]) -> npt.NDArray[np.float64]:
    """Chance of each phrase that sounds alike: near misses most often, then parts, then swaps."""
    counts = {kind: kinds.count(kind) for kind in set(kinds)}
    odds = np.array([_KINDS[kind] / counts[kind] for kind in kinds])
    return np.asarray(odds / odds.sum()) if odds.size else odds


def _negatives(
    bank: _Bank,
    odds: npt.NDArray[np.float64],
    hard: npt.NDArray[np.int64],
    count: int,
    rng: np.random.Generator,
) -> npt.NDArray[np.int64]:
    """Last frames of the negative windows of a batch, shape [count]."""
    share = 1.0 - _POSITIVE
    alike = round(count * _ALIKE / share) if odds.size else 0
    mined = round(count * _HARD / share) if hard.size else 0
    near = frames_of(_ALIKE_S)
    ends = bank.ends[rng.choice(odds.size, size=alike, p=odds)] if alike else bank.ends[:0]
    return np.concatenate(
        [
            ends + rng.integers(-near, near + 1, size=alike),
            hard[rng.integers(hard.size, size=mined)] if mined else hard[:0],
            bank.places[rng.integers(bank.places.size, size=count - alike - mined)],
        ]
    )


def _warped(levels: Levels, rng: np.random.Generator) -> Levels:
    """Each window from another vocal tract, longer or shorter (Jaitly and Hinton 2013)."""
    return warped(levels, rng.uniform(1.0 - _WARP, 1.0 + _WARP, size=(levels.shape[0],)))


def _without_treble(levels: Levels, rng: np.random.Generator) -> Levels:
    """Some of the windows through a telephone, or from a voice of 8 kHz: no upper bands."""
    count = levels.shape[0]
    first = np.where(rng.random(count) < _NARROW, rng.integers(_NARROW_BANDS, BANDS, count), BANDS)
    gone = np.arange(BANDS) >= first[:, None]
    return np.where(gone[:, :, None], np.float32(_NOTHING_DB), levels)


def _masked(batch: Levels, rng: np.random.Generator) -> Levels:
    """Each window through another microphone, with a hole in bands and one in time."""
    count, bands, frames = batch.shape
    weights = rng.normal(scale=_TILT, size=(count, _REGIONS, 1)).astype(np.float32)
    batch = batch + weights.repeat(BANDS // _REGIONS, axis=1)
    for axis, size, widest in ((1, bands, _BAND_MASK), (2, frames, _FRAME_MASK)):
        width = rng.integers(0, widest + 1, size=(count, 1))
        first = rng.integers(0, size, size=(count, 1))
        hole = (np.arange(size) >= first) & (np.arange(size) < first + width)
        batch = np.where(hole[:, :, None] if axis == 1 else hole[:, None, :], 0.0, batch)
    return batch.astype(np.float32)
