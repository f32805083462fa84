import numpy as np
import pytest

from corpusforge.speech.effects.dither import PLUGIN

STEP = 1 / 32767


def test_triangular_noise_of_one_step_either_way():
    noise = PLUGIN.apply(np.zeros(200_000, np.float32), 16000, {"seed": 5}) / STEP
    assert np.abs(noise).max() <= 1.0
    assert noise.mean() == pytest.approx(0, abs=0.01)
    assert noise.std() == pytest.approx(1 / np.sqrt(6), rel=0.01)
    assert np.mean(np.abs(noise) < 0.5) == pytest.approx(0.75, abs=0.01)


def test_rounding_is_no_longer_distortion():
    time = np.arange(64_000) / 16000
    faint = (0.6 * STEP * np.sin(2 * np.pi * 500 * time)).astype(np.float32)

    def third_harmonic_db(samples):
        spectrum = np.abs(np.fft.rfft(np.rint(samples / STEP)))
        return 20 * np.log10(spectrum[6000] / spectrum[2000])

    assert third_harmonic_db(faint) > -20
    assert third_harmonic_db(PLUGIN.apply(faint, 16000, {"seed": 1})) < -30


def test_long_clips_and_late_seeds_have_noise_to_the_end():
    dithered = PLUGIN.apply(np.zeros(600_000, np.float32), 16000, {"seed": 262_143})
    assert dithered[-1000:].std() > 0
