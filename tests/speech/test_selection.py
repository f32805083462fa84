from collections import Counter

import numpy as np
import pyarrow as pa
from hypothesis import given
from hypothesis import strategies as st

from corpusforge.core.ids import assign_ids
from corpusforge.core.schema import utterances_to_table
from corpusforge.speech.selection import quotas, select_rows, strata
from tests.speech.rows import corpus, utterance


@given(
    st.lists(st.integers(1, 50), min_size=1, max_size=20),
    st.integers(0, 400),
    st.integers(0, 2**32 - 1),
)
def test_quotas_sum_up_and_fit(sizes, count, seed):
    found = quotas(sizes, count, np.random.default_rng(seed).random(len(sizes)))
    assert found.sum() == min(count, sum(sizes))
    assert (found <= sizes).all()
    assert (found >= 0).all()
    if count >= len(sizes):
        assert (found >= 1).all()


def test_quotas_follow_the_sizes():
    assert quotas([100, 200, 700], 103, np.zeros(3)).tolist() == [11, 21, 71]


def test_strata_are_split_intent_origin_and_slot_names():
    table = corpus(4, utterance(9, "what time is it"), utterance(9, "hello", slots=None))
    found = strata(table)
    assert found[0] == "train\x1elight_off\x1egrammar\x1eroom"
    assert found[4].endswith("\x1egrammar\x1e")
    assert strata(table.slice(1, 3)) == found[1:4]
    assert strata(table.slice(0, 0)) == []


def test_slot_order_does_not_make_a_stratum():
    table = corpus(1)
    slots = table["slots"].to_pylist()[0]
    both = [[{**slots[0], "name": a}, {**slots[0], "name": b}] for a, b in ("xy", "yx")]
    column = pa.array(both, table.schema.field("slots").type)
    doubled = pa.concat_tables([table, table]).set_column(
        table.schema.get_field_index("slots"), table.schema.field("slots"), column
    )
    assert len(set(strata(doubled))) == 1


def test_every_stratum_is_heard_in_proportion():
    table = corpus(200, utterance(0, "the only one of its kind", intent="rare"))
    chosen = select_rows(table, 60, seed=1)
    assert len(chosen) == len(set(chosen)) == 60
    counts = Counter(np.array(strata(table))[chosen])
    assert set(counts) == set(strata(table))
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
    assert len(old & more) >= 97


def test_small_and_empty_corpora():
    assert select_rows(corpus(3), 50, 1) == [0, 1, 2]
    assert select_rows(corpus(3), 0, 1) == []
    assert select_rows(corpus(0), 5, 1) == []
