"""Copies of one voice among those that a recipe brings: one speaker, whatever their names."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

from corpusforge.core import plugins
from corpusforge.core.recipe import Recipe
from corpusforge.speech.engine import OpenEngine, Voice
from corpusforge.speech.pins import contents_of

__all__ = ["as_one_speaker", "copy_notes"]


def as_one_speaker(brought: Sequence[tuple[str, Voice, Sequence[Path]]]) -> list[tuple[str, Voice]]:
    """(engine, voice) of brought voices, those that are copies of each other with one speaker.

    A voice whose speaker the recipe states keeps it; its copies without one take it over.

    Args:
        brought: Engine, voice, and the files that shape it, in the order of the recipe.
    """
    models = [_model(*one) for one in brought]
    speakers: dict[str, str] = {}
    for stated in (True, False):
        for model, (_, voice, _) in zip(models, brought, strict=True):
            if bool(voice.speaker) is stated:
                speakers.setdefault(model, voice.who)
    found = []
    for model, (engine, voice, _) in zip(models, brought, strict=True):
        copied = models.count(model) > 1 and not voice.speaker and speakers[model] != voice.name
        found.append((engine, replace(voice, speaker=speakers[model]) if copied else voice))
    return found


def _model(engine_name: str, voice: Voice, files: Sequence[Path]) -> str:
    """What a voice is, by the contents of its files and by who of them speaks, not by its name."""
    engine: OpenEngine = plugins.load("engine", engine_name)
    if engine.runs_commands:  # one program says many voices
        return "\0".join((engine_name, voice.source, *contents_of(files)))
    if not files:  # nobody knows what it is
        return "\0".join((engine_name, "", voice.name))
    tell = getattr(engine, "speaker_number", None)
    speaker = str(tell(voice)) if tell else voice.source.partition("#")[2]
    return "\0".join((engine_name, speaker or "0", *contents_of(files)))


def copy_notes(recipe: Recipe, known: Sequence[tuple[str, Voice]]) -> list[str]:
    """Which brought voices are one speaker though the recipe does not say so.

    Args:
        recipe: With its voices.
        known: Of `speech.added.pinned`.
    """
    copies: dict[tuple[str, str], list[str]] = {}
    for entry, (engine, voice) in zip(recipe.speech.voices, known, strict=True):
        if voice.speaker and not entry.speaker:
            copies.setdefault((engine, voice.speaker), []).append(voice.name)
    return [
        f"speech.voices: {', '.join(names)} of the engine {engine} "
        f"{'is a copy' if len(names) == 1 else 'are copies'} of {who} (the same files and speaker)"
        ": one speaker when voices are dealt to the splits"
        for (engine, who), names in copies.items()
    ]
