"""The stage `report`: one page to look at and listen to."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

from corpusforge.core.recipe import Recipe, ReportConfig
from corpusforge.core.run import StageContext, StageResult, write_bytes
from corpusforge.report.data import from_stages
from corpusforge.report.page import render
from corpusforge.report.release import from_release

__all__ = ["NAME", "PACKAGES", "VERSION", "config", "render_release", "render_run", "run"]

NAME = "report"
VERSION = 3
PACKAGES = ("numpy", "pyarrow")


def config(recipe: Recipe) -> dict[str, Any]:
    """Everything in the recipe that the page shows; the rest comes from the stages."""
    resolved = recipe.resolved()
    keys = ("name", "pretty_name", "description", "lang", "license", "real", "report")
    return {key: resolved[key] for key in keys}


def render_run(
    stages: Mapping[str, Path],
    cache: Path,
    recipe: Mapping[str, Any],
    *,
    past: Sequence[Mapping[str, Any]] = (),
    alerts: Sequence[str] = (),
) -> str:
    """The page of a run.

    Args:
        stages: Stage name -> finished folder.
        cache: Root of the run's cache, where the clips are.
        recipe: The resolved recipe, as in the manifest.
        past: Entries of history.parquet; none at build, when the page must not depend on them.
        alerts: What the history warns of.
    """
    settings = recipe.get("report", {})
    corpus = from_stages(stages, cache, recipe)
    return render(
        replace(corpus, past=past, alerts=alerts),
        rows=int(settings.get("rows", ReportConfig.rows)),
        players=int(settings.get("players", ReportConfig.players)),
    )


def render_release(folder: Path) -> str:
    """The page of a bare release folder: what is in it, and no more.

    Raises:
        InputError: When the folder holds no rows.
    """
    return render(from_release(folder), rows=ReportConfig.rows, players=ReportConfig.players)


def run(ctx: StageContext) -> StageResult:
    """Write report.html from the folders of all earlier stages."""
    with ctx.progress.task(NAME, total=1, unit="pages") as task:
        page = render_run(ctx.inputs, ctx.cache.root, ctx.recipe.resolved())
        write_bytes(page.encode(), ctx.folder / "report.html")
        task.advance(1)
    return StageResult(rows_in=0, rows_out=0, facts={"bytes": len(page.encode())})
