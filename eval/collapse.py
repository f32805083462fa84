"""Does the collapse detector fire on a loop that replaces, and keep quiet otherwise?

    CORPUSFORGE_DATA=DATA python -m eval.collapse
    CORPUSFORGE_DATA=DATA python -m eval.collapse --quick
    CORPUSFORGE_DATA=DATA python -m eval.collapse --generator gan --rows 40 --seeds 1

A generator is fitted on its own output: replace and accumulate. Beside them two controls in
which nothing can collapse: "real", where every generation is a fresh draw of other real rows,
and "same_generator", where every generation is a fresh sample of generation 1's generator.
Writes eval/results/collapse_<data>.json (with the GAN: collapse_<data>_gan.json).
"""

from __future__ import annotations

import argparse
import json
import statistics
import sys
import time
from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import numpy as np

from corpusforge.assess.classifiers import TfidfSvm
from corpusforge.assess.collapse import Collapse, Ruler, alarms_of, both_modes
from corpusforge.assess.controls import trigram
from corpusforge.assess.rows import Rows
from corpusforge.core.run import package_versions
from corpusforge.core.seeding import rng
from eval.data import RealData, named

RESULTS = Path(__file__).parent / "results"
CONTROLS = ("real", "same_generator")


def draws(data: RealData, per_intent: int, parts: int, seed: int) -> list[Rows]:
    """Disjoint draws of `per_intent` rows per intent; as many parts as there are rows for."""
    order = rng(seed, "eval.collapse", data.name)
    places = [order.permutation(own) for own in data.train.by_intent().values()]
    possible = min(len(own) for own in places) // per_intent
    if not possible:
        raise SystemExit(f"{data.name} has no {per_intent} rows of each intent")
    return [
        data.train.take(
            np.concatenate([own[part * per_intent : (part + 1) * per_intent] for own in places])
        )
        for part in range(min(parts, possible))
    ]


def accuracy_on(test: Rows) -> Callable[[Rows], float]:
    """Trains TF-IDF + linear SVM with its default C, and tests it on real rows."""
    truth = np.array(test.intents, dtype=object)

    def score(rows: Rows) -> float:
        found = TfidfSvm().fit(rows, TfidfSvm.default).predict(test.texts)
        return float((found == truth).mean())

    return score


def control(
    name: str, parts: list[Rows], generations: int, seed: int, score: Callable[[Rows], float]
) -> Collapse:
    """Generations that share their source with generation 1, so that nothing is lost."""
    ruler = Ruler(parts[0], seed, score)
    found = [ruler.measure(parts[0], 0, 0)]
    for number in range(1, generations + 1):
        if name == "real":
            if number >= len(parts):
                break
            rows = parts[number]
        else:
            rows = trigram(parts[0], len(parts[0]), rng(seed, "eval.collapse.same", number))
        found.append(ruler.measure(rows, number, len(parts[0])))
    return Collapse(name, "replace", ruler.tokens, tuple(found), alarms_of(found))


def summary(cells: list[dict[str, Any]]) -> dict[str, Any]:
    """Over the seeds: what was lost, and how often the alarm fired."""
    lost = [cell["vocabulary_lost"] for cell in cells]
    since_real = [cell["vocabulary_lost_since_real"] for cell in cells]
    result = {
        "seeds": len(cells),
        "generations": cells[0]["generations"][-1]["number"],
        "alarms_fired": sum(cell["alarm"] for cell in cells),
        "vocabulary_lost_since_generation_1": _spread(lost),
        "vocabulary_lost_since_real": _spread(since_real),
        "cpu_s_of_both_loops": _spread([cell["cpu_s_of_both_loops"] for cell in cells]),
    }
    means = {}
    for name in ("tail_coverage", "distinct_2", "distinct_3", "vendi", "accuracy", "copies"):
        by_number = zip(*([g[name] for g in cell["generations"]] for cell in cells), strict=True)
        means[name] = [round(statistics.fmean(values), 4) for values in by_number]
    return {**result, "means_by_generation": means}


def _spread(values: list[float]) -> dict[str, float]:
    return {
        "mean": round(statistics.fmean(values), 4),
        "lowest": round(min(values), 4),
        "highest": round(max(values), 4),
    }


def main() -> None:
    """Run the command."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--data", default="snips", help="snips, or a domain of CLINC150")
    parser.add_argument("--rows", type=int, default=300, help="real rows per intent")
    parser.add_argument("--generations", type=int, default=6)
    parser.add_argument("--seeds", type=int, default=5)
    parser.add_argument("--generator", default="trigram", choices=("trigram", "gan"))
    parser.add_argument("--quick", action="store_true", help="1 seed, 50 rows per intent; no file")
    options = parser.parse_args()
    data = named(options.data)
    seeds, rows = (1, 50) if options.quick else (options.seeds, options.rows)
    score = accuracy_on(data.test)
    cells: dict[str, list[dict[str, Any]]] = {}
    for seed in range(1, seeds + 1):
        parts = draws(data, rows, options.generations + 1, seed)
        start_s = time.process_time()
        both = both_modes(parts[0], data.test, options.generator, options.generations, seed)
        arms = {"replace": both.replace, "accumulate": both.accumulate}
        loops_cpu_s = time.process_time() - start_s
        for name in CONTROLS if options.generator == "trigram" else ():
            arms[name] = control(name, parts, options.generations, seed, score)
        for arm, found in arms.items():
            if len(found.generations) < 2:
                continue
            cell = {**found.to_json(), "cpu_s_of_both_loops": round(loops_cpu_s, 1)}
            cells.setdefault(arm, []).append(cell)
            lost = f"{cell['vocabulary_lost']:.1%} of the vocabulary lost since generation 1"
            print(f"seed {seed} {arm}: {lost}, alarms {cell['alarms']}", flush=True)
    result = {
        "command": f"python -m eval.collapse {' '.join(sys.argv[1:])}".strip(),
        "date": datetime.now(UTC).date().isoformat(),
        "seed": f"1 to {seeds}",
        "data": data.name,
        "rows_per_intent": rows,
        "generator": options.generator,
        "versions": package_versions(("corpusforge", "numpy", "scikit-learn", "scipy", "torch")),
        "summary": {arm: summary(found) for arm, found in cells.items()},
        "cells": cells,
    }
    print(json.dumps(result["summary"]))
    if not options.quick:
        RESULTS.mkdir(exist_ok=True)
        name = f"collapse_{data.name}" + ("" if options.generator == "trigram" else "_gan")
        text = json.dumps(result, indent=1, ensure_ascii=False)
        (RESULTS / f"{name}.json").write_text(text + "\n")


if __name__ == "__main__":
    main()
