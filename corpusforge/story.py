"""Reading finished work: what a run has done, and the story of one row."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from corpusforge.core.errors import InputError
from corpusforge.core.run import RunFolder, read_json, read_record

if TYPE_CHECKING:
    import pyarrow as pa

__all__ = ["explain", "find_clip", "status", "write_report"]

_MIN_DIGITS = 6
_HIDDEN = ".corpusforge"  # the run inside of the folder of a render
_TIMED = ("spoken_slots", "words")


def _is_bare_release(folder: Path) -> bool:
    there = all((folder / name).is_file() for name in ("SHA256SUMS", "README.md"))
    return there and not (folder / "recipe.json").is_file()


def _is_render(folder: Path) -> bool:
    """Whether a render put its whole result there; its hidden run may be gone."""
    return (folder / "render.json").is_file() and (folder / "clips.parquet").is_file()


def _run_folder(folder: Path) -> RunFolder:
    """The run in `folder`.

    Raises:
        InputError: When the folder is neither a run nor a render.
    """
    for place in (folder, folder / _HIDDEN):
        if (place / "recipe.json").is_file():
            return RunFolder(place)
    raise InputError(
        f"{folder} is not a corpusforge run, render or release",
        hint="give the folder of `build -o` or `render -o`, or a release folder",
    )


def _folders(run: RunFolder, record: Mapping[str, Any] | None) -> dict[str, Path]:
    """Stage name -> finished folder, of the stages that a manifest or state names."""
    stages = record["stages"] if record is not None else ()
    found = {item["stage"]: run.stage_folder(item["stage"], item["key"]) for item in stages}
    return {name: path for name, path in found.items() if (path / "stage.json").is_file()}


def status(folder: Path) -> dict[str, Any]:
    """How far a run is.

    Returns:
        {"folder", "kind": "run", "render" or "release", "recipe", "complete", "stages": [{"stage",
        "rows_in", "rows_out", "dropped", "seconds", "cpu_seconds"}], "release", "report",
        "usefulness": {"verdict", "expansion", "reason"} or None when nothing was assessed,
        "previous": whether an earlier complete run stands beside an unfinished one}. Where no run
        is, only folder, kind, complete and release.json or render.json as KIND_facts.
    """
    if _is_bare_release(folder):
        facts = read_json(folder / "release.json") if (folder / "release.json").is_file() else {}
        return {"folder": str(folder), "kind": "release", "complete": True, "release_facts": facts}
    if _is_render(folder) and not (folder / _HIDDEN).is_dir():
        facts = read_json(folder / "render.json")
        return {"folder": str(folder), "kind": "render", "complete": True, "render_facts": facts}
    run = _run_folder(folder)
    state = run.state or {**read_record(run.path / "recipe.json", "name"), "complete": False}
    folders = _folders(run, run.state)
    stages = [read_json(path / "stage.json") for path in folders.values()]
    keys = ("stage", "rows_in", "rows_out", "dropped", "seconds", "cpu_seconds")
    return {
        "folder": str(folder),
        "kind": "run" if run.path == folder else "render",
        "recipe": state.get("recipe", state.get("name")),
        "complete": state["complete"],
        "stages": [{key: entry[key] for key in keys} for entry in stages],
        "release": str(run.release) if run.release.is_dir() else None,
        "report": str(run.report) if run.report.is_file() else None,
        "usefulness": _usefulness(stages),
        "previous": run.manifest is not None and not state["complete"],
    }


def _usefulness(stages: Sequence[Mapping[str, Any]]) -> dict[str, str] | None:
    """Verdict and gate of the run."""
    none: Mapping[str, Any] = {}
    facts = next((entry["facts"] for entry in stages if entry["stage"] == "assess"), none)
    if "verdict_code" not in facts:
        return None
    return {
        "verdict": facts["usefulness"],
        "expansion": facts["expansion"],
        "reason": facts["expansion_reason"],
    }


def write_report(folder: Path) -> Path:
    """Write report.html beside a release, or anew into a run folder; return its path.

    Raises:
        InputError: When the folder is neither, a run that is not finished, or a render.
    """
    from corpusforge.core.run import write_bytes
    from corpusforge.report import stage

    if _is_bare_release(folder):
        page = stage.render_release(folder)
        target = folder.resolve().parent / f"{folder.resolve().name}-report.html"
    else:
        run = None if _is_render(folder) else _run_folder(folder)
        if run is None or run.path != folder:
            raise InputError(
                f"{folder} is a render, which has no report page: pages are of `corpusforge build`",
                hint="its figures are in render.json, its clips in metadata.csv or metadata.jsonl",
            )
        if (manifest := run.manifest) is None:
            raise InputError(
                f"{folder} holds no finished run", hint="run the same build command to finish it"
            )
        past, alerts = _history(folder)
        # Always of the last complete run: an unfinished one beside it has no release yet.
        page = stage.render_run(
            _folders(run, manifest),
            folder / "cache",
            manifest["recipe"],
            past=past,
            alerts=alerts,
        )
        target = folder / "report.html"
    write_bytes(page.encode(), target)
    return target


def _history(folder: Path) -> tuple[list[dict[str, Any]], list[str]]:
    """What assessments and the user's own models have found so far, and its alerts."""
    path = folder / "history.parquet"
    if not path.is_file():
        return [], []
    from corpusforge.assess import history

    table = history.read(path)
    rows: list[dict[str, Any]] = table.to_pylist()
    return rows, history.diverging(table)


@dataclass(frozen=True)
class _Source:
    """A table in which a row may be found: what it holds, and at which stage it was written."""

    stage: str
    kind: str  # "row", "dropped row", "clip" or "dropped clip"
    path: Path


def _sources(folder: Path) -> Iterator[_Source]:
    """Tables to look in: the complete run first, then what an unfinished one has made."""
    if _is_bare_release(folder):
        for path in sorted(folder.glob("provenance/*.parquet")):
            kind = "clip" if "clip" in path.stem else "row"
            yield _Source("release", kind, path)
        return
    if _is_render(folder):
        yield _Source("render", "clip", folder / "clips.parquet")
        yield _Source("render", "dropped clip", folder / "dropped.parquet")
        if not (folder / _HIDDEN).is_dir():
            return
    run = _run_folder(folder)
    seen: set[Path] = set()
    for record in (run.manifest, run.state):
        for stage, path in reversed(_folders(run, record).items()):
            if path in seen:
                continue
            seen.add(path)
            clips = stage in ("speech", "audio_gate")
            for name, kind in (
                ("clips", "clip"),
                ("utterances", "row"),
                ("dropped", "dropped clip" if clips else "dropped row"),
            ):
                file = path / f"{name}.parquet"
                if file.is_file():
                    yield _Source(stage, kind, file)


def _matches(source: _Source, prefix: str) -> list[dict[str, Any]]:
    import pyarrow.compute as pc

    from corpusforge.core.schema import read_table

    table: pa.Table = read_table(source.path)
    column = "clip_id" if "clip_id" in table.column_names else "id"
    if column not in table.column_names:
        return []
    found = table.filter(pc.starts_with(table[column], prefix))
    rows: list[dict[str, Any]] = found.to_pylist()
    return rows


def _row_id(row: Mapping[str, Any]) -> str:
    return str(row.get("clip_id") or row["id"])


def _prefix(row_id: str) -> str:
    """An id, or the beginning of one, as it stands in tables.

    Raises:
        InputError: When it is too short to look for, or no id at all.
    """
    prefix = row_id.strip().lower()
    if len(prefix) < _MIN_DIGITS or any(c not in "0123456789abcdef" for c in prefix):
        raise InputError(f"{row_id!r} is no id: at least {_MIN_DIGITS} hex digits are needed")
    return prefix


def find_clip(folder: Path, clip_id: str) -> tuple[dict[str, Any], dict[str, str]]:
    """The row of one clip, dropped or not, and the versions of the packages that made it.

    Args:
        folder: Run folder, folder of a render, or a bare release folder.
        clip_id: Its id, or the beginning of it.

    Raises:
        InputError: When the folder is neither run nor release, or the id is unknown, too short,
            or stands for several clips.
    """
    prefix = _prefix(clip_id)
    found: dict[str, tuple[_Source, dict[str, Any]]] = {}
    for source in _sources(folder):
        if source.kind in ("clip", "dropped clip"):
            for row in _matches(source, prefix):
                found.setdefault(row["clip_id"], (source, row))
    if not found:
        raise InputError(
            f"no clip of {folder} has an id that starts with {prefix}",
            hint="clip ids stand in the release, in report.html and in the stages' Parquet files",
        )
    if len(found) > 1:
        raise InputError(f"{prefix} is the beginning of {len(found)} ids", allowed=sorted(found))
    ((source, row),) = found.values()
    if source.stage in ("release", "render"):
        return row, read_record(folder / f"{source.stage}.json", "packages")["packages"]
    # What shaped the bytes is recorded by the stage that rendered, also for clips dropped later.
    run = _run_folder(folder)
    named = (_folders(run, record) for record in (run.manifest, run.state))
    made = next(
        folders["speech"]
        for folders in named
        if source.path.parent in folders.values() and "speech" in folders
    )
    entry = read_json(made / "stage.json")
    return row, entry["packages"] | entry["facts"].get("packages", {})


def explain(folder: Path, row_id: str) -> str:
    """The story of a row, clip or dropped row.

    Raises:
        InputError: When the folder is neither run nor release, or the id is unknown,
            too short, or stands for several rows.
    """
    prefix = _prefix(row_id)
    sources = list(_sources(folder))
    hits = [(source, row) for source in sources for row in _matches(source, prefix)]
    ids = sorted({_row_id(row) for _, row in hits})
    if not ids:
        raise InputError(
            f"no row, clip or dropped row of {folder} has an id that starts with {prefix}",
            hint="ids stand in the release, in report.html and in the stages' Parquet files",
        )
    if len(ids) > 1:
        raise InputError(f"{prefix} is the beginning of {len(ids)} ids", allowed=ids)
    # The latest stage that still has the row tells most; a drop ends its story.
    dropped = [(s, row) for s, row in hits if s.kind.startswith("dropped")]
    kept = [(s, row) for s, row in hits if not s.kind.startswith("dropped")]
    lines: list[str] = []
    source, row = (kept or dropped)[0]
    lines += _describe(row, source)
    for drop_source, drop_row in dropped:
        # A candidate of a generator that reads like a kept row has the same id.
        if kept and drop_row.get("origin") != row.get("origin"):
            lines.append("  a generated candidate that reads the same was not kept:")
        lines += _describe_drop(drop_row, drop_source)
    lines += _clips_of(row, sources)
    lines += _ancestors(row, sources, depth=1)
    lines += _template(row, folder)
    return "\n".join(lines)


def _describe(row: Mapping[str, Any], source: _Source) -> list[str]:
    kind = "clip" if "clip_id" in row else "row"
    lines = [f"{kind} {_row_id(row)}", f"  found in     {source.stage} ({source.kind})"]
    for name, value in row.items():
        if name in ("id", "clip_id", "audio", "parents", "slots", "chain", *_TIMED):
            continue
        if value is None or value == "":
            continue
        shown = f"{value:.3f}".rstrip("0").rstrip(".") if isinstance(value, float) else value
        lines.append(f"  {name:<12} {shown}")
    for slot in row.get("slots") or ():
        value = f" = {slot['value']}" if slot["value"] not in ("", slot["text"]) else ""
        span = f"[{slot['start']}:{slot['end']}]"
        lines.append(f"  slot         {slot['name']} {span} {slot['text']!r}{value}")
    for span in row.get("spoken_slots") or ():
        lines.append(f"  spoken slot  {span['name']} [{span['start']}:{span['end']}]{_heard(span)}")
    if row.get("words"):
        said = ", ".join(f"{word['word']}{_heard(word)}" for word in row["words"])
        lines.append(f"  words        {said} (seconds)")
    for step in row.get("chain") or ():
        lines.append(f"  effect       {step['op']} v{step['version']} {step['params']}")
    return lines


def _heard(span: Mapping[str, Any]) -> str:
    """When a word or slot is heard, "" when it is not known."""
    if span["start_s"] is None:
        return ""
    return f" {span['start_s']:.2f}-{span['end_s']:.2f}"


def _describe_drop(row: Mapping[str, Any], source: _Source) -> list[str]:
    lines = [f"  dropped by   {source.stage}/{row['filter']}: {row['reason']}"]
    if row.get("score") is not None and row.get("threshold") is not None:
        lines.append(f"  score        {row['score']:.3f}, threshold {row['threshold']:.3f}")
    if row.get("twin_id"):
        lines.append(f"  twin         {row['twin_id']} stays")
    return lines


def _clips_of(row: Mapping[str, Any], sources: list[_Source]) -> list[str]:
    """Clips that speak this row."""
    import pyarrow.compute as pc

    from corpusforge.core.schema import read_table

    if "clip_id" in row:
        return []
    for source in sources:
        if source.kind != "clip":
            continue
        table = read_table(source.path)
        found = table.filter(pc.equal(table["utterance_id"], row["id"])).to_pylist()
        return [f"  spoken in    clip {c['clip_id']} ({c['engine']}/{c['voice']})" for c in found]
    return []


def _ancestors(row: Mapping[str, Any], sources: list[_Source], depth: int) -> list[str]:
    """Parents, and theirs, down to real rows and templates."""
    parents = [row["utterance_id"]] if "utterance_id" in row else (row.get("parents") or [])
    lines: list[str] = []
    for parent in parents:
        found = _find(parent, sources)
        indent = "  " * depth
        if found is None:
            lines.append(f"{indent}from         {parent} (not kept in this folder)")
            continue
        text = f"{found['origin']}, {found['split']}: {found.get('text', '')!r}"
        lines.append(f"{indent}from         {parent} ({text})")
        if found.get("template"):
            lines.append(f"{indent}  template   {found['template']}")
        if depth < 10:
            lines += _ancestors(found, sources, depth + 1)
    return lines


def _find(row_id: str, sources: list[_Source]) -> dict[str, Any] | None:
    for source in sources:
        if source.kind in ("row", "dropped row"):
            for row in _matches(source, row_id):
                return row
    return None


def _template(row: Mapping[str, Any], folder: Path) -> list[str]:
    """The sentence template that the row names, with its place in the author's file."""
    import pyarrow.compute as pc

    from corpusforge.core.schema import read_table

    if not row.get("template"):
        return []
    if _is_bare_release(folder):
        path = folder / "provenance" / "templates.parquet"
    else:
        run = _run_folder(folder)
        stages = _folders(run, run.state) | _folders(run, run.manifest)
        path = stages.get("grammar", folder) / "templates.parquet"
    if not path.is_file():
        return []
    table = read_table(path)
    lines: list[str] = []
    for item in table.filter(pc.equal(table["template"], row["template"])).to_pylist():
        place = f"{item['file']}:{item['line']}" if item.get("file") else ""
        split = item["split"] or "all splits"
        lines.append(f"  written as   {item['sentence']}   ({place}, {split})")
    return lines
