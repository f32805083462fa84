"""Automatic gain control: slow gain towards a level, fast when it is too loud."""

from __future__ import annotations

import math
from collections.abc import Mapping
from typing import TYPE_CHECKING

from corpusforge.speech.effect import Context, Scalar, unmoved

if TYPE_CHECKING:
    import numpy as np
    import numpy.typing as npt

_FRAME_S = 0.01
# Own choices, in the range of telephones and meeting devices.
_TARGET_DBFS, _MAX_GAIN_DB = (-26.0, -18.0), (12.0, 30.0)
_ATTACK_MS, _RELEASE_MS = (5.0, 50.0), (200.0, 2000.0)


class Agc:
    """Follows the level of the signal, noise included, and turns it towards a target.

    The gain of a frame of 10 ms follows the levels of the frames up to it; between frames it moves
    in a straight line. It starts from a level 10 dB below the loudest frame of the whole clip, as
    in a device that has heard this speaker for a while: so the clip is needed before its first
    sample.
    """

    op = "agc"
    version = "1"
    order = 68
    additive = False
    times = staticmethod(unmoved)
    units = {  # noqa: RUF012
        "target_dbfs": "dBFS",
        "max_gain_db": "dB",
        "attack_ms": "ms",
        "release_ms": "ms",
    }
    example: Mapping[str, Scalar] = {
        "target_dbfs": -20.0,
        "max_gain_db": 20.0,
        "attack_ms": 20.0,
        "release_ms": 500.0,
    }

    def draw(self, rng: np.random.Generator, context: Context) -> dict[str, Scalar]:
        """A control for `agc_probability` of the clips."""
        chance = rng.random()
        ranges = (_TARGET_DBFS, _MAX_GAIN_DB, _ATTACK_MS, _RELEASE_MS)
        drawn = [round(float(rng.uniform(*limits)), 2) for limits in ranges]
        params: dict[str, Scalar] = dict(zip(self.units, drawn, strict=True))
        return params if chance < context.config.agc_probability else {}

    def apply(
        self, samples: npt.NDArray[np.float32], rate_hz: int, params: Mapping[str, Scalar]
    ) -> npt.NDArray[np.float32]:
        """The samples times a gain that moves; silence stays silence."""
        turned: npt.NDArray[np.float32] = samples * self.curve(samples, rate_hz, params)
        return turned

    def curve(
        self, samples: npt.NDArray[np.float32], rate_hz: int, params: Mapping[str, Scalar]
    ) -> npt.NDArray[np.float32]:
        """Factor on each of the samples, shape [samples]; 1 for silence."""
        import numpy as np

        from corpusforge.speech.levels import frame_powers

        frame = max(1, round(_FRAME_S * rate_hz))
        powers = frame_powers(samples, frame)
        loudest = float(powers.max(initial=0.0))
        if loudest <= 0.0:
            return np.ones(samples.size, np.float32)
        gains = _gains(powers, loudest, params)
        centres = (np.arange(len(gains)) + 0.5) * frame
        return np.interp(np.arange(samples.size), centres, gains).astype(np.float32)


def _gains(
    powers: npt.NDArray[np.float64], loudest: float, params: Mapping[str, Scalar]
) -> list[float]:
    """Gain of each frame, as a factor on the amplitude."""
    target = 10.0 ** (float(params["target_dbfs"]) / 10.0)
    most = 10.0 ** (float(params["max_gain_db"]) / 20.0)
    attack, release = (
        1.0 - math.exp(-_FRAME_S * 1e3 / float(params[name]))
        for name in ("attack_ms", "release_ms")
    )
    level, gains = loudest * 0.1, []
    for power in powers.tolist():
        level += (attack if power > level else release) * (power - level)
        gains.append(min(most, math.sqrt(target / max(level, 1e-20))))
    return gains


PLUGIN = Agc()
