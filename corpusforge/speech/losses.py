"""Clips that were lost on the way: counted against the recipe's limit, and kept when it breaks."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Mapping, Sequence

import pyarrow as pa

from corpusforge.core.errors import RunError
from corpusforge.core.ids import digest
from corpusforge.core.run import StageContext
from corpusforge.core.schema import write_table
from corpusforge.speech.mending import what_to_mend

__all__ = ["refuse_too_many", "silenced", "silenced_notes"]

_SHOWN = 3
_WHO = ["engine", "voice"]
_NAMED = 8  # voices in a note
_ONE_OF = 10  # clips of which one may be lost; an own choice


def refuse_too_many(
    ctx: StageContext, dropped: pa.Table, planned: pa.Table, earlier: pa.Table | None = None
) -> None:
    """Stop the build when too many clips were lost; the lost ones stay readable.

    Args:
        ctx: Of the stage, for the limit and the place that survives a failure.
        dropped: What this stage drops, with `filter` and `reason`.
        planned: Clips that were planned before anything was lost; columns engine and voice.
        earlier: Clips that earlier stages lost; the same columns.

    Raises:
        RunError: When more than `speech.max_dropped` of the planned clips are lost, and more than
            one of ten or more (unless the limit is 0). It names the reasons, the voices, some
            clips, and the file in the cache (kind "failed") that holds them all.
    """
    limit, count = ctx.recipe.speech.max_dropped, planned.num_rows
    # In a small corpus one clip is more than the share, and no sign that something is wrong.
    allowed = max(limit * count, 1.0 if limit > 0.0 and count >= _ONE_OF else 0.0)
    gone = [dropped.select(_WHO), *([] if earlier is None else [earlier.select(_WHO)])]
    lost = sum(table.num_rows for table in gone)
    if lost <= allowed:
        return
    path = ctx.folder / "dropped.parquet"
    write_table(dropped, path)
    data = path.read_bytes()
    kept = ctx.cache.put("failed", digest("failed", data), ".parquet", data)
    shown = _most_frequent(dropped)
    examples = ", ".join(
        f"{clip} (row {row})"
        for clip, row in zip(
            *(dropped[n].to_pylist()[:_SHOWN] for n in ("clip_id", "utterance_id")), strict=True
        )
    )
    if before := lost - dropped.num_rows:
        shown.append(f"    {before} x lost in the stage speech")
    # A limit of all clips would be none.
    advice = f", or raise speech.max_dropped above {lost / count:.3f}" if lost < count else ""
    raise RunError(
        f"{lost} of {count} clips were lost, more than the {limit:.1%} of speech.max_dropped:\n"
        + "\n".join([*shown, _by_voice(pa.concat_tables(gone), planned)])
        + f"\n    for example {examples}\n    all of them: {kept}\n"
        f"    {what_to_mend(dropped['reason'].to_pylist())}{advice}"
    )


def _by_voice(gone: pa.Table, planned: pa.Table) -> str:
    """Line with the voices that lost most, each with its clips that were planned."""
    lost, whole = (Counter(_voices_in(table)) for table in (gone, planned))
    # Of as many lost clips, the voice first that lost the larger part.
    ranked = sorted(lost, key=lambda who: (-lost[who], whole[who], who))
    named = [f"{who} {lost[who]} of {whole[who]}" for who in ranked[:_SHOWN]]
    more = f", and {len(ranked) - _SHOWN} more voices" if len(ranked) > _SHOWN else ""
    return f"    by voice: {', '.join(named)}{more}"


def _voices_in(clips: pa.Table) -> list[str]:
    """engine/voice of each clip."""
    columns = (clips[name].to_pylist() for name in _WHO)
    return [f"{engine}/{voice}" for engine, voice in zip(*columns, strict=True)]


def silenced(
    planned: pa.Table, kept: pa.Table, family: Callable[[str, str], str]
) -> dict[str, dict[str, int]]:
    """Facts: who was planned and is heard in no clip that is left.

    Args:
        planned: All clips; columns engine, voice and lang.
        kept: Those that are left; the same columns.
        family: (engine, voice) -> kind of synthesis.

    Returns:
        {"families_silenced": "lang: family" -> its clips that were planned, "voices_silenced":
        engine/voice -> its clips that were planned}
    """

    def families(clips: pa.Table) -> list[str]:
        columns = (clips[name].to_pylist() for name in ("lang", "engine", "voice"))
        rows = zip(*columns, strict=True)
        return [f"{lang}: {family(engine, voice)}" for lang, engine, voice in rows]

    return {
        "families_silenced": _gone(families(planned), families(kept)),
        "voices_silenced": _gone(_voices_in(planned), _voices_in(kept)),
    }


def _gone(planned: Sequence[str], kept: Sequence[str]) -> dict[str, int]:
    counts, left = Counter(planned), {*kept}
    return {name: counts[name] for name in sorted(counts) if name not in left}


def silenced_notes(facts: Mapping[str, Mapping[str, int]]) -> list[str]:
    """Sentences about what `silenced` found, the most clips first."""
    notes = []
    for key, what in (("families_silenced", "families of engines"), ("voices_silenced", "voices")):
        lost = facts[key]
        named = [f"{w} ({lost[w]} planned)" for w in sorted(lost, key=lambda w: (-lost[w], w))]
        more = f", and of {len(named) - _NAMED} more" if len(named) > _NAMED else ""
        if named:
            notes.append(f"no clip is left of these {what}: {', '.join(named[:_NAMED])}{more}")
    return notes


def _most_frequent(dropped: pa.Table) -> list[str]:
    """Lines with the most frequent filters, each with its most frequent reason."""
    filters, reasons = (dropped[name].to_pylist() for name in ("filter", "reason"))
    lines = []
    for name, count in Counter(filters).most_common(_SHOWN):
        own = Counter(r for f, r in zip(filters, reasons, strict=True) if f == name)
        reason, _ = own.most_common(1)[0]
        lines.append(f"    {count} x {name}: {reason}" + (", ..." if len(own) > 1 else ""))
    return lines
