"""Few-shot expansion: a few real rows per intent, and what the generators add to them.

    python -m eval.expand.few_shot --work DIR [--base PATH] [--cpu-hours 4]

CLINC150's banking and travel domains and SNIPS with k = 1, 3, 5, 10 real rows per intent in 5
draws, tested on all test rows. The adapter is meta-trained first, on the eight other domains of
CLINC150 (labels disjoint from banking and travel) and on four template packs of the project;
texts of all three test sets are left out. The background has intents of SNIPS' topics (music,
weather, restaurants), in the words of others. Every
generated row comes out of a build (`expand` with the recipe's defaults but for the keys named
in ARMS). Rules and settings were chosen on the domains work and kitchen_and_dining, see
eval/LOG.md; but for one: how much a repeated slot value may weigh was chosen on train rows of
SNIPS, of the same draws, that are neither shown nor tested. Writes eval/results/few_shot.json.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from corpusforge.assess import controls
from corpusforge.assess.bench import REAL
from corpusforge.assess.classifiers import classifiers
from corpusforge.assess.columns import ColumnNames
from corpusforge.assess.encoder import Encoder, load_encoder
from corpusforge.assess.intervals import mean_interval
from corpusforge.assess.rows import Rows
from corpusforge.core.digests import digest
from corpusforge.core.progress import Progress
from corpusforge.core.run import read_json, write_json
from corpusforge.core.seeding import rng
from corpusforge.meta_train import MetaTrainOptions, run
from eval import cells
from eval.data import RealData, clinc, domains, named, shots
from eval.predictions import Recordings, compared, unpacked
from eval.todays_generator import Generated, generated

__all__ = [
    "Spot",
    "adapter_options",
    "background_of",
    "expanded",
    "keys_of",
    "made_at",
    "main",
    "plan",
    "summary",
]

TARGETS = ("banking", "travel")
ROWS_PER_INTENT = 50
PACKS = ("smart_home", "media", "weather", "timers_lists")
"""Template packs beside the real background rows: these have slots, CLINC150 has none."""
NAMES = "real + intent names"
CONTROLS = {
    "real + duplicated real": controls.duplicated,
    "real + EDA": controls.eda,
    "real + trigram": controls.trigram,
}
META = "meta-trained + discriminator"
NAMELESS = "meta-trained + discriminator, without intent names"
RANDOM = "meta-trained, labels permuted"
IDF = "real, IDF of the meta-trained rows"
IN_CONTEXT = "pretrained in context"
SCRATCH = "scratch"
RECOMBINE = "recombine"
EXPANDING = tuple(
    f"corpusforge.expand.{name}"
    for name in (
        "clear_values",
        "intent_names",
        "judge",
        "model",
        "novelty",
        "rows",
        "selection",
        "slots",
        "stage",
        "value_weights",
        "pretrained.adapter",
        "pretrained.generator",
        "pretrained.judge",
        "pretrained.match",
        "pretrained.pieces",
        "pretrained.prompts",
        "pretrained.sampling",
        "pretrained.slot_frames",
    )
)
"""Modules that shape the rows of a build with an adapter."""
ARMS: Mapping[str, str] = {
    META: "adapter: {adapter}, base: {base}, max_candidates: 3",
    IN_CONTEXT: "base: {base}, max_candidates: 3",
    SCRATCH: "base: scratch",
    RECOMBINE: "generator: recombine",
}
"""Arm -> keys of the recipe's `expand` part."""
ORDER = (REAL, NAMES, *CONTROLS, RECOMBINE, SCRATCH, IN_CONTEXT)
LATER = (META, NAMELESS, IDF, RANDOM)


@dataclass(frozen=True)
class Spot:
    """One place of the grid."""

    data: str
    k: int
    draw: int
    arm: str

    @property
    def name(self) -> str:
        """For files and tables."""
        return f"{self.data} k={self.k} draw {self.draw}: {self.arm}"

    @property
    def folder(self) -> str:
        """Of its build, within a folder of builds."""
        return self.name.replace(" ", "_").replace(":", "").replace(",", "")


def spots() -> list[Spot]:
    """All places, the most telling first: the budget cuts the end."""
    small = (*TARGETS, "snips")
    meta = [
        Spot(data, k, draw, META)
        for draws in ((1, 2), (3, 4, 5))
        for draw in draws
        for k in (1, 3, 5, 10)
        for data in small
    ]
    others = [
        Spot(data, k, draw, arm)
        for draw in (1, 2)
        for arm in (IN_CONTEXT, SCRATCH, RECOMBINE)
        for k in (1, 3, 5)
        for data in ("banking", "snips")
    ]
    return [*meta, *others]


def background_of(folder: Path, left_out: Sequence[str]) -> Path:
    """The train rows of CLINC150's other domains as a file, made when it is not there."""
    path = folder / "background.jsonl"
    folder.mkdir(parents=True, exist_ok=True)
    lines = []
    for domain in domains():
        if domain not in left_out:
            rows = clinc(domain).train
            lines += [
                json.dumps({"text": text, "intent": intent})
                for text, intent in zip(rows.texts, rows.intents, strict=True)
            ]
    path.write_text("\n".join(lines) + "\n", encoding="utf-8")
    return path


def adapter_options(work: Path, base: str, out: Path, seed: int) -> MetaTrainOptions:
    """How the adapter is meta-trained; the files that it reads are written into `work`."""
    held_out = []
    for name in (*TARGETS, "snips"):
        path = work / f"held_out_{name}.jsonl"
        data = named(name)
        rows = data.test
        texts = zip(rows.texts, rows.intents, strict=True)
        work.mkdir(parents=True, exist_ok=True)
        lines = [json.dumps({"text": text, "intent": intent}) for text, intent in texts]
        path.write_text("\n".join(lines) + "\n", encoding="utf-8")
        held_out.append(str(path))
    return MetaTrainOptions(
        background=[str(background_of(work, TARGETS)), *PACKS],
        out=str(out),
        columns=ColumnNames("text", "intent", None),
        held_out=held_out,
        drop_overlap=True,
        base=base,
        seed=seed,
    )


def adapter(work: Path, base: str, seed: int, progress: Progress) -> Path:
    """The adapter folder, meta-trained when it is not there."""
    folder = work / "adapter"
    if folder.exists():
        return folder
    options = adapter_options(work, base, folder, seed)
    before_s = cells.cpu_s()
    run(options, progress)
    write_json({"cpu_s": round(cells.cpu_s() - before_s, 1)}, work / "adapter_cost.json")
    return folder


def keys_of(work: Path, base: str, seed: int) -> dict[str, str]:
    """What stands in the recipes for `{adapter}` and `{base}`; the adapter is made here."""
    folder = adapter(work, base, seed, Progress())
    return {"adapter": str(folder), "base": base if base == "auto" else str(Path(base).resolve())}


def expanded(work: Path, spot: Spot) -> Path | None:
    """Folder of the expand stage of a finished build, as its state names it."""
    run = work / "runs" / spot.folder / "run"
    if not (run / "state.json").is_file():
        return None
    keys = {stage["stage"]: stage["key"] for stage in read_json(run / "state.json")["stages"]}
    folder = run / "stages" / f"expand-{keys.get('expand')}"
    return folder if folder.is_dir() else None


def made_at(work: Path, spot: Spot, real: Rows, seed: int, keys: Mapping[str, str]) -> Generated:
    """What the build of one place generates; a finished one is read again."""
    folder = work / "runs" / spot.folder
    count = ROWS_PER_INTENT * len(set(real.intents))
    settings = ARMS[spot.arm].format(**keys)
    return generated(real, count, seed * 1_000 + spot.draw, folder, settings, publish=True)


def measure_spot(
    spot: Spot, data: RealData, encoder: Encoder, work: Path, seed: int, keys: Mapping[str, str]
) -> dict[str, Any]:
    """One generator's rows beside the real ones, with the controls where it is the main arm."""
    real, _ = shots(data.train, spot.k, rng(seed, "eval.grid", data.name, spot.k, spot.draw))
    count = ROWS_PER_INTENT * len(set(real.intents))
    made = made_at(work, spot, real, seed, keys)
    key = seed * 1_000 + spot.draw
    trained: dict[str, Rows] = {}
    if spot.arm == META:
        names = _names(real)
        said = set(names.texts)
        nameless = [place for place, text in enumerate(made.rows.texts) if text not in said]
        for arm, control in CONTROLS.items():
            rows = control(real, count, rng(key, "few_shot", arm))
            trained[arm] = as_heavy(rows, made.rows.take(nameless), spot.k)
        trained[NAMES] = names
        if len(made.rows):
            shuffled = controls.random_labels(made.rows, rng(key, "few_shot", "labels"))
            trained[RANDOM] = shuffled.with_weights(made.rows.weights)
            trained[NAMELESS] = made.rows.take(nameless)
            # Rows of weight next to nothing: their words count, their labels do not.
            trained[IDF] = made.rows.with_weights(np.full(len(made.rows), 1e-9))
    # A build without rows leaves the real rows as they are: a gain of 0, not a gap.
    trained[spot.arm] = made.rows
    recordings = Recordings(work / "predictions")
    return {
        "classifiers": compared(real, trained, data.test, classifiers(encoder), recordings, key),
        "test_rows": len(data.test),
        "rows": len(made.rows),
        "why": made.why,
        "cpu_s": made.cpu_s,
    }


def as_heavy(rows: Rows, generated: Rows, k: int) -> Rows:
    """Rows of a control with the weight of the generated rows, intent by intent.

    An intent without generated rows has the weight that they would have.
    """
    sums = {intent: generated.weights[own].sum() for intent, own in generated.by_intent().items()}
    weights = np.zeros(len(rows))
    for intent, own in rows.by_intent().items():
        weights[own] = sums.get(intent, min(2.0 * k, 10.0)) / len(own)
    return rows.with_weights(weights)


def _names(real: Rows) -> Rows:
    """Each intent's name in words, as one more row: what the label alone tells."""
    from corpusforge.expand.pretrained.pieces import spoken_name

    intents = sorted(set(real.intents))
    return Rows.labelled([spoken_name(intent) for intent in intents], intents, origin="control")


def plan(
    encoder: Encoder, work: Path, seed: int, keys: Callable[[], Mapping[str, str]]
) -> list[cells.Cell]:
    """All cells."""
    known: dict[str, RealData] = {}
    planned = []
    for spot in spots():

        def measure_it(spot: Spot = spot) -> dict[str, Any]:
            data = known.setdefault(spot.data, named(spot.data))
            return measure_spot(spot, data, encoder, work, seed, keys())

        parameters = {
            "data": spot.data,
            "k": spot.k,
            "draw": spot.draw,
            "arm": spot.arm,
            "keys": ARMS[spot.arm],
            "rows_per_intent": ROWS_PER_INTENT,
            "adapter": digest((work / "adapter" / "meta.json").read_bytes()),
            "seed": seed,
        }
        planned.append(cells.Cell(spot.name, parameters, measure_it))
    return planned


def summary(found: Sequence[Mapping[str, Any]], seed: int) -> dict[str, Any]:
    """Accuracies and gains over the real rows of one data set and k, mean over draws."""
    table: dict[str, Any] = {}
    for classifier in sorted({name for f in found for name in f["classifiers"]}):
        with_it = [f["classifiers"][classifier] for f in found if classifier in f["classifiers"]]
        by_arm: dict[str, Any] = {}
        for arm in (*ORDER, *LATER):
            own = [f for f in with_it if arm in f and (arm != REAL or META in f)]
            if not own:
                continue
            ours, base = (
                np.concatenate([unpacked(f[name]) for f in own]).astype(float)
                for name in (arm, REAL)
            )
            generator = rng(seed, "eval.few_shot.interval", classifier, arm)
            gain = (0.0, 0.0, 0.0) if arm == REAL else mean_interval(ours - base, generator)
            by_arm[arm] = {
                "draws": len(own),
                "accuracy": round(100 * float(ours.mean()), 3),
                "gain_pp": [round(100 * value, 3) for value in gain],
                "sd_pp": round(100 * float((ours - base).mean(axis=1).std()), 3),
            }
        table[classifier] = by_arm
    return {
        "arms": table,
        "test_rows": found[0]["test_rows"],
        "generated": [
            {"arm": f["arm"], "draw": f["draw"], "rows": f["rows"], "cpu_s": f["cpu_s"]}
            | ({"why": f["why"]} if f["why"] else {})
            for f in found
        ],
    }


def main(arguments: Sequence[str] | None = None) -> None:
    """Run the command."""
    parser = cells.command_line("eval.expand.few_shot", __doc__)
    parser.add_argument("--base", default="auto", help="pretrained model; auto")
    parser.add_argument(
        "--only", help="measure only this data set; cells of others are read if they are there"
    )
    options = parser.parse_args(arguments)
    encoder = load_encoder(None)
    work = options.work.resolve()

    def keys() -> dict[str, str]:
        return keys_of(work, options.base, options.seed)

    keys()
    planned = plan(encoder, work, options.seed, keys)
    own = ("eval.data", "eval.todays_generator", "eval.expand.few_shot")
    code = cells.code_digest([*cells.MEASURING, *own, *EXPANDING])
    if options.only:
        chosen = [cell for cell in planned if cell.parameters["data"] == options.only]
        cells.run(chosen, work / "few_shot", code, options.cpu_hours)
        return
    outcome = cells.run(planned, work / "few_shot", code, options.cpu_hours)
    groups: dict[str, list[Mapping[str, Any]]] = {}
    for cell in planned:
        if cell.name in outcome.figures:
            name = f"{cell.parameters['data']} k={cell.parameters['k']}"
            facts = {"arm": cell.parameters["arm"], "draw": cell.parameters["draw"]}
            groups.setdefault(name, []).append({**outcome.figures[cell.name], **facts})
    meta = read_json(work / "adapter" / "meta.json")
    parts = {
        "encoder": encoder.name,
        "adapter": meta,
        "adapter_cpu_s": read_json(work / "adapter_cost.json")["cpu_s"],
        "cells": {name: summary(found, options.seed) for name, found in groups.items()},
        "cpu_seconds_by_cell": outcome.cpu_s,
    }
    cells.write("few_shot", "eval.expand.few_shot", options.seed, outcome, parts)


if __name__ == "__main__":
    main()
