"""Another tempo at the same pitch, for what was spoken without one.

WSOLA: Verhelst and Roelands 1993, "An overlap-add technique based on waveform similarity (WSOLA)
for high quality time-scale modification of speech", ICASSP. Windows are laid over one another at
another distance than they were taken at, each taken where it goes on best from the one before.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    import numpy as np
    import numpy.typing as npt

__all__ = ["stretched"]

_WINDOW_S = 0.04  # two periods of a low voice
_SEARCH_S = 0.0125  # one period of it, to either side
_TINY = 1e-12  # energy of a window of silence


def stretched(
    samples: npt.NDArray[np.float32], rate_hz: int, speed: float
) -> npt.NDArray[np.float32]:
    """Samples at another tempo.

    Args:
        samples: Finite, shape [samples].
        rate_hz: Of the samples.
        speed: Factor of the tempo; 1 gives the samples back as they are.

    Returns:
        Shape [samples / speed].
    """
    import numpy as np

    if speed == 1.0 or samples.size == 0:
        return samples
    return _wsola(samples.astype(np.float64), rate_hz, speed).astype(np.float32)


def _wsola(samples: npt.NDArray[np.float64], rate_hz: int, speed: float) -> npt.NDArray[np.float64]:
    import numpy as np

    hop = max(2, round(_WINDOW_S * rate_hz / 2))
    reach = max(1, round(_SEARCH_S * rate_hz))
    size = max(1, round(samples.size / speed))
    count = -(-size // hop) + 1
    # Half a window of silence in front: the first window falls off to both sides of the start.
    padded = np.pad(samples, (hop + reach, 4 * hop + 2 * reach))
    window = np.hanning(2 * hop + 1)[:-1]
    made = np.zeros((count + 1) * hop)
    taken = reach
    for index in range(count):
        if index:
            wanted = reach + round(index * hop * speed)
            taken = _likest(padded, taken + hop, wanted, 2 * hop, reach)
        made[index * hop : (index + 2) * hop] += window * padded[taken : taken + 2 * hop]
    return made[hop : hop + size]


def _likest(padded: npt.NDArray[np.float64], after: int, wanted: int, size: int, reach: int) -> int:
    """Where around `wanted` the window is most like the one that begins at `after`."""
    import numpy as np

    first = min(max(wanted - reach, 0), padded.size - size)
    end = min(wanted + reach + 1, padded.size - size + 1)
    goes_on = padded[after : after + size]
    if goes_on.size < size or end <= first:
        return first
    places = padded[first : end + size - 1]
    alike = np.correlate(places, goes_on, "valid")
    summed = np.concatenate([[0.0], np.cumsum(places * places)])
    energy = np.maximum(summed[size:] - summed[:-size], _TINY)
    return first + int(np.argmax(alike / np.sqrt(energy)))
