"""White, pink or brown noise at a signal-to-noise ratio over active speech."""

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

# Slope of the power spectrum: power falls with the frequency to this exponent.
_SLOPES = {"white": 0.0, "pink": 1.0, "brown": 2.0}
# Flat below: otherwise most of the power of brown noise lies below the band of speech, and the
# ratio that is stated flatters. From 300 Hz on, where recognisers listen, a corner at 50 Hz left
# 8 % of the power of brown noise, this one leaves a third.
_FLAT_BELOW_HZ = 200.0


class Noise:
    """Adds stationary coloured noise over the whole clip, after the room.

    The ratio is the power of active speech (`speech.levels.active_mask`) over the power of the
    noise, so that pauses do not change it.
    """

    op = "noise"
    version = "2"
    order = 50
    additive = True
    times = staticmethod(unmoved)
    units = {"color": "", "snr_db": "dB", "seed": ""}  # noqa: RUF012
    example: Mapping[str, Scalar] = {"color": "pink", "snr_db": 12.0, "seed": 7}

    def draw(self, rng: np.random.Generator, config: SpeechConfig) -> dict[str, Scalar]:
        """Noise for `noise_probability` of the clips, SNR uniform over `snr_db`."""
        chance = rng.random()
        params: dict[str, Scalar] = {
            "color": list(_SLOPES)[int(rng.integers(len(_SLOPES)))],
            "snr_db": round(float(rng.uniform(*config.snr_db)), 2),
            "seed": int(rng.integers(2**31)),
        }
        return params if chance < config.noise_probability else {}

    def branch(
        self, samples: npt.NDArray[np.float32], rate_hz: int, params: Mapping[str, Scalar]
    ) -> npt.NDArray[np.float64]:
        """The noise alone, scaled for these samples, shape [samples]; silence for silence."""
        import numpy as np

        from corpusforge.speech.levels import active_mask, power

        count = samples.size
        speech_power = power(samples[active_mask(samples, rate_hz)])
        if count == 0 or speech_power <= 0.0:
            return np.zeros(count)
        generator = np.random.Generator(np.random.Philox(int(params["seed"])))
        # Drawn at a length that the transform is quick at, then cut.
        fft = require("scipy.fft", extra="speech", purpose="noise")
        size = fft.next_fast_len(count, real=True)
        noise = generator.standard_normal(size)
        slope = _SLOPES[str(params["color"])]
        if slope:
            frequencies = np.maximum(fft.rfftfreq(size, 1.0 / rate_hz), _FLAT_BELOW_HZ)
            noise = fft.irfft(fft.rfft(noise) * frequencies ** (-slope / 2.0), size)
        noise = noise[:count]
        wanted = speech_power / 10.0 ** (float(params["snr_db"]) / 10.0)
        scaled: npt.NDArray[np.float64] = noise * math.sqrt(wanted / power(noise))
        return scaled

    def apply(
        self, samples: npt.NDArray[np.float32], rate_hz: int, params: Mapping[str, Scalar]
    ) -> npt.NDArray[np.float32]:
        """Speech plus noise."""
        import numpy as np

        mixed: npt.NDArray[np.float32] = (samples + self.branch(samples, rate_hz, params)).astype(
            np.float32
        )
        return mixed


PLUGIN = Noise()
