"""Tables of the evidence on voices."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from eval.speech import espeak_screen, screening, voices
from eval.table_head import head

__all__ = ["espeak_screening", "pseudo_speakers", "worth_of_screening"]


def pseudo_speakers(result: dict[str, Any]) -> Iterator[str]:
    """Grids of pitch and formants."""
    yield from _section("Pseudo-speakers: words heard, and whose voice it is", result)
    yield from voices.table(result)
    yield ""


def espeak_screening(result: dict[str, Any]) -> Iterator[str]:
    """Variants and accents of espeak."""
    yield from _section("Variants and English accents of espeak, heard by a recogniser", result)
    yield from espeak_screen.table(result)
    yield ""


def worth_of_screening(result: dict[str, Any]) -> Iterator[str]:
    """Digits learnt from different sets of voices."""
    yield from _section("What screening and pseudo-speakers are worth on real digits", result)
    yield from screening.table(result)
    yield ""


def _section(title: str, result: dict[str, Any]) -> Iterator[str]:
    yield f"## {title}"
    yield ""
    yield from head(result)
