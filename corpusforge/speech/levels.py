"""Levels of speech: where it is active, how loud, how far above the noise.

A frame of 20 ms counts as active when its power is within 30 dB of the loud frames (the 90th
percentile of the frames within 50 dB of the loudest, so that pauses do not count). Levels of
speech are taken over active frames only; noise is taken over the whole clip.
"""

from __future__ import annotations

import math
from functools import lru_cache
from typing import Any

import numpy as np
import numpy.typing as npt

from corpusforge.speech import convolve

__all__ = [
    "FLOOR_DBFS",
    "active_frames",
    "active_mask",
    "active_power",
    "active_share",
    "decibels",
    "frame_powers",
    "level_dbfs",
    "loudness_lufs",
    "power",
    "power_within",
    "snr_db",
    "trimmed",
]

FLOOR_DBFS = -120.0
"""Level given to digital silence."""

_PIECE = 512
_FRAME_S = 0.02
_ACTIVE_RANGE_DB = 30.0
_AUDIBLE_RANGE_DB = 50.0
_LOUD_PERCENTILE = 90.0
_EDGE_RANGE_DB = 60.0
# ITU-R BS.1770-4: gating blocks of 0.4 s, one every 0.1 s; the gates are at -70 LUFS and 10 LU
# below what is above that.
_STEP_S, _STEPS = 0.1, 4
_OFFSET_LU = -0.691
_GATE, _RELATIVE_GATE = 10.0 ** ((-70.0 - _OFFSET_LU) / 10.0), 0.1
_SHELF_HZ, _SHELF_DB, _HIGH_PASS_HZ = 1500.0, 4.0, 38.0

Samples = npt.NDArray[np.float32]


def power(samples: npt.NDArray[Any]) -> float:
    """Mean square, 0.0 for no samples."""
    if samples.size == 0:
        return 0.0
    if samples.dtype == np.float32:
        # Summed in pieces: nothing is lost, and the squares need not be made in double precision.
        return float(frame_powers(samples, _PIECE).sum()) * _PIECE / samples.size
    return float(np.einsum("i,i->", samples, samples, dtype=np.float64)) / samples.size


def frame_powers(samples: Samples, frame: int) -> npt.NDArray[np.float64]:
    """Mean square of each frame of `frame` samples, shape [frames]; the last one ends in zeros."""
    whole = samples.size // frame
    body = samples[: whole * frame].reshape(whole, frame)
    powers = np.einsum("ij,ij->i", body, body).astype(np.float64) / frame
    rest = samples[whole * frame :]
    return np.append(powers, float(np.einsum("i,i->", rest, rest)) / frame) if rest.size else powers


def _active_frames(powers: npt.NDArray[np.float64]) -> npt.NDArray[np.bool_]:
    loudest = float(powers.max(initial=0.0))
    if loudest <= 0.0:
        return np.zeros(powers.size, dtype=bool)
    audible = np.sort(powers[powers >= loudest * 10.0 ** (-_AUDIBLE_RANGE_DB / 10.0)])
    # The percentile, between the two frames next to it.
    place = (audible.size - 1) * _LOUD_PERCENTILE / 100.0
    below, above = audible[math.floor(place)], audible[math.ceil(place)]
    loud = float(below + (above - below) * (place - math.floor(place)))
    active: npt.NDArray[np.bool_] = powers >= loud * 10.0 ** (-_ACTIVE_RANGE_DB / 10.0)
    return active


def _frame(rate_hz: int) -> int:
    return max(1, round(_FRAME_S * rate_hz))


def active_frames(samples: Samples, rate_hz: int) -> npt.NDArray[np.bool_]:
    """Which frames of 20 ms hold speech.

    Args:
        samples: Speech without noise, shape [samples].
        rate_hz: Its rate.

    Returns:
        Shape [frames], the last of which may be a part of one; all False for digital silence.
    """
    return _active_frames(frame_powers(samples, _frame(rate_hz)))


def active_mask(samples: Samples, rate_hz: int) -> npt.NDArray[np.bool_]:
    """Where speech is active: `active_frames` for each sample, shape [samples]."""
    return np.repeat(active_frames(samples, rate_hz), _frame(rate_hz))[: samples.size]


def active_power(samples: Samples, rate_hz: int) -> float:
    """Mean square of speech where it is active, 0.0 for silence."""
    powers = frame_powers(samples, _frame(rate_hz))
    return _mean(powers, _active_frames(powers), samples.size, rate_hz)


def power_within(samples: Samples, active: npt.NDArray[np.bool_], rate_hz: int) -> float:
    """Mean square of those frames of a signal that are told, 0.0 for none of them.

    Args:
        samples: Shape [samples].
        active: From `active_frames` of a signal of the same length.
        rate_hz: Its rate.
    """
    return _mean(frame_powers(samples, _frame(rate_hz)), active, samples.size, rate_hz)


def active_share(active: npt.NDArray[np.bool_], count: int, rate_hz: int) -> float:
    """Share of `count` samples that is in frames that are active, 0.0 for no samples."""
    return _counted(active, count, _frame(rate_hz)) / count if count else 0.0


def _counted(active: npt.NDArray[np.bool_], count: int, frame: int) -> int:
    """Samples in frames that are active."""
    found = int(np.count_nonzero(active)) * frame
    # The last frame may be a part of one.
    return found - (active.size * frame - count) if found and active[-1] else found


def _mean(
    powers: npt.NDArray[np.float64], active: npt.NDArray[np.bool_], count: int, rate_hz: int
) -> float:
    frame = _frame(rate_hz)
    heard = _counted(active, count, frame)
    return float(powers[active].sum()) * frame / heard if heard else 0.0


def trimmed(samples: Samples, rate_hz: int) -> tuple[Samples, float]:
    """The same sound without the silence around it.

    Edges more than 60 dB below the peak count as silence: no speech sound is as faint beside the
    vowels of the same sentence.

    Args:
        samples: Speech without noise, shape [samples].
        rate_hz: Its rate.

    Returns:
        The samples, and how many seconds were cut at the start. Digital silence as it was.
    """
    loudness = np.abs(samples)
    heard = loudness > loudness.max(initial=0.0) * 10.0 ** (-_EDGE_RANGE_DB / 20.0)
    first = int(heard.argmax()) if heard.size else 0
    if heard.size == 0 or not heard[first]:
        return samples, 0.0
    return samples[first : heard.size - int(heard[::-1].argmax())], first / rate_hz


def level_dbfs(samples: npt.NDArray[Any]) -> float:
    """Root mean square in dB below full scale (1.0); `FLOOR_DBFS` for silence."""
    return decibels(power(samples))


def decibels(mean_square: float) -> float:
    """A mean square in dB below full scale (1.0); `FLOOR_DBFS` for silence."""
    return max(FLOOR_DBFS, 10.0 * math.log10(mean_square)) if mean_square > 0 else FLOOR_DBFS


def snr_db(speech: Samples, noise: Samples, rate_hz: int) -> float:
    """Power of active speech over power of noise, in dB, from the separate branches.

    Raises:
        ValueError: When either is silent.
    """
    speech_power = active_power(speech, rate_hz)
    noise_power = power(noise)
    if speech_power <= 0.0 or noise_power <= 0.0:
        raise ValueError("no signal-to-noise ratio without signal and noise")
    return 10.0 * float(np.log10(speech_power / noise_power))


def loudness_lufs(samples: Samples, rate_hz: int) -> float | None:
    """Integrated loudness after ITU-R BS.1770-4, LUFS; None when undefined.

    It is undefined for clips shorter than one gating block of 0.4 s and for silence. The weighting
    is that of pyloudnorm, by which a test holds it.
    """
    step = round(_STEP_S * rate_hz)
    if samples.size < _STEPS * step:
        return None
    weighted = convolve.spectra(samples)
    weighted *= _weighting(rate_hz)
    steps = frame_powers(convolve.signal(weighted, samples.size), step)[: samples.size // step]
    last = steps.size - _STEPS + 1
    blocks = sum((steps[first : first + last] for first in range(1, _STEPS)), steps[:last]) / _STEPS
    heard = blocks[blocks >= _GATE]
    heard = heard[heard > heard.mean() * _RELATIVE_GATE] if heard.size else heard
    return _OFFSET_LU + 10.0 * math.log10(heard.mean()) if heard.size else None


@lru_cache(maxsize=8)
def _weighting(rate_hz: int) -> npt.NDArray[np.complex64]:
    """K-weighting at the frequencies of a block; what it rings on is gone within one."""
    delay = np.exp(-2j * np.pi * np.arange(convolve.FFT // 2 + 1) / convolve.FFT)
    gain = 10.0 ** (_SHELF_DB / 40.0)
    turn = 2.0 * math.pi * _SHELF_HZ / rate_hz
    cosine, slope = math.cos(turn), 2.0 * math.sqrt(gain) * math.sin(turn) * math.sqrt(0.5)
    up, down = gain + 1.0, gain - 1.0
    # Shelf and high pass of R. Bristow-Johnson's "Audio EQ cookbook".
    shelf = gain * np.polyval(
        [up + down * cosine - slope, -2.0 * (down + up * cosine), up + down * cosine + slope], delay
    )
    shelf /= np.polyval(
        [up - down * cosine - slope, 2.0 * (down - up * cosine), up - down * cosine + slope], delay
    )
    turn = 2.0 * math.pi * _HIGH_PASS_HZ / rate_hz
    cosine, slope = math.cos(turn), math.sin(turn)  # quality 0.5
    high_pass = (1.0 + cosine) / 2.0 * (1.0 - delay) ** 2
    high_pass /= np.polyval([1.0 - slope, -2.0 * cosine, 1.0 + slope], delay)
    weighting: npt.NDArray[np.complex64] = (shelf * high_pass).astype(np.complex64)
    return weighting
