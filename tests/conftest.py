"""Fixtures that many tests share: the tiny recipe, built once."""

from __future__ import annotations

import os
import shutil
from pathlib import Path

import pytest

from corpusforge import api

TINY = Path(__file__).parent / "tiny"

# Tests never reach for a hub, and never show download bars.
os.environ.setdefault("HF_HUB_OFFLINE", "1")
os.environ.setdefault("HF_DATASETS_OFFLINE", "1")


@pytest.fixture
def tiny_recipe(tmp_path):
    """A copy of the tiny recipe that a test may edit."""
    folder = tmp_path / "tiny"
    shutil.copytree(TINY, folder)
    return folder / "recipe.yaml"


@pytest.fixture(scope="session")
def tiny_run(tmp_path_factory):
    """The tiny recipe, built inline with everything switched on. Read only."""
    out = tmp_path_factory.mktemp("built") / "corpus"
    api.build(TINY / "recipe.yaml", out)
    return out


@pytest.fixture(scope="session")
def real_data():
    """The folder of real data sets, or a skip with the reason."""
    folder = os.environ.get("CORPUSFORGE_DATA")
    if not folder or not Path(folder).is_dir():
        pytest.skip("CORPUSFORGE_DATA names no folder of real data")
    return Path(folder)
