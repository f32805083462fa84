"""Real recordings made worse by another generator than the one that corpora are augmented with.

Rooms by the image-source method of pyroomacoustics, babble of other recordings of the same set,
and a telephone's band for half of the clips. `corpusforge.speech` takes no part in it, so that
models trained on its rooms and noises are not tested on them.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from functools import cache
from importlib import util

import numpy as np
import numpy.typing as npt

from corpusforge.core.seeding import rng as keyed

__all__ = ["FACTS", "degraded", "missing"]

FACTS = (
    "shoebox rooms of pyroomacoustics (RT60 0.2 to 0.6 s, 1 to 2.5 m), babble of six other clips "
    "at 5 to 20 dB, half of the clips band-limited to 300 to 3400 Hz"
)

_ROOMS = 12
_RT60_S = (0.2, 0.6)
_DISTANCE_M = (1.0, 2.5)
_VOICES = 6
_SNR_DB = (5.0, 20.0)
_BAND_HZ = (300.0, 3400.0)

Samples = npt.NDArray[np.float32]


def missing() -> str:
    """Why clips cannot be degraded here, "" when they can."""
    found = util.find_spec("pyroomacoustics") is not None
    return "" if found else "pyroomacoustics is not installed: no degraded clips"


@cache
def _room(rate_hz: int, number: int) -> npt.NDArray[np.float64]:
    """Response of one room, its direct path at sample 0 with amplitude 1."""
    import pyroomacoustics as pra

    draws = keyed(number, "eval.degrade", "room")
    size = draws.uniform([3.0, 2.5, 2.3], [7.0, 5.0, 3.0])
    absorption, order = pra.inverse_sabine(float(draws.uniform(*_RT60_S)), size)
    room = pra.ShoeBox(
        size, fs=rate_hz, materials=pra.Material(absorption), max_order=min(order, 17)
    )
    talker = draws.uniform(0.4, size - 0.4)
    wanted = float(draws.uniform(*_DISTANCE_M))
    angle = float(draws.uniform(0.0, 2.0 * math.pi))
    offset = wanted * np.array([math.cos(angle), math.sin(angle), 0.0])
    microphone = np.clip(talker + offset, 0.3, size - 0.3)
    room.add_source(talker)
    room.add_microphone(microphone)
    room.compute_rir()
    response = np.asarray(room.rir[0][0], dtype=np.float64)
    direct = int(np.argmax(np.abs(response)))
    return np.asarray(response[direct:] / response[direct])


def _power(samples: npt.NDArray[np.float64], rate_hz: int) -> float:
    """Mean power of the frames of 20 ms that lie within 30 dB of the loudest."""
    frame = rate_hz // 50
    count = max(1, samples.size // frame)
    powers = np.mean(np.square(samples[: count * frame].reshape(count, -1)), axis=1)
    return float(powers[powers >= powers.max() * 1e-3].mean())


def _babble(others: Sequence[Samples], count: int, draws: np.random.Generator) -> Samples:
    """Some other clips at once, each repeated from a drawn place on, shape [count]."""
    total = np.zeros(count)
    for place in draws.choice(len(others), size=min(_VOICES, len(others)), replace=False):
        other = others[int(place)].astype(np.float64)
        start = int(draws.integers(other.size))
        one = np.resize(np.roll(other, -start), count)
        total += one / max(1e-9, float(np.sqrt(np.mean(one**2))))
    return total.astype(np.float32)


def degraded(
    samples: Samples, rate_hz: int, others: Sequence[Samples], seed: int, key: str
) -> Samples:
    """A clip in a room with others talking.

    Args:
        samples: Mono, shape [samples].
        rate_hz: Of all clips.
        others: What the babble is made of, not of the same clip.
        seed: Of the draws.
        key: The clip's name: with the seed it decides all that is drawn.

    Returns:
        The clip, with the room's tail, peak at 0.9.
    """
    from scipy.signal import butter, fftconvolve, sosfilt

    draws = keyed(seed, "eval.degrade", key)
    response = _room(rate_hz, int(draws.integers(_ROOMS)))
    wet = fftconvolve(samples.astype(np.float64), response)[: samples.size + rate_hz // 5]
    noise = _babble(others, wet.size, draws).astype(np.float64)
    snr_db = float(draws.uniform(*_SNR_DB))
    wanted = _power(wet, rate_hz) / 10.0 ** (snr_db / 10.0)
    mixed = wet + noise * math.sqrt(wanted / float(np.mean(noise**2)))
    if draws.random() < 0.5:
        band = (_BAND_HZ[0], min(_BAND_HZ[1], 0.45 * rate_hz))
        mixed = sosfilt(butter(4, band, "bandpass", fs=rate_hz, output="sos"), mixed)
    found: Samples = (0.9 * mixed / np.abs(mixed).max()).astype(np.float32)
    return found
