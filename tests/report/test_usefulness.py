"""The section that says whether the corpus helps, and what the summary makes of it."""

from __future__ import annotations

import dataclasses
import re
from collections.abc import Mapping
from html import unescape
from pathlib import Path
from typing import Any

import pytest

from corpusforge.core.gate import KEPT, KEPT_OUT, Gate
from corpusforge.core.run import write_json
from corpusforge.report import stage
from corpusforge.report.data import Corpus, from_stages
from corpusforge.report.summary import summary_section
from corpusforge.report.usefulness import usefulness_section

SCORE = {"accuracy": 0.81, "low": 0.76, "high": 0.855}
DIFFERENCE = {"mean_pp": 2.1, "low_pp": 0.4, "high_pp": 3.9}


def assessment(code: str = "use", answer: str = "use") -> dict[str, Any]:
    one = {
        "arms": {"real": SCORE, "synthetic": SCORE, "real + synthetic": SCORE, "real + EDA": SCORE},
        "gain": DIFFERENCE,
        "edge": DIFFERENCE,
        "worth": {"text": "about 4.2 real rows per intent"},
    }
    return {
        "verdict": "use it" if code == "use" else "not enough real data to say",
        "verdict_code": code,
        "reasons": ["the gain is shown for tfidf-svm <only>"],
        "usefulness": {
            "test_rows": 200,
            "cross_validated": False,
            "classifiers": {"tfidf-svm": one, "all-MiniLM-L6-v2-lr": one},
        },
        "intents": [
            {
                "intent": f"i{n:02d}",
                "test_rows": 9,
                "recall": {"real": 0.5, "real + synthetic": n / 20},
                "confused_with": "i19",
            }
            for n in range(20)
        ],
        "what_next": [{"text": f"10 more real rows for i{n:02d}"} for n in range(8)],
        "expansion": {"answer": {"verdict_code": answer}},
    }


@pytest.fixture(scope="module")
def corpus(run_folder: Path, stage_folders: dict[str, Path], recipe: dict[str, Any]) -> Corpus:
    return from_stages(stage_folders, run_folder / "cache", recipe)


def plain(markup: str) -> str:
    return unescape(re.sub(r"<[^>]+>", " ", markup))


def test_verdict_figures_and_weakest_intents_are_shown(corpus: Corpus) -> None:
    found = dataclasses.replace(corpus, assessment=assessment(), gate=Gate(KEPT, "they help"))
    shown = usefulness_section(found)
    said = plain(shown)
    assert "Verdict on real rows: use it" in " ".join(said.split())
    assert "&lt;only&gt;" in shown
    assert "81.0 (76.0 to 85.5)" in said
    assert "+2.1 (+0.4 to +3.9)" in said
    assert "about 4.2 real rows per intent" in said
    assert "i00" in said
    assert "i10" not in said  # of 20 intents the weakest ten
    assert "10 more real rows for i04" in said
    assert "i05" in said
    assert 'href="assess.html"' in shown


def test_a_release_links_to_nothing_beside_it(corpus: Corpus) -> None:
    found = dataclasses.replace(corpus, assessment=assessment(), release=True)
    assert "assess.html" not in usefulness_section(found)


@pytest.mark.parametrize(
    ("gate", "answer", "head"),
    [
        (Gate(KEPT_OUT, "no gain on 120 real rows", ("gan",)), "no_gain", "kept out of config nlu"),
        (Gate(KEPT, "they help on 120 real rows"), "use", "Expansion: helps"),
        (Gate(KEPT, "no gain; there is nothing else"), "no_gain", "Expansion: not shown to help"),
        (Gate(), "", "Expansion: not shown to help"),
    ],
)
def test_the_summary_tells_what_became_of_generated_rows(
    corpus: Corpus, gate: Gate, answer: str, head: str
) -> None:
    rows = [row for row in corpus.rows if row["origin"] not in gate.origins_kept_out]
    found = dataclasses.replace(
        corpus,
        rows=rows,
        gate=gate,
        kept_out=len(corpus.rows) - len(rows),
        assessment=assessment(answer=answer) if answer else {},
    )
    said = plain(summary_section(found))
    assert head in said
    assert gate.reason in said


def test_rows_kept_out_are_not_rows_of_the_page(
    run_folder: Path, stage_folders: Mapping[str, Path], recipe: dict[str, Any], tmp_path: Path
) -> None:
    Gate(KEPT_OUT, "no gain on 120 real rows", ("gan",)).write(tmp_path)
    write_json(assessment("not_enough_real_data"), tmp_path / "assess.json")
    write_json({"notes": ["usefulness: as said"], "facts": {}}, tmp_path / "stage.json")
    stages = {**stage_folders, "assess": tmp_path}
    whole = from_stages(stage_folders, run_folder / "cache", recipe)
    found = from_stages(stages, run_folder / "cache", recipe)
    made = [row for row in whole.rows if row["origin"] == "gan"]
    assert found.kept_out == len(made) > 0
    assert [row for row in found.rows if row["origin"] == "gan"] == []
    assert ("assess", "usefulness: as said") in found.notes
    page = stage.render_run(stages, run_folder / "cache", recipe)
    assert "offered as nlu_expanded: no gain on 120 real rows" in page


def test_the_history_is_shown_only_when_given(
    run_folder: Path, stage_folders: dict[str, Path], recipe: dict[str, Any]
) -> None:
    past = [
        {"time": f"2026-11-0{n}T10:00:00+00:00", "synthetic_share": n / 10, "classifier": "mine",
         "arm": "", "accuracy": 0.9 - n / 10, "low": None, "high": None}
        for n in (1, 2)
    ]  # fmt: skip
    without = stage.render_run(stage_folders, run_folder / "cache", recipe)
    page = stage.render_run(
        stage_folders, run_folder / "cache", recipe, past=past, alerts=["they part"]
    )
    assert "Over time" not in without
    assert "mine: 2026-11-01: 80, 2026-11-02: 70" in page
    assert "they part" in page
