import numpy as np
import pytest

from corpusforge.speech.effects.clip import PLUGIN
from tests.speech.rows import voiced


def test_hard_clipping_changes_peaks_and_nothing_else():
    samples = voiced()
    held = PLUGIN.apply(samples, 16000, {"kind": "hard", "below_peak_db": 6.0})
    limit = np.abs(samples).max() * 10 ** (-6 / 20)
    assert np.abs(held).max() == pytest.approx(limit, rel=1e-6)
    below = np.abs(samples) < limit
    assert np.array_equal(held[below], samples[below])
    assert (np.sign(held) == np.sign(samples)).all()
    assert (~below).sum() > 100


def test_soft_clipping_keeps_the_order_and_the_limit():
    samples = voiced()
    held = PLUGIN.apply(samples, 16000, {"kind": "soft", "below_peak_db": 6.0})
    limit = np.abs(samples).max() * 10 ** (-6 / 20)
    assert 0.9 * limit < np.abs(held).max() < limit
    order = np.argsort(samples, kind="stable")
    assert (np.diff(held[order]) >= 0).all()
    faint = np.abs(samples) < 0.05 * limit
    assert held[faint] == pytest.approx(samples[faint], rel=2e-3)
