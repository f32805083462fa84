"""Near misses as rows out of scope: which are taken, and that a build stays whole."""

from collections import defaultdict

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from corpusforge.core.recipe import OutOfScopeConfig
from corpusforge.core.schema import CATALOGUE, Utterance
from corpusforge.core.spans import Slot
from corpusforge.core.text import fold_delexicalised
from corpusforge.expand.contract import Candidate
from corpusforge.expand.judge import Limits, Posterior, Scores
from corpusforge.expand.out_of_scope import FarTest, take
from corpusforge.expand.rows import RowBuilder
from corpusforge.expand.selection import Judged, Selection
from corpusforge.expand.slots import Frame, SlotTable

INTENTS = ("call", "light_on", "out_of_scope")


def frame(intent, symbols=()):
    return Frame(intent, "", symbols, 0)


@given(
    st.lists(st.lists(st.floats(0.01, 1), min_size=4, max_size=4), max_size=12),
    st.floats(0, 1),
    st.floats(0.01, 1),
    st.sampled_from(["out_of_scope", "other"]),
)
def test_far_is_what_no_intent_says(weights, least, most, label):
    table = np.array(weights).reshape(-1, 4)
    table = table / table.sum(1, keepdims=True)
    zeros = np.zeros(len(table))
    config = OutOfScopeConfig(rows=1, intent=label, least_none=least, most_intent=most)
    frames = [frame(INTENTS[place % 3]) for place in range(len(table))]
    scores = Scores(zeros, zeros, zeros, Posterior(INTENTS, table))
    for own, row, found in zip(frames, table, FarTest(config)(frames, scores), strict=True):
        none = row[3] + (row[2] if label == INTENTS[2] else 0)
        others = row[:2] if label == INTENTS[2] else row[:3]
        far = none >= least and max(others) < most and none > max(others)
        if far and own.intent != label:
            assert found == pytest.approx(none)
        else:
            assert found is None


def test_a_judge_that_knows_no_texts_of_no_intent_finds_none_far():
    config = OutOfScopeConfig(rows=1, least_none=0, most_intent=1)
    assert FarTest(config)([frame("call")], Scores(*np.zeros((3, 1)))) == [None]


class NoneJudge:
    """The text is "NUMBER none": its probability of saying no intent."""

    limits = Limits(realness=-1e9, match=0.5, intent=0.0)
    pool, by_odds, worth_rows = 1.25, True, 10.0

    def scores(self, frames, texts):
        none = np.array([float(text.split()[-1]) for text in texts])
        table = np.stack([(1 - none) * 0.6, (1 - none) * 0.4, none], 1)
        own = table[np.arange(len(texts)), [INTENTS.index(f.intent) for f in frames]]
        return Scores(own, own, own, Posterior(INTENTS[:2], table))


class AllNovel:
    def classify(self, texts):
        return ["novel"] * len(texts)


def selection_of(candidates, config):
    kinds = SlotTable({}, {}, {})
    kinds.plain = lambda text: text
    selection = Selection(NoneJudge(), AllNovel(), kinds, -2.0, 7, FarTest(config))
    selection.take(candidates)
    return selection


CANDIDATES = st.lists(
    st.builds(
        lambda intent, number, none, slot: Candidate(
            frame(intent, ("{x}",) * slot), f"{'{x} ' * slot}say {number} {none / 20}", -1.0
        ),
        st.sampled_from(INTENTS[:2]),
        st.integers(0, 9),
        st.integers(0, 20),
        st.booleans(),
    ),
    max_size=40,
)


def texts_of(selection):
    return {
        (i.candidate.frame.intent, i.candidate.text)
        for i in selection.judged
        if i.verdict == "out_of_scope"
    }


@given(CANDIDATES, st.integers(1, 12), st.randoms())
def test_what_is_taken(candidates, rows, shuffler):
    config = OutOfScopeConfig(rows=rows)
    selection = selection_of(candidates, config)
    before = list(selection.judged)
    taken = take(selection, config, lambda *_: "", 7)
    accepted = [item for item in selection.judged if item.verdict == "out_of_scope"]
    # Only far ones that were rejected for their intent; each text once.
    for old, new in zip(before, selection.judged, strict=True):
        if new.verdict != "out_of_scope":
            assert old == new
            continue
        none = float(old.candidate.text.split()[-1])
        assert old.verdict == "intent_disagreement"
        assert none >= 0.5
        assert (1 - none) * 0.6 < 0.25
        assert new.match == new.intent == pytest.approx(none)
    folded = [fold_delexicalised(item.candidate.text) for item in accepted]
    assert len(set(folded)) == len(folded)
    far = {fold_delexicalised(i.candidate.text) for i in before if i.none is not None}
    assert taken.count == len(accepted) == min(rows, len(far))
    assert bool(taken.notes()) == (len(accepted) < rows)
    assert taken.far == sum(i.none is not None for i in before)
    # The order in which candidates came does not matter.
    shuffler.shuffle(candidates)
    again = selection_of(candidates, config)
    take(again, config, lambda *_: "", 7)
    assert texts_of(again) == texts_of(selection)


def near_misses(count, intent, slots=()):
    return [Candidate(frame(intent, slots), f"{intent} {n} 0.9", -1.0) for n in range(count)]


def test_intents_give_equal_shares_and_another_seed_other_texts():
    candidates = near_misses(30, "call") + near_misses(4, "light_on")
    config = OutOfScopeConfig(rows=16)
    chosen = []
    for seed in (1, 2):
        selection = selection_of(candidates, config)
        assert take(selection, config, lambda *_: "", seed).by_intent == {"call": 12, "light_on": 4}
        chosen.append(texts_of(selection))
    assert chosen[0] != chosen[1]


def test_texts_with_slots_come_last_and_those_that_cannot_be_filled_not_at_all():
    with_slots = [
        Candidate(frame("call", ("{x}",)), f"{{x}} {number} 0.9", -1.0) for number in range(20)
    ]
    config = OutOfScopeConfig(rows=6)
    selection = selection_of(with_slots + near_misses(4, "call"), config)

    def fill(candidate, intent):
        assert intent == "out_of_scope"
        return "no_value" if "{x} 3 " in candidate.text else ""

    assert take(selection, config, fill, 1).count == 6
    chosen = [text for _, text in texts_of(selection)]
    assert sum("{x}" in text for text in chosen) == 2
    assert "{x} 3 0.9" not in chosen


def train_row(number, intent, text, slots=()):
    return Utterance(
        id=f"{number:032x}", text=text, lang="en", intent=intent, slots=slots, origin="grammar",
        split="train", license="CC0-1.0", template=intent,
    )  # fmt: skip


def builder_of(recipe, train):
    import pyarrow as pa

    lamp = {"entity": "lamp", "text": "spot", "value": "spot", "license": "CC0-1.0"}
    catalogue = pa.Table.from_pylist([lamp], schema=CATALOGUE)
    table = SlotTable.build(train, catalogue)
    frames = [table.frame(row, place) for place, row in enumerate(train)]
    return RowBuilder(table, train, [row.text for row in train], recipe, 10.0), frames


def judged(candidate, verdict):
    return Judged(candidate, verdict, 0.0, 0.9, 0.9)


def test_filled_values_are_not_annotated(bare_recipe):
    lamp = Slot("lamp", "lamp", "bulb", "bulb", 0, 4)
    train = [train_row(0, "light_on", "bulb on", (lamp,)), train_row(1, "call", "ring up")]
    builder, frames = builder_of(bare_recipe, train)
    with_slot = Candidate(frames[0], "i ate the {lamp}")
    without = Candidate(frames[1], "bake a cake")
    assert [builder.accept(c, "out_of_scope") for c in (with_slot, without)] == ["", ""]
    rows = builder.accepted([judged(c, "out_of_scope") for c in (with_slot, without)]).to_pylist()
    assert [row["intent"] for row in rows] == ["out_of_scope"] * 2
    assert [row["text"] for row in rows] == ["i ate the spot", "bake a cake"]
    assert [row["slots"] for row in rows] == [None, []]
    assert [row["parents"] for row in rows] == [[train[0].id], [train[1].id]]


@pytest.mark.parametrize("own", [0, 1, 6, 40])
def test_rows_out_of_scope_do_not_outweigh_an_intent(bare_recipe, own):
    train = [train_row(n, "call", f"ring {n}") for n in range(6)]
    train += [train_row(10 + n, "light_on", f"light {n}") for n in range(10)]
    train += [train_row(50 + n, "out_of_scope", f"bake {n}") for n in range(own)]
    builder, frames = builder_of(bare_recipe, train)
    items = []
    for number in range(30):
        candidate = Candidate(frames[0], f"miss number {number}")
        assert builder.accept(candidate, "out_of_scope") == ""
        items.append(judged(candidate, "out_of_scope"))
    passed = Candidate(frames[0], "please ring")
    assert builder.accept(passed) == ""
    rows = builder.accepted([*items, judged(passed, "accepted")]).to_pylist()
    sums = defaultdict(float)
    for row in rows:
        assert 0 < row["weight"] <= 0.5
        sums[row["intent"]] += row["weight"]
    mean = (6 + sums["call"] + 10) / 2
    # Where the label has many train rows, half of them, as for every intent with many rows.
    assert sums["out_of_scope"] <= max(mean - own, min(2 * own, 10), own / 2) + 1e-6


def test_rows_out_of_scope_do_not_outweigh_intents_that_repeat_their_values(bare_recipe):
    lamp = Slot("lamp", "lamp", "bulb", "bulb", 0, 4)
    train = [train_row(0, "light_on", "bulb on", (lamp,)), train_row(1, "call", "ring up")]
    builder, frames = builder_of(bare_recipe, train)
    items = []
    for number in range(20):
        for candidate, label in (
            (Candidate(frames[0], f"number {number} is {{lamp}}"), None),
            (Candidate(frames[1], f"bake {number}"), "out_of_scope"),
        ):
            assert builder.accept(candidate, label) == ""
            items.append(judged(candidate, label or "accepted"))
    sums = defaultdict(float)
    for row in builder.accepted(items).to_pylist():
        sums[row["intent"]] += row["weight"]
    assert sums["light_on"] == pytest.approx(0.5, abs=1e-4)
    assert sums["out_of_scope"] <= (1 + sums["light_on"] + 1) / 2 + 1e-6
