"""Moved vowels, against vowels that were made with the pitch and formants wanted."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.signal import lfilter

from corpusforge.speech.pseudo import Shift
from corpusforge.speech.vocal_tract import moved

RATE_HZ = 16000
SHIFTS = [Shift(1.0, 1.16), Shift(1.0, 0.86), Shift(1.4, 1.16), Shift(1.6, 1.08), Shift(0.8, 0.93)]


def vowel(pitch_hz, formants_hz, seconds=1.0):
    """A pulse train through resonators, as a formant synthesiser makes a vowel."""
    count = int(seconds * RATE_HZ)
    pulses = np.diff(np.floor(np.arange(count + 1) * pitch_hz / RATE_HZ))
    for centre_hz in formants_hz:
        radius = np.exp(-np.pi * 90 / RATE_HZ)
        turn = 2 * radius * np.cos(2 * np.pi * centre_hz / RATE_HZ)
        pulses = lfilter([1 - turn + radius**2], [1, -turn, radius**2], pulses)
    return (0.3 * pulses / np.abs(pulses).max()).astype(np.float32)


def spectrum(samples):
    return np.abs(np.fft.rfft(samples * np.hanning(samples.size)))


def pitch_of(samples):
    """Fundamental frequency by autocorrelation, between 60 and 400 Hz."""
    part = samples[2000:6000] - samples[2000:6000].mean()
    found = np.correlate(part, part, "full")[part.size - 1 :]
    low, high = RATE_HZ // 400, RATE_HZ // 60
    return RATE_HZ / (low + int(found[low:high].argmax()))


def first_formant(samples, low_hz, high_hz):
    """Centre of power of a region of the spectrum, hertz."""
    power = spectrum(samples) ** 2
    hz = np.fft.rfftfreq(samples.size, 1 / RATE_HZ)
    part = (hz > low_hz) & (hz < high_hz)
    return float((hz[part] * power[part]).sum() / power[part].sum())


@pytest.mark.parametrize("shift", SHIFTS, ids=str)
@pytest.mark.parametrize("pitch_hz", [105, 190])
def test_pitch_and_formant_go_where_they_are_told(shift, pitch_hz):
    formants_hz = (650, 1700, 2600)
    found = moved(vowel(pitch_hz, formants_hz), RATE_HZ, shift)
    assert pitch_of(found) == pytest.approx(pitch_hz * shift.pitch, rel=0.02)
    centre_hz = formants_hz[1] * shift.formant
    wanted = vowel(pitch_hz * shift.pitch, [f * shift.formant for f in formants_hz])
    region = (0.75 * centre_hz, 1.25 * centre_hz)
    there, here = (first_formant(x, *region) for x in (wanted, found))
    assert here == pytest.approx(there, rel=0.04)


@pytest.mark.parametrize("shift", SHIFTS, ids=str)
def test_length_and_power(shift):
    samples = vowel(120, (500, 1500))
    found = moved(samples, RATE_HZ, shift)
    assert found.dtype == np.float32
    assert found.size == pytest.approx(samples.size / shift.pitch, abs=2)
    assert np.mean(found**2) == pytest.approx(np.mean(samples**2), rel=0.05)


def test_nothing_moved_is_the_same_and_silence_stays_silent():
    samples = vowel(120, (500, 1500))
    assert moved(samples, RATE_HZ, Shift(1.0, 1.0)) is samples
    silent = moved(np.zeros(5000, np.float32), RATE_HZ, Shift(1.25, 0.93))
    assert silent.size == 4000
    assert not silent.any()


@settings(deadline=None, max_examples=60)
@given(
    st.integers(0, 3000),
    st.integers(50, 160).map(lambda n: n / 100),
    st.integers(80, 130).map(lambda n: n / 100),
    st.sampled_from([8000, 16000, 22050]),
)
def test_any_length_gives_finite_samples_twice_the_same(count, pitch, formant, rate_hz):
    samples = np.random.default_rng(count).standard_normal(count).astype(np.float32)
    shift = Shift(pitch, formant)
    one, two = (moved(samples, rate_hz, shift) for _ in range(2))
    assert np.isfinite(one).all()
    assert one.tobytes() == two.tobytes()
    assert one.size == pytest.approx(count / pitch, abs=2)


def test_a_click_stays_where_it_is():
    samples = np.zeros(8000, np.float32)
    samples[4000] = 0.5
    found = moved(samples, RATE_HZ, Shift(1.0, 1.16))
    power = found.astype(np.float64) ** 2
    assert int(np.abs(found).argmax()) == pytest.approx(4000, abs=8)
    # What rings on is the cut of the cepstrum, within its length.
    assert power[3960:4040].sum() > 0.99 * power.sum()
