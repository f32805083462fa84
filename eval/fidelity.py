"""Does fidelity raise alarms only where it should?

    CORPUSFORGE_DATA=DATA python -m eval.fidelity
    CORPUSFORGE_DATA=DATA python -m eval.fidelity --encoder default --data banking
    CORPUSFORGE_DATA=DATA python -m eval.fidelity --quick

One half of a real set stands in for synthetic rows, the other half is what it is held against:
every alarm is a false one. Then rows that must raise alarms: copies, edits (EDA) and trigram
samples of 5 real rows per intent. Data: SNIPS and the banking domain of CLINC150. Writes
eval/results/fidelity.json (fidelity_<encoder>.json with another encoder).
"""

from __future__ import annotations

import argparse
import json
import sys
import time
from collections import Counter
from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import numpy as np

from corpusforge.assess.controls import duplicated, eda, trigram
from corpusforge.assess.encoder import SVD_NAME, Encoder, load_encoder
from corpusforge.assess.fidelity import Fidelity, measure_fidelity
from corpusforge.assess.rows import Rows
from corpusforge.core.run import package_versions
from corpusforge.core.seeding import rng
from eval.data import named

RESULTS = Path(__file__).parent / "results"
SHOTS = 5


def false_alarms(
    pool: Rows, count: int, repeats: int, seed: int, encoder: Encoder
) -> dict[str, Any]:
    """Share of repeats in which half of `count` real rows raises an alarm against the other."""
    raised: Counter[str] = Counter()
    any_alarm, areas, seconds, rows = 0, [], [], 0
    for repeat in range(repeats):
        draws = rng(seed, "eval.fidelity", count, repeat)
        drawn = pool.take(draws.permutation(len(pool))[:count])
        half = len(drawn) // 2
        start_s = time.process_time()
        found = measure_fidelity(
            drawn.take(range(half)), drawn.take(range(half, len(drawn))), encoder, draws
        )
        seconds.append(time.process_time() - start_s)
        raised.update(_what(alarm) for alarm in found.alarms)
        any_alarm += bool(found.alarms)
        areas.append(found.realism.auc if found.realism else float("nan"))
        rows = found.rows
    return {
        "rows_per_sample": rows,
        "repeats": repeats,
        "any_alarm": any_alarm,
        "by_alarm": dict(raised),
        "auc_mean": round(float(np.mean(areas)), 3),
        "auc_highest": round(float(np.max(areas)), 3),
        "cpu_s_each": round(float(np.mean(seconds)), 2),
    }


def _what(alarm: str) -> str:
    """The figure that an alarm is about."""
    return "two_sample_auc" if alarm.startswith("a classifier") else alarm.split(" ")[0]


def true_alarms(
    pool: Rows,
    make: Callable[[Rows, int, np.random.Generator], Rows],
    repeats: int,
    seed: int,
    encoder: Encoder,
) -> dict[str, Any]:
    """Share of repeats in which a control made of few real rows raises an alarm."""
    raised: Counter[str] = Counter()
    last: Fidelity | None = None
    for repeat in range(repeats):
        draws = rng(seed, "eval.fidelity", make.__name__, repeat)
        parts = [draws.permutation(places) for places in pool.by_intent().values()]
        shots = pool.take(np.concatenate([part[:SHOTS] for part in parts]))
        others = pool.take(np.concatenate([part[SHOTS : SHOTS + 400] for part in parts]))
        last = measure_fidelity(make(shots, 2000, draws), others, encoder, draws)
        raised.update(_what(alarm) for alarm in last.alarms)
        raised["any"] += bool(last.alarms)
    example = list(last.alarms) if last else []
    return {"repeats": repeats, "raised": dict(raised), "alarms_of_the_last": example}


def main() -> None:
    """Run the command."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--repeats", type=int, default=20)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument(
        "--encoder", default=SVD_NAME, help="folder, hub name, tfidf-svd, or default (assess's)"
    )
    parser.add_argument("--data", nargs="+", default=["snips", "banking"])
    parser.add_argument("--quick", action="store_true", help="5 repeats, small sets; no file")
    options = parser.parse_args()
    pools = {name: named(name).train for name in options.data}
    encoder = load_encoder(None if options.encoder == "default" else options.encoder)
    repeats = 5 if options.quick else options.repeats
    result: dict[str, Any] = {
        "command": f"python -m eval.fidelity {' '.join(sys.argv[1:])}".strip(),
        "date": datetime.now(UTC).date().isoformat(),
        "seed": options.seed,
        "encoder": encoder.name,
        "versions": package_versions(("corpusforge", "numpy", "scikit-learn", "scipy")),
        "false_alarms": {},
        "true_alarms": {},
    }
    for name, pool in pools.items():
        for count in (300,) if options.quick else (300, 1000, len(pool)):
            count = min(count, 4000)
            cell = false_alarms(pool, count, repeats, options.seed, encoder)
            result["false_alarms"][f"{name}_{count}"] = cell
            print(name, count, json.dumps(cell), flush=True)
        for make in () if options.quick else (duplicated, eda, trigram):
            cell = true_alarms(pool, make, 5, options.seed, encoder)
            result["true_alarms"][f"{name}_{make.__name__}"] = cell
            print(name, make.__name__, json.dumps(cell), flush=True)
    if not options.quick:
        RESULTS.mkdir(exist_ok=True)
        text = json.dumps(result, indent=1, ensure_ascii=False)
        suffix = "" if encoder.name == SVD_NAME else f"_{Path(encoder.name).name}"
        (RESULTS / f"fidelity{suffix}.json").write_text(text + "\n")


if __name__ == "__main__":
    main()
