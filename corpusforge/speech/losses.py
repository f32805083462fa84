"""Clips that were lost on the way: counted against the recipe's limit, and kept when it breaks."""

from __future__ import annotations

from collections import Counter

import pyarrow as pa

from corpusforge.core.errors import RunError
from corpusforge.core.ids import digest
from corpusforge.core.run import StageContext
from corpusforge.core.schema import write_table

__all__ = ["refuse_too_many"]

_SHOWN = 3


def refuse_too_many(ctx: StageContext, dropped: pa.Table, planned: int, earlier: int = 0) -> None:
    """Stop the build when too many clips were lost; the lost ones stay readable.

    Args:
        ctx: Of the stage, for the limit and the place that survives a failure.
        dropped: What this stage drops, with `filter` and `reason`.
        planned: Clips that were planned before anything was lost.
        earlier: Clips that earlier stages lost.

    Raises:
        RunError: When more than `speech.max_dropped` of the planned clips are lost. It names the
            reasons, some clips, and the file in the cache (kind "failed") that holds them all.
    """
    limit = ctx.recipe.speech.max_dropped
    lost = dropped.num_rows + earlier
    if lost <= limit * planned:
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
    if earlier:
        shown.append(f"    {earlier} x lost in the stage speech")
    raise RunError(
        f"{lost} of {planned} clips were lost, more than the {limit:.1%} of speech.max_dropped:\n"
        + "\n".join(shown)
        + f"\n    for example {examples}\n    all of them: {kept}\n"
        "    mend what they name (text, engine, limits under audio_gate), or raise "
        f"speech.max_dropped above {lost / planned:.3f}"
    )


def _most_frequent(dropped: pa.Table) -> list[str]:
    """Lines with the most frequent filters, each with its most frequent reason."""
    filters, reasons = (dropped[name].to_pylist() for name in ("filter", "reason"))
    lines = []
    for name, count in Counter(filters).most_common(_SHOWN):
        own = Counter(r for f, r in zip(filters, reasons, strict=True) if f == name)
        reason, _ = own.most_common(1)[0]
        lines.append(f"    {count} x {name}: {reason}" + (", ..." if len(own) > 1 else ""))
    return lines
