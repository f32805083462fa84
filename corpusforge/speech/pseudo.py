"""Pseudo-speakers: another pitch and another vocal tract for a voice that there is.

A pseudo-speaker is a voice whose name tells how it is made: "heart~p60f86" is the voice heart at
0.60 times its pitch with formants at 0.86 times their frequencies. hibari's network lets both be
moved inside of it; what other engines say is moved afterwards (`speech.vocal_tract`), and by
resampling also shortened or lengthened, which `Slowed` makes good.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, replace
from enum import StrEnum
from typing import TYPE_CHECKING, Any, TypeAlias, TypeVar

from corpusforge.core.voice_names import PSEUDO
from corpusforge.speech.engine import Engine, Prosody, Spoken, Voice, Word, bounded

if TYPE_CHECKING:
    import numpy as np
    import numpy.typing as npt

__all__ = [
    "Shift",
    "Slowed",
    "pseudo_speaker",
    "pseudo_speakers_of",
    "say_shifted",
    "shift_of",
    "shifted_spectrum",
    "slowed_by",
    "told_tempo",
    "unshifted",
]


class Slowed(StrEnum):
    """How a pseudo-speaker comes to speak as fast as the voice behind it."""

    ENGINE = "its engine is told another tempo"
    MODEL = "its engine is told another tempo, and most of its models stretch what they said"
    AFTERWARDS = "what the engine said is stretched (speech.stretching)"


@dataclass(frozen=True, slots=True)
class Shift:
    """How a pseudo-speaker differs from its voice.

    Attributes:
        pitch: Factor on the fundamental frequency.
        formant: Factor on the frequencies of the formants: above 1 is a shorter vocal tract.
    """

    pitch: float
    formant: float

    def __str__(self) -> str:
        return f"~p{round(100 * self.pitch):02d}f{round(100 * self.formant):02d}"


PSEUDO_SPEAKERS: Mapping[str, tuple[tuple[Shift, str], ...]] = {
    "male": (
        (Shift(0.8, 0.86), "male"),
        (Shift(0.8, 1.08), "male"),
        (Shift(1.25, 0.86), "male"),
        (Shift(1.4, 1.24), "female"),
        (Shift(1.6, 1.08), "female"),
    ),
    "female": (
        (Shift(0.8, 1.08), "female"),
        (Shift(1.25, 0.93), "female"),
        (Shift(1.25, 1.16), "female"),
    ),
    "": (
        (Shift(0.8, 0.86), ""),
        (Shift(0.8, 1.08), ""),
        (Shift(1.25, 1.16), ""),
    ),
}
"""Sex of a voice ("" = not declared) -> what is made of it, as `eval.speech.voices` chose on a grid
of pitch (0.8 to 1.6) and formants (0.86 to 1.24): four men's voices and two women's, of three
engines; all six for a voice of no declared sex. Whisper tiny.en hears at most 5 % more words wrong
in the mean over the voices; the speaker encoder sees a cosine below 0.85 between any two, and with
the voice itself, for each of the voices (a voice has 0.93 or more with itself). No man is made of a
woman: her pitch at 0.6 times would leave the upper 40 % of the band empty. The sexes are what pitch
and formants say, not a judgement of listeners."""


Real = TypeVar("Real", bound="np.floating[Any]")

Say: TypeAlias = "Callable[[str, Voice, Prosody, np.random.Generator], Spoken]"
"""`speech.engine.Engine.speak` for voices without a shift."""


def pseudo_speaker(voice: Voice, shift: Shift, gender: str, speaker: str) -> Voice:
    """The voice, shifted.

    Args:
        voice: One without a shift.
        shift: In whole percents.
        gender: What it sounds like.
        speaker: Who is heard; that of the voice itself when the shift is too small to tell.
    """
    return replace(voice, name=f"{voice.name}{shift}", gender=gender, speaker=speaker)


def slowed_by(engine: Engine) -> Slowed | None:
    """How clips of an engine are moved afterwards for pseudo-speakers; None = they are not.

    It says so by an attribute `pseudo_speakers`. espeak has none, as it has voices enough; hibari
    makes its own by itself.
    """
    found: Slowed | None = getattr(engine, "pseudo_speakers", None)
    return found


def told_tempo(
    engine: Engine, voices: Iterable[Voice], speed: tuple[float, float]
) -> tuple[float, float]:
    """Slowest and fastest tempo that an engine is told for these voices.

    Args:
        engine: That speaks them.
        voices: With and without a shift.
        speed: Slowest and fastest that is heard.
    """
    pitches = [1.0]
    if slowed_by(engine) in (Slowed.ENGINE, Slowed.MODEL):
        pitches += [shift.pitch for voice in voices if (shift := shift_of(voice.name))]
    return speed[0] / max(pitches), speed[1] / min(pitches)


LOST_BY_STRETCHING: Mapping[str, tuple[Shift, ...]] = {"male": (Shift(0.8, 1.08),)}
"""Sex of a voice -> shifts that cost more words than that when the sound is stretched for them."""


def pseudo_speakers_of(voice: Voice, slowed: Slowed = Slowed.ENGINE) -> list[Voice]:
    """The pseudo-speakers of a voice whose clips are moved afterwards, in stable order.

    Args:
        voice: One without a shift. Of a voice of no declared sex the shifts suit men and women;
            the sex of what is made is not declared either.
        slowed: How they come to speak as fast as the voice.
    """
    lost = LOST_BY_STRETCHING.get(voice.gender, ()) if slowed is not Slowed.ENGINE else ()
    # Another voice of the same speaker, in another accent say, makes the same pseudo-speakers.
    return [
        pseudo_speaker(voice, one, sex, f"{voice.who}{one}")
        for one, sex in PSEUDO_SPEAKERS[voice.gender]
        if one not in lost
    ]


def say_shifted(
    say: Say,
    spoken: str,
    voice: Voice,
    prosody: Prosody,
    rng: np.random.Generator,
    slowed: Slowed = Slowed.ENGINE,
) -> Spoken:
    """What a voice says, moved when it is a pseudo-speaker; see `speech.engine.Engine.speak`.

    Args:
        say: The engine's own way.
        spoken: The text.
        voice: With or without a shift.
        prosody: As it is to be heard.
        rng: Of the clip.
        slowed: What makes good that resampling speeds it up by the factor on the pitch.
    """
    shift = shift_of(voice.name)
    if shift is None:
        return say(spoken, voice, prosody, rng)
    from corpusforge.speech.stretching import stretched
    from corpusforge.speech.vocal_tract import moved

    told = prosody if slowed is Slowed.AFTERWARDS else Prosody(prosody.speed / shift.pitch)
    said = say(spoken, unshifted(voice), told, rng)
    if not _sound(said.samples):  # for `speech.engine.checked` to refuse
        return said
    samples = said.samples
    if slowed is Slowed.AFTERWARDS:
        samples = stretched(samples, said.rate_hz, 1 / shift.pitch)
    samples = bounded(moved(samples, said.rate_hz, shift))
    words = said.words and tuple(
        Word(one.word, one.start_s / shift.pitch, one.end_s / shift.pitch) for one in said.words
    )
    return Spoken(samples, said.rate_hz, words)


def _sound(samples: npt.NDArray[np.float32]) -> bool:
    import numpy as np

    return samples.ndim == 1 and samples.size > 0 and bool(np.isfinite(samples).all())


def shift_of(name: str) -> Shift | None:
    """The shift in a voice's name, None for a voice as the engine has it."""
    found = PSEUDO.match(name)
    return found and Shift(int(found["pitch"]) / 100, int(found["formant"]) / 100)


def unshifted(voice: Voice) -> Voice:
    """The voice that a pseudo-speaker is made of, by the name that its engine knows."""
    found = PSEUDO.match(voice.name)
    return replace(voice, name=found["base"]) if found else voice


def shifted_spectrum(spectrum: npt.NDArray[Real], formant: float) -> npt.NDArray[Real]:
    """A log spectrum on a stretched frequency axis, shape [bins, frames].

    Bin k is read at k / formant, between its neighbours; above the last bin the last one stands.
    """
    import numpy as np

    bins = spectrum.shape[0]
    place = np.minimum(np.arange(bins) / formant, bins - 1)
    low = np.minimum(place.astype(np.int64), bins - 2)
    part = (place - low).astype(spectrum.dtype)[:, None]
    found: npt.NDArray[Real] = spectrum[low] * (1 - part) + spectrum[low + 1] * part
    return found
