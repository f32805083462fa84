"""Where the speech is in its clip: silence around it, or a place in a clip of fixed length."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING

from corpusforge.speech.effect import Context, Scalar, TimeMap, UnfitError

if TYPE_CHECKING:
    import numpy as np
    import numpy.typing as npt

_POSITIONS = {"start": 0.0, "centre": 0.5, "end": 1.0}


class Place:
    """Puts digital silence around the speech, which the renderer has trimmed before.

    Engines differ in the silence that they put around a text (none to 0.4 s); a model could tell
    them apart by it. Either `lead_s` and `tail_s`, or `length_s` and `position` (0 = all of the
    silence after the speech, 1 = all of it before).
    """

    op = "place"
    version = "1"
    order = 25
    additive = False
    units = {"lead_s": "s", "tail_s": "s", "length_s": "s", "position": "1"}  # noqa: RUF012
    example: Mapping[str, Scalar] = {"lead_s": 0.1, "tail_s": 0.25}

    def draw(self, rng: np.random.Generator, context: Context) -> dict[str, Scalar]:
        """Lead and tail, uniform over `lead_s` and `tail_s`; or the place in `length_s`."""
        config = context.config
        lead_s, tail_s = (round(float(rng.uniform(*r)), 4) for r in (config.lead_s, config.tail_s))
        position = round(float(rng.random()), 4)
        if config.length_s is None:
            return {"lead_s": lead_s, "tail_s": tail_s}
        return {
            "length_s": config.length_s,
            "position": _POSITIONS.get(config.position, position),
        }

    def _around(self, params: Mapping[str, Scalar], rate_hz: int, count: int) -> tuple[int, int]:
        """Samples of silence before and after."""
        if "length_s" not in params:
            lead_s, tail_s = float(params["lead_s"]), float(params["tail_s"])
            return round(lead_s * rate_hz), round(tail_s * rate_hz)
        free = round(float(params["length_s"]) * rate_hz) - count
        before = round(free * float(params["position"]))
        return before, free - before

    def apply(
        self, samples: npt.NDArray[np.float32], rate_hz: int, params: Mapping[str, Scalar]
    ) -> npt.NDArray[np.float32]:
        """The speech with silence around it.

        Raises:
            UnfitError: When it is longer than the clip: speech is never cut.
        """
        import numpy as np

        before, after = self._around(params, rate_hz, samples.size)
        if before + after < 0:
            seconds = samples.size / rate_hz
            raise UnfitError(
                "speech longer than the clip",
                f"{seconds:.2f} s of speech for {float(params['length_s']):g} s",
            )
        return np.concatenate([np.zeros(before, np.float32), samples, np.zeros(after, np.float32)])

    def times(self, params: Mapping[str, Scalar], duration_s: float) -> TimeMap:
        """Everything comes later by the silence before it."""
        if "length_s" not in params:
            return TimeMap(1.0, float(params["lead_s"]))
        free_s = float(params["length_s"]) - duration_s
        return TimeMap(1.0, free_s * float(params["position"]))


PLUGIN = Place()
