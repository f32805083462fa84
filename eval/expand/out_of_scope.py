"""Rows out of scope: what near misses of the generator teach a classifier to refuse.

    python -m eval.expand.out_of_scope --work DIR --adapter FOLDER [--base PATH] [--cpu-hours 2]

CLINC150 banking with k = 5 and 10 real rows per intent in 2 draws. A build with an adapter gives
generated rows of the intents and, with `expand.out_of_scope`, rows out of scope; classifiers with
that one class more are tested on all banking test rows and on CLINC150's test rows out of scope.
Beside them, with as many texts of equal weight: words of all train rows, shuffled over texts of
their lengths (texts of an unrelated kind), and CLINC150's own train rows out of scope (which
nobody has beforehand). Without the class a classifier refuses nothing: it is given a threshold
on its confidence, read off the test rows so that as many banking rows are right as with the near
misses (or all that can be), which favours it. The adapter must not have seen banking: that of
`eval.expand.few_shot` has not. Limits are the recipe's defaults and were not tuned on banking.
Writes eval/results/few_shot_out_of_scope.json.
"""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt

from corpusforge.assess.classifiers import Classifier, Fitted, classifiers
from corpusforge.assess.encoder import Encoder, load_encoder
from corpusforge.assess.intervals import mean_interval
from corpusforge.assess.rows import Rows
from corpusforge.core.digests import digest
from corpusforge.core.run import read_json
from corpusforge.core.seeding import rng
from eval import cells
from eval.data import RealData, data_folder, named, shots
from eval.expand.few_shot import EXPANDING, ROWS_PER_INTENT
from eval.predictions import packed, unpacked
from eval.todays_generator import generated

__all__ = [
    "ARMS",
    "Side",
    "auc",
    "confidence",
    "main",
    "measure",
    "refused_at",
    "shuffled",
    "summary",
]

DATA, KS, DRAWS = "banking", (5, 10), (1, 2)
LABEL = "out_of_scope"
ROWS = ROWS_PER_INTENT
"""Rows out of scope asked for: as many as of an intent."""
KEYS = "adapter: {adapter}, base: {base}, max_candidates: 3, out_of_scope: {{rows: {rows}}}"
THRESHOLD, NEAR, SHUFFLED, OWN = (
    "threshold on the confidence",
    "near misses of the generator",
    "shuffled words of the train rows",
    "real rows out of scope",
)
ARMS = (THRESHOLD, NEAR, SHUFFLED, OWN)


@dataclass(frozen=True)
class Side:
    """Texts out of scope of a data set.

    Attributes:
        train: To learn from.
        test: To be refused.
    """

    train: tuple[str, ...]
    test: tuple[str, ...]

    @classmethod
    def clinc(cls) -> Side:
        """Those of CLINC150: none of its 150 intents."""
        path = data_folder() / "clinc150" / "data_full.json"
        splits = json.loads(path.read_text(encoding="utf-8"))
        train, test = (
            tuple(text for text, _ in splits[name]) for name in ("oos_train", "oos_test")
        )
        return cls(tuple(text for text in train if text not in set(test)), test)


def shuffled(rows: Rows, count: int, generator: np.random.Generator) -> list[str]:
    """Texts as long as the rows in turn, of words drawn from all rows, folded."""
    words = [text.split() for text in rows.folded]
    pool = [word for text in words for word in text]
    texts = []
    for place in range(count):
        length = len(words[place % len(words)])
        texts.append(" ".join(pool[i] for i in generator.integers(len(pool), size=length)))
    return texts


def confidence(fitted: Fitted, texts: Sequence[str], *, one_vs_rest: bool) -> npt.NDArray[Any]:
    """How sure a classifier is of its answer, shape [texts], higher = more sure.

    Args:
        fitted: The classifier.
        texts: What it answers.
        one_vs_rest: Its scores are decision values of one machine per intent, and the largest
            counts; else they are logits, and the log probability does.
    """
    scores = fitted.scores(texts)
    largest: npt.NDArray[np.float64] = scores.max(1)
    if one_vs_rest:
        return largest
    result: npt.NDArray[np.float64] = largest - np.logaddexp.reduce(scores, axis=1)
    return result


def refused_at(sure: npt.NDArray[np.float64], right: npt.NDArray[np.bool_], wanted: int) -> float:
    """The highest threshold at which `wanted` right answers are kept (those not below it).

    Where there are fewer right answers, all are kept; -inf where there are none.

    Args:
        sure: Confidence of each answer.
        right: Whether it is right.
        wanted: Right answers to keep, at least 0.
    """
    kept = np.sort(sure[right])[::-1]
    if wanted == 0:
        return float("inf")
    return float(kept[min(wanted, len(kept)) - 1]) if len(kept) else float("-inf")


def auc(inside: npt.NDArray[np.float64], outside: npt.NDArray[np.float64]) -> float:
    """Chance that a text out of scope looks further out than one in scope; .5 = blind.

    By ranks (Mann and Whitney 1947, Annals of Mathematical Statistics 18): fast enough for
    resampling. Both sides must hold something.
    """
    from scipy.stats import rankdata

    ranks = rankdata(np.concatenate([inside, outside]))[len(inside) :]
    above = float(ranks.sum()) - len(outside) * (len(outside) + 1) / 2
    return above / (len(inside) * len(outside))


@dataclass(frozen=True)
class _Found:
    """Answers of one classifier: shapes [in-scope rows] twice, [rows out of scope], one number."""

    right: npt.NDArray[np.bool_]
    refused: npt.NDArray[np.bool_]
    auc: float

    def to_json(self) -> dict[str, Any]:
        return {
            "right": packed(self.right[None]),
            "refused": packed(self.refused[None]),
            "auc": round(self.auc, 4),
        }


def _with_class(fitted: Fitted, test: Rows, outside: Sequence[str]) -> _Found:
    place = fitted.intents.index(LABEL)
    excess = []
    for texts in (test.texts, outside):
        scores = fitted.scores(texts)
        excess.append(scores[:, place] - np.delete(scores, place, axis=1).max(1))
    right = fitted.predict(test.texts) == np.array(test.intents, dtype=object)
    return _Found(right, fitted.predict(outside) == LABEL, auc(*excess))


def _with_threshold(
    classifier: Classifier, fitted: Fitted, test: Rows, outside: Sequence[str], wanted: int | None
) -> _Found:
    """Without the class: answers less sure than a threshold are refused; None = nothing is."""
    svm = classifier.name == "tfidf-svm"
    inside, out = (confidence(fitted, texts, one_vs_rest=svm) for texts in (test.texts, outside))
    right = fitted.predict(test.texts) == np.array(test.intents, dtype=object)
    least = float("-inf") if wanted is None else refused_at(inside, right, wanted)
    return _Found(right & (inside >= least), out < least, auc(-inside, -out))


def measure(
    data: RealData,
    side: Side,
    spot: tuple[int, int],
    encoder: Encoder,
    work: Path,
    seed: int,
    keys: Mapping[str, str],
) -> dict[str, Any]:
    """All arms of one draw.

    Args:
        data: In-scope rows.
        side: Texts out of scope.
        spot: Real rows per intent, number of the draw.
        encoder: Of the second classifier.
        work: Folder for the build.
        seed: Of everything.
        keys: Adapter and base of the build.
    """
    k, draw = spot
    real, _ = shots(data.train, k, rng(seed, "eval.grid", data.name, k, draw))
    key = seed * 1_000 + draw
    folder = work / "runs" / f"{data.name}_k={k}_draw_{draw}_out_of_scope"
    count = ROWS_PER_INTENT * len(set(real.intents))
    settings = KEYS.format(**keys, rows=ROWS)
    made = generated(real, count, key, folder, settings, publish=True)
    of_none = np.array([intent == LABEL for intent in made.rows.intents], dtype=bool)
    inside, near = made.rows.where(~of_none), made.rows.where(of_none)
    extras = _extras(real, near, side, key)
    figures: dict[str, Any] = {
        "classifiers": {},
        "rows": len(inside),
        "near_misses": len(near),
        "weight": round(float(near.weights.sum()), 4),
        "why": made.why,
        "cpu_s": made.cpu_s,
    }
    for classifier in classifiers(encoder):
        table: dict[str, _Found] = {}
        for arm, rows in extras.items():
            fitted = _fit(classifier, real, inside.plus(rows), key)
            table[arm] = _with_class(fitted, data.test, side.test)
        wanted = int(table[NEAR].right.sum()) if NEAR in table else None
        plain = _fit(classifier, real, inside, key)
        table[THRESHOLD] = _with_threshold(classifier, plain, data.test, side.test, wanted)
        whole = _with_threshold(classifier, plain, data.test, side.test, None)
        figures["classifiers"][classifier.name] = {
            "arms": {arm: table[arm].to_json() for arm in ARMS if arm in table},
            "accuracy_without_refusing": float(whole.right.mean()),
        }
    return figures


def _extras(real: Rows, near: Rows, side: Side, key: int) -> dict[str, Rows]:
    """Rows of the class out of scope by arm, of equal weight in all; none without near misses."""
    if not len(near):
        return {}
    own = rng(key, "out_of_scope", OWN).permutation(len(side.train))[: len(near)]
    others = {
        SHUFFLED: shuffled(real, len(near), rng(key, "out_of_scope", SHUFFLED)),
        OWN: [side.train[place] for place in own],
    }
    extras = {NEAR: near}
    for arm, texts in others.items():
        weights = np.full(len(texts), near.weights.sum() / max(len(texts), 1))
        extras[arm] = Rows.labelled(texts, [LABEL] * len(texts), origin=arm, weights=weights)
    return extras


def _fit(classifier: Classifier, real: Rows, extra: Rows, key: int) -> Fitted:
    c = classifier.tune(real, extra if len(extra) else None, rng(key, "out_of_scope.tune"))
    return classifier.fit(real.plus(extra), c)


def summary(found: Sequence[Mapping[str, Any]], seed: int) -> dict[str, Any]:
    """Accuracy in scope, recall out of scope and AUC of one k, mean over draws."""
    table: dict[str, Any] = {}
    for name in found[0]["classifiers"]:
        with_rows = [f["classifiers"][name] for f in found if f["near_misses"]]
        arms: dict[str, Any] = {}
        for arm in ARMS:
            own = [f["arms"][arm] for f in with_rows]
            if not own:
                continue
            right, refused = (_whole(own, part) for part in ("right", "refused"))
            theirs = _whole([f["arms"][NEAR] for f in with_rows], "refused")
            less = mean_interval(
                theirs.astype(float) - refused, rng(seed, "eval.out_of_scope", name, arm)
            )
            arms[arm] = {
                "accuracy": round(100 * float(right.mean()), 2),
                "recall": round(100 * float(refused.mean()), 2),
                "near_misses_gain_pp": [round(100 * value, 2) for value in less],
                "auc": round(float(np.mean([f["auc"] for f in own])), 4),
            }
        unrefused = [f["classifiers"][name]["accuracy_without_refusing"] for f in found]
        table[name] = {
            "arms": arms,
            "accuracy_without_refusing": round(100 * float(np.mean(unrefused)), 2),
        }
    names = ("rows", "near_misses", "weight", "cpu_s", "why")
    return {
        "draws": sum(f["near_misses"] > 0 for f in found),
        "classifiers": table,
        "generated": [{part: f[part] for part in names if f[part] != ""} for f in found],
    }


def _whole(own: Sequence[Mapping[str, Any]], part: str) -> npt.NDArray[np.bool_]:
    return np.concatenate([unpacked(f[part]) for f in own])


def main(arguments: Sequence[str] | None = None) -> None:
    """Run the command."""
    parser = cells.command_line("eval.expand.out_of_scope", __doc__)
    parser.add_argument("--adapter", type=Path, required=True, help="of `corpusforge meta-train`")
    parser.add_argument("--base", default="auto", help="pretrained model; auto")
    options = parser.parse_args(arguments)
    encoder = load_encoder(None)
    work, folder = options.work.resolve(), options.adapter.resolve()
    base = "auto" if options.base == "auto" else str(Path(options.base).resolve())
    keys = {"adapter": str(folder), "base": base}
    data, side = named(DATA), Side.clinc()
    planned = []
    for k in KS:
        for draw in DRAWS:

            def measure_it(spot: tuple[int, int] = (k, draw)) -> dict[str, Any]:
                return measure(data, side, spot, encoder, work, options.seed, keys)

            parameters = {
                "data": DATA,
                "k": k,
                "draw": draw,
                "rows": ROWS,
                "keys": KEYS,
                "adapter": digest((folder / "meta.json").read_bytes()),
                "seed": options.seed,
            }
            planned.append(cells.Cell(f"{DATA} k={k} draw {draw}", parameters, measure_it))
    own = ("eval.data", "eval.todays_generator", "eval.expand.out_of_scope")
    modules = [*cells.MEASURING, *own, *EXPANDING, "corpusforge.expand.out_of_scope"]
    code = cells.code_digest(modules)
    outcome = cells.run(planned, work / "few_shot_out_of_scope", code, options.cpu_hours)
    groups: dict[str, list[Mapping[str, Any]]] = {}
    for cell in planned:
        if cell.name in outcome.figures:
            name = f"{cell.parameters['data']} k={cell.parameters['k']}"
            groups.setdefault(name, []).append(outcome.figures[cell.name])
    meta = read_json(folder / "meta.json")
    parts = {
        "command": "python -m eval.expand.out_of_scope --work DIR --adapter FOLDER",
        "arms": list(ARMS),
        "encoder": encoder.name,
        "adapter": {name: meta[name] for name in ("base", "texts", "intents")},
        "test_rows": len(data.test),
        "test_rows_out_of_scope": len(side.test),
        "wanted": ROWS,
        "cells": {name: summary(found, options.seed) for name, found in groups.items()},
        "cpu_seconds_by_cell": outcome.cpu_s,
    }
    module = "eval.expand.out_of_scope"
    cells.write("few_shot_out_of_scope", module, options.seed, outcome, parts)


if __name__ == "__main__":
    main()
