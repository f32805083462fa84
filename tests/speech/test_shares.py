from collections import Counter
from functools import cache

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from corpusforge.core.seeding import uniforms
from corpusforge.speech.shares import (
    accent_weights,
    engine_shares,
    gender_weights,
    pick,
    shares_asked_for,
)

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


MIXED = {"a": {"x"}, "b": {"x"}, "c": {"y"}, "d": {"y", "z"}}


def by_family(shares):
    found = Counter()
    for (kind, _), share in shares.items():
        found[kind] += share
    return found


def test_the_share_of_a_family_is_what_its_engines_have_together():
    found = engine_shares(MIXED, {"x": 0.6})
    assert found["x", "a"] == found["x", "b"] == pytest.approx(0.3)
    assert by_family(found)["y"] == by_family(found)["z"] == pytest.approx(0.2)
    found = engine_shares(MIXED, {"x": 0.6, "a": 0.2})
    assert (found["x", "a"], found["x", "b"]) == pytest.approx((0.2, 0.4))
    assert shares_asked_for(MIXED, {"x": 0.6, "a": 0.2}) == pytest.approx(0.6)
    # The share of an engine wins over that of its family.
    found = engine_shares(MIXED, {"x": 0.2, "a": 0.5})
    assert (found["x", "a"], found["x", "b"]) == pytest.approx((0.5, 0))
    # An engine of two families has a part of each.
    found = engine_shares(MIXED, {"y": 0.8})
    assert (found["y", "c"], found["y", "d"]) == pytest.approx((0.4, 0.4))
    assert (found["z", "d"], by_family(found)["x"]) == pytest.approx((0.1, 0.1))
    assert shares_asked_for(MIXED, {"y": 0.8, "x": 0.4}) == pytest.approx(1.2)


@settings(deadline=None)
@given(FAMILIES, st.dictionaries(st.sampled_from("abcdefxyz"), st.floats(0, 1), max_size=4))
def test_shares_of_engines_and_families_sum_to_one_and_are_held(families, wanted):
    found = engine_shares(families, wanted)
    assert sum(found.values()) == pytest.approx(1)
    kinds = {kind for own in families.values() for kind in own}
    free = [n for n in families if n not in wanted and not families[n] <= {*wanted}]
    if free and shares_asked_for(families, wanted) <= 1:
        for kind in kinds & {*wanted}:
            engines = [name for name, own in families.items() if kind in own]
            given_ = sum(wanted[n] / len(families[n]) for n in engines if n in wanted)
            if given_ <= wanted[kind] and not {*engines} <= {*wanted}:
                assert by_family(found)[kind] == pytest.approx(wanted[kind])


def test_accents_without_a_share_share_the_rest():
    assert accent_weights(["A", "B", "C"], None) is None
    # An accent of another engine says nothing about those of this one.
    assert accent_weights(["A", "B", "C"], {"D": 0.9}) is None
    assert accent_weights(["A", "B", "C"], {"B": 0.6}) == pytest.approx([0.2, 0.6, 0.2])
    assert accent_weights(["A", "B"], {"A": 0.6, "B": 0.4}) == [0.6, 0.4]
