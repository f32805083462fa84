"""Which clips are made: rows that are released, each with its voice, words and effects."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

import pyarrow as pa
import pyarrow.compute as pc

from corpusforge.core import plugins
from corpusforge.core.errors import RunError
from corpusforge.core.ids import clip_ids
from corpusforge.core.recipe import Recipe
from corpusforge.core.schema import SPLITS, Utterance, table_to_utterances
from corpusforge.core.seeding import uniforms
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


def _plan_rows(
    recipe: Recipe,
    rows: Sequence[Utterance],
    variant: int,
    copy: int,
    plans: dict[str, VoicePlan],
    files: Mapping[str, Sequence[NoiseFile]],
) -> list[Clip]:
    """Voice, words, prosody and chain of one clip per row."""
    clips: list[Clip] = []
    for lang in sorted({row.lang for row in rows}):
        if lang not in plans:
            plans[lang] = plan_voices(recipe, lang)
        if not plans[lang].voices():
            raise RunError(
                f"no engine of {', '.join(recipe.speech.engines)} has a voice for {lang!r}"
            )
        group = [row for row in rows if row.lang == lang]
        ids = [row.id for row in group]
        splits = clip_splits(recipe, group, variant)
        chosen = plans[lang].choose(recipe.seed, ids, splits, variant)
        contexts = _contexts(recipe, group, splits, chosen, files)
        versions = {c.engine: str(plugins.load("engine", c.engine).version) for c in chosen}
        new_ids = clip_ids(
            ids,
            [f"{choice.engine}/{choice.voice.name}" for choice in chosen],
            [f"{variant}.{copy}" if copy else str(variant)] * len(ids),
            [versions[choice.engine] for choice in chosen],
        )
        for row, split, choice, clip_id in zip(group, splits, chosen, new_ids, strict=True):
            spoken, slots = spoken_form(row)
            chain = draw_chain(contexts[split], row.id, variant, copy)
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


def _contexts(
    recipe: Recipe,
    rows: Sequence[Utterance],
    splits: Sequence[str],
    chosen: Sequence[Choice],
    files: Mapping[str, Sequence[NoiseFile]],
) -> dict[str, Context]:
    """Split -> what the effects of its clips may draw from."""
    contexts = {}
    for split in SPLITS:
        spoken = zip(rows, splits, chosen, strict=True)
        own = [(row, choice) for row, name, choice in spoken if name == split]
        talkers = _talkers(recipe, own) if "babble" in recipe.speech.noise_kinds else ()
        recorded = files.get(split, ())
        contexts[split] = Context(
            recipe.speech, recipe.seed, split, talkers=talkers, files=recorded
        )
    return contexts


def _talkers(recipe: Recipe, own: Sequence[tuple[Utterance, Choice]]) -> tuple[str, ...]:
    """The talkers of babble: some rows of a split, chosen by keyed hash."""
    drawn = uniforms(recipe.seed, "speech.babble", [row.id for row, _ in own])
    order = sorted(range(len(own)), key=lambda index: drawn[index])
    talkers: list[str] = []
    for index in order:
        row, choice = own[index]
        spoken = spoken_form(row)[0]
        # A voice that the recipe brought is somewhere on this machine, and a chain holds no paths.
        usable = not choice.voice.source and verbalise.speakable(spoken)
        if len(talkers) < _TALKERS and usable:
            version = str(plugins.load("engine", choice.engine).version)
            seed = int(drawn[index] * 2**31)
            talkers.append(talker(choice.engine, version, choice.voice, spoken, 1.0, seed))
    return tuple(talkers)


@dataclass(frozen=True, slots=True)
class Plan:
    """Everything that is decided before anything is rendered.

    Attributes:
        clips: In stable order: row, variant, copy.
        voices: Language -> who speaks in which split.
        rows: Rows chosen.
        withheld: Rows left out because they will not be released.
        noise_files: sha256 -> path of recordings of noise.
    """

    clips: Sequence[Clip]
    voices: Mapping[str, VoicePlan]
    rows: int
    withheld: int
    noise_files: Mapping[str, str] = field(default_factory=dict)


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
    files = noise_files.dealt(recipe, found)
    plans: dict[str, VoicePlan] = {}
    by_row: dict[tuple[str, int], Clip] = {}
    for number in range(max(counts.values(), default=0)):
        due = [row for row in rows if said[row.id] > number]
        # Copies of a clip come one after another, so that they share its speech.
        variant, copy = divmod(number, recipe.speech.copies)
        for clip in _plan_rows(recipe, due, variant, copy, plans, files):
            by_row[clip.row.id, number] = clip
    ordered = [by_row[row.id, number] for row in rows for number in range(said[row.id])]
    withheld, places = table.num_rows - allowed.num_rows, noise_files.places(found)
    return Plan(ordered, plans, len(rows), withheld, places)
