import numpy as np
import pytest
from scipy import signal

from corpusforge.speech.effects.mic import PLUGIN
from tests.speech.rows import voiced

RATE_HZ = 16000
FLAT = {name: 0.0 for name in PLUGIN.example if name.startswith("eq_")}


def level_db(taps, frequency_hz):
    _, found = signal.freqz(taps, worN=[frequency_hz], fs=RATE_HZ)
    return 20 * np.log10(np.abs(found[0]))


@pytest.mark.parametrize(("low_hz", "high_hz"), [(60.0, 7000.0), (150.0, 3400.0)])
def test_the_band_is_as_drawn(low_hz, high_hz):
    taps = PLUGIN.response(RATE_HZ, {**FLAT, "low_hz": low_hz, "high_hz": high_hz})
    assert level_db(taps, 1000) == pytest.approx(0, abs=0.3)
    assert level_db(taps, high_hz) == pytest.approx(-3, abs=0.5)
    assert level_db(taps, low_hz) == pytest.approx(-3, abs=1.0)
    if high_hz < 4000:
        assert level_db(taps, 2 * high_hz) < -40
        assert level_db(taps, 20) < -12


def test_bands_are_raised_and_lowered():
    wide = {"low_hz": 10.0, "high_hz": 8000.0}
    taps = PLUGIN.response(RATE_HZ, {**FLAT, **wide, "eq_500_db": 4.0, "eq_2000_db": -5.0})
    for band, wanted in ((250, 0), (500, 4), (1000, 0), (2000, -5), (4000, 0)):
        assert level_db(taps, band) == pytest.approx(wanted, abs=0.5)


def test_nothing_is_heard_before_and_as_early_as_can_be():
    impulse = np.zeros(2000, np.float32)
    impulse[500] = 1
    heard = PLUGIN.apply(impulse, RATE_HZ, PLUGIN.example)
    # What comes before is the rounding of the transforms.
    assert np.abs(heard[:500]).max() < 1e-6
    taps = PLUGIN.response(RATE_HZ, PLUGIN.example)
    assert np.abs(heard[500:756] - taps).max() < 1e-6
    # Minimum phase: no zero outside of the unit circle, so no other filter of this curve is
    # sooner. The faded end may move some by a little.
    early = np.cumsum(taps.astype(float) ** 2) / np.sum(taps.astype(float) ** 2)
    assert early[8] > 0.9


def test_as_a_direct_convolution_does_it():
    samples = voiced()
    taps = PLUGIN.response(RATE_HZ, PLUGIN.example)
    expected = np.convolve(samples.astype(float), taps.astype(float))[: samples.size]
    assert np.abs(PLUGIN.apply(samples, RATE_HZ, PLUGIN.example) - expected).max() < 1e-6
