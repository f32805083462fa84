"""What a finished build leaves beside its release: assess.json, assess.html, history.parquet."""

from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path

from corpusforge.assess import history
from corpusforge.assess.results import entries
from corpusforge.assess.stage import FULL, PUBLIC
from corpusforge.core.run import read_record, write_bytes

__all__ = ["PAGE", "note_and_show", "publish_figures"]

PAGE = "assess.html"


def publish_figures(stage: Path, out: Path) -> None:
    """Put assess.json beside the release, or remove that of an earlier build.

    Without figures of its own a build leaves alone what `corpusforge assess` wrote.

    Args:
        stage: Finished folder of the stage assess.
        out: The run folder.
    """
    source = stage / PUBLIC
    if source.is_file():
        write_bytes(source.read_bytes(), out / PUBLIC)
    elif _by_a_build(out / PUBLIC):
        for name in (PUBLIC, PAGE):
            (out / name).unlink(missing_ok=True)


def _by_a_build(figures: Path) -> bool:
    """Whether a build wrote the file; one that cannot be read is somebody's, and is left."""
    try:
        document = json.loads(figures.read_text(encoding="utf-8"))
    except (OSError, ValueError):
        return False
    corpus = document.get("corpus") if isinstance(document, dict) else None
    return isinstance(corpus, dict) and corpus.get("kind") == "build"


def note_and_show(stage: Path, out: Path) -> None:
    """Note a build in the history, and write the user's own page with all figures.

    The page may quote real rows that are not published: it is for the owner of the run folder.
    A build that repeats the last one adds nothing to the history.

    Args:
        stage: Finished folder of the stage assess; nothing is done when it measured nothing.
        out: The run folder.

    Raises:
        RunError: When the history is damaged.
    """
    if not (stage / FULL).is_file():
        return
    from corpusforge.assess import page

    document = read_record(stage / FULL, "verdict", "usefulness")
    path = history.path_for(out)
    history.append(path, *(replace(entry, kind="build") for entry in entries(document)))
    shown = page.render(document, history.read(path))
    write_bytes(shown.encode(), out / PAGE)
