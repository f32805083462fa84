"""Which clips are made: rows that are released, each with its voice, words and effects."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import pyarrow as pa
import pyarrow.compute as pc

from corpusforge.core import plugins
from corpusforge.core.errors import RunError
from corpusforge.core.ids import clip_ids
from corpusforge.core.recipe import Recipe
from corpusforge.core.schema import Utterance, table_to_utterances
from corpusforge.speech import verbalise
from corpusforge.speech.chain import draw_chain
from corpusforge.speech.engine import Problem
from corpusforge.speech.render import ClipPlan
from corpusforge.speech.spoken_spans import Spans, spoken_form
from corpusforge.speech.spread import clip_splits, clips_per_row
from corpusforge.speech.voices import VoicePlan, draw_prosody, plan_voices

__all__ = ["Clip", "Plan", "plan_clips", "releasable"]


@dataclass(frozen=True, slots=True)
class Clip:
    """A row with what was decided for one clip of it.

    Attributes:
        row: What it says.
        split: The split of the clip: the row's, or that of its voice (`speech.split_by`).
        variant: Tells the clips of one row apart.
        plan: How it is rendered.
        engine_version: Of the engine that speaks it.
        slots: Spans of the row's slots in `plan.spoken`; None when they are not known.
        problem: Why it is not even tried, "" when it is.
    """

    row: Utterance
    split: str
    variant: int
    plan: ClipPlan
    engine_version: str
    slots: Spans | None
    problem: str = ""


def _plan_rows(
    recipe: Recipe, rows: Sequence[Utterance], variant: int, plans: dict[str, VoicePlan]
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
        versions = {c.engine: str(plugins.load("engine", c.engine).version) for c in chosen}
        engine_versions = [versions[choice.engine] for choice in chosen]
        names = [f"{choice.engine}/{choice.voice.name}" for choice in chosen]
        new_ids = clip_ids(ids, names, [variant] * len(ids), engine_versions)
        for row, split, choice, clip_id in zip(group, splits, chosen, new_ids, strict=True):
            spoken, slots = spoken_form(row)
            chain = draw_chain(recipe.speech, recipe.seed, row.id, variant)
            factors = [params["factor"] for op, _, params in chain if op == "formant"]
            prosody = draw_prosody(
                recipe.speech, recipe.seed, row.id, variant, float(factors[0]) if factors else 1.0
            )
            plan = ClipPlan(clip_id, spoken, choice.engine, choice.voice, prosody, chain)
            problem = "" if verbalise.speakable(spoken) else Problem.NOTHING_TO_SAY.value
            clips.append(Clip(row, split, variant, plan, versions[choice.engine], slots, problem))
    return clips


@dataclass(frozen=True, slots=True)
class Plan:
    """Everything that is decided before anything is rendered.

    Attributes:
        clips: In stable order: row, variant.
        voices: Language -> who speaks in which split.
        rows: Rows chosen.
        withheld: Rows left out because they will not be released.
    """

    clips: Sequence[Clip]
    voices: Mapping[str, VoicePlan]
    rows: int
    withheld: int


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
    plans: dict[str, VoicePlan] = {}
    by_row: dict[tuple[str, int], Clip] = {}
    for variant in range(max(counts.values(), default=0)):
        due = [row for row in rows if said[row.id] > variant]
        for clip in _plan_rows(recipe, due, variant, plans):
            by_row[clip.row.id, variant] = clip
    ordered = [by_row[row.id, variant] for row in rows for variant in range(said[row.id])]
    return Plan(ordered, plans, len(rows), table.num_rows - allowed.num_rows)
