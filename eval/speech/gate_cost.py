"""What the audio gate costs, as seconds of audio per CPU second, and where the time goes.

    python -m eval.speech.gate_cost

Clips of the shipped English packs with the recipe's defaults, half of them by hibari, half by
espeak. Every figure counts only the seconds that were gated by it; models are loaded before the
clock starts (their cost stands beside). CPU seconds of one process, median of three.
"""

from __future__ import annotations

import argparse
import datetime
import json
import os
import platform
import shutil
import statistics
import sys
import tempfile
import time
from collections.abc import Callable, Sequence
from dataclasses import asdict, replace
from functools import partial
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt
import pyarrow as pa
import soundfile

from corpusforge.core.recipe import GateConfig
from corpusforge.core.run import Cache, package_versions
from corpusforge.core.schema import read_table, write_table
from corpusforge.speech import gate
from corpusforge.speech.recognise import Recogniser, bundled_model, comparable, word_errors
from corpusforge.speech.scores import mel, vad, whisper
from corpusforge.speech.scores.measure import PACKAGES
from corpusforge.speech.scores.mos import Rater
from corpusforge.speech.scores.whisper import without_echo
from eval.profiling import dearest
from eval.speech.gate_texts import rows_of
from eval.speech.planted_clips import context_of, recipe_of, speak_rows

RESULTS = Path(__file__).parents[1] / "results"
ENGINES = ("hibari", "espeak")

Samples = npt.NDArray[np.float32]


def clips_of(root: Path, count: int, seed: int) -> None:
    """Speak; leaves root/speech and root/cache as a run has them."""
    tables = []
    for engine in ENGINES:
        recipe = recipe_of("en", engine, count // len(ENGINES), seed, GateConfig())
        tables.append(speak_rows(root, rows_of("en", count, seed), recipe))
    write_table(pa.concat_tables(tables), root / "speech" / "clips.parquet")


def cpu_s(work: Callable[[], object]) -> float:
    """CPU seconds of this process."""
    start_s = time.process_time()
    work()
    return time.process_time() - start_s


def gate_run(root: Path, config: GateConfig, keep: bool = False) -> Callable[[], object]:
    """The stage over the clips of `root`, all scores to be computed unless they are kept."""
    recipe = replace(recipe_of("en", "hibari", 1, 1, config), name="cost")

    def work() -> object:
        ctx = context_of(root / "gate", recipe, {"speech": root / "speech"}, Cache(root / "cache"))
        return gate.run(ctx)

    def fresh() -> object:
        shutil.rmtree(root / "cache" / "scores", ignore_errors=True)
        return work()

    return work if keep else fresh


def audio_of(root: Path) -> list[Samples]:
    """Samples of all clips."""
    paths = [
        clip["path"] for clip in read_table(root / "speech/clips.parquet")["audio"].to_pylist()
    ]
    return [soundfile.read(root / "cache" / path, dtype="float32")[0] for path in paths]


def compared(root: Path, audio: Sequence[Samples], count: int) -> dict[str, Any]:
    """Short windows against full ones: cost and errors on the same clips, spread over all."""
    table = read_table(root / "speech" / "clips.parquet")
    places = np.linspace(0, table.num_rows - 1, count).astype(int).tolist()
    said = [comparable(table["spoken"][place].as_py(), "en") for place in places]
    clips = [audio[place] for place in places]
    seconds = sum(clip.size for clip in clips) / 16000
    slow = Recogniser(bundled_model())
    short = whisper.Listener(bundled_model(), "en", full=False)
    short.hear(clips[:1])
    arms: dict[str, Callable[[Samples], str]] = {
        "full window, faster-whisper": slow.transcribe,
        "short window, one clip at a time": lambda clip: short.hear([clip])[0].text,
    }
    found: dict[str, Any] = {"clips": count, "words": sum(map(len, said))}
    for name, hear in arms.items():
        heard: list[str] = []
        spent_s = cpu_s(partial(_hear_all, hear, clips, heard))
        errors = [
            min(len(words), word_errors(words, without_echo(comparable(text, "en"))))
            for words, text in zip(said, heard, strict=True)
        ]
        found[name] = {
            "x_real_time": round(seconds / spent_s, 1),
            "wer": round(sum(errors) / found["words"], 4),
        }
    return found


def _hear_all(hear: Callable[[Samples], str], clips: Sequence[Samples], heard: list[str]) -> None:
    """Append what is heard in every clip."""
    heard.extend(hear(clip) for clip in clips)


def measure(root: Path, options: argparse.Namespace) -> dict[str, Any]:
    """All figures."""
    audio = audio_of(root)
    seconds = sum(clip.size for clip in audio) / 16000
    start = {
        "vad": round(cpu_s(lambda: vad.vad().listen(audio[:1])), 2),
        "asr, with a window of silence": round(
            cpu_s(lambda: whisper.listener(str(bundled_model()), "en", False).hear(audio[:1])), 2
        ),
    }
    mel.log_mel(np.zeros((1, 1600), np.float32), 80)
    arms = {
        "VAD, pace, holes, level on all": GateConfig(asr_share=0.0),
        "default: and ASR on 10 %": GateConfig(),
        "and ASR on all": GateConfig(asr_share=1.0),
    }
    figures = {}
    for name, config in arms.items():
        times = [cpu_s(gate_run(root, config)) for _ in range(options.repeats)]
        figures[name] = {
            "cpu_s": round(statistics.median(times), 2),
            "x_real_time": round(seconds / statistics.median(times), 1),
            "all_cpu_s": [round(value, 2) for value in times],
        }
    again_s = cpu_s(gate_run(root, arms["and ASR on all"], keep=True))
    figures["another limit, nothing to listen to"] = {
        "cpu_s": round(again_s, 2),
        "x_real_time": round(seconds / again_s, 1),
    }
    profile = [asdict(one) for one in dearest(gate_run(root, arms["and ASR on all"]), 10)]
    rater = Rater()
    rated = audio[: options.rated]
    rater.rate(rated[:1])
    spent_s = cpu_s(lambda: rater.rate(rated))
    figures["DistillMOS"] = {
        "cpu_s": round(spent_s, 2),
        "x_real_time": round(sum(clip.size for clip in rated) / 16000 / spent_s, 1),
        "clips": len(rated),
    }
    return {
        "clips": len(audio),
        "audio_s": round(seconds, 1),
        "start_cpu_s": start,
        "figures": figures,
        "profile_with_asr_on_all": profile,
        "windows": compared(root, audio, options.compared),
    }


def main(arguments: Sequence[str] | None = None) -> int:
    """Measure, print, and write the result."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--clips", type=int, default=320)
    parser.add_argument("--repeats", type=int, default=3)
    parser.add_argument("--rated", type=int, default=12, help="clips for DistillMOS")
    parser.add_argument("--compared", type=int, default=20, help="clips for full windows")
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--out", type=Path, default=RESULTS / "gate_cost.json")
    options = parser.parse_args(arguments)
    with tempfile.TemporaryDirectory() as name:
        clips_of(Path(name), options.clips, options.seed)
        result = {
            "date": datetime.datetime.now(datetime.UTC).date().isoformat(),
            "command": f"python -m eval.speech.gate_cost --clips {options.clips} --repeats "
            f"{options.repeats} --seed {options.seed}",
            "seed": options.seed,
            "versions": {
                "python": platform.python_version(),
                **package_versions(("corpusforge", "faster-whisper", *PACKAGES)),
            },
            "machine": platform.machine(),
            **measure(Path(name), options),
            "load_at_end": os.getloadavg()[0],
        }
    options.out.parent.mkdir(parents=True, exist_ok=True)
    options.out.write_text(json.dumps(result, indent=1, ensure_ascii=False) + "\n", "utf-8")
    print(json.dumps(result["figures"], indent=1), result["windows"])
    return 0


if __name__ == "__main__":
    sys.exit(main())
