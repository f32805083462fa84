"""Log-mel features of a clip, as the keyword model sees them: trimmed, at 8 kHz.

8 kHz is what a telephone gives and what every corpus has; so clips of any rate can be compared.
"""

from __future__ import annotations

from functools import cache

import numpy as np
import numpy.typing as npt

from corpusforge.core.errors import require
from corpusforge.core.mel_filters import mel_filters

__all__ = ["BANDS", "HOP_S", "MAX_FRAMES", "RATE_HZ", "log_mel", "normalised", "padded"]

RATE_HZ = 8000
BANDS = 40
HOP_S = 0.0125
MAX_FRAMES = 256
"""Longest clip that is looked at, in frames (3.2 s); the rest of a longer one is left out."""

_WINDOW, _HOP, _FFT = 200, 100, 256  # 25 and 12.5 ms at 8 kHz
_LOW_HZ, _HIGH_HZ = 60.0, 3800.0
_RANGE_DB = 40.0
"""What lies further below the loudest band is as good as silence: engines are silent there, and
recordings are not. On held-out engines 40 was no worse than 60 (eval/LOG.md)."""
_TRIM_DB = 35.0
"""Edges further below the loudest frame are cut off ..."""
_TRIM_SHARE = 0.7
"""... or further than this share of the way down to the noise, where noise fills the pauses."""

Features = npt.NDArray[np.float32]


@cache
def _filters() -> npt.NDArray[np.float64]:
    return mel_filters(BANDS, _FFT, RATE_HZ, _LOW_HZ, _HIGH_HZ)


def _trimmed(levels_db: npt.NDArray[np.float64]) -> slice:
    """Frames from the first to the last one that is loud enough to be speech."""
    smooth = (
        np.convolve(levels_db, np.ones(3) / 3.0, mode="same") if levels_db.size > 3 else levels_db
    )
    peak = float(smooth.max())
    floor = float(np.quantile(smooth, 0.05))
    limit = peak - min(_TRIM_DB, _TRIM_SHARE * (peak - floor)) if peak > floor else peak
    loud = np.flatnonzero(smooth >= limit)
    return slice(int(loud[0]), int(loud[-1]) + 1)


def log_mel(samples: npt.NDArray[np.float32], rate_hz: int) -> Features:
    """Mel-band levels of a clip without its silent edges.

    Args:
        samples: Mono, shape [samples].
        rate_hz: Their rate; resampled to 8 kHz when it is another one.

    Returns:
        Decibels, shape [frames, bands], at most `MAX_FRAMES` frames 12.5 ms apart, clamped to 40
        dB below the loudest band.

    Raises:
        ValueError: No samples, silence only, NaN or infinite samples.
    """
    if samples.size == 0 or not np.isfinite(samples).all() or not np.any(samples):
        raise ValueError("no sound in it")
    if rate_hz != RATE_HZ:
        soxr = require("soxr", extra="speech", purpose="resampling")
        samples = soxr.resample(samples, rate_hz, RATE_HZ, quality="HQ")
    short = max(0, _WINDOW - samples.size)
    frames = np.lib.stride_tricks.sliding_window_view(np.pad(samples, (0, short)), _WINDOW)[::_HOP]
    powers = np.abs(np.fft.rfft(frames * np.hanning(_WINDOW), _FFT)) ** 2
    bands = powers @ _filters()
    peak = float(bands.max())
    if peak <= 0.0:
        raise ValueError("no sound in it")
    levels_db = 10.0 * np.log10(np.maximum(bands, peak * 10.0 ** (-_RANGE_DB / 10.0)))
    kept = _trimmed(10.0 * np.log10(np.maximum(bands.sum(axis=1), peak * 1e-6)))
    found: Features = levels_db[kept][:MAX_FRAMES].astype(np.float32)
    return found


def normalised(features: Features) -> Features:
    """The features with mean 0 and standard deviation 1 over the clip.

    Level and dynamic range say who recorded, not what was said.
    """
    spread = float(features.std())
    centred = features - features.mean()
    found: Features = (centred / np.float32(max(spread, 1e-3))).astype(np.float32)
    return found


def padded(clips: list[Features] | tuple[Features, ...], frames: int) -> Features:
    """Normalised clips in one array, shape [clips, bands, frames], each in the middle.

    Args:
        clips: Log-mel levels, shape [frames, bands] each.
        frames: Width; longer clips lose both ends alike. Around shorter ones stands their
            quietest level in each band.
    """
    out = np.empty((len(clips), BANDS, frames), dtype=np.float32)
    for place, clip in enumerate(clips):
        values = normalised(clip)
        over = max(0, values.shape[0] - frames)
        values = values[over // 2 : values.shape[0] - (over - over // 2)]
        start = (frames - values.shape[0]) // 2
        out[place] = values.min(axis=0)[:, None]
        out[place, :, start : start + values.shape[0]] = values.T
    return out
