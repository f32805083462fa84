"""What the name of a voice tells: a pseudo-speaker is named after the voice behind it."""

from __future__ import annotations

import re
from collections.abc import Iterable

__all__ = ["PSEUDO", "base_voice", "behind_several_splits"]

PSEUDO = re.compile(r"^(?P<base>.+)~p(?P<pitch>\d{2,3})f(?P<formant>\d{2,3})$")
"""The name of a pseudo-speaker, see `speech.pseudo`."""


def base_voice(name: str) -> str:
    """The voice behind a pseudo-speaker; another voice is its own.

    Args:
        name: Of a voice, with or without "engine/" before it.
    """
    found = PSEUDO.match(name)
    return found["base"] if found else name


def behind_several_splits(heard: Iterable[tuple[str, str, str]]) -> list[str]:
    """Voices whose speakers are in one split each, but not all of them in the same.

    A recorded voice and its pseudo-speakers are such a voice: splits that share none of these
    speakers share the voice behind them all the same.

    Args:
        heard: (engine, voice, split) of each clip.

    Returns:
        "engine/voice", sorted.
    """
    splits: dict[str, dict[str, set[str]]] = {}
    for engine, voice, split in heard:
        base = f"{engine}/{base_voice(voice)}"
        splits.setdefault(base, {}).setdefault(voice, set()).add(split)
    return sorted(
        base
        for base, by_name in splits.items()
        if all(len(own) == 1 for own in by_name.values())
        and len(set().union(*by_name.values())) > 1
    )
