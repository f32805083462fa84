"""Curves as inline SVG, with bands for intervals; readable from 320 px of width on.

Curves and bands stand in an inner drawing that is stretched to the width, with strokes that are
not; points and text are placed by percentages beside it, so nothing shrinks on a phone.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass

from corpusforge.report.charts import legend, number
from corpusforge.report.markup import Markup, element, join

__all__ = ["Curve", "line_figure"]

_PLOT_PX = 180
_TOP_PX = 18
_AXIS_PX = 22
_COLORS = 6
# Curves must be told apart without colours too.
_DASHES = (None, "6 4", "2 3", "10 3 2 3", "1 5", "12 5")
_MARGIN = 0.04  # of the width, left and right, so that the outer points are whole


@dataclass(frozen=True)
class Curve:
    """One named curve; all its columns are equally long.

    Attributes:
        name: For the legend.
        x: Positions, ascending.
        y: Values; None leaves a gap.
        low: Lower ends of the intervals, () for none.
        high: Upper ends, () for none.
    """

    name: str
    x: Sequence[float]
    y: Sequence[float | None]
    low: Sequence[float | None] = ()
    high: Sequence[float | None] = ()


@dataclass(frozen=True)
class _Scale:
    """From values to places: x in 0..1 of the width, y in pixels from the top."""

    left: float
    right: float
    bottom: float
    top: float

    def x(self, value: float) -> float:
        """Share of the width."""
        span = self.right - self.left
        inner = (value - self.left) / span if span > 0 else 0.5
        return _MARGIN + inner * (1 - 2 * _MARGIN)

    def y(self, value: float) -> float:
        """Pixels from the top."""
        return _TOP_PX + _PLOT_PX * (self.top - value) / (self.top - self.bottom)


def line_figure(
    title: str,
    series: Sequence[Curve],
    x_label: str,
    y_label: str,
    x_names: Sequence[str] = (),
) -> Markup:
    """Curves with their points, and a band per curve where it has intervals.

    Args:
        title: Heading of the figure.
        series: Curves; the first six have colours and dashes of their own.
        x_label: What the positions are, with their unit.
        y_label: What the values are, with their unit.
        x_names: Names of the positions 0, 1, 2, ... in place of numbers, for example dates.
    """
    colors = {curve.name: place % _COLORS for place, curve in enumerate(series)}
    heading = element("h3", {}, title)
    known = [value for curve in series for value in _values(curve)]
    if not known:
        nothing = element("p", {"class": "more"}, "Nothing to show yet.")
        return element("figure", {"class": "chart"}, heading, nothing)
    ticks = _ticks(min(known), max(known))
    positions = [x for curve in series for x in curve.x]
    scale = _Scale(min(positions), max(positions), ticks[0], ticks[-1])
    said = _said(series, x_label, y_label, x_names)
    height = _TOP_PX + _PLOT_PX + _AXIS_PX
    bands = [_band(curve, colors[curve.name], scale) for curve in series]
    lines = [_line(curve, colors[curve.name], scale) for curve in series]
    drawing = element(
        "svg",
        {
            "x": 0,
            "y": 0,
            "width": "100%",
            "height": height,
            "viewBox": f"0 0 1000 {height}",
            "preserveAspectRatio": "none",
            "aria-hidden": "true",
        },
        *bands,
        *lines,
    )
    svg = element(
        "svg",
        {"role": "img", "width": "100%", "height": height, "aria-label": f"{title}. {said}"},
        element("title", {}, title),
        element("desc", {}, said),
        *(_grid(tick, scale) for tick in ticks),
        drawing,
        *(_points(curve, colors[curve.name], scale, x_names) for curve in series),
        *_x_axis(sorted(set(positions)), scale, x_names),
    )
    names = [curve.name for curve in series]
    key = legend(colors, names) if len(names) > 1 else Markup("")
    caption = element("figcaption", {}, f"Across: {x_label}. Up: {y_label}.")
    return element("figure", {"class": "chart"}, heading, key, svg, caption)


def _values(curve: Curve) -> list[float]:
    columns = (curve.y, curve.low, curve.high)
    return [value for column in columns for value in column if value is not None]


def _ticks(low: float, high: float) -> list[float]:
    """Three to six round values that hold all."""
    span = max(high - low, 1e-9)
    if span < 1e-6:
        low, high, span = low - 0.5, high + 0.5, 1.0
    scale = 10 ** math.floor(math.log10(span / 5))
    for factor in (1.0, 2.0, 2.5, 5.0, 10.0, 20.0, 25.0, 50.0):
        step = factor * scale
        first, last = math.floor(low / step + 1e-9), math.ceil(high / step - 1e-9)
        if last - first <= 5:
            return [round(place * step, 9) for place in range(first, max(last, first + 1) + 1)]
    return [low, high]


def _grid(tick: float, scale: _Scale) -> Markup:
    """A thin line across with its value above it: labels inside need no margin."""
    y = f"{scale.y(tick):.1f}"
    above: dict[str, str | int] = {"x": 0, "y": f"{scale.y(tick) - 3:.1f}", "class": "tick"}
    line = element("line", {"x1": 0, "x2": "100%", "y1": y, "y2": y, "class": "axis"})
    return join((line, element("text", above, _shown(tick))))


def _runs(curve: Curve) -> list[list[int]]:
    """Places of neighbouring points without a gap."""
    runs: list[list[int]] = [[]]
    for place, value in enumerate(curve.y):
        if value is None:
            runs.append([])
        else:
            runs[-1].append(place)
    return [run for run in runs if run]


def _path(points: Sequence[tuple[float, float]], scale: _Scale) -> str:
    return " ".join(f"{1000 * scale.x(x):.1f},{scale.y(y):.1f}" for x, y in points)


def _line(curve: Curve, color: int, scale: _Scale) -> Markup:
    drawn = []
    for run in _runs(curve):
        points = [(curve.x[i], value) for i in run if (value := curve.y[i]) is not None]
        attributes = {
            "points": _path(points, scale),
            "class": f"l{color}",
            "stroke-dasharray": _DASHES[color],
            "vector-effect": "non-scaling-stroke",
        }
        drawn.append(element("polyline", attributes))
    return join(drawn)


def _band(curve: Curve, color: int, scale: _Scale) -> Markup:
    if not curve.low or not curve.high:
        return Markup("")
    drawn = []
    for run in _runs(curve):
        lower = [(curve.x[i], low) for i in run if (low := curve.low[i]) is not None]
        upper = [(curve.x[i], high) for i in run if (high := curve.high[i]) is not None]
        around = [*lower, *reversed(upper)]
        drawn.append(element("polygon", {"points": _path(around, scale), "class": f"b{color}"}))
    return join(drawn)


def _points(curve: Curve, color: int, scale: _Scale, x_names: Sequence[str]) -> Markup:
    drawn = []
    for place, value in enumerate(curve.y):
        if value is None:
            continue
        x = f"{100 * scale.x(curve.x[place]):.3f}%"
        said = f"{curve.name}, {_name(curve.x[place], x_names)}: {_with_interval(curve, place)}"
        marks: list[Markup] = []
        low, high = _interval(curve, place)
        if low is not None and high is not None:
            # Said again as a whisker: a band of one point has no width.
            ends = {"x1": x, "x2": x, "y1": f"{scale.y(low):.1f}", "y2": f"{scale.y(high):.1f}"}
            marks.append(element("line", {**ends, "class": f"l{color} thin"}))
        y = f"{scale.y(value):.1f}"
        at: dict[str, str | float] = {"cx": x, "cy": y, "r": 3.5, "class": f"c{color}"}
        marks.append(element("circle", at, element("title", {}, said)))
        drawn.append(join(marks))
    return join(drawn)


def _x_axis(positions: Sequence[float], scale: _Scale, x_names: Sequence[str]) -> list[Markup]:
    """Up to five names below: the ends, and what lies evenly between them."""
    most = 3 if x_names else 5
    count = min(most, len(positions))
    places = {round(n * (len(positions) - 1) / max(count - 1, 1)) for n in range(count)}
    shown = [positions[place] for place in sorted(places)]
    drawn = []
    for number_, x in enumerate(shown):
        anchor = "middle"
        if len(shown) > 1:
            anchor = "start" if number_ == 0 else "end" if number_ == len(shown) - 1 else "middle"
        at = 100 * scale.x(x)
        at = 0.0 if anchor == "start" else 100.0 if anchor == "end" else at
        attributes: dict[str, str | int] = {
            "x": f"{at:.3f}%",
            "y": _TOP_PX + _PLOT_PX + _AXIS_PX - 6,
            "class": "tick",
            "text-anchor": anchor,
        }
        drawn.append(element("text", attributes, _name(x, x_names)))
    return drawn


def _name(x: float, x_names: Sequence[str]) -> str:
    place = round(x)
    return x_names[place] if 0 <= place < len(x_names) else _shown(x)


def _shown(value: float) -> str:
    return number(value, 2 if abs(value) < 10 else 1)


def _interval(curve: Curve, place: int) -> tuple[float | None, float | None]:
    if not curve.low or not curve.high:
        return None, None
    return curve.low[place], curve.high[place]


def _with_interval(curve: Curve, place: int) -> str:
    value = curve.y[place]
    if value is None:
        return "not known"
    low, high = _interval(curve, place)
    if low is None or high is None:
        return _shown(value)
    return f"{_shown(value)} ({_shown(low)} to {_shown(high)})"


def _said(series: Sequence[Curve], x_label: str, y_label: str, x_names: Sequence[str]) -> str:
    """All values in words."""
    parts = []
    for curve in series:
        points = [
            f"{_name(x, x_names)}: {_with_interval(curve, place)}"
            for place, x in enumerate(curve.x)
            if curve.y[place] is not None
        ]
        parts.append(f"{curve.name}: " + ", ".join(points))
    return f"{y_label} by {x_label}. " + "; ".join(parts)
