"""RESULTS.md from the JSON files in eval/results: nothing in it is typed by hand.

python -m eval.tables
"""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

HERE = Path(__file__).parent


def _head(result: dict[str, Any]) -> Iterator[str]:
    versions = ", ".join(f"{k} {v}" for k, v in result["versions"].items() if v)
    yield f"Command: `{result['command']}`. Date {result['date']}, seed {result['seed']}."
    yield ""
    yield f"Versions: {versions}."
    yield ""


def build_cost(name: str, result: dict[str, Any]) -> Iterator[str]:
    """Cost of a build, and what must be zero."""
    yield f"## Cost of `build {name}`"
    yield ""
    yield from _head(result)
    whole = result.get("whole_command")
    if whole:
        yield (
            f"Whole command: {whole['seconds']} s, {whole['cpu_seconds']} CPU s, "
            f"at most {result['peak_rss_mb']} MB in one process."
        )
        yield ""
    yield "| stage | in | out | dropped | s | CPU s | peak RSS so far, MB |"
    yield "|---|---|---|---|---|---|---|"
    for stage in result["stages"]:
        dropped = sum(stage["dropped"].values())
        cells = (stage[key] for key in ("seconds", "cpu_seconds", "peak_rss_mb"))
        yield (
            f"| {stage['stage']} | {stage['rows_in']} | {stage['rows_out']} | {dropped} | "
            + " | ".join(str(cell) for cell in cells)
            + " |"
        )
    yield ""
    yield "| read back with `datasets` | |"
    yield "|---|---|"
    for key, value in result["promises"].items():
        shown = (
            ", ".join(f"{k} {v}" for k, v in value.items()) if isinstance(value, dict) else value
        )
        yield f"| {key.replace('_', ' ')} | {shown} |"
    yield ""


def speech_wer(result: dict[str, Any]) -> Iterator[str]:
    """Word error rates of a recogniser on our clips."""
    yield "## Word error rate of speech"
    yield ""
    yield from _head(result)
    yield f"Recogniser: {result['recogniser']}. Both sides folded, numbers said alike."
    yield ""
    yield "| clips | n | words | WER % | 95 % interval | whole clips right % |"
    yield "|---|---|---|---|---|---|"
    for kind in ("clean", "augmented"):
        score = result.get(kind)
        if not score:
            continue
        low, high = (100 * bound for bound in score["wer_ci95"])
        yield (
            f"| {kind} | {score['clips']} | {score['words']} | {100 * score['wer']:.1f} | "
            f"{low:.1f} to {high:.1f} | {100 * score['exact']:.0f} |"
        )
    yield ""


def main() -> None:
    """Write RESULTS.md."""
    lines = ["# Results", "", "Made by `python -m eval.tables` from `eval/results/*.json`.", ""]
    for path in sorted((HERE / "results").glob("*.json")):
        result = json.loads(path.read_text(encoding="utf-8"))
        if path.stem.startswith("build_cost_"):
            lines += build_cost(path.stem.removeprefix("build_cost_"), result)
        elif path.stem.startswith("speech_wer"):
            lines += speech_wer(result)
        else:
            raise SystemExit(f"{path.name}: no table is written for it; add one here")
    (HERE / "RESULTS.md").write_text("\n".join(lines).rstrip() + "\n", encoding="utf-8")


if __name__ == "__main__":
    main()
