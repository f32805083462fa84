"""SNIPS with many real rows: classifiers trained on generated rows alone, tested on real ones.

    python -m eval.expand.snips_full --work DIR [--base PATH] [--real 300] [--per-intent 100]

DIR is the work folder of `eval.expand.few_shot`, whose adapter is used (it is meta-trained when
it is not there). Generators are shown 300 real rows of each of the seven intents; all arms train
on as many of their rows, of weight 1, beside the real rows themselves as the ceiling and a trigram
model as the yardstick. Counted are also rows that repeat a shown row word for word: such rows
train as well as real ones, and are nothing new. Writes eval/results/snips_full.json.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np

from corpusforge.assess import controls
from corpusforge.assess.bench import REAL, SYNTHETIC
from corpusforge.assess.classifiers import classifiers
from corpusforge.assess.encoder import Encoder, load_encoder
from corpusforge.assess.intervals import mean_interval
from corpusforge.assess.rows import Rows
from corpusforge.core.digests import digest
from corpusforge.core.seeding import rng
from corpusforge.core.text import delexicalise, fold_delexicalised
from eval import cells
from eval.data import RealData, named, shots
from eval.expand.few_shot import ARMS, EXPANDING, META, RECOMBINE, SCRATCH, keys_of
from eval.predictions import Recordings, compared, unpacked
from eval.todays_generator import generated

__all__ = ["COPY", "TRIGRAM", "copies", "main", "measure"]

TRIGRAM = "trigram"
COPY = "real, as many"
"""Real rows, as many as an arm may have: what the number of rows alone costs."""
DRAWS = (1, 2)
_ARMS = (COPY, TRIGRAM, META, SCRATCH, RECOMBINE)


def copies(made: Rows, shown: Rows) -> dict[str, float | None]:
    """Share of generated rows that repeat a shown row, folded.

    Returns:
        "verbatim": word for word. "values_aside": with slots as symbols, of annotated rows (names
        of intents that say a value are not); None where no row is.
    """
    if not len(made):
        return {"verbatim": None, "values_aside": None}
    known = set(shown.folded)
    found = {"verbatim": float(np.mean([text in known for text in made.folded]))}
    own, others = _carriers(made), set(_carriers(shown))
    if not own:
        return {**found, "values_aside": None}
    return {**found, "values_aside": float(np.mean([carrier in others for carrier in own]))}


def _carriers(rows: Rows) -> list[str]:
    """Folded texts with slots as symbols, of the rows with slots (or none, said to be none)."""
    return [
        fold_delexicalised(delexicalise(text, slots))
        for text, slots in zip(rows.texts, rows.slots, strict=True)
        if slots is not None
    ]


def measure(
    arm: str,
    draw: int,
    data: RealData,
    encoder: Encoder,
    work: Path,
    seed: int,
    sizes: tuple[int, int],
    keys: Callable[[], Mapping[str, str]],
) -> dict[str, Any]:
    """One arm in one draw.

    Args:
        arm: One of `_ARMS`.
        draw: Of the shown rows.
        data: Train and test rows.
        encoder: Of the second classifier.
        work: Where builds and answers are kept.
        seed: Of everything.
        sizes: Shown rows per intent, and rows per intent that an arm trains on at most.
        keys: What stands in recipes for `{adapter}` and `{base}`.
    """
    shown_count, per_intent = sizes
    shown, _ = shots(data.train, shown_count, rng(seed, "eval.grid", data.name, shown_count, draw))
    key = seed * 1_000 + draw
    count = per_intent * len(set(shown.intents))
    why, cpu_s = "", 0.0
    if arm == COPY:
        made = shown
    elif arm == TRIGRAM:
        made = controls.trigram(shown, count, rng(key, "snips_full", arm))
    else:
        name = f"{arm}, {shown_count} real, {per_intent}, draw {draw}"
        folder = work / "snips_full_runs" / name.replace(" ", "_").replace(",", "")
        settings = ARMS[arm].format(**keys()) if arm == META else ARMS[arm]
        run = generated(shown, count, key, folder, settings, publish=True)
        made, why, cpu_s = run.rows, run.why, run.cpu_s
    made, _ = shots(made, per_intent, rng(key, "snips_full.rows", arm))
    made = made.with_weights(np.ones(len(made)))
    kinds = classifiers(encoder)
    recordings = Recordings(work / "predictions")
    found = compared(shown, {arm: made}, data.test, kinds, recordings, key, trained_on=SYNTHETIC)
    return {
        "classifiers": found if len(made) else {n: {REAL: t[REAL]} for n, t in found.items()},
        "test_rows": len(data.test),
        "real_rows": len(shown),
        "rows": len(made),
        "distinct": len(set(made.folded)),
        "copies": copies(made, shown),
        "why": why,
        "cpu_s": cpu_s,
    }


def summary(found: Mapping[tuple[str, int], Mapping[str, Any]], seed: int) -> dict[str, Any]:
    """Mean over draws: accuracy of each arm, and its difference to the trigram model's.

    Args:
        found: (arm, draw) -> its figures.
        seed: Of the intervals.
    """
    table: dict[str, Any] = {}
    draws = sorted({draw for _, draw in found})
    for arm in (REAL, *_ARMS):
        # The real rows are answered alike in the cells of all arms.
        cell_of = TRIGRAM if arm == REAL else arm
        own = [found[cell_of, draw] for draw in draws if _answers(found, cell_of, draw, arm)]
        both = [draw for draw in draws if _answers(found, cell_of, draw, arm)]
        both = [draw for draw in both if _answers(found, TRIGRAM, draw, TRIGRAM)]
        if not own:
            continue
        row: dict[str, Any] = {"draws": len(own), "accuracy": {}, "above_trigram_pp": {}}
        for name in own[0]["classifiers"]:
            right = [unpacked(figures["classifiers"][name][arm]) for figures in own]
            row["accuracy"][name] = round(100 * float(np.mean(right)), 3)
            if arm == TRIGRAM or not both:
                continue
            ours, base = (
                np.concatenate([unpacked(found[c, d]["classifiers"][name][a]) for d in both])
                for c, a in ((cell_of, arm), (TRIGRAM, TRIGRAM))
            )
            generator = rng(seed, "eval.snips_full.interval", name, arm)
            interval = mean_interval(ours.astype(float) - base.astype(float), generator)
            row["above_trigram_pp"][name] = [round(100 * value, 3) for value in interval]
        if arm == REAL:
            row["rows"] = [figures["real_rows"] for figures in own]
        else:
            for part in ("rows", "distinct", "copies", "cpu_s"):
                row[part] = [figures[part] for figures in own]
        table[arm] = row
    return table


def _answers(
    found: Mapping[tuple[str, int], Mapping[str, Any]], cell_of: str, draw: int, arm: str
) -> bool:
    """Whether a cell was measured, and has answers of an arm (a build may give no rows)."""
    figures = found.get((cell_of, draw))
    return figures is not None and all(arm in table for table in figures["classifiers"].values())


def main(arguments: Sequence[str] | None = None) -> None:
    """Run the command."""
    parser = cells.command_line("eval.expand.snips_full", __doc__)
    parser.add_argument("--base", default="auto", help="pretrained model; auto")
    parser.add_argument("--real", type=int, default=300, help="real rows per intent (300)")
    parser.add_argument("--per-intent", type=int, default=100, help="rows of an arm (100)")
    options = parser.parse_args(arguments)
    encoder = load_encoder(None)
    work = options.work.resolve()
    data = named("snips")
    sizes = (options.real, options.per_intent)
    keys_of(work, options.base, options.seed)
    adapter = digest((work / "adapter" / "meta.json").read_bytes())
    planned = []
    for draw in DRAWS:
        for arm in _ARMS:

            def measure_it(arm: str = arm, draw: int = draw) -> dict[str, Any]:
                def keys() -> Mapping[str, str]:
                    return keys_of(work, options.base, options.seed)

                return measure(arm, draw, data, encoder, work, options.seed, sizes, keys)

            parameters = {
                "arm": arm,
                "draw": draw,
                "sizes": list(sizes),
                "keys": ARMS.get(arm, ""),
                "adapter": adapter if arm == META else "",
                "seed": options.seed,
            }
            planned.append(cells.Cell(f"{arm}, draw {draw}", parameters, measure_it))
    own = ("eval.data", "eval.todays_generator", "eval.expand.snips_full")
    code = cells.code_digest([*cells.MEASURING, *own, *EXPANDING])
    outcome = cells.run(planned, work / "snips_full", code, options.cpu_hours)
    found = {
        (str(cell.parameters["arm"]), int(cell.parameters["draw"])): outcome.figures[cell.name]
        for cell in planned
        if cell.name in outcome.figures
    }
    parts = {
        "encoder": encoder.name,
        "real_per_intent": options.real,
        "per_intent": options.per_intent,
        "test_rows": len(data.test),
        "arms": summary(found, options.seed),
        "why": {name: f["why"] for name, f in outcome.figures.items() if f["why"]},
        "cpu_seconds_by_cell": outcome.cpu_s,
    }
    cells.write("snips_full", "eval.expand.snips_full", options.seed, outcome, parts)


if __name__ == "__main__":
    main()
