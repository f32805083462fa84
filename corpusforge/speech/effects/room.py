"""A simple room: direct path plus an exponentially decaying tail, delay compensated."""

from __future__ import annotations

import math
from collections.abc import Mapping
from typing import TYPE_CHECKING

from corpusforge.core.errors import require
from corpusforge.core.recipe import SpeechConfig
from corpusforge.speech.effect import Scalar, unmoved

if TYPE_CHECKING:
    import numpy as np
    import numpy.typing as npt

# 60 dB of decay in amplitude: ln(10 ** 3).
_DECAY = math.log(1000.0)
# Own choice for a talker one to three metres away in a living room; not in the recipe yet.
_DRR_DB = (0.0, 12.0)
_GAP_MS = (2.0, 12.0)
# Walls and air take the treble first: the tail falls by 6 dB per octave above this.
_TAIL_CUTOFF_HZ = 3500.0


class Room:
    """Convolves with a response of a direct path at sample 0 and a shaped noise tail."""

    op = "room"
    version = "1"
    order = 30
    additive = False
    times = staticmethod(unmoved)
    units = {"rt60_s": "s", "drr_db": "dB", "gap_ms": "ms", "seed": ""}  # noqa: RUF012
    example: Mapping[str, Scalar] = {
        "rt60_s": 0.3,
        "drr_db": 3.0,
        "gap_ms": 5.0,
        "seed": 7,
    }

    def draw(self, rng: np.random.Generator, config: SpeechConfig) -> dict[str, Scalar]:
        """A room for `room_probability` of the clips, RT60 uniform over `rt60_s`."""
        chance = rng.random()
        params: dict[str, Scalar] = {
            "rt60_s": round(float(rng.uniform(*config.rt60_s)), 4),
            "drr_db": round(float(rng.uniform(*_DRR_DB)), 2),
            "gap_ms": round(float(rng.uniform(*_GAP_MS)), 2),
            "seed": int(rng.integers(2**31)),
        }
        return params if chance < config.room_probability else {}

    def response(self, rate_hz: int, params: Mapping[str, Scalar]) -> npt.NDArray[np.float32]:
        """The impulse response, shape [rt60 * rate]; 1 at sample 0, tail at the drawn DRR."""
        import numpy as np

        rt60_s = float(params["rt60_s"])
        count = max(2, math.ceil(rt60_s * rate_hz))
        generator = np.random.Generator(np.random.Philox(int(params["seed"])))
        # Drawn at a length that the transform is quick at, then cut.
        fft = require("scipy.fft", extra="speech", purpose="rooms")
        size = fft.next_fast_len(count, real=True)
        shape = 1.0 / np.sqrt(1.0 + (fft.rfftfreq(size, 1.0 / rate_hz) / _TAIL_CUTOFF_HZ) ** 2)
        tail = fft.irfft(fft.rfft(generator.standard_normal(size)) * shape, size)[:count]
        tail *= np.exp(-_DECAY / (rt60_s * rate_hz) * np.arange(count))
        gap = min(count - 1, max(1, round(float(params["gap_ms"]) * 1e-3 * rate_hz)))
        tail[:gap] = 0.0
        tail *= 10.0 ** (-float(params["drr_db"]) / 20.0) / math.sqrt(float(np.sum(tail**2)))
        tail[0] = 1.0
        response: npt.NDArray[np.float32] = tail.astype(np.float32)
        return response

    def apply(
        self, samples: npt.NDArray[np.float32], rate_hz: int, params: Mapping[str, Scalar]
    ) -> npt.NDArray[np.float32]:
        """Reverberant samples: same start, same energy, longer by the tail."""
        import numpy as np

        fft = require("scipy.fft", extra="speech", purpose="rooms")
        response = self.response(rate_hz, params)
        count = samples.size + response.size - 1
        size = fft.next_fast_len(count, real=True)
        spectrum = fft.rfft(samples, size) * fft.rfft(response, size)
        wet: npt.NDArray[np.float32] = fft.irfft(spectrum, size)[:count]
        before = float(np.sum(np.square(samples, dtype=np.float64)))
        after = float(np.sum(np.square(wet, dtype=np.float64)))
        if after <= 0.0:
            return wet.astype(np.float32)
        return (wet * np.float32(math.sqrt(before / after))).astype(np.float32)


PLUGIN = Room()
