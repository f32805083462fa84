"""An assessment as plain text for a terminal: the verdict first."""

from __future__ import annotations

import textwrap
from collections.abc import Iterable, Iterator, Mapping
from typing import Any

__all__ = ["summary"]

_WIDTH = 100
_MOST_STEPS = 5


def summary(document: Mapping[str, Any]) -> str:
    """Verdict, reasons, a table of arms, what next; from the JSON of an assess alone."""
    return "\n".join(_lines(document))


def _lines(document: Mapping[str, Any]) -> Iterator[str]:
    if document["verdict"] is not None:
        yield f"verdict: {document['verdict']}"
    for reason in document["reasons"]:
        yield from _item(reason)
    if document["usefulness"]:
        yield ""
        yield from _arms(document["usefulness"])
    mixing = document["mixing"]
    helps = document["verdict_code"] in ("use", "use_up_to")
    if helps and mixing and mixing.get("recommended_share") is not None:
        yield ""
        yield f"recommended share of synthetic rows: {mixing['recommended_share']:.0%}"
    yield from _section("watch out:", _alarms(document["fidelity"]))
    for mode, run in (document["collapse"] or {}).items():
        yield from _section(
            f"a {run['generator']} generator, started on the real rows and retrained on its own "
            f"({mode}; this says nothing of the corpus):",
            _alarms(run),
        )
    if document["what_next"]:
        yield ""
        yield "what next, likeliest to pay first:"
        for step in document["what_next"][:_MOST_STEPS]:
            yield from _item(step if isinstance(step, str) else str(step["text"]))
    speech = document["speech"]
    if speech:
        yield ""
        yield f"speech: {speech.get('verdict') or 'measured'}"
        for reason in speech.get("reasons") or ():
            yield from _item(reason)


def _section(title: str, items: Iterable[str]) -> Iterator[str]:
    listed = list(items)
    if listed:
        yield ""
        yield from textwrap.wrap(title, _WIDTH)
    for item in listed:
        yield from _item(item)


def _alarms(section: Any) -> Iterator[str]:
    """Sentences under the key "alarms", at any depth."""
    if isinstance(section, Mapping):
        for key, value in section.items():
            if key == "alarms":
                yield from value
            else:
                yield from _alarms(value)
    elif isinstance(section, list):
        for value in section:
            yield from _alarms(value)


def _item(text: str) -> list[str]:
    return textwrap.wrap(text, _WIDTH, initial_indent="  - ", subsequent_indent="    ")


def _arms(usefulness: Mapping[str, Any]) -> Iterator[str]:
    """Accuracy in % with its 95 % interval, one line per arm and one column per classifier."""
    classifiers: Mapping[str, Any] = usefulness["classifiers"]
    arms = list(dict.fromkeys(arm for one in classifiers.values() for arm in one["arms"]))
    wide = max(len(arm) for arm in arms) + 2
    rows = usefulness["test_rows"]
    how = "cross-validated over" if usefulness["cross_validated"] else "on"
    yield f"accuracy in % {how} {rows} real rows (95 % interval)"
    yield "  " + "".ljust(wide) + "".join(name.ljust(24) for name in classifiers).rstrip()
    for arm in arms:
        cells = []
        for one in classifiers.values():
            score = one["arms"].get(arm)
            cells.append("" if score is None else _cell(score))
        yield "  " + (arm.ljust(wide) + "".join(cell.ljust(24) for cell in cells)).rstrip()


def _cell(score: Mapping[str, float]) -> str:
    low, high = 100 * score["low"], 100 * score["high"]
    return f"{100 * score['accuracy']:5.1f}  ({low:.1f} to {high:.1f})"
