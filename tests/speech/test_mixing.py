"""Room, noise and microphone in one pass: the same as one after another, and the ratio holds."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from corpusforge.core.recipe import SpeechConfig
from corpusforge.speech import convolve
from corpusforge.speech.chain import draw_chain
from corpusforge.speech.effect import Context
from corpusforge.speech.effects.mic import PLUGIN as MIC
from corpusforge.speech.effects.noise import PLUGIN as NOISE
from corpusforge.speech.effects.room import PLUGIN as ROOM
from corpusforge.speech.levels import active_mask
from corpusforge.speech.mixing import FUSED, Source, mix
from tests.speech.rows import voiced

RATE_HZ = 16000
EFFECTS = {"room": ROOM, "noise": NOISE, "mic": MIC}
CONFIG = SpeechConfig(
    room_probability=0.7,
    noise_probability=0.8,
    noises=(1, 3),
    mic_probability=0.6,
    noise_kinds=("white", "pink", "brown", "hum"),
    snr_db=(-10.0, 40.0),
    rt60_s=(0.1, 0.8),
    rooms=3,
)


def steps_of(row, **fields):
    chain = draw_chain(Context(CONFIG, **fields), row, 0)
    return {op: params for op, _, params in chain if op in FUSED}


def one_after_another(samples, steps):
    for op in FUSED:
        if op in steps:
            samples = EFFECTS[op].apply(samples, RATE_HZ, steps[op])
    return samples


@settings(max_examples=40, deadline=None)
@given(
    row=st.integers(0, 10_000),
    seconds=st.floats(0.05, 4.0),
    pause_s=st.floats(0.0, 0.5),
    level=st.floats(1e-3, 1.0),
)
def test_one_pass_is_one_after_another_and_the_ratio_holds(row, seconds, pause_s, level):
    speech = voiced(seconds, pause_s=pause_s) * np.float32(level)
    steps = steps_of(f"row{row}")
    mixed = mix(Source(speech, RATE_HZ), steps)
    expected = one_after_another(speech, steps)
    assert mixed.samples.shape == expected.shape
    assert mixed.samples.dtype == np.float32
    assert np.abs(mixed.samples - expected).max() <= 1e-5 * np.abs(expected).max()
    if "noise" in steps:
        # From the branches, before the microphone: speech where it is active over all noise.
        wet = one_after_another(speech, {op: p for op, p in steps.items() if op == "room"})
        noise = NOISE.apply(wet, RATE_HZ, steps["noise"]).astype(float) - wet
        active = wet[active_mask(wet, RATE_HZ)].astype(float)
        found = 10 * np.log10(np.mean(active**2) / np.mean(noise**2))
        assert found == pytest.approx(steps["noise"]["snr_db"], abs=0.1)
        measured = 10 * np.log10(mixed.speech_power / mixed.noise_power)
        assert measured == pytest.approx(steps["noise"]["snr_db"], abs=0.1)
    else:
        assert mixed.noise_power is None


@given(
    count=st.integers(1, 9000),
    taps=st.integers(1, 6000),
    ring=st.integers(0, 6000),
    mic_taps=st.integers(0, convolve.MAX_TAPS),
    seed=st.integers(0, 99),
)
@settings(max_examples=60, deadline=None)
def test_blocks_filter_as_a_direct_convolution_does(count, taps, ring, mic_taps, seed):
    generator = np.random.default_rng(seed)
    samples, response, mic = (
        generator.standard_normal(size).astype(np.float32) for size in (count, taps, mic_taps)
    )
    total = count + ring
    frames = convolve.filtered(
        convolve.spectra(samples, convolve.AFTER),
        convolve.partitions(response),
        convolve.blocks(total),
    )
    expected = np.convolve(samples.astype(float), response.astype(float))
    if mic_taps:
        frames *= convolve.transfer(mic)
        expected = np.convolve(expected, mic.astype(float))
    expected = np.pad(expected, (0, total))[:total]
    found = convolve.signal(frames, total)
    assert np.abs(found - expected).max() <= 3e-5 * np.abs(expected).max() + 1e-6


def test_copies_share_the_transform_and_are_as_alone(monkeypatch):
    calls = []
    original = convolve.spectra
    monkeypatch.setattr(convolve, "spectra", lambda *a: calls.append(1) or original(*a))
    speech = voiced()
    source = Source(speech, RATE_HZ)
    config = SpeechConfig(room_probability=1.0, noise_probability=1.0, mic_probability=1.0)
    chains = [draw_chain(Context(config), "row", 0, copy) for copy in range(3)]
    steps = [{op: p for op, _, p in chain if op in FUSED} for chain in chains]
    shared = [mix(source, some).samples for some in steps]
    before = len(calls)
    alone = [mix(Source(speech, RATE_HZ), some).samples for some in steps]
    assert len(calls) - before > 1
    assert all(np.array_equal(a, b) for a, b in zip(shared, alone, strict=True))
    assert not np.array_equal(shared[0][:1000], shared[1][:1000])


def test_other_clips_before_change_nothing():
    speech = [voiced(0.5 + 0.3 * n) for n in range(4)]
    steps = [steps_of(f"row{n}") for n in range(4)]
    forward = [mix(Source(speech[n], RATE_HZ), steps[n]).samples for n in range(4)]
    backward = [mix(Source(speech[n], RATE_HZ), steps[n]).samples for n in reversed(range(4))]
    for first, second in zip(forward, reversed(backward), strict=True):
        assert np.array_equal(first, second)
