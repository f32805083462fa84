"""The bank of rooms: which there are for a split, and where talkers and noises stand in them.

A room is drawn by keyed hash from a bounded number of rooms per split, so that their spectra can
be kept, and rooms of different splits are never the same. In each there are a few places for
talkers and a few for noises around one microphone.
"""

from __future__ import annotations

import math
from collections.abc import Mapping
from functools import lru_cache
from typing import TYPE_CHECKING

from corpusforge.core.run import canonical_json
from corpusforge.core.seeding import rng
from corpusforge.speech.acoustics import WALLS, Shoebox, response, shoebox
from corpusforge.speech.convolve import partitions

if TYPE_CHECKING:
    import numpy as np
    import numpy.typing as npt

    from corpusforge.speech.effect import Context, Scalar

__all__ = ["PLACES", "beside", "drawn_room", "room_spectra"]

PLACES = 4
"""Places of a kind in each room."""

# Own choices: a bathroom to a large living room.
_SIDES_M = ((2.5, 8.0), (2.0, 6.0), (2.3, 3.2))
_HEIGHTS_M = {"mic": (0.4, 1.6), "talker": (1.0, 1.8), "noise": (0.2, 2.2)}
_WALL_M = 0.3
# Furniture takes the middle, walls and air the treble; measured rooms spread about as widely.
_RT60_LOW, _RT60_HIGH = (0.8, 1.3), (0.45, 0.8)
_RATE_HZ = 16000
_TRIES = 200


def drawn_room(context: Context, index: int, place: int) -> dict[str, Scalar]:
    """Parameters of one room of the bank (see `acoustics.ROOM_UNITS`) with a talker in it.

    Args:
        context: For the ranges, the seed and the split.
        index: Which room of the split.
        place: Which of its places for talkers.
    """
    config = context.config
    return dict(
        _talking(context.seed, context.split, index, place, config.rt60_s, config.distance_m)
    )


def beside(room: Mapping[str, Scalar], context: Context, place: int) -> dict[str, Scalar]:
    """The same room and microphone with a source of noise.

    Args:
        room: Parameters of the room with a talker.
        context: For the seed and the split.
        place: Which of the room's places for noises.
    """
    # The same room has the same places, whoever talks in it.
    walls = tuple((name, room[name]) for name in WALLS)
    return dict(_noisy(context.seed, context.split, walls, place))


@lru_cache(maxsize=1024)
def _talking(
    seed: int,
    split: str,
    index: int,
    place: int,
    rt60_s: tuple[float, float],
    distance_m: tuple[float, float],
) -> dict[str, Scalar]:
    generator = rng(seed, "speech.room", split, index)
    sides = [round(float(generator.uniform(*limits)), 2) for limits in _SIDES_M]
    params: dict[str, Scalar] = dict(zip(WALLS[:3], sides, strict=True))
    params["rt60_s"] = round(float(generator.uniform(*rt60_s)), 4)
    params["rt60_low"] = round(float(generator.uniform(*_RT60_LOW)), 3)
    params["rt60_high"] = round(float(generator.uniform(*_RT60_HIGH)), 3)
    mic = _anywhere(generator, sides, "mic")
    params |= dict(zip(WALLS[6:], mic, strict=True))
    around = rng(seed, "speech.room", split, index, "talker", place)
    source = _around(around, sides, mic, distance_m) or _apart(around, sides, mic, "talker")
    return _with_source(params, source, int(around.integers(2**31)))


@lru_cache(maxsize=1024)
def _noisy(
    seed: int, split: str, walls: tuple[tuple[str, Scalar], ...], place: int
) -> dict[str, Scalar]:
    params = dict(walls)
    sides, mic = ([float(value) for _, value in walls[part]] for part in (slice(3), slice(6, 9)))
    around = rng(seed, "speech.room", split, canonical_json(params), "noise", place)
    source = _apart(around, sides, mic, "noise")
    return _with_source(params, source, int(around.integers(2**31)))


def _with_source(params: Mapping[str, Scalar], source: list[float], seed: int) -> dict[str, Scalar]:
    """A room with a source, and the direct-to-reverberant ratio that follows from both."""
    placed: dict[str, Scalar] = {**params}
    placed |= dict(zip((f"source_{axis}_m" for axis in "xyz"), source, strict=True))
    free = shoebox({**placed, "room_seed": seed})
    # What is decided before anything is rendered is decided at the rate of all clips.
    direct = float(response(free, _RATE_HZ)[0]) ** 2
    placed["drr_db"] = round(10.0 * math.log10(direct / max(1e-9, 1.0 - direct)), 2)
    return {**placed, "room_seed": seed}


def _anywhere(generator: np.random.Generator, sides: list[float], kind: str) -> list[float]:
    """A place in the room, away from the walls, at a height that suits the kind."""
    low, high = _HEIGHTS_M[kind]
    limits = [(_WALL_M, side - _WALL_M) for side in sides[:2]]
    limits.append((low, min(high, sides[2] - _WALL_M)))
    return [round(float(generator.uniform(*limit)), 2) for limit in limits]


def _around(
    generator: np.random.Generator, sides: list[float], mic: list[float], reach: tuple[float, float]
) -> list[float] | None:
    """A place at a distance drawn from `reach`; None when the room has none."""
    for _ in range(_TRIES):
        wanted = generator.uniform(*reach)
        height = generator.uniform(*_HEIGHTS_M["talker"])
        level = math.sqrt(max(0.0, wanted**2 - (height - mic[2]) ** 2))
        angle = generator.uniform(0.0, 2.0 * math.pi)
        place = [mic[0] + level * math.cos(angle), mic[1] + level * math.sin(angle), height]
        place = [round(value, 2) for value in place]
        inside = all(
            _WALL_M <= value <= side - _WALL_M for value, side in zip(place, sides, strict=True)
        )
        # A talker higher above the microphone than the distance allows is drawn again.
        if inside and reach[0] - 0.02 <= math.dist(place, mic) <= reach[1] + 0.02:
            return place
    return None


def _apart(
    generator: np.random.Generator, sides: list[float], mic: list[float], kind: str
) -> list[float]:
    """A place anywhere that is not at the microphone."""
    place = _anywhere(generator, sides, kind)
    for _ in range(_TRIES):
        if math.dist(place, mic) > _WALL_M:
            break
        place = _anywhere(generator, sides, kind)
    return place


@lru_cache(maxsize=256)
def room_spectra(room: Shoebox, rate_hz: int) -> npt.NDArray[np.complex64]:
    """Spectra of the response of a room, kept per process; treat them as read-only."""
    pieces = partitions(response(room, rate_hz))
    pieces.flags.writeable = False
    return pieces
