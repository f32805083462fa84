import numpy as np
import pytest

from corpusforge.speech.effects.agc import PLUGIN

RATE_HZ = 16000


def steps(*levels, seconds=2.0):
    time = np.arange(round(seconds * RATE_HZ)) / RATE_HZ
    return np.concatenate([a * np.sin(2 * np.pi * 400 * time) for a in levels]).astype(np.float32)


def level_dbfs(samples):
    return 10 * np.log10(np.mean(samples.astype(float) ** 2))


def test_levels_come_to_the_target():
    params = {**PLUGIN.example, "release_ms": 200.0, "max_gain_db": 40.0}
    turned = PLUGIN.apply(steps(0.02, 0.5, 0.05), RATE_HZ, params)
    for part in range(3):
        end = turned[(2 * part + 1) * RATE_HZ + RATE_HZ // 2 : (2 * part + 2) * RATE_HZ]
        assert level_dbfs(end) == pytest.approx(-20, abs=0.5)


def test_loud_is_turned_down_sooner_than_faint_is_turned_up():
    params = {**PLUGIN.example, "max_gain_db": 40.0}
    turned = PLUGIN.apply(steps(0.02, 0.5, 0.02), RATE_HZ, params)
    after_loud = turned[2 * RATE_HZ + RATE_HZ // 8 : 2 * RATE_HZ + RATE_HZ // 4]
    after_faint = turned[4 * RATE_HZ + RATE_HZ // 8 : 4 * RATE_HZ + RATE_HZ // 4]
    assert level_dbfs(after_loud) == pytest.approx(-20, abs=1)
    assert level_dbfs(after_faint) < -35


def test_the_gain_has_a_limit():
    faint = steps(1e-4)
    turned = PLUGIN.apply(faint, RATE_HZ, PLUGIN.example)
    assert level_dbfs(turned) - level_dbfs(faint) == pytest.approx(20, abs=0.1)


def test_what_comes_later_does_not_turn_what_was_before():
    params = {**PLUGIN.example, "max_gain_db": 60.0}
    loud = steps(0.5, 0.5, 0.5, seconds=1.0)
    other = loud.copy()
    other[2 * RATE_HZ :] *= 0.01
    first, second = (PLUGIN.apply(samples, RATE_HZ, params) for samples in (loud, other))
    # Up to the frame before: between frames the gain moves in a straight line.
    assert np.array_equal(first[: 2 * RATE_HZ - 320], second[: 2 * RATE_HZ - 320])
