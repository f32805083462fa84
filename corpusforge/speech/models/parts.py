"""What a source of the engine transformers names, and the parts that it is made of.

    MODEL [+ VOCODER] [#SPEAKER]

MODEL and VOCODER are hub names or folders; SPEAKER is a number or a file, by the kind of model.
"""

from __future__ import annotations

import json
import logging
import re
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path
from typing import TYPE_CHECKING, Any, Protocol

from corpusforge.core.errors import InputError
from corpusforge.speech.brought import check_safetensors
from corpusforge.speech.engine import EngineError, Problem

if TYPE_CHECKING:
    import torch

__all__ = [
    "LIMIT_S",
    "Kind",
    "Parts",
    "Source",
    "Speaker",
    "chat_template",
    "check_weights",
    "class_of",
    "config_of",
    "is_hub_name",
    "known_letters",
    "loaded",
    "no_vocoder",
    "quiet",
    "settings_of",
    "speaker_number",
    "vocoder_config",
]

LIMIT_S = 60.0
"""Longest clip. Untrained or broken models give lengths without bounds."""

_KEPT_MODELS = 8
_COUNTER = ".num_batches_tracked"  # of batches in training; models of other frameworks lack it
_HUB_NAME = re.compile(r"^[A-Za-z0-9][\w.-]*/[A-Za-z0-9][\w.-]*$")


@dataclass(frozen=True, slots=True)
class Source:
    """A source, taken apart.

    Attributes:
        model: Hub name or folder.
        vocoder: Hub name or folder, "" for none.
        speaker: What stands after #, "" for nothing.
    """

    model: str
    vocoder: str
    speaker: str

    @classmethod
    def of(cls, text: str) -> Source:
        """Take `text` apart."""
        places, mark, speaker = text.rpartition("#")
        if not mark:
            places, speaker = speaker, ""
        model, _, vocoder = places.partition(" + ")
        return cls(model.strip(), vocoder.strip(), speaker.strip())


@dataclass(frozen=True, slots=True)
class Parts:
    """Where the parts of a voice are on this machine.

    Attributes:
        model: Folder.
        vocoder: Folder; None for none.
        speaker: What stands after #; of a file its absolute path.
        lang: BCP-47 tag of what the voice speaks, "" where nobody said.
    """

    model: Path
    vocoder: Path | None
    speaker: str
    lang: str = ""


class Speaker(Protocol):
    """A loaded model with a voice. It draws from torch's generator, which its caller seeds."""

    rate_hz: int

    def say(self, spoken: str, speed: float) -> torch.Tensor:
        """Samples of any level, shape [samples].

        Args:
            spoken: The text.
            speed: Tempo as a factor of the model's own.

        Raises:
            EngineError: Letters that the model does not read, or a clip that does not end.
        """


class Kind(Protocol):
    """What a file here offers as `PLUGIN`.

    Attributes:
        types: `model_type` of the models it loads.
        family: See `speech.engine.Voice.family`.
    """

    @property
    def types(self) -> tuple[str, ...]:
        """See above."""

    @property
    def family(self) -> str:
        """See above."""

    def speaker_files(self, parts: Parts) -> tuple[Path, ...]:
        """The files that the speaker is made of, () for a number; they are pinned with the model.

        Raises:
            InputError: There are none where the model needs some.
        """

    def rate_hz(self, parts: Parts) -> int:
        """The rate of the clips, from the configuration alone.

        Raises:
            InputError: Parts that are missing or do not fit.
        """

    def load(self, hf: Any, parts: Parts) -> Speaker:
        """The model, in evaluation mode.

        Args:
            hf: The module transformers.
            parts: Of the voice.

        Raises:
            InputError: A model that cannot be spoken with here.
        """


def is_hub_name(place: str) -> bool:
    """Whether this may be the name of a model on the hub."""
    return bool(_HUB_NAME.match(place)) and not place.endswith((".onnx", ".pt", ".bin"))


def config_of(folder: Path) -> Mapping[str, Any]:
    """The configuration of a model.

    Raises:
        InputError: There is none.
    """
    path = folder / "config.json"
    try:
        config = json.loads(path.read_text("utf-8"))
        kind = config["model_type"]
    except (OSError, ValueError, KeyError, TypeError) as error:
        raise InputError(f"{path} is not the config.json of a model") from error
    if not isinstance(kind, str):
        raise InputError(f"{path}: model_type is no text")
    return dict(config)


def settings_of(folder: Path, needed: Sequence[str]) -> Mapping[str, Any]:
    """How a model generates, from its generation_config.json.

    Args:
        folder: Of the model.
        needed: Tables that must be there.

    Raises:
        InputError: They are not.
    """
    path = folder / "generation_config.json"
    try:
        found = json.loads(path.read_text("utf-8"))
        lacking = [name for name in needed if not isinstance(found.get(name), dict)]
        # What is marked so, transformers reads without the tables.
        if found.get("_from_model_config"):
            lacking = list(needed)
    except (OSError, ValueError, AttributeError):
        found, lacking = {}, list(needed)
    if lacking:
        raise InputError(
            f"{path} has no {', no '.join(lacking)}",
            hint="take the generation_config.json that came with the model",
        )
    return dict(found)


def check_weights(folder: Path) -> None:
    """Raise when a folder has no safe weights, or not the whole of them."""
    files = sorted(folder.glob("*.safetensors"))
    for path in files:
        check_safetensors(path)
    if not files:
        raise InputError(
            f"{folder.name} holds no *.safetensors",
            hint="pickled weights are not loaded; save the model once more with transformers",
        )


def chat_template(folder: Path) -> str:
    """How a model is asked, from its chat_template.jinja.

    Raises:
        InputError: There is none.
    """
    path = folder / "chat_template.jinja"
    try:
        return path.read_text("utf-8")
    except (OSError, ValueError) as error:
        raise InputError(
            f"{folder.name} has no {path.name}",
            hint="take the file that came with the model; it says how a prompt is made",
        ) from error


def class_of(hf: Any, name: str) -> Any:
    """A class of transformers that not every version of it has.

    Raises:
        InputError: The one that is installed does not.
    """
    found = getattr(hf, name, None)
    if found is None:
        raise InputError(
            f"transformers {hf.__version__} has no {name}", hint="pip install -U transformers"
        )
    return found


def no_vocoder(parts: Parts) -> None:
    """Raise when a model that has a vocoder of its own is given another."""
    if parts.vocoder is not None:
        raise InputError(
            f"{parts.model.name} has a vocoder of its own", hint="leave out what follows the +"
        )


def vocoder_config(parts: Parts, kind: str, hub_name: str) -> Mapping[str, Any]:
    """The configuration of the vocoder that a model needs.

    Args:
        parts: Of the voice.
        kind: `model_type` of the vocoder.
        hub_name: The usual one, for the message.

    Raises:
        InputError: None, or one of another kind.
    """
    hint = f"MODEL + {hub_name}, or a folder in its place"
    if parts.vocoder is None:
        raise InputError(f"{parts.model.name} needs a vocoder", hint=hint)
    config = config_of(parts.vocoder)
    # Some vocoders on the hub call themselves "hifigan".
    if config["model_type"] not in (kind, "hifigan"):
        raise InputError(
            f"{parts.vocoder.name} is no vocoder for {parts.model.name}",
            given=config["model_type"],
            allowed=[kind],
            hint=hint,
        )
    return config


def speaker_number(parts: Parts, speakers: int) -> None:
    """Raise when # is no number below `speakers`."""
    if parts.speaker and not parts.speaker.isdecimal():
        raise InputError(
            f"{parts.model.name}: the speaker after # is a number, not {parts.speaker!r}"
        )
    last = max(speakers, 1) - 1
    if parts.speaker and int(parts.speaker) > last:
        raise InputError(f"{parts.model.name} has {last + 1} speakers, 0 to {last}")


@contextmanager
def quiet() -> Iterator[None]:
    """Transformers without its remarks: on how its models call it, on weights of other parts."""
    from transformers.utils import logging as remarks

    level = remarks.get_verbosity()
    remarks.set_verbosity(logging.ERROR)
    try:
        yield
    finally:
        remarks.set_verbosity(level)


def loaded(kind: Any, folder: Path, unused: tuple[str, ...] = ()) -> Any:
    """A model with all of its weights, in evaluation mode; voices of one model share it.

    It computes in float32, whatever it was saved in: texts and recordings come to it as that, and
    what smaller numbers give depends more on the processor.

    Args:
        kind: The class of transformers.
        folder: With safe weights.
        unused: Beginnings of the names of weights that only training uses: they may be missing.

    Raises:
        InputError: Weights are missing: the class would make them up.
    """
    files = sorted(path for path in folder.iterdir() if path.is_file())
    stats = [(path.name, path.stat()) for path in files]
    state = tuple((name, st.st_size, st.st_mtime_ns) for name, st in stats)
    return _loaded(kind, folder, unused, state)


@lru_cache(maxsize=_KEPT_MODELS)
def _loaded(
    kind: Any, folder: Path, unused: tuple[str, ...], _state: tuple[tuple[str, int, int], ...]
) -> Any:
    import torch

    with quiet():
        model, found = kind.from_pretrained(
            folder,
            local_files_only=True,
            use_safetensors=True,
            output_loading_info=True,
            dtype=torch.float32,
        )
    missing = sorted(
        name
        for name in found["missing_keys"]
        if not name.startswith(unused) and not name.endswith(_COUNTER)
    )
    if missing:
        raise InputError(
            f"{folder.name} lacks {len(missing)} of its weights, {missing[0]} for one",
            hint="it was saved by another class or version; save the whole model once more",
        )
    return model.eval()


def known_letters(tokenizer: Any, spoken: str, special: bool = True) -> torch.Tensor:
    """The tokens of a text, shape [1, tokens].

    Args:
        tokenizer: Of the model.
        spoken: The text.
        special: Whether with the tokens that mark its beginning and end.

    Raises:
        EngineError: Letters that the tokenizer does not know.
    """
    ids: torch.Tensor = tokenizer(spoken, return_tensors="pt", add_special_tokens=special).input_ids
    unknown = tokenizer.unk_token_id
    if unknown is not None and bool((ids == unknown).any()):
        raise EngineError(Problem.FOREIGN_SCRIPT, "transformers")
    return ids
