"""One sentence of each voice, to choose voices by ear."""

from __future__ import annotations

import io
from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np

from corpusforge.core import plugins
from corpusforge.core.errors import InputError, require
from corpusforge.speech import levels
from corpusforge.speech.engine import Engine, EngineError, Prosody, Voice, checked
from corpusforge.speech.voices import VoiceListing, list_voices

__all__ = ["Sample", "sample_text", "voice_samples"]

_SENTENCES = {
    "de": "schalte das Licht in der Küche ein",
    "en": "turn on the lights in the kitchen",
    "es": "enciende la luz de la cocina",
    "fr": "allume la lumière dans la cuisine",
    "it": "accendi la luce in cucina",
    "nl": "doe het licht in de keuken aan",
    "pt": "acende a luz da cozinha",
}


_PEAK = 0.9


@dataclass(frozen=True, slots=True)
class Sample:
    """A voice and a sentence of it.

    Attributes:
        engine: Key of the engine.
        family: Of the engine.
        name: Of the voice; "" when the engine's package is not there to be asked.
        lang: BCP-47.
        license: SPDX expression.
        gender: "female", "male", "" (not declared).
        accent: "" when not declared.
        text: What is said, "" when nothing is.
        flac: Mono, at the rate of the voice; empty when there is no sound.
        why_not: Why there is no sound, or what to do about it; "" when there is.
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


def sample_text(lang: str) -> str:
    """A sentence of a language: a command, or the days of the week from CLDR; "" for neither."""
    root = lang.split("-")[0]
    if root in _SENTENCES:
        return _SENTENCES[root]
    from babel import Locale, UnknownLocaleError

    try:
        days = Locale.parse(lang, sep="-").days["format"]["wide"]
    except (UnknownLocaleError, ValueError, KeyError):
        return ""
    return ", ".join(str(days[day]) for day in sorted(days))


def voice_samples(lang: str | None = None) -> list[Sample]:
    """A sentence of each voice; voices that cannot speak here are there too, with the reason.

    Args:
        lang: BCP-47: every speaker and every accent of it once. None = every language, one voice
            of each sex per engine.
    """
    found = []
    for listing in _heard_once(lang):
        voice, why_not = listing.voice, listing.why_not
        engine: Engine = plugins.load("engine", listing.engine)
        text = "" if why_not else sample_text(voice.lang)
        flac = b""
        if text:
            try:
                flac = _flac(engine, voice, text)
            except (EngineError, InputError) as error:
                why_not = str(error)
        elif not why_not:
            why_not = f"no sentence of {voice.lang} is known here"
        found.append(
            Sample(
                engine.name,
                engine.family,
                voice.name,
                voice.lang,
                voice.license,
                voice.gender,
                voice.accent,
                text,
                flac,
                why_not,
            )
        )
    return found


def _heard_once(lang: str | None) -> Iterator[VoiceListing]:
    """The listed voices without those whose speaker and accent were heard before."""
    known: set[tuple[str, ...]] = set()
    for listing in list_voices(lang):
        engine, voice = listing.engine, listing.voice
        if lang is None:
            keys: set[tuple[str, ...]] = {(engine, voice.lang, voice.gender)}
        else:
            keys = {(engine, "who", voice.who), (engine, "accent", voice.accent, voice.lang)}
        if not keys <= known:
            known |= keys
            yield listing


def _flac(engine: Engine, voice: Voice, text: str) -> bytes:
    soundfile = require("soundfile", extra="speech", purpose="writing FLAC")
    rng = np.random.Generator(np.random.Philox(1))
    said = checked(engine.speak(text, voice, Prosody(), rng), engine, voice, voice.name)
    samples, _ = levels.trimmed(said.samples, said.rate_hz)
    samples = samples * np.float32(_PEAK / max(1e-6, float(np.abs(samples).max(initial=0.0))))
    stream = io.BytesIO()
    with soundfile.SoundFile(
        stream, "w", samplerate=said.rate_hz, channels=1, format="FLAC", subtype="PCM_16"
    ) as file:
        file.comment = f"SYNTHETIC=true engine={engine.name} voice={voice.name}"
        file.write(samples)
    return stream.getvalue()
