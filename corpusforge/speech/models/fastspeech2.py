"""FastSpeech2 with a conformer: with its HiFi-GAN in one model, or MODEL + VOCODER. # is a number.

Guo et al. 2021, "Recent developments on ESPnet toolkit boosted by conformer", arXiv 2010.13956. Its
tokenizer reads English through the package g2p_en, which is not installed with corpusforge.
"""

from __future__ import annotations

from importlib import util
from math import prod
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
    no_vocoder,
    speaker_number,
    vocoder_config,
)

if TYPE_CHECKING:
    from pathlib import Path

    import torch

_WHOLE = "fastspeech2_conformer_with_hifigan"
_RATE_HZ = 22050  # of ESPnet's models; their configuration does not state it


class FastSpeech2:
    """Loads them."""

    types = ("fastspeech2_conformer", _WHOLE)
    family = "FastSpeech2"

    def speaker_files(self, parts: Parts) -> tuple[Path, ...]:
        """See `parts.Kind.speaker_files`."""
        return ()

    def rate_hz(self, parts: Parts) -> int:
        """See `parts.Kind.rate_hz`."""
        config = config_of(parts.model)
        if config["model_type"] == _WHOLE:
            no_vocoder(parts)
            own, vocoder = config.get("model_config") or {}, config.get("vocoder_config") or {}
        else:
            hub_name = "espnet/fastspeech2_conformer_hifigan"
            own, vocoder = config, vocoder_config(parts, "fastspeech2_conformer_hifigan", hub_name)
        speaker_number(parts, int(own.get("num_speakers") or 1))
        if util.find_spec("g2p_en") is None:
            raise InputError(
                f"{parts.model.name} reads its texts through g2p_en, which is not installed",
                hint="pip install g2p_en (it fetches data on first use)",
            )
        return int(vocoder.get("sampling_rate", _RATE_HZ))

    def load(self, hf: Any, parts: Parts) -> Speaker:
        """See `parts.Kind.load`."""
        tokenizer = hf.FastSpeech2ConformerTokenizer.from_pretrained(
            parts.model, local_files_only=True
        )
        if parts.vocoder is None:
            whole = loaded(hf.FastSpeech2ConformerWithHifiGan, parts.model)
            return _Speaker(tokenizer, whole.model, whole.vocoder, parts.speaker)
        model = loaded(hf.FastSpeech2ConformerModel, parts.model)
        vocoder = loaded(hf.FastSpeech2ConformerHifiGan, parts.vocoder)
        return _Speaker(tokenizer, model, vocoder, parts.speaker)


class _Speaker:
    def __init__(self, tokenizer: Any, model: Any, vocoder: Any, speaker: str) -> None:
        self._tokenizer, self._model, self._vocoder = tokenizer, model, vocoder
        self._speaker = int(speaker) if speaker else None
        self.rate_hz = int(getattr(vocoder.config, "sampling_rate", _RATE_HZ))
        hop = prod(vocoder.config.upsample_rates)
        self._limit_frames = LIMIT_S * self.rate_hz / hop

    def _hold_limit(self, _module: Any, _inputs: Any, durations: Any) -> None:
        """End a clip before it is decoded when its durations sum up to more than the limit."""
        if not float(durations.sum()) * self._model.config.speaking_speed <= self._limit_frames:
            raise EngineError(Problem.TOO_LONG, f"transformers, more than {LIMIT_S:g} s")

    def say(self, spoken: str, speed: float) -> torch.Tensor:
        import torch

        ids = known_letters(self._tokenizer, spoken)
        who = None if self._speaker is None else torch.tensor([[self._speaker]])
        # Other voices have the same model: nothing of this clip stays at it.
        config = self._model.config
        own_pace = config.speaking_speed
        held = self._model.duration_predictor.register_forward_hook(self._hold_limit)
        try:
            # This factor is on durations, whatever its name says.
            config.speaking_speed = own_pace / speed
            mel = self._model(ids, speaker_ids=who).spectrogram
        finally:
            config.speaking_speed = own_pace
            held.remove()
        if mel.shape[1] == 0:
            raise EngineError(Problem.NO_SAMPLES, "transformers, FastSpeech2")
        waveform: torch.Tensor = self._vocoder(mel)
        return waveform.reshape(-1)


PLUGIN = FastSpeech2()
