"""Tables of speed, features and covers for RESULTS.md."""

from __future__ import annotations

import statistics
from collections.abc import Iterator
from typing import Any

from eval.table_head import head

__all__ = ["cover", "features", "speed"]

OURS = "corpusforge, JSONL"
BASE = "flat grammar, by sentences"


def _runs(run: dict[str, Any]) -> str:
    return ", ".join(f"{cpu_s:.2f}" for cpu_s in run["all_cpu_s"])


def speed(result: dict[str, Any]) -> Iterator[str]:
    """Speed and memory of sampling, beside peers."""
    yield "## Speed of sampling templates"
    yield ""
    parts = ("whole_process", "in_memory", "to_file", "long", "large_share")
    yield from head(result, result["whole_process"]["date"])
    measured = {result[part]["date"][:16] for part in parts}
    yield (
        f"The flat grammar has {result['flat_grammar']['sentences']:,} sentences in "
        f"{result['flat_grammar']['intents']} intents. Peers: "
        + ", ".join(f"{name} {version}" for name, version in result["peers"].items() if version)
        + f". Parts measured at {', '.join(sorted(measured))}. Medians of rounds in which all "
        "take turns; the ratio is the median of the ratios to `corpusforge, JSONL` within a "
        "round, for the same number of rows. Loads of the machine (15 minutes, 2 cores): "
        + ", ".join(f"{part} {result[part]['load_at_end'][2]:.1f}" for part in parts)
        + "."
    )
    yield ""
    yield from _whole_process(result["whole_process"]["figures"])
    yield "| without start and compiling | rows | CPU s | rows a CPU s | compiling | peak MB |"
    yield "|---|---|---|---|---|---|"
    for part, what in (
        ("in_memory", "Arrow memory, spans"),
        ("long", "Arrow memory, spans, 195 M sentences"),
        ("to_file", "to"),
    ):
        for name, run in result[part]["figures"].items():
            label = what if part in ("in_memory", "long") else f"{what} {name}"
            yield (
                f"| {label} | {run['rows']:,} | {run['cpu_s']:.2f} | {run['rows_per_cpu_s']:,} | "
                f"{run['compile_cpu_s']:.2f} | {run['peak_mb']} |"
            )
    yield ""
    yield from _large_share(result["large_share"]["figures"])


def _whole_process(figures: dict[str, Any]) -> Iterator[str]:
    yield (
        "| whole process, text in a file | slots | rows | CPU s | runs | us a row | ratio | "
        "peak MB |"
    )
    yield "|---|---|---|---|---|---|---|---|"
    own = figures[OURS]
    for name, run in figures.items():
        pairs = zip(run["all_cpu_s"], own["all_cpu_s"], strict=True)
        ratio = statistics.median(one / other for one, other in pairs) * own["rows"] / run["rows"]
        yield (
            f"| {name} | {'yes' if run['labels'] else 'no'} | {run['rows']:,} | "
            f"{run['cpu_s']:.2f} | {_runs(run)} | {1e6 * run['cpu_s'] / run['rows']:.1f} | "
            f"{ratio:.1f} | {run['peak_mb']} |"
        )
    yield ""


def _large_share(share: dict[str, Any]) -> Iterator[str]:
    yield f"| share of one intent of {share['size']:,} sentences | rows | CPU s | peak MB |"
    yield "|---|---|---|---|"
    for name, run in share.items():
        if name != "size":
            late = ", stopped after 300 s" if run["timed_out"] else ""
            yield f"| {name} | {run['rows']:,} | {run['cpu_s']:.1f}{late} | {run['peak_mb']:,} |"
    yield ""
    yield (
        f"Of ours, {share['corpusforge, 90 %']['different']:,} rows are different. The rows of "
        "peers are those they were asked for."
    )
    yield ""


def features(result: dict[str, Any]) -> Iterator[str]:
    """Cost of each feature."""
    yield "## What each feature of templates and sampling costs"
    yield ""
    yield from head(result)
    yield (
        "The flat grammar with one change; Arrow memory with spans unless a file is named. "
        "`cost` is the time of a row beside that of the first line in the same round, the median "
        f"of {result['repeats']} rounds; compiling (with loading) is not in it. Load of the "
        f"machine at the end {result['load_at_end'][0]:.1f} to {max(result['load_at_end']):.1f}."
    )
    yield ""
    yield "| feature | rows | rows a CPU s | cost | compiling, CPU s | peak MB |"
    yield "|---|---|---|---|---|---|"
    by_cost = sorted(result["figures"].items(), key=lambda item: item[1]["cost"])
    for name, run in sorted(by_cost, key=lambda item: item[0] != BASE):
        yield (
            f"| {name} | {run['rows']:,} | {run['rows_per_cpu_s']:,} | {run['cost']:.2f} | "
            f"{run['compile_cpu_s']:.2f} | {run['peak_mb']} |"
        )
    yield ""


def cover(result: dict[str, Any]) -> Iterator[str]:
    """Rows that show everything."""
    yield "## Rows that show everything"
    yield ""
    yield from head(result)
    ours = result["ours"]
    yield (
        f"The flat grammar: {result['things']:,} templates, choices of aliases in each template, "
        f"and values of lists. Ours shows all of them in {ours['rows']:,} rows "
        f"({ours['missing']} missing; {ours['missing_of_one_row_less']} without the last row); "
        f"no set of rows can have fewer than {ours['integer_program']:,} (optimum of an integer "
        f"program over the templates), {ours['proven_minimum']:,} by our own proof; without the "
        f"values {ours['proven_minimum_without_values']:,} rows are the minimum, and our first "
        f"{ours['proven_minimum_without_values']:,} rows show all choices "
        f"({ours['choices_missing_there']} missing). Peers were asked for 1, 2, 4, ... times what "
        "our cover has of each intent, until nothing was missing."
    )
    yield ""
    yield "| | missing in as many rows as ours | rows in which nothing is missing |"
    yield "|---|---|---|"
    yield f"| corpusforge, `--coverage` | {ours['missing']} | {ours['rows']:,} |"
    for name, runs in result["peers"].items():
        last = runs[-1]
        enough = (
            f"more than {last['rows']:,} ({last['missing']:,} missing)"
            if last["missing"]
            else f"{last['rows']:,}"
        )
        yield f"| {name} | {runs[0]['missing']:,} | {enough} |"
    yield ""
