"""Speech, noise and microphone in one: transforms are shared, spectra are multiplied.

The same as the effects `room`, `noise` and `mic` one after another (a test holds them within
1e-5 of the peak), in fewer transforms.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

import numpy as np

from corpusforge.speech import convolve
from corpusforge.speech.acoustics import shoebox
from corpusforge.speech.effects.mic import PLUGIN as MIC
from corpusforge.speech.effects.noise import PLUGIN as NOISE
from corpusforge.speech.effects.room import PLUGIN as ROOM
from corpusforge.speech.levels import active_power
from corpusforge.speech.rooms import room_spectra

if TYPE_CHECKING:
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
        wet = convolve.signal(spectra, count)
    elif mic is not None:
        spectra = source.frames()[: convolve.blocks(count)]
    speech_power = active_power(wet, rate_hz)
    samples, noise_power, past = wet, None if noise is None else 0.0, None
    if noise is not None and speech_power > 0.0:
        sound = NOISE.sound(count, rate_hz, noise, frames=mic is not None)
        scale = NOISE.scale(speech_power, sound, noise)
        noise_power = sound.power * float(scale) ** 2
        if mic is None or spectra is None or sound.frames is None:
            samples = wet + sound.samples * scale
        else:
            spectra = _sum(spectra, sound.frames, scale)
            past = None if sound.past is None else sound.past * scale
    if mic is not None and spectra is not None:
        samples = convolve.signal(spectra * MIC.transfer(rate_hz, mic), count)
        if past is not None:
            # The noise was there before the clip; its microphone starts with it.
            start = np.convolve(past, MIC.response(rate_hz, mic))[convolve.PAST :][:count]
            samples[: start.size] -= start
    return Mixed(samples, wet, speech_power, noise_power)


def _sum(
    first: npt.NDArray[np.complex64], second: npt.NDArray[np.complex64], scale: np.float32
) -> npt.NDArray[np.complex64]:
    """The first plus the second times `scale`."""
    mixed: npt.NDArray[np.complex64] = second * scale
    mixed += first
    return mixed
