"""Telephone codecs at 8 kHz: mu-law (G.711) and GSM 06.10, coded and decoded by libsndfile."""

from __future__ import annotations

import io
from collections.abc import Mapping
from typing import TYPE_CHECKING

from corpusforge.core.errors import require
from corpusforge.speech.effect import Context, Scalar, UnfitError, unmoved

if TYPE_CHECKING:
    import numpy as np
    import numpy.typing as npt

_SUBTYPES = {"mulaw": "ULAW", "gsm": "GSM610"}
_RATE_HZ = 8000


class Codec:
    """To 8 kHz, through the codec and back; what is above 4 kHz is gone."""

    op = "codec"
    version = "1"
    order = 80
    additive = False
    times = staticmethod(unmoved)
    units = {"codec": ""}  # noqa: RUF012
    example: Mapping[str, Scalar] = {"codec": "mulaw"}

    def draw(self, rng: np.random.Generator, context: Context) -> dict[str, Scalar]:
        """A codec for `codec_probability` of the clips, equal shares of `codecs`."""
        chance, names = rng.random(), context.config.codecs
        name = names[int(rng.integers(len(names)))]
        return {"codec": name} if chance < context.config.codec_probability else {}

    def apply(
        self, samples: npt.NDArray[np.float32], rate_hz: int, params: Mapping[str, Scalar]
    ) -> npt.NDArray[np.float32]:
        """As many samples as before, held at full scale before they are coded.

        Raises:
            UnfitError: NaN or infinite samples, a codec that there is not.
        """
        import numpy as np

        name = params["codec"]
        if name not in _SUBTYPES:
            known = " and ".join(_SUBTYPES)
            raise UnfitError(
                "parameters of another version of an effect", f"codec {name!r}, not {known}"
            )
        narrow = np.clip(_resampled(samples, rate_hz, _RATE_HZ), -1.0, 1.0)
        if not np.isfinite(narrow).all():  # they would end the process inside of the library
            raise UnfitError("NaN or infinite samples", "codec")
        coded = _through(narrow, _SUBTYPES[str(name)])
        wide = _resampled(coded, _RATE_HZ, rate_hz)
        out = np.zeros_like(samples)
        kept = min(out.size, wide.size)
        out[:kept] = wide[:kept]
        return out


def held(samples: npt.NDArray[np.float32], rate_hz: int) -> npt.NDArray[np.bool_]:
    """Which samples a codec holds at full scale before it codes them, shape [samples].

    What is decoded swings over again, and goes below full scale too: it does not tell.

    Args:
        samples: What goes into the codec.
        rate_hz: Their rate.
    """
    import numpy as np

    over = np.abs(_resampled(samples, rate_hz, _RATE_HZ)) > 1.0
    if not over.any():
        return np.zeros(samples.size, np.bool_)
    places = np.arange(samples.size) * _RATE_HZ // rate_hz
    found: npt.NDArray[np.bool_] = over[np.minimum(places, over.size - 1)]
    return found


def _resampled(
    samples: npt.NDArray[np.float32], from_hz: int, to_hz: int
) -> npt.NDArray[np.float32]:
    soxr = require("soxr", extra="speech", purpose="resampling")
    changed: npt.NDArray[np.float32] = soxr.resample(samples, from_hz, to_hz, quality="HQ")
    return changed


def _through(samples: npt.NDArray[np.float32], subtype: str) -> npt.NDArray[np.float32]:
    """Coded to a file in memory and read back, at 8 kHz."""
    import numpy as np

    soundfile = require("soundfile", extra="speech", purpose="codecs")
    stream = io.BytesIO()
    # GSM works on whole frames of 160 samples, two to a block in WAV.
    padded = np.zeros(-(-max(1, samples.size) // 320) * 320, dtype=np.float32)
    padded[: samples.size] = samples
    soundfile.write(stream, padded, _RATE_HZ, format="WAV", subtype=subtype)
    stream.seek(0)
    decoded, _ = soundfile.read(stream, dtype="float32")
    out: npt.NDArray[np.float32] = decoded[: samples.size]
    return out


PLUGIN = Codec()
