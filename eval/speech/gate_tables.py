"""Tables of the audio gate for RESULTS.md."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from corpusforge.speech.scores.limits import LIMITS
from eval.table_head import head

__all__ = ["calibration", "cost"]


def calibration(result: dict[str, Any]) -> Iterator[str]:
    """Tables for RESULTS.md."""
    yield "## The audio gate: limits per engine"
    yield ""
    yield from head(result)
    yield (
        "Good clips with the recipe's defaults; half of them set the limits, the shares below "
        "are of the other half and of clips broken on purpose. Cheap: pace, speech heard, holes, "
        "clipping; with ASR: error rates too (all clips listened to)."
    )
    yield ""
    names = [limit.name for limit in LIMITS if limit.name != "min_mos"]
    yield f"| engine | {' | '.join(names)} |"
    yield "|---|" + "---|" * len(names)
    for one in result["calibrations"]:
        cells = [str(one["limits"].get(name, "")) for name in names]
        yield f"| {one['engine']} {one['lang']} | {' | '.join(cells)} |"
    yield ""
    faults = list(result["calibrations"][0]["caught"])
    yield f"| dropped %, cheap limits / with ASR | good, held out | {' | '.join(faults)} |"
    yield "|---|---|" + "---|" * len(faults)
    for one in result["calibrations"]:
        parts = [one["held_out"], *(one["caught"][fault] for fault in faults)]
        yield f"| {one['engine']} {one['lang']} | " + " | ".join(map(_cell, parts)) + " |"
    yield ""


def _cell(part: Mapping[str, Any]) -> str:
    cells = [f"{100 * part['cheap']:.1f}", f"{100 * part['with_asr']:.1f}"]
    cells.append("" if part["mos_alone"] is None else f"{100 * part['mos_alone']:.0f}")
    return " / ".join(cell for cell in cells if cell) + f" of {part['clips']}"


def cost(result: dict[str, Any]) -> Iterator[str]:
    """Tables for RESULTS.md."""
    yield "## Cost of the audio gate"
    yield ""
    yield from head(result)
    yield (
        f"{result['clips']} clips, {result['audio_s']} s of audio; one thread, load "
        f"{result['load_at_end']:.0f} at the end. Goal: 50 s of audio per CPU second."
    )
    yield ""
    yield "| what | s of audio per CPU s |"
    yield "|---|---|"
    for name, one in result["figures"].items():
        yield f"| {name} | {one['x_real_time']} |"
    for name, one in result["windows"].items():
        if isinstance(one, dict):
            yield (
                f"| ASR, {name} ({result['windows']['clips']} clips, "
                f"WER {100 * one['wer']:.1f} %) | {one['x_real_time']} |"
            )
    yield ""
    yield "| with ASR on all: own time of | share % |"
    yield "|---|---|"
    for part in result["profile_with_asr_on_all"]:
        yield f"| `{part['what']}` | {100 * part['share']:.1f} |"
    yield ""
