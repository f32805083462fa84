import math
from collections import Counter

import pytest
from hypothesis import given
from hypothesis import strategies as st

from corpusforge.metrics import distinct_n, self_bleu, slot_entropy

WORDS = st.lists(st.sampled_from("abc"), max_size=6)
TEXTS = st.lists(WORDS, max_size=8)


@pytest.mark.parametrize("module", [distinct_n, self_bleu, slot_entropy])
def test_metrics_say_what_they_measure(module):
    metric = module.PLUGIN
    assert metric.name and metric.unit and metric.source
    assert metric.goal in ("min", "max", "none")
    low, high = metric.bounds
    assert low < high
    assert metric.compute([]) == 0.0


def test_distinct_n_by_hand():
    assert distinct_n.distinct_n([["a", "b", "a", "b"]], 2) == pytest.approx(2 / 3)
    assert distinct_n.distinct_n([["a"]], 2) == 0.0


def slow_bleu(row, texts, order=4):
    """Self-BLEU of one text from its definition."""
    tokens = texts[row]
    others = [text for place, text in enumerate(texts) if place != row]
    logs = []
    for n in range(1, min(order, len(tokens)) + 1):
        grams = Counter(tuple(tokens[i : i + n]) for i in range(len(tokens) - n + 1))
        best = Counter()
        for other in others:
            best |= Counter(tuple(other[i : i + n]) for i in range(len(other) - n + 1))
        matched = sum((grams & best).values())
        logs.append(math.log(max(matched, 0.1) / sum(grams.values())))
    nearest = min((len(other) for other in others), key=lambda n: (abs(n - len(tokens)), n))
    return math.exp(min(0.0, 1 - nearest / len(tokens)) + sum(logs) / len(logs))


@given(TEXTS)
def test_self_bleu_equals_its_definition(texts):
    kept = [text for text in texts if text]
    expected = 0.0
    if len(kept) > 1:
        expected = sum(slow_bleu(row, kept) for row in range(len(kept))) / len(kept)
    assert self_bleu.self_bleu(texts) == pytest.approx(expected)


@given(TEXTS)
def test_bounds(texts):
    assert 0 <= self_bleu.self_bleu(texts) <= 1 + 1e-12
    assert 0 <= distinct_n.distinct_n(texts) <= 1


@given(st.lists(st.tuples(st.sampled_from("ab"), st.sampled_from("xyz"))))
def test_slot_entropy_bounds(values):
    assert 0 <= slot_entropy.slot_entropy(values) <= 1


def test_slot_entropy_by_hand():
    assert slot_entropy.slot_entropy([("a", "x"), ("a", "y")]) == pytest.approx(1)
    assert slot_entropy.slot_entropy([("a", "x"), ("a", "x")]) == 0
    even_and_single = [("a", "x"), ("a", "y"), ("b", "x")]
    assert slot_entropy.slot_entropy(even_and_single) == pytest.approx(0.5)
