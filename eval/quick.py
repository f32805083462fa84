"""Every protocol of the evidence in small, in under 90 CPU seconds: does it still run?

    python -m eval.quick

Its figures mean nothing and are not kept. With CORPUSFORGE_DATA it takes pieces of the real
sets, without it a toy set. The encoder is TF-IDF -> SVD; today's generator has its own tests
and is left out, as is speech.
"""

from __future__ import annotations

import sys
import tempfile
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

import numpy as np

from corpusforge.assess import controls
from corpusforge.assess.encoder import SvdEncoder
from corpusforge.assess.rows import Rows
from corpusforge.core.seeding import rng
from eval import planted_truth, rare_intents, usefulness_grid
from eval.assess_cost import assess_once
from eval.cells import cpu_s
from eval.data import RealData, clinc, missing, shots
from eval.planting import Repeat, Setting
from eval.predictions import Recordings
from eval.todays_generator import Generated

__all__ = ["main", "real_piece", "run_all", "toy"]

_CONDITIONS = ("oracle", "random labels", "duplicated", "leak 5 %", "generation 2")
_TOPICS = ("balance", "transfer", "report_fraud", "routing", "bill_due", "pin_change")
_WORDS = {
    "balance": ("how much money", "is left in", "what is the balance of"),
    "transfer": ("move money", "send cash", "transfer funds"),
    "report_fraud": ("a charge i did not make", "someone stole from", "report fraud on"),
    "routing": ("routing number", "which routing digits", "the routing code"),
    "bill_due": ("when is the bill due", "last day to pay", "due date"),
    "pin_change": ("new pin", "change the pin", "reset the secret number"),
}
_ENDS = ("my account", "the savings", "chase", "my card", "the bank", "checking", "this month")
_STARTS = ("please", "hey", "can you tell me", "i need", "so", "quick question", "help")


def toy(rows_per_intent: int = 40) -> RealData:
    """A made-up set of six intents whose sentences are put together from parts."""
    texts: list[str] = []
    intents: list[str] = []
    for topic in _TOPICS:
        said = [f"{a} {b} {c}" for a in _STARTS for b in _WORDS[topic] for c in _ENDS]
        order = rng(1, "eval.toy", topic).permutation(len(said))
        texts += [said[i] for i in order[: rows_per_intent + 10]]
        intents += [topic] * (rows_per_intent + 10)
    whole = Rows.labelled(texts, intents)
    test, train = shots(whole, 10, rng(1, "eval.toy", "test"))
    return RealData("toy", train, test, 0)


def real_piece() -> RealData:
    """Six intents of CLINC150's banking domain."""
    banking = clinc("banking")
    return RealData(
        "banking",
        banking.train.where([intent in _TOPICS for intent in banking.train.intents]),
        banking.test.where([intent in _TOPICS for intent in banking.test.intents]),
        banking.left_out,
    )


def run_all(data: RealData) -> dict[str, Any]:
    """Every protocol on a small data set; its figures and CPU seconds."""
    encoder = SvdEncoder()
    encoder.prepare(data.train.texts)
    with tempfile.TemporaryDirectory() as name:
        work = Path(name)

        def planted() -> Any:
            other = data.train.with_intents([f"other {intent}" for intent in data.train.intents])
            setting = Setting(data, other, shots=3, planted=8)
            recordings = Recordings(work / "predictions")
            found = {
                condition: planted_truth.judge(Repeat(setting, 1), condition, encoder, recordings)
                for condition in _CONDITIONS
            }
            return planted_truth.summary({1: found})

        def grid() -> Any:
            real, _ = shots(data.train, 3, rng(1, "eval.quick"))
            made = Generated(controls.eda(real, 30, rng(1, "eval.quick")), "", 0.0)
            found = usefulness_grid.arms(real, made, 30, data, encoder, work, seed=1)
            found["generator"] = {}
            return usefulness_grid.summary([found], 1)

        def rare() -> Any:
            found = rare_intents.measure_rare(data, encoder, 0.05, 1, 1, None)
            is_rare = np.array([name == rare_intents.INTENT for name in data.test.intents])
            return rare_intents.summary([found], is_rare, 0.05, 1)

        def command_line() -> Any:
            real, others = shots(data.train, 3, rng(1, "eval.quick"))
            corpus, _ = shots(others, 10, rng(1, "eval.quick"))
            return assess_once(corpus, real, data.test, "--encoder", "tfidf-svd")[0]

        protocols: Mapping[str, Callable[[], Any]] = {
            "planted_truth": planted,
            "usefulness_grid": grid,
            "rare_intents": rare,
            "assess_cost": command_line,
        }
        found: dict[str, Any] = {}
        for protocol, measure in protocols.items():
            before_s = cpu_s()
            figures = measure()
            found[protocol] = {"figures": figures, "cpu_s": round(cpu_s() - before_s, 1)}
    return found


def main() -> None:
    """Run the command."""
    why = missing()
    if why:
        print(f"toy set: {why}", file=sys.stderr)
    found = run_all(toy() if why else real_piece())
    for protocol, one in found.items():
        print(f"{protocol}: {one['cpu_s']} CPU s")
    print(f"in all: {sum(one['cpu_s'] for one in found.values()):.1f} CPU s")


if __name__ == "__main__":
    main()
