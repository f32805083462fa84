"""Planted truth: corpora whose worth is known, and whether the verdict sees it.

    python -m eval.planted_truth --work DIR [--data banking snips] [--repeats 20]

In each repeat, 5 rows per intent of the train split are the user's real rows. A corpus of 20
rows per intent is made from the others, and is damaged on purpose. It is written to files and
read by `assess.inputs.gather`, as for the command line; then the arms that the verdict needs
are trained and tested on all test rows. Writes eval/results/planted_truth.json.
"""

from __future__ import annotations

import json
import tempfile
from collections import Counter
from collections.abc import Mapping, Sequence
from itertools import pairwise, product
from pathlib import Path
from typing import Any

import numpy as np

from corpusforge.assess.bench import REAL_SYNTHETIC
from corpusforge.assess.classifiers import classifiers
from corpusforge.assess.encoder import Encoder, load_encoder
from corpusforge.assess.inputs import ColumnNames, Evidence, gather
from corpusforge.assess.intervals import paired_interval
from corpusforge.assess.rows import Rows
from corpusforge.assess.verdict import decide
from corpusforge.core.errors import InputError
from corpusforge.core.seeding import rng
from eval import cells
from eval.data import named
from eval.planting import CONDITIONS, GENERATIONS, HALF, HALF_FEW, LEAKS, NOISE, Repeat, Setting
from eval.predictions import RecordedBench, Recordings, needed_for_verdict, packed, unpacked
from eval.statistics import rate, trend

__all__ = ["SERIES", "judge", "main", "plan", "summary"]

SERIES: Mapping[str, tuple[tuple[int, ...], tuple[str, ...]]] = {
    "label noise, %": ((0, *NOISE), ("oracle", *(f"noise {s} %" for s in NOISE))),
    "test leak into the oracle, %": ((0, *LEAKS), ("oracle", *(f"leak {s} %" for s in LEAKS))),
    "test leak into duplicates, %": (
        (0, *LEAKS),
        ("duplicated", *(f"duplicated, leak {s} %" for s in LEAKS)),
    ),
    "generation of replace": (
        (0, *GENERATIONS),
        ("oracle", *(f"generation {number}" for number in GENERATIONS)),
    ),
}
"""Damage in rising order: (levels, conditions)."""

REFUSED = "refused"
_RANK = {
    "use": 3,
    "use_up_to": 2,
    "no_gain": 1,
    "not_enough_real_data": 1,
    "do_not_use": 0,
    REFUSED: 0,
}
_OTHER = {"snips": "banking"}


def _gathered(real: Rows, corpus: Rows, test: Rows) -> Evidence:
    """What the command line reads from files with these rows.

    Raises:
        InputError: As there.
    """
    with tempfile.TemporaryDirectory() as folder:
        paths = {}
        for name, rows in {"corpus": corpus, "real": real, "test": test}.items():
            paths[name] = Path(folder) / f"{name}.jsonl"
            lines = [
                json.dumps({"text": text, "intent": intent}, ensure_ascii=False)
                for text, intent in zip(rows.texts, rows.intents, strict=True)
            ]
            paths[name].write_text("\n".join(lines) + "\n", encoding="utf-8")
        return gather(paths["corpus"], paths["real"], paths["test"], ColumnNames())


def judge(
    repeat: Repeat, condition: str, encoder: Encoder, recordings: Recordings
) -> dict[str, Any]:
    """The verdict on one condition, with the figures behind it."""
    real, corpus = repeat.sides(condition)
    test = repeat.setting.data.test
    try:
        evidence = _gathered(real, corpus, test)
    except InputError as error:
        return {"code": REFUSED, "why": str(error).split("\n")[0][:200]}
    halves = condition in (HALF, HALF_FEW)
    bench = RecordedBench(
        evidence.real,
        evidence.synthetic,
        test,
        classifiers(encoder),
        recordings=recordings,
        seed=repeat.setting.seed * 1_000 + repeat.number,
    )
    found = needed_for_verdict(bench, controls=not halves)
    verdict = decide(bench, found)
    return {
        "code": verdict.code,
        "share": verdict.share,
        "rows": len(evidence.synthetic),
        "left_out": len(corpus) - len(evidence.synthetic),
        "classifiers": {
            one.name: {
                "real": round(100 * one.score("real").accuracy, 2),
                "gain": one.gain.to_json(),
                "edge": one.edge.to_json(),
                "tstr_ratio": round(one.tstr_ratio, 4),
                "correct": packed(bench.correct(one.name, REAL_SYNTHETIC)),
            }
            for one in found.classifiers
        },
    }


def plan(
    setting: Setting, repeats: int, encoder: Encoder, recordings: Recordings
) -> list[cells.Cell]:
    """All cells of one data set; generations, the dearest, come last."""
    planned = []
    drawn = [Repeat(setting, number) for number in range(1, repeats + 1)]
    dear = [name for name in CONDITIONS if name.startswith("generation")]
    cheap = [name for name in CONDITIONS if name not in dear]
    for conditions in (cheap, dear):
        for repeat, condition in product(drawn, conditions):

            def measure(repeat: Repeat = repeat, condition: str = condition) -> dict[str, Any]:
                return judge(repeat, condition, encoder, recordings)

            parameters = {
                "data": setting.data.name,
                "repeat": repeat.number,
                "condition": condition,
                "shots": setting.shots,
                "planted": setting.planted,
                "seed": setting.seed,
            }
            name = f"{setting.data.name} {repeat.number:02d} {condition}"
            planned.append(cells.Cell(name, parameters, measure))
    return planned


Judged = Mapping[int, Mapping[str, Mapping[str, Any]]]
"""Repeat -> condition -> figures."""


def summary(judged: Judged) -> dict[str, Any]:
    """Counts, error rates and trends over the repeats of one data set."""
    by_condition = {
        condition: [judged[n][condition] for n in sorted(judged) if condition in judged[n]]
        for condition in CONDITIONS
    }
    return {
        "repeats": len(judged),
        "conditions": {name: _condition(cases) for name, cases in by_condition.items() if cases},
        "bars": _bars({name: [case["code"] for case in v] for name, v in by_condition.items()}),
        "series": {
            name: _series(judged, levels, conditions)
            for name, (levels, conditions) in SERIES.items()
        },
    }


def _condition(cases: Sequence[Mapping[str, Any]]) -> dict[str, Any]:
    measured = [case["classifiers"] for case in cases if "classifiers" in case]
    means = {}
    for name in sorted({name for found in measured for name in found}):
        means[name] = {
            "gain_pp": _mean([found[name]["gain"]["mean_pp"] for found in measured]),
            "edge_pp": _mean([found[name]["edge"]["mean_pp"] for found in measured]),
            "tstr_ratio": _mean([found[name]["tstr_ratio"] for found in measured]),
        }
    counts = Counter(case["code"] for case in cases)
    return {"verdicts": dict(sorted(counts.items())), "classifiers": means}


def _mean(values: Sequence[float]) -> float | None:
    return round(float(np.mean(values)), 3) if len(values) else None


def _bars(codes: Mapping[str, Sequence[str]]) -> dict[str, Any]:
    """Share of repeats in which a condition got another verdict than it must."""

    def errors(condition: str, right: Sequence[str]) -> dict[str, Any]:
        found = codes[condition]
        return {"must_be": list(right)} | rate(sum(code not in right for code in found), len(found))

    wrong_text = ("do_not_use", REFUSED)
    bars = {"oracle": errors("oracle", ("use", "use_up_to"))}
    for condition in ("other domain", "intents permuted", "random labels"):
        bars[condition] = errors(condition, wrong_text)
    bars["duplicated"] = errors("duplicated", ("no_gain",))
    for condition in (HALF, HALF_FEW):
        bars[condition] = errors(condition, ("use", "use_up_to", "no_gain"))
    return bars


def _series(judged: Judged, levels: Sequence[int], conditions: Sequence[str]) -> dict[str, Any]:
    """How often the verdict rises with the damage, and how the gain goes with it."""
    whole = [found for found in judged.values() if all(name in found for name in conditions)]
    ranks = [[_RANK[found[name]["code"]] for name in conditions] for found in whole]
    rises = sum(any(b > a for a, b in pairwise(row)) for row in ranks)
    above_start = sum(max(row[1:]) > row[0] for row in ranks)
    real_rises = sum(
        any(
            b > a and _better(found[conditions[i + 1]], found[conditions[i]])
            for i, (a, b) in enumerate(pairwise(row))
        )
        for found, row in zip(whole, ranks, strict=True)
    )
    trends: dict[str, Any] = {}
    names = sorted({n for found in whole for n in found[conditions[0]].get("classifiers", {})})
    for classifier in names:
        found_trends = []
        for found in whole:
            measured = [
                (level, found[name]["classifiers"][classifier]["gain"]["mean_pp"])
                for level, name in zip(levels, conditions, strict=True)
                if "classifiers" in found[name]
            ]
            found_trends.append(trend(*zip(*measured, strict=True)))
        trends[classifier] = {
            key: _mean([value for t in found_trends if (value := t[key]) is not None])
            for key in ("spearman", "kendall")
        }
    return {
        "levels": list(levels),
        "conditions": list(conditions),
        "repeats_with_a_rise": rate(rises, len(whole)),
        "repeats_with_a_rise_beyond_chance": rate(real_rises, len(whole)),
        "repeats_above_the_undamaged": rate(above_start, len(whole)),
        "mean_rank": [_mean([row[i] for row in ranks]) for i in range(len(levels))]
        if ranks
        else [],
        "gain_against_level": trends,
    }


def _better(after: Mapping[str, Any], before: Mapping[str, Any]) -> bool:
    """Whether a classifier got better from one corpus to the other, at 95 %, paired."""
    if "classifiers" not in after or "classifiers" not in before:
        return False
    for name in after["classifiers"]:
        ours, theirs = (unpacked(side["classifiers"][name]["correct"]) for side in (after, before))
        _, low, _ = paired_interval(ours, theirs, rng(1, "eval.planted.rise", name))
        if low > 0:
            return True
    return False


def main(arguments: Sequence[str] | None = None) -> None:
    """Run the command."""
    parser = cells.command_line("eval.planted_truth", __doc__)
    parser.add_argument("--data", nargs="+", default=["banking", "snips"])
    parser.add_argument("--repeats", type=int, default=20)
    parser.add_argument("--name", default="planted_truth", help="of the result file")
    options = parser.parse_args(arguments)
    encoder = load_encoder(None)
    recordings = Recordings(options.work / "predictions")
    planned: list[cells.Cell] = []
    for name in options.data:
        other = named(_OTHER.get(name, "travel" if name != "travel" else "banking")).train
        setting = Setting(named(name), other, seed=options.seed)
        planned += plan(setting, options.repeats, encoder, recordings)
    code = cells.code_digest([*cells.MEASURING, "eval.data", "eval.planted_truth", "eval.planting"])
    outcome = cells.run(planned, options.work / "planted_truth", code, options.cpu_hours)
    tables = {}
    for name in options.data:
        judged: dict[int, dict[str, Any]] = {}
        for cell in planned:
            if cell.parameters["data"] == name and cell.name in outcome.figures:
                repeat = judged.setdefault(cell.parameters["repeat"], {})
                repeat[cell.parameters["condition"]] = outcome.figures[cell.name]
        tables[name] = summary(judged)
    parts = {"encoder": encoder.name, "shots": 5, "planted_per_intent": 20, "data": tables}
    cells.write(options.name, "eval.planted_truth", options.seed, outcome, parts)


if __name__ == "__main__":
    main()
