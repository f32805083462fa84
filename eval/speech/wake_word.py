"""A wake word from the shipped recipe: recall on held-out voices, false accepts per hour.

    python -m eval.speech.wake_word --work DIR [--clips N] [--ordinary N] [--quick]

The recipe `wake_word` is built once; a small detector is then trained twice, on all negatives and
without those that sound like the wake word (near misses, parts, swaps), as generators without
them do. Both set their threshold on validation voices, for at most 0.5 false accepts per hour of
what they know and 10 % of what sounds alike, and are counted on the same test voices: on the
recipe's own phrases, and on ordinary sentences and near misses that it does not hold
(`eval.speech.wake_others`). All of it is synthetic speech: what a detector does among people it
does not tell.
"""

from __future__ import annotations

import sys
from collections.abc import Iterator, Mapping
from functools import partial
from pathlib import Path
from typing import Any

from corpusforge import api
from corpusforge.assess.clips import clip_files
from corpusforge.assess.wake_train import DetectorTraining
from corpusforge.assess.wake_word import measure_detector, measure_negatives
from corpusforge.core import plugins
from corpusforge.core.wake import CONFUSABLE_INTENTS, NEGATIVE_INTENTS
from eval.cells import Cell, code_digest, command_line, run, write
from eval.speech.wake_others import other_clips
from eval.statistics import rate
from eval.table_head import head, not_run

ARMS: Mapping[str, tuple[str, ...]] = {
    "all negatives": (),
    "ordinary speech only": CONFUSABLE_INTENTS,
}


def build(work: Path, clips: int) -> Path:
    """The run folder, built up to its clips; resumed when it is there in part."""
    out = work / f"wake_word-{clips}"
    api.build("wake_word", out, until="audio_gate", overrides=[f"speech.clips={clips}"])
    return out


def measure(
    work: Path, arm: str, seed: int, clips: int, ordinary: int, steps: int
) -> dict[str, Any]:
    """One training: figures of validation and test, and of speech that the recipe lacks."""
    corpus = build(work, clips)
    detector, account = measure_detector(
        corpus, seed=seed, training=DetectorTraining(steps=steps), unheard=ARMS[arm]
    )
    heard = {file.speaker for file in clip_files(corpus) if file.split != "test"}
    speakers = {file.speaker for file in clip_files(corpus)} - heard
    others = other_clips(work, ordinary, sorted(speakers))
    splits = account["splits"]
    return {
        **{name: account[name] for name in ("threshold", "window_s", "targets_met_on_validation")},
        **{
            split: {
                **{
                    name: value for name, value in splits[split].items() if "by_speaker" not in name
                },
                "by_engine": _by_engine(splits[split]),
            }
            for split in ("validation", "test")
        },
        "speakers_shared": account["speakers_shared"],
        "others": {
            **measure_negatives(detector, others, seed=seed),
            "speakers": len({file.speaker for file in others}),
        },
    }


def _by_engine(found: Mapping[str, Any]) -> dict[str, dict[str, Any]]:
    """Recall per engine, with an interval over clips, and how many voices it stands for."""
    counts: dict[str, list[int]] = {}
    for who, share in found["recall_by_speaker"].items():
        own = counts.setdefault(who.partition("/")[0], [0, 0, 0])
        clips = found["positives_by_speaker"][who]
        own[0] += round(share * clips)
        own[1] += clips
        own[2] += 1
    return {
        engine: {**rate(right, clips), "speakers": speakers}
        for engine, (right, clips, speakers) in sorted(counts.items())
    }


def table(result: Mapping[str, Any]) -> Iterator[str]:
    """The result as Markdown."""
    yield "| trained on | seed | voices | recall % (95 %; clips, voices) |"
    yield "|---|---|---|---|"
    for name, found in sorted(result["cells"].items()):
        arm, _, seed = name.rpartition(", seed ")
        test = found["test"]
        yield (
            f"| {arm} | {seed} | all | {_percent(test['recall'])} "
            f"({_percent(test['recall_low'])} to {_percent(test['recall_high'])}; "
            f"{test['positives']}, {test['speakers']}) |"
        )
        for engine, one in test["by_engine"].items():
            yield (
                f"| {arm} | {seed} | {engine} | {_percent(one['share'])} ({_percent(one['low'])} "
                f"to {_percent(one['high'])}; {one['of']}, {one['speakers']}) |"
            )
    yield ""
    yield (
        "| trained on | seed | heard | false accepts in ordinary speech | per hour (at most, "
        "95 %) | taken for it, % (95 %) |"
    )
    yield "|---|---|---|---|---|---|"
    for name, found in sorted(result["cells"].items()):
        arm, _, seed = name.rpartition(", seed ")
        for what, one in (
            ("the recipe's phrases", found["test"]),
            ("phrases that it lacks", found["others"]),
        ):
            yield (
                f"| {arm} | {seed} | {what} | {one['false_accepts']} in {one['hours']:.2f} h | "
                f"{one['false_accepts_per_hour']:.1f} ({one['false_accepts_per_hour_upper']:.1f}) "
                f"| {_taken(one)} |"
            )

    yield ""
    yield from _other_thresholds(result)


def _other_thresholds(result: Mapping[str, Any]) -> Iterator[str]:
    """What the same detectors would give at other thresholds, on the recipe's own phrases."""
    yield (
        "| trained on | threshold | recall % | false accepts in ordinary speech | near misses, "
        "parts, swaps taken, % |"
    )
    yield "|---|---|---|---|---|"
    for name, found in sorted(result["cells"].items()):
        test = found["test"]
        for one in test["curve"]:
            shares = ", ".join(
                _percent(one["taken_by_intent"][kind] / test["negatives_by_intent"][kind])
                for kind in CONFUSABLE_INTENTS
            )
            yield (
                f"| {name.rpartition(', seed ')[0]} | {one['threshold']} | "
                f"{_percent(one['recall'])} | {one['false_accepts']} in {test['hours']:.2f} h | "
                f"{shares} |"
            )


def _taken(found: Mapping[str, Any]) -> str:
    """Share of the clips of each kind that were taken for the wake word."""
    shown = []
    for kind in NEGATIVE_INTENTS:
        clips = found["negatives_by_intent"].get(kind, 0)
        if clips:
            one = rate(found["taken_by_intent"].get(kind, 0), clips)
            shown.append(
                f"{kind} {_percent(one['share'])} ({_percent(one['low'])} to "
                f"{_percent(one['high'])}; {clips})"
            )
    return ", ".join(shown)


def _percent(share: float) -> str:
    return f"{100 * share:.1f}"


def section(result: dict[str, Any]) -> Iterator[str]:
    """For RESULTS.md."""
    yield "## A small detector of a wake word, on voices that it did not hear"
    yield ""
    yield from head(result)
    yield f"{result['corpus']}. {result['protocol']['clips']} clips."
    yield ""
    yield from table(result)
    yield ""
    yield from not_run(result)


def main(arguments: list[str] | None = None) -> int:
    """Measure, print and write the result."""
    parser = command_line("eval.speech.wake_word", __doc__)
    parser.add_argument("--clips", type=int, default=12000, help="of the recipe (12,000)")
    parser.add_argument("--ordinary", type=int, default=3000, help="sentences besides (3,000)")
    parser.add_argument("--quick", action="store_true", help="a few clips; nothing is written")
    options = parser.parse_args(arguments)
    clips, ordinary, steps = options.clips, options.ordinary, DetectorTraining().steps
    if options.quick:
        clips, ordinary, steps = 150, 60, 10
    code = code_digest(
        f"corpusforge.assess.{name}"
        for name in ("clips", "wake_features", "wake_net", "wake_train", "wake_word")
    )
    cells = [
        Cell(
            f"{arm}, seed {options.seed}",
            {
                "clips": clips,
                "ordinary": ordinary,
                "steps": steps,
                "unheard": list(unheard),
                "seed": options.seed,
            },
            partial(measure, options.work, arm, options.seed, clips, ordinary, steps),
        )
        for arm, unheard in ARMS.items()
    ]
    outcome = run(cells, options.work / "cells", code, options.cpu_hours, quiet=options.quick)
    parts = {
        "corpus": "shipped recipe wake_word, all of it synthetic; splits share no speaker of an "
        "engine that has three",
        "protocol": {
            "clips": clips,
            "ordinary": ordinary,
            "steps": steps,
            "target_per_hour": 0.5,
            "most_taken": 0.1,
        },
        "engines": {
            name: str(plugins.load("engine", name).version)
            for name in ("espeak", "flite", "hibari")
        },
        "cells": outcome.figures,
    }
    for line in table(parts):
        print(line)
    if not options.quick:
        write("wake_word", "eval.speech.wake_word", options.seed, outcome, parts)
    return 0


if __name__ == "__main__":
    sys.exit(main())
