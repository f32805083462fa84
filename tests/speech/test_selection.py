from collections import Counter

import numpy as np
import pyarrow as pa
from hypothesis import given
from hypothesis import strategies as st

from corpusforge.core.ids import assign_ids
from corpusforge.core.schema import utterances_to_table
from corpusforge.core.spans import Slot
from corpusforge.speech.selection import levels, quotas, select_rows
from tests.speech.rows import corpus, utterance


@given(
    st.lists(st.integers(1, 50), min_size=1, max_size=20),
    st.integers(0, 400),
    st.integers(0, 2**32 - 1),
)
def test_quotas_sum_up_and_fit(sizes, count, seed):
    drawn = np.random.default_rng(seed).random(len(sizes))
    found = quotas(sizes, count, drawn)
    assert (quotas(sizes, count + 1, drawn) >= found).all()
    assert found.sum() == min(count, sum(sizes))
    assert (found <= sizes).all()
    assert (found >= 0).all()
    if count >= len(sizes):
        assert (found >= 1).all()


def test_quotas_follow_the_sizes():
    assert quotas([100, 200, 700], 100, np.zeros(3)).tolist() == [10, 20, 70]
    # The split of a corpus of 80, 10 and 10 % in twenty clips, and in three.
    assert quotas([1600, 200, 200], 20, np.full(3, 0.5)).tolist() == [16, 2, 2]
    assert quotas([1600, 200, 200], 3, np.full(3, 0.5)).tolist() == [1, 1, 1]


def test_first_seats_are_drawn_by_size():
    drawn = np.random.default_rng(1).random((2000, 3))
    heard = np.mean([quotas([10, 20, 70], 1, row) for row in drawn], axis=0)
    assert np.allclose(heard, [0.1, 0.2, 0.7], atol=0.03)


def test_strata_are_split_intent_origin_and_slot_names():
    table = corpus(4, utterance(9, "what time is it"), utterance(9, "hello", slots=None))
    splits, intents, found = levels(table)
    assert (splits[0], intents[0]) == ("train", "train\x1elight_off")
    assert found[0] == "train\x1elight_off\x1egrammar\x1eroom"
    assert found[4].endswith("\x1egrammar\x1e")
    assert levels(table.slice(1, 3))[2] == found[1:4]
    assert levels(table.slice(0, 0)) == [[], [], []]


def test_slot_order_does_not_make_a_stratum():
    table = corpus(1)
    slots = table["slots"].to_pylist()[0]
    both = [[{**slots[0], "name": a}, {**slots[0], "name": b}] for a, b in ("xy", "yx")]
    column = pa.array(both, table.schema.field("slots").type)
    doubled = pa.concat_tables([table, table]).set_column(
        table.schema.get_field_index("slots"), table.schema.field("slots"), column
    )
    assert len(set(levels(doubled)[2])) == 1


def test_every_stratum_is_heard_in_proportion():
    table = corpus(200, utterance(0, "the only one of its kind", intent="rare"))
    chosen = select_rows(table, 60, seed=1)
    assert len(chosen) == len(set(chosen)) == 60
    strata = levels(table)[2]
    counts = Counter(np.array(strata)[chosen])
    assert set(counts) == set(strata)
    train = sum(n for name, n in counts.items() if name.startswith("train"))
    assert 33 <= train <= 38


def test_adding_rows_leaves_nearly_all_choices():
    before = corpus(300)
    rows = [*(utterance(n) for n in range(300)), utterance(7, "a new one", intent="new")]
    after = assign_ids(utterances_to_table(rows[::-1]))
    old = set(np.array(before["id"].to_pylist())[select_rows(before, 100, 1)])
    new = set(np.array(after["id"].to_pylist())[select_rows(after, 100, 1)])
    assert len(old) == 100
    assert len(old & new) >= 95
    more = set(np.array(before["id"].to_pylist())[select_rows(before, 150, 1)])
    assert old < more


def like_smart_home():
    """2,000 rows in proportions like those of the shipped recipe: 20 intents, many slot sets."""
    generator = np.random.Generator(np.random.Philox(7))
    rows = []
    for number in range(2000):
        intent = int(20 * generator.random() ** 2)
        split = "train" if number % 10 < 8 else ("validation", "test")[number % 2]
        named = [slot for slot in "abcdef" if generator.random() < 0.4]
        slots = tuple(Slot(n, n, "x", "x", 2 * i, 2 * i + 1) for i, n in enumerate(named))
        rows.append(
            utterance(
                number,
                " ".join(["x"] * len(named)) + f" and {number}",
                intent=f"intent{intent}",
                split=split,
                slots=slots,
                origin="gan" if split == "train" and number % 5 == 0 else "grammar",
            )
        )
    return assign_ids(utterances_to_table(rows))


def test_fewer_clips_than_strata_are_spread_over_splits_and_intents():
    table = like_smart_home()
    assert len(set(levels(table)[2])) > 500
    split, intent = table["split"].to_pylist(), table["intent"].to_pylist()
    chosen = select_rows(table, 20, 1)
    assert Counter(split[row] for row in chosen) == {"train": 16, "validation": 2, "test": 2}
    assert len({intent[row] for row in chosen}) >= 16
    for count in (3, 5, 20, 60, 300):
        some, more = set(select_rows(table, count, 1)), set(select_rows(table, count + 2, 1))
        assert (len(some), len(more)) == (count, count + 2)
        assert some < more
        assert {split[row] for row in some} == {"train", "validation", "test"}


def test_new_rows_leave_nearly_all_of_few_choices():
    before = like_smart_home()
    after = pa.concat_tables([corpus(20), before])
    old, new = (
        {table["id"][row].as_py() for row in select_rows(table, 20, 1)} for table in (before, after)
    )
    assert len(old & new) >= 18


def test_small_and_empty_corpora():
    assert select_rows(corpus(3), 50, 1) == [0, 1, 2]
    assert select_rows(corpus(3), 0, 1) == []
    assert select_rows(corpus(0), 5, 1) == []
