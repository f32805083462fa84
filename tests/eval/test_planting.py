import numpy as np
import pytest

from eval.planted_truth import SERIES, summary
from eval.planting import CONDITIONS, Repeat, Setting
from eval.predictions import packed, unpacked
from eval.quick import toy
from eval.statistics import rate, trend, wilson


@pytest.fixture(scope="module")
def repeat():
    data = toy()
    other = data.train.with_intents([f"other {intent}" for intent in data.train.intents])
    return Repeat(Setting(data, other, shots=3, planted=8), 1)


def wrong_labels(repeat, condition):
    corpus = repeat.sides(condition)[1]
    right = dict(zip(repeat.oracle.texts, repeat.oracle.intents, strict=True))
    return np.mean(
        [right[text] != name for text, name in zip(corpus.texts, corpus.intents, strict=True)]
    )


def test_every_condition_has_its_rows(repeat):
    for condition in CONDITIONS:
        real, corpus = repeat.sides(condition)
        assert set(corpus.intents) <= set(real.intents)
        if not condition.startswith(("half", "leak", "duplicated, leak")):
            # Shares of intents are rounded.
            assert len(corpus) == pytest.approx(len(repeat.oracle), abs=3)
            assert not set(corpus.folded) & set(repeat.setting.data.test.folded)


def test_labels_are_as_wrong_as_said(repeat):
    assert wrong_labels(repeat, "oracle") == 0
    assert wrong_labels(repeat, "intents permuted") == 1
    for percent in (5, 10, 20, 40):
        assert wrong_labels(repeat, f"noise {percent} %") == pytest.approx(percent / 100, abs=0.02)


def test_more_noise_keeps_the_wrong_labels_of_less(repeat):
    less, more = (repeat.sides(f"noise {percent} %")[1].intents for percent in (10, 40))
    was_wrong = [a != b for a, b in zip(less, repeat.oracle.intents, strict=True)]
    assert all(a == b for a, b, w in zip(less, more, was_wrong, strict=True) if w)


def test_oracle_and_halves_share_no_row_with_the_real_ones(repeat):
    for condition in ("oracle", "half-split", "half-split, 10 per intent"):
        real, corpus = repeat.sides(condition)
        assert not set(real.texts) & set(corpus.texts)


def test_leaks_stand_on_top(repeat):
    corpus = repeat.sides("leak 5 %")[1]
    assert corpus.texts[: len(repeat.oracle)] == repeat.oracle.texts
    leaked = corpus.texts[len(repeat.oracle) :]
    assert len(leaked) == round(0.05 * len(repeat.oracle))
    assert set(leaked) <= set(repeat.setting.data.test.texts)


def _correct(right, rows=200):
    """Three draws in which the first `right` of the test rows are answered right."""
    table = np.zeros((3, rows), dtype=bool)
    table[:, :right] = True
    assert (unpacked(packed(table)) == table).all()
    return packed(table)


def judged(codes, gains, right=None):
    right = right or [100] * len(codes)
    return {
        condition: {
            "code": code,
            "classifiers": {
                "svm": {
                    "gain": {"mean_pp": gain},
                    "edge": {"mean_pp": gain},
                    "tstr_ratio": 1.0,
                    "correct": _correct(known),
                }
            },
        }
        for (condition, code), gain, known in zip(codes.items(), gains, right, strict=True)
    }


def test_a_verdict_that_rises_with_the_damage_is_counted():
    _, conditions = SERIES["label noise, %"]
    falling = dict(zip(conditions, ("use", "use", "no_gain", "no_gain", "do_not_use"), strict=True))
    rising = dict(zip(conditions, ("use", "no_gain", "use", "no_gain", "no_gain"), strict=True))
    gains = (5, 4, 3, 2, 1)
    found = summary({1: judged(falling, gains), 2: judged(rising, gains)})
    series = found["series"]["label noise, %"]
    assert series["repeats_with_a_rise"]["hits"] == 1
    assert series["repeats_with_a_rise_beyond_chance"]["hits"] == 0
    assert series["repeats_above_the_undamaged"]["hits"] == 0
    assert series["gain_against_level"]["svm"] == {"spearman": -1.0, "kendall": -1.0}
    assert found["bars"]["oracle"]["hits"] == 0
    assert found["conditions"]["oracle"]["verdicts"] == {"use": 2}


def test_a_rise_of_the_verdict_is_told_from_a_rise_of_the_accuracy():
    _, conditions = SERIES["label noise, %"]
    codes = dict(zip(conditions, ("use", "no_gain", "use", "no_gain", "no_gain"), strict=True))
    gains = (5, 4, 3, 2, 1)
    better = judged(codes, gains, (150, 100, 140, 100, 100))
    # Better and worse again, but not where the verdict rises.
    elsewhere = judged(codes, gains, (150, 140, 100, 140, 100))
    series = summary({1: better, 2: elsewhere})["series"]["label noise, %"]
    assert series["repeats_with_a_rise"]["hits"] == 2
    assert series["repeats_with_a_rise_beyond_chance"]["hits"] == 1


def test_a_wilson_interval():
    # Newcombe 1998, table I: 81 of 263, and none of 20.
    assert wilson(81, 263) == pytest.approx((0.2553, 0.3662), abs=1e-4)
    assert wilson(0, 20) == pytest.approx((0, 0.1611), abs=1e-4)
    assert rate(0, 0)["share"] is None


def test_no_trend_among_equal_values():
    assert trend((0, 1, 2), (1.0, 1.0, 1.0)) == {"spearman": None, "kendall": None}
