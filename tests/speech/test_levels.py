import numpy as np
import pyloudnorm
import pytest

from corpusforge.speech.levels import (
    FLOOR_DBFS,
    active_mask,
    level_dbfs,
    loudness_lufs,
    snr_db,
    trimmed,
)
from tests.speech.rows import voiced


def sine(frequency_hz, peak, seconds, rate_hz):
    time = np.arange(int(seconds * rate_hz)) / rate_hz
    return (peak * np.sin(2 * np.pi * frequency_hz * time)).astype(np.float32)


def test_the_active_part_is_the_voiced_part():
    mask = active_mask(voiced(1.0, pause_s=0.5), 16000)
    assert mask.size == 32000
    assert mask[8000:24000].mean() > 0.85
    assert mask[:7900].sum() + mask[24100:].sum() == 0


def test_digital_silence_has_no_active_part_and_a_level():
    silence = np.zeros(1600, np.float32)
    assert not active_mask(silence, 16000).any()
    assert active_mask(silence[:0], 16000).size == 0
    assert level_dbfs(silence) == FLOOR_DBFS
    with pytest.raises(ValueError, match="without signal"):
        snr_db(silence, silence, 16000)


def test_silence_is_trimmed_from_the_edges():
    for pause_s in (0.0, 0.02, 0.25, 0.8):
        speech = voiced(1.0, pause_s=pause_s)
        faint = speech + 2e-5 * np.sin(np.arange(speech.size)).astype(np.float32)
        for samples in (speech, faint):
            cut, start_s = trimmed(samples, 16000)
            start = round(start_s * 16000)
            assert np.array_equal(cut, samples[start : start + cut.size])
            heard = np.flatnonzero(cut)
            assert (heard[0], cut.size - 1 - heard[-1]) == (0, 0)
            assert cut.size == pytest.approx(1.0 * 16000, abs=400)
            assert cut.dtype == np.float32
    silence = np.zeros(5, np.float32)
    assert trimmed(silence, 16000)[0] is silence
    assert trimmed(silence[:0], 16000)[0].size == 0


def test_a_short_click_does_not_hide_the_speech():
    click = voiced()
    click[2000:2020] = 1.0
    assert active_mask(click, 16000)[4000:20000].mean() > 0.5


def test_level_of_a_full_scale_sine():
    assert level_dbfs(sine(440, 1.0, 1, 16000)) == pytest.approx(-3.01, abs=0.01)


def test_loudness_against_the_standard():
    # ITU-R BS.1770-4: a 997 Hz sine at 0 dBFS in one front channel reads -3.01 LKFS.
    assert loudness_lufs(sine(997, 1.0, 3, 48000), 48000) == pytest.approx(-3.01, abs=0.1)
    assert loudness_lufs(sine(997, 0.1, 3, 16000), 16000) == pytest.approx(-23.01, abs=0.3)


@pytest.mark.parametrize("rate_hz", [16000, 48000])
def test_loudness_beside_another_meter(rate_hz):
    generator = np.random.default_rng(5)
    for seconds in (0.4, 0.5, 1.3, 4.0):
        noise = generator.standard_normal(round(seconds * rate_hz)) * 0.05
        noise[: noise.size // 2] *= 10.0 ** generator.uniform(-2.0, 0.0)
        sound = noise.astype(np.float32) + sine(70, 0.1, seconds, rate_hz)[: noise.size]
        expected = pyloudnorm.Meter(rate_hz).integrated_loudness(sound.astype(float))
        assert loudness_lufs(sound, rate_hz) == pytest.approx(expected, abs=0.002)


def test_loudness_of_too_short_or_silent_clips_is_undefined():
    assert loudness_lufs(sine(997, 1.0, 0.39, 16000), 16000) is None
    assert loudness_lufs(np.zeros(16000, np.float32), 16000) is None
