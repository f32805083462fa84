"""The verbs as typed functions, for notebooks and for the command line.

    from corpusforge import api as cf
    summary = cf.build("smart_home", "corpus")
    table, notes = cf.sample("templates/smart_home/en", 100, seed=7)

Nothing heavy is imported before it is needed.
"""

from __future__ import annotations

import os
from collections.abc import Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

from corpusforge.core.errors import InputError
from corpusforge.core.recipe import Recipe
from corpusforge.core.recipe_file import load_recipe
from corpusforge.grammar.functions import count, import_pack, lint, match, sample
from corpusforge.meta_train import MetaTrainOptions
from corpusforge.render.functions import RenderOptions, render, replay
from corpusforge.render.voices import VoiceInfo, voices, voices_page
from corpusforge.wake import detector, init_wake_word
from corpusforge.wake import find_confusables as confusables

if TYPE_CHECKING:
    import pyarrow as pa

    from corpusforge.assess.columns import ColumnNames
    from corpusforge.assess.history import Entry
    from corpusforge.assess.mix import Mix, MixOptions
    from corpusforge.assess.run import Options
    from corpusforge.core.progress import Progress
    from corpusforge.pipeline import BuildSummary

__all__ = [
    "MetaTrainOptions",
    "PluginInfo",
    "RenderOptions",
    "Validation",
    "VoiceInfo",
    "assess",
    "build",
    "confusables",
    "count",
    "detector",
    "explain",
    "import_pack",
    "init",
    "init_wake_word",
    "lint",
    "load_recipe",
    "log",
    "match",
    "meta_train",
    "mix",
    "plugins",
    "preview",
    "render",
    "replay",
    "report",
    "sample",
    "status",
    "validate",
    "voices",
    "voices_page",
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


def validate(
    recipe: str | Path, overrides: Sequence[str] = (), *, allow_command: bool = False
) -> Validation:
    """Check a recipe and its templates; nothing is written, nothing heavy is imported.

    Args:
        recipe: Shipped name, recipe file, or folder with recipe.yaml.
        overrides: "key=value" with dotted keys.
        allow_command: As for `build`; nothing runs here.

    Raises:
        InputErrors: All that is wrong, each with its place.
    """
    from corpusforge.checks import check

    loaded = replace(load_recipe(recipe, overrides), allow_command=allow_command)
    return Validation(loaded, check(loaded, noise=True))


def build(
    recipe: str | Path,
    out: str | Path,
    *,
    until: str | None = None,
    overrides: Sequence[str] = (),
    executor: str = "inline",
    workers: int | None = None,
    progress: Progress | None = None,
    allow_command: bool = False,
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
        allow_command: Whether voices of the engine command may run the programs that the recipe
            names.

    Raises:
        InputError: Wrong input; nothing was started.
        RunError: The run failed; call again to resume.
    """
    from corpusforge import pipeline
    from corpusforge.core.executors import make_executor
    from corpusforge.core.progress import Progress

    loaded = replace(load_recipe(recipe, overrides), allow_command=allow_command)
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


def init(out: str | Path, from_file: str | Path | None = None) -> Path:
    """Write a starter recipe with templates, or a recipe made from real rows or templates.

    For one of a wake word see `init_wake_word`.

    Args:
        out: New or empty folder.
        from_file: File or folder of real rows, or of templates (YAML).

    Returns:
        The recipe file.

    Raises:
        InputError: When the folder is not empty, or the file cannot be understood.
    """
    from corpusforge.grammar import init_recipe

    if from_file is None:
        return init_recipe.init_new(Path(out))
    if init_recipe.is_templates(Path(from_file)):
        return init_recipe.init_from_templates(Path(from_file), Path(out))
    return init_recipe.init_from_file(Path(from_file), Path(out))


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


def assess(
    corpus: str | Path,
    real: str | Path | None = None,
    *,
    test: str | Path | None = None,
    options: Options | None = None,
    columns: ColumnNames | None = None,
    drop_test_rows: bool = False,
    audio: str | Path | None = None,
    out: str | Path | None = None,
    progress: Progress | None = None,
) -> dict[str, Any]:
    """Say whether a corpus helps a classifier on real sentences, and write it down.

    Writes assess.json and assess.html, and adds to history.parquet; see
    `assess.results.files_for` for the places.

    Args:
        corpus: Run folder, release folder, file (CSV, JSONL, Parquet) or folder of rows.
        real: Real rows in any such form, or a name of the HF hub; None = the corpus' own.
        test: Real rows to test on; None = the splits of the real rows, else cross-validation.
        options: Seed, draws, encoder, mixing curve, generations.
        columns: Names of columns in files.
        drop_test_rows: Go on when synthetic rows stand in the test rows, without them.
        audio: Folder of real recordings; clips of the corpus are then assessed on them, alone
            when neither the corpus nor `real` gives real text.
        out: Folder for assess.json and assess.html.
        progress: Where progress goes; quiet by default.

    Returns:
        The figures, as in assess.json (`schemas/assess.schema.json`).

    Raises:
        InputError: Wrong input, no labels in common, too little real data, leaked test rows.
    """
    from corpusforge.assess import results, session
    from corpusforge.core.progress import Progress

    place = Path(corpus)
    files = results.files_for(place, Path(out) if out is not None else None)
    document = session.measured(
        place,
        Path(real) if real is not None else None,
        Path(test) if test is not None else None,
        options=options,
        columns=columns,
        drop_test_rows=drop_test_rows,
        audio=Path(audio) if audio is not None else None,
        progress=progress if progress is not None else Progress(quiet=True),
    )
    results.write(document, files)
    return document


def mix(
    real: str | Path | None,
    synthetic: str | Path,
    out: str | Path,
    options: MixOptions | None = None,
    progress: Progress | None = None,
) -> Mix:
    """Write one training file of all real rows and a share of the synthetic ones.

    Args:
        real: Real rows; None = those of `synthetic`.
        synthetic: Run folder, release folder, file or folder of rows.
        out: .jsonl, .csv or .parquet.
        options: Share (by default the one that an assess recommends), test rows, seed.
        progress: Where progress goes; quiet by default.

    Raises:
        InputError: Wrong input, rows of the test set on either side, no share to recommend.
    """
    from corpusforge.assess.mix import MixOptions
    from corpusforge.assess.mix import mix as write_mix
    from corpusforge.core.progress import Progress

    return write_mix(
        Path(real) if real is not None else None,
        Path(synthetic),
        Path(out),
        options if options is not None else MixOptions(),
        progress if progress is not None else Progress(quiet=True),
    )


def log(corpus: str | Path, entry: Entry) -> tuple[str, ...]:
    """Add the accuracy of a model of your own to the history of a corpus.

    Args:
        corpus: Run folder, release folder, file or folder of rows.
        entry: Accuracy on real rows and, as far as known, synthetic share of the training rows,
            test rows, classifier (figures are compared under one name only), note and time.

    Returns:
        Alerts: where the synthetic share rose and accuracy fell.

    Raises:
        InputError: When a figure is out of range or there is no such corpus.
        RunError: When the history is damaged.
    """
    from corpusforge.assess.history import log_accuracy

    return log_accuracy(Path(corpus), entry)


def meta_train(options: MetaTrainOptions, progress: Progress | None = None) -> dict[str, Any]:
    """Train the adapters of expansion from a few rows, on intents of other data.

    Args:
        options: Background, new folder, held-out rows, base model, steps, seed.
        progress: Where progress goes; quiet by default.

    Returns:
        What meta.json of the folder says.

    Raises:
        InputError: See `corpusforge.meta_train.run`.
    """
    from corpusforge.core.progress import Progress
    from corpusforge.meta_train import run

    return run(options, progress if progress is not None else Progress(quiet=True))


def plugins(family: str | None = None) -> list[PluginInfo]:
    """All plug-ins, of one family or of all, without importing them."""
    from corpusforge.core import plugins as registry

    if family is not None and family not in registry.FAMILIES:
        allowed = sorted(registry.FAMILIES)
        raise InputError(f"there is no plug-in family {family!r}", given=family, allowed=allowed)
    families = [family] if family is not None else sorted(registry.FAMILIES)
    return [PluginInfo(f, *row) for f in families for row in registry.describe(f)]
