"""What noises are made of: coloured noise, hum, babble, recordings. Levels are set elsewhere.

Coloured noise is cut from a bank: one long piece per colour that is repeated, of its own for each
split and seed of a recipe. A piece and its spectra are made once per process; where a clip starts
in it is drawn.
"""

from __future__ import annotations

import json
import math
from collections.abc import Mapping
from functools import lru_cache
from typing import TYPE_CHECKING, NamedTuple, TypeVar

from corpusforge.core.errors import require
from corpusforge.core.seeding import rng
from corpusforge.speech import convolve
from corpusforge.speech.levels import active_power, frame_powers, power

if TYPE_CHECKING:
    import numpy as np
    import numpy.typing as npt

    from corpusforge.speech.effect import Scalar

_Some = TypeVar("_Some", bound="np.generic")

__all__ = ["COLOURS", "KINDS", "STARTS", "bank_of", "dry", "dry_power", "frames", "lead", "named"]

COLOURS = {"white": 0.0, "pink": 1.0, "brown": 2.0}
"""Kind of noise -> slope of its power spectrum: power falls with the frequency to this power."""

KINDS = (*COLOURS, "hum", "babble", "file")
"""All kinds of noise."""

STARTS = 256
"""Places in a piece of coloured noise at which a clip can start, 0.15 s apart at 16 kHz.

Clips of one split and colour share 39 s of it: with thousands of clips a piece comes again, at
another level, in another room, through another microphone. Who wants more brings recordings.
"""

_PERIOD = STARTS * convolve.HOP
# Flat below: otherwise most of the power of brown noise lies below the band of speech, and the
# ratio that is stated flatters. From 300 Hz on, where recognisers listen, a corner at 50 Hz left
# 8 % of the power of brown noise, this one leaves a third.
_FLAT_BELOW_HZ = 200.0
_HARMONICS = 12
# Pieces that are kept: three colours of three splits, 8 MB each.
_KEPT = 9


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
        piece = _piece(kind, rate_hz, int(params["bank"]))
        return _looped(piece.samples, _start(params) * convolve.HOP + start, count)
    if kind == "hum":
        period = _hum(float(params["mains_hz"]), rate_hz, int(params["seed"]))
        return _looped(period, int(params["seed"]) + start, count)
    if kind == "babble":
        return _babble(str(params["talkers"]), rate_hz, int(params["seed"]), start, count)
    from corpusforge.speech.noise_files import read_piece

    offset_s = float(params["offset_s"]) + start / rate_hz
    return read_piece(str(params["sha256"]), offset_s, rate_hz, count)


def dry_power(
    params: Mapping[str, Scalar], rate_hz: int, samples: npt.NDArray[np.float32]
) -> float:
    """Mean square of what `dry` gives from the start of the clip on.

    Args:
        params: Of the effect `noise`.
        rate_hz: Sampling rate.
        samples: From `dry`, at least one.
    """
    kind, whole = str(params["kind"]), samples.size // convolve.HOP
    if kind not in COLOURS or whole > STARTS:
        return power(samples)
    energy = _piece(kind, rate_hz, int(params["bank"])).energy
    rest, first = samples[whole * convolve.HOP :], _start(params)
    found = float(energy[first + whole] - energy[first]) + power(rest) * rest.size
    return found / samples.size


def named(params: Mapping[str, Scalar]) -> str:
    """What a noise is called in messages: its kind, for a recording the file and the place in it.

    Args:
        params: Of the effect `noise`.
    """
    if str(params["kind"]) != "file":
        return str(params["kind"])
    file = params.get("file") or f"sha256 {str(params['sha256'])[:12]}"
    return f"{file}, from {float(params['offset_s']):g} s on"


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
        piece = _piece(kind, rate_hz, int(params["bank"]))
        return _looped(piece.frames, _start(params) - before, before + count)
    earlier = before * convolve.HOP + convolve.BEFORE
    samples = dry(params, rate_hz, -earlier, earlier + count * convolve.HOP)
    return convolve.framed(np.ascontiguousarray(samples))


def _start(params: Mapping[str, Scalar]) -> int:
    """At which block of its piece a clip starts."""
    return int(params["seed"]) % STARTS


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


class _Piece(NamedTuple):
    """One period of coloured noise, mean square 1; all read-only.

    Attributes:
        samples: Shape [`STARTS` * HOP].
        frames: Spectra of the blocks, each with what comes before it, shape [`STARTS`, bins].
        energy: Sum of squares of all blocks before, over two periods, shape [2 * `STARTS` + 1].
    """

    samples: npt.NDArray[np.float32]
    frames: npt.NDArray[np.complex64]
    energy: npt.NDArray[np.float64]


@lru_cache(maxsize=_KEPT)
def _piece(colour: str, rate_hz: int, bank: int) -> _Piece:
    """The piece of a colour in a bank."""
    import numpy as np

    fft = require("scipy.fft", extra="speech", purpose="noise")
    noise = rng(bank, "noise", colour).standard_normal(_PERIOD, dtype=np.float32)
    frequencies = np.maximum(fft.rfftfreq(_PERIOD, 1.0 / rate_hz), _FLAT_BELOW_HZ)
    slope = (frequencies ** (-COLOURS[colour] / 2.0)).astype(np.float32)
    samples = fft.irfft(fft.rfft(noise) * slope, _PERIOD)
    samples /= np.float32(math.sqrt(power(samples)))
    frames = convolve.framed(np.concatenate([samples[-convolve.BEFORE :], samples]))
    powers = frame_powers(samples, convolve.HOP)
    energy = np.concatenate([[0.0], np.cumsum([*powers, *powers])]) * convolve.HOP
    for array in (samples, frames, energy):
        array.flags.writeable = False
    return _Piece(samples, frames, energy)


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

    from corpusforge.speech.talkers import said

    generator = np.random.Generator(np.random.Philox(seed))
    mixed = np.zeros(count, dtype=np.float32)
    for talker in json.loads(talkers):
        speech = said(json.dumps(talker, sort_keys=True), rate_hz)
        first = int(generator.integers(max(1, speech.size))) + start
        level = math.sqrt(active_power(speech, rate_hz))
        mixed += _looped(speech, first, count) / np.float32(level or 1.0)
    return mixed
