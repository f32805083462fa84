"""The page of an assessment: it says everything, survives everything, and loads nothing."""

from __future__ import annotations

import html
import json
import re
import shutil
import subprocess
from html.parser import HTMLParser

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from corpusforge.assess.page import render
from corpusforge.assess.results import speech_only
from tests.assess.page_documents import (
    SPEECH,
    assessment,
    collapse,
    difference,
    dose,
    history,
)

HOSTILE = '<script>alert("x")</script><img src=http://example.org/x onerror=alert(1)>'
CHROMIUM = shutil.which("chromium") or shutil.which("chromium-browser")


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
