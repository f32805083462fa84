"""Planted truths: what must be found, and what must not be taken for a gain."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from corpusforge.assess import controls
from corpusforge.assess.bench import (
    DUPLICATED,
    EDA,
    REAL,
    REAL_SYNTHETIC,
    Bench,
    stratified,
    trials,
)
from corpusforge.assess.classifiers import classifiers
from corpusforge.assess.encoder import SvdEncoder
from corpusforge.assess.intervals import mean_interval, paired_interval
from corpusforge.assess.rows import Rows
from corpusforge.assess.usefulness import measure
from corpusforge.assess.verdict import CODES, decide
from corpusforge.core.progress import Progress
from corpusforge.core.seeding import rng
from tests.assess.toy import rows

QUIET = Progress(quiet=True)


def verdict_of(real, synthetic, test, **options):
    encoder = SvdEncoder()
    encoder.prepare([*real.texts, *synthetic.texts])
    bench = Bench(real, synthetic, test, classifiers(encoder), draws=2, **options)
    found = measure(bench, QUIET)
    return decide(bench, found), found


@pytest.fixture(scope="module")
def world():
    seeds, test = rows(2, seed=1), rows(50, seed=2)
    return seeds, rows(40, seed=3, origin="external"), test


def test_more_rows_of_the_same_world_are_used(world):
    seeds, more, test = world
    verdict, found = verdict_of(seeds, more, test)
    assert verdict.code == "use"
    assert "real + synthetic" in verdict.reasons[0]
    for one in found.classifiers:
        assert one.gain.low_pp > 0
        assert one.tstr_ratio > 1


def test_random_labels_are_refused(world):
    seeds, more, test = world
    wrong = controls.random_labels(more, rng(1, "wrong"))
    verdict, found = verdict_of(seeds, wrong, test)
    assert verdict.code == "do_not_use"
    assert all(one.gain.high_pp < 0 for one in found.classifiers)


def test_copies_of_the_seeds_are_no_gain(world):
    seeds, _, test = world
    copies = controls.duplicated(seeds, 120, rng(1, "copies"))
    verdict, _ = verdict_of(seeds, copies, test)
    assert verdict.code == "no_gain"


def test_text_of_another_world_teaches_nothing(world):
    seeds, _, test = world
    names = sorted(set(seeds.intents))
    words = ["lorem", "ipsum", "dolor", "sit", "amet", "elit", "sed", "tempor", "magna", "aliqua"]
    draws = rng(1, "other")
    texts = [" ".join(draws.choice(words, size=4)) for _ in range(80)]
    other = controls.random_labels(
        seeds.labelled(texts, [names[i % 4] for i in range(80)]), rng(1, "shuffle")
    )
    verdict, _ = verdict_of(seeds, other, test)
    assert verdict.code == "do_not_use"


def test_too_few_test_rows_say_nothing_and_say_how_many_would(world):
    seeds, more, test = world
    verdict, _ = verdict_of(seeds, more, stratified(test, 16, rng(1, "few")))
    assert verdict.code == "not_enough_real_data"
    assert verdict.test_rows_needed >= 30
    assert str(verdict.test_rows_needed) in verdict.reasons[-1]


def test_without_test_rows_every_real_row_is_tested_once(world):
    _, more, _ = world
    real = rows(12, seed=5)
    verdict, found = verdict_of(real, more, None)
    assert found.cross_validated
    assert found.test_rows == len(real)
    assert verdict.code in CODES


def test_cross_validation_never_trains_on_a_tested_sentence():
    real = rows(9, seed=4)
    real = real.plus(real.take(range(5)))  # copies must stay together
    tested = []
    for trial in trials(real, None, draw=0, seed=1):
        assert not set(trial.train.folded) & set(trial.test.folded)
        tested += trial.places.tolist()
    assert sorted(tested) == list(range(len(real)))


def test_rows_of_the_corpus_that_are_tested_do_not_train(world):
    seeds, _, test = world
    encoder = SvdEncoder()
    encoder.prepare(seeds.texts)
    leaky = test.plus(rows(3, seed=9))
    bench = Bench(seeds, leaky, test, classifiers(encoder), draws=1)
    bench.correct("tfidf-svm", "synthetic")
    in_test = sum(text in set(test.folded) for text in leaky.folded)
    assert bench.facts("tfidf-svm", "synthetic")[0] == len(leaky) - in_test


def test_rows_of_weight_zero_do_not_train(world):
    seeds, more, test = world
    wrong = controls.random_labels(more, rng(1, "wrong")).with_weights(np.zeros(len(more)))
    encoder = SvdEncoder()
    encoder.prepare([*seeds.texts, *more.texts])

    def answers(synthetic):
        bench = Bench(seeds, synthetic, test, classifiers(encoder), draws=1)
        return [bench.predicted(name, REAL_SYNTHETIC) for name in bench.classifiers]

    for first, second in zip(answers(more.plus(wrong)), answers(more), strict=True):
        assert (first == second).all()


def test_light_rows_count_less_than_heavy_ones(world):
    seeds, more, test = world
    wrong = controls.random_labels(more, rng(1, "wrong"))
    encoder = SvdEncoder()
    encoder.prepare([*seeds.texts, *more.texts])

    def right(weight):
        weighted = wrong.with_weights(np.full(len(wrong), weight))
        bench = Bench(seeds, weighted, test, classifiers(encoder), draws=1)
        return bench.correct("tfidf-svd-lr", REAL_SYNTHETIC).mean()

    assert right(0.01) > right(1.0) + 0.1


def test_same_seed_same_predictions(world):
    seeds, more, test = world

    def answers():
        encoder = SvdEncoder()
        encoder.prepare([*seeds.texts, *more.texts])
        bench = Bench(seeds, more, test, classifiers(encoder), draws=2)
        return [bench.predicted(n, a) for n in bench.classifiers for a in (EDA, DUPLICATED)]

    for first, second in zip(answers(), answers(), strict=True):
        assert (first == second).all()


def test_beside_rows_stand_in_every_arm(world):
    seeds, more, test = world
    encoder = SvdEncoder()
    encoder.prepare(more.texts)
    bench = Bench(seeds, more, test, classifiers(encoder), draws=1, beside=rows(20, seed=8))
    bench.correct("tfidf-svm", REAL)
    assert bench.facts("tfidf-svm", REAL)[0] == len(seeds) + 80


def test_where_no_row_differs_the_rule_of_three_says_how_little_that_proves():
    same = rng(1, "x").random((3, 50)) < 0.5
    assert paired_interval(same, same, rng(1, "i")) == (0.0, -0.06, 0.06)
    assert mean_interval(np.ones((2, 30)), rng(1, "i")) == (1.0, 0.9, 1.0)


def test_one_mislabelled_intent_is_named_though_the_others_gain(world):
    seeds, more, test = world
    wrong = ["music" if intent == "weather" else intent for intent in more.intents]
    verdict, found = verdict_of(seeds, more.with_intents(wrong), test)
    assert all(any(x.intent == "weather" for x in one.harmed) for one in found.classifiers)
    said = [reason for reason in verdict.reasons if "harms the intent weather" in reason]
    assert len(said) == 1
    assert "music" in said[0]


def test_intervals_cover_the_truth_nine_times_of_ten():
    """Draws and rows that both vary: the 95 % interval must hold the mean often enough."""
    covered = 0
    for repeat in range(150):
        draws = rng(repeat, "coverage")
        skill = draws.normal(0.7, 0.1, size=200).clip(0.02, 0.98)
        values = draws.random((4, 200)) < skill + draws.normal(0, 0.02, size=(4, 1))
        _, low, high = mean_interval(values, rng(repeat, "interval"))
        covered += low <= 0.7 <= high
    assert covered >= 0.9 * 150


@settings(max_examples=30, deadline=None)
@given(st.integers(1, 40), st.integers(0, 5))
def test_a_stratified_sample_keeps_every_intent(count, seed):
    whole = rows(9, seed=3)
    kept = stratified(whole, count, rng(seed, "s"))
    assert set(kept.intents) == set(whole.intents)
    assert len(kept) <= max(count, 4) + 4
    assert set(kept.texts) <= set(whole.texts)


def test_no_arm_of_that_name(world):
    seeds, more, test = world
    encoder = SvdEncoder()
    encoder.prepare(seeds.texts)
    bench = Bench(seeds, more, test, classifiers(encoder), draws=1)
    with pytest.raises(ValueError, match="no arm"):
        bench.correct("tfidf-svm", f"{REAL} + nothing")


def test_one_row_per_intent_warns_of_nothing():
    """Warnings are errors in these tests; scikit-learn takes many classes for a regression."""
    texts = [f"word{n} of intent {n}" for n in range(30)]
    real = Rows.labelled(texts, [f"intent_{n}" for n in range(30)])
    encoder = SvdEncoder()
    encoder.prepare(real.texts)
    for classifier in classifiers(encoder):
        c = classifier.tune(real, None, rng(1, "tune"))
        assert (classifier.fit(real, c).predict(real.texts) == real.intents).all()
