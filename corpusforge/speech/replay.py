"""One clip again, from its row alone, held against the samples that were recorded."""

from __future__ import annotations

import io
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
from corpusforge.speech.added import fetched, takes_voices
from corpusforge.speech.engine import Engine, EngineError, Problem, Voice
from corpusforge.speech.noise_files import look_for
from corpusforge.speech.noise_sources import sources_of
from corpusforge.speech.recorded import EDITED, chain_of, name_of, prosody_of, refused, spoken_of
from corpusforge.speech.render import RATE_HZ, ClipPlan, Rendered, render
from corpusforge.speech.talkers import brought_by, engines_of, know
from corpusforge.speech.verdict import StoredAudio, verdict

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
        verdict: What can be told of samples that are not those that were recorded, or of stored
            audio that is not, one sentence each.
        stored: `pcm_sha256` of the audio that is stored, "" when it cannot be read, None when
            there is none.
    """

    clip_id: str
    plan: ClipPlan
    rendered: Rendered
    recorded: str
    changes: tuple[str, ...]
    verdict: tuple[str, ...] = ()
    stored: str | None = None

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
        InputError: When a field of the row is none that a clip can be rendered from, its engine is
            not installed, has no such voice, or an added voice is not there or another one.
    """
    spoken, prosody, chain = spoken_of(row), prosody_of(row), chain_of(row)
    name = name_of(row, "engine")
    if not plugins.exists("engine", name):
        raise refused(row, "engine", name, "an engine", plugins.names("engine"))
    engine: Engine = plugins.load("engine", name)
    if missing := engine.missing():
        raise InputError(f"the engine {engine.name} cannot speak: {missing}")
    if row.get("voice_source"):
        voice = _added(row["clip_id"], _entry(engine, row), sources)
    else:
        voice = _own(engine, row)
    return ClipPlan(row["clip_id"], spoken, name, voice, prosody, chain)


def _own(engine: Engine, row: Mapping[str, Any]) -> Voice:
    """The engine's own voice that the row names."""
    name = name_of(row, "voice")
    offered = [*engine.offered(name_of(row, "lang")), *engine.offered()]
    for voice, _ in offered:
        if voice.name == name:
            return voice
    if not offered:  # it speaks with nothing but brought voices
        source, wanted = row.get("voice_source"), f"the source of the voice {name!r}"
        raise refused(row, "voice_source", source, wanted)
    made_with = row.get("engine_version") or "not known"
    raise InputError(
        f"clip {row['clip_id']}: the engine {engine.name} {engine.version} has no voice {name!r}",
        given=name,
        allowed=list(dict.fromkeys(voice.name for voice, _ in offered)),
        hint=f"the version that it was made with is {made_with}; if that has none either, {EDITED}",
    )


def _entry(engine: Engine, row: Mapping[str, Any]) -> VoiceConfig:
    """How the recipe had brought the voice of a row."""
    if not takes_voices(engine):
        wanted = f"empty: the engine {engine.name} takes no voices, only those it comes with"
        raise refused(row, "voice_source", row["voice_source"], wanted)
    return VoiceConfig(
        engine=engine.name,
        source=name_of(row, "voice_source"),
        license=row.get("voice_license") or UNKNOWN,
        name=name_of(row, "voice"),
        lang=name_of(row, "lang"),
        gender=row.get("voice_gender") or "",
        accent=row.get("voice_accent") or "",
        sha256=row.get("voice_sha256") or None,
    )


def _added(clip_id: str, entry: VoiceConfig, sources: Sources) -> Voice:
    """A voice that the recipe had brought, held against the hash of its files."""
    recipe = Recipe(
        name="replay",
        lang=entry.lang or "und",
        license=UNKNOWN,
        speech=SpeechConfig(voices=(entry,)),
        folder=sources.folder,
        allow_command=sources.allow_command,
    )
    where = f"--sources DIR names the folder where paths of voices start, now {sources.folder}"
    try:
        voice, _ = fetched(recipe, entry)
    except InputError as error:
        raise InputError(
            f"clip {clip_id}, voice {entry.name}: {error.message}",
            given=error.given,
            allowed=error.allowed,
            hint="; ".join(filter(None, (error.hint, where))),
        ) from error
    if entry.sha256 is not None and voice.sha256 != entry.sha256:
        raise InputError(
            f"clip {clip_id}: the files of its voice {entry.engine}/{voice.name} "
            f"({voice.source}) are not those that its row names: sha256 is "
            f"{voice.sha256 or 'none (nothing to hash)'}, the row says {entry.sha256}",
            hint=f"get the files that it was made with ({where}); or {EDITED}",
        )
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
    return [(entry.engine, _added(plan.clip_id, entry, sources)) for entry in entries]


def replay(
    row: Mapping[str, Any],
    packages: Mapping[str, str],
    sources: Sources,
    stored: bytes | None = None,
) -> Replayed:
    """Render the clip of a row again.

    Args:
        row: Of `CLIPS` or `DROPPED_CLIPS`; `audio` is not looked at.
        packages: Distribution -> version, as recorded when the clip was made.
        sources: Where to find what is not a part of any package.
        stored: The clip as a FLAC file, where it is at hand: it tells more of a row whose
            rendering is another.

    Raises:
        InputError: When the row is damaged; when the engine, its voice, a recording of noise or a
            package is not there.
        EngineError: When the engine gives nothing usable.
    """
    plan = plan_of(row, sources)
    changes = tuple(_changes(row, plan, packages))
    behind = [one for op, _, params in plan.chain if op == "noise" for one in sources_of(params)]
    look_for((str(one["sha256"]) for one in behind if "sha256" in one), sources.noise)
    know(_talkers(plan, sources))
    rendered = _rendered(plan, changes)
    audio = None if stored is None else StoredAudio(stored)
    said = verdict(row, rendered, audio, versions_differ=bool(changes))
    digest = None if audio is None else audio.pcm_sha256
    return Replayed(
        row["clip_id"], plan, rendered, row.get("pcm_sha256") or "", changes, said, digest
    )


def _rendered(plan: ClipPlan, changes: tuple[str, ...]) -> Rendered:
    """The clip; what an effect cannot do with its parameters is a fault of the row."""
    try:
        return render(plan)
    except EngineError as error:
        # Of the same version, it is not as the name of the problem says.
        if error.problem is not Problem.OTHER_VERSION or changes:
            raise
        raise InputError(f"{error.detail}, in its chain", hint=EDITED) from error
    except (ArithmeticError, LookupError, MemoryError, TypeError, ValueError) as error:
        raise InputError(
            f"clip {plan.clip_id} cannot be rendered with the prosody and chain of its row: "
            f"{type(error).__name__}: {error}",
            hint=EDITED,
        ) from error


def _changes(row: Mapping[str, Any], plan: ClipPlan, packages: Mapping[str, str]) -> list[str]:
    changes = []
    speaking = (plan.engine, row.get("engine_version"))
    for name, then in dict.fromkeys([speaking, *engines_of(plan.chain)]):
        now = plugins.load("engine", name).version
        if now != then:
            changes.append(f"engine {name}: {then} then, {now} now")
    for op, then, _ in plan.chain:
        now = plugins.load("effect", op).version
        if now != then:
            changes.append(f"effect {op}: version {then} then, {now} now")
    installed = package_versions(tuple(sorted(packages)))
    for name, version in installed.items():
        if version != packages[name]:
            then, now = (text or "not installed" for text in (packages[name], version))
            changes.append(f"package {name}: {then} then, {now} now")
    if (rate_hz := row.get("sampling_rate")) != RATE_HZ:
        changes.append(f"rate: {rate_hz} Hz then, {RATE_HZ} Hz now")
    return changes
