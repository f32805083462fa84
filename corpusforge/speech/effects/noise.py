"""Noise at a signal-to-noise ratio over active speech, heard through the same room."""

from __future__ import annotations

import math
from collections.abc import Mapping
from typing import TYPE_CHECKING

from corpusforge.core.run import canonical_json
from corpusforge.core.seeding import uniforms
from corpusforge.speech.acoustics import ROOM_UNITS, shoebox
from corpusforge.speech.effect import Context, Scalar, UnfitError, unmoved

if TYPE_CHECKING:
    import numpy as np
    import numpy.typing as npt

    Branch = tuple[npt.NDArray[np.float32], npt.NDArray[np.complex64] | None]

_MAINS_HZ = (50.0, 60.0)


class Noise:
    """Adds one source of noise over the whole clip.

    The ratio is the power of active speech (`speech.levels.active_mask`) over the power of the
    noise over the whole clip, both at the microphone: after the room, before its response, gain
    control, clipping and codec. In a room, the noise comes from a place of its own; outside of
    one it is as it was made.
    """

    op = "noise"
    version = "3"
    order = 50
    additive = True
    times = staticmethod(unmoved)
    units = {  # noqa: RUF012
        "kind": "",
        "snr_db": "dB",
        "seed": "",
        "mains_hz": "Hz",
        "talkers": "",
        "file": "",
        "sha256": "",
        "license": "",
        "offset_s": "s",
        **ROOM_UNITS,
    }
    example: Mapping[str, Scalar] = {"kind": "pink", "snr_db": 12.0, "seed": 7}

    def draw(self, rng: np.random.Generator, context: Context) -> dict[str, Scalar]:
        """Noise for `noise_probability` of the clips, SNR uniform over `snr_db`."""
        config = context.config
        chance, kind = rng.random(), config.noise_kinds[int(rng.integers(len(config.noise_kinds)))]
        params: dict[str, Scalar] = {
            "kind": kind,
            "snr_db": round(float(rng.uniform(*config.snr_db)), 2),
            "seed": int(rng.integers(2**31)),
        }
        params |= _in_room(rng, context)
        if chance >= config.noise_probability:
            return {}
        if kind == "hum":
            params["mains_hz"] = _MAINS_HZ[int(rng.integers(len(_MAINS_HZ)))]
        if kind == "babble":
            return {**params, **_talkers(rng, context)} if context.talkers else {}
        if kind == "file":
            return {**params, **_recording(rng, context)} if context.files else {}
        return params

    def branch(
        self,
        speech_power: float,
        count: int,
        rate_hz: int,
        params: Mapping[str, Scalar],
        *,
        spectra: bool = False,
    ) -> Branch:
        """The noise alone at its level: samples, shape [count], and their spectra.

        Args:
            speech_power: Mean square of active speech at the microphone.
            count: Samples of the clip.
            rate_hz: Sampling rate.
            params: As drawn.
            spectra: Whether the spectra (`speech.convolve`) are wanted.

        Returns:
            Silence, and no spectra, where the speech is silent. No spectra either where they
            would have to be made for the purpose.

        Raises:
            UnfitError: When the noise is silent or a recording cannot be had.
        """
        import numpy as np

        from corpusforge.speech import convolve, noises
        from corpusforge.speech.levels import power
        from corpusforge.speech.rooms import room_spectra

        if count == 0 or speech_power <= 0.0:
            return np.zeros(count, dtype=np.float32), None
        frames = None
        if "rt60_s" not in params:
            noise = noises.dry(params, rate_hz, 0, count)
        else:
            pieces, wanted = room_spectra(shoebox(params), rate_hz), convolve.blocks(count)
            before = len(pieces)
            frames = noises.frames(params, rate_hz, before, wanted)
            frames = convolve.filtered(frames, pieces, before + wanted)[before:]
            noise = convolve.signal(frames.copy() if spectra else frames, count)
        found = power(noise)
        if found <= 0.0 or not math.isfinite(found):
            raise UnfitError("a piece of noise that is silent", str(params["kind"]))
        scale = np.float32(
            math.sqrt(speech_power / 10.0 ** (float(params["snr_db"]) / 10.0) / found)
        )
        return noise * scale, frames * scale if spectra and frames is not None else None

    def apply(
        self, samples: npt.NDArray[np.float32], rate_hz: int, params: Mapping[str, Scalar]
    ) -> npt.NDArray[np.float32]:
        """Speech plus noise."""
        from corpusforge.speech.levels import active_power

        noise, _ = self.branch(active_power(samples, rate_hz), samples.size, rate_hz, params)
        mixed: npt.NDArray[np.float32] = samples + noise
        return mixed


def _in_room(rng: np.random.Generator, context: Context) -> dict[str, Scalar]:
    """The talker's room with a place for the noise; {} for a clip in no room."""
    from corpusforge.speech.rooms import PLACES, beside

    place = int(rng.integers(PLACES))
    room = context.drawn.get("room")
    return beside(room, context, place) if room else {}


def _talkers(rng: np.random.Generator, context: Context) -> dict[str, Scalar]:
    """Some of the talkers, as one JSON array.

    Those of lowest hash for this clip and each of them: one that comes new is heard in its share
    of the clips, and the other clips keep their talkers.
    """
    import json

    low, high = context.config.babble_talkers
    wanted = int(rng.integers(low, high + 1))
    talkers = [json.loads(one) for one in context.talkers]
    names = [f"{one['seed']}/{one['spoken']}" for one in talkers]
    drawn = uniforms(int(rng.integers(2**53)), "speech.babble", names)
    chosen = sorted(range(len(talkers)), key=lambda index: drawn[index])[:wanted]
    return {"talkers": canonical_json([talkers[index] for index in chosen])}


def _recording(rng: np.random.Generator, context: Context) -> dict[str, Scalar]:
    """One of the recordings, and where in it to start."""
    file = context.files[int(rng.integers(len(context.files)))]
    return {
        "file": file.name,
        "sha256": file.sha256,
        "license": file.license,
        "offset_s": round(float(rng.random()) * file.duration_s * 0.999, 3),
    }


PLUGIN = Noise()
