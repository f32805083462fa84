"""Pitch and formants of a recorded voice moved by themselves, for engines that cannot move them.

Resampling moves both by the factor on the pitch; then the envelope of the short-time spectrum is
stretched until the formants are where they should be. The envelope is the cepstrally smoothed log
spectrum (Oppenheim and Schafer, Discrete-Time Signal Processing, section on homomorphic analysis
of speech); phases stay as they are, so nothing is said about epochs or voicing that could be wrong.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from corpusforge.core.errors import require
from corpusforge.speech.pseudo import Shift, shifted_spectrum

if TYPE_CHECKING:
    import numpy as np
    import numpy.typing as npt

__all__ = ["moved"]

_WINDOW_S = 0.032
"""Of the analysis: a few periods of a low voice, short beside a phone."""
_HOPS = 4
"""Hops per window: windows squared add up to a constant from 3 on."""
_LIFTER_S = 0.0018
"""Quefrencies that are the vocal tract's: below the period of a voice of 500 Hz."""
_MOST_GAIN = 2.5
"""Of the logarithm, 22 dB: what is not there (above the band of the source) is not blown up."""


def moved(samples: npt.NDArray[np.float32], rate_hz: int, shift: Shift) -> npt.NDArray[np.float32]:
    """The voice with another pitch and other formants, shorter by the factor on the pitch.

    Args:
        samples: Mono, shape [samples].
        rate_hz: Their rate; a factor on the pitch below 1 leaves the band above that part of half
            the rate empty.
        shift: Factors.

    Returns:
        Mono, shape [round(samples / shift.pitch)], of the same power; not bounded.
    """
    soxr = require("soxr", extra="speech", purpose="pseudo-speakers")
    if samples.size == 0:
        return samples
    found: npt.NDArray[np.float32] = samples
    if shift.pitch != 1.0:
        found = soxr.resample(samples, rate_hz * shift.pitch, rate_hz, quality="HQ")
    stretch = shift.formant / shift.pitch
    return found if stretch == 1.0 else _stretched(found, rate_hz, stretch)


def _stretched(
    samples: npt.NDArray[np.float32], rate_hz: int, stretch: float
) -> npt.NDArray[np.float32]:
    """The samples with the envelope of their spectrum on a stretched axis of frequency."""
    import numpy as np

    hop = round(_WINDOW_S * rate_hz / _HOPS)
    size = hop * _HOPS
    count = -(-(samples.size + size) // hop)
    padded = np.zeros(count * hop + size, np.float64)
    padded[size : size + samples.size] = samples
    window = np.sqrt(0.5 - 0.5 * np.cos(2 * np.pi * np.arange(size) / size))
    frames = np.lib.stride_tricks.sliding_window_view(padded, size)[::hop] * window
    spectrum = np.fft.rfft(frames, axis=1)
    spectrum *= np.exp(_gain(np.abs(spectrum), round(_LIFTER_S * rate_hz), stretch))
    frames = np.fft.irfft(spectrum, size, axis=1) * window
    found = np.zeros(padded.size, np.float64)
    for place in range(_HOPS):
        part = frames[place::_HOPS]
        start = place * hop
        found[start : start + part.size] += part.reshape(-1)
    found = found[size : size + samples.size] * (2 / _HOPS)
    power = float(np.sum(found**2))
    level = np.sqrt(float(np.sum(samples.astype(np.float64) ** 2)) / power) if power else 0.0
    return (found * level).astype(np.float32)


def _gain(
    magnitudes: npt.NDArray[np.float64], lifter: int, stretch: float
) -> npt.NDArray[np.float64]:
    """Logarithm of the gain per frame and bin, shape [frames, bins]."""
    import numpy as np

    # A floor of 80 dB below the frame's peak: zeros between harmonics have no logarithm.
    floor = np.maximum(magnitudes.max(axis=1, keepdims=True) * 1e-4, 1e-9)
    cepstrum = np.fft.irfft(np.log(np.maximum(magnitudes, floor)), axis=1)
    cepstrum[:, lifter + 1 : cepstrum.shape[1] - lifter] = 0.0
    envelope = np.fft.rfft(cepstrum, axis=1).real
    wanted = shifted_spectrum(envelope.T, stretch).T
    found: npt.NDArray[np.float64] = np.clip(wanted - envelope, -_MOST_GAIN, _MOST_GAIN)
    return found
