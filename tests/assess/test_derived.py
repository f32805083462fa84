"""A corpus made from the real rows must not be proved by holding these rows out."""

from __future__ import annotations

from itertools import combinations

import numpy as np
import pytest

from corpusforge.assess import controls
from corpusforge.assess.derived import Nearness, _expected_maximum, nearness
from corpusforge.assess.inputs import Evidence
from corpusforge.assess.rows import Rows
from corpusforge.assess.run import Options, assess
from corpusforge.assess.verdict import Verdict, if_derived
from corpusforge.core.progress import Progress
from corpusforge.core.seeding import rng
from tests.assess.toy import rows


@pytest.mark.parametrize("count", [1, 2, 3, 6, 7, 9])
def test_the_expected_maximum_is_the_mean_over_all_choices(count):
    values = rng(1, "values").random(7)
    size = min(count, 7)
    brute = np.mean([max(chosen) for chosen in combinations(values, size)])
    assert _expected_maximum(values, count) == pytest.approx(brute)


def test_reworded_rows_are_seen_and_new_ones_are_not():
    real = rows(8, seed=1)
    reworded = controls.eda(real, 120, rng(1, "eda"))
    assert nearness(real, reworded, rng(1, "x")).derived
    assert not nearness(real, rows(30, seed=2), rng(1, "x")).derived


def test_the_size_of_the_corpus_does_not_count():
    real = rows(8, seed=1)
    for size in (6, 30, 90):
        assert not nearness(real, rows(size, seed=3), rng(1, "x")).derived


def test_copies_and_single_rows_say_nothing():
    real = rows(8, seed=1)
    assert nearness(real, real, rng(1, "x")).rows == 32
    assert not nearness(real, real, rng(1, "x")).derived
    assert nearness(rows(1), rows(9, seed=2), rng(1, "x")).rows == 0


def test_a_good_verdict_is_taken_back_without_test_rows():
    """Sentences of made-up words: nothing to learn but the held-out rows themselves."""
    draws = rng(1, "babble")
    babble = ["".join(draws.choice(list("abcdefghijklmnop"), 5)) for _ in range(4 * 15 * 5)]
    texts = [" ".join(babble[i : i + 5]) for i in range(0, len(babble), 5)]
    real = Rows.labelled(texts, [f"intent_{i % 4}" for i in range(60)])
    reworded = controls.eda(real, 400, rng(1, "eda"))
    evidence = Evidence(reworded, real, None, {}, ())
    found = assess(evidence, Options(draws=1, encoder="tfidf-svd"), Progress(quiet=True))
    # Without the check this would be a triumph.
    assert all(one.gain.decision_low_pp > 30 for one in found.usefulness.classifiers)
    assert found.verdict.code == "not_enough_real_data"
    assert "made from these real rows" in found.verdict.reasons[0]
    assert "--test" in found.verdict.reasons[0]


def test_a_bad_verdict_stands():
    near = Nearness(gap=0.3, low=0.2, rows=60)
    for code in ("no_gain", "do_not_use", "not_enough_real_data"):
        verdict = Verdict(code, code, ("because",))
        assert if_derived(verdict, near) == verdict
    assert if_derived(Verdict("use", "use it", ()), near).code == "not_enough_real_data"
    far = Nearness(gap=0.01, low=0.001, rows=60)
    assert if_derived(Verdict("use", "use it", ()), far).code == "use"
