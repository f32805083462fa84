"""The four sentences, rendered once, and a reader of folders of clips."""

from __future__ import annotations

import gc

import pytest

from corpusforge import api
from tests.render.rendered import HIBARI, TEXTS, write_csv


@pytest.fixture(scope="session")
def table(tmp_path_factory):
    return write_csv(tmp_path_factory.mktemp("table") / "said.csv", [[text] for text in TEXTS])


@pytest.fixture(scope="session")
def folder(table, tmp_path_factory):
    """The four sentences, rendered inline. Read only."""
    out = tmp_path_factory.mktemp("rendered") / "clips"
    made = api.render(table, out, HIBARI)
    assert made.rendered == 4
    assert not [note for note in made.notes if "split" in note]
    return out


@pytest.fixture
def audio_folder(monkeypatch, tmp_path):
    """`datasets.load_dataset("audiofolder")` without torchcodec, which only decoding needs."""
    datasets = pytest.importorskip("datasets")
    datasets.disable_progress_bars()
    monkeypatch.setattr(
        datasets.Audio, "encode_example", lambda self, value: {"bytes": None, "path": value}
    )
    cache = str(tmp_path / "hub")
    yield lambda path: datasets.load_dataset("audiofolder", data_dir=str(path), cache_dir=cache)
    gc.collect()  # of a file that it leaves open, while the mark of the test lets that pass
