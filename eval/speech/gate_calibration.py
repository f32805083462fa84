"""Limits of the audio gate per engine, what they drop of good clips and catch of broken ones.

    python -m eval.speech.gate_calibration --engines hibari,espeak,flite

Rows of the shipped English packs are spoken with the recipe's defaults (rooms, noise, pitch) by
one engine after another. Half of the good clips, by keyed hash, set the limits; the other half
and the planted broken clips (eval/speech/planted_clips.py) are judged by them. Pace, speech
heard and holes: the worst good clip and some room; error rates: the 99 % quantile, and no limit
where that is all wrong. In other languages there is no recogniser at hand: pace, speech heard
and holes only.

The table in corpusforge/speech/scores/limits.py is copied from the result's "limits".
"""

from __future__ import annotations

import argparse
import datetime
import json
import multiprocessing
import platform
import sys
import tempfile
from collections.abc import Mapping, Sequence
from concurrent.futures import ProcessPoolExecutor
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt
import pyarrow as pa

from corpusforge.core.recipe import GateConfig
from corpusforge.core.run import Cache, package_versions
from corpusforge.core.seeding import uniforms
from corpusforge.speech.gate import clipped_shares
from corpusforge.speech.scores.limits import LIMITS
from corpusforge.speech.scores.measure import PACKAGES, SCORES, measure
from eval.speech.planted_clips import FAULTS, context_of, recipe_of, rows_of, speak_rows

RESULTS = Path(__file__).parents[1] / "results"
ENGINE_PACKAGES = ("corpusforge", "hibari-tts", "espeakng-loader", "piper-tts", "numpy")

LISTENING = ("max_cer", "max_wer", "max_slot_error_rate")
_ERRORS_QUANTILE = 0.99
# Room beyond the worst good clip, as a factor.
_ROOM = {
    "min_vad_share": 0.6,
    "max_gap_s": 2.0,
    "min_s_per_letter": 0.8,
    "max_s_per_letter": 1.25,
    "min_mos": 0.98,
}
# Pauses of sentences longer than ours.
_LEAST = {"max_gap_s": 0.6}

Scores = Mapping[str, npt.NDArray[np.float64]]


def scores_of(root: Path, rows: pa.Table, recipe: Any, fault: str) -> Scores:
    """Scores of the clips of the rows; with `clipped_share`, which its own limit judges."""
    table = speak_rows(root, rows, recipe, fault)
    cache = Cache(root / "cache")
    ctx = context_of(root / "gate", recipe, {"speech": root / "speech"}, cache)
    found = dict(measure(ctx, table).scores)
    found["clipped_share"] = clipped_shares(table)
    return found


def limits_from(good: Scores) -> dict[str, float]:
    """Limits by the rule above, for the scores that were measured."""
    found: dict[str, float] = {}
    for limit in LIMITS:
        values = good[limit.score][~np.isnan(good[limit.score])]
        if not values.size:
            continue
        if limit.name in LISTENING:
            value = float(np.quantile(values, _ERRORS_QUANTILE, method="higher"))
            if value >= 1.0:
                continue
            # Something must be let through where nearly all was heard right.
            value = max(min(1.5 * value, 0.8), value, 0.2)
        else:
            worst = values.max() if limit.is_maximum else values.min()
            value = max(float(worst) * _ROOM[limit.name], _LEAST.get(limit.name, 0.0))
        found[limit.name] = round(value, 3)
    return found


def broken(scores: Scores, limits: Mapping[str, float]) -> dict[str, npt.NDArray[np.bool_]]:
    """Limit -> clips that break it; what was not measured keeps every limit."""
    found = {"max_clipped_share": scores["clipped_share"] > GateConfig().max_clipped_share}
    for limit in LIMITS:
        if limit.name in limits:
            values = scores[limit.score]
            bad = values > limits[limit.name] if limit.is_maximum else values < limits[limit.name]
            found[limit.name] = bad & ~np.isnan(values)
    return found


def shares(scores: Scores, limits: Mapping[str, float]) -> dict[str, Any]:
    """Share of the clips that is dropped: by the cheap limits, by listening too, by all."""
    hit = broken(scores, limits)
    count = len(scores["vad_share"])
    cheap = [hit[n] for n in hit if n not in (*LISTENING, "min_mos")]
    heard = [hit[n] for n in hit if n != "min_mos"]

    def share(parts: Sequence[npt.NDArray[np.bool_]]) -> float:
        return round(float(np.mean(np.any(parts, axis=0))), 4) if parts and count else 0.0

    rated = ~np.isnan(scores["mos"])
    low = hit.get("min_mos", np.zeros(count, bool))
    mos = round(float(np.mean(low[rated])), 4) if rated.any() else None
    return {
        "clips": count,
        "cheap": share(cheap),
        "with_asr": share(heard),
        "rated": int(rated.sum()),
        "mos_alone": mos,
        "by_limit": {name: int(found.sum()) for name, found in hit.items() if found.any()},
    }


def _taken(scores: Scores, rows: npt.NDArray[np.bool_]) -> dict[str, npt.NDArray[np.float64]]:
    return {name: values[rows] for name, values in scores.items()}


def _quantiles(scores: Scores) -> dict[str, list[float]]:
    found = {}
    for name in SCORES:
        values = scores[name][~np.isnan(scores[name])]
        if values.size:
            found[name] = [round(float(q), 3) for q in np.quantile(values, [0, 0.05, 0.5, 0.95, 1])]
    return found


def calibrate(engine: str, lang: str, options: argparse.Namespace) -> dict[str, Any]:
    """Limits of an engine in a language, and what they do to clips that did not set them."""
    listens = 1.0 if lang == "en" else 0.0
    gate = GateConfig(asr_share=listens, mos_share=options.mos if lang == "en" else 0.0)
    rows = rows_of(lang, options.good, options.seed)
    with tempfile.TemporaryDirectory() as name:
        recipe = recipe_of(lang, engine, options.good, options.seed, gate)
        good = scores_of(Path(name), rows, recipe, "")
    count = len(good["vad_share"])
    drawn = uniforms(options.seed, "gate_calibration", [str(n) for n in range(count)])
    half = drawn < np.median(drawn)
    limits = limits_from(_taken(good, half))
    caught = {}
    for fault in FAULTS:
        with tempfile.TemporaryDirectory() as name:
            recipe = recipe_of(lang, engine, options.bad, options.seed + 1, gate)
            found = scores_of(Path(name), rows, recipe, fault)
        caught[fault] = {**shares(found, limits), "quantiles": _quantiles(found)}
        print(
            engine, lang, fault, {k: caught[fault][k] for k in ("cheap", "with_asr", "mos_alone")}
        )
    return {
        "engine": engine,
        "lang": lang,
        "limits": limits,
        "set_by": int(half.sum()),
        "held_out": shares(_taken(good, ~half), limits),
        "quantiles_of_good": _quantiles(good),
        "caught": caught,
    }


def _all_of(pairs: Sequence[tuple[str, str]], options: argparse.Namespace) -> list[dict[str, Any]]:
    """One process for each; they share nothing."""
    context = multiprocessing.get_context("spawn")
    with ProcessPoolExecutor(options.workers, mp_context=context) as pool:
        return list(pool.map(calibrate, *zip(*pairs, strict=True), [options] * len(pairs)))


def main(arguments: Sequence[str] | None = None) -> int:
    """Measure, print, and write the result."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--engines", default="hibari,espeak,flite")
    parser.add_argument("--langs", default="de,es,fr", help="further languages of espeak")
    parser.add_argument("--good", type=int, default=300, help="good clips per engine")
    parser.add_argument("--bad", type=int, default=60, help="clips per fault")
    parser.add_argument("--mos", type=float, default=0.2, help="share that is rated")
    parser.add_argument("--workers", type=int, default=1)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--out", type=Path, default=RESULTS / "gate_calibration.json")
    options = parser.parse_args(arguments)
    pairs = [(engine, "en") for engine in options.engines.split(",")]
    pairs += [("espeak", lang) for lang in options.langs.split(",") if lang]
    result = {
        "date": datetime.datetime.now(datetime.UTC).date().isoformat(),
        "command": f"python -m eval.speech.gate_calibration --engines {options.engines} "
        f"--langs {options.langs} --good {options.good} --bad {options.bad} --mos {options.mos} "
        f"--seed {options.seed}",
        "seed": options.seed,
        "versions": {
            "python": platform.python_version(),
            **package_versions((*ENGINE_PACKAGES, *PACKAGES)),
        },
        "machine": platform.machine(),
        "calibrations": _all_of(pairs, options),
    }
    options.out.parent.mkdir(parents=True, exist_ok=True)
    options.out.write_text(json.dumps(result, indent=1, ensure_ascii=False) + "\n", "utf-8")
    return 0


if __name__ == "__main__":
    sys.exit(main())
