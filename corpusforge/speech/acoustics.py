"""Responses of shoebox rooms: early reflections by image sources, a tail shaped per band.

Image sources after J. B. Allen, D. A. Berkley, "Image method for efficiently simulating
small-room acoustics", JASA 65 (1979). All images are taken that arrive in the first 50 ms; from
there on their mean energy is known without counting them (their number grows with the square of
the time, their energy falls with it), and noise with that envelope takes their place. Walls are
alike; how much they reflect follows from the reverberation time (Eyring), per band.
"""

from __future__ import annotations

import math
from collections.abc import Mapping
from functools import lru_cache
from typing import TYPE_CHECKING, NamedTuple

from corpusforge.core.errors import require

if TYPE_CHECKING:
    import numpy as np
    import numpy.typing as npt

    from corpusforge.speech.effect import Scalar

__all__ = [
    "BAND_CENTRES_HZ",
    "PLACE",
    "ROOM_UNITS",
    "SOUND_M_S",
    "WALLS",
    "Shoebox",
    "response",
    "shoebox",
]

SOUND_M_S = 343.0
"""Speed of sound in air of 20 degrees Celsius."""

ROOM_UNITS = {
    "length_m": "m",
    "width_m": "m",
    "height_m": "m",
    "rt60_s": "s",
    "rt60_low": "1",
    "rt60_high": "1",
    "mic_x_m": "m",
    "mic_y_m": "m",
    "mic_z_m": "m",
    "source_x_m": "m",
    "source_y_m": "m",
    "source_z_m": "m",
    "drr_db": "dB",
    "room_seed": "",
}
"""Parameters of a response -> their units. `rt60_s` is that of 750 Hz (in drawn rooms, the octaves
of 500 Hz and 1 kHz decay within 5 % of it in the median); `rt60_low` and `rt60_high` are factors
on it at 125 Hz and at 8 kHz. `drr_db` is the energy of the direct path over that of the rest."""

PLACE = ("source_x_m", "source_y_m", "source_z_m", "drr_db", "room_seed")
"""Those of them that are of the source."""

WALLS = tuple(name for name in ROOM_UNITS if name not in PLACE)
"""Those of them that are of room and microphone."""

BAND_CENTRES_HZ = (125.0, 250.0, 750.0, 2000.0, 4000.0, 8000.0)
"""Where the decay of a room is given (`Shoebox.decay_s`)."""

# 60 dB of decay in power: ln(10 ** 6).
_DECAY = math.log(1e6)
_EARLY_S = 0.05
_EARLY_SHARE = 0.17
# Images fall between samples: they are put on a finer grid, whose upper bands are then left out.
_OVERSAMPLING = 8
_LOWEST_HZ = 50.0
# What filters ring on after the last image.
_RING_S = 0.035


class Shoebox(NamedTuple):
    """A room, a microphone and one source in it; see `ROOM_UNITS`."""

    length_m: float
    width_m: float
    height_m: float
    rt60_s: float
    rt60_low: float
    rt60_high: float
    mic_x_m: float
    mic_y_m: float
    mic_z_m: float
    source_x_m: float
    source_y_m: float
    source_z_m: float
    drr_db: float | None
    room_seed: int

    @property
    def sides_m(self) -> tuple[float, float, float]:
        """Length, width, height."""
        return self.length_m, self.width_m, self.height_m

    @property
    def mic_m(self) -> tuple[float, float, float]:
        """Where the microphone is."""
        return self.mic_x_m, self.mic_y_m, self.mic_z_m

    @property
    def source_m(self) -> tuple[float, float, float]:
        """Where the talker or the source of noise is."""
        return self.source_x_m, self.source_y_m, self.source_z_m

    @property
    def distance_m(self) -> float:
        """From the source to the microphone."""
        return math.dist(self.mic_m, self.source_m)

    @property
    def volume_m3(self) -> float:
        """Of the room."""
        return math.prod(self.sides_m)

    @property
    def early_s(self) -> float:
        """Until when images are taken one by one, in seconds after the direct path."""
        return min(_EARLY_S, _EARLY_SHARE * self.rt60_s)

    def decay_s(self) -> tuple[float, ...]:
        """Reverberation time in each band."""
        low, high = self.rt60_s * self.rt60_low, self.rt60_s * self.rt60_high
        middle = self.rt60_s
        return (low, math.sqrt(low * middle), middle, *_towards(middle, high, 3))

    def reflected(self, rt60_s: float) -> float:
        """Factor on the amplitude at a wall, after Eyring."""
        length, width, height = self.sides_m
        surface_m2 = 2.0 * (length * width + length * height + width * height)
        lost = 4.0 * _DECAY * self.volume_m3 / (SOUND_M_S * surface_m2 * rt60_s)
        return math.exp(-lost / 2.0)


def _towards(start: float, end: float, steps: int) -> tuple[float, ...]:
    return tuple(start * (end / start) ** (step / steps) for step in range(1, steps + 1))


def shoebox(params: Mapping[str, Scalar]) -> Shoebox:
    """The room that parameters of an effect tell of."""
    values = {name: float(params[name]) for name in ROOM_UNITS if name in params}
    seed, drr_db = int(values.pop("room_seed")), values.pop("drr_db", None)
    return Shoebox(**values, drr_db=drr_db, room_seed=seed)


@lru_cache(maxsize=64)
def response(room: Shoebox, rate_hz: int) -> npt.NDArray[np.float32]:
    """The impulse response from the source to the microphone; treat it as read-only.

    Args:
        room: With `drr_db` None the ratio is that of the room; otherwise all that is not direct
            is scaled to the ratio.
        rate_hz: Sampling rate.

    Returns:
        Shape [rt60 of the slowest band * rate], the direct path at sample 0, sum of squares 1.
    """
    import numpy as np

    count = max(2, math.ceil(max(room.decay_s()) * rate_hz))
    reverberant = _early(room, rate_hz, count) + _tail(room, rate_hz, count)
    reverberant[0] = 0.0
    if room.drr_db is not None:
        energy = float(np.sum(reverberant**2))
        if energy > 0.0:
            reverberant *= math.sqrt(10.0 ** (-room.drr_db / 10.0) / energy)
    reverberant[0] = 1.0
    reverberant /= math.sqrt(float(np.sum(reverberant**2)))
    whole: npt.NDArray[np.float32] = reverberant.astype(np.float32)
    whole.flags.writeable = False
    return whole


def _windows(size: int, rate_hz: int) -> npt.NDArray[np.float64]:
    """Shares of the bands at the frequencies of a transform, [bands, size // 2 + 1]; sum 1."""
    import numpy as np

    frequencies = np.fft.rfftfreq(size, 1.0 / rate_hz)
    # Between centres, shares go over on the logarithmic scale.
    octaves = np.log2(np.maximum(frequencies, 1.0))
    centres = np.log2(np.array(BAND_CENTRES_HZ))
    places = np.interp(octaves, centres, np.arange(centres.size))
    far = np.abs(places - np.arange(centres.size)[:, None])
    shares: npt.NDArray[np.float64] = np.maximum(0.0, 1.0 - far)
    return shares


def _early(room: Shoebox, rate_hz: int, count: int) -> npt.NDArray[np.float64]:
    """All images but the direct path that arrive before the tail, direct amplitude = 1."""
    import numpy as np

    fft = require("scipy.fft", extra="speech", purpose="rooms")
    delays_s, amplitudes, orders = _images(room)
    places = np.rint(delays_s * rate_hz * _OVERSAMPLING).astype(np.int64)
    size = fft.next_fast_len(round((room.early_s + _RING_S) * rate_hz), real=True)
    kept = size // 2 + 1
    windows = _windows(size, rate_hz)
    spectrum = np.zeros(kept, dtype=np.complex128)
    for window, rt60_s in zip(windows, room.decay_s(), strict=True):
        weights = amplitudes * room.reflected(rt60_s) ** orders
        fine = np.bincount(places, weights, size * _OVERSAMPLING)
        spectrum += window * fft.rfft(fine)[:kept]
    # Many images that fall into one sample add up to a pressure that does not change; air leaks.
    turns = 1j * fft.rfftfreq(size, 1.0 / rate_hz) / _LOWEST_HZ
    spectrum *= turns**2 / (turns**2 + math.sqrt(2.0) * turns + 1.0)
    early: npt.NDArray[np.float64] = np.zeros(count)
    some = min(count, size)
    early[:some] = fft.irfft(spectrum, size)[:some]
    return early


def _images(
    room: Shoebox,
) -> tuple[npt.NDArray[np.float64], npt.NDArray[np.float64], npt.NDArray[np.int64]]:
    """Delays after the direct path, amplitudes without losses, numbers of reflections."""
    import numpy as np

    direct_m = room.distance_m
    reach_m = direct_m + room.early_s * SOUND_M_S
    squares, orders = [], []
    for side, mic, source in zip(room.sides_m, room.mic_m, room.source_m, strict=True):
        reach = math.ceil(reach_m / (2.0 * side)) + 1
        cells = np.arange(-reach, reach + 1)
        place = np.concatenate([2.0 * cells * side + source, 2.0 * cells * side - source])
        squares.append((place - mic) ** 2)
        orders.append(np.concatenate([np.abs(2 * cells), np.abs(2 * cells - 1)]))
    square = squares[0][:, None, None] + squares[1][None, :, None] + squares[2][None, None, :]
    order = orders[0][:, None, None] + orders[1][None, :, None] + orders[2][None, None, :]
    wanted = (square < reach_m**2) & (order > 0)
    distances = np.sqrt(square[wanted])
    return (distances - direct_m) / SOUND_M_S, direct_m / distances, order[wanted]


def _tail(room: Shoebox, rate_hz: int, count: int) -> npt.NDArray[np.float64]:
    """Noise with the mean energy of the images that arrive after the early ones."""
    import numpy as np

    fft = require("scipy.fft", extra="speech", purpose="rooms")
    start = round(room.early_s * rate_hz)
    if count <= start:
        return np.zeros(count)
    # Drawn at a length that the transform is quick at, then cut.
    size = fft.next_fast_len(count, real=True)
    generator = np.random.Generator(np.random.Philox(room.room_seed))
    spectrum = fft.rfft(generator.standard_normal(size))
    # Energy of the images per second, relative to the direct path: 4 pi c r^2 / V, and losses.
    density = 4.0 * math.pi * SOUND_M_S * room.distance_m**2 / room.volume_m3
    level = math.sqrt(density / rate_hz)
    times_s = np.arange(count) / rate_hz + room.distance_m / SOUND_M_S
    tail = np.zeros(count)
    for window, rt60_s in zip(_windows(size, rate_hz), room.decay_s(), strict=True):
        band = fft.irfft(spectrum * window, size)[:count]
        tail += band * np.exp(-_DECAY / 2.0 / rt60_s * times_s)
    tail[:start] = 0.0
    return tail * level
