"""Pocket TTS with its codec: MODEL + CODEC#anna.wav; the words of the recording are not asked for.

Kyutai 2026 (on the hub: eustlb/pocket-tts). The prompt is made by the model's own chat
template; the voice is the recording as latents of the codec.
"""

from __future__ import annotations

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

_CODEC = "pocket_tts_audio_tokenizer"
_DEFAULT_HZ, _DEFAULT_SIZE = 24000, 32  # of PocketTTSAudioTokenizerConfig


class PocketTts:
    """Loads them."""

    types = ("pocket_tts",)
    family = "Pocket TTS"

    def speaker_files(self, parts: Parts) -> tuple[Path, ...]:
        """See `parts.Kind.speaker_files`."""
        return (sound_file(parts),)

    def rate_hz(self, parts: Parts) -> int:
        """See `parts.Kind.rate_hz`."""
        config = config_of(parts.model)
        codec = vocoder_config(parts, _CODEC, "eustlb/pocket-tts-audio-tokenizer")
        made = int(config.get("latent_dim", _DEFAULT_SIZE))
        taken = int(codec.get("latent_dim", _DEFAULT_SIZE))
        if made != taken:
            raise InputError(
                f"the model makes latents of {made} numbers, its codec takes {taken}",
                hint="MODEL + CODEC: take the codec that the model was trained with",
            )
        for part in ("encoder", "decoder"):
            if codec.get(f"{part}_config", "") is None:
                raise InputError(
                    f"the codec of {parts.model.name} was saved without its {part}",
                    hint="save it once more as PocketTTSAudioTokenizerModel, with both",
                )
        chat_template(parts.model)
        rate_hz = int(codec.get("sampling_rate", _DEFAULT_HZ))
        read_samples(parts, rate_hz)
        return rate_hz

    def load(self, hf: Any, parts: Parts) -> Speaker:
        """See `parts.Kind.load`."""
        assert parts.vocoder is not None  # rate_hz() has seen to it
        model = loaded(hf.PocketTTSForConditionalGeneration, parts.model)
        codec = loaded(hf.PocketTTSAudioTokenizerModel, parts.vocoder)
        rate_hz, size = int(codec.config.sampling_rate), int(codec.config.frame_size)
        processor = hf.PocketTTSProcessor(
            hf.PocketTTSFeatureExtractor(
                sampling_rate=rate_hz, frame_size=size, pad_to_multiple_of=size
            ),
            hf.AutoTokenizer.from_pretrained(parts.model, local_files_only=True),
            codec,
            chat_template=chat_template(parts.model),
        )
        return _Speaker(processor, model, read_samples(parts, rate_hz))


class _Speaker:
    def __init__(self, processor: Any, model: Any, samples: torch.Tensor) -> None:
        self._processor, self._model = processor, model
        self.rate_hz = int(processor.audio_tokenizer.config.sampling_rate)
        self._limit_frames = int(LIMIT_S * processor.audio_tokenizer.config.frame_rate)
        self._samples = samples
        self._voice: torch.Tensor | None = None

    def _prompt(self, spoken: str) -> str:
        said = [{"type": "audio"}, {"type": "text", "text": spoken}]
        prompt: str = self._processor.apply_chat_template([{"role": "user", "content": said}])
        return prompt

    def _latents(self) -> torch.Tensor:
        """The recording as the codec has it, shape [frames, numbers].

        Made with the first clip: on one thread, as all that is heard.
        """
        if self._voice is None:
            heard = self._processor(
                text=self._prompt("a"),
                audio=[self._samples.numpy()],
                sampling_rate=self.rate_hz,
                return_tensors="pt",
            )
            self._voice = heard["audio_prompt_latents"][0]
        return self._voice

    def say(self, spoken: str, speed: float) -> torch.Tensor:
        known_letters(self._processor.tokenizer, spoken, special=False)
        inputs = self._processor(
            text=self._prompt(spoken), audio_prompt_latents=[self._latents()], return_tensors="pt"
        )
        room = self._model.config.max_position_embeddings - inputs.input_ids.shape[1]
        limit = min(self._limit_frames, room)
        if limit < 1:
            count = inputs.input_ids.shape[1]
            raise EngineError(Problem.TOO_LONG, f"transformers, Pocket TTS, {count} tokens")
        [latents] = self._model.generate(
            **inputs, max_new_tokens=limit, return_dict_in_generate=False
        )
        if latents.shape[0] >= limit:
            raise EngineError(Problem.TOO_LONG, "transformers, Pocket TTS did not come to an end")
        waveform: torch.Tensor = self._processor.decode(latents)
        return at_tempo(waveform, self.rate_hz, speed)


PLUGIN = PocketTts()
