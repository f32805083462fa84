"""Which voice says a row, and how: chosen by keyed hash against target shares.

Shares are equal over families of engines, engines of a family, sexes, accents and voices, one
after the other, so that an engine with many voices does not drown one with few. The choice
depends on the row alone, never on other rows.
"""

from __future__ import annotations

import math
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import NamedTuple

import numpy as np
import numpy.typing as npt

from corpusforge.core import plugins
from corpusforge.core.recipe import Recipe, SpeechConfig
from corpusforge.core.schema import SPLITS
from corpusforge.core.seeding import rng, uniforms
from corpusforge.speech.added import brought_voices, pinned, takes_voices, voices_of
from corpusforge.speech.dealing import Like, deal_speakers
from corpusforge.speech.effect import Scalar
from corpusforge.speech.engine import Engine, Voice, family_of
from corpusforge.speech.pseudo import shift_of, slowed_by, unshifted
from corpusforge.speech.roster import engines_in_use
from corpusforge.speech.shares import accent_weights, engine_shares, gender_weights, pick

__all__ = [
    "Choice",
    "VoiceListing",
    "VoicePlan",
    "draw_prosody",
    "list_voices",
    "plan_voices",
]

Rows = npt.NDArray[np.int64]
Words = npt.NDArray[np.uint64]


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


def list_voices(lang: str | None = None, recipe: Recipe | None = None) -> list[VoiceListing]:
    """Voices of all engines for a language (None = every language), sorted by engine.

    Nothing heavy is imported, no model is loaded and nothing is downloaded.

    Args:
        lang: BCP-47.
        recipe: The voices that it brings, and their pseudo-speakers, are listed too, those of an
            engine behind its own; what is wrong with one stands beside it.
    """
    listings: list[VoiceListing] = []
    for name in plugins.names("engine"):
        engine: Engine = plugins.load("engine", name)
        offered = engine.offered(lang)
        if lang is not None and not offered:
            # A region that it does not name is spoken as the language.
            offered = [(voice, "") for voice in engine.voices(lang)]
        why_not = engine.missing()
        if recipe is not None:
            offered = [*offered, *brought_voices(recipe, engine, lang)]
        if takes_voices(engine) and not why_not:
            why_not = f"give it voices (speech.voices): {engine.sources}"
        if not offered and why_not:
            unknown = Voice("", lang or "", "", "", "")
            listings.append(VoiceListing(name, unknown, False, why_not))
        listings += [VoiceListing(name, voice, not why, why) for voice, why in offered]
    # Engines that could speak a language with a voice that nobody gave them do not speak it.
    spoken = [
        i for i in listings if i.voice.source or not takes_voices(plugins.load("engine", i.engine))
    ]
    return listings if spoken or lang is None else []


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
        families: Engine -> family of those of its voices that state none.
        shares: (family, engine) -> share of the clips, summing to 1.
        genders: Gender -> weight within an engine, among those that it has.
        accents: Accent -> share that the recipe asks for, see `speech.shares.accent_weights`.
    """

    pools: Mapping[str, Mapping[str, tuple[Voice, ...]]]
    shared: Mapping[str, int]
    families: Mapping[str, str]
    shares: Mapping[tuple[str, str], float]
    genders: Mapping[str, float]
    accents: Mapping[str, float] = field(default_factory=dict)

    def choose(
        self, seed: int, ids: Sequence[str], splits: Sequence[str], variant: int
    ) -> list[Choice]:
        """A voice for each row, all of equal length.

        Family, engine, gender, accent and voice are drawn one after the other, see
        `speech.shares`. Nothing but the row's id and split decides: what it says, and whose
        example it is, cannot be heard from the voice.
        """
        drawn = uniforms(seed, "speech.voice", ids, str(variant))
        words = (drawn * 2.0**53).astype(np.uint64)
        chosen: list[Choice | None] = [None] * len(ids)
        for split in sorted(set(splits)):
            rows = np.flatnonzero([name == split for name in splits])
            for engine, voices, of_engine in self._engines(split, words, rows):
                for voice, of_voice in self._voices(voices, of_engine):
                    for row in of_voice.rows:
                        chosen[row] = Choice(engine, voice)
        return [choice for choice in chosen if choice is not None]

    def _engines(
        self, split: str, words: Words, rows: Rows
    ) -> Iterator[tuple[str, Sequence[Voice], _Group]]:
        """Each engine, once per family, with its voices of that family and the rows they speak."""
        voices: dict[str, dict[str, list[Voice]]] = {}
        for name, own in sorted(self.pools[split].items()):
            for voice in own:
                kind = voice.family or self.families[name]
                voices.setdefault(kind, {}).setdefault(name, []).append(voice)
        kinds = sorted(voices)
        weights = [sum(self.shares[kind, name] for name in voices[kind]) for kind in kinds]
        for kind, part in _Group("family", rows, words[rows]).split(kinds, weights):
            names = list(voices[kind])
            for name, group in part.split(names, [self.shares[kind, name] for name in names]):
                yield name, voices[kind][name], group

    def _voices(self, voices: Sequence[Voice], whole: _Group) -> Iterator[tuple[Voice, _Group]]:
        genders = sorted({voice.gender for voice in voices})
        for gender, part in whole.split(genders, [self.genders[g] for g in genders]):
            own = [voice for voice in voices if voice.gender == gender]
            accents = sorted({voice.accent for voice in own})
            for accent, piece in part.split(accents, accent_weights(accents, self.accents)):
                named = {voice.name: voice for voice in own if voice.accent == accent}
                for name, group in piece.split(sorted(named)):
                    yield named[name], group

    def voices(self) -> set[tuple[str, str]]:
        """(engine, voice name) of every voice in any pool."""
        return {
            (engine, voice.name)
            for pool in self.pools.values()
            for engine, voices in pool.items()
            for voice in voices
        }


@dataclass(frozen=True, slots=True)
class _Group:
    """Rows that have drawn alike so far.

    Attributes:
        place: What they have drawn.
        rows: Their places among all rows, shape [rows].
        words: Their random bits, shape [rows].
    """

    place: str
    rows: Rows
    words: Words

    def split(
        self, names: Sequence[str], weights: Sequence[float] | None = None
    ) -> Iterator[tuple[str, _Group]]:
        """Each candidate with the rows that draw it."""
        won = pick(self.words, self.place, names, weights)
        for index, name in enumerate(names):
            mine = won == index
            yield name, _Group(f"{self.place}/{name}", self.rows[mine], self.words[mine])


def plan_voices(recipe: Recipe, lang: str) -> VoicePlan:
    """Deal the speakers of the recipe's engines and voices into pools of the splits.

    "auto" stands for the engines that speak `lang`, whatever the recipe's own language.

    Each engine is dealt by itself: one with too few speakers for a pool in every split lets all
    of them speak everywhere, and leaves the others as they are.

    Raises:
        InputError: For an unknown engine, and for voices that the recipe brings and that cannot
            be used. An engine without a voice for `lang` is left out.
    """
    pools: dict[str, dict[str, tuple[Voice, ...]]] = {split: {} for split in SPLITS}
    shared: dict[str, int] = {}
    families: dict[str, str] = {}
    kinds: dict[str, list[str]] = {}
    known = pinned(recipe)
    for name in engines_in_use(replace(recipe, lang=lang)):
        engine: Engine = plugins.load("engine", name)
        available = tuple(voices_of(recipe, engine, lang, known))
        if not available:
            continue
        families[name] = engine.family
        kinds[name] = sorted({family_of(engine, voice) for voice in available})
        whose = _dealt_as(available)
        speakers = dict(whose.values())
        if len(speakers) < len(SPLITS):
            shared[name] = len(speakers)
        dealt = {}
        if len(speakers) >= len(SPLITS):
            dealt = deal_speakers(speakers, name, recipe, _recorded(available, engine))
        for split in SPLITS:
            own = tuple(
                voice for voice in available if dealt.get(whose[voice.name][0], split) == split
            )
            # Rows of a split that has no share are real ones that came with it.
            pools[split][name] = own or available
    shares = engine_shares(kinds, recipe.speech.shares)
    genders = gender_weights(recipe.speech.gender_shares)
    return VoicePlan(pools, shared, families, shares, genders, recipe.speech.accent_shares or {})


def _dealt_as(voices: Sequence[Voice]) -> dict[str, tuple[str, Like]]:
    """Voice name -> (who is dealt to the splits, with whom it is alike).

    A pseudo-speaker goes where the voice behind it goes, as long as there are enough of these for
    every split; else it is a speaker of its own.
    """
    named = {voice.name: voice for voice in voices}
    own = {name: (voice.who, (voice.family, voice.gender)) for name, voice in named.items()}
    behind = {name: own[name] for name in named if not shift_of(name)}
    if len({who for who, _ in behind.values()}) < len(SPLITS):
        return own
    return {name: behind.get(unshifted(voice).name, own[name]) for name, voice in named.items()}


def _recorded(voices: Sequence[Voice], engine: Engine) -> frozenset[str]:
    """Speakers that should train: those whose pseudo-speakers fill the pools of all splits."""
    if slowed_by(engine) is None:
        return frozenset()
    return frozenset(voice.who for voice in voices if not shift_of(voice.name))


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
