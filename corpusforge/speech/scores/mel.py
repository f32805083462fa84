"""The input of Whisper: log-mel spectrograms, as OpenAI's and faster-whisper's code makes them.

Radford et al., "Robust speech recognition via large-scale weak supervision", 2022: windows of 25
ms every 10 ms, mel filters after Slaney, log10 no more than 8 below the clip's largest.
"""

from __future__ import annotations

from functools import cache

import numpy as np
import numpy.typing as npt

from corpusforge.core.errors import require
from corpusforge.core.mel_filters import triangles

__all__ = ["HOP", "log_mel"]

HOP = 160
"""Samples at 16 kHz from one frame to the next."""

_RATE_HZ = 16000
_WINDOW = 400
_RANGE = 8.0  # of the logarithm to base 10
_LEAST = 1e-10

Floats = npt.NDArray[np.float32]


def log_mel(clips: Floats, bands: int) -> Floats:
    """Spectrograms of clips of one length.

    Args:
        clips: Mono at 16 kHz, shape [clips, frames * 160].
        bands: Mel bands: 80, or 128 for the models that want them.

    Returns:
        Shape [clips, bands, frames].
    """
    fft = require("scipy.fft", extra="speech", purpose="speech recognition")
    half = _WINDOW // 2
    padded = np.pad(clips, ((0, 0), (half, half)), mode="reflect")
    frames = np.lib.stride_tricks.sliding_window_view(padded, _WINDOW, axis=1)[:, ::HOP]
    frames = frames[:, : clips.shape[1] // HOP]
    spectra = fft.rfft(frames * _hann(), axis=2)
    powers = np.square(spectra.real) + np.square(spectra.imag)
    mel = np.log10(np.maximum(powers @ _filters(bands), _LEAST))
    mel = np.maximum(mel, mel.max(axis=(1, 2), keepdims=True) - _RANGE)
    found: Floats = np.ascontiguousarray(((mel + 4.0) / 4.0).transpose(0, 2, 1), np.float32)
    return found


@cache
def _hann() -> Floats:
    return (0.5 - 0.5 * np.cos(2 * np.pi * np.arange(_WINDOW) / _WINDOW)).astype(np.float32)


def _hz(mel: npt.NDArray[np.float64]) -> npt.NDArray[np.float64]:
    """Slaney's scale: linear up to 1 kHz, logarithmic above it."""
    found: npt.NDArray[np.float64] = np.where(
        mel < 15.0, mel * 200.0 / 3.0, 1000.0 * np.exp(np.log(6.4) / 27.0 * (mel - 15.0))
    )
    return found


@cache
def _filters(bands: int) -> Floats:
    """Triangles of equal area, shape [bins, bands]."""
    highest = 15.0 + 27.0 * np.log(_RATE_HZ / 2 / 1000.0) / np.log(6.4)
    edges = _hz(np.linspace(0.0, highest, bands + 2))
    bins = np.fft.rfftfreq(_WINDOW, 1 / _RATE_HZ)
    filters = triangles(bins, edges) * 2.0 / (edges[2:] - edges[:-2])
    return filters.astype(np.float32)
