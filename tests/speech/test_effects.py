"""The contract that every file in speech/effects keeps; each effect has its own file beside."""

import json

import numpy as np
import pytest

from corpusforge.core import plugins
from corpusforge.core.recipe import SpeechConfig
from corpusforge.speech.chain import EFFECTS, SPEAKER_BELOW, draw_chain, effects
from corpusforge.speech.effect import UNMOVED, Context, TimeMap
from tests.speech.rows import voiced

NAMES = plugins.names("effect")
SHARES = {
    "noise": "noise_probability",
    "room": "room_probability",
    "mic": "mic_probability",
    "agc": "agc_probability",
    "clip": "clip_probability",
    "codec": "codec_probability",
    "dither": "dither_probability",
}
ALL = SpeechConfig(**dict.fromkeys(SHARES.values(), 1.0))


@pytest.fixture(params=NAMES)
def effect(request):
    return plugins.load("effect", request.param)


def generator(seed=3):
    return np.random.Generator(np.random.Philox(seed))


def draw(config, row="row", variant=0, copy=0, **fields):
    return draw_chain(Context(config, **fields), row, variant, copy)


def test_names_versions_and_units(effect):
    assert effect.op in NAMES
    assert effect.version
    assert set(effect.example) <= set(effect.units)


def test_what_is_drawn_survives_json_and_has_units(effect):
    params = effect.draw(generator(), Context(ALL))
    assert params == json.loads(json.dumps(params)) == effect.draw(generator(), Context(ALL))
    assert params and set(params) <= set(effect.units)
    several = [effect.draw(generator(seed), Context(ALL)) for seed in range(8)]
    # Silence around the speech is the same for all by default; a codec is one of two.
    least = {"place": 1, "codec": 2}.get(effect.op, 8)
    assert len({json.dumps(some) for some in several}) == least


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
    assert [effect.op for effect in effects()] == list(EFFECTS)
    orders = [effect.order for effect in effects()]
    assert orders == sorted(set(orders))
    assert set(EFFECTS) <= set(NAMES)
    assert [op for op, _, _ in draw(ALL)] == list(EFFECTS)


def test_chains_depend_on_row_variant_and_copy_alone():
    config = SpeechConfig()
    chains = {(r, v, c): draw(config, r, v, c) for r in "abcdef" for v in (0, 1) for c in (0, 1)}
    assert draw(config, "c", 1, 1) == chains["c", 1, 1]
    assert len({json.dumps(chain) for chain in chains.values()}) == len(chains)
    assert all("gain" in [op for op, _, _ in chain] for chain in chains.values())


def test_copies_share_what_is_of_the_speaker():
    first, second = draw(ALL, copy=0), draw(ALL, copy=1)
    of_speaker = {effect.op for effect in effects() if effect.order < SPEAKER_BELOW}
    assert of_speaker == {"formant"}
    for (op, _, before), (_, _, after) in zip(first, second, strict=True):
        assert (before == after) is (op in {"formant", "place", "codec"}), op


def test_one_effect_switched_off_leaves_the_others():
    # A room also changes where its noise stands, and nothing else.
    for op in ("mic", "agc", "clip", "codec", "dither", "noise"):
        off = SpeechConfig(**{**dict.fromkeys(SHARES.values(), 1.0), SHARES[op]: 0.0})
        assert [step for step in draw(ALL) if step[0] != op] == list(draw(off))


def test_probabilities_are_shares():
    wanted = {"noise": 0.7, "room": 0.25, "mic": 0.5, "agc": 0.1, "clip": 0.3, "codec": 0.2}
    config = SpeechConfig(rooms=2, **{SHARES[op]: share for op, share in wanted.items()})
    chains = [draw(config, f"row{n}") for n in range(600)]
    for op, share in wanted.items():
        found = sum(any(step[0] == op for step in chain) for chain in chains) / 600
        assert found == pytest.approx(share, abs=0.06)


def test_new_effects_are_off_or_rare_unless_asked_for():
    chains = [draw(SpeechConfig(rooms=2), f"row{n}") for n in range(200)]
    used = {op for chain in chains for op, _, _ in chain}
    assert used == {"formant", "place", "room", "noise", "mic", "gain"}


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
