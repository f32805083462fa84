"""A wake word from the shipped recipe: recall on held-out voices, false accepts per hour.

    python -m eval.speech.wake_word --work DIR [--quick]

The recipe `wake_word` is built once; a small detector is then trained twice, on all negatives and
without those that sound like the wake word (near misses, parts, swaps), as generators without
them do. Both set their threshold on validation voices, for at most 0.5 false accepts per hour of
what they know and 10 % of what sounds alike, and are counted on the same test streams. All of it
is synthetic speech: what a detector does among people it does not tell.
"""

from __future__ import annotations

import sys
from collections.abc import Iterator, Mapping
from functools import partial
from pathlib import Path
from typing import Any

from corpusforge import api
from corpusforge.assess.wake_net import DetectorTraining
from corpusforge.assess.wake_word import measure_detector
from corpusforge.core.wake import NEGATIVE_INTENTS
from eval.cells import Cell, code_digest, command_line, run, write

ARMS: Mapping[str, tuple[str, ...]] = {
    "all negatives": (),
    "ordinary speech only": tuple(name for name in NEGATIVE_INTENTS if name != "other_speech"),
}
SEEDS = 1


def build(work: Path, clips: int) -> Path:
    """The run folder, built up to its clips; resumed when it is there in part."""
    out = work / f"wake_word-{clips}"
    api.build("wake_word", out, until="audio_gate", overrides=[f"speech.clips={clips}"])
    return out


def measure(work: Path, arm: str, seed: int, clips: int, steps: int) -> dict[str, Any]:
    """One training: figures of validation and test."""
    _, account = measure_detector(
        build(work, clips),
        seed=seed,
        training=DetectorTraining(steps=steps),
        unheard=ARMS[arm],
    )
    splits = account["splits"]
    return {
        "threshold": account["threshold"],
        "window_s": account["window_s"],
        **{
            split: {
                name: value for name, value in splits[split].items() if "by_speaker" not in name
            }
            for split in ("validation", "test")
        },
    }


def table(result: Mapping[str, Any]) -> Iterator[str]:
    """The result as Markdown."""
    kinds = list(NEGATIVE_INTENTS)
    yield (
        "| trained on | seed | recall | false accepts per hour of ordinary speech (95 %) | "
        f"taken for it: {', '.join(kinds)} |"
    )
    yield "|---|---|---|---|---|"
    for name, found in sorted(result["cells"].items()):
        test = found["test"]
        arm, _, seed = name.rpartition(", seed ")
        by_intent = ", ".join(
            f"{test['taken_by_intent'].get(kind, 0)} of {test['negatives_by_intent'].get(kind, 0)}"
            for kind in kinds
        )
        yield (
            f"| {arm} | {seed} | {100 * test['recall']:.1f} % ({100 * test['recall_low']:.0f} to "
            f"{100 * test['recall_high']:.0f}; {test['positives']} clips, {test['speakers']} "
            f"voices) | {test['false_accepts_per_hour']:.1f} in {test['hours']:.2f} h (at most "
            f"{test['false_accepts_per_hour_upper']:.1f}) | {by_intent} |"
        )


def main(arguments: list[str] | None = None) -> int:
    """Measure, print and write the result."""
    parser = command_line("eval.speech.wake_word", __doc__)
    parser.add_argument("--quick", action="store_true", help="a few clips; nothing is written")
    options = parser.parse_args(arguments)
    clips, steps, seeds = (150, 10, 1) if options.quick else (3000, 200, SEEDS)
    code = code_digest(
        f"corpusforge.assess.{name}"
        for name in ("keyword_cnn", "wake_features", "wake_net", "wake_word")
    )
    cells = [
        Cell(
            f"{arm}, seed {seed}",
            {"clips": clips, "steps": steps, "unheard": list(unheard), "seed": seed},
            partial(measure, options.work, arm, seed, clips, steps),
        )
        for seed in range(options.seed, options.seed + seeds)
        for arm, unheard in ARMS.items()
    ]
    outcome = run(cells, options.work / "cells", code, options.cpu_hours, quiet=options.quick)
    parts = {
        "corpus": "shipped recipe wake_word, all of it synthetic; splits share no speaker of an "
        "engine that has three",
        "protocol": {"clips": clips, "steps": steps, "target_per_hour": 0.5},
        "cells": outcome.figures,
    }
    for line in table(parts):
        print(line)
    if not options.quick:
        write("wake_word", "eval.speech.wake_word", options.seed, outcome, parts)
    return 0


if __name__ == "__main__":
    sys.exit(main())
