"""Texts to phonemes in any language that espeak-ng reads, and how far two of them sound apart.

Phonemes come from the espeak-ng of the extra `espeak`, features of phonemes from PanPhon
(Mortensen et al. 2016, "PanPhon: A Resource for Mapping IPA Segments to Articulatory Feature
Vectors", COLING; extra `wake`).
"""

from __future__ import annotations

import json
import re
import subprocess
import sys
from collections.abc import Sequence
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt

from corpusforge.core import plugins
from corpusforge.core.errors import InputError, RunError, require
from corpusforge.speech.engine import package_folder

__all__ = ["Pronunciation", "distances", "phonemise"]

_SERVER = Path(__file__).with_name("phoneme_server.py")
_LIMIT_S = 120.0
# Stress, syllable and tone marks: a wake word stays the same word under another stress.
_MARKS = re.compile(r"[ˈˌ.‿ˑ˥˦˧˨˩0-9]")
_SWITCH = re.compile(r"\([a-z-]+\)")

_MEAN_SHARE = 0.34
"""Mean weighted share of features in which two phonemes of one language differ: over all pairs of
the 45 most frequent phonemes of en, de, fr, es, hi, pl and tr it is .32 to .36."""

Floats = npt.NDArray[np.float64]


@dataclass(frozen=True, slots=True)
class Pronunciation:
    """How a text is said.

    Attributes:
        phones: IPA phonemes without stress, in order.
        foreign: Whether part of it is read by the rules of another language.
    """

    phones: tuple[str, ...]
    foreign: bool


def phonemise(texts: Sequence[str], lang: str) -> list[Pronunciation]:
    """Pronunciations of texts, in their order.

    Args:
        texts: What is said; numbers and the like are read by espeak-ng's own rules.
        lang: BCP-47 tag.

    Raises:
        InputError: When the extra `espeak` is not installed, or it does not read the language.
        RunError: When the library crashes or takes longer than two minutes.
    """
    espeak = plugins.load("engine", "espeak")
    if missing := espeak.missing():
        raise InputError(f"phonemes need the engine espeak: {missing}")
    voices = espeak.voices(lang)
    if not voices:
        raise InputError(f"espeak does not read {lang!r}", given=lang, allowed=espeak.languages())
    folder = package_folder("espeakng_loader")
    assert folder is not None
    library = folder / f"libespeak-ng{'.dylib' if sys.platform == 'darwin' else '.so'}"
    request = {"voice": voices[0].lang, "texts": [text.replace("\0", " ") for text in texts]}
    command = [sys.executable, "-I", "-S", str(_SERVER), str(library)]
    try:
        done = subprocess.run(
            [*command, str(folder / "espeak-ng-data")],
            input=json.dumps(request).encode(),
            stdout=subprocess.PIPE,
            stderr=subprocess.DEVNULL,
            timeout=_LIMIT_S,
            check=True,
            env={"LC_ALL": "C.UTF-8"},
        )
    except (subprocess.SubprocessError, OSError) as error:
        raise RunError(f"espeak could not read {len(texts)} texts in {lang!r}") from error
    answer: Any = json.loads(done.stdout)
    if isinstance(answer, dict):
        raise InputError(f"espeak has no voice {request['voice']!r} to read with")
    return [_pronunciation(clauses) for clauses in answer]


def _pronunciation(clauses: Sequence[str]) -> Pronunciation:
    whole = " ".join(clauses)
    plain = _MARKS.sub("", _SWITCH.sub("", whole))
    return Pronunciation(
        tuple(phone for phone in re.split(r"[|\s]+", plain) if phone),
        foreign=bool(_SWITCH.search(whole)),
    )


@cache
def _features() -> tuple[Any, Floats]:
    """PanPhon's table and the weight of each feature."""
    panphon = require("panphon", extra="wake", purpose="features of phonemes")
    table = panphon.FeatureTable()
    # Tone features have no weight in PanPhon's table of weights.
    weights = np.zeros(len(table.names))
    weights[: len(table.weights)] = table.weights
    return table, weights


@cache
def _vector(phone: str) -> tuple[float, ...]:
    """Features of a phoneme, -1 to 1; a diphthong or an affricate is the mean of its parts."""
    table, weights = _features()
    parts = table.word_to_vector_list(phone, numeric=True)
    if not parts:
        return (0.0,) * len(weights)
    return tuple(np.mean(np.array(parts, dtype=np.float64), axis=0).tolist())


def _costs(first: Sequence[str], second: Sequence[str]) -> Floats:
    """Cost of saying one phoneme for another, 0 to 1, shape [first, second].

    The weighted share of differing articulatory features (PanPhon's weighted feature edit
    distance, section 4 of the paper), scaled so that an average other phoneme of the language
    costs 1, as much as one that is inserted or left out. (Unscaled, as in PanPhon, "hear" is 25
    times nearer to "hey" than "hey" without its h.)
    """
    _, weights = _features()
    one, other = (np.array([_vector(p) for p in phones]) for phones in (first, second))
    differ = np.abs(one[:, None, :] - other[None, :, :]) / 2.0
    shares = (differ * weights).sum(axis=2) / weights.sum()
    return np.asarray(np.minimum(1.0, shares / _MEAN_SHARE), dtype=np.float64)


def distances(phones: Sequence[str], others: Sequence[Sequence[str]]) -> Floats:
    """Phoneme edit distance from one pronunciation to many, shape [others].

    Args:
        phones: At least one phoneme.
        others: Pronunciations; the distance to an empty one is `len(phones)`.

    Returns:
        Sum of edits: 1 for a phoneme more or less, 0 to 1 for one in place of another.
    """
    inventory = sorted({phone for other in others for phone in other})
    if not inventory:
        return np.full(len(others), float(len(phones)))
    place = {phone: index for index, phone in enumerate(inventory)}
    costs = _costs(phones, inventory)
    longest = max(len(other) for other in others)
    codes = np.zeros((len(others), longest), dtype=np.int64)
    for row, other in enumerate(others):
        codes[row, : len(other)] = [place[phone] for phone in other]
    lengths = np.array([len(other) for other in others])
    # All others at once, one column of the edit table after the other.
    column = np.tile(np.arange(len(phones) + 1, dtype=np.float64), (len(others), 1))
    found = np.where(lengths == 0, column[:, -1], np.inf)
    for step in range(longest):
        before, column = column, np.empty_like(column)
        column[:, 0] = step + 1.0
        for row in range(len(phones)):
            replaced = before[:, row] + costs[row, codes[:, step]]
            inserted = np.minimum(before[:, row + 1], column[:, row]) + 1.0
            column[:, row + 1] = np.minimum(replaced, inserted)
        found = np.where(lengths == step + 1, column[:, -1], found)
    return found
