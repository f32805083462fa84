"""One sentence of each voice, to choose voices by ear."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace

import numpy as np

from corpusforge.core import plugins
from corpusforge.core.errors import InputError
from corpusforge.core.recipe import Recipe
from corpusforge.core.sound_files import flac_bytes, synthetic_mark
from corpusforge.core.voice_sample import VoiceSample
from corpusforge.speech import levels
from corpusforge.speech.added import takes_voices
from corpusforge.speech.engine import Engine, EngineError, Prosody, Voice, checked
from corpusforge.speech.pseudo import shift_of, unshifted
from corpusforge.speech.voices import VoiceListing, list_voices

__all__ = ["MOST_BYTES", "sample_text", "voice_samples"]

_SENTENCES = {
    "de": "schalte das Licht in der Küche ein",
    "en": "turn on the lights in the kitchen",
    "es": "enciende la luz de la cocina",
    "fr": "allume la lumière dans la cuisine",
    # In kana: espeak does not read kanji.
    "ja": "だいどころ の でんき を つけて",
    "it": "accendi la luce in cucina",
    "nl": "doe het licht in de keuken aan",
    "pt": "acende a luz da cozinha",
}
_PEAK = 0.9
MOST_BYTES = 15_000_000
"""Of sound, before it is written as text (a third more): a page that a browser opens at once."""
_FEW_DAYS = 3


def sample_text(lang: str, days: int = 7) -> str:
    """A sentence of a language: a command, or days of the week from CLDR; "" for neither."""
    root = lang.split("-")[0]
    if root in _SENTENCES:
        return _SENTENCES[root]
    from babel import Locale, UnknownLocaleError

    try:
        names = Locale.parse(lang, sep="-").days["format"]["wide"]
    except (UnknownLocaleError, ValueError, KeyError):
        return ""
    return ", ".join(str(names[day]) for day in sorted(names)[:days])


def voice_samples(lang: str | None = None, recipe: Recipe | None = None) -> list[VoiceSample]:
    """A sentence of each voice; voices that cannot speak here are there too, with the reason.

    Voices of the recipe speak first, so that they are the last to be left out when there is more
    than `MOST_BYTES` of sound; models on the hub that are not there yet are downloaded.

    Args:
        lang: BCP-47: every speaker and every accent of it once. None = every language, one voice
            per engine, with few words where no sentence is at hand.
        recipe: Its voices, all of them, and their pseudo-speakers are heard too.
    """
    listings = list(_heard_once(lang, recipe))
    found: dict[int, VoiceSample] = {}
    room = MOST_BYTES
    for place in sorted(range(len(listings)), key=lambda index: not listings[index].voice.source):
        found[place] = _sample(listings[place], 7 if lang else _FEW_DAYS, room)
        room -= len(found[place].flac)
    return [found[place] for place in range(len(listings))]


def _sample(listing: VoiceListing, days: int, room: int) -> VoiceSample:
    """A voice with its sentence, as long as that fits into so many bytes."""
    voice, why_not = listing.voice, listing.why_not
    engine: Engine = plugins.load("engine", listing.engine)
    text = "" if why_not else sample_text(voice.lang, days)
    flac = b""
    if not why_not and not text:
        why_not = f"no sentence of {voice.lang} is known here"
    elif not why_not:
        try:
            flac = _flac(engine, voice, text) if room > 0 else b""
        except (EngineError, InputError) as error:
            why_not = str(error)
    if not why_not and (not flac or len(flac) > room):
        flac, why_not = b"", f"the page is full ({MOST_BYTES // 1_000_000} MB of sound); see --lang"
    return VoiceSample(
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
        unshifted(voice).name if shift_of(voice.name) else "",
        voice.source,
    )


def _heard_once(lang: str | None, recipe: Recipe | None) -> Iterator[VoiceListing]:
    """The listed voices without those whose speaker and accent were heard before."""
    known: set[tuple[str, ...]] = set()
    for listing in list_voices(lang, recipe):
        engine, voice = listing.engine, listing.voice
        if lang is None:
            keys: set[tuple[str, ...]] = {(engine, voice.lang)}
        else:
            keys = {(engine, "who", voice.who), (engine, "accent", voice.accent, voice.lang)}
        if voice.source or not keys <= known:
            known |= keys
            yield listing


def _flac(engine: Engine, voice: Voice, text: str) -> bytes:
    if voice.source and takes_voices(engine):
        whole, _ = engine.fetched(unshifted(voice))
        voice = replace(voice, path=whole.path, rate_hz=whole.rate_hz)
    rng = np.random.Generator(np.random.Philox(1))
    said = checked(engine.speak(text, voice, Prosody(), rng), engine, voice, voice.name)
    samples, _ = levels.trimmed(said.samples, said.rate_hz)
    samples = samples * np.float32(_PEAK / max(1e-6, float(np.abs(samples).max(initial=0.0))))
    return flac_bytes(samples, said.rate_hz, synthetic_mark(engine.name, voice.name))
