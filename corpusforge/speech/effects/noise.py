"""Noise at a signal-to-noise ratio over active speech, heard through the same room."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import TYPE_CHECKING, NamedTuple

from corpusforge.core.run import canonical_json
from corpusforge.core.seeding import uniforms
from corpusforge.speech.acoustics import PLACE, ROOM_UNITS, WALLS, shoebox
from corpusforge.speech.effect import Context, Scalar, UnfitError, unmoved
from corpusforge.speech.noise_sources import at_places, gain, sources_of
from corpusforge.speech.noises import COLOURS, bank_of
from corpusforge.speech.rooms import PLACES, beside, room_spectra

if TYPE_CHECKING:
    import numpy as np
    import numpy.typing as npt

_MAINS_HZ = (50.0, 60.0)
# Of further sources beside the first; an own choice.
_LEVEL_DB = (-10.0, 0.0)


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
    """Adds noise of one or several sources over the whole clip.

    The ratio is the power of active speech (`speech.levels.active_mask`) over the power of all
    noise over the whole clip, both at the microphone: after the room, before its response, gain
    control, clipping and codec. In a room, sources come from places of their own, as long as it has
    places (`speech.rooms.PLACES`), and talkers of babble from up to three (`places`, JSON; they
    take turns); outside of one noise is as it was made. Further sources (`others`, JSON) have a
    level beside the first (`level_db`), both at the microphone. Coloured noise is from the bank of
    the clip's split and the recipe's seed (`speech.noises.bank_of`), so that splits and seeds share
    none of it.
    """

    op = "noise"
    version = "4"
    order = 50
    additive = True
    times = staticmethod(unmoved)
    units = {  # noqa: RUF012
        "kind": "",
        "snr_db": "dB",
        "level_db": "dB",
        "seed": "",
        "bank": "",
        "mains_hz": "Hz",
        "talkers": "",
        "places": "",
        "others": "",
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
        first = int(rng.integers(PLACES))
        places = [(first + number) % PLACES for number in range(PLACES)]
        if chance >= config.noise_probability or kind not in _to_be_had(context):
            return {}
        params |= _made(rng, context, kind, places)
        # After all else, so that the first source is the one of a clip with one.
        others = _others(rng, context, params, places) if config.noises[1] > 1 else []
        return {**params, "others": canonical_json(others)} if others else params

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
        first, *others = sources_of(params)
        sound = _heard(count, rate_hz, first, frames=frames)
        if not others:
            return sound
        return _together(
            sound, [(one, _heard(count, rate_hz, one, frames=frames)) for one in others]
        )

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


def _heard(
    count: int, rate_hz: int, source: Mapping[str, Scalar], *, frames: bool = False
) -> Sound:
    """One source of `speech.noise_sources`, see `Noise.sound`."""
    from corpusforge.speech import convolve, noises
    from corpusforge.speech.levels import power

    wanted, spectra, past = convolve.blocks(count), None, None
    if "rt60_s" in source:
        wet = []
        for part in at_places(source):
            pieces = room_spectra(shoebox(part), rate_hz)
            before = len(pieces) - 1
            dry = noises.frames(part, rate_hz, before, wanted)
            wet.append(convolve.filtered(dry, pieces, wanted, before))
        spectra = sum(wet[1:], start=wet[0])
        past, samples = convolve.signal_and_past(spectra, count)
        found = power(samples)
    else:
        samples = noises.dry(source, rate_hz, 0, count)
        found = noises.dry_power(source, rate_hz, samples)
        if frames and str(source["kind"]) in COLOURS:
            spectra = noises.frames(source, rate_hz, 0, wanted)
            past = noises.dry(source, rate_hz, -convolve.PAST, convolve.PAST)
        elif frames:
            spectra = convolve.spectra(samples)
    if found <= 0.0 or not math.isfinite(found):
        raise UnfitError("a piece of noise that is silent", noises.named(source))
    return Sound(samples, found, spectra, past)


def _together(first: Sound, others: Sequence[tuple[Mapping[str, Scalar], Sound]]) -> Sound:
    """Sounds as one, the others, each with its parameters, at their levels beside the first."""
    import numpy as np

    from corpusforge.speech.convolve import PAST
    from corpusforge.speech.levels import power

    samples, frames, past = first.samples, first.frames, first.past
    for source, other in others:
        scale = np.float32(gain(source, first.power, other.power))
        samples = samples + other.samples * scale
        if frames is not None and other.frames is not None:
            frames = frames + other.frames * scale
        if other.past is not None:
            past = (np.zeros(PAST, np.float32) if past is None else past) + other.past * scale
    return Sound(samples, power(samples), frames, past)


def _to_be_had(context: Context) -> list[str]:
    """The recipe's kinds of noise that this clip can have."""
    there = {"babble": context.talkers, "file": context.files}
    return [kind for kind in context.config.noise_kinds if there.get(kind, True)]


def _made(
    rng: np.random.Generator, context: Context, kind: str, places: list[int]
) -> dict[str, Scalar]:
    """What one source is made of, and where it is; `places` are those of the room that are free."""
    room = _taken(context, places)
    if kind in COLOURS:
        return {**room, "bank": bank_of(context.seed, context.split)}
    if kind == "hum":
        return {**room, "mains_hz": _MAINS_HZ[int(rng.integers(len(_MAINS_HZ)))]}
    if kind == "file":
        return {**room, **_recording(rng, context)}
    talkers = _talkers(rng, context)
    made = {**room, "talkers": canonical_json(talkers)}
    if room:
        # Another noise may come, so that one place is left.
        there = [room, *(_taken(context, places) for _ in talkers[1:] if len(places) > 1)]
        made["places"] = canonical_json([{name: one[name] for name in PLACE} for one in there])
    return made


def _taken(context: Context, places: list[int]) -> dict[str, Scalar]:
    """The talker's room with the next place for a noise in it; {} for a clip in no room.

    The place is taken off, but for the last one: whoever comes later shares it.
    """
    room = context.drawn.get("room")
    return beside(room, context, places.pop(0) if len(places) > 1 else places[0]) if room else {}


def _others(
    rng: np.random.Generator,
    context: Context,
    first: Mapping[str, Scalar],
    places: list[int],
) -> list[dict[str, Scalar]]:
    """The further sources of a clip: of other kinds, or other recordings."""
    low, high = context.config.noises
    heard, others = [first], []
    for _ in range(1, int(rng.integers(low, high + 1))):
        again = {one.get("sha256") for one in heard}
        left = replace(context, files=[one for one in context.files if one.sha256 not in again])
        used = {one["kind"] for one in heard} - {"file"}
        kinds = [kind for kind in _to_be_had(left) if kind not in used]
        if not kinds:
            break
        kind = kinds[int(rng.integers(len(kinds)))]
        other: dict[str, Scalar] = {
            "kind": kind,
            "level_db": round(float(rng.uniform(*_LEVEL_DB)), 2),
            "seed": int(rng.integers(2**31)),
        }
        other |= _made(rng, left, kind, places)
        heard.append(other)
        # The room stands with the first source.
        others.append({name: value for name, value in other.items() if name not in WALLS})
    return others


def _talkers(rng: np.random.Generator, context: Context) -> list[object]:
    """Some of the talkers.

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
    return [talkers[index] for index in chosen]


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
