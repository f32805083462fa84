"""Thresholds, controls and the table of the evaluation of rows out of scope."""

import json
from collections import Counter

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from sklearn.metrics import roc_auc_score

from corpusforge.assess.encoder import load_encoder
from corpusforge.assess.rows import Rows
from eval.data import RealData
from eval.expand import out_of_scope
from eval.expand.few_shot_tables import out_of_scope as table_of
from eval.expand.out_of_scope import ARMS, LABEL, NEAR, OWN, SHUFFLED, THRESHOLD, Side
from eval.todays_generator import Generated

SURE = st.lists(st.tuples(st.floats(-5, 5), st.booleans()), min_size=1, max_size=30)


@given(SURE, st.integers(0, 30))
def test_the_threshold_refuses_as_much_as_it_may(answers, wanted):
    sure = np.array([value for value, _ in answers])
    right = np.array([flag for _, flag in answers])
    least = out_of_scope.refused_at(sure, right, wanted)
    kept = int((right & (sure >= least)).sum())
    if wanted > right.sum():
        # Nothing right is refused, and no more than that is kept.
        assert least == (sure[right].min() if right.any() else float("-inf"))
        return
    # Equal confidences are kept together.
    assert kept >= wanted
    higher = np.nextafter(least, np.inf)
    assert int((right & (sure >= higher)).sum()) < max(wanted, 1)


def test_auc_against_pairs():
    inside, outside = np.array([0.1, 0.5, 0.5, 0.9]), np.array([0.5, 0.8, 1.0])
    pairs = [(o > i) + 0.5 * (o == i) for i in inside for o in outside]
    assert out_of_scope.auc(inside, outside) == pytest.approx(np.mean(pairs))
    draws = np.random.default_rng(5)
    truth, scores = draws.random(200) < 0.3, draws.integers(0, 9, 200).astype(float)
    peer = roc_auc_score(truth, scores)
    assert out_of_scope.auc(scores[~truth], scores[truth]) == pytest.approx(peer)


def test_shuffled_texts_have_words_and_lengths_of_the_rows():
    rows = Rows.labelled(["pay my bill", "what is it", "go"], ["a", "b", "c"])
    texts = out_of_scope.shuffled(rows, 7, np.random.default_rng(1))
    assert [len(text.split()) for text in texts] == [3, 3, 1, 3, 3, 1, 3]
    words = Counter(word for text in rows.texts for word in text.split())
    assert {word for text in texts for word in text.split()} <= set(words)


PLACES = ("paris", "rome", "oslo", "bonn", "lima", "cairo")


def rows(start, times):
    texts = [f"{start} a ticket to {place} {time}" for place in PLACES for time in times]
    texts += [f"how much money is in {place} {time}" for place in PLACES for time in times]
    half = len(texts) // 2
    return Rows.labelled(texts, ["book"] * half + ["balance"] * half)


def test_a_draw_and_its_table(tmp_path, monkeypatch):
    """With near misses like the test rows out of scope, recall rises above the controls'."""
    data = RealData("small", rows("book", ("now", "today")), rows("buy", ("soon",)), 0)
    near = Rows.labelled(
        [f"sing a song about the sea and {place}" for place in PLACES], [LABEL] * 6, origin="gan"
    )
    inside = Rows.labelled(["get a ticket to delhi"], ["book"], origin="gan")
    made = Generated(inside.plus(near).with_weights(np.full(7, 0.5)), "", 1.5)
    monkeypatch.setattr(out_of_scope, "generated", lambda *_, **__: made)
    side = Side(("tell a joke", "bake bread"), ("sing about the sea", "sing me a song", "a song"))
    encoder = load_encoder("tfidf-svd")
    found = [
        out_of_scope.measure(
            data, side, (5, draw), encoder, tmp_path, 1, {"adapter": "a", "base": "b"}
        )
        for draw in (1, 2)
    ]
    found = json.loads(json.dumps(found))
    assert [f["near_misses"] for f in found] == [6, 6]
    assert [f["rows"] for f in found] == [1, 1]
    one = out_of_scope.summary(found, 1)
    svm = one["classifiers"]["tfidf-svm"]["arms"]
    assert list(svm) == list(ARMS)
    assert svm[NEAR]["recall"] == 100
    assert svm[NEAR]["recall"] > svm[SHUFFLED]["recall"]
    assert svm[NEAR]["near_misses_gain_pp"][0] == 0
    assert svm[OWN]["near_misses_gain_pp"][0] == 100 - svm[OWN]["recall"]
    assert svm[THRESHOLD]["accuracy"] >= svm[NEAR]["accuracy"]
    result = {
        "command": "c", "date": "d", "seed": 1, "versions": {}, "not_run": {}, "wanted": 6,
        "arms": list(ARMS),
        "adapter": {"texts": 1, "intents": 1, "base": "b"}, "test_rows": 12,
        "test_rows_out_of_scope": 3, "cells": {"small k=5": one},
    }  # fmt: skip
    page = "\n".join(table_of(result))
    assert f"| tfidf-svm | {NEAR} | {svm[NEAR]['accuracy']:.1f} | 100.0 |  |" in page


def test_a_build_without_near_misses_has_no_arms(tmp_path, monkeypatch):
    data = RealData("small", rows("book", ("now", "today")), rows("buy", ("soon",)), 0)
    made = Generated(Rows.labelled(["get a ticket"], ["book"]), "", 1.5)
    monkeypatch.setattr(out_of_scope, "generated", lambda *_, **__: made)
    encoder = load_encoder("tfidf-svd")
    keys = {"adapter": "a", "base": "b"}
    side = Side(("tell a joke",), ("a song",))
    found = out_of_scope.measure(data, side, (5, 1), encoder, tmp_path, 1, keys)
    one = out_of_scope.summary([found], 1)
    assert one["draws"] == 0
    assert one["classifiers"]["tfidf-svm"]["arms"] == {}
    assert one["classifiers"]["tfidf-svm"]["accuracy_without_refusing"] > 50
