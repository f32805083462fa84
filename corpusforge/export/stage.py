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
from corpusforge.core.errors import RunError
from corpusforge.core.recipe import Recipe
from corpusforge.core.run import StageContext, StageResult, read_json, write_bytes, write_json
from corpusforge.core.schema import read_table
from corpusforge.export.card import CardInput, render_card
from corpusforge.export.features import bio_names
from corpusforge.export.front_matter import license_expression
from corpusforge.export.provenance import write_provenance
from corpusforge.export.release import ReleaseTables, Writer, content_hash, total_hash
from corpusforge.export.verify import CHECKSUMS, checksum, verify_release

__all__ = ["NAME", "PACKAGES", "VERSION", "config", "run"]

NAME = "export"
VERSION = 1
PACKAGES = ("pyarrow", "PyYAML", "soundfile")

RELEASE_FORMAT = 1
"""Counts up whenever the files of a release are laid out in another way."""

_STAGES = ("grammar", "expand", "clean", "speech", "audio_gate")
_SHOWN_PROBLEMS = 5


def config(recipe: Recipe) -> dict[str, Any]:
    """Everything in the recipe that shapes this stage's files."""
    return _public_recipe(recipe)


def _public_recipe(recipe: Recipe) -> dict[str, Any]:
    """The recipe as published: without the report's options, and file names for paths."""
    tree = recipe.resolved()
    tree.pop("report", None)
    for section, key in (("grammar", "path"), ("grammar", "lists"), ("real", "path")):
        if tree.get(section) and tree[section].get(key):
            tree[section][key] = PurePath(tree[section][key]).name
    if tree["expand"].get("model"):
        tree["expand"]["model"] = PurePath(tree["expand"]["model"]).name
    return tree


def run(ctx: StageContext) -> StageResult:
    """Write release/ and, for the recipe's other writers, exports/WRITER/.

    Raises:
        RunError: When nothing may be published, or the written release breaks a promise.
    """
    rows = read_table(ctx.inputs["clean"] / "utterances.parquet")
    clips = read_table(ctx.inputs["audio_gate"] / "clips.parquet")
    release = _release(ctx, rows, clips)
    if not release.utterances.num_rows:
        raise RunError(
            "export: no row may be published: there are only real rows, and real.publish is false"
        )
    writers = ctx.recipe.export.writers
    with ctx.progress.task(NAME, total=len(writers), unit="writers") as task:
        for name in writers:
            writer: Writer = plugins.load("writer", name)
            folder = ctx.folder / ("release" if name == "hf" else f"exports/{name}")
            folder.mkdir(parents=True)
            writer.write(release, folder)
            if name == "hf":
                _finish_release(ctx, release, rows, folder)
            task.advance()
    private = rows.num_rows - release.utterances.num_rows
    notes = (
        [f"{private:,} real rows are not in the release (real.publish: false)"] if private else []
    )
    for name in writers:
        notes += [f"writer {name}: {loss}" for loss in plugins.load("writer", name).losses]
    return StageResult(
        rows_in=rows.num_rows,
        rows_out=release.utterances.num_rows,
        dropped={"not published": private} if private else {},
        facts={
            "rows": dict(sorted(Counter(release.utterances["split"].to_pylist()).items())),
            "clips": dict(sorted(Counter(release.clips["split"].to_pylist()).items())),
            "license": license_expression(release),
            "content_sha256": total_hash(content_hash(release)),
        },
        notes=tuple(notes),
    )


def _release(ctx: StageContext, rows: pa.Table, clips: pa.Table) -> ReleaseTables:
    """What may be published, with label names."""
    real = ctx.recipe.real
    if real is None or not real.publish:
        rows = rows.filter(pc.not_equal(rows["origin"], "real"))
    clips = clips.filter(pc.is_in(clips["utterance_id"], value_set=rows["id"].combine_chunks()))
    # `spoken` null means "as written"; users of the speech config want the words themselves.
    spoken = pc.coalesce(clips["spoken"], clips["text"])
    clips = clips.set_column(clips.schema.get_field_index("spoken"), "spoken", spoken)
    used = set(rows["intent"].to_pylist())
    names = {slot["name"] for slots in rows["slots"].to_pylist() for slot in slots or ()}
    return ReleaseTables(
        utterances=rows,
        clips=clips,
        intents=(*ctx.labels, *sorted(used - set(ctx.labels))),
        slot_names=(*ctx.slot_names, *sorted(names - set(ctx.slot_names))),
        audio_root=ctx.cache.root,
    )


def _finish_release(
    ctx: StageContext, release: ReleaseTables, rows: pa.Table, folder: Path
) -> None:
    """Provenance, facts, card and checksums of the release; then read it all again."""
    dropped = [read_table(ctx.inputs[name] / "dropped.parquet") for name in _STAGES]
    texts = [table for table in dropped if "clip_id" not in table.column_names]
    templates = read_table(ctx.inputs["grammar"] / "templates.parquet")
    private = rows.filter(
        pc.invert(pc.is_in(rows["id"], value_set=release.utterances["id"].combine_chunks()))
    )
    write_provenance(release, [private, *reversed(texts)], templates, folder)
    entries = {name: read_json(ctx.inputs[name] / "stage.json") for name in _STAGES}
    bias = read_json(ctx.inputs["clean"] / "bias.json")
    content = content_hash(release)
    total = total_hash(content)
    facts = {
        "format": RELEASE_FORMAT,
        "name": ctx.recipe.name,
        "pretty_name": ctx.recipe.pretty_name,
        "description": ctx.recipe.description,
        "corpusforge": corpusforge.__version__,
        "license": license_expression(release),
        "recipe": _public_recipe(ctx.recipe),
        "packages": _packages(entries),
        "labels": {"intent": list(release.intents), "bio": bio_names(release.slot_names)},
        "rows": dict(sorted(Counter(release.utterances["split"].to_pylist()).items())),
        "clips": dict(sorted(Counter(release.clips["split"].to_pylist()).items())),
        "stages": {
            name: {key: entry.get(key) for key in ("rows_in", "rows_out", "dropped")}
            for name, entry in entries.items()
        },
        "bias": bias,
        "content_sha256": {"all": total, **content},
    }
    write_json(facts, folder / "release.json")
    card = CardInput(
        recipe=ctx.recipe,
        release=release,
        content_sha256=total,
        stages=entries,
        dropped=_reasons(dropped),
        bias=bias,
        version=corpusforge.__version__,
    )
    write_bytes(render_card(card, folder).encode(), folder / "README.md")
    write_checksums(folder)
    problems = verify_release(folder)
    if problems:
        shown = "\n".join(f"    {problem}" for problem in problems[:_SHOWN_PROBLEMS])
        raise RunError(f"export: the release breaks {len(problems)} promises\n{shown}")


def write_checksums(folder: Path) -> None:
    """SHA256SUMS over all files below a folder, sorted by name, for `sha256sum -c`."""
    names = sorted(
        path.relative_to(folder).as_posix()
        for path in folder.rglob("*")
        if path.is_file() and path.name != CHECKSUMS
    )
    lines = [f"{checksum(folder / name)}  {name}\n" for name in names]
    write_bytes("".join(lines).encode(), folder / CHECKSUMS)


def _reasons(dropped: list[pa.Table]) -> dict[tuple[str, str, str], int]:
    """(stage, filter, reason) -> rows or clips dropped."""
    counted: Counter[tuple[str, str, str]] = Counter()
    for table in dropped:
        names = ("stage", "filter", "reason")
        counted.update(zip(*(table[name].to_pylist() for name in names), strict=True))
    return dict(counted)


def _packages(entries: Mapping[str, Mapping[str, Any]]) -> dict[str, str]:
    found: dict[str, str] = {}
    for entry in entries.values():
        found |= entry.get("packages", {})
    return dict(sorted(found.items()))
