import numpy as np
import pytest

from corpusforge.speech.effects.room import PLUGIN
from corpusforge.speech.levels import power
from tests.speech.rows import voiced


def params(**changes):
    return {**PLUGIN.example, **changes}


def reverberation_time_s(response, rate_hz):
    """Schroeder's backward integration, slope from -5 to -25 dB of the tail."""
    decay = np.cumsum(response[::-1].astype(float) ** 2)[::-1]
    level = 10 * np.log10(decay / decay[0])
    inside = np.flatnonzero((level < -5) & (level > -25))
    slope, _ = np.polyfit(inside / rate_hz, level[inside], 1)
    return -60 / slope


@pytest.mark.parametrize("rt60_s", [0.2, 0.5, 1.0])
def test_the_tail_decays_as_asked_for(rt60_s):
    response = PLUGIN.response(16000, params(rt60_s=rt60_s))
    assert reverberation_time_s(response[200:], 16000) == pytest.approx(rt60_s, rel=0.1)


@pytest.mark.parametrize("drr_db", [0.0, 6.0, 12.0])
def test_direct_to_reverberant_ratio(drr_db):
    response = PLUGIN.response(16000, params(drr_db=drr_db)).astype(float)
    assert 10 * np.log10(response[0] ** 2 / np.sum(response[1:] ** 2)) == pytest.approx(
        drr_db, abs=0.01
    )


def test_the_first_reflection_comes_after_the_gap():
    response = PLUGIN.response(16000, params(gap_ms=10.0))
    assert response[0] == 1
    assert not response[1:160].any()
    assert response[160:200].any()


def test_energy_is_kept_and_nothing_is_delayed():
    speech = voiced()
    wet = PLUGIN.apply(speech, 16000, params())
    assert power(wet) * wet.size == pytest.approx(power(speech) * speech.size, rel=1e-4)
    # White noise, for the correlation of voiced speech has a peak at every period.
    dry = np.random.default_rng(1).standard_normal(4000).astype(np.float32)
    wet = PLUGIN.apply(dry, 16000, params())
    assert np.argmax(np.correlate(wet[: dry.size], dry, "full")) == dry.size - 1


def test_an_impulse_gives_the_response():
    impulse = np.zeros(10, np.float32)
    impulse[0] = 1
    response = PLUGIN.response(16000, params())
    wet = PLUGIN.apply(impulse, 16000, params())[: response.size]
    assert np.corrcoef(wet, response)[0, 1] > 0.99999


def test_it_is_longer_by_the_tail():
    assert PLUGIN.apply(voiced(), 16000, params(rt60_s=0.4)).size == voiced().size + 6399
