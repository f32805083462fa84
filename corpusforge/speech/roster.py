"""Which engines speak, and what deserves a word about them; imports nothing heavy."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import replace

from corpusforge.core import plugins
from corpusforge.core.licenses import refused_licenses
from corpusforge.core.recipe import AUTO, Recipe
from corpusforge.speech.added import takes_voices, voices_of
from corpusforge.speech.engine import Engine, Voice, family_of
from corpusforge.speech.pseudo import shift_of

__all__ = ["ENOUGH_FAMILIES", "engines_in_use", "in_language", "roster_notes", "ways_to_add"]

ENOUGH_FAMILIES = 3
"""What a model learns from one kind of synthesis it learns about that kind. Three is an own choice:
as many kinds as can be had from packages today."""

_GENDERS = ("female", "male")


def engines_in_use(recipe: Recipe) -> tuple[str, ...]:
    """The recipe's engines, sorted; "auto" stands for those that can speak its language here.

    The engines of voices that it brings are among them.

    It leaves out engines with a voice whose license may not be published; an engine that is named
    is kept, and refused by `speech.check`.

    Raises:
        InputError: For an engine that there is not.
    """
    named = {name for name in recipe.speech.engines if name != AUTO}
    named |= {voice.engine for voice in recipe.speech.voices}
    if AUTO in recipe.speech.engines:
        found = {name: _load(name) for name in plugins.names("engine") if name not in named}
        named |= {
            name
            for name, engine in found.items()
            if _speaks(engine, recipe) and not _refused(engine, recipe)
        }
    return tuple(sorted(named))


def in_language(recipe: Recipe, lang: str) -> Recipe:
    """The recipe as it is for rows of a language; voices that it brings keep theirs."""
    voices = tuple(replace(voice, lang=voice.lang or recipe.lang) for voice in recipe.speech.voices)
    return replace(recipe, lang=lang, speech=replace(recipe.speech, voices=voices))


def roster_notes(recipe: Recipe, known: Sequence[tuple[str, Voice]] = ()) -> list[str]:
    """What to know about the engines in use: few families, a sex that is missing, what to add.

    Args:
        recipe: With its engines and voices.
        known: Of `speech.added.pinned`. Without it a voice on the hub counts as one of its engine's
            own family, for nobody knows what it is before it is there.
    """
    lang = recipe.lang
    engines = [_load(name) for name in engines_in_use(recipe)]
    said_by = {engine.name: voices_of(recipe, engine, lang, known) for engine in engines}
    speaking = [engine for engine in engines if _speaks(engine, recipe)]
    own = {e.name: sorted({family_of(e, voice) for voice in said_by[e.name]}) for e in speaking}
    families = sorted({family for some in own.values() for family in some})
    notes = []
    if AUTO in recipe.speech.engines and speaking:
        names = ", ".join(f"{name} ({', '.join(some)})" for name, some in own.items())
        notes.append(f"speech.engines: auto stands for {names}, what is installed for {lang}")
    left_out = [
        f"{engine.name} ({', '.join(refused)})"
        for engine in _others(recipe)
        if _speaks(engine, recipe) and (refused := _refused(engine, recipe))
    ]
    if AUTO in recipe.speech.engines and left_out:
        notes.append(
            f"speech.engines: auto leaves out {'; '.join(left_out)}: licenses that may not be "
            "published until export.allow_licenses names them"
        )
    if speaking and len(families) < ENOUGH_FAMILIES:
        notes.append(
            f"{lang}: {_count(len(families), 'family', 'families')} of engines "
            f"({', '.join(families)}), {ENOUGH_FAMILIES} or more carry over better to real "
            f"speakers. {_to_add(recipe, families)}"
        )
    voices = [voice for engine in speaking for voice in said_by[engine.name]]
    missing = [gender for gender in _GENDERS if voices and not _has(voices, gender)]
    if missing:
        ways = [
            engine.name
            for engine in _others(recipe)
            if any(_has([voice for voice, _ in engine.offered(lang)], sex) for sex in missing)
        ]
        where = f"engines with one: {', '.join(ways)}" if ways else "no other engine declares one"
        notes.append(f"{lang}: no {' and no '.join(missing)} voice; {where}")
    recorded = [voice for voice in voices if not shift_of(voice.name)]
    made = [sex for sex in _GENDERS if voices and sex not in missing and not _has(recorded, sex)]
    notes += [f"{lang}: {sex} voices are pseudo-speakers of other voices only" for sex in made]
    return notes


def ways_to_add(lang: str | None, speaking: Collection[str] = ()) -> list[str]:
    """How to get more voices, a sentence each: engines that are missing, voices of one's own.

    Args:
        lang: BCP-47, None = every language.
        speaking: Engines with voices of a recipe for it.
    """
    ways = [why_not for name in plugins.names("engine") if (why_not := _load(name).missing())]
    if lang is not None:
        others = [name for name in plugins.names("engine") if name not in speaking]
        mute = [name for name in others if _silent(_load(name), lang)]
        ways += [
            f"{name} is installed and has no voice for {lang} yet: give it one in speech.voices"
            for name in mute
        ]
    return [
        *ways,
        "An engine of your own is a Python file that answers with samples: register it as an "
        "entry point in the group corpusforge.engines.",
    ]


def _silent(engine: Engine, lang: str) -> bool:
    """Whether an engine that takes voices has none; nothing can be added to the others."""
    return takes_voices(engine) and not engine.missing() and not engine.voices(lang)


def _load(name: str) -> Engine:
    engine: Engine = plugins.load("engine", name)
    return engine


def _speaks(engine: Engine, recipe: Recipe) -> bool:
    return not engine.missing() and bool(voices_of(recipe, engine, recipe.lang))


def _refused(engine: Engine, recipe: Recipe) -> list[str]:
    """Licenses of the engine's voices that may not be published."""
    allowed = recipe.export.allow_licenses
    voices = voices_of(recipe, engine, recipe.lang)
    return sorted({r.name for v in voices for r in refused_licenses(v.license, allowed)})


def _has(voices: Sequence[Voice], gender: str) -> bool:
    return any(voice.gender == gender for voice in voices)


def _others(recipe: Recipe) -> list[Engine]:
    used = engines_in_use(recipe)
    return [_load(name) for name in plugins.names("engine") if name not in used]


def _to_add(recipe: Recipe, families: Sequence[str]) -> str:
    """How to get one more family: engines to name, packages to install, voices to give."""
    ways = []
    used = engines_in_use(recipe)
    for engine in map(_load, plugins.names("engine")):
        adds = engine.families if takes_voices(engine) else (engine.family,)
        if {*adds} <= {*families} or (engine.name in used and not takes_voices(engine)):
            continue
        if why_not := engine.missing():
            ways.append(why_not)
        elif refused := _refused(engine, recipe):
            ways.append(f"{engine.name}: allow {', '.join(refused)} in export.allow_licenses")
        elif engine.voices(recipe.lang):
            ways.append(f"{engine.name} is installed: name it in speech.engines")
        elif takes_voices(engine) and not engine.runs_commands:
            ways.append(
                f"{engine.name}: give it a voice in speech.voices (see `corpusforge voices`)"
            )
    return f"To add one: {'; '.join(ways)}" if ways else "No other engine speaks it here"


def _count(number: int, one: str, several: str) -> str:
    return f"{number} {one if number == 1 else several}"
