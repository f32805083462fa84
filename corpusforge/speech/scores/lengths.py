"""Phones of all clips of a table, counted once per text and kept in the cache."""

from __future__ import annotations

from collections.abc import Iterable, Mapping

import pyarrow as pa

from corpusforge.core.digests import digest
from corpusforge.core.run import StageContext, canonical_json, package_versions
from corpusforge.speech.scores import phones
from corpusforge.speech.scores.work import keep, kept

__all__ = ["phones_of"]


def phones_of(ctx: StageContext, table: pa.Table) -> tuple[list[int], tuple[str, ...]]:
    """Phones of what is said in each clip, 0 where they cannot be counted, and notes on these.

    Args:
        ctx: For cache and progress.
        table: Clips: lang, spoken.
    """
    texts, langs = table["spoken"].to_pylist(), table["lang"].to_pylist()
    counts, notes = [0] * len(texts), []
    for lang in sorted(set(langs)):
        rows = [row for row, tag in enumerate(langs) if tag == lang]
        found, why_not = _counted(ctx, {texts[row] for row in rows}, lang)
        if why_not:
            notes.append(f"audio_gate: how fast clips in {lang} are is not judged: {why_not}")
            continue
        for row in rows:
            counts[row] = found[texts[row]]
        unread = sum(not counts[row] for row in rows)
        if unread:
            notes.append(
                f"audio_gate: how fast clips in {lang} are is not judged for {unread} of "
                f"{len(rows)}: {phones.phonemiser(lang)} does not read their letters"
            )
    return counts, tuple(notes)


def _counted(ctx: StageContext, texts: Iterable[str], lang: str) -> tuple[Mapping[str, int], str]:
    """Counts of texts, and why there are none; a sixteenth of them is in one cache entry."""
    buckets: dict[str, list[str]] = {}
    for text in sorted(texts):
        buckets.setdefault(digest("phones", text)[0], []).append(text)
    read_by = canonical_json([phones.VERSION, lang, package_versions(phones.PACKAGES)])
    found: dict[str, int] = {}
    with ctx.progress.task(
        "audio_gate", total=sum(map(len, buckets.values())), unit="texts"
    ) as bar:
        for part in buckets.values():
            key = digest("phones", read_by, *part)
            record = kept(ctx.cache, key)
            if record is None:
                counts, why_not = phones.phone_counts(part, lang)
                if why_not:
                    return {}, why_not
                record = {"counts": counts}
                keep(ctx.cache, key, record)
            found |= dict(zip(part, record["counts"], strict=True))
            bar.advance(len(part))
    return found, ""
