"""One clip again, from its row alone, held against the samples that were recorded."""

from __future__ import annotations

import io
import json
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from corpusforge.core import plugins
from corpusforge.core.errors import InputError, require
from corpusforge.core.licenses import UNKNOWN
from corpusforge.core.recipe import Recipe, SpeechConfig, VoiceConfig
from corpusforge.core.run import package_versions
from corpusforge.core.sound_files import synthetic_mark, wav_bytes
from corpusforge.speech.added import pinned
from corpusforge.speech.engine import Engine, Voice
from corpusforge.speech.noise_files import look_for
from corpusforge.speech.render import RATE_HZ, ClipPlan, Rendered, render
from corpusforge.speech.talkers import brought_by, engines_of, know

__all__ = ["SUFFIXES", "Replayed", "Sources", "check_suffix", "plan_of", "replay"]

SUFFIXES = (".wav", ".flac")
"""Formats that a replayed clip can be written in."""


@dataclass(frozen=True, slots=True)
class Sources:
    """Where a replay finds what no package brings; the row has hashes of it, and no paths.

    Attributes:
        folder: Where relative paths of voices start, as they did in the recipe.
        allow_command: The user's word that a clip's command may run.
        noise: Folders with recordings of noise.
    """

    folder: Path = Path()
    allow_command: bool = False
    noise: tuple[Path, ...] = ()


@dataclass(frozen=True, slots=True)
class Replayed:
    """A clip that was rendered again.

    Attributes:
        clip_id: Which one.
        plan: What it was rendered from.
        rendered: FLAC and facts.
        recorded: `pcm_sha256` of the row, "" for a clip that could not be made then.
        changes: What is not as it was when the clip was made: versions of engine, effects and
            packages, one sentence each.
    """

    clip_id: str
    plan: ClipPlan
    rendered: Rendered
    recorded: str
    changes: tuple[str, ...]

    @property
    def same(self) -> bool:
        """Whether the samples are those that were recorded."""
        return self.rendered.facts.pcm_sha256 == self.recorded

    def file(self, suffix: str) -> bytes:
        """The clip as a file.

        Args:
            suffix: One of `SUFFIXES`, in any case.
        """
        if suffix.lower() == ".flac":
            return self.rendered.flac
        soundfile = require("soundfile", extra="speech", purpose="reading FLAC")
        samples, rate_hz = soundfile.read(io.BytesIO(self.rendered.flac), dtype="int16")
        mark = synthetic_mark(self.plan.engine, self.plan.voice.name)
        return wav_bytes(samples.astype("<i2").tobytes(), rate_hz, mark)


def check_suffix(path: Path) -> None:
    """Refuse a file that no clip can be written to.

    Raises:
        InputError: With the suffixes that there are.
    """
    if path.suffix.lower() not in SUFFIXES:
        raise InputError(
            f"{path}: a clip is written as WAV or FLAC", given=path.suffix, allowed=SUFFIXES
        )


def plan_of(row: Mapping[str, Any], sources: Sources) -> ClipPlan:
    """What a row of `CLIPS` says about how to render it.

    Raises:
        InputError: When its engine is not installed, has no such voice, or an added voice is not
            there or another one.
    """
    engine: Engine = plugins.load("engine", row["engine"])
    if missing := engine.missing():
        raise InputError(f"the engine {engine.name} cannot speak: {missing}")
    chain = tuple(
        (step["op"], step["version"], json.loads(step["params"])) for step in row["chain"]
    )
    spoken = row["text"] if row["spoken"] is None else row["spoken"]
    prosody = json.loads(row["prosody"])
    voice = _added(_entry(row), sources) if row.get("voice_source") else _own(engine, row)
    return ClipPlan(row["clip_id"], spoken, row["engine"], voice, prosody, chain)


def _own(engine: Engine, row: Mapping[str, Any]) -> Voice:
    """The engine's own voice that the row names."""
    offered = [*engine.offered(row["lang"]), *engine.offered()]
    for voice, _ in offered:
        if voice.name == row["voice"]:
            return voice
    raise InputError(
        f"the engine {engine.name} {engine.version} has no voice {row['voice']!r}",
        given=row["voice"],
        allowed=list(dict.fromkeys(voice.name for voice, _ in offered)),
    )


def _entry(row: Mapping[str, Any]) -> VoiceConfig:
    """How the recipe had brought the voice of a row."""
    return VoiceConfig(
        engine=row["engine"],
        source=row["voice_source"],
        license=row["voice_license"] or UNKNOWN,
        name=row["voice"],
        lang=row["lang"],
        gender=row["voice_gender"] or "",
        accent=row["voice_accent"] or "",
        sha256=row["voice_sha256"] or None,
    )


def _added(entry: VoiceConfig, sources: Sources) -> Voice:
    """A voice that the recipe had brought, held against the hash of its files."""
    recipe = Recipe(
        name="replay",
        lang=entry.lang or "und",
        license=UNKNOWN,
        speech=SpeechConfig(voices=(entry,)),
        folder=sources.folder,
        allow_command=sources.allow_command,
    )
    ((_, voice),) = pinned(recipe)
    return voice


def _talkers(plan: ClipPlan, sources: Sources) -> list[tuple[str, Voice]]:
    """(engine, voice) of those that the recipe had brought and that are heard in babble."""
    entries = [
        VoiceConfig(
            engine=engine,
            source=voice.source,
            license=voice.license or UNKNOWN,
            name=voice.name,
            lang=voice.lang,
            family=voice.family,
            sha256=voice.sha256 or None,
        )
        for engine, voice in brought_by(plan.chain)
    ]
    return [(entry.engine, _added(entry, sources)) for entry in entries]


def replay(row: Mapping[str, Any], packages: Mapping[str, str], sources: Sources) -> Replayed:
    """Render the clip of a row again.

    Args:
        row: Of `CLIPS` or `DROPPED_CLIPS`; `audio` is not looked at.
        packages: Distribution -> version, as recorded when the clip was made.
        sources: Where to find what is not a part of any package.

    Raises:
        InputError: When the engine, its voice, a recording of noise or a package is not there.
        EngineError: When the engine gives nothing usable.
    """
    plan = plan_of(row, sources)
    changes = tuple(_changes(row, plan, packages))
    recordings = (str(p["sha256"]) for op, _, p in plan.chain if op == "noise" and "sha256" in p)
    look_for(recordings, sources.noise)
    know(_talkers(plan, sources))
    return Replayed(row["clip_id"], plan, render(plan), row["pcm_sha256"] or "", changes)


def _changes(row: Mapping[str, Any], plan: ClipPlan, packages: Mapping[str, str]) -> list[str]:
    changes = []
    speaking = (row["engine"], row["engine_version"])
    for name, then in dict.fromkeys([speaking, *engines_of(plan.chain)]):
        now = plugins.load("engine", name).version
        if now != then:
            changes.append(f"engine {name}: {then} then, {now} now")
    for step in row["chain"]:
        version = plugins.load("effect", step["op"]).version
        if version != step["version"]:
            changes.append(f"effect {step['op']}: version {step['version']} then, {version} now")
    installed = package_versions(tuple(sorted(packages)))
    for name, version in installed.items():
        if version != packages[name]:
            then, now = (text or "not installed" for text in (packages[name], version))
            changes.append(f"package {name}: {then} then, {now} now")
    if row["sampling_rate"] != RATE_HZ:
        changes.append(f"rate: {row['sampling_rate']} Hz then, {RATE_HZ} Hz now")
    return changes
