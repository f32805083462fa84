"""Filtering by blocks: uniformly partitioned overlap-save, with room for a microphone.

A signal is transformed once; rooms and microphones are products of spectra, whose transforms
are kept by those who have them. Blocks of 4,096 points stay in the cache of a core and are
transformed several at a time, so that a clip costs half of what one long transform does (see
eval/results/speech_chain.json). Nothing here depends on other clips.

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
    "FFT",
    "HOP",
    "MAX_TAPS",
    "blocks",
    "filtered",
    "partitions",
    "signal",
    "spectra",
    "transfer",
]

FFT = 4096
"""Points of one transform."""

HOP = 1792
"""Samples that one block puts out, and taps of one partition of a response."""

AFTER = -(-FFT // HOP) - 1
"""Frames after the last block that hold some of it."""

MAX_TAPS = FFT - 2 * HOP + 1
"""Longest response that spectra may be multiplied by beside that of a room: 513 taps."""


def blocks(count: int) -> int:
    """Number of blocks that hold so many samples."""
    return -(-count // HOP)


def spectra(samples: npt.NDArray[np.float32], after: int = 0) -> npt.NDArray[np.complex64]:
    """Transforms of overlapping frames.

    Args:
        samples: Shape [samples].
        after: Frames more, of the silence after the samples; `AFTER` of them hold some of the
            end and are needed for what rings on.

    Returns:
        Shape [blocks(samples) + after, FFT // 2 + 1]; frame k ends where block k ends.
    """
    import numpy as np

    fft = require("scipy.fft", extra="speech", purpose="filtering")
    count = blocks(samples.size) + after
    padded = np.zeros(FFT - HOP + count * HOP, dtype=np.float32)
    padded[FFT - HOP : FFT - HOP + samples.size] = samples
    frames = np.lib.stride_tricks.sliding_window_view(padded, FFT)[::HOP]
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
    frames: npt.NDArray[np.complex64], pieces: npt.NDArray[np.complex64], count: int
) -> npt.NDArray[np.complex64]:
    """Spectra of the first `count` blocks of a signal through a response.

    Args:
        frames: Of the signal, from `spectra`; before and after them there is silence.
        pieces: Of the response, from `partitions`.
        count: Blocks wanted.
    """
    import numpy as np

    out = np.zeros((count, frames.shape[1]), dtype=np.complex64)
    product = np.empty_like(frames)
    for delay, piece in enumerate(pieces):
        kept = min(frames.shape[0], count - delay)
        if kept > 0:
            np.multiply(frames[:kept], piece, out=product[:kept])
            out[delay : delay + kept] += product[:kept]
    return out


def signal(frames: npt.NDArray[np.complex64], count: int) -> npt.NDArray[np.float32]:
    """The first `count` samples of a signal from its spectra, which are overwritten."""
    fft = require("scipy.fft", extra="speech", purpose="filtering")
    parts = fft.irfft(frames, FFT, overwrite_x=True)[:, FFT - HOP :]
    samples: npt.NDArray[np.float32] = parts.reshape(-1)[:count]
    return samples


def transfer(response: npt.NDArray[np.float32]) -> npt.NDArray[np.complex64]:
    """Spectrum of a response of at most `MAX_TAPS` taps, to multiply spectra by."""
    fft = require("scipy.fft", extra="speech", purpose="filtering")
    spectrum: npt.NDArray[np.complex64] = fft.rfft(response, FFT)
    return spectrum
