"""Sections of an assessment's page that are rows: intents, failing rows, clips."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from corpusforge.assess.forest import Gain, forest
from corpusforge.assess.page_words import listed, nothing, share, with_interval
from corpusforge.report.charts import counted, number
from corpusforge.report.markup import Markup, element
from corpusforge.report.sections import section, table

__all__ = ["failing_section", "intents_section", "speech_section"]

_SHOWN = 15
"""Intents in the open part of the table."""

_OPEN = 3
"""Intents whose failing rows are unfolded."""

_SPEECH_ARMS = {
    "synthetic": "synthetic clips alone",
    "real": "real clips alone",
    "real_and_synthetic": "real and synthetic clips",
}


def intents_section(assessment: Mapping[str, Any]) -> Markup:
    """Recall of every intent, those that are answered worst first."""
    intents: Sequence[Mapping[str, Any]] = assessment.get("intents") or ()
    if not intents:
        return section("intents", "Intents", nothing("Not measured."))
    arms = list(dict.fromkeys(arm for one in intents for arm in one.get("recall") or {}))
    last = arms[-1] if arms else ""
    ordered = sorted(intents, key=lambda one: (one.get("recall") or {}).get(last) or 0.0)
    head = ["intent", *(f"recall, {arm}" for arm in arms), "fail", "mostly taken for"]
    head += ["test rows", "real rows", "synthetic rows"]
    rows = [_intent_row(one, arms) for one in ordered]
    said = (
        "Share of the real test rows of each intent that are answered right, mean over both "
        "classifiers; the weakest first. “Fail” counts the rows that most trainings on "
        "synthetic rows alone get wrong."
    )
    parts = [element("p", {}, said), table(head, rows[:_SHOWN])]
    if len(rows) > _SHOWN:
        summary = element("summary", {}, f"{counted(len(rows) - _SHOWN, 'more intent')}")
        parts.append(element("details", {}, summary, table(head, rows[_SHOWN:])))
    return section("intents", "Intents", *parts)


def _intent_row(one: Mapping[str, Any], arms: Sequence[str]) -> list[Markup | str | int]:
    recall = one.get("recall") or {}
    name = str(one["intent"]) + (" (worst tenth)" if one.get("worst_tenth") else "")
    figures = [share(recall.get(arm)) for arm in arms]
    counts = [number(one.get(key) or 0) for key in ("test_rows", "real_rows", "synthetic_rows")]
    fails: list[Markup | str | int] = []
    if "synthetic" in arms:
        fails = [number(one.get("failing_rows") or 0), str(one.get("confused_with") or "-")]
    return [name, *figures, *fails, *counts]


def failing_section(assessment: Mapping[str, Any]) -> Markup:
    """Real rows that the corpus gets wrong, by intent, those with the most first."""
    intents = [one for one in assessment.get("intents") or () if one.get("failing")]
    if not intents:
        said = "None to show."
        return section("failing", "Failing rows", nothing(said))
    intents.sort(key=lambda one: (-(one.get("failing_rows") or 0), str(one["intent"])))
    said = (
        "What people said and classifiers trained on synthetic rows alone do not know: these "
        "intents need wording. Whoever has read test rows needs fresh ones to claim a gain."
    )
    blocks = [_failing(one, place < _OPEN) for place, one in enumerate(intents)]
    return section("failing", "Failing rows", element("p", {}, said), *blocks)


def _failing(one: Mapping[str, Any], unfolded: bool) -> Markup:
    count = one.get("failing_rows") or len(one["failing"])
    said = f"{one['intent']}: {number(count)} of {counted(one.get('test_rows') or 0, 'row')} fail"
    confused = one.get("confused_with")
    said += f", mostly taken for {confused}" if confused else ""
    items = []
    for row in one["failing"]:
        about = f"taken for {row.get('taken_for') or '?'}"
        missing = row.get("missing_words") or ()
        about += f"; words that its synthetic rows lack: {', '.join(missing)}" if missing else ""
        quoted = element("q", {"dir": "auto"}, str(row["text"]))
        items.append(element("li", {}, quoted, element("p", {"class": "more"}, about)))
    cues = [f"{cue['words']} ({number(cue['rows'])})" for cue in one.get("cues") or ()]
    shared = (
        f"Shared by failing rows, missing in the synthetic ones: {', '.join(cues)}." if cues else ""
    )
    return element(
        "details",
        {"open": unfolded},
        element("summary", {}, said),
        element("ul", {"class": "misses"}, *items),
        element("p", {"class": "more"}, shared) if shared else Markup(""),
    )


def speech_section(assessment: Mapping[str, Any]) -> Markup:
    """A keyword model trained on clips, tested on real ones."""
    found = assessment.get("speech")
    if not found:
        said = "Not measured: corpusforge assess --audio FOLDER tests clips on recordings."
        return section("speech", "Speech", nothing(said))
    arms: Mapping[str, Any] = found.get("arms") or {}
    verdict = str(found.get("verdict") or "measured")
    rows: list[list[Markup | str | int]] = [
        [
            _SPEECH_ARMS.get(name, name),
            with_interval(arm, "accuracy"),
            share(arm.get("macro_recall")),
            ", ".join(arm.get("worst_classes") or ()) or "-",
        ]
        for name, arm in arms.items()
    ]
    parts = [
        element("p", {}, element("b", {}, verdict[:1].upper() + verdict[1:] + ".")),
        listed(found.get("reasons") or ()),
    ]
    if rows:
        head = ["trained on", "accuracy on real clips", "mean recall", "worst classes"]
        parts.append(table(head, rows))
    gain = found.get("gain_pp") or {}
    if gain.get("mean") is not None:
        one = Gain("real and synthetic clips, over real ones", *(gain[k] for k in _ENDS))
        parts.append(forest("Gain of the clips", [one], "Percentage points, 95 % interval."))
    parts.append(_engines(found.get("engines") or {}))
    return section("speech", "Speech", *parts, listed(found.get("notes") or ()))


_ENDS = ("mean", "low", "high")


def _engines(engines: Mapping[str, Mapping[str, Any]]) -> Markup:
    if not engines:
        return Markup("")
    rows: list[list[Markup | str | int]] = [
        [
            name,
            number(one.get("clips") or 0),
            _any_share(one.get("alone")),
            _any_share(one.get("held_out")),
        ]
        for name, one in engines.items()
    ]
    head = ["engine", "clips", "it alone, on real clips", "the others, on it"]
    return table(head, rows)


def _any_share(value: object) -> str:
    """A share, given bare or with its interval."""
    if isinstance(value, Mapping):
        return with_interval(value, "accuracy")
    return share(value) if isinstance(value, int | float) else "-"
