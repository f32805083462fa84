"""Curves: every value is said, intervals are drawn, gaps stay gaps."""

from __future__ import annotations

from xml.etree import ElementTree

from hypothesis import given
from hypothesis import strategies as st

from corpusforge.report.history_chart import history_figure
from corpusforge.report.lines import Curve, line_figure

PLOT_PX = 220


def entry(day, classifier, accuracy, share, **more):
    return {
        "time": f"2026-11-{day:02d}T10:00:00Z",
        "kind": "assess",
        "synthetic_share": share,
        "classifier": classifier,
        "arm": "real + synthetic",
        "accuracy": accuracy,
        "low": None if accuracy is None else accuracy - 0.02,
        "high": None if accuracy is None else accuracy + 0.02,
        **more,
    }


def words(markup):
    return "".join(ElementTree.fromstring(markup).itertext())


def test_a_curve_says_its_values_and_draws_its_band():
    curve = Curve("svm", [0, 50, 100], [80.0, 82.5, 70.0], [78, 80, 66], [82, 85, 74])
    shown = line_figure("Accuracy", [curve], "synthetic rows, %", "accuracy, %")
    root = ElementTree.fromstring(shown)
    assert root.find("svg").get("role") == "img"
    assert root.find("svg/title").text == "Accuracy"
    said = root.find("svg/desc").text
    assert "svm: 0: 80 (78 to 82), 50: 82.5 (80 to 85), 100: 70 (66 to 74)" in said
    assert len(list(root.iter("polygon"))) == 1
    assert len(list(root.iter("circle"))) == 3


def test_a_gap_parts_the_curve():
    shown = line_figure("A", [Curve("b", [0, 1, 2, 3], [1.0, None, 3.0, 2.0])], "x", "y")
    root = ElementTree.fromstring(shown)
    assert len(list(root.iter("polyline"))) == 2
    assert len(list(root.iter("circle"))) == 3


def test_nothing_to_show_is_said():
    assert "Nothing to show yet" in words(line_figure("A", [Curve("b", [], [])], "x", "y"))
    assert "No assessment" in words(history_figure([], []))


@given(
    st.lists(
        st.one_of(st.none(), st.floats(-1e4, 1e4, allow_nan=False).map(lambda v: round(v, 2))),
        min_size=1,
        max_size=12,
    )
)
def test_every_point_stands_inside(values):
    shown = line_figure("A", [Curve("b", list(range(len(values))), values)], "x", "y")
    root = ElementTree.fromstring(shown)
    circles = list(root.iter("circle"))
    assert len(circles) == sum(value is not None for value in values)
    assert all(0 <= float(c.get("cy")) <= PLOT_PX for c in circles)
    assert all(0 <= float(c.get("cx")[:-1]) <= 100 for c in circles)


def test_history_has_a_curve_per_classifier_and_shows_alerts():
    rows = [
        entry(1, "tfidf-svm", 0.8, 0.1),
        entry(1, "encoder-lr", 0.85, 0.1),
        entry(2, "tfidf-svm", 0.7, 0.6),
        entry(3, "my <model>", 0.65, None, arm="", low=None, high=None),
    ]
    shown = history_figure(rows, ["the share grew and accuracy fell"])
    said = words(shown)
    assert "the share grew and accuracy fell" in said
    assert "tfidf-svm, real + synthetic: 2026-11-01: 80 (78 to 82), 2026-11-02: 70" in said
    assert "my <model>: 2026-11-03: 65" in said
    assert "synthetic rows: 2026-11-01: 10, 2026-11-02: 60" in said
    assert shown == history_figure(list(reversed(rows)), ["the share grew and accuracy fell"])


def test_two_entries_of_one_day_are_told_apart():
    rows = [entry(1, "a", 0.8, 0.1), entry(1, "a", 0.9, 0.2, time="2026-11-01T11:30:00Z")]
    said = words(history_figure(rows, []))
    assert "2026-11-01 10:00: 80" in said
    assert "2026-11-01 11:30: 90" in said
