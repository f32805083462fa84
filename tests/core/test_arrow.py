import numpy as np
from hypothesis import given, settings
from hypothesis import strategies as st

from corpusforge.core.arrow import code_points, integers, list_items, strings, woven

QUIET = settings(deadline=None)
TEXTS = st.lists(st.text(st.sampled_from("aé日𝒳 "), max_size=4), min_size=1, max_size=6)


@QUIET
@given(TEXTS, st.lists(st.lists(st.integers(0, 99), max_size=4), max_size=5))
def test_woven_strings_are_their_pieces(texts, rows):
    rows = [[number % len(texts) for number in row] for row in rows]
    numbers = np.array([number for row in rows for number in row], np.int64)
    ends = np.cumsum([0, *map(len, rows)])
    made, places = woven(strings(texts), numbers, ends)
    made.validate(full=True)
    assert made.to_pylist() == ["".join(texts[number] for number in row) for row in rows]
    sizes = [len(texts[number].encode()) for number in numbers]
    assert places.tolist() == np.cumsum([0, *sizes]).tolist()


@QUIET
@given(TEXTS, st.integers(0, 5))
def test_code_points_are_lengths(texts, start):
    array = strings(texts).slice(start)
    assert code_points(array).tolist() == [len(text) for text in texts[start:]]


def test_items_of_a_slice():
    import pyarrow as pa

    lists = pa.ListArray.from_arrays(integers(np.array([0, 2, 2, 5], np.int32)), strings("abcde"))
    offsets, items = list_items(lists.slice(1))
    assert (offsets.tolist(), items.to_pylist()) == ([0, 0, 3], ["c", "d", "e"])
