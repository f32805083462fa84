from collections import Counter

import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from corpusforge.expand.contract import Candidate
from corpusforge.expand.judge import Limits, Scores
from corpusforge.expand.selection import Budget, Selection, shares, water_fill
from corpusforge.expand.slots import Frame, SlotTable

COUNTS = st.dictionaries(st.sampled_from("abcde"), st.integers(0, 50))


def never(intent):
    return False


@given(st.integers(0, 200), COUNTS)
def test_shares_sum_to_the_whole(rows, counts):
    parts = shares(rows, counts)
    total = sum(counts.values())
    assert sum(parts.values()) == (rows if total else 0)
    if total:
        for name, part in parts.items():
            assert abs(part - rows * counts[name] / total) < 1


@given(st.integers(0, 200), COUNTS, st.data())
def test_water_fill_keeps_limits_and_gives_all_it_can(rows, counts, data):
    limits = {name: data.draw(st.integers(0, 60)) for name in counts}
    parts = water_fill(rows, counts, limits)
    assert all(0 <= parts[name] <= limits[name] for name in counts)
    assert sum(parts.values()) == min(rows, sum(limits.values()))


@given(COUNTS, st.integers(0, 30), st.integers(1, 5))
def test_budget_ends_and_is_kept(counts, rows, most):
    budget = Budget(rows, counts, most)
    for _ in range(1000):
        plan = budget.plan({}, 16, never)
        if not plan:
            break
        assert 0 < sum(plan.values()) <= 16
    assert sum(budget.spent.values()) == sum(budget.quota.values()) * most


def test_a_full_pool_is_not_drawn_for():
    budget = Budget(10, {"a": 1, "b": 1}, 40)
    assert budget.plan({"a": 20}, 16, never) == {"b": 16}


def test_a_generator_that_has_given_all_is_not_asked_again():
    budget = Budget(10, {"a": 1, "b": 1}, 40)
    assert budget.plan({}, 16, lambda intent: intent == "a") == {"b": 16}
    assert budget.plan({}, 16, lambda intent: True) == {}


class FixedJudge:
    """Scores written in the text: "words realness match"."""

    limits = Limits(realness=0.0, match=0.5, intent=0.5)
    pool, by_odds, worth_rows = 4.0, False, 0.0

    def scores(self, frames, texts):
        numbers = np.array([[float(x) for x in text.split()[-2:]] for text in texts])
        numbers = numbers.reshape(-1, 2)
        return Scores(numbers[:, 0], numbers[:, 1], numbers[:, 1])


class WordNovelty:
    """The class is the first word."""

    def classify(self, texts):
        return [text.split()[0] for text in texts]


def candidate(text, intent="a", likely=-1.0):
    return Candidate(Frame(intent, "", (), 0), text, likely)


def verdicts(selection):
    return {item.candidate.text: item.verdict for item in selection.judged}


def selection_of(*candidates):
    selection = Selection(FixedJudge(), WordNovelty(), SlotTable({}, {}, {}), -2.0)
    selection.take(candidates)
    return selection


def test_each_distinct_candidate_has_one_verdict():
    selection = selection_of(
        candidate("in_language x 9 1"),
        candidate("near_row x 9 1"),
        candidate("novel odd 9 1", likely=-3.0),
        candidate("novel wrong 9 0.1"),
        candidate("novel torn -9 1"),
        candidate("novel first 1 1"),
        candidate("novel first 1 1"),
        candidate("NOVEL first 1 1"),
        candidate("novel second 3 1"),
        candidate("novel third 2 1"),
        candidate("novel second 3 1", intent="b"),
    )
    accepted = selection.choose(Budget(2, {"a": 1}, 9), lambda _: "")
    assert accepted == {"a": 2}
    assert verdicts(selection) == {
        "in_language x 9 1": "in_language",
        "near_row x 9 1": "near_row",
        "novel odd 9 1": "improbable",
        "novel wrong 9 0.1": "intent_disagreement",
        "novel torn -9 1": "low_realness",
        "novel first 1 1": "not_chosen",
        "novel second 3 1": "duplicate",  # of the intent that stands later
        "novel third 2 1": "accepted",
    }
    assert Counter(item.verdict for item in selection.judged)["accepted"] == 2
    assert sum(selection.drawn.values()) == 11


def test_texts_that_are_taken_are_duplicates():
    selection = selection_of(candidate("novel x 1 1"))
    assert selection.choose(Budget(1, {"a": 1}, 9), lambda _: "duplicate") == {"a": 0}
    assert verdicts(selection) == {"novel x 1 1": "duplicate"}
