"""Quality as listeners would rate it, 1 to 5: DistillMOS (MIT), a network of 4 million weights.

Stahl and Gamper, "Distillation and pruning for scalable self-supervised representation-based
speech quality assessment", ICASSP 2025. It tells broken clips from whole ones; it does not say
which clips train better (speech with room and noise rates lower, and is what trains best).
"""

from __future__ import annotations

import contextlib
import io
from collections.abc import Sequence
from functools import cache
from typing import Any

import numpy as np
import numpy.typing as npt

from corpusforge.core.errors import require

__all__ = ["PACKAGES", "VERSION", "Rater", "rater"]

VERSION = 1
PACKAGES = ("distillmos", "torch")

Samples = npt.NDArray[np.float32]


class Rater:
    """The network, on one thread.

    Raises:
        InputError: When the extra `gate` is not installed, or torchaudio is broken.
    """

    def __init__(self) -> None:
        self._torch: Any = require("torch", extra="gate", purpose="quality scores")
        distillmos = require("distillmos", extra="gate", purpose="quality scores")
        with contextlib.redirect_stdout(io.StringIO()):  # it prints where its weights are
            self._model: Any = distillmos.ConvTransformerSQAModel()
        self._model.eval()

    def rate(self, clips: Sequence[Samples]) -> list[float]:
        """Mean opinion score of each clip, 1 to 5.

        Args:
            clips: Mono at 16 kHz.
        """
        with self._torch.inference_mode():
            return [
                round(float(self._model(self._torch.from_numpy(clip)[None])), 3) for clip in clips
            ]


@cache
def rater() -> Rater:
    """The one of this process."""
    return Rater()
