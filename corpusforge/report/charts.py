"""Small charts as inline SVG: bars and histograms that stay readable at any width.

Positions are percentages of the width and text keeps its size, so nothing shrinks on a phone.
Every chart has a title, and a description that says its values in words.
"""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from corpusforge.report.markup import Markup, element, join

__all__ = ["Series", "bars", "counted", "histogram", "legend", "number", "percent", "shorten"]

_ROW_PX = 34
_BAR_PX = 10
_LINE = 41  # letters that fit into the narrowest chart: label and value must not meet
_PLOT_PX = 120
_MAX_BINS = 12
_STEPS = (1.0, 2.0, 2.5, 5.0, 10.0)


@dataclass(frozen=True)
class Series:
    """One labelled bar, possibly made of parts.

    Attributes:
        label: What is counted.
        parts: Part name -> count; the bar is stacked in this order.
        note: Said behind the number, "" for nothing.
    """

    label: str
    parts: Mapping[str, int]
    note: str = ""

    @property
    def total(self) -> int:
        """Sum of the parts."""
        return sum(self.parts.values())


def number(value: float, digits: int = 0) -> str:
    """A number for readers: thousands apart, at most `digits` decimals."""
    rounded = f"{value:,.{digits}f}".replace(",", "\u202f")
    return rounded.rstrip("0").rstrip(".") if digits else rounded


def counted(value: int, what: str) -> str:
    """A number with its noun: "1 row", "2 rows"."""
    return f"{number(value)} {what}{'s' * (value != 1)}"


def percent(part: float, whole: float) -> str:
    """A share as "12.5 %"; "-" of nothing."""
    if not whole:
        return "-"
    return "100\u202f%" if part == whole else f"{100 * part / whole:.1f}\u202f%"


def shorten(value: str, length: int = 42) -> str:
    """Text cut for a label."""
    return value if len(value) <= length else value[: length - 1].rstrip() + "\u2026"


def bars(
    title: str,
    series: Sequence[Series],
    colors: Mapping[str, int],
    unit: str,
    whole: int | None = None,
) -> Markup:
    """Horizontal bars, label and value above each.

    Args:
        title: Heading of the chart.
        series: Bars from top to bottom.
        colors: Part name -> colour class number (0-7, see page.css).
        unit: What the numbers count, in words.
        whole: What a full bar stands for; None = the longest bar is full.
    """
    most = whole or max((one.total for one in series), default=0)
    drawn: list[Markup] = []
    for place, one in enumerate(series):
        drawn.append(_bar(one, colors, place * _ROW_PX, most))
    said = "; ".join(f"{one.label}: {one.total} {unit}{_parts(one)}" for one in series)
    return _figure(title, said or "nothing to show", max(len(series), 1) * _ROW_PX, drawn)


def _parts(one: Series) -> str:
    shown = [f"{name} {count}" for name, count in one.parts.items() if count]
    return f" ({', '.join(shown)})" if len(shown) > 1 else ""


def _bar(one: Series, colors: Mapping[str, int], top: int, most: int) -> Markup:
    value = number(one.total) + (f" {one.note}" if one.note else "")
    label = shorten(one.label, min(42, _LINE - len(value)))
    pieces = [
        element("text", {"x": 0, "y": top + 14, "class": "label"}, label),
        element("text", {"x": "100%", "y": top + 14, "class": "value"}, value),
        element(
            "rect",
            {"x": 0, "y": top + 19, "width": "100%", "height": _BAR_PX, "class": "track", "rx": 2},
        ),
    ]
    position = 0.0
    for name, count in one.parts.items():
        if not count:
            continue
        width = 100 * count / most
        pieces.append(
            element(
                "rect",
                {
                    "x": f"{position:.3f}%",
                    "y": top + 19,
                    "width": f"{width:.3f}%",
                    "height": _BAR_PX,
                    "class": f"c{colors.get(name, 0)}",
                },
                element("title", {}, f"{one.label}, {name}: {count}"),
            )
        )
        position += width
    return join(pieces)


def legend(colors: Mapping[str, int], names: Sequence[str]) -> Markup:
    """The parts that bars are made of, with their colours."""
    items = [
        element("li", {}, element("span", {"class": f"key k{colors.get(name, 0)}"}), name)
        for name in names
    ]
    return element("ul", {"class": "legend"}, *items)


def histogram(title: str, values: npt.NDArray[np.float64], unit: str) -> Markup:
    """How values are spread, with the count above each column.

    Args:
        title: Heading of the chart.
        values: Finite values, shape [n].
        unit: Unit of the values.
    """
    if len(values) == 0:
        return _figure(title, "no values", 24, [element("text", {"x": 0, "y": 16}, "no values")])
    edges = _edges(float(values.min()), float(values.max()))
    counts, _ = np.histogram(values, bins=edges)
    width = 100 / len(counts)
    most = max(int(counts.max()), 1)
    drawn: list[Markup] = []
    for place, count in enumerate(counts.tolist()):
        height = (_PLOT_PX - 16) * count / most
        x = place * width
        drawn.append(
            element(
                "rect",
                {
                    "x": f"{x + 0.05 * width:.3f}%",
                    "y": f"{_PLOT_PX - height:.2f}",
                    "width": f"{0.9 * width:.3f}%",
                    "height": f"{height:.2f}",
                    "class": "c0",
                },
            )
        )
        if count:
            top = f"{_PLOT_PX - height - 4:.2f}"
            place_of = {"x": f"{x + width / 2:.3f}%", "y": top, "class": "count"}
            drawn.append(element("text", place_of, number(count)))
    drawn += _axis(edges, width)
    median = float(np.median(values))
    low, high, middle_value = (number(v, 2) for v in (values.min(), values.max(), median))
    said = f"{number(len(values))} values, {low} to {high}\u00a0{unit}, "
    said += f"median {middle_value}\u00a0{unit}"
    return _figure(title, said, _PLOT_PX + 20, drawn, said)


def _axis(edges: npt.NDArray[np.float64], width: float) -> list[Markup]:
    drawn = [
        element(
            "line",
            {"x1": 0, "x2": "100%", "y1": _PLOT_PX, "y2": _PLOT_PX, "class": "axis"},
        )
    ]
    step = 2 if len(edges) > 7 else 1
    for place in range(0, len(edges), step):
        anchor = "start" if place == 0 else "end" if place == len(edges) - 1 else "middle"
        drawn.append(
            element(
                "text",
                {
                    "x": f"{place * width:.3f}%",
                    "y": _PLOT_PX + 15,
                    "class": "tick",
                    "text-anchor": anchor,
                },
                f"{edges[place]:g}",
            )
        )
    return drawn


def _edges(low: float, high: float) -> npt.NDArray[np.float64]:
    """At most 12 columns with round borders that hold all values."""
    span = max(high - low, 1e-9)
    if span < 1e-6:
        low, span = low - 0.5, 1.0
        high = low + span
    scale = 10 ** math.floor(math.log10(span / _MAX_BINS))
    for step in (factor * scale for factor in (*_STEPS, 20.0, 25.0, 50.0)):
        first, last = math.floor(low / step), math.floor(high / step) + 1
        if last - first <= _MAX_BINS:
            edges: npt.NDArray[np.float64] = np.round(np.arange(first, last + 1) * step, 9)
            return edges
    return np.array([low, high])


def _figure(
    title: str, said: str, height: int, drawn: Sequence[Markup], caption: str = ""
) -> Markup:
    svg = element(
        "svg",
        {"role": "img", "width": "100%", "height": height, "aria-label": f"{title}. {said}"},
        element("title", {}, title),
        element("desc", {}, said),
        *drawn,
    )
    parts = [element("h3", {}, title), svg]
    if caption:
        parts.append(element("figcaption", {}, caption))
    return element("figure", {"class": "chart"}, *parts)
