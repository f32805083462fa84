"""A voice with a sentence of it: speech makes them, the page of voices shows them."""

from __future__ import annotations

from dataclasses import dataclass

__all__ = ["VoiceSample"]


@dataclass(frozen=True, slots=True)
class VoiceSample:
    """A voice and a sentence of it.

    Attributes:
        engine: Key of the engine.
        family: Of the engine: its kind of synthesis.
        name: Of the voice; "" when the engine's package is not there to be asked.
        lang: BCP-47.
        license: SPDX expression.
        gender: "female", "male", "" (not declared).
        accent: "" when not declared.
        text: What is said, "" when nothing is.
        flac: Mono, at the rate of the voice; empty when there is no sound.
        why_not: Why there is no sound, or what to do about it; "" when there is.
        pseudo_of: The voice that it is made of, for a pseudo-speaker; else "".
        source: Where a voice that a recipe brings comes from; "" for one of an engine's own.
    """

    engine: str
    family: str
    name: str
    lang: str
    license: str
    gender: str
    accent: str
    text: str
    flac: bytes
    why_not: str
    pseudo_of: str = ""
    source: str = ""
