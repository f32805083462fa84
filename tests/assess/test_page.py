"""The page of an assessment: it says everything, survives everything, and loads nothing."""

from __future__ import annotations

import html
import json
import re
import shutil
import subprocess
from html.parser import HTMLParser

import pyarrow as pa
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from corpusforge.assess.history import HISTORY
from corpusforge.assess.page import render
from corpusforge.assess.results import speech_only

HOSTILE = '<script>alert("x")</script><img src=http://example.org/x onerror=alert(1)>'
CHROMIUM = shutil.which("chromium") or shutil.which("chromium-browser")


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


class Words(HTMLParser):
    """The text of a page, its tags in order, and whether they are nested as they must be."""

    VOID = ("meta", "link", "br", "img", "input", "hr")

    def __init__(self, page):
        super().__init__()
        self.text, self.tags, self.attributes, self._open = "", [], [], []
        self.feed(page)
        assert self._open == []

    def handle_starttag(self, tag, attrs):
        self.tags.append(tag)
        self.attributes += attrs
        if tag not in self.VOID:
            self._open.append(tag)

    def handle_endtag(self, tag):
        assert self._open.pop() == tag

    def handle_data(self, data):
        if self._open[-1:] != ["style"]:
            self.text += data


def shown(document, past=None):
    return Words(render(document, past))


def test_the_verdict_comes_first_then_the_reasons():
    words = shown(assessment(), history())
    order = [
        "Does smart home help?",
        "20\u202f000 synthetic rows, tested on 450 real rows of 15 intents.",
        "Use it up to 40 %",
        "tfidf-svm: real 86.1 %, real + synthetic 88.4 %",
        "real rows alone",
        "control: real rows, words swapped and dropped (EDA)",
    ]
    places = [words.text.index(part) for part in order]
    assert places == sorted(places)


def test_every_section_says_its_figures():
    text = shown(assessment(), history()).text
    for part in (
        "86.1\u202f% (84.1 to 88.1)",
        "+2.3 (+1.3 to +3.3)",
        "\u22121.9",
        "about 3.2 real rows per intent",
        "Recommended: 40 % synthetic rows in the mix (95 % interval 25 to 50 %)",
        "gains +2.0 points on the other (+0.5 to +3.5)",
        "70.0\u202f% (68.0 to 72.0)",
        "Not measured, room: only in the corpus",
        "replace: the vocabulary shrinks since generation 2",
        "AUC of 0.77",
        "recall is 0.813, 0.951 for as many real rows",
        "One more template for intent_03, with “people”, about +0.4 points of accuracy",
        "A guess from 7 test rows of 30",
        "what people say 3",
        "taken for other_intent; words that its synthetic rows lack: people",
        "people (7)",
        "real and synthetic clips together: +4.0 points",
        "60.0\u202f%",
        "the synthetic share rose from 50% to 70%",
        "versions.numpy",
        "The failing rows shown come from the test set.",
    ):
        assert part in text, part
    assert text.count("Not measured yet") == 2, "bias and privacy have their places"


def test_the_weakest_intents_are_open_the_others_folded():
    text = shown(assessment()).text
    assert text.index("intent_00 (worst tenth)") < text.index("intent_01")
    assert "5 more intents" in text


@pytest.mark.parametrize("key", [k for k in assessment() if k != "schema"])
def test_any_section_may_be_missing(key):
    without = assessment()
    del without[key]
    for document in ({**assessment(), key: None}, without):
        assert "Does" in shown(document, history(0)).text


def test_what_was_not_asked_for_says_how_to_ask():
    none = {**assessment(), "mixing": None, "collapse": None, "speech": None}
    text = shown(none).text
    for option in ("--curve", "--generations", "--audio"):
        assert option in text


def test_clips_alone(tmp_path):
    text = shown(speech_only(tmp_path / "digits", SPEECH)).text
    assert "Does digits help?" in text and "Clips: use it" in text
    assert "Not assessed on text" in text


def test_one_run_of_generations_is_enough():
    text = shown({**assessment(), "collapse": collapse("replace")}).text
    assert "replace: all figures, 25 % of the vocabulary lost" in text


def test_too_little_real_data_says_how_much_is_needed():
    few = {"verdict": "not enough real data to say", "verdict_code": "not_enough_real_data"}
    text = shown({**assessment(), **few, "test_rows_needed": 120}).text
    assert "Not enough real data to say" in text and "About 120 real test rows would tell." in text


def test_a_corpus_that_helps_nobody_is_given_no_share():
    document = assessment()
    document["mixing"]["recommended_share"] = 0.0
    assert "None of the doses is better than real rows alone." in shown(document).text


def hostile(value):
    """The same document with every string replaced."""
    if isinstance(value, str):
        return HOSTILE
    if isinstance(value, list):
        return [hostile(one) for one in value]
    if isinstance(value, dict):
        return {key: one if key == "status" else hostile(one) for key, one in value.items()}
    return value


def test_rows_cannot_become_markup():
    words = shown(hostile(assessment()), history())
    assert "script" not in words.tags and "img" not in words.tags
    assert HOSTILE in words.text
    assert not any(name.startswith("on") for name, _ in words.attributes)


def test_nothing_is_loaded():
    words = shown(assessment(), history())
    links = [value for name, value in words.attributes if name in ("href", "src")]
    assert all(value.startswith(("#", "data:")) for value in links)
    assert any("default-src 'none'" in str(value) for _, value in words.attributes)
    assert "@import" not in render(assessment(), None) and "url(" not in render(assessment(), None)


def test_links_lead_somewhere_and_ids_are_unique():
    words = shown(assessment(), history())
    ids = [value for name, value in words.attributes if name == "id"]
    assert len(ids) == len(set(ids))
    assert {v[1:] for n, v in words.attributes if n == "href" and v.startswith("#")} <= set(ids)


def test_the_same_figures_give_the_same_page():
    assert render(assessment(), history()) == render(
        json.loads(json.dumps(assessment())), history()
    )


@settings(max_examples=30, deadline=None)
@given(st.floats(0, 1), st.floats(-100, 100), st.integers(0, 10**6))
def test_any_figures_can_be_drawn(share, points, count):
    document = assessment()
    document["usefulness"]["classifiers"]["tfidf-svm"]["gain"] = difference(points)
    document["mixing"]["added"] = [dose(share)]
    document["mixing"]["recommended_share"] = share
    document["collapse"]["replace"]["generations"][1]["vocabulary"] = count
    page = render(document, history(1))
    assert re.search(r"\bnan\b", page) is None


@pytest.mark.skipif(CHROMIUM is None, reason="chromium is not installed (apt)")
@pytest.mark.parametrize("width", [320, 1100])
def test_the_page_is_never_wider_than_the_screen(tmp_path, width):
    """Measured from outside of the page, which runs no script."""
    inner = html.escape(render(assessment(), history()), quote=True)
    script = (
        "onload = () => { const page = document.querySelector('iframe').contentDocument;"
        "document.title = page.documentElement.scrollWidth + ' ' +"
        "page.querySelectorAll('section').length; }"
    )
    frame = f'<iframe width="{width}" height="800" style="border:0" srcdoc="{inner}"></iframe>'
    outer = tmp_path / "outer.html"
    outer.write_text(f"<!doctype html><script>{script}</script>{frame}", encoding="utf-8")
    done = subprocess.run(
        [
            str(CHROMIUM),
            "--headless",
            "--no-sandbox",
            "--disable-gpu",
            "--disable-dev-shm-usage",
            f"--user-data-dir={tmp_path / 'profile'}",
            "--dump-dom",
            outer.as_uri(),
        ],
        capture_output=True,
        text=True,
        timeout=120,
        check=True,
    )
    found = re.search(r"<title>(\d+) (\d+)</title>", done.stdout)
    assert found is not None
    assert int(found[1]) <= width and int(found[2]) >= 13
