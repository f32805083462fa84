"""Long recordings made of short clips with pauses: what a detector hears all day.

False accepts per hour can only be counted on hours. The pauses are drawn and filled with faint
noise: digital silence would tell a detector where clips begin.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from corpusforge.core.seeding import rng

__all__ = ["RATE_HZ", "Piece", "Stream", "streams"]

RATE_HZ = 16000
PAUSE_S = (0.3, 1.5)
PAUSE_DBFS = -66.0
_LENGTH_S = 300.0

Samples = npt.NDArray[np.float32]


@dataclass(frozen=True, slots=True)
class Piece:
    """One clip of a stream.

    Attributes:
        clip_id: Which.
        start_s: Where it begins, in seconds from the start of the stream.
        end_s: Where it ends.
    """

    clip_id: str
    start_s: float
    end_s: float


@dataclass(frozen=True, slots=True)
class Stream:
    """Mono samples at 16 kHz and what is said in them when."""

    samples: Samples
    pieces: tuple[Piece, ...]

    @property
    def duration_s(self) -> float:
        """Its length."""
        return float(self.samples.size / RATE_HZ)


def streams(
    ids: Sequence[str], clips: Iterable[Samples], seed: int, length_s: float = _LENGTH_S
) -> Iterator[Stream]:
    """Clips one after the other, in streams of about `length_s`, the last one shorter.

    Args:
        ids: Of the clips, in the order in which they are heard.
        clips: Their samples, mono at 16 kHz, as many as ids.
        seed: Draws pauses and the noise in them, by clip.
        length_s: A stream ends with the first clip that reaches this.
    """
    parts: list[Samples] = []
    pieces: list[Piece] = []
    place = 0
    for clip_id, samples in zip(ids, clips, strict=True):
        drawn = rng(seed, "stream.pause", clip_id)
        count = round(float(drawn.uniform(*PAUSE_S)) * RATE_HZ)
        level = 10.0 ** (PAUSE_DBFS / 20.0)
        pause = (drawn.standard_normal(count) * level).astype(np.float32)
        start = place + count
        place = start + samples.size
        parts += [pause, samples.astype(np.float32)]
        pieces.append(Piece(clip_id, start / RATE_HZ, place / RATE_HZ))
        if place >= length_s * RATE_HZ:
            yield Stream(np.concatenate(parts), tuple(pieces))
            parts, pieces, place = [], [], 0
    if pieces:
        yield Stream(np.concatenate(parts), tuple(pieces))
