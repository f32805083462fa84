"""What engines have in common that speak with voices which a recipe brings."""

from __future__ import annotations

from typing import TYPE_CHECKING

from corpusforge.speech.engine import Voice

if TYPE_CHECKING:
    from corpusforge.core.recipe import VoiceConfig

__all__ = ["NoVoicesOfItsOwn", "brought"]


class NoVoicesOfItsOwn:
    """Answers of an engine that speaks with nothing but the voices of a recipe."""

    def languages(self) -> list[str]:
        """None of its own: those of the voices that a recipe brings."""
        return []

    def offered(self, lang: str | None = None) -> list[tuple[Voice, str]]:
        """None of its own."""
        return []

    def voices(self, lang: str) -> list[Voice]:
        """None of its own."""
        return []


def brought(entry: VoiceConfig, name: str, path: str = "", rate_hz: int = 0) -> Voice:
    """The voice of an entry of a recipe.

    Args:
        entry: From the recipe.
        name: For an entry without one.
        path: Where it is on this machine, "" when it is not known yet.
        rate_hz: Of its clips, 0 = that of the engine.
    """
    return Voice(
        entry.name or name,
        entry.lang or "",
        entry.license,
        entry.gender,
        entry.accent,
        speaker=entry.speaker,
        rate_hz=rate_hz,
        source=entry.source,
        path=path,
        family=entry.family,
    )
