"""The verbs as typed functions, for notebooks and for the command line.

    from corpusforge import api as cf
    summary = cf.build("smart_home", "corpus")
    table, notes = cf.sample("templates/smart_home/en", 100, seed=7)

Nothing heavy is imported before it is needed.
"""

from __future__ import annotations

import os
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from corpusforge.core.errors import InputError
from corpusforge.core.recipe import Recipe
from corpusforge.core.recipe_file import load_recipe

if TYPE_CHECKING:
    import pyarrow as pa

    from corpusforge.core.progress import Progress
    from corpusforge.pipeline import BuildSummary

__all__ = [
    "PluginInfo",
    "Validation",
    "VoiceInfo",
    "build",
    "explain",
    "init",
    "load_recipe",
    "plugins",
    "preview",
    "report",
    "sample",
    "status",
    "validate",
    "voices",
]


@dataclass(frozen=True)
class Validation:
    """A recipe that can be built.

    Attributes:
        recipe: The resolved recipe.
        notes: What is right but deserves a look.
    """

    recipe: Recipe
    notes: tuple[str, ...]


@dataclass(frozen=True)
class PluginInfo:
    """One plug-in: its family, key, first docstring line, and where it comes from."""

    family: str
    name: str
    description: str
    origin: str


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
    """

    engine: str
    name: str
    lang: str
    license: str
    gender: str
    accent: str
    available: bool
    why_not: str


def validate(recipe: str | Path, overrides: Sequence[str] = ()) -> Validation:
    """Check a recipe and its templates; nothing is written, nothing heavy is imported.

    Raises:
        InputErrors: All that is wrong, each with its place.
    """
    from corpusforge.checks import check

    loaded = load_recipe(recipe, overrides)
    return Validation(loaded, check(loaded))


def build(
    recipe: str | Path,
    out: str | Path,
    *,
    until: str | None = None,
    overrides: Sequence[str] = (),
    executor: str = "inline",
    workers: int | None = None,
    progress: Progress | None = None,
) -> BuildSummary:
    """Build a corpus; the same call resumes a stopped one.

    Args:
        recipe: Shipped name, recipe file, or folder with recipe.yaml.
        out: The run folder; made when it is missing.
        until: Last stage to run (grammar, expand, clean, speech, audio_gate, export,
            report); None = all.
        overrides: "key=value" with dotted keys.
        executor: "inline" or "process" (spawned workers: a script needs the usual
            `if __name__ == "__main__"` guard). The bytes do not depend on it.
        workers: Processes; the number of CPUs by default.
        progress: Where progress goes; quiet by default.

    Raises:
        InputError: Wrong input; nothing was started.
        RunError: The run failed; call again to resume.
    """
    from corpusforge import pipeline
    from corpusforge.core.executors import make_executor
    from corpusforge.core.progress import Progress

    loaded = load_recipe(recipe, overrides)
    return pipeline.build(
        loaded,
        Path(out),
        until=until,
        executor=make_executor(executor, workers if workers is not None else os.cpu_count() or 1),
        progress=progress if progress is not None else Progress(quiet=True),
    )


def preview(
    recipe: str | Path, n: int = 20, overrides: Sequence[str] = ()
) -> tuple[pa.Table, tuple[str, ...]]:
    """The first rows a build would start from: no training, no audio, nothing written.

    Args:
        recipe: As for `build`.
        n: Rows; with templates and real rows, a quarter of them are real.
        overrides: As for `build`.

    Returns:
        A table with the columns of `core.schema.UTTERANCES`, and notes.
    """
    loaded = load_recipe(recipe, overrides)
    if n < 1:
        raise InputError(f"-n {n}: at least 1 row is needed")
    from corpusforge.grammar.recipe_rows import preview_rows

    return preview_rows(loaded, n)


def sample(
    path: str | Path,
    n: int,
    *,
    seed: int = 1,
    lang: str | None = None,
    lists: str | Path | None = None,
) -> tuple[pa.Table, tuple[str, ...]]:
    """Distinct labelled sentences of a template file or folder, balanced over templates.

    Args:
        path: Template file or folder.
        n: How many; fewer distinct ones than that = all of them, and a note.
        seed: Same seed, same rows.
        lang: Language, when the files hold several.
        lists: File with lists that the host supplies at run time.

    Returns:
        A table with the columns of `core.schema.UTTERANCES`, and notes.
    """
    from corpusforge.grammar.sampling import sample as sample_templates

    if n < 1:
        raise InputError(f"-n {n}: at least 1 row is needed")
    table, notes = sample_templates(
        Path(path), n, seed=seed, lang=lang, lists=Path(lists) if lists is not None else None
    )
    return table, tuple(notes)


def init(out: str | Path, from_file: str | Path | None = None) -> Path:
    """Write a starter recipe with templates, or a recipe made from a file of real rows.

    Returns:
        The recipe file.

    Raises:
        InputError: When the folder is not empty, or the file cannot be understood.
    """
    from corpusforge.grammar.init_recipe import init_from_file, init_new

    if from_file is None:
        return init_new(Path(out))
    return init_from_file(Path(from_file), Path(out))


def status(folder: str | Path) -> dict[str, Any]:
    """How far a run folder is: stages with rows, drops and seconds, as plain values."""
    from corpusforge.story import status as read_status

    return read_status(Path(folder))


def explain(folder: str | Path, row_id: str) -> str:
    """The story of one row, clip or dropped row, by its id or the beginning of it.

    Args:
        folder: Run folder, or a bare release folder.
        row_id: At least 6 hex digits.
    """
    from corpusforge.story import explain as tell

    return tell(Path(folder), row_id)


def report(folder: str | Path) -> Path:
    """Write report.html anew from a run folder or a bare release folder; return its path."""
    from corpusforge.story import write_report

    return write_report(Path(folder))


def voices(lang: str | None = None) -> list[VoiceInfo]:
    """Voices of all engines, also of those that are not installed here."""
    from corpusforge.speech.voices import list_voices

    return [
        VoiceInfo(
            engine,
            voice.name,
            voice.lang,
            voice.license,
            voice.gender,
            voice.accent,
            available,
            why_not,
        )
        for engine, voice, available, why_not in list_voices(lang)
    ]


def plugins(family: str | None = None) -> list[PluginInfo]:
    """All plug-ins, of one family or of all, without importing them."""
    from corpusforge.core import plugins as registry

    if family is not None and family not in registry.FAMILIES:
        allowed = sorted(registry.FAMILIES)
        raise InputError(f"there is no plug-in family {family!r}", given=family, allowed=allowed)
    families = [family] if family is not None else sorted(registry.FAMILIES)
    return [PluginInfo(f, *row) for f in families for row in registry.describe(f)]
