"""Slot F1: counted right, blind to what it must not see, and honest where it cannot measure."""

from __future__ import annotations

import json
import sys

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from corpusforge.assess.rows import Rows
from corpusforge.assess.slot_crf import entities
from corpusforge.assess.slot_f1 import row_counts, slot_f1
from corpusforge.core.seeding import rng
from corpusforge.core.spans import Slot, bio, fill, spans_from_bio

CITIES = [
    "Oslo",
    "Lisbon",
    "Nairobi",
    "Lima",
    "Quito",
    "Turin",
    "Porto",
    "Accra",
    "Dakar",
    "Hanoi",
    "Perth",
    "Minsk",
]
DAYS = ["Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday", "Sunday"]
FRAMES = ["weather in {city} on {day}", "will it rain in {city}", "is {day} sunny in {city}"]


def sentence(frame, draw, names=("city", "day")):
    values = {"city": CITIES, "day": DAYS}
    used = [name for name in ("city", "day") if "{" + name + "}" in frame]
    used.sort(key=lambda name: frame.index("{" + name + "}"))
    fillers = [
        Slot(names[("city", "day").index(n)], n, "", str(draw.choice(values[n])), 0, 1)
        for n in used
    ]
    for old, new in zip(("city", "day"), names, strict=True):
        frame = frame.replace("{" + old + "}", "{" + new + "}")
    return fill(frame, fillers)


def rows(count, seed, *, frames=FRAMES, weight=1.0, names=("city", "day")):
    draw = rng(seed, "rows")
    made = [sentence(frames[n % len(frames)], draw, names) for n in range(count)]
    return Rows(
        tuple(text for text, _ in made),
        ("weather",) * count,
        np.full(count, weight),
        tuple(slots for _, slots in made),
        ("real",) * count,
    )


NAMES = ("a", "b", "c")
SPANS = st.lists(
    st.tuples(st.sampled_from(NAMES), st.integers(0, 4), st.integers(5, 8)), unique=True, max_size=6
)


@given(st.lists(st.tuples(SPANS, SPANS), max_size=5))
def test_counts_agree_with_counting_one_by_one(pairs):
    truth, found = [t for t, _ in pairs], [f for _, f in pairs]
    counts = row_counts(truth, found, NAMES)
    for place, name in enumerate(NAMES):
        right = sum(
            1 for t, f in pairs for one in t for other in f if one == other and one[0] == name
        )
        assert counts[:, place, 0].sum() == right
        assert counts[:, place, 1].sum() == sum(one[0] == name for f in found for one in f)
        assert counts[:, place, 2].sum() == sum(one[0] == name for t in truth for one in t)


@given(st.integers(0, 500))
def test_what_is_tagged_right_is_read_back_right(seed):
    text, slots = sentence(FRAMES[seed % 3], rng(seed, "text"))
    spans, tags = bio(text, slots)
    assert entities(spans, tags) == spans_from_bio(spans, tags)
    assert entities(spans, tags) == [(slot.name, slot.start, slot.end) for slot in slots]


def test_broken_tags_open_an_entity():
    spans = [(0, 1), (2, 3), (4, 5), (6, 7)]
    assert entities(spans, ["I-x", "I-x", "O", "I-y"]) == [("x", 0, 3), ("y", 6, 7)]
    assert entities(spans, ["B-x", "I-y", "B-y", "B-y"]) == [
        ("x", 0, 1),
        ("y", 2, 3),
        ("y", 4, 5),
        ("y", 6, 7),
    ]


def test_slots_that_are_all_alike_are_all_found():
    pytest.importorskip("pycrfsuite")
    found = slot_f1(rows(120, 1), rows(60, 2), rows(40, 3), rng(1, "f1"))
    assert found.status == "measured"
    assert [arm.name for arm in found.arms] == ["real", "synthetic", "real + synthetic"]
    assert all(arm.f1 > 0.95 and arm.low <= arm.f1 <= arm.high for arm in found.arms)
    assert found.test_rows == 40 and sum(found.support.values()) > 40
    assert abs(found.gain_pp[0]) < 5
    assert json.loads(json.dumps(found.to_json(), allow_nan=False))["names"] == ["city", "day"]


def test_a_corpus_that_says_what_real_rows_do_not_gains():
    pytest.importorskip("pycrfsuite")
    narrow = rows(30, 2, frames=[*FRAMES[1:2], "it is {day} here"])
    wide = ["tell me about {city}", "what comes after {day}", "from {city} until {day} please"]
    found = slot_f1(rows(120, 1, frames=wide), narrow, rows(60, 3, frames=wide), rng(1, "f1"))
    mean, low, high = found.gain_pp
    assert 0 < low <= mean <= high
    real, synthetic, both = found.arms
    assert synthetic.f1 > real.f1 and both.f1 > real.f1


def test_the_same_seed_gives_the_same_figures():
    pytest.importorskip("pycrfsuite")
    first, second = (
        slot_f1(rows(60, 1, weight=0.5), rows(40, 2), None, rng(4, "f1")) for _ in range(2)
    )
    assert first.to_json() == second.to_json()
    assert first.test_rows == 40, "every real row is tested once"


def test_weights_thin_the_mix_but_not_the_arm_alone():
    pytest.importorskip("pycrfsuite")
    found = slot_f1(rows(200, 1, weight=0.25), rows(40, 2), rows(20, 3), rng(1, "f1"))
    real, synthetic, both = found.arms
    assert (real.rows, synthetic.rows) == (40, 200)
    assert 40 + 25 < both.rows < 40 + 75
    assert any("weight" in note for note in found.notes)
    nothing = slot_f1(rows(200, 1, weight=0.0), rows(40, 2), rows(20, 3), rng(1, "f1"))
    assert nothing.status.startswith("not measured")


def test_caps_keep_every_intent():
    pytest.importorskip("pycrfsuite")
    real = rows(90, 2)
    real = real.with_intents(["rare"] * 2 + ["weather"] * 88)
    found = slot_f1(rows(90, 1), real, rows(20, 3), rng(1, "f1"), most_rows=30)
    assert all(arm.rows <= 31 for arm in found.arms[:2])
    assert any("30 rows" in note for note in found.notes)


def test_names_that_one_side_lacks_are_named_and_left_out():
    pytest.importorskip("pycrfsuite")
    renamed = rows(60, 1, names=("city", "weekday"))
    found = slot_f1(renamed, rows(40, 2), rows(20, 3), rng(1, "f1"))
    assert found.names == ("city",)
    assert found.left_out["weekday"] == "only in the corpus"
    assert found.left_out["day"] == "only in real training rows and real test rows"


@pytest.mark.parametrize("missing", ["test", "corpus", "names"])
def test_what_cannot_be_measured_is_said(missing):
    plain = Rows.labelled(["hello there"] * 20, ["hi"] * 20)
    synthetic = plain if missing == "corpus" else rows(40, 1)
    test = plain if missing == "test" else rows(20, 2)
    if missing == "names":
        synthetic = rows(40, 1, names=("place", "date"))
    found = slot_f1(synthetic, rows(20, 3), test, rng(1, "f1"))
    assert found.status.startswith("not measured: ")
    assert found.arms == () and found.to_json()["gain_pp"] is None


def test_without_real_training_rows_the_corpus_alone_is_measured():
    pytest.importorskip("pycrfsuite")
    nothing = Rows.labelled([], [])
    found = slot_f1(rows(60, 1), nothing, rows(20, 2), rng(1, "f1"))
    assert [arm.name for arm in found.arms] == ["synthetic"]
    assert found.gain_pp is None


def test_without_the_package_the_way_to_get_it_is_said(monkeypatch):
    monkeypatch.setitem(sys.modules, "pycrfsuite", None)
    found = slot_f1(rows(60, 1), rows(40, 2), rows(20, 3), rng(1, "f1"))
    assert found.status == "not measured: pip install 'corpusforge[assess]' (python-crfsuite)"


def snips(folder, split, count=None):
    """SNIPS rows with their spans."""
    read = ((folder / "snips" / split / name).read_text() for name in ("seq.in", "seq.out"))
    texts, slots = [], []
    for words, tags in zip(*(part.splitlines() for part in read), strict=True):
        text, spans = " ".join(words.split()), []
        for word in words.split():
            start = spans[-1][1] + 1 if spans else 0
            spans.append((start, start + len(word)))
        own = [Slot(n, n, "", text[a:b], a, b) for n, a, b in entities(spans, tags.split())]
        texts.append(text)
        slots.append(tuple(own))
    intents = (folder / "snips" / split / "label").read_text().splitlines()
    rows = Rows(
        tuple(texts), tuple(intents), np.ones(len(texts)), tuple(slots), ("real",) * len(texts)
    )
    return rows.take(range(count or len(rows)))


def test_real_rows_of_snips_give_the_known_figures(real_data):
    """Another L-BFGS CRF, less tuned, gave 25 and 36 with 5 and 10 rows per intent."""
    pytest.importorskip("pycrfsuite")
    validation, test = snips(real_data, "valid"), snips(real_data, "test")
    draw = rng(1, "shots")
    few = [draw.permutation(places)[:15] for places in validation.by_intent().values()]
    five = validation.take(np.concatenate([own[:5] for own in few]))
    ten = validation.take(np.concatenate([own[5:] for own in few]))
    found = slot_f1(ten, five, test, rng(1, "f1"))
    real, _, both = found.arms
    assert 0.2 < real.f1 < 0.45
    assert 0.3 < both.f1 < 0.55, "ten more rows per intent"
    assert found.gain_pp[1] > 0
