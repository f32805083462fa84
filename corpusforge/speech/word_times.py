"""Word times: from what an engine knows of its own speech to seconds in the finished clip.

An engine says where it passes from one word to the next; where there is a pause, the samples say
where it starts and ends.
"""

from __future__ import annotations

import math
import re
from collections.abc import Mapping, Sequence
from itertools import pairwise

import numpy as np
import numpy.typing as npt

from corpusforge.speech.effect import TimeMap
from corpusforge.speech.engine import Word

__all__ = ["SlotSpan", "moved", "slot_times", "starts_of_pieces", "words_from"]

_FRAME_S = 0.005
_SILENT_RANGE_DB = 40.0
_PAUSE_S = 0.08
_NEAR_S = 0.15
"""A border within this of a pause stands in the pause."""

SlotSpan = Mapping[str, str | int | float | None]
"""One item of the column `spoken_slots` of clips."""

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
    ends = [*inner, min(int(heard[-1]) + 1, samples.size / frame)]
    begins = [float(heard[0]), *inner]
    for first, last in pauses:
        begins = [last if first <= begin < last else begin for begin in begins]
        ends = [first if first < end <= last else end for end in ends]
    edges = [edge for pair in zip(begins, ends, strict=True) for edge in pair]
    if edges != sorted(edges) or any(a >= b for a, b in zip(begins, ends, strict=True)):
        return None
    step_s = frame / rate_hz
    return tuple(
        Word(piece, begin * step_s, end * step_s)
        for piece, begin, end in zip(pieces, begins, ends, strict=True)
    )


def starts_of_pieces(spoken: str, events: Sequence[tuple[int, int]]) -> list[int] | None:
    """Where each piece of `spoken.split()` starts, from an engine's events.

    Args:
        spoken: The text.
        events: (place in the text in code points, sample) of each word, in the engine's order.
            Several in one piece are one start ("21" is said as two words).

    Returns:
        None when a piece has no event of its own: it was merged with another one ("of the"), or
        not said.
    """
    starts: list[int | None] = []
    for match in re.finditer(r"\S+", spoken):
        inside = [sample for at, sample in events if match.start() <= at < match.end()]
        starts.append(inside[0] if inside else None)
    known = [start for start in starts if start is not None]
    return known if len(known) == len(starts) else None


def _heard(samples: Samples, frame: int) -> npt.NDArray[np.intp]:
    """Indices of the frames that are not silent."""
    count = -(-samples.size // frame)
    padded = np.zeros(count * frame)
    padded[: samples.size] = samples
    powers = np.mean(np.square(padded.reshape(count, frame)), axis=1)
    floor = powers.max(initial=0.0) * 10.0 ** (-_SILENT_RANGE_DB / 10.0)
    return np.flatnonzero(powers > floor)


def moved(
    words: Sequence[Word] | None, times: TimeMap, duration_s: float
) -> tuple[Word, ...] | None:
    """The words in the time of the finished clip, rounded to 1 ms and held inside of it.

    Args:
        words: In the time of the engine's audio; None = not known.
        times: From there to the clip.
        duration_s: Length of the clip.
    """
    if words is None:
        return None
    last_s = math.floor(duration_s * 1000) / 1000

    def at(time_s: float) -> float:
        return min(max(round(times.at(time_s), 3), 0.0), last_s)

    return tuple(Word(word.word, at(word.start_s), at(word.end_s)) for word in words)


def slot_times(
    spoken: str, slots: Sequence[SlotSpan] | None, words: Sequence[Word] | None
) -> list[dict[str, str | int | float | None]] | None:
    """Slots with the times of the words that their spans in `spoken` touch.

    Args:
        spoken: What the clip says.
        slots: `name`, and `start` and `end` in code points of `spoken`; None stays None.
        words: Of `spoken.split()`; None = the times stay null.

    Returns:
        The same with `start_s` and `end_s`: null for an empty span.
    """
    if slots is None:
        return None
    pieces = [match.span() for match in re.finditer(r"\S+", spoken)]
    timed = []
    for slot in slots:
        start, end = int(slot["start"] or 0), int(slot["end"] or 0)
        touched = [
            word
            for word, (first, last) in zip(words or (), pieces, strict=bool(words))
            if first < end and start < last
        ]
        timed.append(
            {
                **slot,
                "start_s": touched[0].start_s if touched else None,
                "end_s": touched[-1].end_s if touched else None,
            }
        )
    return timed
