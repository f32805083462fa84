"""What `corpusforge detector` prints of what it measured."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from corpusforge.core.wake import CONFUSABLE_INTENTS

__all__ = ["detector_lines"]


def detector_lines(account: Mapping[str, Any]) -> list[str]:
    """Lines for the terminal.

    Args:
        account: See `assess.wake_word.measure_detector`.
    """
    lines = [f"listens for {account['phrase']}, {account['window_s']} s, all of it synthetic"]
    lines += [_split_line(split, found) for split, found in account["splits"].items()]
    lines += _new_voices(account["splits"]["test"])
    met = account["targets_met_on_validation"]
    if met is None:
        lines.append(
            "warning: there is no ordinary speech on validation: whether false accepts keep the "
            "target is not known, and in daily talk there may be many. Add sentences that people "
            "say otherwise (corpusforge init DIR --wake-word PHRASE --ordinary FILE)"
        )
    elif not met:
        lines.append("warning: no threshold keeps the targets on validation; the highest is used")
    if account["speakers_shared"]:
        lines.append(f"note: {len(account['speakers_shared'])} voices stand in train and in test")
    return lines


def _split_line(split: str, found: Mapping[str, Any]) -> str:
    taken = ", ".join(
        f"{found['taken_by_intent'][intent]} of {count} {intent}"
        for intent, count in found["negatives_by_intent"].items()
        if intent in CONFUSABLE_INTENTS
    )
    return (
        f"{split:<10} recall {_recall(found)}; {found['positives']} clips, "
        f"{found['speakers']} voices), {_false_accepts(found)}"
        + (f"; taken for it: {taken}" if taken else "")
    )


def _recall(found: Mapping[str, Any]) -> str:
    return f"{found['recall']:.1%} ({found['recall_low']:.0%} to {found['recall_high']:.0%}"


def _false_accepts(found: Mapping[str, Any]) -> str:
    if not found["hours"]:
        return "no ordinary speech to count false accepts in"
    return (
        f"{found['false_accepts']} false accepts in {found['hours']:.2f} h of ordinary speech "
        f"(at most {found['false_accepts_per_hour_upper']:.1f} per hour, 95 %)"
    )


def _new_voices(test: Mapping[str, Any]) -> list[str]:
    """How many of the voices of test are new, where some or all of them are shifts."""
    bases, new = test["recall_by_base_voice"], test["new_voices"]
    trained = [base for base, one in bases.items() if one["trained"] and base]
    if not trained:
        return []
    behind = ", ".join(trained)
    if new is None:
        return [f"note: no voice of test is new: behind all of them are voices of train ({behind})"]
    return [
        f"of test, voices that are no shift of one of train: recall {_recall(new)}; "
        f"{new['positives']} clips, {new['speakers']} voices); the others are {behind}"
    ]
