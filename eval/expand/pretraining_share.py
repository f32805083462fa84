"""What pre-training is worth: the same generator from random weights, meta-trained equally.

    python -m eval.expand.pretraining_share --work DIR [--base PATH] [--lora-only]

DIR is the work folder of `eval.expand.few_shot`, whose adapter and builds are used (they are made
when they are not there). CLINC150 banking, k = 1, 3, 5 real rows per intent, 2 draws. Three
generators: the pretrained model with its adapter; a model of the same configuration and tokenizer
with random weights and an adapter that learnt the same background in as many steps; the same
after all its weights were trained on such lists for as many steps, as LoRA changes little
(`--lora-only` leaves this one out). All have the same discriminator, that of the first.
Writes eval/results/pretraining_share.json.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np

from corpusforge.assess.bench import REAL
from corpusforge.assess.classifiers import classifiers
from corpusforge.assess.encoder import Encoder, load_encoder
from corpusforge.assess.intervals import mean_interval
from corpusforge.core.digests import digest
from corpusforge.core.run import Cache, read_json
from corpusforge.core.seeding import rng
from eval import cells
from eval.data import RealData, named, shots
from eval.expand.few_shot import ARMS, EXPANDING, META, ROWS_PER_INTENT, Spot, keys_of, made_at
from eval.expand.random_weights import adapter_for, random_base, whole_base
from eval.predictions import Recordings, compared, unpacked

__all__ = ["LORA", "PRETRAINED", "WHOLE", "main", "measure"]

PRETRAINED = "pretrained, meta-trained"
LORA = "random weights, meta-trained"
WHOLE = "random weights, all of them trained"
DATA, KS, DRAWS = "banking", (1, 3, 5), (1, 2)


def keys_for(arm: str, work: Path, base: str, seed: int) -> dict[str, str]:
    """Adapter and base of an arm; both are made when they are not there."""
    keys = keys_of(work, base, seed)
    if arm == PRETRAINED:
        return keys
    models, main = Cache(work / "pretraining_share_models"), Path(keys["adapter"])
    start = random_base(keys["base"], models, seed)
    if arm == LORA:
        own = adapter_for(start, main, models, work, seed)
        return {"adapter": str(own), "base": str(start)}
    trained = whole_base(start, main, models, work, seed)
    own = adapter_for(trained, main, models, work, seed, steps=0)
    return {"adapter": str(own), "base": str(trained)}


def measure(
    spot: Spot,
    arm: str,
    data: RealData,
    encoder: Encoder,
    work: Path,
    seed: int,
    keys: Mapping[str, str],
) -> dict[str, Any]:
    """One generator's rows beside the real ones."""
    real, _ = shots(data.train, spot.k, rng(seed, "eval.grid", data.name, spot.k, spot.draw))
    place = work if arm == PRETRAINED else work / "pretraining_share_runs" / arm.replace(" ", "_")
    made = made_at(place, spot, real, seed, keys)
    recordings = Recordings(work / "predictions")
    key = seed * 1_000 + spot.draw
    found = compared(real, {arm: made.rows}, data.test, classifiers(encoder), recordings, key)
    return {
        "classifiers": found,
        "test_rows": len(data.test),
        "rows": len(made.rows),
        "why": made.why,
        "cpu_s": made.cpu_s,
    }


def summary(found: Mapping[tuple[str, int], Mapping[str, Any]], seed: int) -> dict[str, Any]:
    """Accuracy of each arm, its gain over the real rows, and what the pretrained one is above it.

    Args:
        found: (arm, draw) -> its figures, of one k.
        seed: Of the intervals.
    """
    table: dict[str, Any] = {}
    for arm in (REAL, PRETRAINED, LORA, WHOLE):
        cell_of = next((name for name, _ in found), arm) if arm == REAL else arm
        draws = sorted(draw for name, draw in found if name == cell_of)
        if not draws:
            continue
        own = [found[cell_of, draw] for draw in draws]
        both = [draw for draw in draws if (PRETRAINED, draw) in found]
        row: dict[str, Any] = {"draws": len(draws), "accuracy": {}, "gain_pp": {}}
        for name in own[0]["classifiers"]:
            right, base = (_right([f["classifiers"][name][a] for f in own]) for a in (arm, REAL))
            row["accuracy"][name] = round(100 * float(right.mean()), 3)
            if arm == REAL:
                continue
            row["gain_pp"][name] = _interval(right - base, seed, name, arm)
            if arm != PRETRAINED and both:
                ours, theirs = (
                    _right([found[a, draw]["classifiers"][name][a] for draw in both])
                    for a in (PRETRAINED, arm)
                )
                above = _interval(ours - theirs, seed, name, f"above {arm}")
                row.setdefault("pretrained_above_pp", {})[name] = above
        if arm != REAL:
            row |= {part: [f[part] for f in own] for part in ("rows", "cpu_s")}
        table[arm] = row
    return table


def _right(answers: Sequence[Mapping[str, Any]]) -> Any:
    """float64 [draws, test rows]."""
    return np.concatenate([unpacked(one) for one in answers]).astype(float)


def _interval(differences: Any, seed: int, classifier: str, what: str) -> list[float]:
    """Mean and 95 % bounds in points."""
    generator = rng(seed, "eval.pretraining_share.interval", classifier, what)
    return [round(100 * value, 3) for value in mean_interval(differences, generator)]


def _trainings(arms: Sequence[str], keys: Callable[[str], Mapping[str, str]]) -> dict[str, Any]:
    """What meta-training did to each model: nats per piece on held-out intents, and its cost."""
    found = {}
    for arm in arms:
        own = keys(arm)
        meta = read_json(Path(own["adapter"]) / "meta.json")["generator"]
        costs = [Path(own[name]) / "cost.json" for name in ("adapter", "base")]
        if arm == PRETRAINED:
            costs = [Path(own["adapter"]).parent / "adapter_cost.json"]
        found[arm] = {
            "held_out_nll_before": meta["looks"][0]["held_out_nll"],
            "held_out_nll": meta["held_out_nll"],
            "step_kept": meta["step_kept"],
            "cpu_s": round(sum(read_json(path)["cpu_s"] for path in costs if path.is_file()), 1),
        }
    return found


def main(arguments: Sequence[str] | None = None) -> None:
    """Run the command."""
    parser = cells.command_line("eval.expand.pretraining_share", __doc__)
    parser.add_argument("--base", default="auto", help="pretrained model; auto")
    parser.add_argument("--lora-only", action="store_true", help="random weights with LoRA only")
    options = parser.parse_args(arguments)
    encoder = load_encoder(None)
    work, seed = options.work.resolve(), options.seed
    data = named(DATA)
    arms = [PRETRAINED, LORA, *([] if options.lora_only else [WHOLE])]

    def keys(arm: str) -> dict[str, str]:
        return keys_for(arm, work, options.base, seed)

    keys(PRETRAINED)
    adapter = digest((work / "adapter" / "meta.json").read_bytes())
    planned = []
    for arm in arms:
        for draw in DRAWS:
            for k in KS:
                spot = Spot(DATA, k, draw, META)

                def measure_it(spot: Spot = spot, arm: str = arm) -> dict[str, Any]:
                    return measure(spot, arm, data, encoder, work, seed, keys(arm))

                parameters = {
                    "k": k,
                    "draw": draw,
                    "arm": arm,
                    "keys": ARMS[META],
                    "rows_per_intent": ROWS_PER_INTENT,
                    "adapter": adapter,
                    "seed": seed,
                }
                planned.append(cells.Cell(f"k={k} draw {draw}: {arm}", parameters, measure_it))
    own = [f"eval.expand.{name}" for name in ("pretraining_share", "random_weights")]
    own += ["eval.data", "eval.todays_generator"]
    code = cells.code_digest([*cells.MEASURING, *own, *EXPANDING])
    outcome = cells.run(planned, work / "pretraining_share", code, options.cpu_hours)
    if options.lora_only:
        left_out = [f"k={k} draw {draw}: {WHOLE}" for draw in DRAWS for k in KS]
        outcome.not_run |= dict.fromkeys(left_out, "left out by --lora-only")
    groups: dict[int, dict[tuple[str, int], Mapping[str, Any]]] = {}
    for cell in planned:
        if cell.name in outcome.figures:
            place = (str(cell.parameters["arm"]), int(cell.parameters["draw"]))
            groups.setdefault(cell.parameters["k"], {})[place] = outcome.figures[cell.name]
    measured = [arm for arm in arms if any((arm, 1) in found for found in groups.values())]
    parts = {
        "encoder": encoder.name,
        "base": read_json(work / "adapter" / "meta.json")["base"],
        "trainings": _trainings(measured, keys),
        "cells": {f"{DATA} k={k}": summary(found, seed) for k, found in sorted(groups.items())},
        "why": {name: f["why"] for name, f in outcome.figures.items() if f["why"]},
        "cpu_seconds_by_cell": outcome.cpu_s,
    }
    cells.write("pretraining_share", "eval.expand.pretraining_share", seed, outcome, parts)


if __name__ == "__main__":
    main()
