"""The stage `speech`: cleaned rows to clips."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from typing import Any

import pyarrow as pa

from corpusforge.core import plugins
from corpusforge.core.errors import RunError
from corpusforge.core.ids import clip_ids
from corpusforge.core.recipe import Recipe
from corpusforge.core.run import (
    StageContext,
    StageResult,
    canonical_json,
    package_versions,
)
from corpusforge.core.schema import (
    CLIPS,
    Utterance,
    drop_rows,
    read_table,
    table_to_utterances,
    with_scores,
    write_table,
)
from corpusforge.speech import render, verbalise
from corpusforge.speech.chain import draw_chain, effects
from corpusforge.speech.render import ClipPlan, Outcome
from corpusforge.speech.selection import select_rows
from corpusforge.speech.voices import VoicePlan, draw_prosody, plan_voices

__all__ = ["NAME", "PACKAGES", "SCORES", "VERSION", "config", "run"]

NAME = "speech"
VERSION = 1
PACKAGES = (*render.PACKAGES, "unicode-rbnf")
SCORES = ("active_share", "level_dbfs")
"""What is measured on every clip beside the columns of `CLIPS`; the gate judges by it."""


def config(recipe: Recipe) -> dict[str, Any]:
    """Everything in the recipe and the installed engines that shapes this stage's bytes."""
    engines = {name: plugins.load("engine", name) for name in sorted(set(recipe.speech.engines))}
    return {
        "speech": asdict(recipe.speech),
        "seed": recipe.seed,
        "splits": asdict(recipe.grammar.splits),
        "engines": {name: package_versions(engine.packages) for name, engine in engines.items()},
        "effects": {effect.op: effect.version for effect in effects()},
        "render": render.VERSION,
        "verbalise": verbalise.VERSION,
    }


@dataclass(frozen=True, slots=True)
class _Clip:
    """A row with what was decided for one clip of it."""

    row: Utterance
    variant: int
    plan: ClipPlan
    engine_version: str
    problem: str = ""


def _plan_rows(
    recipe: Recipe, rows: Sequence[Utterance], variant: int, plans: dict[str, VoicePlan]
) -> list[_Clip]:
    """Voice, words, prosody and chain of one clip per row."""
    clips: list[_Clip] = []
    for lang in sorted({row.lang for row in rows}):
        if lang not in plans:
            plans[lang] = plan_voices(recipe, lang)
        if not plans[lang].voices():
            raise RunError(
                f"no engine of {', '.join(recipe.speech.engines)} has a voice for {lang!r}"
            )
        group = [row for row in rows if row.lang == lang]
        ids = [row.id for row in group]
        chosen = plans[lang].choose(recipe.seed, ids, [row.split for row in group], variant)
        versions = {c.engine: str(plugins.load("engine", c.engine).version) for c in chosen}
        engine_versions = [versions[choice.engine] for choice in chosen]
        names = [f"{choice.engine}/{choice.voice.name}" for choice in chosen]
        new_ids = clip_ids(ids, names, [variant] * len(ids), engine_versions)
        for row, choice, clip_id in zip(group, chosen, new_ids, strict=True):
            spoken = row.spoken or verbalise.verbalise(row.text, row.lang) or row.text
            chain = draw_chain(recipe.speech, recipe.seed, row.id, variant)
            factors = [params["factor"] for op, _, params in chain if op == "formant"]
            prosody = draw_prosody(
                recipe.speech, recipe.seed, row.id, variant, float(factors[0]) if factors else 1.0
            )
            plan = ClipPlan(clip_id, spoken, choice.engine, choice.voice, prosody, chain)
            problem = "" if verbalise.speakable(spoken) else f"nothing to say in {row.text!r}"
            clips.append(_Clip(row, variant, plan, versions[choice.engine], problem))
    return clips


def _plan(recipe: Recipe, table: pa.Table) -> tuple[list[_Clip], dict[str, VoicePlan], int]:
    """All clips in stable order (row, variant), the voice plans, and the rows chosen."""
    wanted = recipe.speech.clips
    count = -(-wanted // recipe.speech.variants)
    chosen = select_rows(table, count, recipe.seed)
    rows = table_to_utterances(table.take(pa.array(chosen, pa.int64())))
    plans: dict[str, VoicePlan] = {}
    by_row: dict[tuple[str, int], _Clip] = {}
    for variant in range(recipe.speech.variants):
        for clip in _plan_rows(recipe, rows, variant, plans):
            by_row[clip.row.id, variant] = clip
    ordered = [by_row[row.id, variant] for row in rows for variant in range(recipe.speech.variants)]
    return ordered[:wanted], plans, len(rows)


def _table(clips: Sequence[_Clip], outcomes: Sequence[Outcome]) -> pa.Table:
    """Clips and what became of them, with the columns of `CLIPS` and the scores."""
    schema = with_scores(CLIPS, SCORES)
    records = [_record(clip, outcome) for clip, outcome in zip(clips, outcomes, strict=True)]
    columns = [pa.array([record.get(f.name) for record in records], f.type) for f in schema]
    return pa.table(columns, schema=schema)


def _record(clip: _Clip, outcome: Outcome) -> dict[str, Any]:
    row, plan, facts = clip.row, clip.plan, outcome.facts
    requested = [params["snr_db"] for op, _, params in plan.chain if op == "noise"]
    slots = None if row.slots is None else [asdict(slot) for slot in row.slots]
    record: dict[str, Any] = {
        "clip_id": plan.clip_id,
        "utterance_id": row.id,
        "audio": {"bytes": None, "path": outcome.path or None},
        "text": row.text,
        "spoken": plan.spoken,
        "lang": row.lang,
        "intent": row.intent,
        "slots": slots,
        "origin": row.origin,
        "split": row.split,
        "variant": clip.variant,
        "sampling_rate": render.RATE_HZ,
        "engine": plan.engine,
        "engine_version": clip.engine_version,
        "voice": plan.voice.name,
        "voice_license": plan.voice.license,
        "voice_gender": plan.voice.gender,
        "voice_accent": plan.voice.accent,
        "prosody": canonical_json(dict(plan.prosody)),
        "chain": [
            {"op": op, "version": version, "params": canonical_json(dict(params))}
            for op, version, params in plan.chain
        ],
        "snr_requested_db": requested[0] if requested else None,
    }
    if facts is not None:
        measured = asdict(facts)
        record.update({name: measured[name] for name in measured if name in CLIPS.names})
        record.update({f"score_{name}": measured[name] for name in SCORES})
    return record


def _notes(recipe: Recipe, plans: dict[str, VoicePlan], clips: int, rows: int) -> list[str]:
    notes = []
    if clips < recipe.speech.clips:
        notes.append(f"{clips} clips were planned, {recipe.speech.clips} wanted: {rows} rows")
    for lang, plan in sorted(plans.items()):
        if not plan.disjoint:
            count = len(plan.voices())
            notes.append(
                f"{lang}: {count} voice{'s' * (count != 1)}, too few for splits that share no "
                "voice (each engine needs one per split); the same voices speak in all splits"
            )
    return notes


def run(ctx: StageContext) -> StageResult:
    """Render the clips that the recipe asks for.

    Writes clips.parquet, dropped.parquet (rows with nothing to say, clips that an engine failed
    on); FLAC files go to the cache, kind "clips". The facts `rendered` and `cached` differ between
    a fresh and a resumed run, so they must not get into a release or a report.

    Raises:
        RunError: When more than `speech.max_dropped` of the clips were dropped.
        InputError: When an engine or a package is missing.
    """
    recipe = ctx.recipe
    table = read_table(ctx.inputs["clean"] / "utterances.parquet")
    clips, plans, rows = _plan(recipe, table) if recipe.speech.clips else ([], {}, 0)
    speakable = [clip.plan for clip in clips if not clip.problem]
    with ctx.progress.task("speech", total=len(speakable), unit="clips") as task:
        rendered = ctx.executor.map(
            render.render_shard,
            render.shards(ctx.cache, speakable),
            on_result=lambda done: task.advance(len(done)),
        )
    done = iter([outcome for shard in rendered for outcome in shard])
    outcomes = [Outcome("", None, problem=c.problem) if c.problem else next(done) for c in clips]
    result = _table(clips, outcomes)
    lost = [index for index, outcome in enumerate(outcomes) if outcome.facts is None]
    kept = [index for index, outcome in enumerate(outcomes) if outcome.facts is not None]
    dropped = _dropped(result, clips, outcomes, lost)
    _refuse_too_many(recipe, outcomes, lost)
    write_table(result.take(pa.array(kept, pa.int64())), ctx.folder / "clips.parquet")
    write_table(dropped, ctx.folder / "dropped.parquet")
    cached = sum(outcome.cached for outcome in outcomes)
    return StageResult(
        rows_in=table.num_rows,
        rows_out=len(kept),
        dropped=dict(Counter(dropped["filter"].to_pylist())),
        facts={
            **_facts(clips, outcomes, plans, rows),
            "rendered": len(kept) - cached,
            "cached": cached,
        },
        notes=tuple(_notes(recipe, plans, len(clips), rows)),
    )


def _dropped(
    table: pa.Table, clips: Sequence[_Clip], outcomes: Sequence[Outcome], lost: Sequence[int]
) -> pa.Table:
    parts = [drop_rows(table.slice(0, 0), [], stage=NAME, filter="", reasons=[])]
    for filter_, wanted in (("verbalise", True), ("render", False)):
        indices = [index for index in lost if bool(clips[index].problem) is wanted]
        reasons = [outcomes[index].problem for index in indices]
        parts.append(drop_rows(table, indices, stage=NAME, filter=filter_, reasons=reasons))
    return pa.concat_tables(parts)


def _refuse_too_many(recipe: Recipe, outcomes: Sequence[Outcome], lost: Sequence[int]) -> None:
    limit = recipe.speech.max_dropped
    if len(lost) > limit * len(outcomes):
        examples = "\n".join(f"    {outcomes[index].problem}" for index in lost[:3])
        raise RunError(
            f"{len(lost)} of {len(outcomes)} clips could not be made, more than the "
            f"{limit:.1%} of speech.max_dropped:\n{examples}"
        )


def _facts(
    clips: Sequence[_Clip],
    outcomes: Sequence[Outcome],
    plans: dict[str, VoicePlan],
    rows: int,
) -> dict[str, Any]:
    kept = [(c, o.facts) for c, o in zip(clips, outcomes, strict=True) if o.facts is not None]
    counts = Counter(f"{clip.plan.engine}/{clip.plan.voice.name}" for clip, _ in kept)
    licenses = Counter(clip.plan.voice.license for clip, _ in kept)
    seconds = sum(facts.num_samples for _, facts in kept) / render.RATE_HZ
    return {
        "rows": rows,
        "duration_s": round(seconds, 3),
        "duration_s_by_split": _seconds_by_split(kept),
        "voices": dict(sorted(counts.items())),
        "voice_licenses": dict(sorted(licenses.items())),
        "voices_disjoint": bool(plans) and all(plan.disjoint for plan in plans.values()),
        "with_noise": sum(facts.snr_db is not None for _, facts in kept),
        "in_a_room": sum(any(op == "room" for op, _, _ in clip.plan.chain) for clip, _ in kept),
        "clipped_samples": sum(facts.clipped_samples for _, facts in kept),
    }


def _seconds_by_split(kept: Sequence[tuple[_Clip, render.ClipFacts]]) -> dict[str, float]:
    samples: Counter[str] = Counter()
    for clip, facts in kept:
        samples[clip.row.split] += facts.num_samples
    return {split: round(count / render.RATE_HZ, 3) for split, count in sorted(samples.items())}
