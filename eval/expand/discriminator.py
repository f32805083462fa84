"""What the discriminator is worth: equal numbers of rows, chosen in six ways from one pool.

    python -m eval.expand.discriminator --work DIR

DIR is the work folder of `eval.expand.few_shot`; the pool of a build is every candidate that was
judged in it, accepted or not, novelty aside. Chosen per intent: at random; those whose nearest
centroid of frozen MiniLM vectors is their intent (of the exemplars alone, and with the intent's
name as one more); by the discriminator; by one that was trained on the same rows in as many
steps, but without the generator's samples (not adversarially); by an oracle trained on all real
train rows of the domain, which nobody has. Both discriminators choose as a build does: those at
one half or above, drawn by their odds. The others break ties at random. CLINC150 banking and
travel, equal weight (twice the real rows). Writes eval/results/few_shot_discriminator.json.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt

from corpusforge.assess.bench import REAL, REAL_SYNTHETIC
from corpusforge.assess.classifiers import classifiers
from corpusforge.assess.encoder import Encoder, load_encoder
from corpusforge.assess.intervals import mean_interval
from corpusforge.assess.rows import Rows
from corpusforge.core.digests import digest
from corpusforge.core.seeding import rng
from corpusforge.expand.pretrained.match import IntentMatch
from corpusforge.expand.pretrained.pieces import spoken_name
from eval import cells
from eval.data import RealData, named, shots
from eval.expand.few_shot import META, TARGETS, Spot, adapter_options, expanded
from eval.predictions import RecordedBench, Recordings, packed, unpacked

__all__ = ["WAYS", "drawn_by_odds", "exemplars_of", "main", "match_of", "oracle", "pool_of"]

WAYS = (
    "random",
    "agreement",
    "agreement, with names",
    "discriminator, not adversarial",
    "discriminator",
    "oracle",
)
PER_INTENT = 16
KS, DRAWS = (1, 3, 5), (1, 2, 3, 4, 5)


def pool_of(work: Path, data: str, k: int, draw: int) -> tuple[list[str], list[str]]:
    """Texts and intents of the distinct candidates of one build.

    Raises:
        SystemExit: When the build is not there.
    """
    import pyarrow.parquet as pq

    found = expanded(work, Spot(data, k, draw, META))
    if found is None:
        raise SystemExit(f"{work} has no build of {data}, k={k}: run eval.expand.few_shot first")
    columns = ["text", "intent", "origin", "score_intent"]
    rows = pq.read_table(found / "utterances.parquet", columns=columns).to_pylist()
    # Names of intents are generated rows too, but nobody judged them.
    made = [r for r in rows if r["origin"] == "gan" and r["score_intent"] is not None]
    dropped = pq.read_table(found / "dropped.parquet", columns=["text", "intent", "filter"])
    made += [
        row for row in dropped.to_pylist() if row["filter"] in ("intent_disagreement", "not_chosen")
    ]
    keys = sorted({(row["intent"], row["text"]) for row in made})
    return [text for _, text in keys], [intent for intent, _ in keys]


class _Judges:
    """Both discriminators, and what the frozen encoder knows."""

    def __init__(self, work: Path, seed: int) -> None:
        from corpusforge.expand.gan.runtime import deterministic
        from corpusforge.expand.pretrained.adapter import open_discriminator, open_encoder
        from corpusforge.expand.pretrained.adapter_files import AdapterFiles
        from corpusforge.expand.pretrained.match_training import (
            MatchTraining,
            learn_match,
            vectors_of,
        )
        from corpusforge.meta_train import read_background

        files = AdapterFiles.open(work / "adapter")
        self.trained = open_discriminator(files)
        # The same rows, drawn and split alike.
        options = adapter_options(work, files.meta["base"], work / "adapter", seed)
        background, _ = read_background(options)
        if sum(map(len, background.intents.values())) != files.meta["texts"]:
            raise SystemExit(
                f"{work / 'adapter'} was meta-trained on other rows than today's: give few_shot a "
                "new work folder and run it first"
            )
        with deterministic(seed):
            encoder = open_encoder(files.meta["encoder_source"])
            vectors = vectors_of(encoder, background)
            settings = MatchTraining(**files.meta["settings"]["discriminator"])
            self.plain, _, self.figures = learn_match(
                encoder, background, vectors, {}, settings, lambda: None
            )


def scores(
    judges: _Judges,
    encoder: Encoder,
    data: RealData,
    real: Rows,
    pool: tuple[Sequence[str], Sequence[str]],
    seed: int,
) -> dict[str, npt.NDArray[np.float64]]:
    """Score of each candidate by each way, higher = chosen first."""
    texts, intents = pool
    labels = sorted(set(real.intents))
    place = np.array([labels.index(intent) for intent in intents])
    noise = rng(seed, "eval.discriminator", data.name).random(len(texts))
    exemplars = exemplars_of(real)
    vectors = encoder.encode(list(texts))
    named_too = {label: [*own, spoken_name(label)] for label, own in exemplars.items()}
    agrees, agrees_named = (
        _nearest(encoder, vectors, shown) == place for shown in (exemplars, named_too)
    )
    right = oracle(data.train, texts, encoder) == np.array(intents)
    found = {
        "random": noise,
        "agreement": agrees + noise,
        "agreement, with names": agrees_named + noise,
        "oracle": right + noise,
    }
    pairs = (("discriminator", judges.trained), ("discriminator, not adversarial", judges.plain))
    for name, match in pairs:
        own = match_of(match, real, texts, intents)
        # Those below one half come last, where there are not enough others.
        found[name] = drawn_by_odds(own, noise) - 1e6 * (own < 0.5)
    found["label accuracy"] = right.astype(np.float64)
    return found


def exemplars_of(real: Rows) -> dict[str, list[str]]:
    """Intent -> its texts, intents sorted."""
    return {
        intent: [real.texts[place] for place in places]
        for intent, places in sorted(real.by_intent().items())
    }


def match_of(
    match: IntentMatch, real: Rows, texts: Sequence[str], intents: Sequence[str]
) -> npt.NDArray[np.float64]:
    """Probability of the own intent of each text, with the real rows as exemplars."""
    exemplars = exemplars_of(real)
    table = match.posterior(list(texts), match.prototypes(exemplars))
    columns = {intent: number for number, intent in enumerate(exemplars)}
    own: npt.NDArray[np.float64] = table[range(len(texts)), [columns[i] for i in intents]]
    return own


def drawn_by_odds(
    own: npt.NDArray[np.float64], noise: npt.NDArray[np.float64]
) -> npt.NDArray[np.float64]:
    """Keys whose order is a draw in proportion to the odds, as a build draws.

    Args:
        own: Probabilities.
        noise: Uniform draws in (0, 1).
    """
    bounded = np.clip(own, 1e-6, 1 - 1e-6)
    keys: npt.NDArray[np.float64] = np.log(bounded / (1 - bounded)) - np.log(-np.log(noise))
    return keys


def oracle(train: Rows, texts: Sequence[str], encoder: Encoder) -> npt.NDArray[np.str_]:
    """Intents of texts by a classifier of all real train rows, on frozen vectors."""
    from sklearn.linear_model import LogisticRegression

    model = LogisticRegression(C=10.0, max_iter=300)
    model.fit(encoder.encode(train.texts), list(train.intents))
    found: npt.NDArray[np.str_] = model.predict(encoder.encode(list(texts)))
    return found


def _nearest(
    encoder: Encoder, vectors: npt.NDArray[np.float32], shown: Mapping[str, Sequence[str]]
) -> npt.NDArray[np.int64]:
    """Which intent has the nearest centroid, of each vector."""
    centroids = np.stack([encoder.encode(own).mean(0) for own in shown.values()])
    lengths = np.linalg.norm(centroids, axis=1, keepdims=True)
    nearest: npt.NDArray[np.int64] = (vectors @ (centroids / lengths).T).argmax(1)
    return nearest


def measure(
    work: Path, place: tuple[str, int, int], judges: _Judges, encoder: Encoder, seed: int
) -> dict[str, Any]:
    """All ways for one build."""
    name, k, draw = place
    data = named(name)
    real, _ = shots(data.train, k, rng(seed, "eval.grid", data.name, k, draw))
    pool = pool_of(work, name, k, draw)
    table = scores(judges, encoder, data, real, pool, seed)
    intents = np.array(pool[1])
    figures: dict[str, Any] = {"classifiers": {}, "label_accuracy": {}, "pool": len(intents)}
    for way in WAYS:
        chosen: list[int] = []
        for intent in sorted(set(pool[1])):
            own = np.flatnonzero(intents == intent)
            chosen += own[np.argsort(-table[way][own], kind="stable")[:PER_INTENT]].tolist()
        labels = [pool[1][i] for i in chosen]
        rows = Rows.labelled([pool[0][i] for i in chosen], labels, origin="gan")
        rows = rows.with_weights(np.array([min(1.0, 2 * k / labels.count(x)) for x in labels]))
        figures["label_accuracy"][way] = float(table["label accuracy"][chosen].mean())
        bench = RecordedBench(
            real, rows, data.test, classifiers(encoder),
            recordings=Recordings(work / "predictions"), seed=seed * 1_000 + draw, draws=1,
        )  # fmt: skip
        for classifier in bench.classifiers:
            kept = figures["classifiers"].setdefault(classifier, {})
            kept.setdefault(REAL, packed(bench.correct(classifier, REAL)))
            kept[way] = packed(bench.correct(classifier, REAL_SYNTHETIC))
    return figures


def summary(found: Sequence[Mapping[str, Any]], seed: int) -> dict[str, Any]:
    """Gains over the real rows, mean over draws."""
    table: dict[str, Any] = {}
    for classifier in found[0]["classifiers"]:
        table[classifier] = {}
        for way in WAYS:
            ours, base = (
                np.concatenate([unpacked(f["classifiers"][classifier][n]) for f in found]).astype(
                    float
                )
                for n in (way, REAL)
            )
            gain = mean_interval(ours - base, rng(seed, "eval.discriminator.interval", way))
            table[classifier][way] = [round(100 * value, 3) for value in gain]
    accuracy = {
        way: round(100 * float(np.mean([f["label_accuracy"][way] for f in found])), 2)
        for way in WAYS
    }
    return {"draws": len(found), "gain_pp": table, "label_accuracy": accuracy}


def main(arguments: Sequence[str] | None = None) -> None:
    """Run the command."""
    options = cells.command_line("eval.expand.discriminator", __doc__).parse_args(arguments)
    encoder = load_encoder(None)
    work = options.work.resolve()
    opened: list[_Judges] = []

    def judges() -> _Judges:
        if not opened:
            opened.append(_Judges(work, options.seed))
        return opened[0]

    adapter = digest((work / "adapter" / "meta.json").read_bytes())
    planned = []
    for name in TARGETS:
        for k in KS:
            for draw in DRAWS:
                spot = (name, k, draw)

                def measure_it(spot: tuple[str, int, int] = spot) -> dict[str, Any]:
                    return measure(work, spot, judges(), encoder, options.seed)

                parameters = {"data": name, "k": k, "draw": draw, "seed": options.seed}
                found = expanded(work, Spot(name, k, draw, META))
                parameters |= {"build": "" if found is None else found.name, "adapter": adapter}
                label = f"{name} k={k} draw {draw}"
                planned.append(cells.Cell(label, parameters, measure_it))
    there = [cell for cell in planned if cell.parameters["build"]]
    own = ("eval.data", "eval.expand.few_shot", "eval.expand.discriminator")
    judging = [f"corpusforge.expand.pretrained.{name}" for name in ("match", "match_training")]
    code = cells.code_digest([*cells.MEASURING, *judging, *own])
    outcome = cells.run(there, work / "few_shot_discriminator", code, options.cpu_hours)
    for cell in planned:
        if cell not in there:
            outcome.not_run[cell.name] = "its build was not made"
    groups: dict[str, list[Mapping[str, Any]]] = {}
    for cell in there:
        if cell.name in outcome.figures:
            group = f"{cell.parameters['data']} k={cell.parameters['k']}"
            groups.setdefault(group, []).append(outcome.figures[cell.name])
    parts = {
        "per_intent": PER_INTENT,
        "cells": {name: summary(found, options.seed) for name, found in groups.items()},
    }
    cells.write("few_shot_discriminator", "eval.expand.discriminator", options.seed, outcome, parts)


if __name__ == "__main__":
    main()
