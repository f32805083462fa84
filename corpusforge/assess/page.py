"""The page of an assessment: one HTML file made from the JSON alone, with nothing to fetch."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from importlib import resources
from typing import Any

import pyarrow as pa

from corpusforge.assess.history import diverging
from corpusforge.assess.page_figures import (
    collapse_section,
    fidelity_section,
    mixing_section,
    slots_section,
    usefulness_section,
)
from corpusforge.assess.page_rows import failing_section, intents_section, speech_section
from corpusforge.assess.page_words import listed, points
from corpusforge.report.charts import counted, number
from corpusforge.report.history_chart import history_figure
from corpusforge.report.markup import Markup, element, join
from corpusforge.report.sections import section, table

__all__ = ["render"]

# The page has no script and needs none; whatever a row says, nothing is loaded.
_POLICY = (
    "default-src 'none'; style-src 'unsafe-inline'; img-src data:; base-uri 'none'; "
    "form-action 'none'"
)
_MOOD = {"use": "good", "use_up_to": "good", "do_not_use": "care"}
_LINKS = (
    ("usefulness", "Does it help"),
    ("next", "What next"),
    ("intents", "Intents"),
    ("failing", "Failing rows"),
    ("mixing", "How much of it"),
    ("slots", "Slots"),
    ("fidelity", "Likeness"),
    ("collapse", "Collapse"),
    ("bias", "Bias"),
    ("privacy", "Privacy"),
    ("speech", "Speech"),
    ("history", "History"),
    ("protocol", "How it was measured"),
)
_PLACES = {
    "bias": "whether the corpus makes some groups less well understood than others",
    "privacy": "whether rows of the corpus sit too close to a real sentence",
}
_ANSWERED = "Not assessed on text: only clips were."


def render(assessment: Mapping[str, Any], history: pa.Table | None) -> str:
    """The whole page as HTML.

    Args:
        assessment: JSON values as in schemas/assess.schema.json; any section may be null.
        history: Entries as `assess.history.read` gives them; None = no history to show.
    """
    corpus = assessment.get("corpus") or {}
    name = str(corpus.get("corpus") or "the corpus")
    head = element(
        "head",
        {},
        element("meta", {"charset": "utf-8"}),
        element("meta", {"http-equiv": "Content-Security-Policy", "content": _POLICY}),
        element("meta", {"name": "viewport", "content": "width=device-width, initial-scale=1"}),
        element("title", {}, f"{name}: does it help?"),
        element("link", {"rel": "icon", "href": "data:,"}),
        _style("corpusforge.report", "page.css"),
        _style("corpusforge.assess", "page.css"),
    )
    links = [element("li", {}, element("a", {"href": f"#{key}"}, title)) for key, title in _LINKS]
    header = element(
        "header",
        {},
        element("h1", {}, f"Does {name} help?"),
        element("p", {"class": "lead"}, _lead(assessment, corpus)),
        _answer(assessment),
        _figures(assessment, corpus),
        element("nav", {"aria-label": "Sections"}, element("ul", {}, *links)),
    )
    main = element(
        "main",
        {},
        usefulness_section(assessment),
        _next_section(assessment),
        intents_section(assessment),
        failing_section(assessment),
        mixing_section(assessment),
        slots_section(assessment),
        fidelity_section(assessment),
        collapse_section(assessment),
        *(_place(assessment, key) for key in _PLACES),
        speech_section(assessment),
        _history_section(history),
        _protocol_section(assessment, corpus),
    )
    said = "Made by corpusforge from assess.json and history.parquet; real rows decide here."
    footer = element("footer", {}, element("p", {}, said))
    page = element("html", {"lang": "en"}, head, element("body", {}, header, main, footer))
    return "<!doctype html>\n" + join((page, "\n"))


def _style(package: str, name: str) -> Markup:
    """A style sheet of ours, not escaped."""
    content = resources.files(package).joinpath(name).read_text(encoding="utf-8")
    return Markup(f"<style>\n{content}</style>")


def _lead(assessment: Mapping[str, Any], corpus: Mapping[str, Any]) -> str:
    usefulness = assessment.get("usefulness")
    if not usefulness:
        return _ANSWERED if assessment.get("speech") else "No figures on real rows."
    how = "cross-validated over" if usefulness.get("cross_validated") else "tested on"
    tested = counted(usefulness.get("test_rows", 0), "real row")
    intents = counted(usefulness.get("intents", 0), "intent")
    made = corpus.get("synthetic_rows")
    rows = f"{counted(made, 'synthetic row')}, " if made is not None else ""
    return f"{rows}{how} {tested} of {intents}."


def _answer(assessment: Mapping[str, Any]) -> Markup:
    """The verdict, large, and why."""
    speech = assessment.get("speech") or {}
    code, verdict = assessment.get("verdict_code"), assessment.get("verdict")
    reasons = assessment.get("reasons") or ()
    if verdict is None:
        code, verdict = speech.get("verdict_code"), speech.get("verdict")
        verdict = f"clips: {verdict}" if verdict else "not assessed"
        reasons = speech.get("reasons") or ()
    mood = _MOOD.get(str(code), "")
    parts = [element("h2", {"id": "verdict-title"}, _sentence(str(verdict))), listed(reasons)]
    needed = assessment.get("test_rows_needed")
    if needed:
        parts.append(element("p", {}, f"About {number(needed)} real test rows would tell."))
    expansion = assessment.get("expansion") or {}
    if expansion.get("reason"):
        parts.append(element("p", {}, f"Generated rows: {expansion['reason']}."))
    attributes = {"class": f"answer {mood}".strip(), "aria-labelledby": "verdict-title"}
    return element("section", {"id": "verdict", **attributes}, *parts)


def _sentence(words: str) -> str:
    return words[:1].upper() + words[1:]


def _figures(assessment: Mapping[str, Any], corpus: Mapping[str, Any]) -> Markup:
    """The few figures to remember."""
    shown: list[tuple[str, str]] = []
    classifiers = (assessment.get("usefulness") or {}).get("classifiers") or {}
    for name, one in classifiers.items():
        gain = one.get("gain") or {}
        if gain.get("mean_pp") is not None:
            shown.append((points(gain["mean_pp"]), f"points with it ({name})"))
    for name, one in classifiers.items():
        if one.get("tstr_ratio") is not None:
            ratio = f"{100 * one['tstr_ratio']:.0f}\u202f%"
            shown.append((ratio, f"of real rows' accuracy, alone ({name})"))
    mixing = assessment.get("mixing") or {}
    if mixing.get("recommended_share") is not None:
        share_of = f"{100 * mixing['recommended_share']:.0f}\u202f%"
        shown.append((share_of, "synthetic rows recommended in a mix"))
    for key, what in (
        ("real_rows", "real rows to train on"),
        ("test_rows", "real rows to test on"),
    ):
        if corpus.get(key) is not None:
            shown.append((number(corpus[key]), what))
    items = [element("li", {}, element("strong", {}, a), element("span", {}, b)) for a, b in shown]
    return element("ul", {"class": "figures"}, *items) if items else Markup("")


def _next_section(assessment: Mapping[str, Any]) -> Markup:
    steps = assessment.get("what_next") or ()
    if not steps:
        said = "Nothing to name: no step is expected to gain anything that could be seen."
        return section("next", "What next", element("p", {}, said))
    items = []
    for step in steps:
        gain = step.get("expected_gain_pp")
        worth = "" if gain is None else f", about {points(gain)} points of accuracy"
        basis = element("span", {"class": "more"}, _sentence(str(step.get("basis") or "")))
        items.append(element("li", {}, element("b", {}, _sentence(step["text"])), worth, basis))
    said = (
        "Where more rows should pay most, the best first. These are guesses, each with its basis."
    )
    return section(
        "next", "What next", element("p", {}, said), element("ol", {"class": "steps"}, *items)
    )


def _place(assessment: Mapping[str, Any], key: str) -> Markup:
    """Where a later version writes figures; shown as they are once there are some."""
    found = assessment.get(key)
    if not found:
        return section(key, _sentence(key), element("p", {}, f"Not measured yet: {_PLACES[key]}."))
    return section(key, _sentence(key), _pairs(found))


def _history_section(history: pa.Table | None) -> Markup:
    title = "History"
    if history is None or not history.num_rows:
        said = "This is the first assessment: there is nothing to compare it with."
        return section("history", title, element("p", {}, said))
    figure = history_figure(history.to_pylist(), diverging(history))
    said = (
        "When the share of synthetic rows grows and accuracy on real rows falls, the corpus is "
        "feeding on itself. corpusforge log notes accuracies of your own model here."
    )
    return section("history", title, element("p", {}, said), figure)


def _protocol_section(assessment: Mapping[str, Any], corpus: Mapping[str, Any]) -> Markup:
    parts = []
    notes = assessment.get("notes") or ()
    if notes:
        parts += [element("h3", {}, "What to know"), listed(notes)]
    if corpus:
        parts += [element("h3", {}, "Corpus and real rows"), _pairs(corpus)]
    protocol = assessment.get("protocol")
    if protocol:
        parts += [element("h3", {}, "Protocol"), _pairs(protocol)]
    said = (
        "Two classifiers are trained and tested in the same way on each set of rows. Intervals "
        "hold 95 %, over draws and test rows. The same rows, seed and versions give the same "
        "figures."
    )
    return section("protocol", "How it was measured", element("p", {}, said), *parts)


def _pairs(values: Mapping[str, Any]) -> Markup:
    """Names and values of a JSON object, nested ones written out."""
    rows = [[element("code", {}, name), value] for name, value in _flat(values, "")]
    return table(["what", "value"], rows)


def _flat(values: Mapping[str, Any], before: str) -> Iterator[tuple[str, str]]:
    for key, value in values.items():
        if isinstance(value, Mapping):
            yield from _flat(value, f"{before}{key}.")
        else:
            yield before + key, _plain(value)


def _plain(value: object) -> str:
    if value is None:
        return "-"
    if isinstance(value, bool):
        return "yes" if value else "no"
    if isinstance(value, Sequence) and not isinstance(value, str):
        shown = ", ".join(_plain(one) for one in value[:20])
        return shown + (f" and {len(value) - 20} more" if len(value) > 20 else "") if value else "-"
    return f"{value:.4g}" if isinstance(value, float) else str(value)
