"""The sources of noise behind one clip: one or several, each from its own place in the room."""

from __future__ import annotations

import json
import math
from collections.abc import Mapping
from typing import TYPE_CHECKING

from corpusforge.core.run import canonical_json
from corpusforge.speech.acoustics import WALLS

if TYPE_CHECKING:
    from corpusforge.speech.effect import Scalar

__all__ = ["at_places", "gain", "sources_of"]


def sources_of(params: Mapping[str, Scalar]) -> list[Mapping[str, Scalar]]:
    """The sources of a step `noise`, the first one first, all in the same room.

    Args:
        params: As drawn.

    Returns:
        Of each the parameters of a step with this source alone; further ones with `level_db`,
        their power over that of the first, both at the microphone.
    """
    if "others" not in params:
        return [params]
    room = {name: params[name] for name in WALLS if name in params}
    first = {name: value for name, value in params.items() if name != "others"}
    return [first, *({**room, **one} for one in json.loads(str(params["others"])))]


def at_places(source: Mapping[str, Scalar]) -> list[Mapping[str, Scalar]]:
    """A source by the places it is heard from: talkers of babble may stand apart in a room.

    Args:
        source: Of `sources_of`.

    Returns:
        Of each place the parameters of a step with what is there alone.
    """
    if "places" not in source or "rt60_s" not in source:
        return [source]
    talkers, places = (json.loads(str(source[name])) for name in ("talkers", "places"))
    # Seeds of their own: where in their sentences talkers are must not go together.
    return [
        {
            **{name: value for name, value in source.items() if name != "places"},
            **place,
            "talkers": canonical_json(talkers[number :: len(places)]),
            "seed": int(source["seed"]) + number,
        }
        for number, place in enumerate(places[: len(talkers)])
    ]


def gain(source: Mapping[str, Scalar], first: float, own: float) -> float:
    """Factor on the samples of a further source for its level beside the first.

    Args:
        source: Of `sources_of`, with `level_db`.
        first: Mean square of the first source, at the microphone.
        own: Mean square of this one there, above 0.
    """
    return math.sqrt(10.0 ** (float(source["level_db"]) / 10.0) * first / own)
