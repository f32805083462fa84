"""No carrier phrase on both sides, however it is written: against the compiled language."""

from dataclasses import astuple

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from corpusforge.core.text import delexicalise, fold_delexicalised
from corpusforge.grammar.apart import HELD_OUT, TRAIN
from corpusforge.grammar.bulk import Corpus
from corpusforge.grammar.bulk_rows import BulkRows
from corpusforge.grammar.compile import language_of
from tests.grammar.packs import SENTENCES, everything, pack_of, yaml_of

QUIET = settings(deadline=None, max_examples=60, suppress_health_check=[HealthCheck.too_slow])


def sides_of(pack, splits, **more):
    """(text, slots) of all rows: of train, and of the others."""
    corpus = Corpus(pack.templates, seed=1, splits=splits, **more)
    made = BulkRows(corpus)
    found = {True: set(), False: set()}
    for _, owners, numbers in corpus.windows(10**6):
        for row in made.batch(owners, numbers).to_pylist():
            slots = tuple(tuple(slot.values()) for slot in row["slots"])
            found[row["split"] == "train"].add((row["text"], slots))
    return found


def frame(text, slots):
    return fold_delexicalised(delexicalise(text, slots))


def said_by(pack, templates):
    return {
        (text, tuple(astuple(slot) for slot in slots)): frame(text, slots)
        for template, text, slots in everything(pack)
        if template.id in templates
    }


@QUIET
@given(
    st.lists(SENTENCES, min_size=2, max_size=5, unique=True),
    st.lists(st.booleans(), min_size=5, max_size=5),
)
def test_held_out_is_all_that_train_cannot_say(written, held):
    pack = pack_of(yaml_of(*written))
    splits = {
        t.id: "test" if out else "train" for t, out in zip(pack.templates, held, strict=False)
    }
    train = language_of(t for t in pack.templates if splits[t.id] == "train")
    found = sides_of(pack, splits)
    test = said_by(pack, {t for t, split in splits.items() if split == "test"})
    assert found[False] == {row for row, phrase in test.items() if not train.contains(phrase)}
    assert found[True] == set(said_by(pack, {t for t, split in splits.items() if split == "train"}))


@QUIET
@given(st.lists(SENTENCES, min_size=1, max_size=3, unique=True), st.data(), st.sampled_from([0, 1]))
def test_phrases_that_are_reserved_are_left_out(written, data, side):
    pack = pack_of(yaml_of(*written))
    splits = dict.fromkeys((t.id for t in pack.templates), ("train", "test")[side])
    rows = said_by(pack, set(splits))
    phrases = data.draw(st.sets(st.sampled_from(sorted(set(rows.values())) or ["x"]), max_size=3))
    reserved = {((TRAIN, HELD_OUT)[side], "act"): phrases, (TRAIN, "another"): {"turn"}}
    found = sides_of(pack, splits, reserved=reserved)
    assert found[not side] == {row for row, phrase in rows.items() if phrase not in phrases}


@pytest.mark.parametrize(
    ("train", "test", "free"),
    [
        ("Turn on the {color}!", "turn ON  the {color}", False),
        ("(turn|switch) on the {color}", "turn on my {color}", True),
        ("STRASSE {level}", "straße, {level}", False),
        ("J\u030caa", "ǰaa", False),  # one character in lower case, two in upper case
        ("paint it {color}", "paint it pale blue", False),  # the words of a value
        ("paint it red", "paint it {color}", True),
        ("{color:tint}", "{color}", True),  # the slots differ
        ("{1..3:x}", "{4..5:x}", False),  # the lists differ, the slots do not
        ("a{color}", "a {color}", False),  # a value brings its own space
    ],
)
def test_what_counts_as_the_same(train, test, free):
    pack = pack_of(yaml_of(train, test))
    splits = {pack.templates[0].id: "train", pack.templates[1].id: "test"}
    assert bool(sides_of(pack, splits)[False]) == free
