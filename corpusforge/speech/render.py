"""One clip from its plan: engine, effects, 16 kHz FLAC, and the facts measured on the way.

Everything that shapes the sound is in the `ClipPlan`; so a clip is the same bytes whoever renders
it, in whatever order, and its cache key is a hash of the plan and of the package versions.
"""

from __future__ import annotations

import hashlib
import math
from collections.abc import Mapping
from dataclasses import asdict, dataclass
from functools import cache

import numpy as np
import numpy.typing as npt

from corpusforge.core import plugins
from corpusforge.core.errors import require
from corpusforge.core.ids import digest
from corpusforge.core.run import canonical_json, package_versions
from corpusforge.core.sound_files import flac_bytes, synthetic_mark
from corpusforge.speech import levels
from corpusforge.speech.chain import SPEAKER_BELOW
from corpusforge.speech.ctc import CtcModel, words_by_ctc
from corpusforge.speech.effect import UNMOVED, Effect, Scalar, TimeMap, UnfitError
from corpusforge.speech.effects import codec
from corpusforge.speech.engine import Engine, EngineError, Problem, Voice, Word
from corpusforge.speech.mixing import FUSED, Source, mix
from corpusforge.speech.talkers import engines_of, speak
from corpusforge.speech.word_times import moved

__all__ = [
    "PACKAGES",
    "RATE_HZ",
    "VERSION",
    "ClipFacts",
    "ClipPlan",
    "Dry",
    "Rendered",
    "clip_key",
    "dry",
    "dry_key",
    "render",
]

VERSION = 7
"""Counts up whenever the same plan gives other bytes or facts."""

RATE_HZ = 16000
PACKAGES = ("soxr", "soundfile", "numpy", "scipy")
"""Distributions that shape the bytes of every clip; an engine adds its own."""

# Below: where the speech is in the clip; from there on: room, noise, microphone.
_PLACED_BELOW = 30
_FULL_SCALE = 32767

Samples = npt.NDArray[np.float32]


@dataclass(frozen=True, slots=True)
class ClipPlan:
    """All that is needed to render one clip.

    Attributes:
        clip_id: For messages; it does not shape the sound.
        spoken: What the engine is told to say.
        engine: Key of the engine.
        voice: Voice of that engine.
        prosody: {"speed": tempo that is heard, "engine_speed": tempo the engine is told (the
            formant effect changes it once more), "seed": seed of the engine's own noise}.
        chain: (op, version, params) of each effect, in physical order.
        ctc: Who finds word times where the engine tells none, see `speech.ctc`; it does not shape
            the sound.
    """

    clip_id: str
    spoken: str
    engine: str
    voice: Voice
    prosody: Mapping[str, Scalar]
    chain: tuple[tuple[str, str, Mapping[str, Scalar]], ...]
    ctc: CtcModel | None = None


@dataclass(frozen=True, slots=True)
class Dry:
    """A clip's speech before room and noise.

    Attributes:
        samples: At 16 kHz, shape [samples].
        words: As the engine or the CTC model gave them, in the time of the engine's audio; None
            when neither did.
        times: From the time of the engine's audio to that of the finished clip.
        source: The samples with their transform, shared by the copies of a clip.
    """

    samples: Samples
    words: tuple[Word, ...] | None
    times: TimeMap
    source: Source


@dataclass(frozen=True, slots=True)
class ClipFacts:
    """What was measured on a clip.

    Attributes:
        num_samples: Length at 16 kHz.
        duration_s: Length in seconds.
        snr_db: Active speech over noise, from the separate branches; None without noise.
        loudness_lufs: ITU-R BS.1770-4; None for clips under 0.4 s.
        level_dbfs: Level of the finished clip where speech is active.
        active_share: Share of the clip in which speech is active.
        peak: Largest sample of the file, as a share of full scale.
        clipped_samples: Samples that did not fit and were held at full scale, at 16 bits or
            before a codec.
        pcm_sha256: Of the little-endian 16-bit samples.
        flac_sha256: Of the file.
        words: When each piece of `spoken.split()` is heard in the clip, rounded to 1 ms; None
            when the engine does not know.
    """

    num_samples: int
    duration_s: float
    snr_db: float | None
    loudness_lufs: float | None
    level_dbfs: float
    active_share: float
    peak: float
    clipped_samples: int
    pcm_sha256: str
    flac_sha256: str
    words: tuple[Word, ...] | None = None


@dataclass(frozen=True, slots=True)
class Rendered:
    """A FLAC file (16 kHz, mono, 16 bit) and what was measured on it."""

    flac: bytes
    facts: ClipFacts


@cache
def _effect(op: str) -> Effect:
    effect: Effect = plugins.load("effect", op)
    return effect


@cache
def _engine(name: str) -> Engine:
    engine: Engine = plugins.load("engine", name)
    return engine


@cache
def _versions(engine: str) -> tuple[tuple[str, str], ...]:
    return tuple(package_versions((*PACKAGES, *_engine(engine).packages)).items())


def clip_key(plan: ClipPlan) -> str:
    """Cache key of a clip: 32 hex digits over everything that shapes its bytes."""
    shaped_by = asdict(plan)
    del shaped_by["clip_id"]
    # What is said about a voice does not shape the sound; which one it is does.
    voice = plan.voice
    shaped_by["ctc"] = plan.ctc[1] if plan.ctc else None
    shaped_by["voice"] = [voice.name, voice.lang, voice.source, voice.sha256]
    engines = {plan.engine, *(name for name, _ in engines_of(plan.chain))}
    parts = {
        "plan": shaped_by,
        "engine_version": _engine(plan.engine).version,
        "packages": dict(item for name in sorted(engines) for item in _versions(name)),
        "rate_hz": RATE_HZ,
    }
    return digest("clip", str(VERSION), canonical_json(parts))


def _resample(samples: Samples, rate_hz: int) -> Samples:
    if rate_hz == RATE_HZ:
        return samples
    soxr = require("soxr", extra="speech", purpose="resampling")
    resampled: Samples = soxr.resample(samples, rate_hz, RATE_HZ, quality="HQ")
    return resampled


def dry(plan: ClipPlan) -> Dry:
    """The speech of a clip before room and noise, and where its words are heard in the clip.

    Raises:
        EngineError: When the engine gave nothing usable; names the clip.
        InputError: When a package of an extra is missing.
    """
    seed, speed = int(plan.prosody["seed"]), float(plan.prosody["engine_speed"])
    what = f"clip {plan.clip_id} (voice {plan.voice.name})"
    said = speak(_engine(plan.engine), plan.voice, plan.spoken, speed, seed, what)
    samples, rate_hz, times = said.samples, said.rate_hz, UNMOVED
    effects = [(_effect(op), params) for op, _, params in plan.chain]
    for effect, params in effects:
        if effect.order < SPEAKER_BELOW:
            before_s = samples.size / rate_hz
            samples = _applied(effect, samples, rate_hz, params, plan)
            times = times.then(effect.times(params, before_s))
    # After the effects of the speaker, which would stretch the silence, before it is placed.
    samples, cut_s = levels.trimmed(samples, rate_hz)
    times = times.then(TimeMap(1.0, -cut_s))
    samples = _resample(samples, rate_hz)
    for effect, params in effects:
        if SPEAKER_BELOW <= effect.order < _PLACED_BELOW:
            before_s = samples.size / RATE_HZ
            samples = _applied(effect, samples, RATE_HZ, params, plan)
            times = times.then(effect.times(params, before_s))
    words = said.words
    if words is None and plan.ctc is not None:
        words = words_by_ctc(plan.ctc, plan.spoken, _resample(said.samples, said.rate_hz))
    return Dry(samples, words, times, Source(samples, RATE_HZ))


def _applied(
    effect: Effect, samples: Samples, rate_hz: int, params: Mapping[str, Scalar], plan: ClipPlan
) -> Samples:
    try:
        return effect.apply(samples, rate_hz, params)
    except (UnfitError, KeyError) as error:
        raise _unfit(error, plan) from error


def _unfit(error: UnfitError | KeyError, plan: ClipPlan) -> EngineError:
    """As a reason to drop the clip."""
    if isinstance(error, KeyError):
        name = error.args[0]
        lacking = [op for op, _, given in plan.chain if name in {*_effect(op).units} - {*given}]
        further = any("others" in given for _, _, given in plan.chain)
        nobody = "a further source of noise has no" if further else "no effect has a"
        what = f"the effect {lacking[0]} has no" if lacking else nobody
        return EngineError(Problem.OTHER_VERSION, f"clip {plan.clip_id}: {what} {name!r}")
    problem = Problem(error.problem) if error.problem in set(Problem) else Problem.UNFIT
    return EngineError(problem, ", ".join(filter(None, (f"clip {plan.clip_id}", error.detail))))


def render(plan: ClipPlan, speech: Dry | None = None) -> Rendered:
    """Render one clip.

    Args:
        plan: Which.
        speech: What `dry` gives for it, where that is there already.

    Raises:
        EngineError: When the engine gave nothing usable, or nothing that noise can be set
            against; names the clip.
        InputError: When a package of an extra is missing.
    """
    speech = speech or dry(plan)
    steps = {op: params for op, _, params in plan.chain}
    try:
        mixed = mix(speech.source, {op: steps[op] for op in FUSED if op in steps})
    except (UnfitError, KeyError) as error:
        raise _unfit(error, plan) from error
    snr_db = None
    if mixed.noise_power is not None:
        if mixed.noise_power <= 0.0 or mixed.speech_power <= 0.0:
            raise EngineError(Problem.NO_SNR, f"clip {plan.clip_id}")
        snr_db = 10.0 * math.log10(mixed.speech_power / mixed.noise_power)
    samples, held = mixed.samples, None
    for op, _, params in plan.chain:
        if op not in FUSED and _effect(op).order >= _PLACED_BELOW:
            if op == "codec":
                held = codec.held(samples, RATE_HZ)
            samples = _applied(_effect(op), samples, RATE_HZ, params, plan)
    words = moved(speech.words, speech.times, samples.size / RATE_HZ)
    active = levels.active_frames(mixed.speech, RATE_HZ)
    return _finish(plan, samples, held, active, snr_db, words)


def _finish(
    plan: ClipPlan,
    samples: Samples,
    held: npt.NDArray[np.bool_] | None,
    active: npt.NDArray[np.bool_],
    snr_db: float | None,
    words: tuple[Word, ...] | None,
) -> Rendered:
    """To 16 bits with a guard against wrapping, to FLAC, and measured."""
    heard = samples * np.float32(_FULL_SCALE)
    np.rint(heard, out=heard)
    peak = max(float(heard.max(initial=0.0)), -float(heard.min(initial=0.0)))
    if not math.isfinite(peak):  # a row that was edited can ask for as much
        raise EngineError(Problem.NOT_FINITE, f"clip {plan.clip_id}, after its effects")
    if peak > _FULL_SCALE:
        over = np.abs(heard) > _FULL_SCALE
        held = over if held is None else over | held
        # The same on both sides: a sample of -32768 would be more than full scale.
        np.clip(heard, -_FULL_SCALE, _FULL_SCALE, out=heard)
        peak = float(_FULL_SCALE)
    pcm = heard.astype("<i2")
    heard *= np.float32(1.0 / _FULL_SCALE)
    flac = flac_bytes(pcm, RATE_HZ, synthetic_mark(plan.engine, plan.voice.name))
    loudness = levels.loudness_lufs(heard, RATE_HZ)
    level_dbfs = levels.decibels(levels.power_within(heard, active, RATE_HZ))
    facts = ClipFacts(
        num_samples=pcm.size,
        duration_s=round(pcm.size / RATE_HZ, 6),
        snr_db=None if snr_db is None else round(snr_db, 4),
        loudness_lufs=None if loudness is None else round(loudness, 3),
        level_dbfs=round(level_dbfs, 3),
        active_share=round(levels.active_share(active, pcm.size, RATE_HZ), 4),
        peak=round(peak / _FULL_SCALE, 5),
        clipped_samples=0 if held is None else int(np.count_nonzero(held)),
        pcm_sha256=hashlib.sha256(pcm.data).hexdigest(),
        flac_sha256=hashlib.sha256(flac).hexdigest(),
        words=words,
    )
    return Rendered(flac, facts)


def dry_key(plan: ClipPlan) -> str:
    """What the speech of a plan is, before room and noise."""
    voice = (plan.engine, plan.voice.name, plan.voice.source, plan.voice.sha256)
    steps = [(op, params) for op, _, params in plan.chain if _effect(op).order < _PLACED_BELOW]
    return canonical_json([voice, plan.voice.lang, plan.spoken, dict(plan.prosody), steps])
