"""Sesame's conversational speech model: MODEL#anna.wav, with what anna says in anna.txt.

Sesame 2025 (on the hub: sesame/csm-1b). The prompt is a conversation: the recording with
its words, then the text, said by the same person. Its codec (Mimi) is a part of the model.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from corpusforge.speech.engine import EngineError, Problem
from corpusforge.speech.models.parts import (
    LIMIT_S,
    Parts,
    Speaker,
    config_of,
    known_letters,
    loaded,
    no_vocoder,
)
from corpusforge.speech.models.recording import Recording, read_recording, recording_files
from corpusforge.speech.models.tempo import at_tempo

if TYPE_CHECKING:
    from pathlib import Path

    import torch

_DEFAULT_HZ = 24000  # of MimiConfig
_WHO = "[0]"  # the number of a person in the conversation


class Csm:
    """Loads them."""

    types = ("csm",)
    family = "Csm"

    def speaker_files(self, parts: Parts) -> tuple[Path, ...]:
        """See `parts.Kind.speaker_files`."""
        return recording_files(parts)

    def rate_hz(self, parts: Parts) -> int:
        """See `parts.Kind.rate_hz`."""
        config = config_of(parts.model)
        no_vocoder(parts)
        rate_hz = int((config.get("codec_config") or {}).get("sampling_rate", _DEFAULT_HZ))
        read_recording(parts, rate_hz)
        return rate_hz

    def load(self, hf: Any, parts: Parts) -> Speaker:
        """See `parts.Kind.load`."""
        tokenizer = hf.AutoTokenizer.from_pretrained(parts.model, local_files_only=True)
        model = loaded(hf.CsmForConditionalGeneration, parts.model)
        rate_hz = int(model.config.codec_config.sampling_rate)
        return _Speaker(tokenizer, model, read_recording(parts, rate_hz))


class _Speaker:
    def __init__(self, tokenizer: Any, model: Any, recording: Recording) -> None:
        self._tokenizer, self._model = tokenizer, model
        self._samples = recording.samples[None, None]
        self._before = self._conversation(recording)
        codec = model.config.codec_config
        self.rate_hz = int(codec.sampling_rate)
        self._limit_frames = int(LIMIT_S * codec.frame_rate)

    def _conversation(self, recording: Recording) -> torch.Tensor:
        """The recording and its words as tokens, shape [1, tokens]."""
        import torch

        heard = torch.ones(1, recording.samples.shape[0], dtype=torch.bool)
        frames = int(self._model.codec_model.get_audio_codes_mask(heard).sum())
        config = self._model.config
        sound = torch.tensor([[config.audio_token_id] * frames + [config.audio_eos_token_id]])
        words: torch.Tensor = self._tokenizer(_WHO + recording.words, return_tensors="pt").input_ids
        return torch.cat([words, sound], dim=1)

    def say(self, spoken: str, speed: float) -> torch.Tensor:
        import torch

        ids = torch.cat([self._before, known_letters(self._tokenizer, _WHO + spoken)], dim=1)
        config = self._model.config
        limit = min(self._limit_frames, config.max_position_embeddings - ids.shape[1])
        if limit < 1:
            raise EngineError(Problem.TOO_LONG, f"transformers, Csm, {ids.shape[1]} tokens")
        codes = self._model.generate(
            input_ids=ids,
            attention_mask=torch.ones_like(ids),
            input_values=self._samples,
            input_values_cutoffs=torch.tensor([[self._samples.shape[-1]]]),
            max_new_tokens=limit,
        )
        # The last frame marks the end; of its last code nothing is asked.
        if not bool((codes[0, -1, :-1] == config.codebook_eos_token_id).all()):
            raise EngineError(Problem.TOO_LONG, "transformers, Csm did not come to an end")
        if codes.shape[1] == 1:
            raise EngineError(Problem.NO_SAMPLES, "transformers, Csm")
        try:
            decoded = self._model.codec_model.decode(codes[:, :-1].transpose(1, 2))
        except IndexError as error:
            detail = "transformers, Csm made codes that its codec does not know"
            raise EngineError(Problem.FAILED, detail) from error
        waveform: torch.Tensor = decoded.audio_values.reshape(-1)
        return at_tempo(waveform, self.rate_hz, speed)


PLUGIN = Csm()
