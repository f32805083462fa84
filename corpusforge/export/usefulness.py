"""What a release says about its own usefulness: for release.json and for the card.

Everything comes from the build's assess.json, in which nothing private stands, and from the
gate; without real rows there is neither, and the card says that nothing was shown.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from corpusforge.core.gate import KEPT_OUT, Gate
from corpusforge.export.accounts import counted
from corpusforge.export.release import EXPANDED

__all__ = ["published_facts", "usefulness_section"]

_KEYS = ("verdict", "verdict_code", "reasons", "protocol", "usefulness")
_ARMS = ("real", "synthetic", "real + synthetic")


def published_facts(assessment: Mapping[str, Any], gate: Gate) -> dict[str, Any]:
    """The key `usefulness` of release.json; {} when nothing was assessed.

    Args:
        assessment: What the stage wrote to assess.json, {} when it wrote none.
        gate: Its decision about generated rows.
    """
    if not assessment:
        return {}
    figures = {key: assessment[key] for key in _KEYS if key in assessment}
    return {"usefulness": figures | {"gate": gate.to_json()}}


def usefulness_section(
    assessment: Mapping[str, Any], gate: Gate, generated: int, kept_out: int
) -> str:
    """The card's section, "" when there is nothing to tell.

    Args:
        assessment: See `published_facts`.
        gate: Likewise.
        generated: Generated rows in config nlu.
        kept_out: Generated rows that stand in nlu_expanded only.
    """
    if not assessment:
        return _not_assessed(generated) if generated else ""
    parts = [
        "## Does it help?",
        "Measured on real rows that the classifiers had not seen. Verdict for the corpus: "
        f"**{assessment['verdict']}**.",
        "\n".join(f"- {reason}" for reason in assessment.get("reasons", ())),
        _table(assessment.get("usefulness") or {}, assessment.get("protocol") or {}),
        _expansion(gate, generated, kept_out),
    ]
    return "\n\n".join(part for part in parts if part)


def _not_assessed(generated: int) -> str:
    come = "row comes" if generated == 1 else "rows come"
    return (
        f"## Does the expansion help?\n\nNot shown to help. {generated:,} {come} from a text "
        "generator that worked from the train rows. No experiment of this build shows that a "
        "classifier gets better with them. They are weighted down; leave them out with "
        f"{_LEAVE_OUT}."
    )


_LEAVE_OUT = '`nlu.filter(lambda row: row["generation"] == 0)`'


def _table(usefulness: Mapping[str, Any], protocol: Mapping[str, Any]) -> str:
    """Accuracy per classifier and arm, with 95 % intervals."""
    lines: list[Sequence[str]] = []
    found = usefulness.get("classifiers", {})
    # JSON files sort by name; the protocol knows the order.
    order = dict.fromkeys((*protocol.get("classifiers", ()), *found))
    for name, one in ((name, found[name]) for name in order if name in found):
        shown = [_accuracy(one["arms"].get(arm)) for arm in _ARMS]
        gain = one["gain"]
        interval = f"{gain['mean_pp']:+.1f} ({gain['low_pp']:+.1f} to {gain['high_pp']:+.1f})"
        lines.append([name, *shown, interval])
    if not lines:
        return ""
    head = ["trained on", *(f"{arm}, %" for arm in _ARMS), "gain over real, points"]
    rows = "\n".join("| " + " | ".join(line) + " |" for line in lines)
    rule = "| " + " | ".join("---" for _ in head) + " |"
    count = usefulness.get("test_rows", 0)
    return (
        f"Accuracy on {counted(count, 'real row')}, 95 % interval in brackets:\n\n"
        "| " + " | ".join(head) + f" |\n{rule}\n{rows}"
    )


def _accuracy(score: Mapping[str, Any] | None) -> str:
    if score is None:
        return "-"
    low, high = 100 * score["low"], 100 * score["high"]
    return f"{100 * score['accuracy']:.1f} ({low:.1f} to {high:.1f})"


def _expansion(gate: Gate, generated: int, kept_out: int) -> str:
    """What became of generated rows, and why."""
    if gate.expansion == KEPT_OUT:
        return (
            f"{counted(kept_out, 'generated row')} did not prove useful beside the other train "
            f"rows and {'is' if kept_out == 1 else 'are'} not in config `nlu`: {gate.reason}. "
            f'`load_dataset("path/or/repo", "{EXPANDED}")` offers the rows of `nlu` with them.'
        )
    if not generated:
        return ""
    come = "row comes" if generated == 1 else "rows come"
    said = f": {gate.reason}" if gate.reason else ""
    return (
        f"{generated:,} {come} from a text generator that worked from the train rows{said}. "
        f"Leave them out with {_LEAVE_OUT}."
    )
