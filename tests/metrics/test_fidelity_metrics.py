import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from corpusforge.core.plugins import names
from corpusforge.core.seeding import rng
from corpusforge.metrics import prdc, tail_coverage, two_sample, vendi, vocabulary

MODULES = [prdc, tail_coverage, two_sample, vendi, vocabulary]


@pytest.mark.parametrize("module", MODULES)
def test_metrics_say_what_they_measure(module):
    metric = module.PLUGIN
    assert metric.name and metric.unit and metric.source
    assert metric.goal in ("min", "max", "none")
    low, high = metric.bounds
    assert low < high
    assert metric.compute([]) == 0.0
    assert module.__name__.rsplit(".", 1)[1] in names("metric")


def test_vocabulary_is_counted_at_equal_tokens():
    texts = [["a", "b"], ["b", "c", "d"], ["e"]]
    assert vocabulary.vocabulary(texts) == 5
    assert vocabulary.vocabulary(texts, 3) == 2
    assert vocabulary.first_tokens(texts, 3) == [["a", "b"], ["b"]]
    assert vocabulary.first_tokens(texts, 99) == texts


def test_the_tail_is_what_comes_least_often():
    real = [["the", "cat"], ["the", "dog"], ["the", "cat"], ["a", "cat"]]
    # Counts: the 3, cat 3, dog 1, a 1: the lowest quarter is one of four, ties are in.
    assert tail_coverage.rare_ngrams(real) == {("dog",), ("a",)}
    assert tail_coverage.tail_coverage([["a", "the"]], real) == 0.5
    assert tail_coverage.tail_coverage(real, real) == 1
    assert tail_coverage.rare_ngrams(real, 2) == {("the", "dog"), ("a", "cat")}


def test_vendi_counts_different_texts():
    axes = np.eye(4)
    assert vendi.vendi(axes) == pytest.approx(4)
    assert vendi.vendi(axes[[0, 0, 0]]) == pytest.approx(1)
    assert vendi.vendi(axes[[0, 0, 1, 1]]) == pytest.approx(2)
    assert vendi.vendi(np.zeros((3, 2))) == 0


@given(st.integers(1, 12), st.integers(1, 6), st.integers(0, 99))
def test_vendi_is_the_same_through_either_matrix(count, size, seed):
    points = rng(seed, "vendi").normal(size=(count, size))
    points /= np.linalg.norm(points, axis=1, keepdims=True)
    values = np.linalg.eigvalsh(points @ points.T / count)
    values = values[values > 1e-12]
    assert vendi.vendi(points) == pytest.approx(np.exp(-(values * np.log(values)).sum()))


def slow_prdc(made, real, k):
    """The four figures from their definitions."""

    def radius(points, place):
        others = [np.linalg.norm(p - points[place]) for i, p in enumerate(points) if i != place]
        return sorted(others)[k - 1]

    real_radii = [radius(real, i) for i in range(len(real))]
    made_radii = [radius(made, i) for i in range(len(made))]
    apart = np.array([[np.linalg.norm(r - m) for m in made] for r in real])
    inside = apart <= np.array(real_radii)[:, None]
    inside_made = apart <= np.array(made_radii)[None]
    return (
        inside.any(axis=0).mean(),
        inside_made.any(axis=1).mean(),
        inside.sum() / (k * len(made)),
        inside.any(axis=1).mean(),
    )


@given(st.integers(3, 9), st.integers(3, 9), st.integers(1, 2), st.integers(0, 99))
def test_prdc_equals_its_definition(made, real, k, seed):
    draws = rng(seed, "prdc")
    first, second = draws.normal(size=(made, 2)), draws.normal(size=(real, 2)) + 0.5
    found = prdc.prdc(first, second, k)
    expected = slow_prdc(first, second, k)
    assert [found.precision, found.recall, found.density, found.coverage] == pytest.approx(expected)


def test_copies_are_as_near_as_can_be():
    points = rng(1, "copies").normal(size=(40, 3))
    found = prdc.prdc(points, points)
    assert (found.precision, found.recall, found.coverage) == (1, 1, 1)
    far = prdc.prdc(points + 100, points)
    assert (far.precision, far.recall, far.density, far.coverage) == (0, 0, 0, 0)
    assert np.isnan(prdc.prdc(points[:5], points).precision)


def test_auc_by_hand():
    assert two_sample.auc([3, 4], [1, 2])[0] == 1
    assert two_sample.auc([1, 1], [1, 1])[0] == 0.5
    assert two_sample.auc([1, 3], [2, 3])[0] == pytest.approx((0 + 0 + 1 + 0.5) / 4)
    assert np.isnan(two_sample.auc([], [1])[0])


def test_the_interval_covers_what_it_says():
    draws = rng(4, "auc")
    covered = 0
    for _ in range(300):
        made, real = draws.normal(0.5, 1, 60), draws.normal(0, 1, 60)
        scores = np.concatenate([made, real])
        _, low, high = two_sample.auc_over_folds(scores, np.arange(120) < 60, np.zeros(120))
        covered += low <= 0.6382 <= high  # Phi(0.5 / sqrt 2)
    assert 0.91 <= covered / 300 <= 0.98


def test_scores_of_different_folds_are_not_compared():
    scores = [0.1, 0.2, 0.0, 0.15, 10.1, 10.2, 10.0, 10.15]
    made = [True, True, False, False] * 2
    folds = [0] * 4 + [1] * 4
    area, low, high = two_sample.auc_over_folds(scores, made, folds)
    assert area == pytest.approx(0.75)
    assert 0 <= low <= area <= high <= 1
    assert np.isnan(two_sample.auc_over_folds(scores, [True] * 8, folds)[0])
