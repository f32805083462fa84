"""How a corpus fared from one assessment to the next: synthetic share and real accuracy."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from corpusforge.report.lines import Curve, line_figure
from corpusforge.report.markup import Markup, element

__all__ = ["history_figure"]

_MOST_CURVES = 6


def history_figure(rows: Sequence[Mapping[str, Any]], alerts: Sequence[str]) -> Markup:
    """Two curves over time, below them what the figures warn of.

    Args:
        rows: Entries of history.parquet as dicts: time (ISO), synthetic_share (0..1 or None),
            classifier, arm, accuracy (0..1 or None), low, high. Entries of one time belong
            together.
        alerts: Sentences; [] when nothing parts.
    """
    if not rows:
        return element("p", {}, "No assessment has been noted yet.")
    times = sorted({str(row["time"]) for row in rows})
    names = _dates(times)
    warned = [
        element("li", {"class": "care"}, element("b", {}, "Look at this. "), said)
        for said in alerts
    ]
    charts = element(
        "div",
        {"class": "charts two"},
        line_figure(
            "Synthetic rows in the corpus over time",
            [_shares(rows, times)],
            "assessments in their order",
            "share of synthetic rows, %",
            names,
        ),
        line_figure(
            "Accuracy on real rows over time",
            _accuracies(rows, times),
            "assessments in their order",
            "accuracy, %",
            names,
        ),
    )
    said = element("ul", {"class": "verdicts"}, *warned) if warned else Markup("")
    return element("div", {"class": "history"}, said, charts)


def _dates(times: Sequence[str]) -> list[str]:
    """Days; with the time of day where two of them share one."""
    days = [time[:10] for time in times]
    return [
        day if days.count(day) == 1 else f"{day} {time[11:16]}"
        for day, time in zip(days, times, strict=True)
    ]


def _percent(value: object) -> float | None:
    return 100 * float(value) if isinstance(value, int | float) else None


def _shares(rows: Sequence[Mapping[str, Any]], times: Sequence[str]) -> Curve:
    found: dict[str, float | None] = {}
    for row in rows:
        share = _percent(row.get("synthetic_share"))
        if share is not None:
            found[str(row["time"])] = share
    return Curve("synthetic rows", _range(times), [found.get(time) for time in times])


def _accuracies(rows: Sequence[Mapping[str, Any]], times: Sequence[str]) -> list[Curve]:
    """A curve per classifier and arm: those with the most entries, then by name."""
    found: dict[str, dict[str, Mapping[str, Any]]] = {}
    for row in rows:
        if _percent(row.get("accuracy")) is None:
            continue
        parts = [str(row[key]) for key in ("classifier", "arm") if row.get(key)]
        found.setdefault(", ".join(parts) or "accuracy", {})[str(row["time"])] = row
    chosen = sorted(found, key=lambda name: (-len(found[name]), name))[:_MOST_CURVES]
    return [_curve(name, found[name], times) for name in chosen]


def _curve(name: str, by_time: Mapping[str, Mapping[str, Any]], times: Sequence[str]) -> Curve:
    columns = {
        key: [_percent(by_time[time].get(key)) if time in by_time else None for time in times]
        for key in ("accuracy", "low", "high")
    }
    known = any(value is not None for value in columns["low"])
    low, high = (columns["low"], columns["high"]) if known else ([], [])
    return Curve(name, _range(times), columns["accuracy"], low, high)


def _range(times: Sequence[str]) -> list[float]:
    return [float(place) for place in range(len(times))]
