import numpy as np
import pytest

from corpusforge.speech.effects.noise import PLUGIN
from corpusforge.speech.levels import active_mask, power, snr_db
from tests.speech.rows import voiced

COLORS = ("white", "pink", "brown")


def params(**changes):
    return {**PLUGIN.example, **changes}


@pytest.mark.parametrize("color", COLORS)
@pytest.mark.parametrize("snr", [-5.0, 0.0, 10.0, 30.0])
def test_the_ratio_is_what_was_asked_for(color, snr):
    speech = voiced()
    mixed = PLUGIN.apply(speech, 16000, params(color=color, snr_db=snr))
    noise = mixed - speech
    assert snr_db(speech, noise, 16000) == pytest.approx(snr, abs=0.1)
    # The same, without the function under test: active speech against the whole noise.
    active = speech[active_mask(speech, 16000)].astype(float)
    ratio = np.mean(active**2) / np.mean(noise.astype(float) ** 2)
    assert 10 * np.log10(ratio) == pytest.approx(snr, abs=0.1)


def test_pauses_do_not_change_the_noise():
    level = [
        power(PLUGIN.branch(voiced(pause_s=pause), 16000, params())) for pause in (0.1, 0.5, 2.0)
    ]
    assert level == pytest.approx([level[0]] * 3, rel=1e-3)


@pytest.mark.parametrize(("color", "slope_db"), [("white", 0), ("pink", -3.01), ("brown", -6.02)])
def test_spectral_slope_per_octave(color, slope_db):
    noise = PLUGIN.branch(voiced(20), 16000, params(color=color))
    spectrum = np.abs(np.fft.rfft(noise)) ** 2
    frequencies = np.fft.rfftfreq(noise.size, 1 / 16000)
    edges = 250 * 2.0 ** np.arange(6)
    bands = [
        10 * np.log10(np.mean(spectrum[(frequencies >= low) & (frequencies < 2 * low)]))
        for low in edges[:-1]
    ]
    assert np.polyfit(np.arange(5), bands, 1)[0] == pytest.approx(slope_db, abs=0.3)


@pytest.mark.parametrize("color", COLORS)
@pytest.mark.parametrize("snr", [0.0, 15.0])
def test_the_ratio_by_a_mask_that_is_known_beforehand(color, snr):
    # Tones of known power, and nothing where it is silent: no function under test says where.
    rate_hz, tone = 16000, 0.2 * np.sin(2 * np.pi * 500 * np.arange(8000) / 16000)
    silence = np.zeros(rate_hz)
    speech = np.concatenate([silence, tone, silence, tone, silence]).astype(np.float32)
    mixed = PLUGIN.apply(speech, rate_hz, params(color=color, snr_db=snr)).astype(float)
    speaking = np.repeat([False, True, False, True, False], [16000, 8000, 16000, 8000, 16000])
    noise = mixed - speech
    signal_power = 0.2**2 / 2
    assert np.mean(speech[speaking].astype(float) ** 2) == pytest.approx(signal_power, rel=1e-3)
    assert 10 * np.log10(signal_power / np.mean(noise**2)) == pytest.approx(snr, abs=0.05)
    # Coloured noise is as loud in the pauses as beside the speech.
    parts = [np.mean(noise[mask] ** 2) for mask in (speaking, ~speaking)]
    assert 10 * np.log10(parts[0] / parts[1]) == pytest.approx(0, abs=1.0)


def test_a_third_of_brown_noise_is_where_recognisers_listen():
    noise = PLUGIN.branch(voiced(20), 16000, params(color="brown"))
    spectrum = np.abs(np.fft.rfft(noise)) ** 2
    audible = np.fft.rfftfreq(noise.size, 1 / 16000) >= 300
    assert 0.25 < spectrum[audible].sum() / spectrum.sum() < 0.4


def test_seeds_differ_and_silence_stays_silent():
    speech = voiced()
    first, second = (PLUGIN.branch(speech, 16000, params(seed=seed)) for seed in (1, 2))
    assert abs(np.corrcoef(first, second)[0, 1]) < 0.05
    assert not PLUGIN.apply(np.zeros(1000, np.float32), 16000, params()).any()
