"""Dia with the codec DAC: MODEL + CODEC#anna.wav, with what anna says in anna.txt.

Nari Labs 2025 (on the hub: nari-labs/Dia-1.6B). It goes on from the recording: its words stand in
front of the text, both said by the first speaker. It reads bytes: there is none that its tokenizer
does not know, and neither tokenizer nor configuration says which scripts it was trained on, so that
no letters are refused here (it was made for English).
"""

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
    vocoder_config,
)
from corpusforge.speech.models.recording import Recording, read_recording, recording_files
from corpusforge.speech.models.tempo import at_tempo

if TYPE_CHECKING:
    from pathlib import Path

    import torch

_DEFAULT_HZ, _DEFAULT_BOOKS = 16000, 9  # of DacConfig
_WHO = "[S1] "


class Dia:
    """Loads them."""

    types = ("dia",)
    family = "Dia"

    def speaker_files(self, parts: Parts) -> tuple[Path, ...]:
        """See `parts.Kind.speaker_files`."""
        return recording_files(parts)

    def rate_hz(self, parts: Parts) -> int:
        """See `parts.Kind.rate_hz`."""
        decoder = config_of(parts.model).get("decoder_config") or {}
        codec = vocoder_config(parts, "dac", "descript/dac_44khz")
        books = int(codec.get("n_codebooks", _DEFAULT_BOOKS))
        taken = int(decoder.get("num_channels", _DEFAULT_BOOKS))
        if books != taken:
            raise InputError(
                f"the model has {taken} codes for a frame, its codec takes {books}",
                hint="MODEL + CODEC: take the codec that the model was trained with",
            )
        rate_hz = int(codec.get("sampling_rate", _DEFAULT_HZ))
        read_recording(parts, rate_hz)
        return rate_hz

    def load(self, hf: Any, parts: Parts) -> Speaker:
        """See `parts.Kind.load`."""
        assert parts.vocoder is not None  # rate_hz() has seen to it
        model = loaded(hf.DiaForConditionalGeneration, parts.model)
        codec = loaded(hf.DacModel, parts.vocoder)
        rate_hz = int(codec.config.sampling_rate)
        hop = prod(codec.config.downsampling_ratios)
        processor = hf.DiaProcessor(
            hf.DiaFeatureExtractor(sampling_rate=rate_hz, hop_length=hop),
            hf.DiaTokenizer.from_pretrained(parts.model, local_files_only=True),
            codec,
        )
        return _Speaker(processor, model, read_recording(parts, rate_hz), rate_hz / hop)


class _Speaker:
    def __init__(
        self, processor: Any, model: Any, recording: Recording, frames_per_s: float
    ) -> None:
        self._processor, self._model, self._recording = processor, model, recording
        config = model.config.decoder_config
        self._end = int(config.eos_token_id)
        self.rate_hz = int(processor.audio_tokenizer.config.sampling_rate)
        self._limit_frames = int(LIMIT_S * frames_per_s)
        self._settings = {
            "text_kwargs": {"padding": False, "add_special_tokens": False, "return_tensors": "pt"},
            "sampling_rate": self.rate_hz,
            "bos_token_id": int(config.bos_token_id),
            "eos_token_id": self._end,
            "pad_token_id": int(config.pad_token_id),
            "delay_pattern": list(model.config.delay_pattern),
        }
        self._delay = max(model.config.delay_pattern)

    def say(self, spoken: str, speed: float) -> torch.Tensor:
        inputs = self._processor(
            text=_WHO + f"{self._recording.words} {spoken}",
            audio=self._recording.samples.numpy(),
            **self._settings,
        )
        config = self._model.config
        if inputs.input_ids.shape[1] > config.encoder_config.max_position_embeddings:
            count = inputs.input_ids.shape[1]
            raise EngineError(Problem.TOO_LONG, f"transformers, Dia, {count} bytes")
        begin = inputs.decoder_attention_mask.shape[1] - self._delay
        room = config.decoder_config.max_position_embeddings - begin - self._delay - 1
        limit = min(self._limit_frames, room)
        if limit < 1:
            raise EngineError(Problem.TOO_LONG, f"transformers, Dia, {begin} frames of recording")
        made = self._model.generate(**inputs, max_new_tokens=limit + self._delay + 1)
        ends = (made[0, begin:, 0] == self._end).nonzero()
        # At the limit, an end is put there.
        if not len(ends) or int(ends[0]) >= limit:
            raise EngineError(Problem.TOO_LONG, "transformers, Dia did not come to an end")
        if int(ends[0]) == 0:
            raise EngineError(Problem.NO_SAMPLES, "transformers, Dia")
        return at_tempo(self._decoded(made, begin), self.rate_hz, speed)

    def _decoded(self, made: torch.Tensor, begin: int) -> torch.Tensor:
        """The sound of what follows the recording, shape [samples]."""
        try:
            waveform: torch.Tensor = self._processor.decode(
                made, audio_prompt_len=begin, **self._settings
            )
        except IndexError as error:
            detail = "transformers, Dia made codes that its codec does not know"
            raise EngineError(Problem.FAILED, detail) from error
        return waveform.reshape(-1)


PLUGIN = Dia()
