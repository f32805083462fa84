"""What the network of `eval.speech.barista_net` hears: mel powers, varied while it trains.

Variations work on the powers, which are kept per clip: other tempo, other vocal tract, babble of
other clips, steady noise, a telephone's band, more room at the edges. They cost 1 ms a clip, and
give a clip another face in every epoch.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cache
from typing import NamedTuple

import numpy as np
import numpy.typing as npt

from corpusforge.core.mel_filters import mel_filters
from eval.speech.barista_orders import RATE_HZ

__all__ = [
    "BANDS",
    "HOP_S",
    "Powers",
    "Variation",
    "Varied",
    "levels",
    "powers",
    "stacked",
    "varied",
]

BANDS = 40
HOP_S = 0.01
_WINDOW, _HOP, _FFT = 400, 160, 512
_LOW_HZ, _HIGH_HZ = 60.0, 7600.0
_RANGE_DB = 45.0
"""What lies further below the loudest band counts as silence: engines are silent there, and
recordings are not."""

Powers = npt.NDArray[np.float32]


@dataclass(frozen=True)
class Variation:
    """How far clips are varied.

    Attributes:
        tempo: Largest factor on the duration, either way.
        tract: Largest factor on the mel scale, either way.
        babble: Share of clips with babble of three others, 3 to 25 dB below.
        noise: Share of clips with steady noise, 3 to 30 dB below.
        telephone: Share of clips cut to 300 to 3400 Hz.
        edges_s: Longest silence put before and behind.
        masked_frames: Longest hole in time; there are two, and one of up to 6 bands.
    """

    tempo: float = 1.2
    tract: float = 1.12
    babble: float = 0.25
    noise: float = 0.25
    telephone: float = 0.15
    edges_s: float = 0.4
    masked_frames: int = 10


def _mel(hertz: npt.ArrayLike) -> npt.NDArray[np.float64]:
    return np.asarray(2595.0 * np.log10(1.0 + np.asarray(hertz) / 700.0))


@cache
def _filters() -> npt.NDArray[np.float64]:
    return mel_filters(BANDS, _FFT, RATE_HZ, _LOW_HZ, _HIGH_HZ)


def powers(samples: npt.NDArray[np.float32]) -> Powers:
    """Mel powers of a clip, the loudest 1, shape [frames, bands], 100 frames a second.

    Args:
        samples: Mono, 16 kHz.
    """
    padded = np.pad(samples, (_WINDOW // 2, _WINDOW))
    frames = np.lib.stride_tricks.sliding_window_view(padded, _WINDOW)[::_HOP]
    spectra = np.abs(np.fft.rfft(frames * np.hanning(_WINDOW), _FFT)) ** 2
    bands = spectra @ _filters()
    return np.asarray(bands / max(float(bands.max()), 1e-20), dtype=np.float32)


def levels(clip: Powers) -> Powers:
    """What the network is given: decibels, mean 0 in each band, deviation 1 over the clip."""
    floor = float(clip.max()) * 10.0 ** (-_RANGE_DB / 10.0)
    found = 10.0 * np.log10(np.maximum(clip, floor))
    found -= found.mean(axis=0)
    return np.asarray(found / max(1e-3, float(found.std())), dtype=np.float32)


def _resampled(clip: Powers, places: npt.NDArray[np.float64], axis: int) -> Powers:
    """Values at fractional places along an axis, linearly."""
    places = np.clip(places, 0.0, clip.shape[axis] - 1.0)
    below = places.astype(np.int64)
    above = np.minimum(below + 1, clip.shape[axis] - 1)
    share = (places - below).astype(np.float32)
    if axis == 0:
        share = share[:, None]
    found: Powers = clip.take(below, axis) * (1.0 - share) + clip.take(above, axis) * share
    return found


def _mean_power(clip: Powers) -> float:
    """Of the frames within 30 dB of the loudest."""
    each = clip.sum(axis=1)
    return float(each[each >= each.max() * 1e-3].mean())


class Varied(NamedTuple):
    """A clip said and recorded otherwise: time t of the old one is at t * tempo + before_s."""

    levels: Powers
    tempo: float
    before_s: float


def varied(
    clip: Powers, others: Sequence[Powers], variation: Variation, draws: np.random.Generator
) -> Varied:
    """A clip said and recorded otherwise.

    Args:
        clip: Of `powers`.
        others: What babble is made of.
        variation: How far.
        draws: Consumed.
    """
    length, bands = clip.shape
    tempo = variation.tempo ** draws.uniform(-1.0, 1.0)
    tract = variation.tract ** draws.uniform(-1.0, 1.0)
    clip = _resampled(clip, np.arange(round(length * tempo)) / tempo, 0)
    clip = _resampled(clip, np.arange(bands) * tract, 1)
    quiet = np.quantile(clip, 0.05, axis=0)
    before, behind = draws.integers(0, round(variation.edges_s / HOP_S) + 1, size=2).tolist()
    edges = [
        (quiet * draws.gamma(2.0, 0.5, size=(count, bands))).astype(np.float32)
        for count in (before, behind)
    ]
    clip = np.concatenate([edges[0], clip, edges[1]])
    speech = _mean_power(clip)
    if draws.random() < variation.babble:
        noise = np.zeros_like(clip)
        for one in draws.integers(len(others), size=3).tolist():
            start = int(draws.integers(others[one].shape[0]))
            rolled = np.roll(others[one], start, axis=0)
            noise += np.resize(rolled / _mean_power(rolled), clip.shape)
        clip = clip + noise * np.float32(speech / 3.0 * 10.0 ** (-draws.uniform(0.3, 2.5)))
    if draws.random() < variation.noise:
        slope = draws.uniform(-0.08, 0.04) * np.arange(bands)
        colour = np.exp(slope + draws.normal(scale=0.3, size=bands))
        noise = colour / colour.sum() * draws.gamma(4.0, 0.25, size=clip.shape)
        clip = clip + (noise * speech * 10.0 ** (-draws.uniform(0.3, 3.0))).astype(np.float32)
    if draws.random() < variation.telephone:
        hertz = 700.0 * (
            10.0 ** (np.linspace(_mel(60.0), _mel(7600.0), bands + 2)[1:-1] / 2595) - 1
        )
        clip = clip * np.where((hertz > 300.0) & (hertz < 3400.0), 1.0, 1e-5).astype(np.float32)
    found = levels(clip)
    for size, widest, axis in ((found.shape[0], variation.masked_frames, 0),) * 2 + (
        (bands, 6, 1),
    ):
        first, width = int(draws.integers(size)), int(draws.integers(widest + 1))
        (found if axis == 0 else found.T)[first : first + width] = 0.0
    return Varied(found, tempo, before * HOP_S)


def stacked(clips: Sequence[Powers]) -> tuple[Powers, npt.NDArray[np.int64]]:
    """Clips in one array, zeros behind the shorter ones.

    Returns:
        Levels, shape [clips, frames, bands], frames a multiple of 4; lengths in frames.
    """
    lengths = np.array([clip.shape[0] for clip in clips])
    out = np.zeros((len(clips), -(-int(lengths.max()) // 4) * 4, BANDS), dtype=np.float32)
    for place, clip in enumerate(clips):
        out[place, : clip.shape[0]] = clip
    return out, lengths
