"""Levels of speech: where it is active, how loud, how far above the noise.

A frame of 20 ms counts as active when its power is within 30 dB of the loud frames (the 90th
percentile of the frames within 50 dB of the loudest, so that pauses do not count). Levels of
speech are taken over active frames only; noise is taken over the whole clip.
"""

from __future__ import annotations

import math
import warnings
from typing import Any

import numpy as np
import numpy.typing as npt

from corpusforge.core.errors import require

__all__ = [
    "FLOOR_DBFS",
    "active_mask",
    "active_power",
    "frame_powers",
    "level_dbfs",
    "loudness_lufs",
    "power",
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
_BLOCK_S = 0.4  # gating block of ITU-R BS.1770-4: shorter clips have no loudness

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
    if powers.size == 0 or powers.max() <= 0.0:
        return np.zeros(powers.size, dtype=bool)
    audible = np.sort(powers[powers >= powers.max() * 10.0 ** (-_AUDIBLE_RANGE_DB / 10.0)])
    # The percentile, between the two frames next to it.
    place = (audible.size - 1) * _LOUD_PERCENTILE / 100.0
    below, above = audible[math.floor(place)], audible[math.ceil(place)]
    loud = float(below + (above - below) * (place - math.floor(place)))
    active: npt.NDArray[np.bool_] = powers >= loud * 10.0 ** (-_ACTIVE_RANGE_DB / 10.0)
    return active


def _frame(rate_hz: int) -> int:
    return max(1, round(_FRAME_S * rate_hz))


def active_mask(samples: Samples, rate_hz: int) -> npt.NDArray[np.bool_]:
    """Where speech is active.

    Args:
        samples: Speech without noise, shape [samples].
        rate_hz: Its rate.

    Returns:
        Shape [samples]; all False for digital silence.
    """
    frame = _frame(rate_hz)
    active = _active_frames(frame_powers(samples, frame))
    return np.repeat(active, frame)[: samples.size]


def active_power(samples: Samples, rate_hz: int) -> float:
    """Mean square of speech where it is active, 0.0 for silence."""
    frame = _frame(rate_hz)
    powers = frame_powers(samples, frame)
    active = _active_frames(powers)
    lengths = np.full(powers.size, frame)
    if samples.size % frame:
        lengths[-1] = samples.size % frame
    count = int(lengths[active].sum())
    return float(powers[active].sum()) * frame / count if count else 0.0


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
    heard = np.flatnonzero(loudness > loudness.max(initial=0.0) * 10.0 ** (-_EDGE_RANGE_DB / 20.0))
    if heard.size == 0:
        return samples, 0.0
    return samples[heard[0] : heard[-1] + 1], int(heard[0]) / rate_hz


def level_dbfs(samples: npt.NDArray[Any]) -> float:
    """Root mean square in dB below full scale (1.0); `FLOOR_DBFS` for silence."""
    mean_square = power(samples)
    return max(FLOOR_DBFS, 10.0 * float(np.log10(mean_square))) if mean_square > 0 else FLOOR_DBFS


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
    """Integrated loudness after ITU-R BS.1770-4 (pyloudnorm), LUFS; None when undefined.

    It is undefined for clips shorter than one gating block of 0.4 s and for silence.
    """
    if samples.size < _BLOCK_S * rate_hz:
        return None
    pyloudnorm = require("pyloudnorm", extra="speech", purpose="loudness")
    # Silence gives log10(0) and an empty mean on the way to -inf.
    with np.errstate(divide="ignore", invalid="ignore"), warnings.catch_warnings():
        warnings.simplefilter("ignore", RuntimeWarning)
        loudness = float(pyloudnorm.Meter(rate_hz).integrated_loudness(samples.astype(np.float64)))
    return loudness if np.isfinite(loudness) else None
