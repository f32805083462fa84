"""Word times: from what an engine knows of its own speech to seconds in the finished clip.

An engine says where it passes from one word to the next; where there is a pause, the samples say
where it starts and ends.
"""

from __future__ import annotations

from collections.abc import Sequence
from itertools import pairwise

import numpy as np
import numpy.typing as npt

from corpusforge.speech.engine import Word

__all__ = ["words_from"]

_FRAME_S = 0.005
_SILENT_RANGE_DB = 40.0
_PAUSE_S = 0.08
_NEAR_S = 0.15
"""A border within this of a pause stands in the pause."""

Samples = npt.NDArray[np.float32]


def words_from(
    pieces: Sequence[str], starts: Sequence[int] | None, samples: Samples, rate_hz: int
) -> tuple[Word, ...] | None:
    """Words that follow each other, without the pauses between them.

    A pause is silence of at least 80 ms (a closed stop consonant within a word is shorter), and
    any silence before the first and after the last word. A frame of 5 ms is silent when it is
    more than 40 dB fainter than the loudest frame of the whole text.

    Args:
        pieces: The words in their order.
        starts: Where the engine comes to each of them, in samples; None = it does not know. The
            last word ends with the samples.
        samples: All that the engine has spoken, dry.
        rate_hz: Its rate.

    Returns:
        None when there is not one start per piece, ascending, within the samples, or when a word
        would be nothing but silence.
    """
    if not starts or len(starts) != len(pieces):
        return None
    frame = max(1, round(_FRAME_S * rate_hz))
    heard = _heard(samples, frame)
    if heard.size == 0:
        return None
    pauses = [
        (int(last) + 1, int(first))
        for last, first in pairwise(heard)
        if (first - last - 1) * frame >= _PAUSE_S * rate_hz
    ]
    inner = [start / frame for start in starts[1:]]
    for first, last in pauses:
        away = [max(first - border, border - last, 0.0) for border in inner]
        if away and min(away) * frame <= _NEAR_S * rate_hz:
            # Anywhere in the pause will do: neither word keeps any of it.
            nearest = away.index(min(away))
            inner[nearest] = min(max(inner[nearest], first), last)
    ends = [*inner, int(heard[-1]) + 1.0]
    begins = [float(heard[0]), *inner]
    for first, last in pauses:
        begins = [last if first <= begin < last else begin for begin in begins]
        ends = [first if first < end <= last else end for end in ends]
    edges = [edge for pair in zip(begins, ends, strict=True) for edge in pair]
    if edges != sorted(edges) or any(a >= b for a, b in zip(begins, ends, strict=True)):
        return None
    step_s, duration_s = frame / rate_hz, samples.size / rate_hz
    return tuple(
        Word(piece, begin * step_s, min(end * step_s, duration_s))
        for piece, begin, end in zip(pieces, begins, ends, strict=True)
    )


def _heard(samples: Samples, frame: int) -> npt.NDArray[np.intp]:
    """Indices of the frames that are not silent."""
    count = -(-samples.size // frame)
    padded = np.zeros(count * frame)
    padded[: samples.size] = samples
    powers = np.mean(np.square(padded.reshape(count, frame)), axis=1)
    floor = powers.max(initial=0.0) * 10.0 ** (-_SILENT_RANGE_DB / 10.0)
    return np.flatnonzero(powers > floor)
