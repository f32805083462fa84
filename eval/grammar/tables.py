"""Tables of the grammar's results for RESULTS.md."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from eval.table_head import head

__all__ = ["bounded_lists", "build", "lint", "uniform"]


def build(result: dict[str, Any]) -> Iterator[str]:
    """The grammar stage of builds: cost, and what a change of one template changes."""
    yield "## The grammar stage of a build"
    yield ""
    yield from head(result)
    yield "Whole command `build --until grammar`, flat grammar, with ids, checks and proof:"
    yield ""
    yield "| rows | CPU s | runs | rows a CPU s | peak MB | file MB |"
    yield "|---|---|---|---|---|---|"
    for name, run in result["cost"].items():
        runs = ", ".join(f"{cpu_s:.1f}" for cpu_s in run["all_cpu_s"])
        yield (
            f"| {name} | {run['cpu_s']:.1f} | {runs} | {run['rows_per_cpu_s']:,} | "
            f"{run['peak_mb']} | {run['file_mb']:.0f} |"
        )
    yield ""
    yield (
        f"Rows of the other templates that keep their id, of {result['rows_of_edits']:,} rows of "
        "smart_home (English) in which one template is changed:"
    )
    yield ""
    yield "| | change | changes | kept, median | kept, least | kept in another split, all changes |"
    yield "|---|---|---|---|---|---|"
    for keys, changes in result["edits"].items():
        for name, found in changes.items():
            yield (
                f"| {keys} | {name} | {found['changes']} | {found['kept_median']:.1%} | "
                f"{found['kept_min']:.1%} | {found['other_split']} |"
            )
    yield ""


def uniform(result: dict[str, Any]) -> Iterator[str]:
    """Chi-square of samplers."""
    yield "## Are all sentences of an ambiguous grammar equally likely?"
    yield ""
    yield from head(result)
    yield '"(a|a|a|b) x y": 64 sentences, half of them with "a", said in 256 ways.'
    yield ""
    yield "| sampler | runs | rows a run | chi-square (63 degrees) | p | share with a |"
    yield "|---|---|---|---|---|---|"
    for name, row in result["figures"].items():
        yield (
            f"| {name} | {row['runs']} | {row['rows_per_run']} | {row['chi_square']} | {row['p']} "
            f"| {row['share_of_a']:.1%} |"
        )
    yield ""


def bounded_lists(result: dict[str, Any]) -> Iterator[str]:
    """Lists of times, dates, money and durations."""
    yield "## Lists of times, dates, money and durations"
    yield ""
    yield from head(result)
    yield "| list | locales that load, of all in CLDR | texts | read back | with a spoken form |"
    yield "|---|---|---|---|---|"
    for kind, found in result["languages"].items():
        yield (
            f"| {kind} | {found['locales_loaded']:,} of {found['locales']:,} | {found['texts']:,} "
            f"| {found['read_back']:,} | {found['with_spoken_form']:,} |"
        )
    yield ""
    yield (
        "| English, one slot of the list and one of numbers | rows | loading, CPU s | rows a CPU s "
        "| the same with what is said |"
    )
    yield "|---|---|---|---|---|"
    for name, run in result["costs"].items():
        yield (
            f"| {name} | {run['rows']:,} | {run['load_cpu_s']:.2f} | {run['rows_per_cpu_s']:,} | "
            f"{run['with_spoken_per_cpu_s']:,} |"
        )
    yield ""


def lint(result: dict[str, Any]) -> Iterator[str]:
    """Cost and findings of lint."""
    yield "## `lint` and `count` of Home Assistant's templates"
    yield ""
    yield from head(result)
    yield (
        f"{result['languages']} languages, {result['templates']:,} templates: lint "
        f"{result['lint_cpu_s']} CPU s (with loading), count {result['count_cpu_s']} CPU s. "
        f"{int(result['derivations']):,} derivations, {int(result['distinct']):,} different "
        "sentences (slots by name, lists as one word)."
    )
    yield ""
    yield "| finding | number |"
    yield "|---|---|"
    for name, number in result["findings"].items():
        yield f"| {name} | {number} |"
    yield ""
