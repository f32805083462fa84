"""Level of the recording: the peak at a number of dB below (or above) full scale."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING

from corpusforge.speech.effect import Context, Scalar, unmoved

if TYPE_CHECKING:
    import numpy as np
    import numpy.typing as npt


class Gain:
    """Scales the clip to a peak of `peak_dbfs`; above 0 it is overdriven and clips."""

    op = "gain"
    version = "2"
    order = 70
    additive = False
    times = staticmethod(unmoved)
    units = {"peak_dbfs": "dBFS"}  # noqa: RUF012
    example: Mapping[str, Scalar] = {"peak_dbfs": -3.0}

    def draw(self, rng: np.random.Generator, context: Context) -> dict[str, Scalar]:
        """A peak level, uniform over `gain_db`."""
        return {"peak_dbfs": round(float(rng.uniform(*context.config.gain_db)), 2)}

    def apply(
        self, samples: npt.NDArray[np.float32], rate_hz: int, params: Mapping[str, Scalar]
    ) -> npt.NDArray[np.float32]:
        """The same samples, scaled; silence stays silence."""
        import numpy as np

        peak = max(float(samples.max(initial=0.0)), -float(samples.min(initial=0.0)))
        if peak == 0.0:
            return samples
        scale = 10.0 ** (float(params["peak_dbfs"]) / 20.0) / peak
        scaled: npt.NDArray[np.float32] = samples * np.float32(scale)
        return scaled


PLUGIN = Gain()
