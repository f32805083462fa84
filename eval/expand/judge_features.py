"""What more the discriminator could know: the generator's likelihood ratio, and realness.

    python -m eval.expand.judge_features --work DIR [--base PATH]

DIR is the work folder of `eval.expand.few_shot`; its builds of CLINC150 banking and travel give
the candidates, 16 per intent at random. Whether one says its intent is what an oracle answers that
was trained on all real train rows of the domain: logistic regression on frozen MiniLM vectors,
which has the discriminator's encoder, and beside it a TF-IDF SVM, which does not. Features: the
logit of the discriminator; the generator's mean log probability per piece behind the own exemplars
less that behind those of the likeliest sibling intent (of the three that the discriminator finds
likeliest); the logit of a realness head on frozen MiniLM vectors (real rows that were not shown
against candidates; out of fold where the weights are fitted). The realness head and the weights of
all features are fitted on one of the two domains and measured on the other one: AUC, its
difference from the discriminator's with a 95 % interval over candidates, and the share of right
ones in the better half of each intent. Writes eval/results/judge_features.json.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt
import torch

from corpusforge.assess.encoder import Encoder, load_encoder
from corpusforge.assess.rows import Rows
from corpusforge.core.digests import digest
from corpusforge.core.run import read_json
from corpusforge.core.seeding import rng
from corpusforge.expand.gan.runtime import deterministic
from corpusforge.expand.pretrained.adapter import adapted_model, open_discriminator
from corpusforge.expand.pretrained.adapter_files import AdapterFiles
from corpusforge.expand.pretrained.background import Text
from corpusforge.expand.pretrained.base_model import find_base, open_base
from corpusforge.expand.pretrained.match import IntentMatch
from corpusforge.expand.pretrained.pieces import Pieces
from corpusforge.expand.pretrained.prompts import prompts_of
from eval import cells
from eval.data import named, shots
from eval.expand.discriminator import exemplars_of, oracle, pool_of
from eval.expand.few_shot import META, TARGETS, Spot, expanded
from eval.expand.out_of_scope import auc

__all__ = ["SETS", "Features", "better_half", "crossed", "log_probabilities", "main"]

Floats = npt.NDArray[np.float64]

PER_INTENT, SIBLINGS = 16, 3
KS, DRAW = (1, 3), 1
RESAMPLED = 1_000
SETS: Mapping[str, tuple[str, ...]] = {
    "discriminator": ("match",),
    "likelihood ratio": ("ratio",),
    "realness": ("realness",),
    "discriminator + likelihood ratio": ("match", "ratio"),
    "discriminator + realness": ("match", "realness"),
    "all": ("match", "ratio", "realness"),
}
_BATCH = 32


@dataclass(frozen=True)
class Features:
    """Candidates of one build, as columns.

    Attributes:
        intents: Labels.
        right: Oracle -> whether it agrees.
        match: Logit of the discriminator.
        ratio: Likelihood ratio, in nats per piece.
        vectors: Frozen MiniLM vectors, [candidates, width].
        real: The same of real rows that were not shown, [rows, width].
    """

    intents: npt.NDArray[np.str_]
    right: Mapping[str, npt.NDArray[np.bool_]]
    match: Floats
    ratio: Floats
    vectors: Floats
    real: Floats

    def table(self, names: Sequence[str], realness: Floats) -> Floats:
        """Columns of these names, [candidates, names]."""
        columns = {"match": self.match, "ratio": self.ratio, "realness": realness}
        return np.stack([columns[name] for name in names], axis=1)


def log_probabilities(model: Any, prompt: Sequence[int], texts: Sequence[Sequence[int]]) -> Floats:
    """Mean log probability per piece of texts behind one prompt, in nats, shape [texts].

    Args:
        model: A causal language model of transformers.
        prompt: Ids.
        texts: Ids of each text, its end included.
    """
    found = np.zeros(len(texts))
    order = sorted(range(len(texts)), key=lambda place: len(texts[place]))
    for start in range(0, len(order), _BATCH):
        places = order[start : start + _BATCH]
        longest = max(len(texts[place]) for place in places)
        ids = torch.zeros((len(places), len(prompt) + longest), dtype=torch.int64)
        ids[:, : len(prompt)] = torch.tensor(list(prompt))
        told = torch.zeros((len(places), longest), dtype=torch.bool)
        for row, place in enumerate(places):
            size = len(texts[place])
            ids[row, len(prompt) : len(prompt) + size] = torch.tensor(list(texts[place]))
            told[row, :size] = True
        # Causal: padding on the right changes nothing before it.
        with torch.inference_mode():
            hidden = model.base_model(input_ids=ids, use_cache=False).last_hidden_state
            logits = model.get_output_embeddings()(hidden[:, len(prompt) - 1 : -1]).float()
        likely = torch.log_softmax(logits, 2).gather(2, ids[:, len(prompt) :, None]).squeeze(2)
        means = (likely * told).sum(1) / told.sum(1)
        found[places] = means.double().numpy()
    return found


def better_half(scores: Floats, right: npt.NDArray[np.bool_], intents: Sequence[str]) -> float:
    """Share of right candidates among the better half of each intent."""
    chosen: list[int] = []
    labels = np.asarray(intents)
    for intent in sorted(set(labels.tolist())):
        own = np.flatnonzero(labels == intent)
        chosen += own[np.argsort(-scores[own], kind="stable")[: (len(own) + 1) // 2]].tolist()
    return float(right[chosen].mean())


def crossed(fitted_on: Features, measured_on: Features, judge: str, seed: int) -> dict[str, Any]:
    """Figures of each set of features: weights of one domain, measured on the other.

    Args:
        fitted_on: Weights and realness head come from it.
        measured_on: Figures come from it.
        judge: Which oracle says what is right.
        seed: Draws the head's real rows and the resampled candidates.

    Where an oracle finds all candidates of a domain right, or all wrong, there is nothing to
    tell apart: then "sets" is empty.
    """
    from sklearn.linear_model import LogisticRegression
    from sklearn.model_selection import cross_val_predict
    from sklearn.pipeline import make_pipeline
    from sklearn.preprocessing import StandardScaler

    known, right = fitted_on.right[judge], measured_on.right[judge]
    order = rng(seed, "eval.judge_features").permutation(len(fitted_on.real))
    real = fitted_on.real[order[: len(fitted_on.vectors)]]
    vectors = np.concatenate([real, fitted_on.vectors])
    is_real = np.arange(len(vectors)) < len(real)
    head = LogisticRegression(max_iter=500)
    folds = cross_val_predict(head, vectors, is_real, cv=5, method="decision_function")
    head.fit(vectors, is_real)
    own, other = folds[len(real) :], head.decision_function(measured_on.vectors)
    against = head.decision_function(measured_on.real)
    found: dict[str, Any] = {
        "right": float(right.mean()),
        "realness_auc": auc(other, against),
        "sets": {},
    }
    if len(set(known.tolist())) < 2 or len(set(right.tolist())) < 2:
        return found
    scores = {}
    for name, columns in SETS.items():
        weighing = make_pipeline(StandardScaler(), LogisticRegression(max_iter=500))
        weighing.fit(fitted_on.table(columns, own), known)
        scores[name] = weighing.decision_function(measured_on.table(columns, other))
        found["sets"][name] = {
            "auc": auc(scores[name][~right], scores[name][right]),
            "above_discriminator": _difference(scores[name], scores["discriminator"], right, seed),
            "better_half": better_half(scores[name], right, measured_on.intents.tolist()),
            "weights": dict(zip(columns, weighing[-1].coef_[0].tolist(), strict=True)),
        }
    return found


def _difference(
    ours: Floats, theirs: Floats, right: npt.NDArray[np.bool_], seed: int
) -> list[float]:
    """Difference of two AUC with its 95 % interval, over resampled candidates."""
    draws = rng(seed, "eval.judge_features.resampled")
    found = []
    for _ in range(RESAMPLED):
        rows = draws.integers(len(right), size=len(right))
        if 0 < right[rows].sum() < len(rows):
            found.append(_lead(ours[rows], theirs[rows], right[rows]))
    low, high = np.quantile(found, (0.025, 0.975))
    return [_lead(ours, theirs, right), float(low), float(high)]


def _lead(ours: Floats, theirs: Floats, right: npt.NDArray[np.bool_]) -> float:
    return auc(ours[~right], ours[right]) - auc(theirs[~right], theirs[right])


class _Opened:
    """The generator and the discriminator of the adapter."""

    def __init__(self, work: Path, base: str) -> None:
        files = AdapterFiles.open(work / "adapter")
        self.match: IntentMatch = open_discriminator(files)
        found = find_base(base, Path())
        if found is None:
            raise SystemExit("no pretrained model is found: name one with --base")
        model, self.tokenizer = open_base(found)
        self.model = adapted_model(files, model).eval()


def features_of(
    work: Path, data: str, k: int, opened: _Opened, seed: int, encoder: Encoder
) -> Features:
    """Features of the candidates of one build."""
    whole = named(data)
    real, others = shots(whole.train, k, rng(seed, "eval.grid", whole.name, k, DRAW))
    texts, labels = _drawn(pool_of(work, data, k, DRAW), seed)
    vectors = encoder.encode(texts)
    exemplars = exemplars_of(real)
    names = list(exemplars)
    own = np.array([names.index(label) for label in labels])
    with deterministic(seed):
        table = opened.match.posterior(texts, opened.match.prototypes(exemplars))[:, :-1]
        ratio = _likelihood_ratios(opened, exemplars, texts, own, table, seed)
    chance = np.clip(table[np.arange(len(texts)), own], 1e-6, 1 - 1e-6)
    return Features(
        np.array(labels),
        _oracles(whole.train, texts, labels, encoder),
        np.log(chance / (1 - chance)),
        ratio,
        vectors.astype(np.float64),
        encoder.encode(others.texts).astype(np.float64),
    )


def _oracles(
    train: Rows, texts: Sequence[str], labels: Sequence[str], encoder: Encoder
) -> dict[str, npt.NDArray[np.bool_]]:
    """Whether classifiers of all real train rows find the label in each text."""
    from sklearn.feature_extraction.text import TfidfVectorizer
    from sklearn.pipeline import make_pipeline
    from sklearn.svm import LinearSVC

    words = make_pipeline(TfidfVectorizer(ngram_range=(1, 2), sublinear_tf=True), LinearSVC())
    words.fit(list(train.texts), list(train.intents))
    said = {"MiniLM": oracle(train, texts, encoder), "TF-IDF": words.predict(list(texts))}
    return {name: answers == np.array(labels) for name, answers in said.items()}


def _likelihood_ratios(
    opened: _Opened,
    exemplars: Mapping[str, Sequence[str]],
    texts: Sequence[str],
    own: npt.NDArray[np.int64],
    table: Floats,
    seed: int,
) -> Floats:
    """Likelihood ratio of each text between its intent and the likeliest sibling."""
    pieces = Pieces(opened.tokenizer, [], texts)
    said = [[*pieces.said(text), pieces.end_id] for text in texts]
    siblings = table.copy()
    siblings[np.arange(len(texts)), own] = -1.0
    asked = np.concatenate([own[:, None], np.argsort(-siblings, axis=1)[:, :SIBLINGS]], axis=1)
    found = np.full((len(texts), len(exemplars)), -np.inf)
    for place, (intent, rows) in enumerate(exemplars.items()):
        shown = [Text(text) for text in rows]
        draws = rng(seed, "eval.judge_features.prompt", intent)
        (prompt,) = prompts_of(pieces, intent, shown, (), 1, draws)
        wanted = np.flatnonzero((asked == place).any(axis=1))
        found[wanted, place] = log_probabilities(opened.model, prompt, [said[i] for i in wanted])
    rows_ = np.arange(len(texts))
    mine = found[rows_, own]
    found[rows_, own] = -np.inf
    result: Floats = mine - found.max(axis=1)
    return result


def _drawn(pool: tuple[list[str], list[str]], seed: int) -> tuple[list[str], list[str]]:
    """Some of each intent, at random."""
    labels = np.array(pool[1])
    chosen: list[int] = []
    for intent in sorted(set(pool[1])):
        own = np.flatnonzero(labels == intent)
        draws = rng(seed, "eval.judge_features.draw", intent)
        chosen += draws.permutation(own)[:PER_INTENT].tolist()
    return [pool[0][i] for i in chosen], [pool[1][i] for i in chosen]


def main(arguments: Sequence[str] | None = None) -> None:
    """Run the command."""
    parser = cells.command_line("eval.expand.judge_features", __doc__)
    parser.add_argument("--base", default="auto", help="pretrained model; auto")
    options = parser.parse_args(arguments)
    work = options.work.resolve()
    encoder = load_encoder(None)
    opened: list[_Opened] = []

    def measure(k: int) -> dict[str, Any]:
        if not opened:
            opened.append(_Opened(work, options.base))
        one, other = (
            features_of(work, data, k, opened[0], options.seed, encoder) for data in TARGETS
        )
        return {
            data: {name: crossed(*pair, name, options.seed) for name in one.right}
            for data, pair in ((TARGETS[1], (one, other)), (TARGETS[0], (other, one)))
        }

    adapter = digest((work / "adapter" / "meta.json").read_bytes())
    planned, missing = [], {}
    for k in KS:
        builds = [expanded(work, Spot(data, k, DRAW, META)) for data in TARGETS]
        names = [found.name for found in builds if found is not None]
        parameters = {"k": k, "seed": options.seed, "builds": names, "adapter": adapter}
        if len(names) < len(TARGETS):
            missing[f"k={k}"] = "its builds were not made"
            continue
        planned.append(cells.Cell(f"k={k}", parameters, partial(measure, k)))
    judging = [f"corpusforge.expand.pretrained.{name}" for name in ("match", "pieces", "prompts")]
    parts_of = ("discriminator", "judge_features", "out_of_scope")
    own = ["eval.data", *(f"eval.expand.{name}" for name in parts_of)]
    code = cells.code_digest([*cells.MEASURING, *judging, *own])
    outcome = cells.run(planned, work / "judge_features", code, options.cpu_hours)
    outcome.not_run |= missing
    parts = {
        "base": read_json(work / "adapter" / "meta.json")["base"],
        "per_intent": PER_INTENT,
        "cells": outcome.figures,
    }
    cells.write("judge_features", "eval.expand.judge_features", options.seed, outcome, parts)


if __name__ == "__main__":
    main()
