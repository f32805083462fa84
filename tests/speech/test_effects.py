"""The contract that every file in speech/effects keeps; each effect has its own file beside."""

import json

import numpy as np
import pytest

from corpusforge.core import plugins
from corpusforge.core.recipe import SpeechConfig
from corpusforge.speech.chain import EFFECTS, draw_chain, effects
from corpusforge.speech.effect import UNMOVED, TimeMap
from tests.speech.rows import voiced

NAMES = plugins.names("effect")


@pytest.fixture(params=NAMES)
def effect(request):
    return plugins.load("effect", request.param)


def generator(seed=3):
    return np.random.Generator(np.random.Philox(seed))


def test_names_versions_and_units(effect):
    assert effect.op in NAMES
    assert effect.version
    assert set(effect.example) == set(effect.units)


def test_what_is_drawn_survives_json_and_has_units(effect):
    config = SpeechConfig(noise_probability=1.0, room_probability=1.0)
    params = effect.draw(generator(), config)
    assert params == json.loads(json.dumps(params)) == effect.draw(generator(), config)
    assert set(params) == set(effect.units)
    assert params != effect.draw(generator(4), config)


def test_apply_is_pure_and_keeps_type_and_size_in_bounds(effect):
    samples = voiced()
    before = samples.copy()
    first = effect.apply(samples, 16000, effect.example)
    assert np.array_equal(samples, before)
    assert np.array_equal(first, effect.apply(samples, 16000, effect.example))
    assert first.dtype == np.float32
    assert first.ndim == 1
    assert np.isfinite(first).all()
    assert 0.5 * samples.size < first.size < 2 * samples.size


@pytest.mark.parametrize("count", [1, 7, 400])
def test_short_and_silent_input_is_no_trouble(effect, count):
    for samples in (np.zeros(count, np.float32), np.full(count, 0.1, np.float32)):
        assert np.isfinite(effect.apply(samples, 16000, effect.example)).all()


def test_the_chain_is_in_physical_order():
    assert [effect.op for effect in effects()] == ["formant", "room", "noise", "gain"]
    assert set(EFFECTS) <= set(NAMES)


def test_chains_depend_on_row_and_variant_alone():
    config = SpeechConfig()
    chains = {(row, v): draw_chain(config, 1, row, v) for row in "abcdef" for v in (0, 1)}
    assert draw_chain(config, 1, "c", 1) == chains["c", 1]
    assert len({json.dumps(chain) for chain in chains.values()}) == len(chains)
    assert all(chain[-1][0] == "gain" for chain in chains.values())


def test_one_effect_switched_off_leaves_the_others():
    with_room = draw_chain(SpeechConfig(room_probability=1.0), 1, "row", 0)
    without = draw_chain(SpeechConfig(room_probability=0.0), 1, "row", 0)
    assert [step for step in with_room if step[0] != "room"] == list(without)


def test_probabilities_are_shares():
    config = SpeechConfig(noise_probability=0.7, room_probability=0.25)
    chains = [draw_chain(config, 1, f"row{n}", 0) for n in range(800)]
    shares = [sum(any(s[0] == op for s in c) for c in chains) / 800 for op in ("noise", "room")]
    assert shares == pytest.approx([0.7, 0.25], abs=0.05)


def test_times_say_where_a_click_goes(effect):
    samples = np.zeros(16000, np.float32)
    samples[[4000, 12000]] = 0.9
    after = effect.apply(samples, 16000, effect.example)
    times = effect.times(effect.example, samples.size / 16000)
    for place in (4000, 12000):
        expected = round(times.at(place / 16000) * 16000)
        near = np.abs(after[expected - 40 : expected + 40])
        assert abs(np.argmax(near) - 40) <= 2


def test_time_maps_one_after_another():
    first, second = TimeMap(0.5, 0.2), TimeMap(2.0, -0.1)
    assert first.then(second).at(3.0) == pytest.approx(second.at(first.at(3.0)))
    assert UNMOVED.then(first) == first
