"""Slots from few rows: a CRF trained on SNIPS rows with and without the generated ones.

    python -m eval.expand.slots --work DIR

DIR is the work folder of `eval.expand.few_shot`, whose SNIPS builds are read (k = 5 and 10 per
intent). Values of generated rows come from the real rows' own slots: no list of values is given.
Tested on all test rows. Writes eval/results/few_shot_slots.json.
"""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Any

from corpusforge.assess.slot_f1 import slot_f1
from corpusforge.core.seeding import rng
from eval import cells
from eval.data import named, shots
from eval.expand.few_shot import META, Spot, expanded
from eval.todays_generator import new_rows

__all__ = ["main", "measure"]

KS, DRAWS = (5, 10), (1, 2, 3, 4, 5)


def build_of(work: Path, k: int, draw: int) -> Path | None:
    """The rows of one build; None when it was not made."""
    found = expanded(work, Spot("snips", k, draw, META))
    return None if found is None else found / "utterances.parquet"


def measure(work: Path, k: int, draw: int, seed: int) -> dict[str, Any]:
    """F1 of the arms of one build, in percent.

    Raises:
        SystemExit: When the build is not there.
    """
    data = named("snips")
    real, _ = shots(data.train, k, rng(seed, "eval.grid", data.name, k, draw))
    found = build_of(work, k, draw)
    if found is None:
        raise SystemExit(f"{work} has no build for k={k}, draw {draw}: run eval.expand.few_shot")
    made = new_rows(found)
    result = slot_f1(made, real, data.test, rng(seed, "eval.few_shot.slots", k, draw)).to_json()
    return {
        "status": result["status"],
        "gain_pp": result["gain_pp"],
        "f1": {arm: figures["f1"] for arm, figures in result["arms"].items()},
        "rows": len(made),
        "test_rows": result["test_rows"],
    }


def main(arguments: Sequence[str] | None = None) -> None:
    """Run the command."""
    options = cells.command_line("eval.expand.slots", __doc__).parse_args(arguments)
    work = options.work.resolve()
    planned = []
    for k in KS:
        for draw in DRAWS:

            def measure_it(k: int = k, draw: int = draw) -> dict[str, Any]:
                return measure(work, k, draw, options.seed)

            build = build_of(work, k, draw)
            made_by = "" if build is None else build.parent.name
            parameters = {"k": k, "draw": draw, "seed": options.seed, "build": made_by}
            planned.append(cells.Cell(f"snips k={k} draw {draw}", parameters, measure_it))
    measuring = ("corpusforge.assess.slot_crf", "corpusforge.assess.slot_f1")
    code = cells.code_digest([*measuring, "eval.data", "eval.expand.slots"])
    there = [cell for cell in planned if cell.parameters["build"]]
    outcome = cells.run(there, work / "few_shot_slots", code, options.cpu_hours)
    for cell in planned:
        if cell not in there:
            outcome.not_run[cell.name] = "its build was not made"
    parts = {"cells": outcome.figures}
    cells.write("few_shot_slots", "eval.expand.slots", options.seed, outcome, parts)


if __name__ == "__main__":
    main()
