"""Speech, noise and microphone in one: transforms are shared, spectra are multiplied.

The same as the effects `room`, `noise` and `mic` one after another (a test holds them within
1e-5 of the peak), in fewer transforms.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from corpusforge.speech import convolve
from corpusforge.speech.acoustics import shoebox
from corpusforge.speech.effects.mic import PLUGIN as MIC
from corpusforge.speech.effects.noise import PLUGIN as NOISE
from corpusforge.speech.effects.room import PLUGIN as ROOM
from corpusforge.speech.levels import active_power, power
from corpusforge.speech.rooms import room_spectra

if TYPE_CHECKING:
    import numpy as np
    import numpy.typing as npt

    from corpusforge.speech.effect import Scalar

__all__ = ["FUSED", "Mixed", "Source", "mix"]

FUSED = (ROOM.op, NOISE.op, MIC.op)
"""Effects that `mix` does."""


@dataclass(slots=True)
class Source:
    """Speech whose transform is made once, however many copies of it are mixed.

    Attributes:
        samples: At `rate_hz`, shape [samples].
        rate_hz: Sampling rate.
    """

    samples: npt.NDArray[np.float32]
    rate_hz: int
    _frames: npt.NDArray[np.complex64] | None = field(default=None, repr=False)

    def frames(self) -> npt.NDArray[np.complex64]:
        """Its spectra; treat them as read-only."""
        if self._frames is None:
            self._frames = convolve.spectra(self.samples, convolve.AFTER)
        return self._frames


@dataclass(frozen=True, slots=True)
class Mixed:
    """What the microphone gives, and what was measured before it.

    Attributes:
        samples: Speech and noise through the microphone, shape [samples].
        speech: The speech alone before the microphone, shape [samples].
        speech_power: Mean square of it where it is active.
        noise_power: Mean square of the noise alone before the microphone; None without noise.
    """

    samples: npt.NDArray[np.float32]
    speech: npt.NDArray[np.float32]
    speech_power: float
    noise_power: float | None


def mix(source: Source, steps: Mapping[str, Mapping[str, Scalar]]) -> Mixed:
    """Room, noise and microphone, as far as `steps` has them.

    Args:
        source: Dry speech, placed in its clip.
        steps: Op -> parameters, of `FUSED`.

    Raises:
        UnfitError: When a noise cannot be had or is silent.
    """
    rate_hz = source.rate_hz
    room, noise, mic = (steps.get(op) for op in FUSED)
    count, spectra, wet = source.samples.size, None, source.samples
    if room is not None:
        count += round(float(room["ring_s"]) * rate_hz)
        pieces = room_spectra(shoebox(room), rate_hz)
        spectra = convolve.filtered(source.frames(), pieces, convolve.blocks(count))
        # The inverse overwrites; the spectra are needed again where a microphone follows.
        wet = convolve.signal(spectra.copy() if mic is not None else spectra, count)
    speech_power = active_power(wet, rate_hz)
    samples, noise_power = wet, None
    if noise is not None:
        wanted = mic is not None and spectra is not None
        added, more = NOISE.branch(speech_power, count, rate_hz, noise, spectra=wanted)
        noise_power, samples = power(added), wet + added
        spectra = _sum(spectra, more) if wanted else None
        if spectra is not None:
            # The noise was there before the clip; its microphone starts with it.
            spectra[0] = convolve.spectra(samples[: convolve.HOP])[0]
    if mic is not None:
        if spectra is None:
            spectra = convolve.spectra(samples)
        spectra *= convolve.transfer(MIC.response(rate_hz, mic))
        samples = convolve.signal(spectra, count)
    return Mixed(samples, wet, speech_power, noise_power)


def _sum(
    first: npt.NDArray[np.complex64] | None, second: npt.NDArray[np.complex64] | None
) -> npt.NDArray[np.complex64] | None:
    """The sum, made in the first; None where either is."""
    if first is None or second is None:
        return None
    first += second
    return first
