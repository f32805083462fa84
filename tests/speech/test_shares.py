from collections import Counter
from functools import cache

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from corpusforge.core.seeding import uniforms
from corpusforge.speech.shares import engine_shares, gender_weights, pick

NAMES = st.lists(st.text("abcdefgh", min_size=1, max_size=4), min_size=1, max_size=9, unique=True)
ROWS = 4000


@cache
def words(seed=1, rows=ROWS):
    return (uniforms(seed, "test", [str(n) for n in range(rows)]) * 2.0**53).astype(np.uint64)


def won(names, weights=None, seed=1, place="x"):
    return np.array(names, dtype=object)[pick(words(seed), place, names, weights)]


@settings(deadline=None)
@given(NAMES, st.integers(0, 5), st.data())
def test_each_candidate_wins_its_share(names, seed, data):
    weights = data.draw(
        st.lists(st.sampled_from([0.0, 0.5, 1.0, 3.0]), min_size=len(names), max_size=len(names))
    )
    counts = Counter(won(names, weights, seed))
    total = sum(weights)
    for name, weight in zip(names, weights, strict=True):
        share = weight / total if total else 1 / len(names)
        # Five standard deviations of a binomial count.
        slack = 5 * np.sqrt(ROWS * share * (1 - share))
        assert abs(counts[name] - ROWS * share) <= slack


@settings(deadline=None)
@given(NAMES, st.text("ijkl", min_size=1, max_size=4), st.integers(0, 5))
def test_who_is_added_takes_rows_and_moves_no_other(names, new, seed):
    before, after = won(names, seed=seed), won([*names, new], seed=seed)
    moved = before != after
    assert set(after[moved]) <= {new}
    share = 1 / (len(names) + 1)
    assert moved.mean() == pytest.approx(share, abs=5 * np.sqrt(share * (1 - share) / ROWS))


@settings(deadline=None)
@given(NAMES, st.permutations(range(9)))
def test_the_order_of_the_candidates_does_not_matter(names, order):
    again = [names[i] for i in order if i < len(names)]
    assert (won(names) == won(again)).all()


def test_two_choices_of_a_row_are_independent():
    pairs = Counter(zip(won(["a", "b"], place="x"), won(["a", "b"], place="y"), strict=True))
    assert min(pairs.values()) > ROWS / 4 - 5 * np.sqrt(ROWS * 3 / 16)


FAMILIES = st.dictionaries(
    st.sampled_from("abcdef"), st.sets(st.sampled_from("xyz"), min_size=1), min_size=1
)
WANTED = st.none() | st.dictionaries(st.sampled_from("abcdef"), st.floats(0, 1), max_size=3)


@settings(deadline=None)
@given(FAMILIES, WANTED)
def test_engine_shares_sum_to_one_and_hold_what_is_asked_for(families, wanted):
    found = engine_shares(families, wanted)
    assert set(found) == {(kind, name) for name, own in families.items() for kind in own}
    assert sum(found.values()) == pytest.approx(1)
    shares = {n: sum(found[kind, n] for kind in own) for n, own in families.items()}
    given_ = {name: share for name, share in (wanted or {}).items() if name in families}
    if sum(given_.values()) <= 1 and len(given_) < len(families):
        assert all(shares[name] == pytest.approx(share) for name, share in given_.items())
    if not given_:
        kinds = Counter()
        for (kind, _), share in found.items():
            kinds[kind] += share
        assert max(kinds.values()) == pytest.approx(min(kinds.values()))


def test_what_one_sex_leaves_is_the_others():
    assert gender_weights(None)["female"] == gender_weights(None)["male"]
    assert gender_weights({"male": 0.75})["female"] == 0.25
    assert gender_weights({"female": 1.0})["male"] == 0.0
