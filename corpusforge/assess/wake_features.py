"""Log-mel levels of a stream of audio, frame by frame, and the windows a detector looks at.

Unlike `assess.log_mel`, nothing is trimmed: a detector hears an endless stream and does not know
where a word begins. 16 kHz, 40 bands from 60 to 7,600 Hz, frames of 30 ms every 20 ms, about what
microcontroller front ends make.
"""

from __future__ import annotations

from functools import cache

import numpy as np
import numpy.typing as npt

from corpusforge.core.mel_filters import mel_filters

__all__ = [
    "BANDS",
    "HOP",
    "RATE_HZ",
    "cut",
    "frames_of",
    "normed",
    "seconds_of",
    "stream_levels",
    "warped",
    "windows",
]

RATE_HZ = 16000
BANDS = 40
HOP = 320
_WINDOW, _FFT = 480, 512
_LOW_HZ, _HIGH_HZ = 60.0, 7600.0
_FLOOR = 1e-9  # power of a band that counts as silence, about -90 dBFS
_LEAST_SPREAD_DB = 5.0  # a window of even noise is not blown up to the size of speech
_RANGE_DB = 45.0  # bands that a voice or a microphone lacks must not outweigh those that it has
_CHUNK = 3000  # frames at a time: an hour of audio in little memory

Levels = npt.NDArray[np.float32]


@cache
def _filters() -> npt.NDArray[np.float32]:
    return mel_filters(BANDS, _FFT, RATE_HZ, _LOW_HZ, _HIGH_HZ).astype(np.float32)


def frames_of(seconds: float) -> int:
    """Frames in a number of seconds."""
    return round(seconds * RATE_HZ / HOP)


def seconds_of(frames: int) -> float:
    """Seconds in a number of frames."""
    return frames * HOP / RATE_HZ


def stream_levels(samples: npt.NDArray[np.float32]) -> Levels:
    """Levels in dB of mono samples at 16 kHz (shape [samples]), shape [frames, bands]."""
    if samples.size < _WINDOW:
        samples = np.pad(samples, (0, _WINDOW - samples.size))
    frames = np.lib.stride_tricks.sliding_window_view(samples, _WINDOW)[::HOP]
    shape = np.hanning(_WINDOW).astype(np.float32)
    parts = []
    for start in range(0, frames.shape[0], _CHUNK):
        spectra = np.fft.rfft(frames[start : start + _CHUNK] * shape, _FFT)
        powers = (np.abs(spectra) ** 2).astype(np.float32)
        parts.append(10.0 * np.log10(powers @ _filters() + np.float32(_FLOOR)))
    return np.concatenate(parts).astype(np.float32)


def cut(levels: Levels, starts: npt.NDArray[np.int64], frames: int) -> Levels:
    """Windows of a stream as they are, in dB, shape [windows, bands, frames].

    Args:
        levels: Of the stream, shape [stream frames, bands].
        starts: First frame of each window; what lies beyond an edge of the stream is its edge.
        frames: Width of a window.
    """
    places = np.clip(starts[:, None] + np.arange(frames), 0, levels.shape[0] - 1)
    return np.asarray(levels[places].transpose(0, 2, 1))


def normed(windows_db: Levels) -> Levels:
    """Windows with mean 0 and their spread scaled, without what is far below their loudest level.

    Args:
        windows_db: From `cut`, shape [windows, bands, frames].
    """
    loudest = windows_db.max(axis=(1, 2), keepdims=True)
    heard = np.maximum(windows_db, loudest - _RANGE_DB)
    centred = heard - heard.mean(axis=(1, 2), keepdims=True)
    spread = np.maximum(centred.std(axis=(1, 2), keepdims=True), _LEAST_SPREAD_DB)
    return np.ascontiguousarray(centred / spread, dtype=np.float32)


def warped(windows_db: Levels, factors: npt.NDArray[np.float64]) -> Levels:
    """Windows with their frequencies multiplied, as by a shorter vocal tract.

    Args:
        windows_db: From `cut`, shape [windows, bands, frames].
        factors: Of the frequencies, shape [windows]; above the highest band there is more of it.
    """
    # Centres of the bands are evenly spaced in log(1 + f / 700).
    low_mel, high_mel = np.log1p(_LOW_HZ / 700.0), np.log1p(_HIGH_HZ / 700.0)
    edges = np.linspace(low_mel, high_mel, BANDS + 2)[1:-1]
    moved = np.log1p(np.expm1(edges) / factors[:, None])
    places = np.interp(moved, edges, np.arange(BANDS, dtype=float))
    low = np.minimum(places.astype(np.int64), BANDS - 2)
    weight = (places - low).astype(np.float32)[:, :, None]
    below = np.take_along_axis(windows_db, low[:, :, None], axis=1)
    above = np.take_along_axis(windows_db, low[:, :, None] + 1, axis=1)
    return np.asarray(below + weight * (above - below), dtype=np.float32)


def windows(levels: Levels, starts: npt.NDArray[np.int64], frames: int) -> Levels:
    """What a detector sees of a stream: `cut`, then `normed`."""
    return normed(cut(levels, starts, frames))
