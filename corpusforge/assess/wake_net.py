"""A small wake word detector: log-mel of a window in, one score out; saved, loaded, asked.

Four convolutions over time with the bands as channels, as in TC-ResNet (Choi et al. 2019, arXiv
1904.03814), and a layer that knows where in the window something stands: the window ends with the
wake word, so its first sounds are always at about the same place. About 23,000 weights; a detector
is the mean of three such networks, 70,000 in all. A score is the mean over three windows, 0.16 s:
one window that goes wrong does not fire. `assess.wake_train` trains it.
"""

from __future__ import annotations

import json
import tempfile
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
import numpy.typing as npt

from corpusforge.assess.wake_features import BANDS, Levels, frames_of, stream_levels, windows
from corpusforge.core.errors import InputError, require

if TYPE_CHECKING:
    import torch

__all__ = [
    "STEP",
    "Detector",
    "firings",
    "members_of",
    "try_to_write",
    "wake_member",
    "wake_net",
    "window_scores",
]

STEP = 4
"""Frames between the windows of a stream: 80 ms."""

_CHANNELS, _KERNEL = 32, 5
_DROPOUT = 0.3
_BATCH = 512
_ROOM_BYTES = 2**20  # more than a detector and its account take
_SMOOTHED = 3  # windows that a score is the mean of


class Detector:
    """A trained detector.

    Args:
        net: Torch module in evaluation mode.
        frames: Width of its window.
        phrase: What it listens for, in its words; several with commas between them.
        threshold: Score from which it fires.
    """

    def __init__(self, net: torch.nn.Module, frames: int, phrase: str, threshold: float) -> None:
        self._net = net
        self.frames = frames
        self.phrase = phrase
        self.threshold = threshold

    def scores(self, levels: Levels) -> tuple[npt.NDArray[np.int64], npt.NDArray[np.float64]]:
        """(last frame of each window, score 0 to 1 there), windows 80 ms apart.

        Before the stream there is more of its first frame: a word right at its start is heard.
        """
        last = np.arange(0, levels.shape[0], STEP)
        scores = window_scores(self._net, levels, last, self.frames)
        before = np.concatenate([np.zeros(_SMOOTHED - 1), scores])
        return last, np.convolve(before, np.full(_SMOOTHED, 1.0 / _SMOOTHED), "valid")

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
            facts = {
                "phrase": self.phrase,
                "frames": self.frames,
                "threshold": self.threshold,
                "members": len(members_of(self._net)),
            }
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
            frames = int(facts["frames"])
            net = wake_net(frames, int(facts["members"]))
            net.load_state_dict(weights)
            found = cls(net, frames, facts["phrase"], float(facts["threshold"]))
        except Exception as error:  # safetensors has an error class of its own
            raise InputError(f"{folder} holds no detector: {error}") from error
        net.eval()
        return found


def try_to_write(folder: Path) -> None:
    """Find out whether a detector can be saved there; nothing stays but the folders above it.

    Raises:
        InputError: The place cannot be written, or is full.
    """
    try:
        folder.parent.mkdir(parents=True, exist_ok=True)
        with tempfile.TemporaryDirectory(dir=folder.parent, prefix=".detector-") as made:
            (Path(made) / "room").write_bytes(bytes(_ROOM_BYTES))
    except OSError as error:
        raise InputError(
            f"{folder} cannot be written: {error.strerror or error}", hint="name another folder"
        ) from error


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


def window_scores(
    net: torch.nn.Module, levels: Levels, last: npt.NDArray[np.int64], frames: int
) -> npt.NDArray[np.float64]:
    """Score of each single window, shape [windows].

    Args:
        net: In evaluation mode.
        levels: Of a stream, shape [stream frames, bands].
        last: Last frame of each window.
        frames: Width of a window.
    """
    import torch

    from corpusforge.expand.gan.runtime import deterministic

    parts = [np.empty(0)]
    with deterministic(0), torch.inference_mode():
        for first in range(0, last.size, _BATCH):
            part = windows(levels, last[first : first + _BATCH] - frames + 1, frames)
            parts.append(net(torch.from_numpy(part)).softmax(dim=1)[:, 1].double().numpy())
    return np.concatenate(parts)


def members_of(net: torch.nn.Module) -> list[torch.nn.Module]:
    """The networks that a module from `wake_net` is the mean of."""
    from torch import nn

    members = net.members
    assert isinstance(members, nn.ModuleList)
    return list(members)


def wake_net(frames: int, members: int) -> torch.nn.Module:
    """The mean of networks: input [windows, bands, frames] -> logarithms of scores [windows, 2]."""
    import torch
    from torch import nn

    class Mean(nn.Module):
        """The mean of what its members think likely."""

        def __init__(self) -> None:
            super().__init__()
            self.members = nn.ModuleList([wake_member(frames) for _ in range(members)])

        def forward(self, x: torch.Tensor) -> torch.Tensor:
            shares = torch.stack([member(x).softmax(dim=1) for member in self.members])
            return shares.mean(dim=0).log()

    return Mean()


def wake_member(frames: int) -> torch.nn.Module:
    """One network: input [windows, bands, frames] -> scores [windows, 2]."""
    from torch import nn

    class Beside(nn.Module):
        """A block whose input is added to what it gives (He et al. 2016)."""

        def __init__(self, inner: nn.Module) -> None:
            super().__init__()
            self.inner = inner

        def forward(self, x: torch.Tensor) -> torch.Tensor:
            found: torch.Tensor = x + self.inner(x)
            return found

    def block(inner: int, stride: int) -> nn.Sequential:
        convolution = nn.Conv1d(
            inner, _CHANNELS, _KERNEL, stride=stride, padding=_KERNEL // 2, bias=False
        )
        return nn.Sequential(convolution, nn.BatchNorm1d(_CHANNELS), nn.ReLU())

    places = (frames + 3) // 4  # two blocks stride by 2
    return nn.Sequential(
        block(BANDS, 2),
        Beside(block(_CHANNELS, 1)),
        block(_CHANNELS, 2),
        Beside(block(_CHANNELS, 1)),
        nn.Flatten(),
        nn.Dropout(_DROPOUT),
        nn.Linear(_CHANNELS * places, 2),
    )
