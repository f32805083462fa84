import numpy as np
import pytest

from corpusforge.core.recipe import SpeechConfig
from corpusforge.speech.effect import Context, UnfitError
from corpusforge.speech.effects.place import PLUGIN

RATE_HZ = 16000


def draws(count=200, **config):
    generator = np.random.Generator(np.random.Philox(1))
    return [PLUGIN.draw(generator, Context(SpeechConfig(**config))) for _ in range(count)]


def test_free_length_has_silence_before_and_after():
    sound = np.full(1000, 0.5, np.float32)
    placed = PLUGIN.apply(sound, RATE_HZ, {"lead_s": 0.05, "tail_s": 0.1})
    assert placed.size == 800 + 1000 + 1600
    assert np.array_equal(placed[800:1800], sound)
    assert not placed[:800].any() and not placed[1800:].any()


@pytest.mark.parametrize(("position", "before"), [("start", 0), ("centre", 7500), ("end", 15000)])
def test_fixed_length_and_position(position, before):
    params = draws(1, length_s=1.0, position=position)[0]
    placed = PLUGIN.apply(np.ones(1000, np.float32), RATE_HZ, params)
    assert placed.size == RATE_HZ
    assert np.flatnonzero(placed)[[0, -1]].tolist() == [before, before + 999]
    assert PLUGIN.times(params, 1000 / RATE_HZ).shift_s == pytest.approx(before / RATE_HZ)


def test_random_positions_and_leads_fill_their_ranges():
    positions = [params["position"] for params in draws(length_s=1.0, position="random")]
    assert min(positions) < 0.05 and max(positions) > 0.95
    leads = [params["lead_s"] for params in draws(lead_s=(0.1, 0.4))]
    assert 0.1 <= min(leads) < 0.12 and 0.38 < max(leads) <= 0.4
    assert {params["tail_s"] for params in draws()} == {0.1}


def test_speech_is_never_cut():
    params = {"length_s": 0.5, "position": 0.5}
    assert PLUGIN.apply(np.ones(8000, np.float32), RATE_HZ, params).size == 8000
    with pytest.raises(UnfitError, match="speech longer than the clip") as error:
        PLUGIN.apply(np.ones(8001, np.float32), RATE_HZ, params)
    assert "0.50 s of speech" in error.value.detail
