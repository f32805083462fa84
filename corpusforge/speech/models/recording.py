"""A speaker that is a recording: file.wav, with the words that are said in it in file.txt.

Models that go on from a recording speak in its voice. Without one they would take another voice
for every clip.
"""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from corpusforge.core.errors import InputError, require
from corpusforge.speech.models.parts import Parts

if TYPE_CHECKING:
    import torch

__all__ = ["Recording", "read_recording", "read_samples", "recording_files", "sound_file"]

_LONGEST_S, _SHORTEST_S = 30.0, 0.5
_HINT = (
    f"#anna.wav: {_SHORTEST_S:g} to {_LONGEST_S:g} s of one person, with the words that are said "
    "in it in anna.txt beside it"
)


@dataclass(frozen=True, slots=True)
class Recording:
    """What a model goes on from.

    Attributes:
        samples: Mono, shape [samples].
        words: What is said.
    """

    samples: torch.Tensor
    words: str


def sound_file(parts: Parts) -> Path:
    """The recording alone, for models that do not ask for its words.

    Raises:
        InputError: It is not there.
    """
    if not parts.speaker:
        raise InputError(f"{parts.model.name} needs a speaker", hint=_HINT)
    sound = Path(parts.speaker)
    if not sound.is_absolute() or not sound.is_file():
        raise InputError(f"there is no recording {parts.speaker}", hint=_HINT)
    return sound


def recording_files(parts: Parts) -> tuple[Path, Path]:
    """The recording and its words.

    Raises:
        InputError: One of them is not there.
    """
    sound = sound_file(parts)
    words = sound.with_suffix(".txt")
    if words == sound or not words.is_file():
        raise InputError(f"{sound.name} needs its words in {words.name} beside it", hint=_HINT)
    return sound, words


def read_samples(parts: Parts, rate_hz: int) -> torch.Tensor:
    """The samples of a recording at the model's rate, mono, shape [samples].

    Args:
        parts: Of the voice.
        rate_hz: Wanted.

    Raises:
        InputError: It cannot be read, or is too short or too long.
    """
    import numpy as np
    import torch

    soundfile = require("soundfile", extra="speech", purpose="recordings of speakers")
    sound = sound_file(parts)
    try:
        read, found_hz = soundfile.read(sound, dtype="float32", always_2d=True)
    except (OSError, ValueError, RuntimeError) as error:
        first = str(error).split("\n")[0]
        raise InputError(f"{sound.name} cannot be read: {first}", hint=_HINT) from error
    mono = read.mean(axis=1, dtype=np.float32)
    if not _SHORTEST_S <= mono.size / found_hz <= _LONGEST_S:
        raise InputError(f"{sound.name} is {mono.size / found_hz:.1f} s long", hint=_HINT)
    if not np.isfinite(mono).all() or not mono.any():
        raise InputError(f"{sound.name} is silent or holds samples that are no numbers", hint=_HINT)
    if found_hz != rate_hz:
        soxr = require("soxr", extra="speech", purpose="resampling")
        mono = soxr.resample(mono, found_hz, rate_hz, quality="HQ")
    return torch.from_numpy(np.ascontiguousarray(mono))


def read_recording(parts: Parts, rate_hz: int) -> Recording:
    """The recording of a voice at the model's rate, and its words.

    Args:
        parts: Of the voice.
        rate_hz: Wanted.

    Raises:
        InputError: See `read_samples`; or there are no words.
    """
    _, beside = recording_files(parts)
    try:
        words = " ".join(beside.read_text("utf-8").split())
    except (OSError, ValueError) as error:
        raise InputError(f"{beside.name} cannot be read as UTF-8", hint=_HINT) from error
    if not words:
        raise InputError(f"{beside.name} is empty", hint=_HINT)
    return Recording(read_samples(parts, rate_hz), words)
