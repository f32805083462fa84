"""Pocket TTS with its codec: MODEL + CODEC#anna.wav; the words of the recording are not asked for.

Kyutai 2026 (on the hub: eustlb/pocket-tts). The prompt is made by the model's own chat
template; the voice is the recording as latents of the codec.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

from corpusforge.core.errors import InputError
from corpusforge.speech.engine import EngineError, Problem
from corpusforge.speech.models.parts import (
    LIMIT_S,
    Parts,
    Speaker,
    chat_template,
    config_of,
    known_letters,
    loaded,
    vocoder_config,
)
from corpusforge.speech.models.recording import read_samples, sound_file
from corpusforge.speech.models.tempo import at_tempo

if TYPE_CHECKING:
    import torch

__all__ = ["PLUGIN", "LatentSpeaker", "PocketTts", "latent_rate_hz", "processor_of"]

_CODEC = "pocket_tts_audio_tokenizer"
_DEFAULT_HZ, _DEFAULT_SIZE = 24000, 32  # of PocketTTSAudioTokenizerConfig


class PocketTts:
    """Loads them."""

    family = "Pocket TTS"
    types = ("pocket_tts",)

    def speaker_files(self, parts: Parts) -> tuple[Path, ...]:
        """See `parts.Kind.speaker_files`."""
        return (sound_file(parts),)

    def rate_hz(self, parts: Parts) -> int:
        """See `parts.Kind.rate_hz`."""
        rate_hz = latent_rate_hz(parts, "eustlb/pocket-tts-audio-tokenizer", ("encoder", "decoder"))
        read_samples(parts, rate_hz)
        return rate_hz

    def load(self, hf: Any, parts: Parts) -> Speaker:
        """See `parts.Kind.load`."""
        model = loaded(hf.PocketTTSForConditionalGeneration, parts.model)
        processor = processor_of(hf, parts)
        rate_hz = int(processor.audio_tokenizer.config.sampling_rate)
        heard = _Heard(processor, read_samples(parts, rate_hz))
        return LatentSpeaker("Pocket TTS", processor, model, heard.latents)


def latent_rate_hz(parts: Parts, hub_name: str, needed: Sequence[str]) -> int:
    """The rate of a model that makes latents of the codec of Pocket TTS.

    Args:
        parts: Of the voice.
        hub_name: Of the usual codec, for the message.
        needed: Parts of the codec.

    Raises:
        InputError: Parts that are missing or do not fit.
    """
    config = config_of(parts.model)
    codec = vocoder_config(parts, _CODEC, hub_name)
    made = int(config.get("latent_dim", _DEFAULT_SIZE))
    taken = int(codec.get("latent_dim", _DEFAULT_SIZE))
    if made != taken:
        raise InputError(
            f"the model makes latents of {made} numbers, its codec takes {taken}",
            hint="MODEL + CODEC: take the codec that the model was trained with",
        )
    for part in needed:
        if codec.get(f"{part}_config", "") is None:
            raise InputError(
                f"the codec of {parts.model.name} was saved without its {part}",
                hint=f"save it once more as PocketTTSAudioTokenizerModel, with its {part}",
            )
    chat_template(parts.model)
    return int(codec.get("sampling_rate", _DEFAULT_HZ))


def processor_of(hf: Any, parts: Parts) -> Any:
    """What makes prompts, and sound of latents.

    Args:
        hf: The module transformers.
        parts: Of the voice.
    """
    assert parts.vocoder is not None  # latent_rate_hz() has seen to it
    codec = loaded(hf.PocketTTSAudioTokenizerModel, parts.vocoder)
    rate_hz, size = int(codec.config.sampling_rate), int(codec.config.frame_size)
    return hf.PocketTTSProcessor(
        hf.PocketTTSFeatureExtractor(
            sampling_rate=rate_hz, frame_size=size, pad_to_multiple_of=size
        ),
        hf.AutoTokenizer.from_pretrained(parts.model, local_files_only=True),
        codec,
        chat_template=chat_template(parts.model),
    )


def _prompt(processor: Any, spoken: str) -> str:
    said = [{"type": "audio"}, {"type": "text", "text": spoken}]
    prompt: str = processor.apply_chat_template([{"role": "user", "content": said}])
    return prompt


class _Heard:
    """A recording as the codec has it."""

    def __init__(self, processor: Any, samples: torch.Tensor) -> None:
        self._processor, self._samples = processor, samples
        self._latents: torch.Tensor | None = None

    def latents(self) -> torch.Tensor:
        """Shape [frames, numbers].

        Made with the first clip: on one thread, as all that is heard.
        """
        if self._latents is None:
            found = self._processor(
                text=_prompt(self._processor, "a"),
                audio=[self._samples.numpy()],
                sampling_rate=int(self._processor.audio_tokenizer.config.sampling_rate),
                return_tensors="pt",
            )
            self._latents = found["audio_prompt_latents"][0]
        return self._latents


class LatentSpeaker:
    """Speaks with a voice that is latents.

    Args:
        name: Of the kind of model, for messages.
        processor: See `processor_of`.
        model: What makes latents.
        latents: The voice, shape [frames, numbers]; asked for when a clip is made.
    """

    def __init__(
        self, name: str, processor: Any, model: Any, latents: Callable[[], torch.Tensor]
    ) -> None:
        self._name, self._processor, self._model = name, processor, model
        self._latents = latents
        codec = processor.audio_tokenizer.config
        self.rate_hz = int(codec.sampling_rate)
        self._limit_frames = int(LIMIT_S * codec.frame_rate)

    def say(self, spoken: str, speed: float) -> torch.Tensor:
        """See `parts.Speaker.say`."""
        known_letters(self._processor.tokenizer, spoken, special=False)
        inputs = self._processor(
            text=_prompt(self._processor, spoken),
            audio_prompt_latents=[self._latents()],
            return_tensors="pt",
        )
        begin = inputs.input_ids.shape[1]
        limit = min(self._limit_frames, self._model.config.max_position_embeddings - begin)
        if limit < 1:
            raise EngineError(Problem.TOO_LONG, f"transformers, {self._name}, {begin} tokens")
        [latents] = self._model.generate(
            **inputs, max_new_tokens=limit, return_dict_in_generate=False
        )
        if latents.shape[0] >= limit:
            detail = f"transformers, {self._name} did not come to an end"
            raise EngineError(Problem.TOO_LONG, detail)
        waveform: torch.Tensor = self._processor.decode(latents)
        return at_tempo(waveform, self.rate_hz, speed)


PLUGIN = PocketTts()
