"""Orders from sound alone: a small recurrent network that never saw a pretrained recogniser.

Log-mel levels at 16 kHz, two convolutions, a bidirectional GRU at one step per 80 ms, and for
every part of an order (size, roast, shots, drink; kind and amount of milk and of sugar) an
attention over time and a classifier with "absent" as one more class. Beside them a second output
names the words (CTC, Graves et al. 2006) while it trains: it tells the network where the parts are.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np
import numpy.typing as npt

from eval.speech.barista_orders import RATE_HZ, Spoken
from eval.speech.barista_text import Order, plain

if TYPE_CHECKING:
    import torch

__all__ = ["Net", "NetTraining", "Parts", "features", "train"]

_FFT, _HOP, _BANDS = 512, 320, 40
_RANGE_DB, _TRIM_DB = 50.0, 35.0
_FRAMES = 320  # 6.4 s of trimmed speech

Features = npt.NDArray[np.float32]


@dataclass(frozen=True)
class NetTraining:
    """How long and how wide.

    Attributes:
        epochs: Passes over the clips.
        batch: Clips in a step.
        width: Channels of the GRU, each way.
        seed: Of weights, batches and masks.
    """

    epochs: int = 12
    batch: int = 32
    width: int = 96
    seed: int = 1


@dataclass(frozen=True)
class Parts:
    """An order as classes.

    Attributes:
        names: Part -> its classes; class 0 is "absent".
        values: (slot, value) -> the classes of its parts.
    """

    names: Mapping[str, tuple[str, ...]]
    values: Mapping[tuple[str, str], Mapping[str, int]]

    @classmethod
    def of(cls, lists: Mapping[str, Sequence[str]]) -> Parts:
        """The parts of a grammar's lists.

        A value that ends in another value of its list is an amount of it ("a bit of" + "milk");
        a list in which most values are such is cut into kind and amount.
        """
        names: dict[str, tuple[str, ...]] = {}
        values: dict[tuple[str, str], dict[str, int]] = {}
        for slot, own in lists.items():
            cut = {value: _cut(value, own) for value in own}
            if 2 * sum(bool(amount) for _, amount in cut.values()) < len(own):
                cut = {value: (value, "") for value in own}
            kinds = ("", *sorted({kind for kind, _ in cut.values()}))
            amounts = ("-", *sorted({amount for _, amount in cut.values()}))
            names[slot] = kinds
            if len(amounts) > 2:
                names[f"{slot} amount"] = amounts
            for value, (kind, amount) in cut.items():
                places = {slot: kinds.index(kind)}
                if len(amounts) > 2:
                    places[f"{slot} amount"] = amounts.index(amount)
                values[slot, value] = places
        return cls(names, values)

    def targets(self, order: Order) -> list[int]:
        """Class of every part."""
        found = dict.fromkeys(self.names, 0)
        for slot, value in order.items():
            found.update(self.values[slot, value])
        return list(found.values())

    def order(self, scores: Mapping[str, npt.NDArray[np.float64]]) -> dict[str, str]:
        """The likeliest order: of each slot a value of its list, or none.

        Args:
            scores: Part -> log probabilities of its classes.
        """
        found = {}
        for slot in {slot for slot, _ in self.values}:
            absent = sum(float(s[0]) for part, s in scores.items() if part.split(" ")[0] == slot)
            best, name = absent, ""
            for (other, value), places in self.values.items():
                if other == slot:
                    score = sum(float(scores[part][place]) for part, place in places.items())
                    if score > best:
                        best, name = score, value
            if name:
                found[slot] = name
        return found


def _cut(value: str, values: Sequence[str]) -> tuple[str, str]:
    """Kind and amount: the amount is what stands before "of", or "some"."""
    for mark in (" of ", "some "):
        head, found, tail = value.partition(mark)
        if found and tail in values:
            return tail, (head + mark).strip()
    return value, ""


def features(clip: Spoken) -> Features:
    """Log-mel levels without silent edges, mean 0 and deviation 1, shape [frames, bands]."""
    window = np.hanning(400)
    padded = np.pad(clip.samples, (0, _FFT))
    frames = np.lib.stride_tricks.sliding_window_view(padded, 400)[::_HOP]
    powers = np.abs(np.fft.rfft(frames * window, _FFT)) ** 2
    bands = powers @ _filters()
    levels = 10.0 * np.log10(np.maximum(bands, bands.max() * 10.0 ** (-_RANGE_DB / 10.0)))
    loud = 10.0 * np.log10(np.maximum(bands.sum(axis=1), 1e-12))
    floor = float(np.quantile(loud, 0.1))
    limit = loud.max() - min(_TRIM_DB, 0.7 * (loud.max() - floor))
    kept = np.flatnonzero(loud >= limit)
    cut = levels[kept[0] : kept[-1] + 1][:_FRAMES]
    found: Features = ((cut - cut.mean()) / max(1e-3, float(cut.std()))).astype(np.float32)
    return found


def _filters() -> npt.NDArray[np.float64]:
    """Triangles on the mel scale from 60 to 7600 Hz, shape [fft / 2 + 1, bands]."""

    def mel(hertz: npt.ArrayLike) -> npt.NDArray[np.float64]:
        return np.asarray(2595.0 * np.log10(1.0 + np.asarray(hertz) / 700.0))

    edges = np.linspace(mel(60.0), mel(7600.0), _BANDS + 2)
    places = mel(np.fft.rfftfreq(_FFT, 1.0 / RATE_HZ))[:, None]
    rising = (places - edges[:-2]) / (edges[1:-1] - edges[:-2])
    falling = (edges[2:] - places) / (edges[2:] - edges[1:-1])
    return np.maximum(0.0, np.minimum(rising, falling))


class Net:
    """A trained network; see `train`."""

    def __init__(self, module: Any, parts: Parts) -> None:
        self._module = module
        self._parts = parts

    def orders(self, inputs: Sequence[Features]) -> list[dict[str, str]]:
        """What is ordered in each clip."""
        import torch

        found = []
        self._module.eval()
        with torch.inference_mode():
            for start in range(0, len(inputs), 64):
                part, lengths = _stacked(inputs[start : start + 64])
                heads, _, _ = self._module(part, lengths)
                scores = [head.log_softmax(dim=1).double().numpy() for head in heads]
                for row in range(part.shape[0]):
                    each = zip(self._parts.names, (s[row] for s in scores), strict=True)
                    found.append(self._parts.order(dict(each)))
        return found


def _stacked(inputs: Sequence[Features]) -> tuple[torch.Tensor, torch.Tensor]:
    import torch

    lengths = [item.shape[0] for item in inputs]
    longest = 4 * -(-max(lengths) // 4)
    out = np.zeros((len(inputs), 1, longest, _BANDS), dtype=np.float32)
    for place, item in enumerate(inputs):
        out[place, 0, : item.shape[0]] = item
    return torch.from_numpy(out), torch.tensor([max(1, n // 4) for n in lengths])


def _module(parts: Parts, words: int, width: int) -> Any:
    import torch
    from torch import nn

    class OrderNet(nn.Module):
        """Input [clips, 1, frames, bands] -> scores per part, and of words per step."""

        def __init__(self) -> None:
            super().__init__()
            self.front = nn.Sequential(
                nn.Conv2d(1, 24, 5, stride=2, padding=2, bias=False),
                nn.BatchNorm2d(24),
                nn.ReLU(),
                nn.Conv2d(24, 32, 3, stride=2, padding=1, bias=False),
                nn.BatchNorm2d(32),
                nn.ReLU(),
            )
            self.narrow = nn.Sequential(
                nn.Linear(32 * (_BANDS // 4), width), nn.ReLU(), nn.Dropout(0.2)
            )
            self.over_time = nn.GRU(
                width, width, 2, batch_first=True, bidirectional=True, dropout=0.2
            )
            count = len(parts.names)
            self.where = nn.Linear(2 * width, count)
            self.heads = nn.ModuleList(
                nn.Sequential(nn.Dropout(0.2), nn.Linear(2 * width, len(classes)))
                for classes in parts.names.values()
            )
            self.words = nn.Linear(2 * width, words)

        def forward(self, x: torch.Tensor, lengths: torch.Tensor) -> Any:
            y = self.front(x).permute(0, 2, 1, 3).flatten(2)
            y, _ = self.over_time(self.narrow(y))
            beyond = torch.arange(y.shape[1])[None, :] >= lengths[:, None]
            weights = self.where(y).masked_fill(beyond[:, :, None], -1e9).softmax(dim=1)
            seen = weights.transpose(1, 2) @ y
            heads = [head(seen[:, place]) for place, head in enumerate(self.heads)]
            return heads, self.words(y).log_softmax(dim=2), lengths

    return OrderNet()


def _varied(batch: torch.Tensor, rng: np.random.Generator) -> torch.Tensor:
    """Bands moved and masked, frames masked, levels tilted, a floor of noise: in place of more."""
    import torch

    count, _, frames, bands = batch.shape
    up = rng.integers(-3, 4, size=(count, 1))
    places = torch.from_numpy(np.clip(np.arange(bands) - up, 0, bands - 1))
    batch = batch.gather(3, places[:, None, None, :].expand(count, 1, frames, bands))
    tilt = rng.normal(scale=0.3, size=(count, 1, 1, 8)).astype(np.float32)
    batch = batch + torch.from_numpy(tilt.repeat(bands // 8, axis=3))
    for size, widest, axis in ((bands, 6, 3), (frames, 16, 2), (frames, 16, 2)):
        first = rng.integers(0, size, size=(count, 1))
        width = rng.integers(0, widest + 1, size=(count, 1))
        hole = (np.arange(size) >= first) & (np.arange(size) < first + width)
        shape = (count, 1, 1, size) if axis == 3 else (count, 1, size, 1)
        batch = batch.masked_fill(torch.from_numpy(hole.reshape(shape)), 0.0)
    return batch


def train(
    clips: Sequence[Spoken], inputs: Sequence[Features], parts: Parts, training: NetTraining
) -> Net:
    """Train a network on synthetic clips.

    Args:
        clips: With `said`.
        inputs: Their features.
        parts: What is asked for.
        training: How long.
    """
    import torch
    from torch.nn.functional import cross_entropy, ctc_loss

    from corpusforge.expand.gan.runtime import deterministic

    said = [plain(clip.said.text).split() if clip.said is not None else [] for clip in clips]
    vocabulary = ["", *sorted({word for words in said for word in words})]
    number = {word: place for place, word in enumerate(vocabulary)}
    targets = torch.tensor([parts.targets(clip.order) for clip in clips])
    draws = np.random.default_rng(training.seed)
    steps = training.epochs * -(-len(clips) // training.batch)
    with deterministic(training.seed):
        module = _module(parts, len(vocabulary), training.width)
        optimiser = torch.optim.AdamW(module.parameters(), lr=3e-3, weight_decay=0.01)
        schedule = torch.optim.lr_scheduler.OneCycleLR(optimiser, 3e-3, total_steps=steps + 1)
        for epoch in range(training.epochs):
            module.train()
            order = draws.permutation(len(clips))
            for start in range(0, len(order), training.batch):
                rows = order[start : start + training.batch]
                batch, lengths = _stacked([inputs[row] for row in rows])
                heads, words, lengths = module(_varied(batch, draws), lengths)
                own = [[number[word] for word in said[row]] for row in rows]
                flat = torch.tensor([place for one in own for place in one])
                sizes = torch.tensor([len(one) for one in own])
                loss: torch.Tensor = 0.3 * ctc_loss(
                    words.transpose(0, 1), flat, lengths, sizes, zero_infinity=True
                )
                for place, head in enumerate(heads):
                    loss = loss + cross_entropy(head, targets[rows, place], label_smoothing=0.02)
                optimiser.zero_grad()
                loss.backward()  # type: ignore[no-untyped-call]
                torch.nn.utils.clip_grad_norm_(module.parameters(), 5.0)
                optimiser.step()
                schedule.step()
            print(f"epoch {epoch + 1}: {float(loss.detach()):.3f}", flush=True)
    return Net(module, parts)
