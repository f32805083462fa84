"""Clipping: peaks above a threshold are cut off (hard) or pressed together (soft)."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING

from corpusforge.speech.effect import Context, Scalar, unmoved

if TYPE_CHECKING:
    import numpy as np
    import numpy.typing as npt

_KINDS = ("hard", "soft")
# Own choice: light; deeper cuts are rare and cost recognisers much.
_BELOW_DB = (1.0, 8.0)


class Clip:
    """Holds samples at `below_peak_db` under the clip's peak."""

    op = "clip"
    version = "1"
    order = 75
    additive = False
    times = staticmethod(unmoved)
    units = {"kind": "", "below_peak_db": "dB"}  # noqa: RUF012
    example: Mapping[str, Scalar] = {"kind": "hard", "below_peak_db": 6.0}

    def draw(self, rng: np.random.Generator, context: Context) -> dict[str, Scalar]:
        """Clipping for `clip_probability` of the clips."""
        chance, kind = rng.random(), _KINDS[int(rng.integers(len(_KINDS)))]
        below = round(float(rng.uniform(*_BELOW_DB)), 2)
        if chance >= context.config.clip_probability:
            return {}
        return {"kind": kind, "below_peak_db": below}

    def apply(
        self, samples: npt.NDArray[np.float32], rate_hz: int, params: Mapping[str, Scalar]
    ) -> npt.NDArray[np.float32]:
        """The samples, none above the threshold."""
        import numpy as np

        peak = float(np.abs(samples).max(initial=0.0))
        if peak == 0.0:
            return samples
        limit = np.float32(peak * 10.0 ** (-float(params["below_peak_db"]) / 20.0))
        held: npt.NDArray[np.float32]
        if params["kind"] == "hard":
            held = np.clip(samples, -limit, limit)
        else:
            held = limit * np.tanh(samples / limit)
        return held


PLUGIN = Clip()
