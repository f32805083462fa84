"""CPU time of the acoustic chain, beside audiomentations and plain torchaudio.

    python -m eval.speech.chain

Clips of 3 s at 16 kHz. All chains run in turn within one process, one thread; medians over the
rounds and the ratios within each round are what counts, for the machine may be busy. The rooms,
noises and microphones of all are made before, and are read from memory. The peers cut a clip to
the length that it had, and put the noise in no room; so does ours beside them. As the stage makes
clips, they ring out, and where there is a room, the noise is in it too: hours of audio per
core-hour are those of such clips, every one with a room, noise and a microphone.
"""

from __future__ import annotations

import hashlib
import io
import tempfile
import time
import warnings
from collections.abc import Callable, Sequence
from datetime import UTC, datetime
from pathlib import Path
from statistics import median
from typing import Any

import numpy as np
import numpy.typing as npt
import soundfile
import soxr

from corpusforge.core.recipe import SpeechConfig
from corpusforge.core.run import write_json
from corpusforge.speech.acoustics import response, shoebox
from corpusforge.speech.chain import draw_chain
from corpusforge.speech.effect import UNMOVED, Context
from corpusforge.speech.effects import mic
from corpusforge.speech.effects.gain import PLUGIN as GAIN
from corpusforge.speech.engines.hibari import PLUGIN as HIBARI
from corpusforge.speech.mixing import FUSED, Source, mix
from corpusforge.speech.render import ClipPlan, Dry, render
from eval.cells import RESULTS, versions
from eval.profiling import dearest

__all__ = ["main"]

RATE_HZ = 16000
CLIP_S = 3
CLIPS = 24
ROUNDS = 15
SEED = 1
PACKAGES = ("numpy", "scipy", "torch", "torchaudio", "audiomentations", "soxr", "soundfile")
GOAL_RATIO = 8.0
GOAL_HOURS = 1000.0
FLAC = "ours as the stage makes clips, with resampling and FLAC"
ROW = "ours as the stage makes clips, with resampling, FLAC and all that the row says"
DRY_FLAC = "ours, noise in no room, with resampling and FLAC"
DRY_ROW = "ours, noise in no room, with resampling, FLAC and all that the row says"
HOURS = (FLAC, ROW, DRY_FLAC, DRY_ROW)

Samples = npt.NDArray[np.float32]
Work = Callable[[], object]
Steps = Sequence[dict[str, dict[str, Any]]]


def speech_like(count: int, seed: int) -> Samples:
    """Noise bursts with the slope of speech, syllables of 0.25 s."""
    generator = np.random.default_rng(seed)
    spectrum = np.fft.rfft(generator.standard_normal(count))
    spectrum /= 1.0 + np.fft.rfftfreq(count, 1 / RATE_HZ) / 500.0
    sound = np.fft.irfft(spectrum, count) * np.sin(np.pi * 4.0 * np.arange(count) / RATE_HZ) ** 2
    samples: Samples = (0.3 * sound / np.abs(sound).max()).astype(np.float32)
    return samples


def chains(**config: Any) -> list[dict[str, dict[str, Any]]]:
    """Chains with a room, noise, microphone and gain, op -> parameters."""
    made = SpeechConfig(
        room_probability=1.0, noise_probability=1.0, mic_probability=1.0, rooms=4, **config
    )
    drawn = [draw_chain(Context(made, SEED), f"row{n}", 0) for n in range(CLIPS)]
    return [{op: dict(params) for op, _, params in chain} for chain in drawn]


def ours(speech: Sequence[Samples], steps: Steps) -> Callable[[], list[Samples]]:
    """Our chain, one clip at a time."""

    def work() -> list[Samples]:
        out = []
        for samples, some in zip(speech, steps, strict=True):
            mixed = mix(Source(samples, RATE_HZ), {op: some[op] for op in FUSED if op in some})
            out.append(GAIN.apply(mixed.samples, RATE_HZ, some["gain"]))
        return out

    return work


def dry_noise(steps: Steps) -> list[dict[str, dict[str, Any]]]:
    """The same chains, their noise in no room: what the peers do."""
    kept = ("kind", "snr_db", "seed", "bank")
    return [{**some, "noise": {k: some["noise"][k] for k in kept}} for some in steps]


def as_long(steps: Steps) -> list[dict[str, dict[str, Any]]]:
    """The same chains, clips as long as they were: what the peers do."""
    return [{**some, "room": {**some["room"], "ring_s": 0.0}} for some in steps]


def designing(work: Work) -> Work:
    """The same work, nothing known of its microphones: the peers draw equalisers as they go."""

    def again() -> object:
        mic._response.cache_clear()
        mic._transfer.cache_clear()
        return work()

    return again


def audiomentations_chain(speech: Sequence[Samples], folder: Path) -> Work:
    """Impulse response, seven-band equaliser, low-pass, background noise, gain; all always."""
    import audiomentations as am

    for number, some in enumerate(chains()[:8]):
        taps = response(shoebox(some["room"]), RATE_HZ)
        soundfile.write(folder / f"rir{number}.wav", taps, RATE_HZ, subtype="FLOAT")
    rirs = sorted(str(path) for path in folder.glob("rir*.wav"))
    noises = folder / "noise"
    noises.mkdir()
    for number in range(4):
        noise = 0.1 * np.random.default_rng(number).standard_normal(10 * RATE_HZ)
        soundfile.write(noises / f"{number}.wav", noise, RATE_HZ, subtype="FLOAT")
    chain = am.Compose(
        [
            am.ApplyImpulseResponse(rirs, p=1.0),
            am.SevenBandParametricEQ(p=1.0),
            am.LowPassFilter(p=1.0),
            am.AddBackgroundNoise(str(noises), p=1.0),
            am.Gain(p=1.0),
        ]
    )
    return lambda: [chain(samples, RATE_HZ) for samples in speech]


def torchaudio_chain(speech: Sequence[Samples], batch: int) -> Work:
    """fftconvolve, equaliser and low-pass biquads, add_noise, gain, in batches."""
    import torch
    from torchaudio import functional

    taps = torch.from_numpy(response(shoebox(chains()[0]["room"]), RATE_HZ).copy())
    noise = torch.from_numpy(np.stack([speech_like(speech[0].size, 99 + n) for n in range(batch)]))
    batches = [
        torch.from_numpy(np.stack(speech[start : start + batch]))
        for start in range(0, len(speech), batch)
    ]

    def work() -> list[Any]:
        out = []
        for clips in batches:
            wet = functional.fftconvolve(clips, taps.expand(len(clips), -1))[:, : clips.shape[1]]
            wet = functional.equalizer_biquad(wet, RATE_HZ, 1000.0, 3.0)
            wet = functional.lowpass_biquad(wet, RATE_HZ, 6000.0)
            wet = functional.add_noise(wet, noise[: len(clips)], torch.full((len(clips),), 10.0))
            out.append(functional.gain(wet, -3.0))
        return out

    return work


def to_flac(speech: Sequence[Samples], steps: Steps) -> Work:
    """From 22.05 kHz: resampling, our chain, 16 bits, FLAC."""
    high = [soxr.resample(samples, RATE_HZ, 22050) for samples in speech]

    def work() -> int:
        written = 0
        for samples, some in zip(high, steps, strict=True):
            low = soxr.resample(samples, 22050, RATE_HZ, quality="HQ")
            mixed = mix(Source(low, RATE_HZ), {op: some[op] for op in FUSED if op in some})
            loud = GAIN.apply(mixed.samples, RATE_HZ, some["gain"])
            pcm = np.clip(np.rint(loud * np.float32(32767)), -32768, 32767).astype(np.int16)
            stream = io.BytesIO()
            soundfile.write(stream, pcm, RATE_HZ, format="FLAC", subtype="PCM_16")
            written += stream.tell()
        return written

    return work


def to_row(speech: Sequence[Samples], steps: Steps) -> Work:
    """The same through the stage's own code, with all that is measured for the clip's row."""
    high = [soxr.resample(samples, RATE_HZ, 22050) for samples in speech]
    voice, prosody = HIBARI.voices("en")[0], {"speed": 1.0, "engine_speed": 1.0, "seed": 1}
    plans = [
        ClipPlan("clip", "text", "hibari", voice, prosody, tuple((op, "", some[op]) for op in some))
        for some in steps
    ]

    def work() -> int:
        written = 0
        for samples, plan in zip(high, plans, strict=True):
            low = soxr.resample(samples, 22050, RATE_HZ, quality="HQ")
            speech = Dry(low, None, UNMOVED, Source(low, RATE_HZ))
            written += len(render(plan, speech).flac)
        return written

    return work


def in_turn(work: dict[str, Work]) -> dict[str, list[float]]:
    """Name -> CPU milliseconds per clip of each round; all work takes turns."""
    for one in work.values():
        one()
    spent: dict[str, list[float]] = {name: [] for name in work}
    for _ in range(ROUNDS):
        for name, one in work.items():
            start = time.process_time()
            one()
            spent[name].append((time.process_time() - start) / CLIPS * 1e3)
    return spent


def hours(cpu_ms: float) -> int:
    """Hours of audio per core-hour at so many CPU milliseconds per clip."""
    return round(CLIP_S / (cpu_ms * 1e-3))


def profile(work: Work) -> list[dict[str, Any]]:
    """The dearest functions, share of the whole."""
    repeats = 5
    return [
        {
            "function": one.what,
            "calls_per_clip": round(one.calls / CLIPS / repeats, 2),
            "share": one.share,
        }
        for one in dearest(lambda: [work() for _ in range(repeats)], 8)
    ]


def main() -> None:
    """Measure and write eval/results/speech_chain.json."""
    import torch

    torch.set_num_threads(1)
    warnings.simplefilter("ignore")
    speech = [speech_like(CLIP_S * RATE_HZ, n) for n in range(CLIPS)]
    steps = chains()
    copies = [dict(some) for some in steps]
    one_source = [Source(speech[0], RATE_HZ)] * CLIPS

    def shared() -> list[Any]:
        # Copies of one clip: one forward transform for all of them.
        return [
            mix(source, {op: some[op] for op in FUSED})
            for source, some in zip(one_source, copies, strict=True)
        ]

    with tempfile.TemporaryDirectory() as folder:
        alike = ours(speech, as_long(dry_noise(steps)))
        work: dict[str, Work] = {
            "ours": alike,
            "ours, each microphone designed anew": designing(alike),
            "ours, ringing out": ours(speech, dry_noise(steps)),
            "ours, ringing out, noise in the room too": ours(speech, steps),
            "ours, copies of one clip, ringing out, noise in the room too": shared,
            "audiomentations": audiomentations_chain(speech, Path(folder)),
            "torchaudio, batches of 8": torchaudio_chain(speech, 8),
            "torchaudio, one at a time": torchaudio_chain(speech, 1),
            FLAC: to_flac(speech, steps),
            ROW: to_row(speech, steps),
            DRY_FLAC: to_flac(speech, dry_noise(steps)),
            DRY_ROW: to_row(speech, dry_noise(steps)),
        }
        spent = in_turn(work)
    ratios = {
        peer: round(median(p / o for p, o in zip(spent[peer], spent["ours"], strict=True)), 2)
        for peer in spent
        if not peer.startswith("ours")
    }
    result = {
        "command": "python -m eval.speech.chain",
        "date": datetime.now(UTC).date().isoformat(),
        "seed": SEED,
        "versions": versions(PACKAGES),
        "clips": CLIPS,
        "rounds": ROUNDS,
        "cpu_ms_per_clip": {
            name: {"median": round(median(times), 3), "least": round(min(times), 3)}
            for name, times in spent.items()
        },
        "ratio_to_ours": ratios,
        "goal_ratio": GOAL_RATIO,
        "hours_of_audio_per_core_hour": {
            name: {
                "median": hours(median(spent[name])),
                "least": hours(max(spent[name])),
                "most": hours(min(spent[name])),
            }
            for name in HOURS
        },
        "goal_hours": GOAL_HOURS,
        "profile": profile(work["ours"]),
        "profile_with_row": profile(work[ROW]),
        "same_bytes": _same_bytes(ours(speech, steps)),
    }
    write_json(result, RESULTS / "speech_chain.json")
    print(result)


def _same_bytes(work: Callable[[], list[Samples]]) -> bool:
    """Whether two runs give the same samples."""
    made = [hashlib.sha256(b"".join(one.tobytes() for one in work())) for _ in range(2)]
    return made[0].digest() == made[1].digest()


if __name__ == "__main__":
    main()
