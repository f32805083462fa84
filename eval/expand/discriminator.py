"""What the discriminator is worth: equal numbers of rows, chosen in five ways from one pool.

    python -m eval.expand.discriminator --work DIR [--base PATH]

DIR is the work folder of `eval.expand.few_shot`; the pool of a build is every candidate that was
judged in it, accepted or not, novelty aside. Chosen per intent: at random; those whose nearest
centroid of frozen MiniLM vectors is their intent; by the discriminator; by one that was trained
equally but without the generator's samples (not adversarially); by an oracle trained on all
real train rows of the domain, which nobody has. CLINC150 banking and travel, equal weight (twice
the real rows). Writes eval/results/few_shot_discriminator.json.
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
from corpusforge.core.seeding import rng
from eval import cells
from eval.data import RealData, clinc, domains, named, shots
from eval.expand.few_shot import META, TARGETS
from eval.predictions import RecordedBench, Recordings, packed, unpacked

__all__ = ["WAYS", "main", "pool_of"]

WAYS = ("random", "agreement", "discriminator, not adversarial", "discriminator", "oracle")
PER_INTENT = 16
KS, DRAWS = (1, 3, 5), (1, 2, 3, 4, 5)


def pool_of(work: Path, data: str, k: int, draw: int) -> tuple[list[str], list[str]]:
    """Texts and intents of the distinct candidates of one build.

    Raises:
        SystemExit: When the build is not there.
    """
    import pyarrow.parquet as pq

    name = f"{data} k={k} draw {draw}: {META}".replace(" ", "_").replace(":", "").replace(",", "")
    found = sorted((work / "runs" / name / "run" / "stages").glob("expand-*"))
    if not found:
        raise SystemExit(f"{work} has no build {name}: run eval.expand.few_shot first")
    columns = ["text", "intent", "origin", "score_intent"]
    rows = pq.read_table(found[-1] / "utterances.parquet", columns=columns).to_pylist()
    # Names of intents are generated rows too, but nobody judged them.
    made = [r for r in rows if r["origin"] == "gan" and r["score_intent"] is not None]
    dropped = pq.read_table(found[-1] / "dropped.parquet", columns=["text", "intent", "filter"])
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
        from corpusforge.expand.pretrained.background import Background, Text, text_digest
        from corpusforge.expand.pretrained.match_training import (
            MatchTraining,
            learn_match,
            vectors_of,
        )

        files = AdapterFiles.open(work / "adapter")
        self.trained = open_discriminator(files)
        rows = [
            (intent, Text(text))
            for domain in domains()
            if domain not in TARGETS
            for text, intent in zip(
                clinc(domain).train.texts, clinc(domain).train.intents, strict=True
            )
            # The same rows: those that stand in a test set were left out of the adapter's.
            if text_digest(text) in files.digests
        ]
        background = Background.of(rows, rng(seed, "meta-train.background"))
        with deterministic(seed):
            encoder = open_encoder("auto")
            vectors = vectors_of(encoder, background)
            settings = MatchTraining(seed=seed)
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
    rows = np.arange(len(texts))
    noise = rng(seed, "eval.discriminator", data.name).random(len(texts))
    exemplars = {
        label: [t for t, i in zip(real.texts, real.intents, strict=True) if i == label]
        for label in labels
    }
    vectors = encoder.encode(list(texts))
    centroids = np.stack([encoder.encode(own).mean(0) for own in exemplars.values()])
    nearest = (vectors @ (centroids / np.linalg.norm(centroids, axis=1, keepdims=True)).T).argmax(1)
    from sklearn.linear_model import LogisticRegression

    oracle = LogisticRegression(C=10.0, max_iter=300)
    oracle.fit(encoder.encode(data.train.texts), list(data.train.intents))
    right = oracle.predict(vectors) == np.array(intents)
    found = {
        "random": noise,
        "agreement": (nearest == place) + noise,
        "oracle": right + noise,
    }
    pairs = (("discriminator", judges.trained), ("discriminator, not adversarial", judges.plain))
    for name, match in pairs:
        table = match.posterior(list(texts), match.prototypes(exemplars))
        # As the build chooses: those above one half, in random order.
        found[name] = (table[rows, place] >= 0.5) + noise
    found["label accuracy"] = right.astype(np.float64)
    return found


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

    planned = []
    for name in TARGETS:
        for k in KS:
            for draw in DRAWS:
                spot = (name, k, draw)

                def measure_it(spot: tuple[str, int, int] = spot) -> dict[str, Any]:
                    return measure(work, spot, judges(), encoder, options.seed)

                parameters = {"data": name, "k": k, "draw": draw, "seed": options.seed}
                label = f"{name} k={k} draw {draw}"
                planned.append(cells.Cell(label, parameters, measure_it))
    there = [cell for cell in planned if _is_there(work, cell.parameters)]
    code = cells.code_digest([*cells.MEASURING, "eval.data", "eval.expand.discriminator"])
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


def _is_there(work: Path, parameters: Mapping[str, Any]) -> bool:
    try:
        pool_of(work, parameters["data"], parameters["k"], parameters["draw"])
    except (SystemExit, OSError):
        return False
    return True


if __name__ == "__main__":
    main()
