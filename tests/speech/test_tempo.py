"""Another tempo at the same pitch."""

import numpy as np
import pytest

pytest.importorskip("torch")

from corpusforge.speech.models.tempo import at_tempo

RATE_HZ = 16000


def voice(seconds=0.6, pitch_hz=130.0):
    """A buzz with harmonics that swells and fades."""
    times = np.arange(int(seconds * RATE_HZ)) / RATE_HZ
    tones = [np.sin(2 * np.pi * n * pitch_hz * times) / n for n in range(1, 12)]
    return (np.sum(tones, axis=0) * (0.3 + 0.2 * np.sin(2 * np.pi * 3 * times))).astype(np.float32)


def pitch_of(samples):
    """From the highest peak of the autocorrelation between 60 and 300 Hz, in Hz."""
    middle = samples[samples.size // 4 : -samples.size // 4].astype(float)
    alike = np.correlate(middle, middle, "full")[middle.size - 1 :]
    low, high = RATE_HZ // 300, RATE_HZ // 60
    return RATE_HZ / (low + int(np.argmax(alike[low:high])))


@pytest.mark.parametrize("speed", [0.5, 0.83, 1.1, 2.0])
def test_the_length_changes_and_pitch_and_level_stay(speed):
    import torch

    own = voice()
    changed = at_tempo(torch.from_numpy(own), RATE_HZ, speed).numpy()
    assert changed.dtype == np.float32
    assert changed.size == round(own.size / speed)
    assert pitch_of(changed) == pytest.approx(pitch_of(own), rel=0.02)
    assert np.std(changed) == pytest.approx(np.std(own), rel=0.06)


def test_order_in_time_stays():
    import torch

    own = np.concatenate([voice(0.5, 100.0), np.zeros(RATE_HZ // 4, np.float32), voice(0.5, 200.0)])
    changed = at_tempo(torch.from_numpy(own), RATE_HZ, 2.0).numpy()
    assert pitch_of(changed[: RATE_HZ // 4]) == pytest.approx(100.0, rel=0.03)
    assert pitch_of(changed[-RATE_HZ // 4 :]) == pytest.approx(200.0, rel=0.03)


@pytest.mark.parametrize("count", [0, 1, 7, 400])
@pytest.mark.parametrize("speed", [0.5, 2.0])
def test_short_clips_keep_their_form(count, speed):
    import torch

    changed = at_tempo(torch.ones(count), RATE_HZ, speed)
    assert changed.shape[0] == (max(1, round(count / speed)) if count else 0)
    assert bool(torch.isfinite(changed).all())


def test_its_own_tempo_and_broken_samples_pass_as_they_are():
    import torch

    own = torch.from_numpy(voice(0.1))
    assert at_tempo(own, RATE_HZ, 1.0) is own
    assert bool(torch.isnan(at_tempo(torch.full((9,), torch.nan), RATE_HZ, 2.0)).all())
