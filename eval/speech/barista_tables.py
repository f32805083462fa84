"""Tables of real spoken orders for RESULTS.md."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from eval.table_head import head, not_run

__all__ = ["alone", "heard", "recognised", "with_recogniser"]


def with_recogniser(result: dict[str, Any]) -> Iterator[str]:
    """Real spoken orders through a recogniser, understood with synthetic clips."""
    yield "## Real spoken orders"
    yield ""
    yield from head(result)
    yield f"{result['data']}; recogniser {result['recogniser']}; degraded: {result['degraded']}."
    yield "Shares in %; 95 % intervals over orders; slots: of the true ones."
    yield ""
    yield from recognised(result)
    yield ""
    yield from not_run(result)


def alone(result: dict[str, Any]) -> Iterator[str]:
    """Real spoken orders heard by networks that know synthetic clips alone."""
    yield "## Real spoken orders without a recogniser"
    yield ""
    yield from head(result)
    yield f"{result['data']}; degraded: {result['degraded']}."
    engines = ", ".join(result["protocol"]["engines"])
    yield (
        f"Networks hear orders by {engines}; held out: by all but one. Chosen on these: "
        f"{result['chosen']}."
    )
    yield "Shares in %; 95 % intervals over orders; slots: of the true ones."
    yield ""
    yield from heard(result)
    yield from not_run(result)


def recognised(result: Mapping[str, Any]) -> Iterator[str]:
    """Figures of the study with a recogniser as Markdown."""
    figures = result["figures"]
    yield "| | slots, clean | whole orders, clean | slots, degraded | whole orders, degraded |"
    yield "|---|---|---|---|---|"
    for name, found in figures.items():
        cells = []
        for group in ("clean", "degraded"):
            one = found.get(group)
            if one is None:
                cells += ["", ""]
                continue
            low, high = 100 * one["orders_low"], 100 * one["orders_high"]
            cells += [
                f"{100 * one['slots']:.1f}",
                f"{100 * one['orders']:.1f} ({low:.0f} to {high:.0f})",
            ]
        yield f"| {name} | {' | '.join(cells)} |"
    slots = sorted(next(iter(figures.values()))["clean"]["by_slot"]) if figures else []
    yield ""
    yield f"| slots, clean / degraded | {' | '.join(slots)} |"
    yield f"|---|{'---|' * len(slots)}"
    for name, found in figures.items():
        groups = [found[g]["by_slot"] for g in ("clean", "degraded") if g in found]
        each = [" / ".join(f"{100 * group[slot]:.0f}" for group in groups) for slot in slots]
        yield f"| {name} | {' | '.join(each)} |"


def _line(name: str, one: Mapping[str, Any]) -> str:
    values = one["by_values"]
    each = " | ".join(f"{100 * share:.0f}" for share in one["by_slot"].values())
    low, high = 100 * one["orders_low"], 100 * one["orders_high"]
    errors = f"{100 * one['word_errors']:.0f}" if "word_errors" in one else ""
    return (
        f"| {name} | {100 * one['slots']:.1f} | {100 * one['orders']:.1f} ({low:.0f} to {high:.0f})"
        f" | {one['too_many']} | {each} | {100 * values['slots']:.1f} |"
        f" {100 * values['orders']:.1f} | {errors} |"
    )


def heard(result: Mapping[str, Any]) -> Iterator[str]:
    """Figures of the networks as Markdown."""
    lines = []
    slots: list[str] = []
    for name, found in result["figures"].items():
        for group in ("clean", "degraded", "validation", "held out"):
            if group in found:
                slots = sorted(found[group]["by_slot"])
                what = {"validation": ", synthetic", "held out": ""}.get(group, f", {group}")
                lines.append(_line(f"{name}{what}", found[group]))
    yield (
        f"| | slots | whole orders | slots too many | {' | '.join(slots)} | slots by list of values"
        " | whole orders by list of values | words wrong |"
    )
    yield "|---" * (7 + len(slots)) + "|"
    yield from lines
    yield ""
    for name, found in result["figures"].items():
        curve = ", ".join(f"{loss:.2f}" for loss in found["losses"])
        yield f"Loss of {name} per eighth of its training: {curve}."
        yield ""
