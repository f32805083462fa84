"""VITS: MMS in over 1,100 languages, VCTK. # is the number of a speaker."""

from __future__ import annotations

from math import prod
from typing import TYPE_CHECKING, Any

from corpusforge.core.errors import InputError
from corpusforge.speech.engine import EngineError, Problem
from corpusforge.speech.models.parts import (
    LIMIT_S,
    Parts,
    Speaker,
    config_of,
    loaded,
    no_vocoder,
    speaker_number,
)

if TYPE_CHECKING:
    from pathlib import Path

    import torch

_DEFAULT_HZ = 16000  # of VitsConfig
_TRAINED_ONLY = ("posterior_encoder.", "duration_predictor.post_")


class Vits:
    """Loads them."""

    types = ("vits",)
    family = "VITS"

    def speaker_files(self, parts: Parts) -> tuple[Path, ...]:
        """See `parts.Kind.speaker_files`."""
        return ()

    def rate_hz(self, parts: Parts) -> int:
        """See `parts.Kind.rate_hz`."""
        config = config_of(parts.model)
        no_vocoder(parts)
        speaker_number(parts, int(config.get("num_speakers", 1)))
        return int(config.get("sampling_rate", _DEFAULT_HZ))

    def load(self, hf: Any, parts: Parts) -> Speaker:
        """See `parts.Kind.load`."""
        tokenizer = hf.AutoTokenizer.from_pretrained(parts.model, local_files_only=True)
        if getattr(tokenizer, "is_uroman", False):
            raise InputError(
                f"the voice {parts.model.name} reads Latin transcriptions (uroman), not its "
                "language as it is written",
                hint="take a voice that reads the language as it is written",
            )
        model = loaded(hf.VitsModel, parts.model, unused=_TRAINED_ONLY)
        return _Speaker(tokenizer, model, parts.speaker)


class _Speaker:
    def __init__(self, tokenizer: Any, model: Any, speaker: str) -> None:
        self._tokenizer, self._model = tokenizer, model
        self._speaker = {"speaker_id": int(speaker)} if speaker else {}
        self.rate_hz = int(model.config.sampling_rate)
        self._limit_frames = LIMIT_S * self.rate_hz / prod(model.config.upsample_rates)

    def _hold_limit(self, _module: Any, _inputs: Any, log_durations: Any) -> None:
        """End a clip before it is decoded when its durations sum up to more than the limit."""
        frames = float((log_durations.exp() / self._model.speaking_rate).ceil().sum())
        if not frames <= self._limit_frames:
            raise EngineError(Problem.TOO_LONG, f"transformers, more than {LIMIT_S:g} s")

    def say(self, spoken: str, speed: float) -> torch.Tensor:
        if not getattr(self._tokenizer, "phonemize", False):
            self._check_letters(spoken)
        inputs = self._tokenizer(spoken, return_tensors="pt")
        # Other voices have the same model: the rate is set anew for every clip, nothing else stays.
        self._model.speaking_rate = self._model.config.speaking_rate * speed
        held = self._model.duration_predictor.register_forward_hook(self._hold_limit)
        try:
            waveform: torch.Tensor = self._model(**inputs, **self._speaker).waveform
        finally:
            held.remove()
        return waveform[0]

    def _check_letters(self, spoken: str) -> None:
        """Raise on letters and digits that the tokenizer would leave out without a word."""
        known = set(self._tokenizer.get_vocab())
        lower = getattr(self._tokenizer, "do_lower_case", True)
        lower = lower or getattr(self._tokenizer, "normalize", True)
        text = spoken.lower() if lower else spoken
        if any(c.isalnum() and c not in known for c in text):
            raise EngineError(Problem.FOREIGN_SCRIPT, "transformers, a VITS model")


PLUGIN = Vits()
