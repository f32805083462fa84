"""Pseudo-speakers: another pitch and another vocal tract for a voice that there is.

A pseudo-speaker is a voice whose name tells how it is made: "heart~p60f86" is the voice heart at
0.60 times its pitch with formants at 0.86 times their frequencies. An engine that can move both
(`Shifting`) speaks it by itself; for the others the effect `formant` resamples, which moves pitch
and formants together, so their factors are equal.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from corpusforge.core.voice_names import PSEUDO
from corpusforge.speech.engine import Voice

if TYPE_CHECKING:
    import numpy as np
    import numpy.typing as npt

__all__ = ["Shift", "pseudo_speaker", "shift_of", "shifted_spectrum", "unshifted"]


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


def pseudo_speaker(voice: Voice, shift: Shift, gender: str, speaker: str) -> Voice:
    """The voice, shifted.

    Args:
        voice: One without a shift.
        shift: In whole percents.
        gender: What it sounds like.
        speaker: Who is heard; that of the voice itself when the shift is too small to tell.
    """
    return replace(voice, name=f"{voice.name}{shift}", gender=gender, speaker=speaker)


def shift_of(name: str) -> Shift | None:
    """The shift in a voice's name, None for a voice as the engine has it."""
    found = PSEUDO.match(name)
    return found and Shift(int(found["pitch"]) / 100, int(found["formant"]) / 100)


def unshifted(voice: Voice) -> Voice:
    """The voice that a pseudo-speaker is made of, by the name that its engine knows."""
    found = PSEUDO.match(voice.name)
    return replace(voice, name=found["base"]) if found else voice


def shifted_spectrum(spectrum: npt.NDArray[np.float32], formant: float) -> npt.NDArray[np.float32]:
    """A log spectrum on a stretched frequency axis, shape [bins, frames].

    Bin k is read at k / formant, between its neighbours; above the last bin the last one stands.
    """
    import numpy as np

    bins = spectrum.shape[0]
    place = np.minimum(np.arange(bins) / formant, bins - 1)
    low = np.minimum(place.astype(np.int64), bins - 2)
    part = (place - low).astype(np.float32)[:, None]
    found: npt.NDArray[np.float32] = spectrum[low] * (1 - part) + spectrum[low + 1] * part
    return found
