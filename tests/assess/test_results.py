"""Where an assessment goes, and that it is whole."""

from __future__ import annotations

import errno
import json
import os
from importlib import resources
from pathlib import Path

import pytest
from jsonschema import Draft202012Validator

from corpusforge.assess.results import entries, files_for, speech_only, write
from corpusforge.assess.summary import summary
from corpusforge.core.errors import InputError

SPEECH = {
    "verdict": "use it",
    "verdict_code": "use",
    "reasons": ["real clips 80.0 %, with the corpus 90.0 %"],
    "arms": {},
    "notes": [],
}


def errors_of(document):
    path = resources.files("corpusforge").joinpath("schemas/assess.schema.json")
    return [
        e.message for e in Draft202012Validator(json.loads(path.read_text())).iter_errors(document)
    ]


def test_the_schema_is_one():
    path = resources.files("corpusforge").joinpath("schemas/assess.schema.json")
    Draft202012Validator.check_schema(json.loads(path.read_text()))


def test_clips_alone():
    document = speech_only(Path("some/where/corpus"), SPEECH)
    assert errors_of(document) == []
    assert document["corpus"] == {"corpus": "corpus"}
    assert entries(document) == []
    assert summary(document).splitlines()[1] == "speech: use it"


@pytest.mark.parametrize(
    "change",
    [
        {"verdict": "perhaps"},
        {"verdict_code": "maybe"},
        {"schema": 2},
        {"surprise": 1},
        {"corpus": {"corpus": "c", "content_sha256": "short"}},
        {"notes": [""]},
        {"speech": {"verdict": "use it"}},
        {"usefulness": {"classifiers": {}}},
    ],
)
def test_the_schema_refuses(change):
    assert errors_of(speech_only(Path("c"), SPEECH) | change)


def test_places(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    Path("rows.csv").write_text("text,intent\n")
    Path("run").mkdir()
    Path("run/recipe.json").write_text('{"name": "t"}')
    found = files_for(Path("rows.csv"), None)
    assert (str(found.figures), str(found.page)) == ("rows-assess.json", "rows-assess.html")
    assert str(files_for(Path("run"), None).history) == "run/history.parquet"
    found = files_for(Path("rows.csv"), Path("new/folder"))
    assert str(found.figures) == "new/folder/assess.json"
    assert str(found.history) == "rows-history.parquet"
    assert not Path("new").exists()
    with pytest.raises(InputError, match="cannot be written"):
        files_for(Path("rows.csv"), Path("rows.csv"))


def test_a_full_disk_leaves_the_old_figures(tmp_path, monkeypatch):
    corpus = tmp_path / "rows.csv"
    corpus.write_text("text,intent\n")
    files = files_for(corpus, None)
    write(speech_only(corpus, SPEECH), files)
    listed = sorted(tmp_path.iterdir())
    before = files.figures.read_bytes(), files.page.read_bytes()

    def full(_):
        raise OSError(errno.ENOSPC, "No space left on device")

    monkeypatch.setattr(os, "fsync", full)
    with pytest.raises(OSError, match="No space"):
        write(speech_only(corpus, SPEECH | {"verdict": "do not use it"}), files)
    assert (files.figures.read_bytes(), files.page.read_bytes()) == before
    assert sorted(tmp_path.iterdir()) == listed
