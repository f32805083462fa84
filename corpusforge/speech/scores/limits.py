"""What a score may be: limits per engine, calibrated, and the recipe's own.

The table is that of eval/results/gate_calibration.json (`python -m eval.speech.gate_calibration`),
by test: the worst of 150 good clips per engine and language, with room beyond it. What was found
for the rating is left out: it would drop up to 8 % of other good clips, and ratings do not tell
what a clip is worth for training. An engine that is not in the table has the limits called "*",
which are the widest.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from corpusforge.core.recipe import GateConfig

__all__ = [
    "ANY",
    "CALIBRATED",
    "LEAST_LETTERS",
    "LIMITS",
    "PAUSED",
    "RECOGNISED",
    "SHORT",
    "Limit",
    "limit_of",
]

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
    Limit(
        "min_s_per_letter", "s_per_letter", False, "too_fast", "{:.3f} s per letter, at least {:g}"
    ),
    Limit(
        "max_s_per_letter", "s_per_letter", True, "too_slow", "{:.3f} s per letter, at most {:g}"
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

LEAST_LETTERS = 16
"""Texts with fewer letters have the limits of `SHORT` in place of the calibrated ones."""

SHORT: Mapping[str, float] = {"min_vad_share": 0.01, "max_gap_s": 1.5}
"""Limits of single words and the like. The calibrated ones come from commands of several words: a
word is said slower per letter ("six" has three) and is over before the detector of speech has made
up its mind, and recognisers guess it without a sentence around it; of 40 good hibari clips of
digits they would drop 17. What stays is that speech must be heard at all (`speech.scores.vad`)."""

PAUSED: Mapping[str, float] = {"max_gap_s": 1.5}
"""Limits of texts with a sign inside at which a voice pauses ("Stop it. Turn on the light."), in
place of the calibrated ones, which come from commands without: hibari is silent for 0.7 s between
two sentences, and of 20 good clips of such texts 18 would be dropped."""

CALIBRATED: Mapping[str, Mapping[str, float]] = {
    ANY: {"min_vad_share": 0.09, "max_gap_s": 1.5},
    "hibari/en": {
        "min_vad_share": 0.357,
        "max_gap_s": 0.6,
        "min_s_per_letter": 0.035,
        "max_s_per_letter": 0.099,
        "max_cer": 0.8,
        "max_wer": 0.857,
    },
    "espeak/en": {
        "min_vad_share": 0.392,
        "max_gap_s": 1.408,
        "min_s_per_letter": 0.038,
        "max_s_per_letter": 0.113,
    },
    "flite/en": {
        "min_vad_share": 0.544,
        "max_gap_s": 0.6,
        "min_s_per_letter": 0.039,
        "max_s_per_letter": 0.113,
    },
    "espeak/de": {
        "min_vad_share": 0.266,
        "max_gap_s": 0.64,
        "min_s_per_letter": 0.037,
        "max_s_per_letter": 0.106,
    },
    "espeak/es": {
        "min_vad_share": 0.477,
        "max_gap_s": 1.216,
        "min_s_per_letter": 0.042,
        "max_s_per_letter": 0.108,
    },
    "espeak/fr": {
        "min_vad_share": 0.432,
        "max_gap_s": 0.64,
        "min_s_per_letter": 0.023,
        "max_s_per_letter": 0.083,
    },
}
"""Engine, or engine/language -> limit -> value."""


def limit_of(
    config: GateConfig,
    engine: str,
    lang: str,
    name: str,
    *,
    short: bool = False,
    paused: bool = False,
) -> float | None:
    """The limit for a clip, None for none.

    The recipe's limit for engine and language comes first, then that for the engine, then the
    recipe's for all engines, then for texts of fewer than `LEAST_LETTERS` letters that of `SHORT`,
    for those with a pause inside that of `PAUSED`, for others the calibrated ones for engine and
    language, for the engine, for any engine.
    """
    given, both = config.limits or {}, f"{engine}/{lang.split('-')[0].lower()}"
    for key in (both, engine, ANY):
        if name in given.get(key, {}):
            return given[key][name]
    if short:
        return SHORT.get(name)
    if paused and name in PAUSED:
        return PAUSED[name]
    for known in (both, engine, ANY):
        if name in CALIBRATED.get(known, {}):
            return CALIBRATED[known][name]
    return None
