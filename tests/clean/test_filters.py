import importlib

import numpy as np
import pyarrow as pa
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from corpusforge.clean.near_duplicates import similar_pairs
from corpusforge.clean.verdicts import PAIRS
from corpusforge.clean.words import alike_carriers, alike_words, one_change
from corpusforge.core import plugins
from corpusforge.core.schema import table_to_utterances
from corpusforge.core.text import delexicalise, fold, fold_delexicalised
from tests.clean.rows import row, table_of

CONFIG = {"near_duplicate_jaccard": 0.9}


def judge(name, table, config=CONFIG):
    return plugins.load("filter", name).judge(table, config)


def kept(name, *rows):
    """Which of the rows stay, in their order."""
    return judge(name, table_of(*rows)).keep.tolist()


# The shared contract: every file in clean/filters comes here by itself.

SENTENCES = [
    "turn on the {name=lamp}",
    "turn on the {name=hall lamp}",
    "Turn on the {name=lamp}!",
    "please turn on the {name=lamp} in the hall now",
    "please turn on the {name=lamp} in the hall right now",
    "please turn on the {name=fan} in the hall now",
    "please turn on the lamp in the hall now",
    "it is too dark in this big room here",
    "it is too dark in this big rooms here",
    "stop",
    "lights on",
]
ROWS = st.builds(
    row,
    st.sampled_from(SENTENCES),
    intent=st.sampled_from(["on", "off"]),
    split=st.sampled_from(["train", "validation", "test"]),
    origin=st.sampled_from(["grammar", "real", "gan"]),
    annotated=st.booleans(),
)


@pytest.mark.parametrize("name", plugins.names("filter"))
@settings(max_examples=40, deadline=None)
@given(rows=st.lists(ROWS, min_size=1, max_size=14), seed=st.integers(0, 9))
def test_contract(name, rows, seed):
    plugin = plugins.load("filter", name)
    assert plugin.name == name
    assert plugin.threshold_meaning
    assert plugin.source
    config = {**CONFIG, **plugin.example}
    table = table_of(*rows)
    first = plugin.judge(table, config)
    order = np.random.Generator(np.random.Philox(seed)).permutation(len(rows))
    second = plugin.judge(table.take(pa.array(order)), config)
    assert first.pairs.schema == PAIRS
    for verdicts in (first, second):
        assert len(verdicts.keep) == len(verdicts.reasons) == len(rows)
        assert len(verdicts.scores) == len(verdicts.twin_ids) == len(rows)
        assert [not reason for reason in verdicts.reasons] == verdicts.keep.tolist()

    def story(table, verdicts):
        texts = (table[column].to_pylist() for column in ("id", "split", "origin"))
        kept = verdicts.keep.tolist()
        rest = verdicts.reasons, verdicts.scores, verdicts.twin_ids
        return sorted(map(str, zip(*texts, kept, *rest, strict=True)))

    # Not only the kept ids: reasons, scores and twins do not depend on the order either.
    assert story(table, first) == story(table.take(pa.array(order)), second)
    assert sorted(map(str, first.pairs.to_pylist())) == sorted(map(str, second.pairs.to_pylist()))
    ids = set(table["id"].to_pylist())
    assert {twin for twin in first.twin_ids if twin is not None} <= ids


@pytest.mark.parametrize("name", plugins.names("filter"))
def test_empty_table(name):
    assert len(judge(name, table_of()).keep) == 0


# exact_duplicate


def test_exact_duplicates_fold_and_keep_by_priority():
    rows = [
        row("turn on the {name=lamp}", origin="gan", generation=1),
        row("Turn on the {name=lamp}!"),
        row("TURN ON THE LAMP", origin="real", annotated=False),
        row("turn on the {name=lamp}", intent="other"),
    ]
    assert kept("exact_duplicate", *rows) == [False, False, True, True]


@pytest.mark.parametrize(
    ("splits", "survivors"),
    [
        (("train", "validation"), [False, True]),
        (("test", "validation"), [True, False]),
        (("train", "test"), [False, True]),
    ],
)
def test_exact_duplicates_leave_the_held_out_copy(splits, survivors):
    # Also when the train copy is real and the held-out copy is not.
    rows = [row("turn on the {name=lamp}", split=split) for split in splits]
    assert kept("exact_duplicate", *rows) == survivors
    real = row("turn on the {name=lamp}", split="train", origin="real")
    assert kept("exact_duplicate", real, row("turn on the {name=lamp}", split="test")) == [
        False,
        True,
    ]


@settings(max_examples=60, deadline=None)
@given(rows=st.lists(ROWS, max_size=20))
def test_no_exact_duplicate_survives(rows):
    table = table_of(*rows)
    left = table.filter(pa.array(judge("exact_duplicate", table).keep))
    before = {(r.intent, fold(r.text)) for r in table_to_utterances(table)}
    after = [(r.intent, fold(r.text)) for r in table_to_utterances(left)]
    assert len(after) == len(set(after))
    assert set(after) == before


# label_conflict


def test_label_conflict_drops_all_synthetic_sides():
    rows = [
        row("lights on please", intent="on"),
        row("Lights on, please", intent="out_of_scope", split="test"),
        row("lights off please", intent="off"),
    ]
    verdicts = judge("label_conflict", table_of(*rows))
    assert verdicts.keep.tolist() == [False, False, True]
    assert verdicts.reasons[:2] == [
        "same text under another intent in test",
        "same text under another intent in train",
    ]


def test_label_conflict_keeps_the_real_side():
    rows = [
        row("lights on please", intent="on", origin="real"),
        row("lights on please", intent="off"),
        row("lights on please", intent="on"),
    ]
    assert kept("label_conflict", *rows) == [True, False, False]


def test_label_conflict_between_real_rows():
    same = [row("x y", intent=intent, origin="real") for intent in ("a", "b")]
    assert kept("label_conflict", *same) == [False, False]
    across = [
        row("x y", intent="a", origin="real"),
        row("x y", intent="b", origin="real", split="test"),
    ]
    assert kept("label_conflict", *across) == [False, True]


# slot_integrity


def broken(sentence, **changes):
    table = table_of(row(sentence))
    slots = table["slots"].to_pylist()[0]
    slots[0].update(changes)
    column = pa.array([slots], table.schema.field("slots").type)
    return table.set_column(table.schema.get_field_index("slots"), "slots", column)


@pytest.mark.parametrize(
    ("table", "reason"),
    [
        (broken("turn on the {name=lamp}", start=1), "slot span does not fit the text"),
        (broken("turn on the {name=lamp}", end=99), "slot span does not fit the text"),
        (broken("turn on the {name=lamp}", text="fan"), "slot span does not fit the text"),
        (broken("turn on the {name=lamp} {name=fan}", end=20), "slot span does not fit the text"),
        (broken("turn on the {name=lamp}", value=""), "slot without a value"),
        (broken("turn on the {name=lamp}", name=""), "slot without a name"),
        (table_of(row("  ?! ")), "no word in the text"),
        (table_of(row("turn on the <name> now")), "leftover of a template in the text"),
    ],
)
def test_slot_integrity_finds(table, reason):
    assert judge("slot_integrity", table).reasons == [reason]


def test_slot_integrity_keeps_sound_rows():
    rows = [
        row("turn on the {name=lamp}"),
        row("turn on"),
        row("i <3 lamps", origin="real", annotated=False),
    ]
    assert kept("slot_integrity", *rows) == [True, True, True]
    real = broken("turn on the {name=lamp}", value="")
    real = real.set_column(real.schema.get_field_index("origin"), "origin", pa.array(["real"]))
    assert judge("slot_integrity", real).keep.tolist() == [True]
    for text in ("turn on the {name}", "turn on \u2047"):
        table = table_of(row("stop"))
        table = table.set_column(1, "text", pa.array([text]))
        assert judge("slot_integrity", table).reasons == ["leftover of a template in the text"]


# near_duplicate


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


def test_filters_are_found_without_importing():
    found = {name: first for name, first, _ in plugins.describe("filter")}
    assert {"exact_duplicate", "label_conflict", "slot_integrity", "near_duplicate"} <= set(found)
    assert all(found.values())
    assert importlib.import_module("corpusforge.clean.filters.near_duplicate").FLOOR == 0.7
