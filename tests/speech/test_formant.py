import numpy as np
import pytest

from corpusforge.core.recipe import SpeechConfig
from corpusforge.speech.effect import Context
from corpusforge.speech.effects.formant import PLUGIN


def tone(frequency_hz, rate_hz=24000, seconds=1.0):
    return np.sin(2 * np.pi * frequency_hz * np.arange(int(seconds * rate_hz)) / rate_hz).astype(
        np.float32
    )


def peak_hz(samples, rate_hz=24000):
    spectrum = np.abs(np.fft.rfft(samples * np.hanning(samples.size)))
    return np.argmax(spectrum) * rate_hz / samples.size


@pytest.mark.parametrize("factor", [0.85, 0.93, 1.07, 1.2])
def test_pitch_rises_by_the_factor_and_length_falls_by_it(factor):
    shifted = PLUGIN.apply(tone(1000), 24000, {"factor": factor})
    assert peak_hz(shifted) == pytest.approx(1000 * factor, abs=2)
    assert shifted.size == pytest.approx(24000 / factor, abs=2)


def test_nothing_folds_back_from_above_the_band():
    # 11.5 kHz times 1.2 lies above the 12 kHz that the rate can hold: it must go, not alias.
    shifted = PLUGIN.apply(tone(11500), 24000, {"factor": 1.2})
    assert 20 * np.log10(np.abs(shifted[2000:-2000]).max()) < -100


def test_draws_stay_in_range_and_a_fixed_factor_of_one_is_no_effect():
    generator = np.random.Generator(np.random.Philox(1))
    config = SpeechConfig(formant=(0.9, 1.1))
    factors = [PLUGIN.draw(generator, Context(config))["factor"] for _ in range(300)]
    assert 0.9 <= min(factors) < 0.91
    assert 1.09 < max(factors) <= 1.1
    assert PLUGIN.draw(generator, Context(SpeechConfig(formant=(1.0, 1.0)))) == {}
