"""How fast rooms decay, beside what their rows say.

A row's `rt60_s` is the reverberation time at 750 Hz; `rt60_low` and `rt60_high` are factors on it
at 125 Hz and 8 kHz (`corpusforge.speech.acoustics.ROOM_UNITS`). Rooms as they are drawn are
therefore measured in the octaves beside it, of 500 Hz and 1 kHz. One draw of noise decays by chance
faster or slower than it should: ideal noise of the same length, band and decay says by how much.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
import numpy.typing as npt
from scipy import signal

from corpusforge.core.recipe import SpeechConfig
from corpusforge.core.seeding import rng
from corpusforge.speech.acoustics import BAND_CENTRES_HZ, Shoebox, response, shoebox
from corpusforge.speech.effect import Context
from corpusforge.speech.rooms import PLACES, drawn_room

__all__ = ["DECAYS_S", "decay_errors", "decay_s", "drawn_decays", "flat_rooms"]

RATE_HZ = 16000
SEED = 1
DECAYS_S = (0.15, 0.2, 0.3, 0.5, 1.0)
DRAWN_ROOMS = 100
IDEAL_DRAWS = 4
OCTAVES_HZ = (500.0, 1000.0)
WITHIN = 0.1

_SLOPE = np.log(1e6) / 2.0

Sound = npt.NDArray[Any]


def decay_s(samples: Sound) -> float:
    """T30 of all but the direct path: Schroeder's integration, slope from -5 to -35 dB."""
    return _t30_s(samples[1:])


def _t30_s(samples: Sound) -> float:
    decay = np.cumsum(samples[::-1].astype(float) ** 2)[::-1]
    level = 10 * np.log10(decay / decay[0] + 1e-30)
    inside = np.flatnonzero((level < -5) & (level > -35))
    return float(-60 / np.polyfit(inside / RATE_HZ, level[inside], 1)[0])


def flat_rooms(rt60_s: float, count: int) -> list[Shoebox]:
    """Rooms of the bank that decay alike in all bands, their directness as it comes."""
    context = Context(SpeechConfig(rt60_s=(rt60_s, rt60_s)), SEED)
    drawn = [drawn_room(context, index, index % PLACES) for index in range(count)]
    return [
        shoebox({**{k: v for k, v in one.items() if k != "drr_db"}, "rt60_low": 1, "rt60_high": 1})
        for one in drawn
    ]


def decay_errors() -> dict[str, float]:
    """Decay of rooms that are alike in all bands -> largest share by which T30 differs."""
    found = {}
    for rt60_s in DECAYS_S:
        measured = [decay_s(response(one, RATE_HZ)) for one in flat_rooms(rt60_s, 24)]
        found[f"{rt60_s} s"] = round(float(np.abs(np.array(measured) / rt60_s - 1).max()), 3)
    return found


def target_s(room: Shoebox, frequency_hz: float) -> float:
    """Reverberation time at a frequency as the model goes from one of its bands to the next."""
    places = np.log2(BAND_CENTRES_HZ)
    return float(2 ** np.interp(np.log2(frequency_hz), places, np.log2(room.decay_s())))


def _octave(samples: Sound, centre_hz: float) -> Sound:
    """An octave of a response without its direct path, run backwards: filters ring into the past.

    The ringing of a filter that runs forwards would lengthen the decay that is to be measured.
    """
    edges = (centre_hz / np.sqrt(2), centre_hz * np.sqrt(2))
    band = signal.butter(3, edges, "bandpass", fs=RATE_HZ, output="sos")
    filtered: Sound = signal.sosfilt(band, samples.astype(float)[::-1])[::-1]
    return filtered


def _ideal(target: float, count: int, key: tuple[int, int]) -> Sound:
    """White noise that decays by 60 dB in `target` seconds."""
    noise = rng(SEED, "eval.room_decay", *key).standard_normal(count)
    decaying: Sound = noise * np.exp(-_SLOPE / target * np.arange(count) / RATE_HZ)
    return decaying


def _spread(ratios: Sequence[float]) -> dict[str, float]:
    found = np.array(ratios)
    return {
        "median": round(float(np.median(found)), 3),
        "within": round(float(np.mean(np.abs(found - 1) <= WITHIN)), 3),
        "least": round(float(found.min()), 3),
        "most": round(float(found.max()), 3),
        "sd": round(float(found.std()), 3),
    }


def drawn_decays() -> dict[str, Any]:
    """Rooms as the chain draws them, by the reverberation time that their rows say.

    Returns:
        For each time and octave the spread of T30 over what the row says (`of_row`), over what
        the model goes by at the octave's centre (`of_target`) and, on ideal noise of that decay
        and of the same length, over its own (`ideal`); T30 of the whole band over the row.
    """
    found = {}
    for rt60_s in DECAYS_S:
        context = Context(SpeechConfig(rt60_s=(rt60_s, rt60_s)), SEED)
        rooms = [shoebox(drawn_room(context, n, n % PLACES)) for n in range(DRAWN_ROOMS)]
        tails = [response(room, RATE_HZ)[1:] for room in rooms]
        by_band: dict[str, Any] = {"broadband": {"of_row": _spread(_over(tails, rt60_s))}}
        for centre_hz in OCTAVES_HZ:
            targets = [target_s(room, centre_hz) for room in rooms]
            measured = [_t30_s(_octave(tail, centre_hz)) for tail in tails]
            chance = [
                _t30_s(_octave(_ideal(target, tail.size, (n, draw)), centre_hz)) / target
                for n, (target, tail) in enumerate(zip(targets, tails, strict=True))
                for draw in range(IDEAL_DRAWS)
            ]
            by_band[f"{centre_hz:g} Hz"] = {
                "of_row": _spread([t30 / rt60_s for t30 in measured]),
                "of_target": _spread([m / t for m, t in zip(measured, targets, strict=True)]),
                "ideal": _spread(chance),
            }
        found[f"{rt60_s} s"] = by_band
    return {"rooms": DRAWN_ROOMS, "within": WITHIN, "by_time": found}


def _over(tails: Sequence[Sound], rt60_s: float) -> list[float]:
    return [_t30_s(tail) / rt60_s for tail in tails]
