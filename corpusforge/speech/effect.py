"""The contract of an audio effect: draw first, then apply; what was drawn is stored."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Protocol

from corpusforge.core.recipe import SpeechConfig

if TYPE_CHECKING:
    import numpy as np
    import numpy.typing as npt

__all__ = ["Effect", "Scalar"]

Scalar = str | int | float | bool


class Effect(Protocol):
    """What a file in `speech/effects` offers as `PLUGIN`.

    Attributes:
        op: Its key, equal to the file name.
        version: Counts up whenever the same parameters give other samples.
        order: Place in the physical chain, from the mouth to the file.
        additive: True when it adds something to the speech and leaves the speech as it was.
        units: Parameter -> its unit ("" = none).
        example: Parameters for the shared contract test.
    """

    op: str
    version: str
    order: int
    additive: bool
    units: Mapping[str, str]
    example: Mapping[str, Scalar]

    def draw(self, rng: np.random.Generator, config: SpeechConfig) -> dict[str, Scalar]:
        """Parameters for one clip, JSON scalars only; {} = this clip goes without."""

    def apply(
        self, samples: npt.NDArray[np.float32], rate_hz: int, params: Mapping[str, Scalar]
    ) -> npt.NDArray[np.float32]:
        """The effect on mono samples, shape [samples]; pure: the same in, the same out."""
