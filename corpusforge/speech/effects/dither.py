"""Dither: triangular noise of one step of 16 bits, so that rounding is no distortion."""

from __future__ import annotations

from collections.abc import Mapping
from functools import cache
from typing import TYPE_CHECKING

from corpusforge.speech.effect import Context, Scalar, unmoved

if TYPE_CHECKING:
    import numpy as np
    import numpy.typing as npt

_STEP = 1.0 / 32767.0
# 16 s at 16 kHz: nobody hears it repeat.
_PERIOD = 1 << 18


class Dither:
    """Adds noise of triangular density (TPDF) over two steps before the change to 16 bits.

    S. P. Lipshitz, R. A. Wannamaker, J. Vanderkooy, "Quantization and dither", JAES 40 (1992).
    """

    op = "dither"
    version = "1"
    order = 95
    additive = False
    times = staticmethod(unmoved)
    units = {"seed": ""}  # noqa: RUF012
    example: Mapping[str, Scalar] = {"seed": 7}

    def draw(self, rng: np.random.Generator, context: Context) -> dict[str, Scalar]:
        """Dither for `dither_probability` of the clips."""
        chance, seed = rng.random(), int(rng.integers(_PERIOD))
        return {"seed": seed} if chance < context.config.dither_probability else {}

    def apply(
        self, samples: npt.NDArray[np.float32], rate_hz: int, params: Mapping[str, Scalar]
    ) -> npt.NDArray[np.float32]:
        """The samples plus noise that is the same for the same seed."""
        import numpy as np

        start = int(params["seed"]) % _PERIOD
        noise = np.resize(_noise()[start : start + samples.size], samples.size)
        dithered: npt.NDArray[np.float32] = samples + noise
        return dithered


@cache
def _noise() -> npt.NDArray[np.float32]:
    """Two periods of noise, so that any start has a whole one after it."""
    import numpy as np

    generator = np.random.Generator(np.random.Philox(95))
    uniform = generator.random((2, _PERIOD), dtype=np.float32)
    noise = (uniform[0] - uniform[1]) * np.float32(_STEP)
    return np.concatenate([noise, noise])


PLUGIN = Dither()
