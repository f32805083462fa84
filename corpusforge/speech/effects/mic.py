"""The microphone: a band limit and an uneven response, as a short minimum-phase filter."""

from __future__ import annotations

from collections.abc import Mapping
from functools import lru_cache
from typing import TYPE_CHECKING

from corpusforge.core.errors import require
from corpusforge.speech.effect import Context, Scalar, unmoved

if TYPE_CHECKING:
    import numpy as np
    import numpy.typing as npt

_BANDS_HZ = (250, 500, 1000, 2000, 4000)
# Own choice: microphones of telephones and smart speakers in their cases differ by about as much.
_UNEVEN_DB = 5.0
_TAPS = 256
_DESIGN = 4096
_FLOOR_DB = -70.0
# Butterworth slopes: second order below, eighth above.
_LOW_ORDER, _HIGH_ORDER = 2, 8


class Mic:
    """Filters speech and noise alike; minimum phase, so that nothing comes later."""

    op = "mic"
    version = "2"
    order = 60
    additive = False
    times = staticmethod(unmoved)
    units = {  # noqa: RUF012
        "low_hz": "Hz",
        "high_hz": "Hz",
        **{f"eq_{band}_db": "dB" for band in _BANDS_HZ},
    }
    example: Mapping[str, Scalar] = {
        "low_hz": 120.0,
        "high_hz": 5500.0,
        "eq_250_db": 2.0,
        "eq_500_db": -1.0,
        "eq_1000_db": 0.5,
        "eq_2000_db": 3.0,
        "eq_4000_db": -2.0,
    }

    def draw(self, rng: np.random.Generator, context: Context) -> dict[str, Scalar]:
        """A microphone for `mic_probability` of the clips, uniform over its ranges."""
        config = context.config
        chance = rng.random()
        params: dict[str, Scalar] = {
            "low_hz": round(float(rng.uniform(*config.mic_low_hz)), 1),
            "high_hz": round(float(rng.uniform(*config.mic_high_hz)), 1),
        }
        for band in _BANDS_HZ:
            params[f"eq_{band}_db"] = round(float(rng.uniform(-_UNEVEN_DB, _UNEVEN_DB)), 2)
        return params if chance < config.mic_probability else {}

    def response(self, rate_hz: int, params: Mapping[str, Scalar]) -> npt.NDArray[np.float32]:
        """The impulse response, 256 taps, minimum phase; treat it as read-only."""
        return _response(rate_hz, _key(params))

    def transfer(self, rate_hz: int, params: Mapping[str, Scalar]) -> npt.NDArray[np.complex64]:
        """The spectrum of the response (`speech.convolve.transfer`); treat it as read-only."""
        return _transfer(rate_hz, _key(params))

    def apply(
        self, samples: npt.NDArray[np.float32], rate_hz: int, params: Mapping[str, Scalar]
    ) -> npt.NDArray[np.float32]:
        """The filtered samples, as many as before."""
        from corpusforge.speech import convolve

        frames = convolve.spectra(samples)
        frames *= self.transfer(rate_hz, params)
        return convolve.signal(frames, samples.size)


def _key(params: Mapping[str, Scalar]) -> tuple[tuple[str, float], ...]:
    return tuple(sorted((name, float(value)) for name, value in params.items()))


@lru_cache(maxsize=256)
def _transfer(rate_hz: int, params: tuple[tuple[str, float], ...]) -> npt.NDArray[np.complex64]:
    from corpusforge.speech import convolve

    spectrum = convolve.transfer(_response(rate_hz, params))
    spectrum.flags.writeable = False
    return spectrum


@lru_cache(maxsize=256)
def _response(rate_hz: int, params: tuple[tuple[str, float], ...]) -> npt.NDArray[np.float32]:
    """Minimum phase from the magnitude by the real cepstrum (Oppenheim & Schafer, ch. 12)."""
    import numpy as np

    fft = require("scipy.fft", extra="speech", purpose="microphones")
    values = dict(params)
    frequencies = fft.rfftfreq(_DESIGN, 1.0 / rate_hz)
    level_db = np.interp(
        np.log2(np.maximum(frequencies, 1.0)),
        np.log2(_BANDS_HZ),
        [values[f"eq_{band}_db"] for band in _BANDS_HZ],
    )
    low = values["low_hz"] / np.maximum(frequencies, 1e-3)
    high = frequencies / values["high_hz"]
    level_db -= 10.0 * np.log10(1.0 + low ** (2 * _LOW_ORDER))
    level_db -= 10.0 * np.log10(1.0 + high ** (2 * _HIGH_ORDER))
    log_magnitude = np.maximum(level_db, _FLOOR_DB) * (np.log(10.0) / 20.0)
    cepstrum = fft.irfft(log_magnitude, _DESIGN)
    cepstrum[1 : _DESIGN // 2] *= 2.0
    cepstrum[_DESIGN // 2 + 1 :] = 0.0
    taps = fft.irfft(np.exp(fft.rfft(cepstrum)), _DESIGN)[:_TAPS]
    # The end is faded out, or the cut would ring.
    fade = _TAPS // 4
    taps[-fade:] *= 0.5 + 0.5 * np.cos(np.pi * np.arange(1, fade + 1) / (fade + 1))
    response: npt.NDArray[np.float32] = taps.astype(np.float32)
    response.flags.writeable = False
    return response


PLUGIN = Mic()
