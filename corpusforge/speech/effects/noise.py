"""Noise at a signal-to-noise ratio over active speech, heard through the same room."""

from __future__ import annotations

import math
from collections.abc import Mapping
from typing import TYPE_CHECKING, NamedTuple

from corpusforge.core.run import canonical_json
from corpusforge.core.seeding import uniforms
from corpusforge.speech.acoustics import ROOM_UNITS, shoebox
from corpusforge.speech.effect import Context, Scalar, UnfitError, unmoved
from corpusforge.speech.noises import COLOURS, bank_of

if TYPE_CHECKING:
    import numpy as np
    import numpy.typing as npt

_MAINS_HZ = (50.0, 60.0)


class Sound(NamedTuple):
    """A noise at the microphone, before its level.

    Attributes:
        samples: Shape [samples]; treat them as read-only.
        power: Mean square of the samples, above 0.
        frames: Their spectra (`speech.convolve`), where wanted; treat them as read-only.
        past: What the spectra know from before the clip, shape [`convolve.PAST`]; None = silence.
    """

    samples: npt.NDArray[np.float32]
    power: float
    frames: npt.NDArray[np.complex64] | None
    past: npt.NDArray[np.float32] | None


class Noise:
    """Adds one source of noise over the whole clip.

    The ratio is the power of active speech (`speech.levels.active_mask`) over the power of the
    noise over the whole clip, both at the microphone: after the room, before its response, gain
    control, clipping and codec. In a room, the noise comes from a place of its own; outside of
    one it is as it was made. Coloured noise is from the bank of the clip's split and the recipe's
    seed (`speech.noises.bank_of`), so that splits and seeds share none of it.
    """

    op = "noise"
    version = "4"
    order = 50
    additive = True
    times = staticmethod(unmoved)
    units = {  # noqa: RUF012
        "kind": "",
        "snr_db": "dB",
        "seed": "",
        "bank": "",
        "mains_hz": "Hz",
        "talkers": "",
        "file": "",
        "sha256": "",
        "license": "",
        "offset_s": "s",
        **ROOM_UNITS,
    }
    example: Mapping[str, Scalar] = {
        "kind": "pink",
        "snr_db": 12.0,
        "seed": 7,
        "bank": 11,
    }

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
        if kind in COLOURS:
            params["bank"] = bank_of(context.seed, context.split)
        if kind == "hum":
            params["mains_hz"] = _MAINS_HZ[int(rng.integers(len(_MAINS_HZ)))]
        if kind == "babble":
            return {**params, **_talkers(rng, context)} if context.talkers else {}
        if kind == "file":
            return {**params, **_recording(rng, context)} if context.files else {}
        return params

    def sound(
        self, count: int, rate_hz: int, params: Mapping[str, Scalar], *, frames: bool = False
    ) -> Sound:
        """The noise alone, not yet at its level.

        Args:
            count: Samples of the clip, at least 1.
            rate_hz: Sampling rate.
            params: As drawn.
            frames: Whether the spectra are wanted.

        Raises:
            UnfitError: When the noise is silent or a recording cannot be had.
            KeyError: For parameters of another version.
        """
        from corpusforge.speech import convolve, noises
        from corpusforge.speech.levels import power
        from corpusforge.speech.rooms import room_spectra

        wanted, spectra, past = convolve.blocks(count), None, None
        if "rt60_s" in params:
            pieces = room_spectra(shoebox(params), rate_hz)
            before = len(pieces) - 1
            source = noises.frames(params, rate_hz, before, wanted)
            spectra = convolve.filtered(source, pieces, wanted, before)
            past, samples = convolve.signal_and_past(spectra, count)
            found = power(samples)
        else:
            samples = noises.dry(params, rate_hz, 0, count)
            found = noises.dry_power(params, rate_hz, samples)
            if frames and str(params["kind"]) in COLOURS:
                spectra = noises.frames(params, rate_hz, 0, wanted)
                past = noises.dry(params, rate_hz, -convolve.PAST, convolve.PAST)
            elif frames:
                spectra = convolve.spectra(samples)
        if found <= 0.0 or not math.isfinite(found):
            raise UnfitError("a piece of noise that is silent", noises.named(params))
        return Sound(samples, found, spectra, past)

    def scale(self, speech_power: float, sound: Sound, params: Mapping[str, Scalar]) -> np.float32:
        """Factor on the noise for the ratio that was drawn.

        Args:
            speech_power: Mean square of active speech at the microphone.
            sound: The noise.
            params: As drawn.
        """
        import numpy as np

        wanted = speech_power / 10.0 ** (float(params["snr_db"]) / 10.0)
        return np.float32(math.sqrt(wanted / sound.power))

    def apply(
        self, samples: npt.NDArray[np.float32], rate_hz: int, params: Mapping[str, Scalar]
    ) -> npt.NDArray[np.float32]:
        """Speech plus noise; silence stays as it is."""
        from corpusforge.speech.levels import active_power

        speech_power = active_power(samples, rate_hz)
        if speech_power <= 0.0:
            return samples
        sound = self.sound(samples.size, rate_hz, params)
        mixed: npt.NDArray[np.float32] = samples + sound.samples * self.scale(
            speech_power, sound, params
        )
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
