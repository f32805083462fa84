"""Higgs Audio v2 with its codec: MODEL + CODEC#anna.wav, with what anna says in anna.txt.

Boson AI 2025 (on the hub: bosonai/higgs-audio-v2-generation-3B-base). It is asked for speech in a
chat. The chat is always the one of transformers' documentation for a given voice: the instruction,
the scene, the words of the recording, the recording as the answer to them, then the text, written
as the model's own chat template writes it. The model's generation_config.json says whether frames
are drawn or the likeliest are taken; then the seed changes little or nothing. Letters are refused
where the tokenizer has a token for unknown ones; the one that was published with it, of Llama 3,
knows all.
"""

from __future__ import annotations

from math import ceil, log2, prod
from typing import TYPE_CHECKING, Any

from corpusforge.core.errors import InputError, require
from corpusforge.speech.engine import EngineError, Problem
from corpusforge.speech.models.parts import (
    LIMIT_S,
    Parts,
    Speaker,
    chat_template,
    class_of,
    config_of,
    known_letters,
    loaded,
    vocoder_config,
)
from corpusforge.speech.models.recording import Recording, read_recording, recording_files
from corpusforge.speech.models.tempo import at_tempo

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path

    import torch

_CODEC = "higgs_audio_v2_tokenizer"
_DEFAULT_BOOKS, _DEFAULT_BEGIN = 8, 1024  # of HiggsAudioV2Config
# Of HiggsAudioV2TokenizerConfig.
_DEFAULT_HZ, _DEFAULT_CODES, _DEFAULT_KBPS, _DEFAULT_RATIOS = 24000, 1024, (4,), (8, 5, 4, 2)
_TRAINED_ONLY = ("decoder_semantic.", "fc1.")
_INSTRUCTION = "Generate audio following instruction."
_SCENE = "Audio is recorded from a quiet room."


class Higgs:
    """Loads them."""

    family = "Higgs"
    types = ("higgs_audio_v2",)

    def speaker_files(self, parts: Parts) -> tuple[Path, ...]:
        """See `parts.Kind.speaker_files`."""
        return recording_files(parts)

    def rate_hz(self, parts: Parts) -> int:
        """See `parts.Kind.rate_hz`."""
        config = config_of(parts.model)
        codec = vocoder_config(parts, _CODEC, "bosonai/higgs-audio-v2-tokenizer")
        taken = int(config.get("num_codebooks", _DEFAULT_BOOKS))
        codes = int(config.get("audio_stream_bos_id", _DEFAULT_BEGIN))
        books, known = _books(codec), int(codec.get("codebook_size", _DEFAULT_CODES))
        if (books, known) != (taken, codes):
            raise InputError(
                f"the model has {taken} codes for a frame, each of {codes}, its codec {books} of "
                f"{known}",
                hint="MODEL + CODEC: take the codec that the model was trained with",
            )
        chat_template(parts.model)
        require("torchaudio", extra="torchaudio", purpose="the codec of Higgs Audio")
        rate_hz = int(codec.get("sample_rate", _DEFAULT_HZ))
        read_recording(parts, rate_hz)
        return rate_hz

    def load(self, hf: Any, parts: Parts) -> Speaker:
        """See `parts.Kind.load`."""
        assert parts.vocoder is not None  # rate_hz() has seen to it
        model = loaded(class_of(hf, "HiggsAudioV2ForConditionalGeneration"), parts.model)
        codec = loaded(
            class_of(hf, "HiggsAudioV2TokenizerModel"), parts.vocoder, unused=_TRAINED_ONLY
        )
        rate_hz = int(codec.config.sample_rate)
        processor = hf.HiggsAudioV2Processor(
            hf.DacFeatureExtractor(sampling_rate=rate_hz, hop_length=1),
            hf.AutoTokenizer.from_pretrained(parts.model, local_files_only=True),
            codec,
            chat_template=chat_template(parts.model),
            audio_stream_bos_id=model.config.audio_stream_bos_id,
            audio_stream_eos_id=model.config.audio_stream_eos_id,
        )
        return _Speaker(processor, model, read_recording(parts, rate_hz))


def _books(codec: Mapping[str, Any]) -> int:
    """How many codes the codec has for a frame, as HiggsAudioV2TokenizerConfig counts them."""
    acoustic = codec.get("acoustic_model_config") or {}
    hop = prod(acoustic.get("downsampling_ratios", _DEFAULT_RATIOS))
    frames_per_s = ceil(int(codec.get("sample_rate", _DEFAULT_HZ)) / hop)
    bits = ceil(log2(int(codec.get("codebook_size", _DEFAULT_CODES))))
    kbps = codec.get("target_bandwidths", _DEFAULT_KBPS)[-1]
    return int(1000 * kbps // (frames_per_s * bits))


class _Speaker:
    def __init__(self, processor: Any, model: Any, recording: Recording) -> None:
        self._processor, self._model, self._recording = processor, model, recording
        codec = processor.audio_tokenizer.config
        self.rate_hz = int(codec.sample_rate)
        self._limit_frames = int(LIMIT_S * codec.frame_rate)
        self._codes: Mapping[str, torch.Tensor] | None = None

    def _prompt(self, spoken: str) -> str:
        turns = [
            ("system", {"type": "text", "text": _INSTRUCTION}),
            ("scene", {"type": "text", "text": _SCENE}),
            ("user", {"type": "text", "text": self._recording.words}),
            ("assistant", {"type": "audio"}),
            ("user", {"type": "text", "text": spoken}),
        ]
        prompt: str = self._processor.apply_chat_template(
            [{"role": role, "content": [item]} for role, item in turns], add_generation_prompt=True
        )
        return prompt

    def _heard(self) -> Mapping[str, torch.Tensor]:
        """The recording as codes, delayed as the model takes them: [1, frames, books], and mask.

        Made with the first clip: on one thread, as all that is heard.
        """
        if self._codes is None:
            found = self._processor(
                text=self._prompt("a"),
                audio=[self._recording.samples.numpy()],
                sampling_rate=self.rate_hz,
                return_tensors="pt",
            )
            names = ("audio_input_ids", "audio_input_ids_mask")
            self._codes = {name: found[name] for name in names}
        return self._codes

    def say(self, spoken: str, speed: float) -> torch.Tensor:
        import torch

        processor, config = self._processor, self._model.config
        known_letters(processor.tokenizer, spoken, special=False)
        codes = self._heard()
        begin = codes["audio_input_ids"].shape[1]
        prompt = self._prompt(spoken).replace(
            processor.audio_token, processor.get_audio_tokens(begin)
        )
        # The template has put the marks that the tokenizer would put.
        ids = processor.tokenizer(prompt, return_tensors="pt", add_special_tokens=False).input_ids
        # One step more at the beginning, and the delay of the last code at the end.
        more = 1 + config.num_codebooks
        limit = min(self._limit_frames, config.max_position_embeddings - ids.shape[1] - more)
        if limit < 1:
            raise EngineError(Problem.TOO_LONG, f"transformers, Higgs, {ids.shape[1]} tokens")
        made = self._model.generate(
            input_ids=ids, attention_mask=torch.ones_like(ids), **codes, max_new_tokens=limit + more
        )[:, begin:]
        if not bool((made[0, -1] == config.audio_stream_eos_id).all()):
            raise EngineError(Problem.TOO_LONG, "transformers, Higgs did not come to an end")
        if made.shape[1] <= more:
            raise EngineError(Problem.NO_SAMPLES, "transformers, Higgs")
        begins = (made[0] == config.audio_stream_bos_id).all(dim=-1)
        if int(begins.sum()) != 1:
            raise EngineError(Problem.FAILED, "transformers, Higgs began a second time")
        waveform: torch.Tensor = processor.decode(made).reshape(-1)
        return at_tempo(waveform, self.rate_hz, speed)


PLUGIN = Higgs()
