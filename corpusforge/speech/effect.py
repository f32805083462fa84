"""The contract of an audio effect: draw first, then apply; what was drawn is stored."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, NamedTuple, Protocol

from corpusforge.core.recipe import SpeechConfig

if TYPE_CHECKING:
    import numpy as np
    import numpy.typing as npt

__all__ = [
    "UNMOVED",
    "Context",
    "Effect",
    "NoiseFile",
    "Scalar",
    "TimeMap",
    "UnfitError",
    "unmoved",
]

Scalar = str | int | float | bool


class UnfitError(ValueError):
    """These samples cannot go through an effect; the clip is dropped.

    Args:
        problem: Why, a fixed phrase without any text of the row.
        detail: Numbers and what to do, for the person at the screen.
    """

    def __init__(self, problem: str, detail: str = "") -> None:
        super().__init__(problem, detail)
        self.problem = problem
        self.detail = detail


class TimeMap(NamedTuple):
    """Where a moment of one signal is heard in another: `scale * t + shift_s`.

    Attributes:
        scale: Factor on durations, above 0.
        shift_s: Seconds, added after scaling; below 0 when something was cut at the start.
    """

    scale: float
    shift_s: float

    def at(self, time_s: float) -> float:
        """The moment in the new signal, in seconds."""
        return self.scale * time_s + self.shift_s

    def then(self, later: TimeMap) -> TimeMap:
        """This map and `later` after it, as one."""
        return TimeMap(self.scale * later.scale, later.at(self.shift_s))


UNMOVED = TimeMap(1.0, 0.0)
"""The map of a signal onto itself."""


def unmoved(params: Mapping[str, Scalar], duration_s: float) -> TimeMap:
    """`Effect.times` of an effect that leaves every moment where it is."""
    return UNMOVED


class NoiseFile(NamedTuple):
    """A file of a user's noise folder.

    Attributes:
        name: Relative to its folder.
        license: SPDX expression that the recipe states for the folder.
        sha256: Of the file.
        duration_s: Its length in seconds.
    """

    name: str
    license: str
    sha256: str
    duration_s: float


@dataclass(frozen=True, slots=True)
class Context:
    """What an effect may draw from.

    Attributes:
        config: Ranges and probabilities.
        seed: The recipe's seed.
        split: Of the row: rooms, noise files and talkers of one split are heard in no other.
        drawn: Op -> what the effects before it drew for this clip.
        talkers: Canonical JSON of the clips that babble is made of, see `speech.talkers`.
        files: Noise files of this split.
    """

    config: SpeechConfig
    seed: int = 1
    split: str = "train"
    drawn: Mapping[str, Mapping[str, Scalar]] = field(default_factory=dict)
    talkers: Sequence[str] = ()
    files: Sequence[NoiseFile] = ()


class Effect(Protocol):
    """What a file in `speech/effects` offers as `PLUGIN`.

    Attributes:
        op: Its key, equal to the file name.
        version: Counts up whenever the same parameters give other samples.
        order: Place in the physical chain, from the mouth to the file.
        additive: True when it adds something to the speech and leaves the speech as it was.
        units: Every parameter that it may have -> its unit ("" = none).
        example: Parameters for the shared contract test.
    """

    op: str
    version: str
    order: int
    additive: bool
    units: Mapping[str, str]
    example: Mapping[str, Scalar]

    def draw(self, rng: np.random.Generator, context: Context) -> dict[str, Scalar]:
        """Parameters for one clip, JSON scalars only; {} = this clip goes without."""

    def apply(
        self, samples: npt.NDArray[np.float32], rate_hz: int, params: Mapping[str, Scalar]
    ) -> npt.NDArray[np.float32]:
        """The effect on mono samples, shape [samples]; pure: the same in, the same out."""

    def times(self, params: Mapping[str, Scalar], duration_s: float) -> TimeMap:
        """Where a moment of the samples given to `apply` is heard in what it returns.

        Args:
            params: As for `apply`.
            duration_s: Length of the samples given to `apply`, in seconds.
        """
