"""Mixing curves: planted corpora get the share they deserve."""

from __future__ import annotations

import io
import json

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from corpusforge.assess.bench import Bench
from corpusforge.assess.classifiers import classifiers
from corpusforge.assess.controls import random_labels
from corpusforge.assess.curve import SHARES, _order, mixing_curve
from corpusforge.assess.dose_choice import choose, cross_fitted, halves, share_interval
from corpusforge.assess.encoder import SvdEncoder
from corpusforge.assess.rows import Rows
from corpusforge.core.progress import Progress
from corpusforge.core.seeding import rng

INTENTS = ("light", "timer", "weather")


def words(intent):
    """Thirty words that only this intent has, and that share no spelling with each other."""
    letters = rng(INTENTS.index(intent), "words").integers(97, 123, size=(30, 6))
    return ["".join(map(chr, word)) for word in letters]


def rows(count, seed, *, origin="real", weight=1.0):
    """`count` rows of each intent, each with one word of its own among words that all have."""
    draw = rng(seed, "rows")
    common = ["please", "now", "could", "you", "the", "a"]
    texts, intents = [], []
    for intent in INTENTS:
        for _ in range(count):
            before, after = draw.choice(common, 2)
            texts.append(f"{before} {draw.choice(words(intent))} {after}")
            intents.append(intent)
    return Rows.labelled(texts, intents, origin=origin, weights=np.full(len(texts), weight))


def bench(real, synthetic, test, draws=1, kinds=1, max_rows=5000):
    encoder = SvdEncoder()
    encoder.prepare([*real.texts, *synthetic.texts])
    made = classifiers(encoder)[:kinds]
    return Bench(real, synthetic, test, made, seed=1, draws=draws, max_rows=max_rows)


QUIET = Progress(quiet=True, stream=io.StringIO())


@pytest.fixture(scope="module")
def oracle():
    """Four real rows per intent, and a corpus of real rows."""
    made = rows(50, 2, origin="oracle")
    return mixing_curve(bench(rows(4, 1), made, rows(40, 3), draws=2, kinds=2), QUIET)


def test_both_curves_have_their_doses(oracle):
    assert [round(point.share, 1) for point in oracle.fixed_total] == [
        0.0,
        0.1,
        0.2,
        0.5,
        0.8,
        0.9,
        1.0,
    ]
    assert all(p.real_rows + p.synthetic_rows == 12 for p in oracle.fixed_total)
    assert oracle.total_rows == 12 and len(oracle.fixed_total) == len(SHARES)
    made = oracle.added[-1].synthetic_rows
    assert 100 < made < 150, "all that are no test row"
    assert [point.synthetic_rows for point in oracle.added] == [0, 1, 4, 12, 24, 60, made]
    assert all(point.real_rows == 12 for point in oracle.added)
    assert oracle.added[-1].times == made / 12
    assert oracle.largest_share == pytest.approx(made / (made + 12))
    assert list(oracle.added[0].accuracy) == ["tfidf-svm", "tfidf-svd-lr"]
    for point in (*oracle.added, *oracle.fixed_total):
        assert 0 <= point.mean.low <= point.mean.mean <= point.mean.high <= 1


def test_more_real_rows_are_recommended(oracle):
    assert oracle.recommended_share > 0.7
    assert oracle.recommended_share_low <= oracle.recommended_share
    assert oracle.recommended_share <= oracle.recommended_share_high
    assert oracle.gain_pp.low > 0
    assert set(oracle.gain_by_classifier) == set(oracle.added[0].accuracy)


def test_the_same_real_rows_are_the_start_of_both_curves(oracle):
    assert oracle.fixed_total[0].accuracy == oracle.added[0].accuracy


def test_random_labels_are_not_recommended():
    made = random_labels(rows(40, 2), rng(5, "labels"))
    found = mixing_curve(bench(rows(12, 1), made, rows(40, 3), draws=2), QUIET)
    assert found.recommended_share == 0
    assert found.gain_pp.low <= 0 and found.gain_pp.mean < 2
    assert found.fixed_total[-1].mean.mean < found.fixed_total[0].mean.mean


def test_figures_are_json_and_the_same_each_time():
    def once():
        made = rows(12, 2, weight=0.5)
        return mixing_curve(bench(rows(6, 1), made, None), QUIET).to_json()

    first = once()
    assert json.loads(json.dumps(first, allow_nan=False)) == once()
    assert first["added"][0]["times"] == 0 and first["fixed_total"][-1]["times"] is None
    assert any("cross-validated" in note for note in first["notes"])
    assert any("weights" in note for note in first["notes"])


def test_without_rows_nothing_is_measured():
    nothing = Rows.labelled([], [])
    found = mixing_curve(bench(rows(3, 1), nothing, rows(3, 2)), QUIET)
    assert found.recommended_share is None and found.largest_share == 0
    assert found.to_json()["cross_fitted_gain_pp"] is None
    copies = mixing_curve(bench(rows(3, 1), rows(3, 2), rows(3, 2)), QUIET)
    assert copies.added == (), "a corpus of test rows has nothing to train on"


def test_no_more_rows_than_allowed():
    found = mixing_curve(bench(rows(5, 1), rows(40, 2), rows(10, 3), max_rows=30), QUIET)
    assert max(point.synthetic_rows for point in found.added) == 30


@given(st.lists(st.sampled_from("abc"), min_size=1, max_size=60), st.integers(0, 99))
def test_every_beginning_is_stratified(intents, seed):
    made = Rows.labelled([str(n) for n in range(len(intents))], intents)
    order = _order(made, rng(seed, "order"))
    assert sorted(order) == list(range(len(intents)))
    for end in range(1, len(order) + 1):
        for places in made.by_intent().values():
            share = len(places) / len(made)
            assert abs(np.isin(order[:end], places).sum() - share * end) <= 3


def answers(levels, draws=3, count=400, seed=1):
    """Right answers with these rates, the same luck for all doses."""
    luck = rng(seed, "luck").random((draws, count))
    return np.stack([(luck < level).astype(float) for level in levels])


def test_the_smallest_dose_near_the_best_is_chosen():
    assert choose(answers([0.5, 0.8, 0.8, 0.8])) == 1
    assert choose(answers([0.8, 0.8, 0.7])) == 0
    assert choose(answers([0.5, 0.6, 0.9])) == 2
    shares = np.array([0.0, 0.5, 0.9])
    low, high = share_interval(answers([0.5, 0.6, 0.9]), shares, rng(1, "x"))
    assert (low, high) == (0.9, 0.9)


@settings(max_examples=25)
@given(st.integers(0, 1000))
def test_luck_gains_nothing_when_cross_fitted(seed):
    """Doses that are all alike: the best of ten looks better than it is, cross-fitting does not."""
    draws = rng(seed, "alike")
    tables = (draws.random((10, 2, 200)) < 0.5).astype(float)
    rows_ = Rows.labelled(["x"] * 200, ["a", "b"] * 100)
    half = halves(rows_, rng(seed, "halves"))
    assert half.sum() == 100 and half[::2].sum() == 50
    gain = cross_fitted(tables, tables, half).mean()
    assert abs(gain) < 0.15


def test_luck_cancels_over_many_repeats():
    gains, naive = [], []
    rows_ = Rows.labelled(["x"] * 200, ["a", "b"] * 100)
    for seed in range(60):
        tables = (rng(seed, "alike").random((10, 2, 200)) < 0.5).astype(float)
        half = halves(rows_, rng(seed, "halves"))
        gains.append(cross_fitted(tables, tables, half).mean())
        naive.append((tables[choose(tables)] - tables[0]).mean())
    assert abs(np.mean(gains)) < 0.01 < np.mean(naive)
