"""Clips in pieces: what the processes of the stage render, and what they find in the cache."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path

from corpusforge.core.ids import digest
from corpusforge.core.run import Cache, canonical_json
from corpusforge.speech import noise_files as recordings
from corpusforge.speech import talkers
from corpusforge.speech.engine import EngineError, Voice, Word
from corpusforge.speech.render import ClipFacts, ClipPlan, Dry, clip_key, dry, dry_key, render

__all__ = ["Outcome", "Shard", "render_shard", "shards"]


@dataclass(frozen=True, slots=True)
class Outcome:
    """What became of one plan: facts and the cached file, or the reason why there is none.

    Attributes:
        path: Of the FLAC file, relative to the cache.
        facts: None when there is no clip.
        cached: Whether the clip was there before.
        problem: A `speech.engine.Problem`, "" when there is a clip: never any text of the row.
        detail: More for the person at the screen, not for any table.
    """

    path: str
    facts: ClipFacts | None
    cached: bool = False
    problem: str = ""
    detail: str = ""


@dataclass(frozen=True, slots=True)
class Shard:
    """Some plans and where their files go; the item of the parallel part.

    Attributes:
        cache: Of the run.
        plans: Copies of one clip one after another, so that they share what they have in common.
        noise_files: sha256 -> path of the recordings that the plans mix in.
        brought: (engine, voice) of those that the recipe brought: they may talk in babble.
    """

    cache: Cache
    plans: tuple[ClipPlan, ...]
    noise_files: tuple[tuple[str, str], ...] = ()
    brought: tuple[tuple[str, Voice], ...] = ()


def _cached(store: Cache, key: str) -> tuple[Path, ClipFacts] | None:
    """A finished clip, when its file and its facts are there, whole, and belong together."""
    flac, sidecar = store.get("clips", key, ".flac"), store.get("clips", key, ".json")
    if flac is None or sidecar is None:
        return None
    try:
        noted = json.loads(sidecar.read_text("utf-8"))
        words = noted["facts"].pop("words")
        timed = None if words is None else tuple(Word(**word) for word in words)
        facts = ClipFacts(**noted["facts"], words=timed)
        whole = noted["facts_digest"] == _facts_digest(facts)
        whole &= hashlib.sha256(flac.read_bytes()).hexdigest() == facts.flac_sha256
    except (OSError, ValueError, TypeError, KeyError):
        return None
    return (flac, facts) if whole else None


def _facts_digest(facts: ClipFacts) -> str:
    return digest("facts", canonical_json(asdict(facts)))


def render_shard(shard: Shard) -> list[Outcome]:
    """Render the plans of a shard that are not in the cache; the item function of the stage.

    The sidecar with the facts is written last: a clip without it, or one that does not match
    it, is rendered again.
    """
    recordings.know(dict(shard.noise_files))
    talkers.know(shard.brought)
    outcomes: list[Outcome] = []
    last: tuple[str, Dry] | None = None
    for plan in shard.plans:
        key = clip_key(plan)
        found = _cached(shard.cache, key)
        if found is not None:
            outcomes.append(Outcome(shard.cache.relative(found[0]), found[1], cached=True))
            continue
        try:
            if last is None or last[0] != dry_key(plan):
                last = (dry_key(plan), dry(plan))
            rendered = render(plan, last[1])
        except EngineError as error:
            outcomes.append(Outcome("", None, problem=error.problem.value, detail=error.detail))
            continue
        path = shard.cache.put("clips", key, ".flac", rendered.flac)
        noted = {"facts": asdict(rendered.facts), "facts_digest": _facts_digest(rendered.facts)}
        shard.cache.put("clips", key, ".json", canonical_json(noted).encode())
        outcomes.append(Outcome(shard.cache.relative(path), rendered.facts))
    return outcomes


def shards(
    store: Cache,
    plans: Sequence[ClipPlan],
    size: int = 8,
    noise_files: Mapping[str, str] | None = None,
    brought: Sequence[tuple[str, Voice]] = (),
) -> list[Shard]:
    """The plans in pieces of `size`.

    Args:
        store: Cache of the run.
        plans: In order.
        size: Plans of a piece.
        noise_files: sha256 -> path of recordings of noise.
        brought: (engine, voice) of those that the recipe brought.
    """
    known = tuple((noise_files or {}).items())
    return [
        Shard(store, tuple(plans[start : start + size]), known, tuple(brought))
        for start in range(0, len(plans), size)
    ]
