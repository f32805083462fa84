import numpy as np
import pytest

from eval.rare_intents import recall_at

IS_RARE = np.array([True, True, False, False, False, False])
ONCE = np.ones((1, 6))


def recall(margin, prevalence, precision):
    return float(recall_at(np.array(margin), IS_RARE, ONCE, prevalence, precision)[0])


def test_a_clean_ranking_finds_all():
    assert recall([5, 4, 3, 2, 1, 0], 0.01, 0.9) == 1


def test_false_alarms_cost_more_where_the_intent_is_rare():
    margin = [5, 3, 4, 2, 1, 0]  # one false alarm above the second rare row
    assert recall(margin, 1 / 3, 0.6) == 1
    assert recall(margin, 1 / 3, 0.7) == 0.5
    assert recall(margin, 0.01, 0.6) == 0.5


def test_no_threshold_keeps_the_precision():
    assert recall([1, 0, 5, 4, 3, 2], 0.01, 0.5) == 0


def test_equal_margins_are_not_told_apart():
    assert recall([1, 1, 1, 1, 1, 1], 1 / 3, 0.5) == 0
    assert recall([1, 1, 1, 1, 1, 1], 1 / 3, 0.3) == 1


def test_rows_count_as_often_as_they_were_drawn():
    margin = np.array([5.0, 3, 4, 2, 1, 0])
    times = np.array([[1, 1, 0, 2, 1, 1], [1, 1, 1, 1, 1, 1]], dtype=float)
    assert recall_at(margin, IS_RARE, times, 1 / 3, 0.7).tolist() == pytest.approx([1, 0.5])
