"""The stage `speech`: cleaned rows to clips."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import asdict, replace
from typing import Any

import pyarrow as pa

from corpusforge.core import plugins
from corpusforge.core.gate import read_gate
from corpusforge.core.recipe import AUTO, Recipe
from corpusforge.core.run import (
    StageContext,
    StageResult,
    canonical_json,
    package_versions,
)
from corpusforge.core.schema import (
    CLIPS,
    SPLITS,
    drop_rows,
    read_table,
    with_scores,
    write_table,
)
from corpusforge.core.voice_names import behind_several_splits
from corpusforge.speech import noise_files, render, verbalise
from corpusforge.speech.added import pinned, unasked_notes
from corpusforge.speech.balance import Heard, balance_facts, balance_notes
from corpusforge.speech.chain import effects
from corpusforge.speech.copies import copy_notes
from corpusforge.speech.ctc import ctc_of
from corpusforge.speech.engine import Engine, family_of
from corpusforge.speech.losses import refuse_too_many
from corpusforge.speech.mending import lost_lines
from corpusforge.speech.planning import Clip, Plan, plan_clips
from corpusforge.speech.roster import engines_in_use, in_language, roster_notes
from corpusforge.speech.shards import Outcome, render_shard, shards
from corpusforge.speech.word_times import slot_times

__all__ = ["NAME", "PACKAGES", "SCORES", "VERSION", "config", "run"]

NAME = "speech"
VERSION = 7
PACKAGES = (*render.PACKAGES, "unicode-rbnf")
SCORES = ("active_share", "level_dbfs")
"""What is measured on every clip beside the columns of `CLIPS`; the gate judges by it."""


def config(recipe: Recipe) -> dict[str, Any]:
    """Everything in the recipe and the installed engines that shapes this stage's bytes."""
    # "auto" is resolved here: another engine that is installed makes another corpus. The rows may
    # be of languages that the recipe does not name, so all engines that are installed count.
    used = set(engines_in_use(recipe)) if recipe.speech.clips else set()
    if recipe.speech.clips and AUTO in recipe.speech.engines:
        used |= {name for name in plugins.names("engine") if _installed(name)}
    engines = {name: plugins.load("engine", name) for name in sorted(used)}
    return {
        "speech": asdict(recipe.speech),
        "seed": recipe.seed,
        "real_rows": recipe.real is None or recipe.real.publish,
        "splits": asdict(recipe.grammar.splits),
        "engines": {
            name: {"version": engine.version, **package_versions(engine.packages)}
            for name, engine in engines.items()
        },
        "voices": [
            [engine, voice.name, voice.source, voice.sha256]
            for engine, voice in (pinned(recipe) if recipe.speech.clips else ())
        ],
        "noise_files": [file.sha256 for file in noise_files.find(recipe)]
        if "file" in recipe.speech.noise_kinds
        else [],
        "ctc": ctc[1] if (ctc := ctc_of(recipe)) else None,
        "effects": {effect.op: effect.version for effect in effects()},
        "render": render.VERSION,
        "verbalise": verbalise.VERSION,
    }


def _installed(name: str) -> bool:
    engine: Engine = plugins.load("engine", name)
    return not engine.missing()


def _table(clips: Sequence[Clip], outcomes: Sequence[Outcome]) -> pa.Table:
    """Clips and what became of them, with the columns of `CLIPS` and the scores."""
    schema = with_scores(CLIPS, SCORES)
    records = [_record(clip, outcome) for clip, outcome in zip(clips, outcomes, strict=True)]
    columns = [pa.array([record.get(f.name) for record in records], f.type) for f in schema]
    return pa.table(columns, schema=schema)


def _record(clip: Clip, outcome: Outcome) -> dict[str, Any]:
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
        "split": clip.split,
        "variant": clip.variant,
        "copy": clip.copy,
        "sampling_rate": render.RATE_HZ,
        "engine": plan.engine,
        "engine_version": clip.engine_version,
        "voice": plan.voice.name,
        "voice_license": plan.voice.license,
        "voice_gender": plan.voice.gender,
        "voice_accent": plan.voice.accent,
        "voice_source": plan.voice.source,
        "voice_sha256": plan.voice.sha256,
        "prosody": canonical_json(dict(plan.prosody)),
        "chain": [
            {"op": op, "version": version, "params": canonical_json(dict(params))}
            for op, version, params in plan.chain
        ],
        "spoken_slots": _spoken_slots(clip),
        "snr_requested_db": requested[0] if requested else None,
    }
    if facts is not None:
        measured = asdict(facts)
        record.update({name: measured[name] for name in measured if name in CLIPS.names})
        record.update({f"score_{name}": measured[name] for name in SCORES})
        told = slot_times(plan.spoken, record.get("spoken_slots"), facts.words)
        record["spoken_slots"] = told
    return record


def _spoken_slots(clip: Clip) -> list[dict[str, Any]] | None:
    if clip.slots is None:
        return None
    return [{"name": name, "start": start, "end": end} for name, start, end in clip.slots]


def _speakers(clips: Sequence[Clip]) -> dict[str, dict[str, set[str]]]:
    """Language -> "engine/speaker" -> splits that this speaker was planned for."""
    found: dict[str, dict[str, set[str]]] = {}
    for clip in clips:
        who = f"{clip.plan.engine}/{clip.plan.voice.who}"
        found.setdefault(clip.row.lang, {}).setdefault(who, set()).add(clip.split)
    return found


def _behind(clips: Sequence[Clip]) -> list[str]:
    """Voices that splits share, though no pseudo-speaker of them is heard in two."""
    return behind_several_splits((c.plan.engine, c.plan.voice.name, c.split) for c in clips)


def _notes(recipe: Recipe, plan: Plan) -> list[str]:
    known = pinned(recipe) if plan.clips else []
    notes = [*copy_notes(recipe, known)] if plan.clips else []
    langs = sorted({clip.row.lang for clip in plan.clips})
    notes += unasked_notes(recipe, langs) if langs else []
    for lang in langs:
        said = roster_notes(in_language(recipe, lang), known)
        notes += [note for note in said if note not in notes]
    count = len(plan.clips)
    if count < recipe.speech.clips:
        notes.append(f"{count} clips were planned, {recipe.speech.clips} wanted: {plan.rows} rows")
    for lang, speakers in sorted(_speakers(plan.clips).items()):
        notes += verbalise.reading_notes(lang)
        several = sum(len(splits) > 1 for splits in speakers.values())
        if several:
            few = ", ".join(f"{name} has {n}" for name, n in plan.voices[lang].shared.items())
            notes.append(
                f"{lang}: too few speakers for splits that share no voice ({few}; an engine needs "
                f"{len(SPLITS)}): {several} of {len(speakers)} "
                f"speaker{'s' * (len(speakers) != 1)} heard in more than one split"
            )
    if behind := _behind(plan.clips):
        notes.append(
            f"splits are disjoint only by pseudo-speaker for {', '.join(behind)}: one voice, "
            "shifted in pitch and formants, is heard in several splits "
            "(speech.pseudo_speakers: false leaves these speakers out)"
        )
    if plan.alone:
        notes.append(
            f"{plan.alone} of {count} clips get no noise where babble is drawn: no other row of "
            "their split and language is spoken that may be heard behind them"
        )
    return [*notes, *balance_notes(_heard(plan.clips))]


def _heard(clips: Sequence[Clip]) -> list[Heard]:
    return [
        Heard(
            intent=clip.row.intent,
            engine=clip.plan.engine,
            family=family_of(plugins.load("engine", clip.plan.engine), clip.plan.voice),
            voice=clip.plan.voice.name,
            gender=clip.plan.voice.gender,
        )
        for clip in clips
    ]


def run(ctx: StageContext) -> StageResult:
    """Render the clips that the recipe asks for.

    Writes clips.parquet, dropped.parquet (rows with nothing to say, clips that an engine failed
    on); FLAC files go to the cache, kind "clips". The facts `rendered` and `cached` differ between
    a fresh and a resumed run, so they must not get into a release or a report.

    Raises:
        RunError: When more than `speech.max_dropped` of the clips were dropped; the dropped ones
            are kept, see `speech.losses`.
        InputError: When an engine or a package is missing.
    """
    recipe = ctx.recipe
    table = read_table(ctx.inputs["clean"] / "utterances.parquet")
    # Rows that stay out of config nlu are not spoken: every clip names a row of it.
    table = read_gate(ctx.inputs).admitted(table)
    plan = plan_clips(recipe, table) if recipe.speech.clips else Plan((), {}, 0, 0)
    clips = plan.clips
    ctc = ctc_of(recipe)
    speakable = [replace(clip.plan, ctc=ctc) for clip in clips if not clip.problem]
    with ctx.progress.task("speech", total=len(speakable), unit="clips") as task:
        rendered = ctx.executor.map(
            render_shard,
            shards(ctx.cache, speakable, noise_files=plan.noise_files, brought=pinned(recipe)),
            on_result=lambda done: task.advance(len(done)),
        )
    done = iter([outcome for shard in rendered for outcome in shard])
    outcomes = [Outcome("", None, problem=c.problem) if c.problem else next(done) for c in clips]
    result = _table(clips, outcomes)
    lost = [index for index, outcome in enumerate(outcomes) if outcome.facts is None]
    kept = [index for index, outcome in enumerate(outcomes) if outcome.facts is not None]
    dropped = _dropped(result, clips, outcomes, lost)
    for line in lost_lines([(outcomes[index].problem, outcomes[index].detail) for index in lost]):
        ctx.progress.note(line)
    refuse_too_many(ctx, dropped, result)
    write_table(result.take(pa.array(kept, pa.int64())), ctx.folder / "clips.parquet")
    write_table(dropped, ctx.folder / "dropped.parquet")
    cached = sum(outcome.cached for outcome in outcomes)
    return StageResult(
        rows_in=table.num_rows,
        rows_out=len(kept),
        dropped=dict(Counter(dropped["filter"].to_pylist())),
        facts={
            **_facts(plan, outcomes),
            "packages": _packages(clips),
            "rendered": len(kept) - cached,
            "cached": cached,
        },
        notes=tuple(_notes(recipe, plan)),
    )


def _dropped(
    table: pa.Table, clips: Sequence[Clip], outcomes: Sequence[Outcome], lost: Sequence[int]
) -> pa.Table:
    parts = [drop_rows(table.slice(0, 0), [], stage=NAME, filter="", reasons=[])]
    for filter_, wanted in (("verbalise", True), ("render", False)):
        indices = [index for index in lost if bool(clips[index].problem) is wanted]
        reasons = [outcomes[index].problem for index in indices]
        parts.append(drop_rows(table, indices, stage=NAME, filter=filter_, reasons=reasons))
    return pa.concat_tables(parts)


def _facts(plan: Plan, outcomes: Sequence[Outcome]) -> dict[str, Any]:
    clips = plan.clips
    kept = [(c, o.facts) for c, o in zip(clips, outcomes, strict=True) if o.facts is not None]
    # Who speaks where is a decision of the plan: a clip that is lost does not change it.
    counts = Counter(f"{clip.plan.engine}/{clip.plan.voice.name}" for clip in clips)
    licenses = Counter(clip.plan.voice.license for clip in clips)
    speakers = [splits for by_name in _speakers(clips).values() for splits in by_name.values()]
    seconds = sum(facts.num_samples for _, facts in kept) / render.RATE_HZ
    return {
        "rows": plan.rows,
        "rows_withheld": plan.withheld,
        "duration_s": round(seconds, 3),
        "duration_s_by_split": _seconds_by_split(kept),
        "voices": dict(sorted(counts.items())),
        "voice_licenses": dict(sorted(licenses.items())),
        **balance_facts(_heard(clips)),
        "voices_disjoint": bool(speakers) and all(len(splits) == 1 for splits in speakers),
        # Whether it is so only because pseudo-speakers of one voice count as speakers.
        "pseudo_speakers": bool(_behind(clips)),
        "speakers_by_split": {
            split: sum(split in splits for splits in speakers)
            for split in SPLITS
            if any(split in splits for splits in speakers)
        },
        "with_noise": sum(facts.snr_db is not None for _, facts in kept),
        "in_a_room": sum(any(op == "room" for op, _, _ in clip.plan.chain) for clip, _ in kept),
        "clipped_samples": sum(facts.clipped_samples for _, facts in kept),
    }


def _packages(clips: Sequence[Clip]) -> dict[str, str]:
    """Versions of all packages that shape the bytes of these clips, for a later replay."""
    engines = sorted({clip.plan.engine for clip in clips})
    named = [name for engine in engines for name in plugins.load("engine", engine).packages]
    return package_versions(tuple(sorted({*render.PACKAGES, *named}))) if engines else {}


def _seconds_by_split(kept: Sequence[tuple[Clip, render.ClipFacts]]) -> dict[str, float]:
    samples: Counter[str] = Counter()
    for clip, facts in kept:
        samples[clip.split] += facts.num_samples
    return {split: round(count / render.RATE_HZ, 3) for split, count in sorted(samples.items())}
