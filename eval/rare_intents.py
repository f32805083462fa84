"""A rare intent: fraud reports among banking requests, with and without synthetic rows.

    python -m eval.rare_intents --work DIR [--draws 5]

CLINC150's banking domain. The other 14 intents train at full size; of report_fraud there are so
many rows that it makes 0.5, 1 or 5 % of the real rows. What is added is of report_fraud only, up
to 99 rows of it in all. A test row counts as fraud when the margin of report_fraud over the best
other intent is above a threshold. Recall is the most that any threshold gives at a precision of
0.9 or 0.5, test rows weighted to the prevalence. With 420 other test rows, one false alarm is a
rate of 0.24 %: at 0.5 and 1 % prevalence a precision of 0.9 means none at all. The threshold is
chosen on the test rows, for every arm alike. Writes eval/results/rare_intents.json.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt

from corpusforge.assess import controls
from corpusforge.assess.classifiers import Fitted, classifiers
from corpusforge.assess.encoder import Encoder, load_encoder
from corpusforge.assess.rows import Rows
from corpusforge.core.seeding import rng
from eval import cells
from eval.data import RealData, named
from eval.todays_generator import generated

__all__ = ["main", "margins", "measure_rare", "plan", "recall_at", "summary"]

INTENT = "report_fraud"
PREVALENCES = (0.005, 0.01, 0.05)
PRECISIONS = (0.9, 0.5)
REAL = "real"
GENERATOR = "real + today's generator"
_RESAMPLES = 1_000


def _others_and_rare(data: RealData, prevalence: float, draw: int, seed: int) -> tuple[Rows, Rows]:
    """(other intents with the rare rows that a user has, rare rows that the user lacks)."""
    is_rare = np.array([intent == INTENT for intent in data.train.intents])
    others, rare = data.train.where(~is_rare), data.train.where(is_rare)
    count = max(2, round(prevalence / (1 - prevalence) * len(others)))
    order = rng(seed, "eval.rare", f"{prevalence:g}", draw).permutation(len(rare))
    return others.plus(rare.take(order[:count])), rare.take(order[count:])


def measure_rare(
    data: RealData,
    encoder: Encoder,
    prevalence: float,
    draw: int,
    seed: int,
    run_folder: Path | None,
) -> dict[str, Any]:
    """Margins of the test rows under every arm.

    Args:
        data: With `INTENT` among its intents.
        encoder: Of the second classifier.
        prevalence: Share of real training rows that are of the rare intent.
        draw: Which of them.
        seed: Of the table.
        run_folder: Where today's generator runs; None = only the arms without it.
    """
    real, lacking = _others_and_rare(data, prevalence, draw, seed)
    have = real.where([intent == INTENT for intent in real.intents])
    key = ("eval.rare.arm", f"{prevalence:g}", draw)
    count = len(lacking)
    makers: Mapping[str, Callable[[], Rows]] = {
        "real + duplicated": lambda: controls.duplicated(have, count, rng(seed, *key, "copies")),
        "real + EDA": lambda: controls.eda(have, count, rng(seed, *key, "eda")),
        "real + trigram": lambda: controls.trigram(have, count, rng(seed, *key, "trigram")),
        "real + other real rows (upper bound)": lambda: lacking,
    }
    facts: dict[str, Any] = {"rare_rows": len(have), "added": count, "real_rows": len(real)}
    if run_folder is None:
        extras = {REAL: real.take([])} | {name: make() for name, make in makers.items()}
    else:
        wanted = count * len(set(real.intents))
        made = generated(real, wanted, seed * 1_000 + draw, run_folder)
        ours = made.rows.where([intent == INTENT for intent in made.rows.intents])
        facts |= {"generated": len(made.rows), "of_the_intent": len(ours), "why": made.why}
        facts["generator_cpu_s"] = made.cpu_s
        extras = {GENERATOR: ours}
    found: dict[str, Any] = {}
    for classifier in classifiers(encoder):
        # One C, chosen on the real rows: arms differ in their rows only.
        c = classifier.tune(real, None, rng(seed, "eval.rare.tune"))
        found[classifier.name] = {
            name: [round(float(v), 5) for v in margins(classifier.fit(real.plus(extra), c), data)]
            for name, extra in extras.items()
        }
    return {"facts": facts, "margins": found}


def margins(fitted: Fitted, data: RealData) -> npt.NDArray[np.float64]:
    """Score of the rare intent minus the best other one, for each test row."""
    scores = fitted.scores(data.test.texts)
    own = np.array(fitted.intents, dtype=object) == INTENT
    difference: npt.NDArray[np.float64] = scores[:, own][:, 0] - scores[:, ~own].max(axis=1)
    return difference


def recall_at(
    margin: npt.NDArray[np.float64],
    is_rare: npt.NDArray[np.bool_],
    times: npt.NDArray[np.float64],
    prevalence: float,
    precision: float,
) -> npt.NDArray[np.float64]:
    """Highest recall of any threshold that keeps the precision at the prevalence.

    Args:
        margin: Shape [rows], higher = more likely the rare intent.
        is_rare: Shape [rows].
        times: How often each row counts, shape [resamples, rows].
        prevalence: Share of the rare intent where it is used, in (0, 1).
        precision: In (0, 1].

    Returns:
        Shape [resamples]; 0 where no threshold keeps it.
    """
    order = np.argsort(-margin, kind="stable")
    counted = times[:, order]
    rare = is_rare[order]
    hits = np.cumsum(counted * rare, axis=1)
    alarms = np.cumsum(counted * ~rare, axis=1)
    recall = hits / np.maximum(hits[:, -1:], 1e-12)
    false = alarms / np.maximum(alarms[:, -1:], 1e-12)
    right = prevalence * recall
    kept = right >= precision * (right + (1 - prevalence) * false) - 1e-12
    # Rows with the same margin fall together: only the last of them is a threshold.
    ends = np.append(np.diff(margin[order]) != 0, True)
    best: npt.NDArray[np.float64] = np.where(kept & ends, recall, 0.0).max(axis=1)
    return best


def summary(
    drawn: Sequence[Mapping[str, Any]], is_rare: npt.NDArray[np.bool_], prevalence: float, seed: int
) -> dict[str, Any]:
    """Recall of every arm with intervals over draws and test rows; gains are paired."""
    result: dict[str, Any] = {}
    for classifier in drawn[0]["margins"]:
        result[classifier] = {}
        for precision in PRECISIONS:
            result[classifier][f"precision {precision:g}"] = _recalls(
                [one["margins"][classifier] for one in drawn],
                is_rare,
                prevalence,
                precision,
                rng(seed, "eval.rare.interval"),
            )
    return result


def _recalls(
    drawn: Sequence[Mapping[str, Sequence[float]]],
    is_rare: npt.NDArray[np.bool_],
    prevalence: float,
    precision: float,
    generator: np.random.Generator,
) -> dict[str, Any]:
    times = np.ones((_RESAMPLES + 1, len(is_rare)))
    for kind in (is_rare, ~is_rare):
        count = int(kind.sum())
        times[1:, kind] = generator.multinomial(count, np.full(count, 1 / count), size=_RESAMPLES)
    table: dict[str, Any] = {}
    for arm in dict.fromkeys(name for one in drawn for name in one):
        with_arm = [one for one in drawn if arm in one]
        values, base = (
            np.stack(
                [
                    recall_at(np.array(one[name]), is_rare, times, prevalence, precision)
                    for one in with_arm
                ]
            )
            for name in (arm, REAL)
        )
        draws = len(with_arm)
        weights = generator.multinomial(draws, np.full(draws, 1 / draws), size=_RESAMPLES).T / draws
        resampled = (values[:, 1:] * weights).sum(axis=0)
        apart = ((values - base)[:, 1:] * weights).sum(axis=0)
        table[arm] = {
            "draws": draws,
            "recall": _with_interval(float(values[:, 0].mean()), resampled),
            "gain": _with_interval(float((values - base)[:, 0].mean()), apart),
        }
    return table


def _with_interval(mean: float, resampled: npt.NDArray[np.float64]) -> list[float]:
    low, high = np.quantile(resampled, [0.025, 0.975])
    return [round(float(value), 4) for value in (mean, low, high)]


def plan(data: RealData, encoder: Encoder, work: Path, draws: int, seed: int) -> list[cells.Cell]:
    """All cells: the cheap arms of all draws, then today's generator draw by draw."""
    planned = []
    for with_generator in (False, True):
        for draw in range(1, draws + 1):
            for prevalence in PREVALENCES:
                name = f"{100 * prevalence:g} % draw {draw}" + " generator" * with_generator
                folder = work / "rare_runs" / name.replace(" ", "_") if with_generator else None

                def measure(
                    prevalence: float = prevalence, draw: int = draw, folder: Path | None = folder
                ) -> dict[str, Any]:
                    return measure_rare(data, encoder, prevalence, draw, seed, folder)

                parameters = {
                    "prevalence": prevalence,
                    "draw": draw,
                    "generator": with_generator,
                    "seed": seed,
                }
                planned.append(cells.Cell(name, parameters, measure))
    return planned


def collect(
    planned: Sequence[cells.Cell], outcome: cells.Outcome, data: RealData, seed: int
) -> dict[str, Any]:
    """Tables by prevalence."""
    is_rare = np.array([intent == INTENT for intent in data.test.intents])
    tables: dict[str, Any] = {}
    for prevalence in PREVALENCES:
        merged: dict[int, dict[str, Any]] = {}
        facts: list[Any] = []
        for cell in planned:
            if cell.parameters["prevalence"] != prevalence or cell.name not in outcome.figures:
                continue
            figures = outcome.figures[cell.name]
            one = merged.setdefault(cell.parameters["draw"], {"margins": {}})
            for classifier, by_arm in figures["margins"].items():
                one["margins"].setdefault(classifier, {}).update(by_arm)
            facts.append(figures["facts"])
        if merged:
            drawn = list(merged.values())
            tables[f"{100 * prevalence:g} %"] = {
                "facts": facts[0],
                "generator": [entry for entry in facts if "generated" in entry],
                "recall": summary(drawn, is_rare, prevalence, seed),
            }
    return tables


def main(arguments: Sequence[str] | None = None) -> None:
    """Run the command."""
    parser = cells.command_line("eval.rare_intents", __doc__)
    parser.add_argument("--draws", type=int, default=5)
    options = parser.parse_args(arguments)
    data, encoder = named("banking"), load_encoder(None)
    planned = plan(data, encoder, options.work, options.draws, options.seed)
    code = cells.code_digest(
        [*cells.MEASURING, "eval.data", "eval.rare_intents", "eval.todays_generator"]
    )
    outcome = cells.run(planned, options.work / "rare_intents", code, options.cpu_hours)
    parts = {
        "encoder": encoder.name,
        "draws": options.draws,
        "prevalences": collect(planned, outcome, data, options.seed),
    }
    cells.write("rare_intents", "eval.rare_intents", options.seed, outcome, parts)


if __name__ == "__main__":
    main()
