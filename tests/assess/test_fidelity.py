import json
from collections import Counter

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from corpusforge.assess.controls import duplicated
from corpusforge.assess.encoder import SvdEncoder
from corpusforge.assess.fidelity import matched_samples, measure_fidelity
from corpusforge.assess.realism import tell_apart
from corpusforge.assess.rows import Rows
from corpusforge.core.seeding import rng

VERBS = ["turn on", "switch off", "dim", "start", "stop", "open", "close", "check"]
THINGS = ["lamp", "heater", "door", "blinds", "radio", "oven", "fan", "alarm", "camera", "kettle"]
ROOMS = ["kitchen", "hall", "bedroom", "office", "garden", "attic", "cellar", "porch"]
ENDS = ["", "now", "please", "for me", "right away", "at noon", "tonight", "when I leave"]
TITLES = ["dune", "emma", "jaws", "heat", "speed", "up", "ran", "alien", "brazil", "amelie"]


def sentences(count, seed, *, polite=0.0):
    """Rows of two intents, two thirds about the house; a polite share says "would you kindly"."""
    draws = rng(seed, "sentences")

    def pick(words):
        return words[int(draws.integers(len(words)))]

    texts, intents = [], []
    for place in range(count):
        if place % 3:
            text = f"{pick(VERBS)} the {pick(ROOMS)} {pick(THINGS)} {pick(ENDS)}".strip()
            intents.append("house")
        else:
            text = f"put on {pick(TITLES)} or {pick(TITLES)} in the {pick(ROOMS)} {pick(ENDS)}"
            intents.append("film")
        texts.append("would you kindly " + text if draws.random() < polite else text.strip())
    return Rows.labelled(texts, intents)


def measured(synthetic, real, seed=1):
    return measure_fidelity(synthetic, real, SvdEncoder(), rng(seed, "fidelity"))


@given(
    st.dictionaries(st.sampled_from("abcd"), st.integers(0, 30)),
    st.dictionaries(st.sampled_from("abcd"), st.integers(0, 30)),
    st.integers(0, 40),
    st.integers(0, 99),
)
def test_samples_have_the_same_intents_and_share_no_row(ours, theirs, limit, seed):
    sides = []
    for name, counts in (("s", ours), ("r", theirs)):
        pairs = [(f"{name} {i} {n}", i) for i, count in counts.items() for n in range(count)]
        sides.append(Rows.labelled([text for text, _ in pairs], [intent for _, intent in pairs]))
    made, first, second = matched_samples(*sides, rng(seed), limit)
    assert Counter(made.intents) == Counter(first.intents) == Counter(second.intents)
    assert not set(first.texts) & set(second.texts)
    assert set(made.texts) <= set(sides[0].texts)
    wanted = sum(min(ours.get(i, 0), count // 2) for i, count in theirs.items())
    assert min(wanted, limit) - 4 <= len(made) <= min(wanted, limit)
    if wanted <= limit:
        assert len(made) == wanted


def test_another_intent_mix_is_not_a_lack_of_fidelity():
    pool = sentences(3000, 1)
    films = pool.where(np.array(pool.intents) == "film")
    others = pool.where(np.array(pool.intents) != "film")
    mostly_films = films.take(range(900)).plus(others.take(range(300)))
    found = measured(mostly_films, sentences(600, 2))
    assert found.alarms == ()


def test_a_phrase_of_its_own_is_named():
    found = measured(sentences(600, 1, polite=0.5), sentences(600, 2))
    assert found.realism.auc > 0.7 > found.ceiling.auc
    named = {tell.feature: tell for tell in found.realism.tells}
    tell = next(tell for name, tell in named.items() if set(name.split()) & {"would", "kindly"})
    assert tell.kind == "words"
    assert 0.4 < tell.synthetic < 0.6
    assert tell.real == 0
    assert any("classifier tells" in alarm and tell.feature in alarm for alarm in found.alarms)


def test_tells_are_words_never_rows():
    found = measured(sentences(600, 1, polite=0.9), sentences(600, 2))
    whole = {*sentences(600, 1, polite=0.9).texts, *sentences(600, 2).texts}
    for tell in found.realism.tells:
        assert tell.feature not in whole
        assert len(tell.feature.split()) <= 3


def test_capitals_and_full_stops_are_named():
    real = sentences(600, 2)
    shouted = [text.capitalize() + "." for text in sentences(600, 1).texts]
    found = measured(Rows.labelled(shouted, sentences(600, 1).intents), real)
    named = [tell.feature for tell in found.realism.tells if tell.kind == "style"]
    assert set(named) == {"a capital letter", "punctuation at the end"}
    assert found.realism.auc > 0.95


def test_few_sentences_over_and_over_raise_alarms():
    real = sentences(900, 2)
    few = duplicated(sentences(30, 1), 900, rng(1))
    found = measured(few, real)
    raised = {alarm.split(" ")[0] for alarm in found.alarms}
    assert {"recall", "coverage", "distinct_2", "vocabulary", "self_bleu_4"} & raised
    assert found.space["coverage"].synthetic < found.space["coverage"].real
    assert found.diversity["vendi"].synthetic < found.diversity["vendi"].real


def test_a_row_and_its_near_copy_share_a_fold():
    """Each real row has a synthetic twin that differs in one letter: nothing can be told."""
    real = sentences(400, 5)
    twins = Rows.labelled([text + "s" for text in real.texts], real.intents)
    found = tell_apart(twins, real, rng(1))
    # Split over folds, a twin would be taken for its original: an AUC far below one half.
    assert found.auc > 0.4


def test_copies_of_one_sentence_in_both_halves_break_nothing():
    rows = Rows.labelled([f"set alarm {n % 7}" for n in range(400)], ["alarm"] * 400)
    found = measured(rows, rows)
    assert found.realism.rows[0] <= 7
    assert np.isnan(found.realism.auc)
    assert not any("classifier" in alarm for alarm in found.alarms)
    json.dumps(found.to_json(), allow_nan=False)


def test_templates_that_chain_all_rows_break_nothing():
    texts = [f"please turn on the big red lamp number {n} in the hall" for n in range(400)]
    rows = Rows.labelled(texts, ["lamp"] * 400)
    found = measured(rows.take(range(0, 400, 2)), rows.take(range(1, 400, 2)))
    assert found.rows == 100
    assert 0.2 < found.realism.auc < 0.8
    assert not any("classifier" in alarm for alarm in found.alarms)


def test_too_few_rows_are_said_to_be_too_few():
    found = measured(sentences(40, 1), sentences(40, 2))
    assert found.rows < 40
    assert found.realism is None and found.alarms == ()
    assert "40 are needed" in found.notes[0]
    json.dumps(found.to_json(), allow_nan=False)


def test_intents_of_one_side_only_are_named():
    synthetic = sentences(300, 1).plus(Rows.labelled(["boo"] * 9, ["ghost"] * 9))
    found = measured(synthetic, sentences(300, 2))
    assert found.intents == 2
    assert "ghost" in found.notes[0]


def test_it_is_decided_by_its_generator():
    pair = sentences(300, 1), sentences(300, 2)
    assert measured(*pair).to_json() == measured(*pair).to_json()


@settings(max_examples=6, deadline=None)
@given(st.lists(st.text(max_size=20), min_size=80, max_size=120), st.integers(0, 9))
def test_any_text_can_be_measured(texts, seed):
    rows = Rows.labelled(texts, ["x"] * len(texts))
    json.dumps(measured(rows, rows, seed).to_json(), allow_nan=False)


def test_halves_of_one_set_raise_few_alarms():
    raised = 0
    for seed in range(20):
        pool = sentences(320, 100 + seed)
        raised += bool(measured(pool.take(range(160)), pool.take(range(160, 320)), seed).alarms)
    assert raised <= 2  # 10 % of the repeats


@pytest.mark.slow
def test_halves_of_snips_raise_few_alarms(real_data):
    folder = real_data / "snips" / "train"
    texts = (folder / "seq.in").read_text(encoding="utf-8").splitlines()
    pool = Rows.labelled(texts, (folder / "label").read_text(encoding="utf-8").split())
    raised = 0
    for seed in range(20):
        drawn = pool.take(rng(seed, "halves").permutation(len(pool))[:600])
        halves = drawn.take(range(300)), drawn.take(range(300, 600))
        raised += bool(measured(*halves, seed).alarms)
    assert raised <= 2
