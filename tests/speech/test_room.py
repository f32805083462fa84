import math

import numpy as np
import pytest
from scipy import signal

from corpusforge.core.recipe import SpeechConfig
from corpusforge.speech.acoustics import ROOM_UNITS, response, shoebox
from corpusforge.speech.chain import draw_chain
from corpusforge.speech.effect import Context
from corpusforge.speech.effects.room import PLUGIN
from corpusforge.speech.rooms import beside, drawn_room
from tests.speech.rows import voiced

RATE_HZ = 16000


def params(**changes):
    return {**PLUGIN.example, **changes}


def h(**changes):
    return response(shoebox(params(**changes)), RATE_HZ).astype(float)


def reverberation_time_s(samples, low_db=-5.0, high_db=-35.0):
    """Schroeder's backward integration of all but the direct path, slope between two levels."""
    decay = np.cumsum(samples[1:][::-1] ** 2)[::-1]
    level = 10 * np.log10(decay / decay[0] + 1e-30)
    inside = np.flatnonzero((level < low_db) & (level > high_db))
    slope, _ = np.polyfit(inside / RATE_HZ, level[inside], 1)
    return -60 / slope


def drawn(rt60_s, count, distance_m=(0.5, 2.5)):
    """Rooms of the bank, their decay the same in all bands."""
    context = Context(SpeechConfig(rt60_s=(rt60_s, rt60_s), distance_m=distance_m), seed=5)
    for index in range(count):
        room = drawn_room(context, index, index % 4)
        flat = {**room, "rt60_low": 1.0, "rt60_high": 1.0}
        del flat["drr_db"]
        yield shoebox(flat)


@pytest.mark.parametrize("rt60_s", [0.15, 0.2, 0.3, 0.5, 1.0])
def test_the_decay_is_as_drawn_over_the_range(rt60_s):
    found = [
        reverberation_time_s(response(room, RATE_HZ).astype(float)) for room in drawn(rt60_s, 12)
    ]
    assert np.abs(np.array(found) / rt60_s - 1).max() < 0.1


@pytest.mark.parametrize(("low_hz", "high_hz", "factor"), [(350, 1400, 1.0), (5600, 7900, 0.6)])
def test_bands_decay_each_at_its_own_pace(low_hz, high_hz, factor):
    # Several seeds: in one band alone, the decay of one draw of noise wanders.
    band = signal.butter(3, (low_hz, high_hz), "bandpass", fs=RATE_HZ, output="sos")
    found = [
        reverberation_time_s(signal.sosfilt(band, h(rt60_s=0.8, rt60_high=0.55, room_seed=seed)))
        for seed in range(6)
    ]
    assert np.mean(found) / 0.8 == pytest.approx(factor, abs=0.08)


@pytest.mark.parametrize("drr_db", [-6.0, 0.0, 12.0])
def test_direct_to_reverberant_ratio(drr_db):
    samples = h(drr_db=drr_db)
    assert 10 * np.log10(samples[0] ** 2 / np.sum(samples[1:] ** 2)) == pytest.approx(
        drr_db, abs=0.01
    )
    assert np.sum(samples**2) == pytest.approx(1, abs=1e-5)


def test_farther_is_less_direct_and_larger_is_more():
    def ratio(**changes):
        free = shoebox({k: v for k, v in params(**changes).items() if k != "drr_db"})
        direct = float(response(free, RATE_HZ)[0]) ** 2
        return 10 * math.log10(direct / (1 - direct))

    near, far = ratio(source_x_m=2.2, source_y_m=2.2), ratio(source_x_m=4.7, source_y_m=3.5)
    assert near > far + 6
    assert ratio(rt60_s=0.2) > ratio(rt60_s=0.6) + 3


def test_the_first_reflection_comes_from_the_nearest_wall():
    # Talker and microphone close together, 0.5 m above the floor, all else far.
    room = {"length_m": 8.0, "width_m": 8.0, "height_m": 5.0, "mic_z_m": 0.5, "source_z_m": 0.5}
    place = {"mic_x_m": 4.0, "mic_y_m": 4.0, "source_x_m": 4.5, "source_y_m": 4.0}
    samples = h(**room, **place, rt60_low=1.0, rt60_high=1.0)
    reflected_m = math.hypot(0.5, 1.0)
    expected = (reflected_m - 0.5) / 343.0 * RATE_HZ
    early = np.abs(samples[5:100])
    assert 5 + np.argmax(early) == pytest.approx(expected, abs=1)


def test_against_all_images_of_another_implementation():
    pra = pytest.importorskip("pyroomacoustics")
    errors = []
    for room in drawn(0.3, 6):
        other = pra.ShoeBox(
            room.sides_m,
            fs=RATE_HZ,
            materials=pra.Material(1 - room.reflected(0.3) ** 2),
            max_order=30,
        )
        other.add_source(room.source_m)
        other.add_microphone(room.mic_m)
        other.compute_rir()
        full = other.rir[0][0]
        full = full[np.argmax(np.abs(full)) - 20 :]
        errors.append(direct_ratio(response(room, RATE_HZ), 0) - direct_ratio(full, 20))
    # Window of 2.5 ms: reflections off a floor near by count as direct in both.
    assert np.abs(errors).max() < 1.0
    assert abs(np.mean(errors)) < 0.5


def direct_ratio(samples, start):
    end = start + 40
    direct = np.sum(samples[:end].astype(float) ** 2)
    return 10 * np.log10(direct / np.sum(samples[end:].astype(float) ** 2))


def test_convolution_as_scipy_does_it_without_delay():
    dry = np.random.default_rng(1).standard_normal(5000).astype(np.float32)
    for ring_s in (0.0, 0.13, 0.3):
        wet = PLUGIN.apply(dry, RATE_HZ, params(ring_s=ring_s))
        whole = signal.fftconvolve(dry.astype(float), h())
        assert wet.size == 5000 + round(ring_s * RATE_HZ)
        assert np.abs(wet - whole[: wet.size]).max() < 1e-5 * np.abs(whole).max()
    assert np.argmax(np.correlate(wet[: dry.size], dry, "full")) == dry.size - 1


def test_places_keep_their_distance_and_stay_inside():
    context = Context(SpeechConfig(distance_m=(0.5, 1.5)), seed=3)
    for index in range(30):
        room = shoebox(drawn_room(context, index, index % 4))
        for where in (room.mic_m, room.source_m):
            assert all(
                0.2 <= place <= side for place, side in zip(where, room.sides_m, strict=True)
            )
        assert 0.47 <= room.distance_m <= 1.53


def test_noise_stands_elsewhere_in_the_same_room():
    context = Context(SpeechConfig(), seed=3)
    room = drawn_room(context, 2, 0)
    noise = beside(room, context, 1)
    same = {name for name in ROOM_UNITS if room[name] == noise[name]}
    assert same == set(ROOM_UNITS) - {
        "source_x_m", "source_y_m", "source_z_m", "drr_db", "room_seed",
    }  # fmt: skip
    assert beside(room, context, 1) == noise
    # Whoever talks in it, the room has the same places.
    assert beside(drawn_room(context, 2, 3), context, 1) == noise


def test_splits_share_no_room_and_a_split_has_a_bounded_number():
    rooms = {}
    for split in ("train", "validation", "test"):
        context = Context(SpeechConfig(room_probability=1.0, rooms=3), split=split)
        chains = [draw_chain(context, f"row{n}", 0) for n in range(60)]
        steps = [params for chain in chains for op, _, params in chain if op == "room"]
        assert len(steps) == 60
        rooms[split] = {(step["length_m"], step["width_m"], step["rt60_s"]) for step in steps}
        assert len(rooms[split]) == 3
    assert len(set.union(*rooms.values())) == 9


def test_a_clip_of_fixed_length_does_not_ring_out():
    context = Context(SpeechConfig(room_probability=1.0, length_s=2.0))
    chain = {op: params for op, _, params in draw_chain(context, "row", 0)}
    assert chain["room"]["ring_s"] == 0.0
    samples = PLUGIN.apply(voiced(), RATE_HZ, chain["room"])
    assert samples.size == voiced().size
