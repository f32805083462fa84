import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from corpusforge.clean import near_duplicates
from corpusforge.clean.near_duplicates import gram_sets, independent_rows, similar_pairs


def grams(text):
    padded = f" {text} " if text else ""
    return {padded[i : i + 3] for i in range(len(padded) - 2)}


def brute_force(texts, threshold, groups=None):
    found = {}
    for i, a in enumerate(texts):
        for j in range(i + 1, len(texts)):
            if groups is not None and groups[i] != groups[j]:
                continue
            both = grams(a) | grams(texts[j])
            if both and len(grams(a) & grams(texts[j])) / len(both) >= threshold:
                found[i, j] = len(grams(a) & grams(texts[j])) / len(both)
    return found


WORDS = st.sampled_from(["turn", "on", "off", "the", "light", "lights", "in", "kitchen", "ü", "灯"])
TEXTS = st.one_of(
    st.lists(WORDS, max_size=7).map(" ".join),
    st.text(alphabet="ab \U0001f600", max_size=12),
)


@settings(max_examples=150, deadline=None)
@given(
    texts=st.lists(TEXTS, max_size=25),
    threshold=st.sampled_from([0.05, 0.3, 0.5, 0.7, 0.8, 0.9, 1.0]),
    grouped=st.booleans(),
    data=st.data(),
)
def test_join_equals_brute_force(texts, threshold, grouped, data):
    groups = None
    if grouped:
        groups = data.draw(st.lists(st.integers(0, 2), min_size=len(texts), max_size=len(texts)))
    pairs = similar_pairs(texts, threshold, groups)
    found = {
        (int(a), int(b)): float(s)
        for a, b, s in zip(pairs.left, pairs.right, pairs.jaccard, strict=True)
    }
    assert found == brute_force(texts, threshold, groups)


def test_small_batches_give_the_same_pairs(monkeypatch):
    rng = np.random.Generator(np.random.Philox(1))
    words = ["turn", "on", "off", "the", "light", "lamp", "please", "kitchen", "hall"]
    texts = [" ".join(rng.choice(words, size=6)) for _ in range(300)]
    whole = similar_pairs(texts, 0.6)
    monkeypatch.setattr(near_duplicates, "_MAX_CANDIDATES", 50)
    pieces = similar_pairs(texts, 0.6)
    assert len(whole) > 100
    for name in ("left", "right", "jaccard"):
        assert np.array_equal(getattr(whole, name), getattr(pieces, name))


def test_texts_shorter_than_a_gram_are_told_apart():
    # text-dedup issues 77 and 103: everything shorter than the shingle collapses into one row.
    assert len(similar_pairs(["a", "b", "ok", "no", "", ""], 0.1)) == 0
    assert gram_sets(["", "a", "ok"]).sizes.tolist() == [0, 1, 2]


@pytest.mark.parametrize("threshold", [0.0, -1.0, 1.5])
def test_threshold_out_of_range(threshold):
    with pytest.raises(ValueError, match="threshold"):
        similar_pairs(["a"], threshold)


@settings(max_examples=100, deadline=None)
@given(
    rows=st.integers(1, 12),
    edges=st.lists(st.tuples(st.integers(0, 11), st.integers(0, 11)), max_size=30),
    seed=st.integers(0, 5),
)
def test_independent_rows_certificate(rows, edges, seed):
    edges = sorted({(min(a, b), max(a, b)) for a, b in edges if a != b and max(a, b) < rows})
    left = np.array([a for a, _ in edges], dtype=np.int64)
    right = np.array([b for _, b in edges], dtype=np.int64)
    priority = np.random.Generator(np.random.Philox(seed)).permutation(rows)
    keep, lost = independent_rows(rows, priority, left, right)
    assert not any(keep[a] and keep[b] for a, b in edges)
    for row in range(rows):
        if keep[row]:
            assert lost[row] == -1
        else:
            a, b = edges[lost[row]]
            twin = b if a == row else a
            assert keep[twin]
            assert priority[twin] < priority[row]
