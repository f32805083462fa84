"""Table of RESULTS.md about the cost of expansion; no heavy imports."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from eval.table_head import head

__all__ = ["expand_cost"]


def expand_cost(result: dict[str, Any]) -> Iterator[str]:
    """For RESULTS.md."""
    yield "## What expansion on a pretrained model costs"
    yield ""
    yield from head(result)
    yield (
        f"Base {result['base']}; {result['data']}. CPU seconds of one thread; imports are counted "
        "in opening only."
    )
    yield ""
    yield "| what | CPU s | goal | of which |"
    yield "|---|---|---|---|"
    goals, cells = result["goals"], result["cells"]
    goal = f"<= {goals['cpu_s_per_1000_rows']:.0f}"
    for name in (name for name in cells if name.startswith("opening")):
        yield f"| {name} | {cells[name]['cpu_s']:.1f} | | {_parts(cells[name]['parts'])} |"
    if "build" in cells:
        build = cells["build"]
        what = (
            f"`expand`: {build['wanted']} rows wanted, {build['accepted']} accepted of "
            f"{build['candidates']} candidates"
        )
        yield f"| {what} | {build['cpu_s']:.1f} | | {_parts(build['parts'])} |"
        for key, words in (
            ("cpu_s_per_1000_rows", "per 1,000 accepted rows"),
            ("cpu_s_per_1000_rows_opened", "per 1,000 accepted rows, without opening"),
            ("cpu_s_per_1000_candidates", "per 1,000 candidates"),
        ):
            yield f"| {words} | {_cost(build[key])} | {goal} | |"
    if "sampler" in cells:
        one = cells["sampler"]
        of = f"{one['finished']} of {one['texts']} came to an end"
        yield f"| sampler alone, per 1,000 texts | {_cost(one['cpu_s_per_1000_texts'])} | | {of} |"
        cost = _cost(one["cpu_s_per_1000_finished"])
        yield f"| sampler alone, per 1,000 finished texts | {cost} | {goal} | |"
    meta = result["meta_training"]
    steps = ", ".join(f"{name} {count} steps" for name, count in meta["steps"].items())
    told = _parts(meta["parts"]) if isinstance(meta.get("parts"), dict) else steps
    goal = f"<= {goals['meta_training_cpu_s']:.0f}"
    yield f"| meta-training | {_cost(meta.get('cpu_s'))} | {goal} | {told} |"
    yield ""
    if "sampler" in cells:
        one = cells["sampler"]
        dearest = list(one["shares"].items())
        top = "; ".join(f"{name} {100 * share:.0f} %" for name, share in dearest[:3])
        others = "; ".join(f"{name} {100 * share:.0f} %" for name, share in dearest[3:])
        yield f"The three top costs of sampling: {top}. Then {others}."
        yield ""
        names = ", ".join(f"`{n}` {100 * share:.0f} %" for n, share in one["operators"].items())
        yield (
            f"By operator: {names}. Under the profiler the same texts took "
            f"{one['profiled_cpu_s']:.1f} CPU s instead of {one['cpu_s']:.1f}."
        )
        yield ""
    for cell, why in result["not_run"].items():
        yield f"Not run: {cell}, because {why}."
        yield ""


def _parts(parts: dict[str, float]) -> str:
    return ", ".join(f"{name} {cost:.1f}" for name, cost in parts.items())


def _cost(value: float | None) -> str:
    return "not measured" if value is None else f"{value:.1f}"
