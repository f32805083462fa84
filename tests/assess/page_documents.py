"""Assessments as the page shows them, with figures that are made up."""

from __future__ import annotations

import pyarrow as pa

from corpusforge.assess.history import HISTORY


def arm(accuracy):
    return {
        "accuracy": accuracy,
        "low": accuracy - 0.02,
        "high": accuracy + 0.02,
        "macro_f1": accuracy,
        "worst_tenth": accuracy - 0.3,
        "rows": 1500,
        "c": 1.0,
    }


def difference(mean):
    ends = {"low_pp": mean - 1, "high_pp": mean + 1}
    decision = {"decision_low_pp": mean - 1.2, "decision_high_pp": mean + 1.2}
    return {"mean_pp": mean, **ends, **decision, "against": "real"}


def classifier():
    arms = {"real": arm(0.861), "synthetic": arm(0.702), "real + synthetic": arm(0.884)}
    arms |= {"real + EDA": arm(0.855), "real + random labels": arm(0.6)}
    return {
        "arms": arms,
        "gain": difference(2.3),
        "edge": difference(-1.9),
        "tstr_ratio": 0.815,
        "synthetic_against_real": difference(-15.9),
        "worth": {"rows_per_intent": 3.2, "text": "about 3.2 real rows per intent"},
        "real_curve": [{"k": k, "accuracy": 0.5 + k / 20} for k in (1, 2, 5)],
    }


def dose(share):
    figure = {"accuracy": 0.8 + share / 10, "low": 0.75, "high": 0.92}
    both = {"tfidf-svm": figure, "MiniLM-lr": figure}
    rows = {"real_rows": 100, "synthetic_rows": 50}
    return {"share": share, "times": None, **rows, "accuracy": both, "mean": figure}


def generation(number):
    figures = {"vocabulary": 900 - 90 * number, "tail_coverage": 0.5, "distinct_2": 0.4}
    figures |= {"self_bleu_4": 0.3, "vendi": 12.5, "copies": 0.1, "accuracy": 0.9 - number / 50}
    return {"number": number, "rows": 100, "trained_on": 100, **figures}


def collapse(mode, alarms=()):
    generations = [generation(number) for number in range(4)]
    head = {"generator": "trigram", "mode": mode, "tokens": 1000, "alarms": list(alarms)}
    return {**head, "alarm": bool(alarms), "vocabulary_lost": 0.25, "generations": generations}


def intent(number, name=None):
    failing = {
        "text": f"what people say {number}",
        "taken_for": "other_intent",
        "wrong_share": 1.0,
        "missing_words": ["people"],
    }
    return {
        "intent": name or f"intent_{number:02d}",
        "test_rows": 30,
        "real_rows": 100,
        "synthetic_rows": 200,
        "recall": {"real": 0.8, "synthetic": 0.5, "real + synthetic": 0.3 + number / 50},
        "worst_tenth": number == 0,
        "failing_rows": 12,
        "confused_with": "other_intent",
        "failing": [failing],
        "cues": [{"words": "people", "rows": 7}],
    }


def heard(accuracy):
    shown = {"accuracy": accuracy, "low": accuracy - 0.1, "high": accuracy + 0.1}
    return {**shown, "macro_recall": 0.5, "worst_classes": ["six"], "clips": 300}


SPEECH = {
    "verdict": "use it",
    "verdict_code": "use",
    "reasons": ["real and synthetic clips together: +4.0 points"],
    "arms": {"synthetic": heard(0.7), "real": heard(0.8), "real_and_synthetic": heard(0.84)},
    "gain_pp": {"mean": 4.0, "low": 1.0, "high": 7.0},
    "engines": {"hibari": {"clips": 300, "alone": 0.53, "held_out": {"accuracy": 0.6}}},
    "notes": [],
}


def assessment():
    """Every section filled, as schemas/assess.schema.json has it."""
    figure = {"mean": 2.0, "low": 0.5, "high": 3.5}
    slot_arm = {"rows": 900, "f1": 0.7, "low": 0.68, "high": 0.72, "precision": 0.7, "recall": 0.7}
    return {
        "schema": 1,
        "verdict": "use it up to 40 %",
        "verdict_code": "use_up_to",
        "reasons": ["tfidf-svm: real 86.1 %, real + synthetic 88.4 %"],
        "share": 0.4,
        "test_rows_needed": None,
        "corpus": {"corpus": "smart home", "synthetic_rows": 20000, "overlap": None},
        "protocol": {"seed": 1, "draws": 3, "versions": {"numpy": "2.4.0"}},
        "usefulness": {
            "test_rows": 450,
            "intents": 15,
            "cross_validated": False,
            "classifiers": {"tfidf-svm": classifier(), "MiniLM-lr": classifier()},
        },
        "slots": {
            "status": "measured",
            "arms": {"real": {**slot_arm, "by_name": {"city": 0.9, "day": None}}},
            "gain_pp": figure,
            "names": ["city", "day"],
            "support": {"city": 40, "day": 0},
            "left_out": {"room": "only in the corpus"},
            "test_rows": 300,
            "notes": ["At most 1500 rows."],
        },
        "mixing": {
            "fixed_total": [dose(share) for share in (0.0, 0.5, 1.0)],
            "added": [dose(share) for share in (0.0, 0.5, 0.8)],
            "recommended_share": 0.4,
            "recommended_share_low": 0.25,
            "recommended_share_high": 0.5,
            "cross_fitted_gain_pp": figure,
            "notes": ["Fixed total: 100 training rows."],
        },
        "collapse": {
            "replace": collapse("replace", ["the vocabulary shrinks since generation 2"]),
            "accumulate": collapse("accumulate"),
        },
        "fidelity": {
            "rows": 500,
            "intents": 15,
            "encoder": "MiniLM",
            "space": {"precision": {"synthetic": 0.91, "real": 0.95}},
            "diversity": {"vendi": {"synthetic": 88.2, "real": None}},
            "realism": {
                "auc": {"synthetic": 0.77, "real": 0.51},
                "low": {"synthetic": 0.7, "real": 0.45},
                "high": {"synthetic": 0.8, "real": 0.55},
                "tells": [{"feature": "please", "synthetic": 0.4, "real": 0.02}],
            },
            "alarms": ["recall is 0.813, 0.951 for as many real rows"],
            "notes": [],
        },
        "bias": None,
        "privacy": None,
        "intents": [intent(number) for number in range(20)],
        "what_next": [
            {
                "action": "template",
                "intent": "intent_03",
                "text": "one more template for intent_03, with “people”",
                "expected_gain_pp": 0.42,
                "basis": "a guess from 7 test rows of 30",
                "cues": ["people"],
            }
        ],
        "speech": SPEECH,
        "notes": ["The failing rows shown come from the test set."],
    }


def history(times=3):
    rows = [
        {
            "time": f"2026-11-{20 + day}T10:00:00Z",
            "kind": "assess",
            "synthetic_share": 0.3 + 0.2 * day,
            "classifier": "tfidf-svm",
            "arm": "real + synthetic",
            "accuracy": 0.9 - 0.06 * day,
            "low": 0.88 - 0.06 * day,
            "high": 0.92 - 0.06 * day,
        }
        for day in range(times)
    ]
    return pa.Table.from_pylist(rows, schema=HISTORY)
