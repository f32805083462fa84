"""A small wake word detector: a window of log-mel in, one score out; trained, saved, asked.

The body is that of `assess.keyword_cnn` (about 25,000 weights). It is trained on windows of
streams, half of them with the wake word; after each round it hears the negative streams of the
training voices, and the windows that it wrongly liked best join the negatives (hard negative
mining; Sung and Poggio 1998, section 4).
"""

from __future__ import annotations

import json
import tempfile
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
import numpy.typing as npt

from corpusforge.assess.keyword_cnn import keyword_net
from corpusforge.assess.wake_features import BANDS, Levels, frames_of, stream_levels, windows
from corpusforge.core.errors import InputError, require

if TYPE_CHECKING:
    import torch

__all__ = ["Detector", "DetectorTraining", "Heard", "firings", "train_detector"]

_RATE, _DECAY = 3e-3, 0.02
_BAND_MASK, _FRAME_MASK = 6, 8
_TILT = 0.25  # standard deviation of the weight of a group of bands
_REGIONS = 8
_STEP = 4  # frames between the windows of a stream: 80 ms
_BATCH = 512


@dataclass(frozen=True, slots=True)
class DetectorTraining:
    """How a detector is trained.

    Attributes:
        steps: Batches in one round.
        batch: Windows in one batch, half of them positive.
        rounds: Rounds; hard negatives are looked for between them.
        hard_share: Share of the negatives of a batch that are hard ones, once there are any.
    """

    steps: int = 400
    batch: int = 96
    rounds: int = 3
    hard_share: float = 0.4


@dataclass(frozen=True, eq=False)
class Heard:
    """A stream to train on.

    Attributes:
        levels: `stream_levels` of it, shape [frames, bands].
        ends: Frames at which the wake word ends, shape [positives]; empty for negatives.
    """

    levels: Levels
    ends: npt.NDArray[np.int64]


class Detector:
    """A trained detector.

    Args:
        net: Torch module in evaluation mode.
        frames: Width of its window.
        phrase: What it listens for.
        threshold: Score from which it fires.
    """

    def __init__(self, net: torch.nn.Module, frames: int, phrase: str, threshold: float) -> None:
        self._net = net
        self.frames = frames
        self.phrase = phrase
        self.threshold = threshold

    def scores(self, levels: Levels) -> tuple[npt.NDArray[np.int64], npt.NDArray[np.float64]]:
        """(last frame of each window, its score 0 to 1), windows 80 ms apart."""
        last = np.arange(min(self.frames, levels.shape[0]) - 1, levels.shape[0], _STEP)
        return last, _scored(self._net, levels, last - self.frames + 1, self.frames)

    def listen(self, samples: npt.NDArray[np.float32]) -> list[float]:
        """Times in seconds at which it fires in mono samples at 16 kHz, at least 1 s apart."""
        last, scores = self.scores(stream_levels(samples))
        return [float(t) for t in firings(last, scores, self.threshold) * 0.02]

    def save(self, folder: Path, account: dict[str, Any]) -> None:
        """Write weights.safetensors, detector.json and what was measured; never half of them."""
        safetensors = require("safetensors.torch", extra="text", purpose="saving a detector")
        folder.parent.mkdir(parents=True, exist_ok=True)
        with tempfile.TemporaryDirectory(dir=folder.parent, prefix=".detector-") as made:
            place = Path(made) / "detector"
            place.mkdir()
            weights = {name: value.contiguous() for name, value in self._net.state_dict().items()}
            safetensors.save_file(weights, place / "weights.safetensors")
            facts = {"phrase": self.phrase, "frames": self.frames, "threshold": self.threshold}
            text = json.dumps(facts, indent=1, ensure_ascii=False, sort_keys=True)
            (place / "detector.json").write_text(text + "\n", "utf-8")
            text = json.dumps(account, indent=1, ensure_ascii=False, sort_keys=True)
            (place / "measured.json").write_text(text + "\n", "utf-8")
            place.rename(folder)

    @classmethod
    def load(cls, folder: Path) -> Detector:
        """A detector from its folder.

        Raises:
            InputError: When the folder does not hold one, or a file of it is broken.
        """
        safetensors = require("safetensors.torch", extra="text", purpose="reading a detector")
        try:
            facts = json.loads((folder / "detector.json").read_text("utf-8"))
            weights = safetensors.load_file(folder / "weights.safetensors")
            net = keyword_net(2)
            net.load_state_dict(weights)
            found = cls(net, int(facts["frames"]), facts["phrase"], float(facts["threshold"]))
        except Exception as error:  # safetensors has an error class of its own
            raise InputError(f"{folder} holds no detector: {error}") from error
        net.eval()
        return found


def firings(
    last: npt.NDArray[np.int64], scores: npt.NDArray[np.float64], threshold: float
) -> npt.NDArray[np.int64]:
    """Frames at which a detector fires: the first window above the threshold, then not for 1 s."""
    fired, free = [], -1
    for frame in last[scores >= threshold]:
        if frame >= free:
            fired.append(int(frame))
            free = int(frame) + frames_of(1.0)
    return np.array(fired, dtype=np.int64)


def _scored(
    net: torch.nn.Module, levels: Levels, starts: npt.NDArray[np.int64], frames: int
) -> npt.NDArray[np.float64]:
    import torch

    from corpusforge.expand.gan.runtime import deterministic

    parts = [np.empty(0)]
    with deterministic(0), torch.inference_mode():
        for first in range(0, starts.size, _BATCH):
            part = windows(levels, starts[first : first + _BATCH], frames)
            logits = net(torch.from_numpy(part)[:, None])
            parts.append(logits.softmax(dim=1)[:, 1].double().numpy())
    return np.concatenate(parts)


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
    torch = require("torch", extra="text", purpose="the wake word detector")
    from corpusforge.expand.gan.runtime import deterministic

    ends = [(i, int(end)) for i, heard in enumerate(positives) for end in heard.ends]
    lengths = np.array([heard.levels.shape[0] for heard in negatives], dtype=np.float64)
    hard: list[tuple[int, int]] = []
    with deterministic(int(rng.integers(2**31))):
        net = keyword_net(2)
        optimiser = torch.optim.AdamW(net.parameters(), lr=_RATE, weight_decay=_DECAY)
        total = training.steps * training.rounds
        schedule = torch.optim.lr_scheduler.OneCycleLR(
            optimiser, max_lr=_RATE, total_steps=total + 1
        )
        targets = torch.arange(2).repeat_interleave(training.batch // 2)
        for round_ in range(training.rounds):
            net.train()
            for _ in range(training.steps):
                some = _negative_windows(negatives, lengths, hard, frames, training, rng)
                wanted = _positive_windows(positives, ends, frames, training.batch // 2, rng)
                batch = np.concatenate([some, wanted])
                loss = torch.nn.functional.cross_entropy(
                    net(torch.from_numpy(_masked(batch, rng))[:, None]),
                    targets,
                    label_smoothing=0.02,
                )
                optimiser.zero_grad()
                loss.backward()
                optimiser.step()
                schedule.step()
            net.eval()
            if round_ + 1 < training.rounds:
                hard = _hardest(net, negatives, frames)
    return Detector(net, frames, phrase, 0.5)


def _positive_windows(
    positives: Sequence[Heard],
    ends: Sequence[tuple[int, int]],
    frames: int,
    count: int,
    rng: np.random.Generator,
) -> Levels:
    """Windows that end within 0.2 s after the wake word."""
    late = rng.integers(0, frames_of(0.2) + 1, size=count)
    found = []
    for place, more in zip(rng.integers(len(ends), size=count), late, strict=True):
        stream, end = ends[int(place)]
        start = np.array([end + int(more) - frames], dtype=np.int64)
        found.append(windows(positives[stream].levels, start, frames))
    return np.concatenate(found)


def _negative_windows(
    negatives: Sequence[Heard],
    lengths: npt.NDArray[np.float64],
    hard: Sequence[tuple[int, int]],
    frames: int,
    training: DetectorTraining,
    rng: np.random.Generator,
) -> Levels:
    count = training.batch // 2
    mined = round(count * training.hard_share) if hard else 0
    streams = rng.choice(len(negatives), size=count - mined, p=lengths / lengths.sum())
    places = [(int(s), int(rng.integers(int(lengths[s])))) for s in streams]
    places += [hard[int(i)] for i in rng.integers(len(hard), size=mined)] if mined else []
    return np.concatenate(
        [
            windows(negatives[stream].levels, np.array([last - frames + 1]), frames)
            for stream, last in places
        ]
    )


def _hardest(
    net: torch.nn.Module, negatives: Sequence[Heard], frames: int
) -> list[tuple[int, int]]:
    """The hundredth of all negative windows (80 ms apart) with the highest scores."""
    found = []
    for stream, heard in enumerate(negatives):
        last = np.arange(0, heard.levels.shape[0], _STEP)
        scores = _scored(net, heard.levels, last - frames + 1, frames)
        found += [(float(s), stream, int(f)) for s, f in zip(scores, last, strict=True)]
    found.sort(reverse=True)
    return [(stream, frame) for _, stream, frame in found[: max(32, len(found) // 100)]]


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
