"""A small keyword model: log-mel in, class out. It measures corpora; nobody should ship it.

Three convolutions (16, 32, 48 channels), mean and maximum over time, trained for a fixed number of
steps, each class (and each source of clips) drawn equally often. About 25,000 weights: small enough
to be trained many times, which an interval needs. AdamW, one cycle of the learning rate (Smith and
Topin 2018, arXiv 1708.07120). Every clip is varied as it is drawn: moved in time, masked in bands
and frames (SpecAugment, Park et al. 2019, arXiv 1904.08779), its bands shifted (another vocal
tract; Jaitly and Hinton 2013 warp them) and weighted (another microphone).

The shape and the variation were chosen on held-out engines (eval/LOG.md), never on real speech.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
import numpy.typing as npt

from corpusforge.assess.log_mel import BANDS, Features, padded
from corpusforge.core.errors import require

if TYPE_CHECKING:
    import torch

__all__ = ["KeywordModel", "Training", "keyword_net", "train"]

_CHANNELS = (16, 32, 48)
_DROPOUT = 0.3
_RATE = 4e-3
_DECAY = 0.02
_BAND_MASK, _FRAME_MASK = 8, 12  # widest mask, of 40 bands and of 64 frames
_SHIFT = 4  # bands, up or down: formants by about a fifth
_REGIONS = 8  # bands are weighted in so many groups
_TILT = 0.3  # standard deviation of the weight of a group, in those of the clip


@dataclass(frozen=True, slots=True)
class Training:
    """How long a model is trained.

    Attributes:
        steps: Batches.
        batch: Clips in one.
        frames: Width of the input, in frames of 12.5 ms.
    """

    steps: int = 250
    batch: int = 64
    frames: int = 64


class KeywordModel:
    """A trained model.

    Args:
        net: Torch module, in evaluation mode.
        classes: Names of its outputs.
        frames: Width of its input.
    """

    def __init__(self, net: torch.nn.Module, classes: tuple[str, ...], frames: int) -> None:
        self._net = net
        self.classes = classes
        self._frames = frames

    def predict(self, clips: Sequence[Features]) -> npt.NDArray[np.int64]:
        """Place in `classes` of what is heard in each clip, shape [clips]."""
        import torch

        from corpusforge.expand.gan.runtime import deterministic

        found = []
        with deterministic(0), torch.inference_mode():
            for start in range(0, len(clips), 256):
                part = padded(list(clips[start : start + 256]), self._frames)
                found.append(self._net(torch.from_numpy(part)[:, None]).argmax(dim=1).numpy())
        return np.concatenate(found) if found else np.empty(0, dtype=np.int64)


def train(
    clips: Sequence[Features],
    labels: Sequence[str],
    sources: Sequence[str],
    training: Training,
    rng: np.random.Generator,
) -> KeywordModel:
    """Train a model.

    Args:
        clips: Log-mel levels, shape [frames, bands] each.
        labels: Class of each.
        sources: Where each comes from; within a class, all sources are drawn equally often, so
            that a few real clips are not drowned.
        training: How long.
        rng: Draws weights, batches and masks.

    Raises:
        InputError: Without torch.
    """
    torch = require("torch", extra="text", purpose="the keyword model")
    from corpusforge.expand.gan.runtime import deterministic

    classes = tuple(sorted(set(labels)))
    targets = torch.tensor([classes.index(label) for label in labels])
    inputs = torch.from_numpy(padded(list(clips), training.frames))
    odds = _odds(labels, sources)
    with deterministic(int(rng.integers(2**31))):
        net = keyword_net(len(classes))
        optimiser = torch.optim.AdamW(net.parameters(), lr=_RATE, weight_decay=_DECAY)
        schedule = torch.optim.lr_scheduler.OneCycleLR(
            optimiser, max_lr=_RATE, total_steps=training.steps + 1
        )
        net.train()
        for _ in range(training.steps):
            drawn = torch.from_numpy(rng.choice(len(labels), size=training.batch, p=odds))
            batch = _varied(inputs[drawn], rng)
            loss = torch.nn.functional.cross_entropy(
                net(batch[:, None]), targets[drawn], label_smoothing=0.05
            )
            optimiser.zero_grad()
            loss.backward()
            optimiser.step()
            schedule.step()
        net.eval()
    return KeywordModel(net, classes, training.frames)


def _odds(labels: Sequence[str], sources: Sequence[str]) -> npt.NDArray[np.float64]:
    """Chance of each clip to be drawn: equal over classes, then over sources, then over clips."""
    counts: dict[str, dict[str, int]] = {}
    for label, source in zip(labels, sources, strict=True):
        own = counts.setdefault(label, {})
        own[source] = own.get(source, 0) + 1
    odds = np.array(
        [
            1.0 / (len(counts[label]) * counts[label][source])
            for label, source in zip(labels, sources, strict=True)
        ]
    )
    return np.asarray(odds / odds.sum())


def _varied(batch: torch.Tensor, rng: np.random.Generator) -> torch.Tensor:
    """Each clip as another speaker, microphone and moment might have it, and with holes.

    Args:
        batch: Shape [clips, bands, frames], mean 0.
        rng: Draws.
    """
    import torch

    count, bands, frames = batch.shape
    shape = (count, bands, frames)
    up = rng.integers(-_SHIFT, _SHIFT + 1, size=(count, 1))
    places = torch.from_numpy(np.clip(np.arange(bands) - up, 0, bands - 1))
    batch = batch.gather(1, places[:, :, None].expand(shape))
    weights = rng.normal(scale=_TILT, size=(count, _REGIONS, 1)).astype(np.float32)
    batch = batch + torch.from_numpy(weights.repeat(bands // _REGIONS, axis=1))
    moved = rng.integers(-frames // 4, frames // 4 + 1, size=(count, 1))
    places = torch.from_numpy((np.arange(frames) - moved) % frames)
    batch = batch.gather(2, places[:, None, :].expand(shape))
    masked = _holes(rng, count, bands, _BAND_MASK)[:, :, None]
    masked = masked | _holes(rng, count, frames, _FRAME_MASK)[:, None, :]
    return batch.masked_fill(torch.from_numpy(masked), 0.0)


def _holes(rng: np.random.Generator, count: int, size: int, widest: int) -> npt.NDArray[np.bool_]:
    """One stretch of up to `widest` places per clip, shape [clips, size]."""
    width = rng.integers(0, widest + 1, size=(count, 1))
    first = rng.integers(0, size, size=(count, 1))
    return np.asarray((np.arange(size) >= first) & (np.arange(size) < first + width))


def keyword_net(classes: int) -> torch.nn.Module:
    """The module: input [clips, 1, bands, frames] -> scores [clips, classes]."""
    import torch
    from torch import nn

    class OverTime(nn.Module):
        """Mean and maximum over time: where in the clip the word stands must not matter."""

        def forward(self, x: torch.Tensor) -> torch.Tensor:
            return torch.cat([x.mean(dim=3), x.amax(dim=3)], dim=1)

    first, second, third = _CHANNELS

    def block(inner: int, outer: int, size: int, stride: int) -> list[nn.Module]:
        convolution = nn.Conv2d(inner, outer, size, stride=stride, padding=size // 2, bias=False)
        return [convolution, nn.BatchNorm2d(outer), nn.ReLU()]

    net = nn.Sequential(
        # The first one strides: the sums at full size would take half of the time.
        *block(1, first, 5, 2),
        *block(first, second, 3, 1),
        nn.MaxPool2d(2),
        *block(second, third, 3, 1),
        nn.MaxPool2d(2),
        OverTime(),
        nn.Flatten(),
        nn.Dropout(_DROPOUT),
        nn.Linear(2 * third * (BANDS // 8), classes),
    )
    return net.to(memory_format=torch.channels_last)
