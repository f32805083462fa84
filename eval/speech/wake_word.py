"""Wake words: recall on held-out voices, false accepts per hour.

    python -m eval.speech.wake_word --work DIR [--clips N] [--ordinary N] [--real N] [--quick]

The shipped recipe `wake_word` is built once; a small detector is then trained twice, on all
negatives and without those that sound like the wake word (near misses, parts, swaps), as generators
without them do. A second wake word, on which no setting was chosen, gets its recipe from
`corpusforge init --wake-word` and two thirds of the clips. All set their threshold on validation
voices and are counted on test voices: on the recipe's own phrases, and on ordinary sentences and
near misses that it does not hold (`eval.speech.wake_others`). Test voices are speakers that train
did not hear, but not all of them are new voices: hibari has one recorded voice, and its test
speakers are shifts of it; recall is told by base voice too. All of it is synthetic speech: what a
detector does among people it does not tell.
"""

from __future__ import annotations

import hashlib
import shutil
import sys
from collections import Counter
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import Any

from corpusforge import api
from corpusforge.assess.clips import clip_files
from corpusforge.assess.wake_train import DetectorTraining
from corpusforge.assess.wake_word import measure_detector, measure_negatives
from corpusforge.core import plugins
from corpusforge.core.recipe_file import find_recipe, load_recipe
from corpusforge.core.wake import CONFUSABLE_INTENTS, NEGATIVE_INTENTS
from corpusforge.wake import init_wake_word
from eval.cells import Cell, code_digest, command_line, run, write
from eval.data import missing
from eval.speech.wake_others import clips_that_say, near_misses, packs, real, recipe_texts
from eval.statistics import rate
from eval.table_head import head, not_run

_FEW_VOICES = 4  # base voices of an engine that the table names one by one

FIRST, SECOND = "hey jarvis", "okay willow"


@dataclass(frozen=True)
class Arm:
    """One training.

    Attributes:
        phrase: The wake word.
        clips: Of its recipe.
        unheard: Intents of negatives that only test holds.
    """

    phrase: str
    clips: int
    unheard: tuple[str, ...] = ()


@dataclass(frozen=True)
class Sizes:
    """How much is rendered besides: ordinary sentences of packs, and real ones (0 = none)."""

    ordinary: int
    real: int
    steps: int


def arms(clips: int) -> dict[str, Arm]:
    """Name -> training."""
    return {
        "all negatives": Arm(FIRST, clips),
        "ordinary speech only": Arm(FIRST, clips, CONFUSABLE_INTENTS),
        f"{SECOND}, all negatives": Arm(SECOND, clips * 2 // 3),
    }


def recipe_of(work: Path, phrase: str) -> Path:
    """The recipe of a wake word: the shipped one, or what `init --wake-word` writes today."""
    if phrase == FIRST:
        return find_recipe("wake_word")
    folder = work / "recipes" / phrase.replace(" ", "_")
    shutil.rmtree(folder, ignore_errors=True)  # written again, so that it is that of this code
    return init_wake_word(phrase, folder)[0]


def digest(recipe: Path) -> str:
    """Hash of a recipe and its sentences."""
    folder = load_recipe(recipe).path(str(load_recipe(recipe).grammar.path))
    files = [recipe, *sorted(folder.glob("*.yaml"))]
    return hashlib.sha256(b"".join(file.read_bytes() for file in files)).hexdigest()[:10]


def build(work: Path, arm: Arm) -> Path:
    """The run folder, built up to its clips; resumed when it is there in part."""
    recipe = recipe_of(work, arm.phrase)
    out = work / f"{arm.phrase.replace(' ', '_')}-{arm.clips}-{digest(recipe)}"
    api.build(recipe, out, until="audio_gate", overrides=[f"speech.clips={arm.clips}"])
    return out


def measure(work: Path, arm: Arm, seed: int, sizes: Sizes) -> dict[str, Any]:
    """One training: figures of validation and test, and of speech that the recipe lacks."""
    corpus = build(work, arm)
    detector, account = measure_detector(
        corpus, seed=seed, training=DetectorTraining(steps=sizes.steps), unheard=arm.unheard
    )
    heard = {file.speaker for file in clip_files(corpus) if file.split != "test"}
    speakers = sorted({file.speaker for file in clip_files(corpus)} - heard)
    # All recipes: the same sentences are heard by all detectors.
    recipes = [recipe_texts(recipe_of(work, phrase)) for phrase in (FIRST, SECOND)]
    known = frozenset().union(*recipes)
    name = arm.phrase.replace(" ", "_")
    said = {
        f"near-{name}": near_misses(arm.phrase, known),
        f"packs-{sizes.ordinary}": packs(sizes.ordinary, known),
        **({f"real-{sizes.real}": real(sizes.real, known)} if sizes.real else {}),
    }
    clips = {
        what: clips_that_say(work / what, rows, speakers, known) for what, rows in said.items()
    }
    groups = {"others": [*clips[f"near-{name}"], *clips[f"packs-{sizes.ordinary}"]]}
    if sizes.real:
        groups["real"] = clips[f"real-{sizes.real}"]
    splits = account["splits"]
    return {
        **{
            name: account[name]
            for name in ("threshold", "window_s", "targets_met_on_validation", "threshold_from")
        },
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
        **{
            what: {
                **measure_negatives(detector, files, seed=seed),
                "speakers": len({file.speaker for file in files}),
            }
            for what, files in groups.items()
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
        for what, recall in _recalls(found["test"]):
            yield f"| {arm} | {seed} | {what} | {recall} |"
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
            ("real sentences", found.get("real")),
        ):
            if one is None:
                continue
            yield (
                f"| {arm} | {seed} | {what} | {one['false_accepts']} in {one['hours']:.2f} h | "
                f"{one['false_accepts_per_hour']:.1f} ({one['false_accepts_per_hour_upper']:.1f}) "
                f"| {_taken(one)} |"
            )

    yield ""
    yield from _other_thresholds(result)


def _recalls(test: Mapping[str, Any]) -> Iterator[tuple[str, str]]:
    """(which voices, recall) of one training."""
    for what, one in (
        ("all", test),
        ("all whose base voice did not train", test.get("new_voices")),
    ):
        if one is not None:
            yield (
                what,
                f"{_percent(one['recall'])} ({_percent(one['recall_low'])} to "
                f"{_percent(one['recall_high'])}; {one['positives']}, {one['speakers']})",
            )
    for engine, one in test["by_engine"].items():
        yield engine, _recall_of(one, one["speakers"])
    for what, one in sorted(_by_base_voice(test).items()):
        yield what, _recall_of(one, one["speakers"])


def _recall_of(one: Mapping[str, Any], speakers: int) -> str:
    return (
        f"{_percent(one['share'])} ({_percent(one['low'])} to {_percent(one['high'])}; "
        f"{one['of']}, {speakers})"
    )


def _by_base_voice(test: Mapping[str, Any]) -> dict[str, dict[str, Any]]:
    """Recall per voice behind the speakers; those of an engine with many are pooled.

    Whether they trained is part of the name.
    """
    voices = test["recall_by_base_voice"]
    engines = Counter(base.partition("/")[0] for base in voices)
    counts: dict[str, list[int]] = {}
    for base, found in voices.items():
        engine = base.partition("/")[0]
        many = engines[engine] > _FEW_VOICES
        trained = "trained" if found["trained"] else "did not train"
        what = f"{engine}, base voices that {trained}" if many else f"base voice {base}, {trained}"
        own = counts.setdefault(what, [0, 0, 0])
        own[0] += round(found["recall"] * found["positives"])
        own[1] += found["positives"]
        own[2] += found["speakers"]
    return {
        what: {**rate(right, clips), "speakers": speakers}
        for what, (right, clips, speakers) in counts.items()
    }


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
    yield "## A small detector of a wake word, on new voices and on shifts of one that trained"
    yield ""
    yield from head(result)
    yield f"{result['corpus']}. {result['protocol']['clips']} clips."
    yield ""
    yield from table(result)
    yield ""
    yield from not_run(result)


def _code() -> str:
    names = ("features", "net", "parts", "recall", "train", "word")
    modules = ["corpusforge.assess.clips", *(f"corpusforge.assess.wake_{name}" for name in names)]
    return code_digest([*modules, "eval.speech.wake_others"])


def _cells(work: Path, clips: int, sizes: Sizes, seed: int) -> list[Cell]:
    """One per training."""
    cells = []
    for name, arm in arms(clips).items():
        parameters = {
            "clips": arm.clips,
            "phrase": arm.phrase,
            "recipes": [digest(recipe_of(work, phrase)) for phrase in (FIRST, SECOND)],
            "ordinary": sizes.ordinary,
            "real": sizes.real,
            "steps": sizes.steps,
            "unheard": list(arm.unheard),
            "seed": seed,
        }
        measure_it = partial(measure, work, arm, seed, sizes)
        cells.append(Cell(f"{name}, seed {seed}", parameters, measure_it))
    return cells


def main(arguments: list[str] | None = None) -> int:
    """Measure, print and write the result."""
    parser = command_line("eval.speech.wake_word", __doc__)
    parser.add_argument("--clips", type=int, default=12000, help="of the recipe (12,000)")
    parser.add_argument("--ordinary", type=int, default=3000, help="sentences besides (3,000)")
    parser.add_argument("--real", type=int, default=4200, help="real sentences (4,200; 0: none)")
    parser.add_argument("--quick", action="store_true", help="a few clips; nothing is written")
    options = parser.parse_args(arguments)
    clips, sizes = options.clips, Sizes(options.ordinary, options.real, DetectorTraining().steps)
    if options.quick:
        clips, sizes = 240, Sizes(60, 0 if missing() else 60, 10)
    if sizes.real and missing():
        parser.error(f"{missing()}, or leave it out: --real 0")
    outcome = run(
        _cells(options.work, clips, sizes, options.seed),
        options.work / "cells",
        _code(),
        options.cpu_hours,
        quiet=options.quick,
    )
    parts: dict[str, Any] = {
        "corpus": "shipped recipe wake_word, and a second wake word with two thirds of the clips, "
        "all of it synthetic; splits share no speaker of an engine that has three",
        "protocol": {
            "clips": clips,
            "ordinary": sizes.ordinary,
            "real": sizes.real,
            "steps": sizes.steps,
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
