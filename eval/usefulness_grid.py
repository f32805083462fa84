"""A few real rows per intent, and what is put beside them: the grid of gains.

    python -m eval.usefulness_grid --work DIR [--cpu-hours 3]

SNIPS and CLINC150's banking domain with k = 1, 3, 5, 10 real rows per intent in 5 draws, all of
CLINC150 with k = 1 and 5 in 3 draws. Arms: the real rows alone and with duplicates, EDA, a
trigram model, random labels, IDF of unlabelled text, and today's generator (the build's
`expand`, as it is, on the same real rows). Tested on all test rows. Slot F1 on some cells of
SNIPS. Writes eval/results/usefulness_grid.json.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from corpusforge.assess import controls
from corpusforge.assess.bench import (
    CONTROLS,
    IDF,
    RANDOM_LABELS,
    REAL,
    REAL_SYNTHETIC,
    SYNTHETIC,
)
from corpusforge.assess.classifiers import classifiers
from corpusforge.assess.encoder import Encoder, load_encoder
from corpusforge.assess.intervals import mean_interval
from corpusforge.assess.rows import Rows
from corpusforge.assess.slot_f1 import slot_f1
from corpusforge.assess.usefulness import measure
from corpusforge.assess.verdict import decide
from corpusforge.core.progress import Progress
from corpusforge.core.seeding import rng
from eval import cells
from eval.data import RealData, named, shots
from eval.predictions import RecordedBench, Recordings, packed, unpacked
from eval.todays_generator import Generated, generated

__all__ = ["Spot", "main", "measure_spot", "plan", "summary"]

ARMS = (REAL, REAL_SYNTHETIC, SYNTHETIC, *CONTROLS, RANDOM_LABELS)
SLOT_SPOTS = (("snips", 5, 1), ("snips", 10, 1), ("snips", 5, 2), ("snips", 10, 2))
NO_GRAMMAR = "there is no template pack for this data set yet"


@dataclass(frozen=True)
class Spot:
    """One place of the grid.

    Attributes:
        data: Name of the data set.
        k: Real rows per intent.
        draw: Number of the draw.
        rows_per_intent: `expand.rows`, divided by the number of intents.
    """

    data: str
    k: int
    draw: int
    rows_per_intent: int

    @property
    def name(self) -> str:
        """For files and tables."""
        return f"{self.data} k={self.k} draw {self.draw}"


def spots() -> list[Spot]:
    """All places, the most telling first: the budget cuts the end."""
    small = ("banking", "snips")

    def of(names: Sequence[str], ks: Sequence[int], draws: Sequence[int]) -> list[Spot]:
        return [
            Spot(name, k, draw, 5 if name == "clinc150" else 20)
            for draw in draws
            for k in ks
            for name in names
        ]

    return [
        *of(small, (1, 5), (1, 2)),
        *of(small, (3, 10), (1,)),
        *of(("clinc150",), (1, 5), (1,)),
        *of(small, (1, 5), (3, 4, 5)),
        *of(small, (3, 10), (2, 3, 4, 5)),
        *of(("clinc150",), (1, 5), (2, 3)),
    ]


def measure_spot(
    spot: Spot, data: RealData, encoder: Encoder, work: Path, seed: int
) -> dict[str, Any]:
    """All arms of one place."""
    real, _ = shots(data.train, spot.k, rng(seed, "eval.grid", data.name, spot.k, spot.draw))
    count = spot.rows_per_intent * len(set(real.intents))
    folder = work / "grid_runs" / spot.name.replace(" ", "_")
    made = generated(real, count, seed * 1_000 + spot.draw, folder)
    figures = arms(real, made, count, data, encoder, work, seed=seed * 1_000 + spot.draw)
    figures["generator"] = _generator_facts(made, real, count)
    if (spot.data, spot.k, spot.draw) in SLOT_SPOTS and len(made.rows):
        generator = rng(seed, "eval.grid.slots", spot.name)
        found = slot_f1(made.rows, real, data.test, generator).to_json()
        kept = ("status", "gain_pp", "test_rows", "notes")
        figures["slots"] = {name: found[name] for name in kept} | {
            "f1": {name: arm["f1"] for name, arm in found["arms"].items()},
            "names": len(found["names"]),
        }
    return figures


def _generator_facts(made: Generated, real: Rows, count: int) -> dict[str, Any]:
    return {
        "wanted": count,
        "rows": len(made.rows),
        "intents_with_rows": len(set(made.rows.intents)),
        "intents": len(set(real.intents)),
        "why": made.why,
        "cpu_s": made.cpu_s,
    }


def arms(
    real: Rows,
    made: Generated,
    count: int,
    data: RealData,
    encoder: Encoder,
    work: Path,
    *,
    seed: int,
) -> dict[str, Any]:
    """Train and test; controls in one draw, as many rows as the generator has (or was asked)."""
    empty = not len(made.rows)
    # Controls need a size: without generated rows, what was asked for.
    stand_in = controls.trigram(real, count, rng(seed, "eval.grid.stand_in"))
    bench = RecordedBench(
        real,
        stand_in if empty else made.rows,
        data.test,
        classifiers(encoder),
        recordings=Recordings(work / "predictions"),
        seed=seed,
        draws=1,
    )
    found = measure(bench, Progress(quiet=True), worth=False)
    figures: dict[str, Any] = {"classifiers": {}}
    for one in found.classifiers:
        tried = [score.arm for score in one.scores]
        if empty:
            tried = [arm for arm in tried if arm not in (SYNTHETIC, REAL_SYNTHETIC, IDF)]
        figures["classifiers"][one.name] = {
            arm: {
                "macro_f1": round(one.score(arm).macro_f1, 5),
                "correct": packed(bench.correct(one.name, arm)),
            }
            for arm in tried
        }
    figures["test_rows"] = len(data.test)
    figures["verdict"] = None if empty else decide(bench, found).code
    return figures


def plan(encoder: Encoder, work: Path, seed: int) -> list[cells.Cell]:
    """All cells."""
    known: dict[str, RealData] = {}
    planned = []
    for spot in spots():

        def measure_it(spot: Spot = spot) -> dict[str, Any]:
            data = known.setdefault(spot.data, named(spot.data))
            return measure_spot(spot, data, encoder, work, seed)

        parameters = {
            "data": spot.data,
            "k": spot.k,
            "draw": spot.draw,
            "rows_per_intent": spot.rows_per_intent,
            "seed": seed,
        }
        planned.append(cells.Cell(spot.name, parameters, measure_it))
    return planned


def summary(found: Sequence[Mapping[str, Any]], seed: int) -> dict[str, Any]:
    """Means over the draws of one data set and k; gains with intervals over draws and rows."""
    rows = found[0]["test_rows"]
    table: dict[str, Any] = {}
    for classifier in found[0]["classifiers"]:
        by_arm: dict[str, Any] = {}
        for arm in ARMS:
            with_arm = [f["classifiers"][classifier] for f in found]
            with_arm = [f for f in with_arm if arm in f]
            if not with_arm:
                continue
            ours, base = (
                np.concatenate([unpacked(f[name]["correct"]) for f in with_arm]).astype(float)
                for name in (arm, REAL)
            )
            generator = rng(seed, "eval.grid.interval", classifier, arm)
            # An arm held against itself is no measurement.
            same = arm == REAL
            gain = (0.0, 0.0, 0.0) if same else mean_interval(ours - base, generator)
            by_arm[arm] = {
                "draws": len(with_arm),
                "accuracy": round(100 * float(ours.mean()), 3),
                "sd_over_draws": round(100 * float(ours.mean(axis=1).std()), 3),
                "gain_pp": [round(100 * value, 3) for value in gain],
                "ratio": round(float(ours.mean() / max(base.mean(), 1e-9)), 4),
                "macro_f1": round(float(np.mean([f[arm]["macro_f1"] for f in with_arm])), 4),
            }
        table[classifier] = by_arm
    return {
        "draws": len(found),
        "test_rows": rows,
        "arms": table,
        "verdicts": [f["verdict"] for f in found],
        "generator": [f["generator"] for f in found],
        "slots": [f["slots"] for f in found if "slots" in f],
    }


def main(arguments: Sequence[str] | None = None) -> None:
    """Run the command."""
    options = cells.command_line("eval.usefulness_grid", __doc__).parse_args(arguments)
    encoder = load_encoder(None)
    planned = plan(encoder, options.work, options.seed)
    code = cells.code_digest(
        [*cells.MEASURING, "eval.data", "eval.usefulness_grid", "eval.todays_generator"]
    )
    outcome = cells.run(planned, options.work / "usefulness_grid", code, options.cpu_hours)
    groups: dict[str, list[Mapping[str, Any]]] = {}
    for cell in planned:
        if cell.name in outcome.figures:
            name = f"{cell.parameters['data']} k={cell.parameters['k']}"
            groups.setdefault(name, []).append(outcome.figures[cell.name])
    for name in ("banking", "snips"):
        outcome.not_run[f"{name} k=0: grammar alone"] = NO_GRAMMAR
        outcome.not_run[f"{name} k=1, 3, 5, 10: real + grammar"] = NO_GRAMMAR
    outcome.not_run["clinc150 k=1, 5: real + grammar"] = NO_GRAMMAR
    parts = {
        "encoder": encoder.name,
        "cells": {name: summary(found, options.seed) for name, found in groups.items()},
        "cpu_seconds_by_cell": outcome.cpu_s,
    }
    cells.write("usefulness_grid", "eval.usefulness_grid", options.seed, outcome, parts)


if __name__ == "__main__":
    main()
