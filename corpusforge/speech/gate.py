"""The stage `audio_gate`: broken clips are put aside.

Silent, clipped, too short or too long, without speech, with a hole, too fast or too slow for
their text; and, on all clips or a stated sample, other words or slot values than they should say.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import asdict, dataclass
from functools import cache
from typing import Any

import numpy as np
import numpy.typing as npt
import pyarrow as pa

from corpusforge.core import plugins
from corpusforge.core.recipe import GateConfig, Recipe
from corpusforge.core.run import StageContext, StageResult
from corpusforge.core.schema import SPLITS, drop_rows, read_table, write_table
from corpusforge.core.voice_names import base_voice
from corpusforge.speech.added import pinned
from corpusforge.speech.engine import Engine, family_of
from corpusforge.speech.losses import refuse_too_many, silenced, silenced_notes
from corpusforge.speech.scores import measure as measuring
from corpusforge.speech.scores.limits import LIMITS, RECOGNISED, calibrated, limit_of
from corpusforge.speech.scores.measure import Measured, measure, scorers
from corpusforge.speech.scores.texts import (
    FEW_LETTERS,
    LEAST_DB,
    LEAST_LETTERS,
    NOISY_DB,
    kind_of,
    letters,
    primary,
    spelled_out,
)

__all__ = ["NAME", "PACKAGES", "VERSION", "config", "run"]

NAME = "audio_gate"
VERSION = 9
PACKAGES = ("numpy", *measuring.PACKAGES)

Floats = npt.NDArray[np.float64]


def config(recipe: Recipe) -> dict[str, Any]:
    """The limits, and what measures what does not come with the clips."""
    limits = asdict(recipe.audio_gate)
    del limits["asr_model"]  # a path; which model it is, is in the scorers
    return {
        "audio_gate": limits,
        "max_dropped": recipe.speech.max_dropped,
        "calibrated": calibrated(),
        "kinds": [FEW_LETTERS, LEAST_LETTERS, NOISY_DB, LEAST_DB],
        "scorers": scorers(recipe) if recipe.speech.clips else {},
        "seed": recipe.seed,
    }


def _column(table: pa.Table, name: str) -> Floats:
    values: Floats = table[name].to_numpy().astype(np.float64)
    return values


def clipped_shares(table: pa.Table) -> Floats:
    """Share of samples held at full scale, shape [clips]."""
    return _column(table, "clipped_samples") / np.maximum(_column(table, "num_samples"), 1)


@dataclass(frozen=True)
class _Check:
    """A limit on a score.

    Attributes:
        filter: Name in the table of dropped clips.
        scores: Shape [clips].
        limits: Of each clip, NaN = none; shape [clips].
        is_maximum: Whether larger scores break it.
        reason: Sentence with places for score and limit.
        must_be_known: Whether a score that is not there breaks it.
    """

    filter: str
    scores: Floats
    limits: Floats
    is_maximum: bool
    reason: str
    must_be_known: bool

    def broken(self) -> npt.NDArray[np.bool_]:
        """The clips that break it, shape [clips]."""
        scores, limits = self.scores, self.limits
        good = scores <= limits if self.is_maximum else scores >= limits
        unknown = np.isnan(scores) & (not self.must_be_known)
        return np.asarray(~(good | unknown | np.isnan(limits)), dtype=bool)


def _checks(limits: GateConfig, table: pa.Table) -> Iterator[_Check]:
    """What was measured when the clips were rendered, in order."""
    duration, clipped = _column(table, "duration_s"), clipped_shares(table)
    active, level = _column(table, "score_active_share"), _column(table, "score_level_dbfs")
    for name, scores, limit, is_maximum, reason in (
        ("too_short", duration, limits.min_duration_s, False, "lasts {:.2f} s, at least {:g} s"),
        ("too_long", duration, limits.max_duration_s, True, "lasts {:.2f} s, at most {:g} s"),
        ("level", level, limits.min_level_dbfs, False, "speech at {:.1f} dBFS, at least {:g}"),
        (
            "inactive",
            active,
            limits.min_active_share,
            False,
            "speech in {:.1%} of the clip, at least {:.1%}",
        ),
        (
            "clipped",
            clipped,
            limits.max_clipped_share,
            True,
            "{:.3%} of the samples clipped, at most {:.3%}",
        ),
    ):
        yield _Check(name, scores, np.full(table.num_rows, limit), is_maximum, reason, True)


def _limits(config: GateConfig, table: pa.Table) -> Iterator[_Check]:
    """What was heard in the clips; each engine has limits of its own."""
    texts = table["spoken"].to_pylist()
    kinds = map(kind_of, texts, table["snr_db"].to_pylist())
    who = (table["engine"].to_pylist(), table["lang"].to_pylist(), kinds)
    clips = list(zip(*who, strict=True))
    # Slower than by their letters are words of which each letter is said by its name.
    slower = np.array([spelled_out(text) / max(letters(text), 1) for text in texts], float)
    for limit in LIMITS:
        known = {
            (engine, lang, kind): limit_of(config, engine, lang, limit.name, kind)
            for engine, lang, kind in set(clips)
        }
        values = np.array([np.nan if (v := known[clip]) is None else v for clip in clips], float)
        if limit.name == "max_s_per_letter":
            values *= slower
        scores = _column(table, f"score_{limit.score}")
        # As exact as the column, so that a score at its limit keeps it.
        values = values.astype(np.float32).astype(np.float64)
        yield _Check(limit.filter, scores, values, limit.is_maximum, limit.reason, False)


def run(ctx: StageContext) -> StageResult:
    """Measure every clip, or a sample of them where the measure is dear, and judge.

    A clip is dropped by the first limit that it breaks, with the score and the threshold; the
    scores stay in the table and in the cache, so that limits can be cut again without rendering
    or listening. Writes clips.parquet (with the scores) and dropped.parquet.

    Raises:
        RunError: When speech and this stage together lost more than `speech.max_dropped` of the
            planned clips.
    """
    table = read_table(ctx.inputs["speech"] / "clips.parquet")
    measured = measure(ctx, table)
    table = _with_scores(table, measured)
    alive = np.ones(table.num_rows, dtype=bool)
    parts = [drop_rows(table, [], stage=NAME, filter="", reasons=[])]
    checks = [*_checks(ctx.recipe.audio_gate, table), *_limits(ctx.recipe.audio_gate, table)]
    for check in checks:
        broken = alive & check.broken()
        alive &= ~broken
        # One threshold after another: it may differ between engines.
        for limit in np.unique(check.limits[broken]):
            rows = np.flatnonzero(broken & (check.limits == limit))
            parts.append(
                drop_rows(
                    table,
                    rows.tolist(),
                    stage=NAME,
                    filter=check.filter,
                    reasons=[check.reason.format(check.scores[row], limit) for row in rows],
                    scores=check.scores[rows].tolist(),
                    threshold=float(limit),
                )
            )
    dropped = pa.concat_tables(parts)
    kept = table.filter(pa.array(alive))
    unmade = read_table(ctx.inputs["speech"] / "dropped.parquet")
    who = ["engine", "voice", "lang", "split"]
    planned = pa.concat_tables([table.select(who), unmade.select(who)])
    refuse_too_many(ctx, dropped, planned, earlier=unmade)
    write_table(kept, ctx.folder / "clips.parquet")
    write_table(dropped, ctx.folder / "dropped.parquet")
    splits = Counter(planned["split"].to_pylist())
    silent = silenced(planned, kept, _family(ctx.recipe))
    return StageResult(
        rows_in=table.num_rows,
        rows_out=int(alive.sum()),
        dropped=dict(Counter(dropped["filter"].to_pylist())),
        facts={**measured.facts, **silent},
        notes=(
            *measured.notes,
            *_never_misheard(ctx.recipe.audio_gate, checks, table, measured.transcripts),
            *_buried(table),
            *_silent_splits(kept, splits),
            *silenced_notes(silent),
        ),
    )


def _with_scores(table: pa.Table, measured: Measured) -> pa.Table:
    heard = pa.array(measured.transcripts, pa.string())
    place = table.schema.get_field_index("asr_text")
    table = table.set_column(place, table.schema.field(place), heard)
    columns = {"clipped_share": clipped_shares(table), **measured.scores}
    for name, scores in columns.items():
        column = pa.array(scores, pa.float32(), from_pandas=True)  # NaN = not measured
        table = table.append_column(pa.field(f"score_{name}", pa.float32()), column)
    return table


def _never_misheard(
    config: GateConfig,
    checks: Sequence[_Check],
    table: pa.Table,
    transcripts: Sequence[str | None],
) -> tuple[str, ...]:
    """A note on engines that a recogniser listens to and of which it can drop nothing."""
    why_not = "the recipe sets their limits to null, or they were calibrated in English only"
    if config.asr_model is not None:
        why_not = "limits are calibrated for the recogniser of the extra gate, not for asr_model"
    langs = [primary(tag) for tag in table["lang"].to_pylist()]
    listened = {lang for lang, text in zip(langs, transcripts, strict=True) if text is not None}
    limited = np.zeros(table.num_rows, dtype=bool)
    for check in checks:
        if check.filter in RECOGNISED:
            limited |= ~np.isnan(check.limits)
    held: dict[str, bool] = {}
    engines = table["engine"].to_pylist()
    for engine, lang, limit in zip(engines, langs, limited.tolist(), strict=True):
        if lang in listened:
            held[f"{engine}/{lang}"] = held.get(f"{engine}/{lang}", False) or limit
    free = sorted(name for name, is_held in held.items() if not is_held)
    if not free:
        return ()
    return (
        f"audio_gate: what the recogniser hears drops no clip by {', '.join(free)}: {why_not}; "
        f"a limit of yours holds, as in audio_gate: {{limits: {{{free[0]}: {{min_gop: -10}}}}}}",
    )


def _buried(table: pa.Table) -> tuple[str, ...]:
    """A note on clips in so much noise that nothing is known of good ones."""
    count = sum(ratio is not None and ratio < LEAST_DB for ratio in table["snr_db"].to_pylist())
    if not count:
        return ()
    return (
        f"audio_gate: clips with more noise than speech: {count}; no good ones were measured, "
        "so that only limits of the recipe hold",
    )


def _family(recipe: Recipe) -> Callable[[str, str], str]:
    """(engine, voice) -> kind of synthesis: the table of clips does not hold it."""
    brought = {(name, voice.name): voice for name, voice in pinned(recipe)}

    @cache
    def family(name: str, voice: str) -> str:
        engine: Engine = plugins.load("engine", name)
        known = brought.get((name, base_voice(voice)))
        return engine.family if known is None else family_of(engine, known)

    return family


def _silent_splits(kept: pa.Table, planned: Mapping[str, int]) -> tuple[str, ...]:
    """A note on splits that end without clips, when any were planned at all."""
    left = set(kept["split"].to_pylist())
    empty = [f"{s} ({planned.get(s, 0)} were planned)" for s in SPLITS if planned and s not in left]
    return (f"clips: none in {', '.join(empty)}",) if empty else ()
