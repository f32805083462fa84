"""Pitch and formants moved together by resampling: another speaker from the same voice."""

from __future__ import annotations

import math
from collections.abc import Mapping
from typing import TYPE_CHECKING

from corpusforge.core.errors import require
from corpusforge.speech.effect import Context, Scalar, TimeMap

if TYPE_CHECKING:
    import numpy as np
    import numpy.typing as npt


class Formant:
    """Resamples by `factor`: pitch and formants rise by it, and so does the tempo.

    The engine has spoken slower or faster by the same factor, so that the tempo comes out as
    drawn (see `speech.voices.draw_prosody`).
    """

    op = "formant"
    version = "1"
    order = 10
    additive = False
    units = {"factor": "1"}  # noqa: RUF012
    example: Mapping[str, Scalar] = {"factor": 1.07}

    def draw(self, rng: np.random.Generator, context: Context) -> dict[str, Scalar]:
        """A factor, uniform on the logarithmic scale over `formant`; {} for a factor of 1."""
        low, high = (math.log(limit) for limit in context.config.formant)
        factor = round(math.exp(rng.uniform(low, high)), 4)
        return {} if factor == 1.0 else {"factor": factor}

    def apply(
        self, samples: npt.NDArray[np.float32], rate_hz: int, params: Mapping[str, Scalar]
    ) -> npt.NDArray[np.float32]:
        """Samples at the same rate, shorter by the factor."""
        soxr = require("soxr", extra="speech", purpose="resampling")
        shifted: npt.NDArray[np.float32] = soxr.resample(
            samples, rate_hz * float(params["factor"]), rate_hz, quality="HQ"
        )
        return shifted

    def times(self, params: Mapping[str, Scalar], duration_s: float) -> TimeMap:
        """Everything comes sooner by the factor."""
        return TimeMap(1.0 / float(params["factor"]), 0.0)


PLUGIN = Formant()
