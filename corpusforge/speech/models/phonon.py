"""Phonon with its codec: MODEL + CODEC#anna, a voice that comes with the model, or a file of one.

Gradium 2026 (on the hub: gradium/phonon-31m-en). Its voices are latents of a codec of Gradium that
transformers does not have, so that no recording can be given: those in the folder voices of the
model, and files of one array in safetensors or as numpy.save writes it. Apart from that it is a
Pocket TTS.
"""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any

from corpusforge.core.errors import InputError
from corpusforge.speech.models.parts import Parts, Speaker, class_of, config_of, loaded
from corpusforge.speech.models.pocket import LatentSpeaker, latent_rate_hz, processor_of

if TYPE_CHECKING:
    import torch

_DEFAULT_SIZE = 512  # of GradiumPhononTTSConfig
_FOLDER, _ENDS = "voices", (".safetensors", ".npy")
_CODEC_NAME = "the audio_tokenizer_name_or_path in the model's processor_config.json"
_SHOWN = 5
_HINT = (
    "MODEL + CODEC#anna for voices/anna.safetensors of the model; #anna.safetensors or #anna.npy "
    "for a file of your own"
)


class Phonon:
    """Loads them."""

    family = "Phonon"
    types = ("gradium_phonon_tts",)

    def speaker_files(self, parts: Parts) -> tuple[Path, ...]:
        """See `parts.Kind.speaker_files`."""
        if not parts.speaker:
            raise InputError(f"{parts.model.name} needs a speaker", hint=_HINT)
        own = Path(parts.speaker)
        if own.is_absolute() and own.is_file():
            return (own,)
        voices = parts.model / _FOLDER
        for path in sorted(voices.glob("*")):
            if path.stem == parts.speaker and path.suffix in _ENDS:
                return (path,)
        known = sorted({path.stem for path in voices.glob("*") if path.suffix in _ENDS})
        raise InputError(
            f"{parts.model.name} has no voice {parts.speaker}, and there is no such file",
            given=parts.speaker,
            allowed=[*known[:_SHOWN], *(["..."] if len(known) > _SHOWN else [])],
            hint=_HINT,
        )

    def rate_hz(self, parts: Parts) -> int:
        """See `parts.Kind.rate_hz`."""
        rate_hz = latent_rate_hz(parts, _CODEC_NAME, ("decoder",))
        self._latents(parts)
        return rate_hz

    def load(self, hf: Any, parts: Parts) -> Speaker:
        """See `parts.Kind.load`."""
        model = loaded(class_of(hf, "GradiumPhononTTSForConditionalGeneration"), parts.model)
        latents = self._latents(parts)
        return LatentSpeaker("Phonon", processor_of(hf, parts), model, lambda: latents)

    def _latents(self, parts: Parts) -> torch.Tensor:
        """The voice, shape [frames, numbers]."""
        import torch

        [path] = self.speaker_files(parts)
        size = int(config_of(parts.model).get("audio_prompt_dim", _DEFAULT_SIZE))
        arrays = _arrays(path)
        fit = [array for array in arrays if array.numel() and array.shape[-1] == size]
        if len(fit) != 1 or fit[0].numel() != fit[0].shape[-2:].numel():
            shapes = ", ".join(str(list(array.shape)) for array in arrays)
            raise InputError(
                f"{path.name} holds arrays of the shapes {shapes}, not one of [frames, {size}]",
                hint=_HINT,
            )
        latents = fit[0].to(torch.float32).reshape(-1, size)
        if not bool(torch.isfinite(latents).all()):
            raise InputError(f"{path.name} holds numbers that are not finite", hint=_HINT)
        return latents


def _arrays(path: Path) -> list[torch.Tensor]:
    """What a file holds."""
    import numpy as np
    import torch
    from safetensors.torch import load_file

    try:
        if path.suffix == ".npy":
            return [torch.from_numpy(np.load(path, allow_pickle=False))]
        return list(load_file(path).values())
    except Exception as error:
        # Many kinds: no such file, damaged, pickled, numbers that torch does not have.
        first = str(error).split("\n")[0]
        raise InputError(f"{path.name}: no voice of Phonon: {first}", hint=_HINT) from error


PLUGIN = Phonon()
