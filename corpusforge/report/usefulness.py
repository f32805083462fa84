"""Does it help? The verdict on real rows, its figures, and how they fared over time."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from corpusforge.core.gate import KEPT_OUT
from corpusforge.report.charts import counted, number
from corpusforge.report.data import Corpus
from corpusforge.report.history_chart import history_figure
from corpusforge.report.markup import Markup, element
from corpusforge.report.sections import section, table

__all__ = ["expansion_helps", "usefulness_section"]

_MOST_INTENTS = 10
_MOST_STEPS = 5
_BOTH = "real + synthetic"
_FIRST_ARMS = ("real", "synthetic", _BOTH)


def expansion_helps(corpus: Corpus) -> bool:
    """Whether the build showed that generated rows help."""
    answer = (corpus.assessment.get("expansion") or {}).get("answer") or {}
    return bool(answer.get("verdict_code") == "use")


def usefulness_section(corpus: Corpus) -> Markup:
    """Verdict, reasons, accuracy per arm and classifier, weakest intents, history."""
    title = "Does it help?"
    found = corpus.assessment
    if not found:
        said = (
            "This release holds no figures on it."
            if corpus.release
            else "Not assessed: without real rows nobody can say. Give some under real: in the "
            "recipe, or run corpusforge assess."
        )
        return section("help", title, element("p", {}, said), *_history(corpus))
    reasons = [element("li", {}, reason) for reason in found.get("reasons", ())]
    parts = [
        element("p", {}, "Verdict on real rows: ", element("b", {}, str(found["verdict"])), "."),
        element("ul", {"class": "more"}, *reasons),
        *_expansion(corpus),
        *_arms(found.get("usefulness") or {}, (found.get("protocol") or {}).get("classifiers", ())),
        *_intents(found.get("intents") or ()),
        *_steps(found.get("what_next") or ()),
    ]
    if not corpus.release:
        link = element("a", {"href": "assess.html"}, "assess.html")
        parts.append(element("p", {}, "All figures: ", link, ", in the run folder."))
    return section("help", title, *parts, *_history(corpus))


def _expansion(corpus: Corpus) -> list[Markup]:
    gate = corpus.gate
    if not gate.reason:
        return []
    if gate.expansion == KEPT_OUT:
        head = f"{counted(corpus.kept_out, 'generated row')} kept out of config nlu"
        said = f"{head}, offered as nlu_expanded: {gate.reason}."
    else:
        said = f"Generated rows stand in config nlu: {gate.reason}."
    return [element("p", {}, said)]


def _ordered(arms: Iterable[str]) -> list[str]:
    """The arms that the verdict is about, then the controls: JSON files sort by name."""
    there = set(arms)
    return [arm for arm in _FIRST_ARMS if arm in there] + sorted(there - set(_FIRST_ARMS))


def _arms(usefulness: Mapping[str, Any], order: Sequence[str]) -> list[Markup]:
    """What each classifier gets right, by what it was trained on."""
    found: Mapping[str, Any] = usefulness.get("classifiers", {})
    if not found:
        return []
    classifiers = {name: found[name] for name in dict.fromkeys((*order, *found)) if name in found}
    arms = _ordered(arm for one in classifiers.values() for arm in one["arms"])
    rows: list[list[Markup | str | int]] = [
        [arm, *(_accuracy(one["arms"].get(arm)) for one in classifiers.values())] for arm in arms
    ]
    gains: list[list[Markup | str | int]] = [
        [f"{_BOTH} against real, points", *(_points(one["gain"]) for one in classifiers.values())],
        [
            f"{_BOTH} against the best control, points",
            *(_points(one["edge"]) for one in classifiers.values()),
        ],
        ["the corpus alone is worth", *(one["worth"]["text"] for one in classifiers.values())],
    ]
    how = "cross-validated over" if usefulness.get("cross_validated") else "on"
    said = (
        f"Accuracy in % {how} {counted(usefulness['test_rows'], 'real row')}, 95 % interval in "
        "brackets. The arms below real + synthetic are controls: what they gain is no information."
    )
    return [
        element("p", {}, said),
        table(["trained on", *classifiers], rows),
        table(["what it comes to", *classifiers], gains),
    ]


def _accuracy(score: Mapping[str, float] | None) -> str:
    if score is None:
        return "-"
    return f"{100 * score['accuracy']:.1f} ({100 * score['low']:.1f} to {100 * score['high']:.1f})"


def _points(difference: Mapping[str, float]) -> str:
    mean, low, high = (difference[name] for name in ("mean_pp", "low_pp", "high_pp"))
    return f"{mean:+.1f} ({low:+.1f} to {high:+.1f})"


def _intents(intents: Sequence[Mapping[str, Any]]) -> list[Markup]:
    """The intents with the lowest recall, by the last arm."""
    if not intents:
        return []
    arms = _ordered(intents[0]["recall"])
    worst = sorted(intents, key=lambda one: (one["recall"].get(arms[-1], 0.0), one["intent"]))
    rows: list[list[Markup | str | int]] = [
        [
            one["intent"],
            one["test_rows"],
            *(f"{100 * one['recall'].get(arm, 0.0):.0f}" for arm in arms),
            one["confused_with"] or "-",
        ]
        for one in worst[:_MOST_INTENTS]
    ]
    head = ["intent", "test rows", *(f"right, {arm}, %" for arm in arms), "mostly taken for"]
    shown = f"The weakest {number(len(rows))} of {counted(len(intents), 'intent')}"
    summary = element("summary", {}, shown)
    return [element("details", {"open": True}, summary, table(head, rows))]


def _steps(steps: Sequence[Mapping[str, Any]]) -> list[Markup]:
    if not steps:
        return []
    items = [element("li", {}, str(step["text"])) for step in steps[:_MOST_STEPS]]
    lead = "What next, likeliest to pay first:"
    return [element("p", {}, lead), element("ul", {"class": "more"}, *items)]


def _history(corpus: Corpus) -> list[Markup]:
    if not corpus.past:
        return []
    return [element("h3", {}, "Over time"), history_figure(corpus.past, corpus.alerts)]
