"""VibeVoice: MODEL#anna.wav; the words of the recording are not asked for.

Microsoft 2025, "VibeVoice Technical Report", arXiv 2508.19205 (on the hub, for transformers:
vibevoice/VibeVoice-1.5B-hf). It reads a script of up to four speakers. Here the script is one line
of its speaker 0, whose voice is the recording, written as the model's own chat template writes it.
Its sound comes from noise, by a schedule of the package diffusers that the model's
generation_config.json names. Letters are refused where the tokenizer has a token for unknown ones;
that of Qwen 2.5, which was published with it, knows all.
"""

from __future__ import annotations

import json
from math import prod
from pathlib import Path
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
    no_vocoder,
)
from corpusforge.speech.models.recording import read_samples, sound_file
from corpusforge.speech.models.tempo import at_tempo

if TYPE_CHECKING:
    import torch

_WHO = "0"
_DEFAULT_HZ = 24000  # of VibeVoiceAcousticTokenizerFeatureExtractor
# Of VibeVoiceGenerationMixin, for models whose generation_config.json names none.
_SCHEDULE = "DPMSolverMultistepScheduler"
_SETTINGS = {"beta_schedule": "squaredcos_cap_v2", "prediction_type": "v_prediction"}
_PROCESSOR, _OLD_PROCESSOR = "processor_config.json", "preprocessor_config.json"


class VibeVoice:
    """Loads them."""

    family = "VibeVoice"
    types = ("vibevoice",)

    def speaker_files(self, parts: Parts) -> tuple[Path, ...]:
        """See `parts.Kind.speaker_files`."""
        return (sound_file(parts),)

    def rate_hz(self, parts: Parts) -> int:
        """See `parts.Kind.rate_hz`."""
        config_of(parts.model)
        no_vocoder(parts)
        chat_template(parts.model)
        _diffusers()
        rate_hz = _rate_hz(parts.model)
        read_samples(parts, rate_hz)
        return rate_hz

    def load(self, hf: Any, parts: Parts) -> Speaker:
        """See `parts.Kind.load`."""
        model = loaded(class_of(hf, "VibeVoiceForConditionalGeneration"), parts.model)
        processor = hf.VibeVoiceProcessor.from_pretrained(parts.model, local_files_only=True)
        schedule = _Schedule(model.generation_config, parts.model)
        return _Speaker(processor, model, schedule, read_samples(parts, _rate_hz(parts.model)))


def _diffusers() -> Any:
    return require("diffusers", extra="vibevoice", purpose="the noise of VibeVoice")


def _rate_hz(model: Path) -> int:
    """The rate that the model hears and speaks at, from the settings of its processor."""
    for name in (_PROCESSOR, _OLD_PROCESSOR):
        path = model / name
        if path.is_file():
            try:
                found = json.loads(path.read_text("utf-8"))
                return int(found.get("feature_extractor", found).get("sampling_rate", _DEFAULT_HZ))
            except (OSError, ValueError, TypeError, AttributeError) as error:
                raise InputError(f"{path} holds no settings of a processor") from error
    raise InputError(
        f"{model.name} has no {_PROCESSOR}",
        hint="take the file that came with the model; it says how sound is read",
    )


class _Schedule:
    """How much of what comes out is noise, step by step.

    Args:
        settings: How the model generates.
        model: Its folder.

    Raises:
        InputError: A schedule that diffusers does not have.
    """

    def __init__(self, settings: Any, model: Path) -> None:
        diffusers = _diffusers()
        name = str(getattr(settings, "noise_scheduler_class", None) or _SCHEDULE)
        kind = getattr(diffusers, name, None) if name.endswith("Scheduler") else None
        self._settings = getattr(settings, "noise_scheduler_config", None) or _SETTINGS
        if not (isinstance(kind, type) and issubclass(kind, diffusers.SchedulerMixin)):
            raise InputError(
                f"{model.name}: diffusers has no noise schedule {name}", hint=f"{_SCHEDULE}, say"
            )
        self._kind: Any = kind
        try:
            self.fresh()
        except Exception as error:
            # Many kinds: settings that it does not know, of a wrong type, or that it refuses.
            first = str(error).split("\n")[0]
            raise InputError(f"{model.name}: {name} refuses its settings: {first}") from error

    def fresh(self) -> Any:
        """One that no clip has used."""
        return self._kind(**self._settings)


class _Speaker:
    def __init__(
        self, processor: Any, model: Any, schedule: _Schedule, samples: torch.Tensor
    ) -> None:
        self._processor, self._model, self._schedule = processor, model, schedule
        self._samples = samples.numpy()
        self.rate_hz = int(processor.feature_extractor.sampling_rate)
        hop = prod(model.config.audio_config.downsampling_ratios)
        self._limit_frames = int(LIMIT_S * self.rate_hz / hop)

    def _prompt(self, spoken: str) -> str:
        # A line of the script is one speaker's.
        said = [{"type": "text", "text": " ".join(spoken.split())}, {"type": "audio"}]
        prompt: str = self._processor.apply_chat_template([{"role": _WHO, "content": said}])
        return prompt

    def say(self, spoken: str, speed: float) -> torch.Tensor:
        known_letters(self._processor.tokenizer, spoken, special=False)
        inputs = self._processor(
            text=self._prompt(spoken),
            audio=[self._samples],
            sampling_rate=self.rate_hz,
            return_tensors="pt",
        )
        begin = inputs["input_ids"].shape[1]
        room = self._model.config.text_config.max_position_embeddings - begin
        limit = min(self._limit_frames, room)
        if limit < 1:
            raise EngineError(Problem.TOO_LONG, f"transformers, VibeVoice, {begin} tokens")
        made = self._model.generate(
            **inputs,
            max_new_tokens=limit,
            noise_scheduler=self._schedule.fresh(),
            return_dict_in_generate=True,
        )
        if made.sequences.shape[1] - begin >= limit:
            raise EngineError(Problem.TOO_LONG, "transformers, VibeVoice did not come to an end")
        waveform: torch.Tensor | None = made.audio[0]
        if waveform is None:
            raise EngineError(Problem.NO_SAMPLES, "transformers, VibeVoice")
        return at_tempo(waveform.reshape(-1).float(), self.rate_hz, speed)


PLUGIN = VibeVoice()
