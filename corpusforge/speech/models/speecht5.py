"""SpeechT5 with its HiFi-GAN: MODEL + VOCODER#embedding.npy (an x-vector, [512] or [1, 512]).

Ao et al. 2022, "SpeechT5", arXiv 2110.07205. Its decoder keeps dropout when it speaks, so that the
seed changes how a sentence is said.
"""

from __future__ import annotations

from math import prod
from pathlib import Path
from typing import TYPE_CHECKING, Any

from corpusforge.core.errors import InputError
from corpusforge.speech.engine import EngineError, Problem
from corpusforge.speech.models.parts import (
    LIMIT_S,
    Parts,
    Speaker,
    config_of,
    known_letters,
    loaded,
    vocoder_config,
)

if TYPE_CHECKING:
    import numpy as np
    import numpy.typing as npt
    import torch

_FRAMES_PER_TOKEN = 20.0  # `maxlenratio` of the model's own generate_speech


class SpeechT5:
    """Loads them."""

    types = ("speecht5",)
    family = "SpeechT5"

    def speaker_files(self, parts: Parts) -> tuple[Path, ...]:
        """See `parts.Kind.speaker_files`."""
        return (Path(parts.speaker),)

    def rate_hz(self, parts: Parts) -> int:
        """See `parts.Kind.rate_hz`."""
        config = config_of(parts.model)
        vocoder = vocoder_config(parts, "speecht5_hifigan", "microsoft/speecht5_hifigan")
        bands, taken = int(config.get("num_mel_bins", 80)), int(vocoder.get("model_in_dim", 80))
        if bands != taken:
            raise InputError(f"the model has {bands} mel bands, its vocoder takes {taken}")
        _embedding(parts, int(config.get("speaker_embedding_dim", 512)))
        return int(vocoder.get("sampling_rate", 16000))

    def load(self, hf: Any, parts: Parts) -> Speaker:
        """See `parts.Kind.load`."""
        tokenizer = hf.SpeechT5Tokenizer.from_pretrained(parts.model, local_files_only=True)
        assert parts.vocoder is not None  # rate_hz() has seen to it
        model = loaded(hf.SpeechT5ForTextToSpeech, parts.model)
        vocoder = loaded(hf.SpeechT5HifiGan, parts.vocoder)
        return _Speaker(
            tokenizer, model, vocoder, _embedding(parts, model.config.speaker_embedding_dim)
        )


def _embedding(parts: Parts, size: int) -> npt.NDArray[np.float32]:
    """The speaker, shape [1, size]."""
    import numpy as np

    hint = "an x-vector, as numpy.save writes it; the CMU ARCTIC ones are widely used"
    if not parts.speaker:
        raise InputError(f"{parts.model.name} needs a speaker: #embedding.npy", hint=hint)
    try:
        found = np.load(parts.speaker, allow_pickle=False)
        values = np.asarray(found, np.float32).reshape(1, -1)
    except (OSError, ValueError, EOFError, TypeError) as error:
        first = str(error).split("\n")[0]
        raise InputError(f"{parts.speaker}: no speaker embedding: {first}", hint=hint) from error
    if values.shape[1] != size or not np.isfinite(values).all():
        raise InputError(
            f"{parts.speaker}: {values.size} numbers, not {size} finite ones", hint=hint
        )
    return values


class _Speaker:
    def __init__(self, tokenizer: Any, model: Any, vocoder: Any, embedding: Any) -> None:
        import torch

        self._tokenizer, self._model, self._vocoder = tokenizer, model, vocoder
        self._embedding = torch.from_numpy(embedding)
        self.rate_hz = int(vocoder.config.sampling_rate)
        hop = prod(vocoder.config.upsample_rates)
        self._limit_frames = LIMIT_S * self.rate_hz / hop

    def say(self, spoken: str, speed: float) -> torch.Tensor:
        import torch

        ids = known_letters(self._tokenizer, spoken)
        count = ids.shape[1]
        if count > self._model.config.max_text_positions:
            raise EngineError(Problem.TOO_LONG, f"transformers, SpeechT5, {count} tokens")
        step = self._model.config.reduction_factor
        longest = int(min(count * _FRAMES_PER_TOKEN, self._limit_frames)) // step
        mel = self._model.generate_speech(
            ids, self._embedding, maxlenratio=(longest + 0.5) * step / count
        )
        if mel.shape[0] >= longest * step:
            raise EngineError(Problem.TOO_LONG, "transformers, SpeechT5 did not come to an end")
        if speed != 1.0:
            # The model has no tempo of its own; between two frames the spectrum changes little.
            size = max(1, round(mel.shape[0] / speed))
            mel = torch.nn.functional.interpolate(mel.T[None], size=size, mode="linear")[0].T
        waveform: torch.Tensor = self._vocoder(mel)
        return waveform


PLUGIN = SpeechT5()
