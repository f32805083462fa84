"""Near copies: which are found, which survive, and what is promised of all."""

import pyarrow as pa
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from corpusforge.clean.near_duplicates import similar_pairs
from corpusforge.clean.words import alike_carriers, alike_words, one_change
from corpusforge.core.schema import table_to_utterances
from corpusforge.core.text import delexicalise, fold, fold_delexicalised
from tests.clean.judged_rows import ROWS, SENTENCES, judge, kept
from tests.clean.rows import row, table_of

LONG = "could you please turn on the {name=%s} in the living room for me"
OTHER_SENTENCES = [
    ("please don't turn on the {name=ceiling lamp} in the big old living room tonight",
     "please do turn on the {name=ceiling lamp} in the big old living room tonight"),
    ("could you please turn on all of the lights in the whole house for me tonight",
     "could you please turn off all of the lights in the whole house for me tonight"),
    ("i do not want to have the heating running in the bedroom during the night",
     "i do want to have the heating running in the bedroom during the night"),
    ("could you please put the night lamp in the living room on for me right now",
     "could you please put the light lamp in the living room on for me right now"),
    ("i would like to go by train from {city=old paris} to {city=new berlin} in the morning",
     "i would like to go by train from {city=new berlin} to {city=old paris} in the morning"),
]  # fmt: skip


@pytest.mark.parametrize("pair", OTHER_SENTENCES, ids=lambda pair: pair[0][:20])
def test_other_sentences_of_one_intent_stay_within_a_split(pair):
    config = {"near_duplicate_jaccard": 0.75}
    table = table_of(*map(row, pair))
    folded = [fold(text) for text in table["text"].to_pylist()]
    assert len(similar_pairs(folded, 0.75)) == 1  # by 3-grams alone one of them would go
    assert judge("near_duplicate", table, config).keep.tolist() == [True, True]
    across = table_of(row(pair[0]), row(pair[1], split="test"))
    assert judge("near_duplicate", across, config).keep.tolist() == [False, True]


@pytest.mark.parametrize(
    ("train", "test", "alike"),
    [
        ("turn the lights on", "turn the light on", True),
        ("dim the {name=lamp}", "dims the {name=fan}", True),
        ("brighten the {name=lamp}", "brightem the {name=lamp}", True),
        ("ask {name=bob}", "as {name=bob}", False),
        ("lights on", "lights off", False),
        ("go on", "go in", False),
        ("close it", "clone it", True),
        ("night mode", "light mode", False),
        ("light {name=lamp} now", "night {name=lamp} now", False),
        ("lights in {room=hall}", "light in {area=hall}", False),
    ],
)
def test_short_carriers_are_compared_across_splits(train, test, alike):
    rows = [row(train), row(test, split="test")]
    verdicts = judge("near_duplicate", table_of(*rows))
    assert verdicts.keep.tolist() == [not alike, True]
    assert kept("near_duplicate", row(train), row(test)) == [True, True]
    assert kept("near_duplicate", row(train), row(test, "off", "test")) == [True, True]
    real = row(train, origin="real")
    assert kept("near_duplicate", real, row(test, split="test")) == [True, True]
    if alike:
        assert verdicts.reasons[0] == "same sentence in test"
        assert verdicts.pairs["relation"].to_pylist() == ["short carrier"]


@pytest.mark.parametrize(
    ("a", "b", "same"),
    [
        ("lights", "light", True),
        ("please", "pleese", True),
        ("kitchen", "kichten", False),
        ("kitchen", "kitchne", True),
        ("living", "livin", True),
        ("on", "in", False),
        ("this", "thi", True),
        ("is", "i", False),
        ("glass", "glas", False),
        ("seven", "sevens", True),
        ("seven7", "seven8", False),
        ("{light}", "{lights}", False),
    ],
)
def test_alike_words(a, b, same):
    assert alike_words(a, b) == alike_words(b, a) == same


def test_rows_that_differ_in_a_value_or_intent_stay():
    rows = [row(LONG % value) for value in ("lamp a", "lamp b", "lamps a", "Lamp 1", "lamp 2")]
    assert kept("near_duplicate", *rows, row(LONG % "lamp a", intent="off")) == [True] * 6


def test_near_copies_with_equal_values_go():
    rows = [row(LONG % "lamp"), row((LONG % "lamp").replace("room", "rooms"))]
    assert sorted(kept("near_duplicate", *rows)) == [False, True]
    real_first = [
        row((LONG % "lamp").replace("room", "rooms")),
        row(LONG % "lamp", origin="real"),
    ]
    assert kept("near_duplicate", *real_first) == [False, True]


def test_numbers_outside_of_slots_are_values_too():
    rows = [row(f"wake me up tomorrow morning at {n} o clock please") for n in ("7", "8")]
    assert kept("near_duplicate", *rows) == [True, True]


def test_short_commands_survive():
    # text-dedup issue 77: rows shorter than the shingle became one row.
    texts = ["stop", "stops", "go", "no", "lights on", "light on", "turn the lights on", "ok"]
    assert all(kept("near_duplicate", *map(row, texts)))


def test_near_copies_across_splits_lose_the_train_copy():
    rows = [
        row(LONG % "lamp", origin="real"),
        row((LONG % "lamp").replace("for me", "for mee"), split="test", origin="gan"),
    ]
    verdicts = judge("near_duplicate", table_of(*rows))
    assert verdicts.keep.tolist() == [False, True]
    assert verdicts.reasons[0] == "near copy in test"
    assert verdicts.scores[0] == pytest.approx(0.9, abs=0.1)


def test_the_same_sentence_in_two_splits_loses_its_train_rows_whatever_the_values():
    rows = [
        row("turn on the {name=lamp}"),
        row("turn on the {name=fan}"),
        row("Turn on the {name=heater}!", split="test"),
        row("turn on the {name=radio}", intent="off"),
        row("turn on the {name=oven}", origin="real"),
    ]
    verdicts = judge("near_duplicate", table_of(*rows))
    assert verdicts.keep.tolist() == [False, False, True, True, True]
    assert verdicts.reasons[0] == "same sentence in test"


def test_unannotated_rows_are_compared_across_splits_only():
    near = (LONG % "lamp").replace("for me", "for mee")
    plain = {"annotated": False, "origin": "real"}
    assert kept("near_duplicate", row(LONG % "lamp", **plain), row(near, **plain)) == [True, True]
    rows = row(LONG % "lamp", **plain), row(near, split="validation")
    assert kept("near_duplicate", *rows) == [False, True]


def test_a_carrier_survives_the_loss_of_its_first_held_out_row():
    # The first validation row loses to a near copy in test; its carrier is still held out by
    # the second, so the train row must go.
    near = (LONG % "lamp").replace("please", "pleese plea")
    rows = [
        row(near, split="test"),
        row(LONG % "lamp", split="validation"),
        row(LONG % "radio", split="validation"),
        row(LONG % "oven"),
    ]
    config = {"near_duplicate_jaccard": 0.8}
    verdicts = judge("near_duplicate", table_of(*rows), config)
    assert verdicts.keep.tolist() == [True, False, True, False]


@settings(max_examples=60, deadline=None)
@given(rows=st.lists(ROWS, max_size=20), threshold=st.sampled_from([0.7, 0.8, 0.9, 1.0]))
def test_what_near_duplicate_promises(rows, threshold):
    table = table_of(*rows)
    table = table.filter(pa.array(judge("exact_duplicate", table).keep))
    verdicts = judge("near_duplicate", table, {"near_duplicate_jaccard": threshold})
    everything = table_to_utterances(table)
    stay = [r for r, keep in zip(everything, verdicts.keep, strict=True) if keep]
    by_id = {r.id: r for r in stay}
    for dropped, twin_id in zip(everything, verdicts.twin_ids, strict=True):
        if twin_id is None:
            continue
        twin = by_id[twin_id]  # the twin was kept
        assert twin.intent == dropped.intent
        if twin.split == dropped.split:
            assert sorted((s.name, s.value) for s in twin.slots) == sorted(
                (s.name, s.value) for s in dropped.slots
            )
    for a in stay:
        for b in stay:
            if a is b or a.intent != b.intent:
                continue
            if a.origin != "real" != b.origin and a.split == "train" != b.split:
                carriers = [fold_delexicalised(delexicalise(r.text, r.slots or ())) for r in (a, b)]
                assert carriers[0] != carriers[1]
            short = max(len(fold(r.text).split()) for r in (a, b)) < 5
            if short and a.origin != "real" != b.origin and a.split == "train" != b.split:
                pair = [{n: ("", c)} for n, c in enumerate(carriers)]
                assert alike_carriers(*pair) == []
            long = min(len(fold(r.text).split()) for r in (a, b)) >= 5
            same = a.slots is not None and b.slots is not None
            same = same and [s.value for s in a.slots] == [s.value for s in b.slots]
            across = a.split != b.split
            if long and same and (across or one_change(fold(a.text), fold(b.text))):
                assert len(similar_pairs([fold(a.text), fold(b.text)], threshold)) == 0


def test_thresholds_can_be_cut_again_from_the_pairs():
    rows = [row(sentence, split=split) for sentence in SENTENCES for split in ("train", "test")]
    table = table_of(*rows)
    table = table.filter(pa.array(judge("exact_duplicate", table).keep))
    pairs = judge("near_duplicate", table, {"near_duplicate_jaccard": 1.0}).pairs.to_pylist()
    for threshold in (0.75, 0.85, 0.95):
        verdicts = judge("near_duplicate", table, {"near_duplicate_jaccard": threshold})
        again = set(table["id"].to_pylist())
        twins = {}
        for pair in pairs:
            if pair["score"] >= threshold:
                twins.setdefault(pair["id"], []).append(pair["twin_id"])
        for loser in dict.fromkeys(pair["id"] for pair in pairs):
            if any(twin in again for twin in twins.get(loser, ())):
                again.discard(loser)
        keep = pa.array(verdicts.keep)
        assert again == set(table.filter(keep)["id"].to_pylist())
