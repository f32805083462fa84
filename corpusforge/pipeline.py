"""The row of stages: the only module that knows them all.

Each stage is a module with NAME, VERSION, PACKAGES, `config(recipe)` and `run(context)`. Its
key hashes all that shapes its bytes; a finished stage with the same key is not run again. The
release and the report are put in place at the very end, so the previous good ones stay until
the new ones are whole.
"""

from __future__ import annotations

import errno
import hashlib
import importlib
import platform
import shutil
import time
import unicodedata
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

from corpusforge.checks import check
from corpusforge.core import plugins
from corpusforge.core.digests import digest
from corpusforge.core.errors import CorpusforgeError, InputError, RunError, StaleInputError
from corpusforge.core.executors import Executor
from corpusforge.core.progress import Progress
from corpusforge.core.recipe import Recipe
from corpusforge.core.run import (
    RunFolder,
    StageContext,
    package_versions,
    stage_key,
    write_json,
)
from corpusforge.core.usage import cpu_s, peak_rss_mb
from corpusforge.labels import Labels, label_names, label_notes
from corpusforge.manifest import write_manifest
from corpusforge.speech.added import pinned
from corpusforge.speech.pins import lock
from corpusforge.speech.roster import engines_in_use

__all__ = [
    "STAGES",
    "BuildSummary",
    "Stage",
    "build",
    "disk_error",
    "run_stages",
    "stage_names",
    "write_state",
]


@dataclass(frozen=True)
class Stage:
    """One place in the row: the module that does the work and the stages it reads."""

    name: str
    module: str
    inputs: tuple[str, ...]


STAGES = (
    Stage("grammar", "corpusforge.grammar.stage", ()),
    Stage("expand", "corpusforge.expand.stage", ("grammar",)),
    Stage("clean", "corpusforge.clean.stage", ("grammar", "expand")),
    Stage("assess", "corpusforge.assess.stage", ("grammar", "expand", "clean")),
    Stage("speech", "corpusforge.speech.stage", ("clean", "assess")),
    Stage("audio_gate", "corpusforge.speech.gate", ("speech",)),
    Stage(
        "export",
        "corpusforge.export.stage",
        ("grammar", "expand", "clean", "assess", "speech", "audio_gate"),
    ),
    Stage(
        "report",
        "corpusforge.report.stage",
        ("grammar", "expand", "clean", "assess", "speech", "audio_gate", "export"),
    ),
)
"""The stages in order, with the stages whose folders they read."""

_PUBLISHED = {"export": ("release", "exports"), "report": ("report.html",)}


def stage_names() -> tuple[str, ...]:
    """Names of the stages in order, as for `until`."""
    return tuple(stage.name for stage in STAGES)


@dataclass(frozen=True)
class BuildSummary:
    """What a build made.

    Attributes:
        folder: The run folder.
        complete: All stages were run (no `until`).
        stages: Entries of stage.json, in order.
        reused: Names of stages that were finished before.
        notes: Sentences that the user should read.
    """

    folder: Path
    complete: bool
    stages: tuple[Mapping[str, Any], ...]
    reused: tuple[str, ...]
    notes: tuple[str, ...]

    def facts(self, stage: str) -> Mapping[str, Any]:
        """Facts of one stage; empty when it was not run."""
        for entry in self.stages:
            if entry["stage"] == stage:
                facts: Mapping[str, Any] = entry["facts"]
                return facts
        return {}


def build(
    recipe: Recipe,
    out: Path,
    *,
    until: str | None = None,
    executor: Executor,
    progress: Progress,
) -> BuildSummary:
    """Run the stages, resume what is finished, publish release and report.

    Args:
        recipe: A loaded recipe.
        out: The run folder.
        until: Last stage to run; None = all.
        executor: Runs map tasks; the bytes do not depend on it.
        progress: For bars and notes.

    Raises:
        InputError: Before anything is started or written.
        RunError: When a stage fails; the same call resumes.
    """
    if until is not None and until not in stage_names():
        raise InputError(f"there is no stage {until!r}", given=until, allowed=stage_names())
    notes = list(check(recipe))
    run = RunFolder(out)
    try:
        with run.claim(recipe.name):
            entries, reused = _run_and_publish(run, recipe, until, executor, progress)
    except OSError as error:
        raise disk_error("build", error) from error
    for entry in entries:
        notes += entry["notes"]
    for entry in entries:
        if entry["stage"] == "clean":
            notes += label_notes(run, run.stage_folder("clean", entry["key"]))
    return BuildSummary(
        out, len(entries) == len(STAGES), tuple(entries), tuple(reused), tuple(dict.fromkeys(notes))
    )


def _run_and_publish(
    run: RunFolder, recipe: Recipe, until: str | None, executor: Executor, progress: Progress
) -> tuple[list[dict[str, Any]], list[str]]:
    run.recover()
    write_state(run, recipe, [], complete=False)
    try:
        entries, reused = run_stages(run, recipe, executor, progress, until=until)
    except StaleInputError as error:
        # A cached file was damaged after its stage had finished. The stage finds out what
        # is missing and makes only that anew.
        progress.note(f"stage={error.stage} repair=yes ({error})")
        run.forget(error.stage)
        entries, reused = run_stages(run, recipe, executor, progress, until=until)
    complete = len(entries) == len(STAGES)
    if not complete and any(entry["published"] for entry in entries):
        # `--until export` in the folder of a finished run: its page and its manifest tell of
        # another release than the one that comes now.
        for name in ("manifest.json", "report.html", "assess.html"):
            (run.path / name).unlink(missing_ok=True)
    _publish(run, recipe, entries)
    if complete:
        from corpusforge.assess.publish import note_and_show

        note_and_show(_folder_of(run, entries, "assess"), run.path)
        write_manifest(run, recipe, entries)
    write_state(run, recipe, entries, complete)
    if complete:
        run.collect_garbage({f"{e['stage']}-{e['key']}" for e in entries})
    return entries, reused


def disk_error(stage: str, error: OSError) -> RunError:
    """What to tell when a file cannot be read or written."""
    full = error.errno in (errno.ENOSPC, errno.EDQUOT, errno.EFBIG)
    text = "the disk is full" if full else f"cannot read or write ({error})"
    return RunError(
        f"{stage}: {text}; nothing of the previous run was touched. "
        "Make room and run the same command again to go on."
    )


def run_stages(
    run: RunFolder,
    recipe: Recipe,
    executor: Executor,
    progress: Progress,
    *,
    stages: Sequence[Stage] = STAGES,
    given: Mapping[str, dict[str, Any]] | None = None,
    until: str | None = None,
) -> tuple[list[dict[str, Any]], list[str]]:
    """Run stages in order; those that are finished are not run again.

    Args:
        run: Claimed.
        recipe: What to make.
        executor: Runs map tasks.
        progress: For bars and notes.
        stages: Which.
        given: Name by which they read it -> entry of a stage that was finished before.
        until: Last stage to run; None = all.

    Returns:
        Entries of all stages, given ones first, and the names of those that were reused.
    """
    given = given or {}
    entries = list(given.values())
    reused: list[str] = []
    folders = {name: run.stage_folder(e["stage"], e["key"]) for name, e in given.items()}
    labels = Labels((), ())
    for stage in stages:
        module = importlib.import_module(stage.module)
        inputs = {name: folders[name].name for name in stage.inputs}
        if stage.name == "speech" and recipe.speech.clips:
            lock(run.path, pinned(recipe))
        packages = package_versions(("corpusforge", *module.PACKAGES))
        config = {"stage": module.config(recipe), "labels": asdict(labels), "seed": recipe.seed}
        config["environment"] = _environment(recipe)
        key = stage_key(stage.name, module.VERSION, packages, config, inputs)
        entry = run.finished(stage.name, key)
        if entry is not None and _still_published(run, stage.name, key, entry):
            reused.append(stage.name)
            progress.note(f"stage={stage.name} reused=yes")
        else:
            context_inputs = {name: folders[name] for name in stage.inputs}
            entry = _run_stage(
                run, stage, key, packages, _Work(recipe, context_inputs, executor, progress, labels)
            )
        entries.append(entry)
        folders[stage.name] = run.stage_folder(stage.name, key)
        if stage.name == "clean":
            labels = label_names(run, recipe, folders["clean"])
        write_state(run, recipe, entries, complete=False)
        if stage.name == until:
            break
    return entries, reused


def _environment(recipe: Recipe) -> dict[str, Any]:
    """What shapes bytes beside packages and recipe: CPU family, Unicode tables, plug-ins."""
    families = {
        "generator": (recipe.expand.generator,),
        "mode": (recipe.expand.mode,),
        "engine": engines_in_use(recipe) if recipe.speech.clips else (),
        "filter": recipe.clean.filters,
        "writer": recipe.export.writers,
    }
    outside = {
        f"{family}/{name}": plugins.origin(family, name)
        for family, wanted in families.items()
        for name in wanted
    }
    return {
        "machine": platform.machine(),
        "unicode": unicodedata.unidata_version,
        "plugins": {name: origin for name, origin in outside.items() if origin},
    }


@dataclass(frozen=True)
class _Work:
    """What a stage's context is made of, before its folder is known."""

    recipe: Recipe
    inputs: Mapping[str, Path]
    executor: Executor
    progress: Progress
    labels: Labels


def _run_stage(
    run: RunFolder, stage: Stage, key: str, packages: Mapping[str, str], work: _Work
) -> dict[str, Any]:
    module = importlib.import_module(stage.module)
    start_s, cpu_start_s = time.monotonic(), cpu_s()
    try:
        with run.working_folder(stage.name, key) as folder:
            context = StageContext(
                recipe=work.recipe,
                folder=folder,
                inputs=work.inputs,
                cache=run.cache,
                executor=work.executor,
                progress=work.progress,
                labels=work.labels.intents,
                slot_names=work.labels.slots,
            )
            result = module.run(context)
            entry: dict[str, Any] = {
                "stage": stage.name,
                "key": key,
                **asdict(result),
                "notes": list(result.notes),
                "packages": dict(packages),
                "published": _published_digests(folder, stage.name),
                "seconds": round(time.monotonic() - start_s, 2),
                "cpu_seconds": round(cpu_s() - cpu_start_s, 2),
                "peak_rss_mb": peak_rss_mb(),
            }
            run.finish(stage.name, key, folder, entry)
    except CorpusforgeError:
        raise
    except OSError as error:
        raise disk_error(f"stage {stage.name}", error) from error
    return entry


def _published_digests(folder: Path, stage: str) -> dict[str, str]:
    """Digest of what the user will see, to recognise it in its final place."""
    found: dict[str, str] = {}
    for name in _PUBLISHED.get(stage, ()):
        path = folder / name
        if path.exists():
            found[name] = _digest_path(path)
    return found


def _digest_path(path: Path) -> str:
    files = sorted(p for p in path.rglob("*") if p.is_file()) if path.is_dir() else [path]
    parts: list[str | bytes] = []
    for file in files:
        with file.open("rb") as stream:
            content = hashlib.file_digest(stream, "blake2b").digest()
        parts += [file.relative_to(path.parent).as_posix(), content]
    return digest(*parts)


def _still_published(run: RunFolder, stage: str, key: str, entry: Mapping[str, Any]) -> bool:
    """Whether a finished stage's output is still whole, in its folder or already published."""
    for name, expected in entry["published"].items():
        waiting = run.stage_folder(stage, key) / name
        path = waiting if waiting.exists() else run.path / name
        if not path.exists() or _digest_path(path) != expected:
            return False
    return True


def _publish(run: RunFolder, recipe: Recipe, entries: list[dict[str, Any]]) -> None:
    for entry in entries:
        for name in entry["published"]:
            waiting = run.stage_folder(entry["stage"], entry["key"]) / name
            if waiting.exists():
                run.publish(waiting, run.path / name)
        if entry["stage"] == "export":
            for name in set(_PUBLISHED["export"]) - set(entry["published"]):
                shutil.rmtree(run.path / name, ignore_errors=True)
            labels = label_names(run, recipe, _folder_of(run, entries, "clean"))
            write_json(asdict(labels), run.path / "labels.json")
            from corpusforge.assess.publish import publish_figures

            publish_figures(_folder_of(run, entries, "assess"), run.path)


def _folder_of(run: RunFolder, entries: list[dict[str, Any]], stage: str) -> Path:
    key = next(entry["key"] for entry in entries if entry["stage"] == stage)
    return run.stage_folder(stage, key)


def write_state(
    run: RunFolder, recipe: Recipe, entries: list[dict[str, Any]], complete: bool
) -> None:
    """What `status` reads while a run goes on or after it was stopped."""
    stages = [{"stage": entry["stage"], "key": entry["key"]} for entry in entries]
    state = {"recipe": recipe.name, "complete": complete, "stages": stages}
    write_json(state, run.path / "state.json")
