"""Names that a wake word corpus is made of: what is listened for, and what must not be heard."""

from __future__ import annotations

from collections.abc import Iterable

__all__ = [
    "CONFUSABLE_INTENTS",
    "NEGATIVE_INTENTS",
    "ORDINARY_INTENTS",
    "WAKE_INTENT",
    "positive_intents",
]

WAKE_INTENT = "wake_word"

CONFUSABLE_INTENTS = ("near_miss", "part", "swap")
"""Intents of rows that sound like what is listened for."""

ORDINARY_INTENTS = ("other_speech", "other_talk", "other_questions", "other_numbers")
"""Intents of rows of ordinary speech: commands for somebody else, and talk among people."""

NEGATIVE_INTENTS = (*CONFUSABLE_INTENTS, *ORDINARY_INTENTS)
"""Intents of rows that a detector must not take for what it listens for."""


def positive_intents(intents: Iterable[str]) -> tuple[str, ...]:
    """What is listened for: the intents that are none of `NEGATIVE_INTENTS`, sorted."""
    return tuple(sorted(set(intents) - set(NEGATIVE_INTENTS)))
