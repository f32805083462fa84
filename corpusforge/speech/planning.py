"""Which clips are made: rows that are released, each with its voice, words and effects."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace

import pyarrow as pa
import pyarrow.compute as pc

from corpusforge.core import plugins
from corpusforge.core.errors import RunError
from corpusforge.core.ids import clip_ids
from corpusforge.core.recipe import Recipe, SpeechConfig
from corpusforge.core.schema import SPLITS, Utterance, table_to_utterances
from corpusforge.core.seeding import uniforms
from corpusforge.core.wake import NEGATIVE_INTENTS, positive_intents
from corpusforge.speech import noise_files, verbalise
from corpusforge.speech.chain import draw_chain
from corpusforge.speech.effect import Context, NoiseFile, Scalar
from corpusforge.speech.engine import Problem
from corpusforge.speech.render import ClipPlan
from corpusforge.speech.spoken_spans import Spans, spoken_form
from corpusforge.speech.spread import clip_splits, clips_per_row
from corpusforge.speech.talkers import talker
from corpusforge.speech.voices import Choice, VoicePlan, draw_prosody, plan_voices

__all__ = ["Clip", "Plan", "plan_clips", "releasable"]

# Sentences that babble is made of, per split and language; each is spoken once per process.
_TALKERS = 16
Chain = Sequence[tuple[str, str, Mapping[str, Scalar]]]


@dataclass(frozen=True, slots=True)
class Clip:
    """A row with what was decided for one clip of it.

    Attributes:
        row: What it says.
        split: The split of the clip: the row's, or that of its voice (`speech.split_by`).
        variant: Tells the voices of one row apart.
        copy: Tells the chains of one voice and prosody apart.
        plan: How it is rendered.
        engine_version: Of the engine that speaks it.
        slots: Spans of the row's slots in `plan.spoken`; None when they are not known.
        problem: Why it is not even tried, "" when it is.
    """

    row: Utterance
    split: str
    variant: int
    copy: int
    plan: ClipPlan
    engine_version: str
    slots: Spans | None
    problem: str = ""


@dataclass(frozen=True, slots=True)
class _Sources:
    """What clips are made from, the same in every round.

    Attributes:
        files: Split -> recordings of noise.
        unheard: Intents whose rows are not heard in babble.
        plans: Language -> its voices; filled as languages come up.
        talkers: Language -> split -> row id -> talker of babble; filled likewise.
    """

    files: Mapping[str, Sequence[NoiseFile]]
    unheard: frozenset[str]
    plans: dict[str, VoicePlan] = field(default_factory=dict)
    talkers: dict[str, dict[str, dict[str, str]]] = field(default_factory=dict)


def _plan_rows(
    recipe: Recipe,
    rows: Sequence[Utterance],
    variant: int,
    copy: int,
    sources: _Sources,
) -> list[Clip]:
    """Voice, words, prosody and chain of one clip per row; the first call has all rows."""
    clips: list[Clip] = []
    plans = sources.plans
    for lang in sorted({row.lang for row in rows}):
        group = [row for row in rows if row.lang == lang]
        if lang not in plans:
            plans[lang] = plan_voices(recipe, lang)
        if not plans[lang].voices():
            more = f" and {len(group) - 1} more" if len(group) > 1 else ""
            raise RunError(
                f"no engine of {', '.join(recipe.speech.engines)} has a voice for {lang!r}, the "
                f"language of row {group[0].id}{more}"
            )
        ids = [row.id for row in group]
        splits = clip_splits(recipe, group, variant)
        chosen = plans[lang].choose(recipe.seed, ids, splits, variant)
        if lang not in sources.talkers:
            sources.talkers[lang] = _talkers(recipe, group, splits, chosen, sources.unheard)
        contexts = {
            split: Context(recipe.speech, recipe.seed, split, files=sources.files.get(split, ()))
            for split in SPLITS
        }
        versions = {c.engine: str(plugins.load("engine", c.engine).version) for c in chosen}
        new_ids = clip_ids(
            ids,
            [f"{choice.engine}/{choice.voice.name}" for choice in chosen],
            [f"{variant}.{copy}" if copy else str(variant)] * len(ids),
            [versions[choice.engine] for choice in chosen],
        )
        for row, split, choice, clip_id in zip(group, splits, chosen, new_ids, strict=True):
            spoken, slots = spoken_form(row)
            # Nobody is heard behind their own words.
            heard = [one for who, one in sources.talkers[lang][split].items() if who != row.id]
            chain = draw_chain(replace(contexts[split], talkers=heard), row.id, variant, copy)
            prosody = _prosody(recipe, row, variant, chain)
            plan = ClipPlan(clip_id, spoken, choice.engine, choice.voice, prosody, chain)
            problem = "" if verbalise.speakable(spoken) else Problem.NOTHING_TO_SAY.value
            version = versions[choice.engine]
            clips.append(Clip(row, split, variant, copy, plan, version, slots, problem))
    return clips


def _prosody(recipe: Recipe, row: Utterance, variant: int, chain: Chain) -> dict[str, Scalar]:
    factors = [float(params["factor"]) for op, _, params in chain if op == "formant"]
    factor = factors[0] if factors else 1.0
    return draw_prosody(recipe.speech, recipe.seed, row.id, variant, factor)


def _talkers(
    recipe: Recipe,
    rows: Sequence[Utterance],
    splits: Sequence[str],
    chosen: Sequence[Choice],
    unheard: frozenset[str],
) -> dict[str, dict[str, str]]:
    """Split -> row id -> talker of babble: a few rows of each split, those of lowest keyed hash.

    They are the same for every clip of a split, however often its row is said: what is heard
    behind a clip must not tell its intent. A row that comes new takes the place of one at most.

    Args:
        recipe: For the seed and the kinds of noise.
        rows: All rows of a language that are said.
        splits: Of their first clips.
        chosen: Who speaks their first clips.
        unheard: Intents to leave out.
    """
    found: dict[str, dict[str, str]] = {split: {} for split in SPLITS}
    if "babble" not in recipe.speech.noise_kinds:
        return found
    drawn = uniforms(recipe.seed, "speech.babble", [row.id for row in rows])
    order = sorted(range(len(rows)), key=lambda index: drawn[index])
    for index in order:
        row, choice, talkers = rows[index], chosen[index], found[splits[index]]
        if len(talkers) == _TALKERS or row.intent in unheard:
            continue
        spoken = spoken_form(row)[0]
        if verbalise.speakable(spoken):
            version = str(plugins.load("engine", choice.engine).version)
            seed = int(drawn[index] * 2**31)
            talkers[row.id] = talker(choice.engine, version, choice.voice, spoken, 1.0, seed)
    return found


def _unheard(rows: Sequence[Utterance]) -> frozenset[str]:
    """What a detector listens for, where there is that: babble of it would be a wrong label."""
    intents = {row.intent for row in rows}
    listening = any(name in intents for name in NEGATIVE_INTENTS)
    return frozenset(positive_intents(intents)) if listening else frozenset()


@dataclass(frozen=True, slots=True)
class Plan:
    """Everything that is decided before anything is rendered.

    Attributes:
        clips: In stable order: row, variant, copy.
        voices: Language -> who speaks in which split.
        rows: Rows chosen.
        withheld: Rows left out because they will not be released.
        noise_files: sha256 -> path of recordings of noise.
        alone: Clips for which babble may be drawn, with nobody to be heard in it.
    """

    clips: Sequence[Clip]
    voices: Mapping[str, VoicePlan]
    rows: int
    withheld: int
    noise_files: Mapping[str, str] = field(default_factory=dict)
    alone: int = 0


def releasable(recipe: Recipe, table: pa.Table) -> pa.Table:
    """The rows that may be spoken: real rows only when the recipe publishes them.

    A clip of a row that is kept private would be a copy of it in the cache, and a clip less for
    the release.
    """
    if recipe.real is None or recipe.real.publish:
        return table
    return table.filter(pc.not_equal(table["origin"], "real"))


def plan_clips(recipe: Recipe, table: pa.Table) -> Plan:
    """Choose rows and decide on every clip of them.

    Args:
        recipe: With `speech.clips` above 0.
        table: Utterances.

    Raises:
        RunError: When no engine of the recipe speaks the language of a row.
    """
    allowed = releasable(recipe, table)
    counts = clips_per_row(recipe, allowed)
    rows = table_to_utterances(allowed.take(pa.array(list(counts), pa.int64())))
    said = dict(zip([row.id for row in rows], counts.values(), strict=True))
    found = noise_files.find(recipe) if "file" in recipe.speech.noise_kinds else {}
    sources = _Sources(noise_files.dealt(recipe, found), _unheard(rows))
    by_row: dict[tuple[str, int], Clip] = {}
    for number in range(max(counts.values(), default=0)):
        due = [row for row in rows if said[row.id] > number]
        # Copies of a clip come one after another, so that they share its speech.
        variant, copy = divmod(number, recipe.speech.copies)
        for clip in _plan_rows(recipe, due, variant, copy, sources):
            by_row[clip.row.id, number] = clip
    ordered = [by_row[row.id, number] for row in rows for number in range(said[row.id])]
    withheld, places = table.num_rows - allowed.num_rows, noise_files.places(found)
    alone = _alone(recipe.speech, ordered, sources.talkers)
    return Plan(ordered, sources.plans, len(rows), withheld, places, alone)


def _alone(
    config: SpeechConfig, clips: Sequence[Clip], talkers: Mapping[str, Mapping[str, dict[str, str]]]
) -> int:
    if "babble" not in config.noise_kinds or config.noise_probability == 0.0:
        return 0
    return sum(not talkers[one.row.lang][one.split].keys() - {one.row.id} for one in clips)
