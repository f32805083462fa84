"""Filtering by blocks: uniformly partitioned overlap-save, with room for a microphone.

A signal is transformed once; rooms and microphones are products of spectra, whose transforms
are kept by those who have them. Blocks of 5,120 points stay in the cache of a core and are
transformed four at a time, so that a clip costs half of what one long transform does (other
lengths: eval/LOG.md). Nothing here depends on other clips.

F. Wefers, "Partitioned convolution algorithms for real-time auralization", RWTH Aachen, 2014.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from corpusforge.core.errors import require

if TYPE_CHECKING:
    import numpy as np
    import numpy.typing as npt

__all__ = [
    "AFTER",
    "BEFORE",
    "FFT",
    "HOP",
    "MAX_TAPS",
    "PAST",
    "blocks",
    "filtered",
    "framed",
    "partitions",
    "signal",
    "signal_and_past",
    "spectra",
    "transfer",
]

FFT = 5120
"""Points of one transform."""

HOP = 2432
"""Samples that one block puts out, and taps of one partition of a response."""

BEFORE = FFT - HOP
"""Samples of a frame that come before its block."""

AFTER = -(-FFT // HOP) - 1
"""Frames after the last block that hold some of it."""

MAX_TAPS = FFT - 2 * HOP + 1
"""Longest response that spectra may be multiplied by beside that of a room: 257 taps."""

PAST = MAX_TAPS - 1
"""Samples before a block that such a response reaches."""


def blocks(count: int) -> int:
    """Number of blocks that hold so many samples."""
    return -(-count // HOP)


def spectra(samples: npt.NDArray[np.float32], after: int = 0) -> npt.NDArray[np.complex64]:
    """Transforms of overlapping frames of a signal before which there is silence.

    Args:
        samples: Shape [samples].
        after: Frames more, of the silence after the samples; `AFTER` of them hold some of the
            end and are needed for what rings on.

    Returns:
        Shape [blocks(samples) + after, FFT // 2 + 1]; frame k ends where block k ends.
    """
    import numpy as np

    count = blocks(samples.size) + after
    padded = np.zeros(BEFORE + count * HOP, dtype=np.float32)
    padded[BEFORE : BEFORE + samples.size] = samples
    return framed(padded)


def framed(samples: npt.NDArray[np.float32]) -> npt.NDArray[np.complex64]:
    """Transforms of all whole frames in a signal, one every `HOP` samples.

    Args:
        samples: Contiguous, shape [`BEFORE` + blocks * `HOP`], the first `BEFORE` of them from
            before the first block.

    Returns:
        Shape [blocks, FFT // 2 + 1].
    """
    import numpy as np

    fft = require("scipy.fft", extra="speech", purpose="filtering")
    step = samples.itemsize
    shape = ((samples.size - BEFORE) // HOP, FFT)
    # sliding_window_view gives the same view and takes longer than a transform.
    frames = np.ndarray(shape, np.float32, samples, strides=(HOP * step, step))
    transformed: npt.NDArray[np.complex64] = fft.rfft(frames)
    return transformed


def partitions(response: npt.NDArray[np.float32]) -> npt.NDArray[np.complex64]:
    """Transforms of the pieces of a response, shape [blocks(taps), FFT // 2 + 1]."""
    import numpy as np

    fft = require("scipy.fft", extra="speech", purpose="filtering")
    padded = np.zeros((blocks(response.size), HOP), dtype=np.float32)
    padded.reshape(-1)[: response.size] = response
    transformed: npt.NDArray[np.complex64] = fft.rfft(padded, FFT)
    return transformed


def filtered(
    frames: npt.NDArray[np.complex64],
    pieces: npt.NDArray[np.complex64],
    count: int,
    before: int = 0,
) -> npt.NDArray[np.complex64]:
    """Spectra of `count` blocks of a signal through a response.

    Args:
        frames: Of the signal, from `spectra`; before and after them there is silence.
        pieces: Of the response, from `partitions`.
        count: Blocks wanted.
        before: Frames that come before the first block wanted.
    """
    import numpy as np

    out = np.empty((count, frames.shape[1]), dtype=np.complex64)
    product = np.empty_like(out)
    filled = 0
    for delay, piece in enumerate(pieces):
        # Block k takes frame k + before - delay.
        start = max(0, delay - before)
        stop = min(count, frames.shape[0] + delay - before)
        if stop <= start:
            continue
        some = frames[start + before - delay : stop + before - delay]
        fresh = max(start, filled)
        if fresh > start:
            np.multiply(some[: fresh - start], piece, out=product[: fresh - start])
            out[start:fresh] += product[: fresh - start]
        if stop > fresh:
            out[filled:fresh] = 0.0
            np.multiply(some[fresh - start :], piece, out=out[fresh:stop])
            filled = stop
    out[filled:] = 0.0
    return out


def signal(frames: npt.NDArray[np.complex64], count: int) -> npt.NDArray[np.float32]:
    """The first `count` samples of a signal from its spectra."""
    return signal_and_past(frames, count)[1]


def signal_and_past(
    frames: npt.NDArray[np.complex64], count: int
) -> tuple[npt.NDArray[np.float32], npt.NDArray[np.float32]]:
    """The last `PAST` samples before a signal, and its first `count` samples."""
    fft = require("scipy.fft", extra="speech", purpose="filtering")
    parts: npt.NDArray[np.float32] = fft.irfft(frames, FFT)
    past = parts[0, BEFORE - PAST : BEFORE]
    return past, parts[:, BEFORE:].reshape(-1)[:count]


def transfer(response: npt.NDArray[np.float32]) -> npt.NDArray[np.complex64]:
    """Spectrum of a response of at most `MAX_TAPS` taps, to multiply spectra by."""
    fft = require("scipy.fft", extra="speech", purpose="filtering")
    spectrum: npt.NDArray[np.complex64] = fft.rfft(response, FFT)
    return spectrum
