"""The page as text: well formed, escaped, self-contained, small, the same every time."""

from __future__ import annotations

import re
from collections.abc import Mapping
from html.parser import HTMLParser
from pathlib import Path
from typing import Any

import pytest

from corpusforge.report import stage

VOID = {"meta", "link", "br", "hr", "img", "input"}


class Checker(HTMLParser):
    """Collects what is wrong with the nesting, and what the page refers to."""

    def __init__(self) -> None:
        super().__init__(convert_charrefs=True)
        self.open: list[str] = []
        self.problems: list[str] = []
        self.counts: dict[str, int] = {}
        self.links: list[str] = []
        self.ids: list[str] = []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.counts[tag] = self.counts.get(tag, 0) + 1
        names = [name for name, _ in attrs]
        if len(set(names)) != len(names):
            self.problems.append(f"{tag} has an attribute twice")
        for name, value in attrs:
            if name.startswith("on"):
                self.problems.append(f"{tag} has {name}")
            if name in ("src", "href") and value is not None:
                self.links.append(value)
            if name == "id" and value is not None:
                self.ids.append(value)
        if tag not in VOID:
            self.open.append(tag)

    def handle_endtag(self, tag: str) -> None:
        if not self.open or self.open.pop() != tag:
            self.problems.append(f"</{tag}> closes nothing")


@pytest.fixture(scope="module")
def page(run_folder: Path, stage_folders: dict[str, Path], recipe: dict[str, Any]) -> str:
    return stage.render_run(stage_folders, run_folder / "cache", recipe)


@pytest.fixture(scope="module")
def checked(page: str) -> Checker:
    checker = Checker()
    checker.feed(page)
    checker.close()
    return checker


def test_well_formed(checked: Checker) -> None:
    assert checked.problems == []
    assert checked.open == []
    assert len(set(checked.ids)) == len(checked.ids)


def test_self_contained(page: str, checked: Checker) -> None:
    assert all(link.startswith(("data:", "#")) for link in checked.links)
    anchors = {link[1:] for link in checked.links if link.startswith("#")}
    assert anchors <= set(checked.ids)
    assert not re.search(r"https?://|@import|url\(", page)


def test_hostile_text_is_text(page: str, checked: Checker) -> None:
    assert checked.counts["script"] == 1
    assert "img" not in checked.counts
    assert "<script>alert" not in page
    assert "&lt;img src=x onerror=alert(1)&gt;" in page
    assert "&lt;b&gt;bold" in page


def test_size_and_players(page: str, checked: Checker) -> None:
    assert len(page.encode()) < 5_000_000
    assert 0 < checked.counts["audio"] <= 24


def test_deterministic(
    page: str, run_folder: Path, stage_folders: dict[str, Path], recipe: dict[str, Any]
) -> None:
    backwards = dict(reversed(list(stage_folders.items())))
    assert stage.render_run(backwards, run_folder / "cache", recipe) == page


def test_no_path_no_time(page: str, run_folder: Path) -> None:
    assert str(run_folder) not in page
    assert "98765" not in page


def test_says_what_must_be_said(page: str) -> None:
    assert "Expansion: not shown to help" in page
    assert "Not assessed: without real rows nobody can say" in page
    assert "No leak between splits" in page
    assert "near duplicate of a test row" in page
    assert "held-out loss rose" in page
    assert "made after: " in page
    assert "about 10^30" in page


def test_fewer_players_and_rows_when_asked(
    run_folder: Path, stage_folders: dict[str, Path], recipe: dict[str, Any]
) -> None:
    less = {**recipe, "report": {"rows": 3, "players": 2}}
    page = stage.render_run(stage_folders, run_folder / "cache", less)
    assert page.count("<audio ") == 2
    assert page.count("data-intent=") == 3


def test_without_speech_and_expansion(
    stage_folders: dict[str, Path], recipe: Mapping[str, Any], tmp_path: Path
) -> None:
    only = {"grammar": stage_folders["grammar"]}
    page = stage.render_run(only, tmp_path, recipe)
    assert "No clips were made." in page
    assert "No rows were generated." in page
    assert "<audio " not in page


def test_missing_audio_is_told(
    stage_folders: dict[str, Path], recipe: Mapping[str, Any], tmp_path: Path
) -> None:
    page = stage.render_run(stage_folders, tmp_path, recipe)
    assert "The audio files are not at hand." in page


def with_private_rows(stage_folders: dict[str, Path], target: Path) -> dict[str, Path]:
    """The stage folders with a real row, all of whose words and names are canaries."""
    import json
    import shutil

    import pyarrow as pa

    from corpusforge.core.schema import read_table, write_table

    slot = {"name": "canary_slot", "entity": "canary_list", "value": "canary_value"}
    slot |= {"text": "canary", "start": 0, "end": 6, "role": "", "group": ""}
    secret = {"text": "canary sings", "intent": "canary_intent", "slots": [slot], "id": "0" * 32}
    secret |= {"origin": "real", "reason": "canary reason", "filter": "near_duplicate"}
    secret |= {"spoken": "canary sings", "clip_id": "0" * 32}
    folders = {}
    for name, folder in stage_folders.items():
        folders[name] = target / name
        shutil.copytree(folder, folders[name])
        for path in sorted(folders[name].glob("*.parquet")):
            table = read_table(path)
            if "origin" in table.column_names:
                some = "clips.parquet" if "clip_id" in table.column_names else "utterances.parquet"
                row = read_table(folder / some).slice(0, 1).to_pylist()[0] | secret
                extra = pa.Table.from_pylist([row], schema=table.schema)
                # What a generator wrote may have been dropped because it says what they say.
                copy = row | {"origin": "gan", "intent": "light_on", "slots": []}
                made = pa.Table.from_pylist([copy | {"reason": "equal"}], schema=table.schema)
                more = [made] if path.name == "dropped.parquet" else []
                write_table(pa.concat_tables([table, extra, *more]), path)
    path = folders["expand"] / "stage.json"
    entry = json.loads(path.read_text("utf-8"))
    figures = {"quota": 1, "accepted": 0, "candidates": 9}
    entry["facts"]["intents"]["canary_intent"] = figures
    entry["notes"].append("fewer rows than their share in light_on, canary_intent")
    path.write_text(json.dumps(entry), "utf-8")
    return folders


def test_private_rows_are_counted_and_nothing_else(
    run_folder: Path, stage_folders: dict[str, Path], recipe: dict[str, Any], tmp_path: Path
) -> None:
    folders = with_private_rows(stage_folders, tmp_path)
    real = {**recipe, "real": {"path": "x.csv", "publish": False}}
    page = stage.render_run(folders, run_folder / "cache", real)
    assert "canary" not in page
    assert "1 real row trained the generator and is not in the release" in page
    assert "nor 1 clip of that kind" in page
    assert "Not told of here: 3 rows and 2 clips" in page
    public = stage.render_run(stage_folders, run_folder / "cache", recipe)
    chart = re.compile("aria-label=.Rows per (?:intent|origin)[^>]*")
    assert chart.findall(page) == chart.findall(public)
    shown = stage.render_run(
        folders, run_folder / "cache", {**recipe, "real": {"path": "x.csv", "publish": True}}
    )
    for name in ("canary sings", "canary_intent", "canary_slot", "canary reason", "share in"):
        assert name in shown


def test_config_holds_what_shapes_the_page() -> None:
    from corpusforge.core.recipe import Recipe, ReportConfig

    one = Recipe(name="a", lang="en", license="CC0-1.0")
    other = Recipe(name="a", lang="en", license="CC0-1.0", report=ReportConfig(players=3))
    assert stage.config(one) != stage.config(other)
