"""Which voice says a row, and how: chosen by keyed hash against equal shares.

Shares are equal over engines, and within an engine over its voices, so that an engine with many
voices does not drown one with few. The choice depends on the row alone, never on other rows.
"""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import NamedTuple

from corpusforge.core import plugins
from corpusforge.core.recipe import Recipe, SpeechConfig
from corpusforge.core.schema import SPLITS
from corpusforge.core.seeding import rng, uniforms
from corpusforge.speech.effect import Scalar
from corpusforge.speech.engine import Engine, Voice

__all__ = ["Choice", "VoiceListing", "VoicePlan", "draw_prosody", "list_voices", "plan_voices"]


class VoiceListing(NamedTuple):
    """One line of `corpusforge voices`.

    Attributes:
        engine: Key of the engine.
        voice: With an empty name when the engine's package is not there to be asked.
        available: Whether it can speak here and now.
        why_not: What to do about it, "" when available.
    """

    engine: str
    voice: Voice
    available: bool
    why_not: str


def list_voices(lang: str | None = None) -> list[VoiceListing]:
    """Voices of all engines for a language (None = every language), sorted by engine.

    Nothing heavy is imported and no model is loaded.
    """
    listings: list[VoiceListing] = []
    for name in plugins.names("engine"):
        engine: Engine = plugins.load("engine", name)
        offered = engine.offered(lang)
        if not offered and (missing := engine.missing()):
            unknown = Voice("", lang or "", "", "", "")
            listings.append(VoiceListing(name, unknown, False, missing))
        listings += [VoiceListing(name, voice, not why, why) for voice, why in offered]
    return listings


@dataclass(frozen=True, slots=True)
class Choice:
    """An engine and one of its voices."""

    engine: str
    voice: Voice


@dataclass(frozen=True, slots=True)
class VoicePlan:
    """The voices of one language.

    Attributes:
        pools: Split -> engine -> voices that speak rows of this split.
        shared: Engine -> number of its speakers, for the engines with too few for a pool of
            their own in every split: all of their voices speak in all splits.
    """

    pools: Mapping[str, Mapping[str, tuple[Voice, ...]]]
    shared: Mapping[str, int]

    def choose(
        self, seed: int, ids: Sequence[str], splits: Sequence[str], variant: int
    ) -> list[Choice]:
        """A voice for each row, all of equal length."""
        drawn = uniforms(seed, "speech.voice", ids, str(variant))
        choices = []
        for number, split in zip(drawn, splits, strict=True):
            pool = self.pools[split]
            names = sorted(pool)
            place = float(number) * len(names)
            engine = names[int(place)]
            voices = pool[engine]
            choices.append(Choice(engine, voices[int((place % 1.0) * len(voices))]))
        return choices

    def voices(self) -> set[tuple[str, str]]:
        """(engine, voice name) of every voice in any pool."""
        return {
            (engine, voice.name)
            for pool in self.pools.values()
            for engine, voices in pool.items()
            for voice in voices
        }


def plan_voices(recipe: Recipe, lang: str) -> VoicePlan:
    """Deal the speakers of the recipe's engines into pools of the splits.

    Each engine is dealt by itself: one with too few speakers for a pool in every split lets all
    of them speak everywhere, and leaves the others as they are.

    Raises:
        InputError: For an unknown engine. An engine without a voice for `lang` is left out.
    """
    pools: dict[str, dict[str, tuple[Voice, ...]]] = {split: {} for split in SPLITS}
    shared: dict[str, int] = {}
    for name in sorted(set(recipe.speech.engines)):
        engine: Engine = plugins.load("engine", name)
        available = tuple(engine.voices(lang))
        speakers = {voice.who: voice.gender for voice in available}
        if 0 < len(speakers) < len(SPLITS):
            shared[name] = len(speakers)
        dealt = _deal(speakers, name, recipe) if len(speakers) >= len(SPLITS) else {}
        for split in SPLITS if available else ():
            pools[split][name] = tuple(
                voice for voice in available if dealt.get(voice.who, split) == split
            )
    return VoicePlan(pools, shared)


def _deal(speakers: Mapping[str, str], engine: str, recipe: Recipe) -> dict[str, str]:
    """Speaker -> split, by the recipe's shares, at least one speaker per split.

    Each gender is dealt by itself when it has a speaker for every split, so that every pool
    holds both; genders with fewer are dealt together.

    Args:
        speakers: Speaker -> gender, at least one speaker per split.
        engine: Key of the engine, for the draw.
        recipe: For the seed and the shares.
    """
    names = sorted(speakers)
    drawn = uniforms(recipe.seed, "speech.pool", [f"{engine}/{name}" for name in names])
    order = [names[place] for place in sorted(range(len(names)), key=lambda i: drawn[i])]
    groups: dict[str, list[str]] = {}
    for name in order:
        groups.setdefault(speakers[name], []).append(name)
    large = [group for group in groups.values() if len(group) >= len(SPLITS)]
    rest = [name for name in order if all(name not in group for group in large)]
    dealt = dict.fromkeys(order, "train")
    for group in [*large, rest]:
        # Fewer left over than there are splits: they train, the others fill the pools.
        if len(group) >= len(SPLITS):
            dealt |= _cut(group, recipe)
    return dealt


def _cut(order: Sequence[str], recipe: Recipe) -> dict[str, str]:
    """Speaker -> split for speakers in drawn order: held-out splits first, the rest trains."""
    shares = recipe.grammar.splits
    held_out = [max(1, round(len(order) * share)) for share in (shares.validation, shares.test)]
    # Training keeps at least one speaker, whatever the shares.
    while sum(held_out) >= len(order):
        held_out[held_out.index(max(held_out))] -= 1
    first, second = held_out
    splits = ["validation"] * first + ["test"] * second + ["train"] * (len(order) - first - second)
    return dict(zip(order, splits, strict=True))


def draw_prosody(
    config: SpeechConfig, seed: int, row_id: str, variant: int, formant_factor: float
) -> dict[str, Scalar]:
    """Tempo and engine seed of one clip.

    Args:
        config: Ranges.
        seed: The recipe's seed.
        row_id: Utterance.
        variant: Tells the clips of one row apart.
        formant_factor: The drawn factor of the formant effect (1 = none), which speeds the clip
            up by itself: the engine is told to speak slower by as much.

    Returns:
        See `speech.render.ClipPlan.prosody`.
    """
    generator = rng(seed, "speech", row_id, variant, "prosody")
    low, high = (math.log(limit) for limit in config.speed)
    speed = round(math.exp(generator.uniform(low, high)), 4)
    return {
        "speed": speed,
        "engine_speed": round(speed / formant_factor, 4),
        "seed": int(generator.integers(2**31)),
    }
