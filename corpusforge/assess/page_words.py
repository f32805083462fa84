"""How the page of an assessment writes its figures."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

from corpusforge.report.markup import Markup, element

__all__ = ["between", "cautions", "listed", "nothing", "points", "share", "with_interval"]

_MINUS = "\u2212"
_THIN = "\u202f"


def share(value: float | None) -> str:
    """A share 0..1 as "86.1 %"; "-" for None."""
    return "-" if value is None else f"{100 * value:.1f}{_THIN}%"


def points(value: float) -> str:
    """Percentage points with their sign: "+1.4"."""
    return f"{value:+.1f}".replace("-", _MINUS)


def between(low: float, high: float) -> str:
    """An interval in points: "+0.2 to +2.1"."""
    return f"{points(low)} to {points(high)}"


def with_interval(figure: Mapping[str, Any] | None, name: str) -> str:
    """A share under `name` with its low and high: "86.1 % (84.0 to 88.2)"; "-" for None."""
    if not figure or figure.get(name) is None:
        return "-"
    if figure.get("low") is None or figure.get("high") is None:
        return share(figure[name])
    low, high = (f"{100 * figure[end]:.1f}" for end in ("low", "high"))
    return f"{share(figure[name])} ({low} to {high})"


def listed(sentences: Iterable[object]) -> Markup:
    """Sentences as a list; nothing for none."""
    items = [element("li", {}, str(sentence)) for sentence in sentences]
    return element("ul", {"class": "said"}, *items) if items else Markup("")


def cautions(sentences: Iterable[object]) -> Markup:
    """Sentences to look at; nothing for none."""
    items = [
        element("li", {"class": "care"}, element("b", {}, "Look at this. "), str(sentence))
        for sentence in sentences
    ]
    return element("ul", {"class": "verdicts"}, *items) if items else Markup("")


def nothing(why: str) -> Markup:
    """A paragraph in place of figures."""
    return element("p", {}, why)
