"""Whether the voice gives an intent away: shares of voices as planned, and their association."""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from corpusforge.core.seeding import rng
from corpusforge.metrics import cramers_v

__all__ = ["Heard", "balance_facts", "balance_notes"]

_SHOWN = 3
_DRAWS = 99


@dataclass(frozen=True, slots=True)
class Heard:
    """Who speaks one clip, and what is said.

    Attributes:
        intent: Label of the clip.
        engine: Key of the engine.
        family: Kind of synthesis.
        voice: Name of the voice.
        gender: Of the voice, "" = not declared.
    """

    intent: str
    engine: str
    family: str
    voice: str
    gender: str


def balance_facts(clips: Sequence[Heard]) -> dict[str, Any]:
    """Engines with their families, clips by family and by gender, and Cramer's V with the intent.

    V is bias-corrected and in [0, 1]; None where there is one intent or one voice only. Voices are
    drawn without regard to what is said, so it is 0 but for chance; `by_chance` is what 95 % of
    random pairings of these clips and voices stay below.
    """
    return {
        "engines": {
            name: ", ".join(sorted({clip.family for clip in clips if clip.engine == name}))
            for name in sorted({clip.engine for clip in clips})
        },
        "families": _counts([clip.family for clip in clips]),
        "genders": _counts([clip.gender or "not declared" for clip in clips]),
        "voice_intent_v": {
            name: _association([(read(clip), clip.intent) for clip in clips], name)
            for name, read in _READ.items()
        },
    }


def balance_notes(clips: Sequence[Heard]) -> list[str]:
    """Intents that some family of engines or some sex never says: a model may learn by that."""
    found = []
    for name in ("family", "gender"):
        read = _READ[name]
        everyone = {read(clip) for clip in clips} - {""}
        said: dict[str, set[str]] = {}
        for clip in clips:
            said.setdefault(clip.intent, set()).add(read(clip))
        lacking = {intent: everyone - heard for intent, heard in said.items() if everyone - heard}
        if lacking:
            first = sorted(lacking)[:_SHOWN]
            some = "; ".join(f"{i}: no {', '.join(sorted(lacking[i]))}" for i in first)
            more = f" and {len(lacking) - _SHOWN} more" if len(lacking) > _SHOWN else ""
            what = {"family": "family of engines", "gender": "sex"}[name]
            found.append(
                f"{len(lacking)} of {len(said)} intents are not spoken by every {what} ({some}"
                f"{more}): raise speech.clips or speech.variants"
            )
    return found


_READ: Mapping[str, Callable[[Heard], str]] = {
    "family": lambda clip: clip.family,
    "gender": lambda clip: clip.gender,
    "voice": lambda clip: f"{clip.engine}/{clip.voice}",
}


def _counts(names: Sequence[str]) -> dict[str, int]:
    return dict(sorted(Counter(names).items()))


def _association(pairs: Sequence[tuple[str, str]], name: str) -> dict[str, float] | None:
    counts = Counter(pairs)
    if not counts:
        return None
    rows, columns = (sorted({pair[side] for pair in counts}) for side in (0, 1))
    table = [[counts[row, column] for column in columns] for row in rows]
    found = cramers_v.compute(table)
    if math.isnan(found):
        return None
    draws = rng(0, "speech.balance", name)
    by_chance, _ = cramers_v.permutation_test(table, draws, draws=_DRAWS)
    return {"v": round(found, 4), "by_chance": round(by_chance, 4)}
