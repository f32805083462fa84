import numpy as np
import pytest

from corpusforge.speech.effects.codec import PLUGIN
from tests.speech.rows import voiced

RATE_HZ = 16000


def tone(frequency_hz, peak=0.5):
    return (peak * np.sin(2 * np.pi * frequency_hz * np.arange(RATE_HZ) / RATE_HZ)).astype(
        np.float32
    )


def mu_law(samples):
    """G.711 as a formula: 255 levels on the logarithmic scale."""
    scaled = np.sign(samples) * np.log1p(255 * np.abs(samples)) / np.log(256)
    steps = np.round(scaled * 127) / 127
    return np.sign(steps) * (256 ** np.abs(steps) - 1) / 255


@pytest.mark.parametrize("codec", ["mulaw", "gsm"])
def test_the_upper_half_of_the_band_is_gone(codec):
    coded = PLUGIN.apply(voiced(), RATE_HZ, {"codec": codec})
    spectrum = np.abs(np.fft.rfft(coded)) ** 2
    frequencies = np.fft.rfftfreq(coded.size, 1 / RATE_HZ)
    assert spectrum[frequencies > 4200].sum() < 1e-5 * spectrum.sum()
    assert coded.size == voiced().size


def test_mu_law_is_as_noisy_as_its_formula():
    samples = sum(tone(f, peak=0.13) for f in (317, 771.3, 1403.7))
    error = PLUGIN.apply(samples, RATE_HZ, {"codec": "mulaw"}) - samples
    narrow = samples[::2].astype(float)
    expected = np.mean((mu_law(narrow) - narrow) ** 2)
    middle = error[1000:-1000].astype(float)
    assert 10 * np.log10(np.mean(middle**2) / expected) == pytest.approx(0, abs=1.5)


def test_gsm_keeps_speech_and_time():
    samples = voiced()
    coded = PLUGIN.apply(samples, RATE_HZ, {"codec": "gsm"})
    # Within 4 kHz the shape stays; the codec of 13 kbit/s is no waveform coder.
    lag = np.argmax(np.correlate(coded[4000:12000], samples[4000:12000], "full")) - 7999
    assert abs(lag) <= 2
    assert np.corrcoef(coded[4000:20000], samples[4000:20000])[0, 1] > 0.9


def test_what_is_too_loud_is_held_and_does_not_wrap():
    loud = tone(300, peak=3.0)
    coded = PLUGIN.apply(loud, RATE_HZ, {"codec": "mulaw"})
    assert np.corrcoef(coded, np.clip(loud, -1, 1))[0, 1] > 0.99
