"""Escaping, slots on code points, charts, samples."""

from __future__ import annotations

import re
from collections.abc import Sequence
from typing import Any
from xml.etree import ElementTree

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from corpusforge.report import expansion
from corpusforge.report.audio import AUDIO_BYTES, choose_clips, player_list
from corpusforge.report.charts import Series, bars, histogram, number, percent
from corpusforge.report.data import Corpus, Dropped
from corpusforge.report.markup import Markup, element, text
from corpusforge.report.rows import highlight, sample_rows, slot_colors, spread
from corpusforge.report.sections import dropped_section
from corpusforge.report.summary import summary_section


def plain(markup: str) -> str:
    """Markup without tags, as a reader sees it."""
    return "".join(ElementTree.fromstring(f"<p>{markup}</p>").itertext())


@given(st.text())
def test_text_is_escaped_and_read_back(value: str) -> None:
    shown = text(value)
    assert not re.search(r"[<>\"']", shown)
    allowed = all(c in "\n\t" or c.isprintable() for c in value) and not re.search(
        r"[\ud800-\udfff\ufffe\uffff]", value
    )
    if allowed:
        assert plain(shown) == value


def test_attributes_are_escaped() -> None:
    made = element(
        "p", {"title": '"><script>', "hidden": True, "id": None}, "a < b", Markup("<b/>")
    )
    assert made == '<p title="&quot;&gt;&lt;script&gt;" hidden>a &lt; b<b/></p>'


def test_highlight_counts_code_points(slot_dicts: list[dict[str, Any]]) -> None:
    shown = highlight("\U0001f4a1 Küchenlicht 👍 寝室", slot_dicts, {"light": 2})
    marks = re.findall(r"<mark[^>]*>([^<]*)<small>([^<]*)</small></mark>", shown)
    assert marks == [("Küchenlicht", "light"), ("寝室", "room")]


def test_highlight_without_annotation() -> None:
    assert highlight("a < b", None, {}) == "a &lt; b"


def test_slots_of_one_row_have_different_colors() -> None:
    pairs = [("a", "b"), ("b", "c"), ("c", "d"), ("d", "e"), ("e", "f"), ("f", "g"), ("g", "a")]
    rows = [{"slots": [{"name": name} for name in pair]} for pair in pairs] + [{"slots": None}]
    colors = slot_colors(rows)
    assert all(colors[a] != colors[b] for a, b in pairs)
    assert colors == slot_colors(list(reversed(rows)))


def test_bars_say_their_values() -> None:
    series = [Series("light_on", {"grammar": 1200, "gan": 300}), Series("none", {"grammar": 0})]
    chart = bars("Rows per intent", series, {"grammar": 0, "gan": 1}, "rows")
    root = ElementTree.fromstring(chart)
    words = "".join(root.itertext())
    assert "light_on: 1500 rows (grammar 1200, gan 300)" in words
    assert "1\u202f500" in words
    widths = [float(r.attrib["width"][:-1]) for r in root.iter("rect") if "c" in r.attrib["class"]]
    assert pytest.approx(100) == widths[1] + widths[2]
    assert all(svg.find("title") is not None for svg in root.iter("svg"))


@given(
    st.lists(st.floats(-1e6, 1e6, allow_nan=False).map(lambda value: round(value, 3)), max_size=60)
)
def test_histogram_holds_every_value(values: list[float]) -> None:
    chart = histogram("Something", np.array(values, dtype=np.float64), "s")
    root = ElementTree.fromstring(chart)
    counts = [
        int(t.text.replace("\u202f", "")) for t in root.iter("text") if t.get("class") == "count"
    ]  # type: ignore[union-attr]
    assert sum(counts) == len(values)
    columns = [r for r in root.iter("rect") if r.get("class") == "c0"]
    assert len(columns) <= 12


def test_numbers_for_readers() -> None:
    assert number(1234567) == "1\u202f234\u202f567"
    assert number(1200) == "1\u202f200"
    assert number(1.5, 2) == "1.5"
    assert percent(1, 3) == "33.3\u202f%"
    assert percent(0, 0) == "-"


def test_sample_covers_intents_and_origins() -> None:
    rows = [
        {
            "id": f"{n:032x}",
            "intent": f"i{n % 20}",
            "origin": "gan" if n % 7 == 0 else "grammar",
            "split": ("train", "validation", "test")[n % 3],
            "template": str(n % 50),
        }
        for n in range(2000)
    ]
    sample = sample_rows(rows, 40)
    assert len(sample) == 40
    assert {row["intent"] for row in sample} == {f"i{n}" for n in range(20)}
    assert {row["origin"] for row in sample} == {"gan", "grammar"}
    assert {row["split"] for row in sample} == {"train", "validation", "test"}
    assert sample == sample_rows(list(reversed(rows)), 40)


def test_spread_takes_all_when_few() -> None:
    rows = [{"id": "b", "x": 1}, {"id": "a", "x": 1}]
    assert [row["id"] for row in spread(rows, ("x",), 5)] == ["a", "b"]


def test_audio_stays_within_its_bytes() -> None:
    clip = {"voice": "v", "intent": "i", "origin": "o", "split": "s", "snr_db": None, "chain": []}
    clips = [{**clip, "clip_id": str(n)} for n in range(30)]
    chosen = choose_clips(clips, lambda _: b"x" * 1_000_000, 24)
    assert len(chosen) == AUDIO_BYTES // 1_000_000
    assert choose_clips(clips, lambda _: None, 24) == []


def test_a_player_says_what_was_heard() -> None:
    clip: dict[str, Any] = {
        **dict.fromkeys(("spoken", "voice_gender", "voice_accent", "slots", "snr_db"), None),
        **{name: "" for name in ("clip_id", "voice", "intent", "origin", "split", "engine")},
        **{"text": "stop <now>", "duration_s": 1.0, "chain": [], "voice_accent": ""},
    }
    heard = {"asr_text": "Stop & go.", "score_wer": 0.5, "score_mos": 3.21}
    page = str(player_list([({**clip, **heard}, b"x")], {}))
    assert "heard: Stop &amp; go. (50% of words wrong)" in page
    assert "DistillMOS 3.2" in page
    unheard = {"asr_text": None, "score_wer": None, "score_mos": None}
    page = str(player_list([({**clip, **unheard}, b"x")], {}))
    assert "heard" not in page
    assert "DistillMOS" not in page


def corpus_of(**fields: Any) -> Corpus:
    empty: dict[str, Any] = {"title": "t", "description": "", "lang": "en", "license": ""}
    return Corpus(**{**empty, "rows": [], "clips": [], "read_audio": lambda _: None, **fields})


def test_reasons_are_counted_without_examples() -> None:
    lost = Dropped("clean", "near_duplicate", {"near copy": 3, "same sentence": 1}, (), "rows")
    page = dropped_section(corpus_of(dropped=(lost,)))
    assert "near copy: 3" in page
    assert "near_duplicate: 4 rows, reasons" in page
    assert "Examples" not in page
    # A release knows the filters only: the chart says all there is.
    unknown = Dropped("clean", "near_duplicate", {"near_duplicate": 4}, (), "rows")
    assert "<details" not in dropped_section(corpus_of(dropped=(unknown,)))
    one = Dropped("speech", "render", {"no sound": 1}, (), "clips")
    assert "render: 1 clip, reasons" in dropped_section(corpus_of(dropped=(one,)))


@pytest.mark.parametrize(
    ("voices", "said"),
    [
        ("aba", "1 of 2 voices speaks in more than one split"),
        ("abab", "2 of 2 voices speak in more than one split"),
        ("abc", "0 of 3 voices speak in more than one split."),
        ("ab", "0 of 2 voices speak in more than one split."),
        (("a", "a~p50f93"), "0 of 2 voices speak in more than one split. One voice each stands"),
        ("aa", "One voice speaks everything"),
    ],
)
def test_voices_are_counted(voices: Sequence[str], said: str) -> None:
    splits = ("train", "validation", "test", "train")
    clips = [
        {"engine": "e", "voice": v, "split": s, "duration_s": 1.0}
        for v, s in zip(voices, splits, strict=False)
    ]
    page = summary_section(corpus_of(clips=clips))
    assert said in page
    assert ("disjoint" in page) == said.startswith("0 of")


def test_verdicts_come_from_figures_and_notes_stand_as_they_are() -> None:
    entry = {"attribute": "gender", "p_value": 0.01, "cramers_v": 0.3, "independent_95": 0.1}
    notes = (("expand", "expansion: not shown to help: words change"), ("speech", "few voices"))
    page = summary_section(corpus_of(bias={"attributes": [entry]}, notes=notes))
    assert "Bias: gender goes with the intent" in page
    assert "2 notes of the stages" in page
    for stage, note in notes:
        assert f"<b>{stage}: </b>{note}" in page
    dull = {**entry, "p_value": 0.2}
    assert "goes with" not in summary_section(corpus_of(bias={"attributes": [dull]}))


@pytest.mark.parametrize(
    ("facts", "begins"),
    [
        ({"generator": "gan"}, "A transformer trained on the train rows wrote 9 candidates"),
        ({"generator": "llm"}, "The generator llm wrote 9 candidates"),
        ({"generator": "gan", "base": "tiny"}, "The language model tiny, as it came"),
        (
            {"base": "tiny", "adapter": {"texts": 80, "intents": 12}, "calibration_error": 0.02},
            "The language model tiny, taught on 80 texts of 12 other intents",
        ),
    ],
)
def test_the_page_says_who_wrote_the_candidates(facts, begins):
    counts = {"candidates": 9, "distinct_candidates": 8, "accepted": 3, "wanted": 4}
    said = expansion._what(facts | counts)
    assert said.startswith(begins)
    assert ("off by 0.020" in said) == ("calibration_error" in facts)
