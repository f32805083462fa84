"""A render from the table to the folder: resumes as a build does, and renders nothing twice."""

from __future__ import annotations

import re
import shutil
from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import pyarrow as pa

import corpusforge
from corpusforge.core import plugins
from corpusforge.core.digests import digest
from corpusforge.core.errors import InputError, InputErrors, RunError, StaleInputError
from corpusforge.core.executors import Executor
from corpusforge.core.licenses import UNKNOWN, allowing, refused_licenses
from corpusforge.core.progress import Progress
from corpusforge.core.recipe import Recipe
from corpusforge.core.run import RunFolder, canonical_json, read_json
from corpusforge.core.schema import read_table, write_table
from corpusforge.export.licenses import noise_licenses, stated_counts
from corpusforge.pipeline import Stage, disk_error, run_stages, write_state
from corpusforge.render.folder import (
    FACTS,
    PUBLISHED,
    license_text,
    publish,
    write_folder,
    write_license,
)
from corpusforge.render.options import NAME, RenderOptions, recipe_for
from corpusforge.render.table import STAGE, Rows, read_table_rows
from corpusforge.speech.render import RATE_HZ
from corpusforge.speech.roster import engines_in_use

__all__ = ["HIDDEN", "RenderSummary", "render"]

HIDDEN = ".corpusforge"
"""Where stages and cache stand, inside the folder and out of the way of AudioFolder."""

_VERSION = 1
_ABOUT_SPLITS = re.compile(r"\bsplits?\b|\bclips: none in\b")
_STAGES = (
    Stage("speech", "corpusforge.speech.stage", ("clean",)),
    Stage("audio_gate", "corpusforge.speech.gate", ("speech",)),
)


@dataclass(frozen=True)
class RenderSummary:
    """What a render made.

    Attributes:
        folder: Where it is.
        facts: As in render.json.
        rendered: Clips that were made now; the others were there already.
        notes: Sentences that the user should read.
    """

    folder: Path
    facts: Mapping[str, Any]
    rendered: int
    notes: tuple[str, ...]


def render(
    table: Path, out: Path, options: RenderOptions, *, executor: Executor, progress: Progress
) -> RenderSummary:
    """Speak the sentences of a table.

    Args:
        table: CSV, TSV, JSONL, Parquet, plain text, or a folder of `datasets`.
        out: New folder, or the one of an earlier render.
        options: What is asked for.
        executor: Runs map tasks; the bytes do not depend on it.
        progress: For bars and notes.

    Raises:
        InputError: Before anything is written.
        RunError: When a stage fails; the same call resumes.
    """
    options.check()
    _check_folder(out)
    rows = read_table_rows(table, options)
    recipe = recipe_for(options, table, rows.table.num_rows, splits=rows.splits)
    _check(recipe, rows)
    rows = replace(rows, notes=(*rows.notes, *_texts_checked(rows, recipe)))
    run = RunFolder(out / HIDDEN)
    try:
        with run.claim(NAME):
            run.recover()
            try:
                return _made(run, out, recipe, rows, options, executor, progress)
            except StaleInputError as error:
                progress.note(f"stage={error.stage} repair=yes ({error})")
                run.forget(error.stage)
                return _made(run, out, recipe, rows, options, executor, progress)
    except OSError as error:
        raise disk_error("render", error) from error


def _check_folder(out: Path) -> None:
    if out.exists() and not out.is_dir():
        raise InputError(f"{out} is a file, a folder is needed", hint="use another -o")
    if (out / FACTS).is_file() and not (out / HIDDEN).is_dir():
        raise InputError(
            f"{out} holds a render ({FACTS}) whose folder {HIDDEN} is gone: without it no render "
            "can go on there",
            hint=f"use another -o, or put {HIDDEN} back; the clips that are there stay as they are",
        )
    if out.is_dir() and any(out.iterdir()) and not (out / HIDDEN).is_dir():
        raise InputError(f"{out} is not empty and not of a render", hint="use another -o")


def _check(recipe: Recipe, rows: Rows) -> None:
    """Engines, voices and their licenses, for every language of the table."""
    from corpusforge.speech.check import accent_errors, check

    found: dict[str, InputError] = {}
    langs = sorted(set(rows.table["lang"].to_pylist()))
    # An accent is one of some language of the table, not of all of them.
    plain = replace(recipe, speech=replace(recipe.speech, accent_shares=None))
    for lang in langs:
        for error in check(replace(plain, lang=lang), optional=False):
            told = _with_place(error, lang, rows) if error.given == lang else error
            found.setdefault(str(told), told)
    if not found:
        found = {str(error): error for error in accent_errors(recipe, langs)}
    if found:
        raise InputErrors(list(found.values()))


def _with_place(error: InputError, lang: str, rows: Rows) -> InputError:
    """An error about a language, with the first row that states it; else --lang did."""
    if lang not in rows.said_in:
        return error
    more = rows.table["lang"].to_pylist().count(lang) - 1
    where = f"{rows.said_in[lang]} of the table" + (f" and {more} more" if more else "")
    return InputError(
        f"{error.message}, the language of {where}",
        given=error.given,
        allowed=error.allowed,
        hint=error.hint,
    )


def _made(
    run: RunFolder,
    out: Path,
    recipe: Recipe,
    rows: Rows,
    options: RenderOptions,
    executor: Executor,
    progress: Progress,
) -> RenderSummary:
    given = {"clean": _rows_entry(run, recipe, rows)}
    entries, reused = run_stages(run, recipe, executor, progress, stages=_STAGES, given=given)
    speech, gate = entries[1:]
    clips = read_table(run.stage_folder("audio_gate", gate["key"]) / "clips.parquet")
    _refuse_noises(clips, recipe)
    said = [note for entry in entries for note in entry["notes"]]
    # A table without splits is asked for none.
    notes = (*rows.notes, *(n for n in said if rows.splits or not _ABOUT_SPLITS.search(n)))
    facts = _facts(recipe, rows, clips, entries, options)
    rendered = 0 if "speech" in reused else speech["facts"]["rendered"]
    if not _is_there(out, facts, clips):
        made = run.path / ".made.tmp"
        shutil.rmtree(made, ignore_errors=True)
        made.mkdir()
        lost = [
            read_table(run.stage_folder(e["stage"], e["key"]) / "dropped.parquet")
            for e in (speech, gate)
        ]
        dropped = {"dropped": pa.concat_tables(lost, promote_options="default")}
        if rows.dropped.num_rows:
            dropped["dropped_rows"] = rows.dropped
        write_folder(
            clips,
            dropped,
            root=run.cache.root,
            folder=made,
            splits=rows.splits,
            metadata=options.metadata,
        )
        write_license(license_text(clips, rows.table), made)
        publish(run, made, facts, out)
        shutil.rmtree(made, ignore_errors=True)
    write_state(run, recipe, entries, complete=True)
    run.collect_garbage({f"{e['stage']}-{e['key']}" for e in entries})
    return RenderSummary(out, facts, rendered, notes)


def _engine_versions(recipe: Recipe, rows: Rows) -> dict[str, list[str]]:
    """Language -> engines with their versions: a recipe knows those of one language only."""
    used = {
        lang: engines_in_use(replace(recipe, lang=lang))
        for lang in sorted(set(rows.table["lang"].to_pylist()))
    }
    return {
        lang: [f"{name} {plugins.load('engine', name).version}" for name in names]
        for lang, names in used.items()
    }


def _rows_entry(run: RunFolder, recipe: Recipe, rows: Rows) -> dict[str, Any]:
    """The rows as a finished stage, for the stages after it and for `explain`."""
    content = [rows.table.to_pylist(), rows.dropped.to_pylist(), _engine_versions(recipe, rows)]
    key = digest("rows", str(_VERSION), canonical_json(content))[:24]
    entry = run.finished(STAGE, key)
    if entry is not None:
        return entry
    with run.working_folder(STAGE, key) as folder:
        write_table(rows.table, folder / "utterances.parquet")
        write_table(rows.dropped, folder / "dropped.parquet")
        entry = {
            "stage": STAGE,
            "key": key,
            "rows_in": rows.table.num_rows + rows.dropped.num_rows,
            "rows_out": rows.table.num_rows,
            "dropped": {"table": rows.dropped.num_rows} if rows.dropped.num_rows else {},
            "facts": {},
            "notes": [],
            "packages": {},
            "published": {},
            "seconds": 0.0,
            "cpu_seconds": 0.0,
            "peak_rss_mb": 0,
        }
        run.finish(STAGE, key, folder, entry)
    return entry


def _texts_checked(rows: Rows, recipe: Recipe) -> list[str]:
    """What to know about the licenses of the texts.

    Raises:
        InputError: For licenses that the table or the options state and that may not be passed on.
    """
    counts = stated_counts(rows.table["license"].to_pylist())
    refused = {
        item.name: f"{item.name} ({item.note}): {count}"
        for name, count in counts.items()
        if name != UNKNOWN
        for item in refused_licenses(name, recipe.export.allow_licenses)
    }
    if refused:
        raise InputError(
            "licenses of texts that may not be passed on, with their rows: "
            + ", ".join(refused.values()),
            hint="leave these rows out, or allow them by name: --set "
            f"export.allow_licenses=[{', '.join(sorted(refused))}]",
        )
    # Whoever reads sentences from a file of one's own need not state a license to hear them.
    unstated = counts.get(UNKNOWN, 0)
    if not unstated or UNKNOWN in recipe.export.allow_licenses:
        return []
    return [
        f"{unstated} of the rows state no license ({UNKNOWN}): --license or a column license says "
        "under which the texts may be passed on"
    ]


def _refuse_noises(clips: pa.Table, recipe: Recipe) -> None:
    refused = {
        item.name: f"{item.name} ({item.note}): {count}"
        for name, count in noise_licenses(clips).items()
        for item in refused_licenses(name, recipe.export.allow_licenses)
    }
    if refused:
        raise RunError(
            "render: licenses of noise and babble that may not be passed on, with their clips: "
            + ", ".join(refused.values())
            + "\n    leave these recordings or voices out, or allow them by name: "
            + allowing(*sorted(refused))
        )


def _facts(
    recipe: Recipe,
    rows: Rows,
    clips: pa.Table,
    entries: list[dict[str, Any]],
    options: RenderOptions,
) -> dict[str, Any]:
    """render.json: nothing in it depends on time, place or the number of workers."""
    tree = recipe.resolved()
    speech = entries[1]
    told = {n: v for n, v in speech["facts"].items() if n not in ("rendered", "cached")}
    return {
        "format": _VERSION,
        "corpusforge": corpusforge.__version__,
        "options": {
            "lang": recipe.lang,
            "seed": recipe.seed,
            "speech": tree["speech"],
            "audio_gate": tree["audio_gate"],
            "allow_licenses": list(recipe.export.allow_licenses),
            "metadata": options.metadata,
        },
        "columns": dict(rows.columns),
        "rows": rows.table.num_rows,
        "rows_dropped": rows.dropped.num_rows,
        "clips": clips.num_rows,
        "duration_s": round(sum(clips["num_samples"].to_pylist()) / RATE_HZ, 3),
        "clips_dropped": dict(
            sorted((Counter(speech["dropped"]) + Counter(entries[2]["dropped"])).items())
        ),
        "speech": told,
        "licenses": {
            "texts": stated_counts(rows.table["license"].to_pylist()),
            "voices": stated_counts(clips["voice_license"].to_pylist()),
            "noises": noise_licenses(clips),
        },
        "packages": speech["packages"] | speech["facts"]["packages"],
        "keys": {entry["stage"]: entry["key"] for entry in entries},
        "splits": rows.splits,
    }


def _is_there(out: Path, facts: Mapping[str, Any], clips: pa.Table) -> bool:
    """Whether the folder holds this very render, as far as a quick look tells."""
    if not (out / FACTS).is_file():
        return False
    try:
        same = bool(read_json(out / FACTS) == facts)
    except RunError:
        return False
    metadata = f"metadata.{facts['options']['metadata']}"
    beside = (metadata, "clips.parquet", "dropped.parquet", "LICENSE")
    there = sum(1 for name in PUBLISHED for _ in (out / name).glob("*.flac"))
    return same and all((out / name).is_file() for name in beside) and there == clips.num_rows
