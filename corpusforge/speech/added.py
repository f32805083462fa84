"""The voices that a recipe has: those of its engines, and those that it brings itself."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path
from typing import TypeGuard

from corpusforge.core import plugins
from corpusforge.core.errors import InputError
from corpusforge.core.recipe import Recipe, VoiceConfig
from corpusforge.speech import pins
from corpusforge.speech.brought import brought
from corpusforge.speech.copies import as_one_speaker
from corpusforge.speech.engine import Engine, OpenEngine, Voice, language_matches
from corpusforge.speech.pseudo import pseudo_speakers_of, shift_of, slowed_by, unshifted

__all__ = [
    "added",
    "added_errors",
    "added_notes",
    "brought_voices",
    "fetched",
    "pinned",
    "takes_voices",
    "unasked_notes",
    "voices_of",
]


def takes_voices(engine: Engine) -> TypeGuard[OpenEngine]:
    """Whether recipes can bring voices to an engine."""
    return hasattr(engine, "added")


def voices_of(
    recipe: Recipe, engine: Engine, lang: str, known: Sequence[tuple[str, Voice]] = ()
) -> list[Voice]:
    """The usable voices of an engine for a language, those of the recipe last.

    Nothing is downloaded; a voice that the recipe states wrongly is left out, see `added_errors`.

    Args:
        recipe: For the voices that it brings.
        engine: Whose voices.
        lang: BCP-47.
        known: Of `pinned`: brought voices with what is not known before they are there (path, rate,
            hash, of models on the hub the family too).
    """
    behind = {voice.name: voice for name, voice in known if name == engine.name}
    return [
        _as_pinned(voice, behind.get(unshifted(voice).name))
        for voice in _found(recipe, engine, lang)
    ]


def _found(recipe: Recipe, engine: Engine, lang: str) -> list[Voice]:
    pseudo = recipe.speech.pseudo_speakers
    found = [voice for voice in engine.voices(lang) if pseudo or shift_of(voice.name) is None]
    for entry in recipe.speech.voices:
        if entry.engine == engine.name and language_matches(lang, entry.lang or recipe.lang):
            try:
                voice = added(recipe, entry)
            except InputError:
                continue
            found += _with_pseudo_speakers(recipe, engine, voice)
    return found


def _with_pseudo_speakers(recipe: Recipe, engine: Engine, voice: Voice) -> list[Voice]:
    """A brought voice, and what is made of it."""
    slowed = slowed_by(engine) if recipe.speech.pseudo_speakers else None
    return [voice, *(pseudo_speakers_of(voice, slowed) if slowed else ())]


def brought_voices(
    recipe: Recipe, engine: Engine, lang: str | None = None
) -> list[tuple[Voice, str]]:
    """The voices that a recipe brings to an engine, with their pseudo-speakers.

    Args:
        recipe: With its voices.
        engine: Whose voices.
        lang: BCP-47, None = every language.

    Returns:
        Each with why it is not usable, "" when it is.
    """
    found: list[tuple[Voice, str]] = []
    for entry in recipe.speech.voices:
        spoken = entry.lang or recipe.lang
        if entry.engine != engine.name or not (lang is None or language_matches(lang, spoken)):
            continue
        try:
            voice = added(recipe, entry)
        except InputError as error:
            stated = replace(entry, lang=spoken)
            voice = brought(stated, _name(entry.source))
            why_not = "; ".join(filter(None, (error.message, error.hint)))
            found.append((voice, why_not))
            continue
        own = _with_pseudo_speakers(recipe, engine, voice)
        found += [(one, engine.missing()) for one in own]
    return found


def added_errors(recipe: Recipe) -> list[InputError]:
    """What is wrong with the voices that a recipe brings, as far as a look tells."""
    errors: list[InputError] = []
    names: dict[tuple[str, str], int] = {}
    for place, entry in enumerate(recipe.speech.voices):
        if not plugins.exists("engine", entry.engine):
            continue  # said with its place when the recipe is read
        try:
            voice = added(recipe, entry)
        except InputError as error:
            errors.append(
                InputError(
                    f"speech.voices[{place}]: {error.message}",
                    given=error.given,
                    allowed=error.allowed,
                    hint=error.hint,
                )
            )
            continue
        key = (entry.engine, voice.name)
        engine: Engine = plugins.load("engine", entry.engine)
        if key in names or any(voice.name == own.name for own, _ in engine.offered()):
            errors.append(
                InputError(
                    f"speech.voices[{place}]: {entry.engine} has a voice {voice.name!r} already",
                    hint="give it another name",
                )
            )
        names[key] = place
    return errors


def added_notes(recipe: Recipe) -> list[str]:
    """What to know about voices of the recipe that are stated rightly."""
    commands = {
        entry.name or entry.source.split()[0]: entry.source
        for entry in recipe.speech.voices
        if getattr(plugins.load("engine", entry.engine), "runs_commands", False)
    }
    notes = [
        f"the voice {name} runs a command without {{seed}}: another build may hear it otherwise, "
        "clips in the cache stay as they are"
        for name, source in commands.items()
        if "{seed}" not in source
    ]
    if commands:
        notes.append(
            f"voices that run a command ({', '.join(commands)}): the program and the files that "
            "the command line names are pinned; what the program loads by itself is not pinned, "
            "nor is an interpreter (python, sh)"
        )
    return notes


def unasked_notes(recipe: Recipe, langs: Sequence[str]) -> list[str]:
    """Voices that a recipe brings and nothing can be said with.

    Args:
        recipe: With its voices.
        langs: Languages of the rows, BCP-47.
    """
    silent: dict[str, list[str]] = {}
    for entry in recipe.speech.voices:
        own = entry.lang or recipe.lang
        if not any(language_matches(lang, own) for lang in langs):
            who = f"{entry.engine}/{entry.name or _name(entry.source)}"
            silent.setdefault(own, []).append(who)
    return [
        f"speech.voices: {', '.join(names)} will not be heard: made for {own}, which serves no row "
        f"(their language: {', '.join(langs)})"
        for own, names in sorted(silent.items())
    ]


def added(recipe: Recipe, entry: VoiceConfig) -> Voice:
    """One voice that the recipe brings, not yet downloaded or hashed.

    Raises:
        InputError: When its engine takes no voices, there is no such source, or it is a command
            and the user did not allow commands.
    """
    engine: Engine = plugins.load("engine", entry.engine)
    if not takes_voices(engine):
        raise InputError(
            f"the engine {engine.name} takes no voices of a recipe, only those it comes with",
            given=entry.engine,
            allowed=[n for n in plugins.names("engine") if takes_voices(plugins.load("engine", n))],
        )
    if engine.runs_commands and not recipe.allow_command:
        raise InputError(
            f"the voice runs a command: {entry.source}",
            hint="say --allow-command when you trust it; a recipe cannot say so itself",
        )
    named = replace(entry, name=entry.name or _name(entry.source), lang=entry.lang or recipe.lang)
    return engine.added(named, recipe.folder)


def _as_pinned(voice: Voice, pinned: Voice | None) -> Voice:
    """A voice, or pseudo-speaker of a voice, with what is known of the pinned one behind it.

    Args:
        voice: As a recipe or an engine has it.
        pinned: None for a voice that no recipe brought.
    """
    if pinned is None:
        return voice
    shift = shift_of(voice.name)
    speaker = f"{pinned.who}{shift}" if shift else pinned.speaker
    return replace(pinned, name=voice.name, gender=voice.gender, speaker=speaker)


def _name(source: str) -> str:
    """A voice's name from its source: the end of a path or hub name."""
    last = source.split()[0].replace("\\", "/").rstrip("/").rpartition("/")[2]
    plain = re.sub(r"[^A-Za-z0-9_.-]+", "-", last.removesuffix(".onnx"))
    return plain.strip("-._") or "voice"


def fetched(recipe: Recipe, entry: VoiceConfig) -> tuple[Voice, Sequence[Path]]:
    """A brought voice with path, rate, family and hash, and its files; downloads what is missing.

    Raises:
        InputError: When it is stated wrongly, or is not to be had.
    """
    stated = added(recipe, entry)
    engine: OpenEngine = plugins.load("engine", entry.engine)
    voice, files = engine.fetched(stated)
    return replace(voice, sha256=pins.sha256_of(files)), files


def pinned(recipe: Recipe) -> list[tuple[str, Voice]]:
    """(engine, voice) of every voice the recipe brings, with path, rate, family and hash.

    Downloads hub voices that are not there yet. Copies of one voice have one speaker.

    Raises:
        InputError: When a voice is stated wrongly, is not to be had, or is not the one that the
            recipe's `sha256` names.
    """
    found = []
    for entry in recipe.speech.voices:
        voice, files = fetched(recipe, entry)
        if entry.sha256 is not None and voice.sha256 != entry.sha256:
            raise InputError(
                f"the voice {entry.engine}/{voice.name} ({voice.source}) is not the one of the "
                f"recipe: sha256 is {voice.sha256 or 'none (nothing to hash)'}, the recipe says "
                f"{entry.sha256}",
                hint="get the files the recipe means, or correct sha256 in speech.voices",
            )
        found.append((entry.engine, voice, files))
    return as_one_speaker(found)
