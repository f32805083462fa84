"""What noises are made of: coloured noise, hum, babble, recordings. Levels are set elsewhere.

Coloured noise is cut from a bank of long periodic pieces, one bank for each split and seed of a
recipe; the pieces and their spectra are made once per process. Where it is cut and from which
piece is drawn per clip.
"""

from __future__ import annotations

import json
import math
from collections.abc import Mapping
from functools import lru_cache
from typing import TYPE_CHECKING, TypeVar

from corpusforge.core.errors import require
from corpusforge.core.seeding import rng
from corpusforge.speech import convolve

if TYPE_CHECKING:
    import numpy as np
    import numpy.typing as npt

    from corpusforge.speech.effect import Scalar

_Some = TypeVar("_Some", bound="np.generic")

__all__ = ["COLOURS", "KINDS", "PIECES", "bank_of", "dry", "frames", "lead"]

COLOURS = {"white": 0.0, "pink": 1.0, "brown": 2.0}
"""Kind of noise -> slope of its power spectrum: power falls with the frequency to this power."""

KINDS = (*COLOURS, "hum", "babble", "file")
"""All kinds of noise."""

PIECES = 8
"""Periodic pieces of each colour in a bank."""

_BLOCKS = 48
_PERIOD = _BLOCKS * convolve.HOP
# Flat below: otherwise most of the power of brown noise lies below the band of speech, and the
# ratio that is stated flatters. From 300 Hz on, where recognisers listen, a corner at 50 Hz left
# 8 % of the power of brown noise, this one leaves a third.
_FLAT_BELOW_HZ = 200.0
_HARMONICS = 12
# Pieces that are kept: all of three splits, 1.5 MB each.
_KEPT = 3 * 3 * PIECES


@lru_cache(maxsize=64)
def bank_of(seed: int, split: str) -> int:
    """The bank of coloured noise of a split: no other split or seed has a piece of it.

    Args:
        seed: The recipe's seed.
        split: Of the row.
    """
    return int(rng(seed, "speech.noise", split).integers(2**53))


def dry(
    params: Mapping[str, Scalar], rate_hz: int, start: int, count: int
) -> npt.NDArray[np.float32]:
    """`count` samples of a source of noise, before room and level; treat them as read-only.

    Args:
        params: Of the effect `noise`.
        rate_hz: Sampling rate.
        start: First sample, counted from the start of the clip; below 0 for what was there before.
        count: Samples wanted.

    Raises:
        KeyError: For parameters of another version of the effect.
    """
    kind = str(params["kind"])
    if kind in COLOURS:
        index, block = _place(int(params["seed"]))
        piece = _piece(kind, rate_hz, int(params["bank"]), index)
        return _looped(piece, block * convolve.HOP + start, count)
    if kind == "hum":
        period = _hum(float(params["mains_hz"]), rate_hz, int(params["seed"]))
        return _looped(period, int(params["seed"]) + start, count)
    if kind == "babble":
        return _babble(str(params["talkers"]), rate_hz, int(params["seed"]), start, count)
    from corpusforge.speech.noise_files import read_piece

    offset_s = float(params["offset_s"]) + start / rate_hz
    return read_piece(str(params["sha256"]), offset_s, rate_hz, count)


def lead(taps: int) -> int:
    """Samples from before the clip that a source of noise is heard with through a response."""
    return (convolve.blocks(taps) - 1) * convolve.HOP + convolve.BEFORE


def frames(
    params: Mapping[str, Scalar], rate_hz: int, before: int, count: int
) -> npt.NDArray[np.complex64]:
    """Spectra (see `speech.convolve`) of noise before room and level.

    Args:
        params: Of the effect `noise`.
        rate_hz: Sampling rate.
        before: Blocks before the clip; what the noise was before these is in them too.
        count: Blocks of the clip.

    Returns:
        Shape [before + count, FFT // 2 + 1]; treat them as read-only.
    """
    import numpy as np

    kind = str(params["kind"])
    if kind in COLOURS:
        index, block = _place(int(params["seed"]))
        spectra = _piece_frames(kind, rate_hz, int(params["bank"]), index)
        return _looped(spectra, block - before, before + count)
    earlier = before * convolve.HOP + convolve.BEFORE
    samples = dry(params, rate_hz, -earlier, earlier + count * convolve.HOP)
    return convolve.framed(np.ascontiguousarray(samples))


def _place(seed: int) -> tuple[int, int]:
    """Which piece, and at which of its blocks the clip starts."""
    return seed % PIECES, seed // PIECES % _BLOCKS


def _looped(piece: npt.NDArray[_Some], first: int, count: int) -> npt.NDArray[_Some]:
    """`count` entries from place `first` on of a piece that is repeated, along the first axis."""
    import numpy as np

    size = piece.shape[0]
    if size == 0:
        return np.zeros((count, *piece.shape[1:]), dtype=piece.dtype)
    first %= size
    if first + count <= size:
        return piece[first : first + count]
    whole, rest = divmod(count - (size - first), size)
    return np.concatenate([piece[first:], *[piece] * whole, piece[:rest]])


@lru_cache(maxsize=_KEPT)
def _piece(colour: str, rate_hz: int, bank: int, index: int) -> npt.NDArray[np.float32]:
    """One period of coloured noise, mean square 1."""
    import numpy as np

    fft = require("scipy.fft", extra="speech", purpose="noise")
    noise = rng(bank, "noise", colour, index).standard_normal(_PERIOD, dtype=np.float32)
    frequencies = np.maximum(fft.rfftfreq(_PERIOD, 1.0 / rate_hz), _FLAT_BELOW_HZ)
    slope = (frequencies ** (-COLOURS[colour] / 2.0)).astype(np.float32)
    piece: npt.NDArray[np.float32] = fft.irfft(fft.rfft(noise) * slope, _PERIOD)
    piece /= np.float32(math.sqrt(float(np.mean(piece.astype(np.float64) ** 2))))
    piece.flags.writeable = False
    return piece


@lru_cache(maxsize=_KEPT)
def _piece_frames(colour: str, rate_hz: int, bank: int, index: int) -> npt.NDArray[np.complex64]:
    """Spectra of the blocks of a piece, each with what comes before it."""
    import numpy as np

    piece = _piece(colour, rate_hz, bank, index)
    spectra = convolve.framed(np.concatenate([piece[-convolve.BEFORE :], piece]))
    spectra.flags.writeable = False
    return spectra


@lru_cache(maxsize=64)
def _hum(mains_hz: float, rate_hz: int, seed: int) -> npt.NDArray[np.float32]:
    """One second of mains hum: harmonics that fall by 6 dB per octave on the whole, each drawn."""
    import numpy as np

    generator = np.random.Generator(np.random.Philox(seed))
    times_s = np.arange(rate_hz) / rate_hz
    hum = np.zeros(rate_hz)
    for harmonic in range(1, _HARMONICS + 1):
        level = generator.uniform(0.2, 1.0) / harmonic
        turn = generator.uniform(0.0, 2.0 * math.pi)
        hum += level * np.sin(2.0 * math.pi * mains_hz * harmonic * times_s + turn)
    second: npt.NDArray[np.float32] = hum.astype(np.float32)
    return second


def _babble(
    talkers: str, rate_hz: int, seed: int, start: int, count: int
) -> npt.NDArray[np.float32]:
    """Several talkers, equally loud, each saying one sentence again and again."""
    import numpy as np

    from corpusforge.speech.levels import active_power
    from corpusforge.speech.talkers import said

    generator = np.random.Generator(np.random.Philox(seed))
    mixed = np.zeros(count, dtype=np.float32)
    for talker in json.loads(talkers):
        speech = said(json.dumps(talker, sort_keys=True), rate_hz)
        first = int(generator.integers(max(1, speech.size))) + start
        level = math.sqrt(active_power(speech, rate_hz))
        mixed += _looped(speech, first, count) / np.float32(level or 1.0)
    return mixed
