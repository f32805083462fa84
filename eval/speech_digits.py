"""Real spoken digits heard by models that were trained on our synthetic ones alone.

    python -m eval.speech_digits --work DIR [--quick]

What is measured is what a user gets: a recipe with ten one-word sentences ("zero" to "nine") is
built with the engines that pip installs, once per way of speaking and recording in `RECIPES`, and
`corpusforge.assess.speech` trains on its clips and tests on the Free Spoken Digit Dataset.

The recipe is chosen on held-out engines: models trained on one engine's clips are tested on the
plain clips of the other engine (cut and clean, as the target is), and the mean of both directions
decides. The real digits take no part in that; the choice's figure on them is the headline, the
others stand beside it to show what choosing was worth. They were looked at once per line.
"""

from __future__ import annotations

import csv
import os
import sys
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any

import numpy as np

from corpusforge import api
from corpusforge.assess.clips import Clips, read_audio, read_corpus
from corpusforge.assess.keyword_cnn import Training
from corpusforge.assess.speech import assess_clips, hear, train_models
from corpusforge.assess.speech_scores import Heard, figure
from corpusforge.core.progress import Progress
from corpusforge.core.run import package_versions
from corpusforge.core.seeding import rng
from eval.cells import Cell, Outcome, code_digest, command_line, run, write

DIGITS = ("zero", "one", "two", "three", "four", "five", "six", "seven", "eight", "nine")
ENGINES = ("espeak", "hibari")
PACKAGES = ("hibari-tts", "espeakng-loader", "onnxruntime", "soxr", "soundfile")

_TEMPO = "speech.speed=[0.7, 1.5]"
_WIDE = "speech.formant=[0.75, 1.33]"
_CLEAN = ("speech.noise_probability=0", "speech.room_probability=0")
_NOISY = "speech.snr_db=[5, 35]"
RECIPES: Mapping[str, tuple[str, ...]] = {
    "plain": (_TEMPO, *_CLEAN),
    "augmented": (_TEMPO, _NOISY),
    "pseudo-speakers": (_TEMPO, _WIDE, *_CLEAN),
    "pseudo-speakers, augmented": (_TEMPO, _WIDE, _NOISY),
    "defaults": (),
}
"""What is changed in the recipe's part speech. Plain: tempo 0.7 to 1.5, formants 0.92 to 1.08, a
drawn level, neither room nor noise; it also gives the clips that a choice is made on. Augmented:
70 % of the clips with noise at 5 to 35 dB, 50 % in a room. Pseudo-speakers: pitch and formants
0.75 to 1.33. Defaults: what a recipe gets that says nothing about speech."""

VALIDATION = "plain"
REFERENCE = {"both": 0.721, "hibari": 0.53, "espeak": 0.70}
"""What a study before this code found with the same engines, by itself, on six real speakers."""

_RECIPE = """\
name: digits
lang: en
license: CC0-1.0
grammar: {{path: digits.yaml, rows: 10, splits: {{train: 1, validation: 0, test: 0}}}}
expand: {{rows: 0}}
speech: {{clips: {clips}, variants: {variants}, engines: [espeak, hibari]}}
"""


@dataclass(frozen=True)
class Plan:
    """How much is done.

    Attributes:
        work: Folder for runs and cells.
        clips: Clips per recipe, over both engines.
        seeds: Models per line.
        training: Length of a training.
        recipes: Which of `RECIPES`.
        real_per_class: Most real clips of a speaker per digit.
        seed: Of the assessment.
    """

    work: Path
    clips: int
    seeds: int
    training: Training
    recipes: tuple[str, ...]
    real_per_class: int
    seed: int

    def facts(self) -> dict[str, Any]:
        """What shapes the figures, JSON values."""
        return {
            "clips": self.clips,
            "seeds": self.seeds,
            "steps": self.training.steps,
            "batch": self.training.batch,
            "frames": self.training.frames,
            "real_per_class": self.real_per_class,
            "seed": self.seed,
        }


def plan_of(work: Path, seed: int, *, quick: bool) -> Plan:
    """The whole table, or (quick) a few clips and steps that show that it works."""
    if quick:
        few = Training(steps=20, batch=32, frames=64)
        return Plan(work, 80, 1, few, ("plain", "augmented"), 2, seed)
    return Plan(work, 2000, 3, Training(), tuple(RECIPES), 50, seed)


def missing() -> str:
    """Why there are no real digits here, "" when there are."""
    place = os.environ.get("CORPUSFORGE_DATA")
    if not place:
        return "set CORPUSFORGE_DATA to the folder with fsdd/"
    found = (Path(place) / "fsdd" / "recordings").is_dir()
    return "" if found else "CORPUSFORGE_DATA has no folder fsdd/recordings"


def real_digits(work: Path, per_class: int) -> Path:
    """The real clips as a folder of audio: links to them, and metadata.csv with speakers."""
    recordings = Path(os.environ["CORPUSFORGE_DATA"]).resolve() / "fsdd" / "recordings"
    folder = work / f"fsdd_{per_class}"
    folder.mkdir(parents=True, exist_ok=True)
    link = folder / "recordings"
    if not link.exists():
        link.symlink_to(recordings, target_is_directory=True)
    with (folder / "metadata.csv").open("w", encoding="utf-8", newline="") as stream:
        writer = csv.writer(stream)
        writer.writerow(["file_name", "intent", "speaker"])
        for path in sorted(recordings.glob("*_*_*.wav")):
            digit, speaker, number = path.stem.split("_")
            if int(number) < per_class:
                writer.writerow([f"recordings/{path.name}", DIGITS[int(digit)], speaker])
    return folder


def build(plan: Plan, name: str) -> Path:
    """The run folder of a recipe, built up to its clips; resumed when it is there in part."""
    folder = plan.work / "recipe"
    folder.mkdir(parents=True, exist_ok=True)
    text = _RECIPE.format(clips=plan.clips, variants=-(-plan.clips // len(DIGITS)))
    (folder / "recipe.yaml").write_text(text, encoding="utf-8")
    intents = [f"  {word}:\n    data:\n      - sentences: [{word}]" for word in DIGITS]
    lines = ["language: en", "intents:", *intents]
    (folder / "digits.yaml").write_text("\n".join(lines) + "\n", encoding="utf-8")
    out = plan.work / "runs" / f"{name.replace(', ', '_')}-{plan.clips}"
    api.build(folder, out, until="audio_gate", overrides=RECIPES[name])
    return out


@cache
def synthetic_clips(plan: Plan, name: str) -> Clips:
    """Clips of a recipe."""
    return read_corpus(build(plan, name), seed=plan.seed)


@cache
def real_clips(plan: Plan) -> Clips:
    """Clips of real speakers."""
    return read_audio(real_digits(plan.work, plan.real_per_class))


def of_engine(clips: Clips, engine: str) -> Clips:
    """The clips that an engine made."""
    return clips.where([name == engine for name in clips.engines])


def measure_recipe(plan: Plan, name: str) -> dict[str, Any]:
    """One recipe: engine by engine and both, on the other engine's plain clips and on real ones."""
    clips, plain = synthetic_clips(plan, name), synthetic_clips(plan, VALIDATION)
    found: dict[str, Any] = {"clips": len(clips), "held_out": {}, "real": {}}
    for engine, other in zip(ENGINES, reversed(ENGINES), strict=True):
        own = of_engine(clips, engine)
        models = train_models(own, own.engines, plan.training, plan.seed, plan.seeds)
        found["held_out"][other] = round(hear(models, of_engine(plain, other)).accuracy, 6)
        found["real"][engine] = _summary(hear(models, real_clips(plan)), plan.seed)
    models = train_models(clips, clips.engines, plan.training, plan.seed, plan.seeds)
    found["real"]["both"] = _summary(hear(models, real_clips(plan)), plan.seed)
    found["held_out"]["mean"] = round(float(np.mean(list(found["held_out"].values()))), 6)
    return found


def _summary(heard: Heard, seed: int) -> dict[str, Any]:
    draws = rng(seed, "eval.speech_digits", "intervals")
    return heard.to_json(figure(heard.right, heard.speakers, draws))


def measure_chosen(plan: Plan, name: str) -> dict[str, Any]:
    """The whole assessment of a recipe's clips, with real left-out speakers beside it."""
    found = assess_clips(
        synthetic_clips(plan, name),
        real_clips(plan),
        seed=plan.seed,
        seeds=plan.seeds,
        training=plan.training,
        progress=Progress(quiet=True),
    )
    return found.to_json()


def chosen_of(figures: Mapping[str, Mapping[str, Any]], recipes: tuple[str, ...]) -> str:
    """The recipe with the highest mean accuracy on held-out engines."""
    return max(recipes, key=lambda name: figures[f"recipe {name}"]["held_out"]["mean"])


def measure(plan: Plan, budget_h: float | None, *, quiet: bool = False) -> tuple[Outcome, str]:
    """All cells, and which recipe was chosen ("" = the budget ended before)."""
    code = code_digest(
        f"corpusforge.assess.{name}"
        for name in ("clips", "keyword_cnn", "log_mel", "speech", "speech_folds", "speech_scores")
    )
    facts = {**plan.facts(), "engines": package_versions(PACKAGES)}

    def cell(name: str) -> Cell:
        parameters = {**facts, "recipe": list(RECIPES[name]), "plain": list(RECIPES[VALIDATION])}
        return Cell(f"recipe {name}", parameters, lambda: measure_recipe(plan, name))

    kept = plan.work / "cells"
    outcome = run([cell(name) for name in plan.recipes], kept, code, budget_h, quiet=quiet)
    if outcome.not_run:
        return outcome, ""
    chosen = chosen_of(outcome.figures, plan.recipes)
    parameters = {**facts, "recipe": list(RECIPES[chosen])}
    last = Cell("chosen", parameters, lambda: measure_chosen(plan, chosen))
    more = run([last], kept, code, None, quiet=quiet)
    return Outcome(outcome.figures | more.figures, outcome.cpu_s | more.cpu_s), chosen


def table(result: Mapping[str, Any]) -> Iterator[str]:
    """The result as Markdown."""

    def shown(found: Mapping[str, Any]) -> str:
        low, high = 100 * found["low"], 100 * found["high"]
        return f"{100 * found['accuracy']:.1f} ({low:.0f} to {high:.0f})"

    yield "| recipe | held-out engine | real: hibari alone | espeak alone | both |"
    yield "|---|---|---|---|---|"
    # Files hold their keys sorted.
    for name in [name for name in RECIPES if name in result["recipes"]]:
        found = result["recipes"][name]
        mark = " (chosen)" if name == result["chosen"] else ""
        cells = [shown(found["real"][key]) for key in ("hibari", "espeak", "both")]
        yield f"| {name}{mark} | {100 * found['held_out']['mean']:.1f} | {' | '.join(cells)} |"
    if not result["chosen"]:
        return
    arms = result["assessment"]["arms"]
    yield ""
    yield f"Same model, real digits, by speaker; the recipe is {result['chosen']!r}."
    yield ""
    speakers = sorted(arms["real"]["by_speaker"])
    yield f"| trained on | accuracy | sd over seeds | {' | '.join(speakers)} |"
    yield f"|---|---|---|{'---|' * len(speakers)}"
    for name in ("synthetic", "real", "real_and_synthetic"):
        arm = arms[name]
        each = " | ".join(f"{100 * arm['by_speaker'][who]:.0f}" for who in speakers)
        spread = 100 * arm["sd_over_seeds"]
        yield f"| {name.replace('_', ' ')} | {shown(arm)} | {spread:.1f} | {each} |"


def main(arguments: list[str] | None = None) -> int:
    """Measure, print and write the result."""
    parser = command_line("eval.speech_digits", __doc__)
    parser.add_argument("--quick", action="store_true", help="a few clips; nothing is written")
    options = parser.parse_args(arguments)
    if why := missing():
        raise SystemExit(why)
    plan = plan_of(options.work, options.seed, quick=options.quick)
    outcome, chosen = measure(plan, options.cpu_hours, quiet=options.quick)
    parts: dict[str, Any] = {
        "data": "Free Spoken Digit Dataset, three speakers, 1,500 clips, 8 kHz, CC BY-SA 4.0",
        "clips_by": "a recipe of ten one-word sentences built up to audio_gate, per row below",
        "protocol": plan.facts(),
        "speech_versions": package_versions(PACKAGES),
        "changed_in_the_recipe": {name: list(RECIPES[name]) for name in plan.recipes},
        "reference_of_the_study": REFERENCE,
        "recipes": {
            name: outcome.figures[f"recipe {name}"]
            for name in plan.recipes
            if f"recipe {name}" in outcome.figures
        },
        "chosen": chosen,
        "assessment": outcome.figures.get("chosen"),
    }
    for line in table(parts):
        print(line)
    if chosen:
        best = parts["recipes"][chosen]["real"]["both"]
        print(f"\nreal digits, no real audio in training: {100 * best['accuracy']:.1f} %")
    if not options.quick:
        write("speech_digits", "eval.speech_digits", options.seed, outcome, parts)
    return 0


if __name__ == "__main__":
    sys.exit(main())
