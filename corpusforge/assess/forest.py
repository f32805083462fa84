"""Gains with their intervals, one under the other, around a line at zero."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass

from corpusforge.assess.page_words import between, points
from corpusforge.report.markup import Markup, element, join

__all__ = ["Gain", "forest"]

_ROW_PX = 50
_LINE_PX = 32
_EDGE = 0.04  # of the width, so that outer points are whole


@dataclass(frozen=True)
class Gain:
    """One difference in percentage points with its 95 % interval."""

    label: str
    mean: float
    low: float
    high: float


def forest(title: str, gains: Sequence[Gain], caption: str) -> Markup:
    """A figure with one row per gain; the label stands above, so it needs no margin.

    Args:
        title: Heading of the figure.
        gains: From top to bottom.
        caption: What left and right of zero mean.
    """
    low = min([0.0, *(gain.low for gain in gains)])
    high = max([0.0, *(gain.high for gain in gains)])
    span = max(high - low, 1e-9)

    def x(value: float) -> str:
        return f"{100 * (_EDGE + (1 - 2 * _EDGE) * (value - low) / span):.3f}%"

    drawn = [_drawn(gain, place * _ROW_PX, x) for place, gain in enumerate(gains)]
    said = "; ".join(
        f"{gain.label}: {points(gain.mean)} points, {between(gain.low, gain.high)}"
        for gain in gains
    )
    svg = element(
        "svg",
        {
            "role": "img",
            "width": "100%",
            "height": len(gains) * _ROW_PX,
            "aria-label": f"{title}. {said}",
            "class": "forest",
        },
        element("title", {}, title),
        element("desc", {}, said),
        *drawn,
    )
    return element(
        "figure",
        {"class": "chart"},
        element("h3", {}, title),
        svg,
        element("figcaption", {}, caption),
    )


def _drawn(gain: Gain, top: int, x: Callable[[float], str]) -> Markup:
    """Label and figures, below them the interval on its line."""
    middle = top + _LINE_PX
    color = _color(gain)
    shown = f"{points(gain.mean)} ({between(gain.low, gain.high)})"
    ends: dict[str, str | int] = {
        "x1": x(gain.low),
        "x2": x(gain.high),
        "y1": middle,
        "y2": middle,
        "class": f"l{color} whisker",
    }
    at: dict[str, str | int] = {"cx": x(gain.mean), "cy": middle, "r": 5, "class": f"c{color}"}
    line: dict[str, str | int] = {"x1": 0, "x2": "100%", "y1": middle, "y2": middle}
    zero: dict[str, str | int] = {"x1": x(0), "x2": x(0), "y1": top + 22, "y2": top + 42}
    return join(
        (
            element("text", {"x": 0, "y": top + 14, "class": "label"}, gain.label),
            element("text", {"x": "100%", "y": top + 14, "class": "value"}, shown),
            element("line", {**line, "class": "axis"}),
            element("line", {**zero, "class": "zero"}),
            element("line", ends),
            element("circle", at, element("title", {}, f"{gain.label}: {shown}")),
        )
    )


def _color(gain: Gain) -> int:
    """Green above zero, red below, blue where the interval holds zero."""
    return 2 if gain.low > 0 else 4 if gain.high < 0 else 0
