"""The verb voices as typed functions; nothing heavy is imported early."""

from __future__ import annotations

from dataclasses import dataclass, replace
from pathlib import Path

from corpusforge.core.errors import InputError
from corpusforge.core.recipe import Recipe
from corpusforge.core.recipe_file import load_recipe

__all__ = ["VoiceInfo", "voices", "voices_page"]


@dataclass(frozen=True)
class VoiceInfo:
    """One voice of one engine.

    Attributes:
        engine: Engine plug-in.
        name: Name within the engine.
        lang: BCP-47.
        license: As the installed package declares it.
        gender: "" when unknown.
        accent: "" when unknown.
        available: Whether the engine can speak here and now.
        why_not: What is missing when it cannot.
        source: Where a voice that a recipe brings comes from; "" for one of an engine's own.
        pseudo_of: The voice that it is made of, for a pseudo-speaker; else "".
    """

    engine: str
    name: str
    lang: str
    license: str
    gender: str
    accent: str
    available: bool
    why_not: str
    source: str = ""
    pseudo_of: str = ""


def voices(
    lang: str | None = None, recipe: str | Path | None = None, *, allow_command: bool = False
) -> list[VoiceInfo]:
    """Voices of all engines, also of those that are not installed here.

    Args:
        lang: BCP-47; None = every language.
        recipe: As for `build`: the voices that it brings are listed too, with pseudo-speakers.
        allow_command: As for `build`; nothing runs here.
    """
    from corpusforge.speech.pseudo import shift_of, unshifted
    from corpusforge.speech.voices import list_voices

    return [
        VoiceInfo(
            engine,
            v.name,
            v.lang,
            v.license,
            v.gender,
            v.accent,
            available,
            why_not,
            v.source,
            unshifted(v).name if shift_of(v.name) else "",
        )
        for engine, v, available, why_not in list_voices(lang, _bringing(recipe, allow_command))
    ]


def _bringing(recipe: str | Path | None, allow_command: bool) -> Recipe | None:
    if recipe is None:
        return None
    return replace(load_recipe(recipe), allow_command=allow_command)


def voices_page(
    path: str | Path,
    lang: str | None = None,
    recipe: str | Path | None = None,
    *,
    allow_command: bool = False,
) -> int:
    """Write a page with a sentence of each voice; nothing on it is fetched from elsewhere.

    Args:
        path: HTML file to write, of 20 MB and the list of voices at most.
        lang: BCP-47; None = every language, one voice of each per engine.
        recipe: As for `build`: all voices that it brings are heard too, with pseudo-speakers.
        allow_command: Whether commands among the voices may run.

    Returns:
        How many voices can be heard on it.
    """
    from corpusforge.report.voice_page import voice_page
    from corpusforge.speech.roster import ways_to_add
    from corpusforge.speech.samples import voice_samples

    samples = voice_samples(lang, _bringing(recipe, allow_command))
    if not any(sample.name for sample in samples):
        raise InputError(f"no engine speaks {lang!r}", hint="corpusforge voices lists all")
    page = voice_page(samples, lang, ways_to_add(lang, {s.engine for s in samples if s.flac}))
    try:
        Path(path).write_text(page, encoding="utf-8")
    except OSError as error:
        raise InputError(f"{path} cannot be written: {error.strerror}") from error
    return sum(bool(sample.flac) for sample in samples)
