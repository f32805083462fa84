"""Where to cut: can cross-validation on the train rows choose how hard to filter?

    python -m eval.expand.accept_rate --work DIR

DIR is the work folder of `eval.expand.few_shot`; its builds of CLINC150 banking and travel give
the candidates. At each limit, those whose probability of their intent by the discriminator is at
least as high are drawn by their odds, 50 per intent at most, with the weight of a build, beside
the real rows. Measured are the gain on the test rows, and what cross-validation says on the real
train rows alone, in three folds (real rows are held out in turn; candidates stay, though all real
rows were shown when they were written: a build has no others). Chosen is the limit that is best in
cross-validation, the build's own among equals; beside it stand the build's own and the best one in
hindsight. Writes eval/results/accept_rate.json.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from functools import partial
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt

from corpusforge.assess.classifiers import Classifier, classifiers
from corpusforge.assess.encoder import Encoder, load_encoder
from corpusforge.assess.intervals import mean_interval
from corpusforge.assess.rows import Rows
from corpusforge.core.digests import digest
from corpusforge.core.seeding import rng
from corpusforge.expand.gan.runtime import deterministic
from corpusforge.expand.pretrained.adapter import open_discriminator
from corpusforge.expand.pretrained.adapter_files import AdapterFiles
from corpusforge.expand.pretrained.match import IntentMatch
from eval import cells
from eval.data import named, shots
from eval.expand.discriminator import drawn_by_odds, match_of, pool_of
from eval.expand.few_shot import META, ROWS_PER_INTENT, TARGETS, Spot, expanded
from eval.predictions import packed, unpacked

__all__ = ["LIMITS", "OWN", "chosen", "cross_validated", "kept_at", "main"]

LIMITS = (0.0, 0.3, 0.5, 0.7, 0.9)
OWN = 0.5
"""The limit of a build (`corpusforge.expand.pretrained.judge`)."""
KS, DRAWS, FOLDS = (3, 5, 10), (1, 2, 3, 4, 5), 3


def kept_at(
    limit: float,
    pool: tuple[Sequence[str], Sequence[str]],
    match: npt.NDArray[np.float64],
    order: npt.NDArray[np.float64],
    k: int,
) -> Rows:
    """Candidates at a limit, the highest of `order` first, as heavy as those of a build.

    Args:
        limit: Least probability of the own intent.
        pool: Texts and intents.
        match: Probability of the own intent, shape [candidates].
        order: Who is taken first, shape [candidates].
        k: Real rows per intent.
    """
    intents = np.array(pool[1])
    places: list[int] = []
    weights: list[float] = []
    for intent in sorted(set(pool[1])):
        own = np.flatnonzero((intents == intent) & (match >= limit))
        taken = own[np.argsort(-order[own], kind="stable")[:ROWS_PER_INTENT]].tolist()
        places += taken
        weights += [min(0.5, min(2.0 * k, 10.0) / max(len(taken), 1))] * len(taken)
    rows = Rows.labelled([pool[0][p] for p in places], intents[places].tolist(), origin="gan")
    return rows.with_weights(np.array(weights))


def cross_validated(classifier: Classifier, real: Rows, made: Rows, seed: int) -> float:
    """Share of real rows that are right when they are held out in turn, made rows beside."""
    fold = np.zeros(len(real), dtype=np.int64)
    for intent, places in real.by_intent().items():
        order = rng(seed, "eval.accept_rate.folds", intent).permutation(places)
        fold[order] = np.arange(len(order)) % FOLDS
    right = 0
    for number in range(FOLDS):
        held = real.take(np.flatnonzero(fold == number))
        shown = real.take(np.flatnonzero(fold != number))
        right += int(_answers(classifier, shown, made, held, seed).sum())
    return right / len(real)


def _answers(
    classifier: Classifier, real: Rows, made: Rows, test: Rows, seed: int
) -> npt.NDArray[np.bool_]:
    """Which test rows are answered right."""
    c = classifier.tune(real, made, rng(seed, "eval.accept_rate.tune"))
    found = classifier.fit(real.plus(made), c).predict(test.texts)
    right: npt.NDArray[np.bool_] = found == np.array(test.intents, dtype=object)
    return right


def chosen(by_limit: Mapping[str, float]) -> float:
    """The limit with the highest figure; of equals the build's own, else the lowest."""
    best = max(by_limit.values())
    equals = sorted(float(limit) for limit, figure in by_limit.items() if figure == best)
    return OWN if OWN in equals else equals[0]


def measure(
    work: Path, name: str, k: int, draw: int, match: IntentMatch, encoder: Encoder, seed: int
) -> dict[str, Any]:
    """All limits for one build."""
    data = named(name)
    real, _ = shots(data.train, k, rng(seed, "eval.grid", data.name, k, draw))
    pool = pool_of(work, name, k, draw)
    with deterministic(seed):
        own = match_of(match, real, *pool)
    order = drawn_by_odds(own, rng(seed, "eval.accept_rate", data.name).random(len(own)))
    key = seed * 1_000 + draw
    nothing = real.take([])
    figures: dict[str, Any] = {}
    for classifier in classifiers(encoder):
        plain = _answers(classifier, real, nothing, data.test, key)
        one: dict[str, Any] = {"real": packed(plain[None]), "test": {}, "cross_validated": {}}
        for limit in LIMITS:
            made = kept_at(limit, pool, own, order, k)
            right = _answers(classifier, real, made, data.test, key)
            one["test"][str(limit)] = packed(right[None])
            one["cross_validated"][str(limit)] = cross_validated(classifier, real, made, key)
        figures[classifier.name] = one
    counts = {str(limit): len(kept_at(limit, pool, own, order, k)) for limit in LIMITS}
    return {"classifiers": figures, "rows": counts}


def summary(found: Sequence[Mapping[str, Any]], seed: int) -> dict[str, Any]:
    """Gains of each limit and of each way to choose one, mean over draws, in points."""
    table: dict[str, Any] = {"draws": len(found), "classifiers": {}}
    for name in found[0]["classifiers"]:
        own = [f["classifiers"][name] for f in found]
        gains = {limit: _gain([(one, str(limit)) for one in own], seed) for limit in LIMITS}
        picks = [chosen(one["cross_validated"]) for one in own]
        hindsight = [
            chosen({limit: float(unpacked(bits).mean()) for limit, bits in one["test"].items()})
            for one in own
        ]
        table["classifiers"][name] = {
            "gain_pp": {str(limit): gain for limit, gain in gains.items()},
            "cross_validated": {
                str(limit): round(
                    100 * float(np.mean([one["cross_validated"][str(limit)] for one in own])), 2
                )
                for limit in LIMITS
            },
            "picks": picks,
            "picked_gain_pp": _gain(list(zip(own, map(str, picks), strict=True)), seed),
            "best": hindsight,
            "best_gain_pp": _gain(list(zip(own, map(str, hindsight), strict=True)), seed),
        }
    return table


def _gain(pairs: Sequence[tuple[Mapping[str, Any], str]], seed: int) -> list[float]:
    """Mean and 95 % interval over draws and test rows."""
    ours = np.concatenate([unpacked(one["test"][limit]) for one, limit in pairs]).astype(float)
    base = np.concatenate([unpacked(one["real"]) for one, _ in pairs]).astype(float)
    gain = mean_interval(ours - base, rng(seed, "eval.accept_rate.interval"))
    return [round(100 * value, 3) for value in gain]


def main(arguments: Sequence[str] | None = None) -> None:
    """Run the command."""
    options = cells.command_line("eval.expand.accept_rate", __doc__).parse_args(arguments)
    work, seed = options.work.resolve(), options.seed
    encoder = load_encoder(None)
    opened: list[IntentMatch] = []

    def measure_it(data: str, k: int, draw: int) -> dict[str, Any]:
        if not opened:
            opened.append(open_discriminator(AdapterFiles.open(work / "adapter")))
        return measure(work, data, k, draw, opened[0], encoder, seed)

    adapter = digest((work / "adapter" / "meta.json").read_bytes())
    planned, missing = [], {}
    for data in TARGETS:
        for k in KS:
            for draw in DRAWS:
                name = f"{data} k={k} draw {draw}"
                build = expanded(work, Spot(data, k, draw, META))
                if build is None:
                    missing[name] = "its build was not made"
                    continue
                place = {"data": data, "k": k, "draw": draw}
                parameters = {**place, "seed": seed, "build": build.name, "adapter": adapter}
                planned.append(cells.Cell(name, parameters, partial(measure_it, data, k, draw)))
    own = [f"eval.expand.{name}" for name in ("accept_rate", "discriminator", "few_shot")]
    judging = ("corpusforge.expand.pretrained.match", "eval.data")
    code = cells.code_digest([*cells.MEASURING, *judging, *own])
    outcome = cells.run(planned, work / "accept_rate", code, options.cpu_hours)
    outcome.not_run |= missing
    groups: dict[str, list[Mapping[str, Any]]] = {}
    for cell in planned:
        if cell.name in outcome.figures:
            group = f"{cell.parameters['data']} k={cell.parameters['k']}"
            groups.setdefault(group, []).append(outcome.figures[cell.name])
    parts = {"own": OWN, "cells": {name: summary(found, seed) for name, found in groups.items()}}
    cells.write("accept_rate", "eval.expand.accept_rate", seed, outcome, parts)


if __name__ == "__main__":
    main()
