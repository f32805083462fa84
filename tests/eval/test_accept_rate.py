"""What is accepted: limits, controls and folds."""

import numpy as np
import pytest

from corpusforge.assess.rows import Rows
from eval.expand import (
    accept_rate,
    few_shot,
)


def test_controls_weigh_what_the_generated_rows_do():
    made = Rows.labelled(["a", "b", "c"], ["x", "x", "y"]).with_weights(np.array([0.1, 0.3, 0.2]))
    control = Rows.labelled(list("defgh"), ["x", "y", "y", "z", "z"])
    weights = few_shot.as_heavy(control, made, 3).weights
    assert weights.tolist() == pytest.approx([0.4, 0.1, 0.1, 3.0, 3.0])


def test_candidates_at_a_limit():
    texts, intents = list("abcdef"), ["x", "x", "x", "x", "y", "y"]
    match = np.array([0.9, 0.2, 0.6, 0.5, 0.1, 0.4])
    order = np.array([1.0, 9.0, 2.0, 3.0, 9.0, 9.0])
    for limit, kept in ((0.0, "bdcafe"), (0.5, "dca"), (0.95, "")):
        rows = accept_rate.kept_at(limit, (texts, intents), match, order, 3)
        assert set(rows.texts) == set(kept)
        assert list(rows.texts)[: len(kept) - 2] == list(kept)[: len(kept) - 2]
        assert rows.weights.tolist() == [0.5] * len(kept)
    many = [f"{n}" for n in range(80)]
    match = np.linspace(0, 1, 80)
    rows = accept_rate.kept_at(0.25, (many, ["x"] * 80), match, match, 1)
    assert list(rows.texts) == many[:29:-1]
    assert rows.weights.tolist() == pytest.approx([2 / 50] * 50)


def test_of_equal_limits_the_build_s_own_is_chosen():
    assert accept_rate.chosen({"0.0": 0.8, "0.5": 0.8, "0.9": 0.7}) == 0.5
    assert accept_rate.chosen({"0.0": 0.8, "0.3": 0.9, "0.5": 0.8, "0.7": 0.9}) == 0.3


def test_cross_validation_holds_every_row_out_once_and_never_trains_on_it():
    texts = [f"{intent} word{n}" for intent in ("up", "down") for n in range(4)]
    real = Rows.labelled(texts, ["a"] * 4 + ["b"] * 4)
    asked, seen = [], []

    class Nosy:
        name, default = "nosy", 1.0

        def tune(self, shown, extra, draws):
            return 1.0

        def fit(self, train, c, *, idf_texts=()):
            seen.append(set(train.texts))
            return self

        def predict(self, texts):
            assert not set(texts) & seen[-1]
            asked.extend(texts)
            return np.array(["a"] * len(texts), dtype=object)

    made = Rows.labelled(["up and up"], ["a"])
    assert accept_rate.cross_validated(Nosy(), real, made, 1) == 0.5
    assert sorted(asked) == sorted(texts)
    assert all("up and up" in known for known in seen)
