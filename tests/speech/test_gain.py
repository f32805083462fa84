import numpy as np
import pytest

from corpusforge.speech.effects.gain import PLUGIN
from tests.speech.rows import voiced


@pytest.mark.parametrize("peak_dbfs", [-40.0, -6.0, 0.0, 6.0])
def test_the_peak_is_where_it_was_asked_for(peak_dbfs):
    scaled = PLUGIN.apply(voiced(), 16000, {"peak_dbfs": peak_dbfs})
    assert 20 * np.log10(np.abs(scaled).max()) == pytest.approx(peak_dbfs, abs=1e-4)


def test_silence_stays_silent():
    assert not PLUGIN.apply(np.zeros(10, np.float32), 16000, {"peak_dbfs": 0.0}).any()
