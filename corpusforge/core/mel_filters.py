"""Triangular filters on a mel scale, for those who listen to clips."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

__all__ = ["mel_filters", "triangles"]

Filters = npt.NDArray[np.float64]


def triangles(places: npt.NDArray[np.floating], edges: npt.NDArray[np.floating]) -> Filters:
    """Triangles of height 1, each from one edge over the next to the one after it.

    Args:
        places: Where they are wanted, shape [bins].
        edges: On the same scale, ascending, shape [bands + 2].

    Returns:
        Shape [bins, bands].
    """
    bins = places[:, None]
    low, middle, high = edges[:-2], edges[1:-1], edges[2:]
    rising, falling = (bins - low) / (middle - low), (high - bins) / (high - middle)
    return np.maximum(0.0, np.minimum(rising, falling))


def mel_filters(bands: int, fft: int, rate_hz: int, low_hz: float, high_hz: float) -> Filters:
    """Triangles of height 1 on the mel scale 2595 log10(1 + f / 700).

    Args:
        bands: Number of filters.
        fft: Length of the transform that gives the bins, in samples.
        rate_hz: Sampling rate.
        low_hz: Where the first filter begins.
        high_hz: Where the last one ends.

    Returns:
        Shape [fft / 2 + 1, bands].
    """

    def mel(hertz: npt.ArrayLike) -> npt.NDArray[np.float64]:
        return np.asarray(2595.0 * np.log10(1.0 + np.asarray(hertz) / 700.0))

    edges = np.linspace(mel(low_hz), mel(high_hz), bands + 2)
    return triangles(mel(np.fft.rfftfreq(fft, 1.0 / rate_hz)), edges)
