import bisect
import itertools

import numpy as np
from hypothesis import given, settings
from hypothesis import strategies as st

from corpusforge.grammar.guides import MAX_EXACT, MAX_RANK, Guides, quotient

QUIET = settings(deadline=None)
SIZES = st.lists(
    st.one_of(st.integers(1, 3), st.just(7), st.integers(1, 10**6), st.integers(1, 10**16)),
    min_size=1,
    max_size=40,
)


@QUIET
@given(st.lists(SIZES, min_size=1, max_size=4), st.randoms(use_true_random=False))
def test_every_rank_is_found(tables, rng):
    guides = Guides()
    ends = [list(itertools.accumulate(sizes)) for sizes in tables]
    first = list(itertools.accumulate((len(sizes) for sizes in tables), initial=1))
    for number, of_table in enumerate(ends):
        guides.add(number + 1, of_table)
    asked = []
    for number, of_table in enumerate(ends):
        borders = [0, *(end + step for end in of_table for step in (-1, 0))][:-1]
        drawn = [rng.randrange(of_table[-1]) for _ in range(20)]
        asked += [(number, rank) for rank in [*borders, *drawn]]
    rng.shuffle(asked)
    found, left = guides.find(
        np.array([number + 1 for number, _ in asked]), np.array([rank for _, rank in asked])
    )
    for (number, rank), entry, rest in zip(asked, found.tolist(), left.tolist(), strict=True):
        place = bisect.bisect_right(ends[number], rank)
        assert entry == first[number] + place
        assert rest == rank - (ends[number][place - 1] if place else 0)


def test_tables_that_are_too_large_only_take_their_place():
    guides = Guides()
    guides.add(1, [5, MAX_RANK + 5])
    guides.skip(2)
    guides.add(2, [2, 3])
    found, left = guides.find(np.array([2, 2, 0]), np.array([1, 2, 0]))
    assert (found.tolist(), left.tolist()) == ([5, 6, 0], [1, 0, 0])


@QUIET
@given(st.integers(1, MAX_EXACT - 1), st.integers(0, MAX_EXACT - 1), st.integers(0, MAX_EXACT))
def test_quotients_are_exact(size, rank, multiple):
    near = max(0, min(MAX_EXACT // size, multiple % (MAX_EXACT // size + 1)) * size)
    ranks = [r for r in (rank, near - 1, near, near + 1) if 0 <= r < MAX_EXACT]
    found = quotient(np.array(ranks), np.full(len(ranks), 1 / size))
    assert found.tolist() == [r // size for r in ranks]
