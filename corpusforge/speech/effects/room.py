"""A talker in a shoebox room: early reflections and a tail per band, delay compensated."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING

from corpusforge.speech.acoustics import ROOM_UNITS, shoebox
from corpusforge.speech.effect import Context, Scalar, unmoved

if TYPE_CHECKING:
    import numpy as np
    import numpy.typing as npt


class Room:
    """Convolves with the response of a room (`speech.acoustics`), drawn from a bank of rooms.

    Direct path and level: the first sample of the response is the direct path, so that nothing
    is delayed, and its squares sum up to 1. The talker rings on for `ring_s` after the clip.
    """

    op = "room"
    version = "3"
    order = 30
    additive = False
    times = staticmethod(unmoved)
    units = {**ROOM_UNITS, "ring_s": "s"}  # noqa: RUF012
    example: Mapping[str, Scalar] = {
        "length_m": 5.2,
        "width_m": 3.9,
        "height_m": 2.5,
        "rt60_s": 0.3,
        "rt60_low": 1.1,
        "rt60_high": 0.6,
        "mic_x_m": 1.7,
        "mic_y_m": 2.1,
        "mic_z_m": 0.8,
        "source_x_m": 2.9,
        "source_y_m": 2.6,
        "source_z_m": 1.4,
        "drr_db": 1.5,
        "room_seed": 7,
        "ring_s": 0.3,
    }

    def draw(self, rng: np.random.Generator, context: Context) -> dict[str, Scalar]:
        """A room of the bank for `room_probability` of the clips, and a place for the talker."""
        from corpusforge.speech.rooms import PLACES, drawn_room

        chance, index = rng.random(), int(rng.integers(context.config.rooms))
        place = int(rng.integers(PLACES))
        if chance >= context.config.room_probability:
            return {}
        params = drawn_room(context, index, place)
        # A clip of fixed length ends where it ends; another one rings out.
        fixed = "length_s" in context.drawn.get("place", {})
        return {**params, "ring_s": 0.0 if fixed else params["rt60_s"]}

    def apply(
        self, samples: npt.NDArray[np.float32], rate_hz: int, params: Mapping[str, Scalar]
    ) -> npt.NDArray[np.float32]:
        """Reverberant samples: same start, longer by `ring_s`."""
        from corpusforge.speech import convolve
        from corpusforge.speech.rooms import room_spectra

        room = shoebox(params)
        count = samples.size + round(float(params["ring_s"]) * rate_hz)
        frames = convolve.filtered(
            convolve.spectra(samples, convolve.AFTER),
            room_spectra(room, rate_hz),
            convolve.blocks(count),
        )
        return convolve.signal(frames, count)


PLUGIN = Room()
