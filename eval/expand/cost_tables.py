"""Tables of RESULTS.md about the cost of expansion and the share of pre-training; light."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import Any

from eval.table_head import head

__all__ = ["expand_cost", "pretraining_share"]


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
        dearest = _falling(one["shares"])
        top = "; ".join(f"{name} {100 * share:.0f} %" for name, share in dearest[:3])
        others = "; ".join(f"{name} {100 * share:.0f} %" for name, share in dearest[3:])
        yield f"The three top costs of sampling: {top}. Then {others}."
        yield ""
        own = _falling(one["operators"])
        names = ", ".join(f"`{name}` {100 * share:.0f} %" for name, share in own)
        yield (
            f"By operator: {names}. Under the profiler the same texts took "
            f"{one['profiled_s']:.1f} s by the clock, {one['cpu_s']:.1f} CPU s without it."
        )
        yield ""
    for cell, why in result["not_run"].items():
        yield f"Not run: {cell}, because {why}."
        yield ""


def _falling(shares: dict[str, float]) -> list[tuple[str, float]]:
    """The largest first: a JSON file has its keys by name."""
    return sorted(shares.items(), key=lambda item: (-item[1], item[0]))


def _parts(parts: dict[str, float]) -> str:
    return ", ".join(f"{name} {cost:.1f}" for name, cost in parts.items())


def _cost(value: float | None) -> str:
    return "not measured" if value is None else f"{value:.1f}"


def pretraining_share(result: dict[str, Any]) -> Iterator[str]:
    """For RESULTS.md."""
    yield "## What pre-training is worth to few-shot expansion"
    yield ""
    yield from head(result)
    yield (
        f"The architecture of {result['base']} with its weights and with random ones; same "
        "background, steps and discriminator. Held-out loss in nats per piece, before and after "
        'the adapter; "all of them trained" starts from all weights trained for as many steps.'
    )
    yield ""
    yield "| generator | loss before | loss after | step kept | CPU s of its training |"
    yield "|---|---|---|---|---|"
    for arm, one in result["trainings"].items():
        losses = f"{one['held_out_nll_before']:.3f} | {one['held_out_nll']:.3f}"
        yield f"| {arm} | {losses} | {one['step_kept']} | {one['cpu_s']:.0f} |"
    yield ""
    yield (
        "Gain over the real rows, and what the pretrained generator is above the other, in points; "
        "95 % intervals over draws and test rows, paired."
    )
    yield ""
    cells = result["cells"]
    names = sorted({n for cell in cells.values() for row in cell.values() for n in row["accuracy"]})
    columns = "".join(f" {name} | gain | pretrained above |" for name in reversed(names))
    yield f"| rows per intent | arm | draws | rows |{columns} CPU s of `expand` |"
    yield "|---|---|---|---|" + "---|---|---|" * len(names) + "---|"
    for place, cell in cells.items():
        for arm, row in cell.items():
            line = f"| {place} | {arm} | {row['draws']} | {_listed(row.get('rows', ()))} |"
            for name in reversed(names):
                gain = row["gain_pp"].get(name)
                above = row.get("pretrained_above_pp", {}).get(name)
                line += f" {row['accuracy'][name]:.1f} | {_interval(gain)} | {_interval(above)} |"
            yield line + f" {_listed(f'{cost:.0f}' for cost in row.get('cpu_s', ()))} |"
    yield ""
    for cell_name, why in {**result["why"], **result["not_run"]}.items():
        yield f"{cell_name}: {why}."
        yield ""


def _interval(points: list[float] | None) -> str:
    return "{:+.1f} ({:+.1f} to {:+.1f})".format(*points) if points else ""


def _listed(values: Iterable[object]) -> str:
    return ", ".join(str(value) for value in values)
