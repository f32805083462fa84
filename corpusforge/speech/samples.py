"""One sentence of each voice, to choose voices by ear."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np

from corpusforge.core import plugins
from corpusforge.core.errors import InputError
from corpusforge.core.sound_files import flac_bytes, synthetic_mark
from corpusforge.core.voice_sample import VoiceSample
from corpusforge.speech import levels
from corpusforge.speech.engine import Engine, EngineError, Prosody, Voice, checked
from corpusforge.speech.voices import VoiceListing, list_voices

__all__ = ["sample_text", "voice_samples"]

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


def voice_samples(lang: str | None = None) -> list[VoiceSample]:
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
            VoiceSample(
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
    rng = np.random.Generator(np.random.Philox(1))
    said = checked(engine.speak(text, voice, Prosody(), rng), engine, voice, voice.name)
    samples, _ = levels.trimmed(said.samples, said.rate_hz)
    samples = samples * np.float32(_PEAK / max(1e-6, float(np.abs(samples).max(initial=0.0))))
    return flac_bytes(samples, said.rate_hz, synthetic_mark(engine.name, voice.name))
