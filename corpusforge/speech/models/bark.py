"""Bark: MODEL#PRESET, where PRESET is one of the model's own voices or a file.npz with one.

Suno AI 2023 (on the hub: suno/bark). A voice is the history that the model goes on from:
the arrays semantic_prompt [tokens], coarse_prompt [2, frames] and fine_prompt [8, frames]. Without
one it takes another voice for every clip, so that one is needed.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from importlib import import_module
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
    no_vocoder,
    settings_of,
)
from corpusforge.speech.models.tempo import at_tempo

if TYPE_CHECKING:
    import numpy as np
    import numpy.typing as npt
    import torch

__all__ = ["PLUGIN", "PRESET_ENDS"]

_ARRAYS = ("semantic_prompt", "coarse_prompt", "fine_prompt")
PRESET_ENDS = (".npz", *(f"_{name}.npy" for name in _ARRAYS))
"""How the names of files of a preset end, after its name."""

_SETTINGS = ("semantic_config", "coarse_acoustics_config", "fine_acoustics_config")
_FOLDER = "speaker_embeddings"
_LIST = "speaker_embeddings_path.json"
_HINT = f"#v2/en_speaker_6 for a preset in {_FOLDER} of the model, #file.npz for one of your own"
_SHOWN = 5  # names of presets in a message
_DEFAULT_HZ = 24000  # of EncodecConfig


class Bark:
    """Loads them."""

    types = ("bark",)
    family = "Bark"

    def speaker_files(self, parts: Parts) -> tuple[Path, ...]:
        """See `parts.Kind.speaker_files`."""
        if not parts.speaker:
            raise InputError(f"{parts.model.name} needs a speaker", hint=_HINT)
        if Path(parts.speaker).is_absolute():
            return (Path(parts.speaker),)
        listed = _listed(parts.model)
        begin = str(parts.model / _FOLDER / parts.speaker)
        for files in (
            listed.get(parts.speaker, ()),
            (Path(begin + PRESET_ENDS[0]),),
            tuple(Path(begin + end) for end in PRESET_ENDS[1:]),
        ):
            if files and all(_inside(path, parts.model) for path in files):
                return files
        known = sorted(listed)[:_SHOWN]
        raise InputError(
            f"{parts.model.name} has no preset {parts.speaker}, and there is no such file",
            given=parts.speaker,
            allowed=[*known, "..."] if known else [],
            hint=_HINT,
        )

    def rate_hz(self, parts: Parts) -> int:
        """See `parts.Kind.rate_hz`."""
        config = config_of(parts.model)
        no_vocoder(parts)
        settings_of(parts.model, _SETTINGS)
        self._history(parts)
        codec = config.get("codec_config") or {}
        return int(codec.get("sampling_rate", _DEFAULT_HZ))

    def load(self, hf: Any, parts: Parts) -> Speaker:
        """See `parts.Kind.load`."""
        tokenizer = hf.AutoTokenizer.from_pretrained(parts.model, local_files_only=True)
        model = loaded(hf.BarkModel, parts.model)
        return _Speaker(tokenizer, model, _Steps(model.generation_config), self._history(parts))

    def _history(self, parts: Parts) -> Mapping[str, npt.NDArray[np.int64]]:
        """The arrays of the speaker."""
        arrays = _read(self.speaker_files(parts), parts.speaker)
        for name, axes in zip(_ARRAYS, (1, 2, 2), strict=True):
            found = arrays[name]
            if found.ndim != axes or found.dtype.kind not in "iu" or not found.size:
                raise InputError(
                    f"{parts.speaker}: {name} is no array of whole numbers with {axes} axes",
                    given=f"{found.dtype}, shape {list(found.shape)}",
                    hint=_HINT,
                )
        return {name: array.astype("int64") for name, array in arrays.items()}


def _listed(model: Path) -> dict[str, tuple[Path, ...]]:
    """The presets that the model's own list names, with their files."""
    path = model / _LIST
    if not path.is_file():
        return {}
    try:
        found = json.loads(path.read_text("utf-8"))
        return {
            name: tuple(model / files[array] for array in _ARRAYS)
            for name, files in found.items()
            if isinstance(files, dict)
        }
    except (OSError, ValueError, KeyError, TypeError, AttributeError) as error:
        raise InputError(f"{path} is not a list of presets of Bark") from error


def _inside(path: Path, model: Path) -> bool:
    """Whether it is a file of the model's folder; links of the hub's cache lead out of it."""
    return ".." not in path.parts and path.is_relative_to(model) and path.is_file()


def _read(files: tuple[Path, ...], name: str) -> dict[str, npt.NDArray[Any]]:
    import numpy as np

    try:
        if len(files) == len(_ARRAYS):
            arrays = (np.load(path, allow_pickle=False) for path in files)
            return dict(zip(_ARRAYS, arrays, strict=True))
        with np.load(files[0], allow_pickle=False) as found:
            return {array: found[array] for array in _ARRAYS}
    except Exception as error:
        # Many kinds: no file, no archive, damaged, an array too few, pickled.
        first = str(error).split("\n")[0]
        raise InputError(f"{name}: no preset of Bark: {first}", hint=_HINT) from error


class _Steps:
    """Settings of the three models, from the generation_config.json of the whole."""

    def __init__(self, config: Any) -> None:
        bark: Any = import_module("transformers.models.bark.generation_configuration_bark")
        self.semantic = bark.BarkSemanticGenerationConfig(**config.semantic_config)
        self.coarse = bark.BarkCoarseGenerationConfig(**config.coarse_acoustics_config)
        self.fine = bark.BarkFineGenerationConfig(**config.fine_acoustics_config)
        self.codes = int(config.codebook_size)
        limit = int(LIMIT_S * self.semantic.semantic_rate_hz)
        self.semantic.max_new_tokens = min(self.semantic.max_new_tokens or limit, limit)


class _Speaker:
    def __init__(self, tokenizer: Any, model: Any, steps: _Steps, history: Any) -> None:
        import torch

        self._tokenizer, self._model, self._steps = tokenizer, model, steps
        self._history = {name: torch.from_numpy(array) for name, array in history.items()}
        limits = (steps.semantic.semantic_vocab_size, steps.codes, steps.codes)
        for name, limit in zip(_ARRAYS, limits, strict=True):
            array = self._history[name]
            if int(array.min()) < 0 or int(array.max()) >= limit:
                raise InputError(
                    f"{name} of the preset holds numbers outside of 0 to {limit - 1}",
                    hint="take a preset that was made with this model",
                )
        self.rate_hz = int(model.codec_model.config.sampling_rate)

    def say(self, spoken: str, speed: float) -> torch.Tensor:
        steps, model = self._steps, self._model
        semantic = self._semantic(spoken)
        coarse = model.coarse_acoustics.generate(
            semantic,
            semantic_generation_config=steps.semantic,
            coarse_generation_config=steps.coarse,
            codebook_size=steps.codes,
            history_prompt=self._history,
        )
        fine = model.fine_acoustics.generate(
            coarse,
            semantic_generation_config=steps.semantic,
            coarse_generation_config=steps.coarse,
            fine_generation_config=steps.fine,
            codebook_size=steps.codes,
            history_prompt=self._history,
        )
        waveform: torch.Tensor = model.codec_decode(fine).reshape(-1)
        return at_tempo(waveform, self.rate_hz, speed)

    def _semantic(self, spoken: str) -> torch.Tensor:
        """What is said and how, before it is sound, shape [1, tokens]."""
        import torch

        settings = self._steps.semantic
        ids = known_letters(self._tokenizer, spoken, special=False)
        room = settings.max_input_semantic_length - ids.shape[1]
        if room < 0:
            raise EngineError(Problem.TOO_LONG, f"transformers, Bark, {ids.shape[1]} tokens")
        semantic: torch.Tensor = self._model.semantic.generate(
            torch.nn.functional.pad(ids, (0, room)),
            attention_mask=torch.nn.functional.pad(torch.ones_like(ids), (0, room)),
            semantic_generation_config=settings,
            history_prompt=self._history,
        )
        ended = semantic == settings.semantic_pad_token
        if not bool(ended[0, -1]):
            raise EngineError(Problem.TOO_LONG, "transformers, Bark did not come to an end")
        if bool(ended.all()):
            raise EngineError(Problem.NO_SAMPLES, "transformers, Bark")
        return semantic


PLUGIN = Bark()
