"""What a score may be: limits per engine, calibrated, and the recipe's own.

calibrated.json is the part "limits" of eval/results/gate_calibration.json (`python -m
eval.speech.gate_calibration`), by test: set by good clips of an engine in a language, with room
beyond the worst of them. Engines that were not calibrated have the widest limits of those that
were: "*/en" in English, where a recogniser was at hand, and "*" in all languages (speech heard,
holes, seconds per phone: with more room for the latter, as outside of English only espeak was
measured).
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from pathlib import Path

from corpusforge.core.recipe import GateConfig
from corpusforge.speech.scores.texts import primary

__all__ = [
    "ANY",
    "LIMITS",
    "RECOGNISED",
    "Limit",
    "calibrated",
    "limit_of",
]

_TABLE = Path(__file__).with_name("calibrated.json")

ANY = "*"
"""Key of the limits of all engines."""


@dataclass(frozen=True, slots=True)
class Limit:
    """One limit.

    Attributes:
        name: In the recipe.
        score: The column `score_<score>` that it holds.
        is_maximum: Whether larger scores break it.
        filter: Name in the table of dropped clips.
        reason: Sentence with places for score and limit. It never quotes the row.
    """

    name: str
    score: str
    is_maximum: bool
    filter: str
    reason: str


LIMITS = (
    Limit(
        "min_vad_share",
        "vad_share",
        False,
        "no_speech",
        "speech is heard in {:.0%} of the time in which it is active, at least {:.0%}",
    ),
    Limit("max_gap_s", "gap_s", True, "gap", "no speech for {:.2f} s in its middle, at most {:g}"),
    Limit("min_s_per_phone", "s_per_phone", False, "too_fast", "{:.3f} s per phone, at least {:g}"),
    Limit("max_s_per_phone", "s_per_phone", True, "too_slow", "{:.3f} s per phone, at most {:g}"),
    Limit(
        "min_s_per_letter", "s_per_letter", False, "too_fast", "{:.3f} s per letter, at least {:g}"
    ),
    Limit(
        "max_s_per_letter", "s_per_letter", True, "too_slow", "{:.3f} s per letter, at most {:g}"
    ),
    Limit(
        "min_gop",
        "gop",
        False,
        "misheard",
        "goodness of pronunciation {:.2f} nats per token, at least {:g}",
    ),
    Limit(
        "min_slot_gop",
        "slot_gop",
        False,
        "slot_not_heard",
        "goodness of pronunciation of a slot value {:.2f} nats per token, at least {:g}",
    ),
    Limit(
        "max_cer", "cer", True, "misheard", "{:.0%} of the characters heard wrong, at most {:.0%}"
    ),
    Limit("max_wer", "wer", True, "misheard", "{:.0%} of the words heard wrong, at most {:.0%}"),
    Limit(
        "max_slot_error_rate",
        "slot_error_rate",
        True,
        "slot_not_heard",
        "{:.0%} of the slot values not heard, at most {:.0%}",
    ),
    Limit("min_mos", "mos", False, "quality", "rated {:.2f} of 5, at least {:g}"),
)
"""All limits, in the order in which they are tried."""

RECOGNISED = frozenset({"misheard", "slot_not_heard"})
"""Filters that drop what a recogniser heard otherwise."""

_BY_EAR = frozenset(limit.name for limit in LIMITS if limit.filter in RECOGNISED)


@cache
def calibrated() -> Mapping[str, Mapping[str, Mapping[str, float]]]:
    """Engine/language, */language or * -> kind of clip -> limit -> value."""
    found: dict[str, dict[str, dict[str, float]]] = json.loads(_TABLE.read_text("utf-8"))
    return found


def limit_of(
    config: GateConfig, engine: str, lang: str, name: str, kind: str = "plain"
) -> float | None:
    """The limit for a clip, None for none.

    Kinds of clips are those of `speech.scores.texts`. The recipe's limit for engine and language
    comes first, then that for the engine, for all engines in the language, for all; then the
    calibrated one for the kind of clip, for engine and language, for all engines in the language,
    for all. What was calibrated on what one recogniser hears holds for no other one
    (`asr_model`), and none for clips of no kind: with more noise than good ones were measured in.
    """
    language = primary(lang)
    keys = (f"{engine}/{language}", engine, f"{ANY}/{language}", ANY)
    given = config.limits or {}
    for key in keys:
        if name in given.get(key, {}):
            return given[key][name]
    if config.asr_model is not None and name in _BY_EAR:
        return None
    for key in keys:
        if name in calibrated().get(key, {}).get(kind, {}):
            return calibrated()[key][kind][name]
    return None
