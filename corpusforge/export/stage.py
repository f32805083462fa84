"""The stage `export`: the release folder with its card, checksums and verification."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping
from pathlib import Path, PurePath
from typing import Any

import pyarrow as pa
import pyarrow.compute as pc

import corpusforge
from corpusforge.core import plugins
from corpusforge.core.errors import RunError, StaleInputError
from corpusforge.core.gate import read_gate
from corpusforge.core.recipe import Recipe
from corpusforge.core.run import (
    StageContext,
    StageResult,
    read_json,
    read_record,
    write_bytes,
    write_json,
)
from corpusforge.core.schema import read_table
from corpusforge.export.accounts import Accounts, Ledger, counted, refuse_private_values
from corpusforge.export.card import CardInput, render_card
from corpusforge.export.checksums import write_checksums
from corpusforge.export.features import bio_names
from corpusforge.export.flac import pcm_sha256
from corpusforge.export.licenses import (
    LICENSE_FILE,
    license_expression,
    license_text,
    noise_licenses,
    refuse_licenses,
    row_licenses,
    voice_licenses,
)
from corpusforge.export.provenance import write_provenance
from corpusforge.export.release import (
    EXPANDED,
    ReleaseTables,
    Writer,
    content_hash,
    total_hash,
)
from corpusforge.export.shown import released_facts
from corpusforge.export.usefulness import published_facts
from corpusforge.export.verify import verify_release

__all__ = ["NAME", "PACKAGES", "VERSION", "config", "run"]

NAME = "export"
VERSION = 4
PACKAGES = ("pyarrow", "PyYAML", "soundfile")

RELEASE_FORMAT = 5
"""Counts up whenever the files of a release are laid out in another way."""

_STAGES = ("grammar", "expand", "clean", "speech", "audio_gate")
_TOLD = ("grammar", "expand", "clean", "assess", "speech", "audio_gate")
_SHOWN_PROBLEMS = 5


def config(recipe: Recipe) -> dict[str, Any]:
    """Everything in the recipe that shapes this stage's files."""
    return _public_recipe(recipe)


def _public_recipe(recipe: Recipe) -> dict[str, Any]:
    """The recipe as published: without the report's options, and file names for paths."""
    tree = recipe.resolved()
    tree.pop("report", None)
    paths = (("grammar", "path"), ("grammar", "lists"), ("real", "path"), ("speech", "ctc_model"))
    for section, key in paths:
        if tree.get(section) and tree[section].get(key):
            tree[section][key] = PurePath(tree[section][key]).name
    if tree["expand"].get("model"):
        tree["expand"]["model"] = PurePath(tree["expand"]["model"]).name
    return tree


def run(ctx: StageContext) -> StageResult:
    """Write release/ and, for the recipe's other writers, exports/WRITER/.

    Raises:
        StaleInputError: When a clip's file is gone or holds other samples; nothing is written.
        RunError: When nothing may be published, a license is non-commercial or unknown and not
            allowed by name, a generated row tells a private slot value, or the written release
            breaks a promise.
    """
    ledger = Ledger(
        rows=read_table(ctx.inputs["clean"] / "utterances.parquet"),
        clips=read_table(ctx.inputs["audio_gate"] / "clips.parquet"),
        dropped={name: read_table(ctx.inputs[name] / "dropped.parquet") for name in _STAGES},
        publish_real=ctx.recipe.real is None or ctx.recipe.real.publish,
        gate=read_gate(ctx.inputs),
    )
    release = _release(ctx, ledger)
    if not release.utterances.num_rows:
        raise RunError(
            "export: no row may be published: there are only real rows, and real.publish is false"
        )
    refuse_licenses(release, ctx.recipe.export.allow_licenses)
    refuse_private_values(ledger, read_table(ctx.inputs["grammar"] / "catalogue.parquet"))
    check_sound(release)
    writers = ctx.recipe.export.writers
    with ctx.progress.task(NAME, total=len(writers), unit="writers") as task:
        for name in writers:
            writer: Writer = plugins.load("writer", name)
            folder = ctx.folder / ("release" if name == "hf" else f"exports/{name}")
            folder.mkdir(parents=True)
            writer.write(release, folder)
            if name == "hf":
                _finish_release(ctx, release, ledger, folder)
            task.advance()
    private = ledger.rows.num_rows - release.all_rows.num_rows
    kept_out = release.all_rows.num_rows - release.utterances.num_rows
    unheard = ledger.clips.num_rows - release.clips.num_rows
    notes = _private_notes(private, unheard)
    for name in writers:
        notes += [f"writer {name}: {loss}" for loss in plugins.load("writer", name).losses]
    return StageResult(
        rows_in=ledger.rows.num_rows,
        rows_out=release.utterances.num_rows,
        dropped={
            **({"not published": private} if private else {}),
            **({f"only in {EXPANDED}": kept_out} if kept_out else {}),
        },
        facts={
            "rows": dict(sorted(Counter(release.utterances["split"].to_pylist()).items())),
            "clips": dict(sorted(Counter(release.clips["split"].to_pylist()).items())),
            "expanded_rows": kept_out,
            "private_rows": private,
            "private_clips": unheard,
            "license": license_expression(release),
            "content_sha256": total_hash(content_hash(release)),
        },
        notes=tuple(notes),
    )


def _private_notes(rows: int, clips: int) -> list[str]:
    if not rows:
        return []
    are = "real row is" if rows == 1 else "real rows are"
    spoken = f", nor {counted(clips, 'clip')} of them" if clips else ""
    return [f"{rows:,} {are} not in the release{spoken} (real.publish: false)"]


def _release(ctx: StageContext, ledger: Ledger) -> ReleaseTables:
    """What may be published, with label names."""
    public = ledger.public(ledger.rows)
    rows = ledger.gate.admitted(public)
    clips = ledger.clips
    clips = clips.filter(pc.is_in(clips["utterance_id"], value_set=rows["id"].combine_chunks()))
    # `spoken` null means "as written"; users of the speech config want the words themselves.
    spoken = pc.coalesce(clips["spoken"], clips["text"])
    clips = clips.set_column(clips.schema.get_field_index("spoken"), "spoken", spoken)
    used = set(public["intent"].to_pylist())
    names = {slot["name"] for slots in public["slots"].to_pylist() for slot in slots or ()}
    return ReleaseTables(
        utterances=rows,
        clips=clips,
        intents=(*ctx.labels, *sorted(used - set(ctx.labels))),
        slot_names=(*ctx.slot_names, *sorted(names - set(ctx.slot_names))),
        audio_root=ctx.cache.root,
        expanded=public if rows.num_rows < public.num_rows else None,
    )


def check_sound(release: ReleaseTables) -> None:
    """Hold every clip's file against what the speech stage wrote down.

    Raises:
        StaleInputError: When a file is gone or, where soundfile is installed to tell, damaged.
    """
    ids = release.clips["clip_id"].to_pylist()
    stated = release.clips["pcm_sha256"].to_pylist()
    for clip, flac, expected in zip(ids, release.audio(release.clips), stated, strict=True):
        if pcm_sha256(flac) not in (None, expected):
            raise StaleInputError(
                f"clip {clip} does not hold the samples that were rendered", stage="speech"
            )


def _finish_release(
    ctx: StageContext, release: ReleaseTables, ledger: Ledger, folder: Path
) -> None:
    """Provenance, facts, card and checksums of the release; then read it all again."""
    texts = [table for table in ledger.dropped.values() if "clip_id" not in table.column_names]
    templates = read_table(ctx.inputs["grammar"] / "templates.parquet")
    write_provenance(release, [ledger.private(ledger.rows), *reversed(texts)], templates, folder)
    told = [name for name in _TOLD if name in ctx.inputs]
    entries = {name: read_json(ctx.inputs[name] / "stage.json") for name in told}
    accounts = ledger.close(note for entry in entries.values() for note in entry.get("notes", ()))
    bias = read_json(ctx.inputs["clean"] / "bias.json")
    content = content_hash(release)
    assessment = _assessment(ctx)
    facts = _facts(ctx.recipe, release, accounts, content)
    facts |= published_facts(assessment, ledger.gate)
    grammar = _grammar_facts(ctx, release, templates, entries.get("grammar", {}))
    facts |= {"grammar": grammar} if grammar else {}
    write_json(facts | {"packages": _packages(entries), "bias": bias}, folder / "release.json")
    card = CardInput(
        recipe=ctx.recipe,
        release=release,
        content_sha256=total_hash(content),
        accounts=accounts,
        bias=bias,
        version=corpusforge.__version__,
        assessment=assessment,
        gate=ledger.gate,
        grammar=grammar,
    )
    write_bytes(render_card(card, folder).encode(), folder / "README.md")
    write_bytes(license_text(release).encode(), folder / LICENSE_FILE)
    write_checksums(folder)
    problems = verify_release(folder)
    if problems:
        shown = "\n".join(f"    {problem}" for problem in problems[:_SHOWN_PROBLEMS])
        broken = counted(len(problems), "promise")
        raise RunError(f"export: the release breaks {broken}\n{shown}")


def _grammar_facts(
    ctx: StageContext, release: ReleaseTables, templates: pa.Table, entry: Mapping[str, Any]
) -> dict[str, Any]:
    """What the released rows show of the templates, {} where none were sampled."""
    folder = ctx.inputs["grammar"]
    path = folder / "cover.json"
    cover = read_record(path, "rows")["rows"] if path.is_file() else []
    return released_facts(release.utterances, templates, cover, entry.get("facts", {}))


def _assessment(ctx: StageContext) -> dict[str, Any]:
    """The public part of what assess found, {} when it had nothing to measure on."""
    path = ctx.inputs["assess"] / "assess.json" if "assess" in ctx.inputs else None
    if path is None or not path.is_file():
        return {}
    return read_record(path, "verdict", "verdict_code", "reasons")


def _facts(
    recipe: Recipe,
    release: ReleaseTables,
    accounts: Accounts,
    content: Mapping[str, Mapping[str, str]],
) -> dict[str, Any]:
    """release.json, but for packages and bias figures."""
    return {
        "format": RELEASE_FORMAT,
        "name": recipe.name,
        "pretty_name": recipe.pretty_name,
        "description": recipe.description,
        "corpusforge": corpusforge.__version__,
        "license": license_expression(release),
        "licenses": {
            "rows": row_licenses(release),
            "voices": voice_licenses(release),
            "noises": noise_licenses(release.clips),
        },
        "recipe": _public_recipe(recipe),
        "labels": {"intent": list(release.intents), "bio": bio_names(release.slot_names)},
        "rows": dict(sorted(Counter(release.utterances["split"].to_pylist()).items())),
        "clips": dict(sorted(Counter(release.clips["split"].to_pylist()).items())),
        # Rows and clips that may be published; the others are counted under `private`.
        "stages": {step.stage: step.to_json() for step in accounts.steps},
        "private": dict(accounts.private),
        "content_sha256": {"all": total_hash(content), **content},
    }


def _packages(entries: Mapping[str, Mapping[str, Any]]) -> dict[str, str]:
    found: dict[str, str] = {}
    for entry in entries.values():
        # What the engines that spoke are made of stands among the facts.
        found |= entry.get("packages", {}) | entry.get("facts", {}).get("packages", {})
    return dict(sorted(found.items()))
