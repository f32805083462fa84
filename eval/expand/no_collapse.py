"""Does the scratch text GAN ever collapse, and what does it cost?

    CORPUSFORGE_DATA=DATA python -m eval.expand.no_collapse --work DIR

Six seeds on three small sets: CLINC150 banking and SNIPS with 10 rows per intent (other rows for
each seed), and 300 rows of the template pack smart_home. Every cell fits with maximum likelihood
alone, goes on from there with two cooperative rounds, and holds the samples of both against each
other: self-BLEU-4 of the same frames at the recipe's temperatures, and whether each sample has
the slots of its frame. One more cell is the cost: 30 intents of
CLINC150 with 10 rows each, two rounds. Writes eval/results/gan_no_collapse.json.
"""

from __future__ import annotations

import tempfile
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

from corpusforge.assess.gan_generations import training_of
from corpusforge.core.executors import InlineExecutor
from corpusforge.core.progress import Progress
from corpusforge.core.recipe import ExpandConfig
from corpusforge.core.recipe_file import load_recipe
from corpusforge.core.run import Cache, StageContext
from corpusforge.core.schema import read_table, table_to_utterances
from corpusforge.core.seeding import rng
from corpusforge.core.text import SLOT_PATTERN
from corpusforge.expand.model import Model, Training, fit_model, load_model
from corpusforge.grammar import stage as grammar
from corpusforge.metrics.distinct_n import distinct_n
from corpusforge.metrics.self_bleu import self_bleu
from eval import cells
from eval.data import clinc, named, shots

__all__ = ["main", "measure"]

SETS = ("banking", "snips", "smart_home")
SEEDS = 6
SHOTS = 10
TEMPLATE_ROWS = 300
SAMPLES = 1000
COMPARED = 500
MOST_MORE = 0.05
COST_DOMAINS = ("banking", "travel")
_PACK = Path(__file__).parents[2] / "templates" / "smart_home" / "recipe.yaml"


def training(name: str, config: ExpandConfig, seed: int) -> Training:
    """The rows of one cell."""
    progress = Progress(quiet=True)
    if name == "smart_home":
        return _pack(config, seed, progress)
    data = named(name)
    rows, _ = shots(data.train, SHOTS, rng(seed, "eval.no_collapse", name))
    return training_of(rows, config, seed, progress)


def _pack(config: ExpandConfig, seed: int, progress: Progress) -> Training:
    recipe = load_recipe(_PACK)
    recipe = replace(recipe, seed=seed, grammar=replace(recipe.grammar, rows=TEMPLATE_ROWS))
    with tempfile.TemporaryDirectory() as folder:
        out, cache = Path(folder) / "out", Cache(Path(folder) / "cache")
        out.mkdir()
        grammar.run(StageContext(recipe, out, {}, cache, InlineExecutor(), progress))
        rows = table_to_utterances(read_table(out / "utterances.parquet"))
        catalogue = read_table(out / "catalogue.parquet")
    kept = [row for row in rows if row.split == "train" and row.weight > 0]
    return Training(kept, catalogue, config, seed, progress)


def _fitted(training: Training, mode: str, unfinished: Path | None = None) -> tuple[Model, float]:
    """A model, and the CPU seconds it took; it goes on from what lies in `unfinished`."""
    asked = replace(training, config=replace(training.config, mode=mode))
    with tempfile.TemporaryDirectory() as folder:
        before_s = cells.cpu_s()
        fit_model(asked, Path(folder), unfinished)
        used_s = cells.cpu_s() - before_s
        return load_model(Path(folder), asked), round(used_s, 1)


def _samples(model: Model, seed: int) -> tuple[list[list[str]], int]:
    """Words of samples for random frames, and how many have other slots than their frame."""
    draws = rng(seed, "eval.no_collapse.samples")
    frames = [model.frames[place] for place in draws.integers(len(model.frames), size=SAMPLES)]
    found = model.generator.expand(frames, len(frames), draws)
    wrong = sum(
        Counter(item.frame.symbols) != Counter(m.group() for m in SLOT_PATTERN.finditer(item.text))
        for item in found
    )
    return [item.text.split() for item in found], wrong


def measure(name: str, seed: int) -> dict[str, Any]:
    """One seed on one set."""
    rows = training(name, ExpandConfig(), seed)
    with tempfile.TemporaryDirectory() as folder:
        # The second fit goes on from round 0 of the first, as after a kill.
        start, first_s = _fitted(rows, "mle", Path(folder))
        end, rounds_s = _fitted(rows, "cooperative", Path(folder))
    before, wrong_before = _samples(start, seed)
    after, wrong_after = _samples(end, seed)
    # Self-BLEU rises with the number of texts.
    size = min(COMPARED, len(before), len(after))
    guards = [record["guard"] for record in end.history["rounds"]]
    return {
        "frames": end.history["frames"],
        "round_kept": end.history["round_kept"],
        "undone": [record["undone"] for record in end.history["rounds"] if record["undone"]],
        "guards": [{key: round(value, 5) for key, value in guard.items()} for guard in guards],
        "self_bleu": [round(self_bleu(texts[:size]), 4) for texts in (before, after)],
        "distinct_2": [round(distinct_n(texts[:size]), 4) for texts in (before, after)],
        "compared": size,
        "samples": len(before) + len(after),
        "wrong_frames": wrong_before + wrong_after,
        "fit_cpu_s": round(first_s + rounds_s, 1),
    }


def cost(seed: int) -> dict[str, Any]:
    """Two domains of CLINC150, the recipe's defaults."""
    parts = [shots(clinc(d).train, SHOTS, rng(seed, "eval.cost", d))[0] for d in COST_DOMAINS]
    rows = parts[0].plus(parts[1])
    config = ExpandConfig()
    model, used_s = _fitted(training_of(rows, config, seed, Progress(quiet=True)), config.mode)
    return {
        "intents": len(set(rows.intents)),
        "rows": len(rows),
        "rounds": len(model.history["rounds"]) - 1,
        "epochs": len(model.history["maximum_likelihood"]),
        "fit_cpu_s": used_s,
    }


def plan(seed: int) -> list[cells.Cell]:
    """All cells, the cost first."""
    planned = [cells.Cell("cost", {"seed": seed}, lambda: cost(seed))]
    for number in range(SEEDS):
        for name in SETS:

            def measure_it(name: str = name, own: int = seed + number) -> dict[str, Any]:
                return measure(name, own)

            parameters = {"data": name, "seed": seed + number}
            planned.append(cells.Cell(f"{name} seed {seed + number}", parameters, measure_it))
    return planned


def summary(found: Mapping[str, Mapping[str, Any]]) -> dict[str, Any]:
    """By set: how self-BLEU moved, what the guard did, wrong frames."""
    result: dict[str, Any] = {}
    for name in SETS:
        own = [figures for cell, figures in found.items() if cell.startswith(f"{name} ")]
        if not own:
            continue
        more = [f["self_bleu"][1] - f["self_bleu"][0] for f in own]
        nll = [f["guards"][f["round_kept"]]["nll"] - f["guards"][0]["nll"] for f in own]
        result[name] = {
            "seeds": len(own),
            "self_bleu_start": round(sum(f["self_bleu"][0] for f in own) / len(own), 4),
            "self_bleu_more": [round(value, 4) for value in (min(more), sum(more) / len(own))]
            + [round(max(more), 4)],
            "nll_change_kept": round(sum(nll) / len(own), 4),
            "rounds_kept": dict(sorted(Counter(str(f["round_kept"]) for f in own).items())),
            "undone": dict(sorted(Counter(why for f in own for why in f["undone"]).items())),
            "samples": sum(f["samples"] for f in own),
            "wrong_frames": sum(f["wrong_frames"] for f in own),
            "fit_cpu_s": round(sum(f["fit_cpu_s"] for f in own) / len(own), 1),
        }
    return result


def main(arguments: Sequence[str] | None = None) -> None:
    """Run the command."""
    options = cells.command_line("eval.expand.no_collapse", __doc__).parse_args(arguments)
    code = cells.code_digest(
        ["eval.expand.no_collapse", "eval.data", *(f"corpusforge.expand.{n}" for n in _MODULES)]
    )
    planned = plan(options.seed)
    outcome = cells.run(planned, options.work / "no_collapse", code, options.cpu_hours)
    parts = {
        "compared": COMPARED,
        "most_more": MOST_MORE,
        "cost": outcome.figures.get("cost"),
        "sets": summary(outcome.figures),
        "cells": {name: dict(f) for name, f in outcome.figures.items() if name != "cost"},
    }
    cells.write("gan_no_collapse", "eval.expand.no_collapse", options.seed, outcome, parts)


_MODULES = (
    "model",
    "judge",
    "gan.critic",
    "gan.decoding",
    "gan.fitting",
    "gan.generator",
    "gan.modes.cooperative",
    "gan.rounds",
    "gan.training",
    "generators.gan",
)

if __name__ == "__main__":
    main()
