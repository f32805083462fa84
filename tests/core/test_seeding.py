from __future__ import annotations

import numpy as np

from corpusforge.core.seeding import rng, uniforms


def test_draws_depend_on_every_part_of_the_key():
    draws = {
        rng(*key).integers(2**62)
        for key in [
            (1, "a", "x", 0),
            (2, "a", "x", 0),
            (1, "b", "x", 0),
            (1, "a", "y", 0),
            (1, "a", "x", 1),
        ]
    }
    assert len(draws) == 5
    assert rng(1, "a", 1).random() != rng(1, "a", "1").random()


def test_the_same_key_gives_the_same_draws_for_ever():
    assert rng(7, "speech", "row", 0).integers(1000, size=4).tolist() == [937, 880, 173, 433]


def test_uniforms_are_per_key_whatever_the_company():
    keys = [f"row{i}" for i in range(2000)]
    values = uniforms(1, "speech.voice", keys)
    assert np.array_equal(uniforms(1, "speech.voice", keys[::-1])[::-1], values)
    assert not np.array_equal(uniforms(1, "speech.room", keys), values)
    assert not np.array_equal(uniforms(1, "speech.voice", keys, "1"), values)
    assert values.min() >= 0
    assert values.max() < 1
    # Mean of 2,000 uniforms: standard error 0.0065; four of them.
    assert abs(values.mean() - 0.5) < 0.026


def test_no_global_state_is_touched():
    state = np.random.get_state()[1].copy()  # noqa: NPY002
    rng(1, "x").random(10)
    assert np.array_equal(np.random.get_state()[1], state)  # noqa: NPY002
