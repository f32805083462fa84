"""Is the chain right? Aliasing, signal-to-noise ratio, decay and directness of rooms, same bytes.

    python -m eval.speech.acoustics

The decay and the ratio of direct sound stand beside the full image-source method of
pyroomacoustics for the same rooms and walls.
"""

from __future__ import annotations

import time
from collections.abc import Mapping
from dataclasses import replace
from datetime import UTC, datetime
from typing import Any

import numpy as np
import numpy.typing as npt
import soxr
import torch

from corpusforge.core.recipe import SpeechConfig
from corpusforge.core.run import write_json
from corpusforge.speech.acoustics import Shoebox, response
from corpusforge.speech.chain import draw_chain
from corpusforge.speech.effect import Context
from corpusforge.speech.effects.formant import PLUGIN as FORMANT
from corpusforge.speech.effects.mic import PLUGIN as MIC
from corpusforge.speech.engines.hibari import PLUGIN as HIBARI
from corpusforge.speech.levels import active_mask
from corpusforge.speech.mixing import FUSED, Source, mix
from corpusforge.speech.talkers import talker
from corpusforge.speech.torch_chain import resampled
from eval.cells import RESULTS, versions
from eval.speech.chain import speech_like
from eval.speech.room_decay import decay_errors, decay_s, drawn_decays, flat_rooms

__all__ = ["main"]

RATE_HZ = 16000
SEED = 1
PACKAGES = ("numpy", "scipy", "soxr", "torch", "torchaudio", "pyroomacoustics")
SNR_CLIPS = 150
SNR_CLIPS_OF_SEVERAL = 60
ROOMS = 8
FULL_DECAYS_S = (0.2, 0.3, 0.4)

_BEFORE = 20

Samples = npt.NDArray[np.float32]


def aliases() -> dict[str, float]:
    """Loudest alias in dB of tones of full scale above the new Nyquist, by the engine's rate.

    From 8.01 kHz on; what is nearer to 8 kHz folds to where it was.
    """
    found = {}
    for rate_hz in (22050, 24000, 44100, 48000):
        near = RATE_HZ / 2 + np.array([10, 20, 50, 100])
        tones = np.concatenate([near, np.linspace(RATE_HZ / 2 + 250, rate_hz / 2 - 50, 24)])
        for path, resample in (("", _by_soxr), (", tensors", _by_torchaudio)):
            found[f"{rate_hz} to {RATE_HZ} Hz{path}"] = max(
                _loudest_db(resample(_tone(f, rate_hz), rate_hz)) for f in tones
            )
    for factor in (1.1, 1.2):
        # What a shift would move above the band must go.
        tones = np.linspace(12000 / factor + 150, 11950, 12)
        found[f"formant {factor} at 24000 Hz"] = max(
            _loudest_db(FORMANT.apply(_tone(f, 24000), 24000, {"factor": factor})) for f in tones
        )
    return {name: round(value, 1) for name, value in found.items()}


def _by_soxr(samples: Samples, rate_hz: int) -> Samples:
    changed: Samples = soxr.resample(samples, rate_hz, RATE_HZ, quality="HQ")
    return changed


def _by_torchaudio(samples: Samples, rate_hz: int) -> Samples:
    changed: Samples = resampled(torch.from_numpy(samples), rate_hz, RATE_HZ).numpy()
    return changed


def _tone(frequency_hz: float, rate_hz: int) -> Samples:
    times = np.arange(rate_hz) / rate_hz
    tone: Samples = np.sin(2 * np.pi * frequency_hz * times).astype(np.float32)
    return tone


def _loudest_db(samples: Samples) -> float:
    middle = samples[samples.size // 4 : -samples.size // 4].astype(float)
    return float(20 * np.log10(np.abs(middle).max() + 1e-12))


def talkers() -> tuple[str, ...]:
    """Talkers of babble: four sentences by two voices of the default engine."""
    voices = HIBARI.voices("en")[:2]
    texts = ("turn on the lights", "what time is it", "play some music", "set a timer")
    return tuple(
        talker("hibari", HIBARI.version, voices[n % 2], text, 1.0, n)
        for n, text in enumerate(texts)
    )


def snr_errors() -> dict[str, Any]:
    """Requested against found: clips mixed with and without their noise, the difference is it."""
    one = SpeechConfig(
        noise_probability=1.0,
        noise_kinds=("white", "pink", "brown", "hum", "babble"),
        snr_db=(-10.0, 40.0),
        rt60_s=(0.1, 0.8),
        room_probability=0.7,
        mic_probability=0.5,
    )
    configs = [one] * SNR_CLIPS + [replace(one, noises=(2, 3))] * SNR_CLIPS_OF_SEVERAL
    said = talkers()
    errors: dict[str, list[float]] = {}
    stated = []
    for number, config in enumerate(configs):
        speech = speech_like(8000 + 317 * (number % SNR_CLIPS), number)
        chain = draw_chain(Context(config, SEED, talkers=said), f"row{number}", 0)
        steps = {op: params for op, _, params in chain if op in FUSED}
        error, apart = snr_error(Source(speech, RATE_HZ), steps)
        where = "in a room" if "rt60_s" in steps["noise"] else "in none"
        kind = "two or three" if "others" in steps["noise"] else steps["noise"]["kind"]
        errors.setdefault(f"{kind}, {where}", []).append(error)
        stated.append(apart)
    return {
        "clips": len(configs),
        "largest_db": round(max(max(some) for some in errors.values()), 6),
        "by_kind": {
            name: {"clips": len(some), "largest_db": round(max(some), 6)}
            for name, some in sorted(errors.items())
        },
        "stated_largest_db": round(max(stated), 6),
    }


def snr_error(source: Source, steps: Mapping[str, Mapping[str, Any]]) -> tuple[float, float]:
    """By how many dB the noise at the microphone is off, and what the clip's row says of it.

    Behind a microphone, where mixing takes another way, the noise is compared with that before it
    sent through the same microphone; the two deviations are added.
    """
    free = {op: params for op, params in steps.items() if op != "mic"}
    mixed, wet = mix(source, free), mix(source, _without(free, "noise")).samples
    noise = (mixed.samples.astype(float) - wet).astype(np.float32)
    active = wet[active_mask(wet, RATE_HZ)].astype(float)
    found = 10 * np.log10(np.mean(active**2) / np.mean(noise.astype(float) ** 2))
    error = abs(float(found) - float(steps["noise"]["snr_db"]))
    if "mic" in steps:
        mixed = mix(source, steps)
        heard = mixed.samples.astype(float) - mix(source, _without(steps, "noise")).samples
        expected = MIC.apply(noise, RATE_HZ, steps["mic"]).astype(float)
        error += abs(float(10 * np.log10(np.sum(heard**2) / np.sum(expected**2))))
    measured = 10 * np.log10(mixed.speech_power / (mixed.noise_power or 0.0))
    return error, abs(float(measured - found))


def _without(steps: Mapping[str, Mapping[str, Any]], op: str) -> dict[str, Mapping[str, Any]]:
    return {name: params for name, params in steps.items() if name != op}


def full_image_sources(room: Shoebox) -> tuple[Samples, float]:
    """The response with all images until the sound is gone, and CPU seconds.

    The direct path is at sample `_BEFORE`: it falls between samples and is spread over several.
    """
    import pyroomacoustics as pra

    order = min(60, int(np.ceil(343 * room.rt60_s / min(room.sides_m))))
    start = time.process_time()
    other = pra.ShoeBox(
        room.sides_m,
        fs=RATE_HZ,
        materials=pra.Material(1 - room.reflected(room.rt60_s) ** 2),
        max_order=order,
    )
    other.add_source(room.source_m)
    other.add_microphone(room.mic_m)
    other.compute_rir()
    spent = time.process_time() - start
    found = other.rir[0][0]
    return found[max(0, int(np.argmax(np.abs(found))) - _BEFORE) :], spent


def directness_db(samples: npt.NDArray[Any], direct: int) -> float:
    """Energy of up to 2.5 ms after the direct path over that of the rest."""
    energy = samples.astype(float) ** 2
    return float(10 * np.log10(energy[: direct + 40].sum() / energy[direct + 40 :].sum()))


def beside_all_images() -> dict[str, Any]:
    """Our rooms beside the full method: directness, decay, cost."""
    directness, ours_s, theirs_s, ours_cpu, theirs_cpu = [], [], [], 0.0, 0.0
    for rt60_s in FULL_DECAYS_S:
        for room in flat_rooms(rt60_s, ROOMS):
            start = time.process_time()
            ours = response.__wrapped__(room, RATE_HZ)
            ours_cpu += time.process_time() - start
            theirs, spent = full_image_sources(room)
            theirs_cpu += spent
            directness.append(directness_db(ours, 0) - directness_db(theirs, _BEFORE))
            ours_s.append(decay_s(ours) / rt60_s)
            theirs_s.append(decay_s(theirs[_BEFORE + 4 :]) / rt60_s)
    return {
        "rooms": len(directness),
        "directness_db": {
            "mean": round(float(np.mean(directness)), 2),
            "largest": round(float(np.abs(directness).max()), 2),
        },
        "decay_over_drawn": {
            "ours": [round(float(f(ours_s)), 3) for f in (np.min, np.median, np.max)],
            "all images": [round(float(f(theirs_s)), 3) for f in (np.min, np.median, np.max)],
        },
        "cost_ratio": round(theirs_cpu / ours_cpu, 1),
        "ours_cpu_ms": round(ours_cpu / len(directness) * 1e3, 2),
    }


def same_bytes() -> dict[str, int]:
    """Clips that differ when they are made in another order and beside others."""
    config = SpeechConfig(room_probability=1.0, noise_probability=1.0, mic_probability=1.0, rooms=4)
    speech = [speech_like(20000 + 999 * n, n) for n in range(30)]
    drawn = [draw_chain(Context(config, SEED), f"row{n}", 0) for n in range(30)]
    steps = [{op: params for op, _, params in chain if op in FUSED} for chain in drawn]

    def made(order: list[int]) -> dict[int, bytes]:
        return {n: mix(Source(speech[n], RATE_HZ), steps[n]).samples.tobytes() for n in order}

    first = made(list(range(30)))
    others = (made(list(range(29, -1, -1))), made(list(range(0, 30, 3))))
    different = sum(first[n] != other[n] for other in others for n in other)
    return {"clips": 30, "different": different}


def main() -> None:
    """Measure and write eval/results/speech_acoustics.json."""
    result = {
        "command": "python -m eval.speech.acoustics",
        "date": datetime.now(UTC).date().isoformat(),
        "seed": SEED,
        "versions": versions(PACKAGES),
        "alias_db": aliases(),
        "snr": snr_errors(),
        "decay_error": decay_errors(),
        "decay_drawn": drawn_decays(),
        "beside_all_images": beside_all_images(),
        "same_bytes": same_bytes(),
    }
    write_json(result, RESULTS / "speech_acoustics.json")
    print(result)


if __name__ == "__main__":
    main()
