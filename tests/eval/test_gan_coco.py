"""BLEU, Frechet distance and the verdict on curves, against what is known about them."""

import math
from collections import Counter

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from eval.expand.bleu import References, words
from eval.expand.coco import frechet, verdicts
from eval.expand.coco_models import _offset

sentences = st.lists(st.sampled_from(["a", "b", "c", "d"]), min_size=1, max_size=8)


def by_the_book(text, references, order):
    """Papineni et al. 2002, with epsilon 0.1 for orders without a match; no shared code."""
    logs = 0.0
    for n in range(1, order + 1):
        grams = Counter(zip(*(text[i:] for i in range(n)), strict=False))
        clipped = 0
        for gram, count in grams.items():
            most = max(
                sum(1 for i in range(len(r)) if tuple(r[i : i + n]) == gram) for r in references
            )
            clipped += min(count, most)
        if n == 1 and not clipped:
            return 0.0
        logs += math.log((clipped or 0.1) / max(1, sum(grams.values()))) / order
    nearest = min((abs(len(r) - len(text)), len(r)) for r in references)[1]
    return math.exp(logs) * (1.0 if len(text) > nearest else math.exp(1 - nearest / len(text)))


@given(sentences, st.lists(sentences, min_size=1, max_size=4))
def test_bleu_is_that_of_the_book(text, references):
    (scores,) = References(references).scores([text])
    for order in range(1, 6):
        assert scores[order - 1] == pytest.approx(by_the_book(text, references, order))


def test_bleu_of_a_reference_is_one():
    text = words("A dog, on Bob's bed.")
    assert text == ["a", "dog", ",", "on", "bob's", "bed", "."]
    assert References([text, ["x"]]).scores([text])[0] == pytest.approx([1.0] * 5)


def test_frechet_distance_of_known_normals():
    generator = np.random.default_rng(1)
    one = generator.normal(size=(20000, 3))
    moved = generator.normal(size=(20000, 3)) * 2 + [3.0, 0.0, 0.0]
    assert frechet(one, one) == pytest.approx(0, abs=1e-9)
    # Mean 3 apart, and (2 - 1)^2 in each of three dimensions.
    assert frechet(one, moved) == pytest.approx(9 + 3, rel=0.05)


def point(place, bleu, distance):
    return {
        "self_bleu_4": place,
        "bleu": {"4": bleu},
        "bleu_4_error": 0.01,
        "frechet": distance,
        "frechet_halves": [distance, distance + 0.01],
        "frechet_train": 1 - distance,
        "frechet_train_halves": [distance, distance],
    }


def test_verdicts_compare_at_equal_diversity():
    curve = [point(0.2, 0.3, 0.5), point(0.4, 0.5, 0.3)]
    points = [point(0.3, 0.45, 0.2), point(0.3, 0.41, 0.4), point(0.3, 0.3, 0.6), point(0.5, 1, 0)]
    found = verdicts(points, curve)
    assert [f["bleu_4"] for f in found] == ["above", "on", "below", "outside"]
    assert [f["frechet"] for f in found] == ["above", "on", "below", "outside"]
    assert [f["frechet_train"] for f in found] == ["below", "on", "above", "outside"]
    assert found[0]["bleu_4_more"] == pytest.approx(0.05)
    assert found[2]["frechet_less"] == pytest.approx(-0.2)


@given(st.lists(st.floats(-8, 8), min_size=8, max_size=60), st.integers(1, 7))
def test_odds_are_cut_off_where_they_keep_the_wanted_number(logits, count):
    logits = np.array(logits)
    kept = np.minimum(np.exp(logits - _offset(logits, count)), 1.0).sum()
    assert kept == pytest.approx(count, abs=1e-3)
