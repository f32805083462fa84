"""The stage `audio_gate`: silent, clipped, too short or too long clips are put aside."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping
from dataclasses import asdict
from typing import Any

import numpy as np
import numpy.typing as npt
import pyarrow as pa

from corpusforge.core.recipe import GateConfig, Recipe
from corpusforge.core.run import StageContext, StageResult
from corpusforge.core.schema import SPLITS, drop_rows, read_table, write_table
from corpusforge.speech.losses import refuse_too_many

__all__ = ["NAME", "PACKAGES", "VERSION", "config", "run"]

NAME = "audio_gate"
VERSION = 2
PACKAGES = ("numpy",)

Floats = npt.NDArray[np.float64]


def config(recipe: Recipe) -> dict[str, Any]:
    """The limits; the measurements come with the clips."""
    return {"audio_gate": asdict(recipe.audio_gate), "max_dropped": recipe.speech.max_dropped}


def _column(table: pa.Table, name: str) -> Floats:
    values: Floats = table[name].to_numpy().astype(np.float64)
    return values


def clipped_shares(table: pa.Table) -> Floats:
    """Share of samples held at full scale, shape [clips]."""
    return _column(table, "clipped_samples") / np.maximum(_column(table, "num_samples"), 1)


def _checks(limits: GateConfig, table: pa.Table) -> list[tuple[str, Floats, float, bool, str]]:
    """(filter, scores, threshold, whether the threshold is a maximum, reason) in order."""
    duration, clipped = _column(table, "duration_s"), clipped_shares(table)
    active, level = _column(table, "score_active_share"), _column(table, "score_level_dbfs")
    return [
        ("too_short", duration, limits.min_duration_s, False, "lasts {:.2f} s, at least {:g} s"),
        ("too_long", duration, limits.max_duration_s, True, "lasts {:.2f} s, at most {:g} s"),
        ("level", level, limits.min_level_dbfs, False, "speech at {:.1f} dBFS, at least {:g}"),
        (
            "inactive",
            active,
            limits.min_active_share,
            False,
            "speech in {:.1%} of the clip, at least {:.1%}",
        ),
        (
            "clipped",
            clipped,
            limits.max_clipped_share,
            True,
            "{:.3%} of the samples clipped, at most {:.3%}",
        ),
    ]


def run(ctx: StageContext) -> StageResult:
    """Judge every clip by what was measured when it was rendered.

    A clip is dropped by the first limit that it breaks, with the score and the threshold; the
    scores stay in the table, so that limits can be cut again without rendering. Writes
    clips.parquet (with score_clipped_share) and dropped.parquet.

    Raises:
        RunError: When speech and this stage together lost more than `speech.max_dropped` of the
            planned clips.
    """
    table = read_table(ctx.inputs["speech"] / "clips.parquet")
    shares = pa.array(clipped_shares(table), pa.float32())
    table = table.append_column(pa.field("score_clipped_share", pa.float32()), shares)
    alive = np.ones(table.num_rows, dtype=bool)
    parts = [drop_rows(table, [], stage=NAME, filter="", reasons=[])]
    with ctx.progress.task(NAME, total=table.num_rows, unit="clips") as task:
        for name, scores, limit, is_maximum, reason in _checks(ctx.recipe.audio_gate, table):
            # Written so that a score that is not a number breaks the limit.
            good = scores <= limit if is_maximum else scores >= limit
            broken = np.flatnonzero(alive & ~good)
            alive[broken] = False
            parts.append(
                drop_rows(
                    table,
                    broken.tolist(),
                    stage=NAME,
                    filter=name,
                    reasons=[reason.format(scores[index], limit) for index in broken],
                    scores=scores[broken].tolist(),
                    threshold=limit,
                )
            )
        task.advance(table.num_rows)
    dropped = pa.concat_tables(parts)
    kept = table.filter(pa.array(alive))
    unmade = read_table(ctx.inputs["speech"] / "dropped.parquet")
    planned = table.num_rows + unmade.num_rows
    refuse_too_many(ctx, dropped, planned, earlier=unmade.num_rows)
    write_table(kept, ctx.folder / "clips.parquet")
    write_table(dropped, ctx.folder / "dropped.parquet")
    return StageResult(
        rows_in=table.num_rows,
        rows_out=int(alive.sum()),
        dropped=dict(Counter(dropped["filter"].to_pylist())),
        notes=_silent_splits(
            kept, Counter(table["split"].to_pylist() + unmade["split"].to_pylist())
        ),
    )


def _silent_splits(kept: pa.Table, planned: Mapping[str, int]) -> tuple[str, ...]:
    """A note on splits that end without clips, when any were planned at all."""
    left = set(kept["split"].to_pylist())
    empty = [f"{s} ({planned.get(s, 0)} were planned)" for s in SPLITS if planned and s not in left]
    return (f"clips: none in {', '.join(empty)}",) if empty else ()
