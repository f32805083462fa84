"""Names that a wake word corpus is made of: what is listened for, and what must not be heard."""

from __future__ import annotations

from collections.abc import Iterable

from corpusforge.core.text import fold

__all__ = [
    "CONFUSABLE_INTENTS",
    "NEGATIVE_INTENTS",
    "ORDINARY_INTENTS",
    "WAKE_INTENT",
    "is_wake_word",
    "ordinary_note",
    "phrases",
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


def is_wake_word(intents: Iterable[str]) -> bool:
    """Whether a corpus with these intents teaches a detector what to listen for."""
    return not {WAKE_INTENT, *CONFUSABLE_INTENTS}.isdisjoint(intents)


def ordinary_note(intents: Iterable[str], lang: str) -> list[str]:
    """What to do about a wake word corpus without ordinary speech; nothing where there is some.

    Args:
        intents: Of its rows.
        lang: BCP-47 tag.
    """
    if not set(intents).isdisjoint(ORDINARY_INTENTS):
        return []
    return [
        f"wake word without ordinary speech in {lang}: a detector does not learn what people say "
        "otherwise, and its false accepts per hour cannot be counted. Write some hundred sentences "
        "into a file, one per line, and give it to `corpusforge init DIR --wake-word PHRASE --lang "
        f"{lang} --ordinary FILE`, or add them to the templates as intent {ORDINARY_INTENTS[0]}"
    ]


def phrases(rows: Iterable[tuple[str, str]], positives: Iterable[str]) -> tuple[str, ...]:
    """What is listened for, in its words; the name of an intent whose texts are not known.

    Args:
        rows: (intent, text) of all clips; "" for a text that is not known.
        positives: Intents that are listened for.
    """
    said: dict[str, dict[str, str]] = {intent: {} for intent in sorted(set(positives))}
    for intent, text in rows:
        if intent in said and text:
            said[intent].setdefault(fold(text), " ".join(text.split()))
    return tuple(
        phrase
        for intent, texts in said.items()
        for phrase in ([texts[key] for key in sorted(texts)] or [intent])
    )
